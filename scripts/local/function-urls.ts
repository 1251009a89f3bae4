/**
 * The three function URLs of one region, each a server of its own on loopback: the function's, and those of
 * the aliases `override` and `read`. In: signed requests; out: what the region's `api` answers. As on AWS,
 * nothing unsigned reaches the function, and both directions are bound to 6 MB. A region that is down
 * refuses connections, and is found at the same place when it is back.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  PAYLOAD_BYTES_MAX,
  type UrlAnswer,
  type UrlRequest,
  urlAnswer,
  urlEvent,
} from './function-url-event.ts';
import { closeServer, listenAt, listenNear, type Place } from './loopback.ts';
import { checkSignature, type KnownCallers } from './signature-check.ts';

export const URL_SCOPES = ['own', 'override', 'read'] as const;
export type UrlScope = (typeof URL_SCOPES)[number];
export type RegionUrls = Readonly<Record<UrlScope, string>>;

export type FunctionUrls = AsyncDisposable & {
  readonly urls: RegionUrls;
  readonly setDown: (isDown: boolean) => Promise<void>;
};

export type FunctionUrlsOptions = {
  readonly region: string;
  /** Of this world's block, where no other program takes ports. */
  readonly address: string;
  /** The world's time. */
  readonly now: () => number;
  /** The function, by an alias or by itself; rejects where it ends with an error. */
  readonly call: (event: unknown, qualifier: UrlScope) => Promise<unknown>;
  /** Default: those of a local world. */
  readonly callers?: KnownCallers;
};

type Door = { readonly server: Server; readonly place: Place };

export async function openFunctionUrls(options: FunctionUrlsOptions): Promise<FunctionUrls> {
  await using opened = new AsyncDisposableStack();
  const doors: (readonly [UrlScope, Door])[] = [];
  for (const scope of URL_SCOPES) {
    const server = createServer((request, response) => {
      serve(request, response, scope, options).catch(() => request.destroy());
    });
    opened.defer(() => shut(server));
    const place = await listenNear(server, { address: options.address, port: 0 });
    doors.push([scope, { server, place }]);
  }
  const running = opened.move();
  const urlOf = (wanted: UrlScope): string => {
    const place = doors.find(([scope]) => scope === wanted)?.[1].place;
    return `http://${place?.address}:${place?.port}/`;
  };
  return {
    urls: { own: urlOf('own'), override: urlOf('override'), read: urlOf('read') },
    async setDown(isDown) {
      for (const [, { server, place }] of doors) {
        if (isDown) await shut(server);
        else if (!server.listening) await listenAt(server, place);
      }
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function shut(server: Server): Promise<void> {
  server.closeAllConnections();
  await closeServer(server);
}

async function serve(
  incoming: IncomingMessage,
  response: ServerResponse,
  scope: UrlScope,
  { region, now, call, callers }: FunctionUrlsOptions,
): Promise<void> {
  const body = await bodyOf(incoming);
  if (body === undefined) return send(response, failure(413, '', 'Request body too large'));
  const request = requestOf(incoming, body, now());
  const verdict = checkSignature(request, region, [now(), Date.now()], callers);
  if ('refusal' in verdict) {
    const { code, message } = verdict.refusal;
    return send(response, failure(403, code, message));
  }
  const answer = await call(urlEvent(request, verdict.identity), scope).then(urlAnswer, () =>
    failure(502, 'FunctionError', 'Internal Server Error'),
  );
  const isTooLarge = answer.body.length > PAYLOAD_BYTES_MAX;
  send(response, isTooLarge ? failure(502, 'FunctionError', 'Internal Server Error') : answer);
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    bytes += chunk.length;
    // Read to its end nevertheless: a caller that is cut off in the middle sees no answer.
    if (bytes <= PAYLOAD_BYTES_MAX) chunks.push(chunk);
  }
  return bytes <= PAYLOAD_BYTES_MAX ? Buffer.concat(chunks) : undefined;
}

const requestOf = (incoming: IncomingMessage, body: Buffer, at: number): UrlRequest => ({
  method: incoming.method ?? 'GET',
  target: incoming.url ?? '/',
  headers: Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, [value].flat().join(',')]),
  ),
  body,
  sourceIp: incoming.socket.remoteAddress ?? '127.0.0.1',
  at,
});

const failure = (status: number, code: string, message: string): UrlAnswer => ({
  status,
  headers: {
    'content-type': 'application/json',
    ...(code === '' ? {} : { 'x-amzn-errortype': code }),
  },
  body: Buffer.from(JSON.stringify({ Message: message })),
});

function send(response: ServerResponse, { status, headers, body }: UrlAnswer): void {
  response.writeHead(status, {
    ...headers,
    'x-amzn-requestid': randomUUID(),
    'content-length': body.length,
  });
  response.end(body);
}
