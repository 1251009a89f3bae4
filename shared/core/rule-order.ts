/**
 * Rule 2: orders. An order that has begun and not ended fixes the weight of what it covers; the real
 * health stays beside it. Between its end and the commit of its end it does nothing at all: the weight
 * stays as it is.
 */
import { asNow, type Draft, type Facts, type Line, type Rule } from './draft.ts';
import { endpointMark } from './endpoint-mark.ts';
import type { Fence, FenceOrder } from './fence.ts';
import { type DigestOf, type EpochMs, endpointId, type RegionId, type Weight } from './model.ts';
import type { Holding } from './snapshot.ts';

export const regionMark = (region: RegionId, digestOf: DigestOf): string =>
  endpointMark(endpointId(`region ${region}`), digestOf);

export const covers = (order: FenceOrder, holding: Holding, digestOf: DigestOf): boolean => {
  switch (order.scope.kind) {
    case 'service':
      return true;
    case 'endpoint':
      return order.scope.mark === holding.mark;
    case 'region':
      return order.scope.mark === regionMark(holding.endpoint.region, digestOf);
  }
};

/**
 * The freeze in force, the latest to end if there are several. It binds until the commit of its end has
 * taken it out of the fence: that commit checks the clock, so one that runs ahead can't thaw a service.
 */
export function freezeOf(fence: Fence): FenceOrder | null {
  const freezes = fence.orders.filter((order) => order.kind === 'freeze' && order.started);
  return freezes.reduce<FenceOrder | null>(
    (last, order) => (last === null || order.untilAt > last.untilAt ? order : last),
    null,
  );
}

/** A drain or a pin: a freeze has no weight. */
export type WeightOrder = FenceOrder & { readonly weight: Weight };

/** The order that holds an endpoint: the newest that has begun. Freezes hold the service instead. */
export const orderOn = (
  orders: readonly FenceOrder[],
  holding: Holding,
  digestOf: DigestOf,
): WeightOrder | null =>
  orders.findLast(
    (order): order is WeightOrder =>
      order.weight !== null && order.started && covers(order, holding, digestOf),
  ) ?? null;

export const orderRule =
  (digestOf: DigestOf): Rule =>
  (draft: Draft, facts: Facts): Draft => ({
    ...draft,
    lines: draft.lines.map((line) => {
      const order = orderOn(facts.fence.orders, line.holding, digestOf);
      return order === null || line.fixed === 'pending' ? line : ordered(line, order, facts.now);
    }),
  });

function ordered(line: Line, order: WeightOrder, now: EpochMs): Line {
  const about = { endpoint: line.holding.endpoint.id, order: order.id, untilAt: order.untilAt };
  const kept = { ...asNow(line, line.reason), order };
  // A weight edited under an order stays an edit: nobody but an operator touches it.
  if (line.fixed === 'edited') return kept;
  if (order.untilAt <= now)
    return { ...kept, fixed: 'order', reason: { ...about, code: 'order-over' } };
  return {
    ...kept,
    fixed: 'order',
    reason:
      order.kind === 'drain'
        ? { ...about, code: 'drained' }
        : { ...about, code: 'pinned', weight: order.weight },
  };
}
