/**
 * Many jobs over worker threads, one per core: each takes the next job as soon as it is done with its
 * last. Threads inherit the flags of this process, so that what is preloaded here is preloaded there. One
 * that does not answer in time is ended, and its job counts as a violation.
 */
import { Worker } from 'node:worker_threads';
import { type Job, jobName, scenarioOf } from './jobs.ts';
import type { Answered, Asked } from './worker.ts';

export type PoolOptions = {
  readonly threads: number;
  /** Asked for each job as it is given out. */
  readonly wantsTrace: () => boolean;
  readonly onAnswer: (job: Job, answer: Answered) => void;
  readonly signal: AbortSignal;
};

/** Real time that a job may take: for the start of a thread, and per simulated time at 5 × real time. */
const START_MS_MAX = 600_000;
const SLOWEST = 5;

export async function runJobs(jobs: Iterable<Job>, options: PoolOptions): Promise<void> {
  const waiting = jobs[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    let thread: Worker | undefined;
    try {
      while (!options.signal.aborted) {
        const next = waiting.next();
        if (next.done === true) return;
        thread ??= newThread();
        const asked: Asked = { job: next.value, wantsTrace: options.wantsTrace() };
        const answer = await answerOf(thread, asked, options.signal);
        if (answer === null) return;
        if ('isLost' in answer) {
          await thread.terminate();
          thread = undefined;
        }
        options.onAnswer(next.value, answer);
      }
    } finally {
      await thread?.terminate();
    }
  };
  await Promise.all(Array.from({ length: options.threads }, lane));
}

function newThread(): Worker {
  const thread = new Worker(new URL('./worker.ts', import.meta.url), {
    execArgv: process.execArgv,
    stderr: false,
    stdout: false,
  });
  // Every job listens anew.
  thread.setMaxListeners(0);
  return thread;
}

type Reply = { readonly answer: Answered } | { readonly error: string };
type Lost = Answered & { readonly isLost: true };

/** null: nobody waits for it any more. */
function answerOf(
  thread: Worker,
  asked: Asked,
  signal: AbortSignal,
): Promise<Answered | Lost | null> {
  return new Promise((resolve) => {
    const limitMs = START_MS_MAX + lengthMsOf(asked.job) / SLOWEST;
    const end = (answer: Answered | Lost | null): void => {
      clearTimeout(timer);
      thread.off('message', onMessage);
      thread.off('error', onError);
      thread.off('exit', onExit);
      signal.removeEventListener('abort', onAbort);
      resolve(answer);
    };
    const lost = (why: string): void => end(lostAnswer(asked.job, why));
    const onMessage = (reply: Reply): void => {
      if ('answer' in reply) end(reply.answer);
      else lost(reply.error);
    };
    const onError = (error: unknown): void =>
      lost(error instanceof Error ? (error.stack ?? error.message) : String(error));
    const onExit = (code: number): void => lost(`the thread ended with code ${code}`);
    const onAbort = (): void => end(null);
    const timer = setTimeout(
      () => lost(`no answer within ${Math.round(limitMs / 1_000)} s: something hangs`),
      limitMs,
    );
    thread.on('message', onMessage);
    thread.on('error', onError);
    thread.on('exit', onExit);
    signal.addEventListener('abort', onAbort, { once: true });
    thread.postMessage(asked);
  });
}

const lengthMsOf = (job: Job): number =>
  job.kind === 'swarm'
    ? job.minutes * 60_000
    : job.kind === 'given'
      ? job.scenario.endAtMs
      : scenarioOf(job).endAtMs;

const lostAnswer = (job: Job, why: string): Lost => ({
  isLost: true,
  timings: {},
  seed: job.kind === 'given' ? job.scenario.seed : String(job.seed),
  scenario: jobName(job),
  violations: [{ invariant: 'bug', atMs: 0, why }],
  faults: {},
  markers: {},
  simulatedMs: 0,
  cpuMs: 0,
  traceHash: '',
  clients: {
    blackHoledSeconds: 0,
    omniscientSeconds: 0,
    nothingSeconds: 0,
    healthCheckSeconds: 0,
  },
  configDigest: '',
  events: 0,
  trace: null,
});
