/**
 * `api`: a request of the function URL in, JSON out. So far it answers whether it lives, and which
 * regions decide as seen from this one. Every error has one shape (RFC 9457). Who may ask is settled
 * before it runs: the URL takes signed requests only.
 */
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { QuorateError } from '../shared/core/errors.ts';
import { decidingRegions, majorityOf } from '../shared/core/pulse.ts';
import { safeText } from '../shared/core/safe-text.ts';
import { type LambdaHandler, lambdaStack } from '../shared/middleware.ts';
import { type Env, type Wired, type WireOverrides, wire } from '../shared/wire.ts';

export type ApiHandler = LambdaHandler<unknown, APIGatewayProxyStructuredResultV2>;

/** Nothing here is to be kept, guessed at, framed or loaded from. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000',
  'x-content-type-options': 'nosniff',
} as const;
const PATH_LENGTH_MAX = 200;

type Answer = (wired: Wired, signal: AbortSignal) => Promise<unknown>;

const ROUTES: Readonly<Record<string, Answer>> = {
  '/healthz': async ({ settings, release }) => ({
    status: 'ok',
    region: settings.vantage,
    release,
  }),
  '/v1/status-lite': statusLite,
};

/** One handler per region: local worlds make several in one process. */
export function apiHandler(env: Env, overrides: WireOverrides = {}): ApiHandler {
  const wired = wire(env, 'api', overrides);
  const { clock, settings, telemetry } = wired;
  const dimensions = { vantage: settings.vantage };
  return lambdaStack({ telemetry, clock }, dimensions, async (event, { signal }) => {
    const { method, path } = requestOf(event);
    const answer = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
    if (answer === undefined) {
      return problem(
        404,
        `there is nothing at ${path}; ask for ${Object.keys(ROUTES).join(' or ')}`,
      );
    }
    if (method !== 'GET') {
      return problem(405, `${path} is asked for by GET`, { allow: 'GET' });
    }
    try {
      return json(200, 'application/json', await answer(wired, signal));
    } catch (error) {
      if (!(error instanceof QuorateError)) throw error;
      telemetry.log({ level: 'warn', message: error.message, code: error.code, path });
      return problem(error.httpStatus, error.message);
    }
  });
}

/** Who decides, by pulses: as one region sees it, and as fresh as replication is. */
async function statusLite(
  { clock, config, release, settings, store }: Wired,
  signal: AbortSignal,
): Promise<unknown> {
  const pulses = await store().readPulses(config.vantages, signal);
  const now = clock.now();
  const deciding = decidingRegions(config.vantages, pulses, now);
  const majority = majorityOf(config.vantages.length);
  return {
    format: 1,
    deployment: config.deployment,
    region: settings.vantage,
    release,
    config: { digest: config.digest, packagedAt: new Date(config.packagedAt).toISOString() },
    at: new Date(now).toISOString(),
    vantages: config.vantages.map((vantage) => ({
      region: vantage,
      decides: deciding.includes(vantage),
    })),
    majority,
    majorityDecides: deciding.length >= majority,
  };
}

/** As a function URL hands it over (payload format 2.0); what is missing is no route. */
function requestOf(event: unknown): { readonly method: string; readonly path: string } {
  const fields = (value: unknown): Record<string, unknown> =>
    typeof value === 'object' && value !== null ? { ...value } : {};
  const { rawPath, requestContext } = fields(event);
  const { method } = fields(fields(requestContext).http);
  return {
    method: typeof method === 'string' ? method : '',
    path: typeof rawPath === 'string' ? safeText(rawPath, PATH_LENGTH_MAX) : '/',
  };
}

const TITLES: Readonly<Record<number, string>> = {
  404: 'Not Found',
  405: 'Method Not Allowed',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
};

const problem = (
  status: number,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): APIGatewayProxyStructuredResultV2 =>
  json(
    status,
    'application/problem+json',
    { type: 'about:blank', title: TITLES[status] ?? 'Error', status, detail },
    headers,
  );

const json = (
  statusCode: number,
  type: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: { ...HEADERS, ...headers, 'content-type': type },
  body: `${JSON.stringify(body)}\n`,
});

let made: ApiHandler | undefined;
const own = (): ApiHandler => {
  made ??= apiHandler(process.env);
  return made;
};

/** In Lambda everything is made during INIT; elsewhere importing this file makes nothing. */
if (process.env.AWS_LAMBDA_FUNCTION_NAME) own();

export const handler = async (event: unknown, context: Context): ReturnType<ApiHandler> =>
  await own()(event, context);
