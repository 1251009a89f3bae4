/**
 * Recorded reports → what a file would have decided, and when. The production evaluation runs over a shadow, as
 * it does for an observed service, at every recorded change and on every step until nothing is pending. A report
 * is recorded only when a vote of it changed: between two of them its vantage is taken to have gone on seeing the
 * same, so every vantage counts as fresh from its first report on, and a vantage that fell silent is not noticed.
 */

import {
  type Aids,
  type Config,
  type EndpointId,
  type EpochMs,
  epochMs,
  type Nonce,
  type Service,
  type ServiceId,
  type VantageId,
} from '../core/model.ts';
import type { Reason } from '../core/reason.ts';
import { sentence } from '../core/reason.ts';
import { type ConfigManifest, coversAll, type Report } from '../core/report.ts';
import { parseManifest, parseReport } from '../core/report-parse.ts';
import { slotsOf, snapshotOf } from '../core/snapshot.ts';
import { isolatedVantages, type ReportReading } from '../core/vote.ts';
import type { ZoneRead, ZoneRecord } from '../core/zone-record.ts';
import type { Store } from '../ports.ts';
import { evaluate } from './evaluate.ts';
import { newMemory } from './quorum-memory.ts';
import type { QuorumResult } from './quorum-result.ts';
import { shadowOf } from './shadows.ts';

/** Two quorum rounds a minute: how exactly a step of time, such as the end of a hold-down, is met. */
export const REPLAY_STEP_MS = 30_000;
/** So long before the first moment shown a replay begins: hold-downs and ramps are then under way. */
export const REPLAY_WARM_UP_MS = 24 * 3_600_000;
/** What the table keeps. */
export const RECORDED_FOR_MS = 40 * 24 * 3_600_000;
/** A service that never settles ends here, and says so. */
const EVALUATIONS_MAX = 200_000;

export type RecordedReport = {
  readonly at: EpochMs;
  readonly report: Report;
  readonly manifest: ConfigManifest;
};

export type Recorded = {
  /** Of all vantages, oldest first. */
  readonly reports: readonly RecordedReport[];
  /** Vantages without any record: what they see now they have seen all the time. */
  readonly unchanged: readonly VantageId[];
  /** Vantages that nothing is known of. */
  readonly unknown: readonly VantageId[];
  /** Items that are no reports, or whose configuration is not known any more. */
  readonly unreadable: number;
};

export async function readRecorded(
  store: Pick<Store, 'readHistory' | 'readManifests' | 'readReports'>,
  config: Config,
  own: ConfigManifest,
  { from, now }: { readonly from: EpochMs; readonly now: EpochMs },
  signal: AbortSignal,
): Promise<Recorded> {
  const since = epochMs(Math.max(0, from - RECORDED_FOR_MS));
  const [histories, current] = await Promise.all([
    Promise.all(
      config.vantages.map((one) => store.readHistory(one, since, epochMs(now + 1), signal)),
    ),
    store.readReports(config.vantages, signal),
  ]);
  const unchanged: VantageId[] = [];
  const unknown: VantageId[] = [];
  let unreadable = 0;
  const found = config.vantages.flatMap((vantage, place) => {
    const items = (histories[place] ?? []).flatMap((item) => {
      const report = parseReport(item, vantage);
      if ('malformed' in report) unreadable += 1;
      return 'malformed' in report ? [] : [{ at: seenAt(report), report }];
    });
    if (items.length > 0) return items;
    const report = parseReport(current.get(vantage), vantage);
    if ('malformed' in report) {
      unknown.push(vantage);
      return [];
    }
    unchanged.push(vantage);
    return [{ at: since, report }];
  });
  const digests = [...new Set(found.map(({ report }) => report.config))];
  const foreign = digests.filter((digest) => digest !== own.digest);
  const stored = foreign.length === 0 ? new Map() : await store.readManifests(foreign, signal);
  const manifests = new Map<string, ConfigManifest>([[own.digest, own]]);
  for (const digest of foreign) {
    const manifest = parseManifest(stored.get(digest), digest);
    if (!('malformed' in manifest)) manifests.set(digest, manifest);
  }
  const reports = found.flatMap(({ at, report }) => {
    const manifest = manifests.get(report.config);
    if (manifest === undefined || !coversAll(report, manifest)) {
      unreadable += 1;
      return [];
    }
    return [{ at, report, manifest }];
  });
  return { reports: reports.sort((a, b) => a.at - b.at), unchanged, unknown, unreadable };
}

/** The start of its newest round: what is in it was seen by then. */
const seenAt = ({ rounds }: Report): EpochMs =>
  epochMs(Math.max(0, ...rounds.map(({ observedAt }) => observedAt)));

export type ReplayMove = {
  readonly endpoint: EndpointId;
  readonly from: number;
  readonly to: number;
  readonly code: string;
  readonly sentence: string;
};
export type ReplayStep = {
  readonly at: EpochMs;
  /** Weights that would have moved. */
  readonly moves: readonly ReplayMove[];
  /** What was held back from here on, and was not a step before. */
  readonly withheld: readonly { readonly code: string; readonly sentence: string }[];
};

export type ReplayInput = {
  /** Under whose digests the reports were made. */
  readonly deployed: Config;
  /** Which file decides; the deployed one itself, or another. */
  readonly config: Config;
  readonly service: ServiceId;
  readonly recorded: Recorded;
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly aids: Aids;
};

export type Replayed = {
  readonly steps: readonly ReplayStep[];
  /** It went on deciding until the bound, and the rest is not known. */
  readonly isCut: boolean;
};

export function replay(input: ReplayInput): Replayed {
  const { config, recorded, aids } = input;
  const service = observedOf(config, input.service);
  const begin = epochMs(Math.max(0, input.from - REPLAY_WARM_UP_MS));
  const { reports } = recorded;
  /** Of each vantage, the newest report so far; `place` is the next one to come. */
  const known = new Map<VantageId, RecordedReport>();
  let place = 0;
  const records = zoneOf(service);
  const steps: ReplayStep[] = [];
  let shadow: unknown;
  let written = 0;

  const decideAt = (now: EpochMs, newest: ReadonlyMap<VantageId, RecordedReport>): QuorumResult => {
    const readings = new Map(
      [...newest].map(([vantage, one]) => [vantage, readingAt(one, input, now)] as const),
    );
    const isolated = isolatedVantages(config.services, readings, now);
    const evidence = { readings, isolated, readAt: now, trouble: null };
    const read: ZoneRead = { records, readAt: now, serverAt: now };
    const result = evaluate(
      { config, aids, memory: newMemory() },
      service,
      evidence,
      snapshotOf(service, read, config.deployment, now),
      new Map([[service.id, shadow]]),
      { now, nonce: () => `r${String(written).padStart(7, '0')}` as Nonce },
    );
    if (result.plan !== null) {
      shadow = shadowOf(result.plan);
      written += 1;
    }
    return result;
  };

  // Every endpoint has been up by quorum once: a file that is in force was proven before what is replayed.
  decideAt(epochMs(begin - 1), allUp(service, config, input));
  let held = new Set<string>();
  let now = begin;
  for (let count = 0; count < EVALUATIONS_MAX; count += 1) {
    for (let one = reports[place]; one !== undefined && one.at <= now; one = reports[place]) {
      known.set(one.report.vantage, one);
      place += 1;
    }
    const result = decideAt(now, known);
    const step = stepOf(result, now, held);
    held = new Set(result.decision.withheld.map(keyOf));
    if (now >= input.from && (step.moves.length > 0 || step.withheld.length > 0)) steps.push(step);
    const next = reports[place]?.at;
    const tick = isSettled(result) ? undefined : epochMs(now + REPLAY_STEP_MS);
    const times = [next, tick].filter((at) => at !== undefined && at <= input.to);
    if (times.length === 0) return { steps, isCut: false };
    now = epochMs(Math.min(...(times as EpochMs[])));
  }
  return { steps, isCut: true };
}

/** Always over a shadow: what the file would do, not whether it may. */
function observedOf(config: Config, id: ServiceId): Service {
  const service = config.services.find((one) => one.id === id);
  if (service === undefined) throw new Error(`${id} is in the file that is replayed`);
  return { ...service, mode: 'observe' };
}

/** Each record as the file wants it, so that the first step begins at the configured weights. */
const zoneOf = (service: Service): readonly ZoneRecord[] =>
  service.endpoints.flatMap((endpoint) =>
    slotsOf(service, endpoint).map(({ name, type, target }) => ({
      name,
      type,
      setIdentifier: endpoint.setIdentifier,
      weight: endpoint.weight,
      ...(target.kind === 'alias'
        ? {
            alias: {
              name: target.name,
              zone: target.zone,
              evaluateTargetHealth: target.evaluateTargetHealth,
            },
          }
        : { ttl: service.ttlSeconds, values: [target.value] }),
    })),
  );

/**
 * As its vantage would have written it again just now. A report under the deployed service's digest counts for
 * the same service of the other file; under any other it says nothing there either.
 */
function readingAt(
  { report, manifest }: RecordedReport,
  { deployed, config }: ReplayInput,
  now: EpochMs,
): ReportReading {
  const services = Object.fromEntries(
    Object.entries(manifest.services).map(([id, said]) => {
      const own = deployed.services.find((one) => one.id === id);
      const judge = config.services.find((one) => one.id === id);
      const isOwn = own !== undefined && judge !== undefined && own.digest === said.digest;
      return [id, isOwn ? { ...said, digest: judge.digest, settings: judge.settings } : said];
    }),
  );
  const left = new Map(
    config.services.map((one) => [one.id, new Set(one.endpoints.map(({ id }) => id))] as const),
  );
  return {
    kind: 'read',
    manifest: { ...manifest, services },
    report: {
      ...report,
      rounds: report.rounds.map((mark) => ({ ...mark, observedAt: now })),
      // What the other file leaves out is no stranger in the report.
      entries: report.entries.filter(
        ({ service, endpoint }) => left.get(service)?.has(endpoint) ?? true,
      ),
    },
  };
}

function allUp(
  service: Service,
  config: Config,
  { recorded }: ReplayInput,
): ReadonlyMap<VantageId, RecordedReport> {
  const [some] = recorded.reports;
  if (some === undefined) return new Map();
  const manifest: ConfigManifest = {
    digest: config.digest,
    packagedAt: config.packagedAt,
    services: {
      [service.id]: {
        digest: service.digest,
        settings: service.settings,
        endpoints: service.endpoints.length,
      },
    },
  };
  return new Map(
    service.vantages.map((vantage) => {
      const report: Report = {
        ...some.report,
        vantage,
        config: config.digest,
        selfCheck: { ...some.report.selfCheck, isolated: false },
        rounds: [{ everyMs: service.everyMs, round: 1, observedAt: some.at }],
        entries: [],
        unlisted: service.endpoints.length,
      };
      return [vantage, { at: some.at, report, manifest }];
    }),
  );
}

const keyOf = (reason: Reason): string =>
  `${reason.code} ${'endpoint' in reason ? reason.endpoint : ''}`;

function stepOf({ decision }: QuorumResult, at: EpochMs, held: ReadonlySet<string>): ReplayStep {
  return {
    at,
    moves: decision.endpoints.flatMap(({ endpoint, from, to, reason }) =>
      from === null || to === null || from === to
        ? []
        : [{ endpoint, from, to, code: reason.code, sentence: sentence(reason) }],
    ),
    withheld: decision.withheld
      .filter((reason) => !held.has(keyOf(reason)))
      .map((reason) => ({ code: reason.code, sentence: sentence(reason) })),
  };
}

/** Nothing will change by time alone: all is at its weight, or down and out of service. */
const isSettled = ({ decision, plan }: QuorumResult): boolean =>
  plan === null &&
  decision.withheld.length === 0 &&
  decision.endpoints.every(
    ({ verdict, to, configured }) =>
      verdict.value === 'unknown' || to === configured || (verdict.value === 'down' && to === 0),
  );
