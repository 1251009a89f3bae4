/** A fence that the next reader refuses holds its service for good: nothing may ever write one. */
import { describe, expect, it } from 'vitest';
import { fenceFits, fenceValue, newEntry, parseFence } from '../../shared/core/fence.ts';
import { epochMs, type Weight } from '../../shared/core/model.ts';
import {
  DEPLOYMENT,
  HOUR,
  MINUTE,
  NOW,
  onEndpoint,
  onService,
  openWorld,
  orderOf,
} from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService } from '../fakes/sample-service.ts';

const service = sampleService({ endpoints: ['a', 'b', 'c'].map((id) => sampleEndpoint(id)) });

describe('what a commit leaves can be read', () => {
  it('F10: after a hundred relapses the fence is still readable', () => {
    const world = openWorld({
      service,
      entries: { a: { relapses: 99, fullAt: epochMs(NOW - MINUTE) } },
    });
    world.see('a', 'down');

    world.round();

    expect(world.weights()).toEqual({ a: 0, b: 100, c: 100 });
    expect(world.snapshot().fence.kind).toBe('managed');
    expect(world.entry('a').relapses).toBe(99);
  });

  it('an order that would begin after the fence’s calendar ends is refused', () => {
    const world = openWorld({ service });
    const fromAt = epochMs(Date.UTC(2160, 0, 1));
    const order = orderOf('late', {
      kind: 'drain',
      scope: onEndpoint(service, 'a'),
      fromAt,
      untilAt: epochMs(fromAt + HOUR),
      started: false,
    });

    expect(world.operate({ kind: 'order', order })).toMatchObject({ kind: 'refused' });
    expect(world.snapshot().fence.kind).toBe('managed');
  });

  it('a time that is no whole millisecond never gets into the fence', () => {
    const world = openWorld({ service });
    const order = orderOf('half', {
      kind: 'drain',
      scope: onEndpoint(service, 'a'),
      untilAt: epochMs(NOW + HOUR + 0.5),
    });

    expect(() => world.operate({ kind: 'order', order })).toThrow('can be read back');
    expect(world.snapshot().fence.kind).toBe('managed');
  });
});

describe('room in the fence', () => {
  it('F100: counts what a waiting order takes once it begins, and the time of a rescue', () => {
    const world = openWorld({ service });
    const waiting = orderOf('waiting', { kind: 'pin', scope: onService, weight: 1 as Weight });
    const before = {
      ...world.fence(),
      entries: [newEntry('aaaaaa', 255 as Weight, { kind: 'in' })],
      orders: [{ ...waiting, started: false }],
    };
    const after = { ...before, rescuedAt: NOW, orders: [waiting] };

    expect(fenceFits(before).characters).toBe(fenceFits(after).characters);
    expect(parseFence([fenceValue(after)], DEPLOYMENT, NOW).kind).toBe('managed');
  });
});
