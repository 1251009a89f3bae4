/** The `api` handler over fakes: what needs no table, one shape for every error, and what every answer carries. */
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { handler as deployed } from '../../../functions/api.ts';
import { VANTAGES } from '../../fakes/sample-service.ts';
import { apiWorld, DRAIN, eventOf, writing } from './api-world.ts';

describe('GET /healthz', () => {
  it('answers without asking anybody', async () => {
    const { ask, world } = apiWorld();

    expect(await ask('GET', '/healthz')).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: { status: 'ok', region: 'eu-west-1' },
    });
    expect(world.region(0).store.calls).toEqual([]);
    expect(world.zone.reads()).toBe(0);
  });

  it('answers an unsigned request: who may ask at all is the URL’s business', async () => {
    const { ask } = apiWorld();

    expect((await ask('GET', '/healthz', { actor: null })).status).toBe(200);
  });
});

describe('GET /v1/status-lite', () => {
  it('says which regions decide as seen from here', async () => {
    const { ask, world } = apiWorld();
    const deciding = ['us-east-1', 'eu-west-1', 'us-west-2'];
    for (const region of deciding) {
      world.table.pulses.set(region, { region, at: world.clock.now() });
    }

    expect(await ask('GET', '/v1/status-lite')).toMatchObject({
      status: 200,
      body: {
        format: 1,
        deployment: 'quorate-test',
        region: 'eu-west-1',
        config: { digest: 'config-digest-000000001' },
        vantages: VANTAGES.map((region) => ({ region, decides: deciding.includes(region) })),
        majority: 3,
        majorityDecides: true,
      },
    });
  });

  it('says so when fewer than a majority decide', async () => {
    const { ask, world } = apiWorld();
    world.table.pulses.set('us-east-1', { region: 'us-east-1', at: world.clock.now() });

    expect((await ask('GET', '/v1/status-lite')).body).toMatchObject({ majorityDecides: false });
  });

  it('is a problem while the table is away, and says what and what to do', async () => {
    const { ask, world, metrics } = apiWorld();
    world.region(0).store.trouble('readPulses', { kind: 'refused' });

    expect(await ask('GET', '/v1/status-lite')).toMatchObject({
      status: 503,
      headers: { 'content-type': 'application/problem+json' },
      body: {
        type: 'about:blank',
        title: 'Service Unavailable',
        status: 503,
        code: 'STORE_UNAVAILABLE',
        detail: 'the store did not answer readPulses',
        help: expect.stringContaining('another region'),
      },
    });
    expect(metrics).toMatchObject([{ name: 'OperatingErrors', value: 1 }]);
  });
});

describe('everything else', () => {
  it.each(['/v2', '/healthz/', '/__proto__', '/constructor', '/V1/status-lite', ''])(
    'is not found: %s',
    async (path) => {
      const { ask } = apiWorld();

      expect(await ask('GET', path)).toMatchObject({
        status: 404,
        headers: { 'content-type': 'application/problem+json' },
        body: { title: 'Not Found', status: 404, code: 'NOT_FOUND' },
      });
    },
  );

  it('names what there is', async () => {
    const { ask } = apiWorld();

    expect((await ask('GET', '/x')).body.detail).toContain(
      'there is nothing at /x; there is /, /openapi.json, /healthz, /v1/status-lite, /v1/status,',
    );
  });

  it.each([
    undefined,
    null,
    'text',
    {},
    { rawPath: 7 },
    { rawPath: '/healthz', requestContext: 7 },
    { rawPath: '/healthz', headers: [1], body: { a: 1 }, requestContext: { http: { method: 7 } } },
  ])('an event that is no request is no exception: %j', async (event) => {
    const { handle } = apiWorld();

    expect((await handle(event)).status).toBeGreaterThanOrEqual(404);
  });

  it('a bug is 500 without a word of what broke, told in the log and counted as one', async () => {
    const { ask, logs, metrics } = apiWorld(
      {},
      {
        authenticate: () => ({ actor: null, scope: 'freeze' }),
        notify: {
          wake: () => Promise.reject(new Error('secret innards')),
          test: () => Promise.reject(new Error('secret innards')),
        },
        store: {
          readPulses: () => Promise.reject(new TypeError('secret innards')),
        } as never,
      },
    );

    const got = await ask('GET', '/v1/status-lite');

    expect(got).toMatchObject({ status: 500, body: { code: 'INTERNAL' } });
    expect(got.text).not.toContain('innards');
    expect(metrics).toMatchObject([{ name: 'Failures', value: 1 }]);
    expect(logs).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'secret innards' }),
    );
  });

  it('time that is up is a problem that says what may have happened', async () => {
    const { handle, world } = apiWorld();
    world.region(0).store.trouble('readPulses', { kind: 'hung' });

    const got = await handle(eventOf('GET', '/v1/status-lite'));

    expect(got).toMatchObject({ status: 503 });
  });
});

describe('another way to prove who one is', () => {
  it('takes the place of the one function, and may take its time', async () => {
    const { ask } = apiWorld(
      {},
      {
        authenticate: async ({ headers }) => ({
          actor: headers.authorization === 'Bearer alice' ? 'alice' : null,
          scope: 'override',
        }),
      },
    );
    const body = { ...DRAIN, dryRun: true };
    const as = (authorization: string) => ({ body, actor: null, headers: { authorization } });

    expect(await ask('POST', '/v1/overrides', as('Bearer alice'))).toMatchObject({
      status: 200,
      body: { actor: 'alice' },
    });
    expect((await ask('POST', '/v1/overrides', as('Bearer mallory'))).status).toBe(401);
  });

  it('that breaks lets nobody in', async () => {
    const { ask, print } = apiWorld(
      {},
      { authenticate: () => Promise.reject(new Error('no keys')) },
    );
    const before = print();

    expect((await ask('POST', '/v1/overrides', { body: DRAIN, ...writing() })).status).toBe(500);
    expect((await ask('GET', '/v1/status')).status).toBe(500);
    expect(print()).toBe(before);
  });
});

describe('every answer', () => {
  it('may not be kept, sniffed, framed or read from another origin', async () => {
    const { ask } = apiWorld();

    for (const path of ['/healthz', '/v1/status', '/openapi.json', '/x']) {
      const { headers } = await ask('GET', path);
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'cross-origin-resource-policy': 'same-origin',
        'strict-transport-security': 'max-age=63072000',
        'x-content-type-options': 'nosniff',
      });
      expect(Object.keys(headers).filter((name) => /^access-control/.test(name))).toEqual([]);
    }
  });

  it.each([
    ['Root=1-67891233-abcdef012345678912345678;Sampled=1', '1-67891233-abcdef012345678912345678'],
    ['Self=1-1-2;Root=1-67891233-abcdef012345678912345678', '1-67891233-abcdef012345678912345678'],
    ['Root=a b\r\nset-cookie: x', '0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0'],
    ['', '0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0'],
  ])('carries the id of its request: %s', async (trace, id) => {
    const { ask, logs } = apiWorld();

    const { headers } = await ask('GET', '/x', { headers: { 'X-Amzn-Trace-Id': trace } });

    expect(headers['x-request-id']).toBe(id);
    expect(logs).toMatchObject([{ status: 404, requestId: id }]);
  });
});

describe('GET /', () => {
  const PAGE = {
    '/': { type: 'text/html; charset=utf-8', body: '<!doctype html>', etag: '"1"' },
    '/page.js': { type: 'text/javascript', body: 'void 0', etag: '"2"' },
  };

  it('is the page, which may run its own files and nothing inline', async () => {
    const { ask } = apiWorld({}, { page: PAGE });

    const page = await ask('GET', '/');
    const script = await ask('GET', '/page.js');

    expect(page).toMatchObject({ status: 200, text: '<!doctype html>' });
    const policy = page.headers['content-security-policy'];
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('unsafe');
    expect(script).toMatchObject({ status: 200, headers: { 'content-type': 'text/javascript' } });
    const known = { headers: { 'if-none-match': '"2"' } };
    expect(await ask('GET', '/page.js', known)).toMatchObject({ status: 304, text: '' });
    expect((await ask('GET', '/other.js')).status).toBe(404);
    expect((await ask('POST', '/page.js')).status).toBe(404);
  });

  it('says how to get the page where a build holds none', async () => {
    const { ask } = apiWorld();

    expect(await ask('GET', '/')).toMatchObject({
      status: 404,
      body: { help: expect.stringContaining('quorate ui') },
    });
  });
});

describe('bursts', () => {
  const LIMITS = { reads: { size: 3, perSecond: 1 }, writes: { size: 2, perSecond: 0.1 } };

  it('of reads are refused with the time to wait, and go on after it', async () => {
    const { start, world } = apiWorld({}, { bursts: LIMITS });
    const ask = (path: string) => start('GET', path);

    for (let i = 0; i < 3; i += 1) expect((await ask('/healthz')).status).toBe(200);
    const refused = await ask('/healthz');

    expect(refused).toMatchObject({
      status: 429,
      headers: { 'retry-after': '1' },
      body: { code: 'TOO_MANY_REQUESTS', detail: 'too many requests at once; ask again in 1 s' },
    });
    await world.clock.advance(1_000);
    expect((await ask('/healthz')).status).toBe(200);
    expect((await ask('/healthz')).status).toBe(429);
  });

  it('of reads leave writes their own, and refused ones count', async () => {
    const { start } = apiWorld({}, { bursts: LIMITS });
    for (let i = 0; i < 5; i += 1) await start('GET', '/x');

    const statuses = [];
    for (let i = 0; i < 3; i += 1) statuses.push((await start('POST', '/v1/overrides')).status);

    expect(statuses).toEqual([400, 400, 429]);
    expect((await start('DELETE', '/x')).headers['retry-after']).toBe('10');
  });

  it('of writes by whoever may only read, or names nobody, leave writes to operators', async () => {
    const { start } = apiWorld({}, { bursts: LIMITS });
    const statuses = [];

    for (let i = 0; i < 2; i += 1) {
      statuses.push((await start('POST', '/v1/overrides', { scope: 'read' })).status);
    }
    statuses.push((await start('POST', '/v1/overrides', { actor: null })).status);
    statuses.push((await start('POST', '/v1/overrides', { scope: 'read' })).status);

    expect(statuses).toEqual([403, 403, 401, 429]);
    expect((await start('POST', '/v1/overrides')).status).toBe(400);
  });
});

it('without its environment says what is missing', async () => {
  const context = { getRemainingTimeInMillis: () => 30_000 } as Context;
  const asked: Promise<APIGatewayProxyStructuredResultV2 | unknown> = deployed({}, context);

  await expect(asked).rejects.toThrow('QUORATE_TABLE is not set');
});
