/**
 * S3: evidence never goes back. An automated commit's `asof` is the Q-th newest report time that it used,
 * not older than its parent's and not in the committer's future; an order's or operator's commit copies it.
 */
import type { MakeChecker } from '../scenario.ts';
import { bookOf } from './safety-book.ts';
import { knowledgeOf, type Seen } from './safety-votes.ts';

const FUTURE_MS_MAX = 5_000;

export const s03Evidence: MakeChecker = (world, _scenario, fail) => {
  const book = bookOf(world);
  book.onSent((part) => {
    const { by, before, after, service, decidedLocalMs, batch } = part;
    if (before === null || after === null) return;
    const who = `${batch.from.name}@${batch.from.region}`;
    const what = `generation ${after.generation} of ${service.id} by ${who}`;
    if (by !== 'automation') {
      if (after.asofMs !== before.asofMs) {
        fail('S3', `${what}: ${by}'s commit moves asof by ${after.asofMs - before.asofMs} ms`);
      }
      return;
    }
    if (after.asofMs < before.asofMs) {
      fail('S3', `${what}: asof is ${before.asofMs - after.asofMs} ms older than its parent's`);
    }
    if (after.asofMs > decidedLocalMs + FUTURE_MS_MAX) {
      fail('S3', `${what}: asof is ${after.asofMs - decidedLocalMs} ms in its committer's future`);
    }
    if (before.asofMs > Math.max(part.localMs, decidedLocalMs) + FUTURE_MS_MAX) {
      fail('S3', `${what}: its parent's asof is in the future, so the fence was malformed`);
    }
    const possible = new Set(
      knowledgeOf(part, book).flatMap(({ seen }) => qthNewest(seen, service.quorum)),
    );
    // Without Q reports it is S9's.
    if (possible.size > 0 && !possible.has(after.asofMs)) {
      const all = [...possible].map((ms) => `${after.asofMs - ms} ms`).join(', ');
      fail(
        'S3',
        `${what}: asof is not the ${service.quorum}-th newest report time (off by ${all})`,
      );
    }
  });
  return { id: 'S3' };
};

/** With and without the reports that were at the edge of their time: each of them may have counted. */
function qthNewest(seen: readonly Seen[], quorum: number): number[] {
  const unsure = seen.filter(({ isSure }) => !isSure);
  const sure = seen.filter(({ isSure }) => isSure).map(({ observedMs }) => observedMs);
  const subsets = unsure.length > 6 ? [unsure] : subsetsOf(unsure);
  return subsets.flatMap((some) => {
    const times = [...sure, ...some.map(({ observedMs }) => observedMs)].sort((a, b) => b - a);
    const at = times[quorum - 1];
    return at === undefined ? [] : [at];
  });
}

function subsetsOf<T>(items: readonly T[]): T[][] {
  const all: T[][] = [[]];
  for (const item of items) for (const some of [...all]) all.push([...some, item]);
  return all;
}
