/**
 * L4: nothing is wrong, nobody has an order, every endpoint has its place, and every evaluator has found
 * nothing to do for two rounds → nobody writes any more, to the end.
 */
import type { MakeChecker } from '../scenario.ts';
import { factsOf, isWell, MINUTE, standing, zoneOf } from './liveness-facts.ts';

/** Each region's schedule has come twice. */
const AGREED_MS = 3 * MINUTE;

export const l04Quiescence: MakeChecker = (world, scenario, fail) => {
  const facts = factsOf(world, scenario);
  let quietMs: number | null = null;
  /** By service and region: nothing to do since. */
  const idleMs = new Map<string, number>();
  const stillMs = new Map<string, number>();

  const isAtRest = (): boolean =>
    world.config().services.every((service) => {
      if (service.mode !== 'enforce') return true;
      const { fence, isSettled } = standing(world, service, zoneOf(world, service));
      return (
        isSettled &&
        fence !== null &&
        fence.orders.length === 0 &&
        fence.config === service.settings &&
        [...fence.entries.values()].every(({ phase }) => phase === 'in') &&
        service.endpoints.every(({ id }) => isWell(facts.conditionsOf(service.id, id)))
      );
    });
  let isResting = false;

  world.on((event) => {
    switch (event.kind) {
      case 'phase':
        if (event.phase === 'quiet') quietMs = event.atMs;
        return;
      case 'decided': {
        if (quietMs === null || isResting) return;
        for (const { service, outcome } of event.results) {
          const key = `${service} ${event.by.region}`;
          if (outcome.kind !== 'nothing-to-do') idleMs.delete(key);
          else if (!idleMs.has(key)) idleMs.set(key, event.atMs);
        }
        const calmMs = Math.max(quietMs, facts.lastFlawMs());
        if (event.atMs < calmMs + AGREED_MS) return;
        const isAgreed = world
          .config()
          .services.filter(({ mode }) => mode === 'enforce')
          .every(({ id }) =>
            world.config().vantages.every((region) => {
              const since = Math.max(idleMs.get(`${id} ${region}`) ?? event.atMs, calmMs);
              return event.atMs - since >= AGREED_MS;
            }),
          );
        if (!isAgreed || !isAtRest()) return;
        isResting = true;
        stillMs.set('all', event.atMs);
        return;
      }
      case 'endpoint-changed':
      case 'zone-edited':
      case 'zone-stranded':
      case 'order-asked':
      case 'fault-began':
        isResting = false;
        idleMs.clear();
        return;
      case 'batch-sent': {
        if (!isResting || event.batch.from.name === 'operator') return;
        const ms = event.atMs - (stillMs.get('all') ?? event.atMs);
        fail(
          'L4',
          `${event.batch.from.region} writes (${event.batch.comment}) ${ms} ms after every evaluator had found nothing to do and every endpoint had its place`,
        );
        return;
      }
    }
  });
  return {
    id: 'L4',
    timings: () =>
      quietMs === null || !isResting
        ? {}
        : { 'at rest after the last fault': [(stillMs.get('all') ?? 0) - quietMs] },
  };
};
