/** Why a region did not answer, in words, and the errors that end a request that none answered. */
import { QuorateError } from '../../shared/core/errors.ts';
import type { VantageId } from '../../shared/core/model.ts';
import { safeText } from '../../shared/core/safe-text.ts';
import { problemIn } from './api-problem.ts';
import type { RawReply } from './signed-fetch.ts';

const WHY_MAX = 200;
const CAUSES_MAX = 5;

function codesOf(error: unknown): readonly string[] {
  const codes: string[] = [];
  let next: unknown = error;
  for (let i = 0; next instanceof Error && i < CAUSES_MAX; i += 1) {
    if ('code' in next && typeof next.code === 'string') codes.push(next.code);
    next = next.cause;
  }
  return codes;
}

/** Surely not sent: the name does not resolve, or nobody took the connection. */
const UNCONNECTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
export const isUnconnected = (error: unknown): boolean =>
  codesOf(error).some((code) => UNCONNECTED.has(code));

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'it refuses connections',
  ENOTFOUND: 'its name does not resolve',
  EAI_AGAIN: 'its name does not resolve now',
  EHOSTUNREACH: 'no way there',
  ENETUNREACH: 'no way there',
  UND_ERR_CONNECT_TIMEOUT: 'no connection within 2 s',
  ECONNRESET: 'the connection broke',
  UND_ERR_SOCKET: 'the connection broke',
};

/** `fetch failed` says nothing; what it was caused by does. */
function innermost(error: unknown): string {
  let last = error;
  for (let i = 0; i < CAUSES_MAX && last instanceof Error && last.cause instanceof Error; i += 1) {
    last = last.cause;
  }
  return last instanceof Error ? last.message : String(last);
}

export function whyOf(error: unknown, ms: number): string {
  const word = codesOf(error)
    .map((code) => WORDS[code])
    .find((text) => text !== undefined);
  if (word !== undefined) return word;
  const text = innermost(error);
  return /no answer within|abort/i.test(text)
    ? `no answer within ${ms / 1_000} s`
    : safeText(text, WHY_MAX);
}

export const unsigned = (error: unknown): unknown =>
  error instanceof QuorateError
    ? error
    : new QuorateError(
        'UNAUTHENTICATED',
        `the request could not be signed: ${safeText(error instanceof Error ? error.message : String(error), WHY_MAX)}`,
        { cause: error },
      );

export type Failure = { readonly region: VantageId; readonly why: string };

export const failuresText = (failed: readonly Failure[]): string =>
  failed.map(({ region, why }) => `${region} (${why})`).join(', ');

const MAY_HAVE =
  'what was asked may have happened: look at `quorate overrides` before trying again';

export const unsureError = (
  method: string,
  path: string,
  region: VantageId,
  why: string,
): QuorateError =>
  new QuorateError(
    'API_UNAVAILABLE',
    `${region} gave no clear answer to ${method} ${path} (${why}), and this can't be asked twice; try again`,
  );

export function nobodyAnswers(
  failed: readonly Failure[],
  isRepeated: boolean,
  last: { readonly reply: RawReply } | null,
): QuorateError {
  const all = failuresText(failed);
  const problem = last === null ? null : problemIn(last.reply);
  const isDenied =
    last !== null && problem === null && failed.every(({ why }) => / 403\b/.test(why));
  if (isDenied) {
    return new QuorateError(
      'FORBIDDEN',
      `no region lets you in: ${all}; let these credentials invoke the URLs (\`quorate iam --api read\` prints the policy), or deploy again if the URLs are old`,
    );
  }
  const then = isRepeated ? `; ${MAY_HAVE}` : '';
  return new QuorateError(
    'API_UNAVAILABLE',
    failed.length === 0 ? 'no URL of the API is known' : `no region answers: ${all}${then}`,
    problem === null ? {} : { cause: problem },
  );
}
