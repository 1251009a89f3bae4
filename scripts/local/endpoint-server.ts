/**
 * One endpoint of the local world: real sockets on a loopback address, which answer what its check
 * expects, or misbehave on order. In: doors (port, protocol, pages by path), a certificate and a
 * trouble. Out: where each door really is. A front listener takes every connection and hands it on,
 * so that refusing, hanging and serving a bad certificate are the same few lines for all protocols.
 */
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../shared/ports.ts';
import type { Issued } from './certificates.ts';
import { closeServer, listenNear, type Place } from './loopback.ts';

export type Page = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export type Door = {
  readonly port: number;
  readonly protocol: 'tcp' | 'http' | 'https';
  /** Path → page. Any other path gets `home`. */
  readonly pages: ReadonlyMap<string, Page>;
};

/** All that can be wrong at once: several faults on one endpoint add up. */
export type Trouble = {
  readonly refused: boolean;
  readonly hung: boolean;
  readonly badCertificate: boolean;
  readonly serverError: boolean;
  readonly wrongBody: boolean;
  readonly delayMs: number;
};

export const NO_TROUBLE: Trouble = {
  refused: false,
  hung: false,
  badCertificate: false,
  serverError: false,
  wrongBody: false,
  delayMs: 0,
};

export type EndpointServer = AsyncDisposable & {
  /** Where the door with that port in the configuration really is; moves only if its port is lost. */
  readonly placeOf: (port: number) => Place | undefined;
  readonly behave: (trouble: Trouble) => Promise<void>;
};

export type EndpointOptions = {
  readonly address: string;
  readonly home: Page;
  readonly doors: readonly Door[];
  /** Good and expired, for doors with TLS. */
  readonly certificates: { readonly good: Issued; readonly expired: Issued };
  readonly clock: Clock;
};

export async function openEndpoint(options: EndpointOptions): Promise<EndpointServer> {
  let trouble = NO_TROUBLE;
  const closing = new AbortController();
  const fronts: Front[] = [];
  for (const door of options.doors) {
    fronts.push(await openFront(options, door, () => trouble, closing.signal));
  }

  return {
    placeOf: (port) => fronts.find((front) => front.port === port)?.place(),
    async behave(next) {
      trouble = next;
      for (const front of fronts) {
        front.dropAll();
        if (next.refused) await front.shut();
        else await front.open();
      }
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new Error('the endpoint is closed'));
      for (const front of fronts) {
        front.dropAll();
        await front.shut();
      }
    },
  };
}

type Front = {
  readonly port: number;
  readonly place: () => Place;
  readonly open: () => Promise<void>;
  readonly shut: () => Promise<void>;
  /** Ends connections made under the trouble before: a pooled one would hide the new one. */
  readonly dropAll: () => void;
};

async function openFront(
  options: EndpointOptions,
  door: Door,
  trouble: () => Trouble,
  closing: AbortSignal,
): Promise<Front> {
  const { good, expired } = options.certificates;
  const answer = answerer(options, door, trouble, closing);
  const plain = door.protocol === 'http' ? createHttpServer(answer) : undefined;
  const withTls = (issued: Issued): HttpsServer | undefined =>
    door.protocol === 'https'
      ? createHttpsServer({ key: issued.key, cert: issued.chain }, answer)
      : undefined;
  const secure = withTls(good);
  const insecure = withTls(expired);
  for (const inner of [plain, secure, insecure]) quieten(inner);

  const sockets = new Set<Socket>();
  const onConnection = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A client that gives up resets the connection: for a server that is no news.
    socket.on('error', () => socket.destroy());
    const { hung, badCertificate } = trouble();
    if (hung) return;
    const inner: HttpServer | HttpsServer | undefined =
      plain ?? (badCertificate ? insecure : secure);
    if (inner) inner.emit('connection', socket);
    else socket.resume();
  };

  let place: Place = { address: options.address, port: door.port };
  let listener: Server | undefined;
  const front: Front = {
    port: door.port,
    place: () => place,
    async open() {
      if (listener) return;
      const server = createServer(onConnection);
      place = await listenNear(server, place);
      listener = server;
    },
    async shut() {
      const server = listener;
      listener = undefined;
      if (server) await closeServer(server);
    },
    dropAll() {
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    },
  };
  await front.open();
  return front;
}

/** Handshakes that a probe abandons are expected, and keep-alive would let a probe skip a fault. */
function quieten(server: HttpServer | HttpsServer | undefined): void {
  server?.on('clientError', (_error, socket) => socket.destroy());
  server?.on('tlsClientError', (_error, socket) => socket.destroy());
}

const WRONG_BODY = '<!doctype html><title>Welcome</title><p>This is not the page you are after.';
const SERVER_ERROR = 503;

function answerer(
  options: EndpointOptions,
  door: Door,
  trouble: () => Trouble,
  closing: AbortSignal,
): (request: RequestLike, response: ResponseLike) => void {
  return (request, response) => {
    const { delayMs, serverError, wrongBody } = trouble();
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const page = door.pages.get(path) ?? options.home;
    const send = (): void => {
      if (serverError) {
        response.writeHead(SERVER_ERROR, { connection: 'close' });
        response.end('{"status":"unavailable"}\n');
      } else if (wrongBody) {
        response.writeHead(page.status, { 'content-type': 'text/html', connection: 'close' });
        response.end(WRONG_BODY);
      } else {
        response.writeHead(page.status, { ...page.headers, connection: 'close' });
        response.end(page.body);
      }
    };
    if (delayMs === 0) send();
    else options.clock.sleep(delayMs, closing).then(send, () => response.destroy());
  };
}

type RequestLike = { readonly url?: string | undefined };
type ResponseLike = {
  writeHead(status: number, headers: Record<string, string>): unknown;
  end(body: string): unknown;
  destroy(): unknown;
};
