/**
 * Random files over random zones: after `apply` and enough rounds the zone equals the file or a reason
 * stands. Every batch on the way is judged by what Route 53 and the invariants ask of it.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Endpoint,
  endpointId,
  type RecordType,
  type Service,
  type Target,
  type Weight,
} from '../../shared/core/model.ts';
import { operate } from '../../shared/core/operation.ts';
import { planChanges, sealPlan } from '../../shared/core/plan.ts';
import { slotsOf } from '../../shared/core/snapshot.ts';
import { recordText, type ZoneRecord } from '../../shared/core/zone-record.ts';
import { AIDS, MINUTE, openWorld, type World } from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService } from '../fakes/sample-service.ts';

const IDS = ['a', 'b', 'c', 'd'] as const;
const NAMES = ['app.example.com', 'www.example.com'];

type Wish = {
  readonly names: readonly string[];
  readonly types: readonly RecordType[];
  readonly ttlSeconds: number;
  readonly endpoints: readonly {
    readonly id: string;
    readonly target: number;
    readonly isAlias: boolean;
    readonly flag: boolean;
    readonly weight: number;
    readonly healthCheck: string | null;
    readonly tier: number;
  }[];
};

/** Targets are drawn from few, so that files often agree with the zone and sometimes with each other. */
const targetOf = (
  type: RecordType,
  { id, target, isAlias, flag }: Wish['endpoints'][number],
): Target =>
  isAlias
    ? {
        kind: 'alias',
        name: `${id}${target}.elb.test`,
        zone: 'ZELB',
        evaluateTargetHealth: flag,
      }
    : {
        kind: 'value',
        value:
          type === 'A' ? `203.0.113.${id.charCodeAt(0) + 10 * target}` : `2001:db8::${id}${target}`,
      };

function serviceOf(wish: Wish): Service {
  const endpoints = wish.endpoints.map((one): Endpoint => {
    const targets = Object.fromEntries(wish.types.map((type) => [type, targetOf(type, one)]));
    return sampleEndpoint(one.id, {
      id: endpointId(one.id),
      targets,
      probeTargets: [`${one.id}${one.target}${one.isAlias}`],
      weight: one.weight as Weight,
      tier: one.tier,
      ...(one.healthCheck === null ? {} : { healthCheckId: one.healthCheck }),
    });
  });
  return sampleService({
    names: wish.names,
    types: wish.types,
    ttlSeconds: wish.ttlSeconds,
    endpoints,
  });
}

const arbWish: fc.Arbitrary<Wish> = fc.record({
  names: fc.constantFrom([NAMES[0]!], NAMES),
  types: fc.constantFrom<readonly RecordType[]>(['A'], ['A', 'AAAA']),
  ttlSeconds: fc.constantFrom(30, 60),
  endpoints: fc.subarray([...IDS], { minLength: 1 }).chain((ids) =>
    fc.tuple(
      ...ids.map((id) =>
        fc.record({
          id: fc.constant(id as string),
          target: fc.nat(1),
          isAlias: fc.constantFrom(false, false, true),
          flag: fc.boolean(),
          weight: fc.constantFrom(100, 100, 50, 1),
          healthCheck: fc.constantFrom(null, null, 'check-1', 'check-2'),
          tier: fc.constant(1),
        }),
      ),
    ),
  ),
});

type Story = {
  readonly before: Wish;
  readonly after: Wish;
  readonly weights: readonly number[];
  /** Endpoints that a quorum finds down, or nobody sees. */
  readonly ill: readonly { readonly id: string; readonly vote: 'down' | 'none' }[];
  readonly edit: { readonly id: string; readonly weight: number } | null;
};
const arbStory: fc.Arbitrary<Story> = fc.record({
  before: arbWish,
  after: arbWish,
  weights: fc.tuple(...IDS.map(() => fc.constantFrom(100, 50, 0))),
  ill: fc.uniqueArray(
    fc.record({
      id: fc.constantFrom<string>(...IDS),
      vote: fc.constantFrom('down' as const, 'none' as const),
    }),
    { maxLength: 2, selector: ({ id }) => id },
  ),
  edit: fc.option(
    fc.record({ id: fc.constantFrom<string>(...IDS), weight: fc.constantFrom(0, 7, 200) }),
    { freq: 5 },
  ),
});

function open({ before, after, weights, ill, edit }: Story): World {
  const first = serviceOf(before);
  const world = openWorld({
    service: first,
    weights: Object.fromEntries(
      // At least one serves.
      first.endpoints.map(({ id }, i) => [id, i === 0 ? 100 : weights[i]!]),
    ),
  });
  if (edit !== null) world.edit(edit.id, edit.weight);
  world.state.service = serviceOf(after);
  for (const { id, vote } of ill) {
    if (world.state.service.endpoints.some((one) => one.id === id)) world.see(id, vote);
  }
  return world;
}

const groupsOf = (records: readonly ZoneRecord[]): Map<string, ZoneRecord[]> => {
  const groups = new Map<string, ZoneRecord[]>();
  for (const record of records) {
    const key = `${record.name} ${record.type}`;
    groups.set(key, [...(groups.get(key) ?? []), record]);
  }
  return groups;
};

/** What Route 53 would refuse, and what must never be served at a name of the file. */
function judgeZone({ service, records }: World['state']): void {
  const managed = records.filter(({ name }) => service.names.includes(name));
  for (const [group, own] of groupsOf(managed)) {
    const ttls = new Set(own.flatMap(({ ttlSeconds }) => ttlSeconds ?? []));
    expect(ttls.size, `one TTL at ${group}`).toBeLessThan(2);
    expect(
      own.reduce((sum, { weight = 0 }) => sum + weight, 0),
      group,
    ).toBeGreaterThan(0);
    expect(new Set(own.map(({ setIdentifier }) => setIdentifier)).size).toBe(own.length);
  }
}

/** Applies and judges the batch; the sentences of what was said. */
function applied(world: World): { readonly kind: string; readonly codes: readonly string[] } {
  const input = world.input();
  const operated = operate({ kind: 'apply' }, input);
  if (operated.kind !== 'planned') return { kind: operated.kind, codes: [] };
  const { service, now } = world.state;
  const nonce = 'judgejud' as Parameters<typeof planChanges>[3];
  const unsealed = planChanges(service, operated.commit, input.snapshot, nonce, now, AIDS.digestOf);
  const { changes } = sealPlan(
    unsealed,
    'record-digest-of-a-judge' as Parameters<typeof sealPlan>[1],
  );
  const standing = new Set(input.snapshot.records.map(recordText));
  const deleted = changes.filter(
    ({ action, record }) => action === 'DELETE' && record.type !== 'TXT',
  );
  for (const { record } of deleted) expect(standing.delete(recordText(record))).toBe(true);
  expect([...standing], 'every managed record is in the batch').toEqual([]);
  expect(changes.every(({ action }) => action === 'DELETE' || action === 'CREATE')).toBe(true);

  const weighed = world.weights();
  world.apply(operated.commit);
  judgeZone(world.state);
  for (const [id, weight] of Object.entries(world.weights())) {
    expect(weight, `${id} keeps its weight, or begins at 0`).toBe(weighed[id] ?? 0);
  }
  expect(world.fence().asofAt).toBe(
    input.snapshot.fence.kind === 'managed' && input.snapshot.fence.fence.asofAt,
  );
  return { kind: 'planned', codes: operated.reasons.map(({ code }) => code) };
}

/** What of the file does not stand in the zone. */
function differences(world: World): readonly string[] {
  const { service, records } = world.state;
  return service.endpoints.flatMap((endpoint) =>
    slotsOf(service, endpoint).flatMap(({ name, type, target }) => {
      const record = records.find(
        (one) =>
          one.name === name && one.type === type && one.setIdentifier === endpoint.setIdentifier,
      );
      const what = `${name} ${type} ${endpoint.id}`;
      if (record === undefined) return [`${what} is not there`];
      const isAnswer =
        target.kind === 'value'
          ? record.values?.[0] === target.value && record.ttlSeconds === service.ttlSeconds
          : record.alias?.name === target.name &&
            record.alias.evaluateTargetHealth === target.evaluateTargetHealth &&
            record.ttlSeconds === undefined;
      const isChecked =
        endpoint.healthCheckId === undefined || record.healthCheckId === endpoint.healthCheckId;
      return [
        ...(isAnswer ? [] : [`${what} answers something else`]),
        ...(isChecked ? [] : [`${what} has another health check`]),
        ...(record.weight === endpoint.weight ? [] : [`${what} has weight ${record.weight}`]),
      ];
    }),
  );
}

/** A ramp of three steps, 2 min each, and the first round that sees it up. */
const MINUTES = 10;
const RUNS = Number(process.env.QUORATE_RUNS ?? 40);

const CALM = new Set(['healthy', 'returned']);

describe('properties of apply', { timeout: 60_000 }, () => {
  it('after apply and enough rounds the zone equals the file, or a reason stands', () => {
    let equal = 0;
    let reasoned = 0;
    fc.assert(
      fc.property(arbStory, (story) => {
        const world = open(story);

        let last = applied(world);
        for (let minute = 0; minute < MINUTES; minute += 1) {
          world.pass(MINUTE);
          const decision = world.round();
          if (decision.commit !== null) judgeZone(world.state);
        }
        last = applied(world);

        const left = differences(world);
        const decision = world.decide();
        const stands =
          last.kind === 'refused' ||
          decision.reasons.length > 0 ||
          decision.endpoints.some(
            ({ reason, withheld }) => !CALM.has(reason.code) || withheld.length > 0,
          );
        if (left.length === 0) equal += 1;
        else reasoned += 1;
        expect(left.length === 0 || stands, left.join('; ')).toBe(true);
      }),
      { numRuns: RUNS },
    );
    expect(Math.min(equal, reasoned)).toBeGreaterThan(RUNS / 20);
  });

  it('where everything is up and nothing was edited, only what the file no longer names keeps it from the file', () => {
    fc.assert(
      fc.property(arbStory, (story) => {
        const isNarrower =
          story.before.types.some((type) => !story.after.types.includes(type)) &&
          story.after.endpoints.some(({ id }) =>
            story.before.endpoints.some((one) => one.id === id),
          );
        const isAnew = story.before.endpoints.every(
          ({ id }) => !story.after.endpoints.some((one) => one.id === id),
        );
        fc.pre(!isNarrower && !isAnew);
        const world = open({ ...story, ill: [], edit: null });

        const first = applied(world);
        for (let minute = 0; minute < MINUTES; minute += 1) {
          world.pass(MINUTE);
          world.round();
        }

        // A type or name that only newcomers have: all of it would have weight 0.
        if (first.codes.includes('group-empty')) return;
        if (first.kind === 'refused') return;
        expect(differences(world)).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  it('applying again is nothing to do, or says why it waits', () => {
    fc.assert(
      fc.property(arbStory, (story) => {
        const world = open(story);

        const first = applied(world);
        const again = applied(world);

        expect(again.kind === 'planned' && first.kind === 'planned').toBe(false);
      }),
      { numRuns: RUNS },
    );
  });

  it('nothing that is not up by quorum gets traffic that it did not have', () => {
    fc.assert(
      fc.property(arbStory, (story) => {
        const world = open(story);
        const served = new Map(
          world.state.records.map((one) => [`${one.type} ${one.setIdentifier}`, one]),
        );

        applied(world);

        for (const record of world.state.records) {
          const isIll = story.ill.some(({ id }) => id === record.setIdentifier);
          const known = served.get(`${record.type} ${record.setIdentifier}`);
          if (!isIll || record.weight === 0) continue;
          expect(known).toBeDefined();
          expect([record.values, record.alias?.name]).toEqual([known!.values, known!.alias?.name]);
        }
      }),
      { numRuns: RUNS },
    );
  });
});
