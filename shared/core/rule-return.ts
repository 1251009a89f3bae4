/**
 * Rule 4: hold-down and ramp, on the way back only; a removal never waits for hold-down.
 *
 *     down ──── up (rise reached) ──── hold-down ends ── 10 % ── 50 % ── 100 %
 *               │ any new fall here starts over, with the hold-down doubled
 *
 * A hold-down or a step is over when both `now` and the evidence (`asof`) have passed it, by times from
 * the fence: a wrong clock or an old report can't shorten it.
 */
import { asNow, configured, type Draft, type Facts, type Line, mapLines } from './draft.ts';
import { type FenceEntry, type Phase, RELAPSES_MAX } from './fence.ts';
import type { EpochMs, Policy } from './model.ts';
import type { EndpointReason } from './reason.ts';

const HOLD_DOWN_MS_CAP = 3_600_000;
const RELAPSE_WITHIN_MS_MIN = 3_600_000;
const RELAPSES_CLEARED_AFTER_MS = 86_400_000;

/** Doubles with each relapse, up to 60 min (a longer configured hold-down stays as it is). */
export const holdDownMs = (policy: Policy, relapses: number): number =>
  Math.min(
    policy.holdDownMs * 2 ** Math.min(relapses, 30),
    Math.max(HOLD_DOWN_MS_CAP, policy.holdDownMs),
  );

/** The relapse count after a fall at `now`. 24 h at full weight clear it. */
export function relapsesAfterFall(entry: FenceEntry, policy: Policy, now: EpochMs): number {
  const oneMore = Math.min(entry.relapses + 1, RELAPSES_MAX);
  if (entry.phase.kind === 'ramp') return oneMore;
  if (entry.phase.kind === 'out' || entry.fullAt === null) return entry.relapses;
  const fullForMs = now - entry.fullAt;
  if (fullForMs >= RELAPSES_CLEARED_AFTER_MS) return 0;
  const withinMs = Math.max(RELAPSE_WITHIN_MS_MIN, 2 * holdDownMs(policy, entry.relapses));
  return fullForMs <= withinMs ? oneMore : entry.relapses;
}

export const stepWeight = (weight: number, percent: number): number =>
  weight === 0 ? 0 : Math.max(1, Math.round((weight * percent) / 100));

export type Allowance = {
  readonly weight: number;
  readonly phase: Phase;
  readonly reason: EndpointReason;
};

/** The most that an endpoint which is up may have now, whatever its tier wants. */
export function allowanceOf(line: Line, facts: Facts): Allowance {
  const { entry } = line.holding;
  if (entry === null || entry.phase.kind === 'in') {
    return { weight: configured(line), phase: { kind: 'in' }, reason: line.reason };
  }
  return entry.phase.kind === 'out'
    ? allowanceWhileOut(line, entry, facts)
    : allowanceOnRamp(line, entry, entry.phase.step, facts);
}

function allowanceWhileOut(line: Line, entry: FenceEntry, facts: Facts): Allowance {
  const { policy, id } = facts.service;
  const endpoint = line.holding.endpoint.id;
  const stay = (reason: EndpointReason): Allowance => ({
    weight: line.now,
    phase: entry.phase,
    reason,
  });
  if (entry.outAt !== null) {
    const untilMs = entry.outAt + holdDownMs(policy, entry.relapses);
    if (facts.now < untilMs || facts.asofAt < untilMs) {
      return stay({
        endpoint,
        code: 'hold-down',
        untilAt: untilMs as EpochMs,
        relapses: entry.relapses,
        holdDownMs: holdDownMs(policy, entry.relapses),
        baseMs: policy.holdDownMs,
      });
    }
  }
  if (needsApproval(entry, policy) && !entry.approved) {
    return stay({ endpoint, code: 'awaiting-approval', service: id });
  }
  const full = configured(line);
  const first = policy.ramp.findIndex((percent) => stepWeight(full, percent) > line.now);
  return first === -1 ? returned(line) : atStep(line, first, facts.now, facts);
}

function allowanceOnRamp(line: Line, entry: FenceEntry, step: number, facts: Facts): Allowance {
  const dueMs = (entry.changedAt ?? 0) + facts.service.policy.rampStepMs;
  if (facts.now >= dueMs && facts.asofAt >= dueMs) return atStep(line, step + 1, facts.now, facts);
  const percent = facts.service.policy.ramp[step] ?? 100;
  return {
    weight: line.now,
    phase: entry.phase,
    reason: { endpoint: line.holding.endpoint.id, code: 'ramp', percent, nextAt: dueMs as EpochMs },
  };
}

function atStep(line: Line, step: number, now: EpochMs, facts: Facts): Allowance {
  const { ramp, rampStepMs } = facts.service.policy;
  const percent = ramp[step] ?? 100;
  const weight = stepWeight(configured(line), percent);
  // A small weight may be whole before the last step.
  if (weight >= configured(line)) return returned(line);
  return {
    weight: Math.max(line.now, weight),
    phase: { kind: 'ramp', step },
    reason: {
      endpoint: line.holding.endpoint.id,
      code: 'ramp',
      percent,
      nextAt: (now + rampStepMs) as EpochMs,
    },
  };
}

const returned = (line: Line): Allowance => ({
  weight: configured(line),
  phase: { kind: 'in' },
  reason: { endpoint: line.holding.endpoint.id, code: 'returned' },
});

export const needsApproval = (entry: FenceEntry, policy: Policy): boolean =>
  entry.waits || policy.failback === 'manual';

export function returnRule(draft: Draft, facts: Facts): Draft {
  const isDrifting = draft.lines.some((line) => line.fixed === 'edited');
  return mapLines(draft, (line) => {
    if (line.fixed !== null || line.health !== 'up') return line;
    const isAway = line.holding.entry?.phase.kind !== 'in';
    const isRaised = line.to > line.now;
    if (isDrifting && line.move !== 'tier' && (isAway || isRaised)) {
      const reason = {
        endpoint: line.holding.endpoint.id,
        code: 'drift-waits' as const,
        service: facts.service.id,
      };
      return isRaised ? asNow(line, reason) : asNow(line, line.reason);
    }
    if (!isAway) return line;
    // No tier has enough: a later one stays as it is, and its return with it.
    if (draft.serving === null && line.to < configured(line)) return line;
    const allowance = allowanceOf(line, facts);
    // Its tier wants no more than it may have: there is nothing left to ramp.
    const isWhole = allowance.phase.kind !== 'out' && line.to <= allowance.weight;
    const isOwnReason = line.to < allowance.weight || (isWhole && allowance.phase.kind === 'ramp');
    const to = Math.min(line.to, allowance.weight);
    return {
      ...line,
      to,
      phase: isWhole ? { kind: 'in' } : allowance.phase,
      move: to > line.now ? 'return' : line.move,
      reason: isOwnReason ? line.reason : allowance.reason,
    };
  });
}
