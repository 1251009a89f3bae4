/** Routes that look: the region's replica and a zone snapshot, health beside what DNS has. */
import { describe, expect, it } from 'vitest';
import { apiWorld, DRAIN, writing } from './api-world.ts';

describe('GET /v1/status and its kin', () => {
  it('show health beside what DNS has, and who ordered what', async () => {
    const { ask, world } = apiWorld();
    await ask('POST', '/v1/overrides', { body: DRAIN, ...writing() });
    await world.clock.advance(60_000);

    const { status, body } = await ask('GET', '/v1/status');

    expect(status).toBe(200);
    const [app] = body.services;
    expect(app).toMatchObject({
      service: 'app',
      generation: 42,
      orders: [{ kind: 'drain', covers: 'us-east-1', reason: 'bad deploy 4711' }],
    });
    const drained = app.endpoints.find((one: { endpoint: string }) => one.endpoint === 'us-east-1');
    expect(drained).toMatchObject({ health: 'up', inDns: 0 });
    expect(await ask('GET', '/v1/overrides')).toMatchObject({
      status: 200,
      body: { overrides: [{ service: 'app', kind: 'drain' }] },
    });
    expect(await ask('GET', '/v1/plan', { query: 'service=app' })).toMatchObject({ status: 200 });
  });

  it('a service’s ETag is its generation, as If-Match takes it', async () => {
    const { ask } = apiWorld();

    const first = await ask('GET', '/v1/services/app');
    expect(first.headers.etag).toBe('"g41"');
    const done = await ask('POST', '/v1/overrides', {
      body: DRAIN,
      ...writing('k', first.headers.etag),
    });

    expect(done.status).toBe(200);
    expect((await ask('GET', '/v1/services/app')).headers.etag).toBe('"g42"');
  });

  it('a service without a `_quorate` record has no ETag', async () => {
    const { ask } = apiWorld({ fence: 'none' });

    const got = await ask('GET', '/v1/services/app');

    expect(got).toMatchObject({ status: 200, body: { automation: 'unmanaged', generation: null } });
    expect(got.headers).not.toHaveProperty('etag');
  });

  it('decisions come by pages, newest first', async () => {
    const { ask } = apiWorld();
    const given = await ask('POST', '/v1/overrides', { body: DRAIN, ...writing() });
    const id = given.body.results[0].order;
    await ask('DELETE', `/v1/overrides/${id}`, { query: 'reason=good', ...writing('c', '"g42"') });

    const first = await ask('GET', '/v1/services/app/decisions', { query: 'limit=1' });
    expect(first.body.decisions).toMatchObject([{ record: { generation: 43 } }]);
    const query = `limit=1&before=${encodeURIComponent(first.body.next)}`;
    const second = await ask('GET', '/v1/services/app/decisions', { query });

    expect(second.body.decisions).toMatchObject([{ record: { generation: 42 } }]);
  });

  it('latency takes its times as instants, as epoch ms and as how long ago', async () => {
    const { ask, world } = apiWorld();
    const now = world.clock.now();

    const byAge = await ask('GET', '/v1/services/app/latency', { query: 'from=30m' });
    const query = `from=${now - 1_800_000}&to=${new Date(now).toISOString()}&span=minute`;
    const byTimes = await ask('GET', '/v1/services/app/latency', { query });

    expect(byAge.body).toMatchObject({ span: 'minute', fromAt: now - 1_800_000, toAt: now + 1 });
    expect(byTimes.body).toMatchObject({ fromAt: now - 1_800_000, toAt: now });
  });

  it('the table away: the zone is shown, and what is not known is said', async () => {
    const { ask, world } = apiWorld();
    const { store } = world.region(0);
    for (const method of ['readReports', 'readManifests', 'readShadows', 'readRecords'] as const) {
      store.trouble(method, { kind: 'refused' }, 10);
    }

    const { status, body } = await ask('GET', '/v1/status');

    expect(status).toBe(200);
    expect(body.notes.join()).toContain('every vantage counts as silent');
    expect(body.services[0].endpoints[0]).toMatchObject({ health: 'unknown', inDns: 100 });
  });

  it('the zone away: a problem that says so', async () => {
    const { ask, world } = apiWorld();
    world.zone.failNextRead('unavailable');

    expect(await ask('GET', '/v1/status')).toMatchObject({
      status: 503,
      body: { code: 'ZONE_UNAVAILABLE' },
    });
  });
});

describe('zone reads', () => {
  it('are at most one per 10 s, however many ask', async () => {
    const { ask, world } = apiWorld();
    const paths = ['/v1/status', '/v1/services/app', '/v1/plan', '/v1/overrides', '/v1/status'];

    for (const path of paths) await ask('GET', path);
    expect(world.zone.reads()).toBe(1);
    await world.clock.advance(9_999);
    await ask('GET', '/v1/status');
    expect(world.zone.reads()).toBe(1);
    await world.clock.advance(1);
    const { body } = await ask('GET', '/v1/status');

    expect(world.zone.reads()).toBe(2);
    expect(body.zoneReadAt).toBe(world.clock.now());
  });

  it('that fail are not repeated at once either', async () => {
    const { ask, world } = apiWorld();
    world.zone.failNextRead('throttled');

    expect((await ask('GET', '/v1/status')).status).toBe(503);
    expect((await ask('GET', '/v1/status')).status).toBe(503);
    await world.clock.advance(10_000);

    expect((await ask('GET', '/v1/status')).status).toBe(200);
    expect(world.zone.reads()).toBe(2);
  });

  it('of a write are fresh, whatever is held', async () => {
    const { ask, world } = apiWorld();
    await ask('GET', '/v1/status');
    world.editWeight('eu-west-1', 7);

    const body = { ...DRAIN, force: ['floor'], dryRun: true };
    const got = await ask('POST', '/v1/overrides', { body });

    expect(got.text).toContain('"from":7');
  });
});
