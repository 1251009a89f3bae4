/**
 * At most `max` holders at once, in order of arrival: bounds the sockets that a vantage has open. Whoever
 * gives up waiting leaves the queue.
 */
export type Slots = {
  /** What to call at the end; `undefined` if the signal came first. */
  readonly take: (signal: AbortSignal) => Promise<(() => void) | undefined>;
};

export function slots(max: number): Slots {
  let taken = 0;
  const waiting = new Set<() => void>();

  const release = (): void => {
    const [next] = waiting;
    if (next === undefined) {
      taken -= 1;
      return;
    }
    waiting.delete(next); // The slot passes on: `taken` stays.
    next();
  };

  return {
    async take(signal) {
      if (signal.aborted) return undefined;
      if (taken < max) {
        taken += 1;
        return release;
      }
      const turn = Promise.withResolvers<(() => void) | undefined>();
      const next = (): void => turn.resolve(release);
      const onAbort = (): void => {
        if (waiting.delete(next)) turn.resolve(undefined);
      };
      waiting.add(next);
      signal.addEventListener('abort', onAbort, { once: true });
      const result = await turn.promise;
      signal.removeEventListener('abort', onAbort);
      return result;
    },
  };
}
