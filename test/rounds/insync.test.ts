/** INSYNC is asked by later rounds, never waited for; a stranded change is decided again. */
import { describe, expect, it } from 'vitest';
import { QuorateError } from '../../shared/core/errors.ts';
import { MINUTE, quorumWorld, SECOND } from '../fakes/quorum-world.ts';

describe('a committed change', () => {
  it('gets its insync mark in a later round, once, and is not asked for again', async () => {
    const world = quorumWorld({ insyncDelayMs: 40 * SECOND });
    const asked = countStatus(world);
    world.sees('us-east-1', 'down');
    await world.region(0).round();
    expect(kinds(world)).toEqual(['committed']);

    await world.clock.advance(30 * SECOND);
    await world.region(0).round();
    expect(kinds(world)).toEqual(['committed']);

    await world.clock.advance(30 * SECOND);
    await world.region(0).round();
    await world.clock.advance(MINUTE);
    await world.region(0).round();

    expect(kinds(world)).toEqual(['committed', 'insync']);
    expect(asked()).toBe(2);
  });

  it('is not asked for within 2 s: GetChange takes a token that is everybody’s', async () => {
    const world = quorumWorld({ insyncDelayMs: 40 * SECOND });
    const asked = countStatus(world);
    world.sees('us-east-1', 'down');
    await world.region(0).round();
    for (let trigger = 0; trigger < 20; trigger += 1) {
      await world.clock.advance(500);
      await world.region(0).round();
    }

    expect(asked()).toBeLessThanOrEqual(5);
    expect(asked()).toBeGreaterThan(0);
  });

  it('F81: PENDING for 30 min stands: every fresh read shows it, and nothing is written twice', async () => {
    const world = quorumWorld({ insyncDelayMs: 35 * MINUTE });
    world.sees('us-east-1', 'down');
    await world.minutes(30, { takesTurns: true });

    expect(world.zone.commits.length).toBe(1);
    expect(world.weights()['us-east-1']).toBe(0);
    expect(kinds(world)).toEqual(['committed']);

    await world.minutes(6, { takesTurns: true });
    expect(kinds(world)).toEqual(['committed', 'insync']);
  });

  it('stranded by the control plane is decided again from the zone as found', async () => {
    const world = quorumWorld({ insyncDelayMs: 5 * MINUTE });
    world.sees('us-east-1', 'down');
    await world.region(0).round();
    await world.clock.advance(MINUTE);

    world.zone.strandPending();
    expect(world.weights()['us-east-1']).toBe(100);
    const [again] = await world.region(0).round();

    expect(again!.outcome.kind).toBe('committed');
    expect(world.weights()['us-east-1']).toBe(0);
    expect(world.fence().generation).toBe(42);
  });

  it('stranded is decided again by the very round that learns of it, whatever it held', async () => {
    const world = quorumWorld({ insyncDelayMs: 5 * MINUTE });
    world.sees('us-east-1', 'down');
    await world.region(0).round();
    await world.region(0).round();
    await world.clock.advance(5 * SECOND);
    world.zone.strandPending();

    const [again] = await world.region(0).round();

    expect(again!.outcome.kind).toBe('committed');
    expect(world.weights()['us-east-1']).toBe(0);
  });

  it('whose status can not be asked stands, and is asked for in the next round', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    await world.region(0).round();
    await world.clock.advance(MINUTE);
    const { zone } = world;
    const status = zone.changeStatus;
    Object.assign(zone, {
      changeStatus: async () => {
        throw new QuorateError('ZONE_UNAVAILABLE', 'socket hang up');
      },
    });
    await world.region(0).round();
    expect(kinds(world)).toEqual(['committed']);

    Object.assign(zone, { changeStatus: status });
    await world.region(0).round();
    expect(kinds(world)).toEqual(['committed', 'insync']);
  });
});

const kinds = (world: ReturnType<typeof quorumWorld>): string[] =>
  world.marks().map(({ kind }) => kind);

function countStatus(world: ReturnType<typeof quorumWorld>): () => number {
  const { changeStatus } = world.zone;
  let count = 0;
  Object.assign(world.zone, {
    changeStatus: (...args: Parameters<typeof changeStatus>) => {
      count += 1;
      return changeStatus(...args);
    },
  });
  return () => count;
}
