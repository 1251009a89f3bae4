/** The port to `notify` over the real client of Lambda, against a Lambda of a few lines on loopback. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { describe, expect, it } from 'vitest';
import { lambdaNotify } from '../../shared/adapters/lambda-notify.ts';
import { systemClock } from '../../shared/adapters/system-clock.ts';
import type { NotifyCaller } from '../../shared/ports.ts';
import { wireApi } from '../../shared/wire-api.ts';
import { fakeClock } from '../fakes/fake-clock.ts';
import { sampleConfig } from '../fakes/sample-service.ts';

const NEVER = new AbortController().signal;

type Seen = { readonly path: string; readonly type: string; readonly event: unknown };
type Reply = {
  readonly status?: number;
  readonly body?: string;
  readonly error?: string;
  readonly isHung?: boolean;
};

describe('the port to notify', () => {
  it('a wake is an event that is not waited for', async () => {
    await using lambda = await openLambda({ status: 202 });

    expect(await lambda.notify.wake(NEVER)).toEqual({ kind: 'delivered' });
    expect(lambda.seen).toEqual([
      {
        path: '/2015-03-31/functions/quorate-test-notify/invocations',
        type: 'Event',
        event: { kind: 'wake' },
      },
    ]);
  });

  it.each([
    ['a list', '[{"channel":"sns","delivered":false,"why":"no such topic"}]'],
    [
      'a summary',
      '{"did":"x","channels":[{"channel":"sns","delivered":false,"why":"no such topic"}]}',
    ],
  ])('a test is waited for and tells of each channel, as %s', async (_form, body) => {
    await using lambda = await openLambda({ body });

    expect(await lambda.notify.test(NEVER)).toEqual({
      kind: 'told',
      channels: [{ channel: 'sns', delivered: false, why: 'no such topic' }],
    });
    expect(lambda.seen).toMatchObject([{ type: 'RequestResponse', event: { kind: 'test' } }]);
  });

  it('a channel that says nothing of why has no reason', async () => {
    await using lambda = await openLambda({ body: '[{"channel":"sns","delivered":true}]' });

    expect(await lambda.notify.test(NEVER)).toMatchObject({ channels: [{ why: null }] });
  });

  it.each<[string, Reply, string]>([
    ['fails', { error: 'Unhandled', body: '{"errorMessage":"no"}' }, 'quorate-test-notify failed'],
    ['answers something else', { body: '{"did":"nothing-to-do"}' }, 'answered something else'],
    ['answers nothing', { body: '' }, 'answered something else'],
    [
      'is not there',
      { status: 404, body: '{"Type":"User","Message":"Function not found"}' },
      'was not reached',
    ],
    ['is not allowed', { status: 403, body: '{"Message":"not authorized"}' }, 'was not reached'],
  ])('where it %s, that is a reason and no exception', async (_title, reply, why) => {
    await using lambda = await openLambda(reply);

    expect(await lambda.notify.test(NEVER)).toMatchObject({
      kind: 'failed',
      why: expect.stringContaining(why),
    });
    expect(lambda.seen).toHaveLength(1);
  });

  it('a wake that is not answered holds nobody up for long', async () => {
    const clock = fakeClock();
    await using lambda = await openLambda({ isHung: true }, lambdaOf(clock));
    const waking = lambda.notify.wake(NEVER);
    await lambda.asked;

    await clock.advance(2_000);

    expect(await waking).toMatchObject({ kind: 'failed' });
  });

  it('is wired to the deployment’s own notify', async () => {
    await using lambda = await openLambda({ status: 202 }, (_client, url) => {
      const env = {
        QUORATE_VANTAGE: 'eu-west-1',
        QUORATE_TABLE: 'quorate-test',
        AWS_REGION: 'eu-west-1',
        AWS_ENDPOINT_URL_LAMBDA: url,
      };
      return wireApi(env, { config: sampleConfig(), credentials: CREDENTIALS }).notify();
    });

    expect(await lambda.notify.wake(NEVER)).toEqual({ kind: 'delivered' });
    expect(lambda.seen[0]?.path).toContain('/quorate-test-notify/');
  });
});

const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

const lambdaOf =
  (clock: Parameters<typeof lambdaNotify>[2]) =>
  (client: LambdaClient): NotifyCaller =>
    lambdaNotify(client, 'quorate-test-notify', clock);

async function openLambda(
  reply: Reply,
  make: (client: LambdaClient, url: string) => NotifyCaller = lambdaOf(systemClock()),
) {
  const seen: Seen[] = [];
  const asked = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      seen.push({
        path: request.url ?? '',
        type: String(request.headers['x-amz-invocation-type']),
        event: JSON.parse(Buffer.concat(chunks).toString('utf8')),
      });
      asked.resolve();
      if (reply.isHung === true) return;
      response.writeHead(reply.status ?? 200, {
        'content-type': 'application/json',
        ...(reply.error === undefined ? {} : { 'x-amz-function-error': reply.error }),
      });
      response.end(reply.body ?? '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new LambdaClient({
    region: 'eu-west-1',
    endpoint: url,
    credentials: CREDENTIALS,
    maxAttempts: 1,
  });
  return {
    seen,
    asked: asked.promise,
    notify: make(client, url),
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
