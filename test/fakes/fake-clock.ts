/**
 * Virtual time as the `Clock` port: a heap of timers and an `advance` that fires them in order of time,
 * then of arrival, letting every promise settle in between. Nothing here looks at the machine's clock,
 * so a story of minutes runs in milliseconds and runs the same way every time.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type EpochMs, epochMs, nonce } from '../../shared/core/model.ts';
import type { Clock, Ids } from '../../shared/ports.ts';

type Timer = { readonly at: number; readonly order: number; readonly fire: () => void };

/** 2026-07-01T00:00:00Z: divisible by every allowed interval, so round starts are easy to read. */
export const FAKE_START = epochMs(1_782_864_000_000);

export type FakeClock = Clock & {
  /** Moves time on by `ms`, firing what falls due on the way. */
  readonly advance: (ms: number) => Promise<void>;
  /** Moves time on until `promise` settles; throws if it waits for something that no timer brings. */
  readonly runUntil: <T>(promise: Promise<T>, limitMs?: number) => Promise<T>;
  /** Runs `action` when time reaches `at`. */
  readonly schedule: (at: number, action: () => void) => void;
  /** Timers still waiting: 0 shows that nothing was left behind. */
  readonly waiting: () => number;
  /** The same time, told wrongly by `skewMs`. */
  readonly skewed: (skewMs: number) => Clock;
};

export function fakeClock(startAt: number = FAKE_START): FakeClock {
  let time = startAt;
  let order = 0;
  let timers: Timer[] = [];

  const add = (at: number, fire: () => void): Timer => {
    const timer = { at, order: order++, fire };
    timers.push(timer);
    return timer;
  };
  const remove = (timer: Timer): void => {
    timers = timers.filter((other) => other !== timer);
  };
  const earliest = (): Timer | undefined =>
    timers.reduce<Timer | undefined>(
      (best, timer) =>
        best === undefined ||
        timer.at < best.at ||
        (timer.at === best.at && timer.order < best.order)
          ? timer
          : best,
      undefined,
    );
  /** A turn of the event loop comes only after every promise that can settle has settled. */
  const settle = async (): Promise<void> => {
    await nextTurn();
  };
  const fireNext = async (timer: Timer): Promise<void> => {
    remove(timer);
    time = Math.max(time, timer.at);
    timer.fire();
    await settle();
  };

  const sleep: Clock['sleep'] = (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => {
        remove(timer);
        reject(signal.reason);
      };
      const timer = add(time + Math.max(0, ms), () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
      signal.addEventListener('abort', onAbort, { once: true });
    });

  const withDeadline: Clock['withDeadline'] = async (ms, parent, run) => {
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(parent.reason);
    if (parent.aborted) onAbort();
    parent.addEventListener('abort', onAbort, { once: true });
    const timer = add(time + Math.max(0, ms), () =>
      controller.abort(new Error(`no answer within ${ms} ms`)),
    );
    try {
      return await run(controller.signal);
    } finally {
      remove(timer);
      parent.removeEventListener('abort', onAbort);
    }
  };

  const advance = async (ms: number): Promise<void> => {
    const until = time + ms;
    await settle();
    for (let next = earliest(); next !== undefined && next.at <= until; next = earliest()) {
      await fireNext(next);
    }
    time = until;
    await settle();
  };

  const runUntil = async <T>(promise: Promise<T>, limitMs = 3_600_000): Promise<T> => {
    let settled = false;
    const done = promise.finally(() => {
      settled = true;
    });
    done.catch(() => undefined); // reported below, by awaiting it
    const until = time + limitMs;
    await settle();
    while (!settled) {
      const next = earliest();
      if (next === undefined) throw new Error('the promise waits for something no timer brings');
      if (next.at > until) throw new Error(`the promise did not settle within ${limitMs} ms`);
      await fireNext(next);
    }
    return done;
  };

  return {
    now: () => epochMs(time),
    sleep,
    withDeadline,
    advance,
    runUntil,
    schedule: (at, action) => {
      add(at, action);
    },
    waiting: () => timers.length,
    skewed: (skewMs) => ({ now: (): EpochMs => epochMs(time + skewMs), sleep, withDeadline }),
  };
}

/** Ids that count up: the same run of a test gives the same nonces. */
export function fakeIds(prefix = 'n'): Ids {
  let count = 0;
  return {
    nonce: () => {
      count += 1;
      return nonce(`${prefix}${String(count).padStart(8 - prefix.length, '0')}`);
    },
    random: () => 0.5,
  };
}
