import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiClient } from '../../scripts/client/api-client.ts';
import { loadConfig } from '../../scripts/config-file.ts';
import { askAddresses } from '../../scripts/local/dns-client.ts';
import { localCredentialsOf } from '../../scripts/local/signature-check.ts';
import { startWorld, type World } from '../../scripts/local/world.ts';
import type { EndpointState, ServiceState, WorldState } from '../../scripts/local/world-state.ts';
import { systemClock } from '../../shared/adapters/system-clock.ts';
import { statusSchema } from '../../shared/api/status.ts';
import { epochMs, vantageId } from '../../shared/core/model.ts';

/** Times of the demo, divided: 5 s between looks become 1 s. */
const SPEED = 5;
const DEMO = new URL('../../scripts/local/demo.yml', import.meta.url).pathname;
const WAIT_MS = 60_000;

let world: World;

beforeAll(async () => {
  const { config } = loadConfig({
    path: DEMO,
    env: {},
    allowLoopback: true,
    packagedAt: epochMs(Date.now()),
  });
  world = await startWorld({ config, speed: SPEED, block: 21 });
  await world.ready;
});
afterAll(() => world[Symbol.asyncDispose]());

describe('the local world over HTTP', () => {
  it('shows every field of the world as one document', async () => {
    const state = (await (await fetch(`${world.url}/world`)).json()) as WorldState;

    expect(state.vantages).toHaveLength(5);
    expect(state.vantages[0]).toEqual({
      vantage: 'eu-west-1',
      state: 'reporting',
      reportAgeMs: expect.any(Number),
    });
    expect(state.services.map(({ service }) => service)).toEqual(['app', 'pay']);
    expect(state.services[0]).toMatchObject({
      service: 'app',
      names: ['app.example.test'],
      automation: 'on',
      generation: expect.any(Number),
    });
    expect(state.services[0]?.endpoints[1]).toEqual({
      endpoint: 'us-east-1',
      region: 'us-east-1',
      address: '127.0.21.12',
      votes: Object.fromEntries(
        state.vantages.map(({ vantage }) => [vantage, expect.stringMatching(/^(up|none)$/)]),
      ),
      verdict: 'up',
      degraded: false,
      weight: { configured: 100, wanted: 100, served: 100 },
      why: expect.stringContaining('us-east-1'),
    });
    expect(state.services[1]?.endpoints.map(({ weight }) => weight.served)).toEqual([100, 0]);
    expect(state.faults).toEqual([]);
    expect(Math.abs(state.now - world.clock.now())).toBeLessThan(10_000);
  });

  it('answers DNS by weight, with the addresses that the document shows', async () => {
    const app = await answers('app.example.test', 60);
    const pay = await answers('pay.example.test', 5);

    expect([...app].sort()).toEqual(['127.0.21.11', '127.0.21.12', '127.0.21.13']);
    expect([...pay]).toEqual(['127.0.21.14']);
  });

  // Two services, two stories: they wait for time to pass, so they wait together.
  it('takes an endpoint that hangs out of DNS, while the second tier of another service serves', async () => {
    const weights = servedWeights('app', 'us-east-1');
    const hung = async () => {
      const fault = { kind: 'endpoint-hung', service: 'app', endpoint: 'us-east-1' };
      const added = await post('faults', fault);
      await until(({ services }) => served(services, 'app', 'us-east-1') === 0);
      const during = await answers('app.example.test', 40);
      const removed = await send('DELETE', `faults/${added.body.id}`);
      await until(({ services }) => served(services, 'app', 'us-east-1') === 100);
      await until(({ services }) => endpoint(services, 'app', 'us-east-1').verdict === 'up');
      return { added, removed, during };
    };
    const refused = async () => {
      const fault = { kind: 'endpoint-down', service: 'pay', endpoint: 'eu-west-1' };
      const { body } = await post('faults', fault);
      await until(({ services }) => served(services, 'pay', 'us-east-1') === 100);
      const during = await answers('pay.example.test', 10);
      await send('DELETE', `faults/${body.id}`);
      await until(({ services }) => served(services, 'pay', 'us-east-1') === 0);
      return { during, after: await answers('pay.example.test', 10) };
    };

    const [app, pay] = await Promise.all([hung(), refused()]);

    expect([app.added.status, app.removed.status]).toEqual([201, 204]);
    expect(app.during.has('127.0.21.12')).toBe(false);
    expect(weights.seen()).toEqual([10, 50, 100]);
    expect([...pay.during]).toEqual(['127.0.21.15']);
    expect([...pay.after]).toEqual(['127.0.21.14']);
  });

  it('gives the same fault once, and knows it by its id', async () => {
    const fault = { kind: 'endpoint-slow', service: 'app', endpoint: 'eu-west-1', delayMs: 1 };

    const first = await post('faults', fault);
    const again = await post('faults', fault);
    const listed = world.state().faults;
    const gone = await send('DELETE', `faults/${first.body.id}`);
    const unknown = await send('DELETE', `faults/${first.body.id}`);

    expect([first.status, again.status]).toEqual([201, 200]);
    expect(first.body).toEqual({ id: first.body.id, ...fault });
    expect(again.body).toEqual(first.body);
    expect(listed).toEqual([first.body]);
    expect([gone.status, unknown.status]).toEqual([204, 404]);
    expect(unknown.body.error).toContain('no fault');
  });

  it.each([
    ['an unknown kind', '{"kind":"endpoint-off"}', 400, 'unknown kind'],
    [
      'an unknown service',
      '{"kind":"endpoint-down","service":"x","endpoint":"y"}',
      400,
      'unknown service',
    ],
    ['an unknown field', '{"kind":"route53-down","x":1}', 400, 'no field'],
    ['what is no JSON', '{"kind":', 400, 'not JSON'],
    ['nothing', '', 400, 'not JSON'],
    ['more than 16 KiB', `{"kind":"${'x'.repeat(17_000)}"}`, 413, 'larger than'],
  ])('refuses %s', async (_what, body, status, error) => {
    const answer = await send('POST', 'faults', body);

    expect(answer.status).toBe(status);
    expect(answer.body.error).toContain(error);
    expect(answer.body.known).toBeInstanceOf(Array);
  });

  it('says what is there, to browsers and to the lost', async () => {
    const page = await fetch(`${world.url}/`);
    const lost = await fetch(`${world.url}/nowhere`);

    expect(await page.text()).toContain('/dashboard.js');
    expect(lost.status).toBe(404);
    expect(await lost.json()).toMatchObject({ known: expect.arrayContaining(['GET /world']) });
  });

  it('carries out an order and takes it back', async () => {
    const drain = {
      kind: 'drain',
      service: 'app',
      endpoint: 'ap-southeast-1',
      until: world.clock.now() + 3_600_000,
      reason: 'bad deploy',
      actor: 'alice',
    };

    const given = await post('orders', drain);
    await until(({ services }) => served(services, 'app', 'ap-southeast-1') === 0);
    const during = endpoint(world.state().services, 'app', 'ap-southeast-1');
    const orders = world.state().orders;
    const gone = await send('DELETE', `orders/${given.body.id}`);
    await until(({ services }) => served(services, 'app', 'ap-southeast-1') === 100);

    expect(given.status).toBe(201);
    expect(during.verdict).toBe('up');
    expect(orders).toEqual([given.body]);
    expect(gone.status).toBe(204);
    expect((await send('DELETE', 'orders/unknown')).status).toBe(404);
    expect((await post('orders', { ...drain, until: 'soon' })).status).toBe(400);
  });

  it('refuses an order that leaves nothing, with the reason', async () => {
    const answer = await post('orders', {
      kind: 'drain',
      service: 'app',
      endpoint: 'eu-west-1',
      until: world.clock.now() - 1000,
      reason: 'too late',
      actor: 'alice',
    });

    expect(answer.status).toBe(409);
    expect(String(answer.body.error)).not.toBe('');
  });

  it('moves nothing when one vantage is cut off, misled, starved or wrong about the time', async () => {
    const moved: object[] = [];
    const stop = world.onEvent((event) => {
      if (event.event === 'commit') moved.push(...Object.entries(event.weights).filter(isMoved));
    });
    const ids: string[] = [];
    for (const fault of [
      { kind: 'vantage-isolated', vantage: 'eu-west-1' },
      { kind: 'vantage-starved', vantage: 'us-east-1' },
    ]) {
      ids.push(String((await post('faults', fault)).body.id));
    }

    await until(
      ({ vantages, services }) =>
        vantages[0]?.state === 'isolated' &&
        endpoint(services, 'app', 'us-east-1').votes['us-east-1'] === 'none',
    );
    for (const id of ids) await send('DELETE', `faults/${id}`);
    await until(({ vantages }) => vantages.every(({ state }) => state === 'reporting'));
    const skew = await post('faults', {
      kind: 'vantage-clock-skew',
      vantage: 'us-west-2',
      skewMs: 600_000,
    });
    const misled = await post('faults', {
      kind: 'vantage-sees-down',
      vantage: 'eu-central-1',
      service: 'app',
      endpoint: 'eu-west-1',
    });
    await until(
      ({ vantages, services }) =>
        vantages[4]?.state === 'silent' && endpoint(services, 'app', 'eu-west-1').degraded === true,
    );
    for (const { body } of [skew, misled]) await send('DELETE', `faults/${body.id}`);
    await until(({ services }) => endpoint(services, 'app', 'eu-west-1').degraded === false);

    stop();
    expect(moved).toEqual([]);
  });

  it('stops a vantage that is down, its API too, and starts it again', async () => {
    const signal = AbortSignal.timeout(WAIT_MS);
    const client = apiClient({
      urls: new Map([...world.apiUrls].map(([region, urls]) => [vantageId(region), urls])),
      credentials: localCredentialsOf('alice'),
      clock: systemClock(),
      first: vantageId('us-west-2'),
    });
    const answering = async (): Promise<string> =>
      (await client.ask(statusSchema, 'GET', '/v1/status', {}, signal)).document.region;
    const before = await answering();
    const { body } = await post('faults', { kind: 'vantage-down', vantage: 'us-west-2' });
    expect([before, await answering()]).toEqual(['us-west-2', 'eu-west-1']);
    client.close();
    await until(
      ({ services }) => endpoint(services, 'app', 'eu-west-1').votes['us-west-2'] === 'silent',
    );
    const during = world.state().vantages[4]?.state;

    await send('DELETE', `faults/${body.id}`);
    await until(
      ({ services }) => endpoint(services, 'app', 'eu-west-1').votes['us-west-2'] === 'up',
    );

    expect(during).toBe('down');
    expect(world.state().vantages[4]?.state).toBe('reporting');
  });

  it('sees a hand edit as drift and keeps it', async () => {
    const edit = { kind: 'hand-edit', service: 'app', endpoint: 'eu-west-1', weight: 20 };

    const { body, status } = await post('faults', edit);
    // A region that has not read the zone since may speak after one that has.
    await until(
      ({ services }) => endpoint(services, 'app', 'eu-west-1').why?.includes('drift') === true,
    );
    await send('DELETE', `faults/${body.id}`);

    expect(status).toBe(201);
    expect(served(world.state().services, 'app', 'eu-west-1')).toBe(20);
  });
});

/** Every weight of `app`, and of the first tier of `pay`, is 100; the second tier's is 0. */
const isMoved = ([id, weight]: [string, number]): boolean =>
  weight !== 100 && !(id === 'us-east-1' && weight === 0);

type Answer = { readonly status: number; readonly body: Readonly<Record<string, unknown>> };

async function send(method: string, path: string, body?: string): Promise<Answer> {
  const response = await fetch(`${world.url}/world/${path}`, {
    method,
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
}

const post = (path: string, body: object): Promise<Answer> =>
  send('POST', path, JSON.stringify(body));

async function answers(name: string, count: number): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  for (let asked = 0; asked < count; asked += 1) {
    for (const address of await askAddresses(world.dns.port, name)) seen.add(address);
  }
  return seen;
}

function endpoint(services: readonly ServiceState[], service: string, id: string): EndpointState {
  const found = services
    .find((one) => one.service === service)
    ?.endpoints.find((one) => one.endpoint === id);
  if (!found) throw new Error(`no ${service}/${id}`);
  return found;
}

const served = (services: readonly ServiceState[], service: string, id: string): number | null =>
  endpoint(services, service, id).weight.served;

/** A report that changes no vote is no event, and yet it ends a silence: so it looks now and then, too. */
const LOOK_EVERY_MS = 100;

/** Waits by the world's own events. */
function until(holds: (state: WorldState) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (act: () => void): void => {
      clearTimeout(timer);
      clearInterval(ticker);
      stop();
      act();
    };
    const look = (): void => {
      if (holds(world.state())) finish(resolve);
    };
    const timer = setTimeout(() => {
      const state = JSON.stringify(world.state().services.map(({ endpoints }) => endpoints));
      finish(() => reject(new Error(`it did not come to pass: ${state}`)));
    }, WAIT_MS);
    const stop = world.onEvent(look);
    const ticker = setInterval(look, LOOK_EVERY_MS);
    look();
  });
}

/** Each new weight that the name servers came to answer. */
function servedWeights(service: string, id: string): { readonly seen: () => readonly number[] } {
  const weights: number[] = [];
  const stop = world.onEvent((event) => {
    if (event.event === 'insync' && event.service === service) {
      const now = served(world.state().services, service, id) ?? -1;
      if (now > 0 && weights.at(-1) !== now) weights.push(now);
    }
  });
  return {
    seen: () => {
      stop();
      return weights;
    },
  };
}
