/**
 * The local world: the production functions of every region, and real servers for all that they talk
 * to, in one process on loopback. In: a configuration and how fast time goes. Out: a running world that
 * can be looked at, broken, healed and ended. Several worlds run side by side, each on its own block of
 * addresses and its own ports. Everything opened here is closed by disposing it, in reverse order.
 */
import { compilePattern } from '../../shared/adapters/patterns.ts';
import { systemClock } from '../../shared/adapters/system-clock.ts';
import { type Config, epochMs } from '../../shared/core/model.ts';
import type { ZoneRecord } from '../../shared/core/zone-record.ts';
import type { Clock, Prober } from '../../shared/ports.ts';
import type { Env } from '../../shared/wire.ts';
import { openWorldPage } from '../ui/world-page.ts';
import { makeAuthority } from './certificates.ts';
import { openControlServer } from './control-server.ts';
import { decisionBook } from './decision-book.ts';
import { startDns } from './dns-server.ts';
import { type NameServer, watchDns } from './dns-watch.ts';
import { openEndpointPark } from './endpoint-park.ts';
import { type FaultDesk, faultDesk } from './fault-desk.ts';
import { type KnownWorld, parseFault } from './faults.ts';
import type { RegionUrls } from './function-urls.ts';
import { startGlobalTable } from './global-table.ts';
import type { Inbox } from './inbox.ts';
import { latestDecision } from './latest-decision.ts';
import { loopbackBlock } from './loopback.ts';
import { newsDesk } from './news.ts';
import { type Observer, openObserver } from './observer.ts';
import { type Operator, type OrderState, openOperator } from './operator.ts';
import { parseOrder } from './orders.ts';
import { localNotify, openRegions, openWorldInbox } from './outside.ts';
import { deploy, environmentOf, type RegionWiring, startFunctions } from './production.ts';
import { openRegion, type Region, type RegionOptions } from './regions.ts';
import type { Buckets } from './route53-meter.ts';
import { type LocalRoute53, startRoute53 } from './route53-server.ts';
import { LOCAL_CREDENTIALS } from './signature-check.ts';
import type { OnStream } from './table-stream.ts';
import { type OrderRequest, worldApi } from './world-api.ts';
import { recast, type WorldConfig } from './world-config.ts';
import { type EventHub, eventHub, type WorldListener } from './world-events.ts';
import { type HttpListener, openHttp, portTaken } from './world-http.ts';
import { worldProber } from './world-prober.ts';
import { type WorldState, worldState } from './world-state.ts';
import { watchZones } from './zone-watch.ts';

export type WorldOptions = {
  /** As parsed from the user's file. */
  readonly config: Config;
  /** Divides every duration. */
  readonly speed?: number;
  /** Of the HTTP API; 0 or absent: any free one. */
  readonly port?: number;
  readonly dnsPort?: number;
  /** Of `quorum`'s schedule, a minute on AWS. Default: the shortest check interval. */
  readonly schedulePeriodMs?: number;
  /** Route 53's PENDING → INSYNC. */
  readonly insyncDelayMs?: number;
  /** Between replicas of the table. */
  readonly replicationLagMs?: number;
  /** Endpoints live at 127.x.y.*; this is x·256 + y. Worlds side by side take different ones. */
  readonly block?: number;
  /** False: no region waits for its turn, so that all of them race. */
  readonly takesTurns?: boolean;
  /** Route 53's token buckets; false: none, for drills that race writers. */
  readonly buckets?: Buckets | false;
  /** Between two looks at DNS, in real time. */
  readonly sampleMs?: number;
};

export type World = AsyncDisposable & {
  readonly url: string;
  readonly dns: NameServer;
  /** As played: addresses are loopback ones. */
  readonly config: Config;
  readonly clock: Clock;
  readonly state: () => WorldState;
  readonly addFault: FaultDesk['add'];
  /** False: there is none with that id. */
  readonly removeFault: FaultDesk['remove'];
  readonly order: (request: OrderRequest) => Promise<OrderState>;
  readonly removeOrder: (id: string) => Promise<boolean>;
  /** One invocation of `quorum` in every region at once, outside the schedule. */
  readonly invokeQuorum: () => Promise<void>;
  /** Every endpoint is up by quorum, and DNS has answered each one that has weight. */
  readonly ready: Promise<void>;
  /** Returns the function that ends the subscription. */
  readonly onEvent: (listener: WorldListener) => () => void;
  /** For drills that need a fault the API has no word for. */
  readonly route53: LocalRoute53;
  /** Of `api`, per region. Whoever calls them signs with `LOCAL_CREDENTIALS`. */
  readonly apiUrls: ReadonlyMap<string, RegionUrls>;
  readonly inbox: Inbox;
  /** What a function of this region is told: with it, the command line works on this world. */
  readonly environmentOf: (vantage: string) => Env;
};

/** As on AWS; shorter where checks are, so that a return's steps are not waited for. */
const SCHEDULE_PERIOD_MS_MAX = 60_000;
/** A run goes on until a newer one has written: more runs than this beside each other only cost. */
const ROUNDS_PER_RUN = 6;
/** A minute on AWS; here somebody looks on. News wakes it at once. */
const NOTIFY_PERIOD_MS = 30_000;
const INSYNC_DELAY_MS = 1_000;
const REPLICATION_LAG_MS = 200;
const SAMPLE_MS = 250;
const BLOCK = 1;

export async function startWorld(options: WorldOptions): Promise<World> {
  const { speed = 1 } = options;
  const clock = systemClock(speed);
  const now = (): number => clock.now();
  const events = eventHub();
  const stop = new AbortController();
  await using opened = new AsyncDisposableStack();

  const block = loopbackBlock(options.block ?? BLOCK);
  const played = recast(options.config, block, compilePattern);
  const regions = new Map<string, Region>();
  const inbox = opened.use(await openWorldInbox(regions, events, now));
  const config = { ...played.config, notify: localNotify(options.config, inbox) };
  const known = knownWorld(played);
  const authority = await makeAuthority();
  const park = opened.use(await openEndpointPark({ ...played, authority, clock }));
  const control = opened.use(await openControlServer());
  const { route53, dns } = await openZones(opened, played, clock, options);
  const observer = openObserver({ config, now, events });
  const table = opened.use(
    await startGlobalTable({
      clock,
      regions: config.vantages,
      table: config.deployment,
      lagMs: options.replicationLagMs ?? REPLICATION_LAG_MS,
      onStream: onStream(observer, regions),
    }),
  );
  const surroundings = { config, clock, speed, table, route53, inbox };
  await deploy(surroundings, stop.signal);

  const desk = faultDesk({ config, known, park, table, route53, regions, events, now });
  const zones = watchZones(route53, { config, now, events });
  const news = newsDesk();
  events.on(news.takeEvent);
  const decisions = decisionBook({
    news,
    events,
    generationOf: zones.generationOf,
    services: config.services,
  });

  const bootRegion = regionBooter({
    ...surroundings,
    ca: authority.ca,
    route: park.route,
    nameServer: `${dns.host}:${dns.port}`,
    proberOf: (vantage, inner) =>
      worldProber({
        inner,
        clock,
        vantage,
        effects: desk.effects,
        endpointAt: park.endpointAt,
        controlUrl: control.url,
        onAnswer: (endpoint, response) => observer.takeAnswer(vantage, endpoint, response),
      }),
    skewMsOf: (vantage) => desk.effects().skewMs.get(vantage) ?? 0,
    periodsMs: periodsOf(config, options.schedulePeriodMs),
    onDecision: (result, vantage) => decisions.take(latestDecision(result, vantage, now())),
    takesTurns: options.takesTurns ?? true,
    events,
  });
  const operator = opened.use(openOperator({ ...surroundings, stop: stop.signal }));
  // Before anybody looks: a service that is not managed yet would be an incident.
  await operator.bringIn();
  const boots = config.vantages.map((vantage) => () => bootRegion(vantage));
  const apiUrls = await openRegions(opened, boots, regions, { address: block.own, now });
  let isReady = false;
  const readiness = Promise.withResolvers<void>();
  const state = (): WorldState =>
    worldState({
      ...config,
      now: now(),
      ready: isReady,
      downVantages: desk.effects().downVantages,
      reports: observer.reports(),
      played: played.endpoints,
      viewOf: observer.viewOf,
      generationOf: zones.generationOf,
      decisions: decisions.latest,
      served: zones.servedRecords,
      answers: sampler.shares(),
      faults: desk.list(),
      orders: operator.orders(),
      news: news.list(),
      inbox: inbox.list(),
      notes: played.notes,
    });
  const sampler = opened.use(
    watchDns({
      services: config.services,
      nameServer: dns,
      periodMs: options.sampleMs ?? SAMPLE_MS,
      onTurn: () => {
        observer.look();
        if (isReady || !isServing(state(), sampler.hasAnswered)) return;
        isReady = true;
        events.emit({ event: 'ready', at: now(), url: http.url, dns: `${dns.host}:${dns.port}` });
        readiness.resolve();
      },
    }),
  );

  const controls = {
    addFault: desk.add,
    removeFault: desk.remove,
    ...toldOrders(operator, events, now),
  };
  const http = await openFace(opened, { controls, state, known, apiUrls, config }, options.port);
  const running = opened.move();
  return {
    url: http.url,
    dns,
    config,
    clock,
    state,
    ...controls,
    invokeQuorum: () => invokeEverywhere(regions),
    ready: readiness.promise,
    onEvent: events.on,
    route53,
    apiUrls,
    inbox,
    environmentOf: environmentOf.bind(null, surroundings),
    [Symbol.asyncDispose]: async () => {
      stop.abort(new Error('the local world ends'));
      await running.disposeAsync();
    },
  };
}

type Face = {
  readonly controls: Pick<World, 'addFault' | 'removeFault' | 'order' | 'removeOrder'>;
  readonly state: World['state'];
  readonly known: KnownWorld;
  readonly apiUrls: World['apiUrls'];
  readonly config: Config;
};

/** The page, and the world's own API beside it. */
async function openFace(
  opened: AsyncDisposableStack,
  { controls, state, known, apiUrls, config }: Face,
  port = 0,
): Promise<HttpListener> {
  const page = opened.use(
    openWorldPage({
      apiUrls,
      credentials: LOCAL_CREDENTIALS,
      first: config.home,
      portOf: () => Number(new URL(http.url).port),
    }),
  );
  const api = worldApi({
    ...controls,
    page,
    state,
    parseFault: (body) => parseFault(body, known),
    parseOrder: (body) => parseOrder(body, known),
  });
  const http = opened.use(await openHttp(api, port));
  return http;
}

async function invokeEverywhere(regions: ReadonlyMap<string, Region>): Promise<void> {
  await Promise.all([...regions.values()].map((region) => region.invoke('quorum')));
}

function toldOrders(
  operator: Operator,
  events: EventHub,
  now: () => number,
): Pick<World, 'order' | 'removeOrder'> {
  return {
    async order(request) {
      const order = await operator.order(request);
      events.emit({ event: 'order', at: now(), id: order.id, order });
      return order;
    },
    async removeOrder(id) {
      const isGone = await operator.removeOrder(id);
      if (isGone) events.emit({ event: 'order-removed', at: now(), id });
      return isGone;
    },
  };
}

type BootOptions = Omit<RegionWiring, 'vantage' | 'stop' | 'aroundProber'> & {
  readonly proberOf: (vantage: string, inner: Prober) => Prober;
  readonly skewMsOf: (vantage: string) => number;
  readonly periodsMs: RegionOptions['periodsMs'];
  readonly events: EventHub;
};

function regionBooter(options: BootOptions): (vantage: string) => Region {
  const { config, clock, events, proberOf, skewMsOf } = options;
  return (vantage) =>
    openRegion({
      deployment: config.deployment,
      vantage,
      clock,
      periodsMs: options.periodsMs,
      start: (stop) =>
        startFunctions({
          ...options,
          vantage,
          clock: { ...clock, now: () => epochMs(clock.now() + skewMsOf(vantage)) },
          stop,
          aroundProber: (inner) => proberOf(vantage, inner),
        }),
      onError: (name, error) => {
        const message = error instanceof Error ? error.message : String(error);
        events.emit({ event: 'error', at: clock.now(), vantage, function: name, message });
      },
    });
}

async function openZones(
  opened: AsyncDisposableStack,
  played: WorldConfig,
  clock: Clock,
  options: WorldOptions,
): Promise<{ readonly route53: LocalRoute53; readonly dns: NameServer }> {
  const route53 = opened.use(
    await startRoute53({
      clock,
      zones: played.zones.map(({ id, apex }) => ({
        id,
        name: apex,
        records: recordsOfObserved(played.config, id),
      })),
      insyncDelayMs: options.insyncDelayMs ?? INSYNC_DELAY_MS,
      ...(options.buckets === undefined ? {} : { buckets: options.buckets }),
    }),
  );
  const port = options.dnsPort ?? 0;
  const dns = await startDns({
    port,
    random: Math.random,
    zones: () => route53.zones.map((zone) => ({ name: zone.name, records: zone.served() })),
    resolveAlias: ({ name }) => played.aliases.get(name) ?? [],
  }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EADDRINUSE' ? portTaken(port, '--dns-port', error) : error;
  });
  opened.use(dns);
  return { route53, dns: { host: '127.0.0.1', port: dns.port } };
}

/** Nobody brings in what is only observed: its records stand there from the first, as a user's would. */
function recordsOfObserved(config: Config, zoneId: string): readonly ZoneRecord[] {
  return config.services
    .filter((service) => service.mode === 'observe' && service.zone.id === zoneId)
    .flatMap((service) =>
      service.endpoints.flatMap((endpoint) =>
        service.names.flatMap((name) =>
          service.types.flatMap((type): ZoneRecord[] => {
            const target = endpoint.targets[type];
            if (!target) return [];
            const { setIdentifier, weight } = endpoint;
            const common = { name, type, setIdentifier, weight };
            if (target.kind === 'value') {
              return [{ ...common, ttlSeconds: service.ttlSeconds, values: [target.value] }];
            }
            const { kind: _kind, ...alias } = target;
            return [{ ...common, alias }];
          }),
        ),
      ),
    );
}

const knownWorld = ({ config, endpoints }: WorldConfig): KnownWorld => ({
  vantages: config.vantages,
  services: config.services.map((service) => ({
    service: service.id,
    endpoints: endpoints
      .filter((played) => played.service === service.id)
      .map(({ endpoint, region, doors }) => ({
        endpoint,
        region,
        hasHttp: doors.some(({ protocol }) => protocol !== 'tcp'),
        hasTls: doors.some(({ protocol }) => protocol === 'https'),
      })),
  })),
});

function periodsOf(config: Config, wantedMs: number | undefined): RegionOptions['periodsMs'] {
  const everyMs = Math.min(SCHEDULE_PERIOD_MS_MAX, ...config.services.map((one) => one.everyMs));
  const quorum = wantedMs ?? everyMs;
  const probe = Math.max(quorum, Math.min(SCHEDULE_PERIOD_MS_MAX, ROUNDS_PER_RUN * everyMs));
  const notify = Math.min(SCHEDULE_PERIOD_MS_MAX, Math.max(quorum, NOTIFY_PERIOD_MS));
  return { probe, quorum, notify };
}

/** To the observer at once, to the region's own function as a shard's reader does: one batch at a time. */
const onStream =
  (observer: Observer, regions: ReadonlyMap<string, Region>): OnStream =>
  async (region, records) => {
    for (const { dynamodb } of records) {
      const key = dynamodb?.Keys?.pk?.S ?? '';
      const body = dynamodb?.NewImage?.body?.S;
      if (!key.startsWith(REPORT_PREFIX) || body === undefined) continue;
      observer.takeReport(key.slice(REPORT_PREFIX.length), JSON.parse(body));
    }
    await regions.get(region)?.takeStream(records);
  };
const REPORT_PREFIX = 'report#';

/** Up by quorum, all of them, and DNS has answered each one that has weight. */
function isServing(
  state: WorldState,
  hasAnswered: (service: string, answer: string) => boolean,
): boolean {
  return state.services.every(({ service, endpoints }) => {
    const serving = endpoints.filter(({ weight }) => (weight.served ?? 0) > 0);
    return (
      serving.length > 0 &&
      endpoints.every(({ verdict }) => verdict === 'up') &&
      serving.every(({ address }) => address !== null && hasAnswered(service, address))
    );
  });
}
