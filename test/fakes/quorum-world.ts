/**
 * Several regions over one zone (or several), without a leader: each has a store of its own over one
 * table, a zone watch and a memory, as a process of `quorum` has. Vantages report what the truth table
 * says, at the 10-s rounds of the virtual clock, unless they are silenced. Nothing happens by itself.
 */
import { classifyAddress, isInside } from '../../shared/adapters/addresses.ts';
import { sha256 } from '../../shared/adapters/digest.ts';
import { compilePattern } from '../../shared/adapters/patterns.ts';
import { manifestOf } from '../../shared/core/config.ts';
import { checkMark } from '../../shared/core/endpoint-mark.ts';
import {
  type Fence,
  type FenceEntry,
  type FenceOrder,
  fenceValue,
  newEntry,
} from '../../shared/core/fence.ts';
import { recordsOf } from '../../shared/core/membership.ts';
import {
  type Aids,
  type Config,
  digest,
  epochMs,
  fenceName,
  nonce,
  type Service,
  serviceId,
  type VantageId,
  type Weight,
} from '../../shared/core/model.ts';
import type { Plan } from '../../shared/core/plan.ts';
import { type DecisionRecord, type Mark, recordSortKey } from '../../shared/core/record.ts';
import type { Vote } from '../../shared/core/report.ts';
import { markOf, type Snapshot, snapshotOf } from '../../shared/core/snapshot.ts';
import type { ZoneRecord } from '../../shared/core/zone-record.ts';
import type { Clock, Ids, Store, Zone } from '../../shared/ports.ts';
import { evaluate } from '../../shared/rounds/evaluate.ts';
import { readEvidence } from '../../shared/rounds/evidence.ts';
import { newMemory } from '../../shared/rounds/quorum-memory.ts';
import type { QuorumResult } from '../../shared/rounds/quorum-result.ts';
import {
  type QuorumDeps,
  type QuorumOptions,
  quorumRound,
} from '../../shared/rounds/quorum-round.ts';
import { zoneWatch } from '../../shared/rounds/zone-watch.ts';
import { FAKE_START, type FakeClock, fakeClock, fakeIds } from './fake-clock.ts';
import { type FakeStore, type FakeTable, fakeStore, fakeTable } from './fake-store.ts';
import { type FakeZone, fakeZone } from './fake-zone.ts';
import { sampleConfig, sampleService } from './sample-service.ts';

export const AIDS: Aids = { digestOf: sha256, classifyAddress, isInside, compilePattern };
export const NEVER = new AbortController().signal;
export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;

/** Whose record stands for the generation that a world begins with. */
const SEED = 'seed';

export type Sight = { readonly vote: Vote; readonly code?: string; readonly sinceAt?: number };

export type Region = {
  readonly id: VantageId;
  readonly deps: QuorumDeps;
  readonly store: FakeStore;
  /** As a new process would begin: nothing is remembered. */
  readonly restart: () => void;
  /** One round over the services of a zone, by virtual time. */
  readonly round: (options?: RoundOptions) => Promise<readonly QuorumResult[]>;
  /** The same, not awaited and without moving time. */
  readonly start: (options?: RoundOptions) => Promise<readonly QuorumResult[]>;
};

export type RoundOptions = {
  readonly services?: readonly Service[];
  readonly takesTurns?: boolean;
  readonly signal?: AbortSignal;
};

export type QuorumWorld = {
  readonly clock: FakeClock;
  readonly config: Config;
  readonly options: (region: VantageId, takesTurns?: boolean) => QuorumOptions;
  readonly zone: FakeZone;
  readonly zones: ReadonlyMap<string, FakeZone>;
  /** The port over all zones. */
  readonly zonePort: Zone;
  readonly table: FakeTable;
  readonly regions: readonly Region[];
  readonly region: (index: number) => Region;
  /** What vantages see of an endpoint from now on: all of them, or those named. */
  readonly sees: (
    endpoint: string,
    sight: Vote | Sight,
    vantages?: readonly VantageId[],
    service?: string,
  ) => void;
  readonly silence: (...vantages: readonly VantageId[]) => void;
  readonly wake: () => void;
  /** Changes to every report of a vantage, as a broken one might have. */
  readonly distort: (vantage: VantageId, changes: Readonly<Record<string, unknown>>) => void;
  /** Reports of the present round go to the table; done by every read of reports, too. */
  readonly publish: () => void;
  /** All regions' rounds at once. */
  readonly allRounds: (options?: RoundOptions) => Promise<readonly QuorumResult[][]>;
  /** Time goes on to the next full minute, then all regions' rounds run. */
  readonly minutes: (count: number, options?: RoundOptions) => Promise<readonly QuorumResult[][]>;
  readonly snapshot: (service?: Service) => Snapshot;
  readonly fence: (service?: Service) => Fence;
  readonly weights: (service?: Service) => Readonly<Record<string, number>>;
  /** A person sets one weight in the console. */
  readonly editWeight: (endpoint: string, weight: number, service?: Service) => void;
  readonly editFence: (values: readonly string[] | null, service?: Service) => void;
  readonly records: (service?: Service) => readonly DecisionRecord[];
  readonly marks: (service?: Service) => readonly Mark[];
  /** Commits that took effect, fault or not. */
  readonly accepted: () => number;
};

export type WorldOptions = {
  readonly config?: Config;
  readonly clock?: FakeClock;
  /** Default: all managed, at generation 41, proven. */
  readonly fence?: 'managed' | 'none';
  readonly isProven?: boolean;
  readonly fenceChanges?: Partial<Fence>;
  readonly entryChanges?: Readonly<Record<string, Partial<FenceEntry>>>;
  readonly orders?: readonly FenceOrder[];
  readonly weights?: Readonly<Record<string, number>>;
  readonly insyncDelayMs?: number;
  readonly serverAheadMs?: number | null;
  readonly pause?: (what: string) => Promise<void>;
  /** Its own clock, told wrongly. */
  readonly skewMs?: Readonly<Record<string, number>>;
  readonly wrapStore?: (store: FakeStore, region: VantageId) => Store;
  readonly ids?: (index: number) => Ids;
};

export function quorumWorld(options: WorldOptions = {}): QuorumWorld {
  const clock = options.clock ?? fakeClock();
  const config = options.config ?? sampleConfig();
  const table = fakeTable();
  const manifest = manifestOf(config);
  const [main] = config.services;
  if (main === undefined) throw new Error('a world needs a service');
  const zones = new Map<string, FakeZone>();
  for (const { id } of Object.values(config.zones)) {
    const services = config.services.filter(({ zone }) => zone.id === id);
    zones.set(
      id,
      fakeZone({
        clock,
        id,
        name: zoneNameOf(services),
        records: services.flatMap((service) => initialRecords(service, config, options)),
        insyncDelayMs: options.insyncDelayMs ?? 0,
        serverAheadMs: options.serverAheadMs === undefined ? 0 : options.serverAheadMs,
        ...(options.pause === undefined ? {} : { pause: options.pause }),
      }),
    );
  }
  const zoneOf = (id: string): FakeZone => zones.get(id) ?? [...zones.values()][0]!;
  const zonePort: Zone = {
    read: (ref, stretch, signal) => zoneOf(ref.id).read(ref, stretch, signal),
    commit: (ref, changes, comment, signal) => zoneOf(ref.id).commit(ref, changes, comment, signal),
    changeStatus: (ref, change, signal) => zoneOf(ref.id).changeStatus(ref, change, signal),
  };

  if (options.fence !== 'none') {
    for (const service of config.services) {
      const { generation, nonce: own } = initialFence(service, config, options);
      const key = `${service.id} ${recordSortKey({ generation, nonce: own })}`;
      table.records.set(key, { service: service.id, generation, nonce: own, actor: SEED });
    }
  }
  const sights = new Map<string, Sight>();
  const silent = new Set<VantageId>();
  const distortions = new Map<VantageId, Readonly<Record<string, unknown>>>();
  let published = '';
  let edition = 0;
  const publish = (): void => {
    // Once per round of the clock and change of the truth: 24 h of a calm world stay cheap.
    const due = `${Math.floor(clock.now() / SECOND)} ${edition}`;
    if (due === published) return;
    published = due;
    for (const vantage of config.vantages) {
      if (silent.has(vantage)) continue;
      const report = reportOf(config, manifest.digest, vantage, clock.now(), sights);
      table.reports.set(vantage, { ...report, ...distortions.get(vantage) });
    }
  };

  const newRegion = (id: VantageId, index: number): Region => {
    const skew = options.skewMs?.[id];
    const own: Clock = skew === undefined ? clock : clock.skewed(skew);
    const store = fakeStore(table, own);
    const reporting: Store = {
      ...store,
      readReports: (vantages, signal) => {
        publish();
        return store.readReports(vantages, signal);
      },
    };
    const port =
      options.wrapStore === undefined
        ? reporting
        : options.wrapStore({ ...store, ...reporting }, id);
    const ids = options.ids?.(index) ?? fakeIds(String.fromCharCode(97 + index));
    const fresh = (): QuorumDeps => {
      const ports = { clock: own, store: port, zone: readBy(zonePort, own) };
      return {
        ...ports,
        ids,
        aids: AIDS,
        watch: zoneWatch(ports, config, id),
        memory: newMemory(),
      };
    };
    let deps = fresh();
    const start: Region['start'] = (round = {}) =>
      quorumRound(
        deps,
        config,
        round.services ?? config.services.filter(({ zone }) => zone.key === main.zone.key),
        world.options(id, round.takesTurns),
        round.signal ?? NEVER,
      );
    return {
      id,
      get deps() {
        return deps;
      },
      store,
      restart: () => {
        deps = fresh();
      },
      start,
      round: (round) => clock.runUntil(start(round)),
    };
  };

  const world: QuorumWorld = {
    clock,
    config,
    options: (region, takesTurns = false) => ({ region, manifest, takesTurns }),
    zone: zoneOf(main.zone.id),
    zones,
    zonePort,
    table,
    regions: config.vantages.map(newRegion),
    region: (index) => world.regions[index]!,
    sees: (endpoint, sight, vantages = config.vantages, service = main.id) => {
      edition += 1;
      for (const vantage of vantages) {
        const seen = typeof sight === 'string' ? { vote: sight } : sight;
        sights.set(`${vantage} ${service} ${endpoint}`, { sinceAt: clock.now(), ...seen });
      }
    },
    silence: (...vantages) => {
      edition += 1;
      for (const vantage of vantages) silent.add(vantage);
    },
    wake: () => {
      edition += 1;
      silent.clear();
    },
    distort: (vantage, changes) => {
      edition += 1;
      distortions.set(vantage, changes);
    },
    publish,
    allRounds: async (round) =>
      (await clock.runUntil(
        Promise.all(world.regions.map((region) => region.start(round))),
      )) as QuorumResult[][],
    minutes: async (count, round) => {
      let last: readonly QuorumResult[][] = [];
      for (let minute = 0; minute < count; minute += 1) {
        await clock.advance(MINUTE - (clock.now() % MINUTE));
        last = await world.allRounds(round);
      }
      return last;
    },
    snapshot: (service = main) =>
      snapshotOf(
        service,
        { records: zoneOf(service.zone.id).records(), serverAt: clock.now(), readAt: clock.now() },
        config.deployment,
        clock.now(),
      ),
    fence: (service = main) => {
      const state = world.snapshot(service).fence;
      if (state.kind !== 'managed') throw new Error(`the fence is ${state.kind}`);
      return state.fence;
    },
    weights: (service = main) =>
      Object.fromEntries(
        world
          .snapshot(service)
          .records.filter(
            ({ name, type }) => name === service.names[0] && type === service.types[0],
          )
          .map(({ setIdentifier, weight }) => [setIdentifier ?? '', weight ?? -1]),
      ),
    editWeight: (endpoint, weight, service = main) => {
      const own = world
        .snapshot(service)
        .records.filter(({ setIdentifier }) => setIdentifier === endpoint);
      zoneOf(service.zone.id).edit(
        own.flatMap((record) => [
          { action: 'DELETE' as const, record },
          { action: 'CREATE' as const, record: { ...record, weight } },
        ]),
      );
    },
    editFence: (values, service = main) => {
      const { fenceRecord } = world.snapshot(service);
      zoneOf(service.zone.id).edit([
        ...(fenceRecord === null ? [] : [{ action: 'DELETE' as const, record: fenceRecord }]),
        ...(values === null
          ? []
          : [
              {
                action: 'CREATE' as const,
                record: {
                  ...(fenceRecord ?? { name: fenceName(service), type: 'TXT', ttlSeconds: 60 }),
                  values,
                },
              },
            ]),
      ]);
    },
    records: (service = main) =>
      [...table.records]
        .filter(([key]) => key.startsWith(`${service.id} `))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, record]) => record as DecisionRecord)
        .filter(({ actor }) => actor !== SEED),
    marks: (service = main) =>
      [...table.marks]
        .filter(([key]) => key.startsWith(`${service.id} `))
        .map(([, mark]) => mark as Mark),
    accepted: () =>
      [...zones.values()].reduce(
        (total, zone) =>
          total + zone.commits.filter(({ reply }) => reply.kind === 'accepted').length,
        0,
      ),
  };
  return world;
}

/** A read is stamped by the clock of whoever reads. */
const readBy = (zone: Zone, clock: Clock): Zone => ({
  ...zone,
  read: async (...args) => ({ ...(await zone.read(...args)), readAt: clock.now() }),
});

const zoneNameOf = (services: readonly Service[]): string =>
  (services[0]?.names[0] ?? 'example.com').split('.').slice(-2).join('.');

function initialRecords(
  service: Service,
  config: Config,
  options: WorldOptions,
): readonly ZoneRecord[] {
  const weightOf = (id: string, configured: number): number => options.weights?.[id] ?? configured;
  const records = service.endpoints.flatMap((endpoint) =>
    recordsOf(service, endpoint, weightOf(endpoint.id, endpoint.weight), service.ttlSeconds),
  );
  if (options.fence === 'none') return records;
  return [
    ...records,
    {
      name: fenceName(service),
      type: 'TXT',
      ttlSeconds: 60,
      values: [fenceValue(initialFence(service, config, options))],
    },
  ];
}

export function initialFence(service: Service, config: Config, options: WorldOptions = {}): Fence {
  const entries = service.endpoints.map((endpoint) => ({
    ...newEntry(
      markOf(endpoint, sha256),
      (options.weights?.[endpoint.id] ?? endpoint.weight) as Weight,
      { kind: 'in' },
    ),
    provenAs: (options.isProven ?? true) ? checkMark(endpoint, sha256) : null,
    ...options.entryChanges?.[endpoint.id],
  }));
  return {
    deployment: config.deployment,
    generation: 41,
    nonce: nonce('seed0041'),
    parentNonce: nonce('seed0040'),
    asofAt: epochMs(FAKE_START - HOUR),
    config: service.digest,
    packagedAt: config.packagedAt,
    record: digest('record-of-generation-41'),
    rescuedAt: null,
    entries: [...entries].sort((a, b) => (a.mark < b.mark ? -1 : 1)),
    orders: options.orders ?? [],
    ...options.fenceChanges,
  };
}

/** The plan that a region would send now, sealed over a stand-in for its record. */
export async function planOf(
  world: QuorumWorld,
  region = 0,
  service: Service = world.config.services[0]!,
): Promise<Plan> {
  const { deps, id } = world.region(region);
  const evidence = await readEvidence(deps, world.config, world.options(id).manifest, NEVER);
  const at = { now: deps.clock.now(), nonce: deps.ids.nonce };
  const evaluator = { ...deps, config: world.config };
  const { plan } = evaluate(evaluator, service, evidence, world.snapshot(service), new Map(), at);
  if (plan === null) throw new Error('nothing is due');
  return plan;
}

/** `count` services of one zone, alike but for their ids, names and digests. */
export const manyServices = (count: number, group: (index: number) => number = () => 0): Config => {
  const services = Array.from({ length: count }, (_, index) => {
    const id = `s${String(index).padStart(2, '0')}`;
    return sampleService({
      id: serviceId(id),
      names: [`${id}.example.com`],
      digest: digest(`service-digest-${id}-0001`),
      group: group(index),
    });
  });
  return sampleConfig({ services });
};

/** One vantage's report as it lies in the table, by exception. */
export function reportOf(
  config: Config,
  configDigest: string,
  vantage: VantageId,
  now: number,
  sights: ReadonlyMap<string, Sight> = new Map(),
): Record<string, unknown> {
  const entries = config.services.flatMap((service) =>
    service.endpoints.flatMap((endpoint) => {
      const sight = sights.get(`${vantage} ${service.id} ${endpoint.id}`);
      if (sight === undefined || sight.vote === 'up') return [];
      const isDown = sight.vote === 'down';
      return [
        {
          service: service.id,
          endpoint: endpoint.id,
          vote: sight.vote,
          failures: isDown ? 3 : 0,
          passes: isDown ? 0 : 1,
          sinceAt: sight.sinceAt ?? now,
          code: sight.code ?? (isDown ? 'timeout' : null),
          skipped: null,
          detail: '',
          latencyMs: null,
          watch: [],
        },
      ];
    }),
  );
  const endpoints = config.services.reduce((sum, service) => sum + service.endpoints.length, 0);
  const intervals = [...new Set(config.services.map(({ everyMs }) => everyMs))].sort(
    (a, b) => a - b,
  );
  return {
    format: 1,
    reads: { report: [1], fence: [1] },
    release: '0.1.0',
    vantage,
    run: { startedAt: FAKE_START, id: 'run00001' },
    config: configDigest,
    rounds: intervals.map((everyMs) => {
      const round = Math.floor(now / everyMs);
      return { everyMs, round, observedAt: round * everyMs };
    }),
    selfCheck: { isolated: false, targets: 3, failed: 0 },
    unlisted: endpoints - entries.length,
    entries,
    changed: false,
    changedRoundsLeft: 0,
  };
}
