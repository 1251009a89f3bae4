/** Commit → plan → batches: exact pairs, one batch, a checksum, and the limits of Route 53. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../shared/adapters/digest.ts';
import { AssertionError } from '../../shared/core/errors.ts';
import {
  digest,
  type Endpoint,
  epochMs,
  nonce,
  type Service,
  serviceId,
} from '../../shared/core/model.ts';
import { operate } from '../../shared/core/operation.ts';
import {
  BATCH_LIMITS,
  batchPlans,
  PLAN_MS_MAX,
  type Plan,
  planChanges,
  sealPlan,
} from '../../shared/core/plan.ts';
import { planJson, planText } from '../../shared/core/plan-text.ts';
import {
  isManagedType,
  listingOrder,
  recordText,
  type ZoneRecord,
} from '../../shared/core/zone-record.ts';
import { MINUTE, NOW, openWorld, type World } from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService } from '../fakes/sample-service.ts';

const service = sampleService({ endpoints: ['a', 'b', 'c'].map((id) => sampleEndpoint(id)) });
const NONCE = nonce('nonce042');
const RECORD = digest('record-digest-00000042');

const unsealed = (world: World, own = NONCE, now = world.state.now) =>
  planChanges(world.state.service, world.decide().commit!, world.snapshot(), own, now, sha256);
const sealed = (world: World): Plan => sealPlan(unsealed(world), RECORD);
const falling = (options: Parameters<typeof openWorld>[0] = { service }): World => {
  const world = openWorld(options);
  world.see('a', 'down');
  return world;
};

describe('a plan', () => {
  it('replaces the fence and every managed record, changed or not, in one batch', () => {
    const plan = sealed(falling());

    expect(
      plan.changes.map(({ action, record }) => [
        action,
        record.type,
        record.setIdentifier,
        record.weight,
      ]),
    ).toEqual([
      ['DELETE', 'TXT', undefined, undefined],
      ['CREATE', 'TXT', undefined, undefined],
      ['DELETE', 'A', 'a', 100],
      ['CREATE', 'A', 'a', 0],
      ['DELETE', 'A', 'b', 100],
      ['CREATE', 'A', 'b', 100],
      ['DELETE', 'A', 'c', 100],
      ['CREATE', 'A', 'c', 100],
    ]);
  });

  it('deletes every record before it creates any where a TTL changes: no two stand side by side', () => {
    const world = openWorld({ service });
    world.state.service = { ...service, ttlSeconds: 60 };

    const operated = operate({ kind: 'apply' }, world.input());
    if (operated.kind !== 'planned') throw new Error(operated.why);
    const { changes } = world.apply(operated.commit);

    expect(changes.map(({ action }) => action)).toEqual([
      ...['DELETE', 'DELETE', 'DELETE', 'DELETE'],
      ...['CREATE', 'CREATE', 'CREATE', 'CREATE'],
    ]);
    expect(changes.map(({ record }) => record.ttlSeconds)).toEqual([
      60, 30, 30, 30, 60, 60, 60, 60,
    ]);
  });

  it('writes generation + 1, a new nonce, the parent’s nonce and the digest of its record', () => {
    const world = falling();
    const plan = sealed(world);

    expect(plan.fence).toMatchObject({
      generation: 42,
      nonce: NONCE,
      parentNonce: 'nonce041',
      record: RECORD,
    });
    expect(plan.deadlineAt).toBe(NOW + PLAN_MS_MAX);
    expect(plan.parent).toEqual(world.fence());
  });

  it('takes over the TTL and any other field of the fence', () => {
    const world = falling();
    const snapshot = world.snapshot();
    const fenceRecord = { ...snapshot.fenceRecord!, ttlSeconds: 5, other: { Odd: 'field' } };
    const plan = sealPlan(
      planChanges(
        service,
        world.decide().commit!,
        { ...snapshot, fenceRecord },
        NONCE,
        NOW,
        sha256,
      ),
      RECORD,
    );

    expect(plan.changes[1]?.record).toMatchObject({ ttlSeconds: 5, other: { Odd: 'field' } });
    expect(plan.changes[0]?.record).toEqual(fenceRecord);
  });

  it('makes the first fence with a TTL of 60 s and generation 1', () => {
    const world = openWorld({ service });
    world.state.records = [];
    world.state.fenceValues = null;
    const operated = world.operate({ kind: 'apply' });
    if (operated.kind !== 'planned') throw new Error('an empty name takes its first records');
    world.state.records = [];
    world.state.fenceValues = null;
    const plan = sealPlan(
      planChanges(service, operated.commit, world.snapshot(), NONCE, NOW, sha256),
      RECORD,
    );

    expect(plan.changes.every(({ action }) => action === 'CREATE')).toBe(true);
    expect(plan.changes[0]?.record).toMatchObject({ ttlSeconds: 60, type: 'TXT' });
    expect(plan.fence).toMatchObject({ generation: 1, parentNonce: null });
    expect(planText(plan)).toContain('app   first generation');
    expect(planJson(plan).generation).toEqual({ from: null, to: 1 });
  });

  it('prints as text', () => {
    expect(planText(unsealed(falling())).replace(/plan [\w-]{8}$/, 'plan ########')).toBe(
      [
        'app   generation 41 → 42',
        '  app.example.com A a   100 → 0     203.0.113.104',
        '  app.example.com A b   100         asserted',
        '  app.example.com A c   100         asserted',
        'plan ########',
      ].join('\n'),
    );
  });

  it('prints what comes, what goes and what answers something else', () => {
    const world = openWorld({ service, weights: { c: 0 } });
    const gone = service.endpoints.slice(0, 2);
    world.state.service = { ...service, endpoints: gone };
    world.see('a', 'down');
    const plan = unsealed(world);
    const [a, b, c] = plan.pairs;
    const changed: ZoneRecord = { ...b!.after!, values: ['203.0.113.200'] };
    const printed = planText({
      ...plan,
      pairs: [
        { before: null, after: a!.after },
        { before: b!.before, after: changed },
        { before: c!.before, after: null },
      ],
    });

    expect(printed).toContain('  app.example.com A a   - → 0       new, answers 203.0.113.104');
    expect(printed).toContain('  app.example.com A b   100         now answers 203.0.113.200');
    expect(printed).toContain(
      '  app.example.com A c   0 → -       removed, answered 203.0.113.106',
    );
  });

  it('prints as JSON', () => {
    const plan = unsealed(falling());

    expect(planJson(plan)).toEqual({
      service: 'app',
      generation: { from: 41, to: 42 },
      checksum: plan.checksum,
      records: [
        line('a', 'weight', 100, 0),
        line('b', 'assert', 100, 100),
        line('c', 'assert', 100, 100),
      ],
    });
  });

  it('survives a pair without sides when it is printed: nothing is named', () => {
    const plan = { ...unsealed(falling()), pairs: [{ before: null, after: null }] };

    expect(planJson(plan).records).toEqual([
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
    expect(planText({ ...plan, pairs: [] })).toContain('generation 41 → 42');
  });

  it('has one checksum whatever the clock and the nonce, another for other records or wishes', () => {
    const world = falling();
    const plain = unsealed(world).checksum;
    const later = unsealed(world, nonce('other042'), epochMs(NOW + MINUTE)).checksum;
    const other = falling();
    other.state.records = other.state.records.map((record) => ({ ...record, ttlSeconds: 5 }));
    const approved = falling({ service, entries: { c: { approved: true } } });

    expect(later).toBe(plain);
    expect(unsealed(other).checksum).not.toBe(plain);
    expect(unsealed(approved).checksum).not.toBe(plain);
    expect(plain).toMatch(/^[\w-]{8}$/);
  });

  it.each([
    [
      'every weight 0',
      'a plan leaves weight at every name and type',
      (record: ZoneRecord) => ({ ...record, weight: 0 }),
    ],
    [
      'a record at another name',
      'a plan touches only records at names and types of its service',
      (record: ZoneRecord) => ({ ...record, name: 'mail.example.com' }),
    ],
    [
      'a record of another type',
      'a plan touches only records at names and types of its service',
      (record: ZoneRecord) => ({ ...record, type: 'MX' }),
    ],
  ])('asserts that no bug plans %s', (_, why, change) => {
    const world = falling();
    const commit = world.decide().commit!;
    const records = commit.records.map(({ before, after }) => ({ before, after: change(after!) }));

    expect(() =>
      planChanges(service, { ...commit, records }, world.snapshot(), NONCE, NOW, sha256),
    ).toThrow(new AssertionError(why));
  });

  it('asserts that no bug deletes a record twice', () => {
    const world = falling();
    const commit = world.decide().commit!;
    const records = [...commit.records, commit.records[1]!];

    expect(() =>
      planChanges(service, { ...commit, records }, world.snapshot(), NONCE, NOW, sha256),
    ).toThrow('a plan names each record once');
  });

  it('asserts that a pair has a side', () => {
    const world = falling();
    const commit = world.decide().commit!;
    const records = [...commit.records, { before: null, after: null }];

    expect(() =>
      planChanges(service, { ...commit, records }, world.snapshot(), NONCE, NOW, sha256),
    ).toThrow('a pair has at least one side');
  });

  it('asserts that an automated commit never has older evidence than its parent', () => {
    const world = falling();
    const plan = unsealed(world);
    const old = { ...plan.commit, fence: { ...plan.commit.fence, asofAt: epochMs(1) } };

    expect(() => sealPlan({ ...plan, commit: old }, RECORD)).toThrow(
      'an automated commit never has older evidence than its parent',
    );
    expect(() => sealPlan({ ...plan, commit: { ...old, by: 'operator' } }, RECORD)).not.toThrow();
    expect(() => sealPlan({ ...plan, commit: { ...old, by: 'order' } }, RECORD)).not.toThrow();
    expect(() => sealPlan({ ...plan, parent: null, commit: old }, RECORD)).not.toThrow();
  });

  it('asserts that the fence and the batch fit what Route 53 allows', () => {
    const plan = unsealed(falling());
    const { fence } = plan.commit;
    const entries = Array.from({ length: 400 }, () => fence.entries[0]!);

    expect(() =>
      sealPlan({ ...plan, commit: { ...plan.commit, fence: { ...fence, entries } } }, RECORD),
    ).toThrow('a fence fits one TXT value');
    const pairs = Array.from({ length: 600 }, () => plan.pairs[0]!);
    expect(() => sealPlan({ ...plan, pairs }, RECORD)).toThrow('one service always fits one batch');
  });

  it('counts an alias as one element and no character', () => {
    const alias = { kind: 'alias' as const, name: 'a.elb', zone: 'Z', evaluateTargetHealth: true };
    const endpoints = ['a', 'b'].map((id) => sampleEndpoint(id, { targets: { A: alias } }));
    const plan = sealed(falling({ service: { ...service, endpoints } }));
    const fences = plan.changes.slice(0, 2).flatMap(({ record }) => record.values ?? []);

    expect(plan.size).toEqual({
      elements: 6,
      characters: fences.join('').length,
    });
  });
});

describe('batches', () => {
  const planFor = (id: string, changes: Partial<Service> = {}): Plan => {
    const own = { ...service, id: serviceId(id), ...changes };
    return sealed(falling({ service: own }));
  };
  const many = (count: number, changes: Partial<Service> = {}) =>
    Array.from({ length: count }, (_, i) => planFor(`s${i}`, changes));
  const ids = (batches: ReturnType<typeof batchPlans>) =>
    batches.map(({ plans }) => plans.map((plan) => plan.service as string));

  it('one service, one batch, up to eight of a group', () => {
    expect(ids(batchPlans(many(8)))).toEqual(Array.from({ length: 8 }, (_, i) => [`s${i}`]));
    expect(batchPlans([])).toEqual([]);
  });

  it('F102: more than eight of a group share batches', () => {
    const batches = batchPlans(many(9));

    expect(ids(batches)).toEqual([['s0', 's1', 's2', 's3', 's4', 's5', 's6', 's7', 's8']]);
    expect(batches[0]?.changes).toHaveLength(9 * 8);
    expect(batches[0]?.zone).toEqual(service.zone);
  });

  it('F79: a shared batch is split by elements and by characters', () => {
    const { size } = planFor('s0');

    expect(
      ids(batchPlans(many(9), { elements: 32, characters: 99_999 })).map((b) => b.length),
    ).toEqual([4, 4, 1]);
    expect(
      ids(batchPlans(many(9), { elements: 9_999, characters: size.characters * 2 })).map(
        (b) => b.length,
      ),
    ).toEqual([2, 2, 2, 2, 1]);
    expect(ids(batchPlans(many(9), { elements: 1, characters: 1 }))).toHaveLength(9);
  });

  it('a batch never spans groups or zones', () => {
    const plans = [
      ...many(9),
      ...many(9, { group: 1 }),
      ...many(9, { zone: { key: 'other', id: 'ZOTHER' } }),
    ];

    const batches = batchPlans(plans);

    expect(batches).toHaveLength(3);
    for (const batch of batches) {
      expect(new Set(batch.plans.map((plan) => `${plan.zone.key} ${plan.group}`)).size).toBe(1);
      expect(
        batch.plans.every((plan) => plan.zone === batch.zone || plan.zone.key === batch.zone.key),
      ).toBe(true);
    }
  });

  it('batches respect all limits, never span groups and add up to the plan', () => {
    const template = planFor('s0');
    const arbPlan = fc
      .record({
        group: fc.integer({ min: 0, max: 2 }),
        zone: fc.constantFrom('main', 'other'),
        elements: fc.integer({ min: 1, max: 1_000 }),
        characters: fc.integer({ min: 0, max: 32_000 }),
      })
      .map(
        ({ group, zone, ...size }): Plan => ({
          ...template,
          group,
          zone: { key: zone, id: `Z${zone}` },
          size,
        }),
      );
    fc.assert(
      fc.property(fc.array(arbPlan, { maxLength: 60 }), (plans) => {
        const batches = batchPlans(plans);

        expect(batches.flatMap(({ plans: own }) => own)).toHaveLength(plans.length);
        expect(new Set(batches.flatMap(({ plans: own }) => own))).toEqual(new Set(plans));
        for (const batch of batches) {
          const sum = (key: 'elements' | 'characters') =>
            batch.plans.reduce((total, { size }) => total + size[key], 0);
          expect(sum('elements')).toBeLessThanOrEqual(BATCH_LIMITS.elements);
          expect(sum('characters')).toBeLessThanOrEqual(BATCH_LIMITS.characters);
          expect(new Set(batch.plans.map(({ group, zone }) => `${zone.id} ${group}`)).size).toBe(1);
          expect(batch.changes).toEqual(batch.plans.flatMap(({ changes }) => changes));
        }
      }),
    );
  });
});

describe('exact records', () => {
  it('two records are the same for a DELETE if every field is, values in any order', () => {
    const record: ZoneRecord = {
      name: 'app.example.com',
      type: 'A',
      setIdentifier: 'a',
      weight: 1,
      ttlSeconds: 30,
      values: ['203.0.113.1', '203.0.113.2'],
      healthCheckId: 'check',
      alias: { name: 'x', zone: 'Z', evaluateTargetHealth: true },
      other: { Geo: { b: 1, a: [1, null] } },
    };

    expect(recordText({ ...record, values: ['203.0.113.2', '203.0.113.1'] })).toBe(
      recordText(record),
    );
    expect(recordText({ ...record, other: { Geo: { a: [1, null], b: 1 } } })).toBe(
      recordText(record),
    );
    const others: Partial<ZoneRecord>[] = [
      { name: 'x' },
      { type: 'AAAA' },
      { setIdentifier: 'b' },
      { weight: 0 },
      { ttlSeconds: 31 },
      { values: [] },
      { healthCheckId: 'other' },
      { other: {} },
      { alias: { name: 'x', zone: 'Z', evaluateTargetHealth: false } },
    ];
    expect(
      new Set([record, ...others.map((one) => ({ ...record, ...one }))].map(recordText)).size,
    ).toBe(others.length + 1);
    expect(recordText({ name: 'x', type: 'A' })).not.toBe(
      recordText({ name: 'x', type: 'A', weight: 0 }),
    );
  });
});

describe('the order of a listing', () => {
  it('is by reversed labels, the final dot included, as Route 53 lists', () => {
    const names = [
      'app.example.com',
      'app-b.example.com',
      'example.com',
      '_quorate.app.example.com',
    ];

    expect(names.sort((a, b) => (listingOrder(a) < listingOrder(b) ? -1 : 1))).toEqual([
      'example.com',
      'app-b.example.com',
      'app.example.com',
      '_quorate.app.example.com',
    ]);
  });

  it('manages addresses and CNAMEs only', () => {
    expect(['A', 'AAAA', 'CNAME', 'TXT', 'MX', 'NS', 'SOA', ''].filter(isManagedType)).toEqual([
      'A',
      'AAAA',
      'CNAME',
    ]);
  });
});

function line(endpoint: string, change: string, from: number, to: number) {
  return {
    name: 'app.example.com',
    type: 'A',
    endpoint,
    change,
    from,
    to,
    answers: (sampleEndpoint(endpoint) as Endpoint).probeTargets[0],
    settings: [],
  };
}
