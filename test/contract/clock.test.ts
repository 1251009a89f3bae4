/** The machine's clock as the port: ends with time or signal, whichever comes first, and leaves nothing behind. */
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../shared/adapters/system-clock.ts';
import type { Clock } from '../../shared/ports.ts';

const HOUR_MS = 3_600_000;
/** An hour passes in 3.6 ms. */
const FAST = 1_000_000;

/** Timers that keep the process alive, as Node counts them. */
const timers = (): number =>
  process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

/** A signal that counts who listens. */
function counted(): { controller: AbortController; listeners: () => number } {
  const controller = new AbortController();
  let count = 0;
  const { signal } = controller;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    count += 1;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    count -= 1;
    remove(...args);
  };
  return { controller, listeners: () => count };
}

const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

describe('the system clock', () => {
  it('tells the time of the machine', () => {
    const before = Date.now();
    const told = systemClock().now();

    expect(told).toBeGreaterThanOrEqual(before);
    expect(told).toBeLessThanOrEqual(Date.now());
    expect(Number.isInteger(systemClock(3.7).now())).toBe(true);
  });

  it('passes faster by its speed, durations included', async () => {
    const clock = systemClock(FAST);
    const start = clock.now();

    await clock.sleep(HOUR_MS, new AbortController().signal);

    // A timer of the machine may fire up to 1 ms early.
    expect(clock.now() - start).toBeGreaterThanOrEqual(HOUR_MS - FAST);
  });

  it('never goes back', () => {
    const clock = systemClock(FAST);
    const told = Array.from({ length: 1_000 }, () => clock.now());

    expect(told).toEqual([...told].sort((a, b) => a - b));
  });

  it.each([0, -5])('sleeps no longer than it must: %i ms', async (ms) => {
    await expect(systemClock().sleep(ms, new AbortController().signal)).resolves.toBeUndefined();
  });

  it('wakes with the reason of the signal', async () => {
    const { controller, listeners } = counted();
    const before = timers();
    const sleeping = systemClock().sleep(HOUR_MS, controller.signal);

    controller.abort(new Error('enough'));

    await expect(sleeping).rejects.toThrow('enough');
    expect(timers()).toBe(before);
    expect(listeners()).toBe(1); // fired once and gone by itself
  });

  it('does not fall asleep under an aborted signal', async () => {
    const before = timers();

    await expect(systemClock().sleep(HOUR_MS, AbortSignal.abort('late'))).rejects.toBe('late');
    expect(timers()).toBe(before);
  });

  it('stops listening once it slept', async () => {
    const { controller, listeners } = counted();

    await systemClock(FAST).sleep(HOUR_MS, controller.signal);

    expect(listeners()).toBe(0);
  });
});

describe('a deadline of the system clock', () => {
  const parent = (): AbortSignal => new AbortController().signal;

  it('gives what was done in time, and leaves no timer', async () => {
    const { controller, listeners } = counted();
    const before = timers();

    const done = await systemClock().withDeadline(HOUR_MS, controller.signal, async () => 'done');

    expect(done).toBe('done');
    expect(timers()).toBe(before);
    expect(listeners()).toBe(0);
  });

  it('passes on what went wrong, and leaves no timer', async () => {
    const before = timers();
    const failing = systemClock().withDeadline(HOUR_MS, parent(), async () => {
      throw new Error('broken');
    });

    await expect(failing).rejects.toThrow('broken');
    expect(timers()).toBe(before);
  });

  it('aborts when the time is over, and says how long it waited', async () => {
    const before = timers();

    const waiting = systemClock(FAST).withDeadline(HOUR_MS, parent(), never);

    await expect(waiting).rejects.toThrow('no answer within 3600000 ms');
    expect(timers()).toBe(before);
  });

  it('aborts with its parent, for the same reason', async () => {
    const { controller } = counted();
    const before = timers();
    const waiting = systemClock().withDeadline(HOUR_MS, controller.signal, never);

    controller.abort(new Error('the invocation ends'));

    await expect(waiting).rejects.toThrow('the invocation ends');
    expect(timers()).toBe(before);
  });

  it('starts aborted under an aborted parent', async () => {
    const before = timers();
    let seen: AbortSignal | undefined;

    await systemClock().withDeadline(HOUR_MS, AbortSignal.abort('late'), async (signal) => {
      seen = signal;
    });

    expect(seen?.aborted).toBe(true);
    expect(seen?.reason).toBe('late');
    expect(timers()).toBe(before);
  });

  it('nests: the inner deadline ends with the outer', async () => {
    const clock: Clock = systemClock(FAST);

    const nested = clock.withDeadline(HOUR_MS, parent(), (outer) =>
      clock.withDeadline(1_000 * HOUR_MS, outer, never),
    );

    await expect(nested).rejects.toThrow('no answer within 3600000 ms');
  });
});
