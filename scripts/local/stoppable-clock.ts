/**
 * The clock of one region's processes. Whatever waits on it, sleeping or within a deadline, is aborted
 * when the region is killed, so that no timer and no call is left behind. Sleeps end a little late and
 * unevenly, as on separate machines: in one process the same run would win every race.
 */
import type { Clock } from '../../shared/ports.ts';

const UNEVEN_MS_MAX = 25;

export const stoppableClock = (clock: Clock, stop: AbortSignal, speed: number): Clock => ({
  now: clock.now,
  sleep: (ms, signal) =>
    clock.sleep(ms + Math.random() * UNEVEN_MS_MAX * speed, AbortSignal.any([signal, stop])),
  withDeadline: (ms, parent, run) => clock.withDeadline(ms, AbortSignal.any([parent, stop]), run),
});
