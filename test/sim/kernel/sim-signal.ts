/**
 * An `AbortSignal` for simulated processes: what production code asks of one (`aborted`, `reason`,
 * `throwIfAborted`, listeners of `abort`), and nothing else. Every sleep, call and probe listens to one, and
 * the platform's own event targets would take a fifth of a simulation's time.
 */
type Listener = () => void;

type SimSignal = {
  aborted: boolean;
  reason: unknown;
  readonly listeners: Set<Listener>;
  readonly throwIfAborted: () => void;
  readonly addEventListener: (kind: 'abort', listener: Listener) => void;
  readonly removeEventListener: (kind: 'abort', listener: Listener) => void;
};

export type SimAbort = {
  readonly signal: AbortSignal;
  readonly abort: (reason: unknown) => void;
};

/** Shared by all signals: a closure for each would cost as much as the rest. */
const METHODS = {
  throwIfAborted(this: SimSignal): void {
    if (this.aborted) throw this.reason;
  },
  addEventListener(this: SimSignal, _kind: 'abort', listener: Listener): void {
    // As the platform does: a signal that is aborted tells nobody any more.
    if (!this.aborted) this.listeners.add(listener);
  },
  removeEventListener(this: SimSignal, _kind: 'abort', listener: Listener): void {
    this.listeners.delete(listener);
  },
};

export function simAbort(): SimAbort {
  const signal: SimSignal = { aborted: false, reason: undefined, listeners: new Set(), ...METHODS };
  return {
    signal: signal as unknown as AbortSignal,
    abort: (reason) => {
      if (signal.aborted) return;
      signal.aborted = true;
      signal.reason = reason;
      const listeners = [...signal.listeners];
      signal.listeners.clear();
      for (const listener of listeners) listener();
    },
  };
}
