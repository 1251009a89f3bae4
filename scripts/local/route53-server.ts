/**
 * Route 53's API on loopback, for the real SDK: bytes ↔ `route53Api`. The `Date` header is the world's
 * clock. Whatever arrives, it answers an error or cuts the connection, and goes on.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import {
  type Answer,
  type LocalZone,
  type Route53Api,
  type Route53Options,
  route53Api,
} from './route53-api.ts';

export type { LocalZone } from './route53-api.ts';
export type { Route53Faults } from './route53-faults.ts';
export type { LoggedBatch, Route53Counters } from './route53-journal.ts';
export type { Buckets } from './route53-meter.ts';

const BODY_BYTES_MAX = 2_000_000;

export type LocalRoute53 = Pick<
  Route53Api,
  'zones' | 'faults' | 'counters' | 'batches' | 'onBatch'
> & {
  readonly url: string;
  readonly port: number;
  /** By id; throws for a zone that is not hosted here. */
  readonly zone: (id: string) => LocalZone;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

export async function startRoute53(
  options: Route53Options & { readonly port?: number; readonly host?: string },
): Promise<LocalRoute53> {
  const { clock, host = '127.0.0.1', port: wanted = 0 } = options;
  const api = route53Api(options);
  let requestCount = 0;

  const send = (response: ServerResponse, requestId: string, answer: Answer): void => {
    if (answer === 'cut') {
      response.socket?.destroy();
      return;
    }
    if (answer.httpStatus >= 500) api.counters.failed += 1;
    response.writeHead(answer.httpStatus, {
      'content-type': 'text/xml',
      'content-length': Buffer.byteLength(answer.body),
      'x-amzn-requestid': requestId,
      date: new Date(clock.now()).toUTCString(),
    });
    response.end(answer.body);
  };

  const server = createServer((request, response) => {
    requestCount += 1;
    const requestId = `local-${String(requestCount).padStart(8, '0')}`;
    const { method = '', url = '/' } = request;
    const answered = readBody(request).then((body): Answer => {
      try {
        return body === undefined
          ? api.error(413, 'RequestEntityTooLarge', `over ${BODY_BYTES_MAX} bytes`, requestId)
          : api.answer(method, url, body, requestId);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        return api.error(500, 'InternalFailure', message, requestId);
      }
    });
    // A client that went away while sending gets no answer.
    answered.then(
      (answer) => send(response, requestId, answer),
      () => response.socket?.destroy(),
    );
  });
  server.on('clientError', (_, socket) => refuseSocket(socket as Socket));
  await listening(server, wanted, host);
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://${host}:${port}`,
    port,
    zones: api.zones,
    zone: (id) => {
      const found = api.zones.find((zone) => zone.id === id);
      if (found) return found;
      throw new Error(`no zone ${id} here; known: ${api.zones.map((zone) => zone.id).join(', ')}`);
    },
    faults: api.faults,
    counters: api.counters,
    batches: api.batches,
    onBatch: api.onBatch,
    [Symbol.asyncDispose]: async () => {
      api.stop();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

const listening = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const message =
        cause.code === 'EADDRINUSE'
          ? `port ${port} on ${host} is taken, so the local Route 53 API cannot use it: choose another port, or 0 for any free one`
          : `the local Route 53 API cannot listen on ${host} port ${port}: ${cause.message}`;
      reject(Object.assign(new Error(message, { cause }), { code: cause.code }));
    });
    server.listen(port, host, resolve);
  });

/** undefined: too long. Rejects where the client goes away. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= BODY_BYTES_MAX) chunks.push(chunk);
  }
  return size > BODY_BYTES_MAX ? undefined : Buffer.concat(chunks).toString();
}

function refuseSocket(socket: Socket): void {
  if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
  else socket.destroy();
}
