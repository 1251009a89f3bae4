/** What a seed once broke stays whole: `seeds.ts` says what each of them found. */
import { describe, expect, it } from 'vitest';
import { runScenario } from './run/run-scenario.ts';
import { REGRESSIONS } from './seeds.ts';

describe('a scenario that once failed', () => {
  it.each(REGRESSIONS)('holds now: $invariant, $found', async ({ scenario }) => {
    const { violations, faults } = await runScenario(scenario);

    expect(violations).toEqual([]);
    expect(Object.keys(faults)).not.toEqual([]);
  });
});
