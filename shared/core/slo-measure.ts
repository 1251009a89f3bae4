/**
 * Rollups of all vantages and what DNS served → how much of a stretch of time was good. Every minute counts
 * alike, however many probes looked; within it an endpoint counts by its share of the traffic. What nobody
 * measured is neither good nor bad: it is missing from the total, and from the minutes.
 */
import type { EpochMs, ServiceId } from './model.ts';
import type { Rollup, RollupLine } from './rollup.ts';
import { spanMs } from './rollup.ts';
import type { Served, Shares } from './slo-weights.ts';
import { MINUTE_MS } from './units.ts';

/** What all vantages counted in one minute or hour. */
export type Cell = {
  readonly startAt: EpochMs;
  /** 1 or 60. */
  readonly length: number;
  /** Of them measured by the vantage that measured most. */
  readonly minutes: number;
  /** Per service: one line per endpoint, vantage and run. */
  readonly lines: ReadonlyMap<string, readonly RollupLine[]>;
};

/** Good and total are minutes of traffic: 0.5 is one minute of which half the traffic counts. */
export type Measured = { readonly good: number; readonly total: number; readonly minutes: number };

/** What is good: a pass, or a pass that was fast enough. */
export type Good =
  | { readonly kind: 'availability' }
  | { readonly kind: 'latency'; readonly thresholdMs: number };

/** In any order; parts of one minute or hour become one cell. Samples are left out: cells are kept in memory. */
export const cellsOf = (rollups: readonly Rollup[]): readonly Cell[] =>
  SPANS.flatMap((span) => {
    const length = spanMs(span) / MINUTE_MS;
    const own = rollups.filter((rollup) => rollup.span === span);
    return [...Map.groupBy(own, ({ startAt }) => startAt)].map(([startAt, parts]) => {
      const lines = parts.flatMap((part) => part.lines.map(({ last: _, ...line }) => line));
      return {
        startAt,
        length,
        minutes: Math.max(1, ...parts.map((part) => part.minutes ?? length)),
        lines: Map.groupBy(lines, ({ service }) => service),
      };
    });
  });

const SPANS = ['minute', 'hour'] as const;

/** Over the cells that begin at or after `from`. */
export function measure(
  service: ServiceId,
  good: Good,
  cells: readonly Cell[],
  served: Served,
  from: number,
): Measured {
  let sum: Measured = { good: 0, total: 0, minutes: 0 };
  for (const cell of cells) {
    if (cell.startAt >= from) sum = add(sum, measureCell(service, good, cell, served));
  }
  return sum;
}

const add = (a: Measured, b: Measured): Measured => ({
  good: a.good + b.good,
  total: a.total + b.total,
  minutes: a.minutes + b.minutes,
});

/** The good share of what an endpoint answered in a minute of the cell; null: nothing was measured. */
type Ratio = (minute: number) => number | null;

function measureCell(service: ServiceId, good: Good, cell: Cell, served: Served): Measured {
  const { startAt, length } = cell;
  const lines = cell.lines.get(service) ?? [];
  const byEndpoint = Map.groupBy(lines, ({ endpoint }) => String(endpoint));
  const ratios = new Map(
    [...byEndpoint].map(([endpoint, own]) => [endpoint, ratioOf(own, good, cell)]),
  );
  const isEven =
    !served.changesWithin(startAt, startAt + length * MINUTE_MS) &&
    (good.kind === 'latency' || lines.every(({ failures }) => failures === 0));
  const parts = isEven ? 1 : length;
  const failed = new Set(
    lines.flatMap(({ failedMinutes = [] }) => failedMinutes.map(({ minute }) => minute)),
  );
  // Which other minutes of an hour were measured is not known: each of them counts a little less.
  const evenly = isEven
    ? cell.minutes
    : Math.max(0, cell.minutes - failed.size) / Math.max(1, length - failed.size);
  let sum: Measured = { good: 0, total: 0, minutes: 0 };
  for (let minute = 0; minute < parts; minute += 1) {
    const weight = !isEven && failed.has(minute) ? 1 : evenly;
    const shown = served.at(startAt + minute * MINUTE_MS);
    sum = add(sum, measureMinute(minute, weight, shown, ratios));
  }
  return sum;
}

function measureMinute(
  minute: number,
  weight: number,
  shown: Shares,
  ratios: ReadonlyMap<string, Ratio>,
): Measured {
  let good = 0;
  let total = 0;
  for (const [endpoint, share] of shown) {
    const ratio = ratios.get(endpoint)?.(minute) ?? null;
    if (ratio === null) continue;
    good += share * ratio;
    total += share;
  }
  return { good: good * weight, total: total * weight, minutes: total === 0 ? 0 : weight };
}

function ratioOf(lines: readonly RollupLine[], good: Good, { minutes }: Cell): Ratio {
  if (good.kind === 'latency') {
    const counts = lines.flatMap(({ histogram }) => Object.entries(histogram));
    const all = sumOf(counts.map(([, count]) => count));
    const fast = counts.filter(([bound]) => Number(bound) <= good.thresholdMs);
    const ratio = all === 0 ? null : sumOf(fast.map(([, count]) => count)) / all;
    return () => ratio;
  }
  return (minute) => {
    const tallies = lines.map((line) => tallyAt(line, minute, minutes));
    const passes = sumOf(tallies.map((tally) => tally.passes));
    const failures = sumOf(tallies.map((tally) => tally.failures));
    return passes + failures === 0 ? null : passes / (passes + failures);
  };
}

type Tally = Pick<RollupLine, 'passes' | 'failures'>;

/** An hour that noted no failed minutes failed evenly; one that did passed evenly in all the others. */
function tallyAt(line: RollupLine, minute: number, minutes: number): Tally {
  const { failedMinutes } = line;
  if (failedMinutes === undefined) {
    return { passes: line.passes / minutes, failures: line.failures / minutes };
  }
  const failed = failedMinutes.find((one) => one.minute === minute);
  if (failed !== undefined) return failed;
  const rest = line.passes - sumOf(failedMinutes.map(({ passes }) => passes));
  return { passes: rest / Math.max(1, minutes - failedMinutes.length), failures: 0 };
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
