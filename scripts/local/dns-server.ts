/**
 * An authoritative DNS server on loopback, UDP and TCP on one port: sockets around `respond` and
 * `answerQuestion`. It reads the zones anew for each query, so what is served is what it answers, and
 * it outlives any bytes that are sent to it.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { answerQuestion, type DnsFacts, type DnsZone, type ResolveAlias } from './dns-answer.ts';
import { respond, type Transport } from './dns-wire.ts';

export type LocalDns = {
  readonly host: string;
  readonly port: number;
  /** Responses sent since the start. */
  readonly answered: () => number;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

const TCP_IDLE_MS = 10_000;
const TCP_CONNECTIONS_MAX = 200;
/** A free TCP port may be taken on UDP: with port 0 the next one is tried. */
const FREE_PORT_TRIES = 20;

export async function startDns(options: {
  /** As served now, SOA and NS included. */
  readonly zones: () => readonly DnsZone[];
  /** 0 ≤ x < 1 */
  readonly random: () => number;
  readonly resolveAlias: ResolveAlias;
  readonly port?: number;
  readonly host?: string;
}): Promise<LocalDns> {
  const { port: wanted = 0, host = '127.0.0.1', random, resolveAlias } = options;
  let answeredCount = 0;
  const reply = (query: Buffer, transport: Transport): Buffer | undefined => {
    const response = respond(query, transport, (question) => {
      const facts: DnsFacts = { zones: options.zones(), random, resolveAlias };
      return answerQuestion(question, facts);
    });
    if (response !== undefined) answeredCount += 1;
    return response;
  };

  const connections = new Set<Socket>();
  const { tcp, udp } = await bindBoth(wanted, host);
  const { port } = tcp.address() as AddressInfo;
  tcp.maxConnections = TCP_CONNECTIONS_MAX;
  tcp.on('connection', (socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    serveStream(socket, (query) => reply(query, 'tcp'));
  });
  udp.on('message', (query, from) => {
    const response = reply(query, 'udp');
    // A client that is gone by now is its own affair.
    if (response !== undefined) udp.send(response, from.port, from.address, () => undefined);
  });
  for (const listening of [tcp, udp]) listening.on('error', () => undefined);

  return {
    host,
    port,
    answered: () => answeredCount,
    [Symbol.asyncDispose]: async () => {
      for (const socket of connections) socket.destroy();
      await Promise.all([
        new Promise<void>((resolve) => tcp.close(() => resolve())),
        new Promise<void>((resolve) => udp.close(() => resolve())),
      ]);
    },
  };
}

/** Queries of one connection: two bytes of length before each (RFC 1035, 4.2.2). */
function serveStream(socket: Socket, reply: (query: Buffer) => Buffer | undefined): void {
  let held: Buffer = Buffer.alloc(0);
  socket.setTimeout(TCP_IDLE_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    held = Buffer.concat([held, chunk as Buffer]);
    while (held.length >= 2) {
      const end = 2 + held.readUInt16BE(0);
      if (held.length < end) return;
      const response = reply(held.subarray(2, end));
      held = held.subarray(end);
      // What deserves no answer will not be followed by anything that does.
      if (response === undefined) {
        socket.destroy();
        return;
      }
      const length = Buffer.alloc(2);
      length.writeUInt16BE(response.length);
      socket.write(Buffer.concat([length, response]));
    }
  });
}

async function bindBoth(
  wanted: number,
  host: string,
): Promise<{ readonly tcp: Server; readonly udp: UdpSocket }> {
  for (let tries = 1; ; tries += 1) {
    const tcp = await bindTcp(wanted, host);
    const { port } = tcp.address() as AddressInfo;
    try {
      return { tcp, udp: await bindUdp(port, host) };
    } catch (error) {
      await new Promise<void>((resolve) => tcp.close(() => resolve()));
      if (wanted !== 0 || tries === FREE_PORT_TRIES) throw error;
    }
  }
}

const bindTcp = (port: number, host: string): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (cause) => reject(cannotListen(cause, 'TCP', port, host)));
    server.listen(port, host, () => resolve(server));
  });

const bindUdp = (port: number, host: string): Promise<UdpSocket> =>
  new Promise((resolve, reject) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', (cause) => {
      socket.close();
      reject(cannotListen(cause, 'UDP', port, host));
    });
    socket.bind(port, host, () => resolve(socket));
  });

function cannotListen(
  cause: NodeJS.ErrnoException,
  transport: string,
  port: number,
  host: string,
): Error {
  const message =
    cause.code === 'EADDRINUSE'
      ? `port ${port} on ${host} is taken (${transport}), so DNS cannot be answered there: choose another port, or 0 for any free one`
      : `DNS cannot listen on ${host} port ${port} (${transport}): ${cause.message}`;
  return Object.assign(new Error(message, { cause }), { code: cause.code });
}
