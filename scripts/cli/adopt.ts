/**
 * `quorate adopt [SERVICE…] [--convert]`: takes over what stands in the zone, as it is. The batch deletes
 * and creates every record unchanged beside the new `_quorate` record, so a zone that refuses what
 * automation will send refuses it here.
 */
import { type ChangeOptions, carryOut, servicesFor, withChangeOptions } from './change.ts';
import type { Register } from './cli.ts';

export const registerAdopt: Register = (program, cli) => {
  withChangeOptions(program.command('adopt'))
    .argument('[services...]', 'default: all that are enforced')
    .option('--convert', 'put weighted records in place of simple ones, in one batch')
    .description('take over the weighted records that stand there, or weights edited by hand')
    .addHelpText(
      'after',
      `
Weights, targets and TTLs stay as they are. With --convert the endpoint that answers now keeps the traffic,
at its configured weight; the others begin at 0 and ramp once they are up.

Example:
  quorate adopt app
  quorate adopt app --apply 9c1f4e20 --reason "Quorate takes over"
With --json: checksum, applyWith, services[] with result, sentences[], plan {generation, records[]}.`,
    )
    .action(
      async (ids: readonly string[], options: ChangeOptions & { readonly convert?: boolean }) => {
        const operation = { kind: options.convert === true ? 'convert' : 'adopt' } as const;
        const words = ['adopt', ...ids, ...(options.convert === true ? ['--convert'] : [])];
        const services = servicesFor(cli.load().config, ids);
        await carryOut(
          cli,
          words,
          services.map((service) => ({ service, operation })),
          options,
        );
      },
    );
};
