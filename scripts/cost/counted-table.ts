/**
 * DynamoDB without a socket, counted: the SDK's real requests go to an in-memory engine, which tells the
 * capacity that each consumed. One copy serves all regions, as replicas without lag would: every item
 * has one writer. What each further replica costs is arithmetic, not counting (`bill.ts`).
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamodbStore } from '../../shared/adapters/dynamodb-store.ts';
import type { Store } from '../../shared/ports.ts';
import { type Reply as EngineReply, openDynalite } from '../local/dynalite-engine.ts';
import { type ItemCounts, REFUSED } from './counts.ts';
import { inProcess, type WireRequest } from './in-process.ts';
import type { VirtualClock } from './virtual-clock.ts';

type Attribute = { readonly S?: string; readonly N?: string };
type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

export type CountedTable = {
  readonly storeIn: (region: string) => Store;
  readonly items: () => Readonly<Record<string, ItemCounts>>;
  readonly requests: () => Readonly<Record<string, number>>;
  readonly readUnits: () => number;
  /** From here on. */
  readonly reset: () => void;
  readonly close: () => Promise<void>;
};

const WRITE_UNIT_BYTES = 1_024;

const noItems = (): Writable<ItemCounts> => ({
  writeUnits: 0,
  writes: 0,
  bytes: 0,
  byteSeconds: 0,
  expiringUnits: 0,
});

export async function countedTable(
  table: string,
  clock: VirtualClock,
  latencyMs: number,
): Promise<CountedTable> {
  const engine = await openDynalite(table);
  let items: Record<string, Writable<ItemCounts>> = {};
  let requests: Record<string, number> = {};
  let readUnits = 0;
  const seen = new Set<string>();
  const clients: DynamoDBClient[] = [];

  const countWrite = (item: StoredItem, isWritten: boolean): void => {
    const kind = isWritten ? kindOf(item) : REFUSED;
    const bytes = itemBytes(item);
    const units = Math.ceil(bytes / WRITE_UNIT_BYTES);
    const count = items[kind] ?? noItems();
    items[kind] = count;
    count.writes += 1;
    count.writeUnits += units;
    if (!isWritten) return;
    count.bytes += bytes;
    const key = `${item.pk?.S}\n${item.sk?.S}`;
    const isOverwritten = seen.has(key);
    seen.add(key);
    // An item that is written again and again never gets old.
    if (item.ttl?.N === undefined || isOverwritten) return;
    count.byteSeconds += bytes * Math.max(0, Number(item.ttl.N) - clock.now() / 1000);
    count.expiringUnits += units;
  };

  /** As DynamoDB does, and this engine does not: whoever loses is told what won. */
  const withWinner = async (
    reply: EngineReply,
    { Item, TableName }: Sent,
  ): Promise<EngineReply> => {
    if (!reply.body.includes('ConditionalCheckFailed') || Item === undefined) return reply;
    const Key = { pk: Item.pk, sk: Item.sk };
    const found = await engine.call('GetItem', JSON.stringify({ TableName, Key }));
    return {
      ...reply,
      body: JSON.stringify({ ...JSON.parse(reply.body), ...JSON.parse(found.body) }),
    };
  };

  const handler = inProcess(clock, latencyMs, async ({ headers, body }: WireRequest) => {
    const operation = String(headers['x-amz-target'] ?? '').split('.')[1] ?? '';
    const sent: Sent = { ...JSON.parse(body), ReturnConsumedCapacity: 'TOTAL' };
    const reply = await engine.call(operation, JSON.stringify(sent));
    requests[operation] = (requests[operation] ?? 0) + 1;
    if (sent.Item === undefined) readUnits += unitsOf(JSON.parse(reply.body));
    else countWrite(sent.Item, reply.status === 200);
    const { status, headers: told, body: text } = await withWinner(reply, sent);
    return { statusCode: status, headers: told, body: text };
  });

  return {
    storeIn: (region) => {
      const client = new DynamoDBClient({
        region,
        maxAttempts: 1,
        credentials: { accessKeyId: 'counted', secretAccessKey: 'counted' },
        requestHandler: handler,
      });
      clients.push(client);
      return dynamodbStore({ client: DynamoDBDocumentClient.from(client), table, clock });
    },
    items: () => items,
    requests: () => requests,
    readUnits: () => readUnits,
    reset: () => {
      items = {};
      requests = {};
      readUnits = 0;
    },
    close: async () => {
      for (const client of clients) client.destroy();
      await engine.close();
    },
  };
}

type StoredItem = Readonly<Record<string, Attribute>>;
type Sent = { readonly TableName?: string; readonly Item?: StoredItem };
type Consumed = { readonly CapacityUnits?: number };
type Reply = { readonly ConsumedCapacity?: Consumed | readonly Consumed[] };

/** One request may tell of several tables. */
const unitsOf = ({ ConsumedCapacity: told }: Reply): number => {
  const all = told === undefined ? [] : Array.isArray(told) ? told : [told];
  return all.reduce((sum: number, { CapacityUnits = 0 }: Consumed) => sum + CapacityUnits, 0);
};

/** `report#eu-west-1` → report; `rollup#eu-west-1` / `minute#…` → rollup minute. */
function kindOf({ pk, sk }: Readonly<Record<string, Attribute>>): string {
  const [noun = '?'] = (pk?.S ?? '').split('#');
  const [span = ''] = (sk?.S ?? '').split('#');
  return noun === 'rollup' ? `${noun} ${span}` : noun;
}

/** DynamoDB's rule: names and values in UTF-8, a number about half a byte per digit and one more. */
function itemBytes(item: Readonly<Record<string, Attribute>>): number {
  return Object.entries(item).reduce(
    (total, [name, value]) => total + Buffer.byteLength(name) + valueBytes(value),
    0,
  );
}

function valueBytes({ S, N, ...other }: Attribute): number {
  if (S !== undefined) return Buffer.byteLength(S);
  if (N !== undefined) return Math.ceil(N.length / 2) + 1;
  // Maps, lists and flags: as JSON, which is a little more than DynamoDB counts.
  return Buffer.byteLength(JSON.stringify(other));
}
