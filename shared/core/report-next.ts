/**
 * Observations + the report before → the next report. Counters are consecutive passes and failures; a
 * vote is `none` until one of them first reaches `rise` or `fall` under this service's digest. A look
 * that was skipped changes no counter and abstains. What is steadily up is not listed, so the size of a
 * report follows trouble, not the number of endpoints.
 */
import { byText, type Endpoint, type EpochMs, type Service, type VantageId } from './model.ts';
import type { Observation } from './observation.ts';
import type { SkipCode } from './reason-code.ts';
import {
  CHANGED_ROUNDS,
  type ConfigManifest,
  REPORT_BYTES_MAX,
  REPORT_FORMAT,
  type Report,
  type ReportEntry,
  type RoundMark,
  reportBytes,
  type SelfCheck,
  servicesSeenBy,
  type Vote,
} from './report.ts';
import { safeText } from './safe-text.ts';
import { freshForMs } from './vote.ts';

/** A report this much older than the interval says nothing about what holds now. */
const FORGET_AFTER_INTERVALS = 10;
const WATCH_NAMES_MAX = 20;
/** Ids, a detail and `WATCH_NAMES_MAX` names take less than 10 KB: so few entries always fit. */
const ENTRIES_THAT_FIT = 20;

/** Who reports, and under what: the same for every round of a run. */
export type Reporter = {
  readonly vantage: VantageId;
  readonly run: Report['run'];
  readonly release: string;
  readonly reads: Report['reads'];
  /** Digest of the whole configuration. */
  readonly config: string;
  /** Of the whole configuration. */
  readonly services: readonly Service[];
};

export type ReportInput = {
  readonly reporter: Reporter;
  /** As stored; undefined where there is none, or none that can be read. */
  readonly previous: Report | undefined;
  /** Of the configuration that `previous` ran. Needed only if that was another one. */
  readonly previousManifest: ConfigManifest | undefined;
  /** The rounds just done. Endpoints of other intervals keep their entries. */
  readonly rounds: readonly RoundMark[];
  readonly observations: readonly Observation[];
  readonly selfCheck: SelfCheck;
  readonly now: EpochMs;
};

/*  before            observed    after
 *  any               pass        passes + 1, failures 0; rise reached: up
 *  any               fail        failures + 1, passes 0; fall reached: down
 *  any               skipped     counters and vote kept, abstains
 *  any, not due      -           kept as it is
 *  not listed        -, due      listed as skipped: who was not looked at is not up
 *  other digest, no report, or forgotten: starts at none, 0 and 0                       */
export function nextReport(input: ReportInput): Report {
  const { reporter, previous, selfCheck } = input;
  const standings = standingsAfter(input);

  const wasIsolated = previous?.selfCheck.isolated ?? false;
  const hasChanged = standings.some(
    ({ entry, told }) => voteAsRead(entry, selfCheck.isolated) !== voteAsRead(told, wasIsolated),
  );
  const roundsLeft = hasChanged
    ? CHANGED_ROUNDS
    : Math.max(0, (previous?.changedRoundsLeft ?? 0) - 1);

  const listed = standings.filter(({ endpoint, entry }) => !isSteadilyUp(entry, endpoint));
  const total = reporter.services.reduce((sum, { endpoints }) => sum + endpoints.length, 0);
  return slim({
    format: REPORT_FORMAT,
    reads: reporter.reads,
    release: reporter.release,
    vantage: reporter.vantage,
    run: reporter.run,
    config: reporter.config,
    rounds: marksAfter(input),
    selfCheck,
    unlisted: total - listed.length,
    entries: listed.map(({ entry }) => entry).sort(byServiceAndEndpoint),
    changed: roundsLeft > 0,
    changedRoundsLeft: roundsLeft,
  });
}

type Standing = {
  readonly endpoint: Endpoint;
  readonly entry: ReportEntry;
  /** What the previous report said of it; undefined where no reader would still use that. */
  readonly told: ReportEntry | undefined;
};

/** What is known of every endpoint with this round, listed or not. */
function standingsAfter(input: ReportInput): readonly Standing[] {
  const { reporter, previous, now, rounds } = input;
  const listed = byEndpoint(previous?.entries ?? []);
  const seen = byEndpoint(input.observations);
  const standings: Standing[] = [];
  for (const service of servicesSeenBy(reporter, reporter.vantage)) {
    const { everyMs } = service;
    const mark = previous?.rounds.find((round) => round.everyMs === everyMs);
    const ageMs = mark === undefined ? Number.POSITIVE_INFINITY : Math.abs(now - mark.observedAt);
    const isRecent = ageMs <= FORGET_AFTER_INTERVALS * everyMs;
    const isSame = previousDigest(input, service) === service.digest;
    const isDue = rounds.some((round) => round.everyMs === everyMs);
    for (const endpoint of service.endpoints) {
      const key = keyOf(service.id, endpoint.id);
      const last =
        mark !== undefined && isRecent
          ? (listed.get(key) ??
            blankEntry(service, endpoint, 'up', endpoint.check.rise, mark.observedAt))
          : undefined;
      // After a silence the same votes are news: they count again.
      const told = ageMs <= freshForMs(everyMs) ? last : undefined;
      const before = isSame && last ? last : blankEntry(service, endpoint, 'none', 0, now);
      const observation = seen.get(key);
      const entry =
        observation !== undefined
          ? nextEntry(before, endpoint, observation)
          : isDue
            ? abstain(before, 'aborted', 'not probed in this round')
            : before;
      standings.push({ endpoint, entry, told });
    }
  }
  return standings;
}

const byEndpoint = <T extends { readonly service: string; readonly endpoint: string }>(
  all: readonly T[],
): ReadonlyMap<string, T> => new Map(all.map((one) => [keyOf(one.service, one.endpoint), one]));

function previousDigest(input: ReportInput, service: Service): string | undefined {
  const { reporter, previous, previousManifest } = input;
  if (previous?.config === reporter.config) return service.digest;
  if (previousManifest?.digest !== previous?.config) return undefined;
  const known = new Map(Object.entries(previousManifest?.services ?? {})).get(service.id);
  return known?.digest;
}

function nextEntry(entry: ReportEntry, endpoint: Endpoint, observation: Observation): ReportEntry {
  const { outcome, at } = observation;
  const { fall, rise } = endpoint.check;
  switch (outcome.kind) {
    case 'skipped':
      return abstain(entry, outcome.code, outcome.detail);
    case 'pass': {
      const passes = entry.passes + 1;
      return {
        ...entry,
        vote: passes >= rise ? 'up' : entry.vote,
        failures: 0,
        passes,
        sinceAt: entry.passes === 0 ? at : entry.sinceAt,
        code: null,
        skipped: null,
        detail: '',
        latencyMs: observation.latencyMs,
        watch: watchNames(observation),
      };
    }
    case 'fail': {
      const failures = entry.failures + 1;
      return {
        ...entry,
        vote: failures >= fall ? 'down' : entry.vote,
        failures,
        passes: 0,
        sinceAt: entry.failures === 0 ? at : entry.sinceAt,
        code: outcome.code,
        skipped: null,
        detail: safeText(outcome.detail),
        latencyMs: observation.latencyMs,
        watch: watchNames(observation),
      };
    }
  }
}

const abstain = (entry: ReportEntry, code: SkipCode, detail: string): ReportEntry => ({
  ...entry,
  skipped: code,
  detail: safeText(detail),
  latencyMs: null,
  watch: [],
});

const watchNames = (observation: Observation): string[] =>
  [...new Set(observation.watch.map(({ name }) => safeText(name)))]
    .sort(byText)
    .slice(0, WATCH_NAMES_MAX);

function blankEntry(
  service: Service,
  endpoint: Endpoint,
  vote: Vote,
  passes: number,
  sinceAt: EpochMs,
): ReportEntry {
  return {
    service: service.id,
    endpoint: endpoint.id,
    vote,
    failures: 0,
    passes,
    sinceAt,
    code: null,
    skipped: null,
    detail: '',
    latencyMs: null,
    watch: [],
  };
}

const isSteadilyUp = (entry: ReportEntry, endpoint: Endpoint): boolean =>
  entry.vote === 'up' &&
  entry.passes >= endpoint.check.rise &&
  entry.skipped === null &&
  entry.watch.length === 0;

/** As a reader counts it: who abstains has no vote, and isolation voids `down`. */
function voteAsRead(entry: ReportEntry | undefined, isIsolated: boolean): Vote {
  if (entry === undefined || entry.skipped !== null) return 'none';
  return isIsolated && entry.vote === 'down' ? 'none' : entry.vote;
}

/** Marks of intervals that no service has any more are dropped. */
function marksAfter({ reporter, previous, rounds }: ReportInput): RoundMark[] {
  const own = servicesSeenBy(reporter, reporter.vantage);
  const intervals = new Set(own.map((service) => service.everyMs));
  const marks = new Map<number, RoundMark>();
  for (const mark of [...(previous?.rounds ?? []), ...rounds]) marks.set(mark.everyMs, mark);
  return [...marks.values()]
    .filter((mark) => intervals.has(mark.everyMs))
    .sort((a, b) => a.everyMs - b.everyMs);
}

/** Details go first, then latencies and watch findings; votes never do. */
function slim(report: Report): Report {
  const { length } = report.entries;
  if (length <= ENTRIES_THAT_FIT || reportBytes(report) <= REPORT_BYTES_MAX) return report;
  const terse = { ...report, entries: report.entries.map((entry) => ({ ...entry, detail: '' })) };
  if (reportBytes(terse) <= REPORT_BYTES_MAX) return terse;
  return {
    ...terse,
    entries: terse.entries.map((entry) => ({ ...entry, latencyMs: null, watch: [] })),
  };
}

const keyOf = (service: string, endpoint: string): string => `${service} ${endpoint}`;

const byServiceAndEndpoint = (a: ReportEntry, b: ReportEntry): number =>
  byText(a.service, b.service) || byText(a.endpoint, b.endpoint);
