/** Arguments → exit code. Every command of `quorate` hangs here; tests call it without a process. */
import { Command, CommanderError } from 'commander';
import { QuorateError } from '../../shared/core/errors.ts';
import { troubleText } from '../../shared/core/trouble.ts';
import { registerAdopt } from './adopt.ts';
import { registerApply } from './apply.ts';
import { registerApprove } from './approve.ts';
import { registerAudit } from './audit.ts';
import { makeCli, type OpenCli, type Register, type Terminal } from './cli.ts';
import { registerCompletion } from './completion.ts';
import { registerCost } from './cost.ts';
import { registerDoctor } from './doctor.ts';
import { registerDrill } from './drill.ts';
import { registerUndrain, registerUnfreeze, registerUnpin } from './end.ts';
import { registerExporter } from './exporter.ts';
import { registerExtend } from './extend.ts';
import { registerDrain, registerFreeze, registerPin } from './give.ts';
import { registerHistory } from './history.ts';
import { registerIam } from './iam.ts';
import { registerImport } from './import.ts';
import { registerIncidents } from './incidents.ts';
import { registerNew } from './new.ts';
import { registerNotify } from './notify.ts';
import { registerOverrides } from './overrides.ts';
import { registerPlan } from './plan.ts';
import { registerProbe } from './probe.ts';
import { registerReassert } from './reassert.ts';
import { registerRehearse } from './rehearse.ts';
import { registerRelease } from './release.ts';
import { registerReplay } from './replay.ts';
import { registerRetire } from './retire.ts';
import { registerRunbook } from './runbook.ts';
import { registerSchema } from './schema.ts';
import { registerSlo } from './slo.ts';
import { registerStatus } from './status.ts';
import { registerTail } from './tail.ts';
import { registerUi } from './ui.ts';
import { registerValidate } from './validate.ts';
import { registerVerify } from './verify.ts';
import { registerWhy } from './why.ts';

/** In the order of `--help`, under their headings. */
const COMMANDS: readonly (readonly [string, readonly Register[]])[] = [
  [
    'To look (writes nothing):',
    [
      registerStatus,
      registerWhy,
      registerHistory,
      registerIncidents,
      registerPlan,
      registerProbe,
      registerVerify,
      registerAudit,
      registerSlo,
      registerReplay,
      registerTail,
      registerUi,
      registerRunbook,
    ],
  ],
  [
    'Orders (a dry run, unless --apply):',
    [
      registerDrain,
      registerUndrain,
      registerPin,
      registerUnpin,
      registerFreeze,
      registerUnfreeze,
      registerExtend,
      registerApprove,
      registerOverrides,
      registerDrill,
    ],
  ],
  [
    'The zone (a dry run, unless --apply):',
    [registerApply, registerAdopt, registerReassert, registerRetire, registerRelease],
  ],
  ['The file:', [registerNew, registerImport, registerValidate, registerRehearse, registerSchema]],
  [
    'The deployment:',
    [
      registerDoctor,
      registerCost,
      registerIam,
      registerNotify,
      registerExporter,
      registerCompletion,
    ],
  ],
];

const BY_ID: ReadonlySet<string> = new Set(['undrain', 'unpin', 'unfreeze', 'extend']);
/** An order's id has 8 characters of base64url; options of that length begin with two dashes and a word. */
const ID_LIKE_OPTION = /^-(?!-[a-z]+$)[\w-]{7}$/;

/** An id may begin with a dash. As the last word, behind `--`, it is none of the options. */
function idsLast(args: readonly string[]): readonly string[] {
  const id = args.find((word, i) => ID_LIKE_OPTION.test(word) && args[i - 1] !== '--apply');
  if (id === undefined || !args.some((word) => BY_ID.has(word)) || args.includes('--')) return args;
  return [...args.filter((word) => word !== id), '--', id];
}

const EXIT = { done: 0, failed: 1, usage: 2 } as const;

const AFTER_HELP = `
Global options stand before or after the command. With --json stdout holds one document that begins with
"format": 1; words about the work go to stderr. Nothing prompts unless stdin is a terminal.

Exit codes: 0 done, or nothing to do · 1 something failed or is wrong · 2 wrong usage or configuration ·
3 refused, or the plan is another one now

Examples:
  quorate new                                begin a quorate.yml
  quorate import app.example.com             print one for records that stand there
  quorate validate                           check it, all mistakes at once
  quorate status                             what automation sees, wants and holds back
  quorate drain app us-east-1 --for 2h       plan it, then apply exactly that
  quorate plan app --json                    what would be committed now, for scripts
  quorate status --stage staging             of quorate.staging.yml

In a checkout: npm run quorate -- status`;

/** Every command, ready to parse: `run` does, and tests that hold texts to it. */
export function programFor(terminal: Terminal): {
  readonly program: Command;
  readonly cli: OpenCli;
} {
  const program = new Command('quorate')
    .description('Moves Route 53 weights away from a region when a quorum agrees that it is down.')
    .usage('<command> [options]')
    .option('--config <file>', 'another file than quorate.yml (or set QUORATE_CONFIG)')
    .option('--stage <name>', 'reads quorate.<name>.yml and nothing else')
    .option(
      '--region <region>',
      'the vantage whose replica is read; default: AWS_REGION, else home',
    )
    .option(
      '--api <urls>',
      'the API: https://…, several with commas; default: QUORATE_API, the last deployment, the stacks',
    )
    .option('--json', 'one JSON document on stdout')
    .allowExcessArguments(false)
    .showSuggestionAfterError(true)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: terminal.out,
      writeErr: terminal.err,
      getOutHelpWidth: () => terminal.columns,
      getErrHelpWidth: () => terminal.columns,
    })
    .addHelpCommand(
      new Command('help')
        .argument('[command]')
        .description('what a command does, with an example')
        .helpGroup('Help:'),
    )
    .addHelpText('after', AFTER_HELP)
    .exitOverride();
  const cli = makeCli(program, terminal);
  for (const [heading, registers] of COMMANDS) {
    program.commandsGroup(heading);
    for (const register of registers) register(program, cli);
  }
  return { program, cli };
}

export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const { program, cli } = programFor(terminal);
  try {
    await program.parseAsync(idsLast(args), { from: 'user' });
    return cli.exitCode();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    terminal.err(`${troubleText(error, cli.zones())}\n`);
    return error instanceof QuorateError ? error.exitCode : EXIT.failed;
  } finally {
    cli.end();
  }
}
