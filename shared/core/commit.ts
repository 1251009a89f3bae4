/**
 * Draft → commit: the records before and after, and the fence's next state. A commit is what a plan has
 * to bring about, in one batch; it names every managed record, changed or not.
 */
import type { Draft, Facts, Line } from './draft.ts';
import { checkMark } from './endpoint-mark.ts';
import type { Fence, FenceEntry, Phase } from './fence.ts';
import { type Aids, byText, type Config, type OrderId } from './model.ts';
import { emptyGroup, weightAfter } from './rule-never-zero.ts';
import { relapsesAfterFall } from './rule-return.ts';
import type { Orphan } from './snapshot.ts';
import type { ZoneRecord } from './zone-record.ts';

/** One record before and after; null where it does not exist. Equal ones are asserted. */
export type RecordPair = { readonly before: ZoneRecord | null; readonly after: ZoneRecord | null };

/** What a plan has to bring about, fence included, but for generation, nonces and record digest. */
export type Commit = {
  readonly by: 'automation' | 'order' | 'operator';
  /** The order that begins or ends. */
  readonly order: OrderId | null;
  readonly records: readonly RecordPair[];
  readonly fence: Omit<Fence, 'generation' | 'nonce' | 'parentNonce' | 'record'>;
  readonly isRescue: boolean;
  /** The fence is deleted and none takes its place: nothing is managed from then on. */
  readonly isRelease?: true;
  /** An operator's words for this order ("for 2h"): what the checksum covers in place of its id and end,
   *  which the clock and a random key make another at each time of asking. */
  readonly asked?: { readonly order: OrderId; readonly text: string };
};

export type CommitInput = {
  readonly config: Pick<Config, 'packagedAt'>;
  readonly aids: Pick<Aids, 'digestOf'>;
};

/** Null where nothing has to change: neither a weight nor what the next decision must know. */
export function automatedCommit(draft: Draft, facts: Facts, input: CommitInput): Commit | null {
  const { fence, service, now } = facts;
  const entries = draft.lines.flatMap((line) => entryAfter(line, facts, input));
  // A decision holds while fewer than Q reports run under this configuration.
  const ownEntersFence = fence.config !== service.settings;
  const isChanged =
    ownEntersFence ||
    draft.lines.some((line) => line.to !== line.now) ||
    entries.some(({ before, after }) => isWorthACommit(before, after));
  if (!isChanged) return null;
  // A zone that a person left all zero: nothing that automation may write would be safe to assert.
  if (emptyGroup(draft, facts) !== null) return null;
  return {
    by: 'automation',
    order: null,
    records: pairsOf(draft.lines, facts.orphans),
    fence: {
      deployment: fence.deployment,
      asofAt: facts.asofAt,
      config: ownEntersFence ? service.settings : fence.config,
      packagedAt: ownEntersFence ? input.config.packagedAt : fence.packagedAt,
      rescuedAt: draft.isRescue ? now : fence.rescuedAt,
      entries: sortedEntries([
        ...entries.map(({ after }) => after),
        ...facts.orphans.map((orphan) => orphan.entry),
      ]),
      orders: fence.orders,
    },
    isRescue: draft.isRescue,
  };
}

export function pairsOf(lines: readonly Line[], orphans: readonly Orphan[]): readonly RecordPair[] {
  return [
    ...lines.flatMap((line) =>
      line.holding.records.map((record) => ({
        before: record,
        after: { ...record, weight: weightAfter(line, record) },
      })),
    ),
    ...orphans.flatMap((orphan) =>
      orphan.records.map((record) => ({ before: record, after: record })),
    ),
  ];
}

type EntryChange = { readonly before: FenceEntry; readonly after: FenceEntry };

function entryAfter(line: Line, facts: Facts, input: CommitInput): readonly EntryChange[] {
  const before = line.holding.entry;
  if (before === null) return [];
  const { now, service } = facts;
  const isUp = line.verdict.value === 'up' && line.holding.strange === null;
  const provenAs = isUp ? checkMark(line.holding.endpoint, input.aids.digestOf) : before.provenAs;
  const isMoved = line.to !== line.now;
  const proven = { ...before, provenAs };
  if (!isMoved && isSamePhase(line.phase, before.phase)) return [{ before, after: proven }];
  const isFall = isMoved && line.health === 'down';
  if (isFall) {
    const after: FenceEntry = {
      ...proven,
      weight: line.to as FenceEntry['weight'],
      phase: { kind: 'out' },
      changedAt: now,
      outAt: now,
      countedAt: line.move === 'removal' ? now : before.countedAt,
      relapses: relapsesAfterFall(before, service.policy, now),
      fullAt: null,
      approved: false,
    };
    return [{ before, after }];
  }
  const isBack = line.phase.kind === 'in' && before.phase.kind !== 'in';
  const after: FenceEntry = {
    ...proven,
    weight: (isMoved ? line.to : before.weight) as FenceEntry['weight'],
    phase: line.phase,
    changedAt: now,
    fullAt: isBack ? now : before.fullAt,
    waits: isBack ? false : before.waits,
    approved: isBack ? false : before.approved,
  };
  return [{ before, after }];
}

/** What the next decision of any region must know. Times that merely ran out wait for the next commit. */
const isWorthACommit = (before: FenceEntry, after: FenceEntry): boolean =>
  before.provenAs !== after.provenAs || !isSamePhase(before.phase, after.phase);

const isSamePhase = (a: Phase, b: Phase): boolean =>
  a.kind === b.kind && (a.kind !== 'ramp' || b.kind !== 'ramp' || a.step === b.step);

export const sortedEntries = (entries: readonly FenceEntry[]): readonly FenceEntry[] =>
  [...entries].sort((a, b) => byText(a.mark, b.mark));
