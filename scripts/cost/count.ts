/** Configuration and minutes in, counts out: starts the counting thread, and bounds it. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { QuorateError } from '../../shared/core/errors.ts';
import type { Config } from '../../shared/core/model.ts';
import type { CountAnswer } from './count-worker.ts';
import type { Counts } from './counts.ts';

/** Of the machine's time; an hour of five vantages takes seconds. */
const RUN_MS_MAX = 300_000;

export async function count(config: Config, minutes: number, signal: AbortSignal): Promise<Counts> {
  const worker = new Worker(new URL('./count-worker.ts', import.meta.url), {
    workerData: { config, minutes },
    // As in Lambda: nothing of this shell's own settings may reach the logs that are counted.
    env: { LOG_LEVEL: 'INFO', POWERTOOLS_METRICS_DISABLED: 'false' },
    stdout: true,
    stderr: true,
  });
  try {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(RUN_MS_MAX)]);
    const [answer] = (await once(worker, 'message', { signal: bounded })) as [CountAnswer];
    if (answer.kind === 'failed') {
      throw new QuorateError('BAD_REQUEST', `the counted run failed: ${answer.message}`);
    }
    return answer.counts;
  } finally {
    await worker.terminate();
  }
}
