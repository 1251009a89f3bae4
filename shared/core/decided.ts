/**
 * Records and marks → what became of each decision: committed, lost, observed only, or open. Marks are
 * written by whoever saw it and may be missing; then the chain itself tells, since a record that names
 * another as its parent was made from a zone in which that one stood.
 */
import type { Digest, DigestOf, EpochMs } from './model.ts';
import { type DecisionRecord, isFound, type Mark, recordDigest, recordSortKey } from './record.ts';

export const DECIDED_OUTCOMES = ['committed', 'lost', 'observed', 'open'] as const;

export type Decided = {
  readonly record: DecisionRecord;
  readonly digest: Digest;
  /** observed: recorded only; open: not known yet. */
  readonly outcome: (typeof DECIDED_OUTCOMES)[number];
  readonly committedAt: EpochMs | null;
  readonly insyncAt: EpochMs | null;
  readonly seenAt: EpochMs | null;
  readonly changeId: string | null;
  readonly delivered: readonly { readonly channel: string; readonly at: EpochMs }[];
};

export const isObserved = ({ actor }: Pick<DecisionRecord, 'actor'>): boolean =>
  actor.startsWith('observed@');

/** `records` newest first, as they are stored; the result is in the same order. */
export function foldDecisions(
  records: readonly DecisionRecord[],
  marks: readonly Mark[],
  digestOf: DigestOf,
): readonly Decided[] {
  const marksOf = Map.groupBy(marks, recordSortKey);
  const parents = new Set(records.map(({ parent }) => parent));
  const placeOf = ({ generation, nonce }: DecisionRecord): string =>
    recordSortKey({ generation, nonce });
  // What was found in the zone was committed, and so was the record that was missing then and came late.
  const found = new Set(records.filter(isFound).map(placeOf));
  const folded = records.map((record): Decided => {
    const own = marksOf.get(placeOf(record)) ?? [];
    const digest = recordDigest(record, digestOf);
    const committed = earliest(own, 'committed');
    return {
      record,
      digest,
      outcome: isObserved(record)
        ? 'observed'
        : committed !== null || found.has(placeOf(record)) || parents.has(digest)
          ? 'committed'
          : earliest(own, 'lost') === null
            ? 'open'
            : 'lost',
      committedAt: committed?.at ?? null,
      insyncAt: earliest(own, 'insync')?.at ?? null,
      seenAt: earliest(own, 'seen')?.at ?? null,
      changeId: committed?.detail || null,
      delivered: own
        .filter(({ kind }) => kind === 'delivered')
        .sort((a, b) => a.at - b.at)
        // One mark per region names every channel that it told.
        .flatMap(({ detail, at }) => detail.split(' ').map((channel) => ({ channel, at }))),
    };
  });
  const taken = new Map(
    folded.flatMap(({ record, outcome }) =>
      outcome === 'committed' ? [[record.generation, record.nonce] as const] : [],
    ),
  );
  return folded.map((one) => {
    const winner = taken.get(one.record.generation);
    const isBeaten = one.outcome === 'open' && winner !== undefined && winner !== one.record.nonce;
    return isBeaten ? { ...one, outcome: 'lost' } : one;
  });
}

function earliest(marks: readonly Mark[], kind: Mark['kind']): Mark | null {
  return marks.reduce<Mark | null>(
    (first, mark) => (mark.kind === kind && (first === null || mark.at < first.at) ? mark : first),
    null,
  );
}
