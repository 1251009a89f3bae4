/** Shadows of observed services: read before a round decides, kept after it has. */
import { QuorateError } from '../core/errors.ts';
import { fenceValue } from '../core/fence.ts';
import type { Config, Service, ServiceId, VantageId } from '../core/model.ts';
import type { Clock, Store } from '../ports.ts';
import type { QuorumResult } from './quorum-round.ts';

export type Shadows = ReadonlyMap<ServiceId, unknown>;

export async function readShadows(
  { store }: { readonly store: Store },
  services: readonly Service[],
  region: VantageId,
  signal: AbortSignal,
): Promise<Shadows> {
  const observed = services.filter((service) => service.mode === 'observe').map(({ id }) => id);
  if (observed.length === 0) return new Map();
  try {
    return await store.readShadows(region, observed, signal);
  } catch (error) {
    // Without a table there are no votes either, so nothing is decided on the missing shadow.
    if (error instanceof QuorateError) return new Map();
    throw error;
  }
}

/** What a commit would have left in the zone stands in this region's shadow instead. */
export async function keepShadows(
  { store }: { readonly store: Store; readonly clock: Clock },
  services: readonly Service[],
  results: readonly QuorumResult[],
  region: VantageId,
  signal: AbortSignal,
): Promise<void> {
  const observed = new Set(
    services.filter((service) => service.mode === 'observe').map(({ id }) => id),
  );
  for (const { service, plan } of results) {
    if (plan === null || !observed.has(service)) continue;
    const weights = Object.fromEntries(
      plan.pairs.flatMap(({ after }) =>
        after === null ? [] : [[after.setIdentifier ?? '', after.weight ?? 0] as const],
      ),
    );
    await store.writeShadow({ service, region, weights, fence: fenceValue(plan.fence) }, signal);
  }
}

/** Enforcing discards the shadow: what was observed must not be found again later. */
export async function discardShadows(
  { store }: { readonly store: Store },
  config: Pick<Config, 'services'>,
  region: VantageId,
  signal: AbortSignal,
): Promise<void> {
  for (const service of config.services) {
    if (service.mode === 'enforce') await store.deleteShadow(region, service.id, signal);
  }
}
