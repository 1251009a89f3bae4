/**
 * Rule 6: a removal may not take the serving tier's share in service below its floor; if it would, or if
 * every endpoint looks down or has begun to fail, *all* removals are withheld, because a common cause is
 * likelier than the loss of everything. What fails at one moment is not voted down at one moment: probes
 * of a round are spread, so one endpoint's votes are complete seconds before the others'. But a vantage
 * that saw the first fail `fall` ≥ 2 times has by then seen each of the others fail once. Share = weight in service ÷ configured weight, in the tier; in service = the
 * smaller of weight after the decision and configured weight, of endpoints that don't look down.
 */
import {
  configured,
  type Draft,
  type Facts,
  heldBack,
  type Line,
  mapLines,
  takesPart,
} from './draft.ts';
import { floorOf, meetsFloor } from './floor.ts';
import { percentOf, type Service } from './model.ts';

export function floorRule(draft: Draft, facts: Facts): Draft {
  const removals = draft.lines.filter((line) => line.move === 'removal');
  if (removals.length === 0) return draft;
  const lines = draft.lines.filter(takesPart);
  const failing = lines.filter((line) => !looksDown(line) && looksFailing(line)).length;
  if (lines.every((line) => looksDown(line) || looksFailing(line))) {
    return withhold(draft, (line) => ({
      endpoint: line.holding.endpoint.id,
      code: 'all-down',
      endpoints: lines.length,
      failing,
      failure: line.verdict.failure,
    }));
  }
  // With no tier serving, each tier that would lose an endpoint is judged.
  const tiers =
    draft.serving === null
      ? [...new Set(removals.map((line) => line.holding.endpoint.tier))]
      : [draft.serving];
  const broken = tiers
    .map((tier) => ({
      tier,
      ...shareOf(lines, tier),
      floorPercent: floorAmong(lines, tier, facts.service),
    }))
    .find(({ inService, total, floorPercent }) => !meetsFloor(inService, total, floorPercent));
  if (broken === undefined) return draft;
  return withhold(draft, (line) => ({
    endpoint: line.holding.endpoint.id,
    code: 'floor',
    leavesPercent: percentOf(broken.inService, broken.total),
    floorPercent: broken.floorPercent,
  }));
}

/** Of the endpoints that take part: one that waits to be brought in neither lowers nor raises it. */
export const floorAmong = (
  lines: readonly Line[],
  tier: number,
  { policy }: Pick<Service, 'policy'>,
): number =>
  floorOf(
    { policy, endpoints: lines.filter(takesPart).map(({ holding }) => holding.endpoint) },
    tier,
  );

/** R4: over one tier, with the weights of the draft. */
export function shareOf(
  lines: readonly Line[],
  tier: number,
): { readonly inService: number; readonly total: number } {
  const own = lines.filter((line) => line.holding.endpoint.tier === tier);
  return {
    inService: own
      .filter((line) => !looksDown(line))
      .reduce((total, line) => total + Math.min(line.to, configured(line)), 0),
    total: own.reduce((total, line) => total + configured(line), 0),
  };
}

/** Votes on what is not served are not used; an unproven `down` still looks down. */
export const looksDown = (line: Line): boolean => line.isSeenDown && line.holding.strange === null;

const looksFailing = (line: Line): boolean => line.isSeenFailing && line.holding.strange === null;

const withhold = (draft: Draft, why: (line: Line) => Line['withheld'][number]): Draft =>
  mapLines(draft, (line) => (line.move === 'removal' ? heldBack(line, why(line)) : line));
