/**
 * Reports → votes. Reader's rules: a report that is missing, stale, from the future, malformed or made
 * under another digest of this service leaves its vantage silent. Silence is never a pass, a fail or an
 * exception. An isolated vantage loses its `down` votes only: a pass proves itself.
 */
import { CLOCK_TOLERANCE_MS } from './fence.ts';
import type { EndpointId, EpochMs, Service, VantageId } from './model.ts';
import type { FailCode, SkipCode } from './reason-code.ts';
import type { ConfigManifest, Report, ReportEntry, Vote } from './report.ts';

/** What the reader made of one vantage's item, before any service asks. */
export type ReportReading =
  | { readonly kind: 'read'; readonly report: Report; readonly manifest: ConfigManifest }
  | { readonly kind: 'silent'; readonly why: SilentWhy; readonly detail: string };

export const SILENT_WHYS = {
  missing: 'no report',
  malformed: 'malformed report',
  'unknown-config': 'unknown configuration',
  'other-config': 'another configuration of this service',
  stale: 'report too old',
  future: 'report from the future',
} as const;
export type SilentWhy = keyof typeof SILENT_WHYS;

/** One vantage's view of one endpoint, with what it saw. */
export type Ballot = {
  readonly vote: Vote;
  readonly failures: number;
  readonly sinceAt: EpochMs | null;
  readonly code: FailCode | null;
  readonly skipped: SkipCode | null;
  readonly detail: string;
  readonly latencyMs: number | null;
  readonly watch: readonly string[];
};

export type VantageView =
  | {
      readonly vantage: VantageId;
      readonly state: 'reporting' | 'isolated';
      readonly observedAt: EpochMs;
      readonly config: string;
      /** Of the service in the file that this vantage runs; null where its manifest doesn't say. */
      readonly settings: string | null;
      readonly fenceFormats: readonly number[];
      readonly ballots: ReadonlyMap<EndpointId, Ballot>;
    }
  | {
      readonly vantage: VantageId;
      readonly state: 'silent';
      readonly why: SilentWhy;
      readonly detail: string;
    };

/** The views of the service's configured vantages, in the order of the file. */
export type Votes = {
  readonly views: readonly VantageView[];
  /** The Q-th newest report time; null with fewer than Q usable reports. */
  readonly asofAt: EpochMs | null;
};

/** A vantage that sees this share of everything down while others don't has lost its own network. */
const ISOLATED_SHARE_PERCENT = 80;
const FRESH_MS_MIN = 20_000;

const STEADILY_UP: Ballot = {
  vote: 'up',
  failures: 0,
  sinceAt: null,
  code: null,
  skipped: null,
  detail: '',
  latencyMs: null,
  watch: [],
};

/** Older than this a report is silent, by its own `observedAt`. */
export const freshForMs = (everyMs: number): number => Math.max(3 * everyMs, FRESH_MS_MIN);

export function castVotes(
  service: Service,
  readings: ReadonlyMap<VantageId, ReportReading>,
  isolated: ReadonlySet<VantageId>,
  now: EpochMs,
): Votes {
  const views = service.vantages.map((vantage) =>
    viewOf(service, vantage, readings.get(vantage), isolated.has(vantage), now),
  );
  const times = views
    .flatMap((view) => (view.state === 'silent' ? [] : [view.observedAt]))
    .sort((a, b) => b - a);
  return { views, asofAt: times[service.quorum - 1] ?? null };
}

function viewOf(
  service: Service,
  vantage: VantageId,
  reading: ReportReading | undefined,
  isIsolated: boolean,
  now: EpochMs,
): VantageView {
  const silent = (why: SilentWhy, detail = ''): VantageView => ({
    vantage,
    state: 'silent',
    why,
    detail,
  });
  if (reading === undefined) return silent('missing');
  if (reading.kind === 'silent') return silent(reading.why, reading.detail);
  const { report, manifest } = reading;
  if (ownService(manifest, service)?.digest !== service.digest) return silent('other-config');
  const mark = report.rounds.find((round) => round.everyMs === service.everyMs);
  if (mark === undefined) return silent('missing', `no round of ${service.everyMs} ms yet`);
  const ageMs = now - mark.observedAt;
  if (ageMs < -CLOCK_TOLERANCE_MS) return silent('future', `${-ageMs} ms ahead`);
  if (ageMs > freshForMs(service.everyMs)) return silent('stale', `${ageMs} ms old`);

  const entries = entriesOf(report, service);
  const stranger = [...entries.keys()].find(
    (id) => !service.endpoints.some((one) => one.id === id),
  );
  if (stranger !== undefined) {
    return silent('malformed', `it lists ${stranger}, which is no endpoint of ${service.id}`);
  }
  const ballots = new Map(
    service.endpoints.map((endpoint) => {
      const entry = entries.get(endpoint.id);
      const ballot = entry === undefined ? STEADILY_UP : ballotOf(entry);
      const isVoid = isIsolated && ballot.vote === 'down';
      return [endpoint.id, isVoid ? { ...ballot, vote: 'none' as const } : ballot] as const;
    }),
  );
  return {
    vantage,
    state: isIsolated ? 'isolated' : 'reporting',
    observedAt: mark.observedAt,
    config: report.config,
    settings: ownService(manifest, service)?.settings ?? null,
    fenceFormats: report.reads.fence,
    ballots,
  };
}

/** A probe that was not completed for the vantage's own reasons abstains. */
const ballotOf = (entry: ReportEntry): Ballot => ({
  vote: entry.skipped === null ? entry.vote : 'none',
  failures: entry.failures,
  sinceAt: entry.sinceAt,
  code: entry.code,
  skipped: entry.skipped,
  detail: entry.detail,
  latencyMs: entry.latencyMs,
  watch: entry.watch,
});

const entriesOf = (report: Report, service: Service): Map<EndpointId, ReportEntry> =>
  new Map(
    report.entries.flatMap((entry) =>
      entry.service === service.id ? [[entry.endpoint, entry] as const] : [],
    ),
  );

const ownService = (
  manifest: ConfigManifest,
  service: Service,
): ConfigManifest['services'][string] | undefined =>
  Object.hasOwn(manifest.services, service.id) ? manifest.services[service.id] : undefined;

/**
 * Vantages whose `down` votes are void: their control targets all failed, or they have at least 80 % of
 * all endpoints of two or more services down while a majority of the others has those up.
 */
export function isolatedVantages(
  services: readonly Service[],
  readings: ReadonlyMap<VantageId, ReportReading>,
  now: EpochMs,
): ReadonlySet<VantageId> {
  const none: ReadonlySet<VantageId> = new Set();
  const votes = services.map((service) => ({
    service,
    votes: castVotes(service, readings, none, now),
  }));
  const isolated = new Set<VantageId>();
  for (const [vantage, reading] of readings) {
    if (reading.kind !== 'read') continue;
    if (reading.report.selfCheck.isolated || isOutOnItsOwn(vantage, votes)) isolated.add(vantage);
  }
  return isolated;
}

function isOutOnItsOwn(
  vantage: VantageId,
  all: readonly { readonly service: Service; readonly votes: Votes }[],
): boolean {
  let seen = 0;
  let alone = 0;
  let services = 0;
  for (const { service, votes } of all) {
    const own = votes.views.find((view) => view.vantage === vantage);
    if (own === undefined || own.state === 'silent') continue;
    const others = votes.views.filter((view) => view.vantage !== vantage);
    const downAlone = service.endpoints.filter(
      ({ id }) =>
        own.ballots.get(id)?.vote === 'down' &&
        others.filter((view) => view.state !== 'silent' && view.ballots.get(id)?.vote === 'up')
          .length *
          2 >
          others.length,
    );
    seen += service.endpoints.length;
    alone += downAlone.length;
    services += downAlone.length > 0 ? 1 : 0;
  }
  return services >= 2 && alone * 100 >= seen * ISOLATED_SHARE_PERCENT;
}
