/**
 * S6: in every window at most `velocity` regions of a service lose weight by automation because of `down`,
 * by the times of the committed changes. Rescues and tiers that come or go don't count.
 */
import type { MakeChecker } from '../scenario.ts';
import { bookOf } from './safety-book.ts';
import { removalsOf } from './safety-shares.ts';
import { knowledgeByMoment } from './safety-votes.ts';

type Removal = { readonly region: string; readonly atMs: number; readonly generation: number };

export const s06Velocity: MakeChecker = (world, _scenario, fail) => {
  const book = bookOf(world);
  const histories = new Map<string, Removal[]>();

  book.onCommit(({ part }) => {
    const { key, service, after, fenceCreated } = part;
    if (fenceCreated === null) histories.delete(key);
    if (after === null || part.by !== 'automation') return;
    // Of the readings of a tier's fall, the one that takes it for no removal.
    const [first = [], ...others] = knowledgeByMoment(part, book).map((one) =>
      removalsOf(part, one),
    );
    const removals = first.filter((move) => others.every((some) => some.includes(move)));
    if (removals.length === 0) return;
    const { regions, windowMs } = service.policy.velocity;
    const history = histories.get(key) ?? [];
    for (const { endpoint, after: entry } of removals) {
      const atMs = entry.changedMs ?? part.decidedLocalMs;
      history.push({ region: endpoint.region, atMs, generation: after.generation });
    }
    const newest = Math.max(...history.slice(-removals.length).map(({ atMs }) => atMs));
    const kept = history.filter(({ atMs }) => atMs > newest - windowMs);
    histories.set(key, kept);
    const touched = new Set(kept.map(({ region }) => region));
    if (touched.size > regions) {
      const list = kept
        .map(({ region, atMs }) => `${region} ${newest - atMs} ms before`)
        .join(', ');
      fail(
        'S6',
        `${service.id}: ${touched.size} regions lost weight within ${windowMs} ms, ${regions} may: ${list}`,
      );
    }
  });
  book.onFenceMoved(({ key, after }) => {
    const history = histories.get(key);
    if (history === undefined) return;
    histories.set(
      key,
      after === null ? [] : history.filter(({ generation }) => generation <= after.generation),
    );
  });
  return { id: 'S6' };
};
