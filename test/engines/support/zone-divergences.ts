/**
 * Where engines that we did not write differ from Route 53, title by title of the zone contract, with
 * the reason. Each runs as an expected failure: on the day it stops being true the build breaks, and a
 * title that no test has breaks it at once. AWS's documentation is the judge, not our own engine.
 */
import type { ZoneEngine } from '../../contract/zone-contract.ts';
import { KINDS } from '../../contract/zone-samples.ts';

type Divergences = NonNullable<ZoneEngine['divergences']>;

const differ = (reason: string, tests: readonly string[]): Divergences =>
  tests.map((test) => ({ test, reason }));

/** Also AWS itself: nobody can order a throttle or a lost reply there. The local Route 53 shows them. */
export const NO_TROUBLE_ON_ORDER = differ('it cannot be made to fail on purpose', [
  'strands what the control plane forgot, and reads what it went back to',
  'sends once and answers with what it knows: throttled',
  'sends once and answers with what it knows: busy',
  'sends once and answers with what it knows: access-denied',
  'sends once and answers with what it knows: lost-before-effect',
  'sends once and answers with what it knows: lost-after-effect',
  'fails to read with a code: ZONE_THROTTLED',
  'fails to read with a code: ZONE_UNAVAILABLE',
  'fails to read with a code: ACCESS_DENIED',
]);

/** Neither MiniStack nor moto looks at what a record says or what stands beside it. */
const NO_RULES: Divergences = [
  ...differ('it knows no rules of a weighted group', [
    'refuses a new member whose TTL differs from its weighted group',
    'refuses to change the TTL of one member of a weighted group',
    'refuses a weighted record with more than one value',
    'holds 100 records in a weighted group and refuses one more',
  ]),
  ...differ('it knows no rules about records of one name', [
    'refuses a weighted record beside a simple one',
    'refuses a simple record beside weighted ones',
    'refuses a latency record beside weighted ones',
    'refuses a CNAME beside another record of its name',
    'refuses another record beside a CNAME of its name',
    'refuses a CNAME at the apex',
    'takes an alias into its own zone behind its target, not ahead of it',
    'refuses to take the SOA out of a zone',
  ]),
  ...differ('it takes any value', [
    'refuses an address that is none',
    'refuses an IPv6 address that is none',
    'refuses a TXT string without quotes',
    'refuses a TXT string of 256 characters',
    'refuses a TXT string that does not end',
    'refuses the same value twice in one record',
  ]),
  ...differ('it knows no bounds', [
    'says what is wrong with a batch that can never be valid',
    'calls the request malformed for a weight below 0',
    'calls the request malformed for a TTL below 0',
    'calls the request malformed for a TTL of 2^31',
    'calls the request malformed for a set identifier of 129 characters',
    'calls the request malformed for a weight without a set identifier',
    'calls the request malformed for a set identifier without a policy',
    'calls the request malformed for a value of 4,001 characters',
    'takes 32,000 characters of values and refuses 32,001',
  ]),
  ...differ('it forgets GeoProximityLocation', [
    'reads and asserts a record as it is: geoproximity',
    'creates and deletes a record: geoproximity',
  ]),
];

export const MINISTACK_ZONE: Divergences = [
  ...NO_TROUBLE_ON_ORDER,
  ...NO_RULES,
  ...differ('it counts no elements', ['takes a batch of 1,000 elements and refuses 1,001']),
  ...differ('any name goes into any zone', ['refuses a name outside of the zone']),
  ...differ('it compares label by label, so `app-b` comes behind the subtree of `app`', [
    'lists in the order of reversed labels with the final dot: a hyphen comes before the subtree',
  ]),
  ...differ('it stops at the first refusal', ['names each record that stood in the way']),
];

export const MOTO_ZONE: Divergences = [
  ...NO_TROUBLE_ON_ORDER,
  ...NO_RULES,
  ...differ('it compares a DELETE with any earlier write of that name and type', [
    'refuses a DELETE that differs in one field: weight',
    'refuses a DELETE that differs in one field: set identifier',
    'refuses a DELETE that differs in one field: health check',
    'refuses a DELETE that differs in one field: no health check',
    'refuses a DELETE that differs in the alias target',
    'refuses a DELETE that differs in a field we have no word for',
    'refuses one record deleted twice in a batch',
  ]),
  ...differ('it calls a stale DELETE malformed (InvalidInput)', [
    ...['TTL', 'value', 'one value more', 'name', 'type'].map(
      (field) => `refuses a DELETE that differs in one field: ${field}`,
    ),
    'takes the values of a record in any order',
    'applies all of a batch or nothing',
    'names each record that stood in the way',
  ]),
  ...differ('it refuses DELETE + CREATE of a record as it is', [
    ...Object.keys(KINDS)
      .filter((kind) => !['geoproximity', 'IP-based'].includes(kind))
      .map((kind) => `reads and asserts a record as it is: ${kind}`),
    'takes names in capitals and with a final dot',
    'takes a comment of any length',
    'lets exactly one of many concurrent batches on one fence through',
    'reads, asserts and reads again any zone content without changing it',
  ]),
  ...differ('it forgets CidrRoutingConfig', [
    'reads and asserts a record as it is: IP-based',
    'creates and deletes a record: IP-based',
  ]),
  ...differ('a CREATE over another weight makes a second record', [
    'refuses a CREATE of what is there',
    'refuses one record created twice in a batch',
  ]),
  ...differ('a DELETE takes every record with that set identifier', [
    'deletes one record and no other that shares its set identifier',
  ]),
  ...differ('it takes a name that ends like the zone', ['refuses a name outside of the zone']),
  ...differ('it lists by labels, then by type alone', [
    'lists in the order of reversed labels with the final dot: a hyphen comes before the subtree',
    'lists the records of one name by type, then by set identifier',
    'follows pages that end within a weighted group',
  ]),
  ...differ('every change is INSYNC, also one that never was', [
    'takes a change from pending to insync',
    'calls a change that nobody knows stranded',
  ]),
];
