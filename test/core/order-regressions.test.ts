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

describe('R10: an operator whose clock is wrong', () => {
  it('gives no order, whose start would lie in the future or the past', () => {
    const world = openWorld({ service });
    const order = drain(NOW + HOUR);
    world.state.serverOffsetMs = 6_001;

    expect(world.operate({ kind: 'order', order })).toEqual({
      kind: 'refused',
      why: "this clock is 6001 ms off Route 53's; set it, or give the command in another region",
    });

    world.state.serverOffsetMs = -6_000;
    expect(world.operate({ kind: 'order', order }).kind).toBe('planned');
  });

  it('does not adopt: a fence from the future would block the service until then', () => {
    const world = openWorld({ service });
    world.state.fenceValues = null;
    world.state.serverOffsetMs = -600_000;

    expect(world.operate({ kind: 'adopt' }).kind).toBe('refused');
  });

  it('is not held up where Route 53 tells no time', () => {
    const world = openWorld({ service });
    world.state.serverOffsetMs = null;

    expect(world.operate({ kind: 'order', order: drain(NOW + HOUR) }).kind).toBe('planned');
  });
});
