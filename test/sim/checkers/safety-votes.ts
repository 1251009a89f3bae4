/**
 * Reports as a process read them → who said what about whom, by the reader's rules of the design, written
 * once more: age by `observedAt` against the reader's clock, digest of the service, listed + unlisted =
 * configured, isolation. The moment of a decision is known only within a slack; a report at the edge of
 * its time counts as possible, so that nobody is blamed for a millisecond.
 */
import type { Config, Service } from '../../../shared/core/model.ts';
import type { Report, ReportEntry } from '../../../shared/core/report.ts';
import type { Book, Part, ReportsRead } from './safety-book.ts';

export type Vote = 'up' | 'down' | 'none';

export type Seen = {
  readonly vantage: string;
  readonly report: Report;
  readonly observedMs: number;
  /** Not at the edge of its time, and its file is known. */
  readonly isSure: boolean;
  /** It ran the reader's own file. */
  readonly isOwnFile: boolean;
  readonly isIsolated: boolean;
  readonly entries: ReadonlyMap<string, ReportEntry>;
};

export const freshMs = (everyMs: number): number => Math.max(3 * everyMs, 20_000);
const FUTURE_MS_MAX = 5_000;

/** Between a decision and its record lie the records of the file's other services. */
export const slackMsOf = (config: Config): number => 500 + 2_500 * config.services.length;

/** One vantage's report for one service; null where it must not be used. */
function seenOf(
  vantage: string,
  raw: unknown,
  service: Service,
  config: Config,
  localMs: number,
  book: Book,
): Seen | null {
  if (!looksLikeReport(raw, vantage)) return null;
  const isOwnFile = raw.config === config.digest;
  const file = isOwnFile ? config : book.configOf(raw.config);
  const theirs = file?.services.find(({ id }) => id === service.id);
  if (file === undefined || theirs?.digest !== service.digest) return null;
  const round = raw.rounds.find(({ everyMs }) => everyMs === service.everyMs);
  if (round === undefined) return null;
  const ageMs = localMs - round.observedAt;
  const limitMs = freshMs(service.everyMs);
  if (ageMs < -FUTURE_MS_MAX || ageMs > limitMs + slackMsOf(config)) return null;
  const total = file.services.reduce((sum, { endpoints }) => sum + endpoints.length, 0);
  if (raw.entries.length + raw.unlisted !== total) return null;
  const entries = new Map(
    raw.entries
      .filter((entry) => entry.service === service.id)
      .map((entry) => [entry.endpoint as string, entry]),
  );
  for (const id of entries.keys()) {
    if (!service.endpoints.some((endpoint) => endpoint.id === id)) return null;
  }
  return {
    vantage,
    report: raw,
    observedMs: round.observedAt,
    isSure: isOwnFile && ageMs <= limitMs && ageMs >= slackMsOf(config) - FUTURE_MS_MAX,
    isOwnFile,
    isIsolated: raw.selfCheck.isolated,
    entries,
  };
}

const count = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

function looksLikeReport(raw: unknown, vantage: string): raw is Report {
  if (typeof raw !== 'object' || raw === null) return false;
  const report = raw as Partial<Report>;
  return (
    report.format === 1 &&
    report.vantage === vantage &&
    typeof report.config === 'string' &&
    Array.isArray(report.rounds) &&
    report.rounds.every(
      (round) => count(round?.everyMs) && count(round?.round) && count(round?.observedAt),
    ) &&
    count(report.unlisted) &&
    Array.isArray(report.entries) &&
    report.entries.every((entry) => typeof entry === 'object' && entry !== null) &&
    typeof report.selfCheck?.isolated === 'boolean'
  );
}

export function reportsFor(
  read: ReportsRead,
  service: Service,
  config: Config,
  localMs: number,
  book: Book,
): readonly Seen[] {
  return service.vantages.flatMap((vantage) => {
    const raw = read.reports.get(vantage);
    const seen = raw === undefined ? null : seenOf(vantage, raw, service, config, localMs, book);
    return seen === null ? [] : [seen];
  });
}

/** What a report says of one endpoint, isolation apart. */
export function plainVote(seen: Seen, endpoint: string): Vote {
  const entry = seen.entries.get(endpoint);
  if (entry === undefined) return 'up';
  return entry.skipped === null ? entry.vote : 'none';
}

/** What one process knew of one service when it decided. */
export type Knowledge = {
  readonly seen: readonly Seen[];
  /** Vantages that may have voted so, seen after this moment of the reader's clock. */
  readonly voters: (endpoint: string, vote: 'up' | 'down', afterMs?: number | null) => string[];
};

/** Of each read that a decision may have been made on: it must be sound on one of them. */
const made = new WeakMap<Part, readonly Knowledge[]>();

export function knowledgeOf(part: Part, book: Book): readonly Knowledge[] {
  let found = made.get(part);
  if (found === undefined) {
    found = part.reads.map((read) => known(read, part, book, null));
    made.set(part, found);
  }
  return found;
}

/**
 * The same, and besides as it was at each moment of the slack at which other reports count. To count a
 * report at the edge of its time excuses whoever needs its votes, and blames whoever was not to act
 * while so many endpoints look down: there each moment that may have been the decision's is looked at.
 */
export function knowledgeByMoment(part: Part, book: Book): readonly Knowledge[] {
  const all = knowledgeOf(part, book);
  const times = [...new Set(all.flatMap(({ seen }) => seen.map(({ observedMs }) => observedMs)))];
  const earlier = earlierMoments(times, part);
  if (earlier.length === 0) return all;
  const moments = [part.decidedLocalMs, ...earlier];
  return [
    ...all,
    ...part.reads.flatMap((read) => moments.map((moment) => known(read, part, book, moment))),
  ];
}

/** Within the slack before its record: where a report is still young enough, or not of the future any more. */
function earlierMoments(times: readonly number[], part: Part): readonly number[] {
  const to = part.decidedLocalMs;
  const from = to - slackMsOf(part.config);
  return times
    .flatMap((ms) => [ms + freshMs(part.service.everyMs), ms - FUTURE_MS_MAX - 1])
    .filter((moment) => moment >= from && moment < to);
}

const countsAt = (moment: number, observedMs: number, everyMs: number): boolean =>
  moment - observedMs <= freshMs(everyMs) && observedMs - moment <= FUTURE_MS_MAX;

/** At one moment, or, if it is null, with all that counts at any moment within the slack. */
function known(read: ReportsRead, part: Part, book: Book, moment: number | null): Knowledge {
  const { config, service, decidedLocalMs } = part;
  const byService = new Map(
    config.services.map((one) => [
      one,
      reportsFor(read, one, config, decidedLocalMs, book).filter(
        ({ observedMs }) => moment === null || countsAt(moment, observedMs, one.everyMs),
      ),
    ]),
  );
  const seen = byService.get(service) ?? [];
  const alone = new Set(
    seen.filter(({ vantage }) => isAlone(vantage, byService)).map(({ vantage }) => vantage),
  );
  return {
    seen,
    voters: (endpoint, vote, afterMs) =>
      seen
        .filter(
          (one) =>
            plainVote(one, endpoint) === vote &&
            !(vote === 'down' && (one.isIsolated || alone.has(one.vantage))) &&
            (afterMs === undefined || afterMs === null || one.observedMs > afterMs),
        )
        .map(({ vantage }) => vantage),
  };
}

/**
 * It has at least 80 % of all endpoints of two or more services down while a majority of the others has
 * them up. Others at the edge of their time count for neither side, so the rule is applied only where it
 * is beyond doubt.
 */
function isAlone(vantage: string, byService: ReadonlyMap<Service, readonly Seen[]>): boolean {
  let all = 0;
  let down = 0;
  let services = 0;
  for (const [service, seen] of byService) {
    const own = seen.find((one) => one.vantage === vantage);
    if (own === undefined) continue;
    if (!own.isSure) return false;
    const alone = service.endpoints.filter(
      ({ id }) =>
        plainVote(own, id) === 'down' &&
        2 *
          seen.filter((one) => one.isSure && one.vantage !== vantage && plainVote(one, id) === 'up')
            .length >
          service.vantages.length - 1,
    ).length;
    all += service.endpoints.length;
    down += alone;
    if (alone > 0) services += 1;
  }
  return services >= 2 && down * 100 >= all * 80;
}
