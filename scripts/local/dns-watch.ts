/**
 * Asks the world's own name server, again and again, what it answers for each service: the picture on
 * the screen and the proof behind `ready`. Real queries, as a resolver would send them.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Service } from '../../shared/core/model.ts';
import { type AnswerWindow, answerWindow } from './answer-window.ts';
import { ask } from './dns-client.ts';
import type { AnswerShare } from './world-state.ts';

export type NameServer = { readonly host: string; readonly port: number };

export type DnsWatch = AsyncDisposable & {
  readonly shares: () => ReadonlyMap<string, readonly AnswerShare[]>;
  /** Was this ever answered for the service? */
  readonly hasAnswered: (service: string, answer: string) => boolean;
};

const ANSWERS_SHOWN = 60;

export function watchDns({
  services,
  nameServer,
  periodMs,
  onTurn,
}: {
  readonly services: readonly Service[];
  readonly nameServer: NameServer;
  /** Real milliseconds between two turns; each asks one question per service. */
  readonly periodMs: number;
  readonly onTurn: () => void;
}): DnsWatch {
  const stop = new AbortController();
  const windows = new Map<string, AnswerWindow>(
    services.map((service) => [service.id, answerWindow(ANSWERS_SHOWN)]),
  );
  const seen = new Set<string>();

  const look = async ({ id, names, types }: Service): Promise<void> => {
    const [name] = names;
    const [type] = types;
    if (name === undefined || type === undefined) return;
    const { host, port } = nameServer;
    const { answers = [] } = await ask(port, name, type, { host });
    for (const answer of answers) {
      if (answer.type !== type) continue;
      windows.get(id)?.add(answer.data);
      seen.add(`${id} ${answer.data}`);
    }
  };
  const watching = (async () => {
    while (!stop.signal.aborted) {
      // A name server that doesn't answer shows as shares that no longer move.
      await Promise.all(services.map((service) => look(service).catch(() => undefined)));
      if (stop.signal.aborted) return;
      onTurn();
      await pause(periodMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();

  return {
    shares: () => new Map([...windows].map(([service, window]) => [service, window.shares()])),
    hasAnswered: (service, answer) => seen.has(`${service} ${answer}`),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await watching;
    },
  };
}
