/**
 * Requests as they come → how long the next must wait. One token bucket each for reads and for writes, in
 * each process: a page that polls too fast must not keep an operator from draining. Time comes from the
 * clock port; a clock that goes back refills nothing.
 */
import type { Clock } from '../../shared/ports.ts';

export type Burst = {
  /** So many at once. */
  readonly size: number;
  readonly perSecond: number;
};
export type BurstLimits = { readonly reads: Burst; readonly writes: Burst };

/** A write asks Route 53 up to three times, and the account's bucket there refills ten a second. */
export const BURSTS: BurstLimits = {
  reads: { size: 60, perSecond: 20 },
  writes: { size: 10, perSecond: 1 },
};

/** Takes one token: 0, or the whole seconds until there is one. */
export type TakeToken = () => number;

export function tokenBucket(clock: Pick<Clock, 'now'>, { size, perSecond }: Burst): TakeToken {
  let tokens = size;
  let filledAt: number = clock.now();
  return () => {
    const now = clock.now();
    tokens = Math.min(size, tokens + (Math.max(0, now - filledAt) / 1_000) * perSecond);
    filledAt = now;
    if (tokens < 1) return Math.max(1, Math.ceil((1 - tokens) / perSecond));
    tokens -= 1;
    return 0;
  };
}
