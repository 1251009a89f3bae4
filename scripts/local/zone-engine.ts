/**
 * One hosted zone as Route 53 keeps it, pure: a zone and a batch → a new zone, or every message that
 * AWS would answer and the old zone untouched. Changes apply in order, so DELETE + CREATE of one
 * record works; a DELETE must equal the record in every field: that is the compare-and-set on which
 * the fence rests. Shares nothing with shared/core but types, so that it can judge it.
 *
 *  judged in order, change by change   exists, equals, CNAME and mixed policies, protection, alias targets
 *  judged once, on the outcome         one TTL per weighted group, sizes, SOA and NS
 */
import type { ZoneRecord } from '../../shared/core/zone-record.ts';
import { compareNames, isInZone, normalName, wireName } from './zone-name.ts';
import {
  type EngineChange,
  inputProblems,
  normalRecord,
  policiesOf,
  valueProblems,
} from './zone-rules.ts';

export type { EngineChange } from './zone-rules.ts';

export const ELEMENTS_PER_BATCH_MAX = 1_000;
export const VALUE_CHARACTERS_PER_BATCH_MAX = 32_000;
export const RECORDS_PER_ZONE_MAX = 10_000;
export const RECORDS_PER_GROUP_MAX = 100;

export type HostedZone = {
  readonly id: string;
  /** Normal form. */
  readonly name: string;
  readonly records: ReadonlyMap<string, ZoneRecord>;
};

export type BatchOutcome =
  | { readonly kind: 'applied'; readonly zone: HostedZone }
  | {
      readonly kind: 'refused';
      readonly code: 'InvalidChangeBatch' | 'InvalidInput';
      readonly messages: readonly string[];
    };

export type BatchOptions = {
  /** AWS names the set identifier in its texts, but not everywhere. Default: it does. */
  readonly namesSetIdentifier?: boolean;
  /** Names whose records nobody may change (record set protection). */
  readonly protectedNames?: readonly string[];
};

const keyOf = (record: ZoneRecord): string =>
  `${record.name} ${record.type} ${record.setIdentifier ?? ''}`;

/** A new zone with the SOA and NS that Route 53 gives it; `records` must be acceptable as one batch each. */
export function hostedZone(zone: {
  readonly id: string;
  readonly name: string;
  readonly records?: readonly ZoneRecord[];
}): HostedZone {
  const name = normalName(zone.name);
  const servers = [1, 2, 3, 4].map((n) => `ns-${n}.${name}.`);
  const own: readonly ZoneRecord[] = [
    { name, type: 'NS', ttlSeconds: 172_800, values: servers },
    {
      name,
      type: 'SOA',
      ttlSeconds: 900,
      values: [`${servers[0]} hostmaster.${name}. 1 7200 900 1209600 86400`],
    },
  ];
  const empty: HostedZone = {
    id: zone.id,
    name,
    records: new Map(own.map((record) => [keyOf(record), record])),
  };
  const given = (zone.records ?? []).map(normalRecord);
  const records = new Map([
    ...empty.records,
    ...given.map((record) => [keyOf(record), record] as const),
  ]);
  if (records.size < empty.records.size + given.filter((r) => !empty.records.has(keyOf(r))).length)
    throw new Error(`zone ${name}: two records have the same name, type and set identifier`);
  const draft = draftOf({ ...empty, records });
  const messages = given.flatMap((record, position) => {
    const create: EngineChange = { action: 'CREATE', record };
    return [
      ...inputProblems(create, position),
      ...valueProblems(record),
      ...placeProblems(draft, record),
      ...aliasProblems(draft, create, []),
    ];
  });
  messages.push(
    ...outcomeProblems(
      draft,
      given.map((record) => ({ action: 'CREATE', record })),
    ),
  );
  if (messages.length > 0) throw new Error(`zone ${name}: ${messages.join('; ')}`);
  return { ...empty, records };
}

const listings = new WeakMap<HostedZone, readonly ZoneRecord[]>();

/** In listing order: reversed labels, then type, then set identifier. A zone is sorted once. */
export function listRecords(zone: HostedZone): readonly ZoneRecord[] {
  const known = listings.get(zone);
  if (known) return known;
  const sorted = [...zone.records.values()].sort(compareRecords);
  listings.set(zone, sorted);
  return sorted;
}

export const compareRecords = (a: RecordPosition, b: RecordPosition): number =>
  compareNames(a.name, b.name) ||
  compareText(a.type ?? '', b.type ?? '') ||
  compareText(a.setIdentifier ?? '', b.setIdentifier ?? '');

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export type RecordPosition = {
  readonly name: string;
  readonly type?: string;
  readonly setIdentifier?: string;
};

export const ITEMS_PER_PAGE_MAX = 300;

/** One page of a listing, from the first record at or after `from`; `next` is where to go on. */
export function listPage(
  zone: HostedZone,
  from: RecordPosition | undefined,
  itemsMax: number,
): { readonly records: readonly ZoneRecord[]; readonly next?: ZoneRecord } {
  const start = from && { ...from, name: normalName(from.name) };
  const rest = listRecords(zone).filter((record) => !start || compareRecords(record, start) >= 0);
  const size = Math.min(Math.max(1, Math.trunc(itemsMax)), ITEMS_PER_PAGE_MAX);
  const next = rest[size];
  return { records: rest.slice(0, size), ...(next ? { next } : {}) };
}

/** All or nothing. The zone given is never changed. */
export function applyBatch(
  zone: HostedZone,
  changes: readonly EngineChange[],
  options: BatchOptions = {},
): BatchOutcome {
  const normal = changes.map(({ action, record }) => ({ action, record: normalRecord(record) }));
  const input = normal.length === 0 ? [EMPTY_BATCH] : normal.flatMap(inputProblems);
  if (input.length > 0) return { kind: 'refused', code: 'InvalidInput', messages: input };

  const messages = [...sizeProblems(normal), ...repeatProblems(normal)];
  if (messages.length === 0) {
    const draft = draftOf(zone);
    for (const [position, change] of normal.entries())
      messages.push(
        ...aliasProblems(draft, change, normal.slice(position + 1)),
        ...applyChange(draft, change, options),
      );
    if (messages.length === 0) messages.push(...outcomeProblems(draft, normal));
    if (messages.length === 0)
      return { kind: 'applied', zone: { ...zone, records: draft.records } };
  }
  return { kind: 'refused', code: 'InvalidChangeBatch', messages };
}

const EMPTY_BATCH =
  "1 validation error detected: Value '[]' at 'changeBatch.changes' failed to satisfy constraint: Member must have length greater than or equal to 1";

type Draft = {
  readonly id: string;
  readonly name: string;
  readonly records: Map<string, ZoneRecord>;
  /** Name → keys of its records, gone ones too: a batch of 1,000 must not scan 10,000 records 1,000 times. */
  readonly keysByName: Map<string, Set<string>>;
};

function draftOf(zone: HostedZone): Draft {
  const keysByName = new Map<string, Set<string>>();
  for (const [key, { name }] of zone.records)
    keysByName.set(name, (keysByName.get(name) ?? new Set()).add(key));
  return { id: zone.id, name: zone.name, records: new Map(zone.records), keysByName };
}

function put(draft: Draft, record: ZoneRecord): void {
  const key = keyOf(record);
  draft.records.set(key, record);
  draft.keysByName.set(record.name, (draft.keysByName.get(record.name) ?? new Set()).add(key));
}

const namesakes = (draft: Draft, name: string): readonly ZoneRecord[] =>
  [...(draft.keysByName.get(name) ?? [])].flatMap((key) => draft.records.get(key) ?? []);

function applyChange(
  draft: Draft,
  { action, record }: EngineChange,
  options: BatchOptions,
): string[] {
  const current = draft.records.get(keyOf(record));
  const identifier =
    record.setIdentifier === undefined || options.namesSetIdentifier === false
      ? ''
      : `, set-identifier='${record.setIdentifier}'`;
  const set = `resource record set [name='${wireName(record.name)}', type='${record.type}'${identifier}]`;
  if (!isInZone(record.name, draft.name))
    return [
      `RRSet with DNS name ${wireName(record.name)} is not permitted in zone ${wireName(draft.name)}`,
    ];
  if ((options.protectedNames ?? []).some((name) => normalName(name) === record.name))
    return [`Tried to change ${set} but it is protected: this name may not be changed`];
  switch (action) {
    case 'DELETE':
      if (current === undefined) return [`Tried to delete ${set} but it was not found`];
      if (!isSameRecord(current, record))
        return [`Tried to delete ${set} but the values provided do not match the current values`];
      draft.records.delete(keyOf(record));
      return [];
    case 'CREATE':
      if (current !== undefined) return [`Tried to create ${set} but it already exists`];
      break;
    case 'UPSERT':
      draft.records.delete(keyOf(record));
      break;
  }
  const problems = [...valueProblems(record), ...placeProblems(draft, record)];
  put(draft, record);
  return problems;
}

/** Every field, values in any order. */
export function isSameRecord(a: ZoneRecord, b: ZoneRecord): boolean {
  return comparable(a) === comparable(b);
}

function comparable(record: ZoneRecord): string {
  const { values, ...rest } = record;
  return canonical({ ...rest, ...(values ? { values: [...values].sort(compareText) } : {}) });
}

/** JSON with sorted keys and without absent ones. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) =>
    item !== null && typeof item === 'object' && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => compareText(a, b)))
      : item,
  );

/** May this record stand beside the others of its name? */
function placeProblems(draft: Draft, record: ZoneRecord): string[] {
  const name = wireName(record.name);
  const zone = wireName(draft.name);
  const own = keyOf(record);
  const others = namesakes(draft, record.name).filter((other) => keyOf(other) !== own);
  const set = `RRSet with DNS name ${name}, type ${record.type}, SetIdentifier ${record.setIdentifier ?? 'null'}`;
  if (!isInZone(record.name, draft.name))
    return [`RRSet with DNS name ${name} is not permitted in zone ${zone}`];
  if (record.type === 'CNAME' && record.name === draft.name)
    return [`RRSet of type CNAME with DNS name ${name} is not permitted at apex in zone ${zone}`];
  if (record.type === 'CNAME' && others.some((other) => other.type !== 'CNAME'))
    return [
      `RRSet of type CNAME with DNS name ${name} is not permitted as it conflicts with other records with the same DNS name in zone ${zone}`,
    ];
  if (record.type !== 'CNAME' && others.some((other) => other.type === 'CNAME'))
    return [
      `RRSet of type ${record.type} with DNS name ${name} is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone ${zone}`,
    ];

  const [policy] = policiesOf(record);
  const group = others.filter((other) => other.type === record.type);
  if (policy === undefined && group.length > 0)
    return [`${set} cannot be created as other RRSets exist with the same name and type.`];
  if (group.some((other) => policiesOf(other)[0] !== policy))
    return [`${set} cannot be created as a non-${policy} set exists with the same name and type.`];
  return [];
}

const elementsOf = (record: ZoneRecord): number =>
  record.alias ? 1 : (record.values?.length ?? 0);
const charactersOf = (record: ZoneRecord): number =>
  (record.values ?? []).reduce((sum, value) => sum + value.length, 0);

function sizeProblems(changes: readonly EngineChange[]): string[] {
  const sum = (measure: (record: ZoneRecord) => number): number =>
    changes.reduce(
      (n, { action, record }) => n + measure(record) * (action === 'UPSERT' ? 2 : 1),
      0,
    );
  return [
    ...(sum(elementsOf) > ELEMENTS_PER_BATCH_MAX
      ? [`Number of records limit of ${ELEMENTS_PER_BATCH_MAX} exceeded.`]
      : []),
    ...(sum(charactersOf) > VALUE_CHARACTERS_PER_BATCH_MAX
      ? [`RDATA character limit of ${VALUE_CHARACTERS_PER_BATCH_MAX} exceeded.`]
      : []),
  ];
}

/** One DELETE, then at most one CREATE or UPSERT: anything else for one record is no set of changes. */
function repeatProblems(changes: readonly EngineChange[]): string[] {
  const seen = new Map<string, EngineChange['action'][]>();
  for (const { action, record } of changes)
    seen.set(keyOf(record), [...(seen.get(keyOf(record)) ?? []), action]);
  const bad = (actions: readonly string[]): boolean =>
    actions.length > 2 ||
    (actions.length === 2 && (actions[0] !== 'DELETE' || actions[1] === 'DELETE'));
  return [...seen].flatMap(([key, actions]) => {
    const [name = '', type = ''] = key.split(' ');
    return bad(actions)
      ? [
          `The request contains an invalid set of changes for a resource record set '${type} ${wireName(name)}'`,
        ]
      : [];
  });
}

/** Rules about the zone as the batch would leave it. */
function outcomeProblems(draft: Draft, changes: readonly EngineChange[]): string[] {
  const written = changes.filter(({ action }) => action !== 'DELETE').map(({ record }) => record);
  const problems = groupProblems(draft, written);
  if (draft.records.size > RECORDS_PER_ZONE_MAX)
    problems.push(`Exceeded limit MAX_RRSETS_BY_ZONE for zone: ${draft.id}`);
  if (!draft.records.has(`${draft.name} SOA `))
    problems.push('A HostedZone must contain exactly one SOA record.');
  if (!draft.records.has(`${draft.name} NS `))
    problems.push('A HostedZone must contain at least one NS record for the zone itself.');
  return problems;
}

/**
 * An alias into its own zone needs its target at its turn: AWS takes neither a target that comes later in
 * the batch nor one that a later UPSERT will rewrite, though it be there (octodns/octodns#366).
 */
function aliasProblems(
  draft: Draft,
  { action, record: { alias, type } }: EngineChange,
  later: readonly EngineChange[],
): string[] {
  if (action === 'DELETE' || alias === undefined || alias.zone !== draft.id) return [];
  const target = `Tried to create an alias that targets ${wireName(alias.name)}, type ${type} in zone ${alias.zone}`;
  if (!isInZone(alias.name, draft.name))
    return [`${target}, but the alias target name does not lie within the target zone`];
  const isTarget = (record: ZoneRecord): boolean =>
    record.name === alias.name && record.type === type;
  const isThere =
    namesakes(draft, alias.name).some(isTarget) &&
    !later.some((change) => change.action === 'UPSERT' && isTarget(change.record));
  return isThere ? [] : [`${target}, but that target was not found`];
}

function groupProblems(draft: Draft, written: readonly ZoneRecord[]): string[] {
  const writtenKeys = new Set(written.map(keyOf));
  const groups = new Map(
    written
      .filter((record) => record.setIdentifier !== undefined)
      .map((record) => [`${record.name} ${record.type}`, record]),
  );
  return [...groups.values()].flatMap(({ name, type, weight }) => {
    const group = namesakes(draft, name).filter((record) => record.type === type);
    const problems: string[] = [];
    if (group.length > RECORDS_PER_GROUP_MAX)
      problems.push(
        `RRSet with DNS name ${wireName(name)}, type ${type} cannot be created as it would exceed the limit of ${RECORDS_PER_GROUP_MAX} records with the same name and type.`,
      );
    // An alias has no TTL of its own, so it stands beside any.
    const timed = group.filter((record) => record.ttlSeconds !== undefined);
    const kept = timed.find((record) => !writtenKeys.has(keyOf(record))) ?? timed[0];
    if (weight !== undefined)
      for (const record of timed)
        if (record.ttlSeconds !== kept?.ttlSeconds)
          problems.push(
            `RRSet with DNS name ${wireName(name)}, type ${type}, SetIdentifier ${record.setIdentifier} cannot be created as weighted sets must contain the same TTL.`,
          );
    return problems;
  });
}
