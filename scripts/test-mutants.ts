/**
 * `npm run test:mutants`: 58 deliberate bugs, each of which a named test, the simulator or the explorer
 * must find. A mutant that survives is a hole in the tests, and fails the run.
 */
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import {
  byExplorer,
  bySim,
  byTests,
  KILLERS,
  type Killer,
  startTester,
  type Tester,
  unfit,
  type Verdict,
} from '../test/mutants/killers.ts';
import { MUTANTS } from '../test/mutants/list.ts';
import type { Mutant } from '../test/mutants/mutant.ts';

const SEEDS_MAX = 500;
const EXPLORER_MINUTES_MAX = 1;
const TESTERS_MAX = 2;
/** Without a terminal, one line now and then. */
const LINES_EVERY = 10;

const command = new Command('test-mutants')
  .description('Plant deliberate bugs, one at a time, and see that each is found.')
  .option('--only <ids>', 'these mutants only, as in 1,4,29', idsOf)
  .option('--killer <name>', `${KILLERS.join(', ')}: try nothing else`, killerOf)
  .option('--seeds <n>', `simulated per mutant at most (default ${SEEDS_MAX})`, seedsOf, SEEDS_MAX)
  .option('--json', 'one JSON object a line, the last one the summary')
  .addHelpText(
    'after',
    `
Without --killer the named tests are asked first, then, where they let a mutant live, the simulator and
the explorer. With --killer sim or explorer only those mutants are tried that it is expected to find.

Examples:
  npm run test:mutants
  npm run test:mutants -- --only 1,4,29
  npm run test:mutants -- --killer sim --only 22
  npm run --silent test:mutants -- --json | tail -1

Exit codes: 0 all are dead, 1 one survives or a killer can't be trusted, 2 wrong usage.`,
  )
  .exitOverride();

type Options = {
  readonly only?: readonly number[];
  readonly killer?: Killer;
  readonly seeds: number;
  readonly json?: true;
};

function idsOf(text: string): readonly number[] {
  const ids = text.split(',').map(Number);
  const unknown = ids.find((id) => !MUTANTS.some((mutant) => mutant.id === id));
  if (unknown !== undefined) {
    throw new InvalidArgumentError(`write numbers from 1 to ${MUTANTS.length}, with commas.`);
  }
  return ids;
}

function killerOf(text: string): Killer {
  const killer = KILLERS.find((one) => one === text);
  if (killer === undefined) throw new InvalidArgumentError(`write ${KILLERS.join(', ')}.`);
  return killer;
}

function seedsOf(text: string): number {
  const seeds = Number(text);
  if (!Number.isInteger(seeds) || seeds < 1 || seeds > 100_000) {
    throw new InvalidArgumentError('write a whole number from 1 to 100000.');
  }
  return seeds;
}

type Row = Verdict & { readonly mutant: Mutant; readonly seconds: number };

async function tryMutant(
  mutant: Mutant,
  tester: Tester | null,
  { killer, seeds }: Options,
): Promise<Verdict> {
  const wanted = killer === undefined ? KILLERS : [killer];
  let verdict: Verdict = { killedBy: null, size: null, why: 'nothing is expected to find it' };
  for (const one of wanted) {
    if (one === 'tests' && tester !== null) verdict = await byTests(tester, mutant);
    if (one === 'sim' && mutant.also?.includes('sim')) verdict = await bySim(mutant, seeds);
    if (one === 'explorer' && mutant.also?.includes('explorer')) {
      verdict = await byExplorer(mutant, EXPLORER_MINUTES_MAX);
    }
    if (verdict.killedBy !== null) return verdict;
  }
  return verdict;
}

/** Tests run two at a time; simulator and explorer take all cores themselves. */
async function tryAll(
  mutants: readonly Mutant[],
  testers: readonly Tester[],
  options: Options,
  onRow: (row: Row) => void,
): Promise<readonly Row[]> {
  const queue = [...mutants];
  const rows: Row[] = [];
  const line = async (tester: Tester | null): Promise<void> => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const startedAt = performance.now();
      const verdict = await tryMutant(mutant, tester, options).catch(
        (error: unknown): Verdict => ({
          killedBy: null,
          size: null,
          why: error instanceof Error ? error.message : String(error),
        }),
      );
      const row = { ...verdict, mutant, seconds: (performance.now() - startedAt) / 1000 };
      rows.push(row);
      onRow(row);
    }
  };
  await Promise.all(testers.length === 0 ? [line(null)] : testers.map(line));
  return rows.toSorted((a, b) => a.mutant.id - b.mutant.id);
}

async function main(): Promise<number> {
  try {
    command.parse();
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    return code === 'commander.helpDisplayed' || code === 'commander.help' ? 0 : 2;
  }
  const options = command.opts<Options>();
  const { only, killer, json } = options;
  const mutants = MUTANTS.filter(
    ({ id, also }) =>
      (only?.includes(id) ?? true) &&
      (killer === undefined || killer === 'tests' || also?.includes(killer) === true),
  );
  const usesTests = killer === undefined || killer === 'tests';
  const testers = usesTests
    ? Array.from({ length: Math.min(TESTERS_MAX, availableParallelism()) }, startTester)
    : [];
  try {
    const [first] = testers;
    const untrusted =
      first === undefined
        ? []
        : await unfit(
            first,
            mutants.flatMap(({ tests }) => tests),
          );
    const say = progress(mutants.length, json === true);
    const rows = await tryAll(mutants, testers, options, say);
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
    const dead = rows.filter(({ killedBy }) => killedBy !== null).length;
    const failed = rows.length - dead + untrusted.length;
    if (json === true) {
      console.log(
        JSON.stringify({ event: 'summary', mutants: rows.length, killed: dead, untrusted, failed }),
      );
    } else {
      console.log(tableOf(rows).join('\n'));
      for (const why of untrusted) console.log(`can't be trusted: ${why}`);
      console.log(`\n${dead} passed, ${failed} failed`);
    }
    return failed === 0 ? 0 : 1;
  } finally {
    for (const tester of testers) tester.close();
  }
}

function progress(total: number, isJson: boolean): (row: Row) => void {
  let done = 0;
  return ({ mutant, killedBy, size, why, seconds }) => {
    done += 1;
    if (isJson) {
      const { id, name, breaks } = mutant;
      const ms = Math.round(seconds * 1000);
      console.log(JSON.stringify({ event: 'mutant', id, name, breaks, killedBy, size, why, ms }));
      return;
    }
    const text = `${done} of ${total}: ${mutant.id} ${mutant.name}`;
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
    else if (done % LINES_EVERY === 0) process.stderr.write(`${text}\n`);
  };
}

const NAME_WIDTH = 64;

function tableOf(rows: readonly Row[]): readonly string[] {
  return [
    `${' '.repeat(4)}${'mutant'.padEnd(NAME_WIDTH)}${'seconds'.padStart(8)}  ${'size'.padEnd(14)} killed by`,
    ...rows.map(({ mutant, killedBy, size, why, seconds }) =>
      [
        String(mutant.id).padStart(3),
        ' ',
        mutant.name.padEnd(NAME_WIDTH),
        seconds.toFixed(1).padStart(8),
        '  ',
        (size ?? '1 test').padEnd(14),
        ' ',
        killedBy ?? `SURVIVES: ${why}`,
      ].join(''),
    ),
  ];
}

process.exitCode = await main();
