/**
 * The mutants themselves: each fits the code as it is today, and names a killer that exists. Whether the
 * killers do kill is shown by `npm run test:mutants`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { MUTANTS, mutantOf } from '../mutants/list.ts';
import { type Mutant, occurrences, patched } from '../mutants/mutant.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const textOf = (file: string): string => readFileSync(`${root}${file}`, 'utf8');

describe('mutants', () => {
  it('are numbered from 1 to 58, each once', () => {
    expect(MUTANTS.map(({ id }) => id)).toEqual(Array.from({ length: 58 }, (_, i) => i + 1));
  });

  it('have names of their own and say which invariants they break', () => {
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
    const unsaid = MUTANTS.filter(({ breaks }) => !breaks.every((id) => /^[SL]\d{1,2}$/.test(id)));
    expect(unsaid).toEqual([]);
    expect(MUTANTS.filter(({ breaks }) => breaks.length === 0)).toEqual([]);
  });

  it('fit exactly one place of production code with every patch, and change it', () => {
    const unfit = MUTANTS.flatMap(({ id, patches }) =>
      patches.flatMap(({ file, find, replace }) =>
        /^(?:shared|functions)\//.test(file) &&
        existsSync(`${root}${file}`) &&
        occurrences(textOf(file), find) === 1 &&
        find !== replace
          ? []
          : [`${id} ${file}: ${find}`],
      ),
    );

    expect(unfit).toEqual([]);
    expect(MUTANTS.filter(({ patches }) => patches.length === 0)).toEqual([]);
  });

  it('change every file they name, with all patches together', () => {
    for (const mutant of MUTANTS) {
      for (const { file } of mutant.patches) {
        expect(patched(mutant, file, textOf(file)), `${mutant.id} ${file}`).not.toBe(textOf(file));
      }
    }
  });

  it('name a test that kills, by a title that stands in its file', () => {
    const untitled = MUTANTS.flatMap(({ id, tests }) =>
      tests.flatMap(({ file, title, statedIn = file }) => {
        const text =
          existsSync(`${root}${file}`) && existsSync(`${root}${statedIn}`) ? textOf(statedIn) : '';
        const isThere = ["'", '"', '`'].some((quote) => text.includes(`${quote}${title}${quote}`));
        return isThere ? [] : [`${id} ${file}: ${title}`];
      }),
    );

    expect(untitled).toEqual([]);
    expect(MUTANTS.filter(({ tests }) => tests.length === 0).map(({ id }) => id)).toEqual([]);
  });

  it('leave other files alone, and refuse a text that they do not fit', () => {
    const [mutant] = MUTANTS as [Mutant];
    const [{ file, find }] = mutant.patches as [Mutant['patches'][number]];

    expect(patched(mutant, 'shared/ports.ts', find)).toBeNull();
    expect(() => patched(mutant, file, `${find}${find}`)).toThrow('2 times instead of once');
    expect(() => patched(mutant, file, '')).toThrow('0 times instead of once');
  });

  it('are chosen by number, and by none for the code as it is', () => {
    expect(mutantOf(undefined)).toBeUndefined();
    expect(mutantOf('0')).toBeUndefined();
    expect(mutantOf('29')?.name).toBe('all zero allowed');
    expect(() => mutantOf('59')).toThrow('known are 1 to 58');
  });
});
