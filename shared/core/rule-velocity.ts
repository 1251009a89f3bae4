/**
 * Rule 5: at most so many *regions* may lose weight because of `down` in any window, counted from the
 * fence, so that every evaluator and every restart counts the same. All endpoints of a region count as
 * one; the region that has been down longest goes first, then by id.
 */
import { type Draft, type Facts, heldBack, type Line, mapLines } from './draft.ts';
import { byText, type EpochMs, type RegionId } from './model.ts';

export function velocityRule(draft: Draft, facts: Facts): Draft {
  const { regions, windowMs } = facts.service.policy.velocity;
  const counted = countedRegions(draft, facts);
  const candidates = new Map<RegionId, number>();
  for (const line of draft.lines) {
    const { region } = line.holding.endpoint;
    if (line.move !== 'removal' || counted.has(region)) continue;
    const sinceAt = line.verdict.sinceAt ?? Number.MAX_SAFE_INTEGER;
    candidates.set(region, Math.min(candidates.get(region) ?? Number.MAX_SAFE_INTEGER, sinceAt));
  }
  const budget = Math.max(0, regions - counted.size);
  const refused = new Set(
    [...candidates]
      .sort(([a, aSince], [b, bSince]) => aSince - bSince || byText(a, b))
      .slice(budget)
      .map(([region]) => region),
  );
  if (refused.size === 0) return draft;
  const oldest = Math.min(...counted.values(), facts.now);
  return mapLines(draft, (line: Line) =>
    line.move === 'removal' && refused.has(line.holding.endpoint.region)
      ? heldBack(line, {
          endpoint: line.holding.endpoint.id,
          code: 'velocity',
          region: line.holding.endpoint.region,
          regions,
          windowMs,
          untilAt: (oldest + windowMs) as EpochMs,
        })
      : line,
  );
}

/** Regions with a counted removal in the window, with its time. An orphan counts for itself. */
function countedRegions(draft: Draft, facts: Facts): ReadonlyMap<string, number> {
  const counted = new Map<string, number>();
  const count = (region: string, at: number | null): void => {
    if (at === null || at <= facts.now - facts.service.policy.velocity.windowMs) return;
    counted.set(region, Math.max(counted.get(region) ?? 0, at));
  };
  for (const line of draft.lines) {
    count(line.holding.endpoint.region, line.holding.entry?.countedAt ?? null);
  }
  for (const orphan of facts.orphans) count(`orphan ${orphan.name}`, orphan.entry.countedAt);
  return counted;
}
