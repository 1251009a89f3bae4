/**
 * Orders as operators give them. What is unknown is refused, reason and end are mandatory, and a dry run
 * is the same request with `dryRun`. The answer judges service by service; `committed` means that the zone
 * has it.
 */
import * as v from 'valibot';
import { FORCEABLE_RULES, ORDER_KINDS } from '../core/fence.ts';
import { DURATION_PATTERN } from '../core/units.ts';
import { countSchema, list, orderSchema, planSchema, timeSchema, weightSchema } from './parts.ts';

export const REASON_CHARACTERS_MAX = 400;

const idSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
export const reasonTextSchema = v.pipe(
  v.string(),
  v.trim(),
  v.minLength(1, 'say why: it goes into the record, beside who gave the order'),
  v.maxLength(REASON_CHARACTERS_MAX),
);
const instantSchema = v.pipe(
  v.string(),
  v.isoTimestamp('a time with its zone, as 2026-11-23T14:05:00Z'),
);
const durationSchema = v.pipe(
  v.string(),
  v.regex(DURATION_PATTERN, 'a number and its unit, as 30m, 2h or 1h30m'),
);

/** One of `service`, `region`, `all`; `endpoint` and `region` narrow a service. */
export const scopeSchema = v.strictObject({
  service: v.exactOptional(idSchema),
  endpoint: v.exactOptional(idSchema),
  region: v.exactOptional(idSchema),
  all: v.exactOptional(v.literal(true)),
});
export type ScopeAsked = v.InferOutput<typeof scopeSchema>;

export const overrideRequestSchema = v.strictObject({
  kind: v.picklist(ORDER_KINDS),
  scope: scopeSchema,
  weight: v.exactOptional(weightSchema),
  from: v.exactOptional(instantSchema),
  until: v.exactOptional(instantSchema),
  for: v.exactOptional(durationSchema),
  reason: reasonTextSchema,
  // biome-ignore lint/suspicious/noThenProperty: the word of the API; the object is never awaited.
  then: v.exactOptional(v.picklist(['auto', 'approve'])),
  force: v.exactOptional(v.pipe(v.array(v.picklist(FORCEABLE_RULES)), v.maxLength(8))),
  dryRun: v.exactOptional(v.boolean()),
});
export type OverrideRequest = v.InferOutput<typeof overrideRequestSchema>;

export const extendRequestSchema = v.strictObject({
  until: v.exactOptional(instantSchema),
  for: v.exactOptional(durationSchema),
  reason: reasonTextSchema,
  dryRun: v.exactOptional(v.boolean()),
});
export type ExtendRequest = v.InferOutput<typeof extendRequestSchema>;

/** Of DELETE: a body is optional there, so these may stand in the query as well. */
export const cancelRequestSchema = v.strictObject({
  reason: reasonTextSchema,
  dryRun: v.exactOptional(v.boolean()),
});
export type CancelRequest = v.InferOutput<typeof cancelRequestSchema>;

export const approvalRequestSchema = v.strictObject({
  service: idSchema,
  endpoint: idSchema,
  reason: reasonTextSchema,
  dryRun: v.exactOptional(v.boolean()),
});
export type ApprovalRequest = v.InferOutput<typeof approvalRequestSchema>;

export const CHANGE_OUTCOMES = [
  'planned',
  'committed',
  'nothing-to-do',
  'refused',
  'plan-changed',
  'failed',
] as const;

export const changeResultSchema = v.object({
  service: v.string(),
  outcome: v.picklist(CHANGE_OUTCOMES),
  sentence: v.string(),
  sentences: list(v.string()),
  plan: v.nullable(planSchema),
  /** Of the order: how it is cancelled or extended. */
  order: v.nullable(v.string()),
  generation: v.nullable(countSchema),
  changeId: v.nullable(v.string()),
  recorded: v.nullable(
    v.pipe(v.boolean(), v.description('false: the zone has it, the table does not say by whom')),
  ),
  trouble: v.nullable(v.string()),
});
export type ChangeResult = v.InferOutput<typeof changeResultSchema>;

/** 200 also where some services refused: `results` says which. The ETag is `"p<checksum>"`. */
export const changeAnswerSchema = v.object({
  format: v.literal(1),
  region: v.string(),
  at: timeSchema,
  actor: v.string(),
  dryRun: v.boolean(),
  checksum: v.nullable(
    v.pipe(v.string(), v.description('of all plans; null: there is nothing to carry out')),
  ),
  untilAt: v.nullable(timeSchema),
  results: list(changeResultSchema),
});
export type ChangeAnswer = v.InferOutput<typeof changeAnswerSchema>;

export const overridesSchema = v.object({
  format: v.literal(1),
  region: v.string(),
  at: timeSchema,
  overrides: list(orderSchema),
});
export type OverridesDocument = v.InferOutput<typeof overridesSchema>;
