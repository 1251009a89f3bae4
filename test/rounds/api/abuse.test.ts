/**
 * What nobody may achieve through the API (F93, F94, F96): each case is one request, refused with one
 * status in the one shape, and nothing that a request could change is changed by it. What came in is never
 * told back, or logged, as it was.
 */
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { problemSchema } from '../../../shared/api/problem.ts';
import { type ApiWorld, apiWorld, DRAIN, type Sent, writing } from './api-world.ts';

type Case = readonly [title: string, status: number, method: string, path: string, sent?: Sent];

const ORDERS = '/v1/overrides';
const give = (body: unknown, more: Sent = {}): Sent => ({ body, ...writing(), ...more });
const text = (raw: string, more: Sent = {}): Sent => ({ text: raw, ...writing(), ...more });
const headed = (headers: Readonly<Record<string, string>>, more: Sent = {}): Sent => ({
  body: DRAIN,
  headers: { ...writing().headers, ...headers },
  ...more,
});
const scoped = (scope: unknown): Sent => give({ ...DRAIN, scope });
const inText = (key: string, value: string): string =>
  JSON.stringify({ ...DRAIN }).replace('{', `{${JSON.stringify(key)}:${value},`);
const days = (count: number): string =>
  new Date(1_782_864_000_000 + count * 86_400_000).toISOString();

const CASES: readonly Case[] = [
  // Ways in
  ['a path of nothing', 404, 'GET', '/v1/nothing'],
  ['a path that climbs', 404, 'GET', '/v1/services/../status'],
  ['a path that climbs, encoded', 404, 'GET', '/v1/services/%2e%2e/%2e%2e/healthz'],
  ['an encoded slash', 404, 'GET', '/v1%2fstatus'],
  ['a doubled slash', 404, 'GET', '//v1/status'],
  ['a path that is an address', 404, 'GET', '//evil.example/v1/status'],
  ['a backslash', 404, 'GET', '/v1\\status'],
  ['a final slash', 404, 'GET', '/v1/status/'],
  ['another case', 404, 'GET', '/V1/Status'],
  ['a wildcard', 404, 'GET', '/v1/*'],
  ['a path of 10 KB', 404, 'GET', `/v1/services/${'a'.repeat(10_000)}`],
  ['a name that every object has', 404, 'GET', '/v1/services/__proto__'],
  ['another one', 404, 'GET', '/v1/services/constructor'],
  ['no percent-encoding', 400, 'GET', '/v1/services/%zz'],
  ['bytes that are no UTF-8', 400, 'GET', '/v1/services/%ff%fe'],
  ['NUL in a path', 400, 'GET', '/v1/services/app%00'],
  ['a line break in a path', 400, 'GET', '/v1/services/app%0d%0aset-cookie:%20x'],
  ['a bidirectional name in a path', 400, 'GET', '/v1/services/%E2%80%AEppa'],
  ['a look-alike name in a path', 404, 'GET', '/v1/services/%D0%B0pp'],
  ['a name of 65 characters', 400, 'GET', `/v1/services/${'a'.repeat(65)}`],
  [
    'OPTIONS, as a browser from elsewhere would',
    405,
    'OPTIONS',
    ORDERS,
    { headers: { origin: 'https://evil.example' } },
  ],
  ['PUT', 405, 'PUT', ORDERS, give(DRAIN)],
  ['PATCH', 405, 'PATCH', `${ORDERS}/abcdefgh`, give(DRAIN)],
  ['HEAD', 405, 'HEAD', '/healthz'],
  ['TRACE', 405, 'TRACE', ORDERS],
  ['DELETE of all orders', 405, 'DELETE', ORDERS, writing()],
  ['a method in lower case', 405, 'post', ORDERS, give(DRAIN)],
  ['another method by header', 405, 'PUT', ORDERS, headed({ 'x-http-method-override': 'POST' })],
  ['GET with a body', 400, 'GET', '/v1/status', { body: {} }],
  // Queries
  ['a query that is not known', 400, 'GET', '/v1/status', { query: 'debug=true' }],
  ['a query given twice', 400, 'GET', '/v1/plan', { query: 'service=app&service=app' }],
  ['a query of a name that every object has', 400, 'GET', '/v1/plan', { query: '__proto__=x' }],
  ['a query of 3 KB', 400, 'GET', '/v1/plan', { query: `service=${'a'.repeat(3_000)}` }],
  ['a page of nothing', 400, 'GET', '/v1/services/app/decisions', { query: 'limit=0' }],
  ['a page of too much', 400, 'GET', '/v1/services/app/decisions', { query: 'limit=100000' }],
  ['half a page', 400, 'GET', '/v1/services/app/decisions', { query: 'limit=1.5' }],
  ['a page in hexadecimal', 400, 'GET', '/v1/services/app/decisions', { query: 'limit=0x10' }],
  ['a page from anywhere', 400, 'GET', '/v1/services/app/decisions', { query: 'before=zzz' }],
  [
    'another service’s key as a page',
    400,
    'GET',
    '/v1/services/app/decisions',
    { query: 'before=%23decision%23other' },
  ],
  ['a span of years', 400, 'GET', '/v1/services/app/latency', { query: 'from=1000d' }],
  ['a span backwards', 400, 'GET', '/v1/services/app/latency', { query: 'from=1m&to=2m' }],
  [
    'a time that is none',
    400,
    'GET',
    '/v1/services/app/latency',
    { query: 'from=2026-02-31T25:00:00Z' },
  ],
  ['a span by another word', 400, 'GET', '/v1/services/app/latency', { query: 'span=second' }],
  ['a query that is no percent-encoding', 400, 'GET', '/v1/plan', { query: 'service=%' }],
  ['NUL in a query', 400, 'GET', '/v1/plan', { query: 'service=%00' }],
  ['a service that is not there', 404, 'GET', '/v1/plan', { query: 'service=nope' }],
  // Who
  ['unsigned', 401, 'POST', ORDERS, give(DRAIN, { actor: null })],
  ['an empty identity', 401, 'POST', ORDERS, give(DRAIN, { actor: '' })],
  [
    'an identity of invisible characters',
    401,
    'POST',
    ORDERS,
    give(DRAIN, { actor: '\u200b\u202e' }),
  ],
  ['an order at the URL for reading', 403, 'POST', ORDERS, give(DRAIN, { scope: 'read' })],
  ['a cancel at the URL for reading', 403, 'DELETE', `${ORDERS}/abcdefgh`, { scope: 'read' }],
  [
    'an approval at the URL for reading',
    403,
    'POST',
    '/v1/approvals',
    { scope: 'read', ...writing() },
  ],
  [
    'a test message at the URL for reading',
    403,
    'POST',
    '/v1/notifications/test',
    { scope: 'read' },
  ],
  [
    'a freeze at the URL for orders',
    403,
    'POST',
    ORDERS,
    give({ ...DRAIN, kind: 'freeze', scope: { service: 'app' } }, { scope: 'override' }),
  ],
  [
    'a region at the URL for orders',
    403,
    'POST',
    ORDERS,
    give({ ...DRAIN, scope: { region: 'us-east-1' } }, { scope: 'override' }),
  ],
  [
    'everything at the URL for orders',
    403,
    'POST',
    ORDERS,
    give({ ...DRAIN, scope: { all: true } }, { scope: 'override' }),
  ],
  ['a version of the function that nobody was given', 403, 'GET', '/v1/status', { scope: '7' }],
  // What was seen, and how often it was sent
  ['no If-Match', 428, 'POST', ORDERS, { body: DRAIN, headers: { 'idempotency-key': 'k' } }],
  ['any If-Match', 400, 'POST', ORDERS, headed({ 'if-match': '*' })],
  ['a weak If-Match', 400, 'POST', ORDERS, headed({ 'if-match': 'W/"g41"' })],
  ['a list of If-Match', 400, 'POST', ORDERS, headed({ 'if-match': '"g41", "g42"' })],
  ['an If-Match without quotes', 400, 'POST', ORDERS, headed({ 'if-match': 'g41' })],
  ['an old generation', 412, 'POST', ORDERS, headed({ 'if-match': '"g40"' })],
  ['a generation to come', 412, 'POST', ORDERS, headed({ 'if-match': '"g42"' })],
  ['another plan', 412, 'POST', ORDERS, headed({ 'if-match': '"pAAAAAAAA"' })],
  ['no Idempotency-Key', 400, 'POST', ORDERS, { body: DRAIN, headers: { 'if-match': '"g41"' } }],
  ['an empty Idempotency-Key', 400, 'POST', ORDERS, headed({ 'idempotency-key': '' })],
  [
    'an Idempotency-Key of 1 KB',
    400,
    'POST',
    ORDERS,
    headed({ 'idempotency-key': 'k'.repeat(1_000) }),
  ],
  [
    'an Idempotency-Key with a line break',
    400,
    'POST',
    ORDERS,
    headed({ 'idempotency-key': 'a\r\nb' }),
  ],
  // Bodies
  ['no body', 400, 'POST', ORDERS, writing()],
  [
    'a body of 17 KB',
    413,
    'POST',
    ORDERS,
    text(inText('reason', JSON.stringify('a'.repeat(17_000)))),
  ],
  [
    'a body of 17 KB of spaces',
    413,
    'POST',
    ORDERS,
    text(`${' '.repeat(17_000)}${JSON.stringify(DRAIN)}`),
  ],
  [
    '17 KB in base64',
    413,
    'POST',
    ORDERS,
    text(Buffer.alloc(17_000, 32).toString('base64'), { isBase64Encoded: true }),
  ],
  ['5 MB in base64', 413, 'POST', ORDERS, text('A'.repeat(5_000_000), { isBase64Encoded: true })],
  ['a form', 415, 'POST', ORDERS, headed({ 'content-type': 'application/x-www-form-urlencoded' })],
  [
    'plain text, as a form of a foreign page could send',
    415,
    'POST',
    ORDERS,
    headed({ 'content-type': 'text/plain' }),
  ],
  [
    'JSON in UTF-16',
    415,
    'POST',
    ORDERS,
    headed({ 'content-type': 'application/json; charset=utf-16' }),
  ],
  ['no type', 415, 'POST', ORDERS, headed({ 'content-type': '' })],
  [
    'bytes that are no UTF-8',
    400,
    'POST',
    ORDERS,
    text(Buffer.from([0xff, 0xfe, 0x7b]).toString('base64'), { isBase64Encoded: true }),
  ],
  ['half a JSON', 400, 'POST', ORDERS, text('{"kind":')],
  ['JSON with a comment', 400, 'POST', ORDERS, text(`/* */${JSON.stringify(DRAIN)}`)],
  ['JSON twice', 400, 'POST', ORDERS, text(JSON.stringify(DRAIN).repeat(2))],
  ['JSON behind a byte order mark', 400, 'POST', ORDERS, text(`\ufeff${JSON.stringify(DRAIN)}`)],
  ['NaN', 400, 'POST', ORDERS, text(inText('weight', 'NaN'))],
  ['8,000 brackets', 400, 'POST', ORDERS, text('['.repeat(8_000))],
  ['8,000 brackets that close', 400, 'POST', ORDERS, text('['.repeat(8_000) + ']'.repeat(8_000))],
  [
    'objects in objects',
    400,
    'POST',
    ORDERS,
    text(`${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`),
  ],
  ['a list', 400, 'POST', ORDERS, give([DRAIN])],
  ['null', 400, 'POST', ORDERS, text('null')],
  ['a string', 400, 'POST', ORDERS, text('"drain"')],
  ['a key given twice', 400, 'POST', ORDERS, text(inText('kind', '"pin"'))],
  [
    'a key given twice, once escaped',
    400,
    'POST',
    ORDERS,
    text(inText('\u006bind', '"pin"').replace('"kind"', '"\\u006bind"')),
  ],
  [
    'a key given twice, further in',
    400,
    'POST',
    ORDERS,
    text(JSON.stringify(DRAIN).replace('"scope":{', '"scope":{"service":"other",')),
  ],
  ['__proto__', 400, 'POST', ORDERS, text(inText('__proto__', '{"dryRun":true}'))],
  ['constructor', 400, 'POST', ORDERS, text(inText('constructor', '{"prototype":{}}'))],
  ['toString', 400, 'POST', ORDERS, text(inText('toString', '1'))],
  [
    '__proto__ within a scope',
    400,
    'POST',
    ORDERS,
    text(JSON.stringify(DRAIN).replace('"scope":{', '"scope":{"__proto__":{"all":true},')),
  ],
  ['a field that is not known', 400, 'POST', ORDERS, give({ ...DRAIN, actor: 'root' })],
  [
    'an actor of one’s own',
    400,
    'POST',
    ORDERS,
    give({ ...DRAIN, actor: 'arn:aws:iam::1:root', via: 'x' }),
  ],
  ['a scope field that is not known', 400, 'POST', ORDERS, scoped({ service: 'app', zone: 'Z1' })],
  // What is asked for
  ['a kind that is none', 400, 'POST', ORDERS, give({ ...DRAIN, kind: 'delete' })],
  ['a number for a kind', 400, 'POST', ORDERS, give({ ...DRAIN, kind: 1 })],
  ['a weight in a drain', 400, 'POST', ORDERS, give({ ...DRAIN, weight: 0 })],
  ['a pin without a weight', 400, 'POST', ORDERS, give({ ...DRAIN, kind: 'pin' })],
  ['a weight of 256', 400, 'POST', ORDERS, give({ ...DRAIN, kind: 'pin', weight: 256 })],
  ['a weight below zero', 400, 'POST', ORDERS, give({ ...DRAIN, kind: 'pin', weight: -1 })],
  ['half a weight', 400, 'POST', ORDERS, give({ ...DRAIN, kind: 'pin', weight: 0.5 })],
  ['a weight as text', 400, 'POST', ORDERS, give({ ...DRAIN, kind: 'pin', weight: '10' })],
  [
    'a weight beyond numbers',
    400,
    'POST',
    ORDERS,
    text(inText('weight', '1e999').replace('drain', 'pin')),
  ],
  ['no scope', 400, 'POST', ORDERS, scoped({})],
  ['a list as a scope', 400, 'POST', ORDERS, scoped(['app'])],
  ['all, and a service', 400, 'POST', ORDERS, scoped({ all: true, service: 'app' })],
  ['all: false', 400, 'POST', ORDERS, scoped({ all: false })],
  ['an endpoint of no service', 400, 'POST', ORDERS, scoped({ endpoint: 'us-east-1' })],
  [
    'an endpoint and a region',
    400,
    'POST',
    ORDERS,
    scoped({ service: 'app', endpoint: 'us-east-1', region: 'us-east-1' }),
  ],
  ['a freeze of an endpoint', 400, 'POST', ORDERS, give({ ...DRAIN, kind: 'freeze' })],
  ['a service that is not there', 404, 'POST', ORDERS, scoped({ service: 'nope' })],
  [
    'an endpoint that is not there',
    404,
    'POST',
    ORDERS,
    scoped({ service: 'app', endpoint: 'nope' }),
  ],
  ['a region that is not there', 404, 'POST', ORDERS, scoped({ region: 'mars-1' })],
  ['a look-alike service', 404, 'POST', ORDERS, scoped({ service: '\u0430pp' })],
  ['a service with NUL', 400, 'POST', ORDERS, scoped({ service: 'app\u0000' })],
  [
    'a bidirectional endpoint',
    400,
    'POST',
    ORDERS,
    scoped({ service: 'app', endpoint: '\u202e1-tsae-su' }),
  ],
  ['an empty service', 400, 'POST', ORDERS, scoped({ service: '' })],
  ['no reason', 400, 'POST', ORDERS, give({ ...DRAIN, reason: undefined })],
  ['a reason of spaces', 400, 'POST', ORDERS, give({ ...DRAIN, reason: '   ' })],
  ['a reason of 401 characters', 400, 'POST', ORDERS, give({ ...DRAIN, reason: 'a'.repeat(401) })],
  [
    'a reason that forges a log line',
    400,
    'POST',
    ORDERS,
    give({ ...DRAIN, reason: 'x\n{"level":"info"}' }),
  ],
  [
    'a reason that colours a terminal',
    400,
    'POST',
    ORDERS,
    give({ ...DRAIN, reason: '\u001b[31mred' }),
  ],
  [
    'a reason that reads backwards',
    400,
    'POST',
    ORDERS,
    give({ ...DRAIN, reason: '\u202egnp.exe' }),
  ],
  [
    'half a character in a reason',
    400,
    'POST',
    ORDERS,
    text(inText('reason', '"\\ud800"').replace(/"reason":"bad[^}]*}/, '"x":1}')),
  ],
  ['no end', 400, 'POST', ORDERS, give({ ...DRAIN, for: undefined })],
  ['two ends', 400, 'POST', ORDERS, give({ ...DRAIN, until: days(1) })],
  ['73 hours', 400, 'POST', ORDERS, give({ ...DRAIN, for: '73h' })],
  [
    'a thousand years',
    400,
    'POST',
    ORDERS,
    give({ ...DRAIN, for: undefined, until: '3026-01-01T00:00:00Z' }),
  ],
  ['no time at all', 400, 'POST', ORDERS, give({ ...DRAIN, for: '0s' })],
  ['a time below zero', 400, 'POST', ORDERS, give({ ...DRAIN, for: '-2h' })],
  ['a time without a unit', 400, 'POST', ORDERS, give({ ...DRAIN, for: '2' })],
  ['an end in the past', 400, 'POST', ORDERS, give({ ...DRAIN, for: undefined, until: days(-1) })],
  [
    'an end before the beginning',
    400,
    'POST',
    ORDERS,
    give({ ...DRAIN, for: undefined, from: days(2), until: days(1) }),
  ],
  [
    'an end on no calendar',
    400,
    'POST',
    ORDERS,
    give({ ...DRAIN, for: undefined, until: '2026-13-45T99:99:99Z' }),
  ],
  [
    'an end without a zone',
    400,
    'POST',
    ORDERS,
    give({ ...DRAIN, for: undefined, until: '2026-07-02T00:00:00' }),
  ],
  [
    'a beginning far away',
    400,
    'POST',
    ORDERS,
    give({ ...DRAIN, from: '9999-12-31T23:59:59Z', for: undefined, until: days(1) }),
  ],
  [
    'a rule that nothing passes',
    400,
    'POST',
    ORDERS,
    give({ ...DRAIN, force: ['never-all-zero'] }),
  ],
  ['every rule', 400, 'POST', ORDERS, give({ ...DRAIN, force: '*' })],
  ['a hundred rules', 400, 'POST', ORDERS, give({ ...DRAIN, force: Array(100).fill('floor') })],
  [
    'every endpoint at once',
    409,
    'POST',
    ORDERS,
    give({ ...DRAIN, scope: { service: 'app' }, force: ['floor'] }),
  ],
  ['a dry run that is neither', 400, 'POST', ORDERS, give({ ...DRAIN, dryRun: 'yes' })],
  // Other orders than one’s own
  [
    'an order that was never given',
    404,
    'DELETE',
    `${ORDERS}/AAAAAAAA`,
    { query: 'reason=x', ...writing() },
  ],
  [
    'an order by another name',
    400,
    'DELETE',
    `${ORDERS}/..%00`,
    { query: 'reason=x', ...writing() },
  ],
  [
    'an order’s id of 9 characters',
    400,
    'DELETE',
    `${ORDERS}/AAAAAAAAA`,
    { query: 'reason=x', ...writing() },
  ],
  ['a cancel without a reason', 400, 'DELETE', `${ORDERS}/AAAAAAAA`, writing()],
  [
    'an extension of what was never given',
    404,
    'POST',
    `${ORDERS}/AAAAAAAA/extend`,
    give({ for: '1h', reason: 'x' }),
  ],
  ['an extension without an end', 400, 'POST', `${ORDERS}/AAAAAAAA/extend`, give({ reason: 'x' })],
  [
    'an extension into the past',
    400,
    'POST',
    `${ORDERS}/AAAAAAAA/extend`,
    give({ until: days(-1), reason: 'x' }),
  ],
  [
    'an approval of what is not there',
    404,
    'POST',
    '/v1/approvals',
    give({ service: 'app', endpoint: 'nope', reason: 'x' }),
  ],
  [
    'an approval of everything',
    400,
    'POST',
    '/v1/approvals',
    give({ service: 'app', all: true, reason: 'x' }),
  ],
  [
    'a test message with an address',
    400,
    'POST',
    '/v1/notifications/test',
    { body: { webhook: 'http://169.254.169.254/' } },
  ],
  ['a test message with a list', 400, 'POST', '/v1/notifications/test', { body: [] }],
  [
    'an approval with an empty Idempotency-Key',
    400,
    'POST',
    '/v1/approvals',
    {
      body: { service: 'app', endpoint: 'us-east-1', reason: 'x' },
      headers: { 'if-match': '"g41"', 'idempotency-key': '' },
    },
  ],
];

describe('API abuse', () => {
  it('there are at least 60 cases, each with its own title', () => {
    const titles = CASES.map(
      ([title, , method, path]) => `${title} ${method} ${path.slice(0, 60)}`,
    );

    expect(new Set(titles).size).toBe(CASES.length);
    expect(CASES.length).toBeGreaterThanOrEqual(60);
  });

  it.each(
    CASES.map(
      ([title, status, method, path, sent = {}]) => [title, status, method, path, sent] as const,
    ),
  )(
    'F94: %s is %i, in one shape, and changes nothing',
    async (_title, status, method, path, sent) => {
      const api = apiWorld();
      const before = api.print();

      const got = await api.ask(method, path, sent);

      expect(got.status, got.text).toBe(status);
      expect(got.headers['content-type']).toBe('application/problem+json');
      const { output: problem, success } = v.safeParse(problemSchema, got.body);
      expect(success).toBe(true);
      expect(problem).toMatchObject({ type: 'about:blank', status, title: expect.any(String) });
      expect((problem as { detail: string }).detail.length).toBeGreaterThan(10);
      expect((problem as { help: string }).help.length).toBeGreaterThan(10);
      expect(got.headers['x-request-id']).toMatch(/^[\w=-]+$/);
      expect(api.print()).toBe(before);
      nothingRaw(api, got.text);
    },
  );
});

/** Controls, bidirectional and other invisible characters, and anything long, stay outside. */
function nothingRaw(api: ApiWorld, text: string): void {
  const unseen = /(?!\n$)[\p{Cc}\p{Cf}\p{Cs}]/u;
  expect(text).not.toMatch(unseen);
  expect(text.length).toBeLessThan(8_000);
  const logged = JSON.stringify(api.logs);
  expect(logged).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]|\\u00|\\n/u);
  expect(logged.length).toBeLessThan(3_000);
}
