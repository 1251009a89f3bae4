/**
 * The exporter as a server on 127.0.0.1: `/metrics` and nothing else. A request that names another host is refused:
 * some page in a browser may have made a name of its own point here.
 */
import { Hono } from 'hono';
import { formatFor, METRICS_FORMATS } from '../../shared/core/openmetrics.ts';
import { openHttp } from '../local/world-http.ts';
import type { Collector } from './collector.ts';
import { openMetricsText } from './open-metrics-text.ts';

export const EXPORTER_PORT = 9813;

export type ExporterServer = AsyncDisposable & { readonly url: string };

const OWN_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/;

export async function openExporter(
  { collect }: Collector,
  port: number,
  stopped: AbortSignal,
): Promise<ExporterServer> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, stopped]);
  const app = new Hono();
  app.use(async (c, next) => {
    if (OWN_HOST.test(c.req.header('host') ?? '')) return await next();
    return c.text('this exporter answers to 127.0.0.1 and localhost only\n', 403);
  });
  app.get('/metrics', async (c) => {
    const format = formatFor(c.req.header('accept'));
    const text = openMetricsText(await collect(signal), format);
    return c.body(text, 200, {
      'content-type': METRICS_FORMATS[format],
      'cache-control': 'no-store',
    });
  });
  app.notFound((c) => c.text('there is nothing here; metrics are at /metrics\n', 404));
  app.onError((error, c) => c.text(`this is a bug of quorate exporter: ${error.message}\n`, 500));
  const http = await openHttp(app, port);
  return {
    url: http.url,
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the exporter is closed'));
      await http[Symbol.asyncDispose]();
    },
  };
}
