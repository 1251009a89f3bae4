/**
 * Rollups of every vantage → one series per endpoint and vantage: counts, percentiles, and the newest
 * sample. What was not written is a gap, never a zero. Overlapping runs each wrote a part of a minute.
 */
import type { EpochMs, Service, VantageId } from '../core/model.ts';
import { byText, epochMs } from '../core/model.ts';
import {
  mergeRollups,
  parseRollup,
  percentileMs,
  type Rollup,
  type RollupLine,
  spanMs,
} from '../core/rollup.ts';
import type { Clock, Store } from '../ports.ts';

export type LatencyPoint = {
  readonly at: EpochMs;
  readonly passes: number;
  readonly failures: number;
  readonly skipped: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
};

export type LatencySeries = {
  readonly endpoint: string;
  readonly vantage: VantageId;
  readonly last: RollupLine['last'] | null;
  /** Oldest first. */
  readonly points: readonly LatencyPoint[];
};

export type LatencyRead = {
  readonly span: Rollup['span'];
  readonly fromAt: EpochMs;
  readonly toAt: EpochMs;
};

/** An hour is written minutes after it is over: the newest sample lies in the last minutes. */
const NEWEST_WITHIN_MS = 5 * 60_000;

export async function readLatency(
  { clock, store }: { readonly clock: Clock; readonly store: Store },
  service: Service,
  { span, fromAt, toAt }: LatencyRead,
  signal: AbortSignal,
): Promise<readonly LatencySeries[]> {
  const now = clock.now();
  const series = await Promise.all(
    service.vantages.map(async (vantage) => {
      const read = async (of: Rollup['span'], from: EpochMs, to: EpochMs): Promise<Rollup[]> =>
        (await store.readRollups(vantage, of, from, to, signal)).flatMap(
          (raw) => parseRollup(raw) ?? [],
        );
      const [rollups, newest] = await Promise.all([
        read(span, fromAt, toAt),
        span === 'hour' && toAt >= now - spanMs('hour')
          ? read('minute', epochMs(now - NEWEST_WITHIN_MS), epochMs(now + 1))
          : [],
      ]);
      return service.endpoints.map(({ id }): LatencySeries => {
        const lineOf = (parts: readonly Rollup[]): RollupLine | undefined =>
          merged(parts, service, id);
        const byStart = Map.groupBy(rollups, ({ startAt }) => startAt);
        const points = [...byStart]
          .sort(([a], [b]) => a - b)
          .flatMap(([at, parts]) => pointOf(at, lineOf(parts)));
        return {
          endpoint: id,
          vantage,
          last: lineOf([...rollups, ...newest])?.last ?? null,
          points,
        };
      });
    }),
  );
  return series
    .flat()
    .sort((a, b) => byText(`${a.endpoint} ${a.vantage}`, `${b.endpoint} ${b.vantage}`));
}

function merged(
  parts: readonly Rollup[],
  service: Service,
  endpoint: string,
): RollupLine | undefined {
  const [first] = parts;
  if (first === undefined) return undefined;
  const own = parts.map(({ lines }) =>
    lines.filter((line) => line.service === service.id && line.endpoint === endpoint),
  );
  return mergeRollups(first, own).lines[0];
}

const pointOf = (at: EpochMs, line: RollupLine | undefined): readonly LatencyPoint[] =>
  line === undefined
    ? []
    : [
        {
          at,
          passes: line.passes,
          failures: line.failures,
          skipped: line.skipped,
          p50Ms: percentileMs(line.histogram, 50),
          p95Ms: percentileMs(line.histogram, 95),
          p99Ms: percentileMs(line.histogram, 99),
        },
      ];
