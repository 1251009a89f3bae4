/** Rule 3: which tier serves, how the next takes over, how it leaves, and the trickle. */
import { describe, expect, it } from 'vitest';
import { epochMs, type Policy, type Weight } from '../../shared/core/model.ts';
import { sentence } from '../../shared/core/reason.ts';
import {
  codesOf,
  HOUR,
  MINUTE,
  NOW,
  onEndpoint,
  openWorld,
  orderOf,
  SECOND,
} from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService } from '../fakes/sample-service.ts';

const tiers = (plan: Record<string, [number, number]>, changes: Partial<Policy> = {}) =>
  sampleService({
    endpoints: Object.entries(plan).map(([id, [tier, weight]]) =>
      sampleEndpoint(id, { tier, weight: weight as Weight }),
    ),
    policy: { ...sampleService().policy, ...changes },
  });
const pair = tiers({ a: [1, 100], standby: [2, 50] });
const four = tiers({ a: [1, 100], b: [1, 100], c: [2, 60], d: [2, 60] });

describe('rule 3: tiers', () => {
  it('keeps the next tier at 0 while the first serves: idle-tier', () => {
    const world = openWorld({ service: pair });

    const decision = world.decide();

    expect(codesOf(decision)).toEqual({ a: 'healthy', standby: 'idle-tier' });
    expect(sentence(decision.endpoints[1]!.reason)).toBe(
      'idle: standby is in tier 2, tier 1 serves',
    );
    expect(decision.commit).toBeNull();
  });

  it('F104: the next tier takes over in one batch when the first is wholly down: tier-entered', () => {
    const world = openWorld({ service: pair });
    world.see('a', 'down');

    const decision = world.round();

    expect(world.weights()).toEqual({ a: 0, standby: 50 });
    expect(sentence(decision.endpoints[1]!.reason)).toBe(
      'tier 2 takes over: standby serves, since a is down',
    );
    expect(decision.withheld).toEqual([]);
    expect(world.entry('a').countedAt).toBeNull();
    expect(world.entry('a').outAt).toBe(NOW);
  });

  it('F104: names all that are down in the tier before', () => {
    const world = openWorld({ service: four });
    world.see('a', 'down');
    world.see('b', 'down');

    const decision = world.round();

    expect(world.weights()).toEqual({ a: 0, b: 0, c: 60, d: 60 });
    expect(sentence(decision.endpoints[2]!.reason)).toBe(
      'tier 2 takes over: c serves, since a and b are down',
    );
  });

  it('F104: takes over where an order leaves too little: tier-entered without a down', () => {
    const world = openWorld({
      service: pair,
      weights: { a: 10 },
      orders: [
        orderOf('pin1', { kind: 'pin', scope: onEndpoint(pair, 'a'), weight: 10 as Weight }),
      ],
    });
    world.see('a', 'down');

    const decision = world.round();

    expect(world.weights()).toEqual({ a: 10, standby: 50 });
    expect(codesOf(decision)).toEqual({ a: 'pinned', standby: 'tier-entered' });
  });

  it('says that the tier before has too little weight where none of it is down', () => {
    const service = tiers({ a: [1, 100], standby: [2, 50] }, { floorPercent: 50 });
    const world = openWorld({
      service,
      weights: { a: 10 },
      orders: [
        orderOf('pin1', { kind: 'pin', scope: onEndpoint(service, 'a'), weight: 10 as Weight }),
      ],
    });

    expect(sentence(world.decide().endpoints[1]!.reason)).toBe(
      'tier 2 takes over: standby serves, since the tier before it has too little weight',
    );
  });

  it('F104: the first tier returns by hold-down and ramp, the next leaves with its 100 %', () => {
    const world = openWorld({ service: pair });
    world.see('a', 'down');
    world.round();
    world.pass(30 * SECOND);
    world.see('a', 'up');
    const states = new Set<string>();
    for (let at = 0; at < 12 * MINUTE; at += 10 * SECOND) {
      world.pass(10 * SECOND);
      world.round();
      states.add(JSON.stringify(Object.values(world.weights()).sort((x, y) => x - y)));
      const { a, standby } = world.weights();
      expect(a === 100 ? standby === 0 : standby === 50).toBe(true);
    }

    expect([...states]).toEqual(['[0,50]', '[10,50]', '[50,50]', '[0,100]']);
  });

  it('F104: says why the next tier stays and why it leaves: tier-kept, tier-left', () => {
    const world = openWorld({
      service: pair,
      weights: { a: 50, standby: 50 },
      entries: { a: { phase: { kind: 'ramp', step: 1 }, changedAt: epochMs(NOW - MINUTE) } },
    });

    expect(sentence(world.decide().endpoints[1]!.reason)).toBe(
      'tier 2 stays: standby keeps its weight until tier 1 is back at 100 %',
    );
    world.pass(2 * MINUTE);
    const decision = world.round();
    expect(sentence(decision.endpoints[1]!.reason)).toBe(
      'tier 2 leaves: standby makes way, tier 1 serves',
    );
    expect(world.weights()).toEqual({ a: 100, standby: 0 });
    expect(world.entry('standby')).toMatchObject({ phase: { kind: 'in' }, countedAt: null });
  });

  it('keeps the first tier while it meets its floor, and does not wake the next', () => {
    const world = openWorld({ service: four });
    world.see('a', 'down');

    world.round();

    expect(world.weights()).toEqual({ a: 0, b: 100, c: 0, d: 0 });
  });

  it('removes what is down of the tier that serves by velocity and floor', () => {
    const world = openWorld({ service: four, weights: { a: 0, b: 0, c: 60, d: 60 } });
    world.see('a', 'down');
    world.see('b', 'down');
    world.see('c', 'down');

    world.round();

    expect(world.weights()).toEqual({ a: 0, b: 0, c: 0, d: 60 });
    expect(world.entry('c').countedAt).toBe(NOW);
  });

  it('wakes no tier that could not carry the load: the floor judges instead', () => {
    const world = openWorld({ service: four });
    for (const id of ['a', 'b', 'c']) world.see(id, 'down');
    world.see('d', 'none');

    const decision = world.round();

    expect(world.weights()).toEqual({ a: 100, b: 100, c: 0, d: 0 });
    expect(codesOf(decision)).toMatchObject({ a: 'quorum-down/floor', b: 'quorum-down/velocity' });
  });

  it('leaves an up endpoint of a later tier idle while no tier has enough', () => {
    const service = tiers(
      { a: [1, 100], b: [1, 100], c: [2, 60], d: [2, 60], e: [2, 60] },
      { floorPercent: 60 },
    );
    const world = openWorld({ service });
    world.see('a', 'none');
    world.state.records = world.state.records.map((record) =>
      record.setIdentifier === 'a' ? { ...record, weight: 100 } : record,
    );
    world.see('b', 'down');
    world.see('c', 'down');
    world.see('d', 'down');

    const decision = world.round();

    expect(codesOf(decision)).toMatchObject({ b: 'quorum-down/floor', e: 'idle-tier' });
    expect(world.weights()).toEqual({ a: 100, b: 100, c: 0, d: 0, e: 0 });
  });

  it('lets a later tier skip no ramp because no tier has enough', () => {
    const service = tiers({ a: [1, 100], b: [2, 100], c: [2, 100] }, { floorPercent: 80 });
    const ramp = { phase: { kind: 'ramp', step: 0 } as const, changedAt: epochMs(NOW - SECOND) };
    const world = openWorld({ service, weights: { a: 33, b: 10 }, entries: { b: ramp } });
    world.see('a', 'down');
    world.see('c', 'none');

    world.round();

    expect(world.weights()).toEqual({ a: 33, b: 10, c: 0 });
    expect(world.entry('b').phase).toEqual({ kind: 'ramp', step: 0 });
  });

  it('goes on to the third tier when the first two are down', () => {
    const service = tiers({ a: [1, 100], b: [2, 50], c: [3, 20] });
    const world = openWorld({ service });
    world.see('a', 'down');
    world.see('b', 'down');

    world.round();

    expect(world.weights()).toEqual({ a: 0, b: 0, c: 20 });
  });

  it('S5: lets no tier take over by an endpoint that looks down, unproven as it is: all-down', () => {
    const world = openWorld({
      service: pair,
      weights: { standby: 20 },
      entries: { standby: { provenAs: null } },
    });
    world.see('standby', 'down');
    world.see('a', 'down');

    const decision = world.decide();

    expect(codesOf(decision).standby).toBe('unproven');
    expect(decision.endpoints[0]).toMatchObject({ from: 100, to: 100 });
    expect(decision.withheld.map(({ code }) => code)).toContain('all-down');
    expect(decision.commit).toBeNull();
  });

  it('F114: a typo that makes the first tier unproven does not wake the next', () => {
    const world = openWorld({ service: pair, entries: { a: { provenAs: null } } });
    world.see('a', 'down');

    const decision = world.decide();

    expect(codesOf(decision)).toEqual({ a: 'unproven', standby: 'idle-tier' });
    expect(decision.commit).toBeNull();
  });

  it('does not enter a tier on less than an up quorum', () => {
    const world = openWorld({ service: pair });
    world.see('a', 'down');
    world.see('standby', 'none');

    const decision = world.round();

    expect(world.weights()).toEqual({ a: 100, standby: 0 });
    expect(codesOf(decision).a).toBe('quorum-down/never-all-zero');
  });

  it('lets an endpoint of the next tier that is itself recovering wait for its hold-down', () => {
    const world = openWorld({
      service: tiers({ a: [1, 100], b: [2, 60], c: [2, 60] }),
      weights: { a: 0, b: 60, c: 0 },
      entries: {
        a: { phase: { kind: 'out' }, outAt: NOW },
        c: { phase: { kind: 'out' }, outAt: epochMs(NOW - MINUTE) },
      },
    });
    world.see('a', 'down');

    expect(codesOf(world.decide())).toMatchObject({ b: 'healthy', c: 'hold-down' });
  });

  it('F73: counts on nothing that a drift holds back', () => {
    const service = tiers(
      { a: [1, 100], z: [1, 100], c: [2, 60], d: [2, 60] },
      { floorPercent: 60, ramp: [100] },
    );
    const out = { phase: { kind: 'out' } as const, outAt: epochMs(NOW - HOUR) };
    const world = openWorld({ service, entries: { c: out, d: out } });
    world.edit('z', 120);
    world.see('a', 'down');
    world.see('z', 'none');

    const decision = world.round();

    // c and d may not return beside a drift, so tier 2 can't take over and the floor judges a.
    expect(codesOf(decision).a).toBe('quorum-down/floor');
    expect(world.weights()).toEqual({ a: 100, z: 120, c: 0, d: 0 });
  });

  it('F73: keeps the next tier while a drift holds the first one back', () => {
    const service = tiers({ a: [1, 100], standby: [2, 50], third: [3, 50] }, { ramp: [100] });
    const world = openWorld({
      service,
      weights: { a: 0, standby: 50, third: 5 },
      entries: { a: { phase: { kind: 'out' }, outAt: epochMs(NOW - HOUR) } },
    });
    world.edit('third', 7);

    world.round();

    expect(world.weights()).toEqual({ a: 0, standby: 50, third: 7 });
  });
});

describe('rule 3: trickle', () => {
  it('an endpoint that comes back to no more than its trickle is back at once', () => {
    const service = tiers({ a: [1, 100], b: [2, 100] }, { tricklePercent: 10 });
    const world = openWorld({ service, entries: { b: { phase: { kind: 'out' } } } });

    world.round();

    expect(world.weights()).toEqual({ a: 100, b: 10 });
    expect(world.entry('b').phase).toEqual({ kind: 'ramp', step: 0 });
  });

  const trickling = (percent: number) =>
    tiers({ a: [1, 100], b: [1, 100], c: [2, 60], d: [2, 20] }, { tricklePercent: percent });

  it('keeps a small share on the next tier, split by configured weight', () => {
    const world = openWorld({ service: trickling(10) });

    world.round();

    // 10 % of (200 + x) is x: 22, of which c takes three quarters.
    expect(world.weights()).toEqual({ a: 100, b: 100, c: 17, d: 6 });
    expect(world.decide().commit).toBeNull();
  });

  it('gives each at least 1 and never more than configured', () => {
    const world = openWorld({ service: trickling(1) });
    world.round();
    expect(world.weights()).toMatchObject({ c: 2, d: 1 });

    const much = openWorld({ service: trickling(60) });
    much.round();
    expect(much.weights()).toMatchObject({ c: 60, d: 20 });
  });

  it('goes back to the trickle after having served', () => {
    const world = openWorld({ service: trickling(10), weights: { c: 60, d: 20 } });

    const decision = world.round();

    expect(codesOf(decision)).toMatchObject({ c: 'tier-left', d: 'tier-left' });
    expect(world.weights()).toMatchObject({ c: 17, d: 6 });
  });

  it('leaves an endpoint of configured weight 0 without any', () => {
    const service = tiers({ a: [1, 100], b: [2, 50], c: [2, 0] }, { tricklePercent: 10 });
    const world = openWorld({ service });

    world.round();

    expect(world.weights()).toEqual({ a: 100, b: 11, c: 0 });
  });

  it('does not reach a third tier', () => {
    const service = tiers({ a: [1, 100], b: [2, 50], c: [3, 50] }, { tricklePercent: 10 });
    const world = openWorld({ service });

    world.round();

    expect(world.weights()).toEqual({ a: 100, b: 11, c: 0 });
  });
});
