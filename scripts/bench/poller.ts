/**
 * Asks one name server over UDP, every `ASK_EVERY_MS` for each subject that is being watched, and keeps
 * every answer with the instant it came. One socket for all, no retry and no cache: an answer is what
 * that server said then; a lost one leaves a wider bracket and is never made up.
 */
import { createSocket, type Socket } from 'node:dgram';
import { performance } from 'node:perf_hooks';
import * as packet from 'dns-packet';
import type { Subject } from './contender.ts';
import type { Answer } from './trace.ts';

/** Node's timers come up to some ms late: asked for 15, so that 20 is kept. */
export const ASK_EVERY_MS = 15;
const IDS = 0x1_0000;

export type Watch = Disposable & {
  readonly answers: readonly Answer[];
};

export type Poller = AsyncDisposable & {
  /** Asks from now on, until disposed. */
  readonly watch: (subject: Subject) => Watch;
};

/** Epoch ms with fractions, monotonic: a clock that is set meanwhile changes no duration. */
export const benchNow = (): number => performance.timeOrigin + performance.now();

type Watched = { readonly subject: Subject; readonly query: Buffer; readonly answers: Answer[] };

export async function openPoller(dns: {
  readonly host: string;
  readonly port: number;
}): Promise<Poller> {
  const socket = await connected(dns);
  const watched = new Set<Watched>();
  const asked = new Map<number, Watched>();
  let id = 0;

  socket.on('message', (bytes) => {
    const at = benchNow();
    const one = bytes.length < 2 ? undefined : asked.get(bytes.readUInt16BE(0));
    const addresses = one && addressesOf(bytes);
    if (!one || !addresses || addresses.length === 0) return;
    asked.delete(bytes.readUInt16BE(0));
    const names = addresses.includes(one.subject.address);
    one.answers.push({ at, names, namesOnly: names && new Set(addresses).size === 1 });
  });
  // A server that is gone shows as a subject that never moves.
  socket.on('error', () => undefined);

  const timer = setInterval(() => {
    for (const one of watched) {
      id = (id + 1) % IDS;
      asked.set(id, one);
      one.query.writeUInt16BE(id, 0);
      // Copied, as the next question overwrites the id before this one may have left.
      socket.send(Buffer.from(one.query), () => undefined);
    }
  }, ASK_EVERY_MS);

  return {
    watch(subject) {
      const one: Watched = { subject, query: queryOf(subject.name), answers: [] };
      watched.add(one);
      return { answers: one.answers, [Symbol.dispose]: () => void watched.delete(one) };
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}

const connected = ({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', reject);
    socket.connect(port, host, () => {
      socket.removeListener('error', reject);
      resolve(socket);
    });
  });

const queryOf = (name: string): Buffer =>
  packet.encode({ type: 'query', id: 0, flags: 0, questions: [{ type: 'A', name, class: 'IN' }] });

function addressesOf(bytes: Buffer): readonly string[] | undefined {
  try {
    return (packet.decode(bytes).answers ?? []).flatMap((answer) =>
      answer.type === 'A' ? [answer.data] : [],
    );
  } catch {
    return undefined; // Not a DNS message: no answer.
  }
}
