/**
 * An operator's wish → the order as the fence holds it. Its id is a digest: the first half of who gave it
 * under which key, the second half of what was asked for, so that the same request again is the same
 * order, and another one under the same key is told apart. The fence is public, so it gets marks only.
 */
import { canonicalText } from './canonical.ts';
import { QuorateError } from './errors.ts';
import type { FenceOrder, ForceableRule, OrderKind, OrderScope } from './fence.ts';
import {
  type Aids,
  type DigestOf,
  type EndpointId,
  type EpochMs,
  type OrderId,
  orderId,
  type RegionId,
  type Service,
  weight as toWeight,
  type Weight,
} from './model.ts';
import { regionMark } from './rule-order.ts';
import { markOf } from './snapshot.ts';

export type OrderWish = {
  readonly kind: OrderKind;
  readonly scope:
    | { readonly kind: 'service' }
    | { readonly kind: 'endpoint'; readonly endpoint: EndpointId }
    | { readonly kind: 'region'; readonly region: RegionId };
  readonly weight: number | null;
  readonly fromAt: EpochMs;
  readonly untilAt: EpochMs;
  readonly afterwards: 'auto' | 'approve';
  readonly force: readonly ForceableRule[];
  readonly actor: string;
  readonly reason: string;
};

const HALF = 4;

export const orderIdOf = (
  given: {
    readonly actor: string;
    /** `Idempotency-Key`: whoever repeats a request repeats it. */
    readonly key: string;
    /** The request as it was written. */
    readonly asked: string;
  },
  digestOf: DigestOf,
): OrderId =>
  typeable(
    digestOf(`key ${canonicalText([given.actor, given.key])}`).slice(0, HALF) +
      digestOf(`asked ${given.asked}`).slice(0, HALF),
  );

/** People type it behind a command, where what begins with a dash is an option. */
export const typeable = (id: string): OrderId => orderId(id.replace(/^-/, 'x'));

/** The same key of the same actor, for something else. */
export const isKeyReused = (a: OrderId, b: OrderId): boolean =>
  a !== b && a.slice(0, HALF) === b.slice(0, HALF);

export const keyReusedText = (id: OrderId): string =>
  `this Idempotency-Key gave order ${id}, which asks for something else; use a new key for a new order`;

/** With no id given it is a digest of the wish itself. */
export function orderOf(
  wish: OrderWish,
  service: Service,
  aids: Pick<Aids, 'digestOf'>,
  id: OrderId = typeable(aids.digestOf(`order ${service.id} ${canonicalText(wish)}`).slice(0, 8)),
): FenceOrder {
  return {
    id,
    kind: wish.kind,
    scope: scopeOf(wish.scope, service, aids),
    weight: weightOf(wish),
    fromAt: wish.fromAt,
    untilAt: wish.untilAt,
    afterwards: wish.afterwards,
    force: wish.force,
    started: false,
  };
}

const weightOf = ({ kind, weight }: OrderWish): Weight | null => {
  switch (kind) {
    case 'freeze':
      return null;
    case 'drain':
      return toWeight(0);
    case 'pin':
      if (weight === null || !Number.isInteger(weight) || weight < 0 || weight > 255)
        throw new QuorateError(
          'BAD_REQUEST',
          `a pin needs a weight from 0 to 255${weight === null ? '' : `, not ${weight}`}`,
        );
      return toWeight(weight);
  }
};

function scopeOf(
  scope: OrderWish['scope'],
  service: Service,
  { digestOf }: Pick<Aids, 'digestOf'>,
): OrderScope {
  switch (scope.kind) {
    case 'service':
      return scope;
    case 'region':
      return { kind: 'region', mark: regionMark(scope.region, digestOf) };
    case 'endpoint': {
      const endpoint = service.endpoints.find((one) => one.id === scope.endpoint);
      if (endpoint === undefined) {
        throw new QuorateError(
          'NOT_FOUND',
          `${service.id} has no endpoint ${scope.endpoint}; it has ${service.endpoints.map((one) => one.id).join(', ')}`,
        );
      }
      return { kind: 'endpoint', mark: markOf(endpoint, digestOf) };
    }
  }
}
