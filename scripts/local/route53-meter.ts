/**
 * The token buckets of an AWS account's Route 53 API, filled by the world's clock: requests and changes.
 * AWS meters each action once more by the same figures; the bucket of all actions is then the one that
 * runs dry first, so it stands for both.
 */
import type { Clock } from '../../shared/ports.ts';
import { type BucketSize, tokenBucket } from './token-bucket.ts';
import type { EngineChange } from './zone-engine.ts';

export type Buckets = { readonly requests: BucketSize; readonly changes: BucketSize };

/** Per account [Developer Guide, throttling of API requests]. */
export const AWS_BUCKETS: Buckets = {
  requests: { burst: 50, perSecond: 10 },
  changes: { burst: 1_500, perSecond: 100 },
};

export function requestMeter(
  clock: Clock,
  buckets: Buckets | false,
): {
  readonly hasRequestToken: () => boolean;
  readonly hasChangeTokens: (changes: readonly EngineChange[]) => boolean;
} {
  if (buckets === false) return { hasRequestToken: () => true, hasChangeTokens: () => true };
  const requests = tokenBucket(buckets.requests);
  const changes = tokenBucket(buckets.changes);
  return {
    hasRequestToken: () => requests.take(1, clock.now()),
    hasChangeTokens: (batch) =>
      changes.take(
        batch.reduce((sum, { action }) => sum + (action === 'UPSERT' ? 2 : 1), 0),
        clock.now(),
      ),
  };
}
