/**
 * S11: an order wins. While one covers an endpoint no automated commit gives it another weight, and while
 * a freeze is in the fence none happens at all. An order begins and ends by a clock that agrees with Route
 * 53's, never before its start nor after its end, changes only what it says, and of two the newer holds.
 */
import type { MakeChecker } from '../scenario.ts';
import { type FenceText, type OrderText, regionMarkOf } from './fence-text.ts';
import { bookOf, type Move, type Part } from './safety-book.ts';

/** 5 s, whole seconds of the `Date` header, and the way there and back. */
const CLOCK_OFF_MS_MAX = 5_000 + 1_000 + 5_500;

const covers = (order: OrderText, move: Move): boolean =>
  order.scope === '*' ||
  order.scope === `@${move.mark}` ||
  order.scope === `+${regionMarkOf(move.endpoint.region)}`;

const holderOf = (fence: FenceText, move: Move): OrderText | null =>
  fence.orders.findLast(
    (order) => order.started && order.kind !== 'freeze' && covers(order, move),
  ) ?? null;

export const s11Orders: MakeChecker = (world, _scenario, fail) => {
  bookOf(world).onSent((part) => {
    const { by, before, after, service, batch } = part;
    if (before === null || after === null) return;
    const what = `generation ${after.generation} of ${service.id} by ${by} at ${batch.from.region}`;
    if (by === 'automation') {
      const freeze = before.orders.find(({ kind, started }) => kind === 'freeze' && started);
      if (freeze !== undefined) fail('S11', `${what}: it is frozen by order ${freeze.id}`);
      for (const move of part.moves) {
        const holder = holderOf(before, move);
        if (holder === null || move.to === move.from) continue;
        fail(
          'S11',
          `${what}: ${move.endpoint.id} ${move.from} → ${move.to} under order ${holder.id} (${holder.kind} ${holder.weight})`,
        );
      }
      return;
    }
    if (by === 'order') stepOf(part, before, after, (why) => fail('S11', `${what}: ${why}`));
    for (const move of part.moves) {
      const holder = holderOf(after, move);
      const isNew =
        holder !== null && !before.orders.some(({ id, started }) => id === holder.id && started);
      if (holder === null || !isNew || move.isEdited || move.to === holder.weight) continue;
      fail(
        'S11',
        `${what}: ${move.endpoint.id} gets ${move.to}, order ${holder.id} says ${holder.weight}`,
      );
    }
  });

  /** A start or an end that nobody asked for at this moment: time did. */
  function stepOf(
    part: Part,
    before: FenceText,
    after: FenceText,
    tell: (why: string) => void,
  ): void {
    const { localMs, decidedLocalMs, batch } = part;
    const offMs = Math.abs(localMs - batch.sentAtMs);
    if (offMs > CLOCK_OFF_MS_MAX)
      tell(`a clock that is ${Math.round(offMs)} ms wrong began or ended it`);
    const begun = after.orders.filter(
      (order) => order.started && before.orders.some((old) => old.id === order.id && !old.started),
    );
    const ended = before.orders.filter((order) => !after.orders.some(({ id }) => id === order.id));
    for (const order of begun) {
      if (order.fromMs > decidedLocalMs)
        tell(`order ${order.id} began ${order.fromMs - decidedLocalMs} ms early`);
      if (order.untilMs <= decidedLocalMs - 30_000) tell(`order ${order.id} began after its end`);
    }
    if (begun.length === 0) {
      for (const order of ended) {
        if (order.untilMs > decidedLocalMs)
          tell(`order ${order.id} ended ${order.untilMs - decidedLocalMs} ms early`);
      }
    }
    const acting = begun.length > 0 ? begun : ended;
    const isTiered = new Set(part.moves.map(({ endpoint }) => endpoint.tier)).size > 1;
    for (const move of part.moves) {
      if (move.to === move.from || acting.some((order) => covers(order, move))) continue;
      // A tier may take over where an order empties the one before.
      if (isTiered && begun.length > 0 && move.to > move.from) continue;
      tell(`${move.endpoint.id} ${move.from} → ${move.to}, which the order does not cover`);
    }
  }
  return { id: 'S11' };
};
