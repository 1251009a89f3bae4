/**
 * The zone and the table that `npm run contract:aws` made: one of each for all tests, emptied before
 * each. In: their names, from the environment. Out: the production adapters over them. Route 53 is asked
 * at the pace that its token buckets allow, as the suites send a write only once.
 */
import { BatchWriteItemCommand, DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import {
  ChangeResourceRecordSetsCommand,
  Route53Client,
  waitUntilResourceRecordSetsChanged,
} from '@aws-sdk/client-route-53';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { emptyZone } from '../../scripts/contract-aws/resources.ts';
import type { ZoneRecord } from '../../shared/core/zone-record.ts';
import type { Clock, CommitReply } from '../../shared/ports.ts';
import { openTable } from '../contract/open-table.ts';
import type { OpenTable } from '../contract/store-items-contract.ts';
import type { OpenZone, ZoneEngine } from '../contract/zone-contract.ts';
import { APEX } from '../contract/zone-samples.ts';
import { MINISTACK_ZONE, NO_TROUBLE_ON_ORDER } from '../engines/support/zone-divergences.ts';
import { createRecords, openZone } from '../engines/support/zones.ts';

const ATTEMPTS = 12;
/** Route 53 gives back 100 change tokens a second; a busy zone is busy for seconds. */
const TOKENS_PER_MS = 0.1;
const BUSY_PAUSE_MS = 1_000;
const BUSY_PAUSES_MAX = 60;
const ITEMS_PER_BATCH = 25;

const setting = (name: string): string => {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Error(`${name} is not set: these tests are run by npm run contract:aws`);
  return value;
};
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** AWS, unless the run says that it is a rehearsal on an engine. */
export const awsDivergences = (): NonNullable<ZoneEngine['divergences']> =>
  process.env.QUORATE_CONTRACT_ENGINE === 'ministack' ? MINISTACK_ZONE : NO_TROUBLE_ON_ORDER;
export const isRehearsal = (): boolean => process.env.QUORATE_CONTRACT_ENGINE !== undefined;

export async function openAwsZone(records: readonly ZoneRecord[]): Promise<OpenZone> {
  const id = setting('QUORATE_CONTRACT_ZONE');
  const client = new Route53Client({ region: 'us-east-1', maxAttempts: ATTEMPTS });
  const removed = await emptyZone(client, id, APEX);
  await createRecords(client, id, records);
  if (!isRehearsal()) await sleep((removed + records.length) / TOKENS_PER_MS);

  const engine = openZone({
    ref: { key: 'main', id },
    settle: () => nextInsync(client, id),
  });
  const { zone } = engine;
  return {
    ...engine,
    zone: {
      ...zone,
      commit: async (...call): Promise<CommitReply> => {
        let reply = await zone.commit(...call);
        // Both say that nothing was changed.
        for (let n = 0; n < BUSY_PAUSES_MAX && isTurnedAway(reply); n += 1) {
          await sleep(BUSY_PAUSE_MS);
          reply = await zone.commit(...call);
        }
        return reply;
      },
    },
    [Symbol.asyncDispose]: async () => {
      await engine[Symbol.asyncDispose]();
      client.destroy();
    },
  };
}
const isTurnedAway = ({ kind }: CommitReply): boolean => kind === 'busy' || kind === 'throttled';

/** Changes are served in their order: when a later one is, the earlier ones are. */
async function nextInsync(client: Route53Client, zone: string): Promise<void> {
  const { ChangeInfo } = await client.send(
    new ChangeResourceRecordSetsCommand({
      HostedZoneId: zone,
      ChangeBatch: {
        Changes: [
          {
            Action: 'CREATE',
            ResourceRecordSet: {
              Name: `zz-settled.${APEX}`,
              Type: 'TXT',
              TTL: 60,
              ResourceRecords: [{ Value: '"settled"' }],
            },
          },
        ],
      },
    }),
  );
  await waitUntilResourceRecordSetsChanged(
    { client, maxWaitTime: 300, minDelay: 1, maxDelay: 5 },
    { Id: ChangeInfo?.Id },
  );
}

export async function openAwsTable(clock: Clock): Promise<OpenTable> {
  const table = setting('QUORATE_CONTRACT_TABLE');
  const region = setting('QUORATE_CONTRACT_REGION');
  const raw = new DynamoDBClient({ region, maxAttempts: ATTEMPTS });
  await emptyTable(raw, table);
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({ region, maxAttempts: 1 }));
  const close = (): Promise<void> => {
    raw.destroy();
    return Promise.resolve();
  };
  return openTable({ client, table, clock, close });
}

async function emptyTable(client: DynamoDBClient, TableName: string): Promise<void> {
  for await (const { Items } of paginateScan(
    { client },
    { TableName, ProjectionExpression: 'pk, sk', ConsistentRead: true },
  ))
    for (let start = 0; start < (Items?.length ?? 0); start += ITEMS_PER_BATCH) {
      const requests = (Items ?? [])
        .slice(start, start + ITEMS_PER_BATCH)
        .map((Key) => ({ DeleteRequest: { Key } }));
      let left: typeof requests | undefined = requests;
      while (left !== undefined && left.length > 0) {
        const { UnprocessedItems } = await client.send(
          new BatchWriteItemCommand({ RequestItems: { [TableName]: left } }),
        );
        left = UnprocessedItems?.[TableName] as typeof requests | undefined;
      }
    }
}
