/**
 * `slo:` → what a service promises: a percentage alone is its availability, a map may promise latency too.
 * Only what the rollups can tell is accepted: they count answers by fixed bounds, and are kept for 40 days.
 */
import { about, at, type ConfigNode, child, isMap, valueAt } from './config-node.ts';
import { type Reader, readKey, readLeaf, readMap, readRequired } from './config-read.ts';
import { latencyObjectiveEntries, objectiveLeaf, sloEntries } from './config-schema.ts';
import type { Slo } from './model.ts';
import { LATENCY_BUCKETS_MS } from './rollup.ts';
import { DAY_MS, printDuration } from './units.ts';

const SLO_EXAMPLE = 'slo: 99.95%';
const LATENCY_EXAMPLE = '{ under: 300ms, of: 99% }';
const WINDOW_MS_DEFAULT = 30 * DAY_MS;
const WINDOW_MS_MAX = 40 * DAY_MS;
/** The last bound is open above: everything slower is counted there as well. */
const BOUNDS_MS: readonly number[] = LATENCY_BUCKETS_MS.slice(0, -1);

export function parseSlo(reader: Reader, node: ConfigNode | undefined): Slo | undefined {
  if (node === undefined) return undefined;
  if (!isMap(valueAt(node))) {
    const availabilityPercent = readLeaf(reader, node, objectiveLeaf);
    return availabilityPercent === undefined
      ? undefined
      : { availabilityPercent, windowMs: WINDOW_MS_DEFAULT };
  }
  readMap(reader, node, sloEntries, SLO_EXAMPLE);
  const availabilityPercent = readKey(reader, node, sloEntries, 'availability');
  const latency = parseLatency(reader, child(node, 'latency'));
  const windowMs = readKey(reader, node, sloEntries, 'window', WINDOW_MS_DEFAULT);
  const windowNode = child(node, 'window');
  if (windowNode && windowMs !== undefined && (windowMs < DAY_MS || windowMs > WINDOW_MS_MAX)) {
    reader.mistake(at(windowNode), 'is no window that is kept; write 1d to 40d, such as 30d');
  }
  if (!child(node, 'availability') && !child(node, 'latency')) {
    reader.mistake(
      about(node),
      'promises nothing; write availability: 99.95% or latency: { under: 300ms, of: 99% }',
    );
  }
  if (windowMs === undefined) return undefined;
  return {
    ...(availabilityPercent !== undefined && { availabilityPercent }),
    ...(latency !== undefined && { latency }),
    windowMs,
  };
}

/** In `defaults` a part is enough: a service adds the rest. Only what stands there is judged. */
export function checkSlo(reader: Reader, node: ConfigNode | undefined): void {
  if (node === undefined) return;
  if (!isMap(valueAt(node))) {
    readLeaf(reader, node, objectiveLeaf);
    return;
  }
  readMap(reader, node, sloEntries, SLO_EXAMPLE);
  readKey(reader, node, sloEntries, 'availability');
  readKey(reader, node, sloEntries, 'window');
  const latency = child(node, 'latency');
  if (latency === undefined) return;
  readMap(reader, latency, latencyObjectiveEntries, LATENCY_EXAMPLE);
  readKey(reader, latency, latencyObjectiveEntries, 'under');
  readKey(reader, latency, latencyObjectiveEntries, 'of');
}

function parseLatency(reader: Reader, node: ConfigNode | undefined): Slo['latency'] {
  const entries = latencyObjectiveEntries;
  if (node === undefined || !readMap(reader, node, entries, LATENCY_EXAMPLE)) {
    return undefined;
  }
  const thresholdMs = readRequired(reader, node, entries, 'under', 'write a bound such as 300ms');
  const percent = readRequired(reader, node, entries, 'of', 'write a share such as 99%');
  const under = child(node, 'under');
  if (under && thresholdMs !== undefined && !BOUNDS_MS.includes(thresholdMs)) {
    reader.mistake(at(under), `is no bound that answers are counted by; ${remedyFor(thresholdMs)}`);
  }
  return thresholdMs === undefined || percent === undefined ? undefined : { thresholdMs, percent };
}

function remedyFor(thresholdMs: number): string {
  const below = BOUNDS_MS.filter((bound) => bound < thresholdMs).slice(-1);
  const above = BOUNDS_MS.filter((bound) => bound > thresholdMs).slice(0, 1);
  return `write ${[...below, ...above].map(printDuration).join(' or ')}`;
}
