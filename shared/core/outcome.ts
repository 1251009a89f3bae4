/**
 * What became of a batch, judged by the zone as read back; Route 53's texts are a hint only. Our nonce in
 * the fence, as its own or as its parent's, means committed. Lost is final only once the fence has left
 * the parent that the batch was built on: until then it may still land.
 */
import type { Plan } from './plan.ts';
import type { Snapshot } from './snapshot.ts';
import { recordText } from './zone-record.ts';

export type Outcome =
  | { readonly kind: 'committed' }
  /** The fence moved: normal. Throw the plan away, read again, decide again. */
  | { readonly kind: 'lost' }
  /** The fence stands and a record does not: somebody edited it. */
  | { readonly kind: 'drift'; readonly record: string }
  /** Neither moved, and yet it is refused. */
  | { readonly kind: 'blocked'; readonly why: string }
  /** Nothing is known yet: it may have failed, or may land later. */
  | { readonly kind: 'unresolved' };

/** `isFinal`: Route 53 refused the batch, so it can't land any more. */
export function judgeOutcome(
  plan: Plan,
  after: Snapshot,
  reply: { readonly isFinal: boolean; readonly why: string },
): Outcome {
  const fence = after.fence.kind === 'managed' ? after.fence.fence : null;
  if (fence !== null && (fence.nonce === plan.nonce || fence.parentNonce === plan.nonce)) {
    return { kind: 'committed' };
  }
  // No nonce is left to look for: a fence that is gone is what was asked for, by whomever.
  if (plan.commit.isRelease === true && after.fenceRecord === null) return { kind: 'committed' };
  if (!isSameFence(plan, after)) return { kind: 'lost' };
  if (!reply.isFinal) return { kind: 'unresolved' };
  const standing = new Set(after.records.map(recordText));
  const moved = plan.pairs.find(
    ({ before }) => before !== null && !standing.has(recordText(before)),
  );
  if (moved?.before) {
    const { name, type, setIdentifier } = moved.before;
    return { kind: 'drift', record: `${name} ${type} ${setIdentifier ?? ''}`.trim() };
  }
  return { kind: 'blocked', why: reply.why };
}

function isSameFence(plan: Plan, after: Snapshot): boolean {
  const before = plan.fenceBefore;
  if (before === null || after.fenceRecord === null) return before === after.fenceRecord;
  return recordText(before) === recordText(after.fenceRecord);
}
