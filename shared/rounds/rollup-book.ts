/**
 * A run's rollups: observations of written rounds, added up per minute and written once a minute is
 * over, each run its own part. Some minutes after the full hour whichever run comes first adds up the
 * hour that is over. Charts live on this, no decision does: what can't be written is noted and dropped.
 */
import { type EpochMs, epochMs, type VantageId } from '../core/model.ts';
import type { Observation } from '../core/observation.ts';
import {
  hourOf,
  hourOfMinutes,
  minuteOf,
  parseRollup,
  rollupOf,
  spanMs,
  storedRollup,
} from '../core/rollup.ts';
import type { Clock, Store } from '../ports.ts';
import { STORE_CALL_MS } from './report-desk.ts';

/** A run lives for 130 s: by then the parts of the hour's last minute are written. */
const HOUR_SETTLES_AFTER_MS = 3 * 60_000;
const HOUR_TRIED_FOR_MS = 15 * 60_000;
/** Every run writes the same hour from the same minutes, so one key serves them all. */
const HOUR_RUN = 'hour';

export type RollupBook = {
  /** To the minute that is now, not the one of the round's start: what was written stays closed. */
  readonly add: (observations: readonly Observation[]) => void;
  /** Writes the minutes that are over. */
  readonly settle: (signal: AbortSignal) => Promise<void>;
  /** Writes what is left. */
  readonly close: (signal: AbortSignal) => Promise<void>;
  readonly troubles: () => readonly string[];
};

export function rollupBook(
  { clock, store }: { readonly clock: Clock; readonly store: Store },
  vantage: VantageId,
  run: string,
): RollupBook {
  /** Added up when it is written: a run has many rounds in a minute. */
  const minutes = new Map<EpochMs, Observation[]>();
  const hoursSeen = new Set<number>();
  const troubles: string[] = [];

  const attempt = async <T>(
    call: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T | undefined> => {
    try {
      return await clock.withDeadline(STORE_CALL_MS, signal, call);
    } catch (cause) {
      troubles.push(cause instanceof Error ? cause.message : String(cause));
      return undefined;
    }
  };

  const write = async (before: number, signal: AbortSignal): Promise<void> => {
    for (const [startAt, observations] of minutes) {
      if (startAt >= before || signal.aborted) continue;
      minutes.delete(startAt);
      const rollup = rollupOf({ vantage, span: 'minute', startAt, run }, observations);
      await attempt((inner) => store.writeRollup(storedRollup(rollup), inner), signal);
    }
  };

  const writeHour = async (now: EpochMs, signal: AbortSignal): Promise<void> => {
    const to = hourOf(now);
    const sinceMs = now - to;
    const from = epochMs(to - spanMs('hour'));
    if (sinceMs < HOUR_SETTLES_AFTER_MS || sinceMs > HOUR_TRIED_FOR_MS || hoursSeen.has(from))
      return;
    hoursSeen.add(from);
    await attempt(async (inner) => {
      const done = await store.readRollups(vantage, 'hour', from, to, inner);
      if (done.length > 0) return;
      const raw = await store.readRollups(vantage, 'minute', from, to, inner);
      const parts = raw.map(parseRollup).filter((part) => part !== undefined);
      if (parts.length === 0) return;
      const hour = { vantage, span: 'hour', startAt: from, run: HOUR_RUN } as const;
      await store.writeRollup(storedRollup(hourOfMinutes(hour, parts)), inner);
    }, signal);
  };

  return {
    add: (observations) => {
      const startAt = minuteOf(clock.now());
      const known = minutes.get(startAt);
      if (known === undefined) minutes.set(startAt, [...observations]);
      else known.push(...observations);
    },
    settle: async (signal) => {
      const now = clock.now();
      await write(minuteOf(now), signal);
      await writeHour(now, signal);
    },
    close: (signal) => write(Number.POSITIVE_INFINITY, signal),
    troubles: () => troubles,
  };
}
