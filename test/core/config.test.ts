import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { manifestOf, parseConfig, problemText } from '../../shared/core/config.ts';
import {
  groupsOf,
  POLICY_LENGTH_MAX,
  POLICY_OVERHEAD,
  policyLength,
} from '../../shared/core/config-group.ts';
import { configFile } from '../../shared/core/config-schema.ts';
import { type Config, digest, epochMs, type Service, serviceId } from '../../shared/core/model.ts';
import { DAY_MS } from '../../shared/core/units.ts';
import {
  baseConfig,
  FIVE,
  type Plants,
  parsed,
  planted,
  testAids,
} from '../fixtures/config-base.ts';
import { holds } from '../fixtures/holds.ts';

const design: unknown = parse(
  readFileSync(new URL('../fixtures/design.yml', import.meta.url), 'utf8'),
);

function configOf(data: unknown, allowLoopback = false): Config {
  const result = parsed(data, allowLoopback);
  if ('config' in result) return result.config;
  throw new Error(result.problems.map(problemText).join('\n'));
}

const appOf = (plants: Plants = {}): Service => configOf(planted(plants)).services[0]!;
const warningsOf = (plants: Plants): readonly string[] =>
  parsed(planted(plants)).warnings.map((one) => problemText(one).replace('quorate.yml:7 ', ''));

describe("the design's example", () => {
  const config = configOf(design);
  const app = config.services[0]!;

  it('is read whole', () => {
    expect(config).toMatchObject({
      deployment: 'quorate-prod',
      home: 'eu-west-1',
      vantages: FIVE,
      zones: { main: { key: 'main', id: 'Z0123456789ABCDEFGHIJ' } },
      controlTargets: ['https://example.com/'],
      network: {},
      aws: { tags: {} },
      notify: {},
      drills: [],
      packagedAt: 1_000,
    });
    expect(app).toMatchObject({
      id: 'app',
      mode: 'enforce',
      names: ['app.example.com', 'www.example.com'],
      types: ['A', 'AAAA'],
      ttlSeconds: 30,
      quorum: 3,
      everyMs: 10_000,
      acceptWithheld: false,
      group: 0,
      policy: {
        velocity: { regions: 1, windowMs: 600_000 },
        holdDownMs: 300_000,
        ramp: [10, 50, 100],
        rampStepMs: 120_000,
        failback: 'auto',
        tricklePercent: 0,
        settleMs: 60_000,
      },
    });
  });

  it('gives an alias to every type of its service, and its own name to the probe', () => {
    const alias = {
      kind: 'alias',
      name: 'app-eu-1.eu-west-1.elb.amazonaws.com',
      zone: 'Z32O12XQLNTSW2',
      evaluateTargetHealth: true,
    };

    expect(app.endpoints[0]).toMatchObject({
      id: 'eu-west-1',
      region: 'eu-west-1',
      setIdentifier: 'eu-west-1',
      weight: 100,
      tier: 1,
      targets: { A: alias, AAAA: alias },
      probeTargets: ['app-eu-1.eu-west-1.elb.amazonaws.com'],
    });
  });

  it("merges an endpoint's check over its service's", () => {
    expect(app.endpoints[1]).toMatchObject({
      id: 'us',
      region: 'us-east-1',
      setIdentifier: 'app-us',
      healthCheckId: '3f9c2a10-1d5e-4a0b-9a51-6f1c2a7d9e44',
      probeTargets: ['198.51.100.20', '2001:db8::20'],
      check: {
        timeoutMs: 3_000,
        fall: 3,
        rise: 5,
        node: {
          kind: 'http',
          url: 'https://{target}:8443/ready',
          method: 'GET',
          host: 'app.example.com',
          headers: { 'x-probe': { ssm: '/quorate/app/probe-token' } },
          expect: {
            status: [
              { from: 200, to: 299 },
              { from: 429, to: 429 },
            ],
            body: { kind: 'contains', text: '"status":"ok"' },
          },
        },
        watch: [
          { name: 'certificate', kind: 'certificate', daysMin: 21 },
          { name: 'slow', kind: 'latency', latencyMsMax: 800 },
        ],
      },
    });
  });

  it('takes an endpoint outside AWS as a failure domain of its own', () => {
    expect(app.endpoints[2]).toMatchObject({
      id: 'on-prem',
      region: 'on-prem',
      tier: 2,
      targets: { A: { kind: 'value', value: '203.0.113.30' } },
    });
    expect(app.endpoints[2]!.targets.AAAA).toBeUndefined();
  });

  it('has a manifest that names each service with its digest', () => {
    expect(manifestOf(config)).toEqual({
      digest: config.digest,
      packagedAt: 1_000,
      services: { app: { digest: app.digest, settings: app.settings, endpoints: 3 } },
    });
  });
});

describe('the schema for editors', () => {
  it("accepts the design's example, and lists within lists", () => {
    const nested = {
      all: [{ any: [{ tcp: '{target}:1' }] }, { all: [{ url: 'https://{target}/' }] }],
    };

    expect(v.is(configFile, design)).toBe(true);
    expect(v.is(configFile, planted({ 'services.app.check': nested }))).toBe(true);
  });

  it('rejects an unknown key at any depth', () => {
    for (const place of ['x', 'services.app.x', 'services.app.check.x', 'zones.main.x']) {
      expect(v.is(configFile, planted({ [place]: 1 }))).toBe(false);
    }
    expect(v.is(configFile, planted({ 'services.app.check': { any: [{ tpc: 'x' }] } }))).toBe(
      false,
    );
  });
});

describe('what is left out', () => {
  it('has the defaults of the design', () => {
    const app = appOf({ 'services.app.mode': undefined });

    expect(app).toMatchObject({
      mode: 'observe',
      types: ['A'],
      ttlSeconds: 30,
      quorum: 3,
      everyMs: 10_000,
      zone: { key: 'main' },
    });
    expect(app.endpoints[0]!.check).toEqual({
      node: {
        kind: 'http',
        url: 'https://{target}/health',
        method: 'GET',
        host: 'app.example.com',
        headers: {},
        expect: {},
      },
      timeoutMs: 3_000,
      fall: 3,
      rise: 5,
      watch: [],
    });
    expect(app.slo).toBeUndefined();
  });

  it('comes from `defaults`, where maps merge and anything else replaces', () => {
    const app = appOf({
      defaults: {
        ttl: '20s',
        slo: '99.9%',
        vantages: FIVE.slice(0, 3),
        check: {
          every: '5s',
          timeout: '2s',
          headers: { a: '1', b: '2' },
          watch: [{ name: 'slow', latency: '1s' }],
        },
        policy: { ramp: ['20%', '100%'], 'hold-down': '10m' },
      },
      'services.app.check.headers': { b: '3' },
      'services.app.check.watch': [],
      'services.app.policy': { 'hold-down': '15m' },
    });

    expect(app).toMatchObject({ ttlSeconds: 20, everyMs: 5_000, quorum: 2 });
    expect(app.slo).toEqual({ availabilityPercent: 99.9, windowMs: 30 * DAY_MS });
    expect(app.vantages).toEqual(FIVE.slice(0, 3));
    expect(app.policy).toMatchObject({ ramp: [20, 100], holdDownMs: 900_000 });
    expect(app.endpoints[0]!.check).toMatchObject({
      timeoutMs: 2_000,
      node: { headers: { a: '1', b: '3' } },
      watch: [],
    });
  });
});

describe('every key', () => {
  it('of a service reaches the model', () => {
    const config = configOf(
      planted({
        quorum: 4,
        'zones.main.role': 'arn:aws:iam::123456789012:role/dns',
        'zones.other': { id: 'Z2' },
        'services.app.zone': 'main',
        'services.app.names': ['App.Example.com.', 'www.example.com'],
        'services.app.vantages': FIVE.slice(0, 3),
        'services.app.quorum': 3,
        'services.app.accept-withheld': true,
        'services.app.slo': '99.95%',
        'services.app.policy': {
          velocity: '2 per 1h',
          floor: '60%',
          failback: 'manual',
          trickle: '5%',
          settle: '90s',
          'ramp-step': '1m',
        },
        'services.app.endpoints.us-east-1.probe': ['192.0.2.9', 'Probe.Example.net'],
      }),
    );

    expect(config.services[0]).toMatchObject({
      zone: {
        key: 'main',
        id: 'Z0123456789ABCDEFGHIJ',
        role: 'arn:aws:iam::123456789012:role/dns',
      },
      names: ['app.example.com', 'www.example.com'],
      vantages: FIVE.slice(0, 3),
      quorum: 3,
      acceptWithheld: true,
      slo: { availabilityPercent: 99.95, windowMs: 30 * DAY_MS },
      policy: {
        velocity: { regions: 2, windowMs: 3_600_000 },
        floorPercent: 60,
        failback: 'manual',
        tricklePercent: 5,
        settleMs: 90_000,
        rampStepMs: 60_000,
      },
    });
    expect(config.services[0]!.endpoints[1]!.probeTargets).toEqual([
      '192.0.2.9',
      'probe.example.net',
    ]);
  });

  it('beside the services reaches the model', () => {
    const config = configOf(
      planted({
        include: 'services/*.yml',
        'control-targets': ['example.com:443', 'https://dynamodb.eu-west-1.amazonaws.com/ping'],
        'allow-addresses': ['192.0.2.0/24', '10.0.0.0/8', 'fd12::/16'],
        'network.eu-west-1': {
          subnets: ['subnet-0123456789abcdef0'],
          'security-groups': 'sg-0123456789abcdef0',
          ipv6: true,
        },
        aws: {
          tags: { team: 'dns' },
          'permissions-boundary': 'arn:aws:iam::123456789012:policy/boundary',
          'kms-key': 'alias/quorate',
        },
        notify: {
          sns: 'arn:aws:sns:eu-west-1:123456789012:alerts',
          webhook: { ssm: '/quorate/webhook' },
          heartbeat: 'https://hc.example.com/1',
          events: 'arn:aws:events:eu-west-1:123456789012:event-bus/incidents',
        },
        drills: [
          { region: 'us-east-1', for: '10m', at: 'Tue 10:05' },
          { region: 'eu-west-1', for: '2h', at: 'Sun 00:00' },
        ],
      }),
    );

    expect(config).toMatchObject({
      controlTargets: ['example.com:443', 'https://dynamodb.eu-west-1.amazonaws.com/ping'],
      allowAddresses: ['192.0.2.0/24', '10.0.0.0/8', 'fd12::/16'],
      network: {
        'eu-west-1': {
          subnets: ['subnet-0123456789abcdef0'],
          securityGroups: ['sg-0123456789abcdef0'],
          ipv6: true,
        },
      },
      aws: {
        tags: { team: 'dns' },
        permissionsBoundary: 'arn:aws:iam::123456789012:policy/boundary',
        kmsKey: 'alias/quorate',
      },
      notify: {
        sns: 'arn:aws:sns:eu-west-1:123456789012:alerts',
        webhook: { ssm: '/quorate/webhook' },
        heartbeat: 'https://hc.example.com/1',
        events: 'arn:aws:events:eu-west-1:123456789012:event-bus/incidents',
      },
      drills: [
        { region: 'us-east-1', forMs: 600_000, weekday: 2, minuteOfDay: 605 },
        { region: 'eu-west-1', forMs: 7_200_000, weekday: 0, minuteOfDay: 0 },
      ],
    });
  });

  it('of an objective reaches the model', () => {
    const app = appOf({
      defaults: { slo: { window: '28d', latency: { of: '99%' } } },
      'services.app.slo': { availability: '99.95%', latency: { under: '300ms' } },
    });

    expect(app.slo).toEqual({
      availabilityPercent: 99.95,
      latency: { thresholdMs: 300, percent: 99 },
      windowMs: 28 * DAY_MS,
    });
    expect(appOf({ defaults: { slo: { window: '7d' } }, 'services.app.slo': '99%' }).slo).toEqual({
      availabilityPercent: 99,
      windowMs: 30 * DAY_MS,
    });
    expect(appOf({ 'services.app.slo': { latency: { under: '1s', of: '95%' } } }).slo).toEqual({
      latency: { thresholdMs: 1_000, percent: 95 },
      windowMs: 30 * DAY_MS,
    });
  });

  it('of a check reaches the model', () => {
    const check = appOf({
      'services.app.check': {
        url: 'http://{target}:8080/{endpoint}/{region}?name={name}',
        host: '{region}.example.com',
        method: 'POST',
        headers: { 'X-Probe': 'a' },
        expect: {
          status: 204,
          body: { contains: 'ok' },
          headers: { 'X-Version': '7' },
          latency: '2s',
        },
        watch: [
          { name: 'text', body: { matches: 'ok|fine' } },
          { name: 'code', status: ['200-204'] },
        ],
      },
    }).endpoints[0]!.check;

    expect(check).toMatchObject({
      node: {
        kind: 'http',
        host: '{region}.example.com',
        method: 'POST',
        headers: { 'x-probe': 'a' },
        expect: {
          status: [{ from: 204, to: 204 }],
          body: { kind: 'contains', text: 'ok' },
          headers: { 'x-version': '7' },
          latencyMsMax: 2_000,
        },
      },
      watch: [
        { name: 'text', kind: 'body', body: { kind: 'matches', pattern: 'ok|fine' } },
        { name: 'code', kind: 'status', status: [{ from: 200, to: 204 }] },
      ],
    });
  });
});

describe('checks', () => {
  const nodeOf = (check: unknown, own?: unknown): unknown =>
    appOf({
      'services.app.check': check,
      ...(own !== undefined && { 'services.app.endpoints.eu-west-1.check': own }),
    }).endpoints[0]!.check.node;

  it('compose, and what is written around a list holds for the requests in it', () => {
    const node = nodeOf({
      host: 'inner.example.com',
      expect: { status: 200 },
      all: [
        { tcp: '{target}:443' },
        {
          any: [
            { url: 'https://{target}/a' },
            { url: 'https://{target}/b', expect: { body: 'ok' } },
          ],
        },
      ],
    });

    expect(node).toMatchObject({
      kind: 'all',
      checks: [
        { kind: 'tcp', address: '{target}:443', expect: {} },
        {
          kind: 'any',
          checks: [
            { host: 'inner.example.com', expect: { status: [{ from: 200, to: 200 }] } },
            { host: 'inner.example.com', expect: { body: { kind: 'contains', text: 'ok' } } },
          ],
        },
      ],
    });
  });

  it('take their kind from the most special place that names one', () => {
    const service = { url: 'https://{target}/', host: 'a.example.com', expect: { status: 200 } };

    expect(nodeOf(service, { tcp: '{target}:443', expect: { latency: '1s' } })).toEqual({
      kind: 'tcp',
      address: '{target}:443',
      expect: { latencyMsMax: 1_000 },
    });
    expect(nodeOf({ tcp: '{target}:443' }, { url: 'https://{target}/' })).toMatchObject({
      kind: 'http',
    });
  });

  it('may be given by each endpoint alone', () => {
    const own = { url: 'https://{target}/own' };
    const app = appOf({
      'services.app.check': undefined,
      'services.app.endpoints.eu-west-1.check': own,
      'services.app.endpoints.us-east-1.check': own,
    });

    expect(app.endpoints.map(({ check }) => check.node)).toMatchObject([own, own]);
  });

  it('of a CNAME service probe the name behind it', () => {
    const app = appOf({
      'services.app.type': 'CNAME',
      'services.app.endpoints': {
        a: { cname: 'A.Example.net.', weight: 1, region: 'eu-west-1' },
        b: { cname: 'b.example.net', weight: 1 },
      },
    });

    expect(app.endpoints[0]).toMatchObject({
      region: 'eu-west-1',
      targets: { CNAME: { kind: 'value', value: 'a.example.net' } },
      probeTargets: ['a.example.net'],
    });
  });

  it('may send an address as Host', () => {
    expect(nodeOf({ url: 'https://{target}/', host: '192.0.2.1' })).toMatchObject({
      host: '192.0.2.1',
    });
  });

  it('may ask one place about two endpoints where both are said to be probed there', () => {
    const app = appOf({
      'services.app.endpoints.eu-west-1.probe': 'status.example.net',
      'services.app.endpoints.us-east-1.probe': 'status.example.net',
    });

    expect(app.endpoints.map(({ probeTargets }) => probeTargets)).toEqual([
      ['status.example.net'],
      ['status.example.net'],
    ]);
  });

  it('reach loopback in the local world only', () => {
    const data = planted({
      'services.app.endpoints.eu-west-1.address': '127.0.1.1',
      'control-targets': ['http://127.0.0.1:9/'],
      'allow-addresses': ['192.0.2.0/24', '127.0.0.0/8'],
      notify: { webhook: 'http://127.0.0.1:8/' },
      'services.app.policy': { settle: '2s', 'hold-down': '33s' },
    });

    expect(configOf(data, true).services[0]!.endpoints[0]!.probeTargets).toEqual(['127.0.1.1']);
    expect(parsed(data, true).warnings).toEqual([]);
    expect(parsed(data)).toHaveProperty('problems.length', 4);
  });
});

describe('warnings', () => {
  it('are none for the base configuration', () => {
    expect(warningsOf({})).toEqual([]);
  });

  it.each<readonly [Plants, readonly string[]]>([
    [
      { 'control-targets': undefined },
      [
        'control-targets: has no target outside AWS, so a vantage cannot tell that it is cut off from the rest; write one or two, such as https://example.com/',
      ],
    ],
    [
      { 'control-targets': ['https://dynamodb.eu-west-1.amazonaws.com/'] },
      [
        'control-targets: has no target outside AWS, so a vantage cannot tell that it is cut off from the rest; write one or two, such as https://example.com/',
      ],
    ],
    [
      { vantages: ['eu-west-1', 'us-east-1', 'ap-southeast-1'] },
      [
        'vantages: leave 2 when one region is lost, no vote more than the quorum of 2; 5 vantages with quorum 3 are recommended',
      ],
    ],
    [
      { vantages: ['eu-west-1', 'eu-central-1', 'eu-north-1', 'us-east-1', 'ap-southeast-1'] },
      [
        "vantages: reach the quorum of 3 within eu- alone, where one carrier's outage looks like yours; spread them over continents",
      ],
    ],
    [
      { vantages: ['eu-west-1', 'us-east-1', 'ap-southeast-1', 'eu-centrall-1', 'us-west-2'] },
      [
        'vantages[3]: "eu-centrall-1" is not a region that this release knows; did you mean eu-central-1?',
      ],
    ],
    [
      { 'services.app.endpoints.us-east-1.region': 'zz-nowhere-9' },
      [
        'services.app.endpoints.us-east-1.region: "zz-nowhere-9" is not a region that this release knows; check the spelling',
      ],
    ],
    [
      {
        'services.app.type': 'CNAME',
        'services.app.names': ['www.example.com', 'example.com'],
        'services.app.endpoints': { a: { cname: 'a.example.net', weight: 1 } },
      },
      [
        'services.app.names[1]: "example.com" looks like the top of a zone, where DNS forbids a CNAME; steer a name below it, or use alias:',
      ],
    ],
    [
      { 'services.app.ttl': '5m' },
      ['services.app.ttl: "5m" keeps clients on a dead endpoint for that long; write 60s or less'],
    ],
    [
      { 'services.app.check.fall': 2 },
      [
        'services.app.check.fall: 2 makes one short hiccup a vote down; write 3 unless that is wanted',
      ],
    ],
    [
      { 'services.app.check.expect': { latency: '800ms', certificate: '21d' } },
      [
        'services.app.check.expect.certificate: "21d" votes, though it only predicts trouble: draining makes it worse; write it under watch',
        'services.app.check.expect.latency: "800ms" votes, though it only predicts trouble: draining makes it worse; write it under watch',
      ],
    ],
    [
      { 'services.app.check.expect': { body: '/ok|fine/' } },
      [
        `services.app.check.expect.body: "/ok|fine/" is looked for as it stands, slashes included; for a regular expression write { matches: '…' }`,
      ],
    ],
    [
      { 'services.app.policy': { settle: '5s' } },
      [
        'services.app.policy.settle: "5s" is shorter than Route 53 takes to serve a change; write 60s',
      ],
    ],
    [
      { 'services.app.endpoints.us-east-1.address': '192.0.2.1' },
      [
        'services.app.endpoints.us-east-1: answers 192.0.2.1, and so does eu-west-1; taking one away leaves the other in',
      ],
    ],
    [
      {
        'services.app.type': ['A', 'AAAA'],
        'services.app.endpoints.us-east-1.address': { A: '192.0.2.2', AAAA: '2606:4700::2' },
        'services.app.endpoints.eu-west-1.tier': 2,
      },
      [
        'services.app.endpoints: has no AAAA record with weight in tier 2, so AAAA stays with an earlier tier then; add one',
      ],
    ],
  ])('%j', (plants, says) => {
    expect(warningsOf(plants)).toEqual(says);
  });
});

describe('the floor of a policy', () => {
  it('below 50% of two equal regions is accepted', () => {
    expect(appOf({ 'services.app.policy': { floor: '50%' } }).policy.floorPercent).toBe(50);
  });

  it('that withholds one region is accepted while observing', () => {
    const plants = {
      'services.app.mode': 'observe',
      'services.app.endpoints.eu-west-1.weight': 200,
      'services.app.policy': { floor: '50%' },
    };

    expect(appOf(plants).policy.floorPercent).toBe(50);
  });

  it('is not judged on a tier that hands over to the next', () => {
    const plants = {
      'services.app.endpoints.us-east-1.tier': 2,
      'services.app.policy': { floor: '80%' },
    };

    expect(appOf(plants).policy.floorPercent).toBe(80);
  });
});

describe('vantages and quorum', () => {
  it('may be one vantage where that is said and it looks from outside', () => {
    const app = appOf({ home: 'us-west-2', vantages: ['us-west-2'], quorum: 1 });

    expect(app).toMatchObject({ vantages: ['us-west-2'], quorum: 1 });
  });

  it('may be two while observing', () => {
    const plants = { vantages: FIVE.slice(0, 2), 'services.app.mode': 'observe' };

    expect(appOf(plants)).toMatchObject({ quorum: 2 });
  });

  it("of a service with a quorum alone are the deployment's", () => {
    expect(appOf({ 'services.app.quorum': 4 })).toMatchObject({ vantages: FIVE, quorum: 4 });
  });

  it('may look at IPv6 alone from networks that have it', () => {
    const network = {
      subnets: ['subnet-0123456789abcdef0'],
      'security-groups': ['sg-0123456789abcdef0'],
      ipv6: true,
    };
    const app = appOf({
      'network.eu-west-1': network,
      'network.us-east-1': network,
      'network.us-west-2': network,
      'services.app.type': 'AAAA',
      'services.app.endpoints': {
        a: { address: '2606:4700::1', weight: 1 },
        b: { address: { AAAA: '2606:4700::2' }, weight: 1 },
      },
    });

    expect(app.endpoints.map(({ targets }) => targets.AAAA)).toEqual([
      { kind: 'value', value: '2606:4700::1' },
      { kind: 'value', value: '2606:4700::2' },
    ]);
  });
});

describe('several services', () => {
  const service = (name: string, extra: object = {}) => ({
    ...baseConfig().services.app,
    names: [name],
    ...extra,
  });

  it('may share a name for different types, but not their first', () => {
    const web = service('www.example.com', {
      names: ['www.example.com', 'app.example.com'],
      type: 'AAAA',
      mode: 'observe',
      endpoints: { a: { alias: { name: 'a.example.net', zone: 'Z1' }, weight: 1 } },
    });
    const able = planted({
      'services.web': web,
      network: Object.fromEntries(
        FIVE.map((vantage) => [
          vantage,
          { subnets: ['subnet-01234567'], 'security-groups': ['sg-01234567'], ipv6: true },
        ]),
      ),
    });

    expect(configOf(able).services.map(({ id }) => id)).toEqual(['app', 'web']);
  });

  it('may share a name in different zones', () => {
    const config = configOf(
      planted({
        'zones.other': { id: 'Z2' },
        'services.app.zone': 'main',
        'services.web': service('app.example.com', { zone: 'other' }),
      }),
    );

    expect(config.services.map(({ group }) => group)).toEqual([0, 1]);
  });

  it('fall into groups that each fit one IAM policy, none of them cut', () => {
    const name = fc.stringMatching(/^[a-z]{1,60}$/);
    const named = fc.record({
      names: fc.array(name, { minLength: 1, maxLength: 20 }),
      zone: fc.constantFrom('Z1', 'Z2'),
    });
    holds(
      fc.property(fc.array(named, { maxLength: 40 }), (drafts) => {
        const services = drafts.map((draft, index) => ({
          id: serviceId(`s${index}`),
          names: draft.names.map((one) => `${one}.example.com`),
          zone: { key: draft.zone, id: draft.zone },
        }));
        const groups = groupsOf(services);
        const members = Map.groupBy(services, ({ id }) => groups.get(id));

        expect(groups).toEqual(groupsOf(services.toReversed()));
        for (const group of members.values()) {
          const length = group.reduce((sum, one) => sum + policyLength(one), POLICY_OVERHEAD);
          expect(length).toBeLessThanOrEqual(POLICY_LENGTH_MAX);
          expect(new Set(group.map(({ zone }) => zone.id)).size).toBe(1);
        }
      }),
    );
  });
});

describe('config: same input, same bytes', () => {
  const shuffled = (value: unknown, order: number): unknown => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const entries = Object.entries(value).map(([key, one]) => [key, shuffled(one, order)] as const);
    const turn = order % Math.max(1, entries.length);
    return Object.fromEntries([...entries.slice(turn), ...entries.slice(0, turn)].reverse());
  };

  it('same input, same bytes, however its keys are ordered', () => {
    const before = configOf(design);
    holds(
      fc.property(fc.nat(1_000), (order) => {
        const after = configOf(shuffled(design, order));

        expect(after.digest).toBe(before.digest);
        expect(after.services[0]!.digest).toBe(before.services[0]!.digest);
      }),
      { numRuns: 30 },
    );
  });

  it('a service keeps its digest when only mode, weight or another service changes', () => {
    const same = [
      { 'services.app.mode': 'observe' },
      { 'services.app.endpoints.us-east-1.weight': 7 },
      { 'services.web': { ...baseConfig().services.app, names: ['web.example.com'] } },
    ];

    for (const plants of same) expect(appOf(plants).digest).toBe(appOf().digest);
  });

  it.each<Plants>([
    { 'services.app.check.url': 'https://{target}/other' },
    { 'services.app.check.fall': 4 },
    { 'services.app.check.every': '5s' },
    { 'services.app.endpoints.us-east-1.address': '192.0.2.9' },
    { 'services.app.endpoints.us-east-1.probe': '192.0.2.9' },
    { 'services.app.endpoints.us-east-1.region': 'us-east-2' },
    { 'services.app.policy': { failback: 'manual' } },
    { 'services.app.names': ['www.example.com'] },
    { quorum: 4 },
    { vantages: ['eu-west-1', 'us-east-1', 'ap-southeast-1', 'eu-central-1', 'us-west-1'] },
  ])('a service has another digest with %j', (plants) => {
    expect(appOf(plants).digest).not.toBe(appOf().digest);
  });

  it('the configuration has another digest with any change, but not for its time of packaging', () => {
    const later = parseConfig(baseConfig(), () => undefined, testAids, {
      allowLoopback: false,
      packagedAt: epochMs(2_000),
    });

    expect('config' in later && later.config.digest).toBe(configOf(baseConfig()).digest);
    expect(configOf(planted({ aws: { tags: { a: 'b' } } })).digest).not.toBe(
      configOf(baseConfig()).digest,
    );
    expect(configOf(planted({ 'services.app.mode': 'observe' })).digest).not.toBe(
      configOf(baseConfig()).digest,
    );
  });
});

describe('mistakes', () => {
  /** Independent of each other: none of them makes another one invisible. */
  const PLANTS: readonly Plants[] = [
    { deployment: 'Bad Name' },
    { home: 'nowhere' },
    { quorum: 2 },
    { 'allow-addresses': ['192.0.2.0/24', 'all'] },
    { 'control-targets': ['localhost:80', 'https://example.com/'] },
    { 'zones.main.role': 'x' },
    { include: '/etc/passwd' },
    { aws: { 'kms-key': 'x' } },
    { notify: { sns: 'x' } },
    { drills: [{ region: 'af-south-1', for: '10m', at: 'Mon 10:00' }] },
    { vantagse: [] },
    { defaults: { slo: 'high' } },
    { 'services.app.names': ['app.example.com', 'a..b'] },
    { 'services.app.ttl': 30 },
    { 'services.app.mode': 'on' },
    { 'services.app.accept-withheld': 'no' },
    { 'services.app.slo': { latency: { under: '250ms', of: '99%' } } },
    { 'services.app.check.url': 'ftp://{target}/' },
    { 'services.app.check.timeout': '3' },
    { 'services.app.check.fall': 0 },
    { 'services.app.check.watch': 'certificate' },
    { 'services.app.check.expect': { status: 'ok' } },
    { 'services.app.endpoints.eu-west-1.weight': 256 },
    { 'services.app.endpoints.us-east-1.address': '127.0.0.1' },
    { 'services.app.endpoints.us-east-1.tier': 'one' },
    { 'services.app.endpoints.us-east-1.health-check': '?' },
    { 'services.app.endpoints.third': { weight: 1 } },
    { 'services.app.policy.ramp': ['100%', '10%'] },
    { 'services.app.policy.hold-down': '5s' },
    { 'services.app.policy.failback': 'no' },
    { 'services.Web': {} },
    { 'services.web': 'x' },
  ];

  it('N planted mistakes give N messages', () => {
    holds(
      fc.property(fc.subarray([...PLANTS]), (chosen) => {
        const data = planted(Object.assign({}, ...chosen));
        const result = parsed(data);
        const found = 'problems' in result ? result.problems.map(problemText) : [];

        expect(found, found.join('\n')).toHaveLength(chosen.length);
      }),
    );
  });

  it('name the line that the path is on, or the nearest one above it', () => {
    const lines: Readonly<Record<string, number>> = { '': 1, services: 9, 'services.app': 10 };
    const result = parseConfig(
      planted({ 'services.app.names': undefined, 'services.app.ttl': 7 }),
      (path) => {
        const line = lines[path.join('.')];
        return line === undefined ? undefined : { file: 'a.yml', line };
      },
      testAids,
      { allowLoopback: false, packagedAt: epochMs(0) },
    );

    expect(
      'problems' in result && result.problems.map(({ file, line }) => `${file}:${line}`),
    ).toEqual(['a.yml:10', 'a.yml:10']);
  });

  it('stand in the order of the file, and at its top where nothing is known of lines', () => {
    const result = parseConfig(42, () => undefined, testAids, {
      allowLoopback: false,
      packagedAt: epochMs(0),
    });

    expect('problems' in result && result.problems.map(problemText)).toEqual([
      'quorate.yml:1: 42 is not a map; write deployment, home, vantages, zones and services',
    ]);
  });

  it('of two endpoints with the same short mark are one mistake', () => {
    const result = parseConfig(
      baseConfig(),
      () => undefined,
      { ...testAids, digestOf: () => digest('AAAAAAAAAAAAAAAAAAAAAA') },
      { allowLoopback: false, packagedAt: epochMs(0) },
    );

    expect('problems' in result && result.problems.map(problemText)).toEqual([
      'quorate.yml:1 services.app.endpoints.us-east-1: has the same short mark in the _quorate record as eu-west-1, by chance; rename one of them',
    ]);
  });
});

describe('hostile input', () => {
  const harmless = (data: unknown): void => {
    const result = parsed(data);

    expect('problems' in result && result.problems.length).toBeGreaterThan(0);
    expect(
      'problems' in result && result.problems.every((one) => problemText(one).length < 2_000),
    ).toBe(true);
  };

  it('never throws, whatever it is given', () => {
    holds(fc.property(fc.anything({ withBigInt: true, withNullPrototype: true }), harmless));
  });

  it('never throws for any value at any place', () => {
    const places = [
      ...Object.keys(baseConfig()),
      'quorum',
      'network',
      'network.eu-west-1',
      'aws',
      'aws.tags',
      'notify',
      'notify.webhook',
      'drills',
      'drills.0',
      'defaults',
      'defaults.check',
      'zones.main',
      'services.app',
      'services.app.slo.latency',
      ...'mode names type ttl check endpoints policy vantages quorum zone slo'
        .split(' ')
        .map((key) => `services.app.${key}`),
      ...'url tcp all any headers expect watch host timeout'
        .split(' ')
        .map((key) => `services.app.check.${key}`),
      'services.app.check.expect.body',
      'services.app.check.expect.headers',
      'services.app.endpoints.eu-west-1',
      ...'address alias cname probe check region weight tier'
        .split(' ')
        .map((key) => `services.app.endpoints.eu-west-1.${key}`),
    ];
    const value = fc.oneof(fc.anything({ withBigInt: true }), fc.jsonValue());
    holds(
      fc.property(fc.constantFrom(...places), value, (place, planting) => {
        expect(() => parsed(planted({ [place]: planting }))).not.toThrow();
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['{"__proto__": {"deployment": "a"}}'],
    ['{"services": {"__proto__": {"names": ["a.example.com"]}}}'],
    ['{"services": {"constructor": {}, "toString": {}}, "zones": {"__proto__": {"id": "Z1"}}}'],
    ['{"services": {"app": {"endpoints": {"__proto__": {"weight": 1}, "hasOwnProperty": 3}}}}'],
    ['{"network": {"__proto__": {}}, "aws": {"tags": {"__proto__": "x"}}}'],
  ])('keeps its prototypes with %s', (text) => {
    harmless(JSON.parse(text));

    expect(Object.prototype).not.toHaveProperty('deployment');
    expect(({} as { weight?: number }).weight).toBeUndefined();
  });

  it('survives nesting of ten thousand levels and lists of a million entries', () => {
    let deep: unknown = 'x';
    for (let level = 0; level < 10_000; level++) deep = { all: [deep] };
    const wide = Array.from({ length: 1_000_000 }, () => 'x');

    harmless(planted({ 'services.app.check': deep }));
    harmless(planted({ vantages: wide, 'services.app.names': wide }));
    harmless(planted({ 'services.app.check.all': wide, 'services.app.check.url': undefined }));
  });

  it('reports a thousand mistakes and no more', () => {
    const keys = Object.fromEntries(Array.from({ length: 900 }, (_, index) => [`key ${index}`, 1]));
    const data = planted({ ...keys, 'services.app.endpoints': keys });
    const result = parsed(data);

    expect('problems' in result && result.problems).toHaveLength(1_000);
  });

  it('takes a map of more than a thousand keys as one mistake', () => {
    const keys = Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [`e${index}`, 1]));
    const result = parsed(planted({ 'services.app.endpoints': keys }));

    expect('problems' in result && result.problems.map(problemText)).toEqual([
      'quorate.yml:7 services.app.endpoints: has 1001 keys, more than 1000; write endpoints: { eu-west-1: { address: 198.51.100.20, weight: 100 } }',
    ]);
  });
});
