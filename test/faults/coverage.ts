/**
 * A row of the index → everything that covers it, and every reference in it that leads nowhere. Test files
 * are read as text: a title counts as there if it stands in its file as it is quoted here.
 */
import { readFileSync } from 'node:fs';
import type { FaultRow } from './rows.ts';

/** What there is to refer to. */
export type Known = {
  /** Kind of fault → the rows that it names. */
  readonly kinds: Readonly<Record<string, readonly string[]>>;
  readonly scenarios: Readonly<Record<string, readonly string[]>>;
  readonly markers: readonly string[];
  readonly drills: readonly string[];
  /** Text of a file under `test/`; null where there is none. */
  readonly fileText: (file: string) => string | null;
};

export type Covered = FaultRow & {
  readonly tests: NonNullable<FaultRow['tests']>;
  readonly markers: readonly string[];
  readonly drills: readonly string[];
  readonly kinds: readonly string[];
  readonly scenarios: readonly string[];
  readonly isCovered: boolean;
};

export function coverageOf(row: FaultRow, known: Known): Covered {
  const naming = (all: Readonly<Record<string, readonly string[]>>): readonly string[] =>
    Object.keys(all).filter((name) => all[name]?.includes(row.id));
  const kinds = naming(known.kinds);
  const scenarios = naming(known.scenarios);
  const { tests = [], markers = [], drills = [] } = row;
  return {
    ...row,
    tests,
    markers,
    drills,
    kinds,
    scenarios,
    isCovered: [tests, drills, kinds, scenarios].some((list) => list.length > 0),
  };
}

/** Sentences: what is wrong, and where. */
export function problemsOf(rows: readonly FaultRow[], known: Known): readonly string[] {
  const problems: string[] = [];
  for (let n = 1; n <= ROWS; n += 1) {
    const count = rows.filter(({ id }) => id === `F${n}`).length;
    if (count !== 1) problems.push(`F${n} stands ${count} times in the index`);
  }
  for (const row of rows) {
    const { id, tests, markers, drills, isCovered, reason } = coverageOf(row, known);
    for (const [file, title] of tests) {
      const text = known.fileText(file);
      if (text === null) problems.push(`${id}: there is no test/${file}`);
      else if (!text.includes(title)) {
        problems.push(`${id}: test/${file} has no test ${JSON.stringify(title)}`);
      }
    }
    for (const marker of markers) {
      if (!known.markers.includes(marker)) problems.push(`${id}: there is no marker ${marker}`);
    }
    for (const drill of drills) {
      if (!known.drills.includes(drill)) problems.push(`${id}: there is no drill ${drill}`);
    }
    if (!isCovered && reason === undefined) {
      problems.push(`${id}: nothing covers it, and no reason is given`);
    }
    if (isCovered && reason !== undefined) {
      problems.push(`${id}: it is covered, so the reason why not is out of date`);
    }
  }
  const ids = new Set(rows.map(({ id }) => id));
  for (const [name, named] of [
    ...Object.entries(known.kinds),
    ...Object.entries(known.scenarios),
  ]) {
    for (const id of named) {
      if (!ids.has(id)) problems.push(`${name}: it names row ${id}, which there is not`);
    }
  }
  return problems;
}

const ROWS = 123;

/** Each file is read once. */
export function fileReader(directory: string): Known['fileText'] {
  const known = new Map<string, string | null>();
  return (file) => {
    const read = known.get(file);
    if (read !== undefined) return read;
    let text: string | null = null;
    try {
      // As it is written: a quote inside a quoted title is escaped there and not here.
      text = readFileSync(`${directory}/${file}`, 'utf8').replaceAll("\\'", "'");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    known.set(file, text);
    return text;
  };
}
