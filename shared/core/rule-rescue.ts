/**
 * Rule 7, the one case that passes hold-down, ramp, velocity and floor: every endpoint at its full
 * weight is down and there is one (or none is at full weight and every one that has weight is down),
 * while an endpoint that is held back only by hold-down, ramp or tier is `up` by quorum. One batch
 * gives the `up` ones their weight and the `down` ones 0: a quorum's `up` is the evidence against a
 * common cause. Orders and manual failback still bind; at most one rescue per service in 2 minutes.
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
import type { EpochMs, Service } from './model.ts';
import { needsApproval } from './rule-return.ts';

export const RESCUE_EVERY_MS = 120_000;

export function rescueRule(draft: Draft, facts: Facts): Draft {
  const lines = draft.lines.filter(takesPart);
  const full = lines.filter((line) => line.now > 0 && line.now >= configured(line));
  const serving = full.length > 0 ? full : lines.filter((line) => line.now > 0);
  if (serving.length === 0 || !serving.every((line) => line.health === 'down')) return draft;

  const couldServe = lines.filter((line) => line.health === 'up' && line.to < configured(line));
  const rescuers = couldServe.filter((line) => isFreeToReturn(line, facts.service));
  const bound = couldServe.filter((line) => !isFreeToReturn(line, facts.service));
  if (rescuers.length === 0) return holdBack(draft, bound, (line) => boundBy(line, facts.service));
  const againAt = (facts.fence.rescuedAt ?? Number.NEGATIVE_INFINITY) + RESCUE_EVERY_MS;
  if (facts.now < againAt) {
    return holdBack(draft, rescuers, (line) => ({
      endpoint: line.holding.endpoint.id,
      code: 'rescue-again',
      untilAt: againAt as EpochMs,
    }));
  }
  const removed = lines.filter(
    (line) => line.fixed === null && line.health === 'down' && line.now > 0,
  );
  const down = serving.map((line) => line.holding.endpoint.id);
  return mapLines({ ...draft, isRescue: true }, (line) => {
    const endpoint = line.holding.endpoint.id;
    if (rescuers.includes(line)) {
      return {
        ...line,
        to: configured(line),
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
    if (removed.includes(line)) {
      return {
        ...line,
        to: 0,
        phase: { kind: 'out' },
        move: 'rescue',
        reason: {
          endpoint,
          code: 'rescue-removed',
          takenOverBy: rescuers.map((rescuer) => rescuer.holding.endpoint.id),
        },
        withheld: [],
      };
    }
    return line;
  });
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

const holdBack = (
  draft: Draft,
  which: readonly Line[],
  why: (line: Line) => Line['withheld'][number],
): Draft => mapLines(draft, (line) => (which.includes(line) ? heldBack(line, why(line)) : line));
