/** Every error of the API has this shape (RFC 9457): what is wrong, where, and what to do. */
import * as v from 'valibot';
import { changeAnswerSchema } from './overrides.ts';
import { list } from './parts.ts';

export const PROBLEM_TYPE = 'application/problem+json';

export const problemSchema = v.object({
  type: v.string(),
  title: v.string(),
  status: v.pipe(v.number(), v.safeInteger(), v.minValue(400), v.maxValue(599)),
  detail: v.string(),
  code: v.pipe(v.string(), v.description('stable, for programs')),
  help: v.pipe(v.string(), v.description('what to do')),
  errors: v.exactOptional(
    list(
      v.object({
        at: v.pipe(
          v.string(),
          v.description(
            'a JSON pointer into the body, `?name` of the query, or `path name`; empty: the whole',
          ),
        ),
        detail: v.string(),
      }),
    ),
  ),
  answer: v.exactOptional(
    v.pipe(
      changeAnswerSchema,
      v.description('of an order: what was judged; with 412 the new plan and its checksum'),
    ),
  ),
});
export type Problem = v.InferOutput<typeof problemSchema>;
