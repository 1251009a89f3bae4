/** Counts and latencies per endpoint over a minute or an hour, for charts and error budgets. */
import * as v from 'valibot';
import {
  addFailedMinutes,
  type FailedMinute,
  parseFailedMinutes,
  printFailedMinutes,
} from './failed-minutes.ts';
import { jsonBytes } from './json-bytes.ts';
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
  /** Of an hour: when it failed. Absent where it did not, or where nobody noted it. */
  readonly failedMinutes?: readonly FailedMinute[];
};
export type Rollup = {
  readonly vantage: VantageId;
  readonly span: 'minute' | 'hour';
  readonly startAt: EpochMs;
  /** Runs overlap: each adds its own part to a minute. */
  readonly run: string;
  /** Of an hour: how many of its minutes were measured. */
  readonly minutes?: number;
  readonly lines: readonly RollupLine[];
};

/** As it lies in the table: what is more than a count is a line of text. */
export type StoredRollup = Omit<Rollup, 'lines'> & { readonly lines: readonly StoredLine[] };
type StoredLine = Counts & { readonly last?: string; readonly failed?: string };
type Counts = Omit<RollupLine, 'last' | 'failedMinutes'>;

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

export const rollupOf = (key: RollupKey, observations: readonly Observation[]): Rollup => ({
  ...key,
  lines: byEndpoint(observations).map(lineOf),
});

/** Of one endpoint, at least one. */
function lineOf(observations: readonly Observation[]): RollupLine {
  const [{ service, endpoint }] = observations as readonly [Observation];
  const counted = { pass: 0, fail: 0, skipped: 0 };
  const histogram: Record<string, number> = {};
  let newest: Observation[] = [];
  for (const observation of observations) {
    const { outcome, latencyMs, at } = observation;
    counted[outcome.kind] += 1;
    if (latencyMs !== null) addTo(histogram, bucketOf(latencyMs), 1);
    if (outcome.kind === 'skipped') continue;
    const [known] = newest;
    if (known === undefined || at > known.at) newest = [observation];
    else if (at === known.at) newest.push(observation);
  }
  const { pass: passes, fail: failures, skipped } = counted;
  const last = newest.map(lastOf).reduce<LastSample | undefined>(newerLast, undefined);
  return withLast({ service, endpoint, passes, failures, skipped, histogram }, last);
}

/** Those of one endpoint together, sorted by service and endpoint. */
function byEndpoint<T extends Pick<RollupLine, 'service' | 'endpoint'>>(
  all: readonly T[],
): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const id = `${one.service} ${one.endpoint}`;
    const same = groups.get(id);
    if (same === undefined) groups.set(id, [one]);
    else same.push(one);
  }
  return [...groups].sort(([a], [b]) => byText(a, b)).map(([, same]) => same);
}

const addTo = (histogram: Record<string, number>, bucket: number | string, count: number): void => {
  histogram[bucket] = (histogram[bucket] ?? 0) + count;
};

const withLast = (line: Omit<RollupLine, 'last'>, last: LastSample | undefined): RollupLine =>
  last === undefined ? line : { ...line, last };

const withFailed = (
  line: Omit<RollupLine, 'failedMinutes'>,
  failedMinutes: readonly FailedMinute[] | undefined,
): RollupLine => (failedMinutes === undefined ? line : { ...line, failedMinutes });

/** What is counted always fits; what is only shown goes first, then when in the hour it failed. */
export function storedRollup(rollup: Rollup, bytesMax: number = ROLLUP_BYTES_MAX): StoredRollup {
  const stored = (lineOf: (line: RollupLine) => StoredLine): StoredRollup => ({
    ...rollup,
    lines: rollup.lines.map(lineOf),
  });
  const whole = stored((line) => ({ ...timedOf(line), ...lastText(line) }));
  if (jsonBytes(whole) <= bytesMax) return whole;
  const timed = stored(timedOf);
  return jsonBytes(timed) <= bytesMax ? timed : stored(countsOf);
}

const timedOf = (line: RollupLine): StoredLine =>
  line.failedMinutes === undefined
    ? countsOf(line)
    : { ...countsOf(line), failed: printFailedMinutes(line.failedMinutes) };

const lastText = ({ last }: RollupLine): { readonly last?: string } =>
  last === undefined ? {} : { last: printLast(last) };

const countsOf = ({ last: _, failedMinutes: __, ...counts }: RollupLine): Counts => counts;

/** Parts of an hour's minutes → the hour, which remembers how much of it was measured and when it failed. */
export function hourOfMinutes(key: RollupKey, parts: readonly Rollup[]): Rollup {
  const minutes = [...Map.groupBy(parts, ({ startAt }) => startAt)].map(([startAt, same]) => ({
    minute: Math.floor((startAt - key.startAt) / MINUTE_MS),
    lines: mergeRollups(
      key,
      same.map(({ lines }) => lines),
    ).lines,
  }));
  const lines = minutes.map((one) =>
    one.lines.map((line) =>
      line.failures === 0
        ? line
        : withFailed(line, [{ minute: one.minute, passes: line.passes, failures: line.failures }]),
    ),
  );
  return mergeRollups({ ...key, minutes: minutes.length }, lines);
}

/** Adds up the lines of several parts, in any order, sorted by service and endpoint. */
export function mergeRollups(key: RollupKey, parts: readonly (readonly RollupLine[])[]): Rollup {
  return { ...key, lines: byEndpoint(parts.flat()).map(sumOf) };
}

/** Lines of one endpoint, at least one. A minute adds up six rounds of a thousand endpoints. */
function sumOf(lines: readonly RollupLine[]): RollupLine {
  const [first] = lines as readonly [RollupLine];
  if (lines.length === 1) return first;
  let passes = 0;
  let failures = 0;
  let skipped = 0;
  let last: LastSample | undefined;
  const histogram: Record<string, number> = {};
  const failed: FailedMinute[] = [];
  for (const line of lines) {
    passes += line.passes;
    failures += line.failures;
    skipped += line.skipped;
    for (const [bucket, count] of Object.entries(line.histogram)) {
      addTo(histogram, bucket, count);
    }
    last = newerLast(last, line.last);
    if (line.failedMinutes !== undefined) failed.push(...line.failedMinutes);
  }
  const { service, endpoint } = first;
  const sum = { service, endpoint, passes, failures, skipped, histogram };
  return withFailed(
    withLast(sum, last),
    failed.length === 0 ? undefined : addFailedMinutes(failed),
  );
}

type Histogram = RollupLine['histogram'];

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
const BUCKET = /^[1-9]\d{0,6}$/;
/** By hand: of an hour's minutes there are hundreds. */
const isHistogram = (raw: unknown): raw is Histogram =>
  typeof raw === 'object' &&
  raw !== null &&
  Object.entries(raw).every(
    ([bucket, times]) => BUCKET.test(bucket) && Number.isSafeInteger(times) && times >= 0,
  );
const rollupSchema = v.object({
  vantage: v.pipe(name, v.transform(vantageId)),
  span: v.picklist(['minute', 'hour']),
  startAt: v.pipe(
    count,
    v.transform((ms) => epochMs(ms)),
  ),
  run: name,
  minutes: v.exactOptional(v.pipe(count, v.maxValue(60))),
  lines: v.array(
    v.pipe(
      v.object({
        service: v.pipe(name, v.transform(serviceId)),
        endpoint: v.pipe(name, v.transform(endpointId)),
        passes: count,
        failures: count,
        skipped: count,
        histogram: v.custom<Histogram>(isHistogram),
        last: v.exactOptional(v.unknown()),
        failed: v.exactOptional(v.unknown()),
      }),
      // What another release noted besides costs no counts.
      v.transform(({ last, failed, ...line }) =>
        withFailed(
          withLast(line, typeof last === 'string' ? parseLast(last) : undefined),
          typeof failed === 'string' ? parseFailedMinutes(failed) : undefined,
        ),
      ),
    ),
  ),
});

/** Undefined where the item can't be read: a chart has a gap, nothing else happens. */
export function parseRollup(raw: unknown): Rollup | undefined {
  const parsed = v.safeParse(rollupSchema, raw);
  return parsed.success ? parsed.output : undefined;
}
