/**
 * `GET /v1/services/{service}/decisions`: records as they were written, so that whoever reads them can
 * verify the chain by himself, each beside the marks that tell what came of it.
 */
import * as v from 'valibot';
import { countSchema, list, timeSchema } from './parts.ts';

export const recordSchema = v.object({
  format: v.literal(1),
  service: v.string(),
  generation: countSchema,
  nonce: v.string(),
  parent: v.nullable(v.string()),
  earlier: v.exactOptional(
    v.pipe(
      v.string(),
      v.description('of a first generation: the digest of the last record of the history before'),
    ),
  ),
  region: v.string(),
  actor: v.string(),
  at: timeSchema,
  config: v.string(),
  lines: list(
    v.object({
      endpoint: v.string(),
      verdict: v.string(),
      from: v.number(),
      to: v.number(),
      code: v.string(),
      sentence: v.string(),
      votes: v.record(v.string(), v.string()),
    }),
  ),
  sentences: list(v.string()),
  plan: v.string(),
  checksum: v.string(),
  outbox: list(v.string()),
  via: v.exactOptional(
    v.pipe(v.string(), v.description('where the wish came in: `api@region address`, `cli@host`')),
  ),
  order: v.exactOptional(
    v.looseObject({
      id: v.string(),
      kind: v.string(),
      scope: v.string(),
      actor: v.string(),
      reason: v.string(),
      fromAt: timeSchema,
      untilAt: timeSchema,
    }),
  ),
});

export const decisionShownSchema = v.object({
  record: recordSchema,
  digest: v.string(),
  outcome: v.pipe(
    v.picklist(['committed', 'lost', 'observed', 'open']),
    v.description('observed: recorded only; open: not known yet'),
  ),
  committedAt: v.nullable(timeSchema),
  insyncAt: v.nullable(timeSchema),
  seenAt: v.nullable(timeSchema),
  changeId: v.nullable(v.string()),
  delivered: list(v.object({ channel: v.string(), at: timeSchema })),
});
export type DecisionShown = v.InferOutput<typeof decisionShownSchema>;

export const decisionsSchema = v.object({
  format: v.literal(1),
  service: v.string(),
  region: v.string(),
  at: timeSchema,
  decisions: v.pipe(list(decisionShownSchema), v.description('newest generation first')),
  next: v.nullable(v.pipe(v.string(), v.description('`before` of the next page; null: the last'))),
  malformed: v.pipe(countSchema, v.description('items of the table that are no records')),
});
export type DecisionsDocument = v.InferOutput<typeof decisionsSchema>;
