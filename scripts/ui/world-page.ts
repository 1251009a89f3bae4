/**
 * The page of `npm start`: the same dashboard, with the local world's regions behind it. No session: this
 * world is nobody's production, and its README speaks to it with curl. Foreign pages are kept out all the
 * same.
 */
import type { Hono } from 'hono';
import { systemClock } from '../../shared/adapters/system-clock.ts';
import { type VantageId, vantageId } from '../../shared/core/model.ts';
import { apiClient } from '../client/api-client.ts';
import type { Credentials } from '../client/signed-fetch.ts';
import type { ApiUrls } from '../deploy/url-cache.ts';
import { type Guard, openGuard } from './guard.ts';
import { pageApp } from './page-app.ts';

export type WorldPage = Disposable & { readonly app: Hono; readonly guard: Guard };

export function openWorldPage(options: {
  readonly apiUrls: ReadonlyMap<string, ApiUrls>;
  readonly credentials: Credentials;
  readonly first: VantageId;
  readonly portOf: () => number;
}): WorldPage {
  const { apiUrls, credentials, first, portOf } = options;
  const stop = new AbortController();
  const guard = openGuard({ portOf, hasSession: false });
  const client = apiClient({
    urls: new Map([...apiUrls].map(([region, urls]) => [vantageId(region), urls] as const)),
    credentials,
    first,
    // Of this machine: a world that runs faster answers no faster.
    clock: systemClock(1),
  });
  return {
    guard,
    app: pageApp({
      assets: async () => (await import('./build-page.ts')).buildPage(),
      api: client,
      guard,
      signal: stop.signal,
    }),
    [Symbol.dispose]() {
      stop.abort(new Error('the page is closed'));
      client.close();
    },
  };
}
