/** A command as typed → judged by the real program, its actions left out: does it exist, with these options? */
import { type Command, CommanderError } from 'commander';
import { programFor } from '../../scripts/cli/run.ts';

/** Rejects where the program would show its usage. */
export async function typed(line: string): Promise<void> {
  const signal = new AbortController().signal;
  const quiet = (): void => undefined;
  const { program } = programFor({
    out: quiet,
    err: quiet,
    env: {},
    isTty: false,
    columns: 100,
    signal,
    folder: '.',
  });
  const inert = (command: Command): void => {
    command.action(quiet);
    for (const one of command.commands) inert(one);
  };
  for (const one of program.commands) inert(one);
  try {
    await program.parseAsync(wordsOf(line).slice(1), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError) || error.exitCode !== 0) throw error;
  }
}

const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
