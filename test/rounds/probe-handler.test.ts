/** The `probe` handler with its real middy stack: events it may get, what it answers, logs and counts. */
import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { probeHandler } from '../../functions/probe.ts';
import packageFile from '../../package.json' with { type: 'json' };
import { QuorateError } from '../../shared/core/errors.ts';
import type { LogEntry, MetricEntry } from '../../shared/middleware.ts';
import {
  type Env,
  parseEnv,
  RELEASE,
  readPackagedConfig,
  type WireOverrides,
} from '../../shared/wire.ts';
import { FAKE_START, type FakeClock, fakeClock, fakeIds } from '../fakes/fake-clock.ts';
import { type FakeStore, fakeStore } from '../fakes/fake-store.ts';
import { sampleConfig, VANTAGES } from '../fakes/sample-service.ts';
import { timedProber } from '../fakes/timed-prober.ts';

const ENV: Env = {
  QUORATE_VANTAGE: 'eu-west-1',
  QUORATE_TABLE: 'quorate-test',
  AWS_REGION: 'eu-west-1',
};

const SCHEDULED = {
  version: '0',
  id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa',
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  account: '123456789012',
  time: '2026-07-01T00:00:00Z',
  region: 'eu-west-1',
  resources: ['arn:aws:events:eu-west-1:123456789012:rule/quorate-test-probe-schedule'],
  detail: {},
};

describe('the probe handler', () => {
  it.each([
    ['a scheduled event', SCHEDULED],
    ['what EventBridge Scheduler sends by default', {}],
    ['nothing', undefined],
    ['a text', 'probe'],
    ['an event of an hour ago', { ...SCHEDULED, time: '2026-06-30T23:00:00Z' }],
  ])('runs on %s and takes its time from the clock', async (_, event) => {
    const world = newWorld();

    const summary = await world.invoke(event, 27_000);

    expect(summary).toEqual({ rounds: 2, written: 2, beaten: 0, unwritten: 0, endedBy: 'time' });
    expect(world.store.table.reports.get('eu-west-1')).toMatchObject({
      rounds: [{ observedAt: FAKE_START + 10_000 }],
      release: '0.1.0',
      reads: { report: [1], fence: [1] },
    });
  });

  it('logs one object per round and one per run, and names no endpoint in a metric', async () => {
    const world = newWorld();

    await world.invoke(SCHEDULED, 27_000);

    expect(world.logs.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'info probe round',
      'info probe round',
      'info probe run',
    ]);
    expect(world.logs[0]).toMatchObject({ vantage: 'eu-west-1', filing: 'written', passed: 3 });
    expect(world.logs[0]?.correlation).toBe(
      `eu-west-1@${new Date(Number(world.logs[0]?.observedAt)).toISOString()}`,
    );
    expect(new Set(world.metrics.map(({ name }) => name))).toEqual(
      new Set([
        'RoundsWritten',
        'RoundsUnwritten',
        'ProbesFailed',
        'VotesDown',
        'ProbesSkipped',
        'Isolated',
        'LoopLateness',
        'ReportSize',
        'StoreTroubles',
      ]),
    );
    expect(
      world.metrics.every(({ dimensions }) => Object.keys(dimensions).join() === 'vantage'),
    ).toBe(true);
  });

  it('ends in time to answer before the platform ends it', async () => {
    const world = newWorld();

    await world.invoke(SCHEDULED, 20_000);

    expect(world.clock.now() - FAKE_START).toBeLessThanOrEqual(17_000);
    expect(world.clock.waiting()).toBe(0);
  });

  it('tells of a store that does not answer, and leaves it to the next round', async () => {
    const world = newWorld();
    world.failReads(new QuorateError('STORE_UNAVAILABLE', 'eu-west-1 does not answer'));

    const summary = await world.invoke(SCHEDULED, 27_000);

    expect(summary).toEqual({ rounds: 2, written: 0, beaten: 0, unwritten: 2, endedBy: 'time' });
    expect(world.logs.at(-1)).toMatchObject({
      level: 'warn',
      message: 'probe run',
      troubles: expect.arrayContaining(['eu-west-1 does not answer']),
    });
  });

  it('fails on an error that no round mends, with one line that says why', async () => {
    const world = newWorld();
    world.failReads(new QuorateError('ACCESS_DENIED', 'no dynamodb:GetItem on quorate-test'));

    await expect(world.invoke(SCHEDULED, 27_000)).rejects.toMatchObject({ code: 'ACCESS_DENIED' });

    expect(world.logs).toMatchObject([
      { level: 'error', message: 'no dynamodb:GetItem on quorate-test', code: 'ACCESS_DENIED' },
    ]);
    expect(world.metrics).toMatchObject([{ name: 'Failures', value: 1 }]);
  });

  it('runs for several regions in one process, each with its own environment', async () => {
    const clock = fakeClock();
    const store = fakeStore(undefined, clock);
    const handlers = VANTAGES.slice(0, 2).map((vantage) =>
      probeHandler(
        { ...ENV, QUORATE_VANTAGE: vantage, AWS_REGION: vantage },
        overridesFor(clock, store, [], []),
      ),
    );

    await clock.runUntil(
      Promise.all(handlers.map((invoke) => invoke(SCHEDULED, contextOf(clock, 27_000)))),
    );

    expect([...store.table.reports.keys()].sort()).toEqual(['eu-west-1', 'us-east-1']);
  });
});

describe('the release', () => {
  it('is the version of the package', () => {
    expect(RELEASE).toBe(packageFile.version);
  });
});

describe('the environment', () => {
  it('is read with its defaults', () => {
    expect(
      parseEnv({ AWS_REGION: 'us-east-1', QUORATE_TABLE: 't', LAMBDA_TASK_ROOT: '/var/task' }),
    ).toEqual({
      vantage: 'us-east-1',
      region: 'us-east-1',
      table: 't',
      packaged: { kind: 'path', value: '/var/task/quorate.json' },
      endpoints: { dynamodb: undefined, route53: undefined, ssm: undefined },
      logLevel: 'INFO',
    });
  });

  it('takes one endpoint for all services, or one for each', () => {
    const { endpoints } = parseEnv({
      ...ENV,
      AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
      AWS_ENDPOINT_URL_ROUTE_53: 'http://127.0.0.1:1',
    });

    expect(endpoints).toEqual({
      dynamodb: 'http://127.0.0.1:4566',
      route53: 'http://127.0.0.1:1',
      ssm: 'http://127.0.0.1:4566',
    });
  });

  it('is refused with every mistake at once', () => {
    const wrong = { AWS_ENDPOINT_URL_DYNAMODB: 'localhost', LOG_LEVEL: 'loud' };

    expect(() => parseEnv(wrong)).toThrow(
      /LOG_LEVEL is loud.*QUORATE_VANTAGE is not set.*AWS_REGION is not set.*QUORATE_TABLE is not set.*AWS_ENDPOINT_URL_DYNAMODB is no URL: localhost/,
    );
  });
});

describe('the packaged file', () => {
  const data = {
    deployment: 'quorate-test',
    home: 'eu-west-1',
    vantages: [...VANTAGES],
    zones: { main: { id: 'Z0123456789ABCDEFGHIJ' } },
    services: {
      app: {
        zone: 'main',
        names: ['app.example.com'],
        type: 'A',
        check: { url: 'https://{target}/health' },
        endpoints: {
          'eu-west-1': { address: '198.51.101.10', weight: 100 },
          'us-east-1': { address: '198.51.101.20', weight: 100 },
        },
      },
    },
  };
  const text = (value: unknown): ReturnType<typeof readPackagedConfig> =>
    readPackagedConfig({ packaged: { kind: 'text', value: JSON.stringify(value) } });

  it('gives the configuration, and when it was packaged', () => {
    const config = text({ packagedAt: FAKE_START, data });

    expect(config).toMatchObject({ deployment: 'quorate-test', packagedAt: FAKE_START });
    expect(config.services.map(({ id }) => id)).toEqual(['app']);
  });

  it.each([
    ['is no JSON', '{', /can't be read as the packaged file/],
    ['lacks its data', '{"packagedAt":1}', /lacks packagedAt or data/],
    ['holds a mistake', JSON.stringify({ packagedAt: 1, data: { ...data, home: 'mars' } }), /mars/],
  ])('that %s is refused with what to do', (_, value, message) => {
    expect(() => readPackagedConfig({ packaged: { kind: 'text', value } })).toThrow(message);
  });

  it('that is missing is named', () => {
    const packaged = { kind: 'path', value: 'no-such-folder/quorate.json' } as const;

    expect(() => readPackagedConfig({ packaged })).toThrow(/no-such-folder\/quorate.json/);
  });
});

type HandlerWorld = {
  readonly clock: FakeClock;
  readonly store: FakeStore;
  readonly logs: LogEntry[];
  readonly metrics: MetricEntry[];
  readonly failReads: (error: Error) => void;
  readonly invoke: (event: unknown, remainingMs: number) => Promise<unknown>;
};

function newWorld(): HandlerWorld {
  const clock = fakeClock();
  const store = fakeStore(undefined, clock);
  const logs: LogEntry[] = [];
  const metrics: MetricEntry[] = [];
  const invoke = probeHandler(ENV, overridesFor(clock, store, logs, metrics));
  return {
    clock,
    store,
    logs,
    metrics,
    failReads: (error) => {
      const run = (): never => {
        throw error;
      };
      store.trouble('readReports', { kind: 'before', run }, 99);
    },
    invoke: (event, remainingMs) => clock.runUntil(invoke(event, contextOf(clock, remainingMs))),
  };
}

const overridesFor = (
  clock: FakeClock,
  store: FakeStore,
  logs: LogEntry[],
  metrics: MetricEntry[],
): WireOverrides => ({
  clock,
  store,
  config: sampleConfig(),
  ids: fakeIds(),
  prober: timedProber(clock),
  log: (entry) => logs.push(entry),
  metric: (entry) => metrics.push(entry),
});

function contextOf(clock: FakeClock, remainingMs: number): Context {
  const endsAt = clock.now() + remainingMs;
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName: 'quorate-test-probe',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:quorate-test-probe',
    memoryLimitInMB: '256',
    awsRequestId: '00000000-0000-0000-0000-000000000000',
    logGroupName: '/aws/lambda/quorate-test-probe',
    logStreamName: 'test',
    getRemainingTimeInMillis: () => endsAt - clock.now(),
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
}
