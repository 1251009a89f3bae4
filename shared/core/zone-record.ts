/**
 * Records as read from a zone. Everything Route 53 gave is kept, known or not, because a DELETE must
 * equal the record in every field and a CREATE carries over each field that Quorate does not own.
 */
import { byText, type EpochMs, type RecordType } from './model.ts';

export type AliasTarget = {
  readonly name: string;
  readonly zone: string;
  readonly evaluateTargetHealth: boolean;
};

export type ZoneRecord = {
  /** Lower case, no final dot, octal escapes undone (`*`, not `\052`). */
  readonly name: string;
  readonly type: string;
  readonly setIdentifier?: string;
  readonly weight?: number;
  readonly ttlSeconds?: number;
  /** As in the zone: TXT values keep their quotes and escapes. */
  readonly values?: readonly string[];
  readonly alias?: AliasTarget;
  readonly healthCheckId?: string;
  /** Fields this code has no word for, by their API name, byte for byte. */
  readonly other?: Readonly<Record<string, unknown>>;
};

/** A read of one stretch of a zone: current, PENDING changes included, but no snapshot (pages). */
export type ZoneRead = {
  readonly records: readonly ZoneRecord[];
  /** The server's clock (`Date` header) at the last page, null where it gave none. */
  readonly serverAt: EpochMs | null;
  readonly readAt: EpochMs;
};

export type Change = { readonly action: 'DELETE' | 'CREATE'; readonly record: ZoneRecord };

export const recordKey = (record: Pick<ZoneRecord, 'name' | 'type' | 'setIdentifier'>): string =>
  `${record.name} ${record.type} ${record.setIdentifier ?? ''}`;

/** Order-independent text of a record: equal texts mean that an exact DELETE would match. */
export function recordText(record: ZoneRecord): string {
  return JSON.stringify([
    record.name,
    record.type,
    record.setIdentifier ?? null,
    record.weight ?? null,
    record.ttlSeconds ?? null,
    record.values ? [...record.values].sort(byText) : null,
    record.alias ? [record.alias.name, record.alias.zone, record.alias.evaluateTargetHealth] : null,
    record.healthCheckId ?? null,
    record.other ? sortedEntries(record.other) : null,
  ]);
}

function sortedEntries(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedEntries);
  if (value === null || typeof value !== 'object') return value;
  return Object.entries(value)
    .sort(([a], [b]) => byText(a, b))
    .map(([key, item]) => [key, sortedEntries(item)]);
}

/** Route 53 lists by reversed labels, then type, then set identifier [ListResourceRecordSets]. The
 *  final dot counts: `app-b` comes before `app`, as a hyphen comes before a dot in ASCII. */
export const listingOrder = (name: string): string => `${name.split('.').reverse().join('.')}.`;

export const isManagedType = (type: string): type is RecordType =>
  type === 'A' || type === 'AAAA' || type === 'CNAME';
