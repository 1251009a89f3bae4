/** `POST /v1/notifications/test`: every channel gets a test message, and what came of it. */
import * as v from 'valibot';
import { list, timeSchema } from './parts.ts';

/** Nothing to say yet; a body may be left out. */
export const notificationTestRequestSchema = v.strictObject({});

export const notificationTestSchema = v.object({
  format: v.literal(1),
  region: v.string(),
  at: timeSchema,
  channels: v.pipe(
    list(
      v.object({
        channel: v.string(),
        delivered: v.boolean(),
        why: v.nullable(v.pipe(v.string(), v.description('null: it was delivered'))),
      }),
    ),
    v.description('empty: the file names none under `notify`'),
  ),
});
export type NotificationTest = v.InferOutput<typeof notificationTestSchema>;
