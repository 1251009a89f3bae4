/** Counts and latencies per endpoint over a minute or an hour, for charts and error budgets. */
import * as v from 'valibot';
import { type LastSample, lastOf, newerLast, parseLast, printLast } from './last-sample.ts';
import {
  byText,
  type EndpointId,
  type EpochMs,
  endpointId,
  epochMs,
  type ServiceId,
  serviceId,
  type VantageId,
  vantageId,
} from './model.ts';
import type { Observation } from './observation.ts';

export type RollupLine = {
  readonly service: ServiceId;
  readonly endpoint: EndpointId;
  readonly passes: number;
  readonly failures: number;
  readonly skipped: number;
  /** Upper bound of a latency bucket in ms → count: histograms add up, percentiles don't. */
  readonly histogram: Readonly<Record<string, number>>;
  /** The newest answer; absent where there was none, or no room for it. */
  readonly last?: LastSample;
};
export type Rollup = {
  readonly vantage: VantageId;
  readonly span: 'minute' | 'hour';
  readonly startAt: EpochMs;
  /** Runs overlap: each adds its own part to a minute. */
  readonly run: string;
  readonly lines: readonly RollupLine[];
};

/** As it lies in the table: `last` is a line of text. */
export type StoredRollup = Omit<Rollup, 'lines'> & {
  readonly lines: readonly (Omit<RollupLine, 'last'> & { readonly last?: string })[];
};

/** A DynamoDB item holds 400 KB; the rest is room for keys and for what JSON doesn't show. */
export const ROLLUP_BYTES_MAX = 300 * 1024;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SLOWEST_MS = 10_000;
/** Upper bounds; what is slower falls into the last one. */
export const LATENCY_BUCKETS_MS = [
  10,
  20,
  30,
  50,
  75,
  100,
  150,
  200,
  300,
  400,
  500,
  750,
  1_000,
  1_500,
  2_000,
  3_000,
  4_000,
  5_000,
  7_500,
  SLOWEST_MS,
] as const;

export const minuteOf = (at: number): EpochMs => epochMs(at - (at % MINUTE_MS));
export const hourOf = (at: number): EpochMs => epochMs(at - (at % HOUR_MS));
export const spanMs = (span: Rollup['span']): number => (span === 'minute' ? MINUTE_MS : HOUR_MS);

export type RollupKey = Omit<Rollup, 'lines'>;

/** One observation each: the sum of many is `mergeRollups`. */
export const rollupOf = (key: RollupKey, observations: readonly Observation[]): Rollup =>
  mergeRollups(
    key,
    observations.map((observation) => {
      const { service, endpoint, outcome, latencyMs } = observation;
      const line = {
        service,
        endpoint,
        passes: outcome.kind === 'pass' ? 1 : 0,
        failures: outcome.kind === 'fail' ? 1 : 0,
        skipped: outcome.kind === 'skipped' ? 1 : 0,
        histogram: latencyMs === null ? {} : { [bucketOf(latencyMs)]: 1 },
      };
      return [withLast(line, lastOf(observation))];
    }),
  );

const withLast = (line: Omit<RollupLine, 'last'>, last: LastSample | undefined): RollupLine =>
  last === undefined ? line : { ...line, last };

/** What is counted always fits (`validate` bounds a file); what is only shown goes first. */
export function storedRollup(rollup: Rollup, bytesMax: number = ROLLUP_BYTES_MAX): StoredRollup {
  const whole: StoredRollup = {
    ...rollup,
    lines: rollup.lines.map(({ last, ...line }) =>
      last === undefined ? line : { ...line, last: printLast(last) },
    ),
  };
  if (new TextEncoder().encode(JSON.stringify(whole)).length <= bytesMax) return whole;
  return { ...rollup, lines: rollup.lines.map(({ last: _, ...line }) => line) };
}

/** Adds up the lines of several parts, in any order, sorted by service and endpoint. */
export function mergeRollups(key: RollupKey, parts: readonly (readonly RollupLine[])[]): Rollup {
  const sums = new Map<string, RollupLine>();
  for (const line of parts.flat()) {
    const id = `${line.service} ${line.endpoint}`;
    const sum = sums.get(id);
    sums.set(id, sum === undefined ? line : addLines(sum, line));
  }
  const lines = [...sums].sort(([a], [b]) => byText(a, b)).map(([, line]) => line);
  return { ...key, lines };
}

const addLines = ({ last, ...a }: RollupLine, b: RollupLine): RollupLine =>
  withLast(
    {
      ...a,
      passes: a.passes + b.passes,
      failures: a.failures + b.failures,
      skipped: a.skipped + b.skipped,
      histogram: addHistograms(a.histogram, b.histogram),
    },
    newerLast(last, b.last),
  );

type Histogram = RollupLine['histogram'];

function addHistograms(a: Histogram, b: Histogram): Histogram {
  const sum = new Map(Object.entries(a));
  for (const [bucket, count] of Object.entries(b)) sum.set(bucket, (sum.get(bucket) ?? 0) + count);
  return Object.fromEntries(sum);
}

function bucketOf(latencyMs: number): number {
  return LATENCY_BUCKETS_MS.find((bound) => latencyMs <= bound) ?? SLOWEST_MS;
}

/** The bucket bound that at least `percent` of the counted stay within; null where none is counted. */
export function percentileMs(histogram: Histogram, percent: number): number | null {
  const buckets = Object.entries(histogram)
    .map(([bound, count]) => ({ bound: Number(bound), count }))
    .sort((a, b) => a.bound - b.bound);
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  let counted = 0;
  for (const { bound, count } of buckets) {
    counted += count;
    if (counted > 0 && counted * 100 >= total * percent) return bound;
  }
  return null;
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(256));
const rollupSchema = v.object({
  vantage: v.pipe(name, v.transform(vantageId)),
  span: v.picklist(['minute', 'hour']),
  startAt: v.pipe(
    count,
    v.transform((ms) => epochMs(ms)),
  ),
  run: name,
  lines: v.array(
    v.pipe(
      v.object({
        service: v.pipe(name, v.transform(serviceId)),
        endpoint: v.pipe(name, v.transform(endpointId)),
        passes: count,
        failures: count,
        skipped: count,
        histogram: v.record(v.pipe(v.string(), v.regex(/^[1-9]\d{0,6}$/)), count),
        last: v.exactOptional(v.unknown()),
      }),
      // A sample of another release costs no counts.
      v.transform(({ last, ...line }) =>
        withLast(line, typeof last === 'string' ? parseLast(last) : undefined),
      ),
    ),
  ),
});

/** Undefined where the item can't be read: a chart has a gap, nothing else happens. */
export function parseRollup(raw: unknown): Rollup | undefined {
  const parsed = v.safeParse(rollupSchema, raw);
  return parsed.success ? parsed.output : undefined;
}
