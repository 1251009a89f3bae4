/**
 * Time → rounds. Vantage i of V runs round floor((time − i × interval / V) / interval), so that looks at
 * one endpoint are spread evenly over the interval. Numbers come from the clock alone: a late trigger,
 * a second run and another process agree on the round without talking. All in integers.
 */
import { type EpochMs, epochMs } from './model.ts';

/** Which of the vantages looks, for the phase of its rounds. */
export type Phase = { readonly index: number; readonly count: number };

export function roundAt(time: number, everyMs: number, phase: Phase): number {
  return Math.floor((time * phase.count - phase.index * everyMs) / (everyMs * phase.count));
}

/** The first whole millisecond of a round. */
export function roundStart(round: number, everyMs: number, phase: Phase): EpochMs {
  return epochMs(round * everyMs + Math.ceil((phase.index * everyMs) / phase.count));
}

/** When the round after the one at `time` begins. */
export const nextStart = (time: number, everyMs: number, phase: Phase): EpochMs =>
  roundStart(roundAt(time, everyMs, phase) + 1, everyMs, phase);

/**
 * When the `position`-th of `count` probes starts, in ms after the round began: evenly over the first
 * half of the interval, earlier where the probe's own timeout would not fit before the round's end.
 */
export function startOffset(
  position: number,
  count: number,
  span: { readonly everyMs: number; readonly leftMs: number; readonly timeoutMs: number },
): number {
  const windowMs = Math.max(
    0,
    Math.min(Math.floor(span.everyMs / 2), span.leftMs - span.timeoutMs),
  );
  return Math.floor((position * windowMs) / count);
}

/** The distinct intervals of these services, ascending. */
export const intervalsOf = (services: readonly { readonly everyMs: number }[]): number[] =>
  [...new Set(services.map((service) => service.everyMs))].sort((a, b) => a - b);
