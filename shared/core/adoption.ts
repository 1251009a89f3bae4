/**
 * Taking over what stands in a zone. Weighted records are adopted as they are: the batch deletes and
 * creates each of them unchanged beside the new fence, so a zone that refuses such batches refuses this
 * one, before anything is enforced. A simple record is converted: in one batch it goes and weighted
 * records take its place, of which those that answer what it answered have the weight.
 */

import { undeployedText } from './applied.ts';
import type { RecordPair } from './commit.ts';
import { type Fence, type FenceEntry, isSuperseded, newEntry } from './fence.ts';
import { verdictOf } from './first-draft.ts';
import { emptyRecordGroup, freshFence, recordsOf, supersededText } from './membership.ts';
import { type Endpoint, type EpochMs, fenceName, type Service, type Weight } from './model.ts';
import { type Operated, type OperationInput, planned, refused } from './operated.ts';
import { list, type Reason } from './reason.ts';
import {
  answers,
  isAt,
  isWeighted,
  markOf,
  policyOf,
  servedText,
  slotsOf,
  targetText,
  type WeightedRecord,
} from './snapshot.ts';
import { judge } from './verdict.ts';
import type { ZoneRecord } from './zone-record.ts';

type Own = {
  readonly endpoint: Endpoint;
  readonly mark: string;
  readonly records: readonly WeightedRecord[];
  readonly weight: Weight;
};

/** A new fence over the records that stand there, or an edited weight as the new starting point. */
export function adopt(input: OperationInput): Operated {
  const { service, snapshot, config, aids, now } = input;
  const known = snapshot.fence.kind === 'managed' ? snapshot.fence.fence : null;
  const trouble = unfit(known, input);
  if (trouble !== null) return refused(trouble);
  const odd = snapshot.records.filter((record) => !isWeighted(record));
  const found = snapshot.records.filter(isWeighted);
  if (odd.length > 0) return refused(oddText(odd, found.length > 0, service));
  const own = service.endpoints.flatMap((endpoint): Own[] => {
    const records = found.filter((record) => record.setIdentifier === endpoint.setIdentifier);
    const weight = records[0]?.weight as Weight | undefined;
    const mark = markOf(endpoint, aids.digestOf);
    return weight === undefined ? [] : [{ endpoint, mark, records, weight }];
  });
  if (own.length === 0) {
    return refused(
      `${list(service.names)} has no record of ${service.id}; run \`quorate apply ${service.id}\``,
    );
  }
  for (const one of own) {
    const why = oddOneOut(one, known, service);
    if (why !== null) return refused(why);
  }
  const others = found.filter((record) => !own.some(({ records }) => records.includes(record)));
  // What the fence lists and the file no longer names stays an orphan, as it is.
  const old = new Map(known?.entries.map((entry) => [entry.mark, entry]) ?? []);
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
  const ttl = known === null ? otherTtl(found, service) : null;
  if (ttl !== null) return refused(ttl);
  const records = found.map((record) => ({ before: record, after: record }));
  const empty = emptyRecordGroup(records);
  if (empty !== null)
    return refused(`every weight of ${empty} is 0; give one endpoint weight first`);
  const entries = own.map((one) => adoptedEntry(old.get(one.mark), one, now));
  const fence = freshFence(service, config, [...entries, ...orphans.values()], now);
  return planned(
    {
      by: 'operator',
      order: null,
      records,
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
    [
      ...own.map(
        ({ endpoint, weight }): Reason => ({
          code: 'adopted',
          endpoint: endpoint.id,
          weight,
        }),
      ),
      ...own.flatMap((one) => otherAnswer(one, input)),
      ...replacedFence(input),
    ],
  );
}

/** Somebody else's, or one that can't be read, goes by the same batch: whoever lets it happen is told. */
function replacedFence({ service, snapshot: { fence } }: OperationInput): readonly Reason[] {
  if (fence.kind !== 'foreign' && fence.kind !== 'malformed') return [];
  const deployment = fence.kind === 'foreign' ? fence.deployment : null;
  return [{ code: 'fence-replaced', service: service.id, fence: fenceName(service), deployment }];
}

function unfit(known: Fence | null, input: OperationInput): string | null {
  const { service, config } = input;
  if (known === null) return undeployedText(input);
  return isSuperseded(known, service, config) ? supersededText(service) : null;
}

/** One name and type has one routing policy, so other records can't stand beside weighted ones. */
function oddText(odd: readonly ZoneRecord[], isMixed: boolean, { id }: Service): string {
  const named = new Map(odd.map((record) => [`${record.name} ${record.type}`, record]));
  const simple = [...named].filter(([, record]) => record.setIdentifier === undefined);
  if (simple.length === named.size) {
    const what = simple.map(([name, record]) => `${name} (${servedText(record)})`);
    if (isMixed) {
      return `${list(what)} ${simple.length === 1 ? 'is a simple record' : 'are simple records'} beside weighted ones of ${id}; put weighted records in ${simple.length === 1 ? 'its' : 'their'} place yourself, in one change batch, with the set identifiers and weights of the others, and adopt those`;
    }
    return `${list(what)} ${simple.length === 1 ? 'is a simple record' : 'are simple records'}; run \`quorate adopt ${id} --convert\` to put weighted records in ${simple.length === 1 ? 'its' : 'their'} place in one batch`;
  }
  const [first] = [...named].filter(([, record]) => record.setIdentifier !== undefined);
  const [name, record] = first as [string, ZoneRecord];
  return `${name} has ${policyOf(record)} records, and one name and type has one routing policy; give ${id} a name of its own in quorate.yml, run \`quorate apply ${id}\` and make these records aliases of it, or replace them by weighted ones yourself in one change batch and adopt those`;
}

/** An endpoint has one record per name and type of its targets, and one weight. */
function oddOneOut(
  { endpoint, records }: Own,
  known: Fence | null,
  service: Service,
): string | null {
  const { id } = service;
  const slots = slotsOf(service, endpoint);
  const missing = slots.find((slot) => !records.some((record) => isAt(record, slot)));
  if (missing !== undefined) {
    const what = `${missing.name} ${missing.type} of ${endpoint.id} is missing`;
    return known === null
      ? `${what}; leave what is not there yet out of the file, adopt, then add it and run \`quorate apply ${id}\``
      : `${what}; run \`quorate apply ${id}\` first`;
  }
  const extra = records.find((record) => !slots.some((slot) => isAt(record, slot)));
  if (extra !== undefined) {
    return `${extra.name} ${extra.type} of ${endpoint.id} is not in the file; add it to the file, or delete its record in Route 53`;
  }
  if (new Set(records.map(({ weight }) => weight)).size === 1) return null;
  const weights = records.map(({ name, type, weight }) => `${name} ${type} ${weight}`);
  return `the records of ${endpoint.id} differ in weight (${weights.join(', ')}), and an endpoint has one; make them alike in Route 53 first`;
}

/** At the first adoption only: later a TTL edited by hand is taken over and stops nothing. */
function otherTtl(records: readonly ZoneRecord[], { id, ttlSeconds }: Service): string | null {
  const other = records.find(
    (one) => one.ttlSeconds !== undefined && one.ttlSeconds !== ttlSeconds,
  );
  return other === undefined
    ? null
    : `${other.name} ${other.type} has a TTL of ${other.ttlSeconds} s, the file says ${ttlSeconds} s; write ttl: ${other.ttlSeconds}s to adopt it as it is, then change it and run \`quorate apply ${id}\``;
}

/** Adopted as it is, and its votes not used until the file says the same. */
function otherAnswer(
  { endpoint, records }: Own,
  { service, aids }: OperationInput,
): readonly Reason[] {
  const slots = slotsOf(service, endpoint);
  for (const record of records) {
    const slot = slots.find((one) => isAt(record, one));
    if (slot === undefined || answers(record, slot.target, aids)) continue;
    return [
      {
        endpoint: endpoint.id,
        code: 'not-what-is-served',
        service: service.id,
        record: `${record.name} ${record.type}`,
        served: servedText(record),
        configured: targetText(slot.target),
      },
    ];
  }
  return [];
}

/** Found below its configured weight it returns by ramp, once it is `up`. */
function adoptedEntry(
  old: FenceEntry | undefined,
  { endpoint, mark, weight }: Own,
  now: EpochMs,
): FenceEntry {
  if (old !== undefined && old.weight === weight) return old;
  const phase = weight < endpoint.weight && endpoint.tier === 1 ? 'out' : 'in';
  const entry = old ?? newEntry(mark, weight, { kind: phase });
  return { ...entry, weight, phase: { kind: phase }, changedAt: old === undefined ? null : now };
}

/** What answers now keeps answering, at its configured weight; everything else begins at 0 and ramps. */
export function convert(input: OperationInput): Operated {
  const { service, snapshot, config, aids, now } = input;
  const { id } = service;
  if (snapshot.fence.kind === 'managed') {
    if (snapshot.records.some(isWeighted)) {
      return refused(
        `weighted records of ${id} stand there already; run \`quorate adopt ${id}\`, which says what it takes`,
      );
    }
    return refused(
      `the fence still lists weighted records that are gone; run \`quorate release ${id}\` first`,
    );
  }
  const elsewhere = undeployedText(input);
  if (elsewhere !== null) return refused(elsewhere);
  const odd = snapshot.records.filter((record) => record.setIdentifier !== undefined);
  if (snapshot.records.length === 0 || odd.length > 0) {
    const why = odd.map(({ name, type }) => `${name} ${type}`)[0] ?? list(service.names);
    return refused(
      odd.length > 0
        ? `${why} is no simple record; run \`quorate adopt ${id}\`, which says what it takes`
        : `${why} has no record to convert; run \`quorate apply ${id}\``,
    );
  }
  const serving = new Set<Endpoint>();
  const behind = new Map<ZoneRecord, readonly Endpoint[]>();
  for (const record of snapshot.records) {
    const endpoints = endpointsBehind(record, input);
    if (typeof endpoints === 'string') return refused(endpoints);
    behind.set(record, endpoints);
    for (const endpoint of endpoints) serving.add(endpoint);
  }
  for (const [{ name, type }, endpoints] of behind) {
    const absent = [...serving].filter((endpoint) => !endpoints.includes(endpoint));
    if (absent.length > 0) {
      return refused(
        `${name} ${type} answers with ${namesOf(endpoints)} and not with ${namesOf(absent)}, as another name or type does; an endpoint has one weight, so make them alike in Route 53 first`,
      );
    }
  }
  const weightOf = (endpoint: Endpoint): Weight =>
    serving.has(endpoint) ? endpoint.weight : (0 as Weight);
  const created = service.endpoints.flatMap((endpoint) =>
    recordsOf(service, endpoint, weightOf(endpoint), service.ttlSeconds).map((after) => {
      const before = snapshot.records.find((record) => isAt(record, after));
      const check = serving.has(endpoint) ? before?.healthCheckId : undefined;
      return {
        before: null,
        after: check === undefined ? after : { healthCheckId: check, ...after },
      };
    }),
  );
  const removed = snapshot.records.map((before): RecordPair => ({ before, after: null }));
  const empty = emptyRecordGroup(created);
  if (empty !== null) {
    return refused(
      `every weight of ${empty} would be 0, since ${namesOf([...serving])} answers now and has none there; leave it out of the file until an endpoint that has it serves`,
    );
  }
  const unseen = unseenType([...serving], input);
  if (unseen !== null) return refused(unseen);
  const entries = service.endpoints.map((endpoint) =>
    newEntry(markOf(endpoint, aids.digestOf), weightOf(endpoint), {
      kind: serving.has(endpoint) ? 'in' : 'out',
    }),
  );
  return planned(
    {
      by: 'operator',
      order: null,
      records: [...removed, ...created],
      fence: freshFence(service, config, entries, now),
      isRescue: false,
    },
    [],
    [
      ...service.endpoints.map(
        (endpoint): Reason => ({
          code: 'converted',
          endpoint: endpoint.id,
          weight: weightOf(endpoint),
        }),
      ),
      ...replacedFence(input),
    ],
  );
}

/** A type that nothing answered yet would have all of its traffic at once: only where it is up. */
function unseenType(serving: readonly Endpoint[], input: OperationInput): string | null {
  const { service, snapshot, votes } = input;
  const verdicts = judge(service, votes, new Map());
  for (const type of service.types) {
    if (snapshot.records.some((record) => record.type === type)) continue;
    const unseen = serving.find(
      ({ id, targets }) => targets[type] !== undefined && verdictOf(verdicts, id).value !== 'up',
    );
    if (unseen === undefined) continue;
    return `no ${type} record stands there yet, and no quorum finds ${unseen.id} up; leave ${type} out of the file, convert, then add it and run \`quorate apply ${service.id}\``;
  }
  return null;
}

const namesOf = (endpoints: readonly Endpoint[]): string => list(endpoints.map(({ id }) => id));

/** Those whose target the record answers, one per value; else why that can't be told. */
function endpointsBehind(
  record: ZoneRecord,
  { service, aids }: OperationInput,
): readonly Endpoint[] | string {
  const what = `${record.name} ${record.type}`;
  if (!(service.types as readonly string[]).includes(record.type)) {
    return `${what} stands where the file says ${list(service.types)}; write type: ${record.type} with such targets, or replace it yourself`;
  }
  const fields = Object.keys(record.other ?? {});
  if (fields.length > 0) {
    return `${what} has ${list(fields)}, which weighted records can't carry on; replace it yourself and adopt what stands there then`;
  }
  const found = servedText(record)
    .split(', ')
    .map((value) => {
      const one = record.alias === undefined ? { ...record, values: [value] } : record;
      const endpoint = service.endpoints.find((candidate) =>
        slotsOf(service, candidate).some(
          (slot) => isAt(record, slot) && answers(one, slot.target, aids),
        ),
      );
      return { value, endpoint };
    });
  const unknown = found.find(({ endpoint }) => endpoint === undefined);
  if (unknown !== undefined) {
    return `${what} answers ${unknown.value}, which is no endpoint's target; add an endpoint with that target, which keeps the traffic`;
  }
  const known = new Set(found.map(({ endpoint }) => endpoint));
  return service.endpoints.filter((endpoint) => known.has(endpoint));
}
