/**
 * Random batches: a zone and chance in, one batch out. Half of them are meant to be taken (asserts,
 * replacements, moves of a whole group), half carry something that Route 53 must notice: a stale field,
 * a record that is there or is not, a bad value, a TTL of its own, a limit passed by one.
 */
import type { Random } from './random.ts';
import {
  type DiffChange,
  keyOf,
  OWN_ZONE,
  type RecordSet,
  spelled,
  ZONE_NAME,
} from './record-set.ts';
import { BAD, GOOD } from './values.ts';

const LABELS = [
  'app', 'app-b', '_quorate.app', '1.app', 'www', 'a.b.app', '\\052.wild', 'a\\056b', 'x\\041y\\176',
]; // biome-ignore format: one list, one glance
const NAMES = [...LABELS.map((label) => `${label}.${ZONE_NAME}`), ZONE_NAME];
const TYPES = ['A', 'AAAA', 'CNAME', 'TXT'] as const;
/** What may stand beside other types. */
const BESIDE = ['A', 'AAAA', 'TXT'] as const;
const IDENTIFIERS = ['eu-west-1', 'us-east-1', 'eu-west-1 b', 'EU-WEST-1', '"<&>'];
const TTLS = [0, 30, 60, 60, 60, 300, 2_147_483_647];
const WEIGHTS = [0, 0, 1, 10, 100, 255];
const HEALTH_CHECKS = [1, 2].map((n) => `3f9c2a10-0000-4000-8000-00000000000${n}`);
/** Above this, batches prefer to take away. */
const RECORDS_MAX = 30;

export type Batch = {
  readonly changes: readonly DiffChange[];
  /** Names as the local engine is sent them, where they are spelled otherwise: by position. */
  readonly spellings: ReadonlyMap<number, string>;
};

export function randomBatch(random: Random, zone: readonly RecordSet[]): Batch {
  const changes = random.pickWeighted<() => readonly DiffChange[]>([
    [50, () => someOf(random, zone, POLITE)],
    [46, () => someOf(random, zone, ANY)],
    [2, () => wholeGroup(random, zone)],
    [2, () => atTheLimit(random)],
  ])();
  const spellings = new Map<number, string>();
  if (random.chance(0.05))
    changes.forEach(({ record: { Name } }, position) => {
      const other = misspelled(random, Name);
      if (spelled(other) === Name) spellings.set(position, other);
    });
  return { changes, spellings };
}

type Part = (random: Random, zone: readonly RecordSet[]) => readonly DiffChange[];

const make = (record: RecordSet): DiffChange => ({ action: 'CREATE', record });
const take = (record: RecordSet): DiffChange => ({ action: 'DELETE', record });
const set = (record: RecordSet): DiffChange => ({ action: 'UPSERT', record });

/** A part that needs a record where there is none makes one instead. */
const onOne =
  (part: (record: RecordSet, random: Random) => readonly DiffChange[]): Part =>
  (random, zone) =>
    zone.length === 0 ? [make(fitting(random, zone))] : part(random.pick(zone), random);

const asserted = onOne((record, random) => [take(reordered(record, random)), make(record)]);
const replaced = onOne((record, random) => [take(record), make(retuned(record, random))]);
const upserted = onOne((record, random) => [set(retuned(record, random))]);
const removed = onOne((record) => [take(record)]);
const added: Part = (random, zone) => [make(fitting(random, zone))];
const put: Part = (random, zone) => [set(fitting(random, zone))];

const POLITE: readonly (readonly [number, Part])[] = [
  [40, asserted],
  [30, replaced],
  [8, upserted],
  [8, removed],
  [16, added],
  [4, put],
];

const ANY: readonly (readonly [number, Part])[] = [
  ...POLITE,
  [15, onOne((record, random) => [take(stale(record, random))])],
  [10, onOne((record, random) => [take(stale(record, random)), make(retuned(record, random))])],
  [8, onOne((record, random) => [make(retuned(record, random))])],
  [8, (random) => [take(anyRecord(random))]],
  [10, (random) => [make(anyRecord(random))]],
  [5, (random) => [set(anyRecord(random))]],
  [10, (random) => [make(flawed(anyRecord(random), random))]],
  [5, (random) => [set(flawed(anyRecord(random), random))]],
  [3, (random) => [take(flawed(anyRecord(random), random))]],
  [6, onOne((record, random) => random.shuffled([take(record), make(record), take(record)]))],
  [5, onOne((record, random) => [make(retuned(record, random)), take(record)])],
  [8, onOne((record) => [take(record), make({ ...record, TTL: (record.TTL ?? 0) + 1 })])],
];

function someOf(
  random: Random,
  zone: readonly RecordSet[],
  parts: readonly (readonly [number, Part])[],
): readonly DiffChange[] {
  const count = 1 + random.below(random.chance(0.2) ? 12 : 4);
  const kept = zone.length > RECORDS_MAX ? [...parts, [60, removed] as const] : parts;
  const changes = Array.from({ length: count }, () =>
    random.pickWeighted(kept)(random, zone),
  ).flat();
  // Two parts may have met the same record: polite batches name each record once.
  return parts === POLITE ? onceEach(changes) : changes;
}

function onceEach(changes: readonly DiffChange[]): readonly DiffChange[] {
  const seen = new Map<string, string>();
  return changes.filter(({ action, record }) => {
    const before = seen.get(keyOf(record));
    if (before !== undefined && !(before === 'DELETE' && action === 'CREATE')) return false;
    seen.set(keyOf(record), before === undefined ? action : 'done');
    return true;
  });
}

/** Every record of one name and type, with another TTL for all, or for all but one. */
function wholeGroup(random: Random, zone: readonly RecordSet[]): readonly DiffChange[] {
  const weighted = zone.filter(({ Weight, TTL }) => Weight !== undefined && TTL !== undefined);
  if (weighted.length === 0) return added(random, zone);
  const { Name, Type } = random.pick(weighted);
  const group = weighted.filter((record) => record.Name === Name && record.Type === Type);
  const ttl = random.pick(TTLS);
  const odd = random.chance(0.4) ? random.pick(group) : undefined;
  return group.flatMap((record) => [
    take(record),
    make({ ...record, TTL: record === odd ? ttl + 7 : ttl }),
  ]);
}

/** One below, at and one above each limit of a batch and of a group. */
function atTheLimit(random: Random): readonly DiffChange[] {
  const off = random.pick([-1, 0, 1, 1]);
  const many = (count: number, record: (n: number) => RecordSet): readonly DiffChange[] =>
    Array.from({ length: count }, (_, n) => make(record(n)));
  const at = (n: number): string => `limit-${n}.${ZONE_NAME}`;
  return random.pick<() => readonly DiffChange[]>([
    () => many(1_000 + off, (n) => ({ ...simple(at(n), 'A', 60), ...values('192.0.2.1') })),
    () => {
      const twice = many(500 + Math.min(0, off), (n) => ({
        ...simple(at(n), 'A', 60),
        ...values('192.0.2.1'),
      }));
      const once = { ...simple(at(500), 'A', 60), ...values('192.0.2.1') };
      return [...twice.map(({ record }) => set(record)), ...(off > 0 ? [make(once)] : [])];
    },
    () =>
      many(8, (n) => ({
        ...simple(at(n), 'TXT', 60),
        ...values(textOfLength(n === 0 ? 4_000 + Math.min(0, off) : 4_000)),
      })).concat(off > 0 ? [make({ ...simple(at(8), 'TXT', 60), ...values('""') })] : []),
    () =>
      many(100 + off, (n) => ({
        ...simple(at(0), 'A', 60),
        SetIdentifier: `e${n}`,
        Weight: 1,
        ...values('192.0.2.1'),
      })),
  ])();
}

/** Quotes and spaces counted: strings of 254 and what is left. */
function textOfLength(length: number): string {
  const strings: string[] = [];
  for (let left = length; left > 0; ) {
    const gap = strings.length === 0 ? 0 : 1;
    const text = Math.min(250, left - gap - 2);
    // Never leave a rest in which no string fits.
    const shorter = left - gap - 2 - text;
    const cut = shorter > 0 && shorter < 3 ? text - 3 : text;
    strings.push(`"${'x'.repeat(cut)}"`);
    left -= gap + 2 + cut;
  }
  return strings.join(' ');
}

const simple = (Name: string, Type: RecordSet['Type'], TTL: number): RecordSet => ({
  Name,
  Type,
  TTL,
});
const values = (...all: readonly string[]): Pick<RecordSet, 'ResourceRecords'> => ({
  ResourceRecords: all.map((Value) => ({ Value })),
});

/** Any record at any name: it may conflict with anything there. */
function anyRecord(random: Random): RecordSet {
  const Name = random.pick(NAMES);
  const Type = random.pick(TYPES);
  return dressed(random, Name, Type, random.pick(TTLS));
}

function dressed(random: Random, Name: string, Type: RecordSet['Type'], ttl: number): RecordSet {
  const identifier = random.pick(IDENTIFIERS);
  const policy = random.pickWeighted<Partial<RecordSet>>([
    [45, {}],
    [45, { SetIdentifier: identifier, Weight: random.pick(WEIGHTS) }],
    // One latency record per region: the identifier says which.
    [
      4,
      {
        SetIdentifier: identifier,
        Region: identifier === 'eu-west-1' ? 'eu-west-1' : 'us-east-1',
      },
    ],
    [3, { SetIdentifier: identifier, MultiValueAnswer: true }],
    [3, { SetIdentifier: 'eu-west-1', Failover: 'PRIMARY' }],
  ]);
  const HealthCheckId = random.pick(HEALTH_CHECKS);
  const checked = policy.SetIdentifier !== undefined && random.chance(0.3) ? { HealthCheckId } : {};
  if (random.chance(0.15) && Type !== 'TXT')
    return { Name, Type, ...policy, ...checked, AliasTarget: aliasTarget(random) };
  const good = GOOD[Type] ?? [];
  const several = policy.SetIdentifier === undefined && Type !== 'CNAME' && random.chance(0.3);
  const all = several ? random.shuffled(good).slice(0, 3) : [random.pick(good)];
  return { Name, Type, ...policy, ...checked, TTL: ttl, ...values(...all) };
}

const aliasTarget = (random: Random): NonNullable<RecordSet['AliasTarget']> => ({
  ...random.pick([
    { HostedZoneId: OWN_ZONE, DNSName: random.pick(NAMES) },
    { HostedZoneId: 'Z32O12XQLNTSW2', DNSName: 'app-1.eu-west-1.elb.amazonaws.com.' },
  ]),
  EvaluateTargetHealth: random.chance(0.5),
});

/** A new record that fits beside what is there: policy and TTL of its group, no CNAME in the way. */
function fitting(random: Random, zone: readonly RecordSet[]): RecordSet {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const Name = random.pick(NAMES);
    const others = zone.filter((record) => record.Name === Name);
    const Type = others.some((record) => record.Type === 'CNAME')
      ? 'CNAME'
      : random.pick(others.length > 0 || Name === ZONE_NAME ? BESIDE : TYPES);
    const group = others.filter((record) => record.Type === Type);
    const record = dressed(random, Name, Type, group[0]?.TTL ?? random.pick(TTLS));
    const { AliasTarget: target } = record;
    const isFree = !zone.some((other) => keyOf(other) === keyOf(record));
    const fitsGroup = group.every(
      (other) => other.Weight !== undefined && record.Weight !== undefined,
    );
    const isServed =
      target?.HostedZoneId !== OWN_ZONE ||
      zone.some((other) => other.Name === target.DNSName && other.Type === Type);
    if (isFree && fitsGroup && isServed) return record;
  }
  return dressed(random, `n${random.below(1_000)}.${ZONE_NAME}`, 'A', 60);
}

/** Equal, as the order of values says nothing. */
const reordered = (record: RecordSet, random: Random): RecordSet =>
  record.ResourceRecords === undefined
    ? record
    : { ...record, ResourceRecords: [...random.shuffled(record.ResourceRecords)] };

/** The same record with what Quorate moves: another weight, or another value. */
function retuned(record: RecordSet, random: Random): RecordSet {
  if (record.Weight !== undefined && random.chance(0.7))
    return { ...record, Weight: random.pick(WEIGHTS) };
  if (record.AliasTarget !== undefined)
    return {
      ...record,
      AliasTarget: {
        ...record.AliasTarget,
        EvaluateTargetHealth: record.AliasTarget.EvaluateTargetHealth !== true,
      },
    };
  return { ...record, ...values(random.pick(GOOD[record.Type] ?? [])) };
}

/** The same record with one field different: a DELETE that must be refused. */
function stale(record: RecordSet, random: Random): RecordSet {
  const { HealthCheckId, AliasTarget, ...rest } = record;
  const differing: readonly RecordSet[] = [
    { ...record, Name: random.pick(NAMES) },
    { ...record, Type: random.pick(TYPES) },
    { ...record, HealthCheckId: HEALTH_CHECKS.find((id) => id !== HealthCheckId) ?? '' },
    ...(HealthCheckId === undefined ? [] : [{ ...rest, ...(AliasTarget && { AliasTarget }) }]),
    ...(record.SetIdentifier === undefined
      ? []
      : [{ ...record, SetIdentifier: random.pick(IDENTIFIERS) }]),
    ...(record.Weight === undefined ? [] : [{ ...record, Weight: (record.Weight + 1) % 256 }]),
    ...(AliasTarget === undefined
      ? [
          { ...record, TTL: ((record.TTL ?? 0) + 1) % 2_147_483_648 },
          { ...record, ...values(random.pick(GOOD[record.Type] ?? [])) },
          {
            ...record,
            ResourceRecords: [...(record.ResourceRecords ?? []), { Value: '192.0.2.99' }],
          },
        ]
      : [
          { ...record, AliasTarget: { ...AliasTarget, HostedZoneId: 'Z35SXDOTRQ7X7K' } },
          { ...record, AliasTarget: { ...AliasTarget, DNSName: `other.${AliasTarget.DNSName}` } },
          {
            ...record,
            AliasTarget: {
              ...AliasTarget,
              EvaluateTargetHealth: AliasTarget.EvaluateTargetHealth !== true,
            },
          },
        ]),
  ];
  return random.pick(differing);
}

/** Something that no zone may hold. */
function flawed(record: RecordSet, random: Random): RecordSet {
  const { SetIdentifier: _, AliasTarget: __, ...bare } = record;
  const value = random.pick(GOOD[record.Type] ?? []);
  const timed = { ...bare, TTL: record.TTL ?? 60, ...values(value) };
  const weighted = { ...timed, SetIdentifier: 'eu-west-1', Weight: 1 };
  return random.pick<RecordSet>([
    { ...record, ...values(random.pick(BAD[record.Type] ?? [])), TTL: record.TTL ?? 60 },
    { ...weighted, ...values(random.pick(BAD[record.Type] ?? [])) },
    { ...timed, TTL: random.pick([-1, 2_147_483_648]) },
    { ...weighted, Weight: random.pick([-1, 256, 1_000]) },
    { ...weighted, SetIdentifier: random.pick(['', 's'.repeat(129)]) },
    { ...timed, Type: 'TXT', ...values(`"${'x'.repeat(4_000)}"`) },
    { ...timed, ...values(value, value) },
    { ...weighted, ...values(...(GOOD[record.Type] ?? []).slice(0, 2)) },
    { ...timed, Name: random.pick(['app.other.test.', 'app.not-diff.test.', 'notdiff.test.']) },
    {
      ...timed,
      Name: `${random.pick(['l'.repeat(64), `${'l'.repeat(60)}.`.repeat(5)])}.${ZONE_NAME}`,
    },
    { ...timed, Weight: 1 },
    { ...timed, SetIdentifier: 'eu-west-1' },
    { ...bare, ...values(value) },
    { ...bare, TTL: 60 },
    { ...timed, AliasTarget: aliasTarget(random) },
    { ...weighted, Failover: 'PRIMARY' },
  ]);
}

/** Another way to write the same name: capitals, no final dot, escapes that need not be. */
function misspelled(random: Random, name: string): string {
  return random.pick([
    name.replace(/[a-z]/g, (letter) => (random.chance(0.5) ? letter.toUpperCase() : letter)),
    name.slice(0, -1),
    name.replace(/\\052/g, '*').replace(/\\041/g, '!').replace(/\\176/g, '~'),
    name.replace(/a/, '\\141'),
  ]);
}
