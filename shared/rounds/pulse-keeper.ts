/**
 * Keeps this region's pulse, and counts those of all. At most one write and one read in 20 s, however
 * often the stream calls; in a process that lives on, so the first invocation of each always beats.
 */
import { isWithin } from '../core/elapsed.ts';
import type { EpochMs, VantageId } from '../core/model.ts';
import { decidingRegions, PULSE_EVERY_MS } from '../core/pulse.ts';
import type { Clock, Store } from '../ports.ts';

export type PulseKeeper = {
  /** How many regions decide as seen from here; null where it is too early to look again. */
  readonly beat: (decided: boolean, signal: AbortSignal) => Promise<number | null>;
};

export function pulseKeeper(
  { clock, store }: { readonly clock: Clock; readonly store: Store },
  region: VantageId,
  vantages: readonly VantageId[],
): PulseKeeper {
  let lookedAt: EpochMs | undefined;
  return {
    async beat(decided, signal) {
      const now = clock.now();
      if (lookedAt !== undefined && isWithin(lookedAt, PULSE_EVERY_MS, now)) return null;
      if (decided) await store.writePulse({ region, at: now }, signal);
      const pulses = await store.readPulses(vantages, signal);
      lookedAt = now;
      return decidingRegions(vantages, pulses, clock.now()).length;
    },
  };
}
