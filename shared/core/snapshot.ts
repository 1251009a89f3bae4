/**
 * Zone read → snapshot: what stands in the zone for one service, matched with its endpoints. Nothing
 * that stands there is an exception: a missing, extra or foreign record is a state that holds the
 * service and names itself.
 */
import { endpointMark, oncePerEndpoint } from './endpoint-mark.ts';
import {
  CLOCK_TOLERANCE_MS,
  type Fence,
  type FenceEntry,
  type FenceState,
  parseFence,
} from './fence.ts';
import {
  type Aids,
  byText,
  type Endpoint,
  type EpochMs,
  endpointId,
  fenceName,
  type RecordType,
  type Service,
  type Target,
} from './model.ts';
import { isManagedType, type ZoneRead, type ZoneRecord } from './zone-record.ts';

export type Snapshot = {
  readonly fence: FenceState;
  readonly fenceRecord: ZoneRecord | null;
  /** Every record at the service's names and types, sorted by name, type, set identifier. */
  readonly records: readonly ZoneRecord[];
  readonly serverAt: EpochMs | null;
  readonly readAt: EpochMs;
};

export type WeightedRecord = ZoneRecord & {
  readonly setIdentifier: string;
  readonly weight: number;
};

export const isWeighted = (record: ZoneRecord): record is WeightedRecord =>
  record.weight !== undefined && record.setIdentifier !== undefined;

/** An endpoint of the file with what the zone holds for it. */
export type Holding = {
  readonly endpoint: Endpoint;
  readonly mark: string;
  /** In name and type order: one per name and type it has a target for. Empty while pending. */
  readonly records: readonly WeightedRecord[];
  /** Null: configured and not listed by the fence. */
  readonly entry: FenceEntry | null;
  /** The smallest of its records' weights; 0 while pending. */
  readonly weight: number;
  /** First record whose weight isn't what the last commit left. */
  readonly edited: WeightedRecord | null;
  /** First record that answers something else than the file says, and what it says. */
  readonly strange: { readonly record: ZoneRecord; readonly target: Target } | null;
};
/** Listed by the fence, no longer in the file. */
export type Orphan = {
  readonly name: string;
  readonly entry: FenceEntry;
  readonly records: readonly WeightedRecord[];
};

/** What stands in the way of deciding, in the order in which it is found. */
export type Problem = {
  readonly kind: 'not-weighted' | 'unlisted' | 'missing' | 'extra' | 'stranger' | 'gone';
  readonly text: string;
  /** What helps, ready to follow `app is held; `. */
  readonly remedy: string;
};

/** Everything that was found, whatever stands in the way. */
export type Survey = {
  readonly holdings: readonly Holding[];
  readonly orphans: readonly Orphan[];
  readonly problems: readonly Problem[];
};

export type Matched =
  | {
      readonly kind: 'matched';
      readonly holdings: readonly Holding[];
      readonly orphans: readonly Orphan[];
    }
  | { readonly kind: 'held'; readonly problem: Problem };

/** How far this process and Route 53 are apart; null where Route 53 told no time. */
export const clockOffMs = ({ readAt, serverAt }: Snapshot): number | null =>
  serverAt === null ? null : Math.abs(readAt - serverAt);
/** The `Date` header counts whole seconds, so it may lag by one. */
export const CLOCK_OFF_MS_MAX = CLOCK_TOLERANCE_MS + 1000;

export const markOf = oncePerEndpoint(
  ({ setIdentifier }: Pick<Endpoint, 'setIdentifier'>, digestOf) =>
    endpointMark(endpointId(setIdentifier), digestOf),
);

export function snapshotOf(
  service: Service,
  read: ZoneRead,
  deployment: string,
  now: EpochMs,
): Snapshot {
  const name = fenceName(service);
  const fenceRecord =
    read.records.find((record) => record.name === name && record.type === 'TXT') ?? null;
  const records = read.records.filter(
    (record) => service.names.includes(record.name) && isManagedType(record.type),
  );
  return {
    fence: parseFence(fenceRecord === null ? null : (fenceRecord.values ?? []), deployment, now),
    fenceRecord,
    records: [...records].sort(byListing),
    serverAt: read.serverAt,
    readAt: read.readAt,
  };
}

const listing = (record: ZoneRecord): string =>
  `${record.name}\u0000${record.type}\u0000${record.setIdentifier ?? ''}`;
const byListing = (a: ZoneRecord, b: ZoneRecord): number => byText(listing(a), listing(b));

/** The records an endpoint should have: one per name and type it has a target for. */
export function slotsOf(
  service: Service,
  endpoint: Endpoint,
): readonly { readonly name: string; readonly type: RecordType; readonly target: Target }[] {
  return service.names.flatMap((name) =>
    service.types.flatMap((type) => {
      const target = endpoint.targets[type];
      return target === undefined ? [] : [{ name, type, target }];
    }),
  );
}

/** Any problem holds the service: what can't be told apart can't be steered. */
export function matchRecords(
  service: Service,
  snapshot: Snapshot,
  fence: Fence,
  aids: Pick<Aids, 'digestOf' | 'classifyAddress'>,
): Matched {
  const { holdings, orphans, problems } = surveyRecords(service, snapshot, fence, aids);
  const [problem] = problems;
  return problem === undefined ? { kind: 'matched', holdings, orphans } : { kind: 'held', problem };
}

export function surveyRecords(
  service: Service,
  snapshot: Snapshot,
  fence: Fence,
  aids: Pick<Aids, 'digestOf' | 'classifyAddress'>,
): Survey {
  const problems: Problem[] = [];
  const adopt = `run \`quorate adopt ${service.id}\``;
  const odd = snapshot.records.find((record) => !isWeighted(record));
  if (odd !== undefined) {
    problems.push({
      kind: 'not-weighted',
      text: `${odd.name} ${odd.type} is not a weighted record (${policyOf(odd)})`,
      remedy: `${adopt}, which says how to replace it`,
    });
  }
  const records = snapshot.records.filter(isWeighted);
  const entries = new Map(fence.entries.map((entry) => [entry.mark, entry]));
  const taken = new Set<ZoneRecord>();
  const holdings: Holding[] = [];
  for (const endpoint of service.endpoints) {
    const mark = markOf(endpoint, aids.digestOf);
    const entry = entries.get(mark) ?? null;
    entries.delete(mark);
    const own = records.filter((record) => record.setIdentifier === endpoint.setIdentifier);
    for (const record of own) taken.add(record);
    problems.push(...ownProblems(service, endpoint, entry, own));
    if (entry === null) {
      holdings.push({ endpoint, mark, records: [], entry, weight: 0, edited: null, strange: null });
      continue;
    }
    holdings.push({
      endpoint,
      mark,
      records: own,
      entry,
      weight: own.length === 0 ? 0 : Math.min(...own.map((record) => record.weight)),
      edited: own.find((record) => record.weight !== entry.weight) ?? null,
      strange: strangeAmong(own, slotsOf(service, endpoint), aids),
    });
  }
  const orphans: Orphan[] = [];
  for (const record of records) {
    if (taken.has(record)) continue;
    const name = record.setIdentifier;
    const entry = entries.get(markOf({ setIdentifier: name }, aids.digestOf));
    if (entry === undefined) {
      problems.push({
        kind: 'stranger',
        text: `${textOf([record])} was not made by Quorate`,
        remedy: `add it to the file and ${adopt}, or delete it in Route 53`,
      });
      continue;
    }
    const known = orphans.find((orphan) => orphan.name === name);
    if (known === undefined) orphans.push({ name, entry, records: [record] });
    else orphans[orphans.indexOf(known)] = { ...known, records: [...known.records, record] };
  }
  for (const mark of entries.keys()) {
    if (orphans.some((orphan) => orphan.entry.mark === mark)) continue;
    problems.push({
      kind: 'gone',
      text: `the records of an endpoint that the fence lists (${mark}) are gone`,
      remedy: `${adopt} to forget it`,
    });
  }
  return { holdings, orphans, problems };
}

function ownProblems(
  service: Service,
  endpoint: Endpoint,
  entry: FenceEntry | null,
  own: readonly WeightedRecord[],
): readonly Problem[] {
  if (entry === null) {
    const text = `${textOf(own)} exists, but the fence does not list it`;
    const remedy = `run \`quorate adopt ${service.id}\` to take it over`;
    return own.length === 0 ? [] : [{ kind: 'unlisted', text, remedy }];
  }
  const slots = slotsOf(service, endpoint);
  const problems: Problem[] = [];
  const missing = slots.find((slot) => !own.some((record) => isAt(record, slot)));
  if (missing !== undefined) {
    problems.push({
      kind: 'missing',
      text: `${missing.name} ${missing.type} of ${endpoint.id} is missing`,
      remedy: `run \`quorate apply ${service.id}\` to make it`,
    });
  }
  const extra = own.find((record) => !slots.some((slot) => isAt(record, slot)));
  if (extra !== undefined) {
    problems.push({
      kind: 'extra',
      text: `${extra.name} ${extra.type} of ${endpoint.id} is not in the file`,
      remedy: 'put it back into the file, or delete its record in Route 53',
    });
  }
  return problems;
}

export const isAt = (
  record: ZoneRecord,
  slot: { readonly name: string; readonly type: string },
): boolean => record.name === slot.name && record.type === slot.type;

const textOf = (records: readonly WeightedRecord[]): string =>
  records.map((record) => `${record.name} ${record.type} ${record.setIdentifier}`).join(', ');

function strangeAmong(
  records: readonly ZoneRecord[],
  slots: ReturnType<typeof slotsOf>,
  aids: Pick<Aids, 'classifyAddress'>,
): Holding['strange'] {
  for (const slot of slots) {
    const record = records.find((one) => isAt(one, slot) && !answers(one, slot.target, aids));
    if (record !== undefined) return { record, target: slot.target };
  }
  return null;
}

const POLICIES: Readonly<Record<string, string>> = {
  Region: 'latency',
  Failover: 'failover',
  GeoLocation: 'geolocation',
  GeoProximityLocation: 'geoproximity',
  MultiValueAnswer: 'multivalue answer',
  CidrRoutingConfig: 'IP-based',
};

/** The routing policy of a record that is not weighted, in Route 53's own words. */
export function policyOf(record: ZoneRecord): string {
  if (record.setIdentifier === undefined) return 'simple';
  const fields = Object.keys(record.other ?? {});
  return fields.map((field) => POLICIES[field] ?? field).join(', ') || 'of another policy';
}

/** Does the record answer what the file says? Flags are not compared: an edited one is taken over. */
export function answers(
  record: ZoneRecord,
  target: Target,
  aids: Pick<Aids, 'classifyAddress'>,
): boolean {
  if (target.kind === 'alias') {
    return (
      record.alias !== undefined &&
      plainName(record.alias.name) === plainName(target.name) &&
      record.alias.zone === target.zone
    );
  }
  const served = record.values?.length === 1 ? record.values[0] : undefined;
  if (served === undefined) return false;
  const canonical = (text: string): string =>
    aids.classifyAddress(text)?.canonical ?? plainName(text);
  return served === target.value || canonical(served) === canonical(target.value);
}

/** ELB names are served with and without `dualstack.`; that is one target [R53API AliasTarget]. */
const plainName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/^dualstack\./, '');

export const servedText = (record: ZoneRecord): string =>
  record.alias === undefined ? (record.values ?? []).join(', ') : record.alias.name;
export const targetText = (target: Target): string =>
  target.kind === 'alias' ? target.name : target.value;
