/**
 * Which endpoints Quorate manages: the first records of an empty name, and the end of those that left
 * the file. Nothing here removes anything that has weight.
 */
import { type Commit, type RecordPair, sortedEntries } from './commit.ts';
import { type FenceEntry, newEntry } from './fence.ts';
import type { Config, Endpoint, EndpointId, EpochMs, Service, Target, Weight } from './model.ts';
import { type Operated, type OperationInput, type Planned, planned, refused } from './operated.ts';
import { markOf, type Orphan, slotsOf } from './snapshot.ts';
import type { ZoneRecord } from './zone-record.ts';

/** By name and at weight 0 only: nothing live is ever cleaned up. Velocity is counted from the fence, so
 *  an entry that counts stays until its window is over. */
export function retire(
  orphan: Orphan,
  asserted: Planned,
  { service, now }: Pick<OperationInput, 'service' | 'now'>,
): Operated {
  const live = orphan.records.find((record) => record.weight !== 0);
  if (live !== undefined) {
    return refused(
      `${live.name} ${live.type} of ${orphan.name} still has weight ${live.weight}; give it weight 0 in Route 53 first, nothing live is ever removed`,
    );
  }
  const countsForMs = (orphan.entry.countedAt ?? 0) + service.policy.velocity.windowMs - now;
  if (countsForMs > 0) {
    return refused(
      `the removal of ${orphan.name} counts towards velocity for another ${Math.ceil(countsForMs / 1000)} s; retire it then`,
    );
  }
  const { commit, lines } = asserted;
  const gone = orphan.records.map((record) => ({ before: record, after: null }));
  return planned({ ...commit, records: [...commit.records, ...gone] }, lines, [
    { code: 'retired', endpoint: orphan.name as EndpointId },
  ]);
}

/** An empty name: the first endpoints come in at their configured weight, later tiers idle at 0. */
export function firstRecords(input: OperationInput): Operated {
  const { service, config, aids, now } = input;
  const first = Math.min(...service.endpoints.map((endpoint) => endpoint.tier));
  const weightOf = (endpoint: Endpoint): Weight =>
    endpoint.tier === first ? endpoint.weight : (0 as Weight);
  const records = service.endpoints.flatMap((endpoint) =>
    recordsOf(service, endpoint, weightOf(endpoint), service.ttlSeconds),
  );
  return planned(
    {
      by: 'operator',
      order: null,
      records: records.map((after) => ({ before: null, after })),
      fence: freshFence(
        service,
        config,
        service.endpoints.map((endpoint) =>
          newEntry(markOf(endpoint, aids.digestOf), weightOf(endpoint), { kind: 'in' }),
        ),
        now,
      ),
      isRescue: false,
    },
    [],
    service.endpoints.map((endpoint) => ({
      code: 'brought-in',
      endpoint: endpoint.id,
      weight: weightOf(endpoint),
    })),
  );
}

export const supersededText = ({ id }: Pick<Service, 'id'>): string =>
  `a newer configuration of ${id} is in force; deploy this region first`;

/** Before every packaging time: nobody has packaged what a command line read from a file, and votes don't
 *  show each of its differences from what is deployed. Later than that, it would stop those that decide. */
const NOT_PACKAGED = 0 as EpochMs;

export const freshFence = (
  service: Service,
  config: Pick<Config, 'deployment'>,
  entries: readonly FenceEntry[],
  now: EpochMs,
): Commit['fence'] => ({
  deployment: config.deployment,
  asofAt: now,
  config: service.settings,
  packagedAt: NOT_PACKAGED,
  rescuedAt: null,
  entries: sortedEntries(entries),
  orders: [],
});

export function recordsOf(
  service: Service,
  endpoint: Endpoint,
  weight: number,
  ttlSeconds: number,
): readonly ZoneRecord[] {
  return slotsOf(service, endpoint).map(({ name, type, target }) => ({
    name,
    type,
    setIdentifier: endpoint.setIdentifier,
    weight,
    ...contentOf(target, ttlSeconds),
    ...(endpoint.healthCheckId === undefined ? {} : { healthCheckId: endpoint.healthCheckId }),
  }));
}

export const contentOf = (target: Target, ttlSeconds: number): Partial<ZoneRecord> =>
  target.kind === 'value'
    ? { ttlSeconds, values: [target.value] }
    : {
        alias: {
          name: target.name,
          zone: target.zone,
          evaluateTargetHealth: target.evaluateTargetHealth,
        },
      };

/** The first name and type that would be left without any weight. */
export function emptyRecordGroup(records: readonly RecordPair[]): string | null {
  const totals = new Map<string, number>();
  for (const { after } of records) {
    if (after === null) continue;
    const group = `${after.name} ${after.type}`;
    totals.set(group, (totals.get(group) ?? 0) + (after.weight ?? 0));
  }
  return [...totals].find(([, total]) => total === 0)?.[0] ?? null;
}
