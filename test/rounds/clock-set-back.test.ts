/**
 * A region's clock that ran an hour ahead and is right again (F99): what a warm process noted meanwhile
 * must not make it wait for that hour to come.
 */
import { describe, expect, it } from 'vitest';
import { type EpochMs, epochMs } from '../../shared/core/model.ts';
import { PULSE_EVERY_MS } from '../../shared/core/pulse.ts';
import type { Clock } from '../../shared/ports.ts';
import { pulseKeeper } from '../../shared/rounds/pulse-keeper.ts';
import { zoneWatch } from '../../shared/rounds/zone-watch.ts';
import { HOUR, NEVER, quorumWorld } from '../fakes/quorum-world.ts';
import { VANTAGES } from '../fakes/sample-service.ts';

/** The world's clock as one region tells it. */
function wrongClock(clock: Clock, aheadMs: number): Clock & { setRight: () => void } {
  let ahead = aheadMs;
  return {
    ...clock,
    now: (): EpochMs => epochMs(clock.now() + ahead),
    setRight: () => {
      ahead = 0;
    },
  };
}

describe('a clock that was set back', () => {
  it('L10: lets the pulse be told at once, not an hour later', async () => {
    const world = quorumWorld();
    const { store } = world.region(0).deps;
    const clock = wrongClock(world.clock, HOUR);
    const keeper = pulseKeeper({ clock, store }, VANTAGES[0]!, VANTAGES);
    expect(await keeper.beat(true, NEVER)).not.toBeNull();
    clock.setRight();

    expect(await keeper.beat(true, NEVER)).toBe(1);
    expect(world.table.pulses.get(VANTAGES[0]!)).toMatchObject({ at: world.clock.now() });
    await world.clock.advance(PULSE_EVERY_MS - 1);
    expect(await keeper.beat(true, NEVER)).toBeNull();
  });

  it('lets a zone be read whose reads failed while it was wrong', async () => {
    const world = quorumWorld();
    const clock = wrongClock(world.clock, HOUR);
    const { store } = world.region(0).deps;
    const watch = zoneWatch({ clock, store, zone: world.zonePort }, world.config, VANTAGES[0]!);
    world.zone.failNextRead('throttled', 'throttled');
    for (let round = 0; round < 3; round += 1) {
      await expect(watch.fresh(world.config.services, NEVER)).rejects.toThrow();
    }
    clock.setRight();

    expect((await watch.fresh(world.config.services, NEVER)).records.length).toBe(4);
  });

  it('lets a service be tried that was blocked while it was wrong', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    const [service] = world.config.services;
    const { memory } = world.region(0).deps;
    const at = epochMs(world.clock.now() + HOUR + 600_000);
    memory.blockedUntil.set(service!.id, { at, why: 'refused' });

    const [result] = await world.region(0).round();

    expect(result!.outcome.kind).toBe('committed');
  });
});
