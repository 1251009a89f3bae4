/** Series of one service → the document of `GET /v1/services/{service}/latency`. */
import type { EpochMs, ServiceId, VantageId } from '../core/model.ts';
import type { LatencyRead, LatencySeries } from '../rounds/read-latency.ts';
import type { LatencyDocument } from './latency.ts';

export const latencyDocument = (
  service: ServiceId,
  series: readonly LatencySeries[],
  asked: LatencyRead,
  { region, at }: { readonly region: VantageId; readonly at: EpochMs },
): LatencyDocument => ({
  format: 1,
  service,
  region,
  at,
  ...asked,
  series: series.map(({ endpoint, vantage, last, points }) => ({
    endpoint,
    vantage,
    last: last ?? null,
    points,
  })),
});
