/** What a quorum round says of one service: the decision, what became of it, and its line in the log. */
import { type Correlation, correlationOf } from '../core/correlation.ts';
import type { Decision } from '../core/decision.ts';
import type { Looked } from '../core/incident-finding.ts';
import type { Digest, EpochMs, Service, ServiceId, VantageId } from '../core/model.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Plan } from '../core/plan.ts';
import { planJson } from '../core/plan-text.ts';
import { sentence } from '../core/reason.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { Committed } from './commit-plans.ts';

export type QuorumResult = {
  readonly service: ServiceId;
  readonly decision: Decision;
  /** Generation of the fence as last read; null without a managed fence. */
  readonly generation: number | null;
  readonly outcome:
    | Outcome
    | { readonly kind: 'waiting'; readonly why: string }
    | { readonly kind: 'nothing-to-do' | 'observed' | 'throttled' | 'expired' | 'unrecorded' };
  readonly plan: Plan | null;
  readonly changeId: string | null;
  readonly at: EpochMs;
  /** Configured vantages that had no usable report. */
  readonly silent: readonly VantageId[];
  /** Why the table could not be read; null if it could. */
  readonly trouble: string | null;
  /** What was decided on. */
  readonly looked: Looked;
};

export const movesWeight = ({ decision }: QuorumResult): boolean =>
  decision.endpoints.some((endpoint) => endpoint.from !== endpoint.to);

export const asObserved = (result: QuorumResult): QuorumResult =>
  result.plan === null ? result : { ...result, outcome: { kind: 'observed' } };

/** Decided, and not sent: it was tried often lately, or Route 53 throttled it, and no try is due yet. */
export function asWaiting(result: QuorumResult, untilAt: EpochMs | null): QuorumResult {
  if (untilAt === null || result.decision.commit === null) return result;
  const at = new Date(untilAt).toISOString();
  const why = `Route 53 throttled the last try, or six were made within a minute; the next is due at ${at}`;
  return { ...result, outcome: { kind: 'waiting', why } };
}

export function heldByBug(
  service: Service,
  snapshot: Snapshot,
  error: unknown,
  now: EpochMs,
  trouble: string | null,
): QuorumResult {
  const assertion = error instanceof Error ? error.message : String(error);
  const reason = { code: 'bug' as const, service: service.id, assertion };
  return {
    service: service.id,
    decision: {
      service: service.id,
      automation: 'blocked',
      endpoints: [],
      reasons: [reason],
      withheld: [],
      asofAt: null,
      commit: null,
    },
    generation: snapshot.fence.kind === 'managed' ? snapshot.fence.fence.generation : null,
    outcome: { kind: 'blocked', why: sentence(reason) },
    plan: null,
    changeId: null,
    at: now,
    silent: [],
    trouble,
    looked: {
      fence: snapshot.fence.kind === 'managed' ? snapshot.fence.fence : null,
      votes: { views: [], asofAt: null },
    },
  };
}

export function withOutcome(
  result: QuorumResult,
  commits: readonly Committed[],
  unrecorded: readonly ServiceId[],
): QuorumResult {
  const committed = commits.find(({ plan }) => plan.service === result.service);
  if (committed !== undefined) {
    const { plan, outcome, changeId, at } = committed;
    const generation = outcome.kind === 'committed' ? plan.generation : result.generation;
    return { ...result, plan, outcome, changeId, at, generation };
  }
  return unrecorded.includes(result.service)
    ? { ...result, outcome: { kind: 'unrecorded' } }
    : result;
}

export type Trace = Correlation & { readonly decision?: Digest };

/** One line per round and service for the log, in the glossary's words. */
export const logLine = (result: QuorumResult): Readonly<Record<string, unknown>> => ({
  service: result.service,
  automation: result.decision.automation,
  generation: result.generation,
  outcome: result.outcome.kind,
  ...('why' in result.outcome ? { why: result.outcome.why } : {}),
  ...(result.trouble === null ? {} : { trouble: result.trouble }),
  ...traceOf(result),
  reasons: result.decision.reasons.map(sentence),
  withheld: result.decision.withheld.map(sentence),
  ...(result.plan === null ? {} : { plan: planJson(result.plan) }),
});

const UNSENT: ReadonlySet<QuorumResult['outcome']['kind']> = new Set([
  'nothing-to-do',
  'observed',
  'unrecorded',
  'waiting',
]);

/**
 * What leads from here to the probes and to the decision record. Only a plan that was sent names its record; any
 * other is sealed for its size.
 */
export function traceOf({ looked, outcome: { kind }, plan }: QuorumResult): Trace {
  const isSent = !UNSENT.has(kind);
  return {
    ...correlationOf(looked.votes),
    ...(isSent && plan !== null ? { decision: plan.fence.record } : {}),
  };
}
