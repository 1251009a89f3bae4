/** What an operator may do, as a commit: refusals with their arithmetic, blind work, one batch each. */
import { describe, expect, it } from 'vitest';
import type { FenceOrder } from '../../shared/core/fence.ts';
import {
  digest,
  endpointId,
  epochMs,
  orderId,
  type Service,
  type Weight,
} from '../../shared/core/model.ts';
import { type Operated, operationText } from '../../shared/core/operated.ts';
import { type Operation, ORDER_MS_MAX } from '../../shared/core/operation.ts';
import {
  HOUR,
  MINUTE,
  NOW,
  onEndpoint,
  onRegion,
  openWorld,
  orderOf,
  PACKAGED_AT,
  type World,
} from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService, VANTAGES } from '../fakes/sample-service.ts';

const service = sampleService({ endpoints: ['a', 'b', 'c'].map((id) => sampleEndpoint(id)) });
const drain = (id: string, changes: Partial<FenceOrder> = {}): FenceOrder =>
  orderOf(`drain-${id}`, { kind: 'drain', scope: onEndpoint(service, id), ...changes });
const text = (operated: Operated): string => `${operated.kind}: ${operationText(operated)}`;
const silence = (world: World): void => {
  for (const vantage of VANTAGES) world.state.reports.set(vantage, null);
};
const order = (one: FenceOrder): Operation => ({ kind: 'order', order: one });

describe('operations', () => {
  it.each([
    ['whose end is past', { fromAt: epochMs(NOW - HOUR), untilAt: NOW }, 'its end is in the past'],
    [
      'that would end before it begins',
      { fromAt: epochMs(NOW + HOUR), untilAt: epochMs(NOW + HOUR) },
      'it would end before it begins',
    ],
    [
      'that lasts longer than 72 h',
      { untilAt: epochMs(NOW + ORDER_MS_MAX + 1) },
      'an order lasts 72 h at most; it can be extended later',
    ],
  ])('refuses an order %s', (_, changes, why) => {
    const world = openWorld({ service });

    expect(text(world.operate(order(drain('a', changes))))).toBe(`refused: ${why}`);
  });

  it('refuses an order whose end the fence could not hold', () => {
    const untilAt = epochMs(Date.UTC(2060, 0, 1));
    const world = openWorld({ service });

    expect(
      text(world.operate(order(drain('a', { fromAt: epochMs(untilAt - HOUR), untilAt })))),
    ).toBe('refused: it would end after 2059, which is beyond the fence');
  });

  it('gives an order of exactly 72 h', () => {
    const world = openWorld({ service });

    expect(world.operate(order(drain('a', { untilAt: epochMs(NOW + ORDER_MS_MAX) }))).kind).toBe(
      'planned',
    );
  });

  it('F93: the same order again has nothing to do, and keeps its first end', () => {
    const world = openWorld({ service });
    world.operate(order(drain('a')));
    const again = drain('a', { untilAt: epochMs(NOW + 2 * HOUR) });

    const operated = world.operate(order(again));

    expect(operated.kind).toBe('nothing-to-do');
    expect(operationText(operated)).toMatch(/^order drain-a0 is given already, until \S+ \S+Z$/);
  });

  it('F93: another order under a key that gave one already is refused', () => {
    const world = openWorld({ service });
    world.operate(order(drain('a')));

    expect(text(world.operate(order(drain('b', { id: orderId('draiXXXX') }))))).toBe(
      'refused: this Idempotency-Key gave order drain-a0, which asks for something else; use a new key for a new order',
    );
  });

  it('keeps the words of who asked beside an order and an extension, for the checksum', () => {
    const world = openWorld({ service });
    const given = world.operate({ kind: 'order', order: drain('a'), asked: 'for 1h' });
    const untilAt = epochMs(NOW + 2 * HOUR);
    const extended = world.operate({
      kind: 'extend',
      order: orderId('drain-a0'),
      untilAt,
      asked: 'for 2h',
    });

    expect(given).toMatchObject({ commit: { asked: { order: 'drain-a0', text: 'for 1h' } } });
    expect(extended).toMatchObject({ commit: { asked: { order: 'drain-a0', text: 'for 2h' } } });
  });

  it('refuses orders on an observed service, and adopts it all the same', () => {
    const world = openWorld({ service: { ...service, mode: 'observe' } });
    const why = 'refused: app is observed, not enforced: there is nothing for an order to hold';

    expect(text(world.operate(order(drain('a'))))).toBe(why);
    expect(text(world.operate({ kind: 'cancel', order: orderId('drain-a0') }))).toBe(why);
    expect(text(world.operate({ kind: 'extend', order: orderId('drain-a0'), untilAt: NOW }))).toBe(
      why,
    );
    expect(world.operate({ kind: 'adopt' }).kind).toBe('planned');
  });

  it('cancels an order: what it covered goes back to automation and ramps: order-cancelled', () => {
    const world = openWorld({ service });
    world.operate(order(drain('a')));
    silence(world);
    const { asofAt } = world.fence();

    expect(text(world.operate({ kind: 'cancel', order: orderId('drain-a0') }))).toBe(
      'planned: order drain-a0 is cancelled; what it covered returns by its health',
    );
    expect(world.fence()).toMatchObject({ orders: [], asofAt });
    expect(world.weights().a).toBe(0);
    world.state.reports.clear();
    world.pass(MINUTE);
    world.round();
    expect(world.weights().a).toBe(10);
  });

  it('cancelling an order that has not begun changes no endpoint', () => {
    const world = openWorld({ service, weights: { a: 100 } });
    const entry = world.entry('a');
    world.operate(order(drain('a', { fromAt: epochMs(NOW + MINUTE) })));
    world.operate({ kind: 'cancel', order: orderId('drain-a0') });

    expect(world.entry('a')).toEqual(entry);
  });

  it('cancelling twice is nothing to do', () => {
    const world = openWorld({ service });

    expect(text(world.operate({ kind: 'cancel', order: orderId('drain-a0') }))).toBe(
      'nothing-to-do: order drain-a0 is not in force',
    );
  });

  it('extends an order, and only one that is in force: order-extended', () => {
    const world = openWorld({ service, orders: [drain('a'), drain('b')] });
    const untilAt = epochMs(NOW + 3 * HOUR);
    const extend = (id: string, until = untilAt) =>
      text(world.operate({ kind: 'extend', order: orderId(id), untilAt: until }));

    expect(extend('drain-a0')).toBe('planned: order drain-a0 is extended until 2026-11-20 15:00Z');
    expect(world.fence().orders.map((one) => one.untilAt)).toEqual([untilAt, NOW + HOUR]);
    expect(extend('drain-x0')).toBe('nothing-to-do: order drain-x0 is not in force');
    expect(extend('drain-a0', NOW)).toBe('refused: its end is in the past');
    expect(extend('drain-a0', epochMs(NOW + ORDER_MS_MAX + 1))).toBe(
      'refused: an order lasts 72 h at most; it can be extended later',
    );
  });

  it('extends no order for later to an end before its start', () => {
    const fromAt = epochMs(NOW + 2 * HOUR);
    const later = { fromAt, untilAt: epochMs(NOW + 3 * HOUR), started: false };
    const world = openWorld({ service, orders: [drain('a', later)] });

    expect(
      text(
        world.operate({ kind: 'extend', order: orderId('drain-a0'), untilAt: epochMs(NOW + HOUR) }),
      ),
    ).toBe('refused: it would end before it begins');
  });

  it('approves what waits, and nothing else', () => {
    const world = openWorld({
      service,
      weights: { a: 0 },
      entries: { a: { phase: { kind: 'out' }, waits: true } },
    });
    const approve = (id: string) =>
      text(world.operate({ kind: 'approve', endpoint: endpointId(id) }));

    expect(approve('a')).toBe('planned: approved: a may return');
    expect(world.entry('a').approved).toBe(true);
    expect(world.entry('b').approved).toBe(false);
    expect(approve('b')).toBe('nothing-to-do: b is not waiting to return');
    expect(approve('x')).toBe('refused: app manages no endpoint x; it has a, b, c');
    world.state.service = { ...service, endpoints: [...service.endpoints, sampleEndpoint('new')] };
    expect(approve('new')).toBe('refused: app manages no endpoint new; it has a, b, c, new');
  });

  it('F73: reasserts what the last commit left, and only that', () => {
    const world = openWorld({ service });
    world.edit('a', 20);
    world.edit('b', 255);
    silence(world);

    const operated = world.operate({ kind: 'reassert' });

    expect(operationText(operated)).toBe(
      'reasserted: a back to weight 100, as the last commit left it; reasserted: b back to weight 100, as the last commit left it',
    );
    expect(world.weights()).toEqual({ a: 100, b: 100, c: 100 });
    expect(text(world.operate({ kind: 'reassert' }))).toBe(
      'nothing-to-do: every weight is as the last commit left it',
    );
  });

  it('F73: reasserts beside an orphan', () => {
    const world = openWorld({ service });
    world.state.service = { ...service, endpoints: service.endpoints.slice(0, 2) };
    world.edit('a', 20);

    world.operate({ kind: 'reassert' });

    expect(world.weights()).toEqual({ a: 100, b: 100, c: 100 });
  });

  it('S4: refuses to reassert what would leave all zero', () => {
    const world = openWorld({ service, weights: { a: 0, b: 0, c: 0 } });
    world.edit('a', 20);

    expect(text(world.operate({ kind: 'reassert' }))).toBe(
      'refused: every weight of app.example.com A would be 0; pin an endpoint first, or give one of its records weight in Route 53',
    );
  });

  it('S4: asserts nothing in a zone that a person left all zero', () => {
    const world = openWorld({
      service,
      weights: { b: 0, c: 0 },
      entries: { b: { phase: { kind: 'out' } } },
    });
    world.edit('a', 0);

    expect(text(world.operate({ kind: 'approve', endpoint: endpointId('b') }))).toBe(
      'refused: every weight of app.example.com A would be 0; pin an endpoint first, or give one of its records weight in Route 53',
    );
  });

  it('F120: refuses under an older configuration', () => {
    const world = openWorld({
      service,
      fence: { config: digest('newer'), packagedAt: epochMs(PACKAGED_AT + 1) },
    });

    expect(text(world.operate({ kind: 'reassert' }))).toBe(
      'refused: a newer configuration of app is in force; deploy this region first',
    );
  });

  it('F74: refuses without a fence, and names the command', () => {
    const world = openWorld({ service });
    world.state.fenceValues = null;

    expect(text(world.operate({ kind: 'reassert' }))).toBe(
      'refused: _quorate.app.example.com is unmanaged; run `quorate adopt app` first',
    );
    expect(text(world.operate({ kind: 'apply' }))).toBe(
      'refused: _quorate.app.example.com is unmanaged; run `quorate adopt app` first',
    );
    world.state.fenceValues = ['"junk"'];
    expect(text(world.operate(order(drain('a'))))).toMatch(/is malformed; run `quorate adopt app`/);
  });

  it('F76: refuses where records are missing, and names the command', () => {
    const world = openWorld({ service });
    world.state.records.shift();

    expect(text(world.operate(order(drain('b'))))).toBe(
      'refused: app.example.com A of a is missing; run `quorate apply app` to make it',
    );
  });

  it('F100: refuses an order that would leave no room for an entry of every endpoint, with the arithmetic', () => {
    const many: Service = {
      ...service,
      endpoints: Array.from({ length: 50 }, (_, i) => sampleEndpoint(`e${i}`)),
      policy: { ...service.policy, floorPercent: 0 },
    };
    const world = openWorld({ service: many });
    const give = (i: number) =>
      world.operate(order(orderOf(`o${i}`, { kind: 'drain', scope: onEndpoint(many, `e${i}`) })));
    const outcomes = Array.from({ length: 8 }, (_, i) => text(give(i)));

    expect(outcomes.filter((one) => one.startsWith('planned'))).toHaveLength(3);
    expect(outcomes[3]).toBe(
      'refused: _quorate.app.example.com would need up to 4018 characters, Route 53 allows 4000; cancel an order first or give one for the whole region',
    );
  });

  it('F100: a region-wide order is one entry, however many endpoints it covers', () => {
    const world = openWorld({ service });

    world.operate(order(orderOf('region', { kind: 'drain', scope: onRegion('a') })));

    expect(world.fence().orders).toHaveLength(1);
  });

  it('S3: every operation copies asof unchanged', () => {
    const operations: Operation[] = [
      order(drain('a')),
      { kind: 'extend', order: orderId('drain-a0'), untilAt: epochMs(NOW + 2 * HOUR) },
      { kind: 'cancel', order: orderId('drain-a0') },
      { kind: 'approve', endpoint: endpointId('a') },
      { kind: 'adopt' },
    ];
    const world = openWorld({ service });
    const { asofAt } = world.fence();
    silence(world);

    for (const operation of operations) {
      expect(world.operate(operation)).toMatchObject({
        kind: 'planned',
        commit: { by: 'operator', fence: { asofAt } },
      });
    }
  });

  it('pins an endpoint of any weight from 0 to 255', () => {
    const world = openWorld({ service });

    world.operate(
      order(
        orderOf('pin', { kind: 'pin', scope: onEndpoint(service, 'a'), weight: 255 as Weight }),
      ),
    );

    expect(world.weights().a).toBe(255);
  });
});
