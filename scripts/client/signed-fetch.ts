/**
 * One signed request of a function URL in, its answer out, whatever its status. SigV4 with service
 * `lambda`; a redirect is never followed, a body has a bound, and a session token leaves this machine only
 * over TLS or to loopback.
 */
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { Agent, fetch as undiciFetch } from 'undici';
import { QuorateError } from '../../shared/core/errors.ts';
import type { EpochMs } from '../../shared/core/model.ts';

export type Credentials = SignatureV4Init['credentials'];
type SignatureV4Init = ConstructorParameters<typeof SignatureV4>[0];

export type FetchInit = {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
};
export type FetchReply = {
  readonly status: number;
  readonly headers: Iterable<readonly [string, string]>;
  readonly arrayBuffer: () => Promise<ArrayBuffer>;
};
/** What is needed of `fetch`: tests and local worlds bring their own. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchReply>;

export type RawReply = {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly bytes: Uint8Array;
};

export type RawRequest = {
  readonly method: string;
  readonly url: URL;
  readonly region: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
};

/** A region that answers at all accepts a connection within this; a black hole costs no more. */
const CONNECT_MS_MAX = 2_000;
/** Twice what a function URL can send. */
const BODY_BYTES_MAX = 12 * 1024 * 1024;
const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost|.*\.localhost)$/;

export async function signedFetch(
  { fetch, credentials }: { readonly fetch: Fetch; readonly credentials: Credentials },
  request: RawRequest,
  now: EpochMs,
  signal: AbortSignal,
): Promise<RawReply> {
  const { method, url, body } = request;
  const signer = new SignatureV4({
    service: 'lambda',
    region: request.region,
    credentials,
    sha256: Sha256,
  });
  const query: Record<string, string> = {};
  for (const [name, value] of url.searchParams) query[name] = value;
  const signed = await signer.sign(
    {
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port === '' ? {} : { port: Number(url.port) }),
      path: url.pathname,
      query,
      headers: { ...request.headers, host: url.host },
      ...(body === undefined ? {} : { body }),
    },
    { signingDate: new Date(now) },
  );
  const { host: _, ...headers } = signed.headers;
  const reply = await fetch(url.href, {
    method,
    headers,
    redirect: 'manual',
    signal,
    ...(body === undefined ? {} : { body }),
  });
  const bytes = new Uint8Array(await reply.arrayBuffer());
  if (bytes.length > BODY_BYTES_MAX) throw new Error(`an answer of ${bytes.length} bytes`);
  return {
    status: reply.status,
    headers: new Map([...reply.headers].map(([name, value]) => [name.toLowerCase(), value])),
    bytes,
  };
}

/** Throws where a URL could not be meant, or would carry a session token in clear text. */
export function checkedUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPlain = url?.protocol === 'http:' && LOOPBACK.test(url.hostname);
  if (url !== null && (url.protocol === 'https:' || isPlain) && url.username === '') return url;
  throw new QuorateError(
    'BAD_REQUEST',
    `${text} is no URL of the API: write https://…, as \`npm run deploy\` printed it (http:// only on this machine)`,
  );
}

/** undici with a bound on connecting: a region that is gone swallows packets rather than refusing. */
export function openFetch(): { readonly fetch: Fetch; readonly close: () => void } {
  const dispatcher = new Agent({ connect: { timeout: CONNECT_MS_MAX } });
  return {
    fetch: (url, { body, ...init }) =>
      undiciFetch(url, {
        ...init,
        headers: { ...init.headers },
        dispatcher,
        ...(body === undefined ? {} : { body }),
      }),
    close: () => void dispatcher.destroy(),
  };
}
