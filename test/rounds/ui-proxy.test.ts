import { describe, expect, it } from 'vitest';
import type { ApiClient, ApiReply } from '../../scripts/client/api-client.ts';
import { type ProxyRequest, passOn } from '../../scripts/ui/api-proxy.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import { vantageId } from '../../shared/core/model.ts';

type Call = {
  readonly method: string;
  readonly path: string;
  readonly scope: string | undefined;
  readonly headers: unknown;
};

function api(
  statusOf: (scope: string | undefined) => number,
  calls: Call[] = [],
): Pick<ApiClient, 'request'> & { calls: Call[] } {
  return {
    calls,
    request: async (method, path, { scope, headers }): Promise<ApiReply> => {
      calls.push({ method, path, scope, headers });
      return {
        status: statusOf(scope),
        headers: new Map([
          ['content-type', 'application/json'],
          ['etag', '"p1"'],
          ['set-cookie', 'evil=1'],
        ]),
        bytes: new TextEncoder().encode('{}'),
        region: vantageId('us-east-1'),
        failed: [{ region: vantageId('eu-west-1'), why: 'nö answer\r\nX: y' }],
        isRepeated: false,
      };
    },
  };
}

const request = (fields: Partial<ProxyRequest> = {}): ProxyRequest => ({
  method: 'POST',
  path: '/v1/overrides',
  query: {},
  header: (name) =>
    ({ 'if-match': '"p1"', 'idempotency-key': 'k', cookie: 'secret', authorization: 'x' })[name],
  body: '{"kind":"drain","scope":{"service":"app"}}',
  ...fields,
});
const signal = new AbortController().signal;

describe('the way from the page to the API', () => {
  it('passes on what the API reads, and gives back what the page may see', async () => {
    const to = api(() => 200);

    const reply = await passOn(to, request(), signal);

    expect(to.calls).toEqual([
      {
        method: 'POST',
        path: '/v1/overrides',
        scope: 'override',
        headers: { 'if-match': '"p1"', 'idempotency-key': 'k' },
      },
    ]);
    expect(reply.headers).toMatchObject({ etag: '"p1"', 'x-content-type-options': 'nosniff' });
    expect(reply.headers).not.toHaveProperty('set-cookie');
    expect(reply.headers['x-quorate-passed-over']).toMatch(/^eu-west-1 \([\x20-\x7e]+\)$/);
  });

  it.each([
    ['a look', { method: 'GET' as const, path: '/v1/status', body: '' }, ['read']],
    ['an order on one service', {}, ['override']],
    [
      'a region of all services',
      { body: '{"kind":"drain","scope":{"region":"us-east-1"}}' },
      ['freeze'],
    ],
    ['a freeze', { body: '{"kind":"freeze","scope":{"service":"app"}}' }, ['freeze']],
    [
      'the end of an order',
      { method: 'DELETE' as const, path: '/v1/overrides/abcdefgh' },
      ['override'],
    ],
  ])('asks the URL of the least scope: %s', async (_what, fields, scopes) => {
    const to = api(() => 200);

    await passOn(to, request(fields), signal);

    expect(to.calls.map(({ scope }) => scope)).toEqual(scopes);
  });

  it('goes one scope up only where the API refuses for want of it', async () => {
    const to = api((scope) => (scope === 'override' ? 403 : 200));
    const denied = api(() => 403);

    const reply = await passOn(to, request(), signal);
    const refused = await passOn(denied, request(), signal);

    expect(to.calls.map(({ scope }) => scope)).toEqual(['override', 'freeze']);
    expect(reply.status).toBe(200);
    expect(refused.status).toBe(403);
  });

  it('says in the one shape of errors that no region answers', async () => {
    const dead = {
      request: async () => {
        throw new QuorateError(
          'API_UNAVAILABLE',
          'no region answers: eu-west-1 (it refuses connections)',
        );
      },
    };

    const reply = await passOn(dead, request(), signal);

    expect(reply.status).toBe(503);
    expect(JSON.parse(reply.body)).toMatchObject({
      code: 'API_UNAVAILABLE',
      detail: expect.stringContaining('no region'),
    });
  });
});
