/**
 * One service, one evaluation: evidence and snapshot → decision, and the plan of what it would change.
 * An order that is due comes first, as a commit of its own; automation follows in the next round.
 */
import type { Commit } from '../core/commit.ts';
import { type Decision, decide, toDecision } from '../core/decision.ts';
import type { Line } from '../core/draft.ts';
import { isWithin } from '../core/elapsed.ts';
import type { Aids, Config, EpochMs, Nonce, Service } from '../core/model.ts';
import { dueOrder } from '../core/order.ts';
import { planChanges, sealPlan } from '../core/plan.ts';
import { shadowSnapshot } from '../core/shadow.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { type Evidence, reportsUnder, votesOf } from './evidence.ts';
import { BLOCKED_FOR_MS, type QuorumMemory } from './quorum-memory.ts';
import type { QuorumResult } from './quorum-result.ts';
import type { Shadows } from './shadows.ts';

export type Evaluator = {
  readonly config: Config;
  readonly aids: Aids;
  readonly memory: QuorumMemory;
};

export function evaluate(
  { config, aids, memory }: Evaluator,
  service: Service,
  evidence: Evidence,
  zoneSnapshot: Snapshot,
  shadows: Shadows,
  at: { readonly now: EpochMs; readonly nonce: () => Nonce },
): QuorumResult {
  const { now } = at;
  const snapshot =
    service.mode === 'observe'
      ? shadowSnapshot(service, zoneSnapshot, shadows.get(service.id), config, now, aids.digestOf)
      : zoneSnapshot;
  const votes = votesOf(evidence, service, now);
  const input = {
    config,
    service,
    votes,
    snapshot,
    reportsUnderConfig: reportsUnder(votes, config),
    now,
    aids,
  };
  const step = dueOrder(input);
  const automated = decide(input);
  const decision = withBlocked(
    step.commit === null
      ? { ...automated, reasons: [...automated.reasons, ...step.reasons] }
      : ordered(automated, step.lines, step.commit, step.reasons),
    service,
    memory,
    now,
  );
  const plan =
    decision.commit === null
      ? null
      : planChanges(service, decision.commit, snapshot, at.nonce(), now, aids.digestOf);
  return {
    service: service.id,
    decision,
    generation: snapshot.fence.kind === 'managed' ? snapshot.fence.fence.generation : null,
    outcome: { kind: 'nothing-to-do' },
    // Sealed for its size and text only: the commit seals it again over its decision record.
    plan: plan === null ? null : sealPlan(plan, aids.digestOf(plan.checksum)),
    changeId: null,
    at: now,
    silent: votes.views.flatMap((view) => (view.state === 'silent' ? [view.vantage] : [])),
    trouble: evidence.trouble,
    looked: { fence: snapshot.fence.kind === 'managed' ? snapshot.fence.fence : null, votes },
  };
}

const ordered = (
  automated: Decision,
  lines: readonly Line[],
  commit: Commit,
  reasons: Decision['reasons'],
): Decision => ({
  ...automated,
  endpoints: lines.map(toDecision),
  reasons: [...automated.reasons, ...reasons],
  commit,
});

/** Route 53 refused this service's change for no visible reason: at most one try per 10 minutes. */
function withBlocked(
  decision: Decision,
  service: Service,
  memory: QuorumMemory,
  now: EpochMs,
): Decision {
  const blocked = memory.blockedUntil.get(service.id);
  if (blocked === undefined || !isWithin(blocked.at - BLOCKED_FOR_MS, BLOCKED_FOR_MS, now)) {
    return decision;
  }
  const reason = {
    code: 'blocked' as const,
    service: service.id,
    why: blocked.why,
    untilAt: blocked.at,
  };
  return {
    ...decision,
    automation: 'blocked',
    reasons: [...decision.reasons, reason],
    commit: null,
  };
}
