/**
 * The token buckets of an AWS account's Route 53 API, filled by the world's clock: requests in all, again
 * per action, and changes.
 */
import type { Clock } from '../../shared/ports.ts';
import { type BucketSize, type TokenBucket, tokenBucket } from './token-bucket.ts';
import type { EngineChange } from './zone-engine.ts';

export type Buckets = { readonly requests: BucketSize; readonly changes: BucketSize };

/** Per account; requests in all and again per action [Developer Guide, throttling of API requests]. */
export const AWS_BUCKETS: Buckets = {
  requests: { burst: 50, perSecond: 10 },
  changes: { burst: 1_500, perSecond: 100 },
};

export function requestMeter(
  clock: Clock,
  buckets: Buckets | false,
): {
  readonly hasRequestToken: (action: string) => boolean;
  readonly hasChangeTokens: (changes: readonly EngineChange[]) => boolean;
} {
  if (buckets === false) return { hasRequestToken: () => true, hasChangeTokens: () => true };
  const all = tokenBucket(buckets.requests);
  const byAction = new Map<string, TokenBucket>();
  const changes = tokenBucket(buckets.changes);
  return {
    hasRequestToken: (action) => {
      const own = byAction.get(action) ?? tokenBucket(buckets.requests);
      byAction.set(action, own);
      return own.take(1, clock.now()) && all.take(1, clock.now());
    },
    hasChangeTokens: (batch) =>
      changes.take(
        batch.reduce((sum, { action }) => sum + (action === 'UPSERT' ? 2 : 1), 0),
        clock.now(),
      ),
  };
}
