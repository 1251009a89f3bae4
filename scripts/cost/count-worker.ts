/**
 * The counted run in a thread of its own, because it listens to everything that is printed there: log
 * lines and metrics are counted as CloudWatch would get them. In: the configuration and how many
 * minutes. Out: one message with the counts, or with what went wrong.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { countRun } from './counted-run.ts';
import type { Counts } from './counts.ts';

export type CountAnswer =
  | { readonly kind: 'counted'; readonly counts: Counts }
  | { readonly kind: 'failed'; readonly message: string };

function listen(take: (text: string) => void): () => void {
  const { stdout } = process;
  const write = stdout.write;
  stdout.write = (chunk: string | Uint8Array): boolean => {
    take(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
    return true;
  };
  return () => {
    stdout.write = write;
  };
}

const answer: CountAnswer = await countRun({
  ...workerData,
  printing: new AsyncLocalStorage(),
  listen,
}).then(
  (counts) => ({ kind: 'counted', counts }),
  (error: unknown) => ({
    kind: 'failed',
    message: error instanceof Error ? error.message : String(error),
  }),
);
parentPort?.postMessage(answer);
