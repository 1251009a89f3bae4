/**
 * `npm run explore`: every interleaving of the production quorum round over the fence, for a small company
 * of writers, with faults; then every order of rounds once faults have stopped. It says how many states
 * there were, and for each invariant whether it held; a violation is told as the shortest way to it.
 */
import { Command, InvalidArgumentError } from 'commander';
import { type Explored, explore, type Progress } from '../test/explorer/explore.ts';
import { INVARIANTS, type Invariant } from '../test/explorer/invariants.ts';
import { storyText } from '../test/explorer/story.ts';

const DECISIONS_MAX = 4;
const MINUTES_MAX = 600;

const command = new Command('explore')
  .description('Explore every interleaving of quorum rounds that race over one zone, with faults.')
  .option('--writers <n>', 'regions that decide', (text) => countOf(text, 1, 4), 3)
  .option('--endpoints <n>', 'endpoints of the service', (text) => countOf(text, 2, 4), 3)
  .option(
    '--decisions <n>',
    'minutes of evidence, each of which asks for another decision; the last brings an order',
    (text) => countOf(text, 1, DECISIONS_MAX),
    4,
  )
  .option('--rounds <n>', 'rounds that each writer begins', (text) => countOf(text, 1, 4), 1)
  .option('--faults <n>', 'faults of any kind, together', (text) => countOf(text, 0, 4), 1)
  .option('--restores', 'the whole zone may be put back, byte for byte, as a fault')
  .option('--budget-states <n>', 'end after so many states', (text) => countOf(text, 1, 1e8), 2e7)
  .option('--minutes <m>', 'end after so many minutes', minutesOf, 5)
  .option('--json', 'one JSON object a line, the last one the summary')
  .addHelpText(
    'after',
    `
Always: reports may lag by a minute, a writer may be halted after its read or after its decision, a batch
and its answer take as long as they like.
Faults: a batch is lost, repeated, or given up by its writer while it is on its way; its answer is lost; a
read fails; a writer is restarted without its memory; a person sets a weight to 0 by hand.

Examples:
  npm run explore                                    3 writers, 3 endpoints, 4 decisions
  npm run explore -- --writers 2 --decisions 2 --rounds 2 --faults 2
  npm run --silent explore -- --json | tail -1 | jq .states

Exit codes: 0 all was explored and all holds, 1 a violation or an exploration cut short, 2 wrong usage.`,
  )
  .exitOverride();

type Options = {
  readonly writers: number;
  readonly endpoints: number;
  readonly decisions: number;
  readonly rounds: number;
  readonly faults: number;
  readonly restores?: true;
  readonly budgetStates: number;
  readonly minutes: number;
  readonly json?: true;
};

function countOf(text: string, min: number, max: number): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < min || count > max) {
    throw new InvalidArgumentError(`write a whole number from ${min} to ${max}.`);
  }
  return count;
}

function minutesOf(text: string): number {
  const minutes = Number(text.replace(/m$/, ''));
  if (!(minutes > 0 && minutes <= MINUTES_MAX)) {
    throw new InvalidArgumentError(`write minutes, more than 0 and at most ${MINUTES_MAX}.`);
  }
  return minutes;
}

async function main(): Promise<number> {
  try {
    command.parse();
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    return code === 'commander.helpDisplayed' || code === 'commander.help' ? 0 : 2;
  }
  const { budgetStates, minutes, json, restores = false, ...size } = command.opts<Options>();
  const isJson = json === true;
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1_000;
  const explored = await explore(
    { ...size, restores },
    {
      states: budgetStates,
      ms: minutes * 60_000,
      now: () => performance.now(),
      onProgress: progress(isJson, seconds),
    },
  );
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  if (isJson) console.log(JSON.stringify(summaryOf(explored, seconds())));
  else console.log(reportOf(explored, seconds()));
  return failedIn(explored) === 0 ? 0 : 1;
}

/** On a terminal one line that is written over; else one now and then. */
function progress(isJson: boolean, seconds: () => number): (progress: Progress) => void {
  let last = 0;
  return (now) => {
    if (seconds() - last < (process.stderr.isTTY && !isJson ? 0.5 : 15)) return;
    last = seconds();
    if (isJson) {
      console.log(JSON.stringify({ event: 'progress', ...now, seconds: Math.round(last) }));
      return;
    }
    const phase = now.phase === 'faults' ? 'with faults' : 'faults stopped';
    const text = `${phase}   ${figure(now.states)} states, ${figure(now.waiting)} to look at   ${figure(now.transitions)} transitions   depth ${now.deepest}   ${Math.round(last)} s`;
    process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${text}` : `${text}\n`);
  };
}

const figure = (count: number): string => count.toLocaleString('en-US');

function verdictsOf({ judged, failure }: Explored): readonly {
  readonly invariant: Invariant;
  readonly text: string;
  readonly judged: number;
  readonly verdict: 'holds' | 'violated' | 'never judged';
}[] {
  return (Object.keys(INVARIANTS) as Invariant[]).map((invariant) => ({
    invariant,
    text: INVARIANTS[invariant],
    judged: judged[invariant],
    verdict:
      failure?.violation.invariant === invariant
        ? 'violated'
        : judged[invariant] === 0
          ? 'never judged'
          : 'holds',
  }));
}

/** What was never judged shows nothing, and neither does what was cut short. */
function failedIn(explored: Explored): number {
  const { isComplete, failure } = explored;
  if (failure !== null) return 1;
  const unjudged = verdictsOf(explored).filter(({ verdict }) => verdict !== 'holds').length;
  return isComplete ? unjudged : Math.max(1, unjudged);
}

function summaryOf(explored: Explored, seconds: number): Readonly<Record<string, unknown>> {
  const { failure, states, healedStates, ...rest } = explored;
  return {
    event: 'summary',
    states: states + healedStates,
    statesWithFaults: states,
    statesAfterFaults: healedStates,
    seconds: Math.round(seconds * 10) / 10,
    ...rest,
    invariants: verdictsOf(explored),
    failures: failure === null ? [] : [failure],
  };
}

function reportOf(explored: Explored, seconds: number): string {
  const { size, states, healedStates, failure, reached, faults, isComplete } = explored;
  const verdicts = verdictsOf(explored);
  const unreached = Object.entries(reached).filter(([, count]) => count === 0);
  return [
    `${size.writers} writers, ${size.endpoints} endpoints, ${size.decisions} decisions, ${size.rounds} round${size.rounds === 1 ? '' : 's'} each, any ${size.faults} fault${size.faults === 1 ? '' : 's'}${size.restores ? ', restores too' : ''}`,
    '',
    `states        ${figure(states + healedStates).padStart(12)}   ${figure(states)} with faults, ${figure(healedStates)} after them, ${figure(explored.rests)} at rest${isComplete ? '' : '   CUT SHORT: not all were looked at'}`,
    `transitions   ${figure(explored.transitions).padStart(12)}`,
    `seconds       ${seconds.toFixed(1).padStart(12)}   ${figure(Math.round((states + healedStates) / seconds))} states a second`,
    `deepest       ${figure(explored.deepest).padStart(12)}   steps`,
    `rounds run    ${figure(explored.rounds).padStart(12)}   of the production code, ${figure(explored.localStates)} states of writers, ${figure(explored.zones)} zones`,
    '',
    `faults        ${Object.entries(faults)
      .filter(([, count]) => count > 0)
      .map(([fault, count]) => `${fault} × ${figure(count)}`)
      .join(', ')}`,
    '',
    ...Object.entries(reached)
      .filter(([, count]) => count > 0)
      .map(([marker, count]) => `${figure(count).padStart(14)} ×  ${marker}`),
    ...(unreached.length === 0
      ? []
      : ['', ...unreached.map(([marker]) => `   not reached    ${marker}`)]),
    '',
    ...verdicts.map(
      ({ text, judged, verdict }) =>
        `${verdict.padEnd(13)} ${text}${judged === 0 ? '' : `   (${figure(judged)} ×)`}`,
    ),
    ...(failure === null
      ? []
      : ['', `VIOLATED: ${failure.violation.what}`, '', storyText(failure.story)]),
    '',
    ...(isComplete || failure !== null
      ? []
      : [
          'Not all was explored: give it more --minutes or --budget-states, or a smaller size.',
          '',
        ]),
    `${verdicts.filter(({ verdict }) => verdict === 'holds').length} passed, ${failedIn(explored)} failed`,
  ].join('\n');
}

process.exitCode = await main();
