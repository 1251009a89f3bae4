/**
 * Which endpoints Quorate manages: bringing new ones in, taking over what stands in a zone, retiring
 * what left the file. Nothing here removes anything that has weight.
 */
import { type Commit, type RecordPair, sortedEntries } from './commit.ts';
import type { Line } from './draft.ts';
import { type FenceEntry, isSuperseded, newEntry } from './fence.ts';
import type { Config, Endpoint, EndpointId, EpochMs, Service, Target, Weight } from './model.ts';
import {
  nothing,
  type Operated,
  type OperationInput,
  type Planned,
  planned,
  refused,
} from './operated.ts';
import { isWeighted, markOf, type Orphan, slotsOf } from './snapshot.ts';
import type { ZoneRecord } from './zone-record.ts';

/** Endpoints of the file that the fence does not list: they come in at 0 and ramp. */
export function bringIn(
  lines: readonly Line[],
  input: OperationInput,
  asserted: Planned,
): Operated {
  const { service } = input;
  const pending = lines.filter((line) => line.fixed === 'pending');
  if (pending.length === 0) return nothing(`every endpoint of ${service.id} is in the zone`);
  const { commit } = asserted;
  // One TTL per weighted group: the one that stands there [hashicorp/terraform#5312].
  const found = lines.flatMap((line) => line.holding.records);
  const ttlSeconds =
    found.find((record) => record.ttlSeconds !== undefined)?.ttlSeconds ?? service.ttlSeconds;
  const entries = pending.map((line) => newEntry(line.holding.mark, 0 as Weight, { kind: 'out' }));
  const created = pending.flatMap((line) =>
    recordsOf(service, line.holding.endpoint, 0, ttlSeconds),
  );
  return planned(
    {
      ...commit,
      records: [...commit.records, ...created.map((after) => ({ before: null, after }))],
      fence: { ...commit.fence, entries: sortedEntries([...commit.fence.entries, ...entries]) },
    },
    lines,
    pending.map((line) => ({
      code: 'brought-in',
      endpoint: line.holding.endpoint.id,
      weight: 0,
    })),
  );
}

/** By name and at weight 0 only: nothing live is ever cleaned up. Velocity is counted from the fence, so
 *  an entry that counts stays until its window is over. */
export function retire(
  orphan: Orphan,
  asserted: Planned,
  { service, now }: Pick<OperationInput, 'service' | 'now'>,
): Operated {
  if (orphan.records.some((record) => record.weight !== 0)) {
    return refused(`${orphan.name} still has weight; give it weight 0 first`);
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

/** Takes over what stands there, as it is: a new fence, or an edited weight as the new starting point. */
export function adopt(input: OperationInput): Operated {
  const { service, snapshot, config, aids, now } = input;
  const known = snapshot.fence.kind === 'managed' ? snapshot.fence.fence : null;
  if (known !== null && isSuperseded(known, service, config))
    return refused(supersededText(service));
  const old = new Map(known?.entries.map((entry) => [entry.mark, entry]) ?? []);
  const odd = snapshot.records.find((record) => !isWeighted(record));
  if (odd !== undefined) return refused(`${odd.name} ${odd.type} is not a weighted record`);
  const found = snapshot.records.filter(isWeighted);
  const own = service.endpoints.map((endpoint) => ({
    endpoint,
    mark: markOf(endpoint, aids.digestOf),
    records: found.filter((record) => record.setIdentifier === endpoint.setIdentifier),
    slots: slotsOf(service, endpoint),
  }));
  const listed = own.flatMap((one) => {
    const [record] = one.records;
    return record === undefined ? [] : [{ ...one, weight: record.weight as Weight }];
  });
  if (listed.length === 0) {
    return refused(
      `${service.names.join(', ')} has no record of ${service.id}; run \`quorate apply ${service.id}\``,
    );
  }
  for (const { endpoint, records, slots } of listed) {
    const weights = new Set(records.map((record) => record.weight));
    if (records.length !== slots.length || weights.size !== 1) {
      return refused(
        `the records of ${endpoint.id} are incomplete or differ in weight; make them alike first`,
      );
    }
  }
  const others = found.filter((record) => !listed.some(({ records }) => records.includes(record)));
  // What the fence lists and the file no longer names stays an orphan, as it is.
  const orphans = new Map(
    others.flatMap((record) => {
      const entry = old.get(markOf(record, aids.digestOf));
      return entry === undefined ? [] : [[record.setIdentifier, entry] as const];
    }),
  );
  const strangers = others.filter((record) => !orphans.has(record.setIdentifier));
  if (strangers.length > 0) {
    return refused(
      `${strangers.map((record) => `${record.name} ${record.type} ${record.setIdentifier}`).join(', ')} is not in the file; add it or remove it first`,
    );
  }
  const empty = emptyRecordGroup(
    snapshot.records.map((record) => ({ before: record, after: record })),
  );
  if (empty !== null)
    return refused(`every weight of ${empty} is 0; give one endpoint weight first`);
  const entries = listed.map(({ endpoint, mark, weight }) =>
    adoptedEntry(old.get(mark), mark, weight, endpoint, now),
  );
  const fence = freshFence(service, config, [...entries, ...orphans.values()], now);
  return planned(
    {
      by: 'operator',
      order: null,
      records: snapshot.records.map((record) => ({ before: record, after: record })),
      fence:
        known === null
          ? fence
          : {
              ...fence,
              asofAt: known.asofAt,
              // Another configuration enters by the reports of a quorum, not by one region's word.
              config: known.config,
              packagedAt: known.packagedAt,
              orders: known.orders,
              rescuedAt: known.rescuedAt,
            },
      isRescue: false,
    },
    [],
    listed.map(({ endpoint, weight }) => ({ code: 'adopted', endpoint: endpoint.id, weight })),
  );
}

export const supersededText = ({ id }: Pick<Service, 'id'>): string =>
  `a newer configuration of ${id} is in force; deploy this region first`;

/** Found below its configured weight it returns by ramp, once it is `up`. */
function adoptedEntry(
  old: FenceEntry | undefined,
  mark: string,
  weight: Weight,
  endpoint: Endpoint,
  now: EpochMs,
): FenceEntry {
  if (old !== undefined && old.weight === weight) return old;
  const phase = weight < endpoint.weight && endpoint.tier === 1 ? 'out' : 'in';
  const entry = old ?? newEntry(mark, weight, { kind: phase });
  return { ...entry, weight, phase: { kind: phase }, changedAt: old === undefined ? null : now };
}

const freshFence = (
  service: Service,
  config: Pick<Config, 'deployment' | 'packagedAt'>,
  entries: readonly FenceEntry[],
  now: EpochMs,
): Commit['fence'] => ({
  deployment: config.deployment,
  asofAt: now,
  config: service.settings,
  packagedAt: config.packagedAt,
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

const contentOf = (target: Target, ttlSeconds: number): Partial<ZoneRecord> =>
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
