/** Rollups of every vantage → series for charts: percentiles per endpoint, gaps left as gaps. */
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { latencySchema } from '../../../shared/api/latency.ts';
import { latencyDocument } from '../../../shared/api/latency-document.ts';
import { endpointId, epochMs, serviceId, vantageId } from '../../../shared/core/model.ts';
import { type Rollup, type RollupLine, storedRollup } from '../../../shared/core/rollup.ts';
import { readLatency } from '../../../shared/rounds/read-latency.ts';
import { FAKE_START, fakeClock } from '../../fakes/fake-clock.ts';
import { type FakeStore, fakeStore } from '../../fakes/fake-store.ts';
import { HOUR, MINUTE, NEVER } from '../../fakes/quorum-world.ts';
import { sampleService } from '../../fakes/sample-service.ts';

const service = sampleService({ vantages: ['eu-west-1', 'us-east-1'].map(vantageId), quorum: 2 });
const at = (minutes: number) => epochMs(FAKE_START + minutes * MINUTE);
const last = (ago: number): NonNullable<RollupLine['last']> => ({
  at: epochMs(FAKE_START - ago),
  passed: true,
  code: null,
  status: 200,
  totalMs: 42,
  resolveMs: 1,
  connectMs: 10,
  tlsMs: 20,
  firstByteMs: 10,
  transferMs: 1,
  certificateEndsAt: null,
  family: 4,
});

describe('latency of a service', () => {
  it('is one series per endpoint and vantage, oldest point first, a part of each run added up', async () => {
    const store = fakeStore();
    await put(store, 'eu-west-1', 'minute', at(-2), 'run1', { passes: 3, histogram: { 50: 3 } });
    await put(store, 'eu-west-1', 'minute', at(-3), 'run1', { passes: 1, histogram: { 50: 1 } });
    await put(store, 'eu-west-1', 'minute', at(-2), 'run2', {
      passes: 2,
      failures: 1,
      skipped: 1,
      histogram: { 200: 1 },
    });

    const series = await read(store, 'minute', at(-60), at(0));

    expect(series).toHaveLength(6);
    expect(series.find(isOf('eu-west-1', 'eu-west-1'))?.points).toEqual([
      point(at(-3), { passes: 1, p50Ms: 50, p95Ms: 50, p99Ms: 50 }),
      point(at(-2), { passes: 5, failures: 1, skipped: 1, p50Ms: 50, p95Ms: 200, p99Ms: 200 }),
    ]);
    expect(series.find(isOf('us-east-1', 'eu-west-1'))).toMatchObject({ points: [], last: null });
    expect(series.map(({ endpoint, vantage }) => `${endpoint} ${vantage}`)).toEqual(
      ['ap-southeast-1', 'eu-west-1', 'us-east-1'].flatMap((endpoint) =>
        ['eu-west-1', 'us-east-1'].map((vantage) => `${endpoint} ${vantage}`),
      ),
    );
  });

  it('has the newest probe of each vantage, of whichever run', async () => {
    const store = fakeStore();
    await put(store, 'eu-west-1', 'minute', at(-3), 'run1', { passes: 1, last: last(170_000) });
    await put(store, 'eu-west-1', 'minute', at(-2), 'run2', { passes: 1, last: last(70_000) });

    const series = await read(store, 'minute', at(-60), at(0));

    expect(series.find(isOf('eu-west-1', 'eu-west-1'))?.last).toEqual(last(70_000));
  });

  it('by the hour takes the newest probe from the minutes that are not added up yet', async () => {
    const store = fakeStore();
    await put(store, 'eu-west-1', 'hour', at(-120), 'hour', {
      passes: 360,
      histogram: { 50: 360 },
    });
    await put(store, 'eu-west-1', 'minute', at(-1), 'run1', { passes: 6, last: last(5_000) });

    const series = await read(store, 'hour', epochMs(FAKE_START - 24 * HOUR), at(0));
    const old = await read(store, 'hour', epochMs(FAKE_START - 24 * HOUR), at(-90));

    const own = series.find(isOf('eu-west-1', 'eu-west-1'));
    expect(own?.points).toEqual([
      point(at(-120), { passes: 360, p50Ms: 50, p95Ms: 50, p99Ms: 50 }),
    ]);
    expect(own?.last).toEqual(last(5_000));
    expect(old.find(isOf('eu-west-1', 'eu-west-1'))?.last).toBeNull();
  });

  it('passes over what cannot be read, and makes a document of the contract', async () => {
    const store = fakeStore();
    store.table.rollups.set('odd', { vantage: 'eu-west-1', span: 'minute', startAt: at(-2) });
    await put(store, 'us-east-1', 'minute', at(-2), 'run1', { failures: 6, last: last(1_000) });

    const asked = { span: 'minute', fromAt: at(-60), toAt: at(0) } as const;
    const series = await read(store, 'minute', asked.fromAt, asked.toAt);
    const document = latencyDocument(service.id, series, asked, {
      region: vantageId('eu-west-1'),
      at: FAKE_START,
    });

    expect(() => v.assert(latencySchema, document)).not.toThrow();
    const own = document.series.find(isOf('eu-west-1', 'us-east-1'));
    expect(own?.points).toEqual([point(at(-2), { failures: 6 })]);
  });
});

const read = (
  store: FakeStore,
  span: Rollup['span'],
  fromAt: ReturnType<typeof at>,
  toAt: ReturnType<typeof at>,
) => readLatency({ clock: fakeClock(), store }, service, { span, fromAt, toAt }, NEVER);

const isOf =
  (endpoint: string, vantage: string) =>
  (one: { readonly endpoint: string; readonly vantage: string }): boolean =>
    one.endpoint === endpoint && one.vantage === vantage;

const point = (startAt: number, changes: object) => ({
  at: startAt,
  passes: 0,
  failures: 0,
  skipped: 0,
  p50Ms: null,
  p95Ms: null,
  p99Ms: null,
  ...changes,
});

async function put(
  store: FakeStore,
  vantage: string,
  span: Rollup['span'],
  startAt: ReturnType<typeof at>,
  run: string,
  line: Partial<RollupLine>,
): Promise<void> {
  const counts = { passes: 0, failures: 0, skipped: 0, histogram: {}, ...line };
  await store.writeRollup(
    storedRollup({
      vantage: vantageId(vantage),
      span,
      startAt,
      run,
      lines: [
        { service: serviceId('other'), endpoint: endpointId('eu-west-1'), ...counts },
        { service: service.id, endpoint: endpointId('eu-west-1'), ...counts },
      ],
    }),
    NEVER,
  );
}
