/**
 * A TCP server that says exactly the bytes a test wants, well formed or not, to each HTTP request it
 * was sent. Counts the requests: a write must be sent once whatever it is answered.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export type Script = (socket: Socket, request: string) => void;

export type RawStub = AsyncDisposable & {
  readonly url: string;
  readonly requests: readonly string[];
};

export async function rawStub(script: Script): Promise<RawStub> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let text = '';
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const head = text.indexOf('\r\n\r\n');
      if (head < 0) return;
      const bodyBytes = Number(/^content-length: (\d+)/im.exec(text.slice(0, head))?.[1] ?? 0);
      if (text.length < head + 4 + bodyBytes) return;
      const request = text.slice(0, head + 4 + bodyBytes);
      text = text.slice(request.length);
      requests.push(request);
      script(socket, request);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const SERVER_DATE = 'Wed, 01 Jul 2026 00:00:02 GMT';

/** One whole answer, and the connection closed behind it. */
export const answer =
  (
    status: number,
    body: string | Buffer = '',
    headers: Readonly<Record<string, string>> = {},
  ): Script =>
  (socket) => {
    const bytes = Buffer.from(body);
    const lines = Object.entries({
      date: SERVER_DATE,
      'content-type': 'text/xml',
      connection: 'close',
      'content-length': String(bytes.length),
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`HTTP/1.1 ${status} Whatever\r\n${lines.join('')}\r\n`);
    socket.end(bytes);
  };

/** Bytes as they are, then the end of the connection. */
export const bytes =
  (text: string | Buffer): Script =>
  (socket) =>
    void socket.end(text);

/** Bytes as they are, then a reset. */
export const resetAfter =
  (text: string): Script =>
  (socket) => {
    if (text === '') socket.resetAndDestroy();
    else socket.write(text, () => socket.resetAndDestroy());
  };
