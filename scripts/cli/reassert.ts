/** `quorate reassert [SERVICE…]`: weights that were edited by hand go back to what the last commit left. */
import { type ChangeOptions, carryOut, servicesFor, withChangeOptions } from './change.ts';
import type { Register } from './cli.ts';

export const registerReassert: Register = (program, cli) => {
  withChangeOptions(program.command('reassert'))
    .argument('[services...]', 'default: all that are enforced')
    .description('undo weights that were edited by hand')
    .addHelpText(
      'after',
      `
\`quorate adopt\` keeps them instead. Either settles the drift, and automation goes on.

Example:
  quorate reassert app
  quorate reassert app --apply 9c1f4e20 --reason "the console edit was a mistake"
With --json: checksum, applyWith, services[] with result, sentences[], plan {generation, records[]}.`,
    )
    .action(async (ids: readonly string[], options: ChangeOptions) => {
      const services = servicesFor(cli.load().config, ids);
      const wishes = services.map((service) => ({
        service,
        operation: { kind: 'reassert' } as const,
      }));
      await carryOut(cli, ['reassert', ...ids], wishes, options);
    });
};
