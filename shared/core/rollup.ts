/** Counts and latencies per endpoint over a minute or an hour, for charts and error budgets. */
import type { EndpointId, EpochMs, ServiceId, VantageId } from './model.ts';

export type RollupLine = {
  readonly service: ServiceId;
  readonly endpoint: EndpointId;
  readonly passes: number;
  readonly failures: number;
  readonly skipped: number;
  /** Upper bound of a latency bucket in ms → count: histograms add up, percentiles don't. */
  readonly histogram: Readonly<Record<string, number>>;
};
export type Rollup = {
  readonly vantage: VantageId;
  readonly span: 'minute' | 'hour';
  readonly startAt: EpochMs;
  /** Runs overlap: each adds its own part to a minute. */
  readonly run: string;
  readonly lines: readonly RollupLine[];
};
