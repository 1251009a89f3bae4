/** `observe`: everything is decided as under `enforce`, nothing reaches the zone. */
import { describe, expect, it } from 'vitest';
import type { Service } from '../../shared/core/model.ts';
import { serviceId, vantageId } from '../../shared/core/model.ts';
import { discardShadows, readShadows } from '../../shared/rounds/shadows.ts';
import type { CommitFault } from '../fakes/fake-zone.ts';
import { NEVER, type QuorumWorld, quorumWorld } from '../fakes/quorum-world.ts';
import { sampleConfig, sampleService, VANTAGES } from '../fakes/sample-service.ts';

describe('an observed service', () => {
  it('F108: makes no change call under any fault, needs no fence, and still decides', async () => {
    const world = observed();
    await world.minutes(2);
    world.sees('us-east-1', 'down');

    const [results] = await world.minutes(1);

    expect(world.zone.commits).toEqual([]);
    expect(results![0]).toMatchObject({
      outcome: { kind: 'observed' },
      decision: { automation: 'observing' },
    });
    expect(world.weights()['us-east-1']).toBe(100);
  });

  it('records `observed` only when weights change: once for the removal, then for each step back', async () => {
    const world = observed();
    await world.minutes(10);
    expect(world.records()).toEqual([]);

    world.sees('us-east-1', 'down');
    await world.minutes(30);
    expect(
      world
        .records()
        .map(({ actor }) => actor)
        .sort(),
    ).toEqual(VANTAGES.map((vantage) => `observed@${vantage}`).sort());

    world.sees('us-east-1', 'up');
    await world.minutes(30);
    expect(world.records().length).toBe(5 * 4);
    const own = world.records().filter(({ region }) => region === 'eu-west-1');
    expect(
      own.map(({ lines }) => lines.find(({ endpoint }) => endpoint === 'us-east-1')!.to),
    ).toEqual([0, 10, 50, 100]);
  });

  it('decides on the shadow of its own region: hold-down and ramp go on over a restart', async () => {
    const world = observed();
    await world.minutes(2);
    world.sees('us-east-1', 'down');
    await world.minutes(1);
    world.sees('us-east-1', 'up');
    await world.clock.advance(11_000);
    world.region(0).restart();

    const [result] = await world.region(0).round();

    const line = result!.decision.endpoints.find(({ endpoint }) => endpoint === 'us-east-1')!;
    expect(line).toMatchObject({ from: 0, to: 0, reason: { code: 'hold-down' } });
    expect(shadowOf(world, 0)).toMatchObject({ weights: { 'us-east-1': 0 } });
  });

  it('sits a round out when its shadow can not be read: hold-downs in it are not overwritten', async () => {
    const world = observed();
    await world.minutes(2);
    world.sees('us-east-1', 'down');
    await world.minutes(1);
    const before = shadowOf(world, 0);
    world.region(0).store.trouble('readShadows', { kind: 'refused' });

    expect(await world.region(0).round()).toEqual([]);

    expect(shadowOf(world, 0)).toEqual(before);
  });

  it('whose shadow can not be written decides the same again, and ends nobody’s round', async () => {
    const world = mixed();
    for (const { id } of world.config.services) world.sees('us-east-1', 'down', undefined, id);
    world.region(0).store.trouble('writeShadow', { kind: 'refused' });

    const results = await world.region(0).round();

    expect(results.map(({ service, outcome }) => [service, outcome.kind])).toEqual([
      ['app', 'committed'],
      ['shop', 'observed'],
    ]);
    expect(world.zone.commits.length).toBe(1);
  });

  it('whose shadow is garbage begins again from the zone', async () => {
    const world = observed();
    world.table.shadows.set('eu-west-1 app', { weights: { 'us-east-1': 'x' }, fence: 7 });

    const [result] = await world.region(0).round();

    expect(result).toMatchObject({ decision: { automation: 'observing' } });
  });

  it('what the store throws beyond operating errors is a bug and is not swallowed', async () => {
    const broken = (): never => {
      throw new TypeError('no such thing');
    };
    for (const method of ['readShadows', 'writeShadow'] as const) {
      const world = quorumWorld({
        config: observedConfig(),
        wrapStore: (store) => ({ ...store, [method]: async () => broken() }),
      });

      await expect(world.region(0).round()).rejects.toThrow(TypeError);
    }
  });

  it('makes no change call while the zone, the table and the endpoints fail in turn', async () => {
    const world = observed();
    const faults: readonly CommitFault[] = [
      'throttled',
      'busy',
      'access-denied',
      'unknown-after-effect',
    ];
    world.zone.failNext(...faults);
    for (let minute = 0; minute < 60; minute += 1) {
      world.sees('us-east-1', minute % 7 < 3 ? 'down' : 'up');
      world.sees('eu-west-1', minute % 11 < 4 ? 'down' : 'up');
      if (minute % 5 === 0)
        world.region(minute % 5).store.trouble('recordIntent', { kind: 'refused' });
      if (minute % 9 === 0) world.zone.failNextRead('unavailable');
      await world.minutes(1).catch((error: Error) => expect(error.name).toBe('QuorateError'));
    }

    expect(world.zone.commits).toEqual([]);
    expect(world.weights()).toEqual({ 'ap-southeast-1': 100, 'eu-west-1': 100, 'us-east-1': 100 });
  });
});

describe('enforce', () => {
  it('discards the shadows of services it enforces now, of this region only', async () => {
    const world = mixed();
    const { store } = world.region(0);
    for (const service of ['app', 'shop']) {
      for (const region of ['eu-west-1', 'us-east-1']) {
        world.table.shadows.set(`${region} ${service}`, { weights: {}, fence: '' });
      }
    }

    expect(await discardShadows({ store }, world.config, vantageId('eu-west-1'), NEVER)).toBe(true);

    expect([...world.table.shadows.keys()].sort()).toEqual([
      'eu-west-1 shop',
      'us-east-1 app',
      'us-east-1 shop',
    ]);
  });

  it('writes nothing where there is no shadow, and asks nothing where nothing is enforced', async () => {
    const world = mixed();
    const { store } = world.region(0);
    await discardShadows({ store }, world.config, vantageId('eu-west-1'), NEVER);
    expect(store.callsOf('deleteShadow')).toEqual([]);

    const calm = observed();
    await discardShadows(calm.region(0), calm.config, vantageId('eu-west-1'), NEVER);
    expect(calm.region(0).store.calls).toEqual([]);
  });

  it('is told to try again when the table is away, and not when there is a bug', async () => {
    const world = mixed();
    const { store } = world.region(0);
    store.trouble('readShadows', { kind: 'refused' });
    expect(await discardShadows({ store }, world.config, vantageId('eu-west-1'), NEVER)).toBe(
      false,
    );

    const bug = { ...store, readShadows: async () => Promise.reject(new TypeError('x')) };
    await expect(
      discardShadows({ store: bug }, world.config, vantageId('eu-west-1'), NEVER),
    ).rejects.toThrow(TypeError);
  });

  it('reads no shadow at all', async () => {
    const world = quorumWorld();
    const { store, id } = world.region(0);

    expect(await readShadows({ store }, world.config.services, id, NEVER)).toEqual(new Map());
    expect(store.calls).toEqual([]);
  });
});

const observedConfig = () => sampleConfig({ services: [sampleService({ mode: 'observe' })] });

const observed = (): QuorumWorld => quorumWorld({ config: observedConfig(), fence: 'none' });

function mixed(): QuorumWorld {
  const shop: Service = sampleService({
    id: serviceId('shop'),
    mode: 'observe',
    names: ['shop.example.com'],
    digest: 'service-digest-shop-001' as Service['digest'],
  });
  const world = quorumWorld({ config: sampleConfig({ services: [sampleService(), shop] }) });
  world.table.shadows.set('eu-west-1 shop', {
    weights: {},
    fence: world.snapshot(shop).fenceRecord!.values![0],
  });
  return world;
}

const shadowOf = (world: QuorumWorld, index: number): unknown =>
  structuredClone(world.table.shadows.get(`${world.region(index).id} app`));
