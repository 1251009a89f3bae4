/**
 * The prober against endpoints that answer well, badly, too much, too slowly or not at all: each fault gets
 * its own code, nothing throws, hangs or leaves a socket open.
 */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { httpAttempt } from '../fakes/fake-prober.ts';
import {
  httpProbe,
  neverAborted,
  probed,
  resultOf,
  tcpProbe,
  testProber,
  USER_AGENT,
} from '../fakes/probe-requests.ts';
import { answering, httpText, pouring, rawServer, routing } from '../fakes/raw-server.ts';

const SHORT_MS = 300;
const prober = testProber();

describe('a good answer', () => {
  it('comes with status, headers, body and the phases it took', async () => {
    await using server = await rawServer(
      answering(httpText(200, 'fine', { 'X-Region': 'eu-west-1', 'x-two': 'a\r\nX-Two: b' })),
    );

    const { address, family, timings, result } = await probed(prober, httpProbe(server.port));

    expect(result).toEqual({
      kind: 'http',
      status: 200,
      headers: { 'content-length': '4', 'x-region': 'eu-west-1', 'x-two': 'a, b' },
      body: 'fine',
      redirects: 0,
      certificate: null,
    });
    expect({ address, family }).toEqual({ address: '127.0.0.1', family: 4 });
    const { connectMs, firstByteMs, totalMs } = timings;
    expect(timings).toMatchObject({ dnsMs: null, tlsMs: null });
    expect(connectMs).toBeGreaterThanOrEqual(0);
    expect(firstByteMs).toBeGreaterThanOrEqual(connectMs ?? Number.NaN);
    expect(totalMs).toBeGreaterThanOrEqual(firstByteMs ?? Number.NaN);
    await server.idle();
  });

  it('is asked for under our name, uncompressed, once per connection, with the configured headers', async () => {
    await using server = await rawServer(answering(httpText(200)));
    const request = httpProbe(server.port, {
      url: `http://127.0.0.1:${server.port}/health?deep=1`,
      headers: { 'X-Probe': 'yes', 'User-Agent': 'me', Host: 'other', Connection: 'keep-alive' },
    });

    await resultOf(prober, request);
    await resultOf(prober, request);

    const lines = (server.requests()[0] ?? '').split('\r\n').filter((line) => line !== '');
    expect(lines[0]).toBe('GET /health?deep=1 HTTP/1.1');
    expect(lines.slice(1).sort()).toEqual([
      'accept-encoding: identity',
      'connection: close',
      'host: app.example.test',
      `user-agent: ${USER_AGENT}`,
      'x-probe: yes',
    ]);
    expect(server.connections()).toBe(2);
    await server.idle();
  });

  it.each(['GET', 'HEAD', 'POST', 'OPTIONS'] as const)('%s is sent as it is', async (method) => {
    await using server = await rawServer(
      answering(`HTTP/1.1 200 OK\r\nContent-Length: ${method === 'HEAD' ? 10 : 0}\r\n\r\n`),
    );

    const result = await resultOf(prober, httpProbe(server.port, { method }));

    expect(result).toMatchObject({ status: 200, body: '' });
    expect(server.requests().join('')).toMatch(new RegExp(`^${method} /health HTTP/1.1\r\n`));
  });

  it('keeps no body that nobody reads, but reads it to its end', async () => {
    await using server = await rawServer(answering(httpText(200, 'fine')));
    await using cut = await rawServer(
      answering('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'),
    );

    expect(await resultOf(prober, httpProbe(server.port, { readsBody: false }))).toMatchObject({
      kind: 'http',
      body: '',
    });
    expect(await resultOf(prober, httpProbe(cut.port, { readsBody: false }))).toMatchObject({
      code: 'http-truncated',
    });
  });

  it('may use a header name that objects are fond of', async () => {
    await using server = await rawServer(
      answering('HTTP/1.1 200 OK\r\n__proto__: x\r\nconstructor: y\r\ncontent-length: 0\r\n\r\n'),
    );

    const result = await resultOf(prober, httpProbe(server.port));

    expect(result.kind === 'http' && Object.entries(result.headers)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
      ['content-length', '0'],
    ]);
  });
});

describe('faults of the connection', () => {
  it('F13 a body that stalls after a good handshake is a timeout', async () => {
    await using server = await rawServer(
      answering('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nthe first bytes', 'keep'),
    );

    const { result, timings } = await probed(
      prober,
      httpProbe(server.port, { timeoutMs: SHORT_MS }),
    );

    expect(result).toEqual({
      kind: 'fail',
      code: 'timeout',
      detail: `no complete answer within ${SHORT_MS} ms, still reading the answer`,
    });
    expect(timings.totalMs).toBeGreaterThanOrEqual(SHORT_MS - 5);
    await server.idle();
  });

  it('F14 a reset in the body is told apart from a body that is too short', async () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nsome';
    await using resetting = await rawServer((socket) => {
      socket.once('data', () => socket.write(head, () => socket.resetAndDestroy()));
    });
    await using short = await rawServer(answering(head));
    await using chunked = await rawServer(
      answering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel'),
    );
    await using inHeaders = await rawServer(answering('HTTP/1.1 200 OK\r\nContent-Le'));

    const results = await Promise.all(
      [resetting, short, chunked, inHeaders].map(({ port }) => resultOf(prober, httpProbe(port))),
    );

    expect(results).toMatchObject([
      { kind: 'fail', code: 'reset' },
      { kind: 'fail', code: 'http-truncated', detail: 'the body is shorter than announced' },
      { kind: 'fail', code: 'http-truncated', detail: 'the body is shorter than announced' },
      { kind: 'fail', code: 'http-truncated', detail: 'closed within the headers' },
    ]);
  });

  it('F14 a reset is no orderly end of a body without length', async () => {
    await using server = await rawServer((socket) => {
      socket.once('data', () =>
        socket.write('HTTP/1.0 200 OK\r\n\r\nsome', () => socket.resetAndDestroy()),
      );
    });
    await using orderly = await rawServer(answering('HTTP/1.0 200 OK\r\n\r\nall'));

    expect(await resultOf(prober, httpProbe(server.port))).toMatchObject({ code: 'reset' });
    expect(await resultOf(prober, httpProbe(orderly.port))).toMatchObject({ body: 'all' });
  });

  it('F14 a connection that is closed or reset without an answer is a reset', async () => {
    await using silent = await rawServer(answering(''));
    await using rude = await rawServer((socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    await using deaf = await rawServer((socket) => socket.end());

    const results = await Promise.all(
      [silent, rude, deaf].map(({ port }) => resultOf(prober, httpProbe(port))),
    );

    expect(results.map((result) => result.kind === 'fail' && result.code)).toEqual([
      'reset',
      'reset',
      'reset',
    ]);
  });

  it('F15 refused is told at once and apart from a timeout', async () => {
    const closed = await rawServer(() => undefined);
    await closed[Symbol.asyncDispose]();
    await using hanging = await rawServer(() => undefined);

    const refused = await probed(prober, httpProbe(closed.port));
    const timeout = await probed(prober, httpProbe(hanging.port, { timeoutMs: SHORT_MS }));

    expect(refused.result).toMatchObject({ kind: 'fail', code: 'refused' });
    expect(refused.timings.totalMs).toBeLessThan(1_000);
    expect(refused.timings.connectMs).toBeNull();
    expect(timeout.result).toEqual({
      kind: 'fail',
      code: 'timeout',
      detail: `no complete answer within ${SHORT_MS} ms, still waiting for the first byte`,
    });
    await hanging.idle();
  });

  it('F15 an open port is enough for TCP, and is left at once', async () => {
    await using server = await rawServer(() => undefined);
    const closed = await rawServer(() => undefined);
    await closed[Symbol.asyncDispose]();

    const open = await probed(prober, tcpProbe('127.0.0.1', server.port));
    const refused = await resultOf(prober, tcpProbe('127.0.0.1', closed.port));

    expect(open.result).toEqual({ kind: 'tcp' });
    expect(open.timings.connectMs).not.toBeNull();
    expect(refused).toMatchObject({ kind: 'fail', code: 'refused' });
    expect(server.requests()).toEqual([]);
    await server.idle();
  });
});

describe('odd and hostile answers', () => {
  it('F18 F19 what was said is told as it is: the judgement is not the prober’s', async () => {
    await using server = await rawServer(answering(httpText(200, '<h1>Sorry</h1>')));
    await using empty = await rawServer(answering(httpText(200, '', { 'content-type': 'a/b' })));

    expect(await resultOf(prober, httpProbe(server.port))).toMatchObject({
      status: 200,
      body: '<h1>Sorry</h1>',
    });
    expect(await resultOf(prober, httpProbe(empty.port))).toMatchObject({ status: 200, body: '' });
  });

  it.each([204, 301, 304, 401, 403, 429, 500, 503])('F20 status %i is a fact', async (status) => {
    await using server = await rawServer(answering(httpText(status)));

    expect(await resultOf(prober, httpProbe(server.port))).toMatchObject({ kind: 'http', status });
  });

  it('F21 a redirect loop ends after 3 redirects', async () => {
    await using server = await rawServer(
      routing({
        '/health': httpText(302, '', { location: '/again' }),
        '/again': httpText(302, '', { location: '/health' }),
      }),
    );

    expect(await resultOf(prober, httpProbe(server.port))).toEqual({
      kind: 'fail',
      code: 'redirects',
      detail: 'more than 3 redirects, the last one to /health',
    });
    expect(server.connections()).toBe(4);
  });

  it('F21 3 redirects are followed, each over a connection of its own', async () => {
    await using server = await rawServer(
      routing({
        '/health': httpText(301, '', { location: '/1' }),
        '/1': httpText(307, '', { location: '2?x=1' }),
        '/2?x=1': httpText(308, '', { Location: 'http://app.example.test/3' }),
        '/3': httpText(200, 'here'),
      }),
    );
    const toServer = testProber({ route: (address) => ({ address, port: server.port }) });

    expect(await resultOf(toServer, httpProbe(server.port))).toMatchObject({
      status: 200,
      body: 'here',
      redirects: 3,
    });
    expect(server.connections()).toBe(4);
  });

  it('F20 a redirect that the check names is the answer', async () => {
    await using server = await rawServer(answering(httpText(302, '', { location: '/else' })));

    const result = await resultOf(prober, httpProbe(server.port, { followsRedirects: false }));

    expect(result).toMatchObject({ kind: 'http', status: 302, redirects: 0 });
    expect(server.connections()).toBe(1);
  });

  it('F21 a POST that is sent elsewhere goes on as a GET, unless it must stay one', async () => {
    await using server = await rawServer(
      routing({
        '/health': httpText(303, '', { location: '/seen' }),
        '/keep': httpText(307, '', { location: '/seen' }),
        '/seen': httpText(200),
      }),
    );
    const url = `http://127.0.0.1:${server.port}/keep`;

    await resultOf(prober, httpProbe(server.port, { method: 'POST' }));
    await resultOf(prober, httpProbe(server.port, { method: 'POST', url }));

    expect(server.requests().map((text) => text.split(' HTTP')[0])).toEqual([
      'POST /health',
      'GET /seen',
      'POST /keep',
      'POST /seen',
    ]);
  });

  it.each([
    ['10 GiB', 'Content-Length: 10737418240', 'z'],
    ['endless chunks', 'Transfer-Encoding: chunked', '4\r\nzzzz\r\n'],
    ['endless body without length', 'X-A: b', 'z'],
  ])('F23 of %s only 64 KiB are read', async (_, header, piece) => {
    await using server = await rawServer(pouring(`HTTP/1.1 200 OK\r\n${header}\r\n\r\n`, piece));

    const result = await resultOf(prober, httpProbe(server.port));

    expect(result).toMatchObject({ kind: 'http', status: 200, body: 'z'.repeat(65_536) });
    await server.idle();
  });

  it('F23 after 64 KiB nobody waits for the rest', async () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n';
    await using server = await rawServer(answering(`${head}${'z'.repeat(70_000)}`, 'keep'));

    expect(await resultOf(prober, httpProbe(server.port))).toMatchObject({
      kind: 'http',
      body: 'z'.repeat(65_536),
    });
    await server.idle();
  });

  it('F23 chunks that are all frame and no content are left', async () => {
    await using server = await rawServer(
      pouring('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;', 'x'),
    );

    expect(await resultOf(prober, httpProbe(server.port))).toMatchObject({ status: 200, body: '' });
    await server.idle();
  });

  it('F24 a decompression bomb stays what it is: bytes', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
    const head = `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`;
    await using server = await rawServer(answering(Buffer.concat([Buffer.from(head), bomb])));

    const result = await resultOf(prober, httpProbe(server.port));

    expect(result).toMatchObject({ kind: 'http', headers: { 'content-encoding': 'gzip' } });
    expect(result.kind === 'http' && Buffer.byteLength(result.body)).toBeLessThan(200_000);
  });

  it.each([
    ['headers', 'HTTP/1.1 200 OK\r\nX-A: '],
    ['a body', 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n'],
    ['a status line', 'HTTP/1.1 200 '],
  ])('F25 %s in drops run into the total deadline, however often a drop comes', async (_, head) => {
    const timers: NodeJS.Timeout[] = [];
    await using server = await rawServer((socket) => {
      socket.once('data', () => socket.write(head));
      timers.push(setInterval(() => socket.write('a'), 20));
      socket.once('close', () => timers.map(clearInterval));
    });

    const { result, timings } = await probed(
      prober,
      httpProbe(server.port, { timeoutMs: SHORT_MS }),
    );

    expect(result).toMatchObject({ kind: 'fail', code: 'timeout' });
    expect(timings.totalMs).toBeLessThan(SHORT_MS + 2_000);
    await server.idle();
  });

  it.each([
    ['HTTP/0.9', '<html>hello</html>'],
    ['a status that is no number', 'HTTP/1.1 abc OK\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 99 OK\r\n\r\n'],
    ['status 000', 'HTTP/1.1 000 OK\r\n\r\n'],
    ['HTTP/2 unasked', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['bytes that are no text', '\0\u0001\u00ff\u00fe'],
    ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok'],
    [
      'length and chunks at once',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'a chunk length that is no number',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n',
    ],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: x\r\n\r\n'],
    [
      'a switch of protocols',
      'HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
    ],
    ['an unasked 100', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'],
  ])('F26 %s is not HTTP', async (_, text) => {
    await using server = await rawServer(answering(Buffer.from(text, 'latin1'), 'keep'));

    expect(await resultOf(prober, httpProbe(server.port))).toMatchObject({
      kind: 'fail',
      code: 'http-malformed',
    });
    await server.idle();
  });

  it('F26 a response before the request is not taken for an answer', async () => {
    await using server = await rawServer((socket) => socket.end(httpText(200, 'hello')));

    expect(await resultOf(prober, httpProbe(server.port))).toEqual({
      kind: 'fail',
      code: 'http-malformed',
      detail: 'answered before it was asked',
    });
  });

  it.each([
    ['one huge header', answering(`HTTP/1.1 200 OK\r\nX: ${'a'.repeat(70_000)}\r\n\r\n`)],
    ['endless headers', pouring('HTTP/1.1 200 OK\r\n', 'X-A: bcd\r\n')],
    ['an endless status line', pouring('HTTP/1.1 200 ', 'a')],
  ])('F26 %s is too large', async (_, behave) => {
    await using server = await rawServer(behave);

    expect(await resultOf(prober, httpProbe(server.port))).toMatchObject({
      kind: 'fail',
      code: 'http-headers-too-large',
    });
    await server.idle();
  });

  it('F26 informational answers without end are not HTTP', async () => {
    await using server = await rawServer(pouring('', 'HTTP/1.1 103 Early Hints\r\n\r\n'));

    expect(await resultOf(prober, httpProbe(server.port))).toMatchObject({
      code: 'http-malformed',
      detail: 'more than 8 informational answers',
    });
  });

  it('F26 other probes go on while one endpoint misbehaves', async () => {
    await using bad = await rawServer(pouring('HTTP/1.1 200 OK\r\n', 'X-A: bcd\r\n'));
    await using garbage = await rawServer(answering('garbage', 'keep'));
    await using good = await rawServer(answering(httpText(200, 'fine')));

    const results = await Promise.all(
      [bad, good, garbage, good, bad, good].map(({ port }) => resultOf(prober, httpProbe(port))),
    );

    expect(results.map((result) => (result.kind === 'http' ? result.body : result.kind))).toEqual([
      'fail',
      'fine',
      'fail',
      'fine',
      'fail',
      'fine',
    ]);
  });

  it('F33 the header that tells endpoints apart is a fact', async () => {
    await using server = await rawServer(answering(httpText(200, '', { 'x-region': 'other' })));

    expect(await resultOf(prober, httpProbe(server.port))).toMatchObject({
      headers: { 'x-region': 'other' },
    });
  });

  it('any bytes give a fact, and leave no socket behind', async () => {
    const seeds = Array.from({ length: 60 }, (_, seed) => hostileBytes(seed));
    for (const bytes of seeds) {
      await using server = await rawServer(answering(bytes));

      const result = await resultOf(prober, httpProbe(server.port, { timeoutMs: 2_000 }));

      expect(['http', 'fail']).toContain(result.kind);
      await server.idle();
    }
  });
});

describe('ends from outside', () => {
  it('a round that ends first gives skipped, and closes the connection', async () => {
    const accepted = Promise.withResolvers<void>();
    await using server = await rawServer((socket) => socket.once('data', () => accepted.resolve()));
    const round = new AbortController();

    const probing = prober.probe(httpProbe(server.port), round.signal);
    await accepted.promise;
    round.abort();

    expect((await probing).attempts).toMatchObject([
      { address: '127.0.0.1', result: { kind: 'skipped', code: 'aborted' } },
    ]);
    await server.idle();
  });

  it('a round that has ended connects to nothing', async () => {
    await using server = await rawServer(answering(httpText(200)));

    const { attempts } = await prober.probe(httpProbe(server.port), AbortSignal.abort());

    expect(attempts).toMatchObject([{ address: null, result: { code: 'aborted' } }]);
    expect(server.connections()).toBe(0);
  });

  it('no more than the given number of probes is under way at once', async () => {
    let open = 0;
    let most = 0;
    await using server = await rawServer((socket) => {
      open += 1;
      most = Math.max(most, open);
      socket.once('data', () => {
        open -= 1;
        socket.end(httpText(200));
      });
    });
    const narrow = testProber({ inFlightMax: 2 });
    const impatient = new AbortController();

    const probes = Array.from({ length: 8 }, () => resultOf(narrow, httpProbe(server.port)));
    const waiting = narrow.probe(httpProbe(server.port), impatient.signal);
    impatient.abort();

    expect((await waiting).attempts).toMatchObject([{ result: { code: 'aborted' } }]);
    expect((await Promise.all(probes)).map(({ kind }) => kind)).toEqual(Array(8).fill('http'));
    expect(most).toBeLessThanOrEqual(2);
  });

  it('an attempt of the fake looks like one of the real prober', async () => {
    await using server = await rawServer(answering(httpText(200)));
    const real = await probed(prober, httpProbe(server.port));
    const fake = httpAttempt();

    expect(Object.keys(real).sort()).toEqual(Object.keys(fake).sort());
    expect(Object.keys(real.timings).sort()).toEqual(Object.keys(fake.timings).sort());
    expect(Object.keys(real.result).sort()).toEqual(Object.keys(fake.result).sort());
    expect(await prober.probe(httpProbe(server.port), neverAborted())).toHaveProperty('key');
  });
});

/** Well-formed beginnings cut and damaged in repeatable ways. */
function hostileBytes(seed: number): Buffer {
  const bytes = Buffer.from(
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  );
  let state = seed + 1;
  const next = (max: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state % max;
  };
  for (let hits = 0; hits <= seed % 5; hits += 1) bytes[next(bytes.length)] = next(256);
  return bytes.subarray(0, bytes.length - next(20));
}
