/**
 * `quorate rehearse`: this very file in a simulated world, before anybody has to trust it: how soon a loss is
 * seen, decided, committed and followed by clients, what would be held back, how often noise alone would
 * remove something. Needs no AWS, asks no endpoint.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { QuorateError } from '../../shared/core/errors.ts';
import { casesOf, REHEARSALS, type RehearsalName } from '../rehearse/cases.ts';
import { rehearsedFile } from '../rehearse/rehearsed-file.ts';
import type { Register } from './cli.ts';
import { findService } from './find.ts';

const NAMES = Object.keys(REHEARSALS) as readonly RehearsalName[];
const DAY_MS = 86_400_000;
const SEEDS = 5;
const SEEDS_MAX = 10_000;
const PROGRESS_EACH = 20;

type Options = {
  readonly scenario: string;
  readonly service?: string;
  readonly days?: string;
  readonly seed: string;
  readonly noise: string;
};

export const registerRehearse: Register = (program, cli) => {
  program
    .command('rehearse')
    .description('this file in a simulated world: times, clients, what is held back; needs no AWS')
    .option('--scenario <name>', `${NAMES.join(', ')}, or all`, 'all')
    .option('--service <service>', 'this one only; default: the first six')
    .option('--days <n>', `simulated days in all; default: ${SEEDS} runs of each case`)
    .option('--seed <word>', 'another seed, other chances', '1')
    .option('--noise <percents>', 'of probes that fail by chance: 1%,5%', '1%,5%')
    .addHelpText(
      'after',
      `
The production functions run on virtual time over a simulated table, Route 53 and network. A healthy
endpoint is taken to answer what its check expects, and services that observe are rehearsed as if they
enforced; the answer ends with all that is assumed.

Examples:
  quorate rehearse
  quorate rehearse --scenario region-loss --service app --days 3
  quorate rehearse --noise 2% --json
With --json: deployment, seed, runs, watchedMs, cases[], noise[], warnings[], notRehearsed[], assumptions[].`,
    )
    .action(async (options: Options) => {
      // The simulated world lies beside the tests: no other command loads it, or needs it to be there.
      const { rehearse } = await import('../rehearse/rehearsal.ts');
      const { CASE_MS } = await import('../rehearse/rehearse-case.ts');
      const { REHEARSAL_ASSUMPTIONS, rehearsalText } = await import('../rehearse/rehearse-text.ts');
      const names = namesOf(options.scenario);
      const noisePercents = percentsOf(options.noise);
      const { config: file } = cli.load();
      const only = options.service === undefined ? undefined : findService(file, options.service);
      const { config, left } = rehearsedFile(file, only?.id);
      const cases = casesOf(config, names).length;
      if (cases === 0) {
        throw new QuorateError(
          'BAD_REQUEST',
          `nothing in ${file.deployment} fits --scenario ${options.scenario}: it has too few regions with weight; choose another`,
        );
      }
      const seeds = options.days === undefined ? SEEDS : seedsOf(options.days, cases * CASE_MS);
      cli.say(`rehearsing ${cases} cases, ${seeds} times each …`);
      const rehearsal = await rehearse({
        config,
        file,
        names,
        seed: options.seed,
        seeds,
        noisePercents,
        signal: cli.terminal.signal,
        onProgress: (done, of) => {
          if (done % PROGRESS_EACH === 0 && done < of) cli.say(`${done} of ${of}`);
        },
      });
      await turn();
      const { deployment } = file;
      cli.print(
        {
          deployment,
          seed: options.seed,
          ...rehearsal,
          notRehearsed: left,
          assumptions: REHEARSAL_ASSUMPTIONS,
        },
        () => rehearsalText(rehearsal, { deployment, left }),
      );
    });
};

function namesOf(text: string): readonly RehearsalName[] {
  if (text === 'all') return NAMES;
  const found = NAMES.find((name) => name === text);
  if (found !== undefined) return [found];
  throw new QuorateError(
    'BAD_REQUEST',
    `--scenario ${text} is none; write one of ${NAMES.join(', ')}, or all`,
  );
}

function percentsOf(text: string): readonly number[] {
  const percents = text.split(',').map((one) => Number(one.trim().replace(/\s*%$/, '') || 'none'));
  if (percents.every((percent) => percent >= 0 && percent <= 100)) return percents;
  throw new QuorateError('BAD_REQUEST', `--noise ${text} are no percentages; write 1%,5%`);
}

/** `roundMs`: what each case takes once, all of them together. */
function seedsOf(text: string, roundMs: number): number {
  const days = Number(text);
  const seeds = Math.round((days * DAY_MS) / roundMs);
  if (days > 0 && seeds <= SEEDS_MAX) return Math.max(1, seeds);
  const most = Math.floor((SEEDS_MAX * roundMs) / DAY_MS);
  throw new QuorateError(
    'BAD_REQUEST',
    `--days ${text} is no number above 0 and up to ${most}; a day of this file is ${Math.round(DAY_MS / roundMs)} rounds of all cases`,
  );
}
