/**
 * A moment that somebody noted, and now → is it only so long ago? A clock may have been set back since, or
 * the region that wrote it down may run ahead: a moment further ahead than clocks may differ tells nothing,
 * and nobody waits until it comes.
 */
import { CLOCK_TOLERANCE_MS } from './fence.ts';

export const isWithin = (at: number, ms: number, now: number): boolean =>
  now - at < ms && at - now <= CLOCK_TOLERANCE_MS;
