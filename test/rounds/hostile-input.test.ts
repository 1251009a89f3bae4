/**
 * Everything that comes from outside, as a table: none of it throws out of a round or a handler, none
 * moves a weight of what it is about, and the service beside it is still protected.
 */
import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { quorumHandler } from '../../functions/quorum.ts';
import type { Config, Service } from '../../shared/core/model.ts';
import type { ZoneRecord } from '../../shared/core/zone-record.ts';
import type { Zone } from '../../shared/ports.ts';
import { newMemory } from '../../shared/rounds/quorum-memory.ts';
import type { QuorumResult } from '../../shared/rounds/quorum-result.ts';
import { quorumRound } from '../../shared/rounds/quorum-round.ts';
import { zoneWatch } from '../../shared/rounds/zone-watch.ts';
import { fakeIds } from '../fakes/fake-clock.ts';
import { manyServices, NEVER, type QuorumWorld, quorumWorld } from '../fakes/quorum-world.ts';
import { sampleConfig, VANTAGES } from '../fakes/sample-service.ts';

const HUGE = 'x'.repeat(1_000_000);
const CYCLE: Record<string, unknown> = {};
CYCLE.self = CYCLE;
const DEEP = JSON.parse(`${'['.repeat(300)}${']'.repeat(300)}`);
const PROTO = JSON.parse(
  '{"__proto__":{"format":1,"vantage":"eu-west-1"},"constructor":{"prototype":{}}}',
);

const GARBAGE: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['undefined', undefined],
  ['text', 'report'],
  ['a number', 7],
  ['NaN', Number.NaN],
  ['a bigint', 10n],
  ['a list', []],
  ['an empty object', {}],
  ['__proto__', PROTO],
  ['a cycle', CYCLE],
  ['300 levels', DEEP],
  ['a megabyte of text', HUGE],
  ['a date', new Date(0)],
  ['a map', new Map([['format', 1]])],
  ['bytes', new Uint8Array(64)],
];

/** Changes to a good report. */
const REPORTS: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['format 2', { format: 2 }],
  ['format as text', { format: '1' }],
  ['no vantage', { vantage: undefined }],
  ['another’s vantage', { vantage: 'us-west-2' }],
  ['unlisted 1e400', { unlisted: Number.POSITIVE_INFINITY }],
  ['unlisted -1', { unlisted: -1 }],
  ['unlisted 2.5', { unlisted: 2.5 }],
  ['more unlisted than configured', { unlisted: 1_000 }],
  ['no rounds', { rounds: [] }],
  [
    'rounds out of order',
    {
      rounds: [
        { everyMs: 20_000, round: 1, observedAt: 1 },
        { everyMs: 10_000, round: 1, observedAt: 1 },
      ],
    },
  ],
  [
    'a round from the year 200000',
    { rounds: [{ everyMs: 10_000, round: 1, observedAt: 6_248_000_000_000_000 }] },
  ],
  ['a round before 1970', { rounds: [{ everyMs: 10_000, round: 1, observedAt: -1 }] }],
  [
    'a round of another interval',
    { rounds: [{ everyMs: 15_000, round: 1, observedAt: 1_782_864_000_000 }] },
  ],
  ['entries that are no list', { entries: { 0: 'us-east-1' } }],
  ['entries of null', { entries: [null] }],
  [
    'the same endpoint listed three times',
    { unlisted: 3, entries: ['us-east-1', 'us-east-1', 'us-east-1'].map((id) => entry(id)) },
  ],
  [
    'an endpoint of a service that is not there',
    { unlisted: 5, entries: [entry('us-east-1', { service: 'nobody' })] },
  ],
  ['a vote in capitals', { unlisted: 5, entries: [entry('us-east-1', { vote: 'DOWN' })] }],
  ['failures of NaN', { unlisted: 5, entries: [entry('us-east-1', { failures: Number.NaN })] }],
  ['passes and failures at once', { unlisted: 5, entries: [entry('us-east-1', { passes: 3 })] }],
  ['a detail of a megabyte', { unlisted: 5, entries: [entry('us-east-1', { detail: HUGE })] }],
  ['a config named __proto__', { config: '__proto__' }],
  ['a config named constructor', { config: 'constructor' }],
  ['an unknown config', { config: 'config-digest-nowhere-1' }],
  ['a self-check of lies', { selfCheck: { isolated: false, targets: 1, failed: 9 } }],
  ['reads that are no lists', { reads: { report: 1, fence: 1 } }],
  [
    'every endpoint down',
    {
      unlisted: 0,
      entries: ['s00', 's01'].flatMap((service) =>
        ['eu-west-1', 'us-east-1', 'ap-southeast-1'].map((id) => entry(id, { service })),
      ),
    },
  ],
];

const FENCES: readonly (readonly [string, readonly string[] | null])[] = [
  ['that is missing', null],
  ['that is empty', ['""']],
  ['of two values', ['"quorate1 d=quorate-test"', '"quorate1 d=quorate-test g=42"']],
  ['of HTML', ['"<script>alert(1)</script>"']],
  ['of a later format', ['"quorate9 d=quorate-test g=41"']],
  ['of format 0', ['"quorate0 d=quorate-test g=41"']],
  ['cut short', ['"quorate1 d=quorate-test g=41 n=seed0041"']],
  ['with SPF in it', ['"v=spf1 -all"']],
  ['with octal escapes', ['"quorate1\\\\040d=quorate-test"']],
];

/** Changes to the fence's own text. */
const FENCE_EDITS: readonly (readonly [string, (text: string) => string])[] = [
  ['of another deployment', (text) => text.replace('d=quorate-test', 'd=quorate-prod')],
  ['from the future', (text) => text.replace(/ a=\w+/, ' a=zzzzzzzz')],
  ['of generation 0', (text) => text.replace('g=41', 'g=0')],
  ['of generation -1', (text) => text.replace('g=41', 'g=-1')],
  ['of generation 1e3', (text) => text.replace('g=41', 'g=1e3')],
  ['of generation 041', (text) => text.replace('g=41', 'g=041')],
  ['without a nonce', (text) => text.replace(/ n=\w+/, '')],
  ['with an entry twice', (text) => text.replace(/ e=(\S+)/, ' e=$1 e=$1')],
  ['with a weight of 256', (text) => text.replace(/:100/, ':256')],
  ['with an unknown field', (text) => text.replace(' g=41', ' z=1 g=41')],
  [
    'with an order of no kind',
    (text) => text.replace('"$', '').replace(/"$/, ' o=abcdefgh:x*,b1,u2"'),
  ],
  ['with an endpoint that nobody knows', (text) => text.replace(/ e=\w/, ' e=Z')],
  ['in capitals', (text) => text.toUpperCase()],
  ['with a trailing space', (text) => text.replace(/"$/, ' "')],
];

/** What a listing gives for the first service's names, beside what it should. */
const RECORDS: readonly (readonly [
  string,
  (records: readonly ZoneRecord[]) => readonly ZoneRecord[],
])[] = [
  ['nothing at all', () => []],
  ['the fence alone', (all) => all.filter(({ type }) => type === 'TXT')],
  [
    'a stranger with weight',
    (all) => [...all, { ...all.find(({ type }) => type === 'A')!, setIdentifier: 'stranger' }],
  ],
  [
    'a record of another type',
    (all) => [
      ...all,
      {
        name: 's00.example.com',
        type: 'CNAME',
        setIdentifier: 'x',
        weight: 1,
        ttlSeconds: 30,
        values: ['evil.example'],
      },
    ],
  ],
  ['no weights', (all) => all.map(({ weight: _, ...rest }) => rest)],
  ['no set identifiers', (all) => all.map(({ setIdentifier: _, ...rest }) => rest)],
  ['simple records', (all) => all.map(({ weight: _, setIdentifier: __, ...rest }) => rest)],
  [
    'latency records',
    (all) => all.map(({ weight: _, ...rest }) => ({ ...rest, other: { Region: 'eu-west-1' } })),
  ],
  ['no values', (all) => all.map((record) => ({ ...record, values: [] }))],
  ['neither values nor alias', (all) => all.map(({ values: _, ...rest }) => rest)],
  ['every weight 0', (all) => all.map((record) => ({ ...record, weight: 0 }))],
  ['a weight of 9,999', (all) => all.map((record) => ({ ...record, weight: 9_999 }))],
  [
    'an alias to somewhere else',
    (all) =>
      all.map((record) => ({
        ...record,
        alias: { name: 'evil.example', zone: 'Z', evaluateTargetHealth: false },
      })),
  ],
  ['each record twice', (all) => [...all, ...all]],
  [
    'a set identifier of __proto__',
    (all) => [...all, { ...all.find(({ type }) => type === 'A')!, setIdentifier: '__proto__' }],
  ],
];

const SHADOWS: readonly (readonly [string, unknown])[] = [
  ['weights as a list', { weights: [1, 2], fence: '' }],
  ['weights of -1', { weights: { 'us-east-1': -1 }, fence: '' }],
  ['a fence that is a number', { weights: {}, fence: 7 }],
  ['weights named __proto__', JSON.parse('{"weights":{"__proto__":{"us-east-1":0}},"fence":""}')],
];

const EVENTS: readonly (readonly [string, unknown])[] = [
  ['a schedule', scheduled()],
  ['a stream batch', streamed([{ vantage: { S: 'eu-west-1' }, changed: { BOOL: true } }])],
  ['a poisoned record (F107)', streamed([{ vantage: { S: HUGE } }, {}, { '': { N: '1e400' } }])],
  [
    'a record without NewImage',
    { Records: [{ eventID: '1', eventName: 'REMOVE', dynamodb: { Keys: {} } }] },
  ],
  ['a record of null', { Records: [null] }],
  ['records that are no list', { Records: 'all' }],
  ['no records', { Records: [] }],
  ['an event of another source', { source: 'aws.s3', 'detail-type': 'Object Created', detail: {} }],
  ['a schedule six hours old (F44)', { ...scheduled(), time: '2026-06-30T18:00:00Z' }],
  ...GARBAGE,
];

const CONTEXTS: readonly (readonly [string, number])[] = [
  ['no time left', 0],
  ['negative time', -1_000],
  ['less than the reserve', 1_500],
  ['a day', 86_400_000],
];

describe('hostile input', () => {
  it('the table has at least 60 rows', () => {
    const tables = [
      GARBAGE,
      GARBAGE,
      REPORTS,
      FENCES,
      FENCE_EDITS,
      RECORDS,
      SHADOWS,
      EVENTS,
      CONTEXTS,
    ];

    expect(tables.reduce((rows, table) => rows + table.length, 0)).toBeGreaterThanOrEqual(60);
  });

  it.each(GARBAGE)('a report that is %s is a silent vantage', async (_, item) => {
    const world = threatened();
    await holdsWith(world, () => world.table.reports.set('eu-west-1', item as never));

    expect(world.table.reports.get('eu-west-1' as never)).toBe(item);
  });

  it.each(REPORTS)('a report with %s moves nothing by itself', async (_, changes) => {
    const world = threatened();
    world.distort(VANTAGES[0]!, changes);
    await holdsWith(world, () => undefined);
  });

  it.each(GARBAGE)('a manifest that is %s silences who ran it', async (_, item) => {
    const world = threatened();
    world.distort(VANTAGES[0]!, { config: 'config-digest-other-01' });
    await holdsWith(world, () => world.table.manifests.set('config-digest-other-01', item));
  });

  it.each(GARBAGE)('a head that is %s says nothing', async (_, item) => {
    const world = threatened();
    await holdsWith(world, () => world.table.heads.set('us-west-2', item));
  });

  it.each([...GARBAGE, ...SHADOWS])(
    'a shadow that is or has %s begins again from the zone',
    async (_, item) => {
      const world = threatened('observe');
      await holdsWith(world, () => world.table.shadows.set('ap-southeast-1 s00', item));
    },
  );

  it.each(FENCES)('a fence %s holds its service', async (_, values) => {
    const world = threatened();
    world.sees('us-east-1', 'down', undefined, 's00');
    await holdsWith(world, () => world.editFence(values));
  });

  it.each(FENCE_EDITS)('a fence %s holds its service', async (_, edit) => {
    const world = threatened();
    world.sees('us-east-1', 'down', undefined, 's00');
    const before = world.snapshot().fenceRecord!.values![0]!;
    expect(edit(before)).not.toBe(before);

    await holdsWith(world, () => world.editFence([edit(before)]));
  });

  it.each(RECORDS)(
    'a listing with %s for a service moves none of its weights',
    async (_, change) => {
      const world = threatened();
      world.sees('us-east-1', 'down', undefined, 's00');
      const weights = world.weights();
      const isOwn = ({ name }: ZoneRecord): boolean => /(^|\.)s00\.example\.com$/.test(name);
      const zone: Zone = {
        ...world.zonePort,
        read: async (...args) => {
          const read = await world.zonePort.read(...args);
          return {
            ...read,
            records: [
              ...change(read.records.filter(isOwn)),
              ...read.records.filter((one) => !isOwn(one)),
            ],
          };
        },
      };

      const results = await roundOver(world, zone);

      expect(results.map(({ service }) => service)).toEqual(['s00', 's01']);
      expect(world.weights()).toEqual(weights);
      expect(world.weights(world.config.services[1])['us-east-1']).toBe(0);
    },
  );

  it.each(EVENTS)('an event that is %s only starts a round', async (_, event) => {
    const world = threatened();

    const summary = await invoke(world, event, 30_000);

    expect(summary).toEqual({
      batchItemFailures: [],
      services: 2,
      committed: 1,
      withheld: 0,
      troubles: [],
    });
  });

  it.each(CONTEXTS)('a context with %s ends in a summary', async (_, remainingMs) => {
    const world = threatened();

    const summary = await invoke(world, scheduled(), remainingMs);

    expect(summary).toMatchObject({ batchItemFailures: [] });
    expect(world.clock.waiting()).toBe(0);
  });
});

/** Two services: the first is what the input is about, the second has an endpoint that must go. */
function threatened(mode: Service['mode'] = 'enforce'): QuorumWorld {
  const { services } = manyServices(2);
  const config: Config = sampleConfig({ services: [{ ...services[0]!, mode }, services[1]!] });
  const world = quorumWorld({ config });
  world.sees('us-east-1', 'down', undefined, 's01');
  return world;
}

async function holdsWith(world: QuorumWorld, poison: () => void): Promise<void> {
  const [first, second] = world.config.services;
  // The world writes its reports when they are read; the poison comes after, as a broken writer's would.
  world.publish();
  poison();
  const weights = world.weights(first);

  const results = await world.region(2).round();

  expect(results.map(({ service }) => service)).toEqual(['s00', 's01']);
  expect(world.weights(first)).toEqual(weights);
  expect(world.weights(second)['us-east-1']).toBe(0);
  expect(world.zone.commits.filter(({ reply }) => reply.kind === 'accepted').length).toBe(1);
}

function roundOver(world: QuorumWorld, zone: Zone): Promise<readonly QuorumResult[]> {
  const { deps, id } = world.region(2);
  const ports = { clock: deps.clock, store: deps.store, zone };
  const own = { ...deps, zone, watch: zoneWatch(ports, world.config, id), memory: newMemory() };
  return world.clock.runUntil(
    quorumRound(own, world.config, world.config.services, world.options(id), NEVER),
  );
}

async function invoke(world: QuorumWorld, event: unknown, remainingMs: number): Promise<unknown> {
  const { deps } = world.region(2);
  const handler = quorumHandler(
    { QUORATE_VANTAGE: 'ap-southeast-1', QUORATE_TABLE: 'quorate', AWS_REGION: 'ap-southeast-1' },
    {
      config: world.config,
      clock: world.clock,
      ids: fakeIds('h'),
      store: deps.store,
      zone: deps.zone,
      log: () => undefined,
    },
    { takesTurns: false },
  );
  const context = { getRemainingTimeInMillis: () => remainingMs } as Context;
  return await world.clock.runUntil(handler(event, context));
}

function entry(endpoint: string, changes: Readonly<Record<string, unknown>> = {}): unknown {
  return {
    service: 's00',
    endpoint,
    vote: 'down',
    failures: 3,
    passes: 0,
    sinceAt: 1_782_864_000_000,
    code: 'timeout',
    skipped: null,
    detail: '',
    latencyMs: null,
    watch: [],
    ...changes,
  };
}

/** As EventBridge Scheduler sends it by default. */
function scheduled(): Readonly<Record<string, unknown>> {
  return {
    version: '0',
    id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa',
    'detail-type': 'Scheduled Event',
    source: 'aws.scheduler',
    account: '123456789012',
    time: '2026-07-01T00:00:00Z',
    region: 'ap-southeast-1',
    resources: ['arn:aws:scheduler:ap-southeast-1:123456789012:schedule/default/quorate'],
    detail: '{}',
  };
}

/** As a DynamoDB stream sends a batch to its event source mapping. */
function streamed(images: readonly unknown[]): unknown {
  return {
    Records: images.map((NewImage, index) => ({
      eventID: `c4ca4238a0b923820dcc509a6f75849${index}`,
      eventName: 'MODIFY',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: 'ap-southeast-1',
      dynamodb: {
        ApproximateCreationDateTime: 1_782_864_000,
        Keys: { pk: { S: 'report#eu-west-1' }, sk: { S: 'report' } },
        NewImage,
        SequenceNumber: `11100000000000000000000${index}`,
        SizeBytes: 512,
        StreamViewType: 'NEW_IMAGE',
      },
      eventSourceARN:
        'arn:aws:dynamodb:ap-southeast-1:123456789012:table/quorate/stream/2026-06-01T00:00:00.000',
    })),
  };
}
