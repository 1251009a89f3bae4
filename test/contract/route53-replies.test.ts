/**
 * Hostile and odd replies, byte by byte: whatever stands where Route 53 should be, reading and asking
 * for a change end in a `QuorateError`, a commit in a reply that claims no more than is known, and a
 * commit is sent once.
 */
import { Route53Client as Client, type Route53Client } from '@aws-sdk/client-route-53';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { describe, expect, it } from 'vitest';
import { route53Zone } from '../../shared/adapters/route53-zone.ts';
import { AssertionError, type ErrorCode, QuorateError } from '../../shared/core/errors.ts';
import type { ZoneRef } from '../../shared/core/model.ts';
import type { ZoneRecord } from '../../shared/core/zone-record.ts';
import type { CommitReply, Zone } from '../../shared/ports.ts';
import { FAKE_START, fakeClock } from '../fakes/fake-clock.ts';
import { answer, bytes, type RawStub, rawStub, resetAfter, type Script } from './raw-stub.ts';

const ZONE: ZoneRef = { key: 'main', id: 'Z0123456789ABCDEFGHIJ' };
const STRETCH = { from: 'a.example.test', to: 'z.example.test' };
const RECORD: ZoneRecord = {
  name: 'app.example.test',
  type: 'A',
  ttlSeconds: 30,
  values: ['192.0.2.1'],
};
const NS = 'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"';

type Outcome = {
  readonly read?: ErrorCode;
  readonly commit?: CommitReply['kind'] | 'access-denied' | 'no-such-zone' | 'invalid-input';
  readonly status?: ErrorCode | 'stranded';
};
/** What nobody can make sense of: unavailable when reading, unknown when writing. */
const SENSELESS: Required<Outcome> = {
  read: 'ZONE_UNAVAILABLE',
  commit: 'unknown',
  status: 'ZONE_UNAVAILABLE',
};
const DENIED: Outcome = { read: 'ACCESS_DENIED', commit: 'access-denied', status: 'ACCESS_DENIED' };
const THROTTLED: Outcome = {
  read: 'ZONE_THROTTLED',
  commit: 'throttled',
  status: 'ZONE_THROTTLED',
};
const INVALID: Outcome = { commit: 'invalid-input' };

const error = (status: number, code: string, message = 'because'): Script =>
  answer(
    status,
    `<?xml version="1.0"?>\n<ErrorResponse ${NS}><Error><Type>Sender</Type><Code>${code}</Code>` +
      `<Message>${message}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`,
  );
const TRUNCATED = `<?xml version="1.0"?><ListResourceRecordSetsResponse ${NS}><ResourceRecordSets><Resou`;
const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\n';
const LAUGHS = `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "${'&a;'.repeat(100)}"><!ENTITY c "${'&b;'.repeat(100)}"><!ENTITY d "${'&c;'.repeat(100)}">]><l>&d;&d;</l>`;

const REPLIES: readonly (readonly [string, Script, Outcome?])[] = [
  ['an empty body', answer(200)],
  ['white space alone', answer(200, ' \r\n\t ')],
  ['a page of a proxy', answer(200, '<!DOCTYPE html><html><body>Welcome</body></html>')],
  ['a page with an unclosed tag', answer(200, '<html><br><body>Welcome</html>')],
  ['plain text', answer(200, 'OK')],
  ['JSON', answer(200, '{"ResourceRecordSets":[]}', { 'content-type': 'application/json' })],
  ['bytes that are no text', answer(200, Buffer.from([0xff, 0xfe, 0, 0x3c, 0xc3, 0x28, 0x3e]))],
  ['truncated XML', answer(200, TRUNCATED)],
  [
    'XML of another kind',
    answer(200, `<GetHostedZoneResponse ${NS}><HostedZone/></GetHostedZoneResponse>`),
  ],
  ['an empty element', answer(200, '<x/>')],
  [
    'an attempt on the prototype',
    answer(200, '<x><__proto__><polluted>1</polluted></__proto__></x>'),
  ],
  [
    'a success that holds an error',
    answer(200, '<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>'),
  ],
  ['entities that grow to gigabytes', answer(200, LAUGHS)],
  [
    'an entity that names a file',
    answer(200, '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>'),
  ],
  ['elements 100,000 deep', answer(200, '<x>'.repeat(100_000))],
  ['nine million bytes', answer(200, `<x>${'y'.repeat(9_000_000)}</x>`)],
  [
    'a compressed body',
    answer(200, Buffer.from('1f8b0800000000000003', 'hex'), { 'content-encoding': 'gzip' }),
  ],
  ['nothing, said to be fine', answer(204)],
  ['a redirect', answer(301, '', { location: 'https://example.com/' })],
  ['a redirect to itself', answer(302, '', { location: '/' })],
  ['a redirect that keeps the method', answer(307, '<x/>', { location: 'http://127.0.0.1:1/' })],
  ['not modified', answer(304)],
  ['a refusal without a body', answer(400)],
  ['a refusal in HTML', answer(400, '<html><body><h1>Bad Request</h1></body></html>')],
  ['a refusal in plain text', answer(400, 'Bad Request')],
  ['a refusal in half', answer(400, '<ErrorResponse><Error><Code>InvalidChangeBatch</Code><Mess')],
  [
    'a refusal in JSON',
    answer(400, '{"__type":"Throttling"}', { 'content-type': 'application/json' }),
  ],
  [
    'a refusal without a code',
    answer(400, '<ErrorResponse><Error><Message>no</Message></Error></ErrorResponse>'),
  ],
  ['an unauthorised page', answer(401, '<html>log in</html>')],
  ['not found, by a web server', answer(404, '<html><h1>404</h1></html>')],
  ['not found, without a body', answer(404)],
  ['a request timeout', error(408, 'RequestTimeout')],
  ['a server error', answer(500)],
  ['a server error with a code', error(500, 'InternalFailure')],
  ['a bad gateway', answer(502, '<html><h1>502 Bad Gateway</h1></html>')],
  ['no service', error(503, 'ServiceUnavailable')],
  ['a refused change by a broken server', error(500, 'InvalidChangeBatch', '[Tried to delete]')],
  ['a gateway timeout', answer(504, 'upstream request timeout')],
  ['an unknown status', answer(999)],
  ['no HTTP at all', bytes('220 mail.example.com ESMTP\r\n')],
  ['a broken status line', bytes('HTTP/1.1 abc\r\n\r\n')],
  ['headers without an end', bytes(`${HEAD}x-a: b\r\n`)],
  ['headers of 100 kB', bytes(`${HEAD}x-a: ${'b'.repeat(100_000)}\r\n\r\n`)],
  ['a broken chunk', bytes(`${HEAD}transfer-encoding: chunked\r\n\r\nzz\r\n<x/>\r\n`)],
  ['less than the length it gave', bytes(`${HEAD}content-length: 1000\r\n\r\n<x>`)],
  ['an interim answer alone', bytes('HTTP/1.1 100 Continue\r\n\r\n')],
  ['a connection closed at once', bytes('')],
  ['a reset before the answer', resetAfter('')],
  ['a reset within the headers', resetAfter('HTTP/1.1 200 OK\r\ncontent-')],
  ['a reset within the body', resetAfter(`${HEAD}content-length: 1000\r\n\r\n<ListRes`)],

  ['access denied', error(403, 'AccessDenied'), DENIED],
  ['access denied, by its longer name', error(400, 'AccessDeniedException'), DENIED],
  ['a forbidding page', answer(403, '<html>forbidden</html>'), DENIED],
  ['forbidden, without a body', answer(403), DENIED],
  ['an expired token', error(400, 'ExpiredToken'), DENIED],
  ['a wrong signature', error(403, 'SignatureDoesNotMatch'), DENIED],
  ['an unknown access key', error(403, 'InvalidClientTokenId'), DENIED],
  ['throttling', error(400, 'Throttling', 'Rate exceeded'), THROTTLED],
  ['throttling by its longer name', error(400, 'ThrottlingException', 'Rate exceeded'), THROTTLED],
  [
    'throttling by text alone',
    answer(400, '<ErrorResponse><Error><Message>Rate exceeded</Message></Error></ErrorResponse>'),
    THROTTLED,
  ],
  ['too many requests', answer(429, '<html>slow down</html>'), THROTTLED],
  ['throttling by a server at its limit', error(503, 'Throttling'), THROTTLED],
  [
    'a zone that is not there',
    error(404, 'NoSuchHostedZone'),
    { read: 'NOT_FOUND', commit: 'no-such-zone', status: 'NOT_FOUND' },
  ],
  ['a health check that is not there', error(404, 'NoSuchHealthCheck'), INVALID],
  ['invalid input', error(400, 'InvalidInput'), INVALID],
  ['a code of tomorrow', error(409, 'SomethingNew'), INVALID],
  ['a limit', error(400, 'LimitsExceeded'), INVALID],
  [
    'a change that is not there',
    error(404, 'NoSuchChange'),
    { commit: 'invalid-input', status: 'stranded' },
  ],
  ['an earlier change in process', error(400, 'PriorRequestNotComplete'), { commit: 'busy' }],
  ['a refused change', error(400, 'InvalidChangeBatch', '[no]'), { commit: 'refused' }],
  [
    'a refused change in the other shape',
    answer(
      400,
      `<InvalidChangeBatch ${NS}><Messages><Message>no</Message></Messages></InvalidChangeBatch>`,
    ),
    { commit: 'refused' },
  ],
];

describe('replies of Route 53', () => {
  const replies = REPLIES.map(
    ([title, script, expected]) => [title, script, { ...SENSELESS, ...expected }] as const,
  );
  it.each(replies)('survives %s', async (_, script, { read, commit, status }) => {
    await using stub = await rawStub(script);
    const { zone, clock } = zoneAt(stub);

    expect(await codeOf(zone.read(ZONE, STRETCH, signal()))).toBe(read);
    expect(await codeOf(zone.changeStatus(ZONE, 'C1', signal()))).toBe(status);
    const before = stub.requests.length;
    const reply = await commitTo(zone);
    expect(reply.kind === 'denied' ? reply.code : reply.kind).toBe(commit);
    expect(stub.requests.length).toBe(before + 1);
    expect(clock.waiting()).toBe(0);
    expect('polluted' in {}).toBe(false);
  });

  const SILENCES: readonly (readonly [string, string])[] = [
    ['before the answer', ''],
    ['within the headers', 'HTTP/1.1 200 OK\r\ncontent-'],
    ['before the body', `${HEAD}content-length: 1000\r\n\r\n`],
    ['within the body', `${HEAD}content-length: 1000\r\n\r\n<ListRes`],
  ];
  it.each(SILENCES)('gives up on a server that falls silent %s', async (_, said) => {
    const clock = fakeClock();
    await using stub = await rawStub((socket) => {
      // The deadline passes only once the server has said all it is going to say.
      if (said === '') void clock.advance(60_000);
      else socket.write(said, () => void clock.advance(60_000));
    });
    const { zone } = zoneAt(stub, clock);

    expect(await codeOf(zone.read(ZONE, STRETCH, signal()))).toBe('ZONE_UNAVAILABLE');
    expect(await codeOf(zone.changeStatus(ZONE, 'C1', signal()))).toBe('ZONE_UNAVAILABLE');
    expect(await commitTo(zone)).toEqual({ kind: 'unknown', message: 'no answer within 10000 ms' });
    expect(clock.waiting()).toBe(0);
  });

  it('ends with the signal of the invocation, whatever its reason', async () => {
    const controller = new AbortController();
    await using stub = await rawStub(() => controller.abort('the invocation ends'));
    const { zone } = zoneAt(stub);

    expect(await codeOf(zone.read(ZONE, STRETCH, controller.signal))).toBe('ZONE_UNAVAILABLE');
    expect(await codeOf(zone.read(ZONE, STRETCH, controller.signal))).toBe('ZONE_UNAVAILABLE');
    expect((await commitTo(zone, controller.signal)).kind).toBe('unknown');
  });

  it('says so when nobody listens', async () => {
    const stub = await rawStub(answer(200));
    await stub[Symbol.asyncDispose]();
    const { zone } = zoneAt(stub);

    expect(await codeOf(zone.read(ZONE, STRETCH, signal()))).toBe('ZONE_UNAVAILABLE');
    expect((await commitTo(zone)).kind).toBe('unknown');
  });

  const PAGES: readonly (readonly [string, string])[] = [
    ['no list', '<IsTruncated>false</IsTruncated>'],
    ['no word on whether it is whole', list(set())],
    ['a record without a name', page(set('<Name/>'))],
    [
      'a record without a type',
      page('<ResourceRecordSet><Name>b.example.test.</Name></ResourceRecordSet>'),
    ],
    ['a record without values', page(set('', ''))],
    ['a TTL that is no number', page(set('<TTL>soon</TTL>'))],
    ['a TTL below zero', page(set('<TTL>-1</TTL>'))],
    ['a weight that is no number', page(set('<Weight>heavy</Weight>'))],
    ['a weight over 255', page(set('<Weight>256</Weight>'))],
    ['a broken weight', page(set('<Weight>1.5</Weight>'))],
    ['two weights', page(set('<Weight>1</Weight><Weight>2</Weight>'))],
    ['a weight with an inside', page(set('<Weight><x>1</x></Weight>'))],
    [
      'an alias without a target',
      page(set('<AliasTarget><HostedZoneId>Z1</HostedZoneId></AliasTarget>', '')),
    ],
    ['one record twice', page(set() + set())],
    ['a page that leads nowhere', `${list(set())}<IsTruncated>true</IsTruncated>`],
  ];
  it.each(PAGES)('takes no list with %s', async (_, inside) => {
    await using stub = await rawStub(answer(200, listing(inside)));
    const { zone } = zoneAt(stub);

    const thrown = await zone.read(ZONE, STRETCH, signal()).catch((error: unknown) => error);

    expect(thrown).toMatchObject({ code: 'ZONE_UNAVAILABLE' });
    expect((thrown as Error).message).toMatch(
      /^zone main \(Z0123456789ABCDEFGHIJ\) could not be read: \S/,
    );
    expect((thrown as Error).message).toMatch(/DNS is left alone, the next round tries again$/);
  });

  it('ends a listing that goes round in circles', async () => {
    const next =
      '<NextRecordName>b.example.test.</NextRecordName><NextRecordType>A</NextRecordType>';
    await using stub = await rawStub(
      answer(200, listing(`${list('')}<IsTruncated>true</IsTruncated>${next}`)),
    );

    expect(await codeOf(zoneAt(stub).zone.read(ZONE, STRETCH, signal()))).toBe('ZONE_UNAVAILABLE');
    expect(stub.requests).toHaveLength(2);
  });

  it('ends a listing that never ends after 50 pages', async () => {
    let count = 0;
    await using stub = await rawStub((socket, request) => {
      count += 1;
      const name = `b${String(count).padStart(6, '0')}.example.test.`;
      const inside = `${list(set(`<Name>${name}</Name>`))}<IsTruncated>true</IsTruncated><NextRecordName>${name}</NextRecordName>`;
      answer(200, listing(inside))(socket, request);
    });

    expect(await codeOf(zoneAt(stub).zone.read(ZONE, STRETCH, signal()))).toBe('ZONE_UNAVAILABLE');
    expect(count).toBeLessThanOrEqual(50);
  });

  it('reads what is odd but whole', async () => {
    const odd = page(
      set('<Weight>0</Weight><Surprise>new</Surprise>') + set('<Name>zz.example.test.</Name>'),
    );
    await using stub = await rawStub(
      answer(200, `<?xml version="1.0"?><!-- hello -->${listing(odd)}`, {
        'content-type': 'application/json',
      }),
    );

    const { records, serverAt } = await zoneAt(stub).zone.read(ZONE, STRETCH, signal());

    expect(records).toEqual([
      { name: 'b.example.test', type: 'A', weight: 0, ttlSeconds: 60, values: ['192.0.2.1'] },
    ]);
    expect(serverAt).toBe(FAKE_START + 2_000);
  });

  it.each(
    [
      [
        '',
        'yesterday',
        '1',
        '2026-07-01T00:00:00Z',
        'Wed, 99 Jul 2026 00:00:02 GMT',
        'x'.repeat(5_000),
      ],
    ].flat(),
  )('has no server clock where the Date is %j', async (date) => {
    await using stub = await rawStub(answer(200, listing(page('')), { date }));

    expect((await zoneAt(stub).zone.read(ZONE, STRETCH, signal())).serverAt).toBeNull();
  });

  it.each(['', '/change/', 'C1 OR 1', `C${'9'.repeat(500)}`, '<x/>', '/hostedzone/Z1'])(
    'takes a commit with the change id %j for unknown',
    async (id) => {
      const info = `<ChangeInfo><Id>${id}</Id><Status>PENDING</Status><SubmittedAt>2026-07-01T00:00:00Z</SubmittedAt></ChangeInfo>`;
      await using stub = await rawStub(
        answer(
          200,
          `<ChangeResourceRecordSetsResponse ${NS}>${info}</ChangeResourceRecordSetsResponse>`,
        ),
      );

      expect((await commitTo(zoneAt(stub).zone)).kind).toBe('unknown');
    },
  );

  it('takes no status that Route 53 does not document', async () => {
    const body = `<GetChangeResponse ${NS}><ChangeInfo><Id>/change/C1</Id><Status>DONE</Status></ChangeInfo></GetChangeResponse>`;
    await using stub = await rawStub(answer(200, body));

    expect(await codeOf(zoneAt(stub).zone.changeStatus(ZONE, 'C1', signal()))).toBe(
      'ZONE_UNAVAILABLE',
    );
  });

  const TOLD = [
    "Tried to delete resource record set [name='a.example.test.', type='A', set-identifier='x, y'] but the values provided do not match the current values",
    "Tried to create resource record set [name='b.example.test.', type='A'] but it already exists",
    'RRSet with DNS name b.example.test., type A, SetIdentifier S cannot be created as weighted sets must contain the same TTL.',
  ];
  it.each([
    ['a list in brackets', error(400, 'InvalidChangeBatch', `[${TOLD.join(', ')}]`)],
    [
      'messages of their own',
      answer(
        400,
        `<InvalidChangeBatch ${NS}><Messages>${TOLD.map((one) => `<Message>${one}</Message>`).join('')}</Messages><RequestId>r</RequestId></InvalidChangeBatch>`,
      ),
    ],
  ])('reads each message of a refused change from %s', async (_, script) => {
    await using stub = await rawStub(script);

    expect(await commitTo(zoneAt(stub).zone)).toEqual({ kind: 'refused', messages: TOLD });
  });

  it('cuts and cleans what it repeats', async () => {
    await using stub = await rawStub(
      error(400, 'InvalidInput', `no&#27;[31m\nlog: forged&#x202e; ${'x'.repeat(5_000)}`),
    );

    const reply = await commitTo(zoneAt(stub).zone);

    const message = reply.kind === 'denied' ? reply.message : '';
    expect(message).toMatch(/^InvalidInput: no \[31m log: forged x+…$/);
    expect(message.length).toBeLessThanOrEqual(256);
  });

  it('tells an operator which permission is missing, and for whom', async () => {
    await using stub = await rawStub(error(403, 'AccessDenied', 'not authorized'));
    const role = 'arn:aws:iam::111122223333:role/dns';

    const read = zoneAt(stub).zone.read({ ...ZONE, role }, STRETCH, signal());

    await expect(read).rejects.toThrow(
      /AccessDenied: not authorized.*ListResourceRecordSets.*role\/dns/,
    );
  });

  it('refuses to write with a client that would send again', async () => {
    await using stub = await rawStub(error(500, 'InternalFailure'));
    const client = clientOf(stub, 3);
    const zone = route53Zone({ reader: () => client, writer: () => client, clock: fakeClock() });

    await expect(commitTo(zone)).rejects.toThrow(AssertionError);
    expect(stub.requests).toEqual([]);
  });
});

function listing(inside: string): string {
  return `<ListResourceRecordSetsResponse ${NS}>${inside}<MaxItems>300</MaxItems></ListResourceRecordSetsResponse>`;
}
function list(sets: string): string {
  return `<ResourceRecordSets>${sets}</ResourceRecordSets>`;
}
function page(sets: string): string {
  return `${list(sets)}<IsTruncated>false</IsTruncated>`;
}
/** A whole record unless `fields` says otherwise. */
function set(
  fields = '',
  values = '<ResourceRecords><ResourceRecord><Value>192.0.2.1</Value></ResourceRecord></ResourceRecords>',
): string {
  const name = fields.includes('<Name') ? '' : '<Name>b.example.test.</Name>';
  const ttl = fields.includes('<TTL') ? '' : '<TTL>60</TTL>';
  return `<ResourceRecordSet>${name}<Type>A</Type>${fields}${ttl}${values}</ResourceRecordSet>`;
}

function clientOf(stub: RawStub, maxAttempts = 1): Route53Client {
  return new Client({
    region: 'us-east-1',
    endpoint: stub.url,
    maxAttempts,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    requestHandler: new NodeHttpHandler({ httpAgent: { keepAlive: false } }),
  });
}

function zoneAt(stub: RawStub, clock = fakeClock()): { zone: Zone; clock: typeof clock } {
  const client = clientOf(stub);
  return { zone: route53Zone({ reader: () => client, writer: () => client, clock }), clock };
}

const signal = (): AbortSignal => new AbortController().signal;

const commitTo = (zone: Zone, until = signal()): Promise<CommitReply> =>
  zone.commit(ZONE, [{ action: 'DELETE', record: RECORD }], 'test', until);

/** The code of the error, or the value where there was none. Any other error fails the test. */
async function codeOf(call: Promise<unknown>): Promise<unknown> {
  return call.catch((error: unknown) => {
    expect(error).toBeInstanceOf(QuorateError);
    return (error as QuorateError).code;
  });
}
