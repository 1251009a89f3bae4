/**
 * Everything that the zone said while somebody looked: a sample every half second, kept where it differs
 * from the one before. What must never happen is looked for in all of it, not only at the end.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Aws, ZoneState } from './aws.ts';

const EVERY_MS = 500;

export type ZoneWatch = {
  /** Each different state with its time, from the first look on. */
  readonly seen: () => readonly (ZoneState & { readonly at: number })[];
} & AsyncDisposable;

export function watchZone(aws: Pick<Aws, 'zoneState'>, zone: string): ZoneWatch {
  const seen: (ZoneState & { readonly at: number })[] = [];
  let isOpen = true;
  const looking = (async (): Promise<void> => {
    while (isOpen) {
      const state = await aws.zoneState(zone);
      const last = seen.at(-1);
      if (last === undefined || textOf(last) !== textOf(state))
        seen.push({ ...state, at: Date.now() });
      await pause(EVERY_MS);
    }
  })();
  return {
    seen: () => [...seen],
    [Symbol.asyncDispose]: async () => {
      isOpen = false;
      await looking;
    },
  };
}

const textOf = ({ weights, fence }: ZoneState): string => JSON.stringify([weights, fence]);

/** Looks until it is so; the last look is in the message when time is up. */
export async function until<T>(
  what: string,
  limitMs: number,
  look: () => Promise<T>,
  isSo: (found: T) => boolean,
): Promise<T> {
  const startedAt = Date.now();
  for (;;) {
    const found = await look();
    if (isSo(found)) return found;
    if (Date.now() - startedAt > limitMs) {
      throw new Error(
        `${what}: not within ${limitMs / 1_000} s; last seen: ${JSON.stringify(found)}`,
      );
    }
    await pause(EVERY_MS);
  }
}
