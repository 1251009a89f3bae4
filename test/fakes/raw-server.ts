/**
 * A server that says whatever bytes a test wants, on a free port of loopback: how hostile endpoints are
 * played. It counts connections and can wait until all of them are closed again, which shows that a probe
 * left no socket behind.
 */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

export type RawServer = AsyncDisposable & {
  readonly port: number;
  /** Connections accepted so far. */
  readonly connections: () => number;
  readonly requests: () => readonly string[];
  /** Resolves once no connection is open. */
  readonly idle: () => Promise<void>;
};

export async function rawServer(
  onConnection: (socket: Socket) => void,
  options: { readonly host?: string; readonly port?: number; readonly tls?: TlsOptions } = {},
): Promise<RawServer> {
  const open = new Set<Socket>();
  const requests: string[] = [];
  let accepted = 0;
  let waiting: (() => void)[] = [];
  const settle = (): void => {
    if (open.size > 0) return;
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  const handle = (socket: Socket): void => {
    socket.on('error', () => undefined); // Probes hang up on hostile servers: expected here.
    socket.on('data', (bytes) => requests.push(bytes.toString('latin1')));
    onConnection(socket);
  };
  const server: Server = options.tls
    ? createTlsServer(options.tls, handle).on('tlsClientError', () => undefined)
    : createServer(handle);
  server.on('connection', (socket: Socket) => {
    accepted += 1;
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      open.delete(socket);
      settle();
    });
  });
  const listening = Promise.withResolvers<void>();
  server.on('error', listening.reject);
  server.listen(options.port ?? 0, options.host ?? '127.0.0.1', listening.resolve);
  await listening.promise;

  return {
    port: (server.address() as AddressInfo).port,
    connections: () => accepted,
    requests: () => requests,
    idle: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        settle();
      }),
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

/** Answers each connection's first bytes with `text`, then ends, resets or keeps the connection. */
export const answering =
  (text: string | Buffer, then: 'end' | 'keep' = 'end') =>
  (socket: Socket): void => {
    socket.once('data', () => {
      if (then === 'end') socket.end(text);
      else socket.write(text);
    });
  };

/** Answers by the request's path. */
export const routing =
  (routes: Readonly<Record<string, string>>) =>
  (socket: Socket): void => {
    socket.once('data', (bytes) => {
      const path = bytes.toString('latin1').split(' ')[1] ?? '';
      socket.end(routes[path] ?? httpText(404));
    });
  };

/** Sends `head`, then `piece` over and over, as fast as the other side reads. */
export const pouring =
  (head: string, piece: string) =>
  (socket: Socket): void => {
    const flood = Buffer.from(piece.repeat(Math.ceil(32_768 / piece.length)));
    const pour = (): void => {
      while (!socket.destroyed && socket.write(flood));
    };
    socket.on('drain', pour);
    socket.once('data', () => {
      socket.write(head);
      pour();
    });
  };

export const httpText = (
  status: number,
  body = '',
  headers: Readonly<Record<string, string>> = {},
): string => {
  const lines = Object.entries({ 'content-length': `${Buffer.byteLength(body)}`, ...headers });
  return `HTTP/1.1 ${status} Text\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
};
