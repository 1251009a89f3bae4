/** The bench's arithmetic: statistics, phases of faults, and what theory demands of each change. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Facts } from '../../scripts/bench/contender.ts';
import { msUntilPhase, stratifiedPhases } from '../../scripts/bench/phases.ts';
import { mean, summarise } from '../../scripts/bench/statistics.ts';
import { constant, qthVote, theoryOf } from '../../scripts/bench/theory.ts';

describe('statistics', () => {
  it('takes the middle of an odd count, and half-way between the middles of an even one', () => {
    expect(summarise([30, 10, 20])?.medianMs).toBe(20);
    expect(summarise([40, 10, 30, 20])?.medianMs).toBe(25);
  });

  it('reports as p90 a value that was measured', () => {
    const tenths = Array.from({ length: 20 }, (_, index) => index + 1);

    expect(summarise(tenths)).toEqual({ n: 20, minMs: 1, medianMs: 10.5, p90Ms: 18, maxMs: 20 });
    expect(summarise([7])).toEqual({ n: 1, minMs: 7, medianMs: 7, p90Ms: 7, maxMs: 7 });
  });

  it('has nothing to say of no values', () => {
    expect(summarise([])).toBeNull();
    expect(mean([])).toBe(0);
  });

  it('property: keeps the order min ≤ median ≤ p90 ≤ max from two values on, whatever their order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100_000), { minLength: 2, maxLength: 60 }), (values) => {
        const found = summarise(values);

        expect(found).toEqual(summarise(values.toReversed()));
        expect(values).toContain(found?.p90Ms);
        expect(found?.minMs).toBeLessThanOrEqual(found?.medianMs ?? -1);
        expect(found?.medianMs).toBeLessThanOrEqual(found?.p90Ms ?? -1);
        expect(found?.p90Ms).toBeLessThanOrEqual(found?.maxMs ?? -1);
      }),
    );
  });
});

describe('phases of faults', () => {
  it('property: exactly one phase lies in each stratum of the interval', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(2 ** 32 - 1), (count, seed) => {
        const strata = stratifiedPhases(count, seed)
          .map((phase) => Math.floor(phase * count))
          .sort((a, b) => a - b);

        expect(strata).toEqual(Array.from({ length: count }, (_, index) => index));
      }),
    );
  });

  it('come again with the same seed, and differ with another', () => {
    expect(stratifiedPhases(20, 7)).toEqual(stratifiedPhases(20, 7));
    expect(stratifiedPhases(20, 7)).not.toEqual(stratifiedPhases(20, 8));
  });

  it('do not come in the order of the interval', () => {
    const phases = stratifiedPhases(20, 7);

    expect(phases).not.toEqual(phases.toSorted((a, b) => a - b));
  });

  it.each([
    [10_000, 0.5, 2_500],
    [12_500, 0.5, 0],
    [12_501, 0.5, 4_999],
    [14_000, 0, 1_000],
  ])('at %i ms, share %d of an interval of 5 s is %i ms away', (now, phase, expected) => {
    expect(msUntilPhase(now, phase, 5_000)).toBe(expected);
  });
});

const ALONE: Facts = {
  everyMs: 10_000,
  timeoutMs: 3_000,
  fall: 1,
  rise: 1,
  vantages: 1,
  quorum: 1,
  restsMs: [0],
  roundMs: 0,
  replicationLagMs: 0,
  pollMs: 0,
  insyncDelayMs: 0,
  schedulePeriodMs: 0,
  holdDownMs: 0,
  ramp: [],
  rampStepMs: 0,
};

describe('theory', () => {
  it.each([
    [5_000, 12_500, 13_000],
    [10_000, 25_000, 26_000],
    [15_000, 37_500, 39_000],
    [20_000, 50_000, 52_000],
    [30_000, 75_000, 78_000],
  ])(
    'every %i ms, fall 3, quorum 3 of 5: the Q-th vote comes after %i ms on average',
    (everyMs, meanMs, worstMs) => {
      const found = qthVote({ everyMs, vantages: 5, quorum: 3 }, 3);

      expect(found.meanMs).toBe(meanMs);
      expect(found.worstMs).toBe(worstMs);
    },
  );

  it('needs between nothing and one interval with one look of one vantage', () => {
    expect(theoryOf(ALONE, 'kill', constant(0)).gone).toEqual({
      minMs: 0,
      meanMs: 5_000,
      worstMs: 10_000,
    });
  });

  it('waits for the timeout of what hangs, or for the rest of the round if that is longer', () => {
    const facts = { ...ALONE, restsMs: [1_000, 5_000] };

    expect(theoryOf(facts, 'kill', constant(0)).gone).toEqual({
      minMs: 1_000,
      meanMs: 5_000 + 3_000,
      worstMs: 15_000,
    });
    expect(theoryOf(facts, 'hang', constant(0)).gone).toEqual({
      minMs: 3_000,
      meanMs: 5_000 + 4_000,
      worstMs: 15_000,
    });
  });

  it('adds the INSYNC delay always, lag and poll between nothing and all of it', () => {
    const facts = { ...ALONE, insyncDelayMs: 700, replicationLagMs: 200, pollMs: 100, vantages: 5 };

    expect(theoryOf(facts, 'kill', constant(0)).gone).toEqual({
      minMs: 700,
      meanMs: 1_000 + 160 + 50 + 700,
      worstMs: 2_000 + 200 + 100 + 700,
    });
  });

  it('lets the hold-down run from the decision, and the return from the healing', () => {
    const facts = { ...ALONE, holdDownMs: 60_000, insyncDelayMs: 1_000, schedulePeriodMs: 4_000 };

    const { back } = theoryOf(facts, 'kill', constant(5_000));

    // 60 s, less the 6 s since the decision: 54 s, a fresh look, a turn of the schedule, INSYNC.
    expect(back).toEqual({
      minMs: 54_000 + 1_000,
      meanMs: 54_000 + 5_000 + 2_000 + 1_000,
      worstMs: 54_000 + 10_000 + 4_000 + 1_000,
    });
  });

  it('expects the earliest return of the latest healing, and the latest of the earliest', () => {
    const facts = { ...ALONE, holdDownMs: 60_000 };
    const healedAfter = { minMs: 1_000, meanMs: 2_000, worstMs: 5_000 };

    expect(theoryOf(facts, 'kill', healedAfter).back).toEqual({
      minMs: 55_000,
      meanMs: 58_000 + 5_000,
      worstMs: 59_000 + 10_000,
    });
  });

  it('lets the votes decide where they take longer than what is left of the hold-down', () => {
    const facts = { ...ALONE, rise: 5, holdDownMs: 20_000 };

    expect(theoryOf(facts, 'kill', constant(15_000)).back).toEqual({
      minMs: 40_000,
      meanMs: 45_000,
      worstMs: 50_000,
    });
  });

  it('takes one step less than the ramp has, as the first comes with the return', () => {
    const facts = { ...ALONE, ramp: [10, 50, 100], rampStepMs: 3_000, roundMs: 500 };

    const { back, full } = theoryOf(facts, 'kill', constant(0));

    expect(full.minMs - back.minMs).toBe(2 * 3_500);
    expect(full.worstMs - back.worstMs).toBe(2 * 13_500);
    expect(theoryOf({ ...facts, ramp: [100] }, 'kill', constant(0)).full).toEqual(back);
  });

  it('property: never expects less than its minimum or more than its worst case', () => {
    const amount = fc.nat(60_000);
    const facts = fc
      .record({
        everyMs: fc.integer({ min: 1_000, max: 60_000 }),
        timeoutMs: amount,
        fall: fc.integer({ min: 1, max: 10 }),
        rise: fc.integer({ min: 1, max: 10 }),
        vantages: fc.integer({ min: 1, max: 9 }),
        restsMs: fc.array(amount, { maxLength: 5 }),
        roundMs: amount,
        replicationLagMs: amount,
        pollMs: amount,
        insyncDelayMs: amount,
        schedulePeriodMs: amount,
        holdDownMs: amount,
        ramp: fc.constantFrom([], [100], [10, 50, 100]),
        rampStepMs: amount,
      })
      .map((drawn): Facts => ({ ...drawn, quorum: Math.floor(drawn.vantages / 2) + 1 }));
    fc.assert(
      fc.property(facts, fc.constantFrom('kill', 'hang'), amount, (one, kind, healedAfterMs) => {
        const { gone, back, full } = theoryOf(
          one,
          kind as 'kill' | 'hang',
          constant(healedAfterMs),
        );

        for (const { minMs, meanMs, worstMs } of [gone, back, full]) {
          expect(minMs).toBeLessThanOrEqual(meanMs + 1e-6);
          expect(meanMs).toBeLessThanOrEqual(worstMs + 1e-6);
        }
        expect(full.minMs).toBeGreaterThanOrEqual(back.minMs);
      }),
    );
  });

  it('property: more failures to vote down, or a larger quorum, never make it faster', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        (fall, quorum, more) => {
          const one = qthVote({ everyMs: 10_000, vantages: 20, quorum }, fall);
          const slower = qthVote({ everyMs: 10_000, vantages: 20, quorum }, fall + more);
          const stricter = qthVote({ everyMs: 10_000, vantages: 20, quorum: quorum + more }, fall);

          expect(slower.minMs).toBeGreaterThan(one.minMs);
          expect(stricter.worstMs).toBeGreaterThan(one.worstMs);
        },
      ),
    );
  });
});
