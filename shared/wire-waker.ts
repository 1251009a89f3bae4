/**
 * How `quorum` wakes its region's `notify`: by Lambda where it runs there, or where the environment names
 * the function; else not at all, since `notify` looks into the outboxes each minute anyway.
 */
import { LambdaClient } from '@aws-sdk/client-lambda';
import { lambdaNotify } from './adapters/lambda-notify.ts';
import type { NotifyCaller } from './ports.ts';
import { type Env, endpointOf, once, type Wired } from './wire.ts';

export type Waker = Pick<NotifyCaller, 'wake'>;

export function wireWaker(env: Env, wired: Wired, override?: Waker): Waker {
  if (override !== undefined) return override;
  const { config, clock } = wired;
  const isLambda = (env.QUORATE_NOTIFY || env.AWS_LAMBDA_FUNCTION_NAME || '') !== '';
  if (!isLambda) return { wake: () => Promise.resolve({ kind: 'delivered' }) };
  const endpoint = env.AWS_ENDPOINT_URL_LAMBDA || env.AWS_ENDPOINT_URL || undefined;
  const caller = once(() =>
    lambdaNotify(
      wired.client((common) => new LambdaClient({ ...common, ...endpointOf(endpoint) })),
      env.QUORATE_NOTIFY || `${config.deployment}-notify`,
      clock,
    ),
  );
  return { wake: (signal) => caller().wake(signal) };
}
