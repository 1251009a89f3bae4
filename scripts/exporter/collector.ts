/**
 * The API of any region → the documents that metrics are made of, asked for at each scrape. Scrapes that come
 * close together share one answer; budgets, which move by the minute, are asked for once a minute. What one call
 * could not get leaves its own gap, and only a status that nobody answers makes everything unknown.
 */
import { type DecisionsDocument, decisionsSchema } from '../../shared/api/decisions.ts';
import { type LatencyDocument, latencySchema } from '../../shared/api/latency.ts';
import { type SloDocument, sloSchema } from '../../shared/api/slo.ts';
import { type StatusDocument, statusSchema } from '../../shared/api/status.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import type { EpochMs } from '../../shared/core/model.ts';
import { printDuration } from '../../shared/core/units.ts';
import type { Clock } from '../../shared/ports.ts';
import type { ApiClient } from '../client/api-client.ts';
import { type MetricDocuments, PROBE_MS_MAX } from './open-metrics-text.ts';

const SHARED_MS = 5_000;
const SLO_EVERY_MS = 60_000;
const IN_FLIGHT_MAX = 8;
const DECISIONS_SHOWN = 50;

export type MetricsSource = {
  readonly status: (signal: AbortSignal) => Promise<StatusDocument>;
  readonly latency: (service: string, signal: AbortSignal) => Promise<LatencyDocument>;
  readonly slo: (signal: AbortSignal) => Promise<SloDocument>;
  readonly decisions: (service: string, signal: AbortSignal) => Promise<DecisionsDocument>;
};

export type Collector = {
  readonly collect: (signal: AbortSignal) => Promise<MetricDocuments>;
};

export function apiMetrics(api: Pick<ApiClient, 'ask'>): MetricsSource {
  const of = (service: string): string => `/v1/services/${encodeURIComponent(service)}`;
  const back = { query: { from: printDuration(PROBE_MS_MAX) } };
  const page = { query: { limit: DECISIONS_SHOWN } };
  return {
    status: async (signal) =>
      (await api.ask(statusSchema, 'GET', '/v1/status', {}, signal)).document,
    latency: async (service, signal) =>
      (await api.ask(latencySchema, 'GET', `${of(service)}/latency`, back, signal)).document,
    slo: async (signal) => (await api.ask(sloSchema, 'GET', '/v1/slo', {}, signal)).document,
    decisions: async (service, signal) =>
      (await api.ask(decisionsSchema, 'GET', `${of(service)}/decisions`, page, signal)).document,
  };
}

export function collector(
  source: MetricsSource,
  clock: Pick<Clock, 'now'>,
  onTrouble: (why: string) => void = () => undefined,
): Collector {
  const tally = decisionTally(source);
  let shared: { readonly at: EpochMs; readonly documents: Promise<MetricDocuments> } | null = null;
  let slo: { readonly at: EpochMs; readonly document: SloDocument } | null = null;

  /** Null: it is told why, once per scrape. */
  const attempt = async <T>(call: () => Promise<T>): Promise<T | null> => {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof QuorateError)) throw error;
      onTrouble(error.message);
      return null;
    }
  };

  const freshSlo = async (signal: AbortSignal): Promise<SloDocument | null> => {
    const now = clock.now();
    if (slo !== null && now - slo.at < SLO_EVERY_MS) return slo.document;
    const document = await attempt(() => source.slo(signal));
    // A budget of some minutes ago would look like one of now.
    slo = document === null ? null : { at: now, document };
    return document;
  };

  const collectNow = async (signal: AbortSignal): Promise<MetricDocuments> => {
    const status = await attempt(() => source.status(signal));
    if (status === null) return { status, latency: [], slo: null, seen: tally.seen() };
    const [latency, budgets] = await Promise.all([
      inTurn(status.services, ({ service }) => attempt(() => source.latency(service, signal))),
      freshSlo(signal),
      inTurn(status.services, (shown) => attempt(() => tally.look(shown, signal))),
    ]);
    return {
      status,
      latency: latency.filter((one) => one !== null),
      slo: budgets,
      seen: tally.seen(),
    };
  };

  return {
    collect: (signal) => {
      const now = clock.now();
      if (shared === null || now - shared.at >= SHARED_MS) {
        shared = { at: now, documents: collectNow(signal) };
        shared.documents.catch(() => {
          shared = null;
        });
      }
      return shared.documents;
    },
  };
}

async function inTurn<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const left = items.entries();
  const worker = async (): Promise<void> => {
    for (const [at, item] of left) results[at] = await run(item);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT_MAX }, worker));
  return results;
}

type Seen = { readonly commits: number; readonly conflicts: number };

/**
 * Commits and lost races, counted from the records since the exporter began. A race is lost to somebody who
 * committed, so records are only read where the generation has moved, and once more for what was still open then.
 */
function decisionTally({ decisions }: MetricsSource): {
  readonly look: (shown: StatusDocument['services'][number], signal: AbortSignal) => Promise<void>;
  readonly seen: () => ReadonlyMap<string, Seen>;
} {
  type Known = {
    readonly since: number;
    generation: number;
    isOpen: boolean;
    counted: ReadonlySet<string>;
    seen: Seen;
  };
  const known = new Map<string, Known>();
  return {
    seen: () => new Map([...known].map(([service, { seen }]) => [service, seen])),
    look: async ({ service, generation }, signal) => {
      if (generation === null) return;
      const own = known.get(service);
      if (own === undefined) {
        known.set(service, {
          since: generation,
          generation,
          isOpen: false,
          counted: new Set(),
          seen: { commits: 0, conflicts: 0 },
        });
        return;
      }
      if (own.generation === generation && !own.isOpen) return;
      const page = (await decisions(service, signal)).decisions.filter(
        ({ record }) => record.generation > own.since,
      );
      const settled = page.filter(({ outcome }) => outcome === 'committed' || outcome === 'lost');
      const fresh = settled.filter(({ digest }) => !own.counted.has(digest));
      const count = (wanted: string): number =>
        fresh.filter(({ outcome }) => outcome === wanted).length;
      own.seen = {
        commits: own.seen.commits + count('committed'),
        conflicts: own.seen.conflicts + count('lost'),
      };
      own.counted = new Set(settled.map(({ digest }) => digest));
      own.isOpen = page.some(({ outcome }) => outcome === 'open');
      own.generation = generation;
    },
  };
}
