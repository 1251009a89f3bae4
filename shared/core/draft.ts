/**
 * The draft that the rules of a decision fold over: one line per endpoint with the weight it would get
 * and why. Rules are `(draft, facts) => draft`, never mutate, and each may only hold back or explain;
 * the rescue alone lifts what others held back.
 */
import type { Fence, FenceOrder, Phase } from './fence.ts';
import type { EpochMs, Service } from './model.ts';
import type { EndpointReason } from './reason.ts';
import type { Holding, Orphan } from './snapshot.ts';
import type { Verdict } from './verdict.ts';

/** What moves a weight. Only a `removal` counts towards velocity and the floor. */
export type Move = 'removal' | 'tier' | 'return' | 'rescue';

export type Line = {
  readonly holding: Holding;
  readonly verdict: Verdict;
  /** What the rules may act on: `unknown` too where the votes may not be used. */
  readonly health: 'up' | 'down' | 'unknown';
  /** By all votes, those from before its last change included: what the floor must not overlook. */
  readonly isSeenDown: boolean;
  /** A quorum's last probes of it failed: it may be on its way to `down`. */
  readonly isSeenFailing: boolean;
  /** Weight in the zone now. */
  readonly now: number;
  readonly to: number;
  readonly phase: Phase;
  readonly move: Move | null;
  /** Ordered, edited by hand, or pending: automation leaves it alone. */
  readonly fixed: 'order' | 'edited' | 'pending' | null;
  readonly order: FenceOrder | null;
  readonly reason: EndpointReason;
  readonly withheld: readonly EndpointReason[];
};

export type Draft = {
  readonly lines: readonly Line[];
  /** The first tier with enough healthy weight; null if none has. */
  readonly serving: number | null;
  readonly isRescue: boolean;
};

export type Facts = {
  readonly service: Service;
  readonly fence: Fence;
  readonly orphans: readonly Orphan[];
  readonly now: EpochMs;
  /** The Q-th newest report time of this evaluation. */
  readonly asofAt: EpochMs;
};

export type Rule = (draft: Draft, facts: Facts) => Draft;

/** Endpoints that take part: pending ones don't. */
export const takesPart = (line: Line): boolean => line.fixed !== 'pending';

export const configured = (line: Line): number => line.holding.endpoint.weight;

/** As the zone has it, with a reason for leaving it so. */
export const asNow = (line: Line, reason: EndpointReason): Line => ({
  ...line,
  to: line.now,
  phase: line.holding.entry?.phase ?? line.phase,
  move: null,
  reason,
});

/** As the zone has it: the wish stays the reason, what held it back is added. */
export const heldBack = (line: Line, withheld: EndpointReason): Line => ({
  ...asNow(line, line.reason),
  withheld: [...line.withheld, withheld],
});

export const mapLines = (draft: Draft, change: (line: Line) => Line): Draft => ({
  ...draft,
  lines: draft.lines.map(change),
});
