/**
 * One thread of many: takes a job, runs it, answers with the outcome. A violation is run once more with its lines
 * kept where a trace is wanted: that costs nothing while all is well.
 */
import { parentPort } from 'node:worker_threads';
import type { SeedOutcome } from '../scenario.ts';
import { type Job, scenarioOf } from './jobs.ts';
import { runScenario } from './run-scenario.ts';
import { lastMinutes, traceText } from './trace-text.ts';

export type Asked = { readonly job: Job; readonly wantsTrace: boolean };
export type Answered = SeedOutcome & {
  readonly configDigest: string;
  readonly events: number;
  /** Of the last minutes before a violation, where it was wanted. */
  readonly trace: string | null;
};

const LINES_MAX = 120;
const MINUTES = 10;

export async function answerTo({ job, wantsTrace }: Asked): Promise<Answered> {
  const scenario = scenarioOf(job);
  const { lines: _none, startMs: _start, ...outcome } = await runScenario(scenario);
  if (outcome.violations.length === 0 || !wantsTrace) return { ...outcome, trace: null };
  const again = await runScenario(scenario, { keepsLines: true });
  const trace = traceText(lastMinutes(again.lines, MINUTES, LINES_MAX), again.startMs);
  const differs =
    again.traceHash === outcome.traceHash
      ? ''
      : '\nThe second run of it had another trace hash: this seed is not deterministic.';
  return { ...outcome, trace: `${trace}${differs}` };
}

if (parentPort !== null) {
  const port = parentPort;
  port.on('message', (asked: Asked) => {
    answerTo(asked).then(
      (answer) => port.postMessage({ answer }),
      (error: unknown) =>
        port.postMessage({
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        }),
    );
  });
}
