/**
 * What an operator asks for, by a scope that may span services → one operation per service. A scope names
 * one of service, region or all; endpoint and region narrow a service. Whatever the file does not know is
 * refused before anything is read.
 */
import { canonicalText } from './canonical.ts';
import { QuorateError } from './errors.ts';
import type { ForceableRule, OrderKind } from './fence.ts';
import {
  type Config,
  type DigestOf,
  type EndpointId,
  type EpochMs,
  endpointId,
  type OrderId,
  type Service,
} from './model.ts';
import type { Operation } from './operation.ts';
import { type OrderWish, orderIdOf, orderOf } from './order-wish.ts';

export type ScopeAsked = {
  readonly service?: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly all?: true;
};

export type OrderAsked = {
  readonly kind: OrderKind;
  readonly scope: ScopeAsked;
  /** Of a pin. */
  readonly weight: number | null;
  readonly fromAt: EpochMs;
  readonly untilAt: EpochMs;
  readonly afterwards: 'auto' | 'approve';
  readonly force: readonly ForceableRule[];
  readonly actor: string;
  readonly reason: string;
  /** `Idempotency-Key`. */
  readonly key: string;
  /** Begin and end as they were written, `for 2h`: with them the checksum is the same a minute later. */
  readonly timesAsked: string;
};

/** One service's part of what was asked for. */
export type Change = {
  readonly service: Service;
  readonly operation: Operation;
  /** Several services were meant: one that is only observed is passed over. */
  readonly isWide: boolean;
};

export function changesOf(
  config: Config,
  asked: OrderAsked,
  digestOf: DigestOf,
): readonly Change[] {
  const { kind, scope, weight, afterwards, force, reason, timesAsked } = asked;
  if (kind === 'pin' && weight === null) throw badScope('a pin needs a weight from 0 to 255');
  if (kind !== 'pin' && weight !== null) throw badScope(`a ${kind} has no weight; pin sets one`);
  if (kind === 'freeze' && scope.endpoint !== undefined) {
    throw badScope('a freeze holds a whole service: leave the endpoint out');
  }
  const words = canonicalText([kind, scope, weight, afterwards, force, reason, timesAsked]);
  const id = orderIdOf({ ...asked, asked: words }, digestOf);
  const { services, narrowed, isWide } = meantBy(config, asked);
  return services.map((service) => ({
    service,
    isWide,
    operation: {
      kind: 'order',
      order: orderOf({ ...asked, scope: narrowed }, service, { digestOf }, id),
      asked: words,
    },
  }));
}

/** Of an order that may cover several services: each is asked, and those without it have nothing to do. */
export const changesEverywhere = (config: Config, operation: Operation): readonly Change[] =>
  config.services
    .filter(({ mode }) => mode === 'enforce')
    .map((service) => ({ service, operation, isWide: true }));

export const extensionOf = (
  order: OrderId,
  untilAt: EpochMs,
  /** As it was written: `2h`, or a time. */
  asked: string,
): Operation => ({ kind: 'extend', order, untilAt, asked });

export function approvalOf(config: Config, service: string, endpoint: string): Change {
  const found = serviceOf(config, service);
  const operation = { kind: 'approve' as const, endpoint: endpointOf(found, endpoint) };
  return { service: found, operation, isWide: false };
}

type Meant = {
  readonly services: readonly Service[];
  readonly narrowed: OrderWish['scope'];
  readonly isWide: boolean;
};

function meantBy(config: Config, { kind, scope }: Pick<OrderAsked, 'kind' | 'scope'>): Meant {
  const { service, endpoint, region, all } = scope;
  const whole = { kind: 'service' } as const;
  if (all === true) {
    if (service !== undefined || endpoint !== undefined || region !== undefined) {
      throw badScope('all stands alone in a scope: name a service, or a region, or all');
    }
    return { services: config.services, narrowed: whole, isWide: true };
  }
  if (endpoint !== undefined && region !== undefined) {
    throw badScope('a scope names an endpoint or a region, not both');
  }
  if (service !== undefined) {
    const found = serviceOf(config, service);
    const narrowed =
      endpoint !== undefined
        ? ({ kind: 'endpoint', endpoint: endpointOf(found, endpoint) } as const)
        : region !== undefined && kind !== 'freeze'
          ? ({ kind: 'region', region: regionOf([found], region) } as const)
          : whole;
    if (region !== undefined) regionOf([found], region);
    return { services: [found], narrowed, isWide: false };
  }
  if (endpoint !== undefined) {
    throw badScope(
      `an endpoint belongs to a service: name it beside ${endpoint} (${config.services.map(({ id }) => id).join(', ')})`,
    );
  }
  if (region === undefined) throw badScope('a scope names a service, a region, or all');
  const known = regionOf(config.services, region);
  return {
    services: config.services.filter(({ endpoints }) =>
      endpoints.some((one) => one.region === known),
    ),
    narrowed: kind === 'freeze' ? whole : { kind: 'region', region: known },
    isWide: true,
  };
}

const badScope = (text: string): QuorateError => new QuorateError('BAD_REQUEST', text);

function serviceOf(config: Config, id: string): Service {
  const found = config.services.find((one) => one.id === id);
  if (found !== undefined) return found;
  const known = config.services.map((one) => one.id).join(', ');
  throw new QuorateError('NOT_FOUND', `there is no service ${id}; there is ${known}`);
}

function endpointOf(service: Service, id: string): EndpointId {
  const wanted = endpointId(id);
  if (service.endpoints.some((one) => one.id === wanted)) return wanted;
  const known = service.endpoints.map((one) => one.id).join(', ');
  throw new QuorateError('NOT_FOUND', `${service.id} has no endpoint ${id}; it has ${known}`);
}

function regionOf(
  services: readonly Service[],
  region: string,
): Service['endpoints'][number]['region'] {
  const regions = [...new Set(services.flatMap(({ endpoints }) => endpoints.map((e) => e.region)))];
  const found = regions.find((one) => one === region);
  if (found !== undefined) return found;
  throw new QuorateError(
    'NOT_FOUND',
    `no endpoint is in region ${region}; there are some in ${regions.join(', ')}`,
  );
}
