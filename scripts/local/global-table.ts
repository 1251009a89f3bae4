/**
 * The local world's global table: one DynamoDB endpoint per region on loopback, each with a copy of its
 * own, replicated asynchronously as in AWS's default mode (MREC): last writer wins per item, a condition
 * is judged on the region's own copy, writes may be merged on the way, a partition is delivered late.
 * Each region's changes, local or replicated, come out as stream records of that region's replica.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Clock } from '../../shared/ports.ts';
import { openDynalite } from './dynalite-engine.ts';
import { type DynamoProxy, openProxy } from './dynamo-proxy.ts';
import { type Change, openReplica, type Replica } from './replica.ts';
import { type LagRule, replicator } from './replicator.ts';
import { type OnStream, tableStream } from './table-stream.ts';

export type GlobalTableOptions = {
  readonly clock: Clock;
  readonly regions: readonly string[];
  readonly table: string;
  readonly onStream?: OnStream;
  /** Between all regions, unless `setLag` says otherwise. */
  readonly lagMs?: number;
  /** How long stream records are collected before they are handed over; Lambda polls 4 times/s. */
  readonly streamPollMs?: number;
};

export type GlobalTableCounters = {
  readonly requests: number;
  readonly writes: number;
  readonly refused: number;
  readonly reset: number;
  readonly replicated: number;
  /** Versions that never travelled, because a newer one of their item did. */
  readonly merged: number;
  /** Versions that arrived after a newer one: the last writer won. */
  readonly outdated: number;
};

export type GlobalTable = {
  readonly endpointOf: (region: string) => string;
  readonly streamArnOf: (region: string) => string;
  /** Returns the function that takes the rule back. */
  readonly setLag: (rule: LagRule) => () => void;
  /** Cuts the region's replication both ways; its endpoint goes on answering. Returns the healing. */
  readonly partition: (region: string) => () => void;
  /** The region's endpoint resets every connection and its replication stands. Returns the healing. */
  readonly down: (region: string) => () => void;
  /** The region's endpoint answers `ResourceNotFoundException` from now on. */
  readonly deleteReplica: (region: string) => void;
  readonly counters: GlobalTableCounters;
  /** All that can be delivered has been, and every stream record is handed over. */
  readonly idle: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

/** AWS: "typically a second or less". */
const LAG_MS = 200;
const STREAM_POLL_MS = 100;
const ACCOUNT = '123456789012';

export async function startGlobalTable(options: GlobalTableOptions): Promise<GlobalTable> {
  const { clock, regions, table } = options;
  const counters = {
    requests: 0,
    writes: 0,
    refused: 0,
    reset: 0,
    replicated: 0,
    merged: 0,
    outdated: 0,
  };
  const streamLabel = new Date(clock.now()).toISOString().slice(0, -1);
  const streamArnOf = (region: string): string =>
    `arn:aws:dynamodb:${region}:${ACCOUNT}:table/${table}/stream/${streamLabel}`;
  const places = new Map<string, Place>();
  const placeOf = (region: string): Place => {
    const place = places.get(region);
    if (place === undefined) {
      throw new Error(`no region ${region}; this table has ${[...places.keys()].join(', ')}`);
    }
    return place;
  };
  let waiters: (() => void)[] = [];
  const onSettled = (): void => {
    if (isBusy()) return;
    for (const resolve of waiters) resolve();
    waiters = [];
  };
  let version = 0;
  const nextVersion = (): number => {
    version += 1;
    return version;
  };

  const links = replicator({
    clock,
    regions,
    lagMs: options.lagMs ?? LAG_MS,
    apply: (to, change) => placeOf(to).replica.apply(change),
    onSettled,
    counters,
  });
  for (const region of regions) places.set(region, await openPlace(region));

  return {
    endpointOf: (region) => placeOf(region).proxy.endpoint,
    streamArnOf,
    setLag: links.setLag,
    partition: (region) => links.block(placeOf(region).region),
    down: (region) => {
      const { proxy, outages } = placeOf(region);
      const outage = {};
      outages.add(outage);
      proxy.setDown(true);
      const unblock = links.block(region);
      return () => {
        outages.delete(outage);
        proxy.setDown(outages.size > 0);
        unblock();
      };
    },
    deleteReplica: (region) => {
      placeOf(region).proxy.deleteTable();
      links.block(region);
    },
    counters,
    idle: async () => {
      while (isBusy()) await new Promise<void>((resolve) => waiters.push(resolve));
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...places.values()].map(({ proxy }) => proxy.close()));
      await links.close();
      await Promise.all([...places.values()].map(({ close }) => close()));
      for (const resolve of waiters) resolve();
    },
  };

  function isBusy(): boolean {
    return links.isBusy() || [...places.values()].some((place) => place.isStreamBusy());
  }

  async function openPlace(region: string): Promise<Place> {
    const { onStream } = options;
    const engine = await openDynalite(table);
    const stream =
      onStream &&
      tableStream({
        clock,
        region,
        arn: streamArnOf(region),
        pollMs: options.streamPollMs ?? STREAM_POLL_MS,
        onStream,
        onSettled,
      });
    const replica = openReplica({
      engine,
      table,
      now: clock.now,
      nextVersion,
      onLocalChange: (change: Change) => {
        stream?.add(change);
        links.send(region, change);
      },
      onAppliedChange: (change: Change) => stream?.add(change),
    });
    return {
      region,
      replica,
      proxy: await openProxy(replica, counters),
      outages: new Set(),
      isStreamBusy: () => stream?.isBusy() ?? false,
      close: async () => {
        await stream?.close();
        await engine.close();
      },
    };
  }
}

type Place = {
  readonly region: string;
  readonly replica: Replica;
  readonly proxy: DynamoProxy;
  readonly outages: Set<object>;
  readonly isStreamBusy: () => boolean;
  readonly close: () => Promise<void>;
};

/** A client of one region's endpoint, as production makes them; one attempt, so that faults are seen. */
export const documentClient = (endpoint: string, region: string): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(
    new DynamoDBClient({
      endpoint,
      region,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
    }),
  );
