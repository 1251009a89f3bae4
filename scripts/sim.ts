/**
 * `npm run sim`: the production handlers in a simulated world where anything may fail, seed after seed,
 * on every core. Exit code 1 if an invariant broke, a seed was not repeatable, or a run that should cover
 * everything did not.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { type Job, replayOf, scenarioOf } from '../test/sim/run/jobs.ts';
import { lengthsOf, minutesOf } from '../test/sim/run/lengths.ts';
import { minimise } from '../test/sim/run/minimise.ts';
import { FAULT_KINDS, MARKERS, SCENARIOS } from '../test/sim/run/parts.ts';
import { runJobs } from '../test/sim/run/pool.ts';
import { runScenario } from '../test/sim/run/run-scenario.ts';
import { failureText, summaryText } from '../test/sim/run/summary-text.ts';
import { newTally, type Summary, type Tally } from '../test/sim/run/tally.ts';
import { sinceStart, traceText } from '../test/sim/run/trace-text.ts';
import type { Answered } from '../test/sim/run/worker.ts';
import type { Scenario } from '../test/sim/scenario.ts';

const SEEDS = 200;
const PROGRESS_EVERY_MS = 10_000;
const TRACES_MAX = 3;
const MINIMISE_MS = 60_000;

const command = new Command('sim')
  .description('Simulate the whole system under faults, with the production code.')
  .option('--seeds <n>', `how many seeds (default ${SEEDS})`, countOf)
  .option('--from-seed <n>', 'the first of them (default 1; with --soak one of today)', countOf)
  .option('--days <n>', 'simulated days in all, divided over the seeds', numberOf)
  .option('--seed <n>', 'one seed, with its whole trace', countOf)
  .option('--minutes <n>', 'with --seed: simulated minutes', countOf)
  .option('--scenario <name>', 'a scripted scenario, or all of them (see --list)')
  .option('--scenario-file <file>', 'a scenario as JSON, as --minimise prints it')
  .option('--soak <time>', 'seed after seed for this long, as in 60m or 8h', msOf)
  .option('--minimise', 'shrink what fails to a scenario of a few faults')
  .option('--verify-hashes <n>', 'run the shortest n of them twice and compare', countOf)
  .option('--require-coverage', 'fail if a fault or a marker was never reached')
  .option('--stop-at-first', 'end with the first violation')
  .option('--jobs <n>', 'threads (default: one per core)', countOf)
  .option('--json', 'one JSON object a line, on stdout; the last is the summary')
  .option('--ci', 'end with a line `N passed, N failed`')
  .option('--list', 'list scripted scenarios and kinds of faults')
  .addHelpText(
    'after',
    `
Examples:
  npm run sim                                             ${SEEDS} seeds, 18 simulated days
  npm run sim -- --seed 8831                              one, with its trace
  npm run sim -- --seed 8831 --minimise                   the same failure with few faults
  npm run sim -- --seeds 2000 --days 180 --verify-hashes 200 --require-coverage
  npm run sim -- --soak 60m                               seeds nobody has seen yet
  npm run --silent sim -- --scenario region-loss --json   for machines

Exit codes: 0 all as it must be, 1 an invariant broke, 2 wrong usage, 130 stopped before its end (a soak may be).`,
  )
  .exitOverride();

type Options = {
  seeds?: number;
  fromSeed?: number;
  days?: number;
  seed?: number;
  minutes?: number;
  scenario?: string;
  scenarioFile?: string;
  soak?: number;
  minimise?: true;
  verifyHashes?: number;
  requireCoverage?: true;
  stopAtFirst?: true;
  jobs?: number;
  json?: true;
  ci?: true;
  list?: true;
};

function countOf(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) {
    throw new InvalidArgumentError('write a whole number from 1.');
  }
  return count;
}

function numberOf(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError('write a number above 0.');
  return number;
}

function msOf(text: string): number {
  const [, number, unit] = /^(\d+)(s|m|h)$/.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError('write a time as 90s, 60m or 8h.');
  return Number(number) * { s: 1_000, m: 60_000, h: 3_600_000 }[unit as 's' | 'm' | 'h'];
}

async function main(): Promise<number> {
  try {
    command.parse();
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    return code === 'commander.helpDisplayed' || code === 'commander.help' ? 0 : 2;
  }
  const options = command.opts<Options>();
  if (options.list === true) return listAll();
  const wrong = wrongUsage(options);
  if (wrong !== null) {
    console.error(wrong);
    return 2;
  }
  const one = oneJob(options);
  return one === null ? await runMany(options) : await runOne(one, options);
}

function listAll(): number {
  console.log('scenarios');
  for (const name of Object.keys(SCENARIOS)) console.log(`  ${name}`);
  console.log('kinds of faults, and the rows of faults.md that they inject');
  for (const [name, { rows }] of Object.entries(FAULT_KINDS)) {
    console.log(`  ${name.padEnd(34)}${rows.join(' ')}`);
  }
  return 0;
}

function wrongUsage(options: Options): string | null {
  const { scenario, seed, minutes, seeds, soak } = options;
  if (scenario !== undefined && scenario !== 'all' && SCENARIOS[scenario] === undefined) {
    return `There is no scenario ${scenario}. Known: all, ${Object.keys(SCENARIOS).join(', ')}.`;
  }
  if (minutes !== undefined && seed === undefined) return '--minutes goes with --seed.';
  if (seed !== undefined && (seeds !== undefined || soak !== undefined)) {
    return '--seed is one seed; leave out --seeds and --soak, or write --from-seed.';
  }
  return null;
}

function oneJob({ seed, minutes, days, scenario, scenarioFile }: Options): Job | null {
  if (scenarioFile !== undefined) {
    const text = readFileSync(scenarioFile, 'utf8');
    return { kind: 'given', scenario: JSON.parse(text) as Scenario, file: scenarioFile };
  }
  if (seed === undefined || scenario === 'all') return null;
  if (scenario !== undefined) return { kind: 'named', seed, name: scenario };
  const length = minutes ?? (days === undefined ? minutesOf(seed) : Math.round(days * 1_440));
  return { kind: 'swarm', seed, minutes: length };
}

/** With its whole trace; the first lines and the last say what it was and how it ended. */
async function runOne(job: Job, options: Options): Promise<number> {
  const say = options.json === true ? () => undefined : console.log;
  const scenario = scenarioOf(job);
  const { lines, startMs, ...outcome } = await runScenario(scenario, { keepsLines: true });
  const tally = newTally({ faults: [], markers: [] });
  tally.add(job, { ...outcome, trace: null });
  if (options.json === true) {
    for (const line of lines) console.log(JSON.stringify({ event: 'line', ...line }));
  } else say(traceText(lines, startMs));
  const facts = [
    `seed ${scenario.seed}, ${scenario.name}, ${sinceStart(outcome.simulatedMs).slice(1)} simulated`,
    `commit ${commitOf()}, configuration ${outcome.configDigest}`,
    `trace hash ${outcome.traceHash}`,
    `repeat: ${replayOf(job)}`,
  ];
  say(`\n${facts.join('\n')}`);
  for (const { invariant, why, atMs } of outcome.violations) {
    say(`${invariant} is broken at ${sinceStart(atMs)}: ${why}`);
  }
  if (options.minimise === true) await shrink(scenario, options);
  const summary = tally.summary({ commit: commitOf(), seconds: Math.round(outcome.cpuMs / 1_000) });
  return end(summary, options);
}

async function runMany(options: Options): Promise<number> {
  const startedMs = performance.now();
  const seconds = (): number => Math.round((performance.now() - startedMs) / 1_000);
  const stop = new AbortController();
  let isStoppedByHand = false;
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      isStoppedByHand = true;
      stop.abort();
    });
  }
  const threads = options.jobs ?? availableParallelism();
  const tally = newTally({
    faults: [...new Set(Object.values(FAULT_KINDS).flatMap(({ rows }) => rows))],
    markers: MARKERS,
  });
  let traces = 0;
  const jobs = jobsOf(options, () => performance.now() - startedMs);
  const second = new Set(jobs.again);
  const onAnswer = (job: Job, answer: Answered): void => {
    if (second.has(job)) {
      tally.verify(job, answer);
      return;
    }
    for (const failure of tally.add(job, answer)) {
      if (answer.trace !== null) traces += 1;
      if (options.json === true) {
        console.log(JSON.stringify({ event: 'failure', ...failure, trace: answer.trace }));
      } else console.log(failureText(failure, answer.trace));
      if (options.stopAtFirst === true) stop.abort();
    }
  };
  const progress = setInterval(() => tellProgress(tally, seconds(), options), PROGRESS_EVERY_MS);
  try {
    await runJobs(inTurn(jobs.all, jobs.again), {
      threads,
      wantsTrace: () => traces < TRACES_MAX && options.stopAtFirst !== true,
      onAnswer,
      signal: stop.signal,
    });
  } finally {
    clearInterval(progress);
  }
  if (options.minimise === true) {
    const [first] = tally.failures();
    const job = first === undefined ? null : jobOfFailure(first.seed, first.scenario, options);
    if (job !== null) await shrink(scenarioOf(job), options);
  }
  const code = end(tally.summary({ commit: commitOf(), seconds: seconds() }), options);
  if (!isStoppedByHand || options.soak !== undefined) return code;
  // What was asked for was not shown: nobody may take the part for the whole.
  console.error(`Stopped after ${tally.seeds()} seeds: the rest was not run.`);
  return STOPPED_EXIT;
}

/** As shells say it of a program that Ctrl-C ended. */
const STOPPED_EXIT = 130;

const jobOfFailure = (seed: string, scenario: string, options: Options): Job | null =>
  SCENARIOS[scenario] === undefined
    ? {
        kind: 'swarm',
        seed: Number(seed),
        minutes: lengthsOf(seedsOf(options), options.days ?? null).get(Number(seed)) ?? 60,
      }
    : { kind: 'named', seed: Number(seed), name: scenario };

const seedsOf = ({ seeds = SEEDS, fromSeed = 1 }: Options): readonly number[] =>
  Array.from({ length: seeds }, (_, index) => fromSeed + index);

/** Longest first, so that the last to end is not the last to start. */
function jobsOf(
  options: Options,
  elapsedMs: () => number,
): { readonly all: Iterable<Job>; readonly again: readonly Job[] } {
  const { scenario, soak, verifyHashes = 0, seed = 1, fromSeed, seeds } = options;
  if (soak !== undefined) {
    const first = fromSeed ?? Math.floor(Date.now() / 1_000);
    return { all: untilTimeIsUp(first, () => elapsedMs() < soak), again: [] };
  }
  if (scenario !== undefined) {
    const names = scenario === 'all' ? Object.keys(SCENARIOS) : [scenario];
    const drawn = seeds === undefined ? [fromSeed ?? seed] : seedsOf(options);
    const all = drawn.flatMap((one) =>
      names.map((name): Job => ({ kind: 'named', seed: one, name })),
    );
    return { all, again: all.slice(0, verifyHashes).map((job) => ({ ...job })) };
  }
  const swarm = [...lengthsOf(seedsOf(options), options.days ?? null)].map(
    ([one, minutes]) => ({ kind: 'swarm', seed: one, minutes }) as const,
  );
  if (options.stopAtFirst === true) return { all: swarm, again: [] };
  // What chance may miss is written down: every scripted scenario is played, too.
  const scripted =
    options.requireCoverage === true
      ? Object.keys(SCENARIOS).map((name): Job => ({ kind: 'named', seed: fromSeed ?? 1, name }))
      : [];
  const longestFirst = swarm.toSorted((a, b) => b.minutes - a.minutes || a.seed - b.seed);
  return {
    all: [...scripted, ...longestFirst],
    again: longestFirst
      .toReversed()
      .slice(0, verifyHashes)
      .map((job) => ({ ...job })),
  };
}

function* inTurn<T>(...lists: readonly Iterable<T>[]): Generator<T> {
  for (const list of lists) yield* list;
}

function* untilTimeIsUp(first: number, goesOn: () => boolean): Generator<Job> {
  for (let seed = first; goesOn(); seed += 1) {
    yield { kind: 'swarm', seed, minutes: minutesOf(seed) };
  }
}

function tellProgress(tally: Tally, seconds: number, { json }: Options): void {
  const seeds = tally.seeds();
  const violations = tally.failures().length;
  const simulatedDays = Number(tally.days().toFixed(2));
  if (json === true) {
    console.log(JSON.stringify({ event: 'progress', seeds, simulatedDays, violations, seconds }));
  } else {
    console.error(
      `${seconds} s: ${seeds} seeds, ${simulatedDays} simulated days, ${violations} violations`,
    );
  }
}

async function shrink(scenario: Scenario, { json }: Options): Promise<void> {
  const nowMs = (): number => performance.now();
  const small = await minimise(scenario, { nowMs, budgetMs: MINIMISE_MS });
  if (small === null) {
    console.error('Nothing broke, so there is nothing to shrink.');
    return;
  }
  if (json === true) {
    console.log(JSON.stringify({ event: 'minimised', ...small }));
    return;
  }
  const file = join(tmpdir(), `sim-${small.scenario.name}-${small.scenario.seed}.json`);
  writeFileSync(file, `${JSON.stringify(small.scenario, null, 2)}\n`);
  const [before, after] = small.faults;
  console.log(`\n${JSON.stringify(small.scenario)}`);
  console.log(
    `${small.invariant} still breaks with ${after} of ${before} faults (${small.runs} runs` +
      `${small.isDone ? '' : ', time was up'}): ${small.why}`,
  );
  console.log(`repeat: npm run sim -- --scenario-file ${file}`);
}

/** Exit code. */
function end(summary: Summary, options: Options): number {
  const { missing, hashes, failures, seeds, scenarios } = summary;
  const lacks = options.requireCoverage === true && missing.faults.length + missing.markers.length;
  const isVacuous = lacks !== false && lacks > 0;
  if (options.json === true) console.log(JSON.stringify(summary));
  else if (options.seed === undefined && options.scenarioFile === undefined) {
    console.log(summaryText(summary));
    if (isVacuous) console.log('\nThis run shows less than it says: see what was never reached.');
  }
  const failed = failures.length + hashes.differ.length + (isVacuous ? 1 : 0);
  if (options.ci === true) {
    const all = seeds + scenarios + hashes.verified + (options.requireCoverage === true ? 1 : 0);
    console.log(`\n${all - failed} passed, ${failed} failed`);
  }
  return failed === 0 ? 0 : 1;
}

/** With a + where the checkout differs from it. */
function commitOf(): string {
  const git = (...words: string[]): string =>
    execFileSync('git', ['-C', import.meta.dirname, ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    const isChanged = git('status', '--porcelain', '--untracked-files=no') !== '';
    return `${git('rev-parse', '--short', 'HEAD')}${isChanged ? '+' : ''}`;
  } catch {
    return 'unknown';
  }
}

process.exitCode = await main();
