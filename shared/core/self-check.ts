/**
 * Is it me? A vantage's answers from its control targets → its self-check. Any answer at all shows that
 * its network works; it is isolated only if every control target failed. And what a vantage that was
 * short of CPU may still claim: passes, which prove themselves.
 */
import type { Observation } from './observation.ts';
import type { ProbeRequest, ProbeResponse } from './probe.ts';
import type { SkipCode } from './reason-code.ts';
import type { SelfCheck } from './report.ts';

/** An event loop that ran late by more than this makes a vantage's failures its own. */
export const LOOP_LATE_MS_MAX = 250;

/** Own troubles that cut a vantage off, as against those that only keep it from looking. */
const CUT_OFF: ReadonlySet<SkipCode> = new Set<SkipCode>(['own-dns', 'no-route']);

export function selfCheckOf(
  controls: readonly Pick<ProbeRequest, 'key'>[],
  responses: ReadonlyMap<string, ProbeResponse>,
): SelfCheck {
  const failed = controls.filter(({ key }) => hasFailed(responses.get(key))).length;
  return {
    isolated: controls.length > 0 && failed === controls.length,
    targets: controls.length,
    failed,
  };
}

/** A target that was not asked says nothing, and a status or a certificate is an answer. */
function hasFailed(response: ProbeResponse | undefined): boolean {
  if (response === undefined || response.attempts.length === 0) return false;
  return response.attempts.every(
    ({ result }) =>
      result.kind === 'fail' || (result.kind === 'skipped' && CUT_OFF.has(result.code)),
  );
}

export function abstainIfStarved(
  observations: readonly Observation[],
  loopLatenessMs: number,
): readonly Observation[] {
  if (loopLatenessMs <= LOOP_LATE_MS_MAX) return observations;
  const detail = `event loop ${Math.round(loopLatenessMs)} ms late`;
  return observations.map((observation) =>
    observation.outcome.kind === 'fail'
      ? { ...observation, outcome: { kind: 'skipped', code: 'starved', detail } }
      : observation,
  );
}

/** What charts and error budgets may count: an isolated vantage's failures tell of its own way out. */
export const countable = (
  observations: readonly Observation[],
  { isolated }: SelfCheck,
): readonly Observation[] =>
  isolated ? observations.filter(({ outcome }) => outcome.kind !== 'fail') : observations;
