/** Objectives from one region's replica: minutes for now, hours for the past, and little read twice. */
import { describe, expect, it } from 'vitest';
import { epochMs, type Service, serviceId } from '../../shared/core/model.ts';
import { type Rollup, storedRollup } from '../../shared/core/rollup.ts';
import { readSlo, sloMemory } from '../../shared/rounds/read-slo.ts';
import { type FakeStore, fakeStore, type StoreMethod } from '../fakes/fake-store.ts';
import { sampleConfig, sampleEndpoint, sampleService, VANTAGES } from '../fakes/sample-service.ts';
import { committed, HOUR, hour, MINUTE, minute, START, tally } from '../fakes/slo-world.ts';

const DAY = 24 * HOUR;
const NEVER = new AbortController().signal;
const NOW = epochMs(START + 10 * HOUR + 30 * MINUTE);
const FINE = [tally('eu', 6), tally('us', 6)];
const HALF = [tally('eu', 6), tally('us', 0, 6)];

describe('objectives', () => {
  it('are measured on hours for the past and on minutes for the last hours, without a gap', async () => {
    const world = await newWorld();

    const [slo] = await world.read();

    // Ten hours and a half, of which the hour that lies in both spans counts once.
    expect(slo?.objectives[0]?.measured).toEqual({ minutes: 630, ofMinutes: 30 * 24 * 60 });
    expect(slo?.objectives[0]?.measuredPercent).toBe(100);
  });

  it('see what failed a minute ago', async () => {
    const world = await newWorld({ linesAt: (at) => (at >= 10 * 60 + 20 ? HALF : FINE) });

    const [slo] = await world.read();

    expect(slo?.objectives[0]?.burns).toMatchObject([
      { name: 'fast', burning: true, shortRate: 1000 },
      { name: 'slow', burning: true },
      { name: 'steady', burning: true },
    ]);
  });

  it('are weighted by what the committed decisions left', async () => {
    const out = committed(1, 10 * 60 + 20, { eu: 1, us: 1 }, { eu: 1, us: 0 });
    const world = await newWorld({ linesAt: (at) => (at >= 10 * 60 + 20 ? HALF : FINE) });
    await world.store.recordIntent(out.record, NEVER);
    await world.store.writeMark(out.mark, NEVER);

    const [slo] = await world.read();

    expect(slo?.objectives[0]?.measuredPercent).toBe(100);
    expect(slo?.sentence).toMatch(/weighted by what DNS served$/);
  });

  it('reach for the records behind a page of them', async () => {
    const world = await newWorld({ linesAt: () => HALF });
    const first = committed(1, -50, { eu: 1, us: 1 }, { eu: 1, us: 0 });
    for (let generation = 2; generation <= 150; generation += 1) {
      const lost = committed(generation, 5, { eu: 1, us: 0 }, { eu: 1, us: 1 });
      await world.store.recordIntent(lost.record, NEVER);
      await world.store.writeMark({ ...lost.mark, kind: 'lost' }, NEVER);
    }
    await world.store.recordIntent(first.record, NEVER);
    await world.store.writeMark(first.mark, NEVER);

    const [slo] = await world.read();

    expect(slo?.objectives[0]?.measuredPercent).toBe(100);
    expect(world.callsOf('readRecords')).toHaveLength(2);
  });

  it('do not read records older than the window, nor go on behind what can not be read', async () => {
    const old = await newWorld();
    for (let generation = 1; generation <= 150; generation += 1) {
      const { record } = committed(generation, -40 * 24 * 60, { eu: 1 }, { eu: 1 });
      await old.store.recordIntent(record, NEVER);
    }
    const broken = await newWorld();
    for (let n = 100; n < 250; n += 1) broken.store.table.records.set(`app 0000000${n}#x`, { n });

    const [aged] = await old.read();
    const [unread] = await broken.read();

    expect(old.callsOf('readRecords')).toHaveLength(1);
    expect(broken.callsOf('readRecords')).toHaveLength(1);
    expect(aged?.sentence).toMatch(/weighted as the file says/);
    expect(unread?.sentence).toMatch(/weighted as the file says/);
  });

  it('of no service cost no read', async () => {
    const world = await newWorld({ services: [service({})] });

    const slos = await world.read();

    expect(slos).toMatchObject([{ service: 'app', objectives: [] }]);
    expect(world.calls()).toEqual([]);
  });

  it('of some services are read beside others that state none', async () => {
    const silent = service({ id: serviceId('api') });
    const world = await newWorld({ services: [service({ slo: MONTH }), silent] });

    const slos = await world.read();

    expect(slos.map(({ service, objectives }) => [service, objectives.length])).toEqual([
      ['app', 1],
      ['api', 0],
    ]);
  });

  it('asked for again read only what may have changed, and tell the same', async () => {
    const world = await newWorld({ linesAt: (at) => (at % 7 === 0 ? HALF : FINE) });
    const memory = sloMemory();
    const first = await world.read(NOW, memory);
    const before = world.callsOf('readRollups').length;

    const again = await world.read(NOW, memory);
    const fresh = await world.read(NOW);

    expect(again).toEqual(first);
    expect(again).toEqual(fresh);
    const second = world.callsOf('readRollups').slice(before, before + 2 * VANTAGES.length);
    const froms = second.map(({ args }) => [args[1], Number(args[2]) - START]);
    expect(new Set(froms.map((from) => JSON.stringify(from)))).toEqual(
      new Set([
        JSON.stringify(['minute', 10 * HOUR + 15 * MINUTE]),
        JSON.stringify(['hour', 8 * HOUR]),
      ]),
    );
  });

  it('asked for an hour later tell what a fresh process would', async () => {
    const world = await newWorld({ linesAt: (at) => (at % 7 === 0 ? HALF : FINE), hours: 13 });
    const memory = sloMemory();
    await world.read(NOW, memory);
    const later = epochMs(NOW + 2 * HOUR + 10 * MINUTE);

    expect(await world.read(later, memory)).toEqual(await world.read(later));
    expect(Math.min(...memory.minute.keys())).toBeGreaterThanOrEqual(START + 10 * HOUR);
  });
});

const MONTH = { availabilityPercent: 99.95, windowMs: 30 * DAY };

const service = (changes: Partial<Service>): Service =>
  sampleService({ endpoints: [sampleEndpoint('eu'), sampleEndpoint('us')], ...changes });

/** `linesAt`: by minutes since the start; the newest three hours as minutes, all full hours as hours. */
async function newWorld({
  services = [service({ slo: MONTH })],
  linesAt = () => FINE,
  hours = 10,
}: {
  services?: readonly Service[];
  linesAt?: (minute: number) => Rollup['lines'];
  hours?: number;
} = {}) {
  const store: FakeStore = fakeStore();
  const rollups = [
    ...Array.from({ length: hours }, (_, h) => hour(h, (n) => linesAt(h * 60 + n))),
    ...Array.from({ length: 60 * (hours - 7) + 30 }, (_, n) => minute(420 + n, linesAt(420 + n))),
  ];
  for (const rollup of rollups) await store.writeRollup(storedRollup(rollup), NEVER);
  const config = sampleConfig({ services });
  const written = store.calls.length;
  const calls = (): FakeStore['calls'] => store.calls.slice(written);
  return {
    store,
    /** Of the reader. */
    calls,
    callsOf: (method: StoreMethod) => calls().filter((one) => one.method === method),
    read: (now = NOW, memory = sloMemory()) => readSlo(store, config, services, now, NEVER, memory),
  };
}
