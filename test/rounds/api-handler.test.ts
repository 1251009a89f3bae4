/** The `api` handler over fakes: its routes, and one shape for every error. */
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { apiHandler, handler as deployed } from '../../functions/api.ts';
import { fakeClock } from '../fakes/fake-clock.ts';
import { fakeStore } from '../fakes/fake-store.ts';
import { sampleConfig, VANTAGES } from '../fakes/sample-service.ts';

describe('GET /healthz', () => {
  it('answers without asking anybody', async () => {
    const { ask, store } = api();

    expect(await ask('GET', '/healthz')).toMatchObject({
      status: 200,
      type: 'application/json',
      body: { status: 'ok', region: 'eu-west-1' },
    });
    expect(store.calls).toEqual([]);
  });
});

describe('GET /v1/status-lite', () => {
  it('says which regions decide as seen from here', async () => {
    const { ask, decide } = api();
    decide('us-east-1', 'eu-west-1', 'us-west-2');

    const { status, body } = await ask('GET', '/v1/status-lite');

    expect(status).toBe(200);
    expect(body).toMatchObject({
      format: 1,
      deployment: 'quorate-test',
      region: 'eu-west-1',
      config: { digest: 'config-digest-000000001' },
      vantages: VANTAGES.map((region) => ({
        region,
        decides: ['us-east-1', 'eu-west-1', 'us-west-2'].includes(region),
      })),
      majority: 3,
      majorityDecides: true,
    });
  });

  it('says so when fewer than a majority decide', async () => {
    const { ask, decide } = api();
    decide('us-east-1', 'eu-west-1');

    expect((await ask('GET', '/v1/status-lite')).body).toMatchObject({ majorityDecides: false });
  });

  it('is a problem while the table is away, and says what', async () => {
    const { ask, store } = api();
    store.trouble('readPulses', { kind: 'refused' });

    expect(await ask('GET', '/v1/status-lite')).toMatchObject({
      status: 503,
      type: 'application/problem+json',
      body: {
        type: 'about:blank',
        title: 'Service Unavailable',
        status: 503,
        detail: 'the store did not answer readPulses',
      },
    });
  });
});

describe('everything else', () => {
  it.each(['/', '/v2', '/healthz/', '/__proto__', '/constructor', '/V1/status-lite', ''])(
    'is not found: %s',
    async (path) => {
      const { ask } = api();

      expect(await ask('GET', path)).toMatchObject({
        status: 404,
        type: 'application/problem+json',
        body: { title: 'Not Found', status: 404 },
      });
    },
  );

  it('names what there is', async () => {
    const { ask } = api();

    expect((await ask('GET', '/x')).body).toMatchObject({
      detail: 'there is nothing at /x; ask for /healthz or /v1/status-lite',
    });
  });

  it.each(['POST', 'PUT', 'DELETE', 'HEAD', ''])(
    '%s is refused where GET is meant',
    async (method) => {
      const { ask } = api();

      const { status, headers } = await ask(method, '/healthz');

      expect([status, headers.allow]).toEqual([405, 'GET']);
    },
  );

  it.each([
    undefined,
    null,
    'text',
    {},
    { rawPath: 7 },
    { rawPath: '/healthz', requestContext: 7 },
  ])('an event that is no request is no exception: %j', async (event) => {
    const { handle } = api();

    expect((await handle(event)).statusCode).toBeGreaterThanOrEqual(404);
  });

  it('a hostile path is cut and cleaned before it is repeated', async () => {
    const { ask } = api();

    const { body } = await ask('GET', `/\u202e\n${'x'.repeat(10_000)}`);

    expect(JSON.stringify(body).length).toBeLessThan(400);
    expect(JSON.stringify(body)).not.toMatch(/\u202e|\\n/);
  });

  it('no answer may be kept, sniffed or framed', async () => {
    const { ask } = api();

    for (const path of ['/healthz', '/v1/status-lite', '/x']) {
      expect((await ask('GET', path)).headers).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
      });
    }
  });
});

it('without its environment says what is missing', async () => {
  await expect(deployed({}, CONTEXT)).rejects.toThrow('QUORATE_TABLE is not set');
});

const CONTEXT = { getRemainingTimeInMillis: () => 30_000 } as Context;

function api() {
  const clock = fakeClock();
  const store = fakeStore();
  const handler = apiHandler(
    { QUORATE_VANTAGE: 'eu-west-1', QUORATE_TABLE: 'quorate-test', AWS_REGION: 'eu-west-1' },
    { config: sampleConfig(), clock, store, log: () => undefined },
  );
  const handle = async (event: unknown): Promise<APIGatewayProxyStructuredResultV2> =>
    (await clock.runUntil(handler(event, CONTEXT))) as APIGatewayProxyStructuredResultV2;
  return {
    store,
    handle,
    decide: (...regions: readonly string[]) => {
      for (const region of regions) {
        store.table.pulses.set(region, { region, at: clock.now() });
      }
    },
    ask: async (method: string, rawPath: string) => {
      const reply = await handle({ rawPath, requestContext: { http: { method } } });
      const headers = reply.headers as Record<string, string>;
      return {
        status: reply.statusCode,
        type: headers['content-type'],
        headers,
        body: JSON.parse(reply.body!) as Record<string, unknown>,
      };
    },
  };
}
