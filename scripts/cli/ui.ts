/**
 * `quorate ui`: the dashboard on this machine, with the operator's own credentials behind it, and metrics
 * beside it. It prints one URL and serves until Ctrl-C; it opens nothing by itself. Whichever region
 * answers will do.
 */
import { systemClock } from '../../shared/adapters/system-clock.ts';
import { formatFor, METRICS_FORMATS } from '../../shared/core/openmetrics.ts';
import { apiMetrics, collector } from '../exporter/collector.ts';
import { openMetricsText } from '../exporter/open-metrics-text.ts';
import type { Metrics } from '../ui/page-app.ts';
import { openUi } from '../ui/ui-server.ts';
import type { Register } from './cli.ts';
import { ended, opened, portNumber } from './loopback-command.ts';

const PORT = 8788;
const HELP = `
It serves on 127.0.0.1 only, and only the browser that opened the printed URL may use it: the token in it
is a key to your credentials as long as this runs. Calls go to the API of the region that answers, signed
as you; if that region is lost, to the next one. /metrics is what quorate exporter serves.

Example:
  quorate ui
  quorate ui --port 0 --json       a free port; the URL is in the document
`;

export const registerUi: Register = (program, cli) => {
  program
    .command('ui')
    .description('the dashboard, on this machine, signed as you')
    .option('--port <port>', 'on 127.0.0.1; 0 for a free one', portNumber, PORT)
    .addHelpText('after', HELP)
    .action(async ({ port }: { readonly port: number }) => {
      const { signal, overrides } = cli.terminal;
      const loaded = cli.load();
      const api = await cli.api(loaded);
      const source = collector(apiMetrics(api), overrides?.clock ?? systemClock(), cli.say);
      const metrics: Metrics = async (accept) => {
        const format = formatFor(accept);
        const body = openMetricsText(await source.collect(signal), format);
        return { type: METRICS_FORMATS[format], body };
      };
      await using server = await opened(openUi({ api, port, metrics }));
      const { deployment } = loaded.config;
      const { regions } = api;
      cli.print(
        { deployment, url: server.link, regions },
        () =>
          `${server.link}\n\nThe dashboard of ${deployment}, by the API of ${regions.join(', ')}.\nOpen that URL in a browser on this machine; Ctrl-C ends it.`,
      );
      await ended(signal);
    });
};
