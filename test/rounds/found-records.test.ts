/** A generation without a record gets a `found` record after 2 minutes, from the region then in turn. */
import { describe, expect, it } from 'vitest';
import type { Fence } from '../../shared/core/fence.ts';
import { type DecisionRecord, recordDigest } from '../../shared/core/record.ts';
import {
  AIDS,
  MINUTE,
  manyServices,
  type QuorumWorld,
  quorumWorld,
} from '../fakes/quorum-world.ts';
import { sampleConfig, sampleService } from '../fakes/sample-service.ts';

describe('a generation without a record', () => {
  it('F106: gets one `found` record after 2 minutes, with what stands in the zone', async () => {
    const world = holed();
    await world.minutes(2);
    expect(world.records()).toEqual([]);

    await world.minutes(10);

    const region = world.records()[0]!.region;
    expect(world.records()).toMatchObject([
      {
        generation: 41,
        nonce: 'seed0041',
        parent: null,
        actor: `found@${region}`,
        lines: [
          {
            endpoint: 'eu-west-1',
            from: 100,
            to: 100,
            sentence: 'found: eu-west-1 has weight 100',
          },
          { endpoint: 'us-east-1' },
          { endpoint: 'ap-southeast-1' },
        ],
        sentences: [
          'found: generation 41 stands in the zone and its record (record-of-generation-41) is not in the table; it was never written, or it was deleted',
        ],
      },
    ]);
    expect(world.marks()).toMatchObject([
      {
        kind: 'found',
        generation: 41,
        nonce: 'seed0041',
        detail: 'record-of-generation-41',
        region,
      },
    ]);
    expect(world.zone.commits).toEqual([]);
  });

  it('names its parent’s record where that one is there', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    await world.region(0).round();
    const key = [...world.table.records.keys()].find((one) => one.startsWith('app 0000000042#'))!;
    world.table.records.delete(key);

    await world.minutes(10);

    const seed = world.table.records.get('app 0000000041#seed0041');
    expect(world.records()[0]).toMatchObject({
      generation: 42,
      parent: recordDigest(seed as never, AIDS.digestOf),
    });
  });

  it('of the first generation has no parent to ask for', async () => {
    const world = holed({ parentNonce: null, generation: 1 });
    world.table.records.clear();

    await world.minutes(10);

    expect(world.records()).toMatchObject([{ generation: 1, parent: null }]);
  });

  it('is written by one region at a time, and asked for once per generation otherwise', async () => {
    const world = quorumWorld();
    await world.minutes(30);

    expect(world.regions.map(({ store }) => store.callsOf('readRecords').length)).toEqual([
      1, 1, 1, 1, 1,
    ]);
    expect(world.records()).toEqual([]);
  });

  it('whose own record arrives late, by replication, gets no other', async () => {
    const world = holed();
    await world.minutes(1);
    world.table.records.set('app 0000000041#seed0041', {
      generation: 41,
      nonce: 'seed0041',
      actor: 'seed',
    });

    await world.minutes(10);

    expect(world.records()).toEqual([]);
  });

  it('has a place beside the record that it missed: that one comes later, and neither replaces the other', async () => {
    // Simulated: seed 2, the replica of one region was cut off for longer than 2 minutes.
    const world = holed();
    await world.minutes(10);

    const own = { generation: 41, nonce: 'seed0041', actor: 'quorum@eu-west-1' };
    const before = world.table.records.size;
    world.table.records.set('app 0000000041#seed0041', own);

    expect(world.table.records.size).toBe(before + 1);
    expect(world.records().map(({ actor }) => actor.split('@')[0])).toEqual(
      expect.arrayContaining(['found', 'quorum']),
    );
  });

  it('that stands there twice names the record, not what was found in its place', async () => {
    const world = quorumWorld();
    const seed = world.table.records.get('app 0000000041#seed0041') as DecisionRecord;
    world.table.records.set('app 0000000041#seed0041#found@us-west-2', {
      ...seed,
      actor: 'found@us-west-2',
    });
    world.sees('us-east-1', 'down');
    await world.region(0).round();
    const key = [...world.table.records.keys()].find((one) => one.startsWith('app 0000000042#'))!;
    world.table.records.delete(key);

    await world.minutes(10);

    const found = world
      .records()
      .find(({ actor, generation }) => actor.startsWith('found@') && generation === 42);
    expect(found?.parent).toBe(recordDigest(seed, AIDS.digestOf));
  });

  it('waits for the table, and costs no round', async () => {
    const world = holed();
    for (const { store } of world.regions) {
      store.trouble('readRecords', { kind: 'refused' }, 3);
      store.trouble('recordIntent', { kind: 'refused' }, 1);
    }

    const results = await world.minutes(4);
    expect(results.flat().map(({ decision }) => decision.automation)).toEqual(
      Array.from({ length: 5 }, () => 'on'),
    );
    await world.minutes(20);

    expect(world.records().length).toBe(1);
  });

  it('is nobody’s business where the service is observed or has no fence', async () => {
    const config = sampleConfig({ services: [sampleService({ mode: 'observe' })] });
    for (const world of [quorumWorld({ config }), quorumWorld({ fence: 'none' })]) {
      await world.minutes(10);

      expect(world.region(0).store.callsOf('readRecords')).toEqual([]);
    }
  });

  it('whose item is garbage is asked about again, and the round goes on', async () => {
    const world = holed();
    world.table.records.set('app 0000000041#seed0041', 'garbage');

    const results = await world.minutes(10);

    expect(results.flat().length).toBe(5);
  });

  it('leaves endpoints out that the fence does not list', async () => {
    const world = holed();
    const { endpoints } = world.config.services[0]!;
    const grown = sampleService({
      endpoints: [...endpoints, { ...endpoints[0]!, id: 'new' as never, setIdentifier: 'new' }],
    });
    for (let minute = 0; minute < 10; minute += 1) {
      await world.clock.advance(MINUTE);
      await world.region(0).round({ services: [grown] });
    }

    expect(world.records()[0]!.lines.map(({ endpoint }) => endpoint)).toEqual([
      'eu-west-1',
      'us-east-1',
      'ap-southeast-1',
    ]);
  });

  it('what the store throws beyond operating errors is a bug and is not swallowed', async () => {
    const world = quorumWorld({
      wrapStore: (store) => ({
        ...store,
        readRecords: () => Promise.reject(new TypeError('a bug')),
      }),
    });

    await expect(world.region(0).round()).rejects.toThrow(TypeError);
  });

  it('is found for each service apart', async () => {
    const world = quorumWorld({ config: manyServices(3) });
    world.table.records.delete('s01 0000000041#seed0041');

    await world.minutes(10);

    expect(world.config.services.map((service) => world.records(service).length)).toEqual([
      0, 1, 0,
    ]);
  });
});

function holed(fenceChanges: Partial<Fence> = {}): QuorumWorld {
  const world = quorumWorld({ fenceChanges });
  world.table.records.clear();
  return world;
}
