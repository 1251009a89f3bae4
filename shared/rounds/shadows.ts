/** Shadows of observed services: read before a round decides, kept after it has. */
import { QuorateError } from '../core/errors.ts';
import { fenceValue } from '../core/fence.ts';
import type { Config, Service, ServiceId, VantageId } from '../core/model.ts';
import type { Plan } from '../core/plan.ts';
import type { Shadow, Store } from '../ports.ts';
import type { QuorumResult } from './quorum-result.ts';

export type Shadows = ReadonlyMap<ServiceId, unknown>;

/** Null: they can't be read. Observed services sit the round out, for a shadow begun anew from the zone
 *  would overwrite hold-downs and ramps that stand in the one not seen. */

export async function readShadows(
  { store }: { readonly store: Store },
  services: readonly Service[],
  region: VantageId,
  signal: AbortSignal,
): Promise<Shadows | null> {
  const observed = services.filter((service) => service.mode === 'observe').map(({ id }) => id);
  if (observed.length === 0) return new Map();
  try {
    return await store.readShadows(region, observed, signal);
  } catch (error) {
    if (error instanceof QuorateError) return null;
    throw error;
  }
}

/** What a commit of this plan would have left. */
export const shadowOf = (plan: Plan): Pick<Shadow, 'weights' | 'fence'> => ({
  weights: Object.fromEntries(
    plan.pairs.flatMap(({ after }) =>
      after === null ? [] : [[after.setIdentifier ?? '', after.weight ?? 0] as const],
    ),
  ),
  fence: fenceValue(plan.fence),
});

/** What a commit would have left in the zone stands in this region's shadow instead. */
export async function keepShadows(
  { store }: { readonly store: Store },
  observed: readonly QuorumResult[],
  region: VantageId,
  signal: AbortSignal,
): Promise<void> {
  for (const { service, plan } of observed) {
    if (plan === null) continue;
    try {
      await store.writeShadow({ service, region, ...shadowOf(plan) }, signal);
    } catch (error) {
      // Decided again next round, on the shadow as it was; enforced services must not wait for it.
      if (!(error instanceof QuorateError)) throw error;
    }
  }
}

/** Enforcing discards the shadow: what was observed must not be found again later. Returns whether that
 *  is done; a table that is away is asked again by a later invocation. */
export async function discardShadows(
  { store }: { readonly store: Store },
  config: Pick<Config, 'services'>,
  region: VantageId,
  signal: AbortSignal,
): Promise<boolean> {
  const enforced = config.services.filter(({ mode }) => mode === 'enforce').map(({ id }) => id);
  if (enforced.length === 0) return true;
  try {
    const found = await store.readShadows(region, enforced, signal);
    for (const service of found.keys()) await store.deleteShadow(region, service, signal);
    return true;
  } catch (error) {
    if (error instanceof QuorateError) return false;
    throw error;
  }
}
