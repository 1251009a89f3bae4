/**
 * A request of the page → the same request to the API of a region that answers, signed with the operator's
 * credentials. It adds nothing and decides nothing: status and body come back as the region gave them,
 * beside which regions were asked in vain. Each write goes to the least URL that takes it: one scope more
 * is tried only where the API itself refuses for want of it.
 */

import { PROBLEM_TYPE } from '../../shared/api/problem.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import { safeText } from '../../shared/core/safe-text.ts';
import { type ApiClient, type ApiScope, failuresText, type Method } from '../client/api-client.ts';

export type ProxyRequest = {
  readonly method: Method;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly header: (name: string) => string | undefined;
  readonly body: string;
};
export type ProxyReply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** Read by the page (functions/dashboard/api.ts). */
const PASSED_OVER = 'x-quorate-passed-over';
const HEADERS_IN = ['if-match', 'idempotency-key', 'content-type'];
const HEADERS_OUT = ['content-type', 'etag', 'retry-after', 'x-request-id'];
const PASSED_OVER_MAX = 400;
const FORBIDDEN = 403;

/** For JSON that a browser might be made to show as something else. */
export const SAFE_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

export const problemReply = (
  status: number,
  detail: string,
  help: string,
  code: string,
): ProxyReply => ({
  status,
  headers: { ...SAFE_HEADERS, 'content-type': PROBLEM_TYPE },
  body: `${JSON.stringify({ type: 'about:blank', title: code, status, detail, code, help })}\n`,
});

export async function passOn(
  api: Pick<ApiClient, 'request'>,
  asked: ProxyRequest,
  signal: AbortSignal,
): Promise<ProxyReply> {
  const headers = Object.fromEntries(
    HEADERS_IN.flatMap((name) => {
      const value = asked.header(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const { method, path, query } = asked;
  const body = bodyOf(asked.body);
  const request = { query, headers, ...(body === undefined ? {} : { body }) };
  try {
    for (const scope of scopesOf(method, path, body)) {
      const reply = await api.request(method, path, { ...request, scope }, signal);
      if (reply.status === FORBIDDEN && scope === 'override') continue;
      const out = HEADERS_OUT.flatMap((name) => {
        const value = reply.headers.get(name);
        return value === undefined ? [] : [[name, value] as const];
      });
      return {
        status: reply.status,
        headers: {
          ...SAFE_HEADERS,
          ...Object.fromEntries(out),
          ...(reply.failed.length === 0
            ? {}
            : { [PASSED_OVER]: headerText(failuresText(reply.failed)) }),
        },
        body: new TextDecoder().decode(reply.bytes),
      };
    }
    throw new Error('the last scope always answers');
  } catch (error) {
    if (!(error instanceof QuorateError)) throw error;
    return problemReply(
      error.httpStatus,
      error.message,
      'DNS and automation go on; `quorate status --direct` needs no API',
      error.code,
    );
  }
}

/** An object where it is one: the client then knows a dry run, which it may ask of any region. */
function bodyOf(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function scopesOf(method: Method, path: string, body: unknown): readonly ApiScope[] {
  if (method === 'GET') return ['read'];
  const isOrder = path === '/v1/overrides' && typeof body === 'object' && body !== null;
  if (!isOrder) return ['override', 'freeze'];
  const { kind, scope } = body as { kind?: unknown; scope?: unknown };
  const isNarrow = typeof scope === 'object' && scope !== null && 'service' in scope;
  return kind === 'freeze' || !isNarrow ? ['freeze'] : ['override', 'freeze'];
}

/** Headers are Latin-1 on the wire; what is beyond is no loss in a list of regions. */
const headerText = (text: string): string =>
  safeText(text, PASSED_OVER_MAX).replaceAll(/[^\x20-\x7e]/g, '?');
