/**
 * What the local Route 53 did: the last batches, by the API and by hand, and counts of what it answered.
 * Bounded, oldest first; a listener hears of each batch at once.
 */
import type { Clock } from '../../shared/ports.ts';
import type { EngineChange } from './zone-engine.ts';
import type { Submission } from './zone-ledger.ts';

const BATCHES_LOGGED_MAX = 1_000;

export type LoggedBatch = {
  readonly at: number;
  readonly by: 'api' | 'console';
  readonly zone: string;
  readonly accepted: boolean;
  readonly changeId?: string;
  readonly comment: string;
  readonly changes: readonly EngineChange[];
  readonly messages: readonly string[];
};

export type Route53Counters = {
  /** By action, as IAM names it; `Unknown` for what is none. */
  readonly requests: Record<string, number>;
  accepted: number;
  refused: number;
  throttled: number;
  busy: number;
  /** Connections cut by a fault. */
  cut: number;
  /** Answers 5xx. */
  failed: number;
};

export const noCounts = (): Route53Counters => ({
  requests: {},
  accepted: 0,
  refused: 0,
  throttled: 0,
  busy: 0,
  cut: 0,
  failed: 0,
});

export type JournalEntry = Pick<LoggedBatch, 'by' | 'zone' | 'comment' | 'changes'>;

export function batchJournal(
  clock: Clock,
  counters: Route53Counters,
): {
  readonly entries: readonly LoggedBatch[];
  readonly add: (batch: JournalEntry, outcome: Submission) => void;
  readonly on: (listener: (batch: LoggedBatch) => void) => void;
} {
  const entries: LoggedBatch[] = [];
  const listeners: ((batch: LoggedBatch) => void)[] = [];
  return {
    entries,
    on: (listener) => void listeners.push(listener),
    add: (batch, outcome) => {
      const isAccepted = outcome.kind === 'accepted';
      const entry: LoggedBatch = {
        at: clock.now(),
        ...batch,
        accepted: isAccepted,
        ...(isAccepted ? { changeId: outcome.changeId } : {}),
        messages: isAccepted ? [] : outcome.messages,
      };
      entries.push(entry);
      if (entries.length > BATCHES_LOGGED_MAX) entries.shift();
      counters[isAccepted ? 'accepted' : 'refused'] += 1;
      for (const listener of listeners) listener(entry);
    },
  };
}
