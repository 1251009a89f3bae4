/**
 * Orders' own commits: an order begins or ends by a commit of its own, which needs no votes, copies the
 * fence's `asof` and changes only what the order says. It trusts no clock by itself: this process and
 * Route 53 must agree within 5 s. At its start the floor and never-all-zero are judged again.
 */
import { type Commit, pairsOf, sortedEntries } from './commit.ts';
import { configured, type Draft, type Facts, type Line, mapLines, takesPart } from './draft.ts';
import { type Fence, type FenceEntry, type FenceOrder, isSuperseded } from './fence.ts';
import { type Evidence, firstDraft } from './first-draft.ts';
import { meetsFloor } from './floor.ts';
import {
  type Config,
  type DigestOf,
  type EpochMs,
  percentOf,
  type Service,
  type Weight,
} from './model.ts';
import type { EndpointReason, ServiceReason } from './reason.ts';
import { floorAmong, shareOf } from './rule-floor.ts';
import { emptyGroup } from './rule-never-zero.ts';
import { covers, orderOn, orderRule, type WeightOrder } from './rule-order.ts';
import { tierRule } from './rule-tier.ts';
import { CLOCK_OFF_MS_MAX, clockOffMs, type Orphan } from './snapshot.ts';

export type OrderStep = {
  /** The commit of the order that is due; null if none is, or if it may not begin. */
  readonly commit: Commit | null;
  readonly lines: readonly Line[];
  readonly reasons: readonly ServiceReason[];
};

const NOTHING_DUE: OrderStep = { commit: null, lines: [], reasons: [] };

/** Ends first: an order that is over must not hold up the next. One order per commit. */
export function dueOrder(
  input: Evidence & {
    readonly config: Pick<Config, 'packagedAt'>;
    readonly now: EpochMs;
  },
): OrderStep {
  const { config, service, snapshot, now } = input;
  if (snapshot.fence.kind !== 'managed') return NOTHING_DUE;
  const { fence } = snapshot.fence;
  if (isSuperseded(fence, service, config)) return NOTHING_DUE;
  const ending = fence.orders.find((order) => order.untilAt <= now);
  const beginning = fence.orders.filter(
    (order) => !order.started && order.fromAt <= now && order.untilAt > now,
  );
  if (ending === undefined && beginning.length === 0) return NOTHING_DUE;
  const offMs = clockOffMs(snapshot);
  if (offMs === null || offMs > CLOCK_OFF_MS_MAX) {
    return { ...NOTHING_DUE, reasons: [{ code: 'clock-in-doubt', service: service.id, offMs }] };
  }
  const drafted = firstDraft(input, fence);
  if (drafted.kind === 'held') return NOTHING_DUE;
  const facts: Facts = {
    service,
    fence,
    orphans: drafted.orphans,
    now,
    asofAt: input.votes.asofAt ?? fence.asofAt,
  };
  const context = { facts, lines: drafted.lines, digestOf: input.aids.digestOf };
  if (ending !== undefined) {
    const ended = endOf(ending, context, 'order');
    // In a zone that a person left all zero nothing may be asserted: a pin that is due may mend it.
    if (emptyGroup({ lines: ended.lines, serving: null, isRescue: false }, facts) === null) {
      return { ...ended, reasons: [{ code: 'order-ended', order: ending.id }] };
    }
  }
  const reasons: ServiceReason[] = [];
  for (const order of beginning) {
    const begun = beginOf({ ...order, started: true }, context, 'order');
    if (begun.kind === 'begun') {
      const begins = { code: 'order-started' as const, order: order.id };
      return { lines: begun.lines, commit: begun.commit, reasons: [...reasons, begins] };
    }
    reasons.push({ code: 'order-withheld', order: order.id, why: begun.why });
  }
  return { ...NOTHING_DUE, reasons };
}

export type OrderContext = {
  readonly facts: Facts;
  readonly lines: readonly Line[];
  readonly digestOf: DigestOf;
};

export type Begun =
  | { readonly kind: 'begun'; readonly commit: Commit; readonly lines: readonly Line[] }
  | { readonly kind: 'refused'; readonly why: string };

/** What an order would do now. It replaces an older one of the same scope (one for later leaves the
 *  running one alone until it begins) and is judged by the rules that it is not told to pass; an `up`
 *  tier takes over where it empties the one before. */
export function beginOf(order: FenceOrder, context: OrderContext, by: 'order' | 'operator'): Begun {
  const { facts } = context;
  const orders = [
    ...facts.fence.orders.filter(
      (other) =>
        other.id !== order.id && !(isSameScope(other, order) && (order.started || !other.started)),
    ),
    order,
  ];
  const fence = { ...facts.fence, orders };
  const draft = effectOf(order, { ...context, facts: { ...facts, fence } });
  const loses = draft.lines.some((line) => line.to < line.now);
  const empty = emptyGroup(draft, facts);
  if (empty !== null) {
    return {
      kind: 'refused',
      why: `every weight of ${empty} would be 0, and Route 53 would answer all of them alike; give another endpoint weight first`,
    };
  }
  if (loses && !order.force.includes('floor')) {
    const broken = brokenFloor(draft, facts.service);
    if (broken !== null) return { kind: 'refused', why: broken };
  }
  const entries = draft.lines.flatMap((line) =>
    line.holding.entry === null ? [] : [entryUnderOrder(line.holding.entry, line, facts.now)],
  );
  return {
    kind: 'begun',
    lines: draft.lines,
    commit: commitOf(draft.lines, entries, fence, facts.orphans, order, by),
  };
}

/** The weights that an order asks for: what it covers, and a tier that must take over. */
function effectOf(order: FenceOrder, { facts, lines, digestOf }: OrderContext): Draft {
  if (order.kind === 'freeze' || !order.started) {
    return { lines: lines.map(untouched), serving: null, isRescue: false };
  }
  const governing = (line: Line): WeightOrder | null => {
    const holder = takesPart(line) ? orderOn(facts.fence.orders, line.holding, digestOf) : null;
    return holder?.id === order.id ? holder : null;
  };
  const first: Draft = { lines, serving: null, isRescue: false };
  const ordered = mapLines(orderRule(digestOf)(first, facts), (line) => {
    const holder = governing(line);
    return holder === null ? line : inherit(line, holder);
  });
  return mapLines(tierRule(ordered, facts), (line) =>
    governing(line) !== null || (line.move === 'tier' && line.to > line.now)
      ? line
      : untouched(line),
  );
}

function reasonOf(line: Line, order: WeightOrder): EndpointReason {
  const about = { endpoint: line.holding.endpoint.id, order: order.id, untilAt: order.untilAt };
  return order.kind === 'pin'
    ? { ...about, code: 'pinned', weight: order.weight }
    : { ...about, code: 'drained' };
}

function brokenFloor(draft: Draft, service: Service): string | null {
  const lines = draft.lines.filter(takesPart);
  const tiers = new Set(
    draft.serving === null
      ? lines.filter((line) => line.to < line.now).map((line) => line.holding.endpoint.tier)
      : [draft.serving],
  );
  for (const tier of tiers) {
    const { inService, total } = shareOf(lines, tier);
    const floorPercent = floorAmong(lines, tier, service);
    if (!meetsFloor(inService, total, floorPercent)) {
      return `it leaves ${inService} of ${total} (${percentOf(inService, total)} %) in service, floor is ${floorPercent} %; repeat with --force floor to do it`;
    }
  }
  return null;
}

/**
 * An order's end by itself changes no weight: what it covered goes back to automation and returns by its
 * health. Where an older order covers it too, that one holds again, at its own weight, unless that would
 * leave no weight at all.
 */
export function endOf(
  order: FenceOrder,
  { facts, lines, digestOf }: OrderContext,
  by: 'order' | 'operator',
): { readonly commit: Commit; readonly lines: readonly Line[] } {
  const orders = facts.fence.orders.filter((other) => other.id !== order.id);
  const fence = { ...facts.fence, orders };
  const isCovered = (line: Line): boolean =>
    order.kind !== 'freeze' && order.started && covers(order, line.holding, digestOf);
  // One that is over, too, takes nothing up again: its own end only waits for its commit.
  const running = orders.filter((other) => other.untilAt > facts.now);
  const heirOf = (line: Line): WeightOrder | null => orderOn(running, line.holding, digestOf);
  const inherited = lines.map((line) => {
    const heir = isCovered(line) && line.fixed === null ? heirOf(line) : null;
    return heir === null ? untouched(line) : inherit(line, heir);
  });
  const isEmpty = emptyGroup({ lines: inherited, serving: null, isRescue: false }, facts) !== null;
  const after = isEmpty ? lines.map(untouched) : inherited;
  const entries = after.flatMap((line) => {
    const { entry } = line.holding;
    if (entry === null) return [];
    const isReleased = isCovered(line) && heirOf(line) === null;
    return [isReleased ? released(entry, line, order) : entryUnderOrder(entry, line, facts.now)];
  });
  return { commit: commitOf(after, entries, fence, facts.orphans, order, by), lines: after };
}

const inherit = (line: Line, order: WeightOrder): Line => ({
  ...untouched(line),
  order,
  fixed: 'order',
  to: order.weight,
  reason: reasonOf(line, order),
});

const released = (entry: FenceEntry, line: Line, order: FenceOrder): FenceEntry => ({
  ...entry,
  phase: line.now < configured(line) ? { kind: 'out' } : { kind: 'in' },
  waits: order.afterwards === 'approve',
  approved: false,
});

/** Weights change, the phase stays: hold-down and relapses go on beneath an order. */
export const entryUnderOrder = (entry: FenceEntry, line: Line, now: EpochMs): FenceEntry =>
  line.to === line.now && line.fixed !== 'order'
    ? entry
    : {
        ...entry,
        weight: line.to as Weight,
        changedAt: line.to === line.now ? entry.changedAt : now,
      };

export function commitOf(
  lines: readonly Line[],
  entries: readonly FenceEntry[],
  fence: Fence,
  orphans: readonly Orphan[],
  order: FenceOrder | null,
  by: Commit['by'],
): Commit {
  return {
    by,
    order: order?.id ?? null,
    records: pairsOf(lines, orphans),
    fence: {
      deployment: fence.deployment,
      asofAt: fence.asofAt,
      config: fence.config,
      packagedAt: fence.packagedAt,
      rescuedAt: fence.rescuedAt,
      entries: sortedEntries([...entries, ...orphans.map((orphan) => orphan.entry)]),
      orders: fence.orders,
    },
    isRescue: false,
  };
}

export const isSameScope = (a: FenceOrder, b: FenceOrder): boolean =>
  (a.kind === 'freeze') === (b.kind === 'freeze') &&
  a.scope.kind === b.scope.kind &&
  (a.scope.kind === 'service' || b.scope.kind === 'service' || a.scope.mark === b.scope.mark);

/** As the zone has it, explained by its votes alone. */
export const untouched = (line: Line): Line => ({
  ...line,
  to: line.now,
  move: null,
  phase: line.holding.entry?.phase ?? line.phase,
});
