/** Rationed reads: how often the zone is listed at rest, and what makes a region look again. */
import { describe, expect, it } from 'vitest';
import { QuorateError } from '../../shared/core/errors.ts';
import { type Service, serviceId } from '../../shared/core/model.ts';
import { stretchOf, zoneWatch } from '../../shared/rounds/zone-watch.ts';
import {
  MINUTE,
  manyServices,
  NEVER,
  type QuorumWorld,
  quorumWorld,
  SECOND,
} from '../fakes/quorum-world.ts';
import { sampleConfig, sampleService, VANTAGES } from '../fakes/sample-service.ts';

describe('steady state', () => {
  it('lists a zone at most once per minute and region turn: each region every fifth minute', async () => {
    const world = quorumWorld();
    await world.minutes(1, { takesTurns: true });
    const begun = world.zone.reads();

    await world.minutes(60, { takesTurns: true });

    // Each region's first look, then one sweep per minute by the region in turn.
    expect(begun).toBe(5);
    expect(world.zone.reads() - begun).toBe(60);
  });

  it('lists a zone once for all its services', async () => {
    const world = quorumWorld({ config: manyServices(20) });

    await world.region(0).round();

    expect(world.zone.reads()).toBe(1);
  });

  it('does not list again however often the stream asks within the minute', async () => {
    const world = quorumWorld();
    await world.minutes(1);
    const before = world.zone.reads();

    for (let trigger = 0; trigger < 20; trigger += 1) {
      await world.clock.advance(SECOND);
      await world.allRounds();
    }

    expect(world.zone.reads()).toBe(before);
  });

  it('sweeps each zone in its turn where one process judges several', async () => {
    const { world, services } = twoZones();
    const watch = zoneWatch(
      { ...world.region(0).deps, zone: world.zonePort },
      world.config,
      VANTAGES[0]!,
    );
    await world.clock.advance(turnOf(world, 0));

    const looks = [
      await watch.look([services[0]!], NEVER),
      await watch.look([services[1]!], NEVER),
    ];
    await world.clock.advance(5 * MINUTE);
    const later = [
      await watch.look([services[0]!], NEVER),
      await watch.look([services[1]!], NEVER),
    ];

    expect(looks.map(({ isSweep }) => isSweep)).toEqual([true, true]);
    expect(later.map(({ isSweep, isFresh }) => [isSweep, isFresh])).toEqual([
      [true, true],
      [true, true],
    ]);
  });
});

describe('a head', () => {
  it('of another region triggers a read, once', async () => {
    const world = quorumWorld();
    await world.minutes(1);
    const before = world.zone.reads();
    world.table.heads.set('us-west-2', { region: 'us-west-2', generations: { app: 42 } });

    await world.region(1).round();
    await world.region(1).round();

    expect(world.zone.reads()).toBe(before + 1);
  });

  it('says the same whatever the order its generations come back in', async () => {
    const world = quorumWorld();
    world.table.heads.set('us-west-2', { region: 'us-west-2', generations: { app: 42, b: 1 } });
    await world.minutes(1);
    const before = world.zone.reads();
    world.table.heads.set('us-west-2', { region: 'us-west-2', generations: { b: 1, app: 42 } });

    await world.region(1).round();

    expect(world.zone.reads()).toBe(before);
  });

  it('that can not be read only costs time: what is held stays held', async () => {
    const world = quorumWorld();
    await world.minutes(1);
    const before = world.zone.reads();
    world.region(1).store.trouble('readHeads', { kind: 'refused' });

    const [result] = await world.region(1).round();

    expect(result!.decision.automation).toBe('on');
    expect(world.zone.reads()).toBe(before);
  });

  it.each([
    ['null', null],
    ['a number', 7],
    ['text', 'head'],
    ['generations missing', { region: 'us-west-2' }],
    ['generations a list', { region: 'us-west-2', generations: [1, 2] }],
    ['generations null', { region: 'us-west-2', generations: null }],
    ['a generation that is text', { region: 'us-west-2', generations: { app: 'x'.repeat(500) } }],
    ['a generation that is a bigint', { region: 'us-west-2', generations: { app: 1n } }],
  ])('that is %s is one more reason to look, never an exception', async (_, item) => {
    const world = quorumWorld();
    await world.minutes(1);
    world.table.heads.set('us-west-2', item);

    const [result] = await world.region(1).round();

    expect(result!.decision.automation).toBe('on');
  });
});

describe('a change', () => {
  it('is always decided on a fresh read', async () => {
    const world = quorumWorld();
    await world.minutes(1);
    world.sees('us-east-1', 'down');
    const before = world.zone.reads();

    const [result] = await world.region(1).round();

    expect(result!.outcome.kind).toBe('committed');
    expect(world.zone.reads()).toBe(before + 1);
  });

  it('that another region has made is read once, and not again while no head says so', async () => {
    const world = quorumWorld();
    await world.minutes(1);
    world.sees('us-east-1', 'down');
    world.region(0).store.trouble('writeHead', { kind: 'refused' });
    await world.region(0).round();
    const before = world.zone.reads();

    for (let round = 0; round < 5; round += 1) await world.region(1).round();

    expect(world.zone.reads()).toBe(before + 1);
    expect(world.zone.commits.length).toBe(1);
  });

  it('of its own makes a region look again in its next round', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    await world.region(1).round();
    const before = world.zone.reads();

    const [result] = await world.region(1).round();

    expect(world.zone.reads()).toBe(before + 1);
    expect(result).toMatchObject({ generation: 42, outcome: { kind: 'nothing-to-do' } });
  });
});

describe('a zone that does not answer', () => {
  it('F82: is asked at most once per 30 s and region, however often the stream triggers', async () => {
    const world = quorumWorld();
    world.zone.failNextRead(...Array.from({ length: 1_000 }, () => 'unavailable' as const));
    let calls = 0;
    const counting = {
      ...world.zonePort,
      read: (...args: Parameters<typeof world.zonePort.read>) => {
        calls += 1;
        return world.zonePort.read(...args);
      },
    };
    const watch = zoneWatch(
      { ...world.region(0).deps, zone: counting },
      world.config,
      VANTAGES[0]!,
    );

    for (let second = 0; second < 600; second += 1) {
      await expect(watch.look(world.config.services, NEVER)).rejects.toThrow(QuorateError);
      await world.clock.advance(SECOND);
    }

    // One more in the first second: a single hiccup must not cost a removal 30 s.
    expect(calls).toBe(21);
  });

  it('is read again at once after a single failure, and the count begins anew after a success', async () => {
    const world = quorumWorld();
    const { deps } = world.region(0);
    for (let hiccup = 0; hiccup < 3; hiccup += 1) {
      world.zone.failNextRead('throttled');
      await expect(deps.watch.fresh(world.config.services, NEVER)).rejects.toThrow('Rate exceeded');

      expect((await deps.watch.fresh(world.config.services, NEVER)).records.length).toBe(4);
    }
  });

  it('does not pause another zone', async () => {
    const { world, services } = twoZones();
    const { deps } = world.region(0);
    const [first, second] = [...world.zones.values()];
    first!.failNextRead('unavailable', 'unavailable');
    for (let round = 0; round < 3; round += 1) {
      await expect(deps.watch.look([services[0]!], NEVER)).rejects.toThrow(QuorateError);
    }

    const look = await deps.watch.look([services[1]!], NEVER);

    expect(look.isFresh).toBe(true);
    expect([first!.reads(), second!.reads()]).toEqual([2, 1]);
  });

  it('a sweep that failed is tried again within its minute', async () => {
    const world = quorumWorld();
    const { deps } = world.region(0);
    await world.clock.advance(turnOf(world, 0));
    await deps.watch.look(world.config.services, NEVER);
    await world.clock.advance(5 * MINUTE);
    world.zone.failNextRead('throttled');
    await expect(deps.watch.look(world.config.services, NEVER)).rejects.toThrow(QuorateError);

    expect((await deps.watch.look(world.config.services, NEVER)).isSweep).toBe(true);
  });
});

describe('the stretch', () => {
  it('reaches from the first managed name to the last in listing order, fences included', () => {
    const services = [
      sampleService({ names: ['b.example.com', 'www.example.com'] }),
      sampleService({ id: serviceId('x'), names: ['app-b.example.com'] }),
    ];

    expect(stretchOf(services)).toEqual({ from: 'app-b.example.com', to: 'www.example.com' });
    expect(stretchOf([sampleService({ names: ['example.com'] })])).toEqual({
      from: 'example.com',
      to: '_quorate.example.com',
    });
  });

  it('of no services reads nothing', async () => {
    const world = quorumWorld();

    const read = await world.region(0).deps.watch.fresh([], NEVER);

    expect(read).toEqual({ records: [], serverAt: null, readAt: world.clock.now() });
    expect(world.zone.reads()).toBe(0);
  });
});

/** Until the start of the minute in which it is this region's turn to sweep. */
function turnOf(world: QuorumWorld, index: number): number {
  const minute = Math.floor(world.clock.now() / MINUTE);
  const ahead = (index - (minute % VANTAGES.length) + VANTAGES.length) % VANTAGES.length;
  return ahead * MINUTE;
}

function twoZones(): { readonly world: QuorumWorld; readonly services: readonly Service[] } {
  const zones = {
    main: { key: 'main', id: 'Z0123456789ABCDEFGHIJ' },
    other: { key: 'other', id: 'Z9876543210ABCDEFGHIJ' },
  };
  const services = [
    sampleService(),
    sampleService({
      id: serviceId('shop'),
      zone: zones.other,
      names: ['shop.example.net'],
      digest: 'service-digest-shop-001' as Service['digest'],
    }),
  ];
  return { world: quorumWorld({ config: sampleConfig({ zones, services }) }), services };
}
