/** What a process remembers between its quorum rounds. It only saves calls: safety never depends on it. */
import type { EpochMs, Nonce, ServiceId } from '../core/model.ts';
import type { Plan } from '../core/plan.ts';
import type { Committed } from './commit-plans.ts';
import type { Recorded } from './found-records.ts';
import { type TryBudget, tryBudget } from './try-budget.ts';

export type QuorumMemory = {
  /** Accepted changes whose INSYNC is still to be asked. */
  readonly inFlight: Map<ServiceId, Committed>;
  /** Sent, and nothing known yet: a service may have several, of which one at most can have landed. */
  readonly unresolved: Map<Nonce, Plan>;
  /** What this region has committed itself: the head it shows to others. */
  readonly generations: Map<ServiceId, number>;
  /** Whether the generation last seen has its record. */
  readonly recorded: Map<ServiceId, Recorded>;
  /** Changes that reached INSYNC: whether the name servers answer them is still to be asked. */
  readonly served: Map<ServiceId, { readonly generation: number; readonly nonce: Nonce }>;
  /** How long changes took to be served, since it was last told. */
  readonly insyncMs: { readonly service: ServiceId; readonly ms: number }[];
  readonly blockedUntil: Map<ServiceId, { readonly at: EpochMs; readonly why: string }>;
  /** How often a service may be tried. */
  readonly budget: TryBudget;
};

export const newMemory = (): QuorumMemory => ({
  inFlight: new Map(),
  unresolved: new Map(),
  generations: new Map(),
  recorded: new Map(),
  served: new Map(),
  insyncMs: [],
  blockedUntil: new Map(),
  budget: tryBudget(),
});

/** A refused change is tried again after this long at the earliest. */
export const BLOCKED_FOR_MS = 600_000;

export function remember(memory: QuorumMemory, commits: readonly Committed[]): void {
  for (const committed of commits) {
    const { plan, outcome, changeId, at } = committed;
    if (outcome.kind === 'committed' && changeId !== null)
      memory.inFlight.set(plan.service, committed);
    if (outcome.kind === 'unresolved') memory.unresolved.set(plan.nonce, plan);
    if (outcome.kind === 'blocked') {
      memory.blockedUntil.set(plan.service, {
        at: (at + BLOCKED_FOR_MS) as EpochMs,
        why: outcome.why,
      });
    }
  }
}
