/** Objectives: what is left of the budget, how fast it burns, and when a pipeline waits. */
import { describe, expect, it } from 'vitest';
import { epochMs, type Slo } from '../../shared/core/model.ts';
import type { Rollup } from '../../shared/core/rollup.ts';
import { gateReason, type ServiceSlo, sloOf, windowText } from '../../shared/core/slo.ts';
import { cellsOf } from '../../shared/core/slo-measure.ts';
import { servedBy } from '../../shared/core/slo-weights.ts';
import { sampleEndpoint, sampleService } from '../fakes/sample-service.ts';
import { committed, HOUR, hour, MINUTE, minute, START, tally } from '../fakes/slo-world.ts';

const DAY = 24 * HOUR;
/** 4 days of hours, then 59 minutes: now. */
const HOURS = 96;
const NOW = epochMs(START + HOURS * HOUR + 59 * MINUTE);
const WEEK: Slo = { availabilityPercent: 99, windowMs: 7 * DAY };

const FINE = [tally('eu', 6), tally('us', 6)];
const HALF = [tally('eu', 6), tally('us', 0, 6)];

/** `isBad`: by minutes before now. */
const looked = (isBad: (ago: number) => boolean): readonly Rollup[] => [
  ...Array.from({ length: HOURS }, (_, h) =>
    hour(h, (n) => (isBad((NOW - START) / MINUTE - h * 60 - n) ? HALF : FINE)),
  ),
  ...Array.from({ length: 59 }, (_, n) => minute(HOURS * 60 + n, isBad(59 - n) ? HALF : FINE)),
];

const endpoints = [sampleEndpoint('eu'), sampleEndpoint('us')];
function slo(rollups: readonly Rollup[], wanted?: Slo): ServiceSlo {
  const service = sampleService({ endpoints, ...(wanted === undefined ? {} : { slo: wanted }) });
  return sloOf(service, cellsOf(rollups), servedBy(service, [], []), NOW);
}
const burning = ({ objectives }: ServiceSlo): readonly string[] =>
  objectives.flatMap(({ burns }) => burns.filter((burn) => burn.burning).map(({ name }) => name));

describe('an objective', () => {
  it('that is kept leaves its budget whole', () => {
    const { objectives, sentence } = slo(
      looked(() => false),
      WEEK,
    );

    expect(objectives).toMatchObject([
      {
        kind: 'availability',
        objectivePercent: 99,
        thresholdMs: null,
        windowMs: 7 * DAY,
        measuredPercent: 100,
        budgetLeftPercent: 100,
        measured: { minutes: HOURS * 60 + 59, ofMinutes: 7 * 24 * 60 },
      },
    ]);
    expect(objectives[0]?.burns.map(({ longRate, shortRate }) => [longRate, shortRate])).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
    expect(sentence).toBe(
      'availability 100 % (objective 99 %), 100 % of the budget of 7 d is left; measured 5819 of 10080 min, weighted as the file says, no committed change is on record',
    );
  });

  it('spends its budget by the share of traffic that failed', () => {
    // Half of the traffic for 58 of 5,819 minutes, long ago: half a percent of the time, half of the budget.
    const long = slo(
      looked((ago) => ago > 4 * 24 * 60 && ago <= 4 * 24 * 60 + 58),
      WEEK,
    );

    expect(long.objectives[0]?.budgetLeftPercent).toBeCloseTo(50.2, 1);
    expect(burning(long)).toEqual([]);
  });

  it('that burns fast burns over the long window and the short one', () => {
    const hot = slo(
      looked((ago) => ago <= 60),
      WEEK,
    );

    expect(burning(hot)).toEqual(['fast', 'slow']);
    expect(hot.objectives[0]?.burns[0]).toMatchObject({ longRate: 50, shortRate: 50 });
    expect(hot.sentence).toContain(
      'and it burns 50 times too fast over 1 h and 5 min and 8.36 times too fast over 6 h and 30 min;',
    );
  });

  it('that has stopped failing no longer burns fast, though the long window still shows it', () => {
    const over = slo(
      looked((ago) => ago <= 60 && ago > 10),
      WEEK,
    );

    expect(over.objectives[0]?.burns[0]).toMatchObject({ shortRate: 0, burning: false });
    expect(over.objectives[0]?.burns[0]?.longRate).toBeGreaterThan(14.4);
    expect(burning(over)).toEqual(['slow']);
  });

  it('that is eaten away slowly burns steadily', () => {
    const slow = slo(
      looked((ago) => ago % 20 === 0),
      WEEK,
    );

    expect(burning(slow)).toEqual(['steady']);
  });

  it('that is overspent says by how much', () => {
    const { objectives, sentence } = slo(
      looked((ago) => ago > 5000),
      WEEK,
    );

    expect(objectives[0]?.budgetLeftPercent).toBeLessThan(0);
    expect(sentence).toMatch(/the budget of 7 d is spent \(-\d+(\.\d)? %\)/);
  });

  it('of which nothing was measured knows nothing, and burns nothing', () => {
    const { objectives, sentence } = slo([], WEEK);

    expect(objectives).toMatchObject([
      {
        measuredPercent: null,
        budgetLeftPercent: null,
        measured: { minutes: 0, ofMinutes: 10_080 },
      },
    ]);
    expect(objectives[0]?.burns).toMatchObject(
      ['fast', 'slow', 'steady'].map((name) => ({
        name,
        longRate: null,
        shortRate: null,
        burning: false,
      })),
    );
    expect(sentence).toContain(
      'availability: nothing was measured in 7 d; measured 0 of 10080 min',
    );
  });

  it('of which little was measured has no rate yet: two bad minutes are no bad 3 days', () => {
    const fresh = (minutes: number): readonly Rollup[] =>
      Array.from({ length: minutes }, (_, n) => minute(HOURS * 60 + 59 - minutes + n, HALF));

    const two = slo(fresh(2), WEEK);
    const five = slo(fresh(5), WEEK);

    expect(burning(two)).toEqual([]);
    expect(two.objectives[0]?.burns.map(({ longRate }) => longRate)).toEqual([null, null, null]);
    expect(two.objectives[0]?.budgetLeftPercent).toBeLessThan(0);
    expect(burning(five)).toEqual(['fast']);
  });

  it('may be of latency, beside or without one of availability', () => {
    const latency = { thresholdMs: 300, percent: 95 };
    const slow = looked(() => false).map((one) => ({
      ...one,
      lines: one.lines.map((line) =>
        line.endpoint === 'us' ? { ...line, histogram: { 100: 4, 500: 1 } } : line,
      ),
    }));

    const both = slo(slow, { ...WEEK, latency });
    const alone = slo(slow, { latency, windowMs: 7 * DAY });

    expect(both.objectives.map(({ kind }) => kind)).toEqual(['availability', 'latency']);
    expect(alone.objectives).toMatchObject([
      { kind: 'latency', thresholdMs: 300, measuredPercent: 90, budgetLeftPercent: -100 },
    ]);
    expect(alone.sentence).toMatch(/^latency under 300 ms 90 % \(objective 95 %\), the budget/);
  });

  it('says whether it is weighted by what DNS served', () => {
    const service = sampleService({ endpoints, slo: WEEK });
    const { record, mark } = committed(1, -10, { eu: 1, us: 0 }, { eu: 1, us: 0 });
    const served = servedBy(service, [record], [mark]);

    const { objectives, sentence } = sloOf(service, cellsOf(looked(() => true)), served, NOW);

    expect(objectives[0]?.measuredPercent).toBe(100);
    expect(sentence).toMatch(/, weighted by what DNS served$/);
  });

  it('that is not stated is asked for', () => {
    expect(slo(looked(() => false))).toEqual({
      service: 'app',
      objectives: [],
      sentence: 'app states no objective; give it one in quorate.yml, such as slo: 99.95%',
    });
  });

  it.each([
    [30 * DAY, '30 d'],
    [36 * HOUR, '36 h'],
    [90 * MINUTE, '90 min'],
  ])('a window of %i ms is %s', (ms, text) => {
    expect(windowText(ms)).toBe(text);
  });
});

describe('a pipeline', () => {
  it('goes on while the budget is kept, or where nothing is promised', () => {
    expect(
      gateReason(
        slo(
          looked(() => false),
          WEEK,
        ),
      ),
    ).toBeNull();
    expect(gateReason(slo([]))).toBeNull();
  });

  it('waits while a budget burns', () => {
    expect(
      gateReason(
        slo(
          looked((ago) => ago <= 60),
          WEEK,
        ),
      ),
    ).toBe(
      'the availability budget of app burns 50 times too fast over 1 h and 5 min (the limit is 14.4)',
    );
  });

  it('waits while a budget is spent', () => {
    expect(
      gateReason(
        slo(
          looked((ago) => ago > 5000),
          WEEK,
        ),
      ),
    ).toMatch(/^the availability budget of app is spent: -\d+(\.\d)? % of 7 d is left$/);
  });

  it('waits where nobody looked: what is not seen is not known to be well', () => {
    const stale = looked(() => false).filter(({ span }) => span === 'hour');

    expect(gateReason(slo(stale, WEEK))).toBe(
      'too little of app was measured in the last hour, so its availability is not known',
    );
    expect(gateReason(slo([], WEEK))).toMatch(/^too little of app was measured/);
  });
});
