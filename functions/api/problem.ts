/**
 * Every refusal and every error of the API in one shape (RFC 9457). In: a code of one closed table and
 * what is wrong; out: a reply that names the code, the fault and the next step. Nothing that came from
 * outside is repeated without being cut and cleaned, and no error tells what this process is made of.
 */

import type { ChangeAnswer } from '../../shared/api/overrides.ts';
import { PROBLEM_TYPE, type Problem } from '../../shared/api/problem.ts';
import { type ErrorCode, QuorateError } from '../../shared/core/errors.ts';
import { safeText } from '../../shared/core/safe-text.ts';
import { jsonReply, type Reply } from './reply.ts';

const AGAIN = 'nothing was changed; look at /v1/status and try again';

type Told = readonly [status: number, help: string];

export const PROBLEM_CODES = {
  BAD_REQUEST: [
    400,
    'correct the request as `errors` or the detail says; /openapi.json has the form',
  ],
  CONFIG_INVALID: [400, 'correct the file with quorate validate, then deploy it'],
  UNAUTHENTICATED: [401, 'sign the request with the credentials of an IAM principal (SigV4)'],
  FORBIDDEN: [
    403,
    'use the URL of a higher scope, if your policy allows it: quorate iam --api prints the policies',
  ],
  NOT_FOUND: [404, 'look at /v1/status for what there is, or at /openapi.json for the routes'],
  METHOD_NOT_ALLOWED: [405, 'use one of the methods that the Allow header names'],
  REFUSED: [
    409,
    'read why: give another order, or name the rule in `force` where the sentence says so',
  ],
  CHANGED: [409, 'read /v1/services/{service} again and decide again'],
  PLAN_CHANGED: [
    412,
    'read what changed, then repeat with If-Match of the new plan if it is still what you want',
  ],
  TOO_LARGE: [413, 'send at most 16 KiB; give several orders instead of one'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'send JSON, with content-type: application/json'],
  KEY_REUSED: [422, 'use a new Idempotency-Key for a new order'],
  MATCH_REQUIRED: [
    428,
    'send If-Match: "g<generation>" of /v1/services/{service}, or "p<checksum>" of a dry run',
  ],
  TOO_MANY_REQUESTS: [429, 'wait as long as Retry-After says'],
  INTERNAL: [
    500,
    'this is a bug: look at the log of api by x-request-id; another region may answer, and quorate --direct needs no API',
  ],
  API_UNAVAILABLE: [503, AGAIN],
  ACCESS_DENIED: [502, 'run quorate doctor: it names the permission that is missing'],
  DEPLOY_FAILED: [502, AGAIN],
  STORE_UNAVAILABLE: [503, 'ask another region; quorate --direct works without the table'],
  ZONE_UNAVAILABLE: [503, 'ask another region or try again in some seconds; DNS goes on answering'],
  NOTIFY_UNAVAILABLE: [503, 'look at the log of notify; orders and automation go on without it'],
  ZONE_THROTTLED: [503, 'try again in some seconds: Route 53 limits requests per account'],
  NO_ANSWER: [
    503,
    'it may have happened: look at the generation of the service, or repeat with the same Idempotency-Key',
  ],
} as const satisfies Readonly<Record<ErrorCode, Told>> & Readonly<Record<string, Told>>;
export type ProblemCode = keyof typeof PROBLEM_CODES;

export type FieldError = { readonly at: string; readonly detail: string };

export type Refusal = {
  readonly code: ProblemCode;
  readonly detail: string;
  /** Instead of the code's own next step. */
  readonly help?: string;
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  /** What was planned or judged, where a plan was made. */
  readonly answer?: ChangeAnswer;
};

/** A value, or why there is none. */
export type Asked<T> = { readonly value: T } | { readonly refusal: Refusal };

const DETAIL_MAX = 1_000;
const FIELD_MAX = 300;
const ERRORS_MAX = 20;

export const statusOf = (code: ProblemCode): number => PROBLEM_CODES[code][0];

export function problemReply({ code, detail, help, errors, headers, answer }: Refusal): Reply {
  const [status, ownHelp] = PROBLEM_CODES[code];
  const body: Problem = {
    type: 'about:blank',
    title: TITLES[status] ?? 'Error',
    status,
    code,
    detail: safeText(detail, DETAIL_MAX),
    help: help ?? ownHelp,
    ...(errors === undefined
      ? {}
      : {
          errors: errors.slice(0, ERRORS_MAX).map((error) => ({
            at: safeText(error.at, FIELD_MAX),
            detail: safeText(error.detail, FIELD_MAX),
          })),
        }),
    ...(answer === undefined ? {} : { answer }),
  };
  return jsonReply(status, body, headers, PROBLEM_TYPE);
}

/** What is no `QuorateError` is a bug or a deadline: its text stays in the log. */
export function refusalOf(error: unknown, isOver: boolean): Refusal {
  if (error instanceof QuorateError) return { code: error.code, detail: error.message };
  if (isOver) return { code: 'NO_ANSWER', detail: 'it took longer than this function may run' };
  return { code: 'INTERNAL', detail: 'this request could not be answered' };
}

export const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
};
