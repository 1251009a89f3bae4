/**
 * A region's pulse: "I decided a round at this time". From the pulses of all, every region counts how
 * many decide, and knows whose turn it is to tell the outside. Pulses only report: no decision rests on
 * them, so a lost or a false one moves no weight.
 */
import { CLOCK_TOLERANCE_MS } from './fence.ts';
import type { EpochMs, VantageId } from './model.ts';

export type Pulse = { readonly region: VantageId; readonly at: EpochMs };

/** A region says it at most so often: it is for alarms of minutes. */
export const PULSE_EVERY_MS = 20_000;
/** Schedules fire 1 to 119 s apart, and a round that waits for its turn takes half a minute. */
export const PULSE_FRESH_MS = 150_000;
const MINUTE_MS = 60_000;

export const majorityOf = (regions: number): number => Math.floor(regions / 2) + 1;

/** In the order of the file. An item that is missing, malformed, stale or from the future is no pulse. */
export const decidingRegions = (
  vantages: readonly VantageId[],
  items: ReadonlyMap<VantageId, unknown>,
  now: EpochMs,
): readonly VantageId[] => vantages.filter((region) => isDeciding(items.get(region), region, now));

function isDeciding(item: unknown, region: VantageId, now: EpochMs): boolean {
  if (typeof item !== 'object' || item === null || !('at' in item && 'region' in item))
    return false;
  const { at } = item;
  if (item.region !== region || typeof at !== 'number' || !Number.isSafeInteger(at)) return false;
  return now - at <= PULSE_FRESH_MS && at - now <= CLOCK_TOLERANCE_MS;
}

/**
 * Who tells the outside in this minute that a majority decides: the deciding regions take turns, so that
 * one of them whose way out is broken costs its own minutes only. Nobody does below a majority.
 */
export function teller(
  deciding: readonly VantageId[],
  vantages: number,
  now: EpochMs,
): VantageId | undefined {
  if (deciding.length < majorityOf(vantages)) return undefined;
  return deciding[Math.floor(now / MINUTE_MS) % deciding.length];
}
