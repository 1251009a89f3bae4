/**
 * Named tests under one mutant, in a vitest of its own inside this process: it starts in a second, and
 * nothing of a mutant, neither a transformed file nor a worker's modules, is left for the next one.
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

/** Runs these tests under this mutant; without titles whole files. A file that can't load is `broken`. */
export async function tryTests(
  mutant: Mutant | null,
  wanted: ReadonlyMap<string, readonly string[] | null>,
): Promise<readonly Seen[]> {
  process.env.QUORATE_MUTANT = String(mutant?.id ?? 0);
  const vitest = await createVitest('test', {
    root,
    watch: false,
    maxWorkers: 1,
    reporters: [{ onInit: () => undefined }],
    passWithNoTests: true,
    silent: true,
    bail: 0,
  });
  try {
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
    return testModules.flatMap(seenIn);
  } finally {
    await vitest.close();
  }
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
