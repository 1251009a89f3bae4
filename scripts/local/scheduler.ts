/**
 * What AWS would invoke, invoked here: a scheduled event each period per function and vantage, and the
 * stream's batches as they come, with the event and context shapes of Lambda. In: a clock, a period,
 * and what to invoke. It waits for nothing: runs overlap, as the platform lets them.
 */
import { randomUUID } from 'node:crypto';
import type { Context, ScheduledEvent } from 'aws-lambda';
import type { Clock } from '../../shared/ports.ts';

export const SCHEDULED = ['probe', 'quorum', 'notify'] as const;
export type ScheduledFunction = (typeof SCHEDULED)[number];
/** `api` runs only when somebody asks. */
export type FunctionName = ScheduledFunction | 'api';

const TIMEOUT_MS = { quorum: 30_000, notify: 50_000, api: 30_000 } as const;
/** A `probe` run bridges one missing run: 133 s at a period of a minute. */
const timeoutMs = (name: FunctionName, periodMs: number): number =>
  name === 'probe' ? 2 * periodMs + 13_000 : TIMEOUT_MS[name];
export const LOCAL_ACCOUNT = '123456789012';

export type Place = { readonly deployment: string; readonly vantage: string };

export function scheduledEvent(place: Place, name: FunctionName, at: number): ScheduledEvent {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: LOCAL_ACCOUNT,
    time: new Date(at).toISOString().replace(/\.\d+Z$/, 'Z'),
    region: place.vantage,
    resources: [
      `arn:aws:events:${place.vantage}:${LOCAL_ACCOUNT}:rule/${place.deployment}-${name}-schedule`,
    ],
    detail: {},
  };
}

export function lambdaContext(
  place: Place,
  name: FunctionName,
  clock: Clock,
  periodMs: number,
  /** The alias that was called; none is the function itself. */
  qualifier = '',
): Context {
  const functionName = `${place.deployment}-${name}`;
  const endsAt = clock.now() + timeoutMs(name, periodMs);
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: [
      `arn:aws:lambda:${place.vantage}:${LOCAL_ACCOUNT}:function:${functionName}`,
      ...(qualifier === '' ? [] : [qualifier]),
    ].join(':'),
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
