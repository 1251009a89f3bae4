/** The stream of each region's replica, in the records that Lambda hands to the quorum function. */
import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { dynamodbStore } from '../../shared/adapters/dynamodb-store.ts';
import { ABSENT, EU, key, openWorld, REGIONS, TABLE, US } from './global-table-world.ts';
import { aReport, EU as EU_VANTAGE, keyOf, LIVE, NOW } from './store-samples.ts';

describe('global table: streams', () => {
  it('gives records as Lambda gets them, in every region', async () => {
    await using world = await openWorld();

    await world.put(EU, 'a', { value: 1, changed: true });
    await world.table.idle();

    for (const region of REGIONS) {
      expect(world.records.get(region)).toEqual([
        {
          eventID: expect.any(String),
          eventName: 'INSERT',
          eventVersion: '1.1',
          eventSource: 'aws:dynamodb',
          awsRegion: region,
          dynamodb: {
            ApproximateCreationDateTime: NOW / 1000,
            Keys: { pk: { S: 'a' }, sk: { S: 'now' } },
            NewImage: {
              pk: { S: 'a' },
              sk: { S: 'now' },
              value: { N: '1' },
              changed: { BOOL: true },
            },
            SequenceNumber: expect.stringMatching(/^\d{21,40}$/),
            SizeBytes: expect.any(Number),
            StreamViewType: 'NEW_AND_OLD_IMAGES',
          },
          eventSourceARN: world.table.streamArnOf(region),
        },
      ]);
    }
    expect(world.table.streamArnOf(US)).toMatch(
      /^arn:aws:dynamodb:us-east-1:\d{12}:table\/quorate-test\/stream\/2026-07-01T12:00:00\.000$/,
    );
  });

  it('tells insertion, change and removal apart, with both images', async () => {
    await using world = await openWorld();
    await world.put(EU, 'a', { value: 1 });
    await world.put(EU, 'a', { value: 2 });
    await world.client(EU).send(new DeleteCommand({ TableName: TABLE, Key: key('a') }));
    await world.table.idle();

    const records = world.records.get(EU) ?? [];
    const images = records.map(({ eventName, dynamodb }) => [
      eventName,
      dynamodb?.OldImage?.value?.N,
      dynamodb?.NewImage?.value?.N,
    ]);
    expect(images).toEqual([
      ['INSERT', undefined, '1'],
      ['MODIFY', '1', '2'],
      ['REMOVE', '2', undefined],
    ]);
  });

  it('gives no record for a write that changes nothing, or is refused', async () => {
    await using world = await openWorld();
    await world.put(EU, 'a', { value: 1 });
    await world.put(EU, 'a', { value: 1 });
    await expect(world.put(EU, 'a', { value: 2 }, ABSENT)).rejects.toThrow();
    await world.client(EU).send(new DeleteCommand({ TableName: TABLE, Key: key('never') }));
    await world.table.idle();

    expect(REGIONS.map((region) => world.records.get(region)?.length)).toEqual([1, 1, 1]);
  });

  it('numbers the records of a region upwards and collects them in batches', async () => {
    await using world = await openWorld({ streamPollMs: 100 });
    for (const value of [1, 2, 3]) await world.put(EU, 'a', { value });
    await world.settled();
    const before = world.batches.length;
    await world.clock.advance(100);
    await world.table.idle();

    const own = world.batches.filter(({ region }) => region === EU);
    const numbers = own.flatMap(({ records }) => records.map((r) => r.dynamodb?.SequenceNumber));
    expect(before).toBe(0);
    expect(own).toHaveLength(1);
    expect(numbers).toHaveLength(3);
    expect(numbers).toEqual([...numbers].sort());
    expect(new Set(numbers).size).toBe(3);
  });

  it('hands over the next batch when the last one has been handled', async () => {
    const { promise: handled, resolve: finish } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const batches: number[] = [];
    await using world = await openWorld({
      regions: [EU],
      onStream: async (_, records) => {
        batches.push(records.length);
        begin();
        if (batches.length === 1) await handled;
      },
    });
    await world.put(EU, 'a', { value: 1 });
    await world.drive(begun);

    await world.put(EU, 'a', { value: 2 });
    await world.put(EU, 'a', { value: 3 });
    await world.settled();
    const during = [...batches];
    finish();
    await world.table.idle();

    expect(during).toEqual([1]);
    expect(batches).toEqual([1, 2]);
  });

  it('shows a replicated report as changed to every region', async () => {
    await using world = await openWorld();
    const client = world.client(EU);
    const store = dynamodbStore({ client, table: TABLE, clock: world.clock });

    await store.writeReport(aReport({ round: 1, changed: true }), null, LIVE);
    await store.writeReport(aReport({ round: 2 }), keyOf({ round: 1 }), LIVE);
    await world.table.idle();

    const flags = world.records.get(US)?.map((r) => r.dynamodb?.NewImage?.changed?.BOOL);
    expect(flags?.at(-1)).toBe(false);
    const other = dynamodbStore({ client: world.client(US), table: TABLE, clock: world.clock });
    expect((await other.readReports([EU_VANTAGE], LIVE)).get(EU_VANTAGE)).toMatchObject(
      aReport({ round: 2 }),
    );
  });
});
