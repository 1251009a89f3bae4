/**
 * The machine's clock as the `Clock` port. `speed` makes its time pass faster than the machine's: the
 * local world divides every duration with it at once, constants included, without touching a rule.
 */
import { epochMs } from '../core/model.ts';
import type { Clock } from '../ports.ts';

export function systemClock(speed = 1): Clock {
  const startedAt = Date.now();
  const now = (): number => Math.round(startedAt + (Date.now() - startedAt) * speed);

  const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(
        () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
        Math.max(0, ms / speed),
      );
      signal.addEventListener('abort', onAbort, { once: true });
    });

  const withDeadline: Clock['withDeadline'] = async (ms, parent, run) => {
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(parent.reason);
    if (parent.aborted) onAbort();
    parent.addEventListener('abort', onAbort, { once: true });
    const timer = setTimeout(
      () => controller.abort(new Error(`no answer within ${ms} ms`)),
      Math.max(0, ms / speed),
    );
    try {
      return await run(controller.signal);
    } finally {
      clearTimeout(timer);
      parent.removeEventListener('abort', onAbort);
    }
  };

  return { now: () => epochMs(now()), sleep, withDeadline };
}
