/** Rule 7: the one case that passes hold-down, ramp, velocity and floor, and what still binds it. */
import { describe, expect, it } from 'vitest';
import type { FenceEntry } from '../../shared/core/fence.ts';
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

const pair = (changes: Partial<Policy> = {}) =>
  sampleService({
    endpoints: ['a', 'b'].map((id) => sampleEndpoint(id)),
    policy: { ...sampleService().policy, ...changes },
  });
const inHoldDown: Partial<FenceEntry> = {
  phase: { kind: 'out' },
  outAt: epochMs(NOW - 2 * MINUTE),
  changedAt: epochMs(NOW - 2 * MINUTE),
  countedAt: epochMs(NOW - 2 * MINUTE),
};
/** a is up again and in hold-down, b alone serves and dies. */
const seeSaw = (options: Parameters<typeof openWorld>[0] = {}) => {
  const world = openWorld({
    service: pair(),
    weights: { a: 0 },
    entries: { a: inHoldDown },
    ...options,
  });
  world.see('b', 'down');
  return world;
};

describe('rule 7: rescue', () => {
  it('F113: one batch gives the recovered endpoint its weight and the dead one 0', () => {
    const world = seeSaw();

    const decision = world.round();

    expect(world.weights()).toEqual({ a: 100, b: 0 });
    expect(codesOf(decision)).toEqual({ a: 'rescued', b: 'rescue-removed' });
    expect(decision.endpoints.map(({ reason }) => sentence(reason))).toEqual([
      'rescue: b (last in service) is down, a is up, 5 of 5; it takes over now',
      'rescue: b is down and a took over',
    ]);
    expect(decision.commit?.isRescue).toBe(true);
    expect(world.fence().rescuedAt).toBe(NOW);
    expect(world.entry('a')).toMatchObject({ phase: { kind: 'in' }, fullAt: NOW });
    expect(world.entry('b')).toMatchObject({ phase: { kind: 'out' }, outAt: NOW, countedAt: null });
  });

  it('F113: also from the ramp', () => {
    const world = seeSaw({
      weights: { a: 10 },
      entries: {
        a: { phase: { kind: 'ramp', step: 0 }, changedAt: epochMs(NOW - 10 * SECOND) },
      },
    });

    world.round();

    expect(world.weights()).toEqual({ a: 100, b: 0 });
  });

  it('F113: one endpoint back at full weight is enough against a rescue', () => {
    const world = openWorld({
      service: sampleService({ endpoints: ['a', 'b', 'c'].map((id) => sampleEndpoint(id)) }),
      weights: { a: 0 },
      entries: { a: inHoldDown },
    });
    world.see('b', 'down');

    const decision = world.round();

    expect(decision.commit).toBeNull();
    expect(codesOf(decision)).toMatchObject({ a: 'hold-down', c: 'healthy' });
  });

  it('F113: needs an up quorum for the one taking over', () => {
    const world = seeSaw();
    world.see('a', 'none', { by: ['eu-west-1', 'us-east-1', 'us-west-2'] });

    const decision = world.round();

    expect(decision.commit).toBeNull();
    expect(codesOf(decision)).toEqual({ a: 'no-quorum', b: 'quorum-down/velocity' });
  });

  it('F90: does nothing where nobody is up', () => {
    const world = seeSaw();
    world.see('a', 'down');

    expect(world.round().commit).toBeNull();
  });

  it('needs every endpoint at its full weight to be down, unknown is not', () => {
    const world = openWorld({
      service: sampleService({ endpoints: ['a', 'b', 'c'].map((id) => sampleEndpoint(id)) }),
      weights: { a: 0 },
      entries: { a: inHoldDown },
    });
    world.see('b', 'down');
    world.see('c', 'none');

    expect(world.round().commit).toBeNull();
  });

  it('where nobody is at full weight, every endpoint with weight must be down', () => {
    const options = {
      service: sampleService({ endpoints: ['a', 'b', 'c'].map((id) => sampleEndpoint(id)) }),
      weights: { a: 0, b: 10, c: 10 },
      entries: {
        a: inHoldDown,
        b: { phase: { kind: 'ramp', step: 0 }, changedAt: epochMs(NOW - 10 * SECOND) } as const,
        c: { phase: { kind: 'ramp', step: 0 }, changedAt: epochMs(NOW - 10 * SECOND) } as const,
      },
    };
    const one = openWorld(options);
    one.see('b', 'down');
    expect(one.decide().commit?.isRescue ?? false).toBe(false);

    const both = openWorld(options);
    both.see('b', 'down');
    both.see('c', 'down');
    both.round();
    expect(both.weights()).toEqual({ a: 100, b: 0, c: 0 });
  });

  it('has nothing to rescue in a service without any weight', () => {
    const world = openWorld({
      service: pair(),
      weights: { a: 0, b: 0 },
      entries: { a: inHoldDown, b: inHoldDown },
    });
    world.see('b', 'down');

    expect(world.decide().endpoints.map(({ to }) => to)).toEqual([0, 0]);
  });

  it('F113: at most one rescue in 2 minutes: rescue-again', () => {
    const world = seeSaw({ fence: { rescuedAt: epochMs(NOW - 30 * SECOND) } });

    const decision = world.round();

    expect(decision.commit).toBeNull();
    expect(codesOf(decision).a).toBe('hold-down/rescue-again');
    expect(sentence(decision.withheld.find(({ code }) => code === 'rescue-again')!)).toBe(
      'withheld: a could take over, but the last rescue is less than 2 min ago; waiting until 12:01:30Z',
    );
    world.pass(90 * SECOND - 1);
    expect(world.round().commit).toBeNull();
    world.pass(1);
    expect(world.round().commit?.isRescue).toBe(true);
  });

  it('F113: an order still binds, and the page names the command: rescue-held', () => {
    const service = pair();
    const world = seeSaw({
      service,
      orders: [orderOf('drain1', { kind: 'drain', scope: onEndpoint(service, 'a') })],
    });

    const decision = world.round();

    expect(decision.commit).toBeNull();
    expect(sentence(decision.withheld.find(({ code }) => code === 'rescue-held')!)).toBe(
      'withheld: a is up and could take over, but an operator holds it; run `quorate undrain app a` to let it',
    );
  });

  it('F113: a pin binds, and the page names unpin', () => {
    const service = pair();
    const world = seeSaw({
      service,
      weights: { a: 5 },
      entries: {},
      orders: [
        orderOf('pin1', { kind: 'pin', weight: 5 as Weight, scope: onEndpoint(service, 'a') }),
      ],
    });

    expect(world.round().withheld).toContainEqual({
      endpoint: 'a',
      code: 'rescue-held',
      command: 'quorate unpin app a',
    });
  });

  it('F113: manual failback binds until approved, and the page names approve', () => {
    const world = seeSaw({ service: pair({ failback: 'manual' }) });

    expect(world.round().withheld).toContainEqual({
      endpoint: 'a',
      code: 'rescue-held',
      command: 'quorate approve app a',
    });
    world.operate({ kind: 'approve', endpoint: sampleEndpoint('a').id });
    world.round();
    expect(world.weights()).toEqual({ a: 100, b: 0 });
  });

  it('F113: manual failback does not bind one that is already on the ramp', () => {
    const world = seeSaw({
      service: pair({ failback: 'manual' }),
      weights: { a: 10 },
      entries: { a: { phase: { kind: 'ramp', step: 0 }, changedAt: epochMs(NOW - 10 * SECOND) } },
    });

    expect(world.round().commit?.isRescue).toBe(true);
  });

  it('F73: an edited record is no rescuer, and the page names reassert', () => {
    const world = seeSaw({ weights: { a: 50 }, entries: {} });
    world.edit('a', 20);

    expect(world.round().withheld).toContainEqual({
      endpoint: 'a',
      code: 'rescue-held',
      command: 'quorate reassert app',
    });
  });

  it('F73: a rescue of unedited records does not wait for the drift to be settled', () => {
    const world = openWorld({
      service: sampleService({ endpoints: ['a', 'b', 'c'].map((id) => sampleEndpoint(id)) }),
      weights: { a: 0, c: 0 },
      entries: { a: inHoldDown, c: { phase: { kind: 'out' }, outAt: NOW } },
    });
    world.edit('c', 1);
    world.see('b', 'down');

    world.round();

    expect(world.weights()).toEqual({ a: 100, b: 0, c: 1 });
  });

  it('leaves a dead endpoint that an order pins as the order says', () => {
    const service = pair();
    const world = seeSaw({
      service,
      orders: [
        orderOf('pin1', { kind: 'pin', weight: 100 as Weight, scope: onEndpoint(service, 'b') }),
      ],
    });

    world.round();

    expect(world.weights()).toEqual({ a: 100, b: 100 });
  });

  it('passes the velocity and the floor: two dead regions make way for one', () => {
    const world = openWorld({
      service: sampleService({ endpoints: ['a', 'b', 'c'].map((id) => sampleEndpoint(id)) }),
      weights: { a: 0 },
      entries: { a: inHoldDown },
    });
    world.see('b', 'down');
    world.see('c', 'down');

    const decision = world.round();

    expect(world.weights()).toEqual({ a: 100, b: 0, c: 0 });
    expect(decision.withheld).toEqual([]);
    expect(sentence(decision.endpoints[0]!.reason)).toBe(
      'rescue: b and c (last in service) are down, a is up, 5 of 5; it takes over now',
    );
    expect(sentence(decision.endpoints[1]!.reason)).toBe('rescue: b is down and a took over');
  });

  it('lifts what the tier held back: the only one up serves though its tier is too weak', () => {
    const world = openWorld({
      service: sampleService({
        endpoints: [
          sampleEndpoint('a'),
          sampleEndpoint('b', { tier: 2 }),
          sampleEndpoint('c', { tier: 2 }),
          sampleEndpoint('d', { tier: 2 }),
        ],
      }),
    });
    for (const id of ['a', 'b', 'c']) world.see(id, 'down');

    const decision = world.round();

    expect(world.weights()).toEqual({ a: 0, b: 0, c: 0, d: 100 });
    expect(codesOf(decision).d).toBe('rescued');
  });

  it('brings in no tier that the rescued ones make needless, so that the next decision undoes nothing', () => {
    const world = openWorld({
      service: sampleService({
        endpoints: [
          sampleEndpoint('a'),
          sampleEndpoint('b'),
          sampleEndpoint('c', { tier: 2 }),
          sampleEndpoint('d', { tier: 3 }),
        ],
      }),
      weights: { a: 0, c: 10 },
      entries: {
        a: inHoldDown,
        c: { phase: { kind: 'ramp', step: 0 }, changedAt: epochMs(NOW - 10 * SECOND) },
      },
    });
    world.see('b', 'down');

    world.round();

    expect(world.weights()).toEqual({ a: 100, b: 0, c: 0, d: 0 });
    expect(world.round().commit).toBeNull();
  });

  it('lets ramps and leaving tiers go on while the next rescue waits: rescue-again holds nothing back', () => {
    const world = openWorld({
      service: pair(),
      weights: { a: 10 },
      entries: { a: { phase: { kind: 'ramp', step: 0 }, changedAt: epochMs(NOW - 10 * MINUTE) } },
      fence: { rescuedAt: epochMs(NOW - 30 * SECOND) },
    });
    world.see('b', 'down');

    const decision = world.round();

    expect(codesOf(decision).a).toBe('ramp/rescue-again');
    expect(world.weights().a).toBe(50);
  });

  it('see-saws no faster than every 2 minutes over an hour', () => {
    const world = seeSaw();
    const rescues: number[] = [];
    for (let at = 0; at < HOUR; at += 30 * SECOND) {
      const { a } = world.weights();
      world.see('a', a === 0 ? 'up' : 'down', { sinceAt: world.state.now });
      world.see('b', a === 0 ? 'down' : 'up', { sinceAt: world.state.now });
      if (world.round().commit?.isRescue) rescues.push(world.state.now);
      world.pass(30 * SECOND);
    }

    expect(rescues.length).toBeGreaterThan(20);
    expect(rescues.slice(1).every((time, i) => time - rescues[i]! >= 2 * MINUTE)).toBe(true);
  });
});
