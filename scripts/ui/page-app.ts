/**
 * The dashboard on this machine: its files, and the API behind it. In: requests of one browser that the
 * guard lets in. Out: the page, what the regions answer, and metrics where somebody makes them. `quorate ui`
 * and the local world serve the same.
 */
import { type Context, Hono } from 'hono';
import { type PageAssets, pageAnswer } from '../../functions/dashboard/page.ts';
import type { ApiClient, Method } from '../client/api-client.ts';
import { type ProxyReply, passOn, problemReply } from './api-proxy.ts';
import type { Guard } from './guard.ts';

/** By what the scraper accepts. */
export type Metrics = (
  accept: string | undefined,
) => Promise<{ readonly type: string; readonly body: string }>;

export type PageAppOptions = {
  /** Asked for once, when somebody opens the page. */
  readonly assets: () => Promise<PageAssets>;
  readonly api: Pick<ApiClient, 'request'>;
  readonly guard: Guard;
  readonly metrics?: Metrics;
  readonly signal: AbortSignal;
};

const ASSETS = ['/', '/dashboard.js', '/dashboard.css', '/dashboard.svg'];
const API = ['/v1/*', '/healthz', '/openapi.json'];
/** Four times what the API takes: it says itself what is too much. */
const BODY_BYTES_MAX = 64 * 1024;

export function pageApp(options: PageAppOptions): Hono {
  const { guard, signal } = options;
  const app = new Hono();
  let built: Promise<PageAssets> | undefined;
  const assets = (): Promise<PageAssets> => {
    built ??= options.assets();
    return built;
  };
  const refused = (c: Context): Response | null => {
    const refusal = guard.refusalOf(c.req.method, (name) => c.req.header(name));
    if (refusal === null) return null;
    const { status, detail, help } = refusal;
    return replied(problemReply(status, detail, help, 'FORBIDDEN'));
  };

  for (const path of ASSETS) {
    app.get(path, async (c) => {
      const refusal = guard.fileRefusalOf((name) => c.req.header(name));
      const cookie = path === '/' ? guard.cookieFor(c.req.query('token') ?? '') : null;
      if (cookie !== null && refusal?.status !== 421) {
        return c.body(null, 303, {
          location: '/',
          'set-cookie': cookie,
          'cache-control': 'no-store',
          'referrer-policy': 'no-referrer',
        });
      }
      if (refusal !== null) return c.text(`${refusal.detail}\n\n${refusal.help}\n`, refusal.status);
      const answer = pageAnswer(await assets(), path, c.req.header('if-none-match'));
      if (answer === undefined) return c.notFound();
      return new Response(answer.status === 304 ? null : answer.body, {
        status: answer.status,
        headers: { ...answer.headers },
      });
    });
  }

  for (const path of API) {
    app.all(path, async (c) => {
      const no = refused(c);
      if (no !== null) return no;
      const { method } = c.req;
      if (!isMethod(method)) {
        return replied(
          problemReply(405, `no ${method} here`, 'use GET, POST or DELETE', 'METHOD_NOT_ALLOWED'),
        );
      }
      const body = method === 'GET' ? '' : await textOf(c.req.raw);
      if (body === null) {
        return replied(
          problemReply(413, 'the body is larger than 64 KiB', 'send at most 16 KiB', 'TOO_LARGE'),
        );
      }
      const { pathname, searchParams } = new URL(c.req.url);
      return replied(
        await passOn(
          options.api,
          {
            method,
            path: pathname,
            query: Object.fromEntries(searchParams),
            header: (name) => c.req.header(name),
            body,
          },
          signal,
        ),
      );
    });
  }

  const { metrics } = options;
  if (metrics !== undefined) {
    // Read-only, for a scraper on this machine that has no session: only its Host is judged.
    app.get('/metrics', async (c) => {
      const refusal = guard.fileRefusalOf((name) => c.req.header(name));
      if (refusal?.status === 421) return c.text(`${refusal.detail}\n`, 421);
      const { type, body } = await metrics(c.req.header('accept'));
      return c.body(body, 200, { 'content-type': type, 'x-content-type-options': 'nosniff' });
    });
  }
  return app;
}

const isMethod = (method: string): method is Method =>
  method === 'GET' || method === 'POST' || method === 'DELETE';

const replied = ({ status, headers, body }: ProxyReply): Response =>
  new Response(status === 204 || status === 304 ? null : body, { status, headers: { ...headers } });

/** Null: too large. */
async function textOf(request: Request): Promise<string | null> {
  const announced = Number(request.headers.get('content-length') ?? '0');
  if (announced > BODY_BYTES_MAX) return null;
  const text = await request.text();
  return text.length > BODY_BYTES_MAX ? null : text;
}
