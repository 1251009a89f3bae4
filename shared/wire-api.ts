/**
 * What only `api` has: a way to the region's `notify`. Beside `wire.ts`, so that the other functions don't
 * carry its client.
 */
import { LambdaClient } from '@aws-sdk/client-lambda';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { lambdaNotify } from './adapters/lambda-notify.ts';
import type { NotifyCaller } from './ports.ts';
import { type Env, endpointOf, once, type Wired, type WireOverrides, wire } from './wire.ts';

const CONNECTION_TIMEOUT_MS = 1_000;
/** A test waits for every channel; the adapter has deadlines of its own. */
const REQUEST_TIMEOUT_MS = 21_000;

export type ApiWireOverrides = WireOverrides & { readonly notify?: NotifyCaller };

export type ApiWired = Wired & { readonly notify: () => NotifyCaller };

export function wireApi(env: Env, overrides: ApiWireOverrides = {}): ApiWired {
  const wired = wire(env, 'api', overrides);
  const endpoint = env.AWS_ENDPOINT_URL_LAMBDA || env.AWS_ENDPOINT_URL || undefined;
  const functionName = env.QUORATE_NOTIFY || `${wired.config.deployment}-notify`;
  return {
    ...wired,
    notify: once(
      () =>
        overrides.notify ??
        lambdaNotify(
          wired.client(
            (common) =>
              new LambdaClient({
                ...common,
                ...endpointOf(endpoint),
                // A test that is sent again is a second message to everybody.
                maxAttempts: 1,
                requestHandler: new NodeHttpHandler({
                  connectionTimeout: CONNECTION_TIMEOUT_MS,
                  requestTimeout: REQUEST_TIMEOUT_MS,
                  throwOnRequestTimeout: true,
                }),
              }),
          ),
          functionName,
          wired.clock,
        ),
    ),
  };
}
