/**
 * The parts that answers of the API share. Each schema is the type, the check of a client and the text of
 * `/openapi.json` at once. Times are epoch ms and end in `…At`, durations end in `…Ms`; a field that has no
 * value is null, never absent.
 */
import * as v from 'valibot';

export const list = <T extends v.GenericSchema>(item: T) => v.pipe(v.array(item), v.readonly());

export const timeSchema = v.pipe(v.number(), v.safeInteger(), v.description('epoch ms'));
export const durationMsSchema = v.pipe(v.number(), v.minValue(0), v.description('milliseconds'));
export const countSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const weightSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(255));
/** 0 to 1. */
export const shareSchema = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

export const AUTOMATION_SHOWN = [
  'on',
  'observing',
  'frozen',
  'not-quorate',
  'drift',
  'blocked',
  'unmanaged',
  'unread',
] as const;

export const reasonSchema = v.object({
  code: v.string(),
  sentence: v.pipe(v.string(), v.description('for people: the numbers, and what happens next')),
});
export type ReasonShown = v.InferOutput<typeof reasonSchema>;

export const ballotSchema = v.object({
  vantage: v.string(),
  vote: v.picklist(['up', 'down', 'none', 'silent']),
  failures: v.pipe(countSchema, v.description('consecutive ones')),
  sinceAt: v.nullable(timeSchema),
  code: v.nullable(v.pipe(v.string(), v.description('of the last failure, or why it was skipped'))),
  detail: v.pipe(
    v.string(),
    v.maxLength(256),
    v.description('bytes of the endpoint: never markup, never trusted'),
  ),
  latencyMs: v.nullable(v.number()),
  watch: v.pipe(list(v.string()), v.description('conditions under `watch` that do not hold')),
});
export type BallotShown = v.InferOutput<typeof ballotSchema>;

/** An operator's drain, pin or freeze as the `_quorate` record holds it, with what its record tells. */
export const orderSchema = v.object({
  id: v.string(),
  service: v.string(),
  kind: v.picklist(['drain', 'pin', 'freeze']),
  covers: v.nullable(
    v.pipe(v.string(), v.description('the endpoint, `region <region>`, or `service`')),
  ),
  weight: v.nullable(weightSchema),
  fromAt: timeSchema,
  untilAt: timeSchema,
  started: v.boolean(),
  afterwards: v.picklist(['auto', 'approve']),
  force: list(v.string()),
  actor: v.nullable(
    v.pipe(v.string(), v.description('null: its record is not in this region’s table (yet)')),
  ),
  reason: v.nullable(v.string()),
});
export type OrderShown = v.InferOutput<typeof orderSchema>;

/** `PlanJson` of the core: what `plan --json` prints. */
export const planSchema = v.object({
  service: v.string(),
  generation: v.object({ from: v.nullable(countSchema), to: v.nullable(countSchema) }),
  checksum: v.string(),
  records: list(
    v.object({
      name: v.string(),
      type: v.string(),
      endpoint: v.string(),
      change: v.picklist(['create', 'delete', 'change', 'weight', 'assert']),
      from: v.nullable(v.number()),
      to: v.nullable(v.number()),
      answers: v.string(),
      settings: list(v.string()),
    }),
  ),
});
export type PlanShown = v.InferOutput<typeof planSchema>;
