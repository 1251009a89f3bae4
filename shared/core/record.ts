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
  /** Of a first generation: the last record of the history that a release, or a lost fence, ended. */
  readonly earlier?: Digest;
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
  /** Where an operator's wish came in: `api@<region> <address>` or `cli@<host>`. */
  readonly via?: string;
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
  readonly weight?: number | null;
  readonly afterwards?: string;
  /** The rules that it was told to pass, by name. */
  readonly force?: readonly string[];
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

/** What stands for a record that is missing: made from the zone, so it is what stood there. */
export const isFound = ({ actor }: Pick<DecisionRecord, 'actor'>): boolean =>
  actor.startsWith('found@');

/**
 * Where a record stands. What a region found has a place of its own beside the record that it misses: that
 * one may be there all the time, in regions that this one does not hear of, and so may what another region
 * found; of one item the last writer would win.
 */
export const recordSortKey = ({
  generation,
  nonce,
  actor = '',
}: Pick<DecisionRecord, 'generation' | 'nonce'> & { readonly actor?: string }): string =>
  `${String(generation).padStart(10, '0')}#${nonce}${isFound({ actor }) ? `#${actor}` : ''}`;

/** Canonical text: keys sorted, so that equal records have equal digests everywhere. */
export const recordDigest = (record: DecisionRecord, digestOf: DigestOf): Digest =>
  digestOf(`record ${canonicalText(record)}`);
