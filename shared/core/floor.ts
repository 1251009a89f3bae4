/**
 * Service, tier → the share of the tier's configured weight that automation must leave in service.
 * Without `policy.floor` it is what is left after losing the tier's heaviest region, at most 50 %: two or
 * three equal regions give 50 %, 100 + 50 gives 33 %, a tier of one region 0 %. Integers only.
 */
import { type Endpoint, percentOf, type RegionId, type Service } from './model.ts';

export const FLOOR_PERCENT_MAX_DERIVED = 50;

type Weighted = Pick<Endpoint, 'region' | 'tier'> & { readonly weight: number };
type Floored = {
  readonly policy: Pick<Service['policy'], 'floorPercent'>;
  readonly endpoints: readonly Weighted[];
};

export function floorOf(service: Floored, tier: number): number {
  if (service.policy.floorPercent !== undefined) return service.policy.floorPercent;
  const weights = [...regionWeights(service.endpoints, tier).values()];
  const total = sum(weights);
  return Math.min(FLOOR_PERCENT_MAX_DERIVED, percentOf(total - Math.max(0, ...weights), total));
}

/** Configured weight per region of one tier. */
export function regionWeights(
  endpoints: readonly Weighted[],
  tier: number,
): ReadonlyMap<RegionId, number> {
  const weights = new Map<RegionId, number>();
  for (const endpoint of endpoints) {
    if (endpoint.tier !== tier) continue;
    weights.set(endpoint.region, (weights.get(endpoint.region) ?? 0) + endpoint.weight);
  }
  return weights;
}

/** Exactly at the floor is allowed. Compared without division: no rounding decides about traffic. */
export const meetsFloor = (inService: number, configured: number, floorPercent: number): boolean =>
  inService * 100 >= floorPercent * configured;

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
