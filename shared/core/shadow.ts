/**
 * What a service in `observe` would serve: the zone as read, with the weights and the fence that its
 * commits in this region would have left. So observing decides on the same state as enforcing, needs
 * no fence in the zone, and writes nothing there.
 */
import * as v from 'valibot';
import { type Fence, type FenceEntry, newEntry, parseFence } from './fence.ts';
import type { Config, DigestOf, EpochMs, Service, Weight } from './model.ts';
import { markOf, type Snapshot } from './snapshot.ts';
import type { ZoneRecord } from './zone-record.ts';

export function shadowSnapshot(
  service: Service,
  snapshot: Snapshot,
  stored: unknown,
  config: Pick<Config, 'deployment' | 'packagedAt'>,
  now: EpochMs,
  digestOf: DigestOf,
): Snapshot {
  const kept = readShadow(stored, config.deployment, now);
  const fence = kept?.fence ?? firstFence(service, config);
  const known = new Set(fence.entries.map(({ mark }) => mark));
  const markIn = (record: ZoneRecord): string =>
    markOf({ setIdentifier: record.setIdentifier ?? '' }, digestOf);
  const weights = new Map(
    [...(kept?.weights ?? [])].map(([id, weight]) => [
      markOf({ setIdentifier: id }, digestOf),
      weight,
    ]),
  );
  const records = snapshot.records.map((record) => {
    const mark = markIn(record);
    const weight = known.has(mark) ? weights.get(mark) : undefined;
    return weight === undefined ? record : { ...record, weight };
  });
  const standing = new Set(snapshot.records.map(markIn));
  const entries = [
    ...fence.entries.filter(({ mark }) => standing.has(mark)),
    ...found(service, snapshot, digestOf).filter(({ mark }) => !known.has(mark)),
  ];
  return { ...snapshot, records, fence: { kind: 'managed', fence: { ...fence, entries } } };
}

/**
 * As if just adopted. Nobody can `apply` or `retire` in a shadow, so it follows the zone by itself: else a
 * record that came or went would hold an observed service for good.
 */
const found = (service: Service, snapshot: Snapshot, digestOf: DigestOf): readonly FenceEntry[] =>
  service.endpoints.flatMap((endpoint) => {
    const record = snapshot.records.find((one) => one.setIdentifier === endpoint.setIdentifier);
    return record === undefined
      ? []
      : [newEntry(markOf(endpoint, digestOf), (record.weight ?? 0) as Weight, { kind: 'in' })];
  });

const firstFence = (
  service: Service,
  config: Pick<Config, 'deployment' | 'packagedAt'>,
): Fence => ({
  deployment: config.deployment,
  generation: 1,
  nonce: 'observed' as Fence['nonce'],
  parentNonce: null,
  asofAt: 0 as EpochMs,
  config: service.settings,
  packagedAt: config.packagedAt,
  record: 'observed' as Fence['record'],
  rescuedAt: null,
  entries: [],
  orders: [],
});

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
