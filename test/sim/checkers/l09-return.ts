/**
 * L9: a removed endpoint that is healthy again, with its hold-down over, takes its first ramp step within
 * the bound; from then on one step per `ramp-step`.
 */
import type { Endpoint, Service } from '../../../shared/core/model.ts';
import type { MakeChecker } from '../scenario.ts';
import type { EntryText } from './fence-text.ts';
import { factsOf, isWell, MINUTE, SETTLES_MS, standing, zoneOf } from './liveness-facts.ts';

const HOLD_DOWN_CAP_MS = 60 * MINUTE;
/** Of a due step: evidence from after it, a turn of each region, and a sweep that came just before. */
const stepMs = (service: Service): number =>
  MINUTE + MINUTE + 3 * service.everyMs + service.vantages.length * 3_000;
const LOOKS_EVERY_MS = 10_000;

export const l09Return: MakeChecker = (world, scenario, fail) => {
  const facts = factsOf(world, scenario);
  const changedMs = new Map<string, number>();
  let lookedMs = 0;
  const returnMs: number[] = [];
  /** By service: an order or drift stood, then. */
  const heldMs = new Map<string, number>();

  const dueMs = (service: Service, endpoint: Endpoint, entry: EntryText): number | null => {
    const { policy, everyMs } = service;
    const upMs = changedMs.get(`${service.id}/${endpoint.id}`) ?? world.startMs;
    const risenMs = upMs + (endpoint.check.rise + 2) * everyMs + endpoint.check.timeoutMs;
    if (entry.phase === 'ramp' && entry.changedMs !== null) {
      return Math.max(risenMs, entry.changedMs + policy.rampStepMs);
    }
    if (entry.phase !== 'out' || entry.outMs === null) return null;
    const held = Math.min(
      policy.holdDownMs * 2 ** entry.relapses,
      Math.max(HOLD_DOWN_CAP_MS, policy.holdDownMs),
    );
    return Math.max(risenMs, entry.outMs + held);
  };

  world.on((event) => {
    if (event.kind === 'endpoint-changed') {
      changedMs.set(`${event.service}/${event.endpoint}`, event.atMs);
      return;
    }
    if (event.kind !== 'decided' || event.atMs < lookedMs + LOOKS_EVERY_MS) return;
    lookedMs = event.atMs;
    for (const service of world.config().services) {
      if (service.mode !== 'enforce') continue;
      const { fence, isSettled, entry } = standing(world, service, zoneOf(world, service));
      if (fence === null || !isSettled || fence.orders.length > 0) {
        heldMs.set(service.id, event.atMs);
        continue;
      }
      if (fence.config !== service.settings) continue;
      if (!service.endpoints.every(({ id }) => isWell(facts.conditionsOf(service.id, id))))
        continue;
      for (const endpoint of service.endpoints) {
        const own = entry(endpoint);
        if (own === undefined || own.waits || service.policy.failback === 'manual') continue;
        if (endpoint.tier !== 1) continue;
        const due = dueMs(service, endpoint, own);
        if (due === null) continue;
        // The other endpoints' votes, too, must have settled.
        const settledMs = Math.max(
          due,
          Math.max(facts.lastBadMs(), heldMs.get(service.id) ?? 0) + SETTLES_MS,
          ...service.endpoints.map(
            ({ id, check }) =>
              (changedMs.get(`${service.id}/${id}`) ?? 0) +
              (check.rise + 2) * service.everyMs +
              check.timeoutMs,
          ),
        );
        if (event.atMs <= settledMs + stepMs(service)) continue;
        fail(
          'L9',
          `${service.id}/${endpoint.id} is healthy, its ${own.phase === 'ramp' ? `ramp's step ${own.step}` : 'return'} was due ${event.atMs - due} ms ago, and it still has ${own.weight} of ${endpoint.weight}`,
        );
      }
    }
  });
  world.on((event) => {
    if (event.kind !== 'batch-arrived' || event.answer !== 'accepted') return;
    for (const service of world.config().services) {
      if (service.mode !== 'enforce' || service.zone.id !== event.batch.zone) continue;
      const before = standing(world, service, event.before);
      const after = standing(world, service, event.after);
      for (const endpoint of service.endpoints) {
        const [from, to] = [before.entry(endpoint), after.entry(endpoint)];
        if (from?.phase !== 'out' || to === undefined || to.phase === 'out') continue;
        const due = dueMs(service, endpoint, from);
        const troubledMs = Math.max(facts.lastBadMs(), heldMs.get(service.id) ?? 0);
        if (due === null || troubledMs > due - SETTLES_MS) continue;
        returnMs.push(Math.max(0, event.atMs - due));
      }
    }
  });
  return { id: 'L9', timings: () => ({ 'first step of a return, once due': returnMs }) };
};
