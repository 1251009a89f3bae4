/**
 * S16: bounded work. Invocations end in their time, batches are at most 6 a minute for a service, those
 * that Route 53 turns away counted like others, and zones are read at most once a second by a deployment
 * at rest. Batches are counted per process: without a leader no region knows what another one has sent,
 * and a process that begins anew knows nothing of the last one. (Body size, redirects and memory are
 * the prober's own tests'.)
 */
import type { MakeChecker } from '../scenario.ts';
import { bookOf } from './safety-book.ts';

const MINUTE = 60_000;
const BATCHES_MAX = 6;
const DURATION_MS_MAX = { probe: 136_000, quorum: 57_500, notify: 50_000, operator: Infinity };
const READS_PER_MINUTE_MAX = 60;

export const s16Bounds: MakeChecker = (world, _scenario, fail) => {
  const book = bookOf(world);
  /** Times of automation's batches, by service and process. */
  const sent = new Map<string, number[]>();
  const told = new Set<string>();
  let reads: number[] = [];
  let writtenMs = 0;
  let isCalm = true;

  const judge = (key: string, atMs: number): void => {
    const recent = (sent.get(key) ?? []).filter((one) => one > atMs - MINUTE);
    recent.push(atMs);
    sent.set(key, recent);
    if (recent.length <= BATCHES_MAX || told.has(key)) return;
    told.add(key);
    fail('S16', `${key}: ${recent.length} batches within a minute, ${BATCHES_MAX} there may be`);
  };
  book.onSent(({ batch, by, service }) => {
    writtenMs = batch.sentAtMs;
    // Operators ask as often as they like.
    if (by === 'operator') return;
    judge(`${service.id} from ${batch.from.region} (process ${batch.from.number})`, batch.sentAtMs);
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
