/**
 * Records of the differential test, in Route 53's own shape and spelling (final dot, octal escapes):
 * what identifies one, what must be equal, and how a batch moves a zone. Written apart from the local
 * engine and from shared/core, because it judges the one and the other.
 */
import type { ResourceRecordSet } from '@aws-sdk/client-route-53';

export type RecordSet = ResourceRecordSet & { readonly Name: string; readonly Type: string };
export type Action = 'CREATE' | 'DELETE' | 'UPSERT';
export type DiffChange = { readonly action: Action; readonly record: RecordSet };

export const ZONE_NAME = 'diff.test.';
/** Stands for the id of the zone itself, which differs between the engines. */
export const OWN_ZONE = 'OWN';

export const keyOf = ({ Name, Type, SetIdentifier }: RecordSet): string =>
  `${Name} ${Type} ${SetIdentifier ?? ''}`;

/** Equal texts: a DELETE of the one takes the other. Values in any order, absent fields left out. */
export function textOf(record: RecordSet): string {
  const { ResourceRecords, ...rest } = record;
  const values = (ResourceRecords ?? []).map(({ Value }) => Value ?? '').sort();
  return JSON.stringify(sorted({ ...rest, ...(values.length > 0 ? { values } : {}) }));
}

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value) || value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, item]) => [name, sorted(item)]),
  );
};

export const textsOf = (records: readonly RecordSet[]): readonly string[] =>
  records.map(textOf).sort();

/** Every change done as it says, without asking whether it may. */
export function moved(
  before: readonly RecordSet[],
  changes: readonly DiffChange[],
): readonly RecordSet[] {
  const zone = new Map(before.map((record) => [keyOf(record), record]));
  for (const { action, record } of changes) {
    zone.delete(keyOf(record));
    if (action !== 'DELETE') zone.set(keyOf(record), record);
  }
  return [...zone.values()];
}

/** `\101pp` and `APP` → `app`; what is no plain sign → its octal escape. As Route 53 lists names. */
export function spelled(name: string): string {
  const plain = name
    .replace(/\\([0-7]{3})/g, (escaped, digits: string) => {
      const code = Number.parseInt(digits, 8);
      return /[a-z0-9_-]/i.test(String.fromCharCode(code)) ? String.fromCharCode(code) : escaped;
    })
    .toLowerCase()
    .replace(/\\[0-7]{3}|[^a-z0-9._-]/g, (part) =>
      part.length === 4 ? part : `\\${part.charCodeAt(0).toString(8).padStart(3, '0')}`,
    );
  return plain.endsWith('.') ? plain : `${plain}.`;
}
