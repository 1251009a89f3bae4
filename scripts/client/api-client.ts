/**
 * The API of every region as one: a request goes to the region that answered last, and to the next one by
 * itself where that one is away.
 *
 *     what came                                   a read, a dry run     a write
 *     no connection, URL gone (403), throttle     next region           next region: nothing was done
 *     timeout, connection lost, 5xx               next region           next region, if its If-Match or
 *                                                                       Idempotency-Key forbids a second
 *                                                                       effect; else the error
 *     2xx in the shape of the contract            the answer            the answer
 *     problem+json below 500                      the error             the error
 *
 * A repeated write is the same one, byte for byte. What came of the first is then unknown: whoever gets
 * 412 or 404 after that reads `isRepeated` and looks before saying that nothing happened.
 */
import * as v from 'valibot';
import type { VantageId } from '../../shared/core/model.ts';
import { safeText } from '../../shared/core/safe-text.ts';
import type { Clock } from '../../shared/ports.ts';
import type { ApiUrls } from '../deploy/url-cache.ts';
import {
  type Failure,
  isUnconnected,
  nobodyAnswers,
  unsigned,
  unsureError,
  whyOf,
} from './api-failure.ts';
import { errorOf, jsonOf, problemIn, saidBy } from './api-problem.ts';
import {
  type Credentials,
  checkedUrl,
  type Fetch,
  openFetch,
  type RawReply,
  signedFetch,
} from './signed-fetch.ts';

export type { ApiUrls } from '../deploy/url-cache.ts';
export { type Failure, failuresText } from './api-failure.ts';
export type { Credentials, Fetch } from './signed-fetch.ts';

/** What a request needs: cumulative. Freeze orders and orders on a region or all need `freeze`. */
export type ApiScope = 'read' | 'override' | 'freeze';
export type Method = 'GET' | 'POST' | 'DELETE';

export type RequestOptions = {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Text and bytes go as they are, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: `read` for GET, else `override`. */
  readonly scope?: ApiScope;
};

/** Of the region that answered, whatever its status below 500. */
export type ApiReply = RawReply & {
  readonly region: VantageId;
  /** Regions that were asked before. */
  readonly failed: readonly Failure[];
  /** A try before this one may have done what was asked. */
  readonly isRepeated: boolean;
};

export type Answer<T> = {
  readonly document: T;
  readonly region: VantageId;
  readonly etag: string | null;
  readonly failed: readonly Failure[];
  readonly isRepeated: boolean;
};

export type ApiClientOptions = {
  readonly urls: ReadonlyMap<VantageId, ApiUrls>;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly fetch?: Fetch;
  /** Asked first, until another one answers. */
  readonly first?: VantageId | null;
  /** After each answer that was not the first region's: who answered, and why the others did not. */
  readonly onFailover?: (answered: VantageId, failed: readonly Failure[]) => void;
  /** Each time that another region answers than before. */
  readonly onGood?: (region: VantageId) => void;
};

export type ApiClient = {
  readonly regions: readonly VantageId[];
  /** As it came: for those that pass it on. Throws only where no region answers. */
  readonly request: (
    method: Method,
    path: string,
    options: RequestOptions,
    signal: AbortSignal,
  ) => Promise<ApiReply>;
  /** Checked by the contract; a problem is thrown as a `QuorateError`. */
  readonly ask: <T>(
    schema: v.GenericSchema<unknown, T>,
    method: Method,
    path: string,
    options: RequestOptions,
    signal: AbortSignal,
  ) => Promise<Answer<T>>;
  readonly close: () => void;
};

const READ_MS_MAX = 5_000;
const WRITE_MS_MAX = 15_000;
const WHY_MAX = 200;

/** Answered: the end. Away: nothing was done there. Unsure: it may have been. */
type Try =
  | { readonly kind: 'answered'; readonly reply: RawReply }
  | { readonly kind: 'away' | 'unsure'; readonly why: string; readonly reply: RawReply | null };
type Check = (reply: RawReply) => string | null;

export function apiClient(options: ApiClientOptions): ApiClient {
  const { urls } = options;
  const { fetch, close } =
    options.fetch === undefined ? openFetch() : { fetch: options.fetch, close: () => undefined };
  let good = options.first ?? null;

  const answered = (region: VantageId, failed: readonly Failure[]): void => {
    if (failed.length > 0) options.onFailover?.(region, failed);
    if (good !== region) options.onGood?.(region);
    good = region;
  };

  const send = async (
    method: Method,
    path: string,
    request: RequestOptions,
    check: Check,
    signal: AbortSignal,
  ): Promise<ApiReply> => {
    const wire = wireOf(method, request);
    const scope = request.scope ?? (method === 'GET' ? 'read' : 'override');
    const failed: Failure[] = [];
    let lastReply: { readonly region: VantageId; readonly reply: RawReply } | null = null;
    let isRepeated = false;
    for (const region of inOrder(urls, good)) {
      const url = urlOf(urls.get(region), scope, path, request.query);
      const tried = await tryOnce({ ...options, fetch }, { ...wire, region, url }, check, signal);
      if (tried.kind === 'answered') {
        answered(region, failed);
        return { ...tried.reply, region, failed, isRepeated };
      }
      failed.push({ region, why: tried.why });
      if (tried.reply !== null) lastReply = { region, reply: tried.reply };
      if (tried.kind === 'away') continue;
      if (!wire.isRepeatable) throw unsureError(method, path, region, tried.why);
      isRepeated = isRepeated || wire.isWrite;
    }
    throw nobodyAnswers(failed, isRepeated, lastReply);
  };

  return {
    regions: [...urls.keys()],
    request: (method, path, request, signal) => send(method, path, request, () => null, signal),
    ask: async (schema, method, path, request, signal) => {
      const isAnswer = (reply: RawReply): string | null => {
        if (reply.status >= 400) {
          return problemIn(reply) === null ? `it answers ${saidBy(reply)}` : null;
        }
        const parsed = v.safeParse(schema, jsonOf(reply));
        return parsed.success ? null : `its answer has another shape: ${shapeText(parsed.issues)}`;
      };
      const reply = await send(method, path, request, isAnswer, signal);
      const problem = reply.status >= 400 ? problemIn(reply) : null;
      const { region, failed, isRepeated } = reply;
      if (problem !== null) throw errorOf(problem, { region, isRepeated });
      const document = v.parse(schema, jsonOf(reply));
      return { document, region, etag: reply.headers.get('etag') ?? null, failed, isRepeated };
    },
    close,
  };
}

const inOrder = (
  urls: ReadonlyMap<VantageId, ApiUrls>,
  first: VantageId | null,
): readonly VantageId[] =>
  [...urls.keys()].sort((a, b) => Number(b === first) - Number(a === first));

/** One try in one region, within its deadline. */
async function tryOnce(
  { clock, credentials, fetch }: Pick<ApiClientOptions, 'clock' | 'credentials'> & { fetch: Fetch },
  request: Wire & { readonly region: VantageId; readonly url: URL },
  check: Check,
  parent: AbortSignal,
): Promise<Try> {
  let hasBegun = false;
  const begun: Fetch = (...args) => {
    hasBegun = true;
    return fetch(...args);
  };
  const ms = request.isWrite ? WRITE_MS_MAX : READ_MS_MAX;
  try {
    const reply = await clock.withDeadline(ms, parent, (signal) =>
      signedFetch({ credentials, fetch: begun }, request, clock.now(), signal),
    );
    return judged(reply, check);
  } catch (error) {
    if (parent.aborted) throw parent.reason;
    // Before anything is sent: who signs has no credentials, and has none for another region either.
    if (!hasBegun) throw unsigned(error);
    return { kind: isUnconnected(error) ? 'away' : 'unsure', why: whyOf(error, ms), reply: null };
  }
}

/** Throws where the region has no URL: those of `urls` always have one. */
function urlOf(
  urls: ApiUrls | undefined,
  scope: ApiScope,
  path: string,
  query: RequestOptions['query'] = {},
): URL {
  const base = {
    read: urls?.read ?? urls?.own,
    override: urls?.override ?? urls?.own,
    freeze: urls?.own,
  }[scope];
  const url = checkedUrl(base ?? '');
  url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`;
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  // A form writes a space as a plus; what is signed has %20.
  url.search = url.search.replaceAll('+', '%20');
  return url;
}

/** One request as every region gets it. */
type Wire = {
  readonly method: Method;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
  readonly isWrite: boolean;
  /** Twice is once. */
  readonly isRepeatable: boolean;
};

function wireOf(method: Method, { body, headers = {} }: RequestOptions): Wire {
  const isDryRun =
    typeof body === 'object' && body !== null && 'dryRun' in body && body.dryRun === true;
  const isWrite = method !== 'GET' && !isDryRun;
  const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const isText = typeof body === 'string' || body instanceof Uint8Array;
  return {
    method,
    headers: {
      accept: 'application/json, application/problem+json',
      ...(body === undefined || names.has('content-type')
        ? {}
        : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined || isText ? body : JSON.stringify(body),
    isWrite,
    isRepeatable: !isWrite || names.has('if-match') || names.has('idempotency-key'),
  };
}

function judged(reply: RawReply, check: Check): Try {
  const { status } = reply;
  const problem = status >= 400 ? problemIn(reply) : null;
  if (status >= 500) {
    const why = problem === null ? `it answers ${saidBy(reply)}` : problem.detail;
    return { kind: 'unsure', why: safeText(why, WHY_MAX), reply };
  }
  // Said by what stands before the function, which therefore has not run.
  if (problem === null && (status === 403 || status === 404 || status === 429)) {
    return { kind: 'away', why: `it answers ${saidBy(reply)}`, reply };
  }
  if (status >= 300 && status < 400 && status !== 304) {
    return { kind: 'away', why: `it answers ${status}, a redirect`, reply };
  }
  const wrong = check(reply);
  return wrong === null
    ? { kind: 'answered', reply }
    : { kind: 'unsure', why: safeText(wrong, WHY_MAX), reply };
}

const shapeText = ([issue]: readonly v.BaseIssue<unknown>[]): string =>
  issue === undefined ? 'it is no JSON' : `${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}`;
