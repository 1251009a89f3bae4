/**
 * What `npm run deploy` and `npm run remove` share: arguments, the file, how events are printed, and how
 * an error becomes one sentence and an exit code (0 done, 1 failed, 2 usage or file, 3 refused).
 */
import { Command, CommanderError } from 'commander';
import { systemClock } from '../../shared/adapters/system-clock.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import type { Clock } from '../../shared/ports.ts';
import { type Cli, makeCli, type Terminal } from '../cli/cli.ts';
import { type AwsCloud, awsCloud } from './aws-cloud.ts';
import type { Cloud } from './cloud.ts';
import { eventJson, eventText, type Tell } from './event.ts';
import type { UrlCache } from './url-cache.ts';

export type Story = (
  cli: Cli,
  world: { readonly cloud: Cloud; readonly clock: Clock; readonly tell: Tell },
) => Promise<void>;

/** Of tests: a world of their own. */
export type Overrides = { readonly cloud?: Cloud; readonly urls?: UrlCache };

export function baseCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--config <file>', 'another file than quorate.yml (or set QUORATE_CONFIG)')
    .option('--stage <name>', 'reads quorate.<name>.yml and nothing else')
    .option('--json', 'one JSON object a line on stdout')
    .allowExcessArguments(false)
    .showSuggestionAfterError(true);
}

export async function runProgram(
  program: Command,
  args: readonly string[],
  terminal: Terminal,
  story: Story,
  overrides: Overrides = {},
): Promise<number> {
  program.configureOutput({ writeOut: terminal.out, writeErr: terminal.err }).exitOverride();
  const cli = makeCli(program, terminal);
  const clock = terminal.overrides?.clock ?? systemClock();
  const tell: Tell = (event) =>
    terminal.out(`${cli.options().json ? eventJson(event) : eventText(event)}\n`);
  let own: AwsCloud | undefined;
  try {
    await program.parseAsync(args, { from: 'user' });
    if (overrides.cloud === undefined) own = awsCloud(terminal.env, clock);
    const cloud = overrides.cloud ?? own;
    if (cloud !== undefined) await story(cli, { cloud, clock, tell });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    terminal.err(`${sentenceOf(error, terminal)}\n`);
    return error instanceof QuorateError ? error.exitCode : 1;
  } finally {
    own?.destroy();
    cli.end();
  }
}

function sentenceOf(error: unknown, { signal }: Terminal): string {
  if (signal.aborted) {
    return 'stopped; CloudFormation goes on by itself with what it has begun. The same command again takes it up';
  }
  return error instanceof Error ? error.message : String(error);
}
