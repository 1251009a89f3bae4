import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { HostedZone, HostedZones } from '../../../scripts/cli/hosted-zones.ts';
import { importedText, loadable } from '../../../scripts/cli/import-text.ts';
import { importNames } from '../../../scripts/cli/import-zone.ts';
import { parseConfig } from '../../../shared/core/config.ts';
import { QuorateError } from '../../../shared/core/errors.ts';
import { recordsOf } from '../../../shared/core/membership.ts';
import { type Config, epochMs } from '../../../shared/core/model.ts';
import { recordText, type ZoneRecord } from '../../../shared/core/zone-record.ts';
import { fakeClock } from '../../fakes/fake-clock.ts';
import { fakeZone } from '../../fakes/fake-zone.ts';
import { testAids } from '../../fixtures/config-base.ts';
import { type Printed, shell } from './shell.ts';

const ZONE_ID = 'Z0123456789ABCDEFGHIJ';
const NLB = 'Z2IFOLAFXWLO4F';
const weighted = (
  setIdentifier: string,
  changes: Partial<ZoneRecord> = {},
  name = 'app.example.com',
): ZoneRecord => ({
  name,
  type: 'A',
  setIdentifier,
  weight: 100,
  ttlSeconds: 30,
  values: ['203.0.113.1'],
  ...changes,
});
const alias = (name: string, zone = 'Z32O12XQLNTSW2'): NonNullable<ZoneRecord['alias']> => ({
  name,
  zone,
  evaluateTargetHealth: true,
});
const without = (record: ZoneRecord, ...keys: readonly (keyof ZoneRecord)[]): ZoneRecord =>
  Object.fromEntries(
    Object.entries(record).filter(([key]) => !keys.includes(key as keyof ZoneRecord)),
  ) as ZoneRecord;

describe('quorate import', () => {
  it('prints a file for what stands there: targets, alias zones, set identifiers, weights, TTL, regions', async () => {
    const { code, out } = await imported(
      [
        weighted('eu-west-1', { values: ['203.0.113.1'], healthCheckId: '3f9c2a10-1d5e' }),
        without(
          weighted('app us', {
            weight: 50,
            alias: alias('dualstack.app-1.us-east-1.elb.amazonaws.com', 'Z35SXDOTRQ7X7K'),
          }),
          'values',
          'ttlSeconds',
        ),
        without(
          weighted('nlb', {
            weight: 0,
            alias: alias('app-2.elb.ap-southeast-1.amazonaws.com', NLB),
          }),
          'values',
          'ttlSeconds',
        ),
      ],
      ['app.example.com'],
    );

    expect(code).toBe(0);
    await expect(out).toMatchFileSnapshot('../../golden/cli-import.yml');
    expect(configOf(out).services[0]?.endpoints.map(({ id, region }) => [id, region])).toEqual([
      ['app-us', 'us-east-1'],
      ['eu-west-1', 'eu-west-1'],
      ['nlb', 'ap-southeast-1'],
    ]);
  });

  it('makes one service of names with the same endpoints, and two of names that differ', async () => {
    const { out } = await imported(
      ['app.example.com', 'www.example.com', 'pay.example.com'].flatMap((name) => [
        weighted('eu', {}, name),
        weighted('us', { values: [name.startsWith('pay') ? '203.0.113.9' : '203.0.113.2'] }, name),
      ]),
      ['app.example.com', 'www.example.com', 'pay.example.com'],
    );

    expect(configOf(out).services.map(({ id, names }) => [id, names])).toEqual([
      ['app', ['app.example.com', 'www.example.com']],
      ['pay', ['pay.example.com']],
    ]);
  });

  it.each([
    [
      'a simple record',
      [without(weighted('x'), 'setIdentifier', 'weight')],
      'app.example.com A has simple routing; make it weighted first: `quorate adopt` prints how, and `--convert` does it',
    ],
    [
      'a latency record',
      [without(weighted('eu', { other: { Region: 'eu-west-1' } }), 'weight')],
      'app.example.com A eu has latency routing; Quorate steers weighted records only: `quorate adopt` prints the recipe for a name below it',
    ],
    [
      'a geolocation record',
      [without(weighted('de', { other: { GeoLocation: { CountryCode: 'DE' } } }), 'weight')],
      'app.example.com A de has geolocation routing; Quorate steers weighted records only: `quorate adopt` prints the recipe for a name below it',
    ],
    [
      'a multivalue record',
      [without(weighted('m', { other: { MultiValueAnswer: true } }), 'weight')],
      'app.example.com A m has multivalue routing; Quorate steers weighted records only: `quorate adopt` prints the recipe for a name below it',
    ],
    [
      'mixed TTLs',
      [weighted('eu'), weighted('eu', { type: 'AAAA', ttlSeconds: 300, values: ['2600:1f00::1'] })],
      'has records with TTLs of 30 and 300 s; a service has one: give them the same TTL first',
    ],
    [
      'weights that differ by type',
      [weighted('eu'), weighted('eu', { type: 'AAAA', weight: 7, values: ['2600:1f00::1'] })],
      'eu has weight 100 as A and 7 as AAAA; an endpoint has one: make them equal first',
    ],
    [
      'an alias for one of two types',
      [
        without(
          weighted('eu', { alias: alias('a.eu-west-1.elb.amazonaws.com') }),
          'values',
          'ttlSeconds',
        ),
        weighted('us', { values: ['203.0.113.2'] }),
        weighted('us', { type: 'AAAA', values: ['2600:1f00::1'] }),
      ],
      'app.example.com A eu is an alias, and eu has no such alias as AAAA; an alias answers for every type of its service: add it, or steer one type with a file written by hand',
    ],
    [
      'only weights of 0',
      [weighted('eu', { weight: 0 }), weighted('us', { weight: 0, values: ['203.0.113.2'] })],
      'endpoints has only weights of 0, and Route 53 answers all records alike then; give one of them weight',
    ],
    [
      'other types only',
      [{ name: 'app.example.com', type: 'TXT', ttlSeconds: 60, values: ['"hello"'] }],
      'has TXT records only; A, AAAA and CNAME are steered',
    ],
    [
      'no records',
      [],
      'has no records in the zone; write the service by hand (`quorate new`) and bring it in with `quorate apply`',
    ],
  ] as const)('refuses %s with the reason', async (_, records, why) => {
    const { code, out, err } = await imported(records, ['app.example.com']);

    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err.split('\n').slice(-3)).toEqual([
      'nothing can be imported:',
      `  app.example.com: ${why}`,
      '',
    ]);
  });

  it('prints what it can and keeps the reasons for the rest as comments', async () => {
    const { code, out, err } = await imported(
      [weighted('eu'), without(weighted('x', {}, 'www.example.com'), 'setIdentifier', 'weight')],
      ['app.example.com', 'www.example.com', '*.example.com'],
    );

    expect(code).toBe(0);
    expect(out.slice(out.indexOf('# Not imported:'))).toBe(
      '# Not imported:\n' +
        '#   www.example.com: www.example.com A has simple routing; make it weighted first: `quorate adopt` prints how, and `--convert` does it\n' +
        '#   *.example.com: is a wildcard, which is not steered; write each name\n',
    );
    expect(err).toContain('not imported: *.example.com');
    expect(configOf(out).services).toHaveLength(1);
  });

  it('takes the public zone with the longest name that holds the name', async () => {
    const { out } = await imported(
      [weighted('eu', {}, 'app.eu.example.com')],
      ['app.eu.example.com'],
      [
        zone('Z1', 'example.com'),
        { ...zone('Z9', 'app.eu.example.com'), isPrivate: true },
        zone(ZONE_ID, 'eu.example.com'),
        zone('Z3', 'ample.com'),
      ],
    );

    expect(configOf(out).zones).toEqual({ main: { key: 'main', id: ZONE_ID } });
  });

  it.each([
    [
      'a name outside every zone',
      ['app.example.org'],
      [zone(ZONE_ID, 'example.com')],
      2,
      'no public hosted zone of this account holds app.example.org; it has example.com; use the credentials of the account that has it',
    ],
    [
      'a name outside the zone that is named',
      ['app.example.org', '--zone', ZONE_ID],
      [zone(ZONE_ID, 'example.com')],
      2,
      `app.example.org is outside zone ${ZONE_ID}, which is example.com; write a name below that, or another --zone`,
    ],
    [
      'two zones of one name',
      ['app.example.com'],
      [zone('Z1', 'example.com'), zone('Z2', 'example.com')],
      2,
      'the account has 2 public zones called example.com (Z1, Z2); say which with --zone',
    ],
    [
      'a private zone',
      ['app.example.com'],
      [{ ...zone('Z1', 'example.com'), isPrivate: true }],
      3,
      'app.example.com is in Z1, a private zone: no vantage can see its answers; Quorate steers public zones',
    ],
    [
      'a zone that does not exist',
      ['app.example.com', '--zone', 'ZNONE'],
      [zone(ZONE_ID, 'example.com')],
      2,
      'zone ZNONE could not be found',
    ],
  ])('refuses %s in one sentence', async (_, args, zones, code, sentence) => {
    const printed = await imported([], args, zones);

    expect(printed).toEqual({ code, out: '', err: `${sentence}\n` });
  });

  it('says in one sentence that a deployment cannot have such a name', async () => {
    const { code, out, err } = await imported(
      [weighted('eu')],
      ['app.example.com', '--deployment', 'My Deployment'],
    );

    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(
      'deployment: "My Deployment" is not a deployment\'s name; write lower-case letters, digits and hyphens, at most 32',
    );
  });

  it('prints services alone for an included file', async () => {
    const { out } = await imported([weighted('eu')], ['app.example.com', '--services']);

    expect(Object.keys(parse(out) as object)).toEqual(['services']);
  });

  it('gives the same as one JSON document', async () => {
    const { out, err } = await imported([weighted('eu')], ['app.example.com', '--json']);
    const document = JSON.parse(out) as Record<string, unknown>;

    expect(Object.keys(document)).toEqual(['format', 'yaml', 'services', 'refused']);
    expect(err).toBe('');
  });

  it('prints what loads and what describes exactly the records that stand there', () => {
    let loads = 0;
    fc.assert(
      fc.property(zones(), ({ names, records }) => {
        const { services, refused } = importNames(
          names.map((name) => ({ zoneId: ZONE_ID, name, records })),
        );
        const file = loadable({
          deployment: 'quorate-prod',
          vantages: ['eu-west-1', 'us-east-1', 'ap-southeast-1'],
          zones: new Map([[ZONE_ID, 'main']]),
          services,
          refused,
        });
        const imported = file.services.flatMap((service) => service.names);
        expect([...imported, ...file.refused.map(({ name }) => name)].sort()).toEqual(
          [...names].sort(),
        );
        if (file.services.length === 0) return;
        loads += 1;

        const { services: loaded } = configOf(importedText(file));

        const described = loaded.flatMap((service) =>
          service.endpoints.flatMap((endpoint) =>
            recordsOf(service, endpoint, endpoint.weight, service.ttlSeconds),
          ),
        );
        const standing = records.filter(({ name }) => imported.includes(name));
        expect(described.map(recordText).sort()).toEqual(standing.map(recordText).sort());
        expect(loaded.every(({ mode }) => mode === 'observe')).toBe(true);
      }),
      { numRuns: 200 },
    );
    expect(loads).toBeGreaterThan(100);
  });
});

const zone = (id: string, name: string): HostedZone => ({
  id,
  name,
  isPrivate: false,
  nameServers: [],
});

const fakeHosted = (zones: readonly HostedZone[]): HostedZones => ({
  list: async () => zones,
  get: async ({ id }) => {
    const found = zones.find((one) => one.id === id);
    if (found === undefined) throw new QuorateError('NOT_FOUND', `zone ${id} could not be found`);
    return found;
  },
});

function imported(
  records: readonly ZoneRecord[],
  args: readonly string[],
  zones: readonly HostedZone[] = [zone(ZONE_ID, 'example.com')],
): Promise<Printed> {
  const clock = fakeClock();
  const port = fakeZone({ clock, id: ZONE_ID, name: 'example.com', records });
  return shell(['import', ...args], {
    overrides: { clock, zone: port },
    hostedZones: fakeHosted(zones),
  });
}

function configOf(yaml: string): Config {
  const result = parseConfig(parse(yaml), () => undefined, testAids, {
    allowLoopback: false,
    packagedAt: epochMs(1),
  });
  if ('config' in result) return result.config;
  throw new Error(JSON.stringify(result.problems));
}

/** Weighted groups as people have them, some of which can't be imported. */
function zones(): fc.Arbitrary<{
  readonly names: readonly string[];
  readonly records: readonly ZoneRecord[];
}> {
  const names = ['app.example.com', 'www.example.com', '1.example.com', 'null.example.com'];
  const setIdentifier = fc.oneof(
    fc.constantFrom('eu-west-1', 'app-us-east-1', 'blue', 'true', '1', 'a b', 'x:y', '#', '"q"'),
    fc
      .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 })
      .filter((t) => t === t.trim()),
  );
  const target = fc.oneof(
    fc.record({ kind: fc.constant('A' as const), octet: fc.integer({ min: 1, max: 254 }) }),
    fc.record({ kind: fc.constant('A+AAAA' as const), octet: fc.integer({ min: 1, max: 254 }) }),
    fc.record({ kind: fc.constant('alias' as const), octet: fc.integer({ min: 1, max: 254 }) }),
    fc.record({ kind: fc.constant('private' as const), octet: fc.integer({ min: 1, max: 254 }) }),
  );
  const endpoint = fc.record({
    setIdentifier,
    weight: fc.integer({ min: 0, max: 255 }),
    target,
    healthCheck: fc.boolean(),
  });
  const group = fc.record({
    name: fc.constantFrom(...names),
    ttlSeconds: fc.constantFrom(5, 30, 60),
    endpoints: fc.uniqueArray(endpoint, {
      minLength: 1,
      maxLength: 4,
      selector: (one) => one.setIdentifier,
    }),
  });
  return fc
    .uniqueArray(group, { minLength: 1, maxLength: 3, selector: (one) => one.name })
    .map((groups) => ({
      names: groups.map(({ name }) => name),
      records: groups.flatMap(({ name, ttlSeconds, endpoints }) =>
        endpoints.flatMap(({ setIdentifier: id, weight, target: to, healthCheck }) => {
          const common = {
            name,
            setIdentifier: id,
            weight,
            ...(healthCheck ? { healthCheckId: `check-${to.octet}` } : {}),
          };
          const value = (type: string, text: string): ZoneRecord => ({
            ...common,
            type,
            ttlSeconds,
            values: [text],
          });
          const aliased = alias(`lb-${to.octet}.us-west-2.elb.amazonaws.com`);
          const records: Readonly<Record<typeof to.kind, readonly ZoneRecord[]>> = {
            A: [value('A', `93.184.216.${to.octet}`)],
            'A+AAAA': [
              value('A', `93.184.216.${to.octet}`),
              value('AAAA', `2600:1f00::${to.octet.toString(16)}`),
            ],
            private: [value('A', `10.0.0.${to.octet}`)],
            alias: [{ ...common, type: 'A', alias: aliased }],
          };
          return records[to.kind];
        }),
      ),
    }));
}
