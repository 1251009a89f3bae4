/**
 * When liveness may be asked for: enough correct vantages, a table that replicates, a control plane that
 * answers, nobody frozen or killed lately. What conditions tell is read from them whenever anybody decides;
 * faults that leave no trace there (a frozen process, a lost window) count as trouble for everybody while
 * they last and a while after. What a fault left in the zone is read from the zone.
 */
import type { Endpoint, Service } from '../../../shared/core/model.ts';
import type { ZoneRecord } from '../../../shared/core/zone-record.ts';
import type { Scenario } from '../scenario.ts';
import type { EndpointConditions, PlaceConditions } from '../world/conditions.ts';
import type { WorldEvent, ZoneState } from '../world/events.ts';
import type { SimWorld } from '../world/world.ts';
import { type EntryText, type FenceText, fenceOf, markOf } from './fence-text.ts';

export const MINUTE = 60_000;
/** A run ends after 130 s, votes stick for some rounds: what was wrong shows for so long. */
export const SETTLES_MS = 3 * MINUTE;
/** Of faults that happen at once and have effects of their own time: a host is paused for 20 min at most. */
const AT_ONCE_MS = 25 * MINUTE;
const LAG_MS_MAX = 5_000;
const FUTURE_MS_MAX = 5_000;
const LOOKS_AT: ReadonlySet<WorldEvent['kind']> = new Set(['decided', 'phase', 'endpoint-changed']);

/** Conditions and the zone tell all of what these do. */
const TOLD_BY_CONDITIONS = [
  /^endpoint-(?!added|dropped)/,
  /^certificate/,
  /^target-not-resolved$/,
  /^(several|all)-fail$/,
  /^(see-saw|returns-weak|flaps-slowly|flaps-fast|gray|slow|family-fails)$/,
  /^(firewall-answers-403|health-path-lies)$/,
  /^region-lost$/,
  /^two-regions-lost$/,
  /^us-east-1-lost$/,
  /^control-plane-down$/,
  /^(packet-loss|vantage-cut-off|report-not-written|own-dns-broken|no-route|no-ipv6-route|no-handles)$/,
  /^(clock-behind|clock-ahead|no-triggers|starts-fail|store-cut-off|replica-cut-off|cut-from-route53)$/,
  /^(weight|ttl|health-check)-edited$/,
  /^(record-removed|foreign-record|fence-removed|fence-malformed)$/,
];

export type LivenessFacts = {
  /** The last moment at which something was wrong that liveness does not cover. */
  readonly lastBadMs: () => number;
  /** The same, with every place as it should be and every link open. */
  readonly lastFlawMs: () => number;
  /** The last moment at which a fault was at work that conditions don't tell of. */
  readonly lastUntoldMs: () => number;
  readonly deadPlaces: () => number;
  readonly conditionsOf: (service: string, endpoint: string) => EndpointConditions | undefined;
};

const known = new WeakMap<SimWorld, LivenessFacts>();

/** One per world: whoever asks first makes it, so it hears of everything before they do. */
export function factsOf(world: SimWorld, scenario: Scenario): LivenessFacts {
  const facts = known.get(world) ?? livenessFacts(world, scenario);
  known.set(world, facts);
  return facts;
}

function livenessFacts(world: SimWorld, scenario: Scenario): LivenessFacts {
  let lastBadMs = world.startMs;
  let lastFlawMs = world.startMs;
  let active = 0;
  let lastUntoldMs = world.startMs;
  const untold = new Set<string>();
  const atOnce = new Map<string, boolean>(
    scenario.faults.map(({ kind, fromMs, untilMs }, index) => [
      `${kind} ${index + 1}`,
      untilMs <= fromMs,
    ]),
  );
  let before: ReturnType<typeof judge> = 'good';
  const look = (nowMs: number): void => {
    const now = judge(world);
    // What was wrong at the last look may have been so until a moment ago: nobody decides without Route 53.
    const verdict = now === 'bad' || before === 'bad' ? 'bad' : now === 'good' ? before : now;
    before = now;
    if (active > 0 || verdict === 'bad') lastBadMs = Math.max(lastBadMs, nowMs);
    if (active > 0 || verdict !== 'good') lastFlawMs = Math.max(lastFlawMs, nowMs);
  };
  const bad = (untilMs: number): void => {
    lastBadMs = Math.max(lastBadMs, untilMs);
    lastFlawMs = Math.max(lastFlawMs, untilMs);
  };
  const untoldAt = (untilMs: number): void => {
    lastUntoldMs = Math.max(lastUntoldMs, untilMs);
    bad(untilMs);
  };
  const begins = ({ id, atMs }: { readonly id: string; readonly atMs: number }): void => {
    if (!TOLD_BY_CONDITIONS.some((kind) => kind.test(id.replace(/ \d+$/, '')))) {
      if (atOnce.get(id) === false) {
        untold.add(id);
        untoldAt(atMs);
      } else untoldAt(atMs + AT_ONCE_MS);
      active = untold.size;
    }
    look(atMs);
  };
  const ends = ({ id, atMs }: { readonly id: string; readonly atMs: number }): void => {
    look(atMs);
    if (!untold.delete(id)) return;
    active = untold.size;
    untoldAt(atMs);
  };
  world.on((event: WorldEvent) => {
    if (event.kind === 'fault-began') begins(event);
    else if (event.kind === 'fault-ended') ends(event);
    else if (event.kind === 'invocation-ended') {
      if (event.how !== 'returned' && !isDead(world, event.by.region)) bad(event.atMs);
    } else if (LOOKS_AT.has(event.kind)) look(event.atMs);
  });
  return {
    lastBadMs: () => lastBadMs,
    lastFlawMs: () => lastFlawMs,
    lastUntoldMs: () => (active > 0 ? world.sim.nowMs() : lastUntoldMs),
    deadPlaces: () => [...world.conditions.places.values()].filter((one) => one.isDead).length,
    conditionsOf: (service, endpoint) => world.conditions.endpoints.get(`${service}/${endpoint}`),
  };
}

const isDead = (world: SimWorld, region: string): boolean =>
  [...world.conditions.places].some(([id, place]) => id === region && place.isDead);

/** `flawed`: a few places are not as they should be, and there is one vote to spare beside the quorum. */
function judge(world: SimWorld): 'good' | 'flawed' | 'bad' {
  const { places, table, route53 } = world.conditions;
  if (
    table.isGone ||
    table.cut.size > 0 ||
    table.mergeChance > 0 ||
    table.lagMs.to > LAG_MS_MAX ||
    [...table.lagIntoMs.values()].some((ms) => ms > LAG_MS_MAX) ||
    route53.isDown ||
    route53.denied ||
    route53.throttled + route53.throttledChanges + route53.busy > 0 ||
    route53.failsBefore + route53.failsAfter + route53.staleReads > 0 ||
    route53.missingZones.size + route53.protectedNames.size > 0
  ) {
    return 'bad';
  }
  const flawed = new Set<string>();
  for (const [region, place] of places) if (!isGoodPlace(place)) flawed.add(region);
  for (const conditions of world.conditions.endpoints.values()) {
    for (const [region, part] of conditions.failsFrom) if (part > 0) flawed.add(region);
  }
  if (flawed.size === 0) return 'good';
  const isEnough = world
    .config()
    .services.every(
      ({ vantages, quorum }) =>
        vantages.filter((vantage) => !flawed.has(vantage)).length >= quorum + 1,
    );
  return isEnough ? 'flawed' : 'bad';
}

export const isGoodPlace = (place: PlaceConditions): boolean =>
  !place.isDead &&
  !place.isUntriggered &&
  place.triggerDelayMsMax === 0 &&
  place.coldStartMs <= 1_000 &&
  place.initFails + place.killChance === 0 &&
  place.skew.offsetMs === 0 &&
  place.skew.driftPpm === 0 &&
  place.probeLoss + place.controlLoss === 0 &&
  place.cannotProbe === null &&
  !place.hasNoIpv6 &&
  place.loopLateMs <= 100 &&
  place.lies === null &&
  place.concurrencyMax >= 10 &&
  place.takesTurns &&
  place.oneWayMs.to <= 200 &&
  Object.values(place.table).every((value) => value === false || value === 0) &&
  !place.route53.isCut &&
  place.route53.requestLoss + place.route53.replyLoss + place.route53.late === 0;

/** What stands in the zone of one service. */
export type Standing = {
  readonly fence: FenceText | null;
  readonly record: (endpoint: Endpoint) => ZoneRecord | undefined;
  readonly entry: (endpoint: Endpoint) => EntryText | undefined;
  /** Fence and records say the same of every endpoint, and of no other. */
  readonly isSettled: boolean;
};

export function standing(world: SimWorld, service: Service, state: ZoneState): Standing {
  const found = fenceOf(state.get(`_quorate.${service.names[0]} TXT `));
  // Another deployment's, one of another format and one from the future hold the service (S3, S9).
  const isOwn =
    found?.deployment === world.config().deployment &&
    found.format === 1 &&
    found.asofMs <= world.sim.nowMs() + FUTURE_MS_MAX;
  const fence = isOwn ? found : null;
  const record = ({ setIdentifier }: Endpoint): ZoneRecord | undefined =>
    state.get(`${service.names[0]} ${service.types[0]} ${setIdentifier}`);
  const entry = ({ setIdentifier }: Endpoint): EntryText | undefined =>
    fence?.entries.get(markOf(setIdentifier));
  return { fence, record, entry, isSettled: fence !== null && isSettledBy(service, state, fence) };
}

function isSettledBy(service: Service, state: ZoneState, fence: FenceText): boolean {
  if (fence.entries.size !== service.endpoints.length) return false;
  let records = 0;
  for (const { name, type } of state.values()) {
    if (type !== 'TXT' && service.names.includes(name)) records += 1;
  }
  const slots = service.endpoints.flatMap((endpoint) =>
    service.names.flatMap((name) =>
      service.types.flatMap((type) =>
        endpoint.targets[type] === undefined
          ? []
          : [
              {
                endpoint,
                target: endpoint.targets[type],
                found: keyed(state, name, type, endpoint),
              },
            ],
      ),
    ),
  );
  return (
    records === slots.length &&
    slots.every(
      ({ endpoint, target, found }) =>
        found !== undefined &&
        found.weight === fence.entries.get(markOf(endpoint.setIdentifier))?.weight &&
        (target.kind === 'alias' || found.values?.[0] === target.value),
    )
  );
}

const keyed = (
  state: ZoneState,
  name: string,
  type: string,
  { setIdentifier }: Endpoint,
): ZoneRecord | undefined => state.get(`${name} ${type} ${setIdentifier}`);

export const zoneOf = (world: SimWorld, service: Service): ZoneState =>
  world.route53.zones.get(service.zone.id)?.state() ?? new Map();

export const isWell = (conditions: EndpointConditions | undefined): boolean =>
  conditions !== undefined &&
  conditions.how === 'answers' &&
  conditions.answerStatus === 200 &&
  conditions.latencyMs <= 1_000;
