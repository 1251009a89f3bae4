/**
 * L6: an order is committed before it is answered, within the bound while nothing is wrong; a freeze that
 * stands in the fence binds every automated commit that compares that fence.
 */
import type { MakeChecker } from '../scenario.ts';
import { factsOf, SETTLES_MS, standing } from './liveness-facts.ts';

/** 15 s for ninety-nine in a hundred; one race lost, and one more try. */
const ORDER_MS_MAX = 30_000;
const CLOCKS_MS = 15_000;

export const l06Orders: MakeChecker = (world, scenario, fail) => {
  const facts = factsOf(world, scenario);
  const orderedMs: number[] = [];

  world.on((event) => {
    if (event.kind === 'order-answered') {
      if (event.answer.answer.kind !== 'committed') return;
      if (facts.lastFlawMs() > event.askedAtMs - SETTLES_MS) return;
      const ms = event.atMs - event.askedAtMs;
      orderedMs.push(ms);
      if (ms > ORDER_MS_MAX) {
        fail(
          'L6',
          `an order of ${event.actor} was committed after ${ms} ms, ${ORDER_MS_MAX} at most`,
        );
      }
      return;
    }
    if (event.kind !== 'batch-arrived' || event.answer !== 'accepted') return;
    if (event.batch.from.name !== 'quorum') return;
    for (const service of event.batch.from.config.services) {
      if (service.zone.id !== event.batch.zone) continue;
      const before = standing(world, service, event.before);
      const after = standing(world, service, event.after);
      if (before.fence === null || after.fence === null || before.fence.text === after.fence.text) {
        continue;
      }
      const freeze = before.fence.orders.find(
        ({ kind, scope, started, fromMs, untilMs }) =>
          kind === 'freeze' &&
          scope === '*' &&
          started &&
          fromMs + CLOCKS_MS < event.atMs &&
          event.atMs < untilMs - CLOCKS_MS,
      );
      const isSameOrders =
        before.fence.orders.map(({ id }) => id).join() ===
        after.fence.orders.map(({ id }) => id).join();
      // Clocks that are wrong end it early, by their own idea: S11 judges by those.
      if (freeze === undefined || !isSameOrders || facts.lastFlawMs() > event.atMs - SETTLES_MS) {
        continue;
      }
      for (const endpoint of service.endpoints) {
        const [from, to] = [before.record(endpoint)?.weight, after.record(endpoint)?.weight];
        if (from === to) continue;
        fail(
          'L6',
          `${service.id}/${endpoint.id} goes from ${from} to ${to} by quorum@${event.batch.from.region} while freeze ${freeze.id} stands in the fence it compared`,
        );
      }
    }
  });
  return { id: 'L6', timings: () => ({ 'order committed': orderedMs }) };
};
