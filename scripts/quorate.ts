#!/usr/bin/env node
/** The command line. `npm run quorate -- --help` lists what it does; exit codes are in README.md. */
import { createInterface } from 'node:readline/promises';
import { run } from './cli/run.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => stop.abort(new Error('stopped')));
}
// A reader that has gone (`| head`) has seen enough.
process.stdout.on('error', () => process.exit(0));

const ask = async (question: string): Promise<string> => {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question, { signal: stop.signal });
  } finally {
    lines.close();
  }
};

process.exitCode = await run(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  env: process.env,
  isTty: process.stdout.isTTY === true,
  columns: process.stdout.columns ?? 100,
  signal: stop.signal,
  folder: process.cwd(),
  ...(process.stdin.isTTY === true ? { ask } : {}),
});
