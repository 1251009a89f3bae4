/**
 * `npm run faults`: the index of faults as a table: what must hold, and the tests, simulated faults, markers
 * and drills that show it. Every reference is checked; one that leads nowhere, or a row that nothing
 * covers and that gives no reason, is exit code 1.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import {
  type Covered,
  coverageOf,
  fileReader,
  type Known,
  problemsOf,
} from '../test/faults/coverage.ts';
import { FAULT_ROWS } from '../test/faults/rows.ts';
import { MARKERS } from '../test/sim/checkers/markers.ts';
import { FAULT_KINDS } from '../test/sim/faults/kinds.ts';
import { SCRIPTS } from '../test/sim/faults/scenarios.ts';

const ROOT = resolve(import.meta.dirname, '..');
const DRILLS = `${ROOT}/scripts/drills`;

const command = new Command('faults')
  .description('What covers each fault of the design: tests, the simulator, drills.')
  .argument('[rows...]', 'these rows only, with every reference: F46 F71')
  .option('--uncovered', 'only rows that nothing covers')
  .option('--json', 'one JSON object a line and row, then a summary')
  .addHelpText(
    'after',
    `
Examples:
  npm run faults                         all 123 rows, a line each
  npm run faults -- F46                  one row, with the titles of its tests
  npm run --silent faults -- --json | jq 'select(.isCovered == false)'

What to run for each column: npm test (tests), npm run sim (faults, scenarios, markers), npm run drill.
Exit codes: 0 every row is covered or says why not, 1 a reference leads nowhere, 2 wrong usage.`,
  )
  .exitOverride();

const rowsOf = (all: Readonly<Record<string, { readonly rows: readonly string[] }>>) =>
  Object.fromEntries(Object.entries(all).map(([name, { rows }]) => [name, rows]));

/** Their names as they are written there: to load a drill is to load a whole local world. */
function drillNames(): readonly string[] {
  return readdirSync(DRILLS)
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      [...readFileSync(`${DRILLS}/${file}`, 'utf8').matchAll(/^ {2}name: '([a-z-]+)',$/gm)].map(
        ([, name = '']) => name,
      ),
    );
}

export const known = (): Known => ({
  kinds: rowsOf(FAULT_KINDS),
  scenarios: rowsOf(SCRIPTS),
  markers: MARKERS,
  drills: drillNames(),
  fileText: fileReader(`${ROOT}/test`),
});

function main(): number {
  try {
    command.parse();
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    return code === 'commander.helpDisplayed' || code === 'commander.help' ? 0 : 2;
  }
  const asked = command.args.map((row) => row.toUpperCase());
  const unknown = asked.find((id) => !FAULT_ROWS.some((row) => row.id === id));
  if (unknown !== undefined) {
    console.error(`there is no row ${unknown}; rows are F1 to F${FAULT_ROWS.length}`);
    return 2;
  }
  const { json, uncovered } = command.opts<{ json?: true; uncovered?: true }>();
  const there = known();
  const rows = FAULT_ROWS.map((row) => coverageOf(row, there)).filter(
    ({ id, isCovered }) =>
      (asked.length === 0 || asked.includes(id)) && !(uncovered === true && isCovered),
  );
  const problems = problemsOf(FAULT_ROWS, there);
  if (json === true) {
    for (const row of rows) console.log(JSON.stringify(row));
    console.log(JSON.stringify({ event: 'summary', ...summaryOf(rows), problems }));
  } else if (asked.length > 0) for (const row of rows) console.log(detailOf(row));
  else console.log(tableOf(rows));
  for (const problem of problems) console.error(problem);
  return problems.length === 0 ? 0 : 1;
}

const summaryOf = (rows: readonly Covered[]) => ({
  rows: rows.length,
  covered: rows.filter(({ isCovered }) => isCovered).length,
  byTests: rows.filter(({ tests }) => tests.length > 0).length,
  bySimulation: rows.filter(({ kinds, scenarios }) => kinds.length + scenarios.length > 0).length,
  byDrills: rows.filter(({ drills }) => drills.length > 0).length,
});

const count = (list: readonly string[] | readonly unknown[]): string =>
  (list.length === 0 ? '·' : String(list.length)).padStart(5);

function tableOf(rows: readonly Covered[]): string {
  const lines = rows.map((row) => {
    const { id, title, asserts, tests, kinds, scenarios, markers, drills, reason } = row;
    const counts = [tests, kinds, scenarios, markers, drills].map(count).join(' ');
    const line = `${id.padEnd(5)}${title.padEnd(64)}${asserts.join(' ').padEnd(16)}${counts}`;
    return reason === undefined ? line : `${line}\n     not covered: ${reason}`;
  });
  const { rows: all, covered, byTests, bySimulation, byDrills } = summaryOf(rows);
  return [
    `${'row'.padEnd(5)}${'fault'.padEnd(64)}${'must hold'.padEnd(16)}tests kinds scen. marks drill`,
    ...lines,
    '',
    `${covered} of ${all} covered: ${byTests} by named tests, ${bySimulation} by the simulator, ${byDrills} by drills; of tests, at most some of each row are named here`,
  ].join('\n');
}

function detailOf(row: Covered): string {
  const list = (word: string, items: readonly string[]): readonly string[] =>
    items.length === 0 ? [] : [`  ${word.padEnd(10)}${items.join(', ')}`];
  return [
    `${row.id} ${row.title}`,
    ...list('must hold', row.asserts),
    ...row.tests.map(([file, title]) => `  ${'test'.padEnd(10)}test/${file}: ${title}`),
    ...list('faults', row.kinds),
    ...list('scenarios', row.scenarios),
    ...list('markers', row.markers),
    ...list('drills', row.drills),
    ...list('because', row.reason === undefined ? [] : [row.reason]),
  ].join('\n');
}

if (import.meta.main) process.exitCode = main();
