/**
 * One request → one reply, always of a known form: found, within its burst, authenticated, allowed,
 * understood, and only then carried out. Each step can only refuse; what none refuses reaches the route.
 * Whatever fails within is a problem document, too: nothing is thrown to the platform.
 */
import type { Context } from 'aws-lambda';
import { TrieRouter } from 'hono/router/trie-router';
import { QuorateError } from '../../shared/core/errors.ts';
import { safeText } from '../../shared/core/safe-text.ts';
import { pageAnswer } from '../dashboard/page.ts';
import { type Authenticate, type Caller, may, NOBODY } from './authenticate.ts';
import { type BurstLimits, tokenBucket } from './bursts.ts';
import type { Desk } from './desk.ts';
import { parseJson, unseenIn } from './json-body.ts';
import { type Asked, problemReply, type Refusal, refusalOf } from './problem.ts';
import { decoded, type EntriesSchema, judge, parseQuery } from './query.ts';
import type { Reply } from './reply.ts';
import type { ApiRequest } from './request.ts';
import { ROUTES } from './route-table.ts';
import type { Route } from './routes.ts';

const PATH_LENGTH_MAX = 512;
const SHOWN_LENGTH_MAX = 200;
const METHODS = ['GET', 'POST', 'DELETE'] as const;

export type Answer = (request: ApiRequest, context: Context, signal: AbortSignal) => Promise<Reply>;

type Found = { readonly route: Route; readonly params: Readonly<Record<string, string>> };

export function answering(
  desk: Desk,
  { authenticate, bursts }: { readonly authenticate: Authenticate; readonly bursts: BurstLimits },
): Answer {
  const { clock, telemetry, region } = desk;
  const router = routerOf(ROUTES);
  const takeRead = tokenBucket(clock, bursts.reads);
  const takeWrite = tokenBucket(clock, bursts.writes);

  /** The steps. Null: none refused, and the route itself answers. */
  const judged = async (
    request: ApiRequest,
    caller: Caller,
    signal: AbortSignal,
  ): Promise<Reply | { readonly refusal: Refusal }> => {
    const { method, path } = request;
    const waitSeconds = isOperators(request, caller) ? takeWrite() : takeRead();
    if (waitSeconds > 0) return tooMany(waitSeconds);
    const found = isPlain(path) ? matchOf(router, method, path) : undefined;
    if (found === undefined) {
      const asset =
        method === 'GET' && desk.page !== null
          ? pageAnswer(desk.page, path, request.headers['if-none-match'])
          : undefined;
      return asset ?? notFound(router, request);
    }
    const { route } = found;
    if (method !== 'GET' && caller.actor === null) return UNSIGNED;
    if (!may(caller, route.scope)) return notAllowed(route, caller);
    const params = paramsOf(found);
    if ('refusal' in params) return params;
    const query = parseQuery(request.query, route.query as EntriesSchema);
    if ('refusal' in query) return query;
    const body = bodyOf(route, request);
    if ('refusal' in body) return body;
    const asking = {
      params: params.value,
      query: query.value,
      body: body.value,
      caller,
      request,
    };
    return await route.answer(desk, asking, signal);
  };

  return async (request, context, signal) => {
    let caller = NOBODY;
    let reply: Reply | { readonly refusal: Refusal };
    try {
      caller = await authenticate(request, context, signal);
      reply = await judged(request, caller, signal);
    } catch (error) {
      reply = { refusal: refusalOf(error, signal.aborted) };
      tellFailure(desk, request, error, signal.aborted);
    }
    const code = 'refusal' in reply ? reply.refusal.code : null;
    const answered = 'refusal' in reply ? problemReply(reply.refusal) : reply;
    // Who tried what, from where, and what came of it: of writes always, of reads where they were refused.
    if (request.method !== 'GET' || code !== null) {
      telemetry.log({
        level: answered.status >= 500 ? 'warn' : 'info',
        message: `${safeText(request.method, 16)} ${shown(request.path)}: ${answered.status}`,
        status: answered.status,
        code,
        region,
        actor: caller.actor,
        scope: caller.scope,
        sourceIp: request.sourceIp,
        requestId: request.id,
      });
    }
    return answered;
  };
}

/** A write that is not refused for who asks: those that are must not use up an operator's. */
const isOperators = ({ method }: ApiRequest, caller: Caller): boolean =>
  method !== 'GET' && caller.actor !== null && may(caller, 'override');

const shown = (path: string): string => safeText(path, SHOWN_LENGTH_MAX);

/** Hono writes parameters as `:name`. */
function routerOf(routes: readonly Route[]): TrieRouter<Route> {
  const router = new TrieRouter<Route>();
  for (const route of routes) {
    router.add(route.method, route.path.replaceAll(/\{(\w+)\}/g, ':$1'), route);
  }
  return router;
}

/** No resolving of dots, no doubled or encoded slashes: one path has one way of being written. */
const isPlain = (path: string): boolean =>
  path.startsWith('/') &&
  path.length <= PATH_LENGTH_MAX &&
  !/\/\/|\/\.{1,2}(?:\/|$)|%2f|%5c|%2e|\\|[?#*]/i.test(path) &&
  (path === '/' || !path.endsWith('/'));

function matchOf(router: TrieRouter<Route>, method: string, path: string): Found | undefined {
  const [handlers] = router.match(method, path);
  const [first] = handlers;
  if (first === undefined) return undefined;
  const [route, params] = first;
  return { route, params: params as Readonly<Record<string, string>> };
}

function notFound(router: TrieRouter<Route>, { method, path }: ApiRequest) {
  const allowed = isPlain(path) ? METHODS.filter((one) => matchOf(router, one, path)) : [];
  if (allowed.length > 0) {
    return {
      refusal: {
        code: 'METHOD_NOT_ALLOWED' as const,
        detail: `${shown(path)} is not asked for by ${safeText(method, 16) || 'no method'}; ask by ${allowed.join(' or ')}`,
        headers: { allow: allowed.join(', ') },
      },
    };
  }
  const known = [...new Set(ROUTES.map((route) => route.path))].join(', ');
  return {
    refusal: {
      code: 'NOT_FOUND' as const,
      detail: `there is nothing at ${shown(path)}; there is ${known}`,
    },
  };
}

const tooMany = (waitSeconds: number) => ({
  refusal: {
    code: 'TOO_MANY_REQUESTS' as const,
    detail: `too many requests at once; ask again in ${waitSeconds} s`,
    headers: { 'retry-after': String(waitSeconds) },
  },
});

const UNSIGNED = {
  refusal: {
    code: 'UNAUTHENTICATED' as const,
    detail: 'whoever changes something is named in its record, and this request names nobody',
  },
};

const notAllowed = (route: Route, caller: Caller) => ({
  refusal: {
    code: 'FORBIDDEN' as const,
    detail: `${route.method} ${route.path} needs the scope ${route.scope}; ${caller.scope === null ? 'this way in has none' : `this URL has ${caller.scope}`}`,
  },
});

function paramsOf({ route, params }: Found): Asked<unknown> {
  const values: Record<string, string> = {};
  for (const [name, raw] of Object.entries(params)) {
    // In a path a plus is a plus.
    const value = decoded(raw.replaceAll('+', '%2B'));
    const wrong = value === null ? 'is no percent-encoded UTF-8' : unseenIn(value);
    if (value === null || wrong !== null) {
      const at = `path ${name}`;
      const detail = wrong ?? '';
      return {
        refusal: { code: 'BAD_REQUEST', detail: `${at}: ${detail}`, errors: [{ at, detail }] },
      };
    }
    values[name] = value;
  }
  return judge(route.params, values, 'path ');
}

function bodyOf(route: Route, { body, headers }: ApiRequest): Asked<unknown> {
  if (body.kind === 'too-large') {
    return { refusal: { code: 'TOO_LARGE', detail: 'the body is larger than 16 KiB' } };
  }
  if (route.body === null) {
    if (body.kind === 'none') return { value: null };
    const detail = `${route.method} ${route.path} takes no body; leave it out`;
    return { refusal: { code: 'BAD_REQUEST', detail } };
  }
  if (body.kind === 'none') {
    if (route.isBodyOptional === true) return { value: null };
    return {
      refusal: {
        code: 'BAD_REQUEST',
        detail: `${route.method} ${route.path} needs a JSON body; /openapi.json has its form`,
      },
    };
  }
  const type = headers['content-type'] ?? '';
  if (!/^application\/json\s*(?:;\s*charset=(?:"utf-8"|utf-8)\s*)?$/i.test(type.trim())) {
    const detail = `the body must be application/json, not ${safeText(type, 80) || 'of no type'}`;
    return { refusal: { code: 'UNSUPPORTED_MEDIA_TYPE', detail } };
  }
  if (body.kind === 'not-text') {
    return { refusal: { code: 'BAD_REQUEST', detail: 'the body is no UTF-8' } };
  }
  const parsed = parseJson(body.text);
  if ('refusal' in parsed) return parsed;
  // A list passes for an object without mandatory fields.
  if (Array.isArray(parsed.value)) {
    const detail = 'the body must be an object, not a list';
    return { refusal: { code: 'BAD_REQUEST', detail } };
  }
  return judge(route.body, parsed.value, '');
}

/** A bug alarms, as it does in every function; what the world does wrong is told and counted. */
function tellFailure(
  { telemetry, region }: Desk,
  request: ApiRequest,
  error: unknown,
  isOver: boolean,
): void {
  const isOperating = error instanceof QuorateError || isOver;
  if (error instanceof QuorateError && error.httpStatus < 500) return;
  telemetry.metric({
    name: isOperating ? 'OperatingErrors' : 'Failures',
    unit: 'count',
    value: 1,
    dimensions: { vantage: region },
  });
  telemetry.log({
    level: isOperating ? 'warn' : 'error',
    message: error instanceof Error ? error.message : String(error),
    code: error instanceof QuorateError ? error.code : 'INTERNAL',
    requestId: request.id,
    ...(isOperating || !(error instanceof Error) ? {} : { stack: error.stack }),
  });
}
