/**
 * One region's copy of the table. Writes come in from clients (as DynamoDB requests) and from other
 * regions (as changes); each goes through one queue, so that what is compared, written and captured is
 * never mixed up with another write. Out come changes: what really became different, old and new.
 *
 * Versions stand beside the items, not in them: a condition or a size limit must see what AWS would.
 * One process has one order of writes, so a counter is the timestamp that the last writer wins by.
 */
import { isDeepStrictEqual } from 'node:util';
import type { DynaliteEngine, Reply } from './dynalite-engine.ts';

/** DynamoDB's JSON: `{pk: {S: …}, …}`. */
export type Image = Readonly<Record<string, unknown>>;
export type Change = {
  readonly id: string;
  readonly key: Image;
  readonly before: Image | null;
  /** null: deleted. A deletion has a version too, or an older write would bring the item back. */
  readonly after: Image | null;
  readonly version: number;
  readonly writtenAt: number;
};

export type Replica = {
  readonly read: (operation: string, body: string) => Promise<Reply>;
  readonly write: (operation: WriteOperation, body: string) => Promise<Reply>;
  /** From another region. False: this region already has a newer version. */
  readonly apply: (change: Change) => Promise<boolean>;
};

const WRITE_OPERATIONS = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem'] as const;
export type WriteOperation = (typeof WRITE_OPERATIONS)[number];
export const isWrite = (operation: string): operation is WriteOperation =>
  WRITE_OPERATIONS.some((known) => known === operation);

export type ReplicaDeps = {
  readonly engine: DynaliteEngine;
  readonly table: string;
  readonly now: () => number;
  readonly nextVersion: () => number;
  readonly onLocalChange: (change: Change) => void;
  readonly onAppliedChange: (change: Change) => void;
};

export function openReplica(deps: ReplicaDeps): Replica {
  const { engine, table } = deps;
  const versions = new Map<string, number>();
  let queue: Promise<unknown> = Promise.resolve();

  return {
    read: engine.call,
    write: (operation, body) => inTurn(() => write(operation, body)),
    apply: (change) => inTurn(() => apply(change)),
  };

  function inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = queue.then(run);
    queue = turn.catch(() => undefined); // the caller has the error; the next write must go on
    return turn;
  }

  async function write(operation: WriteOperation, body: string): Promise<Reply> {
    const keys = keysOf(operation, body, table);
    const before = await Promise.all(keys.map(get));
    const reply = await engine.call(operation, body);
    if (reply.status !== 200) return reply;
    const after = await Promise.all(keys.map(get));
    keys.forEach((key, i) => {
      const [old, now] = [before[i] ?? null, after[i] ?? null];
      if (isDeepStrictEqual(old, now)) return; // As on AWS: no record, nothing to replicate.
      const id = idOf(key);
      const version = deps.nextVersion();
      versions.set(id, version);
      deps.onLocalChange({ id, key, before: old, after: now, version, writtenAt: deps.now() });
    });
    return reply;
  }

  async function apply(change: Change): Promise<boolean> {
    const { id, key, after, version, writtenAt } = change;
    if (version <= (versions.get(id) ?? 0)) return false;
    const before = await get(key);
    const reply =
      after === null
        ? await engine.call('DeleteItem', JSON.stringify({ TableName: table, Key: key }))
        : await engine.call('PutItem', JSON.stringify({ TableName: table, Item: after }));
    if (reply.status !== 200) return false; // Closed or deleted: nobody reads here any more.
    versions.set(id, version);
    if (!isDeepStrictEqual(before, after)) {
      deps.onAppliedChange({ id, key, before, after, version, writtenAt });
    }
    return true;
  }

  async function get(key: Image): Promise<Image | null> {
    const reply = await engine.call(
      'GetItem',
      JSON.stringify({ TableName: table, Key: key, ConsistentRead: true }),
    );
    return reply.status === 200
      ? ((JSON.parse(reply.body) as { Item?: Image }).Item ?? null)
      : null;
  }
}

const idOf = (key: Image): string => JSON.stringify([key.pk, key.sk]);

/** The keys a request means to write. A request that is wrong has none: the engine says what is wrong. */
function keysOf(operation: WriteOperation, body: string, table: string): readonly Image[] {
  const request = parse(body);
  const key = ({ pk, sk }: Image): Image => ({ pk, sk });
  if (operation === 'PutItem') return isImage(request.Item) ? [key(request.Item)] : [];
  if (operation !== 'BatchWriteItem') return isImage(request.Key) ? [key(request.Key)] : [];
  const entries = isImage(request.RequestItems) ? request.RequestItems[table] : undefined;
  return (Array.isArray(entries) ? entries : []).flatMap((entry) => {
    const image = entry?.PutRequest?.Item ?? entry?.DeleteRequest?.Key;
    return isImage(image) ? [key(image)] : [];
  });
}

function parse(body: string): Image {
  try {
    const value: unknown = JSON.parse(body);
    return isImage(value) ? value : {};
  } catch {
    return {};
  }
}

const isImage = (value: unknown): value is Image => typeof value === 'object' && value !== null;
