/**
 * Clients of every service, as cohorts of caches: what name servers serve goes in (`zone-served`), and the
 * truth (`endpoint-changed`); out come the seconds × share of clients that were answered a dead endpoint
 * while a live one was configured, how long it took until nine in ten had moved away from one that died,
 * and the same for three others, by arithmetic in the same run:
 *
 *     omniscient   weights follow the truth at once; served after the mean time of a change (INSYNC)
 *     nothing      weights stay as configured, of the first tier
 *     healthCheck  Route 53 health checks on those records: every 30 s (or 10 s), threshold 3; unhealthy
 *                  once no more than 18 % of the checkers, whose phases are spread evenly over the
 *                  interval, still call it healthy; all unhealthy = all answered (aws-facts 2 and 3).
 *                  A status that changed is answered STATUS_S later (assumed: AWS names no figure).
 *
 * Who the clients are (assumed, after [Flavel et al., LANMAN 2014]: at a TTL of 20 s 90 % moved within
 * 60 s, 2 % were stale after 15 min): 75 % honour the TTL, 15 % hold at least 60 s, 8 % hold 3 to 15 min, 2 %
 * four hours. All names and types of a service change in one batch, so its first name and type stand for
 * all. Answers by weight; all zero = all alike; health check ids on records are ignored.
 */
import type { Config, Endpoint, Service } from '../../../shared/core/model.ts';
import type { ClientReport, Scenario } from '../scenario.ts';
import { type AnswerHistory, answerHistory, type Shares } from './answer-history.ts';
import type { EndpointConditions } from './conditions.ts';
import type { ZoneState } from './events.ts';
import type { SimWorld } from './world.ts';

export type Cohort = { readonly part: number; readonly lifetimeS: number };
const MINUTE_S = 60;
const TAIL_S = 240 * MINUTE_S;

export const cohortsOf = (ttlS: number): readonly Cohort[] =>
  [
    { part: 0.75, lifetimeS: 0 },
    { part: 0.15, lifetimeS: MINUTE_S },
    ...[3, 6, 9, 12, 15].map((minutes) => ({ part: 0.016, lifetimeS: minutes * MINUTE_S })),
    { part: 0.02, lifetimeS: TAIL_S },
  ].map(({ part, lifetimeS }) => ({ part, lifetimeS: Math.max(1, ttlS, lifetimeS) }));

/** Until as many are gone as honour the TTL or a floor of 60 s. */
const MOVED = 0.9;
const STATUS_S = 5;
const UNHEALTHY_BELOW = 0.18;
const THRESHOLD = 3;
/** The connection is given up after 4 s where nothing answers. */
const CONNECT_S = 4;

export type ClientOptions = { readonly healthCheckEveryS?: 10 | 30 };

/** One endpoint that died, and its clients. */
export type Move = {
  readonly service: string;
  readonly endpoint: string;
  readonly diedAtMs: number;
  /** What part of all clients it had then. */
  readonly part: number;
  /** Null: not by the end, or it served again before. */
  moved90Ms: number | null;
  isOver: boolean;
};

export type ServiceClients = ClientReport & { readonly service: string };

export type ClientModel = {
  readonly report: () => ClientReport;
  readonly perService: () => readonly ServiceClients[];
  /** Every endpoint that died with clients on it. */
  readonly moved90: () => readonly Move[];
};

type Truth = {
  readonly endpoint: Endpoint;
  /** Of its clients: 0 served all, 1 none. */
  deadPart: number;
  serves: boolean;
  isHealthy: boolean;
};
type Flip = { readonly atS: number; readonly endpoint: string; readonly isHealthy: boolean };

export function clientModel(
  world: SimWorld,
  _scenario: Pick<Scenario, 'name'>,
  options: ClientOptions = {},
): ClientModel {
  let config: Config = world.config();
  let services = new Map<string, ReturnType<typeof serviceClients>>();
  const secondsNow = (): number => (world.sim.nowMs() - world.startMs) / 1_000;
  const gone: ReturnType<typeof serviceClients>[] = [];
  const refresh = (): void => {
    config = world.config();
    const wanted = new Set<string>(config.services.map(({ id }) => id));
    for (const [id, one] of services) if (!wanted.has(id)) gone.push(one);
    services = new Map(
      config.services.map((service) => {
        const known = services.get(service.id);
        known?.follow(service);
        return [
          service.id,
          known ?? serviceClients(world, service, secondsNow(), options.healthCheckEveryS ?? 30),
        ];
      }),
    );
  };
  refresh();

  world.on((event) => {
    if (event.kind !== 'zone-served' && event.kind !== 'endpoint-changed') return;
    if (world.config() !== config) refresh();
    if (event.kind === 'endpoint-changed') {
      services.get(event.service)?.truthChanged(event.endpoint, secondsNow(), event);
      return;
    }
    for (const one of services.values()) {
      if (one.zone() === event.zone) one.served(event.state, secondsNow());
    }
  });

  const all = (): ReturnType<typeof serviceClients>[] => {
    const list = [...gone, ...services.values()];
    for (const one of list) one.advance(secondsNow());
    return list;
  };
  const perService = (): readonly ServiceClients[] => all().map((one) => one.report());
  return {
    perService,
    report: () => {
      const reports = perService();
      const sum = (of: (one: ServiceClients) => number): number =>
        rounded(reports.reduce((total, one) => total + of(one), 0));
      return {
        blackHoledSeconds: sum((one) => one.blackHoledSeconds),
        omniscientSeconds: sum((one) => one.omniscientSeconds),
        nothingSeconds: sum((one) => one.nothingSeconds),
        healthCheckSeconds: sum((one) => one.healthCheckSeconds),
      };
    },
    moved90: () => all().flatMap(({ moves }) => moves),
  };
}

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;

function serviceClients(world: SimWorld, given: Service, startS: number, everyS: number) {
  let service = given;
  let cohorts = cohortsOf(service.ttlSeconds);
  let nowS = startS;
  const truths = new Map<string, Truth>();
  const conditionsOf = (endpoint: string): EndpointConditions | undefined =>
    world.conditions.endpoints.get(`${service.id}/${endpoint}`);
  const learn = (): void => {
    for (const endpoint of service.endpoints) {
      if (truths.get(endpoint.id)?.endpoint === endpoint) continue;
      const conditions = conditionsOf(endpoint.id);
      const deadPart = conditions === undefined ? 0 : deadPartOf(conditions);
      const isHealthy = conditions === undefined || isPassing(conditions);
      truths.set(endpoint.id, { endpoint, deadPart, serves: deadPart === 0, isHealthy });
    }
  };
  learn();
  const live = (isLive: (truth: Truth) => boolean): Shares => {
    const list = service.endpoints.filter(({ weight }) => weight > 0);
    const good = list.filter(({ id }) => isLive(truths.get(id) as Truth));
    const from = good.length === 0 ? list : good;
    const tier = Math.min(...from.map((endpoint) => endpoint.tier));
    return sharesOf(
      from
        .filter((endpoint) => endpoint.tier === tier)
        .map(({ id, weight }) => [id, weight] as const),
    );
  };
  const served = (state: ZoneState): Shares => {
    const bySet = new Map<string, string>(
      service.endpoints.map(({ id, setIdentifier }) => [setIdentifier, id]),
    );
    const [name, type] = [service.names[0], service.types[0]];
    const weights: (readonly [string, number])[] = [];
    for (const record of state.values()) {
      if (record.name !== name || record.type !== type || record.weight === undefined) continue;
      const id = bySet.get(record.setIdentifier ?? '') ?? `foreign ${record.setIdentifier}`;
      weights.push([id, record.weight]);
    }
    return sharesOf(weights);
  };
  const begin = (shares: Shares): AnswerHistory => answerHistory(startS, shares, TAIL_S + 60);
  const histories = {
    own: begin(served(world.route53.zones.get(service.zone.id)?.served() ?? new Map())),
    omniscient: begin(live(({ serves }) => serves)),
    nothing: begin(live(() => true)),
    healthCheck: begin(live(({ isHealthy }) => isHealthy)),
  };
  const seconds = { own: 0, omniscient: 0, nothing: 0, healthCheck: 0 };
  const moves: Move[] = [];
  const due: { readonly atS: number; readonly shares: Shares }[] = [];
  let flips: Flip[] = [];

  const holds = (history: AnswerHistory, endpoint: string, atS: number): number =>
    cohorts.reduce(
      (sum, { part, lifetimeS }) => sum + part * history.held(endpoint, atS, lifetimeS),
      0,
    );
  /** What was due happens, in order; seconds are counted before each change: histories forget. */
  const advance = (toS: number): void => {
    for (;;) {
      const [change, flip] = [due[0], flips[0]];
      const atS = Math.min(change?.atS ?? Number.POSITIVE_INFINITY, flip?.atS ?? toS + 1);
      if (atS > toS) break;
      count(atS);
      if (change !== undefined && change.atS === atS) {
        due.shift();
        histories.omniscient.change(atS, change.shares);
      } else if (flip !== undefined) {
        flips.shift();
        (truths.get(flip.endpoint) as Truth).isHealthy = flip.isHealthy;
        histories.healthCheck.change(
          atS,
          live(({ isHealthy }) => isHealthy),
        );
      }
    }
    count(toS);
  };
  const count = (toS: number): void => {
    if (toS <= nowS) return;
    const dead = [...truths].filter(([, { deadPart }]) => deadPart > 0);
    const isAnyLive = [...truths.values()].some(
      ({ serves, endpoint }) => serves && endpoint.weight > 0,
    );
    if (dead.length > 0 && isAnyLive) {
      for (const [id, { deadPart }] of dead) {
        for (const [name, history] of Object.entries(histories)) {
          for (const { part, lifetimeS } of cohorts) {
            seconds[name as keyof typeof seconds] +=
              deadPart * part * history.heldSeconds(id, nowS, toS, lifetimeS);
          }
        }
      }
    }
    for (const move of moves) if (!move.isOver) follow90(move, toS);
    nowS = toS;
  };
  const follow90 = (move: Move, toS: number): void => {
    const limit = (1 - MOVED) * move.part;
    const isMoved = (atS: number): boolean => holds(histories.own, move.endpoint, atS) <= limit;
    if (!isMoved(toS)) return;
    let [low, high] = [nowS, toS];
    while (high - low > 0.05) {
      const middle = (low + high) / 2;
      if (isMoved(middle)) high = middle;
      else low = middle;
    }
    move.isOver = true;
    move.moved90Ms = Math.round(world.startMs + high * 1_000 - move.diedAtMs);
  };

  return {
    moves,
    advance,
    zone: () => service.zone.id as string,
    follow: (now: Service): void => {
      advance((world.sim.nowMs() - world.startMs) / 1_000);
      service = now;
      cohorts = cohortsOf(service.ttlSeconds);
      learn();
    },
    served: (state: ZoneState, atS: number): void => {
      advance(atS);
      histories.own.change(atS, served(state));
    },
    truthChanged: (id: string, atS: number, now: { readonly isUp: boolean }): void => {
      const truth = truths.get(id);
      const conditions = conditionsOf(id);
      if (truth === undefined || conditions === undefined) return;
      advance(atS);
      const before = truth.deadPart;
      truth.deadPart = deadPartOf(conditions);
      truth.serves = truth.deadPart === 0;
      if (truth.deadPart === 1 && before < 1) {
        const part = holds(histories.own, id, atS);
        if (part > 0) {
          moves.push({
            service: service.id,
            endpoint: id,
            diedAtMs: world.sim.nowMs(),
            part,
            moved90Ms: null,
            isOver: false,
          });
        }
      }
      for (const move of moves) if (move.endpoint === id && truth.deadPart < 1) move.isOver = true;
      const { from, to } = world.conditions.route53.insyncMs;
      const servedAtS = Math.max(atS + (from + to) / 2_000, due.at(-1)?.atS ?? 0);
      due.push({ atS: servedAtS, shares: live(({ serves }) => serves) });
      flips = flips.filter((flip) => flip.endpoint !== id);
      if (now.isUp !== truth.isHealthy) {
        const probeS = now.isUp || conditions.code !== 'timeout' ? 0 : CONNECT_S;
        const atFlipS = atS + healthCheckDelayS(everyS, now.isUp) + probeS;
        flips.push({ atS: atFlipS, endpoint: id, isHealthy: now.isUp });
        flips.sort((a, b) => a.atS - b.atS);
      }
    },
    report: (): ServiceClients => ({
      service: service.id,
      blackHoledSeconds: rounded(seconds.own),
      omniscientSeconds: rounded(seconds.omniscient),
      nothingSeconds: rounded(seconds.nothing),
      healthCheckSeconds: rounded(seconds.healthCheck),
    }),
  };
}

/** From a change to a status that is answered: the last checker that is needed has looked `THRESHOLD` times. */
export const healthCheckDelayS = (everyS: number, isUp: boolean): number =>
  (isUp ? UNHEALTHY_BELOW : 1 - UNHEALTHY_BELOW) * everyS + (THRESHOLD - 1) * everyS + STATUS_S;

function deadPartOf({ clients, how, fails }: EndpointConditions): number {
  switch (clients) {
    case 'served':
      return 0;
    case 'dead':
      return 1;
    case 'as-probed':
      return how === 'fails' ? fails : 0;
  }
}

const isPassing = ({ how, fails }: EndpointConditions): boolean => how === 'answers' || fails === 0;

function sharesOf(weights: readonly (readonly [string, number])[]): Shares {
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  const shares = new Map<string, number>();
  for (const [id, weight] of weights) {
    const share = total === 0 ? 1 / weights.length : weight / total;
    if (share > 0) shares.set(id, (shares.get(id) ?? 0) + share);
  }
  return shares;
}
