/** The index of faults: 123 rows, each covered or with a reason, and no reference that leads nowhere. */
import { describe, expect, it } from 'vitest';
import { known } from '../../scripts/faults.ts';
import { coverageOf, type Known, problemsOf } from '../faults/coverage.ts';
import { FAULT_ROWS, type FaultRow } from '../faults/rows.ts';

const there = known();
const nothing: Known = {
  kinds: {},
  scenarios: {},
  markers: [],
  drills: [],
  fileText: () => null,
};
const wrongOf = (row: FaultRow, more: Partial<Known> = {}): readonly string[] =>
  problemsOf([row], { ...nothing, ...more }).filter(
    (problem) => !problem.includes('stands 0 times'),
  );

const ROW: FaultRow = { id: 'F1', title: 'probes get lost', asserts: ['S7'] };

describe('the index of faults', () => {
  it('has every row once, covered or with a reason, and each reference leads somewhere', () => {
    expect(problemsOf(FAULT_ROWS, there)).toEqual([]);
    expect(FAULT_ROWS).toHaveLength(123);
  });

  it('covers all but what is not offered yet', () => {
    const uncovered = FAULT_ROWS.filter((row) => !coverageOf(row, there).isCovered);

    expect(uncovered.map(({ id }) => id)).toEqual(['F92']);
  });

  it('refers to every drill', () => {
    const drills = new Set(FAULT_ROWS.flatMap((row) => row.drills ?? []));

    expect(there.drills.filter((drill) => !drills.has(drill))).toEqual(['drain-and-return']);
  });

  it('says what is asserted by ids that there are', () => {
    for (const { asserts } of FAULT_ROWS) {
      for (const id of asserts) expect(id).toMatch(/^(S([1-9]|1[0-8])|L([1-9]|1[01]))$/);
    }
  });
});

describe('a row of the index', () => {
  it('that nothing covers needs a reason, and one that is covered has none', () => {
    expect(wrongOf(ROW)).toEqual(['F1: nothing covers it, and no reason is given']);
    expect(wrongOf({ ...ROW, reason: 'later' })).toEqual([]);
    expect(wrongOf({ ...ROW, reason: 'later' }, { kinds: { 'packet-loss': ['F1'] } })).toEqual([
      'F1: it is covered, so the reason why not is out of date',
    ]);
  });

  it('that names a test, marker or drill that is not there is told so', () => {
    const row: FaultRow = {
      ...ROW,
      tests: [
        ['core/gone.test.ts', 'is gone'],
        ['core/there.test.ts', 'is there'],
        ['core/there.test.ts', 'was renamed'],
      ],
      markers: ['never-met'],
      drills: ['never-played'],
    };
    const fileText: Known['fileText'] = (file) =>
      file === 'core/there.test.ts' ? "it('is there', () => {})" : null;

    expect(wrongOf(row, { fileText })).toEqual([
      'F1: there is no test/core/gone.test.ts',
      'F1: test/core/there.test.ts has no test "was renamed"',
      'F1: there is no marker never-met',
      'F1: there is no drill never-played',
    ]);
  });

  it('that a kind of fault names must be there', () => {
    expect(wrongOf(ROW, { kinds: { gone: ['F1', 'F999'] } })).toEqual([
      'gone: it names row F999, which there is not',
    ]);
  });
});
