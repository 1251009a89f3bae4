/** Drills of the file, in several regions at once: one order, given once, gone by itself or at once. */
import { describe, expect, it } from 'vitest';
import { slotOf } from '../../shared/core/drill.ts';
import { drillsShown, parseDrillEvent } from '../../shared/core/drill-report.ts';
import { type Config, regionId, serviceId } from '../../shared/core/model.ts';
import { drillRound } from '../../shared/rounds/drill-round.ts';
import { overrideRound } from '../../shared/rounds/override-round.ts';
import { FAKE_START } from '../fakes/fake-clock.ts';
import {
  AIDS,
  MINUTE,
  NEVER,
  type QuorumWorld,
  quorumWorld,
  type WorldOptions,
} from '../fakes/quorum-world.ts';
import { sampleConfig, sampleService } from '../fakes/sample-service.ts';

const DRILLED = 'us-east-1';
/** FAKE_START is a Wednesday, 00:00. */
const WEEKLY = { region: regionId(DRILLED), forMs: 10 * MINUTE, weekday: 3, minuteOfDay: 5 };

describe('a scheduled drill', () => {
  it('drains its region at its time, and gives it back at the end of its order', async () => {
    const world = drillWorld();

    await minutes(world, 4);
    expect(weight(world)).toBe(100);
    await minutes(world, 2);
    expect(weight(world)).toBe(0);
    expect(world.fence().orders).toMatchObject([
      { kind: 'drain', started: true, untilAt: FAKE_START + 15 * MINUTE },
    ]);
    await minutes(world, 30);

    expect(weight(world)).toBe(100);
    expect(world.fence().orders).toEqual([]);
    expect(shown(world)).toMatchObject([
      {
        region: DRILLED,
        state: 'over',
        restored: true,
        sentence: `${DRILLED} is back at its full weight`,
      },
    ]);
    expect(
      events(world)
        .map(({ step }) => step)
        .sort(),
    ).toEqual(['begun', 'over']);
  });

  it('tells when its change was made, in sync and seen, and when weight was back', async () => {
    const world = drillWorld();
    await minutes(world, 6);
    const { generation, nonce } = world.fence();
    const committed = world
      .marks()
      .find((mark) => mark.kind === 'committed' && mark.generation === generation)!;
    await world
      .region(2)
      .store.writeMark(
        { ...committed, kind: 'seen', nonce, at: (committed.at + 31_000) as never },
        NEVER,
      );

    await minutes(world, 30);

    expect(shown(world)[0]).toMatchObject({
      seenMs: 31_000,
      isInGoal: true,
      measures: [{ service: 'app', generation, commitMs: 0, seenMs: 31_000 }],
    });
  });

  it('is given by one region though two begin at once', async () => {
    const world = drillWorld();
    await world.clock.advance(5 * MINUTE);
    const turn = turnAt(world);

    const both = await world.clock.runUntil(Promise.all([ask(world, turn), ask(world, turn)]));

    expect(world.accepted()).toBe(1);
    expect(world.fence().generation).toBe(42);
    expect(both.filter((one) => one?.step === 'begun').length).toBe(1);
    await minutes(world, 30);
    expect(shown(world)).toMatchObject([{ state: 'over', restored: true }]);
  });

  it('goes on, and ends, though the region that began it dies', async () => {
    const world = drillWorld();
    await world.clock.advance(5 * MINUTE);
    await world.clock.runUntil(ask(world, turnAt(world)));
    const dead = turnAt(world);
    expect(weight(world)).toBe(0);

    await minutes(world, 30, (index) => index !== dead);

    expect(weight(world)).toBe(100);
    expect(shown(world)).toMatchObject([{ state: 'over', restored: true }]);
  });

  it('begins a minute later where the region in turn is dead', async () => {
    const world = drillWorld();
    await minutes(world, 5, () => false);
    const dead = turnAt(world);

    await minutes(world, 2, (index) => index !== dead);

    expect(weight(world)).toBe(0);
  });

  it('stops at once on a real failure elsewhere', async () => {
    const world = drillWorld();
    await minutes(world, 6);
    world.sees('eu-west-1', 'down');

    await minutes(world, 1);

    expect(world.fence().orders).toEqual([]);
    expect(shown(world)).toMatchObject([
      { state: 'stopped', sentence: expect.stringContaining('eu-west-1 is down') },
    ]);
    // Nobody begins it again in this slot.
    world.sees('eu-west-1', 'up');
    await minutes(world, 25);
    expect(events(world).filter(({ step }) => step === 'begun').length).toBe(1);
    expect(weight(world)).toBe(100);
  });

  it('is over where an operator takes its order away, and is not given again', async () => {
    const world = drillWorld();
    await minutes(world, 6);
    const [order] = world.fence().orders;
    await cancel(world, order!.id);

    await minutes(world, 3);

    expect(world.fence().orders).toEqual([]);
    expect(shown(world)).toMatchObject([
      { state: 'stopped', sentence: "the drill's order was taken away" },
    ]);
  });

  it('is not given again though the table has forgotten that it was', async () => {
    const world = drillWorld();
    await minutes(world, 5);
    await minutes(world, 1);
    await cancel(world, world.fence().orders[0]!.id);
    world.table.drills.clear();
    const { generation } = world.fence();

    await minutes(world, 1);

    expect(world.fence().orders).toEqual([]);
    expect(world.fence().generation).toBeLessThanOrEqual(generation + 1);
    expect(shown(world)).toMatchObject([
      { state: 'skipped', sentence: `weights in ${DRILLED} changed since its time` },
    ]);
  });

  it('is skipped, with its reason, where the floor would break', async () => {
    const world = drillWorld({
      config: drillConfig({
        services: [sampleService({ policy: { ...sampleService().policy, floorPercent: 80 } })],
      }),
    });

    await minutes(world, 7);

    expect(weight(world)).toBe(100);
    expect(shown(world)).toMatchObject([
      {
        state: 'skipped',
        sentence: expect.stringMatching(
          /^app: it leaves 200 of 300 \(66 %\) in service, floor is 80 %/,
        ),
      },
    ]);
    expect(world.accepted()).toBe(0);
  });

  it('is skipped where a vantage too many is silent, and where another service is in trouble', async () => {
    const silent = drillWorld();
    silent.silence(...silent.config.vantages.slice(0, 2));
    await minutes(silent, 7);
    expect(shown(silent)).toMatchObject([
      {
        state: 'skipped',
        sentence: 'app: 3 vantages report, a drill needs 4, one more than the quorum',
      },
    ]);

    const other = sampleService({
      id: serviceId('shop'),
      names: ['shop.example.com'],
      endpoints: sampleService().endpoints.filter(({ id }) => String(id) !== DRILLED),
    });
    const frozen = drillWorld({ config: drillConfig({ services: [sampleService(), other] }) });
    frozen.editFence(null, other);
    await minutes(frozen, 7);
    expect(shown(frozen)).toMatchObject([
      { state: 'skipped', sentence: 'shop: automation is unmanaged' },
    ]);
  });

  it('is skipped where this clock and Route 53 disagree', async () => {
    const world = drillWorld({ serverAheadMs: 8_000 });

    await minutes(world, 7);

    expect(shown(world)).toMatchObject([
      { state: 'skipped', sentence: expect.stringContaining('this clock is 8000 ms off') },
    ]);
    expect(world.accepted()).toBe(0);
  });

  it('is one order in all services of the region', async () => {
    const shop = sampleService({ id: serviceId('shop'), names: ['shop.example.com'] });
    const world = drillWorld({ config: drillConfig({ services: [sampleService(), shop] }) });
    await world.clock.advance(5 * MINUTE);

    const begun = await world.clock.runUntil(ask(world, turnAt(world)));

    expect(begun).toMatchObject({ step: 'begun', services: ['app', 'shop'] });
    expect(world.fence(shop).orders[0]!.id).toBe(world.fence().orders[0]!.id);
  });

  it('stops in all services where one of them could not be drained', async () => {
    const shop = sampleService({ id: serviceId('shop'), names: ['shop.example.com'] });
    const world = drillWorld({ config: drillConfig({ services: [sampleService(), shop] }) });
    await world.clock.advance(5 * MINUTE);
    // Between the plans and the second commit somebody edits a record.
    world.zone.beforeNextCommit(() => {
      world.zone.beforeNextCommit(() => world.editWeight('eu-west-1', 90, shop));
    });

    const begun = await world.clock.runUntil(ask(world, turnAt(world)));

    expect(begun).toMatchObject({
      step: 'stopped',
      sentence: 'shop: the zone changed while the drill began',
    });
    expect(world.fence().orders).toEqual([]);
    expect(world.fence(shop).orders).toEqual([]);
  });

  it('stops in all services though the order of one comes into force only after that', async () => {
    const shop = sampleService({ id: serviceId('shop'), names: ['shop.example.com'] });
    const world = drillWorld({ config: drillConfig({ services: [sampleService(), shop] }) });
    await world.clock.advance(5 * MINUTE);
    world.zone.beforeNextCommit(() => {
      world.zone.beforeNextCommit(() => world.zone.failNext({ kind: 'late', afterMs: 3_000 }));
    });

    const begun = await world.clock.runUntil(ask(world, turnAt(world)));
    await world.clock.advance(MINUTE);
    world.zone.land();

    expect(begun).toMatchObject({ step: 'stopped' });
    expect(world.fence().orders).toEqual([]);
    expect(world.fence(shop).generation).toBe(43);
    expect(world.fence(shop).orders).toEqual([]);
  });

  it('is skipped where Route 53 refuses the change, and goes on trying to stop where it does then', async () => {
    const world = drillWorld();
    await world.clock.advance(5 * MINUTE);
    world.zone.failNext('access-denied');
    const event = await world.clock.runUntil(ask(world, turnAt(world)));
    expect(event).toMatchObject({ step: 'skipped', sentence: expect.stringMatching(/^app: /) });

    const other = drillWorld();
    await minutes(other, 6);
    other.sees('eu-west-1', 'down');
    await other.clock.advance(MINUTE);
    other.zone.failNext('access-denied');
    const tried = await other.clock.runUntil(ask(other, 0));
    expect(tried).toMatchObject({
      step: 'begun',
      sentence: expect.stringContaining('not cancelled: app: '),
    });
    expect(await other.clock.runUntil(ask(other, 1))).toMatchObject({ step: 'stopped' });
    expect(other.fence().orders).toEqual([]);
  });

  it('is watched, and stopped, where Route 53 did not say whether it began', async () => {
    const world = drillWorld();
    await world.clock.advance(5 * MINUTE);
    world.zone.failNext('unknown-after-effect');
    world.zone.beforeNextCommit(() => world.zone.failNextRead('unavailable'));
    const begun = await world.clock.runUntil(ask(world, turnAt(world)));
    expect(begun).toBeNull();
    expect(weight(world)).toBe(0);
    expect(world.fence().orders.length).toBe(1);

    await minutes(world, 1);
    expect(world.fence().orders.length).toBe(1);
    world.sees('eu-west-1', 'down');
    await minutes(world, 1);

    expect(world.fence().orders).toEqual([]);
    expect(shown(world)).toMatchObject([
      { state: 'stopped', sentence: expect.stringContaining('eu-west-1 is down') },
    ]);
  });

  it('does not begin where the table is away, and ends a running one', async () => {
    const away = drillWorld();
    for (const { store } of away.regions) store.trouble('readDrillEvents', { kind: 'refused' }, 99);
    await minutes(away, 7);
    expect(away.accepted()).toBe(0);

    const world = drillWorld();
    await minutes(world, 6);
    for (const { store } of world.regions) {
      store.trouble('readReports', { kind: 'refused' }, 2);
      store.trouble('readDrillEvents', { kind: 'refused' }, 1);
      store.trouble('writeDrillEvent', { kind: 'refused' }, 1);
    }
    await drillMinute(world);
    expect(world.fence().orders).toEqual([]);
  });

  it('says so where weight is not back long after its end', async () => {
    const world = drillWorld();
    await minutes(world, 6);
    world.sees(DRILLED, 'down');

    await minutes(world, 45);

    expect(shown(world)).toMatchObject([
      {
        state: 'over',
        restored: false,
        sentence: expect.stringMatching(
          /^us-east-1 is not back \d+ min after its end; run quorate status$/,
        ),
      },
    ]);
  });

  it('costs nothing where none is due, and nothing is planned', async () => {
    for (const drills of [[], [{ ...WEEKLY, weekday: 2 }]]) {
      const world = drillWorld({ config: sampleConfig({ drills }) });
      await world.clock.advance(5 * MINUTE);

      expect(await ask(world, 0)).toBeNull();
      expect(world.region(0).store.calls).toEqual([]);
    }
  });

  it('a bug of the store is not swallowed', async () => {
    const world = drillWorld({
      wrapStore: (store) => ({
        ...store,
        readDrillEvents: () => Promise.reject(new TypeError('a bug')),
      }),
    });
    await world.clock.advance(5 * MINUTE);

    await expect(ask(world, 0)).rejects.toThrow(TypeError);
  });

  it('has the id of its time, in every service and region', async () => {
    const world = drillWorld();
    await minutes(world, 6);

    const { id } = slotOf(WEEKLY, world.config.deployment, world.clock.now(), AIDS.digestOf);

    expect(world.fence().orders.map((order) => order.id)).toEqual([id]);
    expect(world.records().find(({ order }) => order?.id === id)).toMatchObject({
      actor: expect.stringMatching(/^drill@/),
      order: { reason: 'drill of us-east-1, as the file has it' },
    });
  });
});

const drillConfig = (changes: Partial<Config> = {}): Config =>
  sampleConfig({ drills: [WEEKLY], ...changes });

const drillWorld = (options: WorldOptions = {}): QuorumWorld =>
  quorumWorld({ config: drillConfig(), ...options });

const weight = (world: QuorumWorld): number => world.weights()[DRILLED]!;

const turnAt = (world: QuorumWorld): number => Math.floor(world.clock.now() / MINUTE) % 5;

function ask(world: QuorumWorld, index: number) {
  const { deps, id } = world.region(index);
  const { manifest } = world.options(id);
  return drillRound(deps, world.config, { region: id, manifest }, NEVER);
}

/** Each region asks, one after the other, as their schedules would. */
async function drillMinute(world: QuorumWorld, lives = (_: number) => true): Promise<void> {
  for (let index = 0; index < 5; index += 1) {
    if (lives(index)) await world.clock.runUntil(ask(world, index));
  }
}

async function minutes(
  world: QuorumWorld,
  count: number,
  lives = (_: number) => true,
): Promise<void> {
  for (let minute = 0; minute < count; minute += 1) {
    await world.minutes(1);
    await drillMinute(world, lives);
  }
}

const events = (world: QuorumWorld) =>
  [...world.table.drills.values()].flatMap((item) => parseDrillEvent(item) ?? []);
const shown = (world: QuorumWorld) => drillsShown([...world.table.drills.values()]);

async function cancel(world: QuorumWorld, order: string): Promise<void> {
  const { deps, id } = world.region(0);
  const { manifest } = world.options(id);
  await world.clock.advance(1_000);
  const { results } = await world.clock.runUntil(
    overrideRound(
      deps,
      world.config,
      { region: id, manifest },
      [
        {
          service: world.config.services[0]!,
          isWide: false,
          operation: { kind: 'cancel', order: order as never },
        },
      ],
      { actor: 'alice', via: null, reason: 'enough', isDryRun: false, match: null },
      NEVER,
    ),
  );
  expect(results[0]!.answer.kind).toBe('committed');
}
