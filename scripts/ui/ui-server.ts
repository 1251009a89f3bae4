/**
 * `quorate ui` as a server: the page, the API of all regions behind it, and metrics where somebody makes
 * them, on 127.0.0.1 alone. Out: where it listens and the one URL that lets a browser in. Whoever has not
 * got that URL gets nothing, be it another page or another user of this machine.
 */
import { Hono } from 'hono';
import type { PageAssets } from '../../functions/dashboard/page.ts';
import type { ApiClient } from '../client/api-client.ts';
import { openHttp } from '../local/world-http.ts';
import { openGuard } from './guard.ts';
import { type Metrics, pageApp } from './page-app.ts';

export type UiServer = AsyncDisposable & {
  readonly url: string;
  /** With the token of this session: for the operator's eyes only. */
  readonly link: string;
};

export type UiOptions = {
  readonly api: Pick<ApiClient, 'request'>;
  readonly port: number;
  /** Default: built from this checkout. */
  readonly assets?: () => Promise<PageAssets>;
  readonly metrics?: Metrics;
};

export async function openUi(options: UiOptions): Promise<UiServer> {
  const { api, port, metrics } = options;
  const stop = new AbortController();
  let ownPort = port;
  const guard = openGuard({ portOf: () => ownPort, hasSession: true });
  const app = new Hono();
  app.route(
    '/',
    pageApp({
      assets: options.assets ?? (async () => (await import('./build-page.ts')).buildPage()),
      api,
      guard,
      ...(metrics === undefined ? {} : { metrics }),
      signal: stop.signal,
    }),
  );
  app.notFound((c) => c.text('there is nothing here; the page is at /\n', 404));
  app.onError((error, c) => c.text(`this is a bug of quorate ui: ${error.message}\n`, 500));
  const http = await openHttp(app, port);
  ownPort = Number(new URL(http.url).port);
  return {
    url: http.url,
    link: `${http.url}/?token=${guard.token}`,
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the page is closed'));
      await http[Symbol.asyncDispose]();
    },
  };
}
