/**
 * What an operator may do, as a commit: give, cancel and extend orders, approve a return, adopt, convert,
 * reassert or release what stands in the zone, make it follow the file, retire what left the file. These
 * work blind: they copy the fence's `asof` and need no votes, but for a target that would answer at once.
 * Refusals carry the arithmetic and the command that helps.
 */
import { adopt, convert } from './adoption.ts';
import { apply, applyFirst } from './applied.ts';
import {
  FENCE_TIME_MAX,
  type Fence,
  type FenceEntry,
  type FenceOrder,
  fenceFits,
  isSuperseded,
} from './fence.ts';
import { type FirstDraft, firstDraft, linesOf } from './first-draft.ts';
import { emptyRecordGroup, retire, supersededText } from './membership.ts';
import {
  type EndpointId,
  type EpochMs,
  epochMs,
  fenceName,
  type OrderId,
  type Service,
} from './model.ts';
import {
  nothing,
  type Operated,
  type OperationInput,
  type Planned,
  planned,
  refused,
} from './operated.ts';
import { beginOf, commitOf, endOf, type OrderContext, untouched } from './order.ts';
import { isKeyReused, keyReusedText } from './order-wish.ts';
import { list, momentText } from './phrase.ts';
import type { Reason } from './reason.ts';
import { release, restore } from './released.ts';
import {
  CLOCK_OFF_MS_MAX,
  clockOffMs,
  isAt,
  type Orphan,
  slotsOf,
  surveyRecords,
} from './snapshot.ts';

/** An order ends, at the latest, this long after it begins; it can be extended. */
export const ORDER_MS_MAX = 72 * 3_600_000;

export type Operation =
  | FencedOperation
  | { readonly kind: 'adopt' }
  /** Weighted records in place of simple ones. */
  | { readonly kind: 'convert' }
  /** The fence goes; with `restores` every weight is as configured before. */
  | { readonly kind: 'release'; readonly restores: boolean };
/** Those that start from the fence as it stands. */
export type FencedOperation =
  | DraftedOperation
  | { readonly kind: 'apply' }
  /** Every weight as configured, orders in force ended. */
  | { readonly kind: 'restore' };
/** Those that take the records as the fence lists them. */
type DraftedOperation =
  /** `asked`: the operator's own words, for the checksum (see `Commit`). */
  | { readonly kind: 'order'; readonly order: FenceOrder; readonly asked?: string }
  | { readonly kind: 'cancel'; readonly order: OrderId }
  | {
      readonly kind: 'extend';
      readonly order: OrderId;
      readonly untilAt: EpochMs;
      readonly asked?: string;
    }
  | { readonly kind: 'approve'; readonly endpoint: EndpointId }
  | { readonly kind: 'reassert' }
  | { readonly kind: 'retire'; readonly endpoint: string };

export function operate(operation: Operation, input: OperationInput): Operated {
  const { service } = input;
  if (service.mode === 'observe' && isOrder(operation)) {
    return refused(
      `${service.id} is observed, not enforced: there is nothing for an order to hold`,
    );
  }
  // Its times would go into the fence: the start of an order, what votes must be newer than.
  const offMs = clockOffMs(input.snapshot);
  if (operation.kind !== 'release' && offMs !== null && offMs > CLOCK_OFF_MS_MAX) {
    return refused(
      `this clock is ${offMs} ms off Route 53's; set it, or give the command in another region`,
    );
  }
  const checked = planOf(operation, input);
  if (checked.kind !== 'planned') return checked;
  const empty = emptyRecordGroup(checked.commit.records);
  if (empty !== null) {
    return refused(
      `every weight of ${empty} would be 0; pin an endpoint first, or give one of its records weight in Route 53`,
    );
  }
  const { fits, characters } = fenceFits({ ...BARE_FENCE, ...checked.commit.fence });
  return fits
    ? checked
    : refused(
        `${fenceName(service)} would need up to ${characters} characters, Route 53 allows 4000; cancel an order first or give one for the whole region`,
      );
}

/** Nothing of an observed service is written in the zone: `mode: enforce` comes first. Letting go is
 *  possible at any time. */
export const observedText = (
  { kind }: Pick<Operation, 'kind'>,
  { id, mode }: Pick<Service, 'id' | 'mode'>,
): string | null =>
  mode === 'enforce' || kind === 'release' || kind === 'restore'
    ? null
    : `${id} is observed, and nothing of an observed service is written; set mode: enforce, deploy, then give this command again`;

function planOf(operation: Operation, input: OperationInput): Operated {
  switch (operation.kind) {
    case 'adopt':
      return adopt(input);
    case 'convert':
      return convert(input);
    case 'release':
      return release(operation.restores, input);
    case 'order':
    case 'cancel':
    case 'extend':
    case 'approve':
    case 'reassert':
    case 'retire':
    case 'apply':
    case 'restore':
      return withFence(operation, input);
  }
}

const isOrder = (operation: Operation): boolean =>
  operation.kind === 'order' || operation.kind === 'cancel' || operation.kind === 'extend';

/** Stands for the parts that a plan fills in, at their full length. */
const BARE_FENCE = {
  generation: 999_999_999,
  nonce: 'nnnnnnnn' as Fence['nonce'],
  parentNonce: 'nnnnnnnn' as Fence['nonce'],
  record: 'rrrrrrrrrrrrrrrrrrrrrr' as Fence['record'],
};

function withFence(operation: FencedOperation, input: OperationInput): Operated {
  const { service, snapshot, config } = input;
  const state = snapshot.fence;
  if (state.kind !== 'managed') {
    const isEmpty = state.kind === 'unmanaged' && snapshot.records.length === 0;
    if (operation.kind === 'apply' && isEmpty) return applyFirst(input);
    return refused(
      `${fenceName(service)} is ${state.kind}; run \`quorate ${isEmpty ? 'apply' : 'adopt'} ${service.id}\` first`,
    );
  }
  const { fence } = state;
  if (isSuperseded(fence, service, config)) return refused(supersededText(service));
  if (operation.kind === 'apply') return apply(fence, input);
  if (operation.kind === 'restore') return restore(fence, input);
  return onDraft(operation, fence, input);
}

function onDraft(operation: DraftedOperation, fence: Fence, input: OperationInput): Operated {
  const { service, now } = input;
  const drafted = isOrder(operation) ? orderDraft(input, fence) : firstDraft(input, fence);
  if (drafted.kind === 'held') return refused(`${drafted.problem.text}; ${drafted.problem.remedy}`);
  const facts = {
    service,
    fence,
    orphans: drafted.orphans,
    now,
    asofAt: input.votes.asofAt ?? fence.asofAt,
  };
  const context = { facts, lines: drafted.lines, digestOf: input.aids.digestOf };
  const asserted = (orphans: readonly Orphan[]): Planned =>
    kept(context, fence, orphans, (entry) => entry, []);
  switch (operation.kind) {
    case 'order':
      return withWords(operation, give(operation.order, context));
    case 'cancel':
      return cancel(operation.order, context);
    case 'extend':
      return withWords(operation, extend(operation.order, operation.untilAt, context));
    case 'approve':
      return approve(operation.endpoint, context);
    case 'reassert':
      return reassert(context);
    case 'retire': {
      const { endpoint } = operation;
      const orphan = drafted.orphans.find((one) => one.name === endpoint);
      if (orphan === undefined) return refused(noOrphanText(endpoint, drafted.orphans, service));
      return retire(orphan, asserted(drafted.orphans.filter((one) => one !== orphan)), input);
    }
  }
}

/** An endpoint must leave on an operator's word while a name or type of the file has not begun yet: it may
 *  be the very one for which `apply` waits. What stands there is asserted as ever. */
function orderDraft(input: OperationInput, fence: Fence): FirstDraft {
  const { service, snapshot, aids } = input;
  const { holdings, orphans, problems } = surveyRecords(service, snapshot, fence, aids);
  const isWholeElsewhere = holdings.every(
    ({ endpoint, entry, records }) =>
      entry === null ||
      slotsOf(service, endpoint).every(
        (slot) =>
          records.some((record) => isAt(record, slot)) ||
          !snapshot.records.some((record) => isAt(record, slot)),
      ),
  );
  const problem = problems.find(({ kind }) => kind !== 'missing' || !isWholeElsewhere);
  return problem === undefined
    ? { kind: 'drafted', lines: linesOf(input, holdings), orphans }
    : { kind: 'held', problem };
}

function withWords(
  operation: Extract<DraftedOperation, { readonly kind: 'order' | 'extend' }>,
  operated: Operated,
): Operated {
  const { asked } = operation;
  if (asked === undefined || operated.kind !== 'planned') return operated;
  const order = operation.kind === 'order' ? operation.order.id : operation.order;
  return { ...operated, commit: { ...operated.commit, asked: { order, text: asked } } };
}

function give(order: FenceOrder, context: OrderContext): Operated {
  const { now, fence } = context.facts;
  // Its id is the digest of who asked for what under which key: the same request has come again.
  const same = fence.orders.find((one) => one.id === order.id);
  if (same !== undefined) {
    return nothing(`order ${same.id} is given already, until ${momentText(same.untilAt)}`);
  }
  const reused = fence.orders.find((one) => isKeyReused(one.id, order.id));
  if (reused !== undefined) {
    return { kind: 'refused', why: keyReusedText(reused.id), isKeyReused: true };
  }
  const problem = timeProblem(order, now);
  if (problem !== null) return refused(problem);
  const begun = beginOf({ ...order, started: order.fromAt <= now }, context, 'operator');
  if (begun.kind === 'refused') return refused(begun.why);
  const { id, untilAt } = order;
  return planned(begun.commit, begun.lines, [{ code: 'order-given', order: id, untilAt }]);
}

function cancel(id: OrderId, context: OrderContext): Operated {
  const order = context.facts.fence.orders.find((one) => one.id === id);
  if (order === undefined) return nothing(`order ${id} is not in force`);
  const { commit, lines } = endOf(order, context, 'operator');
  return planned(commit, lines, [{ code: 'order-cancelled', order: id }]);
}

function extend(id: OrderId, untilAt: EpochMs, context: OrderContext): Operated {
  const { fence, now, orphans } = context.facts;
  const order = fence.orders.find((one) => one.id === id);
  if (order === undefined) return nothing(`order ${id} is not in force`);
  const extended = { ...order, untilAt };
  const fromAt = epochMs(Math.max(now, order.fromAt));
  const problem = timeProblem({ ...extended, fromAt }, now);
  if (problem !== null) return refused(problem);
  const orders = fence.orders.map((one) => (one.id === id ? extended : one));
  return kept(context, { ...fence, orders }, orphans, (entry) => entry, [
    { code: 'order-extended', order: id, untilAt },
  ]);
}

function approve(endpoint: EndpointId, context: OrderContext): Operated {
  const { fence, orphans, service } = context.facts;
  const entry = context.lines.find((one) => one.holding.endpoint.id === endpoint)?.holding.entry;
  if (entry === undefined || entry === null) return refused(unknownEndpoint(endpoint, service));
  if (entry.phase.kind !== 'out') return nothing(`${endpoint} is not waiting to return`);
  const approved = (one: FenceEntry): FenceEntry =>
    one.mark === entry.mark ? { ...one, approved: true } : one;
  return kept(context, fence, orphans, approved, [{ code: 'approved', endpoint }]);
}

const unknownEndpoint = (id: string, service: Service): string =>
  `${service.id} manages no endpoint ${id}; it has ${service.endpoints.map((one) => one.id).join(', ')}`;

function noOrphanText(name: string, orphans: readonly Orphan[], service: Service): string {
  if (service.endpoints.some(({ id, setIdentifier }) => id === name || setIdentifier === name)) {
    return `${name} is in the file; take it out and deploy first, then retire what is left of it in the zone`;
  }
  const others =
    orphans.length === 0 ? 'there is none' : `there is ${list(orphans.map((one) => one.name))}`;
  return `${name} is no orphan of ${service.id}; ${others}`;
}

function timeProblem(order: FenceOrder, now: EpochMs): string | null {
  if (order.untilAt <= now) return 'its end is in the past';
  if (order.untilAt <= order.fromAt) return 'it would end before it begins';
  if (order.untilAt > FENCE_TIME_MAX) return 'it would end after 2059, which is beyond the fence';
  return order.untilAt - order.fromAt > ORDER_MS_MAX
    ? 'an order lasts 72 h at most; it can be extended later'
    : null;
}

/** No weight changes: the records are asserted, the fence alone moves on. */
function kept(
  { lines }: Pick<OrderContext, 'lines'>,
  fence: Fence,
  orphans: readonly Orphan[],
  change: (entry: FenceEntry) => FenceEntry,
  reasons: readonly Reason[],
): Planned {
  const same = lines.map(untouched);
  const entries = same.flatMap(({ holding }) =>
    holding.entry === null ? [] : [change(holding.entry)],
  );
  return planned(commitOf(same, entries, fence, orphans, null, 'operator'), same, reasons);
}

/** Edited weights go back to what the last commit left. */
function reassert(context: OrderContext): Operated {
  const { lines } = context;
  const { fence, orphans, now } = context.facts;
  const left = new Map(
    lines.flatMap((line) => {
      const { edited, entry } = line.holding;
      return edited === null || entry === null ? [] : [[line, entry.weight] as const];
    }),
  );
  if (left.size === 0) return nothing('every weight is as the last commit left it');
  const marks = new Set([...left.keys()].map((line) => line.holding.mark));
  // It changes weights: votes from before it can't reverse it.
  const base = kept(
    context,
    fence,
    orphans,
    (entry) => (marks.has(entry.mark) ? { ...entry, changedAt: now } : entry),
    [...left].map(([line, weight]) => ({
      code: 'reasserted' as const,
      endpoint: line.holding.endpoint.id,
      weight,
    })),
  );
  const records = lines.flatMap((line) =>
    line.holding.records.map((record) => ({
      before: record,
      after: { ...record, weight: left.get(line) ?? record.weight },
    })),
  );
  const kin = orphans.flatMap((orphan) =>
    orphan.records.map((record) => ({ before: record, after: record })),
  );
  return { ...base, commit: { ...base.commit, records: [...records, ...kin] } };
}
