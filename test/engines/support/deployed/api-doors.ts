/**
 * Function URLs of the deployed `api`s, as AWS has them. MiniStack's own look whether a request is signed, not
 * by whom, and tell the function nothing about the caller, so nobody could give an order there. Here a
 * request's signature is checked, and the function is invoked with the event that Lambda would make of it: the
 * local world's doors, before functions that run on MiniStack. Where nothing runs, they answer as Lambda does.
 */
import { InvokeCommand, LambdaClient, TooManyRequestsException } from '@aws-sdk/client-lambda';
import { openFunctionUrls, type UrlScope } from '../../../../scripts/local/function-urls.ts';
import { functionName } from '../../../../scripts/names.ts';
import { ACCOUNT, DEPLOYMENT, REGIONS } from './places.ts';

export const OPERATOR = `arn:aws:iam::${ACCOUNT}:user/operator`;

export type ApiDoors = AsyncDisposable & {
  /** For QUORATE_API: of the functions themselves, or of an alias. */
  readonly urls: (scope?: UrlScope) => string;
};

const THROTTLED = {
  statusCode: 429,
  headers: { 'x-amzn-errortype': 'TooManyRequestsException' },
  body: JSON.stringify({
    Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    Type: 'User',
    message: 'Rate Exceeded.',
  }),
};

export async function apiDoors(endpoint: string, secretAccessKey: string): Promise<ApiDoors> {
  await using opened = new AsyncDisposableStack();
  const doors = new Map<string, Readonly<Record<UrlScope, string>>>();
  for (const region of REGIONS) {
    const client = new LambdaClient({ region, endpoint, maxAttempts: 1 });
    opened.defer(() => client.destroy());
    const { urls } = opened.use(
      await openFunctionUrls({
        region,
        address: '127.0.0.1',
        now: Date.now,
        callers: (accessKeyId) =>
          accessKeyId === ACCOUNT ? { secretAccessKey, userArn: OPERATOR } : undefined,
        call: (event, scope) => invoke(client, event, scope),
      }),
    );
    doors.set(region, urls);
  }
  const running = opened.move();
  return {
    urls: (scope = 'own') => [...doors].map(([region, urls]) => `${region}=${urls[scope]}`).join(),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function invoke(client: LambdaClient, event: unknown, scope: UrlScope): Promise<unknown> {
  try {
    const { Payload, FunctionError } = await client.send(
      new InvokeCommand({
        FunctionName: functionName(DEPLOYMENT, 'api'),
        Payload: JSON.stringify(event),
        ...(scope === 'own' ? {} : { Qualifier: scope }),
      }),
    );
    const said = Buffer.from(Payload ?? []).toString('utf8');
    if (FunctionError !== undefined) throw new Error(said);
    return JSON.parse(said);
  } catch (error) {
    if (error instanceof TooManyRequestsException) return THROTTLED;
    throw error;
  }
}
