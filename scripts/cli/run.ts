/** Arguments → exit code. Every command of `quorate` hangs here; tests call it without a process. */
import { Command, CommanderError } from 'commander';
import { QuorateError } from '../../shared/core/errors.ts';
import { makeCli, type Register, type Terminal } from './cli.ts';

/** In the order of `--help`. */
const COMMANDS: readonly Register[] = [];

const EXIT = { done: 0, failed: 1, usage: 2 } as const;

export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = new Command('quorate')
    .description('Moves Route 53 weights away from a region when a quorum agrees that it is down.')
    .option('--config <file>', 'another file than quorate.yml (or set QUORATE_CONFIG)')
    .option('--stage <name>', 'reads quorate.<name>.yml and nothing else')
    .option(
      '--region <region>',
      'the vantage whose replica is read; default: AWS_REGION, else home',
    )
    .option('--json', 'one JSON document on stdout', false)
    .allowExcessArguments(false)
    .showSuggestionAfterError(true)
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .exitOverride();
  const cli = makeCli(program, terminal);
  for (const register of COMMANDS) register(program, cli);
  try {
    await program.parseAsync(args, { from: 'user' });
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    return failed(error, terminal);
  } finally {
    cli.end();
  }
}

function failed(error: unknown, terminal: Terminal): number {
  const message = error instanceof Error ? error.message : String(error);
  terminal.err(`${message}\n`);
  return error instanceof QuorateError ? error.exitCode : EXIT.failed;
}
