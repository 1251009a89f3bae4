/**
 * A table that is there, for the store's tests: the production adapter over it, and a way around the
 * adapter to plant and to see items as they are. Disposing closes the client, then what holds the table.
 */
import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamodbStore } from '../../shared/adapters/dynamodb-store.ts';
import type { Clock } from '../../shared/ports.ts';
import type { OpenTable } from './store-items-contract.ts';

export function openTable(given: {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
  readonly clock: Clock;
  readonly close: () => Promise<unknown>;
  /** Of a slow engine: its deadline is no part of the contract. Default: the adapter's own. */
  readonly callTimeoutMs?: number;
}): OpenTable {
  const { client, table: TableName, clock, close, callTimeoutMs } = given;
  const raw: Pick<DynamoDBClient, 'send'> = client;
  return {
    store: dynamodbStore({
      client,
      table: TableName,
      clock,
      ...(callTimeoutMs === undefined ? {} : { callTimeoutMs }),
    }),
    plant: async ({ pk, sk, ...attributes }) => {
      const rest = attributes as Record<string, AttributeValue>;
      const Item = { ...rest, pk: { S: pk }, sk: { S: sk } };
      await raw.send(new PutItemCommand({ TableName, Item }));
    },
    item: async (pk, sk) => {
      const Key = { pk: { S: pk }, sk: { S: sk } };
      return (await raw.send(new GetItemCommand({ TableName, Key }))).Item ?? {};
    },
    [Symbol.asyncDispose]: async () => {
      await close();
      client.destroy();
    },
  };
}
