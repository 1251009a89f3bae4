/**
 * `api`: a request of the function URL in, JSON or the page out; every error has one shape (RFC 9457).
 * Reads answer from this region's replica and a zone snapshot, writes commit through the same fence as
 * `quorum`. Routes are in api/route-table.ts, who may ask is settled in api/authenticate.ts.
 */
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { type LambdaHandler, lambdaStack } from '../shared/middleware.ts';
import type { Env } from '../shared/wire.ts';
import { type ApiWireOverrides, wireApi } from '../shared/wire-api.ts';
import { answering } from './api/answer.ts';
import { type Authenticate, authenticate } from './api/authenticate.ts';
import { BURSTS, type BurstLimits } from './api/bursts.ts';
import { openDesk } from './api/desk.ts';
import { resultOf } from './api/reply.ts';
import { requestOf } from './api/request.ts';
import { PAGE } from './dashboard/embedded.ts';
import type { PageAssets } from './dashboard/page.ts';

export type ApiHandler = LambdaHandler<unknown, APIGatewayProxyStructuredResultV2>;

export type ApiOverrides = ApiWireOverrides & {
  /** Another way for callers to prove who they are. */
  readonly authenticate?: Authenticate;
  readonly bursts?: BurstLimits;
  /** Instead of what packaging embedded. */
  readonly page?: PageAssets | null;
};

/** One handler per region: local worlds make several in one process. */
export function apiHandler(env: Env, overrides: ApiOverrides = {}): ApiHandler {
  const wired = wireApi(env, overrides);
  const { clock, settings, telemetry } = wired;
  const page = overrides.page === undefined ? PAGE : overrides.page;
  const answer = answering(openDesk(wired, page), {
    authenticate: overrides.authenticate ?? authenticate,
    bursts: overrides.bursts ?? BURSTS,
  });
  return lambdaStack(
    { telemetry, clock },
    { vantage: settings.vantage },
    async (event, { signal, context }) => {
      const request = requestOf(event, context);
      return resultOf(await answer(request, context, signal), request.id);
    },
  );
}

let made: ApiHandler | undefined;
const own = (): ApiHandler => {
  made ??= apiHandler(process.env);
  return made;
};

/** In Lambda everything is made during INIT; elsewhere importing this file makes nothing. */
if (process.env.AWS_LAMBDA_FUNCTION_NAME) own();

export const handler = async (event: unknown, context: Context): ReturnType<ApiHandler> =>
  await own()(event, context);
