/**
 * A hosted zone over time: what the API reads (`current`) and what name servers answer (`served`).
 * A batch is current at once and served after the delay, strictly in the order of acceptance. Time is
 * an argument, nothing here has a timer, so the same ledger stands behind the fake and the server.
 */
import type { ZoneRecord } from '../../shared/core/zone-record.ts';
import {
  applyBatch,
  type BatchOptions,
  type BatchOutcome,
  type EngineChange,
  type HostedZone,
  hostedZone,
  listRecords,
} from './zone-engine.ts';

export const CHANGES_REMEMBERED_MAX = 10_000;

export type Submission =
  | { readonly kind: 'accepted'; readonly changeId: string }
  | Extract<BatchOutcome, { kind: 'refused' }>;

export type ChangeInfo = {
  readonly status: 'PENDING' | 'INSYNC';
  readonly submittedAt: number;
  readonly comment: string;
};

export type ZoneLedger = {
  readonly id: string;
  readonly name: string;
  readonly current: () => HostedZone;
  readonly records: () => readonly ZoneRecord[];
  readonly served: (now: number) => readonly ZoneRecord[];
  readonly submit: (
    changes: readonly EngineChange[],
    now: number,
    options?: BatchOptions & { readonly comment?: string; readonly delayMs?: number },
  ) => Submission;
  /** A control plane that accepts, answers with an id, and forgets: nothing changes. */
  readonly submitAndForget: (
    changes: readonly EngineChange[],
    options?: BatchOptions,
  ) => Submission;
  /** undefined: `NoSuchChange`. */
  readonly change: (changeId: string, now: number) => ChangeInfo | undefined;
  /** The control plane moves and loses what was not served yet: the zone goes back, ids are forgotten. */
  readonly strandPending: (now: number) => void;
  /** Counts each batch that came to be served. */
  readonly servedCount: (now: number) => number;
  /** When the oldest pending change will be served; undefined where none is pending. */
  readonly nextServedAt: (now: number) => number | undefined;
};

type Pending = {
  readonly changeId: string;
  readonly at: number;
  readonly delayMs: number | undefined;
  readonly after: HostedZone;
};

export function zoneLedger(start: {
  readonly id: string;
  readonly name: string;
  readonly records?: readonly ZoneRecord[];
  readonly insyncDelayMs: () => number;
  readonly nextChangeId: () => string;
}): ZoneLedger {
  let current = hostedZone(start);
  let served = current;
  let servedCount = 0;
  let pending: Pending[] = [];
  const infos = new Map<string, { readonly submittedAt: number; readonly comment: string }>();

  // The delay is asked for anew each time: when a slow INSYNC heals, what waits is served.
  const dueAt = (change: Pending): number => change.at + (change.delayMs ?? start.insyncDelayMs());
  const settle = (now: number): void => {
    for (let first = pending[0]; first && dueAt(first) <= now; first = pending[0]) {
      served = first.after;
      servedCount += 1;
      pending.shift();
    }
  };

  return {
    id: start.id,
    name: current.name,
    current: () => current,
    records: () => listRecords(current),
    served: (now) => {
      settle(now);
      return listRecords(served);
    },
    submit: (changes, now, options = {}) => {
      settle(now);
      const outcome = applyBatch(current, changes, options);
      if (outcome.kind === 'refused') return outcome;
      const changeId = start.nextChangeId();
      current = outcome.zone;
      pending.push({ changeId, at: now, delayMs: options.delayMs, after: current });
      infos.set(changeId, { submittedAt: now, comment: options.comment ?? '' });
      const [oldest] = infos.keys();
      if (infos.size > CHANGES_REMEMBERED_MAX && oldest !== undefined) infos.delete(oldest);
      settle(now);
      return { kind: 'accepted', changeId };
    },
    submitAndForget: (changes, options = {}) => {
      const outcome = applyBatch(current, changes, options);
      return outcome.kind === 'refused'
        ? outcome
        : { kind: 'accepted', changeId: start.nextChangeId() };
    },
    change: (changeId, now) => {
      settle(now);
      const info = infos.get(changeId);
      if (info === undefined) return undefined;
      const isPending = pending.some((change) => change.changeId === changeId);
      return { ...info, status: isPending ? 'PENDING' : 'INSYNC' };
    },
    strandPending: (now) => {
      settle(now);
      for (const { changeId } of pending) infos.delete(changeId);
      pending = [];
      current = served;
    },
    servedCount: (now) => {
      settle(now);
      return servedCount;
    },
    nextServedAt: (now) => {
      settle(now);
      const [first] = pending;
      return first && dueAt(first);
    },
  };
}
