/**
 * Batches that were sent and never answered: asked about again by what the zone says later, until the
 * chain tells what became of them.
 */
import type { Aids, Config, Service } from '../core/model.ts';
import { judgeOutcome, type Outcome } from '../core/outcome.ts';
import type { Plan } from '../core/plan.ts';
import { type Snapshot, snapshotOf } from '../core/snapshot.ts';
import type { ZoneRead } from '../core/zone-record.ts';
import type { Clock, Store } from '../ports.ts';
import { type Books, tellOthers, writeMarks } from './bookkeeping.ts';
import type { Committed } from './commit-plans.ts';
import type { QuorumMemory } from './quorum-memory.ts';
import { isHidden, walkBack } from './walk-back.ts';
import type { ZoneWatch } from './zone-watch.ts';

/** After this long the zone is not asked any more: records and chain tell what became of a batch. */
const UNRESOLVED_FOR_MS = 600_000;

type UnresolvedDeps = {
  readonly clock: Clock;
  readonly store: Store;
  readonly aids: Aids;
  readonly watch: ZoneWatch;
  readonly memory: QuorumMemory;
};

/** What was read before an unanswered batch can't tell what became of it: the next look reads. */
export function forgetUnresolved(
  { memory, watch, clock }: UnresolvedDeps,
  services: readonly Service[],
): void {
  for (const plan of memory.unresolved.values()) {
    if (clock.now() > plan.deadlineAt + UNRESOLVED_FOR_MS) memory.unresolved.delete(plan.nonce);
    for (const service of services) if (service.id === plan.service) watch.forget(service);
  }
}

/**
 * A batch whose fate was unknown is asked for once more, by what the zone says now. While the fence
 * stands at its parent it may still land, however long ago it was sent.
 */
export async function settleUnresolved(
  { memory, clock, store, aids }: UnresolvedDeps,
  books: Books,
  config: Config,
  services: readonly Service[],
  read: ZoneRead,
  signal: AbortSignal,
): Promise<void> {
  const settled: Committed[] = [];
  for (const plan of [...memory.unresolved.values()]) {
    const service = services.find(({ id }) => id === plan.service);
    if (service === undefined) continue;
    const snapshot = snapshotOf(service, read, config.deployment, clock.now());
    const outcome = await unhidden(store, aids, plan, snapshot, signal);
    if (outcome.kind === 'unresolved') continue;
    memory.unresolved.delete(plan.nonce);
    settled.push({ plan, outcome, changeId: null, at: clock.now() });
  }
  await writeMarks(books, settled, signal);
  await tellOthers(books, memory.generations, settled, signal);
}

async function unhidden(
  store: Store,
  { digestOf }: Aids,
  plan: Plan,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<Outcome> {
  const outcome = judgeOutcome(plan, snapshot, { isFinal: false, why: 'no answer in time' });
  const { fence } = snapshot;
  if (outcome.kind !== 'lost' || !isHidden(plan, snapshot)) return outcome;
  if (fence.kind !== 'managed') return { kind: 'unresolved' };
  return { kind: (await walkBack(store, digestOf, plan, fence.fence, signal)) ?? 'unresolved' };
}
