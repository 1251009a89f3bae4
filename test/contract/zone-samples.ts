/**
 * Records for the zone contract: one of each kind that Route 53 knows and Quorate may meet, and ways to
 * change exactly one field of a record, so that "DELETE must match every field" can be walked.
 */
import fc from 'fast-check';
import type { Change, ZoneRecord } from '../../shared/core/zone-record.ts';

/** On AWS a zone has a name of its own, and what records refer to must be there: see `contract:aws`. */
export const APEX = process.env.QUORATE_CONTRACT_APEX ?? 'example.test';
export const FENCE = `_quorate.app.${APEX}`;
const HEALTH_CHECK =
  process.env.QUORATE_CONTRACT_HEALTH_CHECK ?? '3f9c2a10-0000-4000-8000-000000000001';
const CIDR_COLLECTION = process.env.QUORATE_CONTRACT_CIDR ?? '3f9c2a10-0000-4000-8000-000000000002';

/** AWS refuses an alias whose target is not there; the website endpoint of S3 always is. */
const website = {
  name: 's3-website-eu-west-1.amazonaws.com',
  zone: 'Z1BKCTXD74EZPE',
  evaluateTargetHealth: true,
};

export const fence = (text: string): ZoneRecord => ({
  name: FENCE,
  type: 'TXT',
  ttlSeconds: 60,
  values: [`"${text}"`],
});

export const weighted = (
  setIdentifier: string,
  weight: number,
  more: Partial<ZoneRecord> = {},
): ZoneRecord => ({
  name: `app.${APEX}`,
  type: 'A',
  setIdentifier,
  weight,
  ttlSeconds: 30,
  values: [`192.0.2.${(weight % 250) + 1}`],
  ...more,
});

const aaaa = (setIdentifier: string, more: Partial<ZoneRecord>): ZoneRecord => ({
  name: `policy.${APEX}`,
  type: 'AAAA',
  setIdentifier,
  ttlSeconds: 60,
  values: ['2001:db8::1'],
  ...more,
});

/** Title → a record of that kind; no two share a name and type. */
export const KINDS: Readonly<Record<string, ZoneRecord>> = {
  simple: {
    name: `simple.${APEX}`,
    type: 'A',
    ttlSeconds: 300,
    values: ['192.0.2.7', '192.0.2.3'],
  },
  'TTL 0': { name: `zero.${APEX}`, type: 'A', ttlSeconds: 0, values: ['192.0.2.9'] },
  weighted: weighted('us-east-1', 100),
  'weight 0': weighted('eu-west-1', 0, { name: `idle.${APEX}` }),
  'weight 255': weighted('eu-west-1', 255, { name: `most.${APEX}` }),
  'health check': weighted('eu-west-1', 10, {
    name: `checked.${APEX}`,
    healthCheckId: HEALTH_CHECK,
  }),
  'weighted alias': {
    name: `alias.${APEX}`,
    type: 'A',
    setIdentifier: 'eu-west-1',
    weight: 20,
    alias: website,
  },
  'plain alias': { name: APEX, type: 'A', alias: { ...website, evaluateTargetHealth: false } },
  cname: { name: `www.${APEX}`, type: 'CNAME', ttlSeconds: 60, values: ['app.example.net'] },
  wildcard: { name: `*.wild.${APEX}`, type: 'A', ttlSeconds: 60, values: ['192.0.2.8'] },
  'odd name': { name: `a\\056b!c.${APEX}`, type: 'A', ttlSeconds: 60, values: ['192.0.2.8'] },
  fence: fence('q1 g=41 n=abcdefgh'),
  'TXT with escapes': {
    name: `txt.${APEX}`,
    type: 'TXT',
    ttlSeconds: 60,
    values: [
      '"a \\"quoted\\" word" "and \\\\ backslash"',
      '"\\303\\251 <&> \'x\' ]]>"',
      '"  spaces  "',
    ],
  },
  'TXT of 255 characters': {
    name: `long.${APEX}`,
    type: 'TXT',
    ttlSeconds: 60,
    values: [`"${'x'.repeat(255)}" "${'y'.repeat(255)}"`],
  },
  latency: aaaa('latency', { name: `latency.${APEX}`, other: { Region: 'eu-west-1' } }),
  failover: aaaa('failover', { name: `failover.${APEX}`, other: { Failover: 'PRIMARY' } }),
  geolocation: aaaa('geo', {
    name: `geo.${APEX}`,
    other: { GeoLocation: { CountryCode: 'US', SubdivisionCode: 'CA' } },
  }),
  geoproximity: aaaa('near', {
    name: `near.${APEX}`,
    other: { GeoProximityLocation: { AWSRegion: 'eu-west-1', Bias: -10 } },
  }),
  'IP-based': aaaa('cidr', {
    name: `cidr.${APEX}`,
    other: {
      CidrRoutingConfig: {
        CollectionId: CIDR_COLLECTION,
        LocationName: 'office',
      },
    },
  }),
  multivalue: aaaa('multi', { name: `multi.${APEX}`, other: { MultiValueAnswer: true } }),
};

/** What a stale DELETE may differ in: title → the record with just that changed. */
export const DIFFERENCES: Readonly<Record<string, (record: ZoneRecord) => ZoneRecord>> = {
  weight: (record) => ({ ...record, weight: (record.weight ?? 0) + 1 }),
  TTL: (record) => ({ ...record, ttlSeconds: 31 }),
  value: (record) => ({ ...record, values: ['192.0.2.250'] }),
  'one value more': (record) => ({ ...record, values: [...(record.values ?? []), '192.0.2.251'] }),
  'set identifier': (record) => ({ ...record, setIdentifier: 'somebody-else' }),
  'health check': (record) => ({
    ...record,
    healthCheckId: '3f9c2a10-0000-4000-8000-00000000ffff',
  }),
  'no health check': ({ healthCheckId: _, ...record }) => record,
  name: (record) => ({ ...record, name: `other.${APEX}` }),
  type: (record) => ({ ...record, type: 'AAAA', values: ['2001:db8::2'] }),
};

/** DELETE and CREATE of records as they are: the fence's way to compare without changing. */
export const asserted = (records: readonly ZoneRecord[]): readonly Change[] =>
  records.flatMap((record) => [
    { action: 'DELETE' as const, record },
    { action: 'CREATE' as const, record },
  ]);

export const replacing = (before: ZoneRecord, after: ZoneRecord): readonly Change[] => [
  { action: 'DELETE', record: before },
  { action: 'CREATE', record: after },
];

const label = fc.stringMatching(/^[a-z0-9_!*-][a-z0-9_$#-]{0,8}$/);
const txtValue = fc
  .array(fc.stringMatching(/^(?:[ !#-[\]-~]|\\"|\\\\|\\[0-3][0-7]{2}){0,40}$/), {
    minLength: 1,
    maxLength: 4,
  })
  .map((strings) => strings.map((text) => `"${text}"`).join(' '));

const weightedGroup = fc
  .tuple(
    label,
    fc.integer({ min: 0, max: 86_400 }),
    fc.uniqueArray(
      fc.record({
        setIdentifier: fc.stringMatching(/^[!-~](?:[ -~]{0,20}[!-~])?$/),
        weight: fc.integer({ min: 0, max: 255 }),
        address: fc.ipV4(),
        isChecked: fc.boolean(),
      }),
      { selector: (one) => one.setIdentifier, minLength: 1, maxLength: 5 },
    ),
  )
  .map(([name, ttlSeconds, members]) =>
    members.map(
      ({ setIdentifier, weight, address, isChecked }): ZoneRecord => ({
        name: `${name}.w.${APEX}`,
        type: 'A',
        setIdentifier,
        weight,
        ttlSeconds,
        values: [address],
        ...(isChecked ? { healthCheckId: HEALTH_CHECK } : {}),
      }),
    ),
  );

const texts = fc
  .tuple(
    label,
    fc.integer({ min: 0, max: 2_147_483_647 }),
    fc.uniqueArray(txtValue, { minLength: 1, maxLength: 3 }),
  )
  .map(([name, ttlSeconds, values]): ZoneRecord[] => [
    { name: `${name}.t.${APEX}`, type: 'TXT', ttlSeconds, values },
  ]);

/** Any zone content: weighted groups with odd set identifiers, and TXT records with odd values. */
export const anyRecords: fc.Arbitrary<readonly ZoneRecord[]> = fc
  .uniqueArray(fc.oneof(weightedGroup, texts), {
    selector: (group) => group[0]?.name ?? '',
    minLength: 1,
    maxLength: 8,
  })
  .map((groups) => groups.flat());
