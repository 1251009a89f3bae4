/**
 * An assessment → the document of `status --json`, which the text is printed from as well. Times are epoch
 * ms. Health is the verdict of the votes; what DNS has stands beside it, never in its place.
 */
import { sha256 } from '../../shared/adapters/digest.ts';
import {
  AUTOMATION_STATES,
  type Automation,
  type EndpointDecision,
} from '../../shared/core/decision.ts';
import type { FenceOrder } from '../../shared/core/fence.ts';
import type { Config, EpochMs, Service, VantageId } from '../../shared/core/model.ts';
import type { Reason } from '../../shared/core/reason.ts';
import { sentence } from '../../shared/core/reason.ts';
import { regionMark } from '../../shared/core/rule-order.ts';
import { markOf, type Snapshot } from '../../shared/core/snapshot.ts';
import { SILENT_WHYS, type VantageView } from '../../shared/core/vote.ts';
import type { Assessed, Assessment } from './assess.ts';

export type VoteShown = 'up' | 'down' | 'none' | 'silent';

/** What one vantage last reported about an endpoint. */
export type BallotShown = {
  readonly vantage: VantageId;
  readonly vote: VoteShown;
  readonly failures: number;
  readonly sinceAt: EpochMs | null;
  /** Reason of the last failure, or why the probe was skipped. */
  readonly code: string | null;
  readonly detail: string;
  readonly latencyMs: number | null;
  /** Conditions under `watch` that do not hold. */
  readonly watch: readonly string[];
};

export type EndpointShown = {
  readonly endpoint: string;
  readonly region: string | null;
  readonly tier: number | null;
  readonly health: 'up' | 'down' | 'unknown';
  readonly degraded: boolean;
  readonly ups: number;
  readonly downs: number;
  readonly of: number;
  readonly sinceAt: EpochMs | null;
  /** The smallest weight among its records as read; null: it has none. */
  readonly inDns: number | null;
  readonly wanted: number | null;
  readonly configured: number;
  readonly order: string | null;
  readonly reason: ReasonShown;
  readonly withheld: readonly ReasonShown[];
  readonly votes: readonly BallotShown[];
};

export type ReasonShown = { readonly code: string; readonly sentence: string };

export type OrderShown = {
  readonly id: string;
  readonly kind: FenceOrder['kind'];
  /** The endpoint's id, `region <region>`, or `service`; null: of nothing that the file knows. */
  readonly covers: string | null;
  readonly weight: number | null;
  readonly fromAt: EpochMs;
  readonly untilAt: EpochMs;
  readonly started: boolean;
  readonly afterwards: FenceOrder['afterwards'];
};

export type ServiceShown = {
  readonly service: string;
  readonly mode: Service['mode'];
  readonly names: readonly string[];
  readonly zone: string;
  /** `unread`: the zone could not be read, `trouble` says why. */
  readonly automation: Automation | 'unread';
  /** Of the `_quorate` record; null without a usable one. */
  readonly generation: number | null;
  readonly quorum: number;
  readonly usable: number;
  readonly of: number;
  readonly reasons: readonly ReasonShown[];
  /** The earliest time at which something that waits goes on. */
  readonly waitingUntilAt: EpochMs | null;
  readonly orders: readonly OrderShown[];
  readonly endpoints: readonly EndpointShown[];
  readonly trouble: string | null;
};

export type VantageShown = {
  readonly vantage: VantageId;
  readonly state: 'reporting' | 'isolated' | 'silent';
  /** Age of its newest round; null while silent for want of a readable report. */
  readonly ageMs: number | null;
  readonly release: string | null;
  readonly why: string | null;
};

export type StatusDocument = {
  readonly deployment: string;
  /** Whose replica was read. */
  readonly region: VantageId;
  readonly at: EpochMs;
  readonly automation: { readonly on: number; readonly of: number };
  readonly services: readonly ServiceShown[];
  readonly vantages: readonly VantageShown[];
  readonly notes: readonly string[];
};

export const isOn = (service: Pick<ServiceShown, 'automation'>): boolean =>
  service.automation === 'on';

export function statusDocument(config: Config, assessment: Assessment): StatusDocument {
  const services = assessment.services.map(serviceShown);
  return {
    deployment: config.deployment,
    region: assessment.region,
    at: assessment.now,
    automation: { on: services.filter(isOn).length, of: services.length },
    services,
    vantages: config.vantages.map((vantage) => vantageShown(vantage, assessment)),
    notes: assessment.notes,
  };
}

export function serviceShown({
  service,
  votes,
  snapshot,
  result,
  trouble,
}: Assessed): ServiceShown {
  const decision = result?.decision;
  const known = new Map(decision?.endpoints.map((one) => [String(one.endpoint), one]));
  const orphans = (decision?.endpoints ?? []).filter(
    ({ endpoint }) => !service.endpoints.some(({ id }) => id === endpoint),
  );
  const ids = [
    ...service.endpoints.map(({ id }) => String(id)),
    ...orphans.map((one) => String(one.endpoint)),
  ];
  return {
    service: service.id,
    mode: service.mode,
    names: service.names,
    zone: service.zone.key,
    automation: decision?.automation ?? 'unread',
    generation: snapshot?.fence.kind === 'managed' ? snapshot.fence.fence.generation : null,
    quorum: service.quorum,
    usable: votes.views.filter(({ state }) => state !== 'silent').length,
    of: votes.views.length,
    reasons: (decision?.reasons ?? []).map(reasonShown),
    waitingUntilAt: earliest(
      decision === undefined ? [] : waitsOf(decision.endpoints, decision.reasons),
    ),
    orders: snapshot === null ? [] : ordersOf(service, snapshot),
    endpoints: ids.map((id) => endpointShown(service, id, known.get(id), votes.views, snapshot)),
    trouble,
  };
}

export const reasonShown = (reason: Reason): ReasonShown => ({
  code: reason.code,
  sentence: sentence(reason),
});

function endpointShown(
  service: Service,
  id: string,
  decided: EndpointDecision | undefined,
  views: readonly VantageView[],
  snapshot: Snapshot | null,
): EndpointShown {
  const endpoint = service.endpoints.find((one) => one.id === id);
  const verdict = decided?.verdict;
  return {
    endpoint: id,
    region: endpoint?.region ?? null,
    tier: endpoint?.tier ?? null,
    health: verdict?.value ?? 'unknown',
    degraded: verdict?.degraded ?? false,
    ups: verdict?.ups.length ?? 0,
    downs: verdict?.downs.length ?? 0,
    of: views.length,
    sinceAt: verdict?.sinceAt ?? null,
    inDns: weightInZone(snapshot, endpoint?.setIdentifier ?? id),
    wanted: decided?.to ?? null,
    configured: endpoint?.weight ?? 0,
    order: decided?.order ?? null,
    reason: decided === undefined ? { code: 'unread', sentence: '' } : reasonShown(decided.reason),
    withheld: (decided?.withheld ?? []).map(reasonShown),
    votes: endpoint === undefined ? [] : views.map((view) => ballotShown(view, endpoint.id)),
  };
}

export function ballotShown(
  view: VantageView,
  endpoint: Service['endpoints'][number]['id'],
): BallotShown {
  const { vantage } = view;
  const ballot = view.state === 'silent' ? undefined : view.ballots.get(endpoint);
  if (ballot === undefined) {
    const detail = view.state === 'silent' ? whyText(view) : '';
    return { vantage, vote: 'silent', ...NOTHING_SEEN, detail };
  }
  return {
    vantage,
    vote: ballot.vote,
    failures: ballot.failures,
    sinceAt: ballot.sinceAt,
    code: ballot.skipped ?? ballot.code,
    detail: ballot.detail,
    latencyMs: ballot.latencyMs,
    watch: ballot.watch,
  };
}

const NOTHING_SEEN = {
  failures: 0,
  sinceAt: null,
  code: null,
  latencyMs: null,
  watch: [],
} as const;

const whyText = (view: Extract<VantageView, { readonly state: 'silent' }>): string =>
  view.detail === '' ? SILENT_WHYS[view.why] : `${SILENT_WHYS[view.why]} (${view.detail})`;

function weightInZone(snapshot: Snapshot | null, setIdentifier: string): number | null {
  const weights = (snapshot?.records ?? [])
    .filter((record) => record.setIdentifier === setIdentifier)
    .flatMap(({ weight }) => weight ?? []);
  return weights.length === 0 ? null : Math.min(...weights);
}

function ordersOf(service: Service, { fence }: Snapshot): readonly OrderShown[] {
  if (fence.kind !== 'managed') return [];
  return fence.fence.orders.map((order) => ({
    id: order.id,
    kind: order.kind,
    covers: coversText(service, order),
    weight: order.weight,
    fromAt: order.fromAt,
    untilAt: order.untilAt,
    started: order.started,
    afterwards: order.afterwards,
  }));
}

/** The fence is public and holds marks only: what they stand for is found by marking what the file has. */
function coversText(service: Service, { scope }: FenceOrder): string | null {
  switch (scope.kind) {
    case 'service':
      return 'service';
    case 'endpoint':
      return service.endpoints.find((one) => markOf(one, sha256) === scope.mark)?.id ?? null;
    case 'region': {
      const found = service.endpoints.find((one) => regionMark(one.region, sha256) === scope.mark);
      return found === undefined ? null : `region ${found.region}`;
    }
  }
}

/** What is waited for; an order's own end is no waiting. */
const WAITING = new Set(['hold-down', 'ramp', 'velocity', 'rescue-again', 'blocked']);

const waitsOf = (
  endpoints: readonly EndpointDecision[],
  reasons: readonly Reason[],
): readonly EpochMs[] =>
  [...reasons, ...endpoints.flatMap(({ reason, withheld }) => [reason, ...withheld])].flatMap(
    (reason) =>
      !WAITING.has(reason.code)
        ? []
        : 'untilAt' in reason
          ? [reason.untilAt]
          : 'nextAt' in reason
            ? [reason.nextAt]
            : [],
  );

const earliest = (times: readonly EpochMs[]): EpochMs | null =>
  times.length === 0 ? null : (Math.min(...times) as EpochMs);

function vantageShown(vantage: VantageId, { evidence, services, now }: Assessment): VantageShown {
  const reading = evidence.readings.get(vantage);
  const views = services.flatMap(({ votes }) =>
    votes.views.filter((view) => view.vantage === vantage),
  );
  const state = views.some((view) => view.state === 'reporting')
    ? 'reporting'
    : views.some((view) => view.state === 'isolated')
      ? 'isolated'
      : 'silent';
  const silent = views.find((view) => view.state === 'silent');
  const report = reading?.kind === 'read' ? reading.report : undefined;
  const newest = Math.max(...(report?.rounds ?? []).map(({ observedAt }) => observedAt));
  return {
    vantage,
    state: views.length === 0 && report !== undefined ? 'reporting' : state,
    ageMs: Number.isFinite(newest) ? now - newest : null,
    release: report?.release ?? null,
    why: state === 'silent' && silent !== undefined ? whyText(silent) : null,
  };
}

/** In the order in which an operator looks at them: what holds first. */
export const HELD_STATES: readonly ServiceShown['automation'][] = [
  ...AUTOMATION_STATES.filter((state) => state !== 'on'),
  'unread',
];
