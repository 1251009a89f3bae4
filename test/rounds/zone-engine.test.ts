/**
 * The zone engine is the judge of every fence test, so it is itself judged here: each rule and each of
 * AWS's texts by example, then properties over whole zones and batches.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyBatch,
  type BatchOptions,
  type EngineChange,
  type HostedZone,
  hostedZone,
  listPage,
  listRecords,
} from '../../scripts/local/zone-engine.ts';
import { compareNames, normalName, wireName } from '../../scripts/local/zone-name.ts';
import { txtStrings } from '../../scripts/local/zone-rules.ts';
import { recordText, type ZoneRecord } from '../../shared/core/zone-record.ts';

const weighted = (id: string, weight: number, extra: Partial<ZoneRecord> = {}): ZoneRecord => ({
  name: 'app.example.test',
  type: 'A',
  setIdentifier: id,
  weight,
  ttlSeconds: 30,
  values: [`198.51.100.${weight % 250}`],
  ...extra,
});
const fence: ZoneRecord = {
  name: '_quorate.app.example.test',
  type: 'TXT',
  ttlSeconds: 60,
  values: ['"v=1 g=41" "n=abc"'],
};
const zoneOf = (...records: ZoneRecord[]): HostedZone =>
  hostedZone({ id: 'ZLOCAL', name: 'example.test', records });
const create = (record: ZoneRecord): EngineChange => ({ action: 'CREATE', record });
const remove = (record: ZoneRecord): EngineChange => ({ action: 'DELETE', record });
const upsert = (record: ZoneRecord): EngineChange => ({ action: 'UPSERT', record });

const messagesOf = (
  zone: HostedZone,
  changes: readonly EngineChange[],
  options?: BatchOptions,
): readonly string[] => {
  const outcome = applyBatch(zone, changes, options);
  return outcome.kind === 'refused' ? outcome.messages : [];
};
const applied = (zone: HostedZone, changes: readonly EngineChange[]): HostedZone => {
  const outcome = applyBatch(zone, changes);
  if (outcome.kind === 'refused') throw new Error(outcome.messages.join('; '));
  return outcome.zone;
};
const textsOf = (zone: HostedZone): readonly string[] => listRecords(zone).map(recordText);
const simple = (name: string, type: string, ...values: string[]): ZoneRecord => ({
  name,
  type,
  ttlSeconds: 60,
  values,
});

describe('batches', () => {
  it('replaces the fence and a weight in one batch', () => {
    const zone = zoneOf(fence, weighted('us', 100), weighted('eu', 50));
    const next = { ...fence, values: ['"v=1 g=42"'] };

    const after = applied(zone, [
      remove(fence),
      create(next),
      remove(weighted('us', 100)),
      create({ ...weighted('us', 100), weight: 0 }),
      remove(weighted('eu', 50)),
      create(weighted('eu', 50)),
    ]);

    const records = listRecords(after);
    expect(records.find(({ type }) => type === 'TXT')?.values).toEqual(next.values);
    expect(records.filter(({ type }) => type === 'A').map(({ weight }) => weight)).toEqual([50, 0]);
  });

  it('applies all or nothing: one stale DELETE undoes the whole batch', () => {
    const zone = zoneOf(fence, weighted('us', 100));
    const before = textsOf(zone);

    const messages = messagesOf(zone, [
      remove(fence),
      create({ ...fence, values: ['"v=1 g=42"'] }),
      remove(weighted('us', 99, { values: ['198.51.100.100'] })),
    ]);

    expect(messages).toEqual([
      "Tried to delete resource record set [name='app.example.test.', type='A', set-identifier='us'] but the values provided do not match the current values",
    ]);
    expect(textsOf(zone)).toEqual(before);
  });

  it.each<[string, Partial<ZoneRecord>]>([
    ['TTL', { ttlSeconds: 31 }],
    ['weight', { weight: 99 }],
    ['a value', { values: ['198.51.100.7'] }],
    ['the health check', { healthCheckId: 'other' }],
    ['a field unknown here', { other: { Novelty: 'x' } }],
  ])('refuses a DELETE that differs in %s', (_, difference) => {
    const record = weighted('us', 100, { healthCheckId: 'hc-1' });

    const messages = messagesOf(zoneOf(record), [remove({ ...record, ...difference })]);

    expect(messages).toEqual([
      expect.stringContaining('but the values provided do not match the current values'),
    ]);
  });

  it.each<[string, Partial<NonNullable<ZoneRecord['alias']>>]>([
    ['name', { name: 'lb-2.elb.example.org' }],
    ['zone', { zone: 'ZOTHER' }],
    ['target health flag', { evaluateTargetHealth: false }],
  ])('refuses a DELETE that differs in the alias %s', (_, difference) => {
    const alias = { name: 'lb-1.elb.example.org', zone: 'ZELB', evaluateTargetHealth: true };
    const record: ZoneRecord = {
      name: 'app.example.test',
      type: 'A',
      setIdentifier: 'us',
      weight: 1,
      alias,
    };

    const messages = messagesOf(zoneOf(record), [
      remove({ ...record, alias: { ...alias, ...difference } }),
    ]);

    expect(messages).toEqual([expect.stringContaining('do not match the current values')]);
  });

  it('says "was not found" for another set identifier, name or type', () => {
    const zone = zoneOf(weighted('us', 100));

    expect(messagesOf(zone, [remove(weighted('eu', 100))])).toEqual([
      "Tried to delete resource record set [name='app.example.test.', type='A', set-identifier='eu'] but it was not found",
    ]);
    expect(messagesOf(zone, [remove(simple('x.example.test', 'A', '192.0.2.1'))])).toEqual([
      "Tried to delete resource record set [name='x.example.test.', type='A'] but it was not found",
    ]);
  });

  it('leaves the set identifier out of its texts where it is told to', () => {
    const messages = messagesOf(zoneOf(weighted('us', 100)), [create(weighted('us', 1))], {
      namesSetIdentifier: false,
    });

    expect(messages).toEqual([
      "Tried to create resource record set [name='app.example.test.', type='A'] but it already exists",
    ]);
  });

  it('matches values in any order and names in any spelling', () => {
    const record = simple('*.example.test', 'A', '192.0.2.1', '192.0.2.2');

    const after = applied(zoneOf(record), [
      remove(simple('\\052.EXAMPLE.test.', 'a', '192.0.2.2', '192.0.2.1')),
    ]);

    expect(listRecords(after).map(({ type }) => type)).toEqual(['NS', 'SOA']);
  });

  it('refuses to create what exists', () => {
    expect(messagesOf(zoneOf(weighted('us', 100)), [create(weighted('us', 1))])).toEqual([
      "Tried to create resource record set [name='app.example.test.', type='A', set-identifier='us'] but it already exists",
    ]);
  });

  it('collects the messages of all changes', () => {
    const zone = zoneOf(weighted('us', 100));

    const messages = messagesOf(zone, [
      create(weighted('us', 1)),
      remove(weighted('eu', 1)),
      create(simple('app.example.test', 'AAAA', 'nonsense')),
    ]);

    expect(messages).toHaveLength(3);
  });

  it.each<[string, readonly EngineChange['action'][]]>([
    ['two DELETEs', ['DELETE', 'DELETE']],
    ['two CREATEs', ['CREATE', 'CREATE']],
    ['a CREATE before its DELETE', ['CREATE', 'DELETE']],
    ['DELETE, CREATE, DELETE', ['DELETE', 'CREATE', 'DELETE']],
    ['two UPSERTs', ['UPSERT', 'UPSERT']],
  ])('refuses %s of one record', (_, actions) => {
    const record = weighted('us', 100);

    expect(
      messagesOf(
        zoneOf(record),
        actions.map((action) => ({ action, record })),
      ),
    ).toEqual([
      "The request contains an invalid set of changes for a resource record set 'A app.example.test.'",
    ]);
  });

  it('upserts over an edit unseen, and creates where nothing is', () => {
    const zone = zoneOf(weighted('us', 100));

    const after = applied(zone, [upsert(weighted('us', 7)), upsert(weighted('eu', 9))]);

    expect(listRecords(after).flatMap(({ weight }) => weight ?? [])).toEqual([9, 7]);
  });

  it('refuses an empty batch as malformed', () => {
    expect(applyBatch(zoneOf(), [])).toMatchObject({ kind: 'refused', code: 'InvalidInput' });
  });

  it('refuses a name outside the zone, and a protected one', () => {
    expect(messagesOf(zoneOf(), [create(simple('app.example.org', 'A', '192.0.2.1'))])).toEqual([
      'RRSet with DNS name app.example.org. is not permitted in zone example.test.',
    ]);
    expect(
      messagesOf(zoneOf(fence), [remove(fence)], { protectedNames: ['_quorate.app.example.test'] }),
    ).toEqual([expect.stringMatching(/_quorate\.app\.example\.test\..*protected/)]);
  });

  it('keeps the SOA and the name servers of the zone', () => {
    const zone = zoneOf();
    const own = listRecords(zone);

    expect(messagesOf(zone, own.map(remove))).toEqual([
      'A HostedZone must contain exactly one SOA record.',
      'A HostedZone must contain at least one NS record for the zone itself.',
    ]);
    expect(own.find(({ type }) => type === 'NS')?.values).toHaveLength(4);
  });
});

describe('groups of one name and type', () => {
  it('refuses another TTL in a weighted group, and rewrites the group in one batch', () => {
    const [us, eu] = [weighted('us', 100), weighted('eu', 50)];
    const zone = zoneOf(us, eu);
    const slower = (record: ZoneRecord): ZoneRecord => ({ ...record, ttlSeconds: 60 });

    expect(messagesOf(zone, [create(slower(weighted('ap', 1)))])).toEqual([
      'RRSet with DNS name app.example.test., type A, SetIdentifier ap cannot be created as weighted sets must contain the same TTL.',
    ]);
    const after = applied(zone, [remove(us), create(slower(us)), remove(eu), create(slower(eu))]);
    expect(
      listRecords(after)
        .filter(({ type }) => type === 'A')
        .map(({ ttlSeconds }) => ttlSeconds),
    ).toEqual([60, 60]);
  });

  it('lets an alias stand beside records with a TTL', () => {
    const alias: ZoneRecord = {
      name: 'app.example.test',
      type: 'A',
      setIdentifier: 'eu',
      weight: 1,
      alias: { name: 'lb.elb.example.org', zone: 'ZELB', evaluateTargetHealth: false },
    };

    expect(messagesOf(zoneOf(weighted('us', 100)), [create(alias)])).toEqual([]);
  });

  it('refuses to mix weighted with simple and with other policies', () => {
    const plain = simple('app.example.test', 'A', '192.0.2.1');
    const { weight: _, ...unweighted } = weighted('ap', 1);
    const latency: ZoneRecord = { ...unweighted, other: { Region: 'us-east-1' } };

    expect(messagesOf(zoneOf(plain), [create(weighted('us', 100))])).toEqual([
      'RRSet with DNS name app.example.test., type A, SetIdentifier us cannot be created as a non-weighted set exists with the same name and type.',
    ]);
    expect(messagesOf(zoneOf(weighted('us', 100)), [create(plain)])).toEqual([
      'RRSet with DNS name app.example.test., type A, SetIdentifier null cannot be created as other RRSets exist with the same name and type.',
    ]);
    expect(messagesOf(zoneOf(weighted('us', 100)), [create(latency)])).toEqual([
      'RRSet with DNS name app.example.test., type A, SetIdentifier ap cannot be created as a non-latency set exists with the same name and type.',
    ]);
    expect(messagesOf(zoneOf(latency), [create(weighted('us', 1))])).toHaveLength(1);
  });

  it('wants exactly one value in each weighted record', () => {
    expect(
      messagesOf(zoneOf(), [create(weighted('us', 1, { values: ['192.0.2.1', '192.0.2.2'] }))]),
    ).toEqual([expect.stringContaining('weighted sets must contain exactly one resource record')]);
  });

  it('holds 100 records a group and refuses the next', () => {
    const hundred = Array.from({ length: 100 }, (_, n) =>
      weighted(`e${n}`, n, { values: [`192.0.2.${n}`] }),
    );

    expect(messagesOf(zoneOf(...hundred), [create(weighted('more', 1))])).toEqual([
      'RRSet with DNS name app.example.test., type A cannot be created as it would exceed the limit of 100 records with the same name and type.',
    ]);
  });

  it.each<[string, Partial<ZoneRecord>]>([
    ['weight 256', { weight: 256 }],
    ['weight -1', { weight: -1 }],
    ['weight 1.5', { weight: 1.5 }],
    ['an empty set identifier', { setIdentifier: '' }],
    ['a set identifier of 129 characters', { setIdentifier: 'x'.repeat(129) }],
    ['TTL 2147483648', { ttlSeconds: 2_147_483_648 }],
    ['type FOO', { type: 'FOO' }],
    ['no values', { values: [] }],
    ['two policies', { other: { Failover: 'PRIMARY' } }],
    ['a value of 4001 characters', { values: ['x'.repeat(4001)] }],
    [
      'values and an alias',
      { alias: { name: 'a.example.org', zone: 'Z', evaluateTargetHealth: false } },
    ],
  ])('refuses %s as malformed', (_, difference) => {
    expect(applyBatch(zoneOf(), [create({ ...weighted('us', 1), ...difference })])).toMatchObject({
      kind: 'refused',
      code: 'InvalidInput',
    });
  });

  it.each([
    [0, 'x'],
    [255, 'x'.repeat(128)],
  ])('accepts weight %i at the edges of the bounds', (weight, id) => {
    expect(messagesOf(zoneOf(), [create(weighted(id, weight))])).toEqual([]);
  });

  it('wants a set identifier with a weight, and a policy with a set identifier', () => {
    const { setIdentifier: _, ...nameless } = weighted('us', 1);
    const { weight: __, ...policyless } = weighted('us', 1);

    expect(messagesOf(zoneOf(), [create(nameless)])).toEqual([
      expect.stringContaining("Missing field 'SetIdentifier'"),
    ]);
    expect(messagesOf(zoneOf(), [create(policyless)])).toEqual([
      expect.stringContaining('but found none'),
    ]);
  });
});

describe('CNAME', () => {
  it('is refused at the apex and beside other records', () => {
    const cname = simple('www.example.test', 'CNAME', 'app.example.test');
    const a = simple('www.example.test', 'A', '192.0.2.1');

    expect(messagesOf(zoneOf(), [create({ ...cname, name: 'example.test' })])).toEqual([
      'RRSet of type CNAME with DNS name example.test. is not permitted at apex in zone example.test.',
    ]);
    expect(messagesOf(zoneOf(a), [create(cname)])).toEqual([
      'RRSet of type CNAME with DNS name www.example.test. is not permitted as it conflicts with other records with the same DNS name in zone example.test.',
    ]);
    expect(messagesOf(zoneOf(cname), [create(a)])).toEqual([
      'RRSet of type A with DNS name www.example.test. is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone example.test.',
    ]);
  });

  it('takes the place of an A record deleted earlier in the batch', () => {
    const a = simple('www.example.test', 'A', '192.0.2.1');
    const cname = simple('www.example.test', 'CNAME', 'app.example.test');

    expect(messagesOf(zoneOf(a), [remove(a), create(cname)])).toEqual([]);
    expect(messagesOf(zoneOf(a), [create(cname), remove(a)])).not.toEqual([]);
  });

  it('stands in a weighted group, one value each', () => {
    const cname = (id: string): ZoneRecord =>
      weighted(id, 1, { type: 'CNAME', values: [`${id}.example.org`] });

    expect(messagesOf(zoneOf(cname('us')), [create(cname('eu'))])).toEqual([]);
    expect(
      messagesOf(zoneOf(), [create(simple('c.example.test', 'CNAME', 'a.org', 'b.org'))]),
    ).toEqual([expect.stringContaining('exactly one resource record')]);
  });
});

describe('values', () => {
  it.each([
    [
      'unquoted text',
      'TXT',
      'plain',
      'InvalidCharacterString (Value should be enclosed in quotation marks)',
    ],
    ['an open quote', 'TXT', '"plain', 'InvalidTXTRDATA'],
    ['text after the quotes', 'TXT', '"a" b', 'InvalidTXTRDATA'],
    [
      'a string of 256',
      'TXT',
      `"${'x'.repeat(256)}"`,
      'CharacterStringTooLong (Value is too long)',
    ],
    ['a name as IPv4', 'A', 'localhost', 'ARRDATAIllegalIPv4Address'],
    ['an IPv4 as IPv6', 'AAAA', '192.0.2.1', 'AAAARRDATAIllegalIPv6Address'],
    ['a zone index', 'AAAA', 'fe80::1%eth0', 'AAAARRDATAIllegalIPv6Address'],
    ['an empty label', 'CNAME', 'a..b', 'UnparseableName'],
    ['an empty value', 'MX', ' ', 'EmptyValue'],
  ])('refuses %s', (_, type, value, text) => {
    expect(messagesOf(zoneOf(), [create(simple('v.example.test', type, value))])).toEqual([
      expect.stringContaining(text),
    ]);
  });

  it('accepts strings of 255 with escapes, and a value of 4,000 characters', () => {
    const long = Array.from({ length: 15 }, () => `"${'x'.repeat(255)}"`).join(' ');

    expect(messagesOf(zoneOf(), [create(simple('t.example.test', 'TXT', long))])).toEqual([]);
    expect(
      messagesOf(zoneOf(), [create(simple('t.example.test', 'TXT', '"a\\"b\\\\c\\052"'))]),
    ).toEqual([]);
    expect(txtStrings('"a\\"b\\\\c\\052" "d"')?.map(String)).toEqual(['a"b\\c*', 'd']);
  });

  it('refuses the same value twice', () => {
    expect(
      messagesOf(zoneOf(), [create(simple('v.example.test', 'A', '192.0.2.1', '192.0.2.1'))]),
    ).toEqual([expect.stringContaining('Duplicate')]);
  });

  it.each([
    ['an empty label', 'a..example.test', 'DomainLabelEmpty'],
    ['a label of 64', `${'a'.repeat(64)}.example.test`, 'DomainLabelTooLong'],
    ['a name over 255', `${'a.'.repeat(130)}example.test`, 'DomainNameTooLong'],
  ])('refuses a name with %s', (_, name, text) => {
    expect(messagesOf(zoneOf(), [create(simple(name, 'A', '192.0.2.1'))])).toEqual([
      expect.stringContaining(text),
    ]);
  });

  it('refuses an alias to a record of this zone that is not there', () => {
    const alias = (name: string): ZoneRecord => ({
      name: 'www.example.test',
      type: 'A',
      alias: { name, zone: 'ZLOCAL', evaluateTargetHealth: false },
    });

    expect(messagesOf(zoneOf(), [create(alias('app.example.test'))])).toEqual([
      'Tried to create an alias that targets app.example.test., type A in zone ZLOCAL, but that target was not found',
    ]);
    expect(messagesOf(zoneOf(), [create(alias('app.example.org'))])).toEqual([
      expect.stringContaining('does not lie within the target zone'),
    ]);
    expect(messagesOf(zoneOf(weighted('us', 1)), [create(alias('app.example.test'))])).toEqual([]);
  });

  it('wants the target of an alias before the alias, and not rewritten behind it (octodns#366)', () => {
    const target = simple('pool.example.test', 'A', '192.0.2.1');
    const alias: ZoneRecord = {
      name: 'front.example.test',
      type: 'A',
      alias: { name: target.name, zone: 'ZLOCAL', evaluateTargetHealth: false },
    };
    const missing = [
      'Tried to create an alias that targets pool.example.test., type A in zone ZLOCAL, but that target was not found',
    ];

    expect(messagesOf(zoneOf(), [create(target), create(alias)])).toEqual([]);
    expect(messagesOf(zoneOf(), [create(alias), create(target)])).toEqual(missing);
    expect(messagesOf(zoneOf(target), [create(alias), upsert(target)])).toEqual(missing);
    expect(messagesOf(zoneOf(target), [upsert(target), create(alias)])).toEqual([]);
    expect(messagesOf(zoneOf(target, alias), [remove(alias), create(alias)])).toEqual([]);
  });
});

describe('sizes', () => {
  const many = (count: number): ZoneRecord[] =>
    Array.from({ length: count }, (_, n) => simple(`h${n}.example.test`, 'A', '192.0.2.1'));

  it('takes 1,000 elements a batch and refuses 1,001; UPSERT counts twice', () => {
    expect(messagesOf(zoneOf(), many(1000).map(create))).toEqual([]);
    expect(messagesOf(zoneOf(), many(1001).map(create))).toEqual([
      'Number of records limit of 1000 exceeded.',
    ]);
    expect(messagesOf(zoneOf(), many(500).map(upsert))).toEqual([]);
    expect(messagesOf(zoneOf(), many(501).map(upsert))).toEqual([
      'Number of records limit of 1000 exceeded.',
    ]);
  });

  it('takes 32,000 characters of values a batch and refuses more; UPSERT counts twice', () => {
    const texts = (count: number): ZoneRecord[] =>
      Array.from({ length: count }, (_, n) =>
        simple(`t${n}.example.test`, 'TXT', `"${'x'.repeat(198)}"`),
      );

    expect(messagesOf(zoneOf(), texts(160).map(create))).toEqual([]);
    expect(messagesOf(zoneOf(), texts(161).map(create))).toEqual([
      'RDATA character limit of 32000 exceeded.',
    ]);
    expect(messagesOf(zoneOf(), texts(81).map(upsert))).toEqual([
      'RDATA character limit of 32000 exceeded.',
    ]);
  });

  it('holds 10,000 records a zone', () => {
    const full = zoneOf(...many(9_998)); // with SOA and NS

    expect(messagesOf(full, [create(fence)])).toEqual([
      'Exceeded limit MAX_RRSETS_BY_ZONE for zone: ZLOCAL',
    ]);
  });

  it('is not set up with records that it would refuse', () => {
    expect(() => zoneOf(weighted('us', 256))).toThrow(/weight/);
    expect(() => zoneOf(weighted('us', 1), weighted('us', 2))).toThrow(/same name/);
  });
});

describe('names', () => {
  it('lists by reversed labels with the final dot, then type, then set identifier', () => {
    const names = ['x.app', 'app', 'app-2', '*', '1', '_quorate.app', '-', 'a'].map(
      (label) => `${label}.example.test`,
    );

    expect([...names].sort(compareNames)).toEqual([
      '*.example.test',
      '-.example.test',
      '1.example.test',
      'a.example.test',
      'app-2.example.test',
      'app.example.test',
      '_quorate.app.example.test',
      'x.app.example.test',
    ]);
  });

  it('answers with a final dot and octal escapes', () => {
    expect(wireName(normalName('*.Example.TEST'))).toBe('\\052.example.test.');
    expect(wireName(normalName('a\\056b.example.test.'))).toBe('a\\056b.example.test.');
    expect(normalName('\\052.example.test.')).toBe('*.example.test');
    expect(normalName('bü cher.test')).toBe('b\\303\\274\\040cher.test');
  });

  it('writes and reads any name back to the same normal form', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const name = normalName(text);
        expect(normalName(wireName(name))).toBe(name);
      }),
    );
  });
});

describe('properties', () => {
  const record = fc.record({
    id: fc.constantFrom('us', 'eu', 'ap'),
    name: fc.constantFrom('app.example.test', 'api.example.test', 'b-c.example.test'),
    type: fc.constantFrom('A', 'AAAA'),
    weight: fc.integer({ min: 0, max: 255 }),
    octet: fc.integer({ min: 1, max: 3 }),
  });
  const build = ({
    id,
    name,
    type,
    weight,
    octet,
  }: typeof record extends fc.Arbitrary<infer T> ? T : never): ZoneRecord => ({
    name,
    type,
    setIdentifier: id,
    weight,
    ttlSeconds: 30,
    values: [type === 'A' ? `192.0.2.${octet}` : `2001:db8::${octet}`],
  });
  const zones = fc
    .uniqueArray(record, { selector: (r) => `${r.name} ${r.type} ${r.id}`, maxLength: 18 })
    .map((records) => zoneOf(...records.map(build)));
  const batches = fc.array(
    fc.record({ action: fc.constantFrom('CREATE', 'DELETE', 'UPSERT'), record: record.map(build) }),
    { maxLength: 8 },
  ) as fc.Arbitrary<EngineChange[]>;

  it('a refused batch leaves the zone unchanged', () => {
    fc.assert(
      fc.property(zones, batches, (zone, changes) => {
        const before = textsOf(zone);
        const outcome = applyBatch(zone, changes);
        expect(textsOf(zone)).toEqual(before);
        if (outcome.kind === 'refused') expect(outcome.messages.length).toBeGreaterThan(0);
      }),
    );
  });

  it('an exact DELETE + CREATE of every record is accepted and changes nothing', () => {
    fc.assert(
      fc.property(zones, (zone) => {
        const changes = listRecords(zone).flatMap((r) => [remove(r), create(r)]);
        expect(textsOf(applied(zone, changes))).toEqual(textsOf(zone));
      }),
    );
  });

  it('an exact batch changes the weights it names and nothing else', () => {
    fc.assert(
      fc.property(zones, fc.integer({ min: 0, max: 255 }), fc.nat(), (zone, weight, pick) => {
        const records = listRecords(zone).filter((r) => r.weight !== undefined);
        if (records.length === 0) return;
        const moved = records[pick % records.length]!;
        const after = applied(
          zone,
          records.flatMap((r) => [remove(r), create(r === moved ? { ...r, weight } : r)]),
        );
        const expected = listRecords(zone).map((r) => (r === moved ? { ...r, weight } : r));
        expect(textsOf(after)).toEqual(expected.map(recordText));
      }),
    );
  });

  it('a batch built on an older zone is refused once any of its records has moved', () => {
    fc.assert(
      fc.property(zones, fc.integer({ min: 0, max: 255 }), fc.nat(), (zone, weight, pick) => {
        const records = listRecords(zone).filter((r) => r.weight !== undefined);
        const edited = records[pick % Math.max(1, records.length)];
        if (edited === undefined || edited.weight === weight) return;
        const stale = records.flatMap((r) => [remove(r), create(r)]);
        const now = applied(zone, [upsert({ ...edited, weight })]);
        expect(applyBatch(now, stale).kind).toBe('refused');
      }),
    );
  });

  it('pages of any size hold every record once and in order', () => {
    fc.assert(
      fc.property(zones, fc.integer({ min: 1, max: 25 }), (zone, size) => {
        const pages: ZoneRecord[] = [];
        let from: ZoneRecord | undefined;
        do {
          const page = listPage(zone, from, size);
          expect(page.records.length).toBeLessThanOrEqual(size);
          pages.push(...page.records);
          from = page.next;
        } while (from !== undefined);
        expect(pages.map(recordText)).toEqual(textsOf(zone));
      }),
    );
  });
});
