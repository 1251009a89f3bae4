/** `GET /v1/services/{service}/latency`: what rollups counted, for charts, per endpoint and vantage. */
import * as v from 'valibot';
import { countSchema, list, timeSchema } from './parts.ts';

export const latencyPointSchema = v.object({
  at: timeSchema,
  passes: countSchema,
  failures: countSchema,
  skipped: countSchema,
  p50Ms: v.nullable(v.number()),
  p95Ms: v.nullable(v.number()),
  p99Ms: v.nullable(v.number()),
});

/** The newest probe of one vantage, phase by phase; null where it has none. */
export const lastProbeSchema = v.object({
  at: timeSchema,
  passed: v.boolean(),
  code: v.nullable(v.string()),
  status: v.nullable(countSchema),
  totalMs: v.nullable(v.number()),
  resolveMs: v.nullable(v.number()),
  connectMs: v.nullable(v.number()),
  tlsMs: v.nullable(v.number()),
  firstByteMs: v.nullable(v.number()),
  transferMs: v.nullable(v.number()),
  certificateEndsAt: v.nullable(timeSchema),
  family: v.nullable(v.picklist([4, 6])),
});
export type LastProbe = v.InferOutput<typeof lastProbeSchema>;

export const latencySchema = v.object({
  format: v.literal(1),
  service: v.string(),
  region: v.string(),
  at: timeSchema,
  span: v.picklist(['minute', 'hour']),
  fromAt: timeSchema,
  toAt: timeSchema,
  series: list(
    v.object({
      endpoint: v.string(),
      vantage: v.string(),
      last: v.nullable(lastProbeSchema),
      points: v.pipe(list(latencyPointSchema), v.description('oldest first; gaps are gaps')),
    }),
  ),
});
export type LatencyDocument = v.InferOutput<typeof latencySchema>;
