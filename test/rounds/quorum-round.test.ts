/** Stories of the quorum round over fakes: several regions, one zone, no leader, on virtual time. */
import { describe, expect, it } from 'vitest';
import { MINUTE, quorumWorld, SECOND } from '../fakes/quorum-world.ts';

describe('a healthy world', () => {
  it('writes nothing in 24 hours with five regions (L4)', async () => {
    const world = quorumWorld();

    await world.minutes(24 * 60, { takesTurns: true });

    expect(world.zone.commits).toEqual([]);
    expect(world.table.records.size + world.table.marks.size).toBe(0);
  }, 120_000);

  it('removes an endpoint that is down once, in exactly one region, and the others find it done', async () => {
    const world = quorumWorld();
    await world.minutes(5, { takesTurns: true });
    world.sees('us-east-1', 'down');
    await world.clock.advance(10 * SECOND);

    const results = await world.allRounds({ takesTurns: true });

    expect(world.weights()).toEqual({ 'ap-southeast-1': 100, 'eu-west-1': 100, 'us-east-1': 0 });
    expect(
      results
        .flat()
        .map(({ outcome }) => outcome.kind)
        .sort(),
    ).toEqual(['committed', 'nothing-to-do', 'nothing-to-do', 'nothing-to-do', 'nothing-to-do']);
    expect(world.zone.commits.length).toBe(1);
    expect(MINUTE).toBe(60_000);
  });
});
