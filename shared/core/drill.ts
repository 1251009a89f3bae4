/**
 * A drill drains a healthy region for some minutes, to see that its traffic goes where it should and comes
 * back. What a look at the zone and the reports says in; whether one is due, may begin, must stop, or is
 * over, out. A drill is a guest: whatever is wrong anywhere in its services, it does not begin, or it ends.
 */
import type { FenceOrder } from './fence.ts';
import type {
  DigestOf,
  EndpointId,
  EpochMs,
  OrderId,
  PlannedDrill,
  RegionId,
  ServiceId,
} from './model.ts';
import { typeable } from './order-wish.ts';
import { clockTime, list } from './phrase.ts';
import { CLOCK_OFF_MS_MAX } from './snapshot.ts';

/** One service, as a drill has to know it. */
export type DrillService = {
  readonly service: ServiceId;
  /** `unread`: its zone could not be read. */
  readonly automation: string;
  /** Vantages with a usable report that count; isolated ones don't. */
  readonly usable: number;
  readonly quorum: number;
  readonly endpoints: readonly DrillEndpoint[];
  readonly orders: readonly FenceOrder[];
  /** Sentences of what is withheld. */
  readonly withheld: readonly string[];
  readonly clockOffMs: number | null;
};
export type DrillEndpoint = {
  readonly endpoint: EndpointId;
  readonly region: RegionId;
  readonly verdict: 'up' | 'down' | 'unknown';
  readonly inDns: number | null;
  /** Neither removed nor on its way back. */
  readonly isIn: boolean;
  /** Its last change of weight by a commit, as the fence has it. */
  readonly changedAt: EpochMs | null;
};

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
const WEEK_MS = 7 * DAY_MS;
/** 1970-01-01 was a Thursday. */
const FIRST_WEEKDAY = 4;
/** A slot that was missed by more is skipped: people expect the drill at its time or not at all. */
export const DRILL_LATE_MS_MAX = 5 * MINUTE_MS;
/** Weight must be back this long after its order's end and the time that the policy takes for it. */
export const DRILL_RETURN_SPARE_MS = 10 * MINUTE_MS;

export type DrillSlot = {
  /** The same in every region, so that two of them give one order. */
  readonly id: OrderId;
  readonly region: RegionId;
  readonly fromAt: EpochMs;
  readonly untilAt: EpochMs;
};

/** The last time at or before now that this drill was to begin. */
export function slotOf(
  { region, forMs, weekday, minuteOfDay }: PlannedDrill,
  deployment: string,
  now: EpochMs,
  digestOf: DigestOf,
): DrillSlot {
  const today = Math.floor(now / DAY_MS);
  const daysAgo = (((today + FIRST_WEEKDAY) % 7) - weekday + 7) % 7;
  const thisWeek = (today - daysAgo) * DAY_MS + minuteOfDay * MINUTE_MS;
  const fromAt = (thisWeek > now ? thisWeek - WEEK_MS : thisWeek) as EpochMs;
  return {
    id: typeable(digestOf(`drill ${deployment} ${region} ${fromAt}`).slice(0, 8)),
    region,
    fromAt,
    untilAt: (fromAt + forMs) as EpochMs,
  };
}

/** Late by less than half of its time: the rest would show nothing. */
export const mayStillBegin = ({ fromAt, untilAt }: DrillSlot, now: EpochMs): boolean =>
  now - fromAt <= Math.min(DRILL_LATE_MS_MAX, (untilAt - fromAt) / 2);

/** Regions take turns by the minute; one that is away costs a minute. */
export const isTurnOf = <T>(region: T, regions: readonly T[], now: EpochMs): boolean =>
  regions[Math.floor(now / MINUTE_MS) % regions.length] === region;

/** Everything that stands against beginning; empty where nothing does. */
export function obstacles(services: readonly DrillService[], region: RegionId): readonly string[] {
  if (!services.some(({ endpoints }) => endpoints.some((one) => one.region === region))) {
    return [`no enforced service has an endpoint in ${region}`];
  }
  return services.flatMap((one) => [
    ...wrongs(one, () => true),
    ...one.endpoints
      .filter(({ isIn, verdict }) => !isIn && verdict === 'up')
      .map(({ endpoint }) => `${one.service}: ${endpoint} is still returning`),
    ...one.orders.map(
      ({ id, kind, untilAt }) =>
        `${one.service}: order ${id} (${kind}) stands until ${clockTime(untilAt)}`,
    ),
    ...(one.clockOffMs === null
      ? [`${one.service}: Route 53 told no time, so this clock can't be trusted`]
      : one.clockOffMs > CLOCK_OFF_MS_MAX
        ? [`${one.service}: this clock is ${one.clockOffMs} ms off Route 53's`]
        : []),
  ]);
}

/** Why a running drill must end now; null where all is as it should be. */
export function stopReason(
  services: readonly DrillService[],
  { id, region, fromAt, untilAt }: DrillSlot,
  now: EpochMs,
): string | null {
  const removed = services.filter(
    ({ orders, endpoints }) =>
      now < untilAt &&
      !orders.some((order) => order.id === id) &&
      // Its weights were changed since: the order stood, and somebody took it away.
      endpoints.some((one) => one.region === region && (one.changedAt ?? 0) >= fromAt),
  );
  const whys = services.flatMap((one) => [
    ...wrongs(one, (endpoint) => endpoint.region !== region),
    ...one.orders
      .filter((order) => order.id !== id)
      .map((order) => `${one.service}: order ${order.id} (${order.kind}) was given meanwhile`),
    ...(removed.includes(one) ? [`${one.service}: the drill's order was taken away`] : []),
  ]);
  return whys.length === 0 ? null : whys.join('; ');
}

/** What is wrong with a service whether a drill runs or not. */
function wrongs(
  { service, automation, usable, quorum, endpoints, withheld }: DrillService,
  counts: (endpoint: DrillEndpoint) => boolean,
): readonly string[] {
  const sick = endpoints.filter((one) => one.verdict !== 'up' && counts(one));
  return [
    ...(automation === 'on' ? [] : [`${service}: automation is ${automation}`]),
    // Unread: nothing is known of the rest.
    ...(usable > quorum || automation === 'unread'
      ? []
      : [
          `${service}: ${usable} vantages report, a drill needs ${quorum + 1}, one more than the quorum`,
        ]),
    ...(sick.length === 0
      ? []
      : [`${service}: ${list(sick.map(({ endpoint, verdict }) => `${endpoint} is ${verdict}`))}`]),
    ...withheld.map((sentence) => `${service}: ${sentence}`),
  ];
}

/** Has this slot been used, as the zone alone tells? Then nobody gives its order a second time. */
export const wasUsed = (
  services: readonly DrillService[],
  { region, fromAt }: DrillSlot,
): boolean =>
  services.some(({ endpoints }) =>
    endpoints.some((one) => one.region === region && (one.changedAt ?? 0) >= fromAt),
  );

export const carriesOrder = (service: DrillService, id: OrderId): boolean =>
  service.orders.some((order) => order.id === id);

/** Everything in the region has its full weight again. */
export const isRestored = (
  services: readonly DrillService[],
  region: RegionId,
  before: ReadonlyMap<string, number>,
): boolean =>
  services.every(({ service, endpoints }) =>
    endpoints.every(
      (one) =>
        one.region !== region ||
        (one.isIn && (one.inDns ?? 0) >= (before.get(`${service} ${one.endpoint}`) ?? 0)),
    ),
  );

/** `service endpoint` → weight in DNS, of what a drill will drain. */
export const weightsOf = (
  services: readonly DrillService[],
  region: RegionId,
): ReadonlyMap<string, number> =>
  new Map(
    services.flatMap(({ service, endpoints }) =>
      endpoints
        .filter((one) => one.region === region)
        .map((one) => [`${service} ${one.endpoint}`, one.inDns ?? 0] as const),
    ),
  );
