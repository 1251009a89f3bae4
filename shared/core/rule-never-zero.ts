/**
 * Rule 8: when every weight of a name and type is 0, Route 53 answers *all* its records alike, dead
 * ones included [R53API ResourceRecordSet]. A decision that would leave one so is undone here, and the
 * plan asserts the same again.
 */
import { type Draft, type Facts, heldBack, type Line, mapLines } from './draft.ts';
import type { WeightedRecord } from './snapshot.ts';
import type { ZoneRecord } from './zone-record.ts';

export function neverZeroRule(draft: Draft, facts: Facts): Draft {
  const empty = emptyGroup(draft, facts);
  if (empty === null) return draft;
  const isAtFault = (line: Line): boolean =>
    line.to < line.now && line.holding.records.some((record) => groupOf(record) === empty);
  // A zone that a person left all zero can't be mended by holding back.
  if (!draft.lines.some(isAtFault)) return draft;
  const held = mapLines(draft, (line) =>
    isAtFault(line)
      ? heldBack(line, {
          endpoint: line.holding.endpoint.id,
          code: 'never-all-zero',
          record: empty,
        })
      : line,
  );
  return neverZeroRule(held, facts);
}

/** The first name and type that the draft would leave without any weight. */
export function emptyGroup(draft: Draft, facts: Pick<Facts, 'orphans'>): string | null {
  const totals = new Map<string, number>();
  const add = (record: ZoneRecord, weight: number): void => {
    const group = groupOf(record);
    totals.set(group, (totals.get(group) ?? 0) + weight);
  };
  for (const line of draft.lines) {
    for (const record of line.holding.records) add(record, weightAfter(line, record));
  }
  for (const orphan of facts.orphans) {
    for (const record of orphan.records) add(record, record.weight);
  }
  return [...totals].find(([, total]) => total === 0)?.[0] ?? null;
}

/** An untouched line keeps each record's own weight: a hand edit may have made them differ. */
export const weightAfter = (line: Line, record: WeightedRecord): number =>
  line.to === line.now ? record.weight : line.to;

const groupOf = (record: ZoneRecord): string => `${record.name} ${record.type}`;
