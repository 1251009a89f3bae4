/** Assessment → what a drill has to know of its services, and the operations that give and end its order. */
import type { DrillService, DrillSlot } from '../core/drill.ts';
import type { Aids } from '../core/model.ts';
import { epochMs, type OrderId, type Service, weight } from '../core/model.ts';
import { orderOf } from '../core/order-wish.ts';
import type { Change } from '../core/override.ts';
import { sentence } from '../core/reason.ts';
import { clockOffMs, markOf } from '../core/snapshot.ts';
import type { Assessed } from './assess.ts';
import type { ServiceAnswer } from './override-round.ts';

export function drillServiceOf(
  { service, votes, snapshot, result }: Assessed,
  { digestOf }: Pick<Aids, 'digestOf'>,
): DrillService {
  const usable = votes.views.filter(({ state }) => state === 'reporting').length;
  const base = { service: service.id, usable, quorum: service.quorum };
  if (snapshot === null || result === null) {
    const nothing = { endpoints: [], orders: [], withheld: [], clockOffMs: null };
    return { ...base, ...nothing, automation: 'unread' };
  }
  const fence = snapshot.fence.kind === 'managed' ? snapshot.fence.fence : null;
  const { decision } = result;
  return {
    ...base,
    automation: decision.automation,
    orders: fence?.orders ?? [],
    withheld: decision.withheld.map(sentence),
    clockOffMs: clockOffMs(snapshot),
    endpoints: service.endpoints.map((endpoint) => {
      const mark = markOf(endpoint, digestOf);
      const entry = fence?.entries.find((one) => one.mark === mark);
      const decided = decision.endpoints.find((one) => one.endpoint === endpoint.id);
      return {
        endpoint: endpoint.id,
        region: endpoint.region,
        verdict: decided?.verdict.value ?? 'unknown',
        inDns: decided?.from ?? null,
        isIn: entry?.phase.kind === 'in',
        changedAt: entry?.changedAt ?? null,
      };
    }),
  };
}

/** Enforced services with an endpoint in the region. */
export const drilled = (services: readonly Service[], region: string): readonly Service[] =>
  services.filter(
    ({ mode, endpoints }) =>
      mode === 'enforce' && endpoints.some((one) => String(one.region) === region),
  );

/** The same id in each service; its end is in it, so it ends whoever has died meanwhile. */
export const drillOrders = (
  services: readonly Service[],
  { id, region, fromAt, untilAt }: DrillSlot,
  wish: { readonly actor: string; readonly reason: string; readonly asked: string },
  aids: Pick<Aids, 'digestOf'>,
): readonly Change[] =>
  services.map((service) => ({
    service,
    isWide: true,
    operation: {
      kind: 'order',
      asked: wish.asked,
      order: orderOf(
        {
          kind: 'drain',
          scope: { kind: 'region', region },
          weight: weight(0),
          fromAt: epochMs(fromAt),
          untilAt,
          afterwards: 'auto',
          force: [],
          actor: wish.actor,
          reason: wish.reason,
        },
        service,
        aids,
        id,
      ),
    },
  }));

export const drillCancels = (services: readonly Service[], id: OrderId): readonly Change[] =>
  services.map((service) => ({
    service,
    isWide: true,
    operation: { kind: 'cancel', order: id },
  }));

/** An order of which Route 53 said nothing may come into force after a look that found none: whoever takes
 *  it away waits so long first. */
export const UNSURE_MS = 8_000;
export const isUnsure = ({ answer }: ServiceAnswer): boolean =>
  answer.kind === 'failed' && answer.outcome === 'unresolved';

/** Why a service's part was not carried out. */
export const answerText = ({ service, answer }: ServiceAnswer): string =>
  `${service.id}: ${answer.kind === 'unread' ? answer.error.message : answer.kind === 'plan-changed' ? 'the zone changed meanwhile' : answer.sentence}`;
