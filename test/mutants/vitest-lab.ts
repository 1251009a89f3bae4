/**
 * One vitest that tries one mutant after the other: starting it takes longer than most of its tests. The
 * patched files are forgotten between two mutants, everything else stays transformed; `isolate` in the
 * configuration gives each test file a worker of its own, so nothing of a mutant is left for the next.
 */
import { fileURLToPath } from 'node:url';
import { createVitest, type TestCase, type TestModule } from 'vitest/node';
import type { Mutant } from './mutant.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export type Seen = {
  readonly file: string;
  readonly title: string;
  /** `broken`: it failed, but by an error that says nothing about behaviour. */
  readonly state: 'passed' | 'failed' | 'broken';
  readonly why: string;
};

export type Lab = {
  /** Runs these tests under this mutant; without titles whole files. A file that can't load is `broken`. */
  readonly run: (
    mutant: Mutant | null,
    wanted: ReadonlyMap<string, readonly string[] | null>,
  ) => Promise<readonly Seen[]>;
  readonly close: () => Promise<void>;
};

export async function openLab(workers = 1): Promise<Lab> {
  process.env.QUORATE_MUTANT = '0';
  const vitest = await createVitest('test', {
    root,
    watch: false,
    maxWorkers: workers,
    reporters: [{ onInit: () => undefined }],
    passWithNoTests: true,
    silent: true,
    bail: 0,
  });
  await vitest.standalone();
  let last: Mutant | null = null;
  const forget = (mutant: Mutant | null): void => {
    for (const { file } of mutant?.patches ?? []) vitest.invalidateFile(`${root}${file}`);
  };
  return {
    run: async (mutant, wanted) => {
      process.env.QUORATE_MUTANT = String(mutant?.id ?? 0);
      forget(last);
      forget(mutant);
      last = mutant;
      const specifications = [...wanted].map(([file, titles]) => {
        const tier = file.split('/')[1];
        const project = vitest.projects.find(({ name }) => name === tier);
        if (project === undefined) throw new Error(`${file} is in no tier of tests`);
        return project.createSpecification(
          `${root}${file}`,
          titles === null ? undefined : { testNamePattern: patternOf(titles) },
        );
      });
      const { testModules } = await vitest.runTestSpecifications(specifications);
      // A module of an earlier run stays in the list.
      return testModules
        .filter(({ moduleId }) => wanted.has(moduleId.slice(root.length)))
        .flatMap(seenIn);
    },
    close: async () => {
      await vitest.close();
    },
  };
}

/** A test's full name ends with its title. */
const patternOf = (titles: readonly string[]): RegExp =>
  new RegExp(`(?:${titles.map((title) => RegExp.escape(title)).join('|')})$`);

function seenIn(module: TestModule): readonly Seen[] {
  const file = module.moduleId.slice(root.length);
  const errors = module.errors();
  if (errors.length > 0) {
    return [{ file, title: '', state: 'broken', why: errors[0]?.message ?? '' }];
  }
  return [...module.children.allTests()].flatMap((test) => seenOf(file, test));
}

/** What an assertion says; a mutant that merely can't run would kill itself with any test. */
const CRASHES = ['ReferenceError', 'SyntaxError'];

function seenOf(file: string, test: TestCase): readonly Seen[] {
  const { state, errors } = test.result();
  if (state !== 'passed' && state !== 'failed') return [];
  const title = test.name;
  if (state === 'passed') return [{ file, title, state, why: '' }];
  const isCrash = (error: unknown, depth = 0): boolean =>
    typeof error === 'object' &&
    error !== null &&
    depth < 5 &&
    (('name' in error && CRASHES.includes(String(error.name))) ||
      ('cause' in error && isCrash(error.cause, depth + 1)));
  const all = errors ?? [];
  return [
    {
      file,
      title,
      state: all.some((error) => isCrash(error)) ? 'broken' : 'failed',
      why: all[0]?.message.split('\n')[0] ?? '',
    },
  ];
}
