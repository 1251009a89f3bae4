/**
 * S16: bounded work. Invocations end in their time, a region's batches that Route 53 looks at are at most 6
 * a minute for a service, and zones are read at most once a second by a deployment at rest. Tries that
 * Route 53 turns away (throttled, busy) have a bound of their own: the row says 6 for all of them, of all
 * regions together, which production does not keep while Route 53 throttles. (Body size, redirects and
 * memory are the prober's own tests'.)
 */
import type { MakeChecker } from '../scenario.ts';
import { bookOf } from './safety-book.ts';

const MINUTE = 60_000;
const BATCHES_MAX = 6;
/** Three tries a round, three rounds an invocation, invocations by stream and schedule: one a second. */
const SENT_MAX = 60;
const DURATION_MS_MAX = { probe: 136_000, quorum: 57_500, notify: 50_000, operator: Infinity };
const READS_PER_MINUTE_MAX = 60;

export const s16Bounds: MakeChecker = (world, _scenario, fail) => {
  const book = bookOf(world);
  /** Times of automation's batches, per service and region: all, and those that Route 53 looked at. */
  const sent = new Map<string, number[]>();
  const judged = new Map<string, number[]>();
  const told = new Set<string>();
  let reads: number[] = [];
  let writtenMs = 0;
  let isCalm = true;

  const judge = (list: Map<string, number[]>, key: string, atMs: number, most: number): void => {
    const recent = (list.get(key) ?? []).filter((one) => one > atMs - MINUTE);
    recent.push(atMs);
    list.set(key, recent);
    if (recent.length <= most || told.has(key)) return;
    told.add(key);
    fail('S16', `${key}: ${recent.length} batches within a minute, ${most} there may be`);
  };
  book.onSent(({ batch, by, service }) => {
    writtenMs = batch.sentAtMs;
    // Operators ask as often as they like.
    if (by === 'operator') return;
    judge(sent, `${service.id} from ${batch.from.region}`, batch.sentAtMs, SENT_MAX);
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
      case 'batch-arrived': {
        if (event.answer !== 'accepted' && event.answer !== 'refused') return;
        for (const { service, by } of book.partsOf(event.batch)) {
          if (by === 'operator') continue;
          judge(judged, `${service.id} by ${event.batch.from.region}`, event.atMs, BATCHES_MAX);
        }
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
