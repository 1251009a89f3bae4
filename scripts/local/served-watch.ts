/**
 * Calls its listeners once for each batch of a ledger that came to be served. One sleep at a time, on
 * the given clock; whoever changes what is due says `look`, and nothing is left behind after `stop`.
 */
import type { Clock } from '../../shared/ports.ts';
import type { ZoneLedger } from './zone-ledger.ts';

export type ServedWatch = {
  readonly look: () => void;
  readonly on: (listener: () => void) => void;
  readonly stop: () => void;
};

export function servedWatch(ledger: ZoneLedger, clock: Clock): ServedWatch {
  const listeners: (() => void)[] = [];
  let told = 0;
  let sleeping = new AbortController();
  let isStopped = false;

  const look = (): void => {
    sleeping.abort();
    if (isStopped) return;
    const now = clock.now();
    const count = ledger.servedCount(now);
    for (; told < count; told += 1) for (const listener of listeners) listener();
    const dueAt = ledger.nextServedAt(now);
    if (dueAt === undefined || !Number.isFinite(dueAt)) return;
    sleeping = new AbortController();
    // A sleep that ends by abort has been replaced by another, or by the end.
    clock.sleep(Math.max(1, dueAt - now), sleeping.signal).then(look, () => undefined);
  };

  return {
    look,
    on: (listener) => void listeners.push(listener),
    stop: () => {
      isStopped = true;
      sleeping.abort();
    },
  };
}
