/**
 * Rule 7, the one case that passes hold-down, ramp, velocity and floor: every endpoint at its full
 * weight is down and there is one (or none is at full weight and every one that has weight is down),
 * while an endpoint that is held back only by hold-down, ramp or tier is `up` by quorum. One batch
 * gives the `up` ones the weight their tier wants and the `down` ones 0: a quorum's `up` is the evidence against a
 * common cause. Orders and manual failback still bind; at most one rescue per service in 2 minutes.
 */
import { configured, type Draft, type Facts, type Line, mapLines, takesPart } from './draft.ts';
import type { EpochMs, Service } from './model.ts';
import { needsApproval } from './rule-return.ts';
import { byTiers } from './rule-tier.ts';

export const RESCUE_EVERY_MS = 120_000;

export function rescueRule(draft: Draft, facts: Facts): Draft {
  const lines = draft.lines.filter(takesPart);
  const full = lines.filter((line) => line.now > 0 && line.now >= configured(line));
  const serving = full.length > 0 ? full : lines.filter((line) => line.now > 0);
  if (serving.length === 0 || !serving.every((line) => line.health === 'down')) return draft;

  const couldServe = lines.filter((line) => line.health === 'up' && line.to < configured(line));
  const lifted = lift(draft, facts);
  const rescuers = couldServe.filter((line) => (lifted.get(line)?.to ?? 0) > line.to);
  if (rescuers.length === 0) {
    const bound = couldServe.filter((line) => !isFreeToReturn(line, facts.service));
    return noted(draft, bound, (line) => boundBy(line, facts.service));
  }
  const againAt = (facts.fence.rescuedAt ?? Number.NEGATIVE_INFINITY) + RESCUE_EVERY_MS;
  if (facts.now < againAt) {
    return noted(draft, rescuers, (line) => ({
      endpoint: line.holding.endpoint.id,
      code: 'rescue-again',
      untilAt: againAt as EpochMs,
    }));
  }
  const down = serving.map((line) => line.holding.endpoint.id);
  const takenOverBy = rescuers.map((line) => line.holding.endpoint.id);
  return mapLines({ ...draft, isRescue: true }, (line) => {
    const endpoint = line.holding.endpoint.id;
    const after = lifted.get(line);
    if (after !== undefined && rescuers.includes(line)) {
      return {
        ...line,
        to: after.to,
        phase: { kind: 'in' },
        move: 'rescue',
        reason: {
          endpoint,
          code: 'rescued',
          down,
          ups: line.verdict.ups.length,
          of: line.verdict.of,
        },
        withheld: [],
      };
    }
    if (after !== undefined && after.to < line.to) {
      return { ...line, to: after.to, move: after.move, reason: after.reason };
    }
    if (line.fixed === null && line.health === 'down' && line.now > 0) {
      return {
        ...line,
        to: 0,
        phase: { kind: 'out' },
        move: 'rescue',
        reason: { endpoint, code: 'rescue-removed', takenOverBy },
        withheld: [],
      };
    }
    return line;
  });
}

/**
 * What each endpoint that is up and free gets without hold-down and ramp. Tiers still say who serves, so
 * that the next decision doesn't undo half of the rescue; where no tier has enough, all of them serve.
 */
function lift(draft: Draft, facts: Facts): ReadonlyMap<Line, Line> {
  const isLifted = (line: Line): boolean =>
    line.health === 'up' && isFreeToReturn(line, facts.service);
  const wanted = mapLines(draft, (line) => {
    if (isLifted(line)) return { ...line, to: configured(line), move: null };
    return line.fixed === null && line.health === 'down' ? { ...line, to: 0 } : line;
  });
  const tiered = byTiers(wanted, facts, (line) =>
    isLifted(line)
      ? { weight: configured(line), phase: { kind: 'in' } }
      : { weight: line.to, phase: line.phase },
  );
  const { lines } = tiered.serving === null ? wanted : tiered;
  return new Map(
    draft.lines.flatMap((line, i) => {
      const after = lines[i];
      return isLifted(line) && after !== undefined ? [[line, after] as const] : [];
    }),
  );
}

const isFreeToReturn = (line: Line, service: Service): boolean =>
  line.fixed === null && !awaitsApproval(line, service);

function awaitsApproval(line: Line, service: Service): boolean {
  const { entry } = line.holding;
  return (
    entry !== null &&
    entry.phase.kind === 'out' &&
    needsApproval(entry, service.policy) &&
    !entry.approved
  );
}

function boundBy(line: Line, service: Service): Line['withheld'][number] {
  const endpoint = line.holding.endpoint.id;
  const command =
    line.fixed === null
      ? `quorate approve ${service.id} ${endpoint}`
      : line.fixed === 'edited'
        ? `quorate reassert ${service.id}`
        : `quorate ${line.order?.kind === 'pin' ? 'unpin' : 'undrain'} ${service.id} ${endpoint}`;
  return { endpoint, code: 'rescue-held', command };
}

/** Told, and nothing else: what the other rules allow meanwhile goes on. */
const noted = (
  draft: Draft,
  which: readonly Line[],
  why: (line: Line) => Line['withheld'][number],
): Draft =>
  mapLines(draft, (line) =>
    which.includes(line) ? { ...line, withheld: [...line.withheld, why(line)] } : line,
  );
