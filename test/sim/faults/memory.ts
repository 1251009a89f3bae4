/**
 * What faults remember of a world: what stood in its zones before any of them, the orders given since, and
 * one ear for all that listen while they last (a world has no way to stop listening).
 */
import type { OrderId } from '../../../shared/core/model.ts';
import type { Listener, ZoneState } from '../world/events.ts';
import type { SimWorld } from '../world/world.ts';

type Memory = {
  readonly zones: ReadonlyMap<string, ZoneState>;
  readonly orders: Map<string, Set<OrderId>>;
};
const memories = new WeakMap<SimWorld, Memory>();
const hubs = new WeakMap<SimWorld, Set<Listener>>();

/** Returns what ends it. */
export function listen(world: SimWorld, listener: Listener): () => void {
  let hub = hubs.get(world);
  if (hub === undefined) {
    const made = new Set<Listener>();
    hubs.set(world, made);
    world.on((event) => {
      if (made.size > 0) for (const one of made) one(event);
    });
    hub = made;
  }
  const own = hub;
  own.add(listener);
  return () => void own.delete(listener);
}

/** Before the first fault does anything. */
export function rememberStart(world: SimWorld): void {
  if (memories.has(world)) return;
  const orders = new Map<string, Set<OrderId>>();
  memories.set(world, {
    zones: new Map([...world.route53.zones].map(([id, zone]) => [id, zone.state()])),
    orders,
  });
  listen(world, (event) => {
    if (event.kind !== 'order-answered' || event.answer.answer.kind !== 'committed') return;
    const { operation, service } = event.answer;
    if (operation.kind !== 'order') return;
    const known = orders.get(service.id) ?? new Set();
    known.add(operation.order.id);
    orders.set(service.id, known);
  });
}

export const firstZone = (world: SimWorld, zone: string): ZoneState | undefined =>
  memories.get(world)?.zones.get(zone);

/** Oldest first, whether they still hold or not. */
export const ordersOf = (world: SimWorld, service: string): readonly OrderId[] => [
  ...(memories.get(world)?.orders.get(service) ?? []),
];
