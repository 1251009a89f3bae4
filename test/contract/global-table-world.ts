/** A global table of three regions on virtual time: a lag passes when a test says so. */
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
} from '@aws-sdk/lib-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import {
  documentClient,
  type GlobalTable,
  type GlobalTableOptions,
  startGlobalTable,
} from '../../scripts/local/global-table.ts';
import { type FakeClock, fakeClock } from '../fakes/fake-clock.ts';
import { NOW } from './store-samples.ts';

export const [EU, US, AP] = ['eu-west-1', 'us-east-1', 'ap-southeast-1'] as const;
export const REGIONS = [EU, US, AP];
export const TABLE = 'quorate-test';

export const key = (id: string): { pk: string; sk: string } => ({ pk: id, sk: 'now' });
export const ABSENT = { ConditionExpression: 'attribute_not_exists(pk)' };

export type World = {
  readonly table: GlobalTable;
  readonly clock: FakeClock;
  readonly client: (region: string) => DynamoDBDocumentClient;
  readonly put: (region: string, id: string, fields: object, condition?: object) => Promise<void>;
  readonly get: (region: string, id: string) => Promise<unknown>;
  /** Puts a value, or deletes the item, and gives what was there. */
  readonly swap: (region: string, id: string, value: number | undefined) => Promise<unknown>;
  /** What EU, US and AP hold, in that order. */
  readonly everywhere: (id: string) => Promise<readonly unknown[]>;
  /** Lets everything go through that needs no time to pass, until the promise settles. */
  readonly drive: (done: Promise<void>) => Promise<void>;
  /** What was due has been delivered; what waits for time to pass still waits. */
  readonly settled: () => Promise<void>;
  readonly records: Map<string, DynamoDBRecord[]>;
  readonly batches: { region: string; records: readonly DynamoDBRecord[] }[];
} & AsyncDisposable;

type Options = Partial<GlobalTableOptions> & { readonly clock?: FakeClock };

export async function openWorld(options: Options = {}): Promise<World> {
  const clock = options.clock ?? fakeClock(NOW);
  const records = new Map<string, DynamoDBRecord[]>(REGIONS.map((region) => [region, []]));
  const batches: World['batches'] = [];
  const table = await startGlobalTable({
    regions: REGIONS,
    table: TABLE,
    lagMs: 0,
    streamPollMs: 0,
    onStream: (region, added) => {
      batches.push({ region, records: added });
      records.get(region)?.push(...added);
    },
    ...options,
    clock,
  });
  const clients = new Map<string, DynamoDBDocumentClient>();
  const client = (region: string): DynamoDBDocumentClient => {
    const made = clients.get(region) ?? documentClient(table.endpointOf(region), region);
    clients.set(region, made);
    return made;
  };
  const get: World['get'] = async (region, id) => {
    const found = await client(region).send(
      new GetCommand({ TableName: TABLE, Key: key(id), ConsistentRead: true }),
    );
    return found.Item?.value;
  };
  const drive = async (done: Promise<void>): Promise<void> => {
    let isDone = false;
    const finish = (): void => {
      isDone = true;
    };
    done.then(finish, finish);
    while (!isDone) await clock.advance(0);
    return done;
  };
  return {
    clock,
    client,
    get,
    records,
    batches,
    table: { ...table, idle: () => drive(table.idle()) },
    drive,
    put: async (region, id, fields, condition = {}) => {
      await client(region).send(
        new PutCommand({ TableName: TABLE, Item: { ...key(id), ...fields }, ...condition }),
      );
    },
    swap: async (region, id, value) => {
      const common = { TableName: TABLE, ReturnValues: 'ALL_OLD' } as const;
      const reply =
        value === undefined
          ? await client(region).send(new DeleteCommand({ ...common, Key: key(id) }))
          : await client(region).send(new PutCommand({ ...common, Item: { ...key(id), value } }));
      return reply.Attributes?.value;
    },
    everywhere: (id) => Promise.all(REGIONS.map((region) => get(region, id))),
    settled: async () => {
      const isStill = (): number => table.counters.replicated + table.counters.outdated;
      for (let quiet = 0, last = isStill(); quiet < 20; quiet += 1) {
        await clock.advance(0);
        if (isStill() !== last) quiet = 0;
        last = isStill();
      }
    },
    [Symbol.asyncDispose]: async () => {
      for (const made of clients.values()) made.destroy();
      await table[Symbol.asyncDispose]();
    },
  };
}
