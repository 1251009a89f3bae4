/** A scrape: what is asked of the API, what is shared, and what a call that fails costs. */
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { momentSchema } from '../../../functions/api/moment.ts';
import { apiMetrics, collector, type MetricsSource } from '../../../scripts/exporter/collector.ts';
import { QuorateError } from '../../../shared/core/errors.ts';
import { fakeClock } from '../../fakes/fake-clock.ts';
import {
  sampleDecisions,
  sampleLatency,
  sampleSlo,
  sampleStatus,
} from '../../fakes/metric-documents.ts';
import { VANTAGES } from '../../fakes/sample-service.ts';

const NEVER = new AbortController().signal;
const away = (): never => {
  throw new QuorateError('STORE_UNAVAILABLE', 'no region answers');
};

describe('a scrape', () => {
  it('shares its answer with those that come close behind, and asks for budgets once a minute', async () => {
    const world = newWorld();

    await Promise.all([world.collect(), world.collect()]);
    await world.clock.advance(4_000);
    await world.collect();
    expect(world.asked).toEqual(['status', 'latency app', 'slo']);

    await world.clock.advance(1_000);
    await world.collect();
    expect(world.asked.slice(3)).toEqual(['status', 'latency app']);

    await world.clock.advance(60_000);
    await world.collect();
    expect(world.asked.slice(5)).toEqual(['status', 'latency app', 'slo']);
  });

  it('that no region answers knows nothing else, and says so', async () => {
    const world = newWorld({ status: away });

    expect(await world.collect()).toMatchObject({ status: null, latency: [], slo: null });
    expect(world.troubles).toEqual(['no region answers']);
  });

  it('keeps what it got where one call fails', async () => {
    const world = newWorld({ latency: away, slo: away });

    const documents = await world.collect();

    expect(documents.status?.services).toHaveLength(1);
    expect(documents).toMatchObject({ latency: [], slo: null });
  });

  it('asks again for a budget that it could not get', async () => {
    let isAway = true;
    const world = newWorld({ slo: () => (isAway ? away() : sampleSlo()) });
    await world.collect();
    isAway = false;
    await world.clock.advance(5_000);

    expect((await world.collect()).slo).toEqual(sampleSlo());
  });

  it('does not hide a bug, and is not stuck on it', async () => {
    let isBroken = true;
    const world = newWorld({
      status: () => {
        if (isBroken) throw new TypeError('a bug');
        return sampleStatus();
      },
    });

    await expect(world.collect()).rejects.toThrow('a bug');
    isBroken = false;

    expect((await world.collect()).status).not.toBeNull();
  });
});

describe('the API', () => {
  it('is asked for what its own schemas take', async () => {
    const asked: { readonly path: string; readonly query?: Readonly<Record<string, unknown>> }[] =
      [];
    const source = apiMetrics({
      ask: async (_schema, _method, path, { query }) => {
        asked.push({ path, ...(query === undefined ? {} : { query }) });
        return {
          document: {},
          region: VANTAGES[0]!,
          etag: null,
          failed: [],
          isRepeated: false,
        } as never;
      },
    });

    await source.status(NEVER);
    await source.slo(NEVER);
    await source.decisions('app', NEVER);
    await source.latency('a/b', NEVER);

    expect(asked).toEqual([
      { path: '/v1/status' },
      { path: '/v1/slo' },
      { path: '/v1/services/app/decisions', query: { limit: 50 } },
      { path: '/v1/services/a%2Fb/latency', query: { from: '5m' } },
    ]);
    expect(v.is(momentSchema, asked[3]?.query?.from)).toBe(true);
  });
});

describe('commits and lost races', () => {
  it('are counted from the records since the exporter began, each once', async () => {
    let generation = 41;
    let decisions = sampleDecisions([]);
    const world = newWorld({
      status: () => sampleStatus({ generation }),
      decisions: () => decisions,
    });
    const scrape = async () => {
      await world.clock.advance(5_000);
      return (await world.collect()).seen?.get('app');
    };

    expect(await scrape()).toEqual({ commits: 0, conflicts: 0 });
    expect(await scrape()).toEqual({ commits: 0, conflicts: 0 });
    expect(world.asked.filter((what) => what.startsWith('decisions'))).toEqual([]);

    generation = 42;
    decisions = sampleDecisions([
      [42, 'd42', 'committed'],
      [42, 'd42b', 'open'],
      [41, 'd41', 'committed'],
    ]);
    expect(await scrape()).toEqual({ commits: 1, conflicts: 0 });

    decisions = sampleDecisions([
      [42, 'd42', 'committed'],
      [42, 'd42b', 'lost'],
    ]);
    expect(await scrape()).toEqual({ commits: 1, conflicts: 1 });
    expect(await scrape()).toEqual({ commits: 1, conflicts: 1 });
    expect(world.asked.filter((what) => what.startsWith('decisions'))).toHaveLength(2);
  });

  it('of a service without a _quorate record are not counted', async () => {
    const world = newWorld({ status: () => sampleStatus({ generation: null }) });

    expect((await world.collect()).seen?.size).toBe(0);
  });
});

type Answers = {
  readonly [method in keyof MetricsSource]?: () => Awaited<ReturnType<MetricsSource[method]>>;
};

function newWorld(answers: Answers = {}) {
  const clock = fakeClock();
  const asked: string[] = [];
  const troubles: string[] = [];
  const source: MetricsSource = {
    status: async () => {
      asked.push('status');
      return (answers.status ?? sampleStatus)();
    },
    latency: async (service) => {
      asked.push(`latency ${service}`);
      return (answers.latency ?? sampleLatency)();
    },
    slo: async () => {
      asked.push('slo');
      return (answers.slo ?? sampleSlo)();
    },
    decisions: async (service) => {
      asked.push(`decisions ${service}`);
      return (answers.decisions ?? (() => sampleDecisions([])))();
    },
  };
  const { collect } = collector(source, clock, (why) => troubles.push(why));
  return { clock, asked, troubles, collect: () => collect(NEVER) };
}
