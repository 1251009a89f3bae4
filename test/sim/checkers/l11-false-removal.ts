/**
 * L11: automation removes no endpoint that has been up for everybody, while at most one vantage sees
 * otherwise. How many removals there were in all, and how many of truly dead ones, is counted.
 */
import type { MakeChecker } from '../scenario.ts';
import { factsOf, isGoodPlace, isWell, MINUTE, standing } from './liveness-facts.ts';

/** Votes of what was before are gone. */
const UP_FOR_MS = 10 * MINUTE;

export const l11FalseRemoval: MakeChecker = (world, scenario, fail) => {
  const facts = factsOf(world, scenario);
  const changedMs = new Map<string, number>();
  let manyFlawedMs = world.startMs;
  let removals = 0;

  const flawedPlaces = (): number => {
    const flawed = new Set<string>();
    for (const [region, place] of world.conditions.places)
      if (!isGoodPlace(place)) flawed.add(region);
    for (const { failsFrom } of world.conditions.endpoints.values()) {
      for (const [region, part] of failsFrom) if (part > 0) flawed.add(region);
    }
    return flawed.size;
  };
  world.on((event) => {
    switch (event.kind) {
      case 'endpoint-changed':
        changedMs.set(`${event.service}/${event.endpoint}`, event.atMs);
        return;
      case 'decided':
      case 'fault-began':
      case 'fault-injected':
      case 'fault-ended':
        if (flawedPlaces() > 1) manyFlawedMs = event.atMs;
        return;
      case 'batch-arrived': {
        if (event.answer !== 'accepted' || event.batch.from.name !== 'quorum') return;
        if (flawedPlaces() > 1) manyFlawedMs = event.atMs;
        for (const service of event.batch.from.config.services) {
          if (service.zone.id !== event.batch.zone) continue;
          const before = standing(world, service, event.before);
          const after = standing(world, service, event.after);
          if (before.fence === null || after.fence === null || after.fence.orders.length > 0)
            continue;
          if (before.fence.orders.length > 0) continue;
          for (const endpoint of service.endpoints) {
            const [from, to] = [before.record(endpoint)?.weight, after.record(endpoint)?.weight];
            const [was, is] = [before.entry(endpoint), after.entry(endpoint)];
            if (from === undefined || from === 0 || to !== 0) continue;
            if (is?.phase !== 'out' || is.countedMs === was?.countedMs) continue;
            removals += 1;
            const key = `${service.id}/${endpoint.id}`;
            const upMs = event.atMs - (changedMs.get(key) ?? world.startMs);
            const isNoise =
              upMs < UP_FOR_MS ||
              event.atMs - manyFlawedMs < UP_FOR_MS ||
              event.atMs - facts.lastUntoldMs() < UP_FOR_MS ||
              !isWell(facts.conditionsOf(service.id, endpoint.id));
            if (isNoise) continue;
            fail(
              'L11',
              `${key} is removed by quorum@${event.batch.from.region} though it has answered everybody for ${upMs} ms and at most one vantage has trouble`,
            );
          }
        }
        return;
      }
    }
  });
  return {
    id: 'L11',
    timings: () => ({ 'removed though up': Array.from({ length: removals }, () => 0) }),
  };
};
