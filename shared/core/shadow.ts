/**
 * What a service in `observe` would serve: the zone as read, with the weights and the fence that its
 * commits in this region would have left. So observing decides on the same state as enforcing, needs
 * no fence in the zone, and writes nothing there.
 */
import * as v from 'valibot';
import { type Fence, newEntry, parseFence } from './fence.ts';
import type { Config, DigestOf, EpochMs, Service, Weight } from './model.ts';
import { markOf, type Snapshot } from './snapshot.ts';

export function shadowSnapshot(
  service: Service,
  snapshot: Snapshot,
  stored: unknown,
  config: Pick<Config, 'deployment' | 'packagedAt'>,
  now: EpochMs,
  digestOf: DigestOf,
): Snapshot {
  const kept = readShadow(stored, config.deployment, now);
  if (kept === null) {
    return {
      ...snapshot,
      fence: { kind: 'managed', fence: firstFence(service, snapshot, config, digestOf) },
    };
  }
  const records = snapshot.records.map((record) => {
    const weight = kept.weights.get(record.setIdentifier ?? '');
    return weight === undefined ? record : { ...record, weight };
  });
  return { ...snapshot, records, fence: { kind: 'managed', fence: kept.fence } };
}

/** As if the records found had just been adopted. */
function firstFence(
  service: Service,
  snapshot: Snapshot,
  config: Pick<Config, 'deployment' | 'packagedAt'>,
  digestOf: DigestOf,
): Fence {
  const found = service.endpoints.flatMap((endpoint) => {
    const record = snapshot.records.find((one) => one.setIdentifier === endpoint.setIdentifier);
    const mark = markOf(endpoint, digestOf);
    return record === undefined
      ? []
      : [newEntry(mark, (record.weight ?? 0) as Weight, { kind: 'in' })];
  });
  return {
    deployment: config.deployment,
    generation: 1,
    nonce: 'observed' as Fence['nonce'],
    parentNonce: null,
    asofAt: 0 as EpochMs,
    config: service.digest,
    packagedAt: config.packagedAt,
    record: 'observed' as Fence['record'],
    rescuedAt: null,
    entries: found,
    orders: [],
  };
}

const storedShadow = v.object({
  weights: v.record(v.string(), v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255))),
  fence: v.string(),
});

/** Anything that isn't a shadow counts as none: it starts again from the zone. */
function readShadow(
  stored: unknown,
  deployment: string,
  now: EpochMs,
): { readonly weights: ReadonlyMap<string, number>; readonly fence: Fence } | null {
  const parsed = v.safeParse(storedShadow, stored);
  if (!parsed.success) return null;
  const { weights, fence } = parsed.output;
  const state = parseFence([fence], deployment, now);
  return state.kind === 'managed'
    ? { weights: new Map(Object.entries(weights)), fence: state.fence }
    : null;
}
