/**
 * Decision records: the immutable audit of one intended commit, chained by digest. The digest of the
 * last committed record stands in the fence, so public DNS anchors the chain.
 */

import { canonicalText } from './canonical.ts';
import type { Digest, DigestOf, EpochMs, Nonce, ServiceId, VantageId } from './model.ts';

export type DecisionRecord = {
  readonly format: 1;
  readonly service: ServiceId;
  readonly generation: number;
  readonly nonce: Nonce;
  /** Digest of the record that the replaced fence named; null at the first generation. */
  readonly parent: Digest | null;
  readonly region: VantageId;
  /** `quorum@region`, `order <id>@region`, or the operator's identity. */
  readonly actor: string;
  readonly at: EpochMs;
  readonly config: string;
  /** What was decided, per endpoint, with its sentence and the tally per vantage. */
  readonly lines: readonly RecordLine[];
  readonly sentences: readonly string[];
  /** The plan's text, and its checksum. */
  readonly plan: string;
  readonly checksum: string;
  readonly outbox: readonly string[];
  /** The order this commit carries, whole: the fence holds only its digest. */
  readonly order?: RecordOrder;
};
export type RecordLine = {
  readonly endpoint: string;
  readonly verdict: string;
  readonly from: number;
  readonly to: number;
  readonly code: string;
  readonly sentence: string;
  readonly votes: Readonly<Record<string, string>>;
};
export type RecordOrder = {
  readonly id: string;
  readonly kind: string;
  readonly scope: string;
  readonly actor: string;
  readonly reason: string;
  readonly fromAt: EpochMs;
  readonly untilAt: EpochMs;
};

export type MarkKind = 'committed' | 'lost' | 'insync' | 'seen' | 'delivered' | 'found';
export type Mark = {
  readonly service: ServiceId;
  readonly generation: number;
  readonly nonce: Nonce;
  readonly kind: MarkKind;
  readonly region: VantageId;
  readonly at: EpochMs;
  readonly detail: string;
};

export const recordSortKey = (record: Pick<DecisionRecord, 'generation' | 'nonce'>): string =>
  `${String(record.generation).padStart(10, '0')}#${record.nonce}`;

/** Canonical text: keys sorted, so that equal records have equal digests everywhere. */
export const recordDigest = (record: DecisionRecord, digestOf: DigestOf): Digest =>
  digestOf(`record ${canonicalText(record)}`);

export type Chain =
  | {
      readonly kind: 'whole';
      /** Newest first: the committed records from the fence back to the first. */
      readonly committed: readonly DecisionRecord[];
      /** Records of lost races: listed, not anchored. */
      readonly sideBranches: readonly DecisionRecord[];
    }
  | { readonly kind: 'broken'; readonly generation: number; readonly why: string };

/** Walks from the digest in the fence back to the first generation. */
export function verifyChain(
  records: readonly DecisionRecord[],
  anchor: { readonly generation: number; readonly record: Digest },
  digestOf: DigestOf,
): Chain {
  const byDigest = new Map(records.map((record) => [recordDigest(record, digestOf), record]));
  const committed: DecisionRecord[] = [];
  let wanted: Digest | null = anchor.record;
  let generation = anchor.generation;
  while (wanted !== null) {
    const record = byDigest.get(wanted);
    if (record === undefined) {
      return {
        kind: 'broken',
        generation,
        why: `no record has the digest ${wanted}: it was edited or deleted`,
      };
    }
    if (record.generation !== generation) {
      return { kind: 'broken', generation, why: `its record says generation ${record.generation}` };
    }
    committed.push(record);
    wanted = record.parent;
    generation -= 1;
  }
  if (generation !== 0) {
    return { kind: 'broken', generation, why: 'the chain ends before the first generation' };
  }
  const anchored = new Set(committed);
  return {
    kind: 'whole',
    committed,
    sideBranches: records.filter((record) => !anchored.has(record)),
  };
}
