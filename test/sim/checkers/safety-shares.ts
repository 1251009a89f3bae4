/**
 * Share in service and tiers, by R4, from what a batch would leave: who counts as removed, which tier
 * serves afterwards, and what the floor is.
 */
import type { Move, Part } from './safety-book.ts';
import type { Knowledge } from './safety-votes.ts';

/** Votes on what is not served are not used. */
const usable = (move: Move): boolean => move.isServed;

/** What a `down` needs: Q votes of configured vantages, one from outside the endpoint's own region. */
export function isDown(
  part: Part,
  move: Move,
  { voters }: Knowledge,
  afterMs?: number | null,
): boolean {
  const downs = voters(move.endpoint.id, 'down', afterMs);
  return (
    usable(move) &&
    downs.length >= part.service.quorum &&
    downs.some((vantage) => vantage !== String(move.endpoint.region))
  );
}
export const isUp = (
  part: Part,
  move: Move,
  { voters }: Knowledge,
  afterMs?: number | null,
): boolean => usable(move) && voters(move.endpoint.id, 'up', afterMs).length >= part.service.quorum;

/** Votes from before an endpoint's last change can't reverse it. */
export const downCountsAfter = ({ before }: Move): number | null =>
  before.weight > 0 ? before.changedMs : null;
export const upCountsAfter = ({ before }: Move): number | null =>
  before.weight === 0 ? before.changedMs : null;

export type TierShare = {
  readonly tier: number;
  readonly inService: number;
  readonly configured: number;
  readonly floorPercent: number;
  readonly isMet: boolean;
};

/** Of every tier, the first one first, after the batch. */
export function sharesAfter(part: Part, knowledge: Knowledge): readonly TierShare[] {
  const { moves, service } = part;
  const tiers = [...new Set(moves.map(({ endpoint }) => endpoint.tier))].sort((a, b) => a - b);
  return tiers.map((tier) => {
    const own = moves.filter(({ endpoint }) => endpoint.tier === tier);
    const configured = total(own, ({ endpoint }) => endpoint.weight);
    const inService = total(own, (move) =>
      isDown(part, move, knowledge, downCountsAfter(move))
        ? 0
        : Math.min(move.to, move.endpoint.weight),
    );
    const floorPercent = service.policy.floorPercent ?? derivedFloor(own, configured);
    return {
      tier,
      inService,
      configured,
      floorPercent,
      isMet: inService * 100 >= floorPercent * configured,
    };
  });
}

/** What is left after losing the heaviest region, at most half. */
function derivedFloor(own: readonly Move[], configured: number): number {
  const regions = new Map<string, number>();
  for (const { endpoint } of own) {
    regions.set(endpoint.region, (regions.get(endpoint.region) ?? 0) + endpoint.weight);
  }
  const heaviest = Math.max(0, ...regions.values());
  return configured === 0
    ? 0
    : Math.min(50, Math.floor(((configured - heaviest) * 100) / configured));
}

const total = (moves: readonly Move[], of: (move: Move) => number): number =>
  moves.reduce((sum, move) => sum + of(move), 0);

export const servingTier = (shares: readonly TierShare[]): number | null =>
  shares.find(({ isMet, inService }) => isMet && inService > 0)?.tier ?? null;

/** Endpoints that automation takes out because they are down; a tier that has left serves no more. */
export function removalsOf(part: Part, knowledge: Knowledge): readonly Move[] {
  if (part.by !== 'automation' || part.isRescue) return [];
  const taken = part.moves.filter(
    (move) => move.to < move.from && move.to === 0 && move.after.phase === 'out',
  );
  if (taken.length === 0) return [];
  const serving = servingTier(sharesAfter(part, knowledge));
  return taken.filter(({ endpoint }) => serving === null || endpoint.tier >= serving);
}
