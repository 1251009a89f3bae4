/**
 * Between rules 7 and 8: weight is never taken from the last healthy endpoint in DNS while everything
 * else that has weight is down. It happens to an endpoint whose configured weight is 0: an operator
 * pinned it through an outage, the order ended, and the file would take it out again.
 */
import { type Draft, type Facts, heldBack, type Line, mapLines } from './draft.ts';

export function neverOnlyDeadRule(draft: Draft, { orphans }: Pick<Facts, 'orphans'>): Draft {
  // What may be alive counts: nobody knows about an orphan, or where the votes don't tell.
  const mayServe =
    draft.lines.some((line) => line.to > 0 && line.health !== 'down') ||
    orphans.some(({ records }) => records.some(({ weight }) => weight > 0));
  if (mayServe) return draft;
  const isLastHealthy = (line: Line): boolean =>
    line.fixed === null && line.health === 'up' && line.to < line.now;
  return mapLines(draft, (line) =>
    isLastHealthy(line)
      ? heldBack(line, { endpoint: line.holding.endpoint.id, code: 'last-healthy' })
      : line,
  );
}
