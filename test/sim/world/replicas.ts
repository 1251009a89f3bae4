/**
 * The global table: one replica per region, each conditional by itself, merged by the last writer. Writes
 * travel with a lag of their own each, so they arrive out of order; a cut link holds them until it is
 * opened. Values are shared, never copied: production code may not change what it reads.
 */
import type { VantageId } from '../../../shared/core/model.ts';
import type { Random } from '../kernel/random.ts';
import type { Simulation } from '../kernel/simulation.ts';
import type { TableConditions } from './conditions.ts';

export type Item = {
  readonly value: unknown;
  readonly writtenAtMs: number;
  readonly origin: VantageId;
};

type Arrival = {
  readonly atMs: number;
  readonly partition: string;
  readonly sort: string;
  readonly item: Item;
};

export type Replicas = {
  readonly get: (region: VantageId, partition: string, sort?: string) => unknown;
  /** Ascending by sort key. */
  readonly query: (
    region: VantageId,
    partition: string,
    isWanted: (sort: string) => boolean,
  ) => readonly unknown[];
  readonly put: (region: VantageId, partition: string, sort: string, value: unknown) => void;
  /** A link was opened, or a region came back: what was held goes on its way. */
  readonly release: () => void;
  /** Items written longer ago than this are taken away, as by a TTL. */
  readonly expire: (partitionPrefix: string, olderThanMs: number) => void;
};

/** On their way to one region. */
type Queue = { waiting: Arrival[]; firstAtMs: number };
const emptyQueue = (): Queue => ({ waiting: [], firstAtMs: Number.POSITIVE_INFINITY });

const COLLECTION = '';
/** A write that is merged into the next waits for it so long. */
const MERGE_WAIT_MS = 10_000;

export function replicas(
  sim: Simulation,
  regions: readonly VantageId[],
  conditions: TableConditions,
  options: {
    /** Its stream tells of this write at once, in the region whose replica took it. */
    readonly isStreamed: (partition: string, value: unknown) => boolean;
    readonly onStream: (region: VantageId, partition: string, value: unknown) => void;
    readonly isDead: (region: VantageId) => boolean;
  },
): Replicas {
  const random: Random = sim.random.fork('replication');
  const stores = new Map(regions.map((region) => [region, new Map<string, Map<string, Item>>()]));
  const queues = new Map(regions.map((region) => [region, emptyQueue()]));
  const held: { readonly from: VantageId; readonly to: VantageId; readonly arrival: Arrival }[] =
    [];

  const partitionOf = (region: VantageId, partition: string): Map<string, Item> => {
    const store = stores.get(region) as Map<string, Map<string, Item>>;
    let items = store.get(partition);
    if (items === undefined) {
      items = new Map();
      store.set(partition, items);
    }
    return items;
  };
  const merge = (region: VantageId, { partition, sort, item }: Omit<Arrival, 'atMs'>): void => {
    const items = partitionOf(region, partition);
    const known = items.get(sort);
    if (known !== undefined && !isLater(item, known)) return;
    items.set(sort, item);
  };
  /** Lazily: what has arrived by now is merged when somebody looks. */
  const settle = (region: VantageId): void => {
    const queue = queues.get(region) as Queue;
    const now = sim.nowMs();
    if (queue.firstAtMs > now) return;
    const waiting: Arrival[] = [];
    queue.firstAtMs = Number.POSITIVE_INFINITY;
    // By the last writer it makes no difference in which order they are merged.
    for (const arrival of queue.waiting) {
      if (arrival.atMs <= now) merge(region, arrival);
      else {
        waiting.push(arrival);
        queue.firstAtMs = Math.min(queue.firstAtMs, arrival.atMs);
      }
    }
    queue.waiting = waiting;
  };
  const isCut = (from: VantageId, to: VantageId): boolean =>
    conditions.cut.has(`${from}>${to}`) || options.isDead(from) || options.isDead(to);
  const travel = (
    from: VantageId,
    to: VantageId,
    arrival: Omit<Arrival, 'atMs'>,
    waitsMs = 0,
  ): void => {
    if (isCut(from, to)) {
      held.push({ from, to, arrival: { ...arrival, atMs: 0 } });
      return;
    }
    const { lagMs, lagIntoMs } = conditions;
    const lag = random.between(lagMs.from, lagMs.to) + (lagIntoMs.get(to) ?? 0) + waitsMs;
    const atMs = Math.ceil(sim.nowMs() + lag);
    const queue = queues.get(to) as Queue;
    queue.waiting.push({ ...arrival, atMs });
    queue.firstAtMs = Math.min(queue.firstAtMs, atMs);
    if (options.isStreamed(arrival.partition, arrival.item.value)) {
      sim.after(lag, 'stream', () => {
        if (options.isDead(to)) return;
        options.onStream(to, arrival.partition, arrival.item.value);
      });
    }
  };

  return {
    get: (region, partition, sort = COLLECTION) => {
      settle(region);
      return stores.get(region)?.get(partition)?.get(sort)?.value;
    },
    query: (region, partition, isWanted) => {
      settle(region);
      const items = stores.get(region)?.get(partition);
      if (items === undefined) return [];
      return [...items.keys()]
        .filter(isWanted)
        .sort()
        .map((sort) => items.get(sort)?.value);
    },
    put: (region, partition, sort, value) => {
      settle(region);
      const item: Item = { value, writtenAtMs: sim.nowMs(), origin: region };
      merge(region, { partition, sort, item });
      if (options.isStreamed(partition, value)) {
        sim.after(random.between(100, 400), 'stream', () =>
          options.onStream(region, partition, value),
        );
      }
      // Replication may merge several writes to one item into the last of them: one that waits is overtaken
      // by the next and never seen, but the last always arrives.
      const waitsMs = random.chance(conditions.mergeChance) ? MERGE_WAIT_MS : 0;
      const arrival = { partition, sort, item };
      for (const to of regions) if (to !== region) travel(region, to, arrival, waitsMs);
    },
    release: () => {
      const waiting = held.splice(0);
      for (const { from, to, arrival } of waiting) travel(from, to, arrival);
    },
    expire: (prefix, olderThanMs) => {
      for (const region of regions) {
        settle(region);
        for (const [partition, items] of stores.get(region) ?? []) {
          if (!partition.startsWith(prefix)) continue;
          for (const [sort, item] of items) if (item.writtenAtMs < olderThanMs) items.delete(sort);
        }
      }
    },
  };
}

const isLater = (item: Item, known: Item): boolean =>
  item.writtenAtMs !== known.writtenAtMs
    ? item.writtenAtMs > known.writtenAtMs
    : item.origin >= known.origin;
