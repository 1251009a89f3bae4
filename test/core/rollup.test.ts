/** Counts and latencies per endpoint: parts add up, whatever their order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endpointId, epochMs, serviceId } from '../../shared/core/model.ts';
import {
  hourOf,
  hourOfMinutes,
  LATENCY_BUCKETS_MS,
  mergeRollups,
  minuteOf,
  parseRollup,
  percentileMs,
  ROLLUP_BYTES_MAX,
  type Rollup,
  type RollupLine,
  rollupOf,
  spanMs,
  storedRollup,
} from '../../shared/core/rollup.ts';
import { FAKE_START } from '../fakes/fake-clock.ts';
import { sampleObservation } from '../fakes/sample-report.ts';
import { VANTAGES } from '../fakes/sample-service.ts';

const TIMINGS = { dnsMs: 2, connectMs: 12, tlsMs: 30, firstByteMs: 60, totalMs: 61 };
const LAST = {
  at: FAKE_START,
  passed: true,
  code: null,
  status: null,
  totalMs: null,
  resolveMs: null,
  connectMs: null,
  tlsMs: null,
  firstByteMs: null,
  transferMs: null,
  certificateEndsAt: null,
  family: null,
};

const KEY = {
  vantage: VANTAGES[0]!,
  span: 'minute',
  startAt: minuteOf(FAKE_START),
  run: 'r1',
} as const;

describe('a rollup', () => {
  it('counts outcomes and sorts latencies into buckets', () => {
    const rollup = rollupOf(KEY, [
      sampleObservation('b', 'pass', { latencyMs: 42 }),
      sampleObservation('b', 'pass', { latencyMs: 50 }),
      sampleObservation('b', 'fail', { at: epochMs(FAKE_START - 10_000) }),
      sampleObservation('a', 'skipped'),
      sampleObservation('b', 'pass', { latencyMs: 12_000 }),
    ]);

    expect(rollup).toEqual({
      ...KEY,
      lines: [
        line({ endpoint: endpointId('a'), skipped: 1 }),
        line({
          endpoint: endpointId('b'),
          passes: 3,
          failures: 1,
          histogram: { 50: 2, 10000: 1 },
          last: LAST,
        }),
      ],
    });
  });

  it('begins at the full minute or hour', () => {
    expect(minuteOf(FAKE_START + 59_999)).toBe(FAKE_START);
    expect(minuteOf(FAKE_START + 60_000)).toBe(FAKE_START + 60_000);
    expect(hourOf(FAKE_START + 3_599_999)).toBe(FAKE_START);
    expect(spanMs('minute')).toBe(60_000);
    expect(spanMs('hour')).toBe(3_600_000);
  });
});

describe('the last sample of a line', () => {
  const at = (ms: number, latencyMs: number) =>
    sampleObservation('a', 'pass', {
      at: epochMs(FAKE_START + ms),
      timings: { ...TIMINGS, totalMs: latencyMs },
    });

  it('is the newest answer, in whatever order the parts come', () => {
    const parts = [at(0, 90), at(20_000, 70), at(10_000, 80)].map(
      (one) => rollupOf(KEY, [one]).lines,
    );

    for (const order of [parts, parts.toReversed()]) {
      expect(mergeRollups(KEY, order).lines[0]?.last).toMatchObject({
        at: FAKE_START + 20_000,
        totalMs: 70,
      });
    }
  });

  it('is the same one of two that are equally old, in whatever order they come', () => {
    const two = [at(0, 70), at(0, 90)];

    const { last } = rollupOf(KEY, two).lines[0]!;

    expect(last).toEqual(rollupOf(KEY, two.toReversed()).lines[0]?.last);
    expect(last).toEqual(
      mergeRollups(
        KEY,
        two.map((one) => rollupOf(KEY, [one]).lines),
      ).lines[0]?.last,
    );
  });

  it('a skipped probe takes nothing away', () => {
    const skipped = sampleObservation('a', 'skipped', { at: epochMs(FAKE_START + 10_000) });

    expect(rollupOf(KEY, [at(0, 90), skipped]).lines[0]).toMatchObject({
      passes: 1,
      skipped: 1,
      last: { at: FAKE_START, totalMs: 90 },
    });
  });
});

describe('an hour', () => {
  it('adds up its minutes, and remembers which were measured and which failed', () => {
    const minute = (at: number, run: string, kinds: readonly ('pass' | 'fail')[]): Rollup =>
      rollupOf(
        { ...KEY, run, startAt: epochMs(FAKE_START + at * 60_000) },
        kinds.map((kind) => sampleObservation('a', kind)),
      );

    const hour = hourOfMinutes({ ...KEY, span: 'hour', run: 'hour' }, [
      minute(7, 'r2', ['fail', 'fail']),
      minute(3, 'r1', ['pass', 'pass', 'pass']),
      minute(7, 'r1', ['pass']),
      minute(8, 'r2', ['fail']),
    ]);

    expect(hour).toMatchObject({ span: 'hour', run: 'hour', minutes: 3 });
    expect(hour.lines).toMatchObject([
      {
        passes: 4,
        failures: 3,
        failedMinutes: [
          { minute: 7, passes: 1, failures: 2 },
          { minute: 8, passes: 0, failures: 1 },
        ],
      },
    ]);
  });
});

describe('a percentile', () => {
  const histogram = { 100: 1, 20: 90, 50: 9 };

  it.each([
    [50, 20],
    [90, 20],
    [95, 50],
    [99, 50],
    [100, 100],
  ])('p%i is %i ms', (percent, bound) => {
    expect(percentileMs(histogram, percent)).toBe(bound);
  });

  it('is unknown where nothing was counted', () => {
    expect(percentileMs({}, 50)).toBeNull();
    expect(percentileMs({ 20: 0 }, 50)).toBeNull();
  });
});

describe('a stored rollup', () => {
  const rollup = rollupOf(KEY, [sampleObservation('a', 'pass')]);

  it('is read as it was written', () => {
    const stored = storedRollup(rollup);

    expect(typeof stored.lines[0]?.last).toBe('string');
    expect(parseRollup(JSON.parse(JSON.stringify(stored)))).toEqual(rollup);
  });

  it.each([
    ['an object', { at: 1 }],
    ['no sample', 'newest: fine'],
  ])('a last sample that is %s is left out, and costs no counts', (_, last) => {
    const { last: __, ...counts } = rollup.lines[0]!;

    expect(parseRollup({ ...rollup, lines: [{ ...counts, last }] })?.lines).toEqual([counts]);
  });

  it('drops the last samples first where it would not fit into an item', () => {
    const few = rollupOf(KEY, [sampleObservation('a', 'pass'), sampleObservation('b', 'skipped')]);
    const bytes = JSON.stringify(storedRollup(few)).length;

    expect(storedRollup(few, bytes).lines[0]).toHaveProperty('last');
    expect(storedRollup(few, bytes - 1).lines).toEqual(
      few.lines.map(({ last: _, ...line }) => line),
    );
  });

  it('an hour drops when it failed only where it would not fit without the samples either', () => {
    const hour = hourOfMinutes({ ...KEY, span: 'hour' }, [
      rollupOf(KEY, [sampleObservation('a', 'fail')]),
    ]);
    const { last: _, failed, ...counts } = storedRollup(hour).lines[0]!;
    const timed = JSON.stringify({ ...hour, lines: [{ ...counts, failed }] }).length;

    expect(failed).toBe('0:0/1');
    expect(storedRollup(hour, timed).lines).toEqual([{ ...counts, failed }]);
    expect(storedRollup(hour, timed - 1).lines).toEqual([counts]);
    expect(parseRollup(storedRollup(hour))).toEqual(hour);
  });

  it('a round of 100 endpoints fits with room to spare', () => {
    const observations = Array.from({ length: 100 }, (_, n) =>
      sampleObservation(`endpoint-${n}`, 'pass', { timings: TIMINGS }),
    );

    const bytes = JSON.stringify(storedRollup(rollupOf(KEY, observations))).length;

    expect(bytes).toBeLessThan(ROLLUP_BYTES_MAX / 10);
  });

  it.each([
    ['nothing', undefined],
    ['a text', 'rollup'],
    ['an unknown span', { ...rollup, span: 'day' }],
    ['a negative count', { ...rollup, lines: [line({ passes: -1 })] }],
    ['a bucket that is no number', { ...rollup, lines: [line({ histogram: { fast: 1 } })] }],
    ['buckets that are none', { ...rollup, lines: [{ ...line({}), histogram: null }] }],
    ['buckets in a text', { ...rollup, lines: [{ ...line({}), histogram: '50' }] }],
    ['half a probe', { ...rollup, lines: [line({ histogram: { 50: 0.5 } })] }],
    ['fewer than no probes', { ...rollup, lines: [line({ histogram: { 50: -1 } })] }],
    ['no lines', { ...rollup, lines: undefined }],
  ])('%s is a gap in the chart', (_, item) => {
    expect(parseRollup(item)).toBeUndefined();
  });
});

describe('properties', () => {
  const lines = fc.array(
    fc.record({
      service: fc.constantFrom('app', 'api').map(serviceId),
      endpoint: fc.constantFrom('a', 'b', 'c').map(endpointId),
      passes: fc.nat(100),
      failures: fc.nat(100),
      skipped: fc.nat(100),
      histogram: fc.dictionary(fc.constantFrom(...LATENCY_BUCKETS_MS.map(String)), fc.nat(100), {
        noNullPrototype: true,
      }),
    }),
  );

  it('parts add up to the whole, in any order and grouping', () => {
    fc.assert(
      fc.property(fc.array(lines), fc.array(lines), (a, b) => {
        const whole = mergeRollups(KEY, [...a, ...b]);
        const grouped = mergeRollups(KEY, [mergeRollups(KEY, b).lines, mergeRollups(KEY, a).lines]);

        expect(normal(grouped)).toEqual(normal(whole));
        for (const count of ['passes', 'failures', 'skipped'] as const) {
          const sum = (of: readonly RollupLine[]): number => of.reduce((n, l) => n + l[count], 0);
          expect(sum(whole.lines)).toBe(sum([...a, ...b].flat()));
        }
      }),
    );
  });

  it('a larger percentile is never a smaller latency', () => {
    fc.assert(
      fc.property(lines, fc.nat(100), fc.nat(100), (all, p, q) => {
        for (const { histogram } of all) {
          const [low, high] = [Math.min(p, q), Math.max(p, q)];
          const lower = percentileMs(histogram, low);
          if (lower !== null) expect(percentileMs(histogram, high)).toBeGreaterThanOrEqual(lower);
        }
      }),
    );
  });

  it('no item is an exception', () => {
    fc.assert(
      fc.property(fc.anything(), (item) => {
        expect(parseRollup(item)).toBeUndefined();
      }),
    );
  });
});

const line = (changes: Partial<RollupLine>): RollupLine => ({
  service: serviceId('app'),
  endpoint: endpointId('a'),
  passes: 0,
  failures: 0,
  skipped: 0,
  histogram: {},
  ...changes,
});

/** Without empty buckets and without an order among buckets. */
const normal = (rollup: Rollup): unknown =>
  rollup.lines.map(({ histogram, ...rest }) => ({
    ...rest,
    histogram: Object.entries(histogram)
      .filter(([, count]) => count > 0)
      .sort(([a], [b]) => Number(a) - Number(b)),
  }));
