/** `GET /healthz` and `GET /v1/status-lite`: whether this region's API lives, and who decides as seen from it. */
import * as v from 'valibot';
import { countSchema, list } from './parts.ts';

export const healthSchema = v.object({
  status: v.literal('ok'),
  region: v.string(),
  release: v.string(),
});

export const statusLiteSchema = v.object({
  format: v.literal(1),
  deployment: v.string(),
  region: v.string(),
  release: v.string(),
  config: v.object({ digest: v.string(), packagedAt: v.string() }),
  at: v.string(),
  vantages: list(v.object({ region: v.string(), decides: v.boolean() })),
  majority: countSchema,
  majorityDecides: v.boolean(),
});
export type StatusLite = v.InferOutput<typeof statusLiteSchema>;
