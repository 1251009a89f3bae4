/** The drills of the file, asked for once a minute by each region, after its rounds: a drill is a guest. */
import type { DrillEvent } from '../shared/core/drill-report.ts';
import type { Config } from '../shared/core/model.ts';
import { drillRound } from '../shared/rounds/drill-round.ts';
import type { OrderDeps, OverrideOptions } from '../shared/rounds/override-round.ts';

const MINUTE_MS = 60_000;

export function drillKeeper(
  deps: OrderDeps,
  config: Config,
  options: OverrideOptions,
  tell: (event: DrillEvent) => void,
): { readonly turn: (signal: AbortSignal) => Promise<void> } {
  let asked = -1;
  return {
    turn: async (signal) => {
      const minute = Math.floor(deps.clock.now() / MINUTE_MS);
      if (config.drills.length === 0 || minute === asked) return;
      asked = minute;
      const event = await drillRound(deps, config, options, signal);
      if (event !== null) tell(event);
    },
  };
}
