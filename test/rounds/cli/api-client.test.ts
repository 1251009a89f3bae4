/** The API of every region as one: which region is asked, when the next one is, and when none may be. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import {
  type ApiClient,
  type ApiClientOptions,
  type ApiUrls,
  apiClient,
  type Failure,
} from '../../../scripts/client/api-client.ts';
import { problemOf } from '../../../scripts/client/api-problem.ts';
import { findApiUrls, type UrlSearch } from '../../../scripts/client/api-urls.ts';
import type { Fetch, FetchInit, FetchReply } from '../../../scripts/client/signed-fetch.ts';
import { urlCache } from '../../../scripts/deploy/url-cache.ts';
import type { QuorateError } from '../../../shared/core/errors.ts';
import { type VantageId, vantageId } from '../../../shared/core/model.ts';
import { type FakeClock, fakeClock } from '../../fakes/fake-clock.ts';
import { NEVER } from '../../fakes/quorum-world.ts';

const EU = vantageId('eu-west-1');
const US = vantageId('us-east-1');
const AP = vantageId('ap-southeast-1');
const urlsOf = (region: VantageId): ApiUrls => ({
  own: `https://own.lambda-url.${region}.on.aws/`,
  override: `https://override.lambda-url.${region}.on.aws/`,
  read: `https://read.lambda-url.${region}.on.aws/`,
});
const THREE = new Map([EU, US, AP].map((region) => [region, urlsOf(region)] as const));
const IDENTITY = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI',
  sessionToken: 'T',
};
const answerSchema = v.object({ format: v.literal(1), region: v.string() });

type Sent = FetchInit & { readonly url: URL; readonly region: string; readonly kind: string };
type Behave = (sent: Sent, clock: FakeClock) => Promise<FetchReply> | FetchReply;

describe('the client of the API', () => {
  it('signs for service lambda in the region of the URL, session token and body included', async () => {
    const { client, sent } = open({});

    await write(client, { body: { a: 1 } });

    const [one] = sent;
    expect(one).toMatchObject({ method: 'POST', redirect: 'manual', body: '{"a":1}' });
    expect(one?.headers).toMatchObject({
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20260701\/eu-west-1\/lambda\/aws4_request, SignedHeaders=[^,]*\bhost\b[^,]*if-match[^,]*, Signature=[0-9a-f]{64}$/,
      ),
      'x-amz-date': '20260701T000000Z',
      'x-amz-security-token': 'T',
      'content-type': 'application/json',
    });
    expect(one?.headers).not.toHaveProperty('host');
  });

  it('writes a query as it is signed: a plus is a plus, and a space none', async () => {
    const { client, sent } = open({});

    await client.request('GET', '/v1/x', { query: { why: 'a b+c', at: undefined } }, NEVER);

    expect(sent[0]?.url.search).toBe('?why=a%20b%2Bc');
  });

  it('takes the URL that the request needs, and the own one where no other is known', async () => {
    const own = new Map([[EU, { own: urlsOf(EU).own }]]);
    const aliased = open({});
    const bare = open({}, { urls: own });

    for (const { client } of [aliased, bare]) {
      await read(client);
      await write(client);
      await write(client, { scope: 'freeze' });
    }

    expect(aliased.sent.map(({ kind }) => kind)).toEqual(['read', 'override', 'own']);
    expect(bare.sent.map(({ kind }) => kind)).toEqual(['own', 'own', 'own']);
  });

  it.each<[string, Behave, string]>([
    ['refuses connections', () => broken('ECONNREFUSED'), 'it refuses connections'],
    ['is not found', () => broken('ENOTFOUND'), 'its name does not resolve'],
    ['swallows packets', () => broken('UND_ERR_CONNECT_TIMEOUT'), 'no connection within 2 s'],
    ['never answers', late, 'no answer within 5 s'],
    ['breaks off', () => broken('ECONNRESET'), 'the connection broke'],
    ['has lost its function', () => text(502, 'Internal Server Error'), 'it answers 502'],
    ['has lost its URL', () => text(403, '{"Message":"Forbidden"}'), 'it answers 403: Forbidden'],
    [
      'is throttled',
      () => text(429, '{"Message":"Rate Exceeded."}'),
      'it answers 429: Rate Exceeded.',
    ],
    ['has trouble of its own', () => problem(503, 'STORE_UNAVAILABLE', 'no table'), 'no table'],
    ['redirects', () => text(302, ''), 'it answers 302, a redirect'],
    ['speaks otherwise', () => text(200, '{"format":2}'), 'its answer has another shape: format'],
    ['answers with a page', () => text(200, '<html>'), 'its answer has another shape'],
  ])('a read goes to the next region where one %s, and says so', async (_, behave, why) => {
    const { client, sent, told } = open({ [EU]: behave });

    const answer = await read(client);

    expect(answer).toMatchObject({ region: US, document: { region: US }, isRepeated: false });
    expect(sent.map(({ region }) => region)).toEqual([EU, US]);
    expect(told).toEqual([[US, [{ region: EU, why: expect.stringContaining(why) }]]]);
  });

  it('remembers the region that answered last, and asks it first', async () => {
    const good: string[] = [];
    const { client, sent } = open(
      { [EU]: () => broken('ECONNREFUSED') },
      { onGood: (r) => good.push(r) },
    );

    await read(client);
    await read(client);

    expect(sent.map(({ region }) => region)).toEqual([EU, US, US]);
    expect(good).toEqual([US]);
  });

  it('a write that surely was not done goes on, even one that may not be repeated', async () => {
    const { client, sent } = open({
      [EU]: () => broken('ECONNREFUSED'),
      [US]: () => text(429, '{"Message":"Rate Exceeded."}'),
    });

    const answer = await client.ask(answerSchema, 'POST', '/v1/x', { body: {} }, NEVER);

    expect(answer).toMatchObject({ region: AP, isRepeated: false });
    expect(sent).toHaveLength(3);
  });

  it.each<[string, Behave]>([
    ['timed out', late],
    ['broke off', () => broken('ECONNRESET')],
    ['answered 500', () => text(500, 'oops')],
  ])(
    'a write that %s is repeated elsewhere byte for byte, with key and match',
    async (_, behave) => {
      const { client, sent } = open({ [EU]: behave });

      const answer = await write(client, { body: { a: 1 } });

      expect(answer).toMatchObject({ region: US, isRepeated: true });
      const [first, second] = sent;
      expect(second?.body).toBe(first?.body);
      for (const header of ['if-match', 'idempotency-key']) {
        expect(second?.headers[header]).toBe(first?.headers[header]);
      }
    },
  );

  it.each<[string, Behave]>([
    ['timed out', late],
    ['broke off', () => broken('ECONNRESET')],
    ['answered 500', () => text(500, 'oops')],
  ])('a write without key or match that %s is not sent again', async (_, behave) => {
    const { client, sent } = open({ [EU]: behave });

    const error = await failure(client.ask(answerSchema, 'POST', '/v1/x', { body: {} }, NEVER));

    expect(error).toMatchObject({ code: 'API_UNAVAILABLE' });
    expect(error.message).toContain("and this can't be asked twice");
    expect(sent).toHaveLength(1);
  });

  it('a dry run has no effect, so it is repeated as a read is', async () => {
    const { client, sent } = open({ [EU]: () => text(500, 'oops') });

    const body = { dryRun: true };
    const answer = await client.ask(answerSchema, 'POST', '/v1/x', { body }, NEVER);

    expect(answer).toMatchObject({ region: US, isRepeated: false });
    expect(sent).toHaveLength(2);
  });

  it('a problem is the answer: its detail, its fields and its help, with its code', async () => {
    const { client, sent } = open({
      [EU]: () =>
        problem(400, 'BAD_REQUEST', 'the body is wrong', {
          errors: [{ at: '/weight', detail: 'is 256' }],
          help: 'write 0 to 255',
        }),
    });

    const error = await read(client).catch((one: QuorateError) => one);

    expect(error).toMatchObject({
      code: 'BAD_REQUEST',
      message: 'the body is wrong; /weight is 256; write 0 to 255',
    });
    expect(problemOf(error)).toMatchObject({ status: 400, region: EU, isRepeated: false });
    expect(sent).toHaveLength(1);
  });

  it.each([
    [401, 'X', 'UNAUTHENTICATED', 1],
    [403, 'X', 'FORBIDDEN', 1],
    [404, 'X', 'NOT_FOUND', 2],
    [409, 'CHANGED', 'REFUSED', 3],
    [412, 'X', 'PLAN_CHANGED', 3],
    [422, 'KEY_REUSED', 'BAD_REQUEST', 2],
    [429, 'TOO_MANY_REQUESTS', 'API_UNAVAILABLE', 1],
    [409, 'CONFIG_INVALID', 'CONFIG_INVALID', 2],
  ])('problem %i %s is %s for whoever exits', async (status, code, is, exit) => {
    const { client } = open({ [EU]: () => problem(status, code, 'no') });

    expect(await read(client).catch((one: QuorateError) => one)).toMatchObject({
      code: is,
      exitCode: exit,
    });
  });

  it('a stale match after a lost answer says that the first try may have done it', async () => {
    const { client } = open({
      [EU]: () => text(500, 'oops'),
      [US]: () => problem(412, 'PLAN_CHANGED', 'the zone is not as you have seen it'),
    });

    const error = await write(client).catch((one: QuorateError) => one);

    expect(problemOf(error)).toMatchObject({ isRepeated: true, region: US });
  });

  it('when no region answers every reason is told, and what may have happened', async () => {
    const { client } = open({
      [EU]: () => broken('ECONNREFUSED'),
      [US]: late,
      [AP]: () => problem(503, 'ZONE_UNAVAILABLE', 'Route 53 does not answer'),
    });

    const reading = await failure(read(client));
    const writing = await failure(write(client));

    expect(reading).toMatchObject({
      code: 'API_UNAVAILABLE',
      message:
        'no region answers: eu-west-1 (it refuses connections), us-east-1 (no answer within 5 s), ap-southeast-1 (Route 53 does not answer)',
    });
    expect(writing.message).toContain('us-east-1 (no answer within 15 s)');
    expect(writing.message).toContain(
      'what was asked may have happened: look at `quorate overrides`',
    );
  });

  it('URLs that nobody may call are told apart from regions that are away', async () => {
    const { client } = open(
      Object.fromEntries([EU, US, AP].map((r) => [r, () => text(403, '{"Message":"Forbidden"}')])),
    );

    const error = await read(client).catch((one: QuorateError) => one);

    expect(error).toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringContaining('`quorate iam --api read` prints the policy'),
    });
  });

  it('without credentials no region is asked', async () => {
    const { client, sent } = open(
      {},
      {
        credentials: async () => {
          throw Object.assign(new Error('Could not load credentials'), {
            name: 'CredentialsProviderError',
          });
        },
      },
    );

    const error = await read(client).catch((one: QuorateError) => one);

    expect(error).toMatchObject({
      code: 'UNAUTHENTICATED',
      cause: { name: 'CredentialsProviderError' },
    });
    expect(sent).toEqual([]);
  });

  it('ends at once when it is stopped, and leaves no timer behind', async () => {
    const stop = new AbortController();
    const { client, clock, sent } = open({ [EU]: late });
    clock.schedule(clock.now() + 1_000, () => stop.abort(new Error('stopped')));

    const asked = client.ask(answerSchema, 'GET', '/v1/x', {}, stop.signal);

    await expect(clock.runUntil(asked)).rejects.toThrow('stopped');
    expect(sent).toHaveLength(1);
    expect(clock.waiting()).toBe(0);
  });

  it('a session token never goes over plain HTTP to another machine', async () => {
    const urls = new Map([[EU, { own: 'http://192.0.2.1/' }]]);
    const { client, sent } = open({}, { urls });

    expect(await read(client).catch((one: QuorateError) => one)).toMatchObject({
      code: 'BAD_REQUEST',
      message: expect.stringContaining('is no URL of the API: write https://'),
    });
    expect(sent).toEqual([]);
  });

  it('gives what came as it came to whoever passes it on', async () => {
    const { client } = open({ [EU]: () => problem(404, 'NOT_FOUND', 'nothing there') });

    const reply = await client.request(
      'GET',
      '/v1/x',
      { query: { a: 'b c', none: undefined } },
      NEVER,
    );

    expect(reply).toMatchObject({ status: 404, region: EU });
    expect(JSON.parse(new TextDecoder().decode(reply.bytes))).toMatchObject({
      detail: 'nothing there',
    });
  });

  it('whatever the regions do, a write is carried out at most once by each, with one key and one body', async () => {
    const behaviours = [
      () => text(200, '{"format":1,"region":"x"}'),
      () => text(500, ''),
      () => broken('ECONNREFUSED'),
      () => broken('ECONNRESET'),
      () => text(403, ''),
      () => problem(412, 'PLAN_CHANGED', 'other'),
    ];
    const behaviour = fc.constantFrom(...behaviours);

    await fc.assert(
      fc.asyncProperty(behaviour, behaviour, behaviour, async (eu, us, ap) => {
        const { client, sent } = open({ [EU]: eu, [US]: us, [AP]: ap });

        await write(client, { body: { a: 1 } }).catch(() => undefined);

        expect(new Set(sent.map(({ region }) => region)).size).toBe(sent.length);
        expect(
          new Set(
            sent.map(
              ({ body, headers }) => `${body} ${headers['idempotency-key']} ${headers['if-match']}`,
            ),
          ).size,
        ).toBe(1);
      }),
    );
  });
});

describe('where the API is', () => {
  const config = { deployment: 'quorate-test', vantages: [EU, US], home: EU };
  const nothing = { readAll: () => new Map(), write: () => undefined };
  const search = (changes: Partial<UrlSearch>): UrlSearch => ({
    config,
    env: {},
    cache: nothing,
    clock: fakeClock(),
    stackUrls: async () => null,
    ...changes,
  });
  const found = async (changes: Partial<UrlSearch>) => {
    const { source, urls } = await findApiUrls(search(changes), NEVER);
    return [source, ...urls.keys()];
  };
  const kept = { readAll: () => new Map([[US, urlsOf(US)]]), write: () => undefined };
  const env = { QUORATE_API: urlsOf(AP).own };

  it('is what was typed, else set, else left by the last deployment, else in the stacks', async () => {
    const stackUrls = async (region: VantageId) => urlsOf(region);

    expect(await found({ typed: urlsOf(EU).own, env, cache: kept, stackUrls })).toEqual([
      '--api',
      EU,
    ]);
    expect(await found({ env, cache: kept, stackUrls })).toEqual(['QUORATE_API', AP]);
    expect(await found({ cache: kept, stackUrls })).toEqual(['the last deployment', US]);
    expect(await found({ stackUrls })).toEqual(['the stacks', EU, US]);
  });

  it('several are written with commas, and with their region where the name does not tell it', async () => {
    const typed = `${urlsOf(US).own}, eu-west-1=http://127.0.0.1:8080/`;

    const { urls } = await findApiUrls(search({ typed }), NEVER);

    expect([...urls]).toEqual([
      [US, { own: urlsOf(US).own }],
      [EU, { own: 'http://127.0.0.1:8080/' }],
    ]);
  });

  it.each([
    [
      'http://127.0.0.1:8080',
      'does not tell its region, which a signature needs; write eu-west-1=',
    ],
    ['https://user:secret@example.com/', 'is no URL of the API'],
    ['ftp://example.com/', 'is no URL of the API'],
    [' , ', '--api names no URL'],
  ])('%s is refused with what to write', async (typed, sentence) => {
    await expect(findApiUrls(search({ typed }), NEVER)).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      message: expect.stringContaining(sentence),
    });
  });

  it('stacks of regions that are away are passed over, and what was found is kept', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'quorate-urls-'));
    const clock = fakeClock();
    const cache = urlCache(folder.path, 'quorate-test');

    const asked = findApiUrls(
      search({
        clock,
        cache,
        stackUrls: async (region, signal) => {
          if (region === EU) await clock.sleep(60_000, signal);
          return urlsOf(region);
        },
      }),
      NEVER,
    );

    expect([...(await clock.runUntil(asked)).urls.keys()]).toEqual([US]);
    expect([...cache.readAll()]).toEqual([[US, urlsOf(US)]]);
  });

  it('nowhere: it says what was tried and what to write', async () => {
    const stackUrls = async () => {
      throw new Error('AccessDenied');
    };

    await expect(findApiUrls(search({ stackUrls }), NEVER)).rejects.toMatchObject({
      code: 'API_UNAVAILABLE',
      message: expect.stringMatching(
        /^no URL of quorate-test’s API is known \(CloudFormation in eu-west-1: AccessDenied; CloudFormation in us-east-1: AccessDenied\); name one with --api/,
      ),
    });
  });

  it('the last good region is kept until its URL goes, of typed URLs never', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'quorate-urls-'));
    const cache = urlCache(folder.path, 'quorate-test');
    cache.write(new Map([[EU, 'https://a/']]), { read: new Map([[EU, 'https://b/']]) });

    cache.keepLastGood(AP);
    const unknown = cache.lastGood();
    cache.keepLastGood(EU);
    const good = cache.lastGood();
    cache.write(new Map([[EU, 'https://c/']]));
    const still = cache.lastGood();
    cache.write(new Map([[US, 'https://d/']]));

    expect([unknown, good, still, cache.lastGood()]).toEqual([null, EU, EU, null]);
    mkdirSync(join(folder.path, '.quorate'), { recursive: true });
    writeFileSync(join(folder.path, '.quorate', 'quorate-test.json'), '[');
    expect([cache.lastGood(), [...cache.readAll()]]).toEqual([null, []]);
  });
});

function open(behave: Record<string, Behave>, changes: Partial<ApiClientOptions> = {}) {
  const clock = fakeClock();
  const sent: Sent[] = [];
  const told: [VantageId, readonly Failure[]][] = [];
  const fetch: Fetch = async (href, init) => {
    const url = new URL(href);
    const [kind = '', , region = ''] = url.hostname.split('.');
    const one = { ...init, url, region, kind };
    sent.push(one);
    const does = behave[region] ?? (() => text(200, JSON.stringify({ format: 1, region })));
    return await does(one, clock);
  };
  const inner = apiClient({
    urls: THREE,
    credentials: IDENTITY,
    clock,
    fetch,
    onFailover: (answered, failed) => told.push([answered, failed]),
    ...changes,
  });
  const client: ApiClient = {
    ...inner,
    ask: (schema, method, path, options, signal) => {
      const asked = inner.ask(schema, method, path, options, signal);
      return signal === NEVER ? clock.runUntil(asked) : asked;
    },
  };
  return { client, clock, sent, told };
}

const read = (client: ApiClient) => client.ask(answerSchema, 'GET', '/v1/x', {}, NEVER);
const write = (client: ApiClient, changes: object = {}) =>
  client.ask(
    answerSchema,
    'POST',
    '/v1/x',
    { headers: { 'if-match': '"p12345678"', 'idempotency-key': 'k1' }, body: {}, ...changes },
    NEVER,
  );
const failure = async (asked: Promise<unknown>): Promise<QuorateError> =>
  (await asked.catch((error: unknown) => error)) as QuorateError;

const text = (status: number, body: string, type = 'application/json'): FetchReply => ({
  status,
  headers: [['Content-Type', type]],
  arrayBuffer: async () => new TextEncoder().encode(body).buffer as ArrayBuffer,
});
const problem = (status: number, code: string, detail: string, more: object = {}): FetchReply =>
  text(
    status,
    JSON.stringify({ type: 'about:blank', title: 'x', status, detail, code, help: '', ...more }),
    'application/problem+json',
  );
const broken = (code: string): never => {
  throw Object.assign(new TypeError('fetch failed'), {
    cause: Object.assign(new Error(code), { code }),
  });
};
const late = async ({ signal }: Sent, clock: FakeClock): Promise<FetchReply> => {
  await clock.sleep(3_600_000, signal);
  return text(200, '');
};
