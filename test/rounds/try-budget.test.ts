/** How often automation may try to change one service, on a clock that may also be set back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EpochMs, epochMs, serviceId } from '../../shared/core/model.ts';
import { tryBudget } from '../../shared/rounds/try-budget.ts';

const APP = serviceId('app');
const PAY = serviceId('pay');
const START = 1_782_864_000_000;
const at = (ms: number): EpochMs => epochMs(START + ms);

describe('the budget of tries', () => {
  it('lets a service be tried at once, three times a round', () => {
    const budget = tryBudget();

    expect(budget.waitsUntil(APP, at(0))).toBeNull();
    expect(budget.triesPerRound(APP)).toBe(3);
  });

  it('waits 10 seconds after the first throttled round and 20 after each other, half as long again at most', () => {
    const budget = tryBudget();
    budget.noteThrottled(APP, at(0), 0);
    expect(budget.waitsUntil(APP, at(9_999))).toBe(at(10_000));
    expect(budget.waitsUntil(APP, at(10_000))).toBeNull();
    expect(budget.triesPerRound(APP)).toBe(1);

    budget.noteThrottled(APP, at(10_000), 1);
    expect(budget.waitsUntil(APP, at(10_000))).toBe(at(40_000));
  });

  it('is whole again once Route 53 has answered, and each service has its own', () => {
    const budget = tryBudget();
    budget.noteThrottled(APP, at(0), 0);

    expect(budget.waitsUntil(PAY, at(1))).toBeNull();
    budget.noteAnswered(APP);
    expect(budget.waitsUntil(APP, at(1))).toBeNull();
    expect(budget.triesPerRound(APP)).toBe(3);
  });

  it('is used up by six tries within a minute, however they were answered', () => {
    const budget = tryBudget();
    for (let i = 0; i < 6; i += 1) {
      expect(budget.waitsUntil(APP, at(i * 1_000))).toBeNull();
      budget.noteSent(APP, at(i * 1_000));
      budget.noteAnswered(APP);
    }

    expect(budget.waitsUntil(APP, at(6_000))).toBe(at(60_000));
    expect(budget.waitsUntil(APP, at(60_000))).toBeNull();
  });

  it('forgets what lies ahead once the clock was set back: it never waits an hour', () => {
    const budget = tryBudget();
    for (let i = 0; i < 6; i += 1) budget.noteSent(APP, at(3_600_000 + i));
    budget.noteThrottled(APP, at(3_600_010), 1);

    expect(budget.waitsUntil(APP, at(0))).toBeNull();
  });

  it('S16: never allows a seventh try within any minute, whatever is asked and answered', () => {
    const step = fc.record({
      afterMs: fc.integer({ min: 0, max: 30_000 }),
      reply: fc.constantFrom('throttled' as const, 'answered' as const),
      random: fc.double({ min: 0, max: 0.999, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const budget = tryBudget();
        const sent: number[] = [];
        let ms = 0;
        for (const { afterMs, reply, random } of steps) {
          ms += afterMs;
          if (budget.waitsUntil(APP, at(ms)) !== null) continue;
          sent.push(ms);
          budget.noteSent(APP, at(ms));
          if (reply === 'throttled') budget.noteThrottled(APP, at(ms), random);
          else budget.noteAnswered(APP);
        }
        for (const last of sent) {
          const within = sent.filter((one) => one > last - 60_000 && one <= last);
          expect(within.length).toBeLessThanOrEqual(6);
        }
      }),
    );
  });
});
