#!/usr/bin/env node
/** The command line. `npm run quorate -- --help` lists what it does; exit codes are in README.md. */
import { askerOn } from './cli/ask.ts';
import { run } from './cli/run.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => stop.abort(new Error('stopped')));
}
// A reader that has gone (`| head`) has seen enough.
process.stdout.on('error', () => process.exit(0));

const asker = askerOn(process.stdin, (text) => void process.stderr.write(text), stop.signal);

process.exitCode = await run(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  env: process.env,
  isTty: process.stdout.isTTY === true,
  columns: process.stdout.columns ?? 100,
  ...(process.stdout.rows === undefined ? {} : { rows: process.stdout.rows }),
  signal: stop.signal,
  folder: process.cwd(),
  ...(process.stdin.isTTY === true ? { ask: asker.ask } : {}),
});
asker.close();
