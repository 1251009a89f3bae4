/**
 * L1, L2, L3, L7: one endpoint of a service is down for all, proven, within floor and velocity, no order
 * stands → its weight is 0 within the bound, with a minority of regions dead (the removed one and
 * us-east-1's among them) as without, and again once Route 53's control plane is back. L2 is a time only:
 * it depends on who the clients are.
 */
import type { Endpoint, Service } from '../../../shared/core/model.ts';
import type { MakeChecker } from '../scenario.ts';
import { provenMarkOf } from './fence-text.ts';
import { factsOf, isWell, MINUTE, SETTLES_MS, standing, zoneOf } from './liveness-facts.ts';

type Incident = {
  readonly service: Service;
  readonly endpoint: Endpoint;
  readonly diedAtMs: number;
  isLate: boolean;
};

/** Before its death all was well for so long: votes were up, marks were made. */
const CALM_MS = 6 * MINUTE;

/** fall rounds, silent vantages, the timeout; then a turn, or the next minute. */
export const removalBoundMs = (service: Service, endpoint: Endpoint): number =>
  (endpoint.check.fall + 2) * Math.max(service.everyMs, 10_000) +
  endpoint.check.timeoutMs +
  MINUTE +
  service.vantages.length * 3_000 +
  10_000;

export const l01Removal: MakeChecker = (world, scenario, fail) => {
  const facts = factsOf(world, scenario);
  const lastChangeMs = new Map<string, number>();
  const incidents = new Map<string, Incident>();
  const removedMs = { often: [] as number[], seldom: [] as number[] };
  let controlPlaneBackMs = 0;
  /** Nobody was down at the start; what was proven by then says its mark. */
  const changedMs = (key: string): number =>
    lastChangeMs.get(key) ?? world.startMs - CALM_MS + SETTLES_MS;

  const isOccasion = ({ service, endpoint, diedAtMs }: Incident): boolean => {
    const { fence, isSettled, entry, record } = standing(world, service, zoneOf(world, service));
    const own = entry(endpoint);
    if (fence === null || !isSettled || own === undefined || fence.orders.length > 0) return false;
    const down = facts.conditionsOf(service.id, endpoint.id);
    const others = service.endpoints.filter(({ id }) => id !== endpoint.id);
    const { windowMs } = service.policy.velocity;
    return (
      fence.config === service.settings &&
      own.phase === 'in' &&
      own.weight === endpoint.weight &&
      endpoint.tier === 1 &&
      (record(endpoint)?.weight ?? 0) > 0 &&
      own.proven === provenMarkOf(endpoint) &&
      down?.how === 'fails' &&
      down.fails === 1 &&
      down.family === null &&
      others.length > 0 &&
      others.every((other) => {
        const at = entry(other);
        return (
          isWell(facts.conditionsOf(service.id, other.id)) &&
          changedMs(`${service.id}/${other.id}`) < diedAtMs - CALM_MS &&
          at?.phase === 'in' &&
          (other.tier > 1 || at.weight === other.weight)
        );
      }) &&
      [...fence.entries.values()].every(
        ({ countedMs }) => countedMs === null || countedMs < diedAtMs - windowMs - MINUTE,
      ) &&
      keepsFloor(service, endpoint)
    );
  };

  world.on((event) => {
    switch (event.kind) {
      case 'endpoint-changed': {
        const key = `${event.service}/${event.endpoint}`;
        const before = changedMs(key);
        lastChangeMs.set(key, event.atMs);
        incidents.delete(key);
        const service = world.config().services.find(({ id }) => id === event.service);
        const endpoint = service?.endpoints.find(({ id }) => id === event.endpoint);
        if (service === undefined || endpoint === undefined || service.mode !== 'enforce') return;
        for (const one of incidents.values()) {
          if (one.service.id === service.id) incidents.delete(`${service.id}/${one.endpoint.id}`);
        }
        if (event.isUp || before > event.atMs - CALM_MS) return;
        const incident = { service, endpoint, diedAtMs: event.atMs, isLate: false };
        if (isOccasion(incident)) incidents.set(key, incident);
        return;
      }
      case 'fault-ended':
        if (/control-plane-down|us-east-1-lost/.test(event.id)) controlPlaneBackMs = event.atMs;
        return;
      case 'batch-arrived':
        if (event.answer !== 'accepted') return;
        for (const [key, one] of incidents) {
          const { record } = standing(world, one.service, event.after);
          if (record(one.endpoint)?.weight !== 0) continue;
          incidents.delete(key);
          if (facts.lastBadMs() < one.diedAtMs - SETTLES_MS) {
            const isOften = one.service.everyMs <= 10_000;
            removedMs[isOften ? 'often' : 'seldom'].push(event.atMs - one.diedAtMs);
          }
        }
        return;
      case 'decided':
        for (const [key, one] of incidents) {
          if (world.config().services.every((service) => service !== one.service)) {
            incidents.delete(key);
            continue;
          }
          const fromMs = Math.max(one.diedAtMs, facts.lastBadMs() + SETTLES_MS);
          if (event.atMs <= fromMs + removalBoundMs(one.service, one.endpoint)) continue;
          incidents.delete(key);
          if (!isOccasion(one)) continue;
          const ms = event.atMs - one.diedAtMs;
          const isAfterReturn = controlPlaneBackMs > one.diedAtMs;
          const dead = facts.deadPlaces();
          fail(
            isAfterReturn ? 'L7' : dead > 0 ? 'L3' : 'L1',
            `${one.service.id}/${one.endpoint.id} is down for all since ${ms} ms, proven and within floor and velocity, ${dead} regions are dead, and it still has its weight`,
          );
        }
        return;
    }
  });
  return {
    id: 'L1',
    timings: () => ({
      'removed, checked every 10 s or more often': removedMs.often,
      'removed, checked less often': removedMs.seldom,
    }),
  };
};

/** Losing this one leaves the first tier its floor; an empty first tier leaves the next one. */
function keepsFloor({ endpoints, policy }: Service, lost: Endpoint): boolean {
  const tier = endpoints.filter((one) => one.tier === lost.tier);
  const total = tier.reduce((sum, { weight }) => sum + weight, 0);
  const left = total - lost.weight;
  if (left === 0) return endpoints.some((one) => one.tier > lost.tier && one.weight > 0);
  const byRegion = Map.groupBy(tier, ({ region }) => String(region));
  if ([...byRegion.values()].some((members) => members.length > 1)) return false;
  const heaviest = Math.max(...tier.map(({ weight }) => weight));
  const floor = policy.floorPercent ?? Math.min(50, (100 * (total - heaviest)) / total);
  return 100 * left >= floor * total;
}
