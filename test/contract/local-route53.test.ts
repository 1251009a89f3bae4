/**
 * The local Route 53 as the real SDK sees it: its documents, its errors, its pages, and how a change
 * comes to be served. What a batch may do is judged in the zone engine's own tests.
 */
import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  GetHostedZoneCommand,
  ListHostedZonesByNameCommand,
  ListHostedZonesCommand,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
  Route53Client,
} from '@aws-sdk/client-route-53';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AWS_BUCKETS } from '../../scripts/local/route53-meter.ts';
import { type LocalRoute53, startRoute53 } from '../../scripts/local/route53-server.ts';
import type { ZoneRecord } from '../../shared/core/zone-record.ts';
import { type FakeClock, fakeClock } from '../fakes/fake-clock.ts';

const ID = 'Z0123456789ABCDEFGHIJ';
const OTHER = 'Z9876543210ZYXWVUTSRQ';

type World = AsyncDisposable & {
  readonly clock: FakeClock;
  readonly route53: LocalRoute53;
  readonly sdk: Route53Client;
};

async function world(
  records: readonly ZoneRecord[] = [],
  options: Partial<Parameters<typeof startRoute53>[0]> = {},
): Promise<World> {
  const clock = fakeClock();
  const route53 = await startRoute53({
    clock,
    zones: [
      { id: ID, name: 'example.test', records },
      { id: OTHER, name: 'another.test' },
    ],
    insyncDelayMs: 30_000,
    buckets: false,
    ...options,
  });
  const sdk = new Route53Client({
    region: 'us-east-1',
    endpoint: route53.url,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    maxAttempts: 1,
  });
  return {
    clock,
    route53,
    sdk,
    [Symbol.asyncDispose]: async () => {
      sdk.destroy();
      await route53[Symbol.asyncDispose]();
    },
  };
}

const us = (weight: number): ZoneRecord => ({
  name: 'app.example.test',
  type: 'A',
  setIdentifier: 'us',
  weight,
  ttlSeconds: 30,
  values: ['198.51.100.1'],
});
const usSet = (Weight: number): ResourceRecordSet => ({
  Name: 'app.example.test',
  Type: 'A',
  SetIdentifier: 'us',
  Weight,
  TTL: 30,
  ResourceRecords: [{ Value: '198.51.100.1' }],
});
const change = (
  sets: readonly [action: 'CREATE' | 'DELETE' | 'UPSERT', set: ResourceRecordSet][],
  HostedZoneId = ID,
): ChangeResourceRecordSetsCommand =>
  new ChangeResourceRecordSetsCommand({
    HostedZoneId,
    ChangeBatch: {
      Comment: 'why & <how>',
      Changes: sets.map(([Action, ResourceRecordSet]) => ({ Action, ResourceRecordSet })),
    },
  });
const move = (from: number, to: number): ChangeResourceRecordSetsCommand =>
  change([
    ['DELETE', usSet(from)],
    ['CREATE', usSet(to)],
  ]);
const list = (
  input: Omit<ConstructorParameters<typeof ListResourceRecordSetsCommand>[0], 'HostedZoneId'> = {},
): ListResourceRecordSetsCommand =>
  new ListResourceRecordSetsCommand({ HostedZoneId: ID, ...input });
const caught = async (promise: Promise<unknown>): Promise<Error & Record<string, unknown>> =>
  promise.then(
    () => {
      throw new Error('this call was expected to fail');
    },
    (error: Error & Record<string, unknown>) => error,
  );
const weightIn = (records: readonly ZoneRecord[]): number | undefined =>
  records.find(({ setIdentifier }) => setIdentifier === 'us')?.weight;

describe('a change', () => {
  it('is PENDING, then INSYNC, and is served only from then on', async () => {
    await using it = await world([us(100)]);
    const served: number[] = [];
    it.route53.zone(ID).onServed(() => served.push(it.clock.now()));

    const { ChangeInfo } = await it.sdk.send(move(100, 0));

    expect(ChangeInfo).toMatchObject({ Status: 'PENDING', Comment: 'why & <how>' });
    expect(ChangeInfo?.SubmittedAt?.getTime()).toBe(it.clock.now());
    expect(weightIn(it.route53.zone(ID).records())).toBe(0);
    expect(weightIn(it.route53.zone(ID).served())).toBe(100);
    await it.clock.advance(30_000);
    expect(weightIn(it.route53.zone(ID).served())).toBe(0);
    expect(served).toEqual([it.clock.now()]);
    const later = await it.sdk.send(new GetChangeCommand({ Id: ChangeInfo!.Id! }));
    expect(later.ChangeInfo).toMatchObject({ Id: ChangeInfo?.Id, Status: 'INSYNC' });
  });

  it('is served in the order of acceptance, and at once when a slow INSYNC heals', async () => {
    await using it = await world([us(100)]);
    const zone = it.route53.zone(ID);
    const seen: (number | undefined)[] = [];
    zone.onServed(() => seen.push(weightIn(zone.served())));

    it.route53.faults.insyncDelayMs = 3_600_000;
    await it.sdk.send(move(100, 50));
    zone.edit([{ action: 'UPSERT', record: us(7) }]);
    expect(weightIn(zone.served())).toBe(100);
    it.route53.faults.insyncDelayMs = 0;

    expect(weightIn(zone.served())).toBe(7);
    expect(seen).toEqual([7, 7]);
  });

  it('by hand is served at once where nothing older waits', async () => {
    await using it = await world([us(100)]);
    const zone = it.route53.zone(ID);

    zone.edit([{ action: 'UPSERT', record: us(7) }]);

    expect(weightIn(zone.served())).toBe(7);
  });

  it('keeps the spaces of a set identifier', async () => {
    await using it = await world();

    await it.sdk.send(change([['CREATE', { ...usSet(1), SetIdentifier: ' us ' }]]));

    expect(
      it.route53
        .zone(ID)
        .records()
        .map(({ setIdentifier }) => setIdentifier),
    ).toContain(' us ');
  });

  it('carries every kind of record there and back, byte for byte', async () => {
    await using it = await world();
    const sets: ResourceRecordSet[] = [
      usSet(0),
      {
        Name: '\\052.example.test.',
        Type: 'TXT',
        TTL: 5,
        ResourceRecords: [{ Value: '"a & b <c> \\"d\\" \\\\" "é  spaced"' }, { Value: '"\'"' }],
      },
      {
        Name: 'lb.example.test.',
        Type: 'AAAA',
        SetIdentifier: 'eu & co',
        Weight: 255,
        AliasTarget: {
          DNSName: 'LB.elb.example.org',
          HostedZoneId: 'ZELB',
          EvaluateTargetHealth: true,
        },
        HealthCheckId: 'hc-1',
      },
      {
        Name: 'geo.example.test.',
        Type: 'A',
        SetIdentifier: 'de',
        GeoLocation: { CountryCode: 'DE' },
        TTL: 60,
        ResourceRecords: [{ Value: '192.0.2.1' }],
      },
      {
        Name: 'near.example.test.',
        Type: 'A',
        SetIdentifier: 'near',
        GeoProximityLocation: { AWSRegion: 'aws:region:us-east-1', Bias: -5 },
        TTL: 60,
        ResourceRecords: [{ Value: '192.0.2.1' }],
      },
      {
        Name: 'many.example.test.',
        Type: 'A',
        SetIdentifier: 'one',
        MultiValueAnswer: true,
        TTL: 60,
        ResourceRecords: [{ Value: '192.0.2.1' }],
      },
    ];
    await it.sdk.send(change(sets.map((set) => ['CREATE', set])));

    const { ResourceRecordSets = [] } = await it.sdk.send(list());
    const own = ResourceRecordSets.filter(({ Type }) => Type !== 'NS' && Type !== 'SOA');
    const back = await it.sdk.send(change(own.map((set) => ['DELETE', set])));

    expect(back.ChangeInfo?.Status).toBe('PENDING');
    expect(own).toHaveLength(sets.length);
    expect(own).toContainEqual(sets[1]);
    expect(own).toContainEqual(sets[3]);
    expect(own).toContainEqual(sets[4]);
    expect(own).toContainEqual(sets[5]);
    expect(own).toContainEqual({
      ...sets[2],
      AliasTarget: { ...sets[2]!.AliasTarget, DNSName: 'lb.elb.example.org.' },
    });
  });

  it('holds as many quoted strings as a batch may', async () => {
    await using it = await world();
    const value = Array.from({ length: 8 }, () => '"x"').join(' ');
    const sets = Array.from({ length: 900 }, (_, n): ['CREATE', ResourceRecordSet] => [
      'CREATE',
      { Name: `t${n}.example.test`, Type: 'TXT', TTL: 1, ResourceRecords: [{ Value: value }] },
    ]);

    await it.sdk.send(change(sets));

    expect(it.route53.zone(ID).records()).toHaveLength(902);
    expect(it.route53.zone(ID).records().at(-1)?.values).toEqual([value]);
  });

  it('is announced and logged, accepted or refused, by the API or by hand', async () => {
    await using it = await world([us(100)]);
    const heard: boolean[] = [];
    it.route53.onBatch(({ accepted }) => heard.push(accepted));

    await it.sdk.send(move(100, 0));
    await caught(it.sdk.send(move(100, 0)));
    expect(() => it.route53.zone(ID).edit([{ action: 'CREATE', record: us(1) }])).toThrow(
      /already exists/,
    );

    expect(heard).toEqual([true, false, false]);
    expect(it.route53.batches).toMatchObject([
      { by: 'api', zone: ID, accepted: true, comment: 'why & <how>', messages: [] },
      {
        by: 'api',
        accepted: false,
        messages: [expect.stringContaining('do not match'), expect.anything()],
      },
      { by: 'console', accepted: false },
    ]);
    expect(it.route53.counters).toMatchObject({ accepted: 1, refused: 2 });
  });

  it('of one zone leaves the others alone', async () => {
    await using it = await world([us(100)]);

    const wrong = await caught(it.sdk.send(change([['CREATE', usSet(1)]], OTHER)));

    expect(wrong.message).toContain('is not permitted in zone another.test.');
    expect(it.route53.zone(OTHER).records()).toHaveLength(2);
    expect(() => it.route53.zone('ZNONE')).toThrow(/known: Z0123456789ABCDEFGHIJ/);
  });
});

describe('a refusal', () => {
  it('comes in both of AWS’s shapes in turn', async () => {
    await using it = await world([us(100)]);

    const first = await caught(it.sdk.send(move(99, 0)));
    const second = await caught(it.sdk.send(move(99, 0)));

    expect(first.name).toBe('InvalidChangeBatch');
    expect(first.message).toMatch(
      /^\[Tried to delete resource record set \[name='app\.example\.test\.', type='A', set-identifier='us'\] but the values provided do not match the current values, Tried/,
    );
    // The second shape has no code, and the SDK hands its list over as it stands.
    expect(second.Messages).toMatchObject({
      Message: [
        expect.stringContaining('but the values provided do not match'),
        expect.stringContaining('but it already exists'),
      ],
    });
  });

  it('leaves the set identifier out of every third text', async () => {
    await using it = await world([us(100)]);
    const texts: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      const error = await caught(it.sdk.send(move(99, 0)));
      texts.push(`${error.message} ${JSON.stringify(error.Messages ?? '')}`);
    }

    expect(texts.map((text) => text.includes('set-identifier'))).toEqual([true, true, false]);
  });

  it('of malformed input is InvalidInput', async () => {
    await using it = await world();

    const error = await caught(it.sdk.send(change([['CREATE', usSet(256)]])));

    expect(error).toMatchObject({ name: 'InvalidInput' });
    expect(error.message).toContain("Value '256'");
  });

  it('of a foreign zone or change is 404', async () => {
    await using it = await world();

    expect(await caught(it.sdk.send(change([['CREATE', usSet(1)]], 'ZNONE')))).toMatchObject({
      name: 'NoSuchHostedZone',
      $metadata: { httpStatusCode: 404 },
    });
    expect(await caught(it.sdk.send(new GetChangeCommand({ Id: 'CNONE' })))).toMatchObject({
      name: 'NoSuchChange',
      $metadata: { httpStatusCode: 404 },
    });
  });
});

describe('a listing', () => {
  const records = Array.from(
    { length: 650 },
    (_, n): ZoneRecord => ({
      ...us(n % 256),
      name: `h${String(Math.floor(n / 2)).padStart(3, '0')}.example.test`,
      setIdentifier: n % 2 === 0 ? 'a' : 'b',
    }),
  );

  it('gives 300 records a page and says where to go on', async () => {
    await using it = await world(records);

    const page = await it.sdk.send(list({ MaxItems: 1_000 }));

    expect(page.ResourceRecordSets).toHaveLength(300);
    expect(page).toMatchObject({
      IsTruncated: true,
      NextRecordName: 'h149.example.test.',
      NextRecordType: 'A',
      NextRecordIdentifier: 'a',
      MaxItems: 300,
    });
  });

  it('pages hold every record once and in order, whatever their size', async () => {
    await using it = await world(records.slice(0, 40));
    const all = it.route53.zone(ID).records();
    const keyOf = (name: string, type: string, id = ''): string => `${name} ${type} ${id}`;

    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 50 }), async (MaxItems) => {
        const keys: string[] = [];
        let start = {};
        for (let isTruncated = true; isTruncated; ) {
          const page = await it.sdk.send(list({ MaxItems, ...start }));
          const sets = page.ResourceRecordSets ?? [];
          expect(sets.length).toBeLessThanOrEqual(MaxItems);
          keys.push(...sets.map((s) => keyOf(s.Name!.slice(0, -1), s.Type!, s.SetIdentifier)));
          isTruncated = page.IsTruncated === true;
          start = {
            StartRecordName: page.NextRecordName,
            StartRecordType: page.NextRecordType,
            ...(page.NextRecordIdentifier
              ? { StartRecordIdentifier: page.NextRecordIdentifier }
              : {}),
          };
        }
        expect(keys).toEqual(all.map((r) => keyOf(r.name, r.type, r.setIdentifier)));
      }),
      { numRuns: 20 },
    );
  });

  it('starts at the first record at or after the name asked for', async () => {
    const named = ['app-2', 'app', '_quorate.app'].map((label) => ({
      ...us(1),
      name: `${label}.example.test`,
    }));
    await using it = await world(named);

    const page = await it.sdk.send(list({ StartRecordName: 'app.example.test' }));

    expect(page.ResourceRecordSets?.map(({ Name }) => Name)).toEqual([
      'app.example.test.',
      '_quorate.app.example.test.',
    ]);
  });

  it('refuses a type without a name', async () => {
    await using it = await world();

    expect((await caught(it.sdk.send(list({ StartRecordType: 'A' })))).name).toBe('InvalidInput');
  });

  it('carries the clock of the world as its Date', async () => {
    await using it = await world();

    const response = await fetch(`${it.route53.url}/2013-04-01/hostedzone/${ID}/rrset`);
    await response.text();

    expect(Date.parse(response.headers.get('date')!)).toBe(it.clock.now());
  });
});

describe('zones', () => {
  it('are described with their name servers and recovery status', async () => {
    await using it = await world([us(1)]);
    it.route53.faults.acceleratedRecoveryStatus = 'ENABLED';

    const { HostedZone, DelegationSet } = await it.sdk.send(new GetHostedZoneCommand({ Id: ID }));

    expect(HostedZone).toMatchObject({
      Id: `/hostedzone/${ID}`,
      Name: 'example.test.',
      ResourceRecordSetCount: 3,
      Features: { AcceleratedRecoveryStatus: 'ENABLED' },
    });
    expect(DelegationSet?.NameServers).toHaveLength(4);
  });

  it('are listed, by name too, page by page', async () => {
    await using it = await world();

    const first = await it.sdk.send(new ListHostedZonesCommand({ MaxItems: 1 }));
    const second = await it.sdk.send(new ListHostedZonesCommand({ Marker: first.NextMarker }));
    const byName = await it.sdk.send(new ListHostedZonesByNameCommand({}));
    const fromName = await it.sdk.send(
      new ListHostedZonesByNameCommand({ DNSName: 'example.test' }),
    );

    expect(first).toMatchObject({ IsTruncated: true, NextMarker: OTHER });
    expect(second.HostedZones?.map(({ Name }) => Name)).toEqual(['another.test.']);
    expect(byName.HostedZones?.map(({ Name }) => Name)).toEqual(['another.test.', 'example.test.']);
    expect(fromName.HostedZones?.map(({ Name }) => Name)).toEqual(['example.test.']);
  });
});

describe('faults', () => {
  it('throttles every call while it is told to', async () => {
    await using it = await world([us(100)]);
    it.route53.faults.throttled = true;

    const errors = [await caught(it.sdk.send(move(100, 0))), await caught(it.sdk.send(list()))];

    expect(errors.map(({ name, message }) => `${name}: ${message}`)).toEqual([
      'Throttling: Rate exceeded',
      'Throttling: Rate exceeded',
    ]);
    it.route53.faults.throttled = false;
    expect((await it.sdk.send(move(100, 0))).ChangeInfo?.Status).toBe('PENDING');
  });

  it('is away by 503 and by reset in turn', async () => {
    await using it = await world([us(100)]);
    it.route53.faults.down = true;

    const first = await caught(it.sdk.send(list()));
    const second = await caught(it.sdk.send(list()));

    expect(first.$metadata).toMatchObject({ httpStatusCode: 503 });
    expect(second.code).toBe('ECONNRESET');
    expect(it.route53.counters).toMatchObject({ cut: 1, failed: 1 });
  });

  it('loses the reply of a change that took effect', async () => {
    await using it = await world([us(100)]);
    it.route53.faults.replyLost = 1;

    await caught(it.sdk.send(move(100, 0)));

    expect(weightIn(it.route53.zone(ID).records())).toBe(0);
    expect((await caught(it.sdk.send(move(100, 0)))).name).toBe('InvalidChangeBatch');
    expect((await it.sdk.send(move(0, 5))).ChangeInfo?.Status).toBe('PENDING');
  });

  it('loses a request before it takes effect', async () => {
    await using it = await world([us(100)]);
    it.route53.faults.requestLost = 1;

    await caught(it.sdk.send(move(100, 0)));

    expect(weightIn(it.route53.zone(ID).records())).toBe(100);
  });

  it('is busy with a prior request as often as told', async () => {
    await using it = await world([us(100)]);
    it.route53.faults.busy = 1;

    expect((await caught(it.sdk.send(move(100, 0)))).name).toBe('PriorRequestNotComplete');
    expect((await it.sdk.send(move(100, 0))).ChangeInfo?.Status).toBe('PENDING');
  });

  it('lets a batch take effect long after its connection was cut', async () => {
    await using it = await world([us(100)]);
    it.route53.faults.lateMs = 60_000;

    await caught(it.sdk.send(move(100, 0)));

    await it.clock.advance(59_000);
    expect(weightIn(it.route53.zone(ID).records())).toBe(100);
    await it.clock.advance(1_000);
    expect(weightIn(it.route53.zone(ID).records())).toBe(0);
  });

  it('strands a change: accepted, forgotten, the zone as before', async () => {
    await using it = await world([us(100)]);
    it.route53.faults.strandNext = 1;

    const { ChangeInfo } = await it.sdk.send(move(100, 0));

    expect((await caught(it.sdk.send(new GetChangeCommand({ Id: ChangeInfo!.Id! })))).name).toBe(
      'NoSuchChange',
    );
    expect(weightIn(it.route53.zone(ID).records())).toBe(100);
  });

  it('strands everything that is still PENDING when the control plane moves', async () => {
    await using it = await world([us(100)]);
    const first = await it.sdk.send(move(100, 50));
    await it.clock.advance(30_000);
    const second = await it.sdk.send(move(50, 0));

    it.route53.zone(ID).strandPending();

    const status = async (Id: string): Promise<string | undefined> =>
      (await it.sdk.send(new GetChangeCommand({ Id }))).ChangeInfo?.Status;
    expect(weightIn(it.route53.zone(ID).records())).toBe(50);
    expect(await status(first.ChangeInfo!.Id!)).toBe('INSYNC');
    await expect(status(second.ChangeInfo!.Id!)).rejects.toThrow(/Could not find/);
  });

  it('denies with 403, and protects names', async () => {
    await using it = await world([us(100)]);
    it.route53.faults.denied = true;

    const denied = await caught(it.sdk.send(move(100, 0)));

    expect(denied).toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
    expect(denied.message).toContain('route53:ChangeResourceRecordSets');
    it.route53.faults.denied = false;
    it.route53.faults.protectedNames = ['app.example.test'];
    expect((await caught(it.sdk.send(move(100, 0)))).message).toContain('protected');
  });
});

describe('token buckets', () => {
  it('allow 50 requests at once and 10 more a second', async () => {
    await using it = await world([], { buckets: AWS_BUCKETS });
    const burst = async (count: number): Promise<number> => {
      let answered = 0;
      for (let n = 0; n < count; n += 1)
        answered += await it.sdk.send(list()).then(
          () => 1,
          () => 0,
        );
      return answered;
    };

    expect(await burst(60)).toBe(50);
    await it.clock.advance(1_000);
    expect(await burst(20)).toBe(10);
    expect(it.route53.counters.throttled).toBe(20);
    await it.clock.advance(3_600_000);
    expect(await burst(60)).toBe(50);
  });

  it('allow 1,500 changes at once and 100 more a second; an UPSERT takes two', async () => {
    await using it = await world([], { buckets: AWS_BUCKETS });
    const upserts = (count: number): ChangeResourceRecordSetsCommand =>
      change(
        Array.from({ length: count }, (_, n) => [
          'UPSERT',
          { ...usSet(1), Name: `h${n}.example.test` },
        ]),
      );

    await it.sdk.send(upserts(500));
    await it.sdk.send(upserts(250));
    expect((await caught(it.sdk.send(upserts(1)))).name).toBe('Throttling');
    await it.clock.advance(1_000);
    await it.sdk.send(upserts(50));
    expect((await caught(it.sdk.send(upserts(1)))).name).toBe('Throttling');
  });
});

describe('robustness', () => {
  it('answers any bytes with an error, and goes on', async () => {
    await using it = await world([us(100)]);
    const path = `${it.route53.url}/2013-04-01/hostedzone/${ID}/rrset`;
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc
        .string({ unit: 'binary' })
        .map((text) => Buffer.from(`<ChangeBatch>${text}</ChangeBatch>`)),
      fc
        .constantFrom(
          '<ChangeResourceRecordSetsRequest><ChangeBatch><Changes><Change/></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>',
          '<ChangeResourceRecordSetsRequest><ChangeBatch><Changes><Change><Action>CREATE</Action></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>',
          '<ChangeResourceRecordSetsRequest><ChangeBatch><Changes><Change><Action>CREATE</Action><ResourceRecordSet><Name>x</Name><Type>A</Type><TTL>x</TTL><ResourceRecords>x</ResourceRecords></ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>',
          '<ChangeResourceRecordSetsRequest/>',
          '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>',
          '<__proto__><constructor/></__proto__>',
        )
        .map((text) => Buffer.from(text)),
    );

    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const response = await fetch(path, { method: 'POST', body });
        expect(await response.text()).toContain('<ErrorResponse');
        expect(response.status).toBe(400);
      }),
    );

    expect(weightIn(it.route53.zone(ID).records())).toBe(100);
    expect(it.route53.counters.failed).toBe(0);
  });

  it('answers unknown paths, queries and methods with an error', async () => {
    await using it = await world();
    const statuses: number[] = [];
    for (const [method, path] of [
      ['GET', '/'],
      ['PUT', `/2013-04-01/hostedzone/${ID}/rrset`],
      ['GET', '/2013-04-01/hostedzone/%E0%A4%A/rrset'],
      ['GET', `/2013-04-01/hostedzone/${ID}/rrset?maxitems=-1`],
      ['GET', '//////'],
      ['GET', '/2013-04-01/hostedzone?marker=ZNONE'],
      ['GET', '/2013-04-01/hostedzonesbyname?maxitems=x'],
    ] as const) {
      const response = await fetch(`${it.route53.url}${path}`, { method });
      await response.text();
      statuses.push(response.status);
    }

    expect(statuses).toEqual([404, 404, 404, 400, 404, 400, 400]);
  });

  it('refuses a body over its bound', async () => {
    await using it = await world();

    const response = await fetch(`${it.route53.url}/2013-04-01/hostedzone/${ID}/rrset`, {
      method: 'POST',
      body: Buffer.alloc(2_100_000, 'x'),
    });

    expect([response.status, await response.text()]).toEqual([
      413,
      expect.stringContaining('RequestEntityTooLarge'),
    ]);
  });

  it('says which port is taken', async () => {
    await using it = await world();

    const second = startRoute53({ clock: it.clock, zones: [], port: it.route53.port });

    await expect(second).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: expect.stringContaining('is taken'),
    });
  });

  it('waits with one timer a zone, and with none after its end', async () => {
    const it = await world([us(100)]);
    const zone = it.route53.zone(ID);
    await it.sdk.send(move(100, 50));
    await it.sdk.send(move(50, 0));
    expect(it.clock.waiting()).toBe(1);

    await it[Symbol.asyncDispose]();
    zone.edit([{ action: 'UPSERT', record: us(7) }]);

    expect(it.clock.waiting()).toBe(0);
  });

  it('leaves no timer behind', async () => {
    const it = await world([us(100)]);
    await it.sdk.send(move(100, 0));
    it.route53.faults.lateMs = 60_000;
    await caught(it.sdk.send(move(0, 1)));

    await it[Symbol.asyncDispose]();
    await it.clock.advance(0);

    expect(it.clock.waiting()).toBe(0);
  });
});
