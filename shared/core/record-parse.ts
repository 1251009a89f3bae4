/**
 * Stored items → decision records and marks, or undefined where an item is none. A record is handed on as
 * it was stored, with whatever a later release wrote besides: its digest is over every byte of it.
 */
import * as v from 'valibot';
import type { DecisionRecord, Mark } from './record.ts';

const time = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const weight = v.pipe(v.number(), v.finite());

const recordSchema = v.looseObject({
  format: v.literal(1),
  service: v.string(),
  generation: time,
  nonce: v.string(),
  parent: v.nullable(v.string()),
  region: v.string(),
  actor: v.string(),
  at: time,
  config: v.string(),
  lines: v.array(
    v.looseObject({
      endpoint: v.string(),
      verdict: v.string(),
      from: weight,
      to: weight,
      code: v.string(),
      sentence: v.string(),
      votes: v.record(v.string(), v.string()),
    }),
  ),
  sentences: v.array(v.string()),
  plan: v.string(),
  checksum: v.string(),
  outbox: v.array(v.string()),
  order: v.exactOptional(
    v.looseObject({
      id: v.string(),
      kind: v.string(),
      scope: v.string(),
      actor: v.string(),
      reason: v.string(),
      fromAt: time,
      untilAt: time,
    }),
  ),
});

export const parseRecord = (item: unknown): DecisionRecord | undefined =>
  v.is(recordSchema, item) ? (item as unknown as DecisionRecord) : undefined;

const markSchema = v.looseObject({
  service: v.string(),
  generation: time,
  nonce: v.string(),
  kind: v.picklist(['committed', 'lost', 'insync', 'seen', 'delivered', 'found']),
  region: v.string(),
  at: time,
  detail: v.string(),
});

export const parseMark = (item: unknown): Mark | undefined =>
  v.is(markSchema, item) ? (item as unknown as Mark) : undefined;
