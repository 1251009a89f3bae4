/** How much of a stretch of time was good: weighted by what was served, blind where nobody looked. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Rollup } from '../../shared/core/rollup.ts';
import { cellsOf, type Good, measure } from '../../shared/core/slo-measure.ts';
import { servedBy } from '../../shared/core/slo-weights.ts';
import { sampleEndpoint, sampleService } from '../fakes/sample-service.ts';
import { committed, hour, MINUTE, minute, START, tally } from '../fakes/slo-world.ts';

const service = sampleService({ endpoints: [sampleEndpoint('eu'), sampleEndpoint('us')] });
const AVAILABILITY: Good = { kind: 'availability' };
const EVEN = servedBy(service, [], []);
const out = committed(2, 10, { eu: 100, us: 100 }, { eu: 100, us: 0 });
const DRAINED_AT_10 = servedBy(service, [out.record], [out.mark]);

const measured = (
  rollups: readonly Rollup[],
  served = EVEN,
  good: Good = AVAILABILITY,
  from: number = START,
) => measure(service.id, good, cellsOf(rollups), served, from);

describe('a minute', () => {
  it('counts an endpoint by its share of the traffic, over all vantages', () => {
    const rollups = [
      minute(0, [tally('eu', 6), tally('us', 6)], 'eu-west-1'),
      minute(0, [tally('eu', 6), tally('us', 0, 6)], 'us-east-1'),
    ];

    expect(measured(rollups)).toEqual({ good: 0.75, total: 1, minutes: 1 });
  });

  it('counts alike, however many probes looked', () => {
    const rollups = [
      minute(0, [tally('eu', 600), tally('us', 600)]),
      minute(1, [tally('eu', 0, 1), tally('us', 0, 1)]),
    ];

    expect(measured(rollups)).toEqual({ good: 1, total: 2, minutes: 2 });
  });

  it('is neither good nor bad for an endpoint that nobody measured', () => {
    expect(measured([minute(0, [tally('eu', 6)])])).toEqual({ good: 0.5, total: 0.5, minutes: 1 });
  });

  it('in which nothing was measured, or everything was skipped, is missing', () => {
    const skipped = tally('eu', 0, 0, { skipped: 6 });

    expect(measured([])).toEqual({ good: 0, total: 0, minutes: 0 });
    expect(measured([minute(0, [skipped])])).toEqual({ good: 0, total: 0, minutes: 0 });
  });

  it('before the stretch does not count', () => {
    const rollups = [minute(0, [tally('eu', 6)]), minute(1, [tally('eu', 6)])];

    expect(measured(rollups, EVEN, AVAILABILITY, START + MINUTE).minutes).toBe(1);
  });

  it('costs nothing for an endpoint that was taken out', () => {
    const failing = [tally('eu', 6), tally('us', 0, 6)];

    expect(measured([minute(9, failing)], DRAINED_AT_10)).toMatchObject({ good: 0.5, total: 1 });
    expect(measured([minute(10, failing)], DRAINED_AT_10)).toMatchObject({ good: 1, total: 1 });
  });

  it('of another service is not ours', () => {
    const other = { ...tally('eu', 0, 6), service: sampleService().id };

    expect(
      measure(
        'other' as typeof service.id,
        AVAILABILITY,
        cellsOf([minute(0, [other])]),
        EVEN,
        START,
      ),
    ).toMatchObject({ total: 0 });
  });
});

describe('an hour', () => {
  it('without a failure is good as far as it was measured', () => {
    expect(measured([hour(0, () => [tally('eu', 6), tally('us', 6)])])).toEqual({
      good: 60,
      total: 60,
      minutes: 60,
    });
  });

  it('knows that an endpoint failed on after it was taken out, and that this cost nothing', () => {
    const rollup = hour(0, (n) => [
      tally('eu', 6),
      n < 8 || n >= 40 ? tally('us', 6) : tally('us', 0, 6),
    ]);

    const { good, total, minutes } = measured([rollup], DRAINED_AT_10);

    // Half of the traffic, for the two minutes until it was taken out.
    expect(good).toBeCloseTo(59, 9);
    expect(total).toBeCloseTo(60, 9);
    expect(minutes).toBeCloseTo(60, 9);
  });

  it('takes the word of each vantage for its own minutes', () => {
    const fine = hour(0, () => [tally('eu', 6), tally('us', 6)], 'eu-west-1');
    const bad = hour(
      0,
      (n) => [tally('eu', 6), n === 3 ? tally('us', 0, 6) : tally('us', 6)],
      'us-east-1',
    );

    const { good, total } = measured([fine, bad]);

    // One of two vantages saw half of the traffic fail for one minute.
    expect(total - good).toBeCloseTo(0.25, 9);
  });

  it('that was measured for a part counts for that part, and its failed minutes in full', () => {
    const rollup = hour(0, (n) =>
      n < 50
        ? []
        : n === 55
          ? [tally('eu', 0, 6), tally('us', 6)]
          : [tally('eu', 6), tally('us', 6)],
    );

    const { good, total, minutes } = measured([rollup]);

    expect(minutes).toBeCloseTo(10, 9);
    expect(total).toBeCloseTo(10, 9);
    expect(good).toBeCloseTo(9.5, 9);
  });

  it('that failed throughout is bad throughout', () => {
    const { good, total } = measured([hour(0, () => [tally('eu', 0, 6), tally('us', 0, 6)])]);

    expect(total).toBeCloseTo(60, 9);
    expect(good).toBe(0);
  });

  it('of a release that noted no minutes failed evenly', () => {
    const rollup = hour(0, () => [tally('eu', 6), tally('us', 6)]);
    const old: Rollup = {
      ...rollup,
      lines: [tally('eu', 360), tally('us', 180, 180)],
    };
    const { minutes: _, ...older } = old;

    const { good, total } = measured([older]);

    expect(total).toBeCloseTo(60, 9);
    expect(good).toBeCloseTo(45, 9);
  });
});

describe('a latency objective', () => {
  it('counts the passes that were fast enough, and failures not at all', () => {
    const slow = tally('us', 6, 6, { histogram: { 100: 3, 300: 1, 500: 2 } });
    const good: Good = { kind: 'latency', thresholdMs: 300 };

    const one = measured([minute(0, [tally('eu', 6), slow])], EVEN, good);

    expect(one.good).toBeCloseTo(0.5 + 0.5 * (4 / 6), 9);
    expect(one.total).toBe(1);
  });

  it('has nothing to say where nothing passed', () => {
    const good: Good = { kind: 'latency', thresholdMs: 300 };

    expect(measured([minute(0, [tally('eu', 0, 6)])], EVEN, good).total).toBe(0);
  });

  it('follows the weights within an hour', () => {
    const rollup = hour(0, () => [tally('eu', 6), tally('us', 6, 0, { histogram: { 500: 6 } })]);

    const { good, total } = measured([rollup], DRAINED_AT_10, {
      kind: 'latency',
      thresholdMs: 300,
    });

    expect(total).toBeCloseTo(60, 9);
    expect(good).toBeCloseTo(55, 9);
  });
});

describe('cells', () => {
  it('leave samples out, as they are kept in memory', () => {
    const last = { at: START } as never;

    const [cell] = cellsOf([minute(0, [tally('eu', 6, 0, { last })])]);

    expect(cell?.lines.get('app')).toEqual([tally('eu', 6)]);
  });
});

describe('properties', () => {
  const lines = fc
    .array(
      fc.record({
        endpoint: fc.constantFrom('eu', 'us', 'gone'),
        passes: fc.nat(12),
        failures: fc.nat(12),
      }),
      { maxLength: 4 },
    )
    .map((all) => all.map(({ endpoint, passes, failures }) => tally(endpoint, passes, failures)));
  const rollups = fc.array(
    fc.oneof(
      fc
        .tuple(fc.nat(59), lines, fc.constantFrom('eu-west-1', 'us-east-1'))
        .map(([at, own, vantage]) => minute(180 + at, own, vantage)),
      fc
        .tuple(
          fc.nat(2),
          fc.array(lines, { maxLength: 60 }),
          fc.constantFrom('eu-west-1', 'us-east-1'),
        )
        .map(([at, own, vantage]) => hour(at, (n) => own[n] ?? [], vantage)),
    ),
    { maxLength: 6 },
  );
  const serveds = fc.constantFrom(EVEN, DRAINED_AT_10);

  it('good never exceeds what was measured, nor that the minutes there were', () => {
    fc.assert(
      fc.property(rollups, serveds, (all, served) => {
        const { good, total, minutes } = measured(all, served);

        expect(good).toBeGreaterThanOrEqual(0);
        expect(good).toBeLessThanOrEqual(total + 1e-9);
        expect(total).toBeLessThanOrEqual(minutes + 1e-9);
        expect(minutes).toBeLessThanOrEqual(4 * 60 + 1e-9);
      }),
    );
  });

  it('the order in which rollups come does not matter', () => {
    fc.assert(
      fc.property(rollups, serveds, (all, served) => {
        const there = measured(all, served);
        const back = measured(all.toReversed(), served);

        expect(back.good).toBeCloseTo(there.good, 9);
        expect(back.total).toBeCloseTo(there.total, 9);
        expect(back.minutes).toBeCloseTo(there.minutes, 9);
      }),
    );
  });

  it('an endpoint that is not served never costs anything', () => {
    const onlyEu = committed(1, -10, { eu: 100, us: 0 }, { eu: 100, us: 0 });
    const served = servedBy(service, [onlyEu.record], [onlyEu.mark]);

    fc.assert(
      fc.property(rollups, (all) => {
        const without = all.map((one) => ({
          ...one,
          lines: one.lines.filter(({ endpoint }) => endpoint === 'eu'),
        }));
        const { good, total } = measured(all, served);
        const alone = measured(without, served);

        expect(total - good).toBeCloseTo(alone.total - alone.good, 6);
      }),
    );
  });
});
