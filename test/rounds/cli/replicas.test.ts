/** The table's replicas: what one region's table does not answer, another one's does. */
import { describe, expect, it } from 'vitest';
import { type Replicas, replicasOf, unlessAway } from '../../../scripts/cli/replicas.ts';
import { QuorateError } from '../../../shared/core/errors.ts';
import { type VantageId, vantageId } from '../../../shared/core/model.ts';
import { fakeStore } from '../../fakes/fake-store.ts';

const HOME = vantageId('eu-west-1');
const OTHER = vantageId('us-east-1');
const THIRD = vantageId('us-west-2');
const away = (region: VantageId): QuorateError =>
  new QuorateError('STORE_UNAVAILABLE', `the table in ${region} did not answer`);

describe('what is read from the table', () => {
  it('is what the region that is meant has, where it answers', async () => {
    const { replicas, said } = world();

    const { answer } = await unlessAway(replicas, async (region) => `seen by ${region}`);

    expect(answer).toBe('seen by eu-west-1');
    expect(said).toEqual([]);
  });

  it('is what the next one has, where that is away, and that one is asked first from then on', async () => {
    const { replicas, said, asked } = world();
    const ask = async (region: VantageId): Promise<string> => {
      asked.push(region);
      if (region !== THIRD) throw away(region);
      return 'seen';
    };

    await unlessAway(replicas, ask);
    await unlessAway(replicas, ask);

    expect(asked).toEqual([HOME, OTHER, THIRD, THIRD]);
    expect(said).toEqual([
      'note: the table in eu-west-1 does not answer; this is what us-west-2 has',
    ]);
  });

  it('is a poor answer rather than none: of the region that is meant', async () => {
    const { replicas, said } = world();

    const { answer } = await unlessAway(
      replicas,
      async (region) => `the zone, without reports, through ${region}`,
      () => false,
    );

    expect(answer).toBe('the zone, without reports, through eu-west-1');
    expect(said).toEqual([]);
  });

  it('is the error of the region that is meant, where all are away', async () => {
    const { replicas } = world();

    const read = unlessAway(replicas, async (region) => {
      throw away(region);
    });

    await expect(read).rejects.toThrow('the table in eu-west-1 did not answer');
  });

  it('is not asked for elsewhere where something else failed', async () => {
    const { replicas, asked } = world();

    const read = unlessAway(replicas, async (region) => {
      asked.push(region);
      throw new QuorateError('ZONE_THROTTLED', 'Rate exceeded');
    });

    await expect(read).rejects.toThrow('Rate exceeded');
    expect(asked).toEqual([HOME]);
  });
});

function world(): {
  readonly replicas: Replicas;
  readonly said: readonly string[];
  readonly asked: VantageId[];
} {
  const said: string[] = [];
  const replicas = replicasOf(
    [HOME, OTHER, THIRD],
    () => fakeStore(),
    (line) => said.push(line),
  );
  return { replicas, said, asked: [] };
}
