/**
 * Settings → how long each change must take by arithmetic alone: no request, computation or packet costs
 * time here. `minMs` is the luckiest phase of the fault, `meanMs` the average over all phases, `worstMs`
 * the unluckiest. What a measurement adds to this is what the machinery costs.
 *
 *     fault ─ u ─ look ─ every/V ─ look ─ … Q-th vantage ─ (fall − 1) × every ─ its fall-th look
 *           └ 0 ≤ u < every/V: the looks of V vantages are spread evenly over the interval
 *     look ─ timeout (hung) or rest of the round ─ report ─ lag ─ poll ─ decision ─ INSYNC ─ answer
 */
import type { Break, Facts } from './contender.ts';
import { mean } from './statistics.ts';

export type Bounds = {
  readonly minMs: number;
  readonly meanMs: number;
  readonly worstMs: number;
};

export type Theory = {
  /** From the fault to the first answer without the endpoint. */
  readonly gone: Bounds;
  /** From healing to the first answer with it. */
  readonly back: Bounds;
  /** From healing to the first answer after which nothing else is answered. */
  readonly full: Bounds;
};

/**
 * `healedAfter`: how long after the last answer with it the endpoint was healed. The hold-down runs from
 * the decision, taken as `insyncDelayMs` before that answer: a commit that took longer to send began it
 * earlier still, so `back` may be measured below `minMs` by what the commit took.
 */
export function theoryOf(facts: Facts, kind: Break, healedAfter: Bounds): Theory {
  const insync = constant(facts.insyncDelayMs);
  const gone = sum(qthVote(facts, facts.fall), reported(facts, kind), travel(facts), insync);

  const proven = sum(qthVote(facts, facts.rise), reported(facts, 'kill'), travel(facts));
  const decided =
    facts.holdDownMs === 0 ? proven : later(proven, due(facts, held(facts, healedAfter)));
  const back = sum(decided, insync);
  const steps = Math.max(0, facts.ramp.length - 1);
  const full = sum(
    back,
    ...Array.from({ length: steps }, () => due(facts, constant(facts.rampStepMs))),
  );
  return { gone, back, full };
}

/** From a change of the endpoint to the look that completes the Q-th vote. */
export function qthVote(
  { everyMs, vantages, quorum }: Pick<Facts, 'everyMs' | 'vantages' | 'quorum'>,
  looks: number,
): Bounds {
  const lapsMs = (looks - 1) * everyMs;
  const betweenMs = everyMs / vantages;
  return {
    minMs: lapsMs + (quorum - 1) * betweenMs,
    meanMs: lapsMs + (quorum - 0.5) * betweenMs,
    worstMs: lapsMs + quorum * betweenMs,
  };
}

/** From a look to the report that tells it: a round is reported when its last answer is in. */
function reported({ restsMs, timeoutMs }: Facts, kind: Break): Bounds {
  const lookMs = kind === 'hang' ? timeoutMs : 0;
  const waits = (restsMs.length === 0 ? [0] : restsMs).map((restMs) => Math.max(lookMs, restMs));
  return { minMs: Math.min(...waits), meanMs: mean(waits), worstMs: Math.max(...waits) };
}

/** From a report to the decision: nothing if the one who decides made it, else the lag, then a poll. */
const travel = ({ replicationLagMs, pollMs, vantages }: Facts): Bounds => ({
  minMs: 0,
  meanMs: (replicationLagMs * (vantages - 1)) / vantages + pollMs / 2,
  worstMs: replicationLagMs + pollMs,
});

/** What is left of the hold-down at the healing: the later the healing, the less. */
const held = ({ holdDownMs, insyncDelayMs }: Facts, healedAfter: Bounds): Bounds => ({
  minMs: holdDownMs - insyncDelayMs - healedAfter.worstMs,
  meanMs: holdDownMs - insyncDelayMs - healedAfter.meanMs,
  worstMs: holdDownMs - insyncDelayMs - healedAfter.minMs,
});

/**
 * What time alone makes due waits until the evidence has passed that time too (Q rounds begun after it
 * and told), and then for the schedule.
 */
const due = (facts: Facts, after: Bounds): Bounds =>
  sum(after, qthVote(facts, 1), constant(facts.roundMs), {
    minMs: 0,
    meanMs:
      (facts.replicationLagMs * (facts.vantages - 1)) / facts.vantages + facts.schedulePeriodMs / 2,
    worstMs: facts.replicationLagMs + facts.schedulePeriodMs,
  });

export const constant = (ms: number): Bounds => ({ minMs: ms, meanMs: ms, worstMs: ms });

const sum = (...parts: readonly Bounds[]): Bounds => ({
  minMs: parts.reduce((total, { minMs }) => total + minMs, 0),
  meanMs: parts.reduce((total, { meanMs }) => total + meanMs, 0),
  worstMs: parts.reduce((total, { worstMs }) => total + worstMs, 0),
});

/** Both must have happened. */
const later = (a: Bounds, b: Bounds): Bounds => ({
  minMs: Math.max(a.minMs, b.minMs),
  meanMs: Math.max(a.meanMs, b.meanMs),
  worstMs: Math.max(a.worstMs, b.worstMs),
});
