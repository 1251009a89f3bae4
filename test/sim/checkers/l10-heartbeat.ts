/**
 * L10: the heartbeat goes on while nothing is wrong, and stops soon after a majority of the regions is
 * dead: whoever waits for it outside then knows.
 */
import type { MakeChecker } from '../scenario.ts';
import { factsOf, MINUTE, SETTLES_MS } from './liveness-facts.ts';

const GAP_MS_MAX = 3 * MINUTE;
const STOPS_MS_MAX = 5 * MINUTE;

export const l10Heartbeat: MakeChecker = (world, scenario, fail) => {
  const facts = factsOf(world, scenario);
  let lastBeatMs = world.startMs;
  let deadSinceMs: number | null = null;
  const isWanted = (): boolean => world.config().notify.heartbeat !== undefined;

  world.on((event) => {
    switch (event.kind) {
      case 'heartbeat':
        if (deadSinceMs !== null && event.atMs > deadSinceMs + STOPS_MS_MAX) {
          fail(
            'L10',
            `the heartbeat of ${event.by.region} goes on ${event.atMs - deadSinceMs} ms after a majority of the regions died`,
          );
        }
        lastBeatMs = event.atMs;
        return;
      case 'decided':
      case 'fault-began':
      case 'fault-ended': {
        const vantages = world.config().vantages;
        const dead = vantages.filter((one) => world.conditions.places.get(one)?.isDead === true);
        if (2 * dead.length > vantages.length) deadSinceMs ??= event.atMs;
        else deadSinceMs = null;
        if (event.kind !== 'decided' || !isWanted()) return;
        const fromMs = Math.max(lastBeatMs, facts.lastFlawMs() + SETTLES_MS);
        if (event.atMs <= fromMs + GAP_MS_MAX) return;
        fail('L10', `nothing is wrong, and no heartbeat since ${event.atMs - lastBeatMs} ms`);
        return;
      }
    }
  });
  return { id: 'L10' };
};
