/**
 * Has a vantage begun to work? Its report must come back through another region's replica, fresh, under
 * this file and from this release: that proves schedule, permissions, table and replication at once.
 */
import { manifestOf } from '../../shared/core/config.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import type { Config, EpochMs, VantageId } from '../../shared/core/model.ts';
import type { Report } from '../../shared/core/report.ts';
import { freshForMs, type ReportReading, SILENT_WHYS } from '../../shared/core/vote.ts';
import type { Clock, Store } from '../../shared/ports.ts';
import { type Evidence, readEvidence } from '../../shared/rounds/evidence.ts';
import { functionName } from '../names.ts';

export type VerifyDeps = {
  readonly clock: Clock;
  readonly storeOf: (region: VantageId) => Store;
  readonly release: string;
};

const POLL_MS = 5_000;
/** A schedule fires within 2 min, a run of the old code goes on for up to 130 s, a first round is short. */
export const REPORT_MS_MAX = 6 * 60_000;

export type ReportWish = {
  readonly vantage: VantageId;
  readonly readIn: VantageId;
  /** Beyond the first usable report, wait for this, `settleMs` at most. */
  readonly until?: (evidence: Evidence, now: EpochMs) => boolean;
  readonly settleMs?: number;
};

export async function reportOf(
  { clock, storeOf, release }: VerifyDeps,
  config: Config,
  { vantage, readIn, until = () => true, settleMs = 0 }: ReportWish,
  signal: AbortSignal,
): Promise<Evidence> {
  const store = storeOf(readIn);
  const manifest = manifestOf(config);
  const lastAt = clock.now() + REPORT_MS_MAX;
  let settledAt: number | null = null;
  for (;;) {
    const evidence = await readEvidence({ clock, store }, config, manifest, signal);
    const now = clock.now();
    const missing = whyNot(evidence, config, vantage, release, now);
    if (missing === null) {
      settledAt ??= now + settleMs;
      if (until(evidence, now) || now >= settledAt) return evidence;
    } else if (now >= lastAt) {
      throw new QuorateError(
        'DEPLOY_FAILED',
        `${vantage} is deployed, but no report of it came back through ${readIn} within ${REPORT_MS_MAX / 60_000} min (${missing}); look at the log group /aws/lambda/${functionName(config.deployment, 'probe')} in ${vantage}`,
      );
    }
    await clock.sleep(POLL_MS, signal);
  }
}

/** Null: it is there, and as it should be. */
function whyNot(
  { readings, trouble }: Evidence,
  config: Config,
  vantage: VantageId,
  release: string,
  now: EpochMs,
): string | null {
  const reading: ReportReading | undefined = readings.get(vantage);
  if (reading === undefined) return trouble ?? SILENT_WHYS.missing;
  if (reading.kind === 'silent') return `${SILENT_WHYS[reading.why]} ${reading.detail}`.trim();
  const { report } = reading;
  if (report.config !== config.digest) return 'it still runs another configuration';
  if (report.release !== release) return `it still runs release ${report.release}`;
  return isFresh(report, now) ? null : 'its report is old';
}

const isFresh = ({ rounds }: Report, now: EpochMs): boolean =>
  rounds.some(({ everyMs, observedAt }) => now - observedAt <= freshForMs(everyMs));
