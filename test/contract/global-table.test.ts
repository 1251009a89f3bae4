/**
 * The local world's global table against what AWS says of MREC (aws-facts, section 4): asynchronous, last
 * writer wins per item, conditions on the region's own copy, merged writes, stream records of real
 * changes only. No engine replicates, so no other suite covers this.
 */
import { DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchWriteCommand,
  DeleteCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fakeClock } from '../fakes/fake-clock.ts';
import { ABSENT, AP, EU, key, openWorld, REGIONS, TABLE, US } from './global-table-world.ts';
import { NOW } from './store-samples.ts';

describe('global table: replication', () => {
  it('brings a write to every other region', async () => {
    await using world = await openWorld();

    await world.put(EU, 'a', { value: 1 });
    await world.table.idle();

    expect(await world.everywhere('a')).toEqual([1, 1, 1]);
  });

  it('brings updates, batches and deletions too', async () => {
    await using world = await openWorld();
    await world.put(EU, 'a', { value: 1 });
    await world.put(EU, 'b', { value: 1 });

    await world.client(EU).send(
      new UpdateCommand({
        TableName: TABLE,
        Key: key('a'),
        UpdateExpression: 'ADD #value :one',
        ExpressionAttributeNames: { '#value': 'value' },
        ExpressionAttributeValues: { ':one': 1 },
      }),
    );
    await world.client(EU).send(new DeleteCommand({ TableName: TABLE, Key: key('b') }));
    await world.client(EU).send(
      new BatchWriteCommand({
        RequestItems: {
          [TABLE]: [
            { PutRequest: { Item: { ...key('c'), value: 3 } } },
            { PutRequest: { Item: { ...key('d'), value: 4 } } },
            { DeleteRequest: { Key: key('e') } },
          ],
        },
      }),
    );
    await world.table.idle();

    expect(await world.everywhere('a')).toEqual([2, 2, 2]);
    expect(await world.everywhere('b')).toEqual([undefined, undefined, undefined]);
    expect(await world.everywhere('c')).toEqual([3, 3, 3]);
    expect(await world.everywhere('d')).toEqual([4, 4, 4]);
  });

  it('shows a write in its own region at once, elsewhere when the lag has passed', async () => {
    await using world = await openWorld({ lagMs: 1_000 });

    await world.put(EU, 'a', { value: 1 });
    const atOnce = await world.everywhere('a');
    await world.clock.advance(999);
    const before = await world.everywhere('a');
    await world.clock.advance(1);
    await world.table.idle();

    expect(atOnce).toEqual([1, undefined, undefined]);
    expect(before).toEqual(atOnce);
    expect(await world.everywhere('a')).toEqual([1, 1, 1]);
  });

  it('delivers each version as late as the lag says, not with the newest content', async () => {
    await using world = await openWorld({ lagMs: 10_000 });
    for (const value of [1, 2, 3]) {
      await world.put(EU, 'a', { value });
      await world.clock.advance(4_000);
    }
    const seen: unknown[] = [];
    for (const ms of [0, 1_999, 1_999, 2_002]) {
      await world.clock.advance(ms);
      await world.settled();
      seen.push(await world.get(US, 'a'));
    }

    // Written at 0, 4 and 8 s, delivered at 10, 14 and 18 s; looked at from 12 s on.
    expect(seen).toEqual([1, 1, 2, 3]);
  });

  it('lags only where it was told to, until the rule is taken back', async () => {
    await using world = await openWorld();
    const heal = world.table.setLag({ to: AP, lagMs: 60_000 });

    await world.put(EU, 'a', { value: 1 });
    await world.settled();
    const lagging = await world.everywhere('a');
    heal();
    await world.table.idle();

    expect(lagging).toEqual([1, 1, undefined]);
    expect(await world.everywhere('a')).toEqual([1, 1, 1]);
  });

  it('lets a rule for one pair stand beside the rest', async () => {
    await using world = await openWorld();
    world.table.setLag({ from: EU, to: US, lagMs: 60_000 });

    await world.put(EU, 'a', { value: 1 });
    await world.put(US, 'b', { value: 2 });
    await world.settled();

    expect(await world.everywhere('a')).toEqual([1, undefined, 1]);
    expect(await world.everywhere('b')).toEqual([2, 2, 2]);
  });

  it('never sends a replicated change on', async () => {
    await using world = await openWorld();

    await world.put(EU, 'a', { value: 1 });
    await world.table.idle();

    expect(world.table.counters).toMatchObject({ writes: 1, replicated: 2, outdated: 0 });
  });

  it('replicates nothing for a refused write, nor for one that changes nothing', async () => {
    await using world = await openWorld();
    await world.put(EU, 'a', { value: 1 });
    await world.table.idle();

    await world.put(EU, 'a', { value: 1 });
    await expect(world.put(EU, 'a', { value: 2 }, ABSENT)).rejects.toThrow(/conditional/);
    await world.table.idle();

    expect(world.table.counters).toMatchObject({ writes: 3, replicated: 2 });
    expect(await world.everywhere('a')).toEqual([1, 1, 1]);
  });
});

describe('global table: conflicts', () => {
  it('lets the last writer win everywhere', async () => {
    await using world = await openWorld({ lagMs: 1_000 });
    await world.put(EU, 'a', { value: 1 });
    await world.put(US, 'a', { value: 2 });

    await world.clock.advance(1_000);
    await world.table.idle();

    expect(await world.everywhere('a')).toEqual([2, 2, 2]);
    expect(world.table.counters.outdated).toBeGreaterThan(0);
  });

  it('lets a deletion win over an older write that arrives later', async () => {
    await using world = await openWorld();
    await world.put(EU, 'a', { value: 1 });
    await world.table.idle();
    world.table.setLag({ from: EU, lagMs: 5_000 });

    await world.put(EU, 'a', { value: 2 });
    await world.client(US).send(new DeleteCommand({ TableName: TABLE, Key: key('a') }));
    await world.clock.advance(5_000);
    await world.table.idle();

    expect(await world.everywhere('a')).toEqual([undefined, undefined, undefined]);
  });

  it('judges a condition on the region own copy, so that two regions can both win', async () => {
    await using world = await openWorld({ lagMs: 1_000 });

    await Promise.all([
      world.put(EU, 'a', { value: 1 }, ABSENT),
      world.put(US, 'a', { value: 2 }, ABSENT),
    ]);
    await expect(world.put(EU, 'a', { value: 3 }, ABSENT)).rejects.toThrow(/conditional/);
    await world.clock.advance(1_000);
    await world.table.idle();

    const [winner] = await world.everywhere('a');
    expect([1, 2]).toContain(winner);
    expect(await world.everywhere('a')).toEqual([winner, winner, winner]);
  });

  it('judges racing writes of one region one after the other', async () => {
    await using world = await openWorld();

    const replies = await Promise.allSettled(
      [1, 2, 3, 4, 5].map((value) => world.put(EU, 'a', { value }, ABSENT)),
    );

    expect(replies.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('ends with equal replicas, whatever was written where and cut when', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        await using world = await openWorld({ lagMs: 500 });
        const healings: (() => void)[] = [];
        const last = new Map<string, number | undefined>();
        for (const one of steps) {
          if (one.kind === 'wait') await world.clock.advance(one.ms);
          else if (one.kind === 'cut') healings.push(world.table.partition(one.region));
          else if (one.kind === 'heal') healings.shift()?.();
          // A write that changes nothing where it is made is no write.
          else if ((await world.swap(one.region, one.id, one.value)) !== one.value) {
            last.set(one.id, one.value);
          }
        }
        for (const heal of healings) heal();
        await world.clock.advance(500);
        await world.table.idle();

        for (const id of ['a', 'b']) {
          const value = last.get(id);
          expect(await world.everywhere(id)).toEqual([value, value, value]);
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe('global table: partitions and outages', () => {
  it('cuts a region off both ways, and delivers late on healing', async () => {
    await using world = await openWorld();
    const heal = world.table.partition(AP);

    await world.put(EU, 'a', { value: 1 });
    await world.put(AP, 'b', { value: 2 });
    await world.table.idle();
    const during = [await world.everywhere('a'), await world.everywhere('b')];
    heal();
    await world.table.idle();

    expect(during).toEqual([
      [1, 1, undefined],
      [undefined, undefined, 2],
    ]);
    expect(await world.everywhere('a')).toEqual([1, 1, 1]);
    expect(await world.everywhere('b')).toEqual([2, 2, 2]);
  });

  it('merges what a partition held back: only the newest version travels', async () => {
    await using world = await openWorld();
    const heal = world.table.partition(AP);
    for (const value of [1, 2, 3, 4]) await world.put(EU, 'a', { value });
    await world.table.idle();

    const { replicated: before, merged: held } = world.table.counters;
    heal();
    await world.table.idle();

    expect(world.table.counters.replicated - before).toBe(1);
    expect([held, world.table.counters.merged]).toEqual([3, 3]);
    expect(world.records.get(AP)).toHaveLength(1);
    expect(await world.get(AP, 'a')).toBe(4);
  });

  it('merges writes that fall due together, but not different items', async () => {
    await using world = await openWorld({ lagMs: 1_000 });
    for (const value of [1, 2, 3]) await world.put(EU, 'a', { value });
    await world.put(EU, 'b', { value: 4 });

    await world.clock.advance(1_000);
    await world.table.idle();

    expect(world.table.counters).toMatchObject({ replicated: 4, merged: 4 });
    expect(await world.everywhere('a')).toEqual([3, 3, 3]);
    expect(await world.everywhere('b')).toEqual([4, 4, 4]);
  });

  it('stays cut until each of two partitions has healed', async () => {
    await using world = await openWorld();
    const first = world.table.partition(AP);
    const second = world.table.partition(AP);

    await world.put(EU, 'a', { value: 1 });
    first();
    await world.table.idle();
    const still = await world.get(AP, 'a');
    second();
    await world.table.idle();

    expect(still).toBeUndefined();
    expect(await world.get(AP, 'a')).toBe(1);
  });

  it('answers nobody in a region that is down, and catches up when it is back', async () => {
    await using world = await openWorld();
    await world.put(AP, 'a', { value: 1 });
    await world.table.idle();
    const heal = world.table.down(AP);

    await expect(world.get(AP, 'a')).rejects.toThrow();
    await expect(world.put(AP, 'a', { value: 9 })).rejects.toThrow();
    await world.put(EU, 'a', { value: 2 });
    await world.table.idle();
    heal();
    await world.table.idle();

    expect(await world.everywhere('a')).toEqual([2, 2, 2]);
    expect(world.table.counters.reset).toBeGreaterThan(0);
  });

  it('knows no table in a region whose replica was deleted', async () => {
    await using world = await openWorld();
    world.table.deleteReplica(AP);
    await world.put(EU, 'a', { value: 1 });
    await world.table.idle();

    await expect(world.get(AP, 'a')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect(await world.get(US, 'a')).toBe(1);
  });

  it('refuses what the local world does not replicate', async () => {
    await using world = await openWorld();
    const Item = { ...key('a'), value: 1 };

    await expect(
      world
        .client(EU)
        .send(new TransactWriteCommand({ TransactItems: [{ Put: { TableName: TABLE, Item } }] })),
    ).rejects.toThrow(/knows no TransactWriteItems/);
  });

  it('names the regions it has when asked for another', async () => {
    await using world = await openWorld();

    expect(() => world.table.endpointOf('mars-1')).toThrow(/no region mars-1; this table has eu-/);
  });

  it('describes its table', async () => {
    await using world = await openWorld();
    const raw: Pick<DynamoDBClient, 'send'> = world.client(EU);

    const reply = await raw.send(new DescribeTableCommand({ TableName: TABLE }));

    expect(reply.Table?.TableStatus).toBe('ACTIVE');
  });

  it('leaves no timer behind, whatever was under way', async () => {
    const clock = fakeClock(NOW);
    {
      await using world = await openWorld({ lagMs: 60_000, clock });
      await world.put(EU, 'a', { value: 1 });
      expect(clock.waiting()).toBeGreaterThan(0);
    }

    expect(clock.waiting()).toBe(0);
  });
});

const step = fc.oneof(
  fc.record({
    kind: fc.constant('swap' as const),
    region: fc.constantFrom(...REGIONS),
    id: fc.constantFrom('a', 'b'),
    value: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined, freq: 3 }),
  }),
  fc.record({ kind: fc.constant('cut' as const), region: fc.constantFrom(...REGIONS) }),
  fc.record({ kind: fc.constant('heal' as const) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 900 }) }),
);
