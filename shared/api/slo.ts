/** `GET /v1/slo`: per service its objectives, what is left of the error budget, and how fast it burns. */
import * as v from 'valibot';
import { countSchema, durationMsSchema, list, timeSchema } from './parts.ts';

export const objectiveShownSchema = v.object({
  kind: v.picklist(['availability', 'latency']),
  objectivePercent: v.number(),
  thresholdMs: v.nullable(v.number()),
  windowMs: durationMsSchema,
  measuredPercent: v.nullable(v.pipe(v.number(), v.description('null: nothing was measured'))),
  budgetLeftPercent: v.nullable(
    v.pipe(v.number(), v.description('of the whole budget; below 0: overspent')),
  ),
  burns: list(
    v.object({
      name: v.picklist(['fast', 'slow', 'steady']),
      longMs: durationMsSchema,
      shortMs: durationMsSchema,
      threshold: v.number(),
      longRate: v.nullable(v.number()),
      shortRate: v.nullable(v.number()),
      burning: v.pipe(v.boolean(), v.description('both windows burn faster than the threshold')),
    }),
  ),
  measured: v.object({ minutes: countSchema, ofMinutes: countSchema }),
});

export const sloSchema = v.object({
  format: v.literal(1),
  deployment: v.string(),
  region: v.string(),
  at: timeSchema,
  services: list(
    v.object({
      service: v.string(),
      objectives: v.pipe(list(objectiveShownSchema), v.description('empty: the file states none')),
      sentence: v.string(),
    }),
  ),
});
export type SloDocument = v.InferOutput<typeof sloSchema>;
