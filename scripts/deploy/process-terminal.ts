/** This process as a `Terminal`: it asks only where somebody sits at stdin, and Ctrl-C aborts. */
import { createInterface } from 'node:readline/promises';
import type { Terminal } from '../cli/cli.ts';

export function processTerminal(): Terminal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => stop.abort(new Error('stopped')));
  }
  const ask = async (question: string): Promise<string> => {
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await lines.question(question, { signal: stop.signal });
    } finally {
      lines.close();
    }
  };
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    env: process.env,
    isTty: process.stdout.isTTY === true,
    columns: process.stdout.columns ?? 100,
    signal: stop.signal,
    folder: process.cwd(),
    ...(process.stdin.isTTY === true ? { ask } : {}),
  };
}
