/**
 * S16: bounded work. Invocations end in their time, a service is not written to more than 6 times in a
 * minute by one region, nor by all together while nothing is contended, and zones are read at most once a
 * second by a deployment at rest. (Body size, redirects and memory are the prober's own tests'.)
 */
import type { MakeChecker } from '../scenario.ts';
import { bookOf } from './safety-book.ts';

const MINUTE = 60_000;
const BATCHES_MAX = 6;
const DURATION_MS_MAX = { probe: 136_000, quorum: 57_500, notify: 50_000, operator: Infinity };
const READS_PER_MINUTE_MAX = 60;

export const s16Bounds: MakeChecker = (world, _scenario, fail) => {
  const book = bookOf(world);
  /** Send times of automation, per service and region. */
  const sent = new Map<string, number[]>();
  const told = new Set<string>();
  let reads: number[] = [];
  let writtenMs = 0;
  let isCalm = true;

  book.onSent((part) => {
    writtenMs = part.batch.sentAtMs;
    // Operators ask as often as they like.
    if (part.by === 'operator') return;
    const { key, batch } = part;
    const who = `${key} ${batch.from.region}`;
    const recent = (sent.get(who) ?? []).filter((atMs) => atMs > batch.sentAtMs - MINUTE);
    recent.push(batch.sentAtMs);
    sent.set(who, recent);
    if (recent.length <= BATCHES_MAX || told.has(who)) return;
    told.add(who);
    fail(
      'S16',
      `quorum@${batch.from.region} sent ${recent.length} batches for ${part.service.id} within a minute`,
    );
  });
  world.on((event) => {
    switch (event.kind) {
      case 'invocation-ended': {
        if (event.how !== 'returned' || event.wasFrozen === true) return;
        const ms = event.atMs - event.startedAtMs;
        const most = DURATION_MS_MAX[event.by.name];
        if (ms > most)
          fail('S16', `${event.by.name}@${event.by.region} took ${ms} ms, ${most} ms it may`);
        return;
      }
      case 'fault-began':
      case 'endpoint-changed':
        isCalm = false;
        return;
      case 'phase':
        isCalm = event.phase === 'quiet';
        reads = [];
        return;
      case 'zone-read': {
        if (event.by.name === 'operator') return;
        reads.push(event.atMs);
        if (reads.length <= READS_PER_MINUTE_MAX) return;
        const first = reads.shift() ?? 0;
        const isAtRest = isCalm && event.atMs - writtenMs > 5 * MINUTE;
        if (isAtRest && event.atMs - first < MINUTE && !told.has('reads')) {
          told.add('reads');
          fail('S16', `more than ${READS_PER_MINUTE_MAX} zone reads within a minute, at rest`);
        }
        return;
      }
      default:
        return;
    }
  });
  return { id: 'S16' };
};
