/**
 * A setting played to its end: what each commit found, decided and left. The checks on it read these
 * facts alone, never the code that produced them.
 */
import type { Commit } from '../../shared/core/commit.ts';
import type { Decision } from '../../shared/core/decision.ts';
import type { Fence } from '../../shared/core/fence.ts';
import type { Endpoint, Service } from '../../shared/core/model.ts';
import type { ZoneRecord } from '../../shared/core/zone-record.ts';
import type { World } from '../fakes/decision-world.ts';
import { type Setting, take } from './worlds.ts';

export type Event = {
  readonly at: number;
  readonly by: Commit['by'];
  readonly isRescue: boolean;
  readonly before: Readonly<Record<string, number>>;
  readonly after: Readonly<Record<string, number>>;
  readonly fenceBefore: Fence;
  readonly fenceAfter: Fence;
  readonly records: readonly ZoneRecord[];
  /** Of automation only. */
  readonly decision: Decision | null;
};

export function playOut(setting: Setting): {
  readonly events: readonly Event[];
  readonly world: World;
} {
  const world = setting.open();
  const events: Event[] = [];
  const note = (
    run: () => { by: Commit['by']; isRescue: boolean; decision: Decision | null } | null,
  ): void => {
    const before = world.weights();
    const fenceBefore = world.fence();
    const commits = world.state.commits;
    const done = run();
    if (done === null || world.state.commits === commits) return;
    events.push({
      ...done,
      at: world.state.now,
      before,
      after: world.weights(),
      fenceBefore,
      fenceAfter: world.fence(),
      records: [...world.state.records],
    });
  };
  for (const step of setting.steps) {
    note(() => {
      take(world, step);
      return { by: 'operator', isRescue: false, decision: null };
    });
    note(() => {
      if (world.fence().orders.length === 0) return null;
      const { commit } = world.orderRound();
      return commit && { by: commit.by, isRescue: commit.isRescue, decision: null };
    });
    note(() => {
      const decision = world.round();
      const { commit } = decision;
      return commit && { by: commit.by, isRescue: commit.isRescue, decision };
    });
  }
  return { events, world };
}

/** The share that must stay in service of one tier: R4, in its own words. */
export function floorPercentOf(service: Service, tier: number): number {
  const { floorPercent } = service.policy;
  if (floorPercent !== undefined) return floorPercent;
  const own = service.endpoints.filter((one) => one.tier === tier);
  const total = own.reduce((sum, { weight }) => sum + weight, 0);
  const heaviest = Math.max(
    ...own.map(({ region }) =>
      own.filter((one) => one.region === region).reduce((sum, { weight }) => sum + weight, 0),
    ),
  );
  return Math.min(50, Math.floor(((total - heaviest) * 100) / total));
}

/** Is a tier's share in service, of endpoints that don't look down, at its floor or above? */
export function carries(
  service: Service,
  tier: number,
  weights: Readonly<Record<string, number>>,
  isDown: (endpoint: Endpoint) => boolean,
): boolean {
  const own = service.endpoints.filter((one) => one.tier === tier);
  const total = own.reduce((sum, { weight }) => sum + weight, 0);
  const inService = own
    .filter((one) => !isDown(one))
    .reduce((sum, one) => sum + Math.min(weights[one.id]!, one.weight), 0);
  return inService > 0 && inService * 100 >= floorPercentOf(service, tier) * total;
}
