/**
 * L1 to L11: what must happen once nothing forbids it. Each waits for its occasion, lets go of it as soon as
 * an assumption is gone, and judges by hard bounds of one seed: the bound of the invariant for one in a
 * hundred, one round of the minute's schedule (a stream that missed it), and three seconds per region for
 * turns. The times themselves are kept as well (`timings`): percentiles are said of many seeds.
 */
import type { Checker, MakeChecker } from '../scenario.ts';
import { l01Removal } from './l01-removal.ts';
import { l04Quiescence } from './l04-quiescence.ts';
import { l05Contention } from './l05-contention.ts';
import { l06Orders } from './l06-orders.ts';
import { l08Drift } from './l08-drift.ts';
import { l09Return } from './l09-return.ts';
import { l10Heartbeat } from './l10-heartbeat.ts';
import { l11FalseRemoval } from './l11-false-removal.ts';

export const LIVENESS_CHECKERS: readonly MakeChecker[] = [
  l01Removal,
  l04Quiescence,
  l05Contention,
  l06Orders,
  l08Drift,
  l09Return,
  l10Heartbeat,
  l11FalseRemoval,
];

/** Of a run: milliseconds by name, in order. */
export function timingsOf(
  checkers: readonly Checker[],
): Readonly<Record<string, readonly number[]>> {
  return Object.assign({}, ...checkers.map(({ timings }) => timings?.() ?? {}));
}
