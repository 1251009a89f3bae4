/**
 * Did an unanswered plan commit, though two or more successors have hidden its nonce? The fence names the
 * last record, each record its parent's: walked back to the plan's generation, the chain tells. Null:
 * records are missing, nothing is known.
 */
import { QuorateError } from '../core/errors.ts';
import type { Fence } from '../core/fence.ts';
import type { Digest, DigestOf } from '../core/model.ts';
import type { Plan } from '../core/plan.ts';
import { type DecisionRecord, recordDigest, recordSortKey } from '../core/record.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { Store } from '../ports.ts';

/** A batch is asked about for 10 minutes: at most some dozens of commits and lost intents. */
const RECORDS_MAX = 100;

/** Own nonce and parent's nonce cover one successor; behind more of them the fence can't tell. Neither can
 *  it once a release ended the chain: none is there, or one that begins anew. */
export const isHidden = (
  plan: Pick<Plan, 'generation' | 'parent'>,
  { fence: state }: Snapshot,
): boolean => {
  if (state.kind !== 'managed') return plan.parent !== null;
  const { generation, parentNonce } = state.fence;
  return (
    generation > plan.generation + 1 ||
    generation < plan.generation ||
    (generation === plan.generation && parentNonce !== (plan.parent?.nonce ?? null))
  );
};

/** Two commits or more have come since this plan's generation: it may be one of the chain they stand on. */
export const hasSuccessors = (
  plan: Pick<Plan, 'generation'>,
  { fence: state }: Snapshot,
): boolean => state.kind === 'managed' && state.fence.generation > plan.generation + 1;

export async function walkBack(
  store: Store,
  digestOf: DigestOf,
  plan: Plan,
  fence: Fence,
  signal: AbortSignal,
): Promise<'committed' | 'lost' | null> {
  const before = recordSortKey({ generation: fence.generation + 1, nonce: '' as Fence['nonce'] });
  const byDigest = new Map<Digest, DecisionRecord>();
  try {
    const page = { limit: RECORDS_MAX, before };
    for (const item of await store.readRecords(plan.service, page, signal)) {
      if (!isRecord(item)) continue;
      byDigest.set(recordDigest(item, digestOf), item);
    }
  } catch (error) {
    if (!(error instanceof QuorateError)) throw error;
    return null;
  }
  let wanted: Digest | null = fence.record;
  for (let generation = fence.generation; wanted !== null; generation -= 1) {
    const record = byDigest.get(wanted);
    if (record === undefined || record.generation !== generation) return null;
    if (generation === plan.generation) return record.nonce === plan.nonce ? 'committed' : 'lost';
    wanted = record.parent;
  }
  return null;
}

/** The digest proves the rest. */
const isRecord = (item: unknown): item is DecisionRecord =>
  typeof item === 'object' && item !== null && 'generation' in item && 'nonce' in item;
