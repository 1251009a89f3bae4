/**
 * Regions take turns, as a courtesy that saves calls (safety is the fence): those with fresh reports by
 * index + generation, a failing endpoint's own region last. Place k waits k × 3 s, reads, and usually
 * finds it done.
 */
import type { Config, Service, VantageId } from '../core/model.ts';
import type { Evidence } from './evidence.ts';
import { votesOf } from './evidence.ts';
import type { QuorumResult } from './quorum-result.ts';

const TURN_MS = 3000;
/** Further back all wait alike: an invocation has no time for more, and would end before its turn. */
const PLACES_MAX = 5;

export function turnDelayMs(
  config: Config,
  due: readonly Service[],
  results: readonly QuorumResult[],
  evidence: Evidence,
  region: VantageId,
): number {
  // An observed service writes in its own region only: it waits for nobody.
  const service = due.find(({ mode }) => mode === 'enforce');
  const result = results.find((one) => one.service === service?.id);
  if (service === undefined || result === undefined) return 0;
  const fresh = votesOf(evidence, service, result.at)
    .views.filter((view) => view.state !== 'silent')
    .map((view) => view.vantage);
  const failing = new Set(
    result.decision.endpoints
      .filter((endpoint) => endpoint.verdict.value === 'down')
      .map(
        ({ endpoint }) =>
          service.endpoints.find((configured) => configured.id === endpoint)?.region as string,
      ),
  );
  const turns = orderOf(
    config.vantages.filter((one) => fresh.includes(one)),
    result.generation ?? 0,
  );
  const places = [
    ...turns.filter((one) => !failing.has(one)),
    ...turns.filter((one) => failing.has(one)),
  ];
  // Without fresh reports there are no places: an order that is due waits for nobody who may be dead.
  const place = places.indexOf(region);
  return Math.min(place === -1 ? places.length : place, PLACES_MAX) * TURN_MS;
}

/** Rotated by the generation: the load, and a sick first region, do not stay in one place. */
const orderOf = (vantages: readonly VantageId[], generation: number): readonly VantageId[] => {
  const start = generation % vantages.length;
  return [...vantages.slice(start), ...vantages.slice(0, start)];
};
