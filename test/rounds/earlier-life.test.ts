/** A history that begins anew names the end of the one before, so that none can be cut short unseen. */
import { describe, expect, it } from 'vitest';
import { chainReading } from '../../shared/core/chain.ts';
import type { Operation } from '../../shared/core/operation.ts';
import type { DecisionRecord } from '../../shared/core/record.ts';
import { earlierEnd, readChain } from '../../shared/rounds/earlier-life.ts';
import { orderRound } from '../../shared/rounds/order-round.ts';
import { APP, byKey, lifeOf } from '../arbitraries/chains.ts';
import { fakeStore } from '../fakes/fake-store.ts';
import { AIDS, NEVER, type QuorumWorld, quorumWorld } from '../fakes/quorum-world.ts';

describe('release and adopt again', () => {
  it('leave two lives whose chain is whole, though generations begin anew', async () => {
    const world = quorumWorld({ fence: 'none' });
    await give(world, { kind: 'adopt' });
    world.sees('us-east-1', 'down');
    await world.region(0).round();
    await give(world, { kind: 'release', restores: false });

    await give(world, { kind: 'adopt' });

    const chain = chainOf(world);
    expect(chain).toMatchObject({ kind: 'whole', notes: [] });
    expect(chain.lives.map(({ from, to, end }) => [from, to, end])).toEqual([
      [1, 1, 'in-force'],
      [1, world.records().length - 1, 'released'],
    ]);
  });

  it('begin with a record that names no earlier one where the table is away', async () => {
    const world = quorumWorld({ fence: 'none' });
    world.region(0).store.trouble('readRecords', { kind: 'refused' });

    await give(world, { kind: 'adopt' });

    expect(world.records()).toMatchObject([{ generation: 1 }]);
    expect('earlier' in world.records()[0]!).toBe(false);
  });

  it('name the end of a history whose fence was deleted by hand', async () => {
    const world = quorumWorld({ fence: 'none' });
    await give(world, { kind: 'adopt' });
    world.editFence(null);

    await give(world, { kind: 'adopt' });

    expect(chainOf(world)).toMatchObject({
      kind: 'whole',
      lives: [{ end: 'in-force' }, { end: 'unended' }],
    });
  });
});

describe('the end of the history before', () => {
  it('is not told of a history that is too long to be read while an operator waits', async () => {
    const records = byKey(lifeOf(12));
    // Each page is full, as of a table without end.
    const endless = {
      readRecords: () => Promise.resolve(Array.from({ length: 500 }, (_, i) => records[i % 12])),
    };

    expect(await earlierEnd(endless, APP, AIDS.digestOf, NEVER)).toBeNull();
  });

  it('a page of garbage ends the reading: nothing tells where the next one begins', async () => {
    const store = fakeStore();
    for (let i = 0; i < 501; i += 1) {
      store.table.records.set(`app ${String(1_000 - i).padStart(10, '0')}#garbage0`, 'garbage');
    }
    const reading = chainReading(APP, AIDS.digestOf);

    expect(await readChain(store, APP, reading, { pages: 9 }, NEVER)).toBe(false);
    expect(store.callsOf('readRecords').length).toBe(1);
  });

  it('a bug of the store is not swallowed', async () => {
    const broken = { readRecords: () => Promise.reject(new TypeError('a bug')) };

    await expect(earlierEnd(broken, APP, AIDS.digestOf, NEVER)).rejects.toThrow(TypeError);
  });
});

async function give(world: QuorumWorld, operation: Operation): Promise<void> {
  const { deps, id } = world.region(0);
  await world.clock.advance(60_000);
  const answer = await world.clock.runUntil(
    orderRound(
      deps,
      world.config,
      world.config.services[0]!,
      world.options(id),
      { operation, actor: 'alice', reason: 'a test', isDryRun: false, checksum: null },
      NEVER,
    ),
  );
  expect(answer.kind).toBe('committed');
}

function chainOf(world: QuorumWorld) {
  const { generation, record } = world.fence();
  const reading = chainReading(APP, AIDS.digestOf);
  reading.take(byKey(world.records() as DecisionRecord[]));
  return reading.judge({ anchor: { generation, record } });
}
