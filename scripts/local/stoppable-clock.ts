/**
 * A clock that ends with its region: whatever waits on it, sleeping or within a deadline, is aborted
 * when the process it stands for is killed. So a stopped region leaves no timer and no call behind.
 */
import type { Clock } from '../../shared/ports.ts';

export const stoppableClock = (clock: Clock, stop: AbortSignal): Clock => ({
  now: clock.now,
  sleep: (ms, signal) => clock.sleep(ms, AbortSignal.any([signal, stop])),
  withDeadline: (ms, parent, run) => clock.withDeadline(ms, AbortSignal.any([parent, stop]), run),
});
