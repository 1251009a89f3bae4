/** What an endpoint, a person or another deployment left beside a service must not bend its decisions. */
import { describe, expect, it } from 'vitest';
import { digest, epochMs, type Weight } from '../../shared/core/model.ts';
import {
  codesOf,
  HOUR,
  MINUTE,
  NOW,
  onEndpoint,
  openWorld,
  orderOf,
  PACKAGED_AT,
} from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService } from '../fakes/sample-service.ts';

const sized = (weights: Record<string, number>) =>
  sampleService({
    endpoints: Object.entries(weights).map(([id, weight]) =>
      sampleEndpoint(id, { weight: weight as Weight }),
    ),
  });

describe('a pending endpoint takes no part', () => {
  it('F116: in the floor: one that waits for `apply` does not withhold the loss of a region', () => {
    const service = sized({ a: 200, b: 100 });
    const world = openWorld({ service });
    world.state.service = sized({ a: 200, b: 100, c: 200 });
    world.see('a', 'down');

    const decision = world.round();

    expect(codesOf(decision)).toMatchObject({ a: 'quorum-down', c: 'pending' });
    expect(world.weights()).toEqual({ a: 0, b: 100 });
  });

  it('F116: in the floor: one that waits for `apply` does not lower it either', () => {
    const service = sized({ a: 20, b: 20, c: 20 });
    const world = openWorld({
      service,
      weights: { a: 0 },
      entries: { a: { phase: { kind: 'out' }, outAt: epochMs(NOW - HOUR) } },
    });
    world.state.service = sized({ a: 20, b: 20, c: 20, d: 255 });
    world.see('a', 'down');
    world.see('b', 'down');

    const decision = world.round();

    expect(codesOf(decision)).toMatchObject({ b: 'quorum-down/floor' });
    expect(world.weights()).toEqual({ a: 0, b: 20, c: 20 });
  });

  it('F116: an order is judged without it, too', () => {
    const world = openWorld({ service: sized({ a: 200, b: 100 }) });
    const service = sized({ a: 200, b: 100, c: 200 });
    world.state.service = service;
    const order = orderOf('drain', { kind: 'drain', scope: onEndpoint(service, 'a') });

    expect(world.operate({ kind: 'order', order }).kind).toBe('planned');
  });
});

describe('an older configuration never commits', () => {
  const superseded = (untilAt = NOW) => {
    const service = sized({ a: 100, b: 100 });
    return openWorld({
      service,
      fence: { config: digest('newer'), packagedAt: epochMs(PACKAGED_AT + HOUR) },
      orders: [orderOf('over', { kind: 'drain', scope: onEndpoint(service, 'a'), untilAt })],
    });
  };

  it('F120: neither begins nor ends an order', () => {
    expect(superseded().orderRound().commit).toBeNull();
  });

  it('F120: does not adopt, which would put it back in force', () => {
    const world = superseded(epochMs(NOW + HOUR));
    world.edit('a', 50);

    expect(world.operate({ kind: 'adopt' })).toMatchObject({ kind: 'refused' });
    expect(world.fence().config).toBe('newer');
  });

  it('R6: `adopt` leaves it to Q reports which newer configuration enters the fence', () => {
    const service = sized({ a: 100, b: 100 });
    const world = openWorld({
      service,
      fence: { config: digest('older'), packagedAt: epochMs(PACKAGED_AT - HOUR) },
    });
    world.edit('a', 50);

    world.operate({ kind: 'adopt' });

    expect(world.fence()).toMatchObject({ config: 'older', packagedAt: PACKAGED_AT - HOUR });
    expect(world.entry('a').weight).toBe(50);
  });
});

describe('votes from before a change', () => {
  it('S5: reverse nothing, but count where the floor asks what looks down', () => {
    const world = openWorld({
      service: sized({ a: 100, b: 100 }),
      // b came back this very second; what everybody saw of it is a second old.
      entries: { b: { changedAt: NOW } },
    });
    world.see('a', 'down');
    world.see('b', 'down');

    const decision = world.round();

    expect(codesOf(decision)).toEqual({ a: 'quorum-down/all-down', b: 'no-quorum' });
    expect(world.weights()).toEqual({ a: 100, b: 100 });
  });
});

describe('retire', () => {
  it('S6: does not make velocity forget a removal: it waits for the end of the window', () => {
    const world = openWorld({ service: sized({ a: 100, b: 100, c: 100, d: 100, e: 100 }) });
    world.see('a', 'down');
    world.round();
    world.state.service = sized({ b: 100, c: 100, d: 100, e: 100 });
    world.pass(9 * MINUTE);

    expect(world.operate({ kind: 'retire', endpoint: 'a' })).toEqual({
      kind: 'refused',
      why: 'the removal of a counts towards velocity for another 60 s; retire it then',
    });
    world.see('b', 'down');
    expect(codesOf(world.round())).toMatchObject({ b: 'quorum-down/velocity' });

    world.pass(MINUTE);
    expect(world.operate({ kind: 'retire', endpoint: 'a' }).kind).toBe('planned');
  });
});

describe('two configurations that differ in weights only', () => {
  it('F51: do not overwrite each other: the newer one waits for Q reports, then the older one is superseded', () => {
    const before = sized({ a: 100, b: 100 });
    const after = { ...sized({ a: 50, b: 100 }), settings: digest('settings-after') };
    const world = openWorld({ service: before });
    const inRegion = (service: typeof before, hours: number, reports: number) => {
      world.state.service = service;
      world.state.config = {
        ...world.state.config,
        packagedAt: epochMs(PACKAGED_AT + hours * HOUR),
      };
      world.state.reportsUnderConfig = reports;
      return world.round();
    };

    // One of five stacks is deployed: votes are shared, for both configurations ask the same questions.
    expect(inRegion(after, 1, 1)).toMatchObject({
      commit: null,
      automation: 'not-quorate',
      reasons: [{ code: 'not-quorate', usable: 1, quorum: 3 }],
    });
    expect(inRegion(before, 0, 4).commit).toBeNull();
    // Three are: the new weights enter, and stay.
    expect(inRegion(after, 1, 3).commit).not.toBeNull();
    expect(world.weights()).toEqual({ a: 50, b: 100 });
    expect(inRegion(before, 0, 2)).toMatchObject({
      commit: null,
      reasons: [{ code: 'superseded-config' }],
    });
    expect(inRegion(after, 1, 3).commit).toBeNull();
  });
});

describe('a first record of its type', () => {
  it('S4: `apply` does not make a name that answers nothing but weight 0', () => {
    const dual = (ids: readonly string[], withAaaa: string) =>
      sampleService({
        types: ['A', 'AAAA'],
        endpoints: ids.map((id) =>
          sampleEndpoint(id, {
            targets: {
              A: { kind: 'value', value: '203.0.113.1' },
              ...(id === withAaaa
                ? { AAAA: { kind: 'value' as const, value: '2001:db8::1' } }
                : {}),
            },
          }),
        ),
      });
    const world = openWorld({ service: dual(['a', 'b'], 'none') });
    world.state.service = dual(['a', 'b', 'c'], 'c');

    expect(world.operate({ kind: 'apply' })).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('app.example.com AAAA'),
    });
  });
});
