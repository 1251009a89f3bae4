/**
 * What AWS would invoke, invoked here: a scheduled event each period per function and vantage, and the
 * stream's batches as they come, with the event and context shapes of Lambda. In: a clock, a period,
 * and what to invoke. It waits for nothing: runs overlap, as the platform lets them.
 */
import { randomUUID } from 'node:crypto';
import type { Context, ScheduledEvent } from 'aws-lambda';
import type { Clock } from '../../shared/ports.ts';

export const FUNCTIONS = ['probe', 'quorum'] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

const QUORUM_TIMEOUT_MS = 30_000;
/** A `probe` run bridges one missing run: 133 s at a period of a minute. */
const timeoutMs = (name: FunctionName, periodMs: number): number =>
  name === 'quorum' ? QUORUM_TIMEOUT_MS : 2 * periodMs + 13_000;
const ACCOUNT = '123456789012';

export type Place = { readonly deployment: string; readonly vantage: string };

export function scheduledEvent(place: Place, name: FunctionName, at: number): ScheduledEvent {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: ACCOUNT,
    time: new Date(at).toISOString().replace(/\.\d+Z$/, 'Z'),
    region: place.vantage,
    resources: [
      `arn:aws:events:${place.vantage}:${ACCOUNT}:rule/${place.deployment}-${name}-schedule`,
    ],
    detail: {},
  };
}

export function lambdaContext(
  place: Place,
  name: FunctionName,
  clock: Clock,
  periodMs: number,
): Context {
  const functionName = `${place.deployment}-${name}`;
  const endsAt = clock.now() + timeoutMs(name, periodMs);
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${place.vantage}:${ACCOUNT}:function:${functionName}`,
    memoryLimitInMB: '256',
    awsRequestId: randomUUID(),
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: '2026/01/01/[$LATEST]00000000000000000000000000000000',
    getRemainingTimeInMillis: () => Math.max(0, endsAt - clock.now()),
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
}

export type ScheduleOptions = {
  readonly clock: Clock;
  readonly periodMs: number;
  readonly signal: AbortSignal;
  readonly invoke: (at: number) => void;
};

/** At once, then each period; ends with the signal. A late turn is not made up for. */
export async function runSchedule({
  clock,
  periodMs,
  signal,
  invoke,
}: ScheduleOptions): Promise<void> {
  let dueAt: number = clock.now();
  while (!signal.aborted) {
    invoke(dueAt);
    dueAt = Math.max(dueAt + periodMs, clock.now());
    try {
      await clock.sleep(dueAt - clock.now(), signal);
    } catch {
      return;
    }
  }
}
