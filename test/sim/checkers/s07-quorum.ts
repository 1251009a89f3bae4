/**
 * S7: automation takes weight only from what a quorum of configured vantages voted down, one of them from
 * outside its region, proven before, and gives weight only on a quorum's `up`; counted over the reports as
 * its process read them. Votes on what is not served, or from before the last change, are no votes.
 */
import type { MakeChecker } from '../scenario.ts';
import { provenMarkOf } from './fence-text.ts';
import { bookOf, type Move, type Part } from './safety-book.ts';
import { downCountsAfter, isDown, isUp, upCountsAfter } from './safety-shares.ts';
import { type Knowledge, knowledgeOf } from './safety-votes.ts';

export const s07Quorum: MakeChecker = (world, _scenario, fail) => {
  const book = bookOf(world);
  book.onSent((part) => {
    const { by, moves, service, after, batch } = part;
    if (by !== 'automation') return;
    for (const move of moves) {
      if (move.to === move.from && move.before.proven === move.after.proven) continue;
      const problems = knowledgeOf(part, book).map((knowledge) => problemOf(part, move, knowledge));
      const sound = problems.length === 0 ? 'no report was read' : problems[0];
      if (sound == null || problems.includes(null)) continue;
      fail(
        'S7',
        `generation ${after?.generation} of ${service.id} by quorum@${batch.from.region}: ${move.endpoint.id} ${move.from} → ${move.to}: ${sound}`,
      );
    }
  });
  return { id: 'S7' };
};

function problemOf(part: Part, move: Move, knowledge: Knowledge): string | null {
  const { endpoint, from, to, before, after } = move;
  const { quorum, vantages } = part.service;
  const told = (vote: 'up' | 'down', afterMs: number | null): string =>
    `${knowledge.voters(endpoint.id, vote, afterMs).length} of ${vantages.length} voted ${vote}, quorum is ${quorum}${move.isServed ? '' : ', on what is not served'}`;
  if (after.proven !== before.proven) {
    if (after.proven !== provenMarkOf(endpoint))
      return 'proven under another check than the file’s';
    // The verdict counts votes as for any other use; only a person's edit is no reason against it.
    if (!isUp(part, move, knowledge, upCountsAfter(move))) {
      return `proven though ${told('up', upCountsAfter(move))}`;
    }
  }
  if (to > from) {
    return isUp(part, move, knowledge, upCountsAfter(move))
      ? null
      : told('up', upCountsAfter(move));
  }
  if (to === from) return null;
  if (isDown(part, move, knowledge, downCountsAfter(move))) {
    if (before.proven === provenMarkOf(endpoint)) return null;
    return 'it was never up under this check and target';
  }
  // A tier that leaves, or a file that wants less; never because of silence.
  const isTiered = part.moves.some((other) => other.endpoint.tier !== endpoint.tier);
  if (!isTiered && to !== endpoint.weight) return told('down', downCountsAfter(move));
  return isUp(part, move, knowledge, upCountsAfter(move)) ? null : told('up', upCountsAfter(move));
}
