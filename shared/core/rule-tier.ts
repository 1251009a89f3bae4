/**
 * Rule 3: the first tier with enough healthy weight serves; enough is what meets the tier's floor.
 * Entering or leaving a tier is no removal. Entering needs an `up` quorum; a tier stays at full weight
 * while the one before it ramps back, and leaves in the batch that brings that one to 100 %.
 *
 *     tier            endpoint     →  weight
 *     before serving  down            0 (no removal: the next tier has taken over)
 *     before serving  up              by hold-down and ramp
 *     serving         up              configured
 *     after serving   up              0, or its share of the trickle
 *     any             unknown         as now
 */
import {
  asNow,
  configured,
  type Draft,
  type Facts,
  type Line,
  mapLines,
  takesPart,
} from './draft.ts';
import { meetsFloor } from './floor.ts';
import { floorAmong, looksDown } from './rule-floor.ts';
import { type Allowance, allowanceOf } from './rule-return.ts';

export function tierRule(draft: Draft, facts: Facts): Draft {
  const isDrifting = draft.lines.some((line) => line.fixed === 'edited');
  return byTiers(draft, facts, (line) => reachOf(line, facts, isDrifting));
}

/** What an endpoint that is up can have after this batch. */
export type Reach = (line: Line) => Pick<Allowance, 'weight' | 'phase'>;

export function byTiers(draft: Draft, facts: Facts, reach: Reach): Draft {
  const lines = draft.lines.filter(takesPart);
  const tiers = [...new Set(lines.map(tierOf))].sort((a, b) => a - b);
  const inTier = (tier: number): Line[] => lines.filter((line) => tierOf(line) === tier);
  const first = Math.min(...tiers);
  /** Who takes over must be able to: what looks down there counts nothing, though it is unproven. */
  const able = (tier: number): readonly Line[] =>
    tier === first ? inTier(tier) : inTier(tier).filter((line) => !looksDown(line));
  const serving =
    tiers.find((tier) => hasEnough(able(tier), inTier(tier), tier, facts, reach)) ?? null;
  if (tiers.length < 2) return { ...draft, serving };
  if (serving === null) {
    // Nothing can take over: later tiers stay as they are, and the floor judges the removals.
    return mapLines({ ...draft, serving }, (line) =>
      isFree(line) && tierOf(line) > first && line.health === 'up' && line.to > line.now
        ? asNow(line, idle(line, first))
        : line,
    );
  }
  const next = tiers.find((tier) => tier > serving) ?? null;
  const isReturning = !isBackAtFull(inTier(serving), serving, facts, reach);
  const downBefore = lines.filter((line) => tierOf(line) < serving && line.health === 'down');
  return mapLines({ ...draft, serving }, (line) => {
    if (!isFree(line)) return line;
    const tier = tierOf(line);
    if (tier < serving) {
      return line.move === 'removal' ? { ...line, move: 'tier' } : line;
    }
    if (tier === serving) return enter(line, downBefore);
    const idleWeight =
      tier === next ? trickleWeight(line, inTier(serving), inTier(tier), facts) : 0;
    return leave(line, idleWeight, serving, isReturning);
  });
}

const tierOf = (line: Line): number => line.holding.endpoint.tier;
const isFree = (line: Line): boolean => line.fixed === null;

/** By hold-down and ramp; beside a drift, returns wait (rule 4). */
function reachOf(line: Line, facts: Facts, isDrifting: boolean): ReturnType<Reach> {
  const allowance = allowanceOf(line, facts);
  const { phase } = line;
  return isDrifting && (phase.kind !== 'in' || tierOf(line) === 1)
    ? { weight: Math.min(line.now, allowance.weight), phase }
    : allowance;
}

/** What a tier could carry in this batch. An unknown endpoint counts with what it has. */
function hasEnough(
  able: readonly Line[],
  all: readonly Line[],
  tier: number,
  facts: Facts,
  reach: Reach,
): boolean {
  const capacity = sum(able, (line) => {
    const full = configured(line);
    if (line.fixed !== null) return line.health === 'down' ? 0 : Math.min(line.to, full);
    switch (line.health) {
      case 'up':
        return Math.min(reach(line).weight, full);
      case 'unknown':
        return Math.min(line.now, full);
      case 'down':
        return 0;
    }
  });
  const floorPercent = floorAmong(all, tier, facts.service);
  return capacity > 0 && meetsFloor(capacity, sum(all, configured), floorPercent);
}

/** No endpoint is on its way up, and those that are `up` by quorum carry enough by themselves. */
function isBackAtFull(lines: readonly Line[], tier: number, facts: Facts, reach: Reach): boolean {
  const ups = lines.filter((line) => line.health === 'up' && line.fixed !== 'edited');
  const carried = sum(ups, (line) =>
    Math.min(line.fixed === null ? reach(line).weight : line.to, configured(line)),
  );
  const isWhole = (line: Line): boolean => {
    const { weight, phase } = reach(line);
    return line.fixed !== null || phase.kind !== 'ramp' || weight >= configured(line);
  };
  return (
    ups.every(isWhole) &&
    carried > 0 &&
    meetsFloor(carried, sum(lines, configured), floorAmong(lines, tier, facts.service))
  );
}

function enter(line: Line, downBefore: readonly Line[]): Line {
  const isEntering =
    line.health === 'up' && line.to > line.now && line.holding.entry?.phase.kind === 'in';
  if (!isEntering || tierOf(line) === 1) return line;
  return {
    ...line,
    move: 'tier',
    reason: {
      endpoint: line.holding.endpoint.id,
      code: 'tier-entered',
      tier: tierOf(line),
      down: downBefore.map((down) => down.holding.endpoint.id),
    },
  };
}

function leave(line: Line, idleWeight: number, serving: number, isReturning: boolean): Line {
  const endpoint = line.holding.endpoint.id;
  if (line.health !== 'up') return line;
  if (line.now > idleWeight && isReturning) {
    return asNow(line, { endpoint, code: 'tier-kept', tier: tierOf(line), returning: serving });
  }
  if (line.now > idleWeight) {
    const reason = { endpoint, code: 'tier-left' as const, tier: tierOf(line), serving };
    return { ...line, to: idleWeight, move: 'tier', reason };
  }
  return { ...line, to: Math.min(idleWeight, configured(line)), reason: idle(line, serving) };
}

const idle = (line: Line, serving: number) =>
  ({
    endpoint: line.holding.endpoint.id,
    code: 'idle-tier',
    tier: tierOf(line),
    serving,
  }) as const;

/** `tricklePercent` of both tiers' weight together, split by configured weight, at least 1 each. */
function trickleWeight(
  line: Line,
  serving: readonly Line[],
  next: readonly Line[],
  facts: Facts,
): number {
  const percent = facts.service.policy.tricklePercent;
  if (percent === 0 || configured(line) === 0) return 0;
  const share = (sum(serving, configured) * percent) / (100 - percent);
  const own = Math.round((share * configured(line)) / sum(next, configured));
  return Math.min(configured(line), Math.max(1, own));
}

const sum = (lines: readonly Line[], value: (line: Line) => number): number =>
  lines.reduce((total, line) => total + value(line), 0);
