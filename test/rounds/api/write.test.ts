/** Writes through the API: what is seen is what is done, once, and by whom. */
import { describe, expect, it } from 'vitest';
import { serviceId } from '../../../shared/core/model.ts';
import { sampleConfig, sampleEndpoint, sampleService } from '../../fakes/sample-service.ts';
import { ALICE, apiWorld, BOB, DRAIN, problemOf, writing } from './api-world.ts';

describe('POST /v1/overrides', () => {
  it('a committed answer means that the zone has it, with generation and change id', async () => {
    const { ask, world, notified } = apiWorld();

    const got = await ask('POST', '/v1/overrides', { body: DRAIN, ...writing() });

    expect(got).toMatchObject({
      status: 200,
      headers: { etag: '"g42"' },
      body: {
        format: 1,
        region: 'eu-west-1',
        actor: ALICE,
        dryRun: false,
        results: [
          {
            service: 'app',
            outcome: 'committed',
            generation: 42,
            changeId: 'C0000000000001',
            recorded: true,
          },
        ],
      },
    });
    expect(world.weights()['us-east-1']).toBe(0);
    expect(world.fence().generation).toBe(42);
    expect(world.records()).toMatchObject([
      {
        actor: ALICE,
        via: 'api@eu-west-1 192.0.2.7',
        order: { kind: 'drain', actor: ALICE, reason: 'bad deploy 4711' },
      },
    ]);
    expect(notified).toEqual(['wake']);
  });

  it('a dry run equals what is then committed under its checksum', async () => {
    const { ask, world, print } = apiWorld();
    const before = print();

    const planned = await ask('POST', '/v1/overrides', { body: { ...DRAIN, dryRun: true } });

    expect(planned).toMatchObject({ status: 200, body: { dryRun: true } });
    expect(planned.headers.etag).toBe(`"p${planned.body.checksum}"`);
    expect(print()).toBe(before);

    await world.clock.advance(30_000);
    const done = await ask('POST', '/v1/overrides', {
      body: DRAIN,
      ...writing('key-1', planned.headers.etag),
    });

    expect(done.body.results[0]).toMatchObject({ outcome: 'committed' });
    expect(done.body.results[0].plan).toEqual(planned.body.results[0].plan);
    expect(done.body.checksum).toBe(planned.body.checksum);
  });

  it('a stale generation is 412 with the new plan, and nothing is sent', async () => {
    const { ask, print } = apiWorld();
    await ask('POST', '/v1/overrides', { body: DRAIN, ...writing() });
    const before = print();

    const got = await ask('POST', '/v1/overrides', {
      body: { ...DRAIN, scope: { service: 'app', endpoint: 'ap-southeast-1' }, force: ['floor'] },
      ...writing('key-2'),
      actor: BOB,
    });

    expect(got).toMatchObject({
      status: 412,
      body: {
        code: 'PLAN_CHANGED',
        detail: expect.stringContaining('app is at generation 42'),
        answer: { checksum: expect.any(String), results: [{ outcome: 'plan-changed' }] },
      },
    });
    expect(print()).toBe(before);
    const again = await ask('POST', '/v1/overrides', {
      body: { ...DRAIN, scope: { service: 'app', endpoint: 'ap-southeast-1' }, force: ['floor'] },
      ...writing('key-2', `"p${got.body.answer.checksum}"`),
      actor: BOB,
    });
    expect(again.body.results[0]).toMatchObject({ outcome: 'committed', generation: 43 });
  });

  it('of two operators at once, in two regions and on one state, one commits and the other is told', async () => {
    const { start, world } = apiWorld();
    const scope = { service: 'app', endpoint: 'ap-southeast-1' };
    const other = { ...DRAIN, scope, force: ['floor'] };

    const both = await world.clock.runUntil(
      Promise.all([
        start('POST', '/v1/overrides', { body: DRAIN, ...writing('a') }),
        start('POST', '/v1/overrides', { body: other, ...writing('b'), actor: BOB, region: 1 }),
      ]),
    );

    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect(world.fence().generation).toBe(42);
    expect(world.fence().orders).toHaveLength(1);
  });

  it('F93: an order that is sent again, in the same or another region, has no second effect', async () => {
    const { ask, print } = apiWorld();
    const sent = { body: DRAIN, ...writing() };
    const first = await ask('POST', '/v1/overrides', sent);
    const before = print();

    for (const region of [0, 1, 4]) {
      const again = await ask('POST', '/v1/overrides', { ...sent, region });

      expect(again).toMatchObject({
        status: 200,
        body: { results: [{ outcome: 'nothing-to-do' }] },
      });
      expect(again.body.results[0].order).toBe(first.body.results[0].order);
    }
    expect(print()).toBe(before);
  });

  it('F93: an order that is sent again after its cancel has no second effect', async () => {
    const { ask, world, print } = apiWorld();
    const plan = await ask('POST', '/v1/overrides', { body: { ...DRAIN, dryRun: true } });
    const byPlan = { body: DRAIN, ...writing('key-1', plan.headers.etag) };
    const given = await ask('POST', '/v1/overrides', byPlan);
    const id = given.body.results[0].order;
    await ask('DELETE', `/v1/overrides/${id}`, {
      query: 'reason=mended',
      ...writing('c', '"g42"'),
    });
    expect(world.fence().orders).toEqual([]);
    const before = print();

    const byGeneration = { body: DRAIN, ...writing() };
    for (const sent of [byPlan, byGeneration, { ...byPlan, region: 3 }]) {
      expect((await ask('POST', '/v1/overrides', sent)).status).toBe(412);
    }
    expect(print()).toBe(before);
  });

  it('another order under a key that is in use is 422', async () => {
    const { ask, print } = apiWorld();
    await ask('POST', '/v1/overrides', { body: DRAIN, ...writing() });
    const before = print();

    const got = await ask('POST', '/v1/overrides', {
      body: { ...DRAIN, reason: 'something else' },
      ...writing('key-1', '"g42"'),
    });

    expect(got).toMatchObject({ status: 422, body: { code: 'KEY_REUSED' } });
    expect(print()).toBe(before);
    // The same key of another person is another order.
    const bobs = { body: { ...DRAIN, reason: 'mine' }, ...writing('key-1', '"g42"'), actor: BOB };
    expect((await ask('POST', '/v1/overrides', bobs)).status).toBe(200);
  });

  it('what a rule refuses is 409 with its arithmetic, unless the rule is named', async () => {
    const { ask, print, world } = apiWorld({ weights: { 'eu-west-1': 0 } });
    const before = print();

    const got = await ask('POST', '/v1/overrides', { body: DRAIN, ...writing() });

    expect(got).toMatchObject({
      status: 409,
      body: { code: 'REFUSED', detail: expect.stringContaining('floor is') },
    });
    expect(print()).toBe(before);
    const body = { ...DRAIN, force: ['floor'] };
    expect((await ask('POST', '/v1/overrides', { body, ...writing() })).status).toBe(200);
    expect(world.records()[0]?.order).toMatchObject({ force: ['floor'] });
  });

  it('an order begins later, and for how long is counted from there', async () => {
    const { ask, world } = apiWorld();
    const from = new Date(world.clock.now() + 3_600_000).toISOString();

    const got = await ask('POST', '/v1/overrides', { body: { ...DRAIN, from }, ...writing() });

    expect(got.body.untilAt).toBe(world.clock.now() + 3 * 3_600_000);
    expect(world.fence().orders).toMatchObject([{ started: false }]);
    expect(world.weights()['us-east-1']).toBe(100);
  });

  it('notify that can’t be reached does not undo what is committed', async () => {
    const { ask, logs } = apiWorld(
      {},
      {
        notify: {
          wake: async () => ({ kind: 'failed', why: 'notify was not reached' }),
          test: async () => ({ kind: 'failed', why: 'notify was not reached' }),
        },
      },
    );

    expect((await ask('POST', '/v1/overrides', { body: DRAIN, ...writing() })).status).toBe(200);
    expect(logs).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'notify was not reached' }),
    );
    expect(await ask('POST', '/v1/notifications/test')).toMatchObject({
      status: 503,
      body: { code: 'NOTIFY_UNAVAILABLE' },
    });
  });
});

describe('wide orders', () => {
  const wide = () => {
    const service = (id: string, endpoints: readonly string[], changes = {}) =>
      sampleService({
        id: serviceId(id),
        names: [`${id}.example.com`],
        endpoints: endpoints.map((one) => sampleEndpoint(one)),
        ...changes,
      });
    return apiWorld({
      config: sampleConfig({
        services: [
          service('app', ['eu-west-1', 'us-east-1', 'ap-southeast-1']),
          service('api', ['eu-west-1', 'us-east-1', 'ap-southeast-1']),
          service('pair', ['eu-west-1', 'us-east-1'], {
            policy: { ...sampleService().policy, floorPercent: 60 },
          }),
          service('seen', ['us-east-1', 'eu-west-1'], { mode: 'observe' }),
        ],
      }),
    });
  };
  const REGION = { ...DRAIN, scope: { region: 'us-east-1' } };

  it('are judged service by service: 200 with what came of each', async () => {
    const { ask, world } = wide();
    const plan = await ask('POST', '/v1/overrides', { body: { ...REGION, dryRun: true } });

    const got = await ask('POST', '/v1/overrides', {
      body: REGION,
      ...writing('k', plan.headers.etag),
    });

    expect(got.status).toBe(200);
    expect(got.body.results).toMatchObject([
      { service: 'app', outcome: 'committed', generation: 42 },
      { service: 'api', outcome: 'committed', generation: 42 },
      { service: 'pair', outcome: 'refused', sentence: expect.stringContaining('floor is 60 %') },
      { service: 'seen', outcome: 'nothing-to-do' },
    ]);
    const [app, , pair] = world.config.services;
    expect(world.weights(app)['us-east-1']).toBe(0);
    expect(world.weights(pair)['us-east-1']).toBe(100);
  });

  it('are one order, extended and cancelled as one', async () => {
    const { ask, world } = wide();
    const plan = await ask('POST', '/v1/overrides', { body: { ...REGION, dryRun: true } });
    const given = await ask('POST', '/v1/overrides', {
      body: REGION,
      ...writing('k', plan.headers.etag),
    });
    const id = given.body.results[0].order;
    expect(given.body.results[1].order).toBe(id);
    const path = `/v1/overrides/${id}`;

    const longer = { for: '3h', reason: 'still bad' };
    const extending = await ask('POST', `${path}/extend`, { body: { ...longer, dryRun: true } });
    const extended = await ask('POST', `${path}/extend`, {
      body: longer,
      ...writing('x', extending.headers.etag),
    });

    expect(extended.body.results).toMatchObject([
      { service: 'app', outcome: 'committed' },
      { service: 'api', outcome: 'committed' },
    ]);
    const cancelling = await ask('DELETE', path, { body: { reason: 'good', dryRun: true } });
    const cancelled = await ask('DELETE', path, {
      body: { reason: 'good' },
      ...writing('y', cancelling.headers.etag),
    });
    expect(cancelled.body.results).toHaveLength(2);
    expect(world.config.services.slice(0, 2).map((one) => world.fence(one).orders)).toEqual([
      [],
      [],
    ]);
  });

  it('can’t name a generation: it is one service’s', async () => {
    const { ask, print } = wide();
    const before = print();

    const got = await ask('POST', '/v1/overrides', { body: REGION, ...writing() });

    expect(got).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST' } });
    expect(problemOf(got).detail).toContain('dryRun');
    expect(print()).toBe(before);
  });

  it('of which one service’s plan changed are refused as a whole', async () => {
    const { ask, world, print } = wide();
    const plan = await ask('POST', '/v1/overrides', { body: { ...REGION, dryRun: true } });
    await ask('POST', '/v1/overrides', {
      body: { ...DRAIN, scope: { service: 'api', endpoint: 'eu-west-1' } },
      ...writing('b'),
      actor: BOB,
    });
    const before = print();

    const got = await ask('POST', '/v1/overrides', {
      body: REGION,
      ...writing('k', plan.headers.etag),
    });

    expect(got.status).toBe(412);
    expect(print()).toBe(before);
    expect(world.weights()['us-east-1']).toBe(100);
  });
});

describe('DELETE /v1/overrides/{id}', () => {
  it('ends an order, and is refused once it has ended', async () => {
    const { ask, world } = apiWorld();
    const given = await ask('POST', '/v1/overrides', { body: DRAIN, ...writing() });
    const path = `/v1/overrides/${given.body.results[0].order}`;
    const ending = { body: { reason: 'mended' }, ...writing('c', '"g42"') };

    const got = await ask('DELETE', path, ending);

    expect(got.body.results).toMatchObject([{ outcome: 'committed', generation: 43 }]);
    expect(world.fence().orders).toEqual([]);
    expect(await ask('DELETE', path, ending)).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND', detail: expect.stringContaining('is not in force') },
    });
  });

  it('finds an order that another region has just given', async () => {
    const { ask } = apiWorld();
    await ask('GET', '/v1/status', { region: 1 });
    const given = await ask('POST', '/v1/overrides', { body: DRAIN, ...writing() });

    const got = await ask('DELETE', `/v1/overrides/${given.body.results[0].order}`, {
      query: 'reason=mended',
      ...writing('c', '"g42"'),
      region: 1,
    });

    expect(got.status).toBe(200);
  });

  it('takes reason and dryRun from one place only', async () => {
    const { ask } = apiWorld();
    const given = await ask('POST', '/v1/overrides', { body: DRAIN, ...writing() });
    const path = `/v1/overrides/${given.body.results[0].order}`;

    const twice = { query: 'dryRun=true', body: { reason: 'x' }, ...writing('c', '"g42"') };
    expect((await ask('DELETE', path, twice)).status).toBe(400);
    expect((await ask('DELETE', path, writing('c', '"g42"'))).body).toMatchObject({
      status: 400,
      errors: [{ at: '?reason', detail: 'is missing' }],
    });
  });
});

describe('POST /v1/approvals', () => {
  it('of what does not wait has nothing to do, or says why not', async () => {
    const { ask, print } = apiWorld();
    const before = print();
    const body = { service: 'app', endpoint: 'us-east-1', reason: 'looked at it' };

    const got = await ask('POST', '/v1/approvals', { body, ...writing() });

    expect([200, 409]).toContain(got.status);
    expect(print()).toBe(before);
  });
});

describe('POST /v1/notifications/test', () => {
  it('says what came of each channel', async () => {
    const { ask, notified } = apiWorld();

    expect(await ask('POST', '/v1/notifications/test')).toMatchObject({
      status: 200,
      body: { format: 1, channels: [{ channel: 'sns', delivered: true, why: null }] },
    });
    expect(notified).toEqual(['test']);
  });
});
