/** Letting go: the fence goes, nothing else changes; or every weight as configured first. */
import { describe, expect, it } from 'vitest';
import { digest, nonce, type Service, type Weight } from '../../shared/core/model.ts';
import { type Operated, operationText } from '../../shared/core/operated.ts';
import { observedText } from '../../shared/core/operation.ts';
import { judgeOutcome } from '../../shared/core/outcome.ts';
import { type Plan, planChanges, sealPlan } from '../../shared/core/plan.ts';
import { planJson, planText } from '../../shared/core/plan-text.ts';
import {
  AIDS,
  HOUR,
  onEndpoint,
  onService,
  openWorld,
  orderOf,
  type World,
} from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService } from '../fakes/sample-service.ts';

const service = sampleService({ endpoints: ['a', 'b', 'c'].map((id) => sampleEndpoint(id)) });
const tiered = sampleService({
  endpoints: [sampleEndpoint('a'), sampleEndpoint('b'), sampleEndpoint('idle', { tier: 2 })],
});
const text = (operated: Operated): string => `${operated.kind}: ${operationText(operated)}`;
const release = (world: World, restores = false): string =>
  text(world.operate({ kind: 'release', restores }));
const restore = (world: World): string => text(world.operate({ kind: 'restore' }));
const drain = (id: string, of: Service = service) =>
  orderOf('drain', { kind: 'drain', scope: onEndpoint(of, id) });

/** A release, made and not yet sent. */
function plannedRelease(world: World): Plan {
  const input = world.input();
  const before = structuredClone({ records: world.state.records, fence: world.state.fenceValues });
  const operated = world.operate({ kind: 'release', restores: false });
  world.state.records = before.records;
  world.state.fenceValues = before.fence;
  if (operated.kind !== 'planned') throw new Error(operated.why);
  const { snapshot, now } = input;
  const plan = planChanges(
    service,
    operated.commit,
    snapshot,
    nonce('mine0042'),
    now,
    AIDS.digestOf,
  );
  return sealPlan(plan, digest('record-digest-00000042'));
}

describe('release', () => {
  it('deletes the fence and asserts every record it listed, whatever its weight', () => {
    const world = openWorld({ service, weights: { a: 0 } });
    const records = [...world.state.records];
    const plan = plannedRelease(world);

    expect(
      plan.changes.map(({ action, record }) => `${action} ${record.type} ${record.setIdentifier}`),
    ).toEqual([
      'DELETE TXT undefined',
      'DELETE A a',
      'CREATE A a',
      'DELETE A b',
      'CREATE A b',
      'DELETE A c',
      'CREATE A c',
    ]);
    expect(planText(plan)).toContain('app   generation 41 → none: the _quorate record goes\n');
    expect(planJson(plan).generation).toEqual({ from: 41, to: null });
    expect(release(world)).toBe(
      'planned: released: _quorate.app.example.com goes; nothing is written for app until it is adopted again, and nobody gives a more weight',
    );
    expect(world.state.fenceValues).toBeNull();
    expect(world.state.records).toEqual(records);
    expect(world.decide().automation).toBe('unmanaged');
    expect(text(world.operate({ kind: 'adopt' }))).toMatch(/^planned/);
  });

  it('has another checksum than a plan that only asserts', () => {
    const world = openWorld({ service });
    const { commit, ...rest } = plannedRelease(world);
    const { isRelease: _, ...kept } = commit;
    const asserted = planChanges(
      service,
      kept,
      world.snapshot(),
      rest.nonce,
      world.state.now,
      AIDS.digestOf,
    );

    expect(asserted.checksum).not.toBe(rest.checksum);
  });

  it('names the orders that end with it: order-dropped', () => {
    const world = openWorld({ service, weights: { a: 0 }, orders: [drain('a')] });

    expect(release(world)).toMatch(
      /^planned: order drain000, in force until 2026-11-20 13:00Z, ends with this; released: /,
    );
    expect(world.weights().a).toBe(0);
  });

  it('leaves strangers and simple records alone', () => {
    const world = openWorld({ service });
    world.state.records.push(
      { ...world.state.records[0]!, setIdentifier: 'stranger' },
      { name: 'app.example.com', type: 'AAAA', ttlSeconds: 30, values: ['2001:db8::1'] },
    );

    expect(release(world)).toMatch(/^planned/);
    expect(world.state.records).toHaveLength(5);
  });

  it('needs neither a right clock nor votes, and is possible while observing', () => {
    const observed: Service = { ...service, mode: 'observe' };
    const world = openWorld({ service: observed });
    world.state.serverOffsetMs = HOUR;

    expect(release(world)).toMatch(/^planned/);
    expect(observedText({ kind: 'release' }, observed)).toBeNull();
    expect(observedText({ kind: 'restore' }, observed)).toBeNull();
    expect(observedText({ kind: 'adopt' }, service)).toBeNull();
    expect(observedText({ kind: 'adopt' }, observed)).toBe(
      'app is observed, and nothing of an observed service is written; set mode: enforce, deploy, then give this command again',
    );
  });

  it('F74 F75 F121: says what stands in its way', () => {
    const world = openWorld({ service });
    world.state.fenceValues = ['"junk"'];
    expect(release(world)).toBe(
      "refused: _quorate.app.example.com can't be used: it was not written by Quorate; run `quorate adopt app` first, or delete it in Route 53 yourself",
    );
    world.state.fenceValues = null;
    expect(release(world)).toBe(
      'nothing-to-do: _quorate.app.example.com does not exist, so app is not managed',
    );
    expect(release(openWorld({ service, fence: { deployment: 'staging' } }))).toBe(
      'refused: _quorate.app.example.com belongs to deployment staging; release it from there',
    );
  });

  it('S4: asserts nothing in a zone that a person left all zero', () => {
    const world = openWorld({ service });
    for (const id of ['a', 'b', 'c']) world.edit(id, 0);

    expect(release(world)).toBe(
      'refused: every weight of app.example.com A is 0; give one endpoint weight first',
    );
  });

  it('is committed once the fence is gone, lost once it moved, blocked where neither did', () => {
    const world = openWorld({ service });
    const plan = plannedRelease(world);
    const why = { isFinal: false, why: 'timeout' };
    expect(judgeOutcome(plan, world.snapshot(), why)).toEqual({ kind: 'unresolved' });
    expect(judgeOutcome(plan, world.snapshot(), { ...why, isFinal: true })).toEqual({
      kind: 'blocked',
      why: 'timeout',
    });

    world.writeFence({ ...world.fence(), generation: 42, nonce: nonce('theirs42') });
    expect(judgeOutcome(plan, world.snapshot(), why)).toEqual({ kind: 'lost' });

    world.state.fenceValues = null;
    expect(judgeOutcome(plan, world.snapshot(), why)).toEqual({ kind: 'committed' });
  });

  it('of a fence that does not stand is a bug', () => {
    const plan = plannedRelease(openWorld({ service }));

    expect(() =>
      sealPlan({ ...plan, fenceBefore: null }, digest('record-digest-00000042')),
    ).toThrow('only a fence that stands can be released');
  });
});

describe('restore', () => {
  it('gives every endpoint of the first tier its configured weight and ends the orders: restored', () => {
    const world = openWorld({
      service: tiered,
      weights: { a: 0, idle: 100 },
      orders: [drain('a', tiered)],
      entries: { a: { phase: { kind: 'out' }, waits: true } },
    });
    world.see('a', 'down');
    const b = world.entry('b');

    expect(restore(world)).toBe(
      'planned: restored: a goes from weight 0 to 100, although it is down; restored: idle goes from weight 100 to 0; order drain000, in force until 2026-11-20 13:00Z, ends with this',
    );
    expect(world.weights()).toEqual({ a: 100, b: 100, idle: 0 });
    expect(world.fence().orders).toEqual([]);
    expect(world.entry('a')).toMatchObject({
      weight: 100,
      phase: { kind: 'in' },
      changedAt: world.state.now,
      waits: false,
    });
    expect(world.entry('b')).toEqual(b);
    expect(restore(world)).toBe(
      'nothing-to-do: every weight is as configured, and no order is in force',
    );
  });

  it('leaves orphans as they are and pending endpoints out', () => {
    const world = openWorld({ service, weights: { a: 0 } });
    world.edit('c', 7);
    world.state.service = {
      ...service,
      endpoints: [...service.endpoints.slice(0, 2), sampleEndpoint('d')],
    };

    expect(restore(world)).toBe('planned: restored: a goes from weight 0 to 100');
    expect(world.weights()).toEqual({ a: 100, b: 100, c: 7 });
  });

  it('puts edited weights back, too', () => {
    const world = openWorld({ service });
    world.edit('a', 20);

    expect(restore(world)).toBe('planned: restored: a goes from weight 20 to 100');
  });

  it('and releases in one batch where that is asked for', () => {
    const world = openWorld({
      service,
      weights: { a: 0 },
      orders: [orderOf('freeze', { kind: 'freeze', scope: onService })],
    });

    expect(release(world, true)).toBe(
      'planned: restored: a goes from weight 0 to 100; order freeze00, in force until 2026-11-20 13:00Z, ends with this; released: _quorate.app.example.com goes; nothing is written for app until it is adopted again',
    );
    expect(world.weights()).toEqual({ a: 100, b: 100, c: 100 });
    expect(world.state.fenceValues).toBeNull();
  });

  it('S4: never leaves all zero', () => {
    const world = openWorld({ service, weights: { b: 0, c: 0 } });
    world.state.service = {
      ...service,
      endpoints: service.endpoints.map((one) => ({ ...one, weight: 0 as Weight })),
    };
    const why =
      'refused: restoring would leave every weight of app.example.com A at 0; leave the weights as they are';

    expect(restore(world)).toBe(why);
    expect(release(world, true)).toBe(why);
  });

  it('F76: is refused where records are missing', () => {
    const world = openWorld({ service });
    world.state.records.shift();

    expect(restore(world)).toBe(
      'refused: app.example.com A of a is missing; run `quorate apply app` to make it',
    );
  });
});
