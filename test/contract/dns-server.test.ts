/**
 * The local name server, asked over real sockets: how weights become answers, what a resolver must be
 * able to rely on (RFC 1034, 1035, 2308, 4592, 6891), and that no bytes bring it down.
 */
import { connect } from 'node:net';
import * as packet from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerQuestion, chooseRecord, type DnsZone } from '../../scripts/local/dns-answer.ts';
import { ask, askAddresses, type DnsReply, exchange } from '../../scripts/local/dns-client.ts';
import { type LocalDns, startDns } from '../../scripts/local/dns-server.ts';
import { startRoute53 } from '../../scripts/local/route53-server.ts';
import { hostedZone, listRecords } from '../../scripts/local/zone-engine.ts';
import type { ZoneRecord } from '../../shared/core/zone-record.ts';
import { fakeClock } from '../fakes/fake-clock.ts';

const app = (id: string, weight: number, extra: Partial<ZoneRecord> = {}): ZoneRecord => ({
  name: 'app.example.test',
  type: 'A',
  setIdentifier: id,
  weight,
  ttlSeconds: 30,
  values: [`127.0.1.${id.charCodeAt(0) - 96}`],
  ...extra,
});
const simple = (name: string, type: string, ...values: string[]): ZoneRecord => ({
  name,
  type,
  ttlSeconds: 60,
  values,
});
const alias = (name: string, target: string, extra: Partial<ZoneRecord> = {}): ZoneRecord => ({
  name,
  type: 'A',
  alias: { name: target, zone: 'ZELB', evaluateTargetHealth: false },
  ...extra,
});
const zoneOf = (...records: ZoneRecord[]): DnsZone => {
  const zone = hostedZone({ id: 'ZLOCAL', name: 'example.test', records });
  return { name: zone.name, records: listRecords(zone) };
};

/** Numbers that look random and are the same in every run (Mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const serve = (zones: readonly DnsZone[], options: { port?: number } = {}): Promise<LocalDns> =>
  startDns({
    zones: () => zones,
    random: seeded(1),
    resolveAlias: ({ name, zone }) =>
      name === 'lb.elb.example.org' && zone === 'ZELB'
        ? [
            { family: 4, address: '127.0.9.9' },
            { family: 6, address: '::1' },
          ]
        : [],
    ...options,
  });
const dataOf = (reply: DnsReply): readonly unknown[] =>
  (reply.answers ?? []).map((answer) => ('data' in answer ? answer.data : undefined));

describe('weighted answers', () => {
  it('give one record per query, in the proportion of the weights', async () => {
    await using dns = await serve([zoneOf(app('a', 60), app('b', 30), app('c', 10))]);
    const counts = new Map<string, number>();
    for (let n = 0; n < 1_000; n += 1) {
      const addresses = await askAddresses(dns.port, 'app.example.test');
      expect(addresses).toHaveLength(1);
      counts.set(addresses[0]!, (counts.get(addresses[0]!) ?? 0) + 1);
    }

    expect(counts.get('127.0.1.1')! / 1_000).toBeCloseTo(0.6, 1);
    expect(counts.get('127.0.1.2')! / 1_000).toBeCloseTo(0.3, 1);
    expect(counts.get('127.0.1.3')! / 1_000).toBeCloseTo(0.1, 1);
  });

  it('follow the weights within tolerance, never give weight 0, and give all alike when all are 0', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 255 })), {
          minLength: 2,
          maxLength: 6,
        }),
        fc.integer(),
        (weights, seed) => {
          const random = seeded(seed);
          const group = weights.map((weight, n) => app(String.fromCharCode(97 + n), weight));
          const draws = 2_000;
          const counts = weights.map(() => 0);
          for (let n = 0; n < draws; n += 1)
            counts[group.indexOf(chooseRecord(group, random)!)]! += 1;
          const sum = weights.reduce((a, b) => a + b, 0);
          for (const [n, weight] of weights.entries()) {
            const share = sum === 0 ? 1 / weights.length : weight / sum;
            // Six standard deviations.
            const tolerance = 6 * Math.sqrt((share * (1 - share)) / draws);
            expect(Math.abs(counts[n]! / draws - share)).toBeLessThanOrEqual(tolerance);
          }
        },
      ),
    );
  });

  it('choose at the edges of chance', () => {
    const group = [app('a', 1), app('b', 0), app('c', 1)];

    expect(chooseRecord(group, () => 0)).toBe(group[0]);
    expect(chooseRecord(group, () => 0.5)).toBe(group[2]);
    expect(chooseRecord(group, () => 1 - Number.EPSILON)).toBe(group[2]);
    expect(chooseRecord([], () => 0)).toBeUndefined();
  });

  it('follow what the zone serves, not what its API already shows', async () => {
    const clock = fakeClock();
    await using route53 = await startRoute53({
      clock,
      zones: [{ id: 'ZLOCAL', name: 'example.test', records: [app('a', 1), app('b', 0)] }],
      insyncDelayMs: 30_000,
    });
    const zone = route53.zone('ZLOCAL');
    await using dns = await startDns({
      zones: () => [{ name: zone.name, records: zone.served() }],
      random: seeded(7),
      resolveAlias: () => [],
    });
    const sdkLike = `<ChangeResourceRecordSetsRequest><ChangeBatch><Changes>${[
      ['UPSERT', 'a', 0],
      ['UPSERT', 'b', 1],
    ]
      .map(
        ([action, id, weight]) =>
          `<Change><Action>${action}</Action><ResourceRecordSet><Name>app.example.test</Name><Type>A</Type><SetIdentifier>${id}</SetIdentifier><Weight>${weight}</Weight><TTL>30</TTL><ResourceRecords><ResourceRecord><Value>127.0.1.${id === 'a' ? 1 : 2}</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></Change>`,
      )
      .join('')}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>`;

    const response = await fetch(`${route53.url}/2013-04-01/hostedzone/ZLOCAL/rrset`, {
      method: 'POST',
      body: sdkLike,
    });
    await response.text();

    expect(response.status).toBe(200);
    expect(await askAddresses(dns.port, 'app.example.test')).toEqual(['127.0.1.1']);
    await clock.advance(30_000);
    expect(await askAddresses(dns.port, 'app.example.test')).toEqual(['127.0.1.2']);
  });

  it('ignore the health check of a record', async () => {
    await using dns = await serve([zoneOf(app('a', 1, { healthCheckId: 'failing' }))]);

    expect(await askAddresses(dns.port, 'app.example.test')).toEqual(['127.0.1.1']);
  });
});

describe('answers', () => {
  it('echo the question in its spelling, with the authority bit', async () => {
    await using dns = await serve([zoneOf(app('a', 1))]);

    const reply = await ask(dns.port, 'aPp.ExAmPlE.tEsT', 'A');

    expect(reply).toMatchObject({
      rcode: 'NOERROR',
      flag_aa: true,
      flag_tc: false,
      flag_ra: false,
    });
    expect(reply.questions).toMatchObject([{ name: 'aPp.ExAmPlE.tEsT', type: 'A' }]);
    expect(reply.answers).toMatchObject([{ name: 'aPp.ExAmPlE.tEsT', ttl: 30, data: '127.0.1.1' }]);
  });

  it('answer aliases with the address of their target and a TTL of 60', async () => {
    await using dns = await serve([
      zoneOf(
        alias('lb.example.test', 'lb.elb.example.org'),
        alias('lb.example.test', 'lb.elb.example.org', { type: 'AAAA' }),
        alias('gone.example.test', 'unknown.example.org'),
        simple('host.example.test', 'A', '127.0.1.7'),
        {
          ...alias('own.example.test', 'host.example.test'),
          alias: { name: 'host.example.test', zone: 'ZLOCAL', evaluateTargetHealth: true },
        },
      ),
    ]);

    expect((await ask(dns.port, 'lb.example.test', 'A')).answers).toMatchObject([
      { type: 'A', ttl: 60, data: '127.0.9.9' },
    ]);
    expect(await askAddresses(dns.port, 'lb.example.test', 'AAAA')).toEqual(['::1']);
    expect(await askAddresses(dns.port, 'own.example.test')).toEqual(['127.0.1.7']);
    expect(await ask(dns.port, 'gone.example.test', 'A')).toMatchObject({
      rcode: 'NOERROR',
      answers: [],
    });
  });

  it('chase a CNAME inside the zone, and stop where the zone ends', async () => {
    await using dns = await serve([
      zoneOf(
        app('a', 1),
        simple('www.example.test', 'CNAME', 'App.example.test.'),
        simple('out.example.test', 'CNAME', 'app.example.org'),
        simple('lost.example.test', 'CNAME', 'none.example.test'),
        simple('one.example.test', 'CNAME', 'two.example.test'),
        simple('two.example.test', 'CNAME', 'one.example.test'),
      ),
    ]);

    expect(dataOf(await ask(dns.port, 'www.example.test', 'A'))).toEqual([
      'App.example.test',
      '127.0.1.1',
    ]);
    expect(dataOf(await ask(dns.port, 'www.example.test', 'CNAME'))).toEqual(['App.example.test']);
    expect(dataOf(await ask(dns.port, 'out.example.test', 'A'))).toEqual(['app.example.org']);
    expect(await ask(dns.port, 'lost.example.test', 'A')).toMatchObject({
      rcode: 'NXDOMAIN',
      answers: [{ type: 'CNAME' }],
      authorities: [{ type: 'SOA' }],
    });
    expect((await ask(dns.port, 'one.example.test', 'A')).rcode).toBe('SERVFAIL');
  });

  it('keep the strings of a TXT value apart, escapes undone', async () => {
    const value = '"v=1 \\"quoted\\" \\\\ \\052" "second"';
    await using dns = await serve([zoneOf(simple('_quorate.app.example.test', 'TXT', value))]);

    const [strings] = dataOf(await ask(dns.port, '_quorate.app.example.test', 'TXT'));

    expect((strings as Buffer[]).map(String)).toEqual(['v=1 "quoted" \\ *', 'second']);
  });

  it('know SOA, NS, MX, SRV and several values of a simple record', async () => {
    await using dns = await serve([
      zoneOf(
        simple('m.example.test', 'MX', '10 mail.example.test.'),
        simple('s.example.test', 'SRV', '1 2 5060 sip.example.test.'),
        simple('h.example.test', 'A', '127.0.1.1', '127.0.1.2'),
      ),
    ]);

    expect(dataOf(await ask(dns.port, 'example.test', 'SOA'))).toMatchObject([
      { mname: 'ns-1.example.test', rname: 'hostmaster.example.test', minimum: 86_400 },
    ]);
    expect(dataOf(await ask(dns.port, 'example.test', 'NS'))).toHaveLength(4);
    expect(dataOf(await ask(dns.port, 'm.example.test', 'MX'))).toEqual([
      { preference: 10, exchange: 'mail.example.test' },
    ]);
    expect(dataOf(await ask(dns.port, 's.example.test', 'SRV'))).toEqual([
      { priority: 1, weight: 2, port: 5060, target: 'sip.example.test' },
    ]);
    expect(dataOf(await ask(dns.port, 'h.example.test', 'A'))).toEqual(['127.0.1.1', '127.0.1.2']);
  });

  it('tell "no such name" from "no such type", both with the SOA and its negative TTL', async () => {
    await using dns = await serve([zoneOf(simple('a.b.example.test', 'A', '127.0.1.1'))]);
    const soa = [{ type: 'SOA', name: 'example.test', ttl: 900 }];

    const nxdomain = await ask(dns.port, 'none.example.test', 'A');
    const nodata = await ask(dns.port, 'a.b.example.test', 'AAAA');
    const between = await ask(dns.port, 'b.example.test', 'A');
    const newType = await ask(dns.port, 'a.b.example.test', 'UNKNOWN_65');

    for (const [reply, rcode] of [
      [nxdomain, 'NXDOMAIN'],
      [nodata, 'NOERROR'],
      [between, 'NOERROR'],
      [newType, 'NOERROR'],
    ] as const)
      expect(reply).toMatchObject({ rcode, flag_aa: true, answers: [], authorities: soa });
  });

  it('let a wildcard stand in only for names that do not exist', async () => {
    await using dns = await serve([
      zoneOf(
        simple('*.w.example.test', 'A', '127.0.1.1'),
        simple('real.w.example.test', 'TXT', '"x"'),
      ),
    ]);

    expect(await askAddresses(dns.port, 'any.w.example.test')).toEqual(['127.0.1.1']);
    expect(await askAddresses(dns.port, 'deep.any.w.example.test')).toEqual(['127.0.1.1']);
    expect((await ask(dns.port, 'real.w.example.test', 'A')).answers).toEqual([]);
    expect((await ask(dns.port, 'x.real.w.example.test', 'A')).rcode).toBe('NXDOMAIN');
  });

  it('refuse other zones, other classes and transfers, and ANY as not implemented', async () => {
    await using dns = await serve([zoneOf(app('a', 1))]);
    const rcodeOf = async (name: string, type: string): Promise<string> =>
      (await ask(dns.port, name, type)).rcode;
    const chaos = packet.encode({
      id: 9,
      questions: [{ name: 'version.bind', type: 'TXT', class: 'CH' }],
    });

    expect(await rcodeOf('example.org', 'A')).toBe('REFUSED');
    expect(await rcodeOf('notexample.test', 'A')).toBe('REFUSED');
    expect(await rcodeOf('.', 'NS')).toBe('REFUSED');
    expect(await rcodeOf('example.test', 'AXFR')).toBe('REFUSED');
    expect(await rcodeOf('app.example.test', 'ANY')).toBe('NOTIMP');
    expect(packet.decode(await exchange(dns.port, chaos))).toMatchObject({ rcode: 'REFUSED' });
  });

  it('come from the zone with the longest name', async () => {
    const inner = hostedZone({
      id: 'ZINNER',
      name: 'sub.example.test',
      records: [simple('app.sub.example.test', 'A', '127.0.1.9')],
    });
    await using dns = await serve([
      zoneOf(app('a', 1)),
      { name: inner.name, records: listRecords(inner) },
    ]);

    expect(await askAddresses(dns.port, 'app.sub.example.test')).toEqual(['127.0.1.9']);
  });
});

describe('sizes', () => {
  const long = zoneOf(
    simple(
      't.example.test',
      'TXT',
      Array.from({ length: 4 }, () => `"${'x'.repeat(250)}"`).join(' '),
    ),
    simple(
      'u.example.test',
      'TXT',
      Array.from({ length: 15 }, () => `"${'y'.repeat(255)}"`).join(' '),
    ),
  );

  it('cut a UDP answer over 512 bytes down to the TC bit, and give it whole over TCP', async () => {
    await using dns = await serve([long]);

    const cut = await ask(dns.port, 't.example.test', 'TXT');
    const whole = await ask(dns.port, 't.example.test', 'TXT', { tcp: true });

    expect(cut).toMatchObject({ flag_tc: true, flag_aa: true, rcode: 'NOERROR', answers: [] });
    expect(whole.flag_tc).toBe(false);
    expect((dataOf(whole)[0] as Buffer[]).map((part) => part.length)).toEqual([250, 250, 250, 250]);
  });

  it('honour the size that EDNS announces, and answer with an OPT record', async () => {
    await using dns = await serve([long]);

    const small = await ask(dns.port, 't.example.test', 'TXT', { ednsSize: 1_000 });
    const large = await ask(dns.port, 't.example.test', 'TXT', { ednsSize: 1_232 });
    const tiny = await ask(dns.port, 'example.test', 'NS', { ednsSize: 100 });

    expect(small.flag_tc).toBe(true);
    expect(large.flag_tc).toBe(false);
    expect(tiny.flag_tc).toBe(false);
    for (const reply of [small, large, tiny])
      expect(reply.additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1_232 }]);
    expect((await ask(dns.port, 'example.test', 'NS')).additionals).toEqual([]);
  });

  it('give a fence of full length over TCP', async () => {
    await using dns = await serve([long]);

    const reply = await ask(dns.port, 'u.example.test', 'TXT', { tcp: true });

    expect(Buffer.concat(dataOf(reply)[0] as Buffer[])).toHaveLength(15 * 255);
  });

  it('refuse another EDNS version', async () => {
    await using dns = await serve([long]);
    const [option] = (await ask(dns.port, 'example.test', 'NS', { ednsSize: 512 })).additionals!;
    const query = packet.encode({
      id: 3,
      questions: [{ name: 'example.test', type: 'NS' }],
      additionals: [{ ...(option as packet.OptAnswer), ednsVersion: 1 }],
    });

    const reply = packet.decode(await exchange(dns.port, query));

    expect(reply).toMatchObject({ answers: [], additionals: [{ extendedRcode: 1 }] });
  });
});

describe('packets that are no queries', () => {
  const query = packet.encode({ id: 5, questions: [{ name: 'app.example.test', type: 'A' }] });
  const with16 = (offset: number, value: number): Buffer => {
    const bytes = Buffer.from(query);
    bytes.writeUInt16BE(value, offset);
    return bytes;
  };
  const rcodeOf = async (dns: LocalDns, bytes: Buffer): Promise<unknown> =>
    (packet.decode(await exchange(dns.port, bytes)) as DnsReply).rcode;

  it('get FORMERR where their header can be read: no question, two, cut short', async () => {
    await using dns = await serve([zoneOf(app('a', 1))]);

    expect(await rcodeOf(dns, with16(4, 0))).toBe('FORMERR');
    expect(await rcodeOf(dns, with16(4, 2))).toBe('FORMERR');
    expect(await rcodeOf(dns, query.subarray(0, 20))).toBe('FORMERR');
    expect(await rcodeOf(dns, with16(2, 0x2800))).toBe('NOTIMP');
  });

  it('get no answer where they are responses or have no header', async () => {
    await using dns = await serve([zoneOf(app('a', 1))]);

    await expect(exchange(dns.port, with16(2, 0x8000), { timeoutMs: 50 })).rejects.toThrow(
      /no DNS answer/,
    );
    await expect(exchange(dns.port, Buffer.from('hello'), { tcp: true })).rejects.toThrow(/closed/);
    expect(await rcodeOf(dns, query)).toBe('NOERROR');
  });

  it('never bring it down, over UDP or TCP, whatever bytes they are', async () => {
    await using dns = await serve([zoneOf(app('a', 1))]);
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }).map((array) => Buffer.from(array)),
      // Close to a query: a few bytes changed, then cut.
      fc
        .tuple(
          fc.array(fc.tuple(fc.nat(query.length - 1), fc.nat(255)), { maxLength: 4 }),
          fc.nat(query.length),
        )
        .map(([edits, length]) => {
          const near = Buffer.from(query);
          for (const [place, value] of edits) near[place] = value;
          return near.subarray(0, length);
        }),
    );

    await fc.assert(
      fc.asyncProperty(bytes, async (garbage) => {
        const tcp = connect(dns.port, '127.0.0.1');
        await new Promise<void>((resolve) => {
          tcp.once('close', () => resolve());
          tcp.once('error', () => undefined);
          tcp.resume();
          tcp.end(garbage);
        });
        await exchange(dns.port, garbage, { timeoutMs: 5 }).catch(() => undefined);
        expect(await askAddresses(dns.port, 'app.example.test')).toEqual(['127.0.1.1']);
      }),
      { numRuns: 200 },
    );
  });

  it('share a connection with queries: several in one write, one in several', async () => {
    await using dns = await serve([zoneOf(app('a', 1))]);
    const framed = packet.streamEncode({
      id: 6,
      questions: [{ name: 'app.example.test', type: 'A' }],
    });
    const socket = connect(dns.port, '127.0.0.1');
    const replies: Buffer[] = [];
    const size = 3 * (2 + (await exchange(dns.port, framed.subarray(2))).length);

    socket.write(Buffer.concat([framed, framed, framed.subarray(0, 5)]));
    socket.write(framed.subarray(5));
    for await (const chunk of socket) {
      replies.push(chunk as Buffer);
      if (Buffer.concat(replies).length >= size) break;
    }

    expect(Buffer.concat(replies)).toHaveLength(size);
  });
});

describe('the server', () => {
  it('says which port is taken, and gives it back when it ends', async () => {
    const first = await serve([zoneOf()]);

    await expect(serve([zoneOf()], { port: first.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: expect.stringContaining(`port ${first.port} on 127.0.0.1 is taken`),
    });
    await first[Symbol.asyncDispose]();
    await using second = await serve([zoneOf()], { port: first.port });
    expect(second.port).toBe(first.port);
  });

  it('answers SERVFAIL for a value without a wire form, and goes on', async () => {
    await using dns = await serve([
      zoneOf(simple('x.example.test', 'CAA', '0 issue "ca.example"'), app('a', 1)),
    ]);

    expect((await ask(dns.port, 'x.example.test', 'CAA')).rcode).toBe('SERVFAIL');
    expect(await askAddresses(dns.port, 'app.example.test')).toEqual(['127.0.1.1']);
    expect(dns.answered()).toBe(2);
  });
});

describe('the answer to any question', () => {
  it('is authoritative with records or an SOA inside the zone, and refused outside', () => {
    const zone = zoneOf(
      app('a', 1),
      app('b', 0),
      simple('www.example.test', 'CNAME', 'app.example.test'),
      simple('*.w.example.test', 'A', '127.0.1.1'),
    );
    const label = fc.constantFrom('app', 'www', 'w', 'x', '*', '_quorate', '', 'A');
    const names = fc
      .tuple(
        fc.array(label, { maxLength: 4 }),
        fc.constantFrom('example.test', 'EXAMPLE.test.', 'org', ''),
      )
      .map(([labels, apex]) => [...labels, apex].join('.'));

    fc.assert(
      fc.property(
        names,
        fc.constantFrom('A', 'AAAA', 'CNAME', 'TXT', 'SOA', 'NS'),
        (name, type) => {
          const answer = answerQuestion(
            { name, type, class: 'IN' },
            { zones: [zone], random: () => 0, resolveAlias: () => [] },
          );
          if (answer.rcode === 'REFUSED') {
            expect(answer.isAuthoritative).toBe(false);
            expect(name.toLowerCase()).not.toMatch(/(^|\.)example\.test\.?$/);
          } else {
            expect(answer.isAuthoritative).toBe(true);
            expect(answer.answers.length + answer.authorities.length).toBeGreaterThan(0);
          }
        },
      ),
    );
  });
});
