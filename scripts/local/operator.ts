/**
 * The operator's hands in the local world: brings the services in, gives and cancels orders, by the
 * production order round and the same commit path as any command line. In: what POST /world/orders
 * took. Out: a committed order, or an error with the arithmetic. It works while regions are down.
 */
import { manifestOf } from '../../shared/core/config.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import { endpointId, epochMs, orderId, type Service } from '../../shared/core/model.ts';
import type { Operation } from '../../shared/core/operation.ts';
import { orderOf } from '../../shared/core/order-wish.ts';
import { orderRound } from '../../shared/rounds/order-round.ts';
import type { OrderAnswer } from '../../shared/rounds/override-round.ts';
import { wire } from '../../shared/wire.ts';
import { commonOverrides, environmentOf, type Surroundings } from './production.ts';
import { stoppableClock } from './stoppable-clock.ts';
import type { OrderRequest } from './world-api.ts';

export type OrderState = OrderRequest & { readonly id: string; readonly generation: number | null };

export type Operator = AsyncDisposable & {
  /** The first endpoints of each enforced service come in at their configured weight. */
  readonly bringIn: () => Promise<void>;
  readonly order: (request: OrderRequest) => Promise<OrderState>;
  /** False: no such order is known. */
  readonly removeOrder: (id: string) => Promise<boolean>;
  /** Those whose end has not come. */
  readonly orders: () => readonly OrderState[];
};

const ACTOR = 'local-world';
const TRIES_MAX = 10;
const AGAIN_MS = 500;
const ORDER_MS_MAX = 20_000;

export function openOperator(
  surroundings: Surroundings & { readonly stop: AbortSignal },
): Operator {
  const { config, stop } = surroundings;
  const clock = stoppableClock(surroundings.clock, stop, surroundings.speed);
  const env = environmentOf(surroundings, config.home);
  const wired = wire(env, 'operator', commonOverrides(surroundings, clock));
  const deps = {
    clock,
    ids: wired.ids,
    store: wired.store(),
    zone: wired.zone(),
    aids: wired.aids,
  };
  const options = { region: config.home, manifest: manifestOf(config) };
  const given = new Map<string, OrderState>();

  const carryOut = (
    service: Service,
    operation: Operation,
    { actor, reason }: { readonly actor: string; readonly reason: string },
  ): Promise<OrderAnswer> =>
    clock.withDeadline(ORDER_MS_MAX, stop, (signal) => {
      const request = { operation, actor, reason, isDryRun: false, checksum: null };
      return orderRound(deps, config, service, options, request, signal);
    });

  const bringInOne = async (service: Service): Promise<void> => {
    const why = { actor: ACTOR, reason: 'the local world begins' };
    for (let tries = 1; ; tries += 1) {
      const answer = await carryOut(service, { kind: 'apply' }, why);
      if (answer.kind === 'committed' || answer.kind === 'nothing-to-do') return;
      if (answer.kind === 'refused' || tries === TRIES_MAX) throw errorOf(answer);
      await clock.sleep(AGAIN_MS, stop);
    }
  };

  return {
    async bringIn() {
      for (const service of config.services) {
        if (service.mode === 'enforce') await bringInOne(service);
      }
    },
    async order(request) {
      const service = config.services.find((one) => one.id === request.service);
      if (!service) throw new QuorateError('NOT_FOUND', `no service ${request.service}`);
      const order = orderOf(wishOf(request, clock.now()), service, wired.aids);
      const answer = await carryOut(service, { kind: 'order', order }, request);
      if (answer.kind !== 'committed' && answer.kind !== 'nothing-to-do') throw errorOf(answer);
      const generation = answer.kind === 'committed' ? answer.generation : null;
      const state = { ...request, id: order.id, generation };
      given.set(order.id, state);
      return state;
    },
    async removeOrder(id) {
      const known = given.get(id);
      const service = config.services.find((one) => one.id === known?.service);
      if (!known || !service) return false;
      const why = { actor: known.actor, reason: `cancels: ${known.reason}` };
      const answer = await carryOut(service, { kind: 'cancel', order: orderId(id) }, why);
      if (answer.kind !== 'committed' && answer.kind !== 'nothing-to-do') throw errorOf(answer);
      given.delete(id);
      return true;
    },
    orders: () => [...given.values()].filter(({ untilAt }) => untilAt > clock.now()),
    async [Symbol.asyncDispose]() {
      wired.destroy();
    },
  };
}

function wishOf(request: OrderRequest, now: number): Parameters<typeof orderOf>[0] {
  const { kind, endpoint, weight, fromAt, untilAt, actor, reason } = request;
  return {
    kind,
    scope:
      endpoint === undefined
        ? { kind: 'service' }
        : { kind: 'endpoint', endpoint: endpointId(endpoint) },
    weight: weight ?? null,
    fromAt: epochMs(fromAt ?? now),
    untilAt: epochMs(untilAt),
    afterwards: 'auto',
    force: [],
    actor,
    reason,
  };
}

function errorOf(answer: OrderAnswer): QuorateError {
  if (answer.kind !== 'failed') return new QuorateError('REFUSED', answer.sentence);
  const code = answer.outcome === 'throttled' ? 'ZONE_THROTTLED' : 'ZONE_UNAVAILABLE';
  return new QuorateError(code, answer.sentence);
}
