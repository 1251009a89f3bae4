/**
 * A token bucket as AWS meters an account: so many at once, so many back per second. Time is an
 * argument; a refused take costs nothing.
 */
export type TokenBucket = { readonly take: (tokens: number, now: number) => boolean };

export type BucketSize = { readonly burst: number; readonly perSecond: number };

export function tokenBucket({ burst, perSecond }: BucketSize): TokenBucket {
  let level = burst;
  let at: number | undefined;
  return {
    take: (tokens, now) => {
      // A clock that goes back refills nothing.
      const elapsedMs = at === undefined ? 0 : Math.max(0, now - at);
      level = Math.min(burst, level + (elapsedMs / 1_000) * perSecond);
      at = now;
      if (level < tokens) return false;
      level -= tokens;
      return true;
    },
  };
}
