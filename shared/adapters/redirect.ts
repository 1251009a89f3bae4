/**
 * An answer and where it came from → the next hop, or why it is not followed. A redirect may change the path
 * and upgrade http to https; it never leads to another host, to another port than the scheme's own, back to
 * plain http, or to a URL with credentials: what answers there is not the endpoint that is asked for.
 */
import type { FailCode } from '../core/reason-code.ts';
import type { HttpReply, HttpRequest } from './http-exchange.ts';
import { hostName } from './open-socket.ts';
import type { Missed } from './socket-reason.ts';

export type Hop = { readonly url: URL; readonly method: HttpRequest['method'] };

export const REDIRECTS_MAX = 3;
const REDIRECT_STATUSES: readonly number[] = [301, 302, 303, 307, 308];
const PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** `undefined`: the answer is no redirect, so it is what gets judged. */
export function nextHop(
  from: Hop,
  host: string,
  reply: HttpReply,
  followed: number,
): Hop | Missed | undefined {
  const location = Object.hasOwn(reply.headers, 'location') ? reply.headers.location : undefined;
  if (!REDIRECT_STATUSES.includes(reply.status) || location === undefined) return undefined;
  if (followed >= REDIRECTS_MAX) {
    return fail('redirects', `more than ${REDIRECTS_MAX} redirects, the last one to ${location}`);
  }
  if (!URL.canParse(location, from.url.href)) return refused(location, 'is no URL');
  const url = new URL(location, from.url);
  const problem = problemOf(from.url, url, host);
  if (problem) return refused(location, problem);
  // What browsers do: 303 always becomes a GET, 301 and 302 turn a POST into one.
  const becomesGet =
    (reply.status === 303 && from.method !== 'HEAD') ||
    (reply.status <= 302 && from.method === 'POST');
  return { url, method: becomesGet ? 'GET' : from.method };
}

function problemOf(from: URL, to: URL, host: string): string | undefined {
  if (PORTS[to.protocol] === undefined) return 'is neither http nor https';
  if (from.protocol === 'https:' && to.protocol === 'http:') return 'leads from https to http';
  if (to.username !== '' || to.password !== '') return 'carries credentials';
  const own = [hostName(host), hostName(from.hostname)];
  if (!own.includes(hostName(to.hostname))) return 'leads to another host';
  if (portOf(to) !== portOf(from) && to.port !== '') return 'leads to another port';
  return undefined;
}

export const portOf = (url: URL): number => Number(url.port || PORTS[url.protocol]);

const refused = (location: string, problem: string): Missed =>
  fail('redirect-not-allowed', `${location} ${problem}`);
const fail = (code: FailCode, detail: string): Missed => ({ kind: 'fail', code, detail });
