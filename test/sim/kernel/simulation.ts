/**
 * Virtual time: a heap of events ordered by (time, drawn tie-break, sequence). One event fires, every
 * promise that can settle settles, then the next one fires; time moves only when nothing is runnable. An
 * event may belong to an owner (a process): what belongs to a dead one never fires, what belongs to a
 * frozen one fires when it thaws.
 */
import type { Random } from './random.ts';
import type { Trace } from './trace.ts';

/** Who an event happens to. */
export type Owner = {
  /** In traces; unique. */
  readonly number: number;
  isDead: boolean;
  /** In true milliseconds; nothing happens to it before. */
  frozenUntilMs: number;
};

/** A frozen owner's events come later, a cancelled one never. */
export type SimEvent = { fire: (() => void) | null };

export type Simulation = {
  /** True time, in whole milliseconds since 1970; what a process believes is its own clock's. */
  readonly nowMs: () => number;
  readonly random: Random;
  readonly trace: Trace;
  /** Fires after `ms` of true time. `kind` is a short word for the trace. */
  readonly after: (ms: number, kind: string, fire: () => void, owner?: Owner) => SimEvent;
  readonly owner: () => Owner;
  /** Everything that falls due up to then happens; then it is that time. */
  readonly runUntil: (untilMs: number) => Promise<void>;
  /** Ends `runUntil` with this error as soon as the present event is done. */
  readonly stop: (error: Error) => void;
  readonly eventsFired: () => number;
};

type Entry = SimEvent & {
  atMs: number;
  tie: number;
  sequence: number;
  readonly kind: string;
  readonly owner: Owner | undefined;
};

/** Microtasks drain between two immediates, so many are queued at once: a turn of the loop costs more. */
const PER_TURN = 256;

export function simulation(startMs: number, random: Random, trace: Trace): Simulation {
  const heap: Entry[] = [];
  const ties = random.fork('ties');
  let nowMs = startMs;
  let sequence = 0;
  let owners = 0;
  let fired = 0;
  let stopped: Error | undefined;

  const push = (entry: Entry): void => {
    heap.push(entry);
    let child = heap.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!isBefore(entry, heap[parent] as Entry)) break;
      heap[child] = heap[parent] as Entry;
      child = parent;
    }
    heap[child] = entry;
  };
  const pop = (): Entry => {
    const first = heap[0] as Entry;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return first;
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) {
        child += 1;
      }
      if (!isBefore(heap[child] as Entry, last)) break;
      heap[parent] = heap[child] as Entry;
      parent = child;
    }
    heap[parent] = last;
    return first;
  };

  /** False: nothing falls due any more. */
  const fireNext = (untilMs: number): boolean => {
    for (;;) {
      const first = heap[0];
      if (first === undefined || first.atMs > untilMs) return false;
      pop();
      const { fire, owner } = first;
      if (fire === null || owner?.isDead === true) continue;
      if (owner !== undefined && owner.frozenUntilMs > first.atMs) {
        first.atMs = owner.frozenUntilMs;
        push(first);
        continue;
      }
      nowMs = first.atMs;
      first.fire = null;
      fired += 1;
      trace.event(nowMs, first.kind, owner?.number ?? 0);
      fire();
      return true;
    }
  };

  return {
    nowMs: () => nowMs,
    random,
    trace,
    after: (ms, kind, fire, owner) => {
      const entry: Entry = {
        fire,
        atMs: nowMs + Math.max(0, Math.ceil(ms)),
        tie: ties.next(),
        sequence: sequence++,
        kind,
        owner,
      };
      push(entry);
      return entry;
    },
    owner: () => {
      owners += 1;
      return { number: owners, isDead: false, frozenUntilMs: 0 };
    },
    runUntil: (untilMs) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      let isDone = false;
      const end = (error?: Error): void => {
        isDone = true;
        if (error === undefined) {
          nowMs = Math.max(nowMs, untilMs);
          resolve();
        } else reject(error);
      };
      const step = (): void => {
        if (isDone) return;
        try {
          if (stopped !== undefined) end(stopped);
          else if (!fireNext(untilMs)) end();
        } catch (error) {
          end(error instanceof Error ? error : new Error(String(error)));
        }
      };
      const turn = (): void => {
        if (isDone) return;
        for (let i = 0; i < PER_TURN; i += 1) setImmediate(step);
        setImmediate(turn);
      };
      setImmediate(turn);
      return promise;
    },
    stop: (error) => {
      stopped ??= error;
    },
    eventsFired: () => fired,
  };
}

const isBefore = (a: Entry, b: Entry): boolean =>
  a.atMs !== b.atMs ? a.atMs < b.atMs : a.tie !== b.tie ? a.tie < b.tie : a.sequence < b.sequence;
