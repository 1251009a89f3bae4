/**
 * An answer that is no success → a `QuorateError` with the server's own words and what to do; or the
 * reason why another region should be asked. Only problem+json is an answer of Quorate: anything else was
 * said by what stands before the function (a URL that is gone, a throttle, a function that did not start).
 */
import * as v from 'valibot';
import { PROBLEM_TYPE, type Problem, problemSchema } from '../../shared/api/problem.ts';
import { ERROR_CODES, type ErrorCode, QuorateError } from '../../shared/core/errors.ts';
import { safeText } from '../../shared/core/safe-text.ts';
import type { RawReply } from './signed-fetch.ts';

const DETAIL_MAX = 1_000;
const SAID_MAX = 200;

export const textOf = ({ bytes }: Pick<RawReply, 'bytes'>): string =>
  new TextDecoder().decode(bytes);

export function problemIn(reply: RawReply): Problem | null {
  if (!(reply.headers.get('content-type') ?? '').startsWith(PROBLEM_TYPE)) return null;
  const parsed = v.safeParse(problemSchema, jsonOf(reply));
  return parsed.success ? parsed.output : null;
}

/** Undefined where it is no JSON. */
export function jsonOf(reply: Pick<RawReply, 'bytes'>): unknown {
  try {
    return JSON.parse(textOf(reply));
  } catch {
    return undefined;
  }
}

/** What the API said, and whether a try before in another region may have done what was asked. */
export type ProblemHeard = Problem & { readonly region: string; readonly isRepeated: boolean };

/** Whose `cause` is the problem as it came. */
export function errorOf(
  problem: Problem,
  heard: { readonly region: string; readonly isRepeated: boolean },
): QuorateError {
  const detail = safeText(problem.detail, DETAIL_MAX);
  const help = safeText(problem.help, DETAIL_MAX);
  const fields = (problem.errors ?? []).map(
    ({ at, detail: what }) => `${safeText(at, SAID_MAX)} ${safeText(what, SAID_MAX)}`,
  );
  const parts = [detail, ...fields.filter((text) => !detail.includes(text))];
  const isSaid = help === '' || detail.includes(help);
  return new QuorateError(codeOf(problem), [...parts, ...(isSaid ? [] : [help])].join('; '), {
    cause: { ...problem, ...heard } satisfies ProblemHeard,
  });
}

/** The problem that an error came from, if the API said it. */
export function problemOf(error: unknown): ProblemHeard | null {
  if (!(error instanceof QuorateError)) return null;
  const parsed = v.safeParse(heardSchema, error.cause);
  return parsed.success ? parsed.output : null;
}

const heardSchema = v.object({
  ...problemSchema.entries,
  region: v.string(),
  isRepeated: v.boolean(),
});

const isCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_CODES, code);

function codeOf({ code, status }: Problem): ErrorCode {
  // By its status first: that a plan is stale, or a URL may not do this, is an exit code of its own.
  if (status === 412) return 'PLAN_CHANGED';
  if (isCode(code)) return code;
  if (status === 401) return 'UNAUTHENTICATED';
  if (status === 403) return 'FORBIDDEN';
  if (status === 404) return 'NOT_FOUND';
  if (status === 409) return 'REFUSED';
  return status === 429 || status >= 500 ? 'API_UNAVAILABLE' : 'BAD_REQUEST';
}

/** What stands before the function says it in one field, whose case differs. */
export function saidBy(reply: RawReply): string {
  const said = v.safeParse(
    v.union([
      v.pipe(
        v.object({ Message: v.string() }),
        v.transform(({ Message }) => Message),
      ),
      v.pipe(
        v.object({ message: v.string() }),
        v.transform(({ message }) => message),
      ),
    ]),
    jsonOf(reply),
  );
  const words =
    said.success && said.output !== 'null' ? `: ${safeText(said.output, SAID_MAX)}` : '';
  return `${reply.status}${words}`;
}
