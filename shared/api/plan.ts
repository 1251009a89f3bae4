/** `GET /v1/plan`: what the quorum would commit now, or why it would not; the zone beside the file. */
import * as v from 'valibot';
import { countSchema, list, planSchema, reasonSchema, timeSchema } from './parts.ts';
import { serviceShownSchema } from './status.ts';

const sideSchema = v.object({ weight: v.nullable(v.number()), answers: v.string() });

export const recordBesideSchema = v.object({
  name: v.string(),
  type: v.string(),
  setIdentifier: v.nullable(v.string()),
  endpoint: v.nullable(
    v.pipe(v.string(), v.description('null: the file has none with this set identifier')),
  ),
  inZone: v.nullable(sideSchema),
  inFile: v.nullable(v.object({ weight: v.number(), answers: v.string() })),
  differences: v.pipe(list(v.string()), v.description('empty: as in the file')),
});
export type RecordBeside = v.InferOutput<typeof recordBesideSchema>;

export const plannedServiceSchema = v.object({
  service: v.string(),
  mode: serviceShownSchema.entries.mode,
  automation: serviceShownSchema.entries.automation,
  generation: v.nullable(countSchema),
  reasons: list(reasonSchema),
  usable: countSchema,
  quorum: countSchema,
  of: countSchema,
  trouble: v.nullable(v.string()),
  plan: v.nullable(
    v.pipe(
      planSchema,
      v.description(
        'null: nothing would be committed. In `observe`: recorded only, and never sent',
      ),
    ),
  ),
  why: v.pipe(list(v.string()), v.description('per endpoint that changes or waits')),
  withheld: v.pipe(list(v.string()), v.description('per change held back')),
  records: list(recordBesideSchema),
});
export type PlannedService = v.InferOutput<typeof plannedServiceSchema>;

export const planDocumentSchema = v.object({
  format: v.literal(1),
  deployment: v.string(),
  region: v.string(),
  at: timeSchema,
  services: list(plannedServiceSchema),
  notes: list(v.string()),
});
export type PlanDocument = v.InferOutput<typeof planDocumentSchema>;
