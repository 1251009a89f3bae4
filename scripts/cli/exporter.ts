/**
 * `quorate exporter`: metrics for Prometheus on 127.0.0.1, from the API of whichever region answers. It needs the
 * API's `read` policy and nothing else; with `--once` it prints one scrape and ends.
 */
import { systemClock } from '../../shared/adapters/system-clock.ts';
import { apiMetrics, collector } from '../exporter/collector.ts';
import { EXPORTER_PORT, openExporter } from '../exporter/exporter-server.ts';
import { openMetricsText } from '../exporter/open-metrics-text.ts';
import type { Register } from './cli.ts';
import { ended, opened, portNumber } from './loopback-command.ts';

const HELP = `
Serves /metrics on 127.0.0.1 only, as OpenMetrics 1.0 or in the older text format. Probes have the names of
blackbox_exporter; everything else begins with quorate_. Alert rules are in docs/prometheus, a dashboard for
Grafana in docs/grafana. It needs the API's read policy: quorate iam --api read.

Example:
  quorate exporter --port 9813
  quorate exporter --once > quorate.prom     one scrape, for a textfile collector`;

type Options = { readonly port: number; readonly once?: true };

export const registerExporter: Register = (program, cli) => {
  program
    .command('exporter')
    .description('metrics for Prometheus, on this machine')
    .option('--port <port>', 'on 127.0.0.1; 0 for a free one', portNumber, EXPORTER_PORT)
    .option('--once', 'prints one scrape and ends')
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      const { signal, overrides } = cli.terminal;
      const api = await cli.api(cli.load());
      const clock = overrides?.clock ?? systemClock();
      const source = collector(apiMetrics(api), clock, (why) => cli.say(why));
      if (options.once) {
        const documents = await source.collect(signal);
        cli.terminal.out(openMetricsText(documents, 'text'));
        if (documents.status === null) cli.exitWith(1);
        return;
      }
      await using server = await opened(openExporter(source, options.port, signal));
      const { regions } = api;
      const url = `${server.url}/metrics`;
      cli.print({ url, regions }, () => `${url}   (API of ${regions.join(', ')}; Ctrl-C ends it)`);
      await ended(signal);
    });
};
