/**
 * `npm run bench:failover`: how long DNS goes on answering a dead endpoint, and how long it does without
 * one that is well again. Each contender serves names with a primary that is killed (refuses) or hung
 * (accepts, never answers) at phases that cover the check interval; real queries tell when its answers
 * change. All contenders take each fault at the same moment, from the same process and poller.
 *
 * To measure another DNS server beside Quorate, write a `Contender` and add it to `CONTENDERS`. gdnsd:
 * `start` opens two back ends per subject with `openEndpoint` of local/endpoint-server.ts (so that the
 * trouble is the same: `behave({ ...NO_TROUBLE, refused: true })`, `hung: true`), writes into a scratch
 * directory a configuration with one `simplefo` resource per subject (`service_types`: plugin
 * http_status, `interval => 2`, `timeout => 1`, `down_thresh`, `ok_thresh` and `up_thresh => 1`;
 * `options`: `min_ttl => 1`, a `dns_port` of its own, as it binds with SO_REUSEPORT and would share a
 * taken one in silence) and a zone with a DYNA record per subject, spawns `gdnsd -c DIR start`, asks each
 * name once and waits three intervals. Its facts: one vantage, quorum 1, `fall` and `rise` as written,
 * `restsMs` of zeros, `roundMs` 0, `pollMs` 1000 (it publishes changes by a timer of 1 s), no lag, INSYNC,
 * hold-down or ramp. BIND or Knot with `nsupdate` are stand-ins for a DNS API that somebody else edits.
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration, printDuration } from '../shared/core/units.ts';
import { RELEASE } from '../shared/wire.ts';
import { benchTable, notesText, sampleText, settingsText } from './bench/bench-text.ts';
import { BREAK_KINDS, type Contender } from './bench/contender.ts';
import { QUORATE } from './bench/quorate-contender.ts';
import { cellsOf, hasMoved, isDisturbed, resolutionOf } from './bench/report.ts';
import { runBench } from './bench/run-bench.ts';

const CONTENDERS: readonly Contender[] = [QUORATE];
const EXIT = { done: 0, failed: 1, usage: 2 } as const;

const RUNS = 20;
const RUNS_MAX = 400;
const GROUPS = 2;
const GROUPS_MAX = 8;
/** A vantage has 100 probes in flight at most; two endpoints a subject and the self-check stay below. */
const SUBJECTS_PER_GROUP_MAX = 45;
const EVERY_MS = [5_000, 10_000, 15_000, 20_000, 30_000];
const EVERY = EVERY_MS.map(printDuration).join(', ');

type Options = {
  readonly runs: number;
  readonly contender: readonly string[];
  readonly every: number;
  readonly fall: number;
  readonly insync: number;
  readonly groups: number;
  readonly seed?: number;
  readonly json: boolean;
  readonly list: boolean;
};

const program = new Command('npm run bench:failover --')
  .description(
    'Measures how long DNS answers an endpoint that is dead, and lacks one that is well again.',
  )
  .option('--runs <n>', 'faults of each kind', wholeNumber(1, RUNS_MAX), RUNS)
  .addOption(
    new Option('--contender <name>', 'measure only this one; may be repeated (see --list)')
      .argParser(collect)
      .default([], 'all'),
  )
  .addOption(
    new Option('--every <duration>', `check interval, one of ${EVERY}`)
      .argParser(interval)
      .default(5_000, '5s'),
  )
  .option('--fall <n>', 'failures in a row to vote down', wholeNumber(1, 10), 2)
  .addOption(
    new Option('--insync <duration>', 'of the local Route 53, PENDING → INSYNC')
      .argParser(delay)
      .default(1_000, '1s'),
  )
  .option('--groups <n>', 'worlds side by side, per kind', wholeNumber(1, GROUPS_MAX), GROUPS)
  .option('--seed <n>', 'of the phases; default: another each time', wholeNumber(0, 2 ** 32 - 1))
  .option('--json', 'one JSON object a line: each sample, then a summary', false)
  .option('--list', 'list the contenders', false)
  .addHelpText(
    'after',
    `
Examples:
  npm run bench:failover                                  20 kills, 20 hangs, in about 4 minutes
  npm run bench:failover -- --every 10s --fall 3          at the recommended settings
  npm run bench:failover -- --runs 1                      one of each, in about a minute
  npm run --silent bench:failover -- --json | tail -1     the summary, for machines

Exit codes: 0 measured, 1 an endpoint did not leave DNS or did not come back, 2 wrong usage.
There is no pass or fail on time.`,
  )
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage));

async function main(options: Options): Promise<number> {
  if (options.list) {
    for (const { name, summary } of CONTENDERS) console.log(`${name.padEnd(12)}${summary}`);
    return EXIT.done;
  }
  const unknown = options.contender.find((name) => CONTENDERS.every((one) => one.name !== name));
  if (unknown !== undefined) {
    const known = CONTENDERS.map(({ name }) => name).join(', ');
    return usage(`There is no contender ${unknown}. Known: ${known}.`);
  }
  const { runs, groups } = options;
  if (Math.ceil(runs / groups) > SUBJECTS_PER_GROUP_MAX) {
    const least = Math.ceil(runs / SUBJECTS_PER_GROUP_MAX);
    return usage(
      least > GROUPS_MAX
        ? `${runs} runs are too many: ${GROUPS_MAX} groups take ${GROUPS_MAX * SUBJECTS_PER_GROUP_MAX}.`
        : `${runs} runs in ${groups} groups are more than ${SUBJECTS_PER_GROUP_MAX} each: write --groups ${least} or more.`,
    );
  }
  return measure(options);
}

async function measure(options: Options): Promise<number> {
  const { runs, groups, json } = options;
  const contenders = CONTENDERS.filter(
    ({ name }) => options.contender.length === 0 || options.contender.includes(name),
  );
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => stop.abort(new Error(`interrupted by ${name}`)));
  }
  const startedAt = Date.now();
  const say = (line: string): void =>
    console.error(
      `${printDuration(Math.round((Date.now() - startedAt) / 1000) * 1000).padStart(6)}  ${line}`,
    );
  say(
    `${contenders.map(({ name }) => name).join(', ')}: ${runs} × ${BREAK_KINDS.join(' and ')}, every ${printDuration(options.every)}, fall ${options.fall}, seed ${seed}; worlds are starting`,
  );

  const { samples, facts } = await runBench({
    contenders,
    runs,
    groups,
    everyMs: options.every,
    fall: options.fall,
    insyncDelayMs: options.insync,
    seed,
    signal: stop.signal,
    onProgress: say,
    onSample: (sample) => {
      say(sampleText(sample, runs));
      if (json)
        console.log(JSON.stringify({ event: 'sample', ...sample, moved: hasMoved(sample) }));
    },
  });
  const cells = cellsOf(samples, facts);
  const resolution = resolutionOf(samples);
  const disturbed = samples.filter(isDisturbed).length;
  const stuck = samples.filter((sample) => !hasMoved(sample));
  if (json) {
    const made = { release: RELEASE, node: process.version, platform: process.platform };
    const settings = Object.fromEntries(
      [...facts].map(([name, ofFaults]) => [name, Object.fromEntries(ofFaults)]),
    );
    console.log(
      JSON.stringify({
        event: 'summary',
        ...made,
        seed,
        runs,
        settings,
        resolution,
        disturbed,
        cells,
      }),
    );
  } else {
    for (const [name, ofFaults] of facts) {
      const [any] = ofFaults.values();
      if (any === undefined) continue;
      console.log(`\n${settingsText(name, any)}\n`);
      console.log(benchTable(cells.filter(({ contender }) => contender === name)));
    }
    console.log(`\n${notesText(samples, seed)}`);
  }
  for (const sample of stuck) {
    console.error(`did not move within the limit: ${sampleText(sample, runs)}`);
  }
  if (stuck.some(isDisturbed)) {
    console.error('This machine was too busy: repeat it with nothing else running, or --groups 1.');
  }
  return stuck.length === 0 ? EXIT.done : EXIT.failed;
}

function usage(message: string): number {
  console.error(message);
  return EXIT.usage;
}

function collect(name: string, before: readonly string[]): readonly string[] {
  return [...before, name];
}

function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,10}$/.test(text) && value >= from && value <= to) return value;
    throw new InvalidArgumentError(`It is a whole number from ${from} to ${to}.`);
  };
}

function interval(text: string): number {
  const value = parseDuration(text);
  if (value !== undefined && EVERY_MS.includes(value)) return value;
  throw new InvalidArgumentError(`It is one of ${EVERY}.`);
}

function delay(text: string): number {
  const value = parseDuration(text);
  if (value !== undefined && value >= 1 && value <= 60_000) return value;
  throw new InvalidArgumentError('It is a duration from 1ms to 60s, with its unit.');
}

try {
  process.exitCode = await main(program.parse().opts<Options>());
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = EXIT.failed;
}
