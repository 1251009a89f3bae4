/**
 * An assessment → the document of `status`, by the API and by `status --json` alike; the text is printed
 * from it as well. Health is the verdict of the votes; what DNS has stands beside it, never in its place.
 */
import { AUTOMATION_STATES, type EndpointDecision } from '../core/decision.ts';
import type { FenceOrder } from '../core/fence.ts';
import type { Config, DigestOf, EpochMs, Service, VantageId } from '../core/model.ts';
import type { Reason } from '../core/reason.ts';
import { sentence } from '../core/reason.ts';
import { regionMark } from '../core/rule-order.ts';
import { markOf, type Snapshot } from '../core/snapshot.ts';
import { SILENT_WHYS, type VantageView } from '../core/vote.ts';
import type { Assessed, Assessment } from '../rounds/assess.ts';
import { orderRecordOf } from '../rounds/order-records.ts';
import type { BallotShown, OrderShown, ReasonShown } from './parts.ts';
import type { EndpointShown, ServiceShown, StatusDocument, VantageShown } from './status.ts';

export const isOn = (service: Pick<ServiceShown, 'automation'>): boolean =>
  service.automation === 'on';

export function statusDocument(config: Config, assessment: Assessment): StatusDocument {
  const services = assessment.services.map((one) => serviceShown(one, assessment));
  return {
    format: 1,
    deployment: config.deployment,
    region: assessment.region,
    at: assessment.now,
    zoneReadAt: zoneReadAt(assessment),
    automation: { on: services.filter(isOn).length, of: services.length },
    services,
    vantages: config.vantages.map((vantage) => vantageShown(vantage, assessment)),
    notes: assessment.notes,
  };
}

/** The oldest read that something shown rests on. */
const zoneReadAt = ({ services }: Assessment): EpochMs | null =>
  earliest(services.flatMap(({ snapshot }) => (snapshot === null ? [] : [snapshot.readAt])));

/** What the text of one service needs besides its own assessment. */
export type Around = Pick<Assessment, 'orderRecords' | 'digestOf'>;

export function serviceShown(
  { service, votes, snapshot, result, trouble }: Assessed,
  around: Around,
): ServiceShown {
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
    orders: snapshot === null ? [] : ordersOf(service, snapshot, around),
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

export function ordersOf(
  service: Service,
  { fence }: Snapshot,
  { orderRecords, digestOf }: Around,
): readonly OrderShown[] {
  if (fence.kind !== 'managed') return [];
  return fence.fence.orders.map((order) => ({
    id: order.id,
    service: service.id,
    kind: order.kind,
    covers: coversText(service, order, digestOf),
    weight: order.weight,
    fromAt: order.fromAt,
    untilAt: order.untilAt,
    started: order.started,
    afterwards: order.afterwards,
    force: order.force,
    actor: orderRecordOf(orderRecords, service.id, order.id)?.actor ?? null,
    reason: orderRecordOf(orderRecords, service.id, order.id)?.reason ?? null,
  }));
}

/** The fence is public and holds marks only: what they stand for is found by marking what the file has. */
function coversText(service: Service, { scope }: FenceOrder, digestOf: DigestOf): string | null {
  switch (scope.kind) {
    case 'service':
      return 'service';
    case 'endpoint':
      return service.endpoints.find((one) => markOf(one, digestOf) === scope.mark)?.id ?? null;
    case 'region': {
      const found = service.endpoints.find(
        (one) => regionMark(one.region, digestOf) === scope.mark,
      );
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
    // A clock that is ahead makes a report no younger than new.
    ageMs: Number.isFinite(newest) ? Math.max(0, now - newest) : null,
    release: report?.release ?? null,
    why: state === 'silent' && silent !== undefined ? whyText(silent) : null,
  };
}

/** In the order in which an operator looks at them: what holds first. */
export const HELD_STATES: readonly ServiceShown['automation'][] = [
  ...AUTOMATION_STATES.filter((state) => state !== 'on'),
  'unread',
];
