/**
 * The few kinds of request that the store is made of: put under a condition, put once, get by ids,
 * query page by page. One call of the port has one deadline, and a bound on every loop.
 *
 * It sends DynamoDB's own commands, not the document ones: those unmarshal a whole response at once,
 * so that one hostile number in one item would hide every other vantage's report.
 */
import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { QuorateError } from '../core/errors.ts';
import type { Clock } from '../ports.ts';
import { storeError } from './dynamodb-errors.ts';
import { bodyOf, type Item, isExpired, itemOf, type Key, keyAttributes } from './dynamodb-items.ts';

const CALL_TIMEOUT_MS = 2_000;
/** Of BatchGetItem (API reference). */
const KEYS_PER_BATCH_MAX = 100;
/** Unprocessed keys mean throttling: a few turns with a pause, then it is an outage. */
const BATCH_TURNS_MAX = 4;
const BATCH_PAUSE_MS = 50;
/** Of 1 MB each; the call's deadline comes first in practice. */
const QUERY_PAGES_MAX = 50;

export type DynamodbDeps = {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
  readonly clock: Clock;
  readonly callTimeoutMs?: number;
};

type Condition = {
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Item;
};

export function dynamodbRequests({ client, table: TableName, clock, callTimeoutMs }: DynamodbDeps) {
  const timeoutMs = callTimeoutMs ?? CALL_TIMEOUT_MS;

  return { call, put, putOnce, batchGet, query };

  /** One call of the port under one deadline; what goes wrong inside leaves as a `QuorateError`. */
  async function call<T>(
    what: string,
    signal: AbortSignal,
    run: (inner: AbortSignal) => Promise<T>,
  ): Promise<T> {
    let ended: 'by-deadline' | 'by-caller' | 'by-answer' = 'by-answer';
    try {
      return await clock.withDeadline(timeoutMs, signal, async (inner) => {
        // The SDK does not watch the signal while it fetches credentials: race it.
        const { promise, reject } = Promise.withResolvers<never>();
        const onAbort = (): void => {
          ended = signal.aborted ? 'by-caller' : 'by-deadline';
          reject(inner.reason);
        };
        if (inner.aborted) onAbort();
        inner.addEventListener('abort', onAbort, { once: true });
        try {
          return await Promise.race([promise, run(inner)]);
        } finally {
          inner.removeEventListener('abort', onAbort);
        }
      });
    } catch (error) {
      if (error instanceof QuorateError) throw error;
      const region = await client.config.region().catch(() => 'an unknown region');
      throw storeError(error, { call: what, table: TableName, region }, { timeoutMs, ended });
    }
  }

  /** Writes, or answers with the item that made the condition fail. */
  async function put(
    item: Item,
    condition: Condition,
    signal: AbortSignal,
  ): Promise<'written' | 'absent' | Item> {
    try {
      await client.send(
        new PutItemCommand({
          TableName,
          Item: item,
          ...condition,
          ...(condition.ConditionExpression === undefined
            ? {}
            : { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
        }),
        { abortSignal: signal },
      );
      return 'written';
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      // DynamoDB brings the winner along; where an engine doesn't, it is read back.
      return error.Item ?? (await get(item, signal)) ?? 'absent';
    }
  }

  async function get({ pk, sk }: Item, signal: AbortSignal): Promise<Item | undefined> {
    const reply = await client.send(
      new GetItemCommand({
        TableName,
        Key: { ...(pk && { pk }), ...(sk && { sk }) },
        ConsistentRead: true,
      }),
      { abortSignal: signal },
    );
    return reply.Item;
  }

  /** Immutable items: a retry after a lost reply finds its own content and is content with it. */
  async function putOnce<T>(
    key: Key,
    noun: T,
    isSame: (stored: unknown, noun: unknown) => boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const winner = await put(
      itemOf(key, noun),
      { ConditionExpression: 'attribute_not_exists(pk)' },
      signal,
    );
    if (winner === 'written') return;
    if (winner === 'absent') throw new Error(`${key.pk} was deleted while it was being written`);
    if (isSame(bodyOf(winner), JSON.parse(JSON.stringify(noun)))) return;
    throw new QuorateError(
      'REFUSED',
      `table ${TableName}: ${key.pk} / ${key.sk} is immutable and already holds something else; ` +
        'nothing was written, find out who changed the table',
    );
  }

  /** By id; what is not there is not in the map. Strongly consistent within the region. */
  async function batchGet<Id extends string>(
    ids: readonly Id[],
    keyOf: (id: Id) => Key,
    signal: AbortSignal,
    read: (item: Item) => unknown = bodyOf,
  ): Promise<ReadonlyMap<Id, unknown>> {
    const idOf = new Map(ids.map((id) => [keyText(keyAttributes(keyOf(id))), id]));
    const keys = [...idOf.values()].map((id) => keyAttributes(keyOf(id)));
    const found = new Map<Id, unknown>();
    for (let start = 0; start < keys.length; start += KEYS_PER_BATCH_MAX) {
      for (const item of await getBatch(keys.slice(start, start + KEYS_PER_BATCH_MAX), signal)) {
        const id = idOf.get(keyText(item));
        if (id !== undefined && !isExpired(item, clock.now())) found.set(id, read(item));
      }
    }
    // The service answers in any order.
    const asked = [...idOf.values()].filter((id) => found.has(id));
    return new Map(asked.map((id) => [id, found.get(id)]));
  }

  async function getBatch(keys: Item[], signal: AbortSignal): Promise<readonly Item[]> {
    const items: Item[] = [];
    let open = keys;
    for (let turn = 1; open.length > 0; turn += 1) {
      const reply = await client.send(
        new BatchGetItemCommand({
          RequestItems: { [TableName]: { Keys: open, ConsistentRead: true } },
        }),
        { abortSignal: signal },
      );
      items.push(...(reply.Responses?.[TableName] ?? []));
      open = reply.UnprocessedKeys?.[TableName]?.Keys ?? [];
      if (open.length === 0) break;
      if (turn === BATCH_TURNS_MAX) throw unprocessed(open.length);
      await clock.sleep(turn * BATCH_PAUSE_MS, signal);
    }
    return items;
  }

  /** Page by page up to `limit` live items, or to the end. */
  async function query(
    input: Omit<QueryCommandInput, 'TableName'>,
    limit: number,
    signal: AbortSignal,
  ): Promise<readonly unknown[]> {
    const found: unknown[] = [];
    let from: Item | undefined;
    for (let page = 0; page < QUERY_PAGES_MAX && found.length < limit; page += 1) {
      const reply = await client.send(
        new QueryCommand({
          ...input,
          TableName,
          ConsistentRead: true,
          Limit: limit - found.length,
          ...(from === undefined ? {} : { ExclusiveStartKey: from }),
        }),
        { abortSignal: signal },
      );
      const live = (reply.Items ?? []).filter((item) => !isExpired(item, clock.now()));
      found.push(...live.map(bodyOf));
      from = reply.LastEvaluatedKey;
      if (from === undefined) break;
    }
    return found;
  }
}

/** DynamoDB's way of throttling a batch; named like its other ways, so that it reads alike. */
const unprocessed = (keys: number): Error =>
  Object.assign(new Error(`${keys} keys stayed unprocessed after ${BATCH_TURNS_MAX} turns`), {
    name: 'ThrottlingException',
  });

const keyText = (item: Item): string => `${item.pk?.S}\n${item.sk?.S}`;
