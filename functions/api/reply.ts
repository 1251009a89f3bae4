/**
 * What a route answers, before it becomes a result of the function URL. Every answer is guarded alike:
 * not kept, not sniffed, not framed, and allowed to load nothing. The page brings its own headers.
 */
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

export type Reply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body is bytes in base64. */
  readonly isBinary?: boolean;
};

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000',
  'x-content-type-options': 'nosniff',
} as const;

export const JSON_TYPE = 'application/json';

export const jsonReply = (
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  type: string = JSON_TYPE,
): Reply => ({
  status,
  headers: { ...headers, 'content-type': type },
  body: `${JSON.stringify(body)}\n`,
});

export const resultOf = (
  { status, headers, body, isBinary = false }: Reply,
  requestId: string,
): APIGatewayProxyStructuredResultV2 => ({
  statusCode: status,
  headers: { ...HEADERS, 'x-request-id': requestId, ...headers },
  body,
  ...(isBinary ? { isBase64Encoded: true } : {}),
});
