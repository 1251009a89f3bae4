/**
 * `quorate status [SERVICE]`: whether automation is on, what is wrong, then health beside what DNS has, why,
 * and who looks. Through the API of any region, else from the table's replica of one and the zones; it
 * writes nothing.
 */
import type { StatusDocument } from '../../shared/api/status.ts';
import type { Register } from './cli.ts';
import { findServices } from './find.ts';
import { openSource, withDirect } from './reach.ts';
import { statusText } from './status-text.ts';
import { watch } from './watch.ts';

export const registerStatus: Register = (program, cli) => {
  withDirect(program.command('status'))
    .argument('[service]', 'one service, with what each vantage saw')
    .option('--watch', 'again every 2 s until Ctrl-C; without a terminal, one document per change')
    .description('automation, what is wrong, health beside what DNS has, orders, vantages')
    .addHelpText(
      'after',
      `
Example:
  quorate status app --watch
With --json: automation {on, of}, services[], vantages[], notes[]; times in epoch ms. Exit code 1 if a zone
could not be read.`,
    )
    .action(
      async (
        service: string | undefined,
        flags: { readonly watch?: boolean; readonly direct?: boolean },
      ) => {
        const loaded = cli.load();
        const services = findServices(loaded.config, service === undefined ? [] : [service]);
        const { source, clock } = await openSource(cli, loaded, flags);
        const options = {
          paint: cli.paint,
          columns: cli.terminal.columns,
          detailed: service !== undefined,
        };
        const look = (signal: AbortSignal): Promise<StatusDocument> =>
          source.status(services, signal);
        const text = (document: StatusDocument): string => statusText(document, options);
        if (flags.watch === true) return await watch(cli, clock, { look, text, gist });
        const document = await look(cli.terminal.signal);
        if (document.services.some(({ trouble }) => trouble !== null)) cli.exitWith(1);
        cli.print(document, () => text(document));
      },
    );
};

/** All but what moves by itself. */
function gist({ at: _, zoneReadAt: __, vantages, services, ...rest }: StatusDocument): unknown {
  return {
    ...rest,
    vantages: vantages.map(({ ageMs: _age, ...vantage }) => vantage),
    services: services.map((service) => ({
      ...service,
      endpoints: service.endpoints.map((endpoint) => ({
        ...endpoint,
        votes: endpoint.votes.map(({ vantage, vote, code, watch: watched }) => ({
          vantage,
          vote,
          code,
          watched,
        })),
      })),
    })),
  };
}
