/**
 * A small DNS client for drills and tests: one question to one server, over UDP or TCP, one decoded
 * answer. No cache, no retry, no second server: what it returns is what that server said.
 */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import * as packet from 'dns-packet';

export type AskOptions = {
  readonly host?: string;
  readonly tcp?: boolean;
  /** Sends an OPT record with this UDP payload size. */
  readonly ednsSize?: number;
  /** Default: 2 s. */
  readonly timeoutMs?: number;
};

/** `rcode`, `flag_aa` and `flag_tc` are what `dns-packet` reads from the flags. */
export type DnsReply = packet.DecodedPacket & { readonly rcode: string };

export async function ask(
  port: number,
  name: string,
  type: string,
  options: AskOptions = {},
): Promise<DnsReply> {
  const id = randomInt(0x1_0000);
  const query = packet.encode({
    type: 'query',
    id,
    flags: 0,
    questions: [{ name, type: type as packet.RecordType, class: 'IN' }],
    additionals: options.ednsSize === undefined ? [] : [optOf(options.ednsSize)],
  });
  const bytes = await exchange(port, query, options);
  return packet.decode(bytes) as DnsReply;
}

/** The addresses of an answer, in its order. */
export async function askAddresses(
  port: number,
  name: string,
  type: 'A' | 'AAAA' = 'A',
  options: AskOptions = {},
): Promise<readonly string[]> {
  const { answers = [] } = await ask(port, name, type, options);
  return answers.flatMap((answer) =>
    answer.type === type && typeof answer.data === 'string' ? [answer.data] : [],
  );
}

/** Any bytes out, the bytes of the first reply with the same id back. */
export function exchange(port: number, query: Buffer, options: AskOptions = {}): Promise<Buffer> {
  const { host = '127.0.0.1', timeoutMs = 2_000 } = options;
  const isOurs = (reply: Buffer): boolean =>
    reply.length >= 2 && query.length >= 2 && reply.readUInt16BE(0) === query.readUInt16BE(0);
  const late = (): Error => new Error(`no DNS answer from ${host}:${port} within ${timeoutMs} ms`);
  return options.tcp === true
    ? overTcp(host, port, query, timeoutMs, late)
    : overUdp(host, port, query, timeoutMs, late, isOurs);
}

const overUdp = (
  host: string,
  port: number,
  query: Buffer,
  timeoutMs: number,
  late: () => Error,
  isOurs: (reply: Buffer) => boolean,
): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      socket.close();
      act();
    };
    const timer = setTimeout(() => settle(() => reject(late())), timeoutMs);
    socket.once('error', (error) => settle(() => reject(error)));
    socket.on('message', (reply) => {
      if (isOurs(reply)) settle(() => resolve(reply));
    });
    // Connected, so that a closed port is heard of at once.
    socket.connect(port, host, () => socket.send(query));
  });

const overTcp = (
  host: string,
  port: number,
  query: Buffer,
  timeoutMs: number,
  late: () => Error,
): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, host);
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      socket.destroy();
      act();
    };
    const timer = setTimeout(() => settle(() => reject(late())), timeoutMs);
    let held: Buffer = Buffer.alloc(0);
    socket.once('error', (error) => settle(() => reject(error)));
    socket.once('close', () =>
      settle(() => reject(new Error(`${host}:${port} closed the connection without a DNS answer`))),
    );
    socket.on('data', (chunk) => {
      held = Buffer.concat([held, chunk as Buffer]);
      if (held.length < 2 || held.length < 2 + held.readUInt16BE(0)) return;
      const reply = held.subarray(2, 2 + held.readUInt16BE(0));
      settle(() => resolve(reply));
    });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(query.length);
    socket.write(Buffer.concat([length, query]));
  });

const optOf = (udpPayloadSize: number): packet.OptAnswer => ({
  type: 'OPT',
  name: '.',
  udpPayloadSize,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
});
