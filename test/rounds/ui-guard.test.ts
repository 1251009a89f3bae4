import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Guard, openGuard } from '../../scripts/ui/guard.ts';

const PORT = 8788;
const HOST = `127.0.0.1:${PORT}`;
const open = (hasSession: boolean): Guard => openGuard({ portOf: () => PORT, hasSession });
const headers =
  (given: Record<string, string>) =>
  (name: string): string | undefined =>
    given[name];

describe('the guard of a page that gives orders', () => {
  it('lets nothing in without the session that only the printed URL gives', () => {
    const guard = open(true);
    const cookie = guard.cookieFor(guard.token ?? '')?.split(';')[0] ?? '';
    const other = open(true).cookieFor('')?.split(';')[0] ?? '';

    expect(guard.refusalOf('GET', headers({ host: HOST, cookie }))).toBeNull();
    expect(guard.refusalOf('GET', headers({ host: HOST }))?.status).toBe(401);
    expect(guard.refusalOf('GET', headers({ host: HOST, cookie: other }))?.status).toBe(401);
    expect(guard.fileRefusalOf(headers({ host: HOST }))?.status).toBe(401);
    expect(guard.fileRefusalOf(headers({ host: HOST, cookie: `a=b; ${cookie}` }))).toBeNull();
  });

  it('gives its session for its own token alone', () => {
    const guard = open(true);

    fc.assert(
      fc.property(fc.string(), (token) => guard.cookieFor(token) === null || token === guard.token),
    );
    expect(guard.cookieFor(guard.token ?? '')).toMatch(
      /^quorate-ui-8788=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    expect(guard.cookieFor(guard.token ?? '')).not.toContain(guard.token);
  });

  it('refuses every Host and Origin that is not this machine and port', () => {
    const guard = open(false);
    const ours = [`127.0.0.1:${PORT}`, `localhost:${PORT}`];

    fc.assert(
      fc.property(fc.oneof(fc.domain(), fc.ipV4()), (host) => {
        const refusal = guard.refusalOf('GET', headers({ host }));
        expect(refusal === null).toBe(ours.includes(host));
      }),
    );
    fc.assert(
      fc.property(fc.domain(), (name) => {
        expect(
          guard.refusalOf('POST', headers({ host: HOST, origin: `http://${name}` }))?.status,
        ).toBe(403);
      }),
    );
    expect(guard.refusalOf('POST', headers({ host: HOST, origin: `http://${HOST}` }))).toBeNull();
    expect(
      guard.refusalOf('POST', headers({ host: HOST, origin: `https://${HOST}` }))?.status,
    ).toBe(403);
    expect(guard.refusalOf('POST', headers({ host: HOST, origin: 'null' }))?.status).toBe(403);
  });

  it('lets curl break a local world, and a foreign page not even look', () => {
    const guard = open(false);

    expect(guard.refusalOf('POST', headers({ host: HOST }))).toBeNull();
    expect(
      guard.refusalOf('GET', headers({ host: HOST, 'sec-fetch-site': 'cross-site' }))?.status,
    ).toBe(403);
    expect(
      guard.refusalOf('GET', headers({ host: HOST, 'sec-fetch-site': 'same-site' }))?.status,
    ).toBe(403);
    expect(
      guard.refusalOf('GET', headers({ host: HOST, 'sec-fetch-site': 'same-origin' })),
    ).toBeNull();
  });
});
