/** Rule 6: the share that automation must leave in service, and the case where everything looks down. */
import { describe, expect, it } from 'vitest';
import { epochMs, type Policy, type Weight } from '../../shared/core/model.ts';
import { sentence } from '../../shared/core/reason.ts';
import { codesOf, MINUTE, NOW, onEndpoint, openWorld, orderOf } from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService } from '../fakes/sample-service.ts';

const US = 'us-east-1';
const EU = 'eu-west-1';
const ASIA = 'ap-southeast-1';
const fast: Partial<Policy> = { velocity: { regions: 5, windowMs: 10 * MINUTE } };
const service = (changes: Partial<Policy> = {}) =>
  sampleService({ policy: { ...sampleService().policy, ...fast, ...changes } });
const weighted = (weights: Record<string, number>, changes: Partial<Policy> = {}) => ({
  ...service(changes),
  endpoints: Object.entries(weights).map(([id, weight]) =>
    sampleEndpoint(id, { weight: weight as Weight }),
  ),
});

describe('rule 6: floor', () => {
  it('withholds all removals where one too many would go: floor', () => {
    const world = openWorld({ service: service() });
    world.see(US, 'down');
    world.see(EU, 'down');

    const decision = world.round();

    expect(world.weights()).toEqual({ [EU]: 100, [US]: 100, [ASIA]: 100 });
    expect(codesOf(decision)).toEqual({
      [EU]: 'quorum-down/floor',
      [US]: 'quorum-down/floor',
      [ASIA]: 'healthy',
    });
    expect(decision.withheld.map(sentence)).toEqual([
      'withheld: removing eu-west-1 would leave 33 % in service, floor is 50 %',
      'withheld: removing us-east-1 would leave 33 % in service, floor is 50 %',
    ]);
  });

  it('allows exactly the floor', () => {
    const world = openWorld({ service: weighted({ a: 100, b: 100 }) });
    world.see('a', 'down');

    world.round();

    expect(world.weights()).toEqual({ a: 0, b: 100 });
  });

  it('takes the configured floor where there is one', () => {
    const world = openWorld({ service: service({ floorPercent: 70 }) });
    world.see(US, 'down');

    expect(sentence(world.decide().withheld[0]!)).toBe(
      'withheld: removing us-east-1 would leave 66 % in service, floor is 70 %',
    );
  });

  it('counts nothing of an endpoint that looks down, whatever weight it has', () => {
    // a stays in DNS because of velocity; it still carries nothing.
    const world = openWorld({
      service: weighted(
        { a: 100, b: 100, c: 100, d: 100 },
        {
          velocity: { regions: 1, windowMs: 10 * MINUTE },
          floorPercent: 50,
        },
      ),
      weights: { a: 0 },
      entries: { a: { phase: { kind: 'out' }, countedAt: epochMs(NOW - MINUTE) } },
    });
    world.see('a', 'down');
    world.see('b', 'down', { sinceAt: NOW - 60_000 });
    expect(codesOf(world.decide()).b).toBe('quorum-down/velocity');
    world.pass(10 * MINUTE);
    world.see('c', 'down');

    const decision = world.decide();

    expect(codesOf(decision)).toMatchObject({ b: 'quorum-down/floor', c: 'quorum-down/velocity' });
    expect(decision.withheld.map(({ code }) => code).sort()).toEqual(['floor', 'velocity']);
  });

  it('counts what an order leaves, not what is configured', () => {
    const world = openWorld({
      service: service(),
      weights: { [EU]: 0 },
      orders: [orderOf('drain1', { kind: 'drain', scope: onEndpoint(service(), EU) })],
    });
    world.see(US, 'down');

    expect(codesOf(world.decide())).toMatchObject({ [EU]: 'drained', [US]: 'quorum-down/floor' });
  });

  it('counts a weight above the configured one as configured', () => {
    const world = openWorld({
      service: weighted({ a: 100, b: 100, c: 100 }, { floorPercent: 50 }),
      weights: { a: 255 },
      orders: [
        orderOf('pin1', {
          kind: 'pin',
          weight: 255 as Weight,
          scope: onEndpoint(weighted({ a: 1 }), 'a'),
        }),
      ],
    });
    world.see('b', 'down');
    world.see('c', 'down');

    expect(codesOf(world.decide())).toMatchObject({ b: 'quorum-down/floor' });
  });

  it('counts an unknown endpoint with the weight it has', () => {
    const world = openWorld({ service: service() });
    world.see(US, 'down');
    world.see(EU, 'none');

    world.round();

    expect(world.weights()).toEqual({ [EU]: 100, [US]: 0, [ASIA]: 100 });
  });

  it.each(['F29', 'F32', 'F90'])(
    '%s: when every endpoint looks down all removals are withheld: all-down',
    () => {
      const world = openWorld({ service: service({ floorPercent: 0 }) });
      for (const id of [US, EU, ASIA]) world.see(id, 'down', { code: 'certificate-expired' });

      const decision = world.round();

      expect(world.weights()).toEqual({ [EU]: 100, [US]: 100, [ASIA]: 100 });
      expect(sentence(decision.withheld[0]!)).toBe(
        'withheld: all 3 endpoints look down (certificate-expired), a common cause is likelier than the loss of everything; DNS unchanged for eu-west-1',
      );
      expect(decision.withheld).toHaveLength(3);
    },
  );

  it('F90: what fails at one moment is voted down seconds apart: the first removal waits for the others', () => {
    const world = openWorld({ service: service() });
    world.see(US, 'down');
    world.see(EU, 'up', { isFailing: true });
    world.see(ASIA, 'up', { isFailing: true });

    const decision = world.round();

    expect(world.weights()).toEqual({ [EU]: 100, [US]: 100, [ASIA]: 100 });
    expect(decision.withheld.map(sentence)).toEqual([
      'withheld: all 3 endpoints look down (timeout; 2 of them have only begun to fail), a common cause is likelier than the loss of everything; DNS unchanged for us-east-1',
    ]);
  });

  it('removes the one that is down as soon as another passes again', () => {
    const world = openWorld({ service: service() });
    world.see(US, 'down');
    world.see(EU, 'up', { isFailing: true });
    world.see(ASIA, 'up');

    world.round();

    expect(world.weights()).toEqual({ [EU]: 100, [US]: 0, [ASIA]: 100 });
  });

  it('takes fewer than a quorum of failing vantages for no sign of a common cause', () => {
    const world = openWorld({ service: service() });
    world.see(US, 'down');
    for (const id of [EU, ASIA]) {
      world.see(id, 'up', { isFailing: true, by: service().vantages.slice(0, 2) });
    }

    world.round();

    expect(world.weights()).toEqual({ [EU]: 100, [US]: 0, [ASIA]: 100 });
  });

  it('F122: an unproven endpoint that looks down counts towards everything looking down', () => {
    const world = openWorld({
      service: service({ floorPercent: 0 }),
      entries: { [EU]: { provenAs: null } },
    });
    for (const id of [US, EU, ASIA]) world.see(id, 'down', { code: 'status' });

    expect(codesOf(world.decide())).toEqual({
      [EU]: 'unproven',
      [US]: 'quorum-down/all-down',
      [ASIA]: 'quorum-down/all-down',
    });
  });

  it('leaves a pending endpoint out of the count of those that look down', () => {
    const world = openWorld({ service: service({ floorPercent: 0 }) });
    world.state.service = {
      ...world.state.service,
      endpoints: [...world.state.service.endpoints, sampleEndpoint('new')],
    };
    for (const id of [US, EU, ASIA]) world.see(id, 'down');

    expect(codesOf(world.decide())[US]).toBe('quorum-down/all-down');
  });

  it('lets the last endpoint go neither: the only one of a service stays in DNS', () => {
    const world = openWorld({ service: weighted({ a: 100 }) });
    world.see('a', 'down');

    expect(codesOf(world.round()).a).toBe('quorum-down/all-down');
    expect(world.weights()).toEqual({ a: 100 });
  });
});
