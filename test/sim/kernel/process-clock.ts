/**
 * The `Clock` port of one simulated process: its region's idea of the time, and timers on true time that
 * stop with the process and wait while it is frozen.
 */
import { type EpochMs, epochMs } from '../../../shared/core/model.ts';
import type { Clock } from '../../../shared/ports.ts';
import { simAbort } from './sim-signal.ts';
import type { Owner, Simulation } from './simulation.ts';

/** How wrong a region's clock is; changed by faults. */
export type Skew = { offsetMs: number; driftPpm: number; driftSinceMs: number };

export const noSkew = (): Skew => ({ offsetMs: 0, driftPpm: 0, driftSinceMs: 0 });

export const skewedNow = (nowMs: number, skew: Skew): EpochMs =>
  epochMs(
    Math.round(nowMs + skew.offsetMs + ((nowMs - skew.driftSinceMs) * skew.driftPpm) / 1_000_000),
  );

export function processClock(sim: Simulation, owner: Owner, skew: Skew): Clock {
  return {
    now: () => skewedNow(sim.nowMs(), skew),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason);
          return;
        }
        const onAbort = (): void => {
          timer.fire = null;
          reject(signal.reason);
        };
        const wake = (): void => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        };
        const timer = sim.after(ms, 'timer', wake, owner);
        signal.addEventListener('abort', onAbort, { once: true });
      }),
    withDeadline: async (ms, parent, run) => {
      const controller = simAbort();
      const onAbort = (): void => controller.abort(parent.reason);
      if (parent.aborted) onAbort();
      parent.addEventListener('abort', onAbort, { once: true });
      const timer = sim.after(
        ms,
        'deadline',
        () => controller.abort(new Error(`no answer within ${ms} ms`)),
        owner,
      );
      try {
        return await run(controller.signal);
      } finally {
        timer.fire = null;
        parent.removeEventListener('abort', onAbort);
      }
    },
  };
}
