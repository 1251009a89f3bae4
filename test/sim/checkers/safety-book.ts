/**
 * The world's events → what safety is judged on: what each batch would do to each service, who asked for
 * it (told by what it changes, never by what it says of itself), what its process had read, and what was
 * applied. Made once per world and shared by its checkers.
 */
import type { Config, Service } from '../../../shared/core/model.ts';
import type { DecisionRecord } from '../../../shared/core/record.ts';
import type { ZoneRecord } from '../../../shared/core/zone-record.ts';
import type { Batch, WorldEvent, ZoneState } from '../world/events.ts';
import type { SimWorld } from '../world/world.ts';
import { type FenceText, fenceOf, isFenceRecord, markOf } from './fence-text.ts';

export type ReportsRead = {
  readonly atMs: number;
  readonly reports: ReadonlyMap<string, unknown>;
};
export type ZoneWasRead = {
  readonly atMs: number;
  readonly zone: string;
  readonly state: ZoneState;
};

/** A decision record as it was written, with what its process had read by then. */
export type Intent = {
  readonly record: DecisionRecord;
  readonly atMs: number;
  readonly process: number;
  readonly reads: readonly ReportsRead[];
};

export type Author = 'automation' | 'order' | 'operator';

/** What one endpoint gets in a batch. */
export type Move = {
  readonly endpoint: Service['endpoints'][number];
  readonly mark: string;
  readonly before: NonNullable<ReturnType<FenceText['entries']['get']>>;
  readonly after: NonNullable<ReturnType<FenceText['entries']['get']>>;
  /** The smallest weight among its records. */
  readonly from: number;
  readonly to: number;
  /** A person gave it another weight than the last commit left. */
  readonly isEdited: boolean;
  /** It answers what the file of the sender says. */
  readonly isServed: boolean;
};

/** What one batch does to one service. */
export type Part = {
  readonly batch: Batch;
  /** Zone and name of the fence. */
  readonly key: string;
  readonly config: Config;
  readonly service: Service;
  readonly fenceDeleted: ZoneRecord | null;
  readonly fenceCreated: ZoneRecord | null;
  /** Null too where an operator's commit takes the place of what was no fence of this deployment. */
  readonly before: FenceText | null;
  readonly after: FenceText | null;
  readonly deletes: readonly ZoneRecord[];
  readonly creates: readonly ZoneRecord[];
  readonly by: Author;
  readonly intent: Intent | null;
  /** Of the process, newest first: its decision was made on the first, or, with several zones, near it. */
  readonly reads: readonly ReportsRead[];
  /** The clock of its region when it was sent. */
  readonly localMs: number;
  /** When it was decided, by the clock of its region: at the record, or else at the send. */
  readonly decidedLocalMs: number;
  readonly moves: readonly Move[];
  readonly isRescue: boolean;
};

export type Commit = {
  readonly part: Part;
  readonly atMs: number;
  readonly before: ZoneState;
  readonly after: ZoneState;
};

/** A fence changed and no batch did it: a person, a restore, or Route 53 that forgot. */
export type FenceMoved = {
  readonly key: string;
  readonly atMs: number;
  readonly before: FenceText | null;
  readonly after: FenceText | null;
  readonly how: 'edited' | 'stranded';
};

/** What is known of a report beside what it says. */
export type ReportTruth = {
  readonly region: string;
  readonly writtenMs: number;
  /** How far ahead its writer's clock was. */
  readonly aheadMs: number;
  /** It does not lie, and its clock was not moved since its last report. */
  readonly isSteady: boolean;
  readonly beganMs: number | null;
};

export type Book = {
  readonly onSent: (listener: (part: Part) => void) => void;
  readonly onCommit: (listener: (commit: Commit) => void) => void;
  readonly onFenceMoved: (listener: (moved: FenceMoved) => void) => void;
  readonly partsOf: (batch: Batch) => readonly Part[];
  /** Newest first. */
  readonly zoneReadsOf: (process: number) => readonly ZoneWasRead[];
  /** The last one that reached it. */
  readonly zoneHeldBy: (process: number) => ZoneWasRead | undefined;
  readonly reportsReadBy: (process: number) => ReportsRead | undefined;
  readonly truthOf: (report: unknown) => ReportTruth | undefined;
  readonly configOf: (digest: string) => Config | undefined;
  readonly localMs: (region: string) => number;
};

const ZONE_READS_MAX = 8;
const PROCESSES_MAX = 400;
const INTENTS_MAX = 400;
const BATCHES_MAX = 200;

const books = new WeakMap<SimWorld, Book>();

export function bookOf(world: SimWorld): Book {
  let book = books.get(world);
  if (book === undefined) {
    book = newBook(world);
    books.set(world, book);
  }
  return book;
}

const intentKey = (one: {
  readonly service: string;
  readonly generation: number;
  readonly nonce: string;
}): string => `${one.service} ${one.generation} ${one.nonce}`;

function newBook(world: SimWorld): Book {
  const sent: ((part: Part) => void)[] = [];
  const committed: ((commit: Commit) => void)[] = [];
  const moved: ((move: FenceMoved) => void)[] = [];
  const reads = new Map<number, ReportsRead[]>();
  const zoneReads = new Map<number, ZoneWasRead[]>();
  const zonesHeld = new Map<number, ZoneWasRead>();
  const intents = new Map<string, Intent>();
  const parts = new Map<Batch, readonly Part[]>();
  const configs = new Map<string, Config>();
  const truths = new WeakMap<object, ReportTruth>();
  const lastAhead = new Map<string, number>();

  const aheadMs = (region: string): number => {
    const skew = world.conditions.places.get(region as never)?.skew;
    if (skew === undefined) return 0;
    const { offsetMs, driftPpm, driftSinceMs } = skew;
    return offsetMs + ((world.sim.nowMs() - driftSinceMs) * driftPpm) / 1_000_000;
  };
  const localMs = (region: string): number => Math.round(world.sim.nowMs() + aheadMs(region));

  const partsFor = (batch: Batch): readonly Part[] => {
    const known = parts.get(batch);
    if (known !== undefined) return known;
    const made = dissected(batch, {
      local: localMs(batch.from.region),
      intents,
      reads: reads.get(batch.from.number) ?? [],
    });
    parts.set(batch, made);
    dropFirst(parts, BATCHES_MAX);
    return made;
  };
  const fences = (before: ZoneState, after: ZoneState, event: Noticed): void => {
    const keys = new Set<string>();
    for (const state of [before, after]) {
      for (const [key, record] of state) if (isFenceRecord(record)) keys.add(key);
    }
    for (const key of keys) {
      const [old, now] = [before.get(key), after.get(key)];
      if (old === now || old?.values?.[0] === now?.values?.[0]) continue;
      const name = (old ?? now)?.name ?? '';
      const change: FenceMoved = {
        key: `${event.zone} ${name}`,
        atMs: event.atMs,
        before: fenceOf(old),
        after: fenceOf(now),
        how: event.kind === 'zone-edited' ? 'edited' : 'stranded',
      };
      for (const listener of moved) listener(change);
    }
  };

  world.on((event) => {
    switch (event.kind) {
      case 'report-written': {
        if (typeof event.report !== 'object' || event.report === null) return;
        const { region, config } = event.by;
        if (!configs.has(config.digest)) configs.set(config.digest, config);
        const ahead = aheadMs(region);
        truths.set(event.report, {
          region,
          writtenMs: event.atMs,
          aheadMs: ahead,
          isSteady:
            world.conditions.places.get(region)?.lies === null &&
            Math.abs((lastAhead.get(region) ?? ahead) - ahead) < 500,
          beganMs: event.observedAtMs,
        });
        lastAhead.set(region, ahead);
        return;
      }
      case 'reports-read': {
        const { config, number } = event.by;
        if (!configs.has(config.digest)) configs.set(config.digest, config);
        const most = 2 * Object.keys(config.zones).length - 1;
        const own = [event, ...(reads.get(number) ?? [])].slice(0, most);
        reads.set(number, own);
        dropFirst(reads, PROCESSES_MAX);
        return;
      }
      case 'zone-read': {
        const own = [event, ...(zoneReads.get(event.by.number) ?? [])].slice(0, ZONE_READS_MAX);
        zoneReads.set(event.by.number, own);
        dropFirst(zoneReads, PROCESSES_MAX);
        return;
      }
      case 'zone-held': {
        zonesHeld.set(event.by.number, event);
        dropFirst(zonesHeld, PROCESSES_MAX);
        return;
      }
      case 'record-written': {
        const key = intentKey(event.record);
        if (intents.has(key)) return;
        intents.set(key, {
          record: event.record,
          atMs: event.atMs,
          process: event.by.number,
          reads: reads.get(event.by.number) ?? [],
        });
        dropFirst(intents, INTENTS_MAX);
        return;
      }
      case 'batch-sent': {
        for (const part of partsFor(event.batch)) for (const listener of sent) listener(part);
        return;
      }
      case 'batch-arrived': {
        if (event.answer !== 'accepted') return;
        const { atMs, before, after } = event;
        for (const part of partsFor(event.batch)) {
          for (const listener of committed) listener({ part, atMs, before, after });
        }
        return;
      }
      case 'zone-edited':
      case 'zone-stranded':
        fences(event.before, event.after, event);
        return;
      default:
        return;
    }
  });

  return {
    onSent: (listener) => void sent.push(listener),
    onCommit: (listener) => void committed.push(listener),
    onFenceMoved: (listener) => void moved.push(listener),
    partsOf: partsFor,
    zoneReadsOf: (process) => zoneReads.get(process) ?? [],
    zoneHeldBy: (process) => zonesHeld.get(process),
    reportsReadBy: (process) => reads.get(process)?.[0],
    truthOf: (report) =>
      typeof report === 'object' && report !== null ? truths.get(report) : undefined,
    configOf: (digest) => configs.get(digest),
    localMs,
  };
}

type Noticed = Extract<WorldEvent, { readonly kind: 'zone-edited' | 'zone-stranded' }>;

function dropFirst(map: Map<unknown, unknown>, most: number): void {
  if (map.size <= most) return;
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}

const MANAGED_TYPES = new Set(['A', 'AAAA', 'CNAME']);
/** Among the records of a service at all, whoever made them. */
export const isAtService = (service: Service, record: ZoneRecord): boolean =>
  MANAGED_TYPES.has(record.type) && service.names.includes(record.name);

/** A record that the fence lists. */
export const isListed = (fence: FenceText, record: ZoneRecord): boolean =>
  record.setIdentifier !== undefined && fence.entries.has(markOf(record.setIdentifier));

type Known = {
  readonly local: number;
  readonly intents: ReadonlyMap<string, Intent>;
  readonly reads: readonly ReportsRead[];
};

function dissected(batch: Batch, known: Known): readonly Part[] {
  const { config } = batch.from;
  return config.services.flatMap((service) => {
    if (service.zone.id !== batch.zone) return [];
    const fence = `_quorate.${service.names[0] ?? ''}`;
    const own = batch.changes.filter(
      ({ record }) =>
        (record.type === 'TXT' && record.name === fence) || isAtService(service, record),
    );
    return own.length === 0 ? [] : [partOf(batch, service, fence, own, known)];
  });
}

function partOf(
  batch: Batch,
  service: Service,
  fence: string,
  own: Batch['changes'],
  { local, intents, reads }: Known,
): Part {
  const { config } = batch.from;
  const pick = (isFence: boolean, isDelete: boolean): ZoneRecord[] =>
    own
      .filter(
        ({ action, record }) =>
          (record.type === 'TXT') === isFence && (action === 'DELETE') === isDelete,
      )
      .map(({ record }) => record);
  const fenceDeleted = pick(true, true)[0] ?? null;
  const fenceCreated = pick(true, false)[0] ?? null;
  const deletes = pick(false, true);
  const creates = pick(false, false);
  const after = fenceOf(fenceCreated ?? undefined);
  const stood = fenceOf(fenceDeleted ?? undefined);
  const before = isTakenOver(stood, after, batch, local) ? null : stood;
  const intent =
    after === null ? null : (intents.get(intentKey({ ...after, service: service.id })) ?? null);
  const base = {
    batch,
    key: `${batch.zone} ${fence}`,
    config,
    service,
    fenceDeleted,
    fenceCreated,
    before,
    after,
    deletes,
    creates,
    intent,
    reads: intent?.process === batch.from.number ? intent.reads : reads,
    localMs: local,
    decidedLocalMs: intent?.record.at ?? local,
    isRescue: before !== null && after !== null && before.rescuedMs !== after.rescuedMs,
  };
  return { ...base, by: authorOf(base), moves: movesOf(base) };
}

/** An operator may replace a fence that is another deployment's, of another format, or from the future. */
function isTakenOver(
  stood: FenceText | null,
  after: FenceText | null,
  { from }: Batch,
  localMs: number,
): boolean {
  if (stood === null || from.name !== 'operator' || after?.generation !== 1) return false;
  return (
    stood.format !== 1 ||
    stood.deployment !== from.config.deployment ||
    stood.asofMs > localMs + 4_000
  );
}

type Base = Omit<Part, 'by' | 'moves'>;

function authorOf({ batch, before, after, localMs }: Base): Author {
  if (batch.from.name === 'operator') return 'operator';
  if (before === null || after === null) return 'automation';
  const left = new Map(after.orders.map((order) => [order.id, order]));
  let author: Author = 'automation';
  for (const order of before.orders) {
    const kept = left.get(order.id);
    left.delete(order.id);
    if (kept?.text === order.text) continue;
    const isOwn =
      kept === undefined
        ? order.untilMs <= localMs + 1_000 || [...after.orders].some(({ started }) => started)
        : kept.started && !order.started;
    if (!isOwn) return 'operator';
    author = 'order';
  }
  return left.size > 0 ? 'operator' : author;
}

function movesOf({ service, before, after, deletes, creates }: Base): readonly Move[] {
  if (before === null || after === null) return [];
  return service.endpoints.flatMap((endpoint): Move[] => {
    const mark = markOf(endpoint.setIdentifier);
    const [old, now] = [before.entries.get(mark), after.entries.get(mark)];
    const isOwn = (record: ZoneRecord): boolean => record.setIdentifier === endpoint.setIdentifier;
    const [gone, made] = [deletes.filter(isOwn), creates.filter(isOwn)];
    if (old === undefined || now === undefined || gone.length === 0 || made.length === 0) return [];
    const least = (records: readonly ZoneRecord[]): number =>
      Math.min(...records.map(({ weight }) => weight ?? 0));
    return [
      {
        endpoint,
        mark,
        before: old,
        after: now,
        from: least(gone),
        to: least(made),
        isEdited: gone.some(({ weight }) => weight !== old.weight),
        isServed: gone.every((record) => servesTarget(record, endpoint.targets)),
      },
    ];
  });
}

/** Plain equality suffices: files of simulations hold targets as Route 53 gives them back. */
function servesTarget(
  record: ZoneRecord,
  targets: Service['endpoints'][number]['targets'],
): boolean {
  const target = targets[record.type as keyof typeof targets];
  if (target === undefined) return false;
  if (target.kind === 'value') {
    return record.values?.length === 1 && plain(record.values[0] as string) === plain(target.value);
  }
  return (
    record.alias !== undefined &&
    record.alias.zone === target.zone &&
    plain(record.alias.name) === plain(target.name)
  );
}

const plain = (text: string): string =>
  text
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/^dualstack\./, '');
