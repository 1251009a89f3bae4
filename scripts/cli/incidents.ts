/**
 * `quorate incidents [SERVICE] [--since 30d]`: what is open, then what was: each as one thread, with the time
 * it took to detect and to recover. Writes nothing.
 */
import type { Register } from './cli.ts';
import { findService } from './find.ts';
import { incidentsText } from './incidents-text.ts';
import { openSource, withDirect } from './reach.ts';
import { sinceOf } from './since.ts';

const SINCE = '30d';

type Flags = { readonly since: string; readonly steps?: boolean; readonly direct?: boolean };

export const registerIncidents: Register = (program, cli) => {
  withDirect(program.command('incidents'))
    .argument('[service]', 'default: all of the file')
    .option('--since <when>', 'how far back, as 12h, 7d or 2026-11-23', SINCE)
    .option('--steps', 'every step of those that are over, too')
    .description('what is open and what was: when seen, acted on, served and over')
    .addHelpText(
      'after',
      `
Example:
  quorate incidents app --since 7d
With --json: incidents[] as of GET /v1/incidents, with steps[]; detectMs is the time from the first failed probe
to the verdict, recoverMs until the name servers answered without it.`,
    )
    .action(async (serviceId: string | undefined, flags: Flags) => {
      const loaded = cli.load();
      const service = serviceId === undefined ? null : findService(loaded.config, serviceId);
      const { source, clock } = await openSource(cli, loaded, flags);
      const sinceAt = sinceOf(flags.since, clock.now());
      const document = await source.incidents({ service, sinceAt }, cli.terminal.signal);
      const options = {
        paint: cli.paint,
        service: service?.id ?? null,
        steps: flags.steps === true,
      };
      cli.print(document, () => incidentsText(document, options));
    });
};
