/** Who may end an order while a part of the zones can't be read: nobody ends what he can't see. */
import { describe, expect, it } from 'vitest';
import { type Service, serviceId } from '../../../shared/core/model.ts';
import { sampleConfig, sampleService } from '../../fakes/sample-service.ts';
import { type ApiWorld, apiWorld, DRAIN, writing } from './api-world.ts';

const MAIN = { key: 'main', id: 'Z0123456789ABCDEFGHIJ' };
const OTHER = { key: 'other', id: 'Z0OTHERZONE000000000' };
const app = sampleService();
const pay: Service = sampleService({
  id: serviceId('pay'),
  names: ['pay.example.com'],
  zone: OTHER,
});
const config = sampleConfig({ zones: { main: MAIN, other: OTHER }, services: [app, pay] });

describe('ending an order while another zone can’t be read', () => {
  it('needs the scope of wide orders where it may stand there, too', async () => {
    const api = apiWorld({ config });
    await give(api, { ...DRAIN, scope: { region: 'us-east-1' } });
    const [order] = api.world.fence(app).orders;
    const before = api.world.fence(app).generation;
    api.world.zones.get(OTHER.id)!.failNextRead('unavailable');

    const got = await end(api, order!.id, 'override');

    expect(got).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    expect(api.world.fence(app).generation).toBe(before);
    expect(api.world.fence(app).orders).toHaveLength(1);
  });

  it('says what it could not end there, to whoever may end wide orders', async () => {
    const api = apiWorld({ config });
    await give(api, { ...DRAIN, scope: { region: 'us-east-1' } });
    const [order] = api.world.fence(app).orders;
    api.world.zones.get(OTHER.id)!.failNextRead('unavailable', 'unavailable');

    const planned = await end(api, order!.id, null, true);

    expect(planned.body.results).toMatchObject([
      { service: 'app', outcome: 'planned' },
      { service: 'pay', outcome: 'failed' },
    ]);
  });

  it('goes on by the generation where it holds an endpoint: that is in one service only', async () => {
    const api = apiWorld({ config });
    await give(api, DRAIN);
    const { generation, orders } = api.world.fence(app);
    api.world.zones.get(OTHER.id)!.failNextRead('unavailable');

    const got = await api.ask('DELETE', `/v1/overrides/${orders[0]!.id}`, {
      ...writing('key-2', `"g${generation}"`),
      query: 'reason=over',
      scope: 'override',
    });

    expect(got).toMatchObject({ status: 200, body: { results: [{ outcome: 'committed' }] } });
    expect(api.world.fence(app).orders).toEqual([]);
  });
});

async function give(api: ApiWorld, body: object): Promise<void> {
  const planned = await api.ask('POST', '/v1/overrides', { body: { ...body, dryRun: true } });
  const done = await api.ask('POST', '/v1/overrides', {
    body,
    ...writing('key-1', planned.headers.etag),
  });
  expect(done.status).toBe(200);
}

const end = (
  api: ApiWorld,
  id: string,
  scope: 'override' | null,
  isDryRun = false,
): ReturnType<ApiWorld['ask']> =>
  api.ask('DELETE', `/v1/overrides/${id}`, {
    ...writing('key-2', '"pAAAAAAAA"'),
    query: `reason=over${isDryRun ? '&dryRun=true' : ''}`,
    scope,
  });
