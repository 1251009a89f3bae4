/**
 * Virtual time for production code over in-process engines: an hour passes in seconds and gives the same
 * numbers on every machine. Time moves only when nothing is left to do: no call of an engine is out, and
 * several turns of the event loop brought nothing new.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { epochMs } from '../../shared/core/model.ts';
import type { Clock } from '../../shared/ports.ts';

type Timer = { readonly at: number; readonly order: number; fire: (() => void) | null };

export type VirtualClock = Clock & {
  /** Real work that time has to wait for. */
  readonly busy: <T>(work: Promise<T>) => Promise<T>;
  /** Fires what falls due up to `at`, in order of time and then of arrival. */
  readonly runUntil: (at: number) => Promise<void>;
};

/** An engine hands its work over turn by turn; a promise's chain needs none. */
const QUIET_TURNS = 2;

export function virtualClock(startAt: number): VirtualClock {
  let time = startAt;
  let order = 0;
  let out = 0;
  const heap: Timer[] = [];

  const add = (ms: number, fire: () => void): Timer => {
    const timer: Timer = { at: time + Math.max(0, ms), order: order++, fire };
    heap.push(timer);
    siftUp(heap);
    return timer;
  };
  const settle = async (): Promise<void> => {
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      await nextTurn();
      quiet = out === 0 ? quiet + 1 : 0;
    }
  };

  const sleep: Clock['sleep'] = (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => {
        timer.fire = null;
        reject(signal.reason);
      };
      const timer = add(ms, () => {
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
    const timer = add(ms, () => controller.abort(new Error(`no answer within ${ms} ms`)));
    try {
      return await run(controller.signal);
    } finally {
      timer.fire = null;
      parent.removeEventListener('abort', onAbort);
    }
  };

  return {
    now: () => epochMs(Math.round(time)),
    sleep,
    withDeadline,
    busy: async (work) => {
      out += 1;
      try {
        return await work;
      } finally {
        out -= 1;
      }
    },
    runUntil: async (at) => {
      await settle();
      for (let next = heap[0]; next !== undefined && next.at <= at; next = heap[0]) {
        siftDown(heap);
        if (next.fire === null) continue;
        time = next.at;
        next.fire();
        // What falls due at the same moment fires together, as timers of a machine do.
        if (heap[0]?.at !== time) await settle();
      }
      time = at;
    },
  };
}

const isBefore = (a: Timer, b: Timer): boolean =>
  a.at < b.at || (a.at === b.at && a.order < b.order);

/** A binary heap: its last timer finds its place. */
function siftUp(heap: Timer[]): void {
  let index = heap.length - 1;
  const timer = heap[index] as Timer;
  while (index > 0) {
    const above = (index - 1) >> 1;
    const parent = heap[above] as Timer;
    if (!isBefore(timer, parent)) break;
    heap[index] = parent;
    index = above;
  }
  heap[index] = timer;
}

/** Takes the first timer out. */
function siftDown(heap: Timer[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    const left = 2 * index + 1;
    const right = heap[left + 1];
    const first = heap[left];
    if (first === undefined) break;
    const isRight = right !== undefined && isBefore(right, first);
    const child = isRight ? right : first;
    if (!isBefore(child, last)) break;
    heap[index] = child;
    index = isRight ? left + 1 : left;
  }
  heap[index] = last;
}
