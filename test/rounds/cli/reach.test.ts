/** Looks through the API of any region, and straight where none answers: the same documents either way. */
import { describe, expect, it } from 'vitest';
import type { Terminal } from '../../../scripts/cli/cli.ts';
import type { Fetch } from '../../../scripts/client/signed-fetch.ts';
import { serviceId } from '../../../shared/core/model.ts';
import { quorumWorld } from '../../fakes/quorum-world.ts';
import { sampleConfig, sampleService } from '../../fakes/sample-service.ts';
import { type ApiWorld, apiWorld } from '../api/api-world.ts';
import { drain } from '../read/reading.ts';
import { inWorld, type Printed, shell } from './shell.ts';

const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const urlOf = (region: string): string => `https://${region}.api.example/`;

describe('a look', () => {
  it('through the API shows what a direct one shows', async () => {
    const api = apiWorld();
    api.world.sees('us-east-1', { vote: 'down', code: 'timeout' });
    await drain(api.world, sampleService(), 'eu-west-1', 'order001');

    for (const words of [['status'], ['status', 'app', '--json'], ['why', 'app'], ['history']]) {
      const { shown, asked } = await through(api, words);
      const direct = await through(api, [...words, '--direct']);

      expect(shown.err).toBe('');
      expect(shown).toEqual(direct.shown);
      expect(asked.length).toBeGreaterThan(0);
      expect(direct.asked).toEqual([]);
    }
  });

  it('asks the next region by itself where one is away, and says so', async () => {
    const { shown, asked } = await through(apiWorld(), ['status'], { away: ['eu-west-1'] });

    expect(shown.code).toBe(0);
    expect(asked).toEqual(['eu-west-1', 'us-east-1']);
    expect(shown.err).toMatch(
      /^note: us-east-1 answers; not eu-west-1 \(it refuses connections\)\n$/,
    );
    expect(shown.out).toContain('read through us-east-1 at');
  });

  it('goes straight to table and zone where no region answers, and says so once', async () => {
    const api = apiWorld();
    const away = api.world.config.vantages;

    const { shown, asked } = await through(api, ['why', 'app'], { away });

    expect(shown.code).toBe(0);
    expect(shown.err.match(/read directly instead/g)).toHaveLength(1);
    expect(shown.out).toMatch(/^nothing is the matter with app/);
    expect(asked.length).toBeGreaterThanOrEqual(away.length);
  });

  it('looks through another table where the region that answers sees no reports', async () => {
    const api = apiWorld();
    const { store } = api.world.region(0);
    store.trouble('readReports', { kind: 'refused' }, 1);

    const { shown, asked } = await through(api, ['status']);

    expect(asked).toEqual(['eu-west-1']);
    expect(shown.out).not.toContain('no reports');
    expect(shown.out).toMatch(/^automation is on for 1 of 1 service\n/);
  });

  it('shows what the API has where no table answers anybody', async () => {
    const api = apiWorld();
    api.world.region(0).store.trouble('readReports', { kind: 'refused' }, 2);

    const { shown } = await through(api, ['status']);

    expect(shown.code).toBe(0);
    expect(shown.out).toContain('note: no reports: ');
  });

  it('goes straight there where no URL is known', async () => {
    const world = quorumWorld();
    const terminal = inWorld(world);

    const { code, out, err } = await world.clock.runUntil(
      shell(['status'], {
        ...terminal,
        fetch: async () => {
          throw new Error('nobody is asked');
        },
        stackUrls: async () => null,
      }),
    );

    expect(code).toBe(0);
    expect(err).toMatch(
      /^note: no URL of quorate-test’s API is known .*; read directly instead\n$/,
    );
    expect(out).toMatch(/^automation is on for 1 of 1 service\n/);
  });

  it('names services of the file that are not deployed', async () => {
    const api = apiWorld();
    const pay = sampleService({ id: serviceId('pay'), names: ['pay.example.com'] });
    const config = sampleConfig({ services: [sampleService(), pay] });

    const { shown } = await through(api, ['status'], { config });
    const { shown: why } = await through(api, ['why', 'pay'], { config });

    expect(shown.out.split('\n')[0]).toBe('automation is on for 1 of 1 service');
    expect(shown.out).toContain(
      'note: pay is in this file and not in what is deployed; deploy it\n',
    );
    expect(why).toMatchObject({ code: 2, out: '' });
    expect(why.err).toContain('there is no service pay; there is app');
  });

  it('reads a long history page by page', async () => {
    const api = apiWorld();
    for (let generation = 100; generation < 350; generation += 1) {
      const nonce = `n${generation}`;
      api.world.table.records.set(`app ${String(generation).padStart(10, '0')}#${nonce}`, {
        format: 1,
        service: 'app',
        generation,
        nonce,
        parent: null,
        region: 'eu-west-1',
        actor: 'quorum@eu-west-1',
        at: api.world.clock.now(),
        config: 'config',
        lines: [],
        sentences: [],
        plan: '',
        checksum: '',
        outbox: [],
      });
    }

    const { shown, asked } = await through(api, ['history', 'app', '--limit', '1000', '--json']);

    expect(JSON.parse(shown.out).decisions).toHaveLength(250);
    expect(asked).toHaveLength(3);
  });
});

async function through(
  { world, start }: ApiWorld,
  args: readonly string[],
  {
    away = [],
    config = world.config,
  }: { readonly away?: readonly string[]; readonly config?: typeof world.config } = {},
): Promise<{ readonly shown: Printed; readonly asked: readonly string[] }> {
  const asked: string[] = [];
  const fetch: Fetch = async (href, { method, headers }) => {
    const url = new URL(href);
    const region = url.hostname.replace('.api.example', '');
    asked.push(region);
    if (away.includes(region)) {
      throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    }
    const index = world.config.vantages.map(String).indexOf(region);
    const got = await start(method, url.pathname, {
      headers,
      query: url.search.replace('?', ''),
      region: index,
    });
    return {
      status: got.status,
      headers: Object.entries(got.headers),
      arrayBuffer: async () => new TextEncoder().encode(got.text).buffer as ArrayBuffer,
    };
  };
  const terminal: Partial<Terminal> = inWorld(world);
  const urls = world.config.vantages.map((region) => `${region}=${urlOf(region)}`).join(',');
  const shown = await world.clock.runUntil(
    shell([...args, '--api', urls], {
      ...terminal,
      fetch,
      overrides: { ...terminal.overrides, config, credentials: KEYS },
    }),
  );
  return { shown, asked };
}
