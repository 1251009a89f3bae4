/** Orders that end together, or one over the other. */
import { describe, expect, it } from 'vitest';
import { epochMs, type Weight } from '../../shared/core/model.ts';
import { HOUR, NOW, onEndpoint, openWorld, orderOf } from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService } from '../fakes/sample-service.ts';

const service = sampleService({ endpoints: ['a', 'b'].map((id) => sampleEndpoint(id)) });
const scope = onEndpoint(service, 'a');
const pin = (id: string, untilAt: number) =>
  orderOf(id, {
    kind: 'pin',
    scope: { kind: 'service' },
    weight: 100 as Weight,
    untilAt: epochMs(untilAt),
  });
const drain = (untilAt: number) =>
  orderOf('drain', { kind: 'drain', scope, untilAt: epochMs(untilAt) });
const drained = { a: { phase: { kind: 'in' as const } } };

describe('S11: an ended order never acts', () => {
  it('an order that ends gives nothing back to an older one that is over itself', () => {
    const world = openWorld({
      service,
      weights: { a: 0 },
      entries: drained,
      orders: [pin('pin', NOW - 1), drain(NOW - 1)],
    });
    world.see('a', 'down');

    world.operate({ kind: 'cancel', order: drain(0).id });
    expect(world.weights()).toEqual({ a: 0, b: 100 });

    world.orderRound();
    expect(world.orderRound().commit).toBeNull();
    expect(world.weights()).toEqual({ a: 0, b: 100 });
    expect(world.fence().orders).toEqual([]);
    expect(world.entry('a').phase).toEqual({ kind: 'out' });
  });

  it('one that still runs holds again', () => {
    const world = openWorld({
      service,
      weights: { a: 0 },
      entries: drained,
      orders: [pin('pin', NOW + HOUR), drain(NOW)],
    });

    world.orderRound();

    expect(world.weights()).toEqual({ a: 100, b: 100 });
  });
});
