/**
 * What Route 53 refuses and MiniStack does not: an oracle of its own, from AWS's documentation. In: a
 * zone and a batch that fits it exactly. Out: the broken rules, empty where AWS would make the change.
 * MiniStack judges exactness (what is there, what is equal), this judges the rest, and both together
 * say what the local Route 53 must answer. Shares no code with it.
 *
 * Sources: API reference of ResourceRecordSet, ResourceRecord, ChangeResourceRecordSets; Developer
 * Guide "Quotas", "DNS domain name format", "Supported DNS record types".
 */
import {
  type DiffChange,
  keyOf,
  moved,
  OWN_ZONE,
  type RecordSet,
  ZONE_NAME,
} from './record-set.ts';
import { isBadValue } from './values.ts';

/** The classes in which MiniStack differs, each with the rule that it does not know. */
export const KNOWN = {
  bounds: 'Weight 0..255, TTL 0..2147483647, SetIdentifier 1..128, Value up to 4,000 characters',
  shape: 'either an alias or TTL and values; a set identifier exactly with one routing policy',
  value: 'a value must be valid for its type',
  'duplicate value': 'no value twice in one record',
  'one value': 'a weighted record and a CNAME hold exactly one value',
  'group TTL': 'all records of a weighted group have the same TTL',
  'group size': 'at most 100 records of one name and type',
  'mixed policies': 'one routing policy per name and type; a simple record stands alone',
  'CNAME conflict': 'a CNAME stands alone at its name, and never at the apex',
  'outside zone': 'a name lies within its zone',
  name: 'labels of 1 to 63 characters, 255 in all',
  'alias target': 'an alias into its own zone targets a record of its type that is there by then',
  repeated: 'one record at most once in a batch, but for DELETE and then CREATE or UPSERT',
  elements: 'at most 1,000 ResourceRecord elements in a batch, UPSERT counts twice',
  characters: 'at most 32,000 characters of values in a batch, UPSERT counts twice',
} as const;
export type Rule = keyof typeof KNOWN;

/** Rules whose breach AWS calls InvalidInput: the request is malformed whatever the zone holds. */
export const MALFORMED: ReadonlySet<Rule> = new Set<Rule>(['bounds', 'shape']);

export function brokenRules(
  before: readonly RecordSet[],
  changes: readonly DiffChange[],
): ReadonlySet<Rule> {
  const after = moved(before, changes);
  return new Set([
    ...malformedRules(changes),
    ...repeatRules(changes),
    ...sizeRules(changes),
    ...orderRules(before, changes),
    ...writtenRules(changes),
    ...groupRules(changes, after),
  ]);
}

/** Also of a DELETE: nobody looks at the zone for a malformed request. */
export const malformedRules = (changes: readonly DiffChange[]): readonly Rule[] =>
  changes.flatMap(({ record }) => [...boundRules(record), ...shapeRules(record)]);

const isWithin = (value: number | undefined, max: number): boolean =>
  value === undefined || (value >= 0 && value <= max);
const valuesOf = (record: RecordSet): readonly string[] =>
  (record.ResourceRecords ?? []).map(({ Value }) => Value ?? '');

function boundRules(record: RecordSet): readonly Rule[] {
  const identifier = record.SetIdentifier ?? 'none';
  const ok =
    isWithin(record.Weight, 255) &&
    isWithin(record.TTL, 2_147_483_647) &&
    identifier.length >= 1 &&
    identifier.length <= 128 &&
    valuesOf(record).every((value) => value.length <= 4_000);
  return ok ? [] : ['bounds'];
}

const policyOf = ({ Weight, Region, Failover, MultiValueAnswer }: RecordSet): string =>
  [
    Weight !== undefined && 'weighted',
    Region !== undefined && 'latency',
    Failover !== undefined && 'failover',
    MultiValueAnswer === true && 'multivalue',
  ]
    .filter((policy) => policy !== false)
    .join('+');

function shapeRules(record: RecordSet): readonly Rule[] {
  const policy = policyOf(record);
  const isAlias = record.AliasTarget !== undefined;
  const hasTtl = record.TTL !== undefined;
  const hasValues = valuesOf(record).length > 0;
  const ok =
    (isAlias ? !hasTtl && !hasValues : hasTtl && hasValues) &&
    (record.SetIdentifier === undefined) === (policy === '') &&
    !policy.includes('+');
  return ok ? [] : ['shape'];
}

function repeatRules(changes: readonly DiffChange[]): readonly Rule[] {
  const actions = new Map<string, string>();
  for (const { action, record } of changes)
    actions.set(keyOf(record), `${actions.get(keyOf(record)) ?? ''}${action[0]}`);
  return [...actions.values()].some((seen) => !/^(?:[CDU]|D[CU])$/.test(seen)) ? ['repeated'] : [];
}

function sizeRules(changes: readonly DiffChange[]): readonly Rule[] {
  let elements = 0;
  let characters = 0;
  for (const { action, record } of changes) {
    const times = action === 'UPSERT' ? 2 : 1;
    elements += times * (record.AliasTarget ? 1 : valuesOf(record).length);
    characters += times * valuesOf(record).join('').length;
  }
  return [
    ...(elements > 1_000 ? (['elements'] as const) : []),
    ...(characters > 32_000 ? (['characters'] as const) : []),
  ];
}

/**
 * Changes are made in their order: each record must fit beside those that stand there at its turn
 * (octodns/octodns#507), and an alias needs its target then, not rewritten by a later UPSERT (#366).
 */
function orderRules(before: readonly RecordSet[], changes: readonly DiffChange[]): readonly Rule[] {
  const broken: Rule[] = [];
  let zone = before;
  for (const [position, change] of changes.entries()) {
    const { action, record } = change;
    if (action !== 'DELETE') {
      if (lacksTarget(record, zone, changes.slice(position + 1))) broken.push('alias target');
      const others = zone.filter(
        (other) => other.Name === record.Name && keyOf(other) !== keyOf(record),
      );
      if (others.some((other) => (other.Type === 'CNAME') !== (record.Type === 'CNAME')))
        broken.push('CNAME conflict');
      const group = others.filter((other) => other.Type === record.Type);
      const policy = policyOf(record);
      if (group.some((other) => policy === '' || policyOf(other) !== policy))
        broken.push('mixed policies');
    }
    zone = moved(zone, [change]);
  }
  return broken;
}

function lacksTarget(
  { Type, AliasTarget: target }: RecordSet,
  zone: readonly RecordSet[],
  later: readonly DiffChange[],
): boolean {
  if (target?.HostedZoneId !== OWN_ZONE) return false;
  const isTarget = (other: RecordSet): boolean =>
    other.Name === target.DNSName && other.Type === Type;
  return (
    !zone.some(isTarget) ||
    later.some(({ action, record }) => action === 'UPSERT' && isTarget(record))
  );
}

function writtenRules(changes: readonly DiffChange[]): readonly Rule[] {
  return changes
    .filter(({ action }) => action !== 'DELETE')
    .flatMap(({ record }) => {
      const broken: Rule[] = [];
      const values = valuesOf(record);
      if (values.some((value) => isBadValue(record.Type, value))) broken.push('value');
      if (new Set(values).size < values.length) broken.push('duplicate value');
      if (values.length > 1 && (record.Weight !== undefined || record.Type === 'CNAME'))
        broken.push('one value');
      if (record.Type === 'CNAME' && record.Name === ZONE_NAME) broken.push('CNAME conflict');
      if (isOutside(record.Name)) broken.push('outside zone');
      if (!isName(record.Name)) broken.push('name');
      return broken;
    });
}

export const isOutside = (name: string): boolean =>
  name !== ZONE_NAME && !name.endsWith(`.${ZONE_NAME}`);

function isName(name: string): boolean {
  const labels = name
    .replace(/\.$/, '')
    .replace(/\\\d{3}/g, '?')
    .split('.');
  const length = labels.reduce((sum, label) => sum + 1 + label.length, 1);
  return labels.every((label) => label.length >= 1 && label.length <= 63) && length <= 255;
}

function groupRules(changes: readonly DiffChange[], after: readonly RecordSet[]): readonly Rule[] {
  const written = new Set(
    changes
      .filter(({ action }) => action !== 'DELETE')
      .map(({ record: { Name, Type } }) => `${Name} ${Type}`),
  );
  return [...written].flatMap((place) => {
    const group = after.filter(({ Name, Type }) => `${Name} ${Type}` === place);
    const ttls = new Set(
      group
        .filter(({ Weight, TTL }) => Weight !== undefined && TTL !== undefined)
        .map((r) => r.TTL),
    );
    return [
      ...(ttls.size > 1 ? (['group TTL'] as const) : []),
      ...(group.length > 100 ? (['group size'] as const) : []),
    ];
  });
}
