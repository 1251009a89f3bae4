/** Plan → text and JSON: what people read before they let it happen, every record named. */
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../shared/adapters/digest.ts';
import type { Commit, RecordPair } from '../../shared/core/commit.ts';
import { digest, epochMs, nonce } from '../../shared/core/model.ts';
import { planChanges, type UnsealedPlan } from '../../shared/core/plan.ts';
import { planJson, planText } from '../../shared/core/plan-text.ts';
import { snapshotOf } from '../../shared/core/snapshot.ts';
import type { ZoneRecord } from '../../shared/core/zone-record.ts';
import { sampleService } from '../fakes/sample-service.ts';

describe('plan text', () => {
  it('names every record with its change, its weights and what it answers', () => {
    expect(planText(planOf(PAIRS, 41))).toBe(
      [
        'app   generation 41 → 42',
        '  app.example.com A ap-southeast-1   100         asserted',
        '  app.example.com A eu-west-1        100         now answers 203.0.113.9',
        '  app.example.com A new              - → 0       new, answers app-eu-1.elb.amazonaws.com',
        '  app.example.com A old              0 → -       removed, answered 203.0.113.99',
        '  app.example.com A us-east-1        100 → 0     203.0.113.20',
        `plan ${planOf(PAIRS, 41).checksum}`,
      ].join('\n'),
    );
  });

  it('the first generation has no number before it', () => {
    expect(planText(planOf(PAIRS, null)).split('\n')[0]).toBe('app   first generation');
  });

  it('a plan without records is its head and its checksum', () => {
    const plan = planOf([], 41);

    expect(planText(plan)).toBe(`app   generation 41 → 42\nplan ${plan.checksum}`);
  });

  it('records that changed both answer and weight say the answer, with both weights', () => {
    const before = record('eu-west-1', 100);
    const plan = planOf(
      [{ before, after: { ...before, weight: 50, values: ['203.0.113.9'] } }],
      41,
    );

    expect(planText(plan)).toContain('100 → 50    now answers 203.0.113.9');
  });

  it('TTL, health check and flag are told where they change, beside the answer or alone', () => {
    const alias = { name: 'app-eu-1.elb.test', zone: 'ZELB', evaluateTargetHealth: true };
    const { ttlSeconds: _ttl, values: _values, ...bare } = record('aliased', 100);
    const before = record('eu-west-1', 100);
    const plan = planOf(
      [
        { before, after: { ...before, ttlSeconds: 60, healthCheckId: 'check-1' } },
        {
          before: { ...bare, alias },
          after: { ...bare, alias: { ...alias, evaluateTargetHealth: false } },
        },
        {
          before: { ...bare, setIdentifier: 'moved', alias },
          after: { ...bare, setIdentifier: 'moved', alias: { ...alias, zone: 'ZOTHER' } },
        },
        {
          before: { ...bare, setIdentifier: 'plain', alias },
          after: { ...record('plain', 100), healthCheckId: 'check-2' },
        },
      ],
      41,
    );

    expect(planText(plan).split('\n').slice(1, -1)).toEqual([
      '  app.example.com A aliased     100         target health evaluated → ignored',
      '  app.example.com A eu-west-1   100         TTL 30 s → 60 s, health check none → check-1',
      '  app.example.com A moved       100         now answers app-eu-1.elb.test',
      '  app.example.com A plain       100         now answers 203.0.113.20, TTL none → 30 s, health check none → check-2, target health evaluated → none',
    ]);
  });

  it('a record of another kind prints without endpoint and weight', () => {
    const simple: ZoneRecord = {
      name: 'app.example.com',
      type: 'A',
      ttlSeconds: 60,
      values: ['203.0.113.1'],
    };
    const plan = { ...planOf([], 41), pairs: [{ before: simple, after: simple }] };

    expect(planJson(plan).records).toEqual([
      {
        name: 'app.example.com',
        type: 'A',
        endpoint: '',
        change: 'assert',
        from: null,
        to: null,
        answers: '203.0.113.1',
        settings: [],
      },
    ]);
    expect(planText(plan)).toContain('  app.example.com A    -           asserted');
    const none = planJson({ ...plan, pairs: [{ before: null, after: null }] });
    expect(none.records).toEqual([
      {
        name: '',
        type: '',
        endpoint: '',
        change: 'create',
        from: null,
        to: null,
        answers: '',
        settings: [],
      },
    ]);
  });
});

describe('plan JSON', () => {
  it('says the same in fixed words', () => {
    const json = planJson(planOf(PAIRS, 41));

    expect(json).toMatchObject({ service: 'app', generation: { from: 41, to: 42 } });
    expect(
      json.records.map(({ endpoint, change, from, to }) => [endpoint, change, from, to]),
    ).toEqual([
      ['ap-southeast-1', 'assert', 100, 100],
      ['eu-west-1', 'change', 100, 100],
      ['new', 'create', null, 0],
      ['old', 'delete', 0, null],
      ['us-east-1', 'weight', 100, 0],
    ]);
    expect(planJson(planOf(PAIRS, null)).generation).toEqual({ from: null, to: 1 });
  });
});

const record = (setIdentifier: string, w: number, value = '203.0.113.20'): ZoneRecord => ({
  name: 'app.example.com',
  type: 'A',
  setIdentifier,
  weight: w,
  ttlSeconds: 30,
  values: [value],
});

const PAIRS: readonly RecordPair[] = [
  { before: record('us-east-1', 100), after: record('us-east-1', 0) },
  { before: record('eu-west-1', 100), after: record('eu-west-1', 100, '203.0.113.9') },
  { before: record('ap-southeast-1', 100), after: record('ap-southeast-1', 100) },
  { before: record('old', 0, '203.0.113.99'), after: null },
  {
    before: null,
    after: {
      name: 'app.example.com',
      type: 'A',
      setIdentifier: 'new',
      weight: 0,
      alias: {
        name: 'app-eu-1.elb.amazonaws.com',
        zone: 'Z32O12XQLNTSW2',
        evaluateTargetHealth: true,
      },
    },
  },
];

function planOf(records: readonly RecordPair[], generation: number | null): UnsealedPlan {
  const now = epochMs(1_782_864_000_000);
  const service = sampleService();
  const fence = {
    deployment: 'quorate-test',
    asofAt: now,
    config: service.digest,
    packagedAt: now,
    rescuedAt: null,
    entries: [],
    orders: [],
  };
  const commit: Commit = { by: 'operator', order: null, records, fence, isRescue: false };
  const read = { records: [], serverAt: now, readAt: now };
  const empty = snapshotOf(service, read, 'quorate-test', now);
  const parent = {
    ...fence,
    generation: generation ?? 0,
    nonce: nonce('seed0041'),
    parentNonce: null,
    record: digest('record-of-generation-41'),
  };
  const snapshot =
    generation === null ? empty : { ...empty, fence: { kind: 'managed' as const, fence: parent } };
  return planChanges(service, commit, snapshot, nonce('aaaaaaaa'), now, sha256);
}
