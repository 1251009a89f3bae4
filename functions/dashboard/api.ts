/**
 * Requests to the API that serves this page: a path in, its document or what went wrong out. Nothing here
 * throws: an unreachable server is an answer like any other (status 0). Text from outside stays text.
 */
import type { ChangeAnswer } from '../../shared/api/overrides.ts';
import type { Problem } from '../../shared/api/problem.ts';

export type Failure = { readonly status: number; readonly problem: Problem };
export type Answer<T> =
  | {
      readonly ok: true;
      readonly status: number;
      readonly body: T;
      /** Regions that were asked in vain before this answer, as the server in between tells it. */
      readonly passedOver: string | null;
    }
  | ({ readonly ok: false } & Failure);

const TIMEOUT_MS = 15_000;
/** A change waits for Route 53, and the server in between for one region after the other. */
const CHANGE_TIMEOUT_MS = 60_000;
export const PASSED_OVER = 'x-quorate-passed-over';

type Asked = {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
};

export async function ask<T>(path: string, asked: Asked = {}): Promise<Answer<T>> {
  const { method = 'GET', body, headers = {}, timeoutMs = TIMEOUT_MS } = asked;
  try {
    const response = await fetch(path, {
      method,
      headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
      cache: 'no-store',
    });
    const text = await response.text();
    const { status } = response;
    if (!response.ok) return { ok: false, status, problem: problemOf(status, text) };
    return {
      ok: true,
      status,
      body: (text === '' ? null : JSON.parse(text)) as T,
      passedOver: response.headers.get(PASSED_OVER),
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ok: false, status: 0, problem: unreachable(why) };
  }
}

/** The same request, as a dry run or for real: `If-Match` names the plan that was looked at. */
export type Change = {
  readonly method: 'POST' | 'DELETE';
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
};

export const planOf = (
  { method, path, body }: Change,
  key: string,
): Promise<Answer<ChangeAnswer>> =>
  ask(path, {
    method,
    body: { ...body, dryRun: true },
    headers: { 'idempotency-key': key },
    timeoutMs: CHANGE_TIMEOUT_MS,
  });

export const carryOut = (
  { method, path, body }: Change,
  checksum: string,
  key: string,
): Promise<Answer<ChangeAnswer>> =>
  ask(path, {
    method,
    body,
    headers: { 'if-match': `"p${checksum}"`, 'idempotency-key': key },
    timeoutMs: CHANGE_TIMEOUT_MS,
  });

/** A problem document, or whatever else a server in between said. */
function problemOf(status: number, text: string): Problem {
  const fallback: Problem = {
    type: 'about:blank',
    title: `HTTP ${status}`,
    status,
    detail: text.slice(0, 300),
    code: 'UNKNOWN',
    help: 'Look at what `quorate status` says on the command line.',
  };
  try {
    const given: unknown = JSON.parse(text);
    if (typeof given !== 'object' || given === null) return fallback;
    if ('error' in given) return { ...fallback, detail: String(given.error) };
    return { ...fallback, ...given };
  } catch {
    return fallback;
  }
}

const unreachable = (why: string): Problem => ({
  type: 'about:blank',
  title: 'No answer',
  status: 503,
  detail: `the server of this page does not answer (${why})`,
  code: 'UNREACHABLE',
  help: 'See that `quorate ui` (or `npm start`) still runs; `quorate status --direct` works without it.',
});
