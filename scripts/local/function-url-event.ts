/**
 * A request that reached a function URL ↔ what Lambda makes of it: the event in payload format 2.0 in, and
 * a handler's result as an HTTP answer out. The shapes are the platform's, so that a handler can't tell a
 * local world from AWS.
 */
import { randomUUID } from 'node:crypto';
import { LOCAL_ACCOUNT } from './scheduler.ts';

export type UrlRequest = {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  /** Lower-case names; several values of one name are joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly sourceIp: string;
  readonly at: number;
};

export type LocalIdentity = { readonly accessKeyId: string; readonly userArn: string };

export type UrlAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer;
};

/** Of request and response, as buffered by Lambda. */
export const PAYLOAD_BYTES_MAX = 6 * 1024 * 1024;

const TEXT_TYPE = /^(?:text\/|application\/(?:json|javascript|xml|(?:[\w.+-]+\+)(?:json|xml))\b)/i;

export function urlEvent(
  request: UrlRequest,
  identity: LocalIdentity,
): Readonly<Record<string, unknown>> {
  const { method, target, headers, body, at } = request;
  const [path = '/', ...rest] = target.split('?');
  const query = rest.join('?');
  const { cookie, ...others } = headers;
  const domainName = headers.host ?? 'localhost';
  const isText = TEXT_TYPE.test(headers['content-type'] ?? '');
  const userId = identity.userArn.slice(identity.userArn.lastIndexOf('/') + 1);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    ...(cookie === undefined ? {} : { cookies: cookie.split('; ') }),
    headers: others,
    ...(query === '' ? {} : { queryStringParameters: queryOf(query) }),
    requestContext: {
      accountId: LOCAL_ACCOUNT,
      apiId: 'local',
      authorizer: {
        iam: {
          accessKey: identity.accessKeyId,
          accountId: LOCAL_ACCOUNT,
          callerId: userId,
          cognitoIdentity: null,
          principalOrgId: null,
          userArn: identity.userArn,
          userId,
        },
      },
      domainName,
      domainPrefix: 'local',
      http: {
        method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp: request.sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: '$default',
      stage: '$default',
      time: commonLogTime(at),
      timeEpoch: at,
    },
    ...(body.length === 0 ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** Values of one name are joined by a comma, as the platform does. */
function queryOf(query: string): Record<string, string> {
  const all = Map.groupBy(new URLSearchParams(query), ([name]) => name);
  return Object.fromEntries(
    [...all].map(([name, pairs]) => [name, pairs.map(([, value]) => value).join(',')]),
  );
}

/** Anything but an object with a status code is a body of its own. */
export function urlAnswer(result: unknown): UrlAnswer {
  const fields = new Map(
    Object.entries(typeof result === 'object' && result !== null ? result : {}),
  );
  const status = fields.get('statusCode');
  const json = { 'content-type': 'application/json' };
  if (typeof status !== 'number') {
    const text = typeof result === 'string' ? result : JSON.stringify(result ?? null);
    return { status: 200, headers: json, body: Buffer.from(text) };
  }
  const body = fields.get('body');
  const given = Object.entries(fields.get('headers') ?? {}).map(
    ([name, value]) => [name.toLowerCase(), String(value)] as const,
  );
  const cookies = fields.get('cookies');
  return {
    status,
    headers: {
      ...json,
      ...Object.fromEntries(given),
      ...(Array.isArray(cookies) ? { 'set-cookie': cookies.map(String) } : {}),
    },
    body: Buffer.from(
      typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body),
      fields.get('isBase64Encoded') === true ? 'base64' : 'utf8',
    ),
  };
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `23/Nov/2026:19:25:14 +0000` */
function commonLogTime(at: number): string {
  const [date = '', time = ''] = new Date(at).toISOString().split('T');
  const [year, month, day] = date.split('-');
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
}
