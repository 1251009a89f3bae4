/**
 * Histories made by hand, to try checkers on: a world without anything in it but a clock, a zone as it
 * would stand, and steps that tell what a sound deployment would tell. Each step can be spoiled.
 */
import type { Config, Service } from '../../../shared/core/model.ts';
import type { DecisionRecord } from '../../../shared/core/record.ts';
import type { Report } from '../../../shared/core/report.ts';
import type { Change, ZoneRecord } from '../../../shared/core/zone-record.ts';
import type { Scenario } from '../scenario.ts';
import { goodPlace, type PlaceConditions } from '../world/conditions.ts';
import type { Batch, FunctionName, Listener, ProcessName, WorldEvent } from '../world/events.ts';
import { configOf, type FileData, STANDARD_FILE } from '../world/sim-config.ts';
import { SIM_START_MS, type SimWorld } from '../world/world.ts';
import {
  canonical,
  digestOf,
  type EntryText,
  entryText,
  type FenceText,
  fenceOf,
  markOf,
  type OrderText,
  orderText,
  printed,
  provenMarkOf,
} from './fence-text.ts';
import { SAFETY_CHECKERS } from './safety.ts';

export type Ballots = {
  /** Endpoint → vantages that vote it down. Others vote up. */
  readonly down?: Readonly<Record<string, readonly string[]>>;
  /** Vantages whose report can't be read by anybody. */
  readonly missing?: readonly string[];
  /** How old each report is. */
  readonly ageMs?: number;
  /** Where it says something else: how long ago their rounds truly began. */
  readonly trueAgeMs?: number;
  readonly spoil?: (report: Report) => Report;
};

/** What a commit does; what is left out is done soundly. */
export type Step = {
  readonly region?: string;
  readonly by?: FunctionName;
  readonly process?: number;
  readonly actor?: string;
  readonly weights?: Readonly<Record<string, number>>;
  /** Changes of entries beside what weights say. */
  readonly entries?: Readonly<Record<string, Partial<EntryText>>>;
  readonly fence?: Partial<Omit<FenceText, 'entries' | 'orders'>>;
  readonly orders?: readonly Omit<OrderText, 'text'>[];
  readonly ballots?: Ballots;
  readonly noReports?: boolean;
  readonly noRecord?: boolean;
  readonly noZoneRead?: boolean;
  readonly isRescue?: boolean;
  /** Between its record and its send. */
  readonly idleMs?: number;
  readonly spoilRecord?: (record: DecisionRecord) => DecisionRecord;
  readonly spoilChanges?: (changes: readonly Change[]) => readonly Change[];
  /** Sent, and not applied. */
  readonly isLost?: boolean;
};

export type Bench = {
  readonly config: Config;
  readonly service: Service;
  readonly world: SimWorld;
  readonly places: ReadonlyMap<string, PlaceConditions>;
  readonly blamed: () => readonly string[];
  readonly whys: string[];
  readonly fence: () => FenceText;
  readonly state: () => ReadonlyMap<string, ZoneRecord>;
  readonly nowMs: () => number;
  readonly pass: (ms: number) => void;
  readonly tell: Listener;
  readonly process: (region: string, name?: FunctionName, number?: number) => ProcessName;
  readonly read: (by: ProcessName, ballots?: Ballots) => ReadonlyMap<string, unknown>;
  readonly commit: (step?: Step) => Batch;
  readonly arrive: (batch: Batch) => void;
  readonly edit: (change: (state: Map<string, ZoneRecord>) => void) => void;
  /** To an earlier state. */
  readonly restore: (state: ReadonlyMap<string, ZoneRecord>, how: 'edited' | 'stranded') => void;
};

const ZONE = 'Z0SIMULATED0000000';
const TIERED_SERVICE = {
  ...(STANDARD_FILE.services as { readonly app: Record<string, unknown> }).app,
  endpoints: {
    'eu-west-1': { address: '192.0.2.10', weight: 100 },
    'us-east-1': { address: '198.51.100.10', weight: 100 },
    spare: { address: '203.0.113.10', weight: 50, tier: 2 },
  },
};
export const TIERED_FILE: FileData = { ...STANDARD_FILE, services: { app: TIERED_SERVICE } };

const keyOf = ({ name, type, setIdentifier }: ZoneRecord): string =>
  `${name} ${type} ${setIdentifier ?? ''}`;

export function bench(
  options: { readonly file?: FileData; readonly weights?: Readonly<Record<string, number>> } = {},
): Bench {
  const config = configOf(options.file ?? STANDARD_FILE, SIM_START_MS - 1_000_000);
  const service = config.services[0] as Service;
  let nowMs = SIM_START_MS;
  let nonces = 0;
  let batches = 0;
  const listeners: Listener[] = [];
  const places = new Map(config.vantages.map((region) => [region as string, goodPlace()]));
  const stored = new Map<string, unknown>();
  const whys: string[] = [];
  const blamed: string[] = [];

  const world = {
    sim: { nowMs: () => nowMs },
    conditions: { places },
    replicas: {
      get: (_region: string, partition: string, sort: string) => stored.get(`${partition} ${sort}`),
    },
    on: (listener: Listener) => void listeners.push(listener),
    config: () => config,
  } as unknown as SimWorld;
  const tell = (event: WorldEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const scenario = { name: 'bench', seed: '', file: {}, faults: [], healAtMs: 0, endAtMs: 0 };
  const checkers = SAFETY_CHECKERS.map((make) =>
    make(world, scenario as Scenario, (invariant, why) => {
      blamed.push(invariant);
      whys.push(`${invariant} ${why}`);
    }),
  );

  const recordOf = (id: string, weight: number): ZoneRecord => {
    const endpoint = service.endpoints.find((one) => one.id === id);
    const target = endpoint?.targets.A;
    return {
      name: service.names[0] as string,
      type: 'A',
      setIdentifier: id,
      weight,
      ttlSeconds: service.ttlSeconds,
      values: [target?.kind === 'value' ? target.value : ''],
    };
  };
  const fenceRecord = (fence: Omit<FenceText, 'text'>): ZoneRecord => ({
    name: `_quorate.${service.names[0]}`,
    type: 'TXT',
    ttlSeconds: 60,
    values: [`"${(printed(fence).match(/.{1,255}/g) ?? []).join('" "')}"`],
  });
  const weightOf = (id: string, weight: number): number => options.weights?.[id] ?? weight;
  let fence: Omit<FenceText, 'text'> = {
    format: 1,
    deployment: config.deployment,
    generation: 1,
    nonce: 'nonce000',
    parentNonce: null,
    asofMs: nowMs - 60_000,
    config: service.settings,
    packagedMs: config.packagedAt,
    record: 'r'.repeat(22),
    rescuedMs: null,
    orders: [],
    entries: new Map(
      service.endpoints
        .map((endpoint): [string, EntryText] => {
          const mark = markOf(endpoint.setIdentifier);
          const entry = {
            mark,
            weight: weightOf(endpoint.id, endpoint.tier === 1 ? endpoint.weight : 0),
            proven: provenMarkOf(endpoint),
            phase: 'in' as const,
            step: null,
            changedMs: null,
            outMs: null,
            countedMs: null,
            relapses: 0,
            fullMs: null,
            waits: false,
            approved: false,
          };
          return [mark, { ...entry, text: entryText(entry) }];
        })
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
  };
  let state: ReadonlyMap<string, ZoneRecord> = new Map(
    [
      fenceRecord(fence),
      ...service.endpoints.map((endpoint) =>
        recordOf(endpoint.id, weightOf(endpoint.id, endpoint.tier === 1 ? endpoint.weight : 0)),
      ),
    ].map((record) => [keyOf(record), record]),
  );

  const process = (region: string, name: FunctionName = 'quorum', number = 0): ProcessName => ({
    number: number || config.vantages.indexOf(region as never) + 1,
    region: region as never,
    name,
    config,
  });
  const reportOf = (vantage: string, ballots: Ballots): Report => {
    const observedAt = nowMs - (ballots.ageMs ?? 3_000) - config.vantages.indexOf(vantage as never);
    const entries = service.endpoints.flatMap((endpoint) =>
      ballots.down?.[endpoint.id]?.includes(vantage) === true
        ? [
            {
              service: service.id,
              endpoint: endpoint.id,
              vote: 'down',
              failures: 3,
              passes: 0,
              sinceAt: observedAt,
              code: 'refused',
              skipped: null,
              detail: '',
              latencyMs: null,
              watch: [],
            },
          ]
        : [],
    );
    const report = {
      format: 1,
      reads: { report: [1], fence: [1] },
      release: '1',
      vantage,
      run: { startedAt: observedAt, id: 'run' },
      config: config.digest,
      rounds: [{ everyMs: service.everyMs, round: 1, observedAt }],
      selfCheck: { isolated: false, targets: 1, failed: 0 },
      unlisted: service.endpoints.length - entries.length,
      entries,
      changed: false,
      changedRoundsLeft: 0,
    } as unknown as Report;
    return ballots.spoil?.(report) ?? report;
  };
  const read = (by: ProcessName, ballots: Ballots = {}): ReadonlyMap<string, unknown> => {
    const reports = new Map<never, unknown>();
    for (const vantage of config.vantages) {
      if (ballots.missing?.includes(vantage)) continue;
      const report = reportOf(vantage, ballots);
      const writer = process(vantage, 'probe', 100 + config.vantages.indexOf(vantage));
      const truthMs = nowMs - (ballots.trueAgeMs ?? ballots.ageMs ?? 3_000);
      tell({ kind: 'report-written', atMs: nowMs, by: writer, report, observedAtMs: truthMs });
      reports.set(vantage as never, report);
    }
    tell({ kind: 'reports-read', atMs: nowMs, by, reports });
    return reports;
  };

  const nextEntries = (step: Step): ReadonlyMap<string, EntryText> =>
    new Map(
      [...fence.entries].map(([mark, entry]): [string, EntryText] => {
        const endpoint = service.endpoints.find((one) => markOf(one.setIdentifier) === mark);
        const id = endpoint?.id ?? '';
        const to = step.weights?.[id] ?? entry.weight;
        const isFall = to < entry.weight && to === 0;
        const moved: Partial<EntryText> =
          to === entry.weight
            ? {}
            : isFall && step.by !== 'operator'
              ? {
                  phase: 'out',
                  step: null,
                  outMs: nowMs,
                  countedMs: step.isRescue === true ? entry.countedMs : nowMs,
                  fullMs: null,
                  approved: false,
                }
              : {};
        const next = {
          ...entry,
          weight: to,
          changedMs: to === entry.weight ? entry.changedMs : nowMs,
          ...moved,
          ...step.entries?.[id],
        };
        return [mark, { ...next, text: entryText(next) }];
      }),
    );

  const commit = (step: Step = {}): Batch => {
    const region = step.region ?? 'eu-west-1';
    const by = process(region, step.by ?? 'quorum', step.process);
    const isOperator = step.by === 'operator';
    const reports = step.noReports === true ? new Map() : read(by, step.ballots);
    if (step.noZoneRead !== true) {
      tell({ kind: 'zone-read', atMs: nowMs, zone: ZONE, by, state });
    }
    const times = [...reports.values()]
      .map((report) => (report as Report).rounds[0]?.observedAt ?? 0)
      .sort((a, b) => b - a);
    nonces += 1;
    const orders = step.orders ?? fence.orders;
    const isOrders = step.orders !== undefined;
    const next = {
      ...fence,
      generation: fence.generation + 1,
      nonce: `nonce${String(nonces).padStart(3, '0')}`,
      parentNonce: fence.nonce,
      asofMs: isOperator || isOrders ? fence.asofMs : (times[service.quorum - 1] ?? fence.asofMs),
      rescuedMs: step.isRescue === true ? nowMs : fence.rescuedMs,
      orders: orders.map((order) => ({ ...order, text: orderText(order) })),
      ...step.fence,
      entries: nextEntries(step),
    };
    const localMs = Math.round(nowMs + (places.get(region)?.skew.offsetMs ?? 0));
    const moves = service.endpoints.map(({ id }) => {
      const from = state.get(`${service.names[0]} A ${id}`)?.weight ?? 0;
      return { id, from, to: step.weights?.[id] ?? from };
    });
    const plain = {
      format: 1,
      service: service.id,
      generation: next.generation,
      nonce: next.nonce,
      parent: fence.record,
      region,
      actor:
        step.actor ?? (isOperator ? 'alice' : isOrders ? `order o@${region}` : `quorum@${region}`),
      at: localMs,
      config: next.config,
      lines: moves.map(({ id, from, to }) => ({
        endpoint: id,
        verdict: 'up',
        from,
        to,
        code: 'x',
        sentence: '',
        votes: {},
      })),
      sentences: [],
      plan: '',
      checksum: '',
      outbox: [],
    } as unknown as DecisionRecord;
    const record = step.spoilRecord?.(plain) ?? plain;
    const sealed = { ...next, record: digestOf(`record ${canonical(plain)}`), ...step.fence };
    if (step.noRecord !== true) {
      stored.set(
        `decision#${service.id} ${String(record.generation).padStart(10, '0')}#${record.nonce}`,
        record,
      );
      tell({ kind: 'record-written', atMs: nowMs, by, record });
    }
    nowMs += step.idleMs ?? 0;
    const old = state.get(`_quorate.${service.names[0]} TXT `) as ZoneRecord;
    const changes: Change[] = [
      { action: 'DELETE', record: old },
      { action: 'CREATE', record: fenceRecord(sealed) },
      ...moves.flatMap(({ id, to }): Change[] => {
        const own = state.get(`${service.names[0]} A ${id}`);
        return own === undefined
          ? []
          : [
              { action: 'DELETE', record: own },
              { action: 'CREATE', record: { ...own, weight: to } },
            ];
      }),
    ];
    batches += 1;
    const batch: Batch = {
      number: batches,
      zone: ZONE,
      from: by,
      changes: step.spoilChanges?.(changes) ?? changes,
      comment: `${service.id} ${next.generation}`,
      sentAtMs: nowMs,
    };
    tell({ kind: 'batch-sent', atMs: nowMs, batch });
    if (step.isLost !== true) {
      arrive(batch);
      tell({ kind: 'batch-answered', atMs: nowMs, batch, reply: 'accepted' });
      fence = sealed;
    }
    return batch;
  };
  /** Whatever it says is applied: checkers are not to rely on Route 53's own refusals. */
  const arrive = (batch: Batch): void => {
    const before = state;
    const after = new Map(before);
    for (const { action, record } of batch.changes) {
      if (action === 'DELETE') after.delete(keyOf(record));
      else after.set(keyOf(record), record);
    }
    state = after;
    tell({
      kind: 'batch-arrived',
      atMs: nowMs,
      batch,
      answer: 'accepted',
      before,
      after,
      changeId: 'C1',
    });
  };

  return {
    config,
    service,
    world,
    places,
    whys,
    blamed: () => {
      for (const checker of checkers) checker.atEnd?.();
      return [...new Set(blamed)].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
    },
    fence: () => ({ ...fence, text: printed(fence) }),
    state: () => state,
    nowMs: () => nowMs,
    pass: (ms) => {
      nowMs += ms;
    },
    tell,
    process,
    read,
    commit,
    arrive,
    edit: (change) => {
      const before = state;
      const after = new Map(before);
      change(after);
      state = after;
      tell({ kind: 'zone-edited', atMs: nowMs, zone: ZONE, what: 'by hand', before, after });
    },
    restore: (after, how) => {
      const before = state;
      state = after;
      fence = fenceOf(state.get(`_quorate.${service.names[0]} TXT `)) ?? fence;
      tell(
        how === 'edited'
          ? { kind: 'zone-edited', atMs: nowMs, zone: ZONE, what: 'restored', before, after }
          : { kind: 'zone-stranded', atMs: nowMs, zone: ZONE, before, after },
      );
    },
  };
}
