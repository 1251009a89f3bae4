/**
 * An event of a function URL (payload format 2.0) → the request in it. Whatever the event holds, this
 * never throws: what is missing or of another type is empty, and then matches no route. A body is text of
 * at most 16 KiB, or it is said why it is none.
 */
import type { Context } from 'aws-lambda';
import { safeText } from '../../shared/core/safe-text.ts';

export const BODY_BYTES_MAX = 16 * 1024;
const QUERY_LENGTH_MAX = 2_048;
const PATH_LENGTH_MAX = 512;

export type Body =
  | { readonly kind: 'none' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'not-text' };

export type ApiRequest = {
  /** Names this request in the log, in the answer and in what follows from it. */
  readonly id: string;
  readonly method: string;
  /** As it came: nothing is decoded or resolved. */
  readonly path: string;
  readonly query: string | null;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
  readonly sourceIp: string;
  /** Of the identity that signed it; null if it came unsigned. */
  readonly userArn: string | null;
};

export function requestOf(event: unknown, context: Context): ApiRequest {
  const { rawPath, rawQueryString, headers, body, isBase64Encoded, requestContext } = fields(event);
  const { http, authorizer, requestId } = fields(requestContext);
  const { method, sourceIp } = fields(http);
  const { userArn } = fields(fields(authorizer).iam);
  const named = headersOf(headers);
  return {
    id: idOf(named['x-amzn-trace-id'], requestId, context.awsRequestId),
    method: text(method),
    path: typeof rawPath === 'string' ? rawPath.slice(0, PATH_LENGTH_MAX + 1) : '/',
    query: text(rawQueryString).length > QUERY_LENGTH_MAX ? null : text(rawQueryString),
    headers: named,
    body: bodyOf(body, isBase64Encoded === true),
    sourceIp: safeText(text(sourceIp), 64),
    userArn: typeof userArn === 'string' && userArn !== '' ? userArn : null,
  };
}

const TRACE_ROOT = /^(?:Self=[\w-]+;)?Root=([\w-]{1,64})(?:;|$)/;
const ID = /^[\w=-]{1,64}$/;

/** The platform's own ids only, and only if they look like ids: they go into logs and headers. */
function idOf(trace: string | undefined, ...others: readonly unknown[]): string {
  const root = TRACE_ROOT.exec(trace ?? '')?.[1];
  return (
    ([root, ...others].find((one) => typeof one === 'string' && ID.test(one)) as string) ?? 'none'
  );
}

function headersOf(headers: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fields(headers)).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name.toLowerCase(), value]] : [],
    ),
  );
}

function bodyOf(body: unknown, isBase64: boolean): Body {
  if (typeof body !== 'string' || body === '') return { kind: 'none' };
  // Four characters are three bytes: what is too long is not even decoded.
  if (isBase64 && body.length > Math.ceil(BODY_BYTES_MAX / 3) * 4) return { kind: 'too-large' };
  if (!isBase64) {
    return Buffer.byteLength(body) > BODY_BYTES_MAX
      ? { kind: 'too-large' }
      : { kind: 'text', text: body };
  }
  const bytes = Buffer.from(body, 'base64');
  if (bytes.byteLength > BODY_BYTES_MAX) return { kind: 'too-large' };
  try {
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { kind: 'not-text' };
  }
}

const fields = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
