/**
 * Stored items → evidence: each vantage's report with the manifest of the configuration it ran. What is
 * missing or malformed is a silent vantage, and so is everything when the table can't be read: then
 * nothing has a quorum and automation holds, while orders still work.
 */
import { QuorateError } from '../core/errors.ts';
import type { Config, EpochMs, Service, VantageId } from '../core/model.ts';
import { type ConfigManifest, coversAll, type Report } from '../core/report.ts';
import { parseManifest, parseReport } from '../core/report-parse.ts';
import { castVotes, isolatedVantages, type ReportReading, type Votes } from '../core/vote.ts';
import type { Clock, Store } from '../ports.ts';

export type Evidence = {
  readonly readings: ReadonlyMap<VantageId, ReportReading>;
  readonly isolated: ReadonlySet<VantageId>;
  readonly readAt: EpochMs;
  /** Why the table could not be read; null if it could. */
  readonly trouble: string | null;
};

export async function readEvidence(
  { clock, store }: { readonly clock: Clock; readonly store: Store },
  config: Config,
  manifest: ConfigManifest,
  signal: AbortSignal,
): Promise<Evidence> {
  let manifests: ReadonlyMap<string, unknown>;
  const reports = new Map<VantageId, Report | ReportReading>();
  try {
    const raw = await store.readReports(config.vantages, signal);
    for (const [vantage, item] of raw) {
      const report = parseReport(item, vantage);
      reports.set(
        vantage,
        'malformed' in report
          ? { kind: 'silent', why: 'malformed', detail: report.malformed }
          : report,
      );
    }
  } catch (error) {
    if (!(error instanceof QuorateError)) throw error;
    return {
      readings: new Map(),
      isolated: new Set(),
      readAt: clock.now(),
      trouble: error.message,
    };
  }
  const foreign = [...reports.values()].flatMap((report) =>
    'config' in report && report.config !== manifest.digest ? [report.config] : [],
  );
  let trouble: string | null = null;
  try {
    manifests =
      foreign.length === 0 ? new Map() : await store.readManifests([...new Set(foreign)], signal);
  } catch (error) {
    // Reports under our own configuration need no manifest from the table: they still count.
    if (!(error instanceof QuorateError)) throw error;
    manifests = new Map();
    trouble = error.message;
  }
  const now = clock.now();
  const readings = new Map<VantageId, ReportReading>();
  for (const [vantage, report] of reports) {
    readings.set(vantage, 'config' in report ? readingOf(report, manifest, manifests) : report);
  }
  return {
    readings,
    isolated: isolatedVantages(config.services, readings, now),
    readAt: now,
    trouble,
  };
}

function readingOf(
  report: Report,
  own: ConfigManifest,
  manifests: ReadonlyMap<string, unknown>,
): ReportReading {
  const manifest =
    report.config === own.digest ? own : parseManifest(manifests.get(report.config), report.config);
  if ('malformed' in manifest) {
    return { kind: 'silent', why: 'unknown-config', detail: report.config };
  }
  return coversAll(report, manifest)
    ? { kind: 'read', report, manifest }
    : {
        kind: 'silent',
        why: 'malformed',
        detail: 'listed plus unlisted is not what is configured',
      };
}

export const votesOf = (evidence: Evidence, service: Service, now: EpochMs): Votes =>
  castVotes(service, evidence.readings, evidence.isolated, now);

/** How many usable reports of this service ran under this very configuration of it. */
export const reportsUnder = (votes: Votes, config: Config): number =>
  votes.views.filter((view) => view.state !== 'silent' && view.config === config.digest).length;
