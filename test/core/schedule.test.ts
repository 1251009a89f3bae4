/** Time → rounds: phases, starts, and how probes are spread within one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  intervalsOf,
  nextStart,
  type Phase,
  roundAt,
  roundStart,
  startOffset,
} from '../../shared/core/schedule.ts';

describe('rounds', () => {
  it.each([
    [0, { index: 0, count: 5 }, 0],
    [9_999, { index: 0, count: 5 }, 0],
    [10_000, { index: 0, count: 5 }, 1],
    [1_999, { index: 1, count: 5 }, -1],
    [2_000, { index: 1, count: 5 }, 0],
    [11_999, { index: 1, count: 5 }, 0],
    [12_000, { index: 1, count: 5 }, 1],
    [3_333, { index: 1, count: 3 }, -1],
    [3_334, { index: 1, count: 3 }, 0],
  ])('at %i ms vantage %o is in round %i', (time, phase, round) => {
    expect(roundAt(time, 10_000, phase)).toBe(round);
  });

  it('begin a fifth of the interval apart with five vantages', () => {
    const starts = [0, 1, 2, 3, 4].map((index) => roundStart(7, 10_000, { index, count: 5 }));

    expect(starts).toEqual([70_000, 72_000, 74_000, 76_000, 78_000]);
    expect(nextStart(72_000, 10_000, { index: 1, count: 5 })).toBe(82_000);
  });

  it('are kept per distinct interval, the shortest first', () => {
    const services = [30_000, 5_000, 30_000].map((everyMs) => ({ everyMs }));

    expect(intervalsOf(services)).toEqual([5_000, 30_000]);
  });
});

describe('starts within a round', () => {
  const span = { everyMs: 10_000, leftMs: 10_000, timeoutMs: 3_000 };

  it('are spread over the first half of the interval', () => {
    expect([0, 1, 2, 3].map((i) => startOffset(i, 4, span))).toEqual([0, 1_250, 2_500, 3_750]);
  });

  it('come earlier where the timeout would not fit before the end', () => {
    expect(startOffset(1, 2, { ...span, timeoutMs: 9_000 })).toBe(500);
    expect(startOffset(1, 2, { ...span, leftMs: 2_000 })).toBe(0);
  });
});

describe('properties', () => {
  const everyMs = fc.constantFrom(5_000, 10_000, 15_000, 20_000, 30_000);
  const phase = fc
    .integer({ min: 1, max: 50 })
    .chain((count) =>
      fc.record({ index: fc.integer({ min: 0, max: count - 1 }), count: fc.constant(count) }),
    );
  const time = fc.integer({ min: 0, max: 4_000_000_000_000 });

  it('a round holds the time that it was computed from, and begins where the one before ends', () => {
    fc.assert(
      fc.property(time, everyMs, phase, (at, every, own) => {
        const round = roundAt(at, every, own);

        expect(roundStart(round, every, own)).toBeLessThanOrEqual(at);
        expect(nextStart(at, every, own)).toBeGreaterThan(at);
        expect(nextStart(at, every, own) - roundStart(round, every, own)).toBe(every);
        expect(roundAt(roundStart(round, every, own), every, own)).toBe(round);
        expect(roundAt(roundStart(round, every, own) - 1, every, own)).toBe(round - 1);
      }),
    );
  });

  it('it is the floor that the design writes', () => {
    fc.assert(
      fc.property(time, everyMs, phase, (at, every, { index, count }: Phase) => {
        const exact = BigInt(at) * BigInt(count) - BigInt(index) * BigInt(every);
        const divisor = BigInt(every) * BigInt(count);
        const floor = exact / divisor - (exact % divisor < 0n ? 1n : 0n);

        expect(roundAt(at, every, { index, count })).toBe(Number(floor));
      }),
    );
  });

  it('every probe starts in its turn, in the first half, with its whole timeout ahead', () => {
    fc.assert(
      fc.property(
        everyMs,
        fc.integer({ min: 1, max: 600 }),
        fc.integer({ min: 1, max: 4_999 }),
        (every, count, timeoutMs) => {
          const span = { everyMs: every, leftMs: every, timeoutMs };
          const starts = Array.from({ length: count }, (_, i) => startOffset(i, count, span));

          expect(starts).toEqual(starts.toSorted((a, b) => a - b));
          expect(starts[0]).toBe(0);
          expect(starts.at(-1)).toBeLessThanOrEqual(every / 2);
          expect((starts.at(-1) ?? 0) + timeoutMs).toBeLessThanOrEqual(every);
        },
      ),
    );
  });
});
