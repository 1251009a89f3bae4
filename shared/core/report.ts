/**
 * Observations → report: a vantage's whole current view in one item, by exception. An endpoint that
 * passed `rise` times or more and is not failing costs no bytes. Listed plus unlisted equals the number
 * of configured endpoints, so a report that was cut short can't be read as "all well".
 */
import { jsonBytes } from './json-bytes.ts';
import type { Config, EndpointId, EpochMs, Service, ServiceId, VantageId } from './model.ts';
import type { FailCode, SkipCode } from './reason-code.ts';

export const REPORT_FORMAT = 1;
/** This release reads n and n−1; there is no format 0. */
export const REPORT_FORMATS_READ: readonly number[] = [REPORT_FORMAT];
/** A DynamoDB item holds 400 KB; the rest is room for keys and for what JSON doesn't show. */
export const REPORT_BYTES_MAX = 300 * 1024;
/** Replication may merge writes, so a change is announced by this many reports in a row. */
export const CHANGED_ROUNDS = 3;

/** One vantage's view of one endpoint. */
export type Vote = 'up' | 'down' | 'none';

/** An endpoint that is not steadily up. */
export type ReportEntry = {
  readonly service: ServiceId;
  readonly endpoint: EndpointId;
  readonly vote: Vote;
  /** Consecutive failures; 0 while passing. */
  readonly failures: number;
  /** Consecutive passes; 0 while failing. */
  readonly passes: number;
  /** When the present run of failures or passes began (start of its first round). */
  readonly sinceAt: EpochMs;
  /** Of the last failure; null if it has passed since the vote was last settled, or never failed. */
  readonly code: FailCode | null;
  /** This round's probe was not completed for the vantage's own reasons: it abstains. */
  readonly skipped: SkipCode | null;
  /** At most 120 safe characters. */
  readonly detail: string;
  readonly latencyMs: number | null;
  /** Names of watch conditions that do not hold. */
  readonly watch: readonly string[];
};

/** One pass over the endpoints of one interval. */
export type RoundMark = {
  readonly everyMs: number;
  readonly round: number;
  /** Start of the round: freshness and `asof` use the service's own interval. */
  readonly observedAt: EpochMs;
};

export type SelfCheck = {
  readonly isolated: boolean;
  readonly targets: number;
  readonly failed: number;
};

export type Report = {
  readonly format: number;
  /** Report and fence formats that this code reads. */
  readonly reads: { readonly report: readonly number[]; readonly fence: readonly number[] };
  readonly release: string;
  readonly vantage: VantageId;
  /** Start of the run (one invocation of `probe`) and a nonce: newer runs take over. */
  readonly run: { readonly startedAt: EpochMs; readonly id: string };
  readonly config: string;
  /** Ascending by interval. */
  readonly rounds: readonly RoundMark[];
  readonly selfCheck: SelfCheck;
  /** Configured endpoints that are not listed: steadily up, if this vantage looks at them. */
  readonly unlisted: number;
  readonly entries: readonly ReportEntry[];
  /** A vote changed in one of the last three rounds: the stream's filter. */
  readonly changed: boolean;
  readonly changedRoundsLeft: number;
};

/** Which service digests a configuration has: the immutable item `config#<digest>`. */
export type ConfigManifest = {
  readonly digest: string;
  readonly packagedAt: EpochMs;
  readonly services: Readonly<
    Record<
      string,
      {
        readonly digest: string;
        /** Of what else decides (`Service.settings`): which file its regions run. */
        readonly settings?: string;
        readonly endpoints: number;
      }
    >
  >;
};

/** Identifies what a report covered; a write is conditional on the mark that was read. */
export const roundKey = (report: Pick<Report, 'rounds'>): string =>
  report.rounds.map((mark) => `${mark.everyMs}:${mark.round}`).join(' ');

/** The services that this vantage looks at, in file order. */
export const servicesSeenBy = (
  config: Pick<Config, 'services'>,
  vantage: VantageId,
): readonly Service[] => config.services.filter((service) => service.vantages.includes(vantage));

/**
 * Is every configured endpoint listed, or counted as not listed, once? All of the file count, also those
 * that this vantage does not look at: nobody asks it about them, and the sum needs no list of vantages.
 */
export function coversAll(report: Report, manifest: ConfigManifest): boolean {
  const configured = new Map(Object.entries(manifest.services));
  const listed = new Map<string, number>();
  for (const { service } of report.entries) listed.set(service, (listed.get(service) ?? 0) + 1);
  const total = [...configured.values()].reduce((sum, service) => sum + service.endpoints, 0);
  return (
    report.entries.length + report.unlisted === total &&
    [...listed].every(([service, count]) => count <= (configured.get(service)?.endpoints ?? 0))
  );
}

/** Of two runs that write one report, the one that began later goes on. */
export const isNewerRun = (run: Report['run'], than: Report['run']): boolean =>
  run.startedAt > than.startedAt || (run.startedAt === than.startedAt && run.id > than.id);

/** UTF-8 bytes of the report as JSON. */
export const reportBytes = (report: Report): number => jsonBytes(report);
