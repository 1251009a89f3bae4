/** The store's table as deployed, but without replicas, stream and TTL: keys, and paid per request. */
import {
  CreateTableCommand,
  type DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';

const WAIT_SECONDS = 120;

export async function createContractTable(
  client: Pick<DynamoDBClient, 'send' | 'config'>,
  table: string,
): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
  await waitUntilTableExists(
    { client: client as DynamoDBClient, maxWaitTime: WAIT_SECONDS, minDelay: 1, maxDelay: 2 },
    { TableName: table },
  );
}
