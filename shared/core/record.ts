/**
 * Decision records: the immutable audit of one intended commit, chained by digest. The digest of the
 * last committed record stands in the fence, so public DNS anchors the chain.
 */
import type { Digest, DigestOf, EpochMs, Nonce, ServiceId, VantageId } from './model.ts';
import { byText } from './model.ts';

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
  digestOf(canonical(record));

function canonical(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => byText(a, b));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
}
