/** The arithmetic of a bill against one made by hand, and Route 53's own health checks beside it. */
import { describe, expect, it } from 'vitest';
import { type Bill, type BillLine, billOf } from '../../../scripts/cost/bill.ts';
import { assumptions, costText } from '../../../scripts/cost/cost-text.ts';
import { type Counts, type ItemCounts, REFUSED } from '../../../scripts/cost/counts.ts';
import { deployedShape, type Shape } from '../../../scripts/cost/deployed-shape.ts';
import { healthChecksOf } from '../../../scripts/cost/health-checks.ts';
import { PRICES, type Price, type PriceId } from '../../../scripts/cost/prices.ts';
import type { Endpoint, HttpCheck } from '../../../shared/core/model.ts';
import {
  sampleConfig,
  sampleEndpoint,
  sampleService,
  VANTAGES,
} from '../../fakes/sample-service.ts';

const SHAPE: Shape = {
  memoryMb: { probe: 256, quorum: 512, notify: 128, api: 512 },
  logRetentionDays: 30,
  alarms: 4,
};

describe('a bill', () => {
  // An hour of three vantages; a month has 730 hours.
  const bill = billOf(counted(), SHAPE);

  it.each([
    // 3 vantages × 3,600 s × 1/4 GB × 730
    ['Lambda: probe running', 1_971_000, 26.28],
    // (180 runs × (100 ms + 200 ms of its own work)) × 1/2 GB × 730
    ['Lambda: quorum running', 19_710, 0.26],
    // 540 invocations an hour
    ['Lambda: invocations', 394_200, 0.08],
    ['Scheduler: invocations', 394_200, 0.39],
    // (1,080 reports + 360 units of rollups) in 3 replicas, and 60 refused in one
    ['DynamoDB: writes', 3_197_400, 2.0],
    // 360 units in the 2 other replicas
    ['DynamoDB: expired items, deleted in the other replicas', 525_600, 0.33],
    ['DynamoDB: reads', 730_000, 0.09],
    // 360 MB·s over an hour is 0.1 MB at any time, in 3 replicas
    ['DynamoDB: stored', 0.0003, 0],
    // 1 MB an hour to 2 other replicas
    ['Replication between regions', 1.46, 0.03],
    ['CloudWatch: metrics', 60, 18],
    ['CloudWatch: alarms', 12, 1.2],
    // (811 kB + 540 × 350 B) × 730
    ['CloudWatch: logs taken in', 0.73, 0.37],
    // 1,000 probes × 2 kB × 730
    ['Probes out to the internet', 1.46, 0.13],
    ['Route 53: API requests', 43_800, 0],
  ])('has %s: %d a month, %d USD', (item, quantity, usd) => {
    const line = lineOf(bill, item);
    expect(line.quantity).toBeCloseTo(quantity, quantity < 10 ? 4 : 0);
    expect(line.usd).toBeCloseTo(usd, 1);
  });

  it('adds up, and a vantage is a third of it', () => {
    const sum = bill.lines.reduce((total, { usd }) => total + usd, 0);

    expect(bill.usd).toBeCloseTo(sum, 9);
    expect(bill.usdPerVantage).toBeCloseTo(sum / 3, 9);
  });

  it('takes the free tier off once, line by line, and shows both', () => {
    // 400,000 GB-s are free: all of them go to probe, which comes first.
    expect(lineOf(bill, 'Lambda: probe running').usdAfterFree).toBeCloseTo(
      (1_971_000 - 400_000) * 0.0000133334,
      6,
    );
    const quorum = lineOf(bill, 'Lambda: quorum running');
    expect(quorum.usdAfterFree).toBe(quorum.usd);
    expect(lineOf(bill, 'Scheduler: invocations').usdAfterFree).toBe(0);
    expect(bill.usdAfterFree).toBeLessThan(bill.usd);
  });

  it('is the same whether an hour or ten were counted', () => {
    const ten = billOf(tenTimes(counted()), SHAPE);

    expect(ten.usd).toBeCloseTo(bill.usd, 9);
  });
});

describe('what is printed', () => {
  it('is the bill line by line, its sum, health checks of the same endpoints, and what it assumes', () => {
    const config = sampleConfig();
    const counts = counted();
    const bill = billOf(counts, SHAPE);
    const text = costText({ config, counts, bill, healthChecks: healthChecksOf(config) });

    expect(text).toMatch(
      /^quorate-test: 3 vantages, 1 service, 3 endpoints; counted over 60 min of virtual time, 1000 probes\n/,
    );
    expect(text).toMatch(
      /^Lambda: probe running +1,971,000 +26\.28 +20\.95 +per GB-second, arm64$/m,
    );
    expect(text).toContain(
      `\n${bill.usdPerVantage.toFixed(2)} per vantage: it grows with vantages`,
    );
    expect(text).toContain('the same endpoints: 14.25 (3 checks, 0 on AWS, 6 options)');
    expect(text).toContain('verify them before you budget');
    expect(text).not.toContain('below --minutes 60');
    expect(assumptions(10).at(-1)).toContain('below --minutes 60');
  });
});

describe('prices', () => {
  it.each(Object.entries(PRICES) as [PriceId, Price][])(
    '%s has a source and is marked for verification',
    (_id, price) => {
      expect(price.source).toMatch(/^https:\/\/aws\.amazon\.com\//);
      expect(price.verify || price.usd === 0).toBe(true);
    },
  );
});

describe('what is deployed', () => {
  it('is read from serverless.yml, with its CloudFormation tags', () => {
    const shape = deployedShape({ vantages: VANTAGES });

    expect(shape.memoryMb.probe).toBe(256);
    expect(shape.alarms).toBeGreaterThan(5);
  });

  it('falls back to the provider’s memory, then to Lambda’s', () => {
    const text = (provider: string): string =>
      `provider: { ${provider} }\nfunctions: { probe: { memorySize: 512 }, quorum: { arn: !GetAtt A.Arn } }`;

    const { memoryMb } = deployedShape({ vantages: VANTAGES }, text('memorySize: 1024'));
    expect([memoryMb.probe, memoryMb.quorum]).toEqual([512, 1024]);
    expect(deployedShape({ vantages: VANTAGES }, text('name: aws')).memoryMb.quorum).toBe(128);
  });
});

describe('Route 53 health checks of the same endpoints', () => {
  it('three HTTPS endpoints every 10 s, not on AWS, are 14.25', () => {
    // 3 × (0.75 + 2 for HTTPS + 2 for the interval)
    expect(checksOf()).toMatchObject({
      checks: 3,
      onAws: 0,
      options: 6,
      usd: 14.25,
      usdAfterFree: 14.25,
    });
  });

  it('on AWS they are 7.50, of which the checks themselves are free', () => {
    const targets: Endpoint['targets'] = {
      A: { kind: 'alias', name: 'lb.elb.amazonaws.com', zone: 'Z1', evaluateTargetHealth: true },
    };

    // 3 × (0.50 + 1 + 1)
    expect(checksOf({ targets })).toMatchObject({ onAws: 3, usd: 7.5, usdAfterFree: 6 });
  });

  it('a string to find costs an option, a slow plain check none', () => {
    const body = { kind: 'contains', text: 'ok' } as const;

    expect(checksOf(check({ expect: { body } })).options).toBe(9);
    expect(checksOf(check({ url: 'http://{target}/' }), 30_000)).toMatchObject({
      options: 0,
      usd: 2.25,
    });
  });

  it('two addresses of an endpoint, and two checks of `all`, are checks of their own', () => {
    const { node } = sampleEndpoint('a').check;
    const both: Partial<Endpoint> = {
      probeTargets: ['203.0.113.1', '2001:db8::1'],
      check: { ...sampleEndpoint('a').check, node: { kind: 'all', checks: [node, node] } },
    };

    expect(checksOf(both).checks).toBe(12);
  });
});

const NONE = { invocations: 0, runningMs: 0, logBytes: 0, logLines: 0 };
const item = (changes: Partial<ItemCounts>): ItemCounts => ({
  writeUnits: 0,
  writes: 0,
  bytes: 0,
  byteSeconds: 0,
  expiringUnits: 0,
  ...changes,
});

function counted(): Counts {
  return {
    minutes: 60,
    vantages: 3,
    services: 1,
    endpoints: 3,
    probes: 1_000,
    functions: {
      probe: { invocations: 180, runningMs: 3 * 3_600_000, logBytes: 800_000, logLines: 1 },
      quorum: { invocations: 180, runningMs: 18_000, logBytes: 11_000, logLines: 1 },
      notify: { ...NONE, invocations: 180 },
      api: NONE,
    },
    items: {
      report: item({ writeUnits: 1_080, writes: 1_080, bytes: 900_000 }),
      'rollup minute': item({
        writeUnits: 360,
        writes: 180,
        bytes: 100_000,
        byteSeconds: 360e6,
        expiringUnits: 360,
      }),
      [REFUSED]: item({ writeUnits: 60, writes: 60 }),
    },
    requests: {},
    readUnits: 1_000,
    route53: { ListResourceRecordSets: 60 },
    metrics: 60,
    troubles: [],
  };
}

function tenTimes(counts: Counts): Counts {
  const scaled = (value: unknown, key = ''): unknown => {
    if (typeof value === 'number') {
      return ['vantages', 'services', 'endpoints', 'metrics'].includes(key) ? value : value * 10;
    }
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, scaled(one, name)]))
      : value;
  };
  return scaled(counts) as Counts;
}

const lineOf = ({ lines }: Bill, name: string): BillLine =>
  lines.find((line) => line.item === name)!;

const check = (changes: Partial<HttpCheck>): Partial<Endpoint> => {
  const own = sampleEndpoint('a').check;
  return { check: { ...own, node: { ...(own.node as HttpCheck), ...changes } } };
};

function checksOf(changes: Partial<Endpoint> = {}, everyMs = 10_000) {
  const endpoints = ['a', 'b', 'c'].map((id) => sampleEndpoint(id, changes));
  return healthChecksOf(sampleConfig({ services: [sampleService({ endpoints, everyMs })] }));
}
