/** One test per item of the OWASP API Security Top 10 (2023). */
import { describe, expect, it } from 'vitest';
import { ROUTES } from '../../../functions/api/route-table.ts';
import { serviceId } from '../../../shared/core/model.ts';
import { sampleConfig, sampleService } from '../../fakes/sample-service.ts';
import { ALICE, apiWorld, DRAIN, type Sent, writing } from './api-world.ts';

describe('OWASP API Security Top 10 (2023)', () => {
  it('API1, object level authorisation: an order of one service can’t be reached through another, nor a wide one by who may do single ones', async () => {
    const services = ['app', 'api'].map((id) =>
      sampleService({ id: serviceId(id), names: [`${id}.example.com`] }),
    );
    const { ask, print, world } = apiWorld({ config: sampleConfig({ services }) });
    const region = { ...DRAIN, scope: { region: 'us-east-1' } };
    const plan = await ask('POST', '/v1/overrides', { body: { ...region, dryRun: true } });
    const wide = await ask('POST', '/v1/overrides', {
      body: region,
      ...writing('w', plan.headers.etag),
    });
    const id = wide.body.results[0].order;
    const before = print();

    const ending: Sent = { body: { reason: 'x', dryRun: true }, scope: 'override' };
    expect((await ask('DELETE', `/v1/overrides/${id}`, ending)).status).toBe(403);
    const longer: Sent = { body: { for: '3h', reason: 'x', dryRun: true }, scope: 'override' };
    expect((await ask('POST', `/v1/overrides/${id}/extend`, longer)).status).toBe(403);
    const elsewhere = { service: 'app', endpoint: 'api' };
    expect(
      (await ask('POST', '/v1/overrides', { body: { ...DRAIN, scope: elsewhere }, ...writing() }))
        .status,
    ).toBe(404);
    expect(print()).toBe(before);
    expect(world.fence(services[1]).orders).toHaveLength(1);
  });

  it('API2, authentication: who acts is who signed, whatever a request says of itself', async () => {
    const { ask, world } = apiWorld();
    const forged = {
      ...writing().headers,
      authorization: 'Bearer x',
      'x-forwarded-user': 'root',
      'x-amzn-iam-user-arn': 'arn:aws:iam::1:root',
    };

    expect(
      (await ask('POST', '/v1/overrides', { body: DRAIN, headers: forged, actor: null })).status,
    ).toBe(401);
    expect((await ask('POST', '/v1/overrides', { body: DRAIN, headers: forged })).body.actor).toBe(
      ALICE,
    );
    expect(world.records()[0]?.actor).toBe(ALICE);
  });

  it('API3, properties: none that a caller may not set is taken, none that is secret is told', async () => {
    const { ask, print } = apiWorld({
      config: sampleConfig({ notify: { webhook: 'https://hooks.example/secret-part' } }),
    });
    const before = print();

    for (const field of ['id', 'actor', 'via', 'started', 'generation', 'nonce', 'recorded']) {
      const got = await ask('POST', '/v1/overrides', {
        body: { ...DRAIN, [field]: 1 },
        ...writing(),
      });
      expect([field, got.status]).toEqual([field, 400]);
    }
    expect(print()).toBe(before);
    for (const { method, path } of ROUTES.filter((route) => route.method === 'GET')) {
      expect((await ask(method, path.replace('{service}', 'app'))).text).not.toContain(
        'secret-part',
      );
    }
  });

  it('API4, resources: bodies, queries, pages and bursts have bounds, and reading asks Route 53 once', async () => {
    const { start, world } = apiWorld({}, { bursts: undefined as never });

    const statuses = new Map<number, number>();
    for (let i = 0; i < 200; i += 1) {
      const { status } = await start('GET', '/v1/status');
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }

    expect(statuses.get(429)).toBeGreaterThan(100);
    expect(world.zone.reads()).toBe(1);
    expect((await start('POST', '/v1/overrides', { text: 'x'.repeat(20_000) })).status).toBe(413);
  });

  it('API5, functions: each route asks for its scope, and each scope includes the lower ones', async () => {
    for (const { method, path, scope, isBodyOptional, body } of ROUTES) {
      const sent = body === null || isBodyOptional ? {} : { body: {} };
      const at = path.replace('{service}', 'app').replace('{id}', 'AAAAAAAA');
      const { ask } = apiWorld();
      const allowed = [];
      for (const has of ['read', 'override', '$LATEST'] as const) {
        if ((await ask(method, at, { ...sent, scope: has })).status !== 403) allowed.push(has);
      }
      const all = ['read', 'override', '$LATEST'];
      expect([method, path, allowed]).toEqual([
        method,
        path,
        scope === 'read' ? all : all.slice(1),
      ]);
    }
  });

  it('API6, sensitive flows: a freeze and what spans services need the highest scope, every write a reason and an end', async () => {
    const { ask } = apiWorld();
    const dry = async (body: object, scope: 'override' | 'freeze' | null) =>
      (
        await ask('POST', '/v1/overrides', {
          body: { ...DRAIN, ...body, dryRun: true },
          scope: scope === 'freeze' ? null : scope,
        })
      ).status;
    const freeze = { kind: 'freeze', scope: { service: 'app' } };

    expect(await dry({}, 'override')).toBe(200);
    expect(await dry(freeze, 'override')).toBe(403);
    expect(await dry({ scope: { region: 'us-east-1' } }, 'override')).toBe(403);
    expect(await dry({ scope: { all: true } }, 'override')).toBe(403);
    expect(await dry(freeze, 'freeze')).toBe(200);
    expect(await dry({ scope: { region: 'us-east-1' } }, 'freeze')).toBe(200);
  });

  it('API6: a freeze is ended by who may freeze', async () => {
    const { ask } = apiWorld();
    const body = { ...DRAIN, kind: 'freeze', scope: { service: 'app' } };
    const given = await ask('POST', '/v1/overrides', { body, ...writing() });
    const path = `/v1/overrides/${given.body.results[0].order}`;

    const ending: Sent = { query: 'reason=x', ...writing('c', '"g42"') };
    expect((await ask('DELETE', path, { ...ending, scope: 'override' })).status).toBe(403);
    expect((await ask('DELETE', path, ending)).status).toBe(200);
  });

  it('API7, SSRF: nothing in a request is an address that is asked', async () => {
    const { ask, print, notified } = apiWorld();
    const before = print();
    const addresses = [
      'http://169.254.169.254/latest',
      'file:///proc/self/environ',
      '//127.0.0.1:9001',
    ];

    for (const address of addresses) {
      const scope = { service: address };
      const { status } = await ask('POST', '/v1/overrides', {
        body: { ...DRAIN, scope },
        ...writing(),
      });
      expect([400, 404]).toContain(status);
      const query = `service=${encodeURIComponent(address)}`;
      expect((await ask('GET', '/v1/plan', { query })).status).toBe(404);
      expect((await ask('POST', '/v1/notifications/test', { body: { url: address } })).status).toBe(
        400,
      );
    }
    expect(print()).toBe(before);
    expect(notified).toEqual([]);
  });

  it('API8, configuration: no CORS, no cache, no sniffing, no stack in any answer', async () => {
    const { ask } = apiWorld();
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };

    for (const method of ['GET', 'OPTIONS', 'POST', 'DELETE']) {
      const got = await ask(method, '/v1/overrides', { headers });
      expect(JSON.stringify(got.headers)).not.toMatch(/access-control|x-powered-by|server/i);
      expect(got.headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
      expect(got.text).not.toMatch(/node_modules|\.ts:\d/);
    }
  });

  it('API9, inventory: what is served is what is documented, under one version', async () => {
    const { ask } = apiWorld();
    const { paths } = (await ask('GET', '/openapi.json')).body;

    for (const path of [
      '/v0/status',
      '/v2/status',
      '/status',
      '/debug',
      '/metrics',
      '/admin',
      '/.env',
    ]) {
      expect([path, (await ask('GET', path)).status]).toEqual([path, 404]);
    }
    expect(Object.keys(paths).sort()).toEqual([...new Set(ROUTES.map(({ path }) => path))].sort());
  });

  it('API10, what others send: a poisoned table and a foreign `_quorate` record are shown, never believed', async () => {
    const { ask, world, print } = apiWorld();
    const hostile = '</script><img src=x onerror=alert(1)>\u202e';
    world
      .region(0)
      .store.putReport(world.config.vantages[0]!, { vantage: hostile, services: [{}] });
    world.table.records.set('app 9999999999#zzzzzzzz', { service: 'app', actor: hostile });
    world.table.marks.set('app x', { kind: hostile });
    world.editFence([`"v=1 d=${hostile} g=7"`]);
    const before = print();

    for (const { method, path } of ROUTES.filter((route) => route.method === 'GET')) {
      const { status } = await ask(method, path.replace('{service}', 'app'));
      expect([path, path === '/' ? 200 : status]).toEqual([path, 200]);
    }
    const got = await ask('POST', '/v1/overrides', { body: DRAIN, ...writing() });
    expect(got.status).toBe(409);
    expect(print()).toBe(before);
  });
});
