/**
 * Orders as they arrive → what they ask of which service, and how much the caller must be allowed. What is
 * contradictory is refused here, before a zone is read; what the rules say comes later, from the plan.
 */
import type { ExtendRequest, OverrideRequest } from '../../shared/api/overrides.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import type { FenceOrder } from '../../shared/core/fence.ts';
import { type EpochMs, epochMs, type Service } from '../../shared/core/model.ts';
import { ORDER_MS_MAX } from '../../shared/core/operation.ts';
import type { OrderAsked } from '../../shared/core/override.ts';
import { snapshotOf } from '../../shared/core/snapshot.ts';
import { parseDuration } from '../../shared/core/units.ts';
import type { Zone } from '../../shared/ports.ts';
import { stretchOf } from '../../shared/rounds/zone-watch.ts';
import type { Scope } from './authenticate.ts';
import type { Desk } from './desk.ts';

/** A freeze stops automation, and what is wide touches services that one has not looked at. */
export const scopeOfOrder = ({ kind, scope }: Pick<OverrideRequest, 'kind' | 'scope'>): Scope =>
  kind === 'freeze' || scope.service === undefined ? 'freeze' : 'override';

export const isWideScope = ({ scope }: Pick<OverrideRequest, 'scope'>): boolean =>
  scope.service === undefined;

export function orderAsked(
  body: OverrideRequest,
  given: { readonly actor: string; readonly key: string; readonly now: EpochMs },
): OrderAsked {
  const { now } = given;
  const fromAt = body.from === undefined ? now : instant('from', body.from);
  const { untilAt, asked } = endOf(body, fromAt);
  return {
    kind: body.kind,
    scope: body.scope,
    weight: body.weight ?? null,
    fromAt,
    untilAt: within(untilAt, fromAt, now),
    afterwards: body.then ?? 'auto',
    force: [...new Set(body.force ?? [])],
    actor: given.actor,
    reason: body.reason,
    key: given.key,
    timesAsked: [...(body.from === undefined ? [] : [`from ${body.from}`]), asked].join(' '),
  };
}

export function endAsked(
  body: ExtendRequest,
  now: EpochMs,
): { readonly untilAt: EpochMs; readonly asked: string } {
  const { untilAt, asked } = endOf(body, now);
  if (untilAt <= now) throw bad(`it would end at ${body.until}, which is in the past`);
  return { untilAt, asked };
}

function endOf(
  body: Pick<OverrideRequest, 'until' | 'for'>,
  fromAt: EpochMs,
): { readonly untilAt: EpochMs; readonly asked: string } {
  if (body.until !== undefined && body.for !== undefined) {
    throw bad('give `until` or `for`, not both');
  }
  if (body.until !== undefined) {
    return { untilAt: instant('until', body.until), asked: `until ${body.until}` };
  }
  if (body.for === undefined) throw bad('an order has an end: give `for`, as 2h, or `until`');
  const forMs = parseDuration(body.for);
  if (forMs === undefined || forMs <= 0) {
    throw bad('`for` must be a duration above zero, as 30m or 2h');
  }
  return { untilAt: epochMs(fromAt + forMs), asked: `for ${body.for}` };
}

function within(untilAt: EpochMs, fromAt: EpochMs, now: EpochMs): EpochMs {
  if (untilAt <= now) throw bad('it would have ended already: `until` is in the past');
  if (untilAt <= fromAt) throw bad('it would end before it begins');
  if (untilAt - fromAt > ORDER_MS_MAX) {
    throw bad('an order lasts 72 h at most; give a shorter one and extend it');
  }
  return untilAt;
}

function instant(name: string, text: string): EpochMs {
  const at = Date.parse(text);
  if (Number.isFinite(at)) return epochMs(at);
  throw bad(`\`${name}\` is no time on the calendar: ${text}`);
}

const bad = (text: string): QuorateError => new QuorateError('BAD_REQUEST', text);

export type Standing = {
  /** Services that hold the order, and those of zones that could not be read. */
  readonly services: readonly Service[];
  readonly order: FenceOrder;
  readonly scope: Scope;
};

/** An order as the zones hold it now: of a wide one that was just given a snapshot knows only a part, and the
 *  rest would stay in force behind an answer that says it has ended. */
export async function standingOrder(
  desk: Desk,
  id: string,
  signal: AbortSignal,
): Promise<Standing> {
  const found = await find(desk, desk.zones.fresh, id, signal);
  const [first] = found.holders;
  if (first === undefined) {
    const [trouble] = found.unread;
    if (trouble !== undefined) throw trouble.error;
    throw new QuorateError(
      'NOT_FOUND',
      `order ${id} is not in force: it has ended, was cancelled, or was never given; /v1/overrides lists those that are`,
    );
  }
  const { order } = first;
  // An endpoint is one service's. Any other order may stand in the zones that could not be read, too: whoever
  // ends it then ends one that spans services.
  const unread = order.scope.kind === 'endpoint' ? [] : found.unread;
  const services = [...found.holders, ...unread].map(({ service }) => service);
  return {
    order,
    services,
    scope: order.kind === 'freeze' || services.length > 1 ? 'freeze' : 'override',
  };
}

async function find(desk: Desk, zone: Zone, id: string, signal: AbortSignal): Promise<Found> {
  const { config, clock } = desk;
  const enforced = config.services.filter(({ mode }) => mode === 'enforce');
  const zones = [...Map.groupBy(enforced, (service) => service.zone.id).values()];
  const all = await Promise.all(
    zones.map(async (own): Promise<Found> => {
      const [first] = own;
      if (first === undefined) return { holders: [], unread: [] };
      try {
        const read = await zone.read(first.zone, stretchOf(own), signal);
        const holders = own.flatMap((service) => {
          const { fence } = snapshotOf(service, read, config.deployment, clock.now());
          const order =
            fence.kind === 'managed' ? fence.fence.orders.find((one) => one.id === id) : undefined;
          return order === undefined ? [] : [{ service, order }];
        });
        return { holders, unread: [] };
      } catch (error) {
        if (!(error instanceof QuorateError)) throw error;
        return { holders: [], unread: own.map((service) => ({ service, error })) };
      }
    }),
  );
  return {
    holders: all.flatMap(({ holders }) => holders),
    unread: all.flatMap(({ unread }) => unread),
  };
}

type Found = {
  readonly holders: readonly { readonly service: Service; readonly order: FenceOrder }[];
  readonly unread: readonly { readonly service: Service; readonly error: QuorateError }[];
};
