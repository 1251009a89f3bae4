/**
 * What DNS answers, by asking: real UDP queries to a name server, for the screen, for `ready` and for
 * drills. In: a name and a type. Out: the values answered, in order. A lost datagram is asked again
 * twice; silence after that is an error, never an empty answer.
 */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { type Answer, decode, encode } from 'dns-packet';
import { byText } from '../../shared/core/model.ts';
import type { AnswerShare } from './world-state.ts';

export type NameServer = { readonly host: string; readonly port: number };
export type QueryType = 'A' | 'AAAA' | 'CNAME' | 'TXT';

const TRIES = 3;
const TRY_MS = 1000;

export async function askDns(
  server: NameServer,
  name: string,
  type: QueryType,
): Promise<readonly string[]> {
  let cause: unknown;
  for (let tried = 0; tried < TRIES; tried += 1) {
    try {
      return await askOnce(server, name, type);
    } catch (error) {
      cause = error;
    }
  }
  throw new Error(`no DNS answer from ${server.host}:${server.port} for ${name}`, { cause });
}

function askOnce(server: NameServer, name: string, type: QueryType): Promise<readonly string[]> {
  const id = randomInt(65_536);
  const socket = createSocket('udp4');
  return new Promise<readonly string[]>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('timed out')), TRY_MS);
    const finish = (act: () => void): void => {
      clearTimeout(timer);
      act();
    };
    socket.on('error', (error) => finish(() => reject(error)));
    socket.on('message', (message) => {
      const reply = decode(message);
      if (reply.id !== id) return;
      finish(() => resolve((reply.answers ?? []).filter(isOf(type)).map(answerText)));
    });
    const query = encode({ type: 'query', id, flags: 0, questions: [{ type, name }] });
    socket.send(query, server.port, server.host);
  }).finally(() => socket.close());
}

const isOf =
  (type: QueryType) =>
  (answer: Answer): boolean =>
    answer.type === type;

function answerText(answer: Answer): string {
  if (answer.type === 'TXT') return Buffer.concat([answer.data].flat().map(bytesOf)).toString();
  return 'data' in answer ? String(answer.data) : '';
}

const bytesOf = (part: string | Buffer): Buffer =>
  typeof part === 'string' ? Buffer.from(part) : part;

export type AnswerWindow = {
  readonly add: (answer: string) => void;
  /** Most frequent first, then A-Z. */
  readonly shares: () => readonly AnswerShare[];
};

/** The last `size` answers, counted: a moving picture of the shares. */
export function answerWindow(size: number): AnswerWindow {
  const answers: string[] = [];
  return {
    add(answer) {
      answers.push(answer);
      if (answers.length > size) answers.shift();
    },
    shares() {
      const counts = new Map<string, number>();
      for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
      return [...counts]
        .map(([answer, count]) => ({ answer, count }))
        .sort((a, b) => b.count - a.count || byText(a.answer, b.answer));
    },
  };
}
