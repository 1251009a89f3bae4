/**
 * The document of GET /world: what an observer of the whole world sees now. In: the world's parts at
 * one instant. Out: plain JSON in file order; whatever is not known is null, never guessed and never
 * left out. Nothing here decides: verdicts, weights and sentences are the handlers' own.
 */
import { CLOCK_TOLERANCE_MS } from '../../shared/core/fence.ts';
import type { Service } from '../../shared/core/model.ts';
import { freshForMs } from '../../shared/core/vote.ts';
import { isManagedType, type ZoneRecord } from '../../shared/core/zone-record.ts';
import type { InboxItem } from './inbox.ts';
import type { PlayedEndpoint } from './world-config.ts';

export type Ballot = 'up' | 'down' | 'none' | 'silent';
export type VantageState = 'reporting' | 'silent' | 'isolated' | 'down';

/** What the newest evaluation of any region said about one service. */
export type LatestDecision = {
  readonly service: string;
  readonly at: number;
  readonly region: string;
  readonly automation: string;
  /** Of the fence that it was decided on; 0 without one. */
  readonly generation: number;
  readonly sentences: readonly string[];
  readonly endpoints: readonly {
    readonly endpoint: string;
    readonly wanted: number | null;
    readonly why: string;
  }[];
};

export type EndpointState = {
  readonly endpoint: string;
  readonly region: string;
  readonly address: string | null;
  readonly votes: Readonly<Record<string, Ballot>>;
  readonly verdict: 'up' | 'down' | 'unknown';
  readonly degraded: boolean | null;
  readonly weight: {
    readonly configured: number;
    readonly wanted: number | null;
    readonly served: number | null;
  };
  readonly why: string | null;
};

export type AnswerShare = { readonly answer: string; readonly count: number };

export type ServiceState = {
  readonly service: string;
  readonly names: readonly string[];
  readonly mode: 'observe' | 'enforce';
  readonly automation: string | null;
  readonly generation: number | null;
  readonly endpoints: readonly EndpointState[];
  readonly decision: {
    readonly at: number;
    readonly region: string;
    readonly sentences: readonly string[];
  } | null;
  /** The last real answers to queries of the first name, most frequent first. */
  readonly dnsAnswers: readonly AnswerShare[];
  /** How fast it goes away and comes back, for people. */
  readonly pace: string;
};

/** One sentence that a decision said for the first time, or anything else worth a line of history. */
export type NewsItem = {
  readonly at: number;
  readonly service: string | null;
  readonly sentence: string;
};

export type WorldState = {
  readonly now: number;
  readonly ready: boolean;
  readonly deployment: string;
  readonly vantages: readonly {
    readonly vantage: string;
    readonly state: VantageState;
    readonly reportAgeMs: number | null;
  }[];
  readonly services: readonly ServiceState[];
  readonly faults: readonly (Readonly<Record<string, unknown>> & { readonly id: string })[];
  readonly orders: readonly (Readonly<Record<string, unknown>> & { readonly id: string })[];
  /** Newest last, at most 50. */
  readonly news: readonly NewsItem[];
  /** What notifications told the outside. Newest last. */
  readonly inbox: readonly InboxItem[];
  readonly notes: readonly string[];
};

/** A vantage's report as far as the world reads it: votes come from the core, beside it. */
export type SeenReport = { readonly observedAt: number; readonly isolated: boolean };

export type StateParts = {
  readonly now: number;
  readonly ready: boolean;
  readonly deployment: string;
  readonly vantages: readonly string[];
  readonly downVantages: ReadonlySet<string>;
  readonly reports: ReadonlyMap<string, SeenReport>;
  readonly services: readonly Service[];
  readonly played: readonly PlayedEndpoint[];
  /** Counted over all regions, by the production core. */
  readonly viewOf: (service: Service) => {
    readonly ballotOf: (endpoint: string, vantage: string) => Ballot;
    readonly verdictOf: (
      endpoint: string,
    ) => { readonly value: 'up' | 'down' | 'unknown'; readonly degraded: boolean } | undefined;
  };
  /** Of the fence in the zone. */
  readonly generationOf: (service: Service) => number | null;
  readonly decisions: ReadonlyMap<string, LatestDecision>;
  /** Service → the records that DNS answers from now. */
  readonly served: (service: Service) => readonly ZoneRecord[];
  readonly answers: ReadonlyMap<string, readonly AnswerShare[]>;
  readonly faults: WorldState['faults'];
  readonly orders: WorldState['orders'];
  readonly news: WorldState['news'];
  readonly inbox: WorldState['inbox'];
  readonly notes: readonly string[];
};

export function worldState(parts: StateParts): WorldState {
  return {
    now: parts.now,
    ready: parts.ready,
    deployment: parts.deployment,
    vantages: parts.vantages.map((vantage) => vantageState(vantage, parts)),
    services: parts.services.map((service) => serviceState(service, parts)),
    faults: parts.faults,
    orders: parts.orders,
    news: parts.news,
    inbox: parts.inbox,
    notes: parts.notes,
  };
}

function vantageState(vantage: string, parts: StateParts): WorldState['vantages'][number] {
  const report = parts.reports.get(vantage);
  const reportAgeMs = report ? parts.now - report.observedAt : null;
  const state = ((): VantageState => {
    if (parts.downVantages.has(vantage)) return 'down';
    if (!report || reportAgeMs === null) return 'silent';
    if (reportAgeMs > freshMsOf(parts.services) || reportAgeMs < -CLOCK_TOLERANCE_MS) {
      return 'silent';
    }
    return report.isolated ? 'isolated' : 'reporting';
  })();
  return { vantage, state, reportAgeMs };
}

/** The newest round is one of the shortest interval: for how long the core believes that. */
const freshMsOf = (services: readonly Service[]): number =>
  freshForMs(Math.min(...services.map(({ everyMs }) => everyMs)));

function serviceState(service: Service, parts: StateParts): ServiceState {
  const decision = parts.decisions.get(service.id);
  const records = parts.served(service);
  const view = parts.viewOf(service);
  return {
    service: service.id,
    names: service.names,
    mode: service.mode,
    automation: decision?.automation ?? null,
    generation: parts.generationOf(service),
    endpoints: service.endpoints.map((endpoint) => {
      const decided = decision?.endpoints.find((line) => line.endpoint === endpoint.id);
      const played = parts.played.find(
        (one) => one.service === service.id && one.endpoint === endpoint.id,
      );
      const verdict = view.verdictOf(endpoint.id);
      const firstType = service.types.find((type) => endpoint.targets[type]);
      return {
        endpoint: endpoint.id,
        region: endpoint.region,
        address: (firstType && played?.answers[firstType]) ?? null,
        votes: Object.fromEntries(
          service.vantages.map((vantage) => [vantage, view.ballotOf(endpoint.id, vantage)]),
        ),
        verdict: verdict?.value ?? 'unknown',
        degraded: verdict?.degraded ?? null,
        weight: {
          configured: endpoint.weight,
          wanted: decided?.wanted ?? null,
          served: servedWeight(service, endpoint.setIdentifier, records),
        },
        why: decided?.why ?? null,
      };
    }),
    decision: decision
      ? { at: decision.at, region: decision.region, sentences: decision.sentences }
      : null,
    dnsAnswers: parts.answers.get(service.id) ?? [],
    pace: paceOf(service),
  };
}

/** One line: what raises, what resets, and the steps of the way back. Endpoints may differ; the first speaks. */
export function paceOf(service: Service): string {
  const check = service.endpoints[0]?.check;
  const { holdDownMs, ramp, rampStepMs, failback } = service.policy;
  const steps = ramp.map((percent) => `${percent} %`).join(', ');
  const back = `back after ${seconds(holdDownMs)} up: ${steps}, ${seconds(rampStepMs)} a step`;
  const manual = failback === 'manual' ? ', once approved' : '';
  const rules = check
    ? `timeout ${seconds(check.timeoutMs)}, fall ${check.fall}, rise ${check.rise}, `
    : '';
  return `every ${seconds(service.everyMs)}, ${rules}quorum ${service.quorum} of ${service.vantages.length}; ${back}${manual}`;
}

const seconds = (ms: number): string =>
  ms >= 120_000 && ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`;

/** Names and types of an endpoint move together; the lowest shows a half-done hand edit. */
export function servedWeight(
  service: Pick<Service, 'names'>,
  setIdentifier: string,
  records: readonly ZoneRecord[],
): number | null {
  const weights = records
    .filter((record) => isManagedType(record.type) && service.names.includes(record.name))
    .filter((record) => record.setIdentifier === setIdentifier)
    .map((record) => record.weight ?? 0);
  return weights.length === 0 ? null : Math.min(...weights);
}
