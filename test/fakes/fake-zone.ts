/**
 * The `Zone` port over the local zone engine, without HTTP: AWS's exact DELETE, atomic batches and
 * PENDING → INSYNC, plus the outcomes that a test asks for, one per commit or read and in order.
 * It has no timers: what is late or pending comes due when its clock says so and somebody looks.
 */

import type { EngineChange } from '../../scripts/local/zone-engine.ts';
import { type ZoneLedger, zoneLedger } from '../../scripts/local/zone-ledger.ts';
import { compareNames, normalName } from '../../scripts/local/zone-name.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import type { ZoneRef } from '../../shared/core/model.ts';
import { epochMs } from '../../shared/core/model.ts';
import type { Change, ZoneRecord } from '../../shared/core/zone-record.ts';
import type { Clock, CommitReply, Zone } from '../../shared/ports.ts';

/** What the next commit meets. `late`: the reply is lost at once, the effect comes `afterMs` later or
 *  with `land()`. `stranded`: accepted, then forgotten. */
export type CommitFault =
  | 'throttled'
  | 'busy'
  | 'access-denied'
  | 'no-such-zone'
  | 'invalid-input'
  | 'unknown-before-effect'
  | 'unknown-after-effect'
  | 'stranded'
  | { readonly kind: 'late'; readonly afterMs: number };

export type ReadFault = 'throttled' | 'unavailable' | 'access-denied';

export type LoggedCommit = {
  readonly at: number;
  readonly changes: readonly Change[];
  readonly comment: string;
  readonly reply: CommitReply;
  readonly fault?: CommitFault;
};

export type FakeZone = Zone & {
  /** What the API reads, SOA and NS of the zone left out, in listing order. */
  readonly records: () => readonly ZoneRecord[];
  /** What name servers answer from. */
  readonly served: () => readonly ZoneRecord[];
  /** A console edit; throws with the zone's messages when refused. */
  readonly edit: (changes: readonly EngineChange[]) => void;
  readonly failNext: (...faults: readonly CommitFault[]) => void;
  readonly failNextRead: (...faults: readonly ReadFault[]) => void;
  /** Runs before the next commit is judged: the place for another writer. */
  readonly beforeNextCommit: (run: () => void | Promise<void>) => void;
  /** Late effects happen now, due or not. */
  readonly land: () => void;
  /** The control plane loses what is still PENDING. */
  readonly strandPending: () => void;
  /** undefined: as the clock and `insyncDelayMs` say. */
  readonly setChangeStatus: (
    changeId: string,
    status: 'pending' | 'insync' | 'stranded' | undefined,
  ) => void;
  /** Every commit, refused ones included, oldest first. */
  readonly commits: readonly LoggedCommit[];
  readonly reads: () => number;
};

export function fakeZone(options: {
  readonly clock: Clock;
  readonly name?: string;
  readonly id?: string;
  readonly records?: readonly ZoneRecord[];
  readonly insyncDelayMs?: number;
  readonly protectedNames?: readonly string[];
  /** The server's clock minus ours; null where the reply has no `Date`. */
  readonly serverAheadMs?: number | null;
  /** Awaited before each call and before its answer: a scheduler's place to interleave. */
  readonly pause?: (what: string) => Promise<void>;
}): FakeZone {
  const { clock, insyncDelayMs = 0, serverAheadMs = 0, protectedNames = [] } = options;
  const pause = options.pause ?? (async () => undefined);
  let changeCount = 0;
  const ledger: ZoneLedger = zoneLedger({
    id: options.id ?? 'Z0123456789ABCDEFGHIJ',
    name: options.name ?? 'example.test',
    records: options.records ?? [],
    insyncDelayMs: () => insyncDelayMs,
    nextChangeId: () => {
      changeCount += 1;
      return `C${String(changeCount).padStart(13, '0')}`;
    },
  });
  const commitFaults: CommitFault[] = [];
  const readFaults: ReadFault[] = [];
  const hooks: (() => void | Promise<void>)[] = [];
  const commits: LoggedCommit[] = [];
  const statuses = new Map<string, 'pending' | 'insync' | 'stranded'>();
  let late: { readonly dueAt: number; readonly changes: readonly Change[] }[] = [];
  let readCount = 0;

  const landDue = (until: number): void => {
    const due = late.filter(({ dueAt }) => dueAt <= until);
    late = late.filter(({ dueAt }) => dueAt > until);
    // A late batch may lose by now: then it just has no effect, as on AWS.
    for (const { dueAt, changes } of due)
      ledger.submit(changes, Math.min(dueAt, clock.now()), { protectedNames });
  };
  const isOwn = ({ name, type }: ZoneRecord): boolean =>
    name === ledger.name && (type === 'SOA' || type === 'NS');

  const submit = (changes: readonly Change[], comment: string): CommitReply => {
    const outcome = ledger.submit(changes, clock.now(), { protectedNames, comment });
    if (outcome.kind === 'accepted') return outcome;
    return outcome.code === 'InvalidInput'
      ? { kind: 'denied', code: 'invalid-input', message: outcome.messages.join(', ') }
      : { kind: 'refused', messages: outcome.messages };
  };

  const reply = (
    changes: readonly Change[],
    comment: string,
    fault: CommitFault | undefined,
  ): CommitReply => {
    if (typeof fault === 'object') {
      late.push({ dueAt: clock.now() + fault.afterMs, changes });
      return { kind: 'unknown', message: 'no answer within the deadline' };
    }
    switch (fault) {
      case undefined:
        return submit(changes, comment);
      case 'throttled':
        return { kind: 'throttled' };
      case 'busy':
        return { kind: 'busy' };
      case 'access-denied':
        return { kind: 'denied', code: fault, message: 'User is not authorized' };
      case 'no-such-zone':
        return {
          kind: 'denied',
          code: fault,
          message: `No hosted zone found with ID: ${ledger.id}`,
        };
      case 'invalid-input':
        return { kind: 'denied', code: fault, message: 'Invalid request' };
      case 'unknown-before-effect':
        return { kind: 'unknown', message: 'socket hang up' };
      case 'unknown-after-effect':
        submit(changes, comment);
        return { kind: 'unknown', message: 'socket hang up' };
      case 'stranded': {
        const outcome = ledger.submitAndForget(changes, { protectedNames });
        if (outcome.kind === 'refused') return { kind: 'refused', messages: outcome.messages };
        statuses.set(outcome.changeId, 'stranded');
        return outcome;
      }
    }
  };

  const knownZone = (zone: ZoneRef): boolean => zone.id === ledger.id;

  return {
    read: async (zone, { from, to }, signal) => {
      await pause('read');
      if (signal.aborted) throw endedFirst(signal);
      readCount += 1;
      landDue(clock.now());
      const fault = readFaults.shift();
      if (fault === 'throttled') throw new QuorateError('ZONE_THROTTLED', 'Rate exceeded');
      if (fault === 'unavailable') throw new QuorateError('ZONE_UNAVAILABLE', 'socket hang up');
      if (fault === 'access-denied')
        throw new QuorateError('ACCESS_DENIED', 'User is not authorized');
      if (!knownZone(zone))
        throw new QuorateError('NOT_FOUND', `No hosted zone found with ID: ${zone.id}`);
      const [first, last] = [normalName(from), normalName(to)];
      const records = ledger
        .records()
        .filter(({ name }) => compareNames(name, first) >= 0 && compareNames(name, last) <= 0);
      const at = clock.now();
      const serverAt = serverAheadMs === null ? null : epochMs(at + serverAheadMs);
      await pause('read answered');
      return { records, serverAt, readAt: epochMs(clock.now()) };
    },

    commit: async (zone, changes, comment, signal) => {
      await pause('commit');
      await hooks.shift()?.();
      landDue(clock.now());
      const fault = commitFaults.shift();
      const answer: CommitReply = signal.aborted
        ? { kind: 'unknown', message: 'aborted' }
        : knownZone(zone)
          ? reply(changes, comment, fault)
          : reply(changes, comment, 'no-such-zone');
      commits.push({
        at: clock.now(),
        changes,
        comment,
        reply: answer,
        ...(fault === undefined ? {} : { fault }),
      });
      await pause('commit answered');
      return answer;
    },

    changeStatus: async (_zone, changeId, signal) => {
      await pause('change status');
      if (signal.aborted) throw endedFirst(signal);
      const info = ledger.change(changeId, clock.now());
      const set = statuses.get(changeId);
      if (set !== undefined) return set;
      if (info === undefined) return 'stranded';
      return info.status === 'INSYNC' ? 'insync' : 'pending';
    },

    records: () => {
      landDue(clock.now());
      return ledger.records().filter((record) => !isOwn(record));
    },
    served: () => {
      landDue(clock.now());
      return ledger.served(clock.now()).filter((record) => !isOwn(record));
    },
    edit: (changes) => {
      const outcome = ledger.submit(changes, clock.now(), { protectedNames, delayMs: 0 });
      if (outcome.kind === 'refused') throw new Error(outcome.messages.join('; '));
    },
    failNext: (...faults) => void commitFaults.push(...faults),
    failNextRead: (...faults) => void readFaults.push(...faults),
    beforeNextCommit: (run) => void hooks.push(run),
    land: () => landDue(Number.POSITIVE_INFINITY),
    strandPending: () => ledger.strandPending(clock.now()),
    setChangeStatus: (changeId, status) => {
      if (status === undefined) statuses.delete(changeId);
      else statuses.set(changeId, status);
    },
    commits,
    reads: () => readCount,
  };
}

/** As the adapter says it: a read that the round did not wait for is no exception of another kind. */
const endedFirst = (signal: AbortSignal): QuorateError =>
  new QuorateError('ZONE_UNAVAILABLE', 'the round ended', { cause: signal.reason });
