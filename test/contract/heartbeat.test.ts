/** The heartbeat over real sockets: any 2xx has arrived, all else is said, and the URL stays secret. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { httpHeartbeat } from '../../shared/adapters/http-heartbeat.ts';
import { systemClock } from '../../shared/adapters/system-clock.ts';

const LIVE = new AbortController().signal;
const SECRET = 'a1b2c3d4';

describe('a ping', () => {
  it.each([200, 201, 204, 299])('answered with %i has arrived', async (status) => {
    await using target = await listening((_, response) => response.writeHead(status).end('ok'));

    expect(await plain().ping(target.url, LIVE)).toEqual({ kind: 'delivered' });
    expect(target.asked).toEqual([`GET /${SECRET} Quorate/0 (vantage eu-west-1)`]);
  });

  it.each([301, 400, 404, 429, 500])('answered with %i has not', async (status) => {
    await using target = await listening((_, response) =>
      response.writeHead(status, { location: 'http://127.0.0.1:9/' }).end(),
    );

    expect(await plain().ping(target.url, LIVE)).toEqual({
      kind: 'failed',
      why: `the heartbeat did not arrive: answered ${status}`,
    });
  });

  it('needs no end of the answer', async () => {
    await using target = await listening((_, response) => {
      response.writeHead(200);
      response.write('never ends');
    });

    expect(await plain().ping(target.url, LIVE)).toEqual({ kind: 'delivered' });
  });

  it('that is never answered ends at its deadline', async () => {
    await using target = await listening(() => undefined);

    expect(await plain({ timeoutMs: 50 }).ping(target.url, LIVE)).toEqual({
      kind: 'failed',
      why: 'the heartbeat did not arrive: no answer within 50 ms',
    });
  });

  it('ends with the invocation', async () => {
    await using target = await listening(() => undefined);

    expect(
      await plain().ping(target.url, AbortSignal.abort(new Error('the round ended'))),
    ).toMatchObject({ kind: 'failed' });
  });

  it('to a closed port says so without the URL', async () => {
    const target = await listening(() => undefined);
    await target[Symbol.asyncDispose]();

    const reply = await plain().ping(target.url, LIVE);

    expect(reply).toEqual({
      kind: 'failed',
      why: 'the heartbeat did not arrive: ECONNREFUSED',
    });
  });

  it.each([
    'http://hc.example.com/x',
    'ftp://hc.example.com/x',
    'file:///etc/passwd',
    'no url',
    '',
  ])('to %s is not made: a parameter may hold anything', async (url) => {
    const heartbeat = httpHeartbeat({ clock: systemClock(), userAgent: 'q' });

    expect(await heartbeat.ping(url, LIVE)).toEqual({
      kind: 'failed',
      why: 'the heartbeat did not arrive: its URL is not https',
    });
  });

  it('over TLS trusts nobody without a certificate', async () => {
    await using target = await listening((_, response) => response.end());
    const heartbeat = httpHeartbeat({ clock: systemClock(), userAgent: 'q' });

    const reply = await heartbeat.ping(target.url.replace('http:', 'https:'), LIVE);

    expect(reply).toMatchObject({ kind: 'failed' });
    expect(target.asked).toEqual([]);
    expect(JSON.stringify(reply)).not.toContain(SECRET);
  });
});

const plain = (options: { readonly timeoutMs?: number } = {}) =>
  httpHeartbeat({
    clock: systemClock(),
    userAgent: 'Quorate/0 (vantage eu-west-1)',
    allowPlain: true,
    ...options,
  });

async function listening(answer: Parameters<typeof createServer>[1]) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers['user-agent']}`);
    answer?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/${SECRET}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
