/** Rule 2 and the commits of orders: what an order holds, how it begins and ends, and what refuses it. */
import { describe, expect, it } from 'vitest';
import type { FenceOrder } from '../../shared/core/fence.ts';
import { epochMs, orderId, regionId, type Weight } from '../../shared/core/model.ts';
import { operationText } from '../../shared/core/operated.ts';
import { sentence } from '../../shared/core/reason.ts';
import {
  codesOf,
  HOUR,
  MINUTE,
  NOW,
  onEndpoint,
  onRegion,
  onService,
  openWorld,
  orderOf,
  SECOND,
  type World,
} from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService, VANTAGES } from '../fakes/sample-service.ts';

const service = sampleService({ endpoints: ['a', 'b', 'c'].map((id) => sampleEndpoint(id)) });
const two = sampleService({ endpoints: ['a', 'b'].map((id) => sampleEndpoint(id)) });
const drain = (id: string, changes: Partial<FenceOrder> = {}): FenceOrder =>
  orderOf(`drain-${id}`, { kind: 'drain', scope: onEndpoint(service, id), ...changes });
const pin = (id: string, weight: number, changes: Partial<FenceOrder> = {}): FenceOrder =>
  orderOf(`pin-${id}`, {
    kind: 'pin',
    scope: onEndpoint(service, id),
    weight: weight as Weight,
    ...changes,
  });
const freeze = (changes: Partial<FenceOrder> = {}): FenceOrder =>
  orderOf('freeze', { kind: 'freeze', scope: onService, ...changes });
const give = (world: World, order: FenceOrder) => world.operate({ kind: 'order', order });
const silence = (world: World): void => {
  for (const vantage of VANTAGES) world.state.reports.set(vantage, null);
};

describe('rule 2: an order in force', () => {
  it('a drained endpoint has weight 0 and still shows its real verdict: drained', () => {
    const world = openWorld({ service, weights: { a: 0 }, orders: [drain('a')] });

    const decision = world.decide();

    expect(decision.endpoints[0]).toMatchObject({
      to: 0,
      verdict: { value: 'up' },
      order: 'drain-a0',
      reason: { code: 'drained' },
    });
    expect(sentence(decision.endpoints[0]!.reason)).toBe(
      'drained: a until 2026-11-20 13:00Z by order drain-a0',
    );
    expect(decision.commit).toBeNull();
  });

  it('a pinned endpoint keeps its weight though it is down: pinned', () => {
    const world = openWorld({ service, weights: { a: 30 }, orders: [pin('a', 30)] });
    world.see('a', 'down');

    const decision = world.round();

    expect(world.weights().a).toBe(30);
    expect(sentence(decision.endpoints[0]!.reason)).toBe(
      'pinned: a at weight 30 until 2026-11-20 13:00Z by order pin-a000',
    );
  });

  it('a pin holds on the way back too', () => {
    const world = openWorld({
      service,
      weights: { a: 5 },
      entries: { a: { phase: { kind: 'out' }, outAt: epochMs(NOW - HOUR) } },
      orders: [pin('a', 5)],
    });

    expect(world.round().commit).toBeNull();
    expect(world.weights().a).toBe(5);
  });

  it('a frozen service is left as it is, and says so: service-frozen, frozen', () => {
    const world = openWorld({ service, orders: [freeze()] });
    world.see('a', 'down');

    const decision = world.round();

    expect(decision).toMatchObject({ automation: 'frozen', commit: null });
    expect(decision.reasons.map(sentence)).toEqual([
      'frozen: app stays as it is until 2026-11-20 13:00Z by order freeze00',
    ]);
    expect(sentence(decision.endpoints[0]!.reason)).toBe(
      'frozen: a stays as it is until 2026-11-20 13:00Z by order freeze00',
    );
    expect(decision.endpoints[0]?.verdict.value).toBe('down');
  });

  it('of two freezes the one that ends last is named', () => {
    const long = freeze({ id: orderId('longlong'), untilAt: epochMs(NOW + 2 * HOUR) });
    for (const orders of [
      [freeze(), long],
      [long, freeze()],
    ]) {
      expect(openWorld({ service, orders }).decide().reasons[0]).toMatchObject({
        order: 'longlong',
      });
    }
  });

  it('names the orders in force while a service is frozen or blind', () => {
    const world = openWorld({ service, weights: { a: 0 }, orders: [drain('a'), freeze()] });

    expect(codesOf(world.decide())).toEqual({ a: 'drained', b: 'frozen', c: 'frozen' });
    silence(world);
    expect(codesOf(world.decide()).a).toBe('drained');
  });

  it('an order that has not begun holds nothing', () => {
    const later = { fromAt: epochMs(NOW + HOUR), untilAt: epochMs(NOW + 2 * HOUR), started: false };
    const world = openWorld({ service, orders: [drain('a', later), freeze(later)] });
    world.see('a', 'down');

    expect(world.round().automation).toBe('on');
    expect(world.weights().a).toBe(0);
  });

  it('an ended order changes nothing until its end is committed: order-over', () => {
    const world = openWorld({
      service,
      weights: { a: 30 },
      orders: [pin('a', 30, { untilAt: epochMs(NOW - 1) })],
    });
    world.see('a', 'down');

    const decision = world.round();

    expect(world.weights().a).toBe(30);
    expect(sentence(decision.endpoints[0]!.reason)).toBe(
      'order over: pin-a000 on a ended 11:59:59Z; its end is being committed',
    );
    world.orderRound();
    world.round();
    expect(world.weights().a).toBe(0);
  });

  it('a freeze binds until the commit of its end, so a clock that runs ahead thaws nothing', () => {
    const world = openWorld({ service, orders: [freeze({ untilAt: NOW })] });
    world.see('a', 'down');

    expect(world.decide()).toMatchObject({ automation: 'frozen', commit: null });

    world.orderRound();
    world.round();

    expect(world.decide().automation).toBe('on');
    expect(world.weights().a).toBe(0);
  });

  it('an edited weight under an order stays drift', () => {
    const world = openWorld({ service, weights: { a: 30 }, orders: [pin('a', 30)] });
    world.edit('a', 40);

    expect(world.decide().endpoints[0]).toMatchObject({
      to: 40,
      order: 'pin-a000',
      reason: { code: 'drift' },
    });
  });

  it('a pending endpoint is not ordered about', () => {
    const world = openWorld({
      service,
      orders: [orderOf('all', { kind: 'pin', scope: onService })],
    });
    world.state.service = {
      ...service,
      endpoints: [...service.endpoints, sampleEndpoint('new')],
    };

    expect(world.decide().endpoints[3]).toMatchObject({ order: null, reason: { code: 'pending' } });
  });

  it('a region-wide order is one entry and holds every endpoint of the region', () => {
    const grouped = {
      ...service,
      endpoints: service.endpoints.map((one) =>
        one.id === 'c' ? one : { ...one, region: regionId('one') },
      ),
    };
    const world = openWorld({ service: grouped });

    give(world, orderOf('region', { kind: 'drain', scope: onRegion('one'), force: ['floor'] }));

    expect(world.weights()).toEqual({ a: 0, b: 0, c: 100 });
    expect(world.fence().orders).toHaveLength(1);
    expect(codesOf(world.decide())).toEqual({ a: 'drained', b: 'drained', c: 'healthy' });
  });
});

describe('giving an order', () => {
  it('drains at once, keeps asof and the phase, and tells who it was by its id: order-given', () => {
    const world = openWorld({ service });
    const { asofAt } = world.fence();

    const operated = give(world, drain('a'));

    expect(operated).toMatchObject({
      kind: 'planned',
      commit: { by: 'operator', order: 'drain-a0' },
    });
    expect(operationText(operated)).toBe('order drain-a0 is given until 2026-11-20 13:00Z');
    expect(world.weights()).toEqual({ a: 0, b: 100, c: 100 });
    expect(world.fence().asofAt).toBe(asofAt);
    expect(world.entry('a')).toMatchObject({
      phase: { kind: 'in' },
      changedAt: NOW,
      countedAt: null,
    });
  });

  it('F105: works while every report is silent', () => {
    const world = openWorld({ service });
    silence(world);

    give(world, drain('a'));

    expect(world.weights().a).toBe(0);
    expect(world.decide().automation).toBe('not-quorate');
  });

  it('F110: refuses what would leave no weight, even by force', () => {
    const world = openWorld({ service: two, weights: { a: 0 } });
    silence(world);

    expect(give(world, drain('b', { force: ['floor'] }))).toEqual({
      kind: 'refused',
      why: 'every weight of app.example.com A would be 0, and Route 53 would answer all of them alike; give another endpoint weight first',
    });
    expect(world.weights()).toEqual({ a: 0, b: 100 });
  });

  it('refuses to go below the floor with the arithmetic, and does it when forced', () => {
    const world = openWorld({ service });
    world.see('b', 'down');
    world.round();

    const refusal = give(world, drain('a'));

    expect(operationText(refusal)).toBe(
      'it leaves 100 of 300 (33 %) in service, floor is 50 %; repeat with --force floor to do it',
    );
    give(world, drain('a', { force: ['floor'] }));
    expect(world.weights()).toEqual({ a: 0, b: 0, c: 100 });
  });

  it('wakes the next tier in the same batch', () => {
    const tiered = sampleService({
      endpoints: [sampleEndpoint('a'), sampleEndpoint('standby', { tier: 2 })],
    });
    const world = openWorld({ service: tiered });

    give(world, drain('a'));

    expect(world.weights()).toEqual({ a: 0, standby: 100 });
  });

  it('counts on no endpoint that is not up when it empties a tier', () => {
    const tiered = sampleService({
      endpoints: [sampleEndpoint('a'), sampleEndpoint('standby', { tier: 2 })],
    });
    const world = openWorld({ service: tiered });
    world.see('standby', 'none');

    expect(give(world, drain('a')).kind).toBe('refused');
  });

  it('a pin that raises weight is not judged by the floor', () => {
    const world = openWorld({ service, weights: { a: 0, b: 0 } });
    silence(world);

    give(world, pin('a', 10));

    expect(world.weights()).toEqual({ a: 10, b: 0, c: 100 });
  });

  it('an order for what already is changes no weight and no change time', () => {
    const world = openWorld({ service });

    give(world, pin('a', 100));

    expect(world.weights().a).toBe(100);
    expect(world.entry('a').changedAt).toBeNull();
  });

  it('a newer order on the same endpoint replaces the older: two pins never add up', () => {
    const world = openWorld({ service });
    give(world, pin('a', 20));
    give(world, pin('a', 30, { id: orderId('pin2pin2') }));

    expect(world.weights().a).toBe(30);
    expect(world.fence().orders.map(({ id }) => id)).toEqual(['pin2pin2']);
  });

  it('a newer order on one endpoint of a drained region holds that endpoint', () => {
    const world = openWorld({ service });
    give(world, orderOf('region', { kind: 'drain', scope: onRegion('a') }));
    give(world, pin('a', 30));

    expect(world.weights().a).toBe(30);
    expect(codesOf(world.decide()).a).toBe('pinned');
  });

  it('when the newer of two orders ends the older one holds again, at its own weight', () => {
    const world = openWorld({ service });
    give(world, orderOf('region', { kind: 'drain', scope: onRegion('a') }));
    give(world, pin('a', 30, { untilAt: epochMs(NOW + 10 * MINUTE) }));
    world.pass(10 * MINUTE);

    world.orderRound();

    expect(world.weights().a).toBe(0);
    expect(codesOf(world.decide()).a).toBe('drained');
  });

  it('an older order takes nothing back where that would leave no weight', () => {
    const world = openWorld({ service: two });
    give(world, orderOf('region', { kind: 'drain', scope: onRegion('a') }));
    give(world, pin('a', 30, { untilAt: epochMs(NOW + 10 * MINUTE) }));
    world.edit('b', 0);
    world.pass(10 * MINUTE);

    world.orderRound();

    expect(world.weights()).toEqual({ a: 30, b: 0 });
  });

  it('an order of another kind or scope does not replace a freeze', () => {
    const world = openWorld({ service });
    give(world, freeze());
    give(world, orderOf('all', { kind: 'pin', scope: onService, weight: 100 as Weight }));

    expect(world.fence().orders).toHaveLength(2);
    give(world, freeze({ id: orderId('22freeze') }));
    expect(world.fence().orders.map(({ id }) => id)).toEqual(['all00000', '22freeze']);
  });

  it('a freeze moves no weight', () => {
    const world = openWorld({ service });
    world.see('a', 'down');

    give(world, freeze());

    expect(world.weights()).toEqual({ a: 100, b: 100, c: 100 });
  });

  it('an order for later is kept in the fence and moves nothing yet', () => {
    const world = openWorld({ service });

    give(world, drain('a', { fromAt: epochMs(NOW + MINUTE) }));

    expect(world.weights().a).toBe(100);
    expect(world.fence().orders[0]).toMatchObject({ started: false });
  });

  it('an order for later leaves the running one on the same endpoint in force until it begins', () => {
    const world = openWorld({ service });
    give(world, drain('a'));
    give(
      world,
      pin('a', 50, { fromAt: epochMs(NOW + 30 * MINUTE), untilAt: epochMs(NOW + 2 * HOUR) }),
    );

    expect(codesOf(world.decide()).a).toBe('drained');
    world.round();
    expect(world.weights().a).toBe(0);
    world.pass(30 * MINUTE);
    world.orderRound();
    expect(world.weights().a).toBe(50);
    expect(world.fence().orders.map(({ id }) => id)).toEqual(['pin-a000']);
  });

  it('a second order for later replaces the first that has not begun', () => {
    const later = { fromAt: epochMs(NOW + MINUTE) };
    const world = openWorld({ service });
    give(world, drain('a', later));
    give(world, drain('a', { ...later, id: orderId('2a-drain') }));

    expect(world.fence().orders.map(({ id }) => id)).toEqual(['2a-drain']);
  });

  it('a drain in the same batch moves IPv6 and IPv4', () => {
    const dual = sampleService({
      types: ['A', 'AAAA'],
      endpoints: ['a', 'b'].map((id, i) =>
        sampleEndpoint(id, {
          targets: {
            A: { kind: 'value', value: `203.0.113.${i + 1}` },
            AAAA: { kind: 'value', value: `2001:db8::${i + 1}` },
          },
        }),
      ),
    });
    const world = openWorld({ service: dual });

    give(world, drain('a'));

    expect(world.state.records.filter((one) => one.weight === 0)).toHaveLength(2);
  });

  it('F110: refuses a drain that would empty one record type only', () => {
    const mixed = sampleService({
      types: ['A', 'AAAA'],
      endpoints: [
        sampleEndpoint('a', {
          targets: {
            A: { kind: 'value', value: '203.0.113.1' },
            AAAA: { kind: 'value', value: '2001:db8::1' },
          },
        }),
        sampleEndpoint('b'),
      ],
    });

    expect(operationText(give(openWorld({ service: mixed }), drain('a')))).toMatch(
      /^every weight of app\.example\.com AAAA would be 0/,
    );
  });
});

describe('the commits of an order', () => {
  const later = { fromAt: epochMs(NOW + MINUTE), started: false };

  it('begins at its time, by a commit of its own that copies asof: order-started', () => {
    const world = openWorld({ service, orders: [drain('a', later)] });
    const { asofAt } = world.fence();
    expect(world.orderRound().commit).toBeNull();
    world.pass(MINUTE);

    const step = world.orderRound();

    expect(step.commit).toMatchObject({ by: 'order', order: 'drain-a0' });
    expect(step.reasons.map(sentence)).toEqual(['order drain-a0 begins']);
    expect(world.weights().a).toBe(0);
    expect(world.fence().orders[0]?.started).toBe(true);
    expect(world.fence().asofAt).toBe(asofAt);
    expect(world.orderRound().commit).toBeNull();
  });

  it('F105: begins and ends while every report is silent', () => {
    const world = openWorld({ service, orders: [drain('a', later)] });
    silence(world);
    world.pass(MINUTE);

    expect(world.orderRound().commit).not.toBeNull();
    expect(world.weights().a).toBe(0);
    world.pass(HOUR);
    expect(world.orderRound().reasons.map(sentence)).toEqual([
      'order drain-a0 has ended; what it covered returns by its health',
    ]);
    expect(world.fence().orders).toEqual([]);
    expect(world.weights().a).toBe(0);
  });

  it('R10: an end or a start waits while the clock and Route 53 disagree: clock-in-doubt', () => {
    for (const fromAt of [NOW, epochMs(NOW - 2 * HOUR)]) {
      const order = drain('a', { fromAt, untilAt: epochMs(fromAt + HOUR), started: fromAt < NOW });
      const world = openWorld({ service, orders: [order] });
      world.state.serverOffsetMs = -7 * SECOND;

      const step = world.orderRound();

      expect(step.commit).toBeNull();
      expect(step.reasons.map(sentence)).toEqual([
        "waiting: this region's clock is 7000 ms off Route 53's, so no order of app begins or ends here",
      ]);
      world.state.serverOffsetMs = null;
      expect(world.orderRound().reasons.map(sentence)).toEqual([
        'waiting: Route 53 told no time for app, so no order begins or ends here',
      ]);
      world.state.serverOffsetMs = 6_001;
      expect(world.orderRound().commit).toBeNull();
      world.state.serverOffsetMs = 6_000;
      expect(world.orderRound().commit).not.toBeNull();
    }
  });

  it('asks no clock when nothing is due', () => {
    const world = openWorld({ service, orders: [drain('a')] });
    world.state.serverOffsetMs = null;

    expect(world.orderRound()).toEqual({ commit: null, lines: [], reasons: [] });
  });

  it('a start that would go below the floor is withheld, with the arithmetic: order-withheld', () => {
    const world = openWorld({ service, orders: [drain('a', later)] });
    world.see('b', 'down');
    world.round();
    world.pass(MINUTE);

    const step = world.orderRound();

    expect(step.commit).toBeNull();
    expect(step.reasons.map(sentence)).toEqual([
      'withheld: order drain-a0 does not begin: it leaves 100 of 300 (33 %) in service, floor is 50 %; repeat with --force floor to do it',
    ]);
    expect(world.weights()).toEqual({ a: 100, b: 0, c: 100 });
  });

  it('a forced start passes the floor', () => {
    const world = openWorld({ service, orders: [drain('a', { ...later, force: ['floor'] })] });
    world.see('b', 'down');
    world.round();
    world.pass(MINUTE);

    world.orderRound();

    expect(world.weights()).toEqual({ a: 0, b: 0, c: 100 });
  });

  it('F110: a start that would leave no weight is withheld, forced or not', () => {
    const world = openWorld({
      service: two,
      weights: { b: 0 },
      orders: [drain('a', { ...later, force: ['floor'] })],
    });
    world.see('b', 'none');
    world.pass(MINUTE);

    expect(world.orderRound().reasons[0]).toMatchObject({ code: 'order-withheld' });
    expect(world.weights()).toEqual({ a: 100, b: 0 });
  });

  it('a withheld start does not hold up the next order', () => {
    const world = openWorld({
      service: { ...service, policy: { ...service.policy, floorPercent: 60 } },
      orders: [orderOf('region', { kind: 'drain', scope: onService, ...later }), drain('b', later)],
    });
    world.pass(MINUTE);

    const step = world.orderRound();

    expect(step.reasons.map(({ code }) => code)).toEqual(['order-withheld', 'order-started']);
    expect(world.weights().b).toBe(0);
  });

  it('an end comes before a start, one order a commit', () => {
    const world = openWorld({
      service,
      orders: [drain('b', later), freeze({ untilAt: epochMs(NOW + MINUTE) })],
    });
    world.pass(MINUTE);

    expect(world.orderRound().reasons.map(({ code }) => code)).toEqual(['order-ended']);
    expect(world.orderRound().reasons.map(({ code }) => code)).toEqual(['order-started']);
    expect(world.orderRound().commit).toBeNull();
  });

  it('an order whose whole time has passed ends without having begun', () => {
    const world = openWorld({
      service,
      orders: [drain('a', { fromAt: epochMs(NOW - HOUR), untilAt: NOW, started: false })],
    });

    expect(world.orderRound().reasons.map(({ code }) => code)).toEqual(['order-ended']);
    expect(world.entry('a').phase).toEqual({ kind: 'in' });
    expect(world.weights().a).toBe(100);
  });

  it('after its end an endpoint that is up returns by ramp', () => {
    const world = openWorld({ service });
    give(world, drain('a', { untilAt: epochMs(NOW + 10 * MINUTE) }));
    world.pass(10 * MINUTE);
    world.orderRound();
    const seen: number[] = [];
    for (let i = 0; i < 30; i += 1) {
      world.round();
      seen.push(world.weights().a!);
      world.pass(10 * SECOND);
    }

    expect([...new Set(seen)]).toEqual([10, 50, 100]);
    expect(world.entry('a').phase).toEqual({ kind: 'in' });
  });

  it('after its end an endpoint that is down stays away', () => {
    const world = openWorld({ service });
    give(world, drain('a', { untilAt: epochMs(NOW + MINUTE) }));
    world.see('a', 'down');
    world.pass(MINUTE);
    world.orderRound();

    expect(world.round().commit).toBeNull();
    expect(world.weights().a).toBe(0);
  });

  it('after a pin above the configured weight the weight goes back at once', () => {
    const world = openWorld({ service });
    give(world, pin('a', 255, { untilAt: epochMs(NOW + MINUTE) }));
    world.pass(MINUTE);
    world.orderRound();
    world.round();

    expect(world.weights().a).toBe(100);
  });

  it('after an order that asked for approval the endpoint waits for it', () => {
    const world = openWorld({ service });
    give(world, drain('a', { untilAt: epochMs(NOW + MINUTE), afterwards: 'approve' }));
    world.pass(MINUTE);
    world.orderRound();

    expect(codesOf(world.round()).a).toBe('awaiting-approval');
    world.operate({ kind: 'approve', endpoint: sampleEndpoint('a').id });
    world.round();
    expect(world.weights().a).toBe(10);
  });

  it('an endpoint that another order still covers is not released', () => {
    const world = openWorld({ service });
    give(world, orderOf('region', { kind: 'drain', scope: onRegion('a') }));
    give(world, drain('a', { untilAt: epochMs(NOW + MINUTE) }));
    world.pass(MINUTE);
    world.orderRound();

    expect(world.entry('a').phase).toEqual({ kind: 'in' });
    expect(codesOf(world.round()).a).toBe('drained');
    expect(world.weights().a).toBe(0);
  });

  it('does nothing in a zone that it cannot read: no fence, or records it does not know', () => {
    const world = openWorld({ service, orders: [drain('a', { untilAt: NOW })] });
    world.state.records = world.state.records.slice(1);
    expect(world.orderRound()).toEqual({ commit: null, lines: [], reasons: [] });

    world.state.fenceValues = null;
    expect(world.orderRound()).toEqual({ commit: null, lines: [], reasons: [] });
  });

  it('carries over pending endpoints and orphans', () => {
    const world = openWorld({ service, orders: [drain('a', later)] });
    world.state.service = {
      ...service,
      endpoints: [...service.endpoints.slice(0, 2), sampleEndpoint('new')],
    };
    world.pass(MINUTE);

    world.orderRound();
    world.pass(HOUR);
    world.orderRound();

    expect(world.weights()).toEqual({ a: 0, b: 100, c: 100 });
    expect(world.fence().entries).toHaveLength(3);
  });

  it('S4: in a zone that a person left all zero no order ends, and a pin that is due mends it', () => {
    const world = openWorld({
      service: two,
      orders: [freeze({ untilAt: NOW }), pin('a', 50, { ...later, id: orderId('pin2pin2') })],
    });
    world.edit('a', 0);
    world.edit('b', 0);

    expect(world.orderRound()).toEqual({ commit: null, lines: [], reasons: [] });
    world.pass(MINUTE);
    expect(world.orderRound().reasons.map(({ code }) => code)).toEqual(['order-started']);
    expect(world.weights()).toEqual({ a: 50, b: 0 });
    expect(world.orderRound().reasons.map(({ code }) => code)).toEqual(['order-ended']);
  });

  it('S4: gives no order in such a zone but one that gives weight', () => {
    const world = openWorld({ service: two });
    world.edit('a', 0);
    world.edit('b', 0);

    expect(operationText(give(world, freeze()))).toMatch(
      /^every weight of app.example.com A would be 0/,
    );
    expect(give(world, pin('a', 1)).kind).toBe('planned');
  });
});
