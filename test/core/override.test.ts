/** An operator's scope → services; ids by which a replay is told from a new order. */
import { describe, expect, it } from 'vitest';
import { QuorateError } from '../../shared/core/errors.ts';
import { epochMs, orderId, regionId, serviceId } from '../../shared/core/model.ts';
import { isKeyReused, orderIdOf } from '../../shared/core/order-wish.ts';
import {
  approvalOf,
  changesEverywhere,
  changesOf,
  extensionOf,
  type OrderAsked,
  type ScopeAsked,
} from '../../shared/core/override.ts';
import { AIDS } from '../fakes/quorum-world.ts';
import { sampleConfig, sampleEndpoint, sampleService } from '../fakes/sample-service.ts';

const NOW = 1_795_000_000_000;
const app = sampleService();
const pay = sampleService({
  id: serviceId('pay'),
  endpoints: [sampleEndpoint('eu-west-1'), sampleEndpoint('eu-central-1')],
});
const seen = sampleService({ id: serviceId('seen'), mode: 'observe' });
const config = sampleConfig({ services: [app, pay, seen] });

describe('the scope of an order', () => {
  it.each<[string, ScopeAsked, readonly string[], object]>([
    ['a service', { service: 'app' }, ['app'], { kind: 'service' }],
    ['an endpoint', { service: 'app', endpoint: 'us-east-1' }, ['app'], { kind: 'endpoint' }],
    ['a region of a service', { service: 'app', region: 'us-east-1' }, ['app'], { kind: 'region' }],
    ['a region', { region: 'eu-central-1' }, ['pay'], { kind: 'region' }],
    ['everything', { all: true }, ['app', 'pay', 'seen'], { kind: 'service' }],
  ])('that names %s means just its services', (_, scope, services, narrowed) => {
    const changes = changesOf(config, asked({ scope }), AIDS.digestOf);

    expect(changes.map(({ service }) => service.id)).toEqual(services);
    expect(changes[0]).toMatchObject({ operation: { order: { scope: narrowed } } });
    expect(changes[0]!.isWide).toBe(services.length > 1 || scope.service === undefined);
  });

  it('of a freeze holds whole services, also where a region says which', () => {
    const freeze = asked({ kind: 'freeze', scope: { region: 'us-east-1' } });
    const one = asked({ kind: 'freeze', scope: { service: 'app', region: 'us-east-1' } });

    for (const change of [
      ...changesOf(config, freeze, AIDS.digestOf),
      ...changesOf(config, one, AIDS.digestOf),
    ]) {
      expect(change).toMatchObject({ operation: { order: { scope: { kind: 'service' } } } });
    }
  });

  it.each<[string, Partial<OrderAsked>, string, string]>([
    ['nothing', { scope: {} }, 'BAD_REQUEST', 'a scope names a service, a region, or all'],
    [
      'all beside a service',
      { scope: { all: true, service: 'app' } },
      'BAD_REQUEST',
      'all stands alone in a scope: name a service, or a region, or all',
    ],
    [
      'all beside a region',
      { scope: { all: true, region: 'us-east-1' } },
      'BAD_REQUEST',
      'all stands alone in a scope: name a service, or a region, or all',
    ],
    [
      'all beside an endpoint',
      { scope: { all: true, endpoint: 'us-east-1' } },
      'BAD_REQUEST',
      'all stands alone in a scope: name a service, or a region, or all',
    ],
    [
      'an endpoint and a region',
      { scope: { service: 'app', endpoint: 'us-east-1', region: 'us-east-1' } },
      'BAD_REQUEST',
      'a scope names an endpoint or a region, not both',
    ],
    [
      'an endpoint of no service',
      { scope: { endpoint: 'us-east-1' } },
      'BAD_REQUEST',
      'an endpoint belongs to a service: name it beside us-east-1 (app, pay, seen)',
    ],
    [
      'an unknown service',
      { scope: { service: 'ap' } },
      'NOT_FOUND',
      'there is no service ap; there is app, pay, seen',
    ],
    [
      'an unknown endpoint',
      { scope: { service: 'pay', endpoint: 'us-east-1' } },
      'NOT_FOUND',
      'pay has no endpoint us-east-1; it has eu-west-1, eu-central-1',
    ],
    [
      'an unknown region',
      { scope: { service: 'pay', region: 'us-east-1' } },
      'NOT_FOUND',
      'no endpoint is in region us-east-1; there are some in eu-west-1, eu-central-1',
    ],
    [
      'an endpoint of a freeze',
      { kind: 'freeze', scope: { service: 'app', endpoint: 'us-east-1' } },
      'BAD_REQUEST',
      'a freeze holds a whole service: leave the endpoint out',
    ],
    ['no weight for a pin', { kind: 'pin' }, 'BAD_REQUEST', 'a pin needs a weight from 0 to 255'],
    ['a weight for a drain', { weight: 5 }, 'BAD_REQUEST', 'a drain has no weight; pin sets one'],
  ])('that names %s is refused with what there is', (_, change, code, message) => {
    const error = thrown(() => changesOf(config, asked(change), AIDS.digestOf));

    expect({ code: error.code, message: error.message }).toEqual({ code, message });
  });
});

describe('the id of an order', () => {
  it('is the same for the same request again, whenever it comes and for all its services', () => {
    const first = changesOf(config, asked({ scope: { all: true } }), AIDS.digestOf);
    const later = changesOf(
      config,
      asked({ scope: { all: true }, fromAt: epochMs(NOW + 9), untilAt: epochMs(NOW + 99) }),
      AIDS.digestOf,
    );

    const ids = [...first, ...later].map(({ operation }) =>
      operation.kind === 'order' ? operation.order.id : '',
    );
    expect(new Set(ids).size).toBe(1);
  });

  it('tells another request under the same key from the same one, and other keys from it', () => {
    const given = { actor: 'alice', key: 'k1', asked: 'drain' };
    const id = orderIdOf(given, AIDS.digestOf);

    expect(id).toHaveLength(8);
    expect(orderIdOf(given, AIDS.digestOf)).toBe(id);
    expect(isKeyReused(id, orderIdOf({ ...given, asked: 'pin' }, AIDS.digestOf))).toBe(true);
    expect(isKeyReused(id, id)).toBe(false);
    expect(isKeyReused(id, orderIdOf({ ...given, key: 'k2' }, AIDS.digestOf))).toBe(false);
    expect(isKeyReused(id, orderIdOf({ ...given, actor: 'bob' }, AIDS.digestOf))).toBe(false);
  });
});

describe('what is asked of orders that are there', () => {
  it('is asked of every enforced service, since an id says not where', () => {
    const cancel = { kind: 'cancel', order: orderId('o1') } as const;

    expect(changesEverywhere(config, cancel)).toEqual([
      { service: app, operation: cancel, isWide: true },
      { service: pay, operation: cancel, isWide: true },
    ]);
  });

  it('is an extension in the words it came in, or an approval of an endpoint that there is', () => {
    expect(extensionOf(orderId('o1'), epochMs(NOW), 'for 2h')).toEqual({
      kind: 'extend',
      order: 'o1',
      untilAt: NOW,
      asked: 'for 2h',
    });
    expect(approvalOf(config, 'app', 'us-east-1')).toEqual({
      service: app,
      operation: { kind: 'approve', endpoint: 'us-east-1' },
      isWide: false,
    });
    expect(thrown(() => approvalOf(config, 'app', 'x')).code).toBe('NOT_FOUND');
    expect(regionId('us-east-1')).toBe('us-east-1');
  });
});

const asked = (change: Partial<OrderAsked> = {}): OrderAsked => ({
  kind: 'drain',
  scope: { service: 'app', endpoint: 'us-east-1' },
  weight: null,
  fromAt: epochMs(NOW),
  untilAt: epochMs(NOW + 3_600_000),
  afterwards: 'auto',
  force: [],
  actor: 'alice',
  reason: 'bad deploy 4711',
  key: 'k1',
  timesAsked: 'for 1h',
  ...change,
});

function thrown(run: () => unknown): QuorateError {
  try {
    run();
  } catch (error) {
    if (error instanceof QuorateError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}
