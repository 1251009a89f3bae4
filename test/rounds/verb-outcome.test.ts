/** What became of an unanswered batch once a release, and perhaps a new adoption, ended the chain it was in. */
import { describe, expect, it } from 'vitest';
import { commitPlans } from '../../shared/rounds/commit-plans.ts';
import { NEVER, planOf, quorumWorld } from '../fakes/quorum-world.ts';

describe('an unanswered batch', () => {
  it.each([
    ['released', () => null],
    [
      'adopted anew',
      (fence: string) => [
        fence.replace('g=41', 'g=1').replace('n=seed0041', 'n=seed0001').replace('p=seed0040 ', ''),
      ],
    ],
    [
      'adopted anew, and committed to as often as before',
      (fence: string) => [
        fence
          .replace('g=41', 'g=42')
          .replace('n=seed0041', 'n=seed0001')
          .replace('p=seed0040', 'p=seed0002'),
      ],
    ],
  ] as const)(
    'is not called lost where its service was %s meanwhile: it may have been the last commit',
    async (_, after) => {
      const world = quorumWorld();
      world.sees('us-east-1', 'down');
      const mine = await planOf(world, 0);
      const zone: typeof world.zonePort = {
        ...world.zonePort,
        commit: async () => {
          world.editFence(after(world.snapshot().fenceRecord?.values?.[0] ?? ''));
          return { kind: 'unknown', message: 'socket hang up' };
        },
      };

      const { config } = world;
      const [told] = await world.clock.runUntil(
        commitPlans({ ...world.region(0).deps, zone }, config, config.services, [mine], NEVER),
      );

      expect(told?.outcome.kind).toBe('unresolved');
    },
  );
});
