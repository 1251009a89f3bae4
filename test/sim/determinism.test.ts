/** The same seed gives the same events: all of them, in the same order, at the same times. */
import { describe, expect, it } from 'vitest';
import { scenarioOf } from './run/jobs.ts';
import { runScenario } from './run/run-scenario.ts';

const SEEDS = [8, 21];
/** From the start of the faults on: what makes two runs differ shows soon. */
const PART_MS = 4 * 60_000;

describe('a seed', () => {
  it.each(SEEDS)('gives the same trace hash twice: %i', async (seed) => {
    const scenario = { ...scenarioOf({ kind: 'swarm', seed, minutes: 30 }), endAtMs: PART_MS };

    const [first, second] = [await runScenario(scenario), await runScenario(scenario)];

    expect(first.violations).toEqual([]);
    expect(second.traceHash).toBe(first.traceHash);
    expect(second.events).toBe(first.events);
  });

  it('gives another trace hash than its neighbour', async () => {
    const hashOf = async (seed: number): Promise<string> => {
      const scenario = scenarioOf({ kind: 'swarm', seed, minutes: 30 });
      return (await runScenario({ ...scenario, endAtMs: 60_000 })).traceHash;
    };

    expect(await hashOf(1)).not.toBe(await hashOf(2));
  });
});
