/**
 * `policy:` → `Policy`, with what its parts demand of each other: the hold-down must outlast the evidence
 * that is still in flight after a change, or an endpoint could return on votes from before it left.
 */
import { about, at, type ConfigNode, child } from './config-node.ts';
import { type Reader, readKey, readList, readMap } from './config-read.ts';
import { percent, policyEntries } from './config-schema.ts';
import type { Policy } from './model.ts';
import { HOUR_MS, MINUTE_MS, printDuration, SECOND_MS } from './units.ts';
import { freshForMs } from './vote.ts';

const DEFAULT_RAMP = [10, 50, 100] as const;
const RAMP_RULES = { least: 1, most: 10, example: '[10%, 50%, 100%]' };
/** A relapse doubles the hold-down up to 60 min, so a longer one could not be kept. */
const HOLD_DOWN_MS_MAX = HOUR_MS;
const WINDOW_MS_MAX = 24 * HOUR_MS;
/** Route 53 serves most changes within 60 s. */
const SETTLE_MS_ON_AWS = MINUTE_MS;

export function parsePolicy(
  reader: Reader,
  node: ConfigNode | undefined,
  everyMs: number | undefined,
): Policy | undefined {
  if (node && !readMap(reader, node, policyEntries, 'policy: { hold-down: 5m }')) return undefined;
  const velocity = readKey(reader, node, policyEntries, 'velocity', {
    regions: 1,
    windowMs: 10 * MINUTE_MS,
  });
  const holdDownMs = readKey(reader, node, policyEntries, 'hold-down', 5 * MINUTE_MS);
  const rampStepMs = readKey(reader, node, policyEntries, 'ramp-step', 2 * MINUTE_MS);
  const failback = readKey(reader, node, policyEntries, 'failback', 'auto');
  const floorPercent = readKey(reader, node, policyEntries, 'floor');
  const tricklePercent = readKey(reader, node, policyEntries, 'trickle', 0);
  const settleMs = readKey(reader, node, policyEntries, 'settle', SETTLE_MS_ON_AWS);
  const ramp = parseRamp(reader, node && child(node, 'ramp'));

  judgeTimes(reader, node, { velocity, holdDownMs, rampStepMs, settleMs, everyMs });
  if (tricklePercent !== undefined && tricklePercent > 50) {
    noteAt(reader.mistake, node, 'trickle', 'is more than half of the traffic; write at most 50%');
  }
  if (
    velocity === undefined ||
    holdDownMs === undefined ||
    rampStepMs === undefined ||
    failback === undefined ||
    tricklePercent === undefined ||
    settleMs === undefined
  ) {
    return undefined;
  }
  return {
    velocity,
    holdDownMs,
    ramp,
    rampStepMs,
    failback,
    ...(floorPercent !== undefined && { floorPercent }),
    tricklePercent,
    settleMs,
  };
}

type Times = {
  readonly velocity: { readonly windowMs: number } | undefined;
  readonly holdDownMs: number | undefined;
  readonly rampStepMs: number | undefined;
  readonly settleMs: number | undefined;
  readonly everyMs: number | undefined;
};

function judgeTimes(reader: Reader, node: ConfigNode | undefined, times: Times): void {
  const { velocity, holdDownMs, rampStepMs, settleMs, everyMs } = times;
  const windowMs = velocity?.windowMs ?? SECOND_MS;
  if (windowMs < SECOND_MS || windowMs > WINDOW_MS_MAX) {
    noteAt(
      reader.mistake,
      node,
      'velocity',
      'has a window outside 1s to 24h; write one such as 1 per 10m',
    );
  }
  if (rampStepMs === 0)
    noteAt(reader.mistake, node, 'ramp-step', 'leaves no time to look; write 2m');
  if (settleMs !== undefined && settleMs < SETTLE_MS_ON_AWS && !reader.allowLoopback) {
    noteAt(
      reader.warn,
      node,
      'settle',
      'is shorter than Route 53 takes to serve a change; write 60s',
    );
  }
  if (holdDownMs === undefined || settleMs === undefined || everyMs === undefined) return;
  const least = freshForMs(everyMs) + settleMs;
  if (holdDownMs <= least) {
    const rule = `max(3 × every, 20s) + settle = ${printDuration(least)}`;
    noteAt(
      reader.mistake,
      node,
      'hold-down',
      `is not longer than ${rule}, so votes from before a change could undo it; write 5m, or more than ${printDuration(least)}`,
    );
    if (node && child(node, 'hold-down')) return;
    noteAt(
      reader.mistake,
      node,
      'settle',
      `is too long for the hold-down of ${printDuration(holdDownMs)}, which must exceed ${rule}; write a longer hold-down`,
    );
  } else if (holdDownMs > HOLD_DOWN_MS_MAX) {
    noteAt(
      reader.mistake,
      node,
      'hold-down',
      'is longer than the cap of 60m to which relapses double it; write at most 1h',
    );
  }
}

function noteAt(
  note: Reader['mistake'],
  node: ConfigNode | undefined,
  key: string,
  text: string,
): void {
  const place = node && child(node, key);
  if (place) note(at(place), text);
}

/** Ascending, and whole at the end: else a returned endpoint would never have its weight again. */
function parseRamp(reader: Reader, node: ConfigNode | undefined): readonly number[] {
  if (node === undefined) return DEFAULT_RAMP;
  const { items, whole } = readList(reader, node, percent, RAMP_RULES);
  const steps = items.map(({ value }) => value);
  const ascends = steps.every((step, index) => step > (steps[index - 1] ?? 0));
  if (whole && !(ascends && steps.at(-1) === 100)) {
    reader.mistake(
      about(node),
      `is [${steps.map((step) => `${step}%`).join(', ')}], which does not ascend to 100%; write [10%, 50%, 100%]`,
    );
  }
  return steps;
}
