/**
 * `npm run drill`: an unattended game day on this machine. Every scenario plays in a world of its own, in
 * real time, and is judged by what DNS answered to real queries.
 */
import { Command, InvalidArgumentError } from 'commander';
import { CALM } from './drills/calm.ts';
import { CONTROL } from './drills/control.ts';
import { drillTable, timelineText } from './drills/drill-text.ts';
import { LOSS } from './drills/loss.ts';
import { type DrillResult, play, type Scenario } from './drills/scenario.ts';

/** Longest first, so that the last to end is not the last to start. */
const SCENARIOS: readonly Scenario[] = [...CALM, ...CONTROL, ...LOSS];
const SIDE_BY_SIDE = 4;
/** Worlds of drills stay away from the block that `npm start` uses. */
const FIRST_BLOCK = 16;

const command = new Command('drill')
  .description('Rehearse failures in worlds on this machine, and check what DNS answered.')
  .option('--scenario <name>', 'play one scenario only (see --list)')
  .option('--list', 'list the scenarios')
  .option('--json', 'one JSON object a line and scenario, on stdout')
  .option('--parallel <n>', 'worlds side by side', (text) => countOf(text), SIDE_BY_SIDE)
  .addHelpText(
    'after',
    `
Examples:
  npm run drill                                   all of them, in under 6 minutes
  npm run drill -- --scenario see-saw             one, with its timeline
  npm run --silent drill -- --json | jq .ok       for machines

Exit codes: 0 all as expected, 1 one fell short, 2 wrong usage.`,
  )
  .exitOverride();

function countOf(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 16) {
    throw new InvalidArgumentError('write a number from 1 to 16.');
  }
  return count;
}

async function main(): Promise<number> {
  try {
    command.parse();
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    return code === 'commander.helpDisplayed' || code === 'commander.help' ? 0 : 2;
  }
  const options = command.opts<{ scenario?: string; list?: true; json?: true; parallel: number }>();
  if (options.list === true) {
    for (const { name, summary } of SCENARIOS) console.log(`${name.padEnd(28)}${summary}`);
    return 0;
  }
  const chosen = SCENARIOS.filter(
    ({ name }) => options.scenario === undefined || options.scenario === name,
  );
  if (chosen.length === 0) {
    console.error(
      `There is no scenario ${options.scenario}. Known: ${SCENARIOS.map(({ name }) => name).join(', ')}.`,
    );
    return 2;
  }
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => stop.abort(new Error('interrupted')));
  }
  const results = await playAll(chosen, options.parallel, stop.signal, (result) => {
    if (options.json === true) console.log(JSON.stringify(result));
    else console.log(timelineText(result));
  });
  if (options.json !== true) console.log(drillTable(results));
  return results.every(({ ok }) => ok) ? 0 : 1;
}

async function playAll(
  scenarios: readonly Scenario[],
  parallel: number,
  signal: AbortSignal,
  onResult: (result: DrillResult) => void,
): Promise<readonly DrillResult[]> {
  const waiting = [...scenarios.entries()];
  const results: DrillResult[] = [];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, scenario] = next;
      if (signal.aborted) return;
      const result = await play(scenario, FIRST_BLOCK + index, signal);
      results.push(result);
      onResult(result);
    }
  };
  await Promise.all(Array.from({ length: parallel }, lane));
  return results;
}

process.exitCode = await main();
