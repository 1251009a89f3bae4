/**
 * What MiniStack's tables lack of a global table as AWS has it: each region's stream → the other regions'
 * tables, asynchronously, with a lag, and able to be cut. (MiniStack copies a write to declared replicas
 * itself, but at once and always; a cut region could not be played.) Of two writes to one item the later
 * one wins everywhere, by MiniStack's sequence numbers, which count through all its regions.
 *
 * A write that came from elsewhere shows in the target's stream like any other. It is known there by its
 * content, which was noted before it was written: no echo travels on.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  type AttributeValue,
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record as StreamRecord,
} from '@aws-sdk/client-dynamodb-streams';
import type { Change } from '../../../../scripts/local/replica.ts';
import { replicator } from '../../../../scripts/local/replicator.ts';
import { systemClock } from '../../../../shared/adapters/system-clock.ts';

type Item = Record<string, AttributeValue>;

const LAG_MS = 400;
const POLL_MS = 150;
/** "0…": older than every write of a client. */
const BEFORE_ALL = '';

export type Replication = {
  /** A table that was just made: filled from another region, then part of it. */
  readonly join: (region: string, from: string | undefined) => Promise<void>;
  readonly leave: (region: string) => void;
  readonly members: () => readonly string[];
  /** Nothing goes in or out until the returned function is called. */
  readonly cut: (region: string) => () => void;
  readonly counters: Readonly<Record<string, number>>;
};

type Member = {
  readonly region: string;
  readonly client: DynamoDBClient;
  readonly streams: DynamoDBStreamsClient;
  readonly versions: Map<string, { readonly at: string; readonly after: Item | null }>;
  /** Noted before they are written; found again in the stream. */
  readonly expected: Map<string, (Item | null)[]>;
  turn: Promise<unknown>;
  isReading: boolean;
};

export function replication(
  table: string,
  regions: readonly string[],
  endpoint: string,
): Replication {
  const members = new Map<string, Member>();
  const counters = { replicated: 0, merged: 0, outdated: 0, echoes: 0, healed: 0 };
  const clock = systemClock();
  const order = new Map<string, number>();
  const links = replicator({
    clock,
    regions,
    lagMs: LAG_MS,
    apply: (to, change) => applyTo(to, change),
    onSettled: () => undefined,
    counters,
  });
  const sequenceOf = new WeakMap<Change, string>();

  return {
    join: async (region, from) => {
      if (members.has(region)) return;
      const member: Member = {
        region,
        client: new DynamoDBClient({ region, endpoint }),
        streams: new DynamoDBStreamsClient({ region, endpoint }),
        versions: new Map(),
        expected: new Map(),
        turn: Promise.resolve(),
        isReading: true,
      };
      members.set(region, member);
      const source = from === undefined ? undefined : members.get(from);
      if (source !== undefined) await fill(member, source);
      void read(member);
    },
    leave: (region) => {
      const member = members.get(region);
      if (member !== undefined) member.isReading = false;
      members.delete(region);
    },
    members: () => [...members.keys()],
    cut: (region) => links.block(region),
    counters,
  };

  async function fill(target: Member, source: Member): Promise<void> {
    const { Items = [] } = await source.client.send(new ScanCommand({ TableName: table }));
    for (const item of Items) await write(target, item, item, BEFORE_ALL);
  }

  /** One after another in each region, so that what is compared is what is written over. */
  function write(to: Member, key: Item, after: Item | null, at: string): Promise<boolean> {
    const done = to.turn.then(async () => {
      const id = idOf(key);
      const known = to.versions.get(id);
      if (known !== undefined && known.at >= at) return false;
      to.versions.set(id, { at, after });
      await put(to, key, after);
      return true;
    });
    to.turn = done.catch(() => undefined);
    return done;
  }

  async function put(to: Member, key: Item, after: Item | null): Promise<void> {
    const id = idOf(key);
    const awaited = to.expected.get(id) ?? [];
    to.expected.set(id, awaited);
    awaited.push(after);
    const { Attributes } = await (after === null
      ? to.client.send(
          new DeleteItemCommand({ TableName: table, Key: keyOf(key), ReturnValues: 'ALL_OLD' }),
        )
      : to.client.send(
          new PutItemCommand({ TableName: table, Item: after, ReturnValues: 'ALL_OLD' }),
        ));
    // A write that changes nothing leaves no record, so none will come back.
    const changedNothing = isDeepStrictEqual(Attributes ?? null, after);
    if (changedNothing) forget(awaited, after);
  }

  async function applyTo(to: string, change: Change): Promise<boolean> {
    const member = members.get(to);
    if (member === undefined) return false; // it takes everything when it joins
    return await write(
      member,
      change.key as Item,
      change.after as Item | null,
      sequenceOf.get(change) ?? BEFORE_ALL,
    );
  }

  async function read(member: Member): Promise<void> {
    let iterator: string | undefined;
    while (member.isReading) {
      try {
        iterator ??= await openStream(member);
        const { Records = [], NextShardIterator } = await member.streams.send(
          new GetRecordsCommand({ ShardIterator: iterator }),
        );
        for (const record of Records) await take(member, record);
        iterator = NextShardIterator;
      } catch (error) {
        // The table may be gone for a moment (removed and made again): look for its stream anew.
        iterator = undefined;
        if (member.isReading) process.stderr.write(`replication: ${member.region}: ${error}\n`);
        await pause(1_000);
      }
      await pause(POLL_MS);
    }
    member.client.destroy();
    member.streams.destroy();
  }

  async function openStream({ client, streams }: Member): Promise<string> {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
    const { StreamDescription } = await streams.send(
      new DescribeStreamCommand({ StreamArn: Table?.LatestStreamArn }),
    );
    const { ShardIterator } = await streams.send(
      new GetShardIteratorCommand({
        StreamArn: Table?.LatestStreamArn,
        ShardId: StreamDescription?.Shards?.[0]?.ShardId,
        ShardIteratorType: 'TRIM_HORIZON',
      }),
    );
    if (ShardIterator === undefined) throw new Error('the stream has no shard');
    return ShardIterator;
  }

  async function take(member: Member, { dynamodb }: StreamRecord): Promise<void> {
    const key = (dynamodb?.Keys ?? {}) as Item;
    const after = (dynamodb?.NewImage ?? null) as Item | null;
    const at = dynamodb?.SequenceNumber ?? BEFORE_ALL;
    const id = idOf(key);
    const known = member.versions.get(id);
    if (forget(member.expected.get(id) ?? [], after)) {
      counters.echoes += 1;
      // A newer write of this region was overwritten before we had read of it: the newer one stands.
      if (known !== undefined && !isDeepStrictEqual(known.after, after)) {
        counters.healed += 1;
        await put(member, key, known.after);
      }
      return;
    }
    if (known !== undefined && known.at >= at) return;
    member.versions.set(id, { at, after });
    const version = (order.get(id) ?? 0) + 1;
    order.set(id, version);
    const change: Change = {
      id,
      key,
      before: null,
      after,
      version,
      writtenAt: clock.now(),
    };
    sequenceOf.set(change, at);
    links.send(member.region, change);
  }
}

const keyOf = ({ pk, sk }: Item): Item => ({ pk: pk as AttributeValue, sk: sk as AttributeValue });
const idOf = ({ pk, sk }: Item): string => `${pk?.S}\n${sk?.S}`;

function forget(awaited: (Item | null)[], image: Item | null): boolean {
  const at = awaited.findIndex((one) => isDeepStrictEqual(one, image));
  if (at < 0) return false;
  awaited.splice(at, 1);
  return true;
}
