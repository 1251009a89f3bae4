/**
 * S5: no automated removal takes the share in service below the floor, and none happens while every
 * endpoint looks down. A rescue is the one exception, and is verified by itself: everything that served
 * is down by quorum, what takes over is up by quorum, at most one in two minutes, no order is passed.
 */
import type { MakeChecker } from '../scenario.ts';
import { bookOf, type Part } from './safety-book.ts';
import {
  downCountsAfter,
  isDown,
  isUp,
  removalsOf,
  servingTier,
  sharesAfter,
  upCountsAfter,
} from './safety-shares.ts';
import { type Knowledge, knowledgeByMoment } from './safety-votes.ts';

const RESCUE_EVERY_MS = 120_000;

export const s05Floor: MakeChecker = (world, _scenario, fail) => {
  const book = bookOf(world);
  const rescued = new Map<string, number>();

  book.onSent((part) => {
    if (part.by !== 'automation' || part.before === null) return;
    const problems = knowledgeByMoment(part, book).map((knowledge) =>
      part.isRescue ? rescueProblem(part, knowledge) : floorProblem(part, knowledge),
    );
    const [first] = problems;
    if (problems.every((problem) => problem !== null) && typeof first === 'string') {
      const { service, after, batch } = part;
      fail(
        'S5',
        `generation ${after?.generation} of ${service.id} by quorum@${batch.from.region}: ${first}`,
      );
    }
  });
  book.onCommit(({ part }) => {
    const { after, before, key, service, by } = part;
    if (!part.isRescue || after?.rescuedMs == null) return;
    if (by !== 'automation') {
      fail(
        'S5',
        `generation ${after.generation} of ${service.id}: ${by}'s commit says it is a rescue`,
      );
    }
    const last = rescued.get(key) ?? before?.rescuedMs ?? null;
    if (last !== null && after.rescuedMs - last < RESCUE_EVERY_MS) {
      fail('S5', `${service.id}: two rescues within ${after.rescuedMs - last} ms`);
    }
    rescued.set(key, after.rescuedMs);
  });
  book.onFenceMoved(({ key, after }) => {
    const last = rescued.get(key);
    if (last !== undefined && (after?.rescuedMs ?? 0) < last) rescued.delete(key);
  });
  return { id: 'S5' };
};

function floorProblem(part: Part, knowledge: Knowledge): string | null {
  const removals = removalsOf(part, knowledge);
  if (removals.length === 0) return null;
  if (part.moves.every((move) => isDown(part, move, knowledge))) {
    return `${removals.length} removed while all ${part.moves.length} endpoints look down`;
  }
  const shares = sharesAfter(part, knowledge);
  const serving = servingTier(shares);
  const broken = shares.find(
    ({ tier, isMet }) =>
      !isMet &&
      (serving === null
        ? removals.some(({ endpoint }) => endpoint.tier === tier)
        : tier === serving),
  );
  if (broken === undefined) return null;
  const { tier, inService, configured, floorPercent } = broken;
  return `tier ${tier} is left with ${inService} of ${configured}, its floor is ${floorPercent} %`;
}

function rescueProblem(part: Part, knowledge: Knowledge): string | null {
  const { moves } = part;
  const full = moves.filter(({ from, endpoint }) => from > 0 && from >= endpoint.weight);
  const serving = full.length > 0 ? full : moves.filter(({ from }) => from > 0);
  const alive = serving.find((move) => !isDown(part, move, knowledge, downCountsAfter(move)));
  if (serving.length === 0) return 'a rescue where nothing served';
  if (alive !== undefined)
    return `a rescue while ${alive.endpoint.id} serves and is not down by quorum`;
  const raised = moves.filter(({ from, to }) => to > from);
  if (raised.length === 0) return 'a rescue in which nobody takes over';
  const unseen = raised.find((move) => !isUp(part, move, knowledge, upCountsAfter(move)));
  return unseen === undefined ? null : `${unseen.endpoint.id} takes over without a quorum's up`;
}
