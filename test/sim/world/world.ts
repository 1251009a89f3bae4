/**
 * A deployment in a simulated world: production handlers in every region, over ports that arrive late,
 * twice or never. In: a seed, a configuration. Out: what really happened, event by event. By itself
 * nothing goes wrong here: faults change `conditions`, or call what people and platforms do.
 */
import { notifyHandler } from '../../../functions/notify.ts';
import { probeHandler } from '../../../functions/probe.ts';
import { quorumHandler } from '../../../functions/quorum.ts';
import { manifestOf } from '../../../shared/core/config.ts';
import { recordsOf } from '../../../shared/core/membership.ts';
import { type Config, nonce, type Service, type VantageId } from '../../../shared/core/model.ts';
import type { Operation } from '../../../shared/core/operation.ts';
import { type Change, changesOf, type OrderAsked } from '../../../shared/core/override.ts';
import type { Report } from '../../../shared/core/report.ts';
import type { Ids } from '../../../shared/ports.ts';
import { overrideRound, type ServiceAnswer } from '../../../shared/rounds/override-round.ts';
import { AIDS, type Env } from '../../../shared/wire.ts';
import type { NotifyOverrides } from '../../../shared/wire-notify.ts';
import { type Random, seededRandom } from '../kernel/random.ts';
import { type Simulation, simulation } from '../kernel/simulation.ts';
import { newTrace, type Trace } from '../kernel/trace.ts';
import {
  type EndpointConditions,
  goodEndpoint,
  goodPlace,
  goodRoute53,
  goodTable,
  type PlaceConditions,
  type Route53Conditions,
  type TableConditions,
} from './conditions.ts';
import type { Listener, WorldEvent } from './events.ts';
import { type Deployed, type Handler, type Lambda, lambda } from './lambda.ts';
import { distorted, distortedFor } from './liar.ts';
import { newProcess, type Process } from './process.ts';
import { type Replicas, replicas } from './replicas.ts';
import { type Route53, route53 } from './route53.ts';
import { simProber } from './sim-prober.ts';
import { simStore } from './sim-store.ts';
import { simZonePort } from './sim-zone.ts';

export type Conditions = {
  readonly places: ReadonlyMap<VantageId, PlaceConditions>;
  /** By `service/endpoint`. */
  readonly endpoints: ReadonlyMap<string, EndpointConditions>;
  readonly table: TableConditions;
  readonly route53: Route53Conditions;
};

export type SimWorld = {
  readonly seed: string;
  readonly sim: Simulation;
  readonly trace: Trace;
  readonly startMs: number;
  /** Of the newest file that anybody deployed. */
  readonly config: () => Config;
  /** The one that it began with. */
  readonly firstConfig: Config;
  readonly conditions: Conditions;
  readonly lambda: Lambda;
  readonly replicas: Replicas;
  readonly route53: Route53;
  /** Of these kinds; without them of every kind but `metric`, which most are of and few listen to. */
  readonly on: (listener: Listener, kinds?: readonly WorldEvent['kind'][]) => void;
  readonly tell: Listener;
  /** The truth about an endpoint changes; whoever listens is told what it is then. */
  readonly setEndpoint: (
    service: string,
    endpoint: string,
    changes: Partial<EndpointConditions>,
  ) => void;
  /** This file is deployed there from now on. */
  readonly deploy: (region: VantageId, config: Config) => void;
  /** An operator's wish through a region; the answer is told as an event, and returned. */
  readonly operate: (
    region: VantageId,
    service: Service['id'],
    operation: Operation,
    actor?: string,
  ) => Promise<ServiceAnswer | undefined>;
  readonly order: (region: VantageId, asked: OrderAsked) => Promise<readonly ServiceAnswer[]>;
  readonly run: (ms: number) => Promise<void>;
};

export type SimWorldOptions = {
  readonly seed: string;
  readonly config: Config;
  /** Regions that tables and functions may ever be in; default: the vantages of the file. */
  readonly regions?: readonly VantageId[];
  readonly startMs?: number;
  readonly keepsLines?: boolean;
  readonly functions?: readonly Deployed[];
  readonly takesTurns?: boolean;
  /** Records of each zone at the start; default: as configured, without fences. */
  readonly isAdopted?: boolean;
  /** Before anything happens: whoever wants to see everything listens from here. */
  readonly onMade?: (world: SimWorld) => void;
};

const isTold = (level: string): boolean => level === 'warn' || level === 'error';

/** 2026-07-01T00:00:00Z. */
export const SIM_START_MS = 1_782_864_000_000;
const OPERATOR_TIMEOUT_MS = 60_000;

export async function simWorld(options: SimWorldOptions): Promise<SimWorld> {
  const { seed, functions = ['probe', 'quorum', 'notify'] } = options;
  const startMs = options.startMs ?? SIM_START_MS;
  const trace = newTrace(options.keepsLines ?? false);
  const random = seededRandom(seed);
  const sim = simulation(startMs, random, trace);
  const regions = options.regions ?? options.config.vantages;
  let newest = options.config;
  const endpoints = new Map<string, EndpointConditions>(
    options.config.services.flatMap((service) =>
      service.endpoints.map(({ id }) => [`${service.id}/${id}`, goodEndpoint()] as const),
    ),
  );
  const conditions: Conditions = {
    places: new Map(regions.map((region) => [region, goodPlace()])),
    endpoints,
    table: goodTable(),
    route53: goodRoute53(),
  };
  const placeOf = (region: VantageId): PlaceConditions =>
    conditions.places.get(region) as PlaceConditions;

  const listeners: Listener[] = [];
  const byKind = new Map<WorldEvent['kind'], Listener[]>();
  const tell = (event: WorldEvent): void => {
    if (event.kind !== 'metric') for (const listener of listeners) listener(event);
    const those = byKind.get(event.kind);
    if (those !== undefined) for (const listener of those) listener(event);
  };
  const table = replicas(sim, regions, conditions.table, {
    isDead: (region) => placeOf(region).isDead,
    isStreamed: (partition, value) =>
      partition.startsWith('report#') && (value as { readonly changed: boolean }).changed,
    onStream: (region) => functionsOf.wakeStream(region),
  });
  const dns = route53(sim, conditions.route53, zonesOf(options.config), tell);
  let batches = 0;
  const nextBatch = (): number => {
    batches += 1;
    return batches;
  };
  const byTarget = targetsOf(options.config, conditions);

  const portsOf = (process: Process) => ({
    clock: process.clock,
    ids: simIds(process.random.fork('ids')),
    store: simStore({
      sim,
      process,
      replicas: table,
      conditions: conditions.table,
      tell,
      distort: (report: Report) => distorted(report, process, process.random),
      distortRead: (vantage: VantageId, item: unknown) =>
        distortedFor(process.name.region, item, conditions.places.get(vantage), newest.services),
    }),
    zone: simZonePort({ sim, process, route53: dns, tell, nextBatch }),
  });
  const make = (process: Process): Handler => {
    const { config, region, name } = process.name;
    const env: Env = {
      AWS_REGION: region,
      QUORATE_VANTAGE: region,
      QUORATE_TABLE: config.deployment,
    };
    const overrides: NotifyOverrides = {
      ...portsOf(process),
      config,
      log: ({ level, message }) => {
        if (isTold(level)) {
          tell({ kind: 'logged', atMs: sim.nowMs(), by: process.name, level, message });
        }
      },
      keeps: isTold,
      metric: ({ name: metric, value, dimensions }) => {
        if (!byKind.has('metric')) return;
        tell({
          kind: 'metric',
          atMs: sim.nowMs(),
          by: process.name,
          name: metric,
          value,
          dimensions,
        });
      },
    };
    switch (name) {
      case 'probe':
        return probeHandler(env, {
          ...overrides,
          prober: simProber({ sim, process, lookAt: (target) => byTarget.get(target) }),
        });
      case 'quorum':
        return quorumHandler(
          env,
          {
            ...overrides,
            notify: {
              wake: async () => {
                functionsOf.invoke(region, 'notify', { kind: 'wake' });
                return { kind: 'delivered' };
              },
            },
          },
          {
            takesTurns: (options.takesTurns ?? true) && process.place.takesTurns,
            onResults: (results) =>
              tell({ kind: 'decided', atMs: sim.nowMs(), by: process.name, results }),
          },
        );
      case 'notify':
        return notifyHandler(env, {
          ...overrides,
          secrets: { read: async () => undefined },
          heartbeat: {
            ping: async () => {
              tell({ kind: 'heartbeat', atMs: sim.nowMs(), by: process.name });
              return { kind: 'delivered' };
            },
          },
          channels: [
            {
              name: 'webhook',
              send: async (notification) => {
                tell({
                  kind: 'delivered',
                  atMs: sim.nowMs(),
                  by: process.name,
                  channel: 'webhook',
                  digest: '',
                  text: JSON.stringify(notification),
                });
                return { kind: 'delivered' };
              },
            },
          ],
          nameServers: {
            serversOf: async () => ['192.0.2.53:53'],
            txt: async (_server, wanted) => txtOf(dns, wanted),
          },
        });
      case 'operator':
        throw new Error('an operator is no function');
    }
  };
  const functionsOf = lambda({ sim, places: conditions.places, tell, make, functions });

  const giveOrders = async (
    region: VantageId,
    changesFor: (config: Config) => readonly Change[],
    actor: string,
    reason: string,
  ): Promise<readonly ServiceAnswer[]> => {
    const config = functionsOf.configOf(region) ?? newest;
    const process = newProcess(sim, { region, name: 'operator', config }, placeOf(region));
    const askedAtMs = sim.nowMs();
    const changes = changesFor(config);
    for (const { service, operation } of changes) {
      tell({
        kind: 'order-asked',
        atMs: askedAtMs,
        by: process.name,
        service: service.id,
        operation,
        actor,
      });
    }
    const deps = { ...portsOf(process), aids: AIDS };
    const request = { actor, via: null, reason, isDryRun: false, match: null };
    const { results } = await process.clock.withDeadline(
      OPERATOR_TIMEOUT_MS,
      new AbortController().signal,
      (signal) =>
        overrideRound(
          deps,
          config,
          { region, manifest: manifestOf(config) },
          changes,
          request,
          signal,
        ),
    );
    for (const answer of results) {
      tell({
        kind: 'order-answered',
        atMs: sim.nowMs(),
        askedAtMs,
        by: process.name,
        answer,
        actor,
      });
    }
    return results;
  };

  const world: SimWorld = {
    seed,
    sim,
    trace,
    startMs,
    config: () => newest,
    firstConfig: options.config,
    conditions,
    lambda: functionsOf,
    replicas: table,
    route53: dns,
    on: (listener, kinds) => {
      if (kinds === undefined) listeners.push(listener);
      for (const kind of kinds ?? []) byKind.set(kind, [...(byKind.get(kind) ?? []), listener]);
    },
    tell,
    setEndpoint: (service, endpoint, changes) => {
      const own = conditions.endpoints.get(`${service}/${endpoint}`);
      if (own === undefined) return;
      Object.assign(own, changes);
      const isUp = own.how === 'answers' || own.fails === 0;
      const serves = own.clients === 'as-probed' ? isUp : own.clients === 'served';
      tell({ kind: 'endpoint-changed', atMs: sim.nowMs(), service, endpoint, isUp, serves });
    },
    deploy: (region, config) => {
      if (config.packagedAt > newest.packagedAt) newest = config;
      for (const service of config.services) {
        for (const { id } of service.endpoints) {
          const key = `${service.id}/${id}`;
          if (!endpoints.has(key)) endpoints.set(key, goodEndpoint());
        }
      }
      for (const [target, looked] of targetsOf(config, conditions)) {
        if (!byTarget.has(target)) byTarget.set(target, looked);
      }
      functionsOf.deploy(region, config);
    },
    operate: async (region, service, operation, actor = 'operator') => {
      const results = await giveOrders(
        region,
        (config) =>
          config.services
            .filter(({ id }) => id === service)
            .map((one) => ({ service: one, operation, isWide: false })),
        actor,
        'simulated',
      );
      return results[0];
    },
    order: (region, asked) =>
      giveOrders(
        region,
        (config) => changesOf(config, asked, AIDS.digestOf),
        asked.actor,
        asked.reason,
      ),
    run: (ms) => sim.runUntil(sim.nowMs() + ms),
  };
  options.onMade?.(world);
  for (const region of options.config.vantages) functionsOf.deploy(region, options.config);
  expireRollups(sim, table, regions);
  if (options.isAdopted ?? true) await adoptAll(world);
  return world;
}

/** Rollups of minutes live for three hours (`dynamodb-items.ts`): without an end, what a world holds would grow. */
function expireRollups(sim: Simulation, table: Replicas, regions: readonly VantageId[]): void {
  const HOUR_MS = 3_600_000;
  sim.after(HOUR_MS, 'time to live', () => {
    for (const region of regions) {
      table.expire(`rollup#${region} minute`, sim.nowMs() - 3 * HOUR_MS);
    }
    expireRollups(sim, table, regions);
  });
}

/** As an operator would before anything else; takes some seconds of simulated time. */
async function adoptAll(world: SimWorld): Promise<void> {
  const config = world.config();
  const [first] = config.vantages;
  if (first === undefined) return;
  const adopted = config.services
    .filter(({ mode }) => mode === 'enforce')
    .map(({ id }) => world.operate(first, id, { kind: 'adopt' }, 'operator'));
  await world.run(10_000);
  const answers = await Promise.all(adopted);
  const refused = answers.find((answer) => answer?.answer.kind !== 'committed');
  if (refused !== undefined) throw new Error(`not adopted: ${JSON.stringify(refused.answer)}`);
}

function simIds(random: Random): Ids {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return {
    nonce: () => nonce(Array.from({ length: 8 }, () => letters[random.integer(0, 63)]).join('')),
    random: random.next,
  };
}

/** What stands there before Quorate comes: weighted records as configured. */
function zonesOf(config: Config): Parameters<typeof route53>[2] {
  return Object.values(config.zones).map(({ id }) => {
    const services = config.services.filter(({ zone }) => zone.id === id);
    return {
      id,
      name: (services[0]?.names[0] ?? 'example.com').split('.').slice(-2).join('.'),
      records: services.flatMap((service) =>
        service.endpoints.flatMap((endpoint) =>
          recordsOf(service, endpoint, endpoint.weight, service.ttlSeconds),
        ),
      ),
    };
  });
}

function targetsOf(
  config: Config,
  conditions: Conditions,
): Map<string, { readonly conditions: EndpointConditions; readonly body: string }> {
  return new Map(
    config.services.flatMap((service) =>
      service.endpoints.flatMap((endpoint) => {
        const own = conditions.endpoints.get(`${service.id}/${endpoint.id}`);
        if (own === undefined) return [];
        return endpoint.probeTargets.map(
          (target) => [target, { conditions: own, body: '"status":"ok"' }] as const,
        );
      }),
    ),
  );
}

function txtOf(dns: Route53, name: string): readonly string[] | null {
  for (const zone of dns.zones.values()) {
    const found = zone.served().get(`${name} TXT `);
    if (found?.values !== undefined) {
      return found.values.map((value) => value.replace(/^"|"$/g, '').replaceAll('" "', ''));
    }
  }
  return [];
}
