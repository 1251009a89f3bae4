/**
 * `quorate status [SERVICE]`: whether automation is on, then health beside what DNS has, why, what is held
 * back, and who looks. It reads the table's replica of one region and the zones, and writes nothing.
 */
import { statusDocument } from '../../shared/api/status-document.ts';
import type { Register } from './cli.ts';
import { findServices } from './find.ts';
import { look } from './look.ts';
import { statusText } from './status-text.ts';

export const registerStatus: Register = (program, cli) => {
  program
    .command('status')
    .argument('[service]', 'one service, with what each vantage saw')
    .description('automation, health beside what DNS has, reasons, orders, vantages')
    .addHelpText(
      'after',
      `
Example:
  quorate status app
With --json: automation {on, of}, services[], vantages[], notes[]; times in epoch ms. Exit code 1 if a zone
could not be read.`,
    )
    .action(async (service: string | undefined) => {
      const loaded = cli.load();
      const services = findServices(loaded.config, service === undefined ? [] : [service]);
      const { columns } = cli.terminal;
      const assessment = await look(cli, loaded, services);
      const document = statusDocument(loaded.config, assessment);
      if (document.services.some(({ trouble }) => trouble !== null)) cli.exitWith(1);
      const options = { paint: cli.paint, columns, detailed: service !== undefined };
      cli.print(document, () => statusText(document, options));
    });
};
