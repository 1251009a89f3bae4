/** A wish → the order in the fence: marks instead of names, and a weight only where one belongs. */
import { describe, expect, it } from 'vitest';
import { endpointId, epochMs, orderId, regionId } from '../../shared/core/model.ts';
import {
  isKeyReused,
  keyReusedText,
  type OrderWish,
  orderIdOf,
  orderOf,
} from '../../shared/core/order-wish.ts';
import { regionMark } from '../../shared/core/rule-order.ts';
import { markOf } from '../../shared/core/snapshot.ts';
import { AIDS } from '../fakes/quorum-world.ts';
import { sampleService } from '../fakes/sample-service.ts';

const service = sampleService();
const [first] = service.endpoints;
const wish: OrderWish = {
  kind: 'drain',
  scope: { kind: 'endpoint', endpoint: first!.id },
  weight: null,
  fromAt: epochMs(1),
  untilAt: epochMs(2),
  afterwards: 'approve',
  force: ['floor'],
  actor: 'alice',
  reason: 'bad deploy 4711',
};

describe('the order of a wish', () => {
  it('is not begun, has weight 0 for a drain, and names its endpoint by its mark', () => {
    expect(orderOf(wish, service, AIDS, orderId('o1'))).toEqual({
      id: 'o1',
      kind: 'drain',
      scope: { kind: 'endpoint', mark: markOf(first!, AIDS.digestOf) },
      weight: 0,
      fromAt: 1,
      untilAt: 2,
      afterwards: 'approve',
      force: ['floor'],
      started: false,
    });
  });

  it('has an id of its own where none is given: the same wish is the same order', () => {
    const { id } = orderOf(wish, service, AIDS);

    expect(id).toHaveLength(8);
    expect(orderOf({ ...wish }, service, AIDS).id).toBe(id);
    expect(orderOf({ ...wish, actor: 'bob' }, service, AIDS).id).not.toBe(id);
  });

  it('never begins with a dash, which a shell’s command would take for an option', () => {
    const digestOf = (): ReturnType<typeof AIDS.digestOf> => '-abcdefg' as never;

    expect(orderOf(wish, service, { digestOf }).id).toBe('xabcdefg');
    expect(orderIdOf({ actor: 'a', key: 'k', asked: '' }, digestOf)).toBe('xabc-abc');
  });

  it('has no weight for a freeze, and the one that was asked for a pin', () => {
    const whole = { ...wish, scope: { kind: 'service' } } as const;
    const region = { kind: 'region', region: regionId('us-east-1') } as const;

    expect(orderOf({ ...whole, kind: 'freeze' }, service, AIDS).weight).toBeNull();
    expect(orderOf({ ...whole, kind: 'pin', weight: 255 }, service, AIDS).weight).toBe(255);
    expect(orderOf({ ...whole, scope: region }, service, AIDS).scope).toEqual({
      kind: 'region',
      mark: regionMark(regionId('us-east-1'), AIDS.digestOf),
    });
  });

  it.each([
    [null, 'a pin needs a weight from 0 to 255'],
    [-1, 'a pin needs a weight from 0 to 255, not -1'],
    [256, 'a pin needs a weight from 0 to 255, not 256'],
    [0.5, 'a pin needs a weight from 0 to 255, not 0.5'],
  ])('of a pin at %s is refused', (weight, message) => {
    expect(() => orderOf({ ...wish, kind: 'pin', weight }, service, AIDS)).toThrow(message);
  });

  it('of an endpoint that is not there is refused with those that are', () => {
    const scope = { kind: 'endpoint', endpoint: endpointId('x') } as const;

    expect(() => orderOf({ ...wish, scope }, service, AIDS)).toThrow(
      `app has no endpoint x; it has ${service.endpoints.map(({ id }) => id).join(', ')}`,
    );
  });

  it('F93: under a key that gave another one is told which', () => {
    expect(isKeyReused(orderId('aaaabbbb'), orderId('aaaacccc'))).toBe(true);
    expect(keyReusedText(orderId('aaaabbbb'))).toContain('gave order aaaabbbb');
  });
});
