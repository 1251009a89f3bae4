/**
 * `quorate release SERVICE…`: the opposite of adopt: the `_quorate` record goes, every record is asserted
 * and stays. Automation finds no record and writes nothing from then on.
 */
import { type ChangeOptions, carryOut, withChangeOptions } from './change.ts';
import type { Register } from './cli.ts';
import { findServices } from './find.ts';

export const registerRelease: Register = (program, cli) => {
  withChangeOptions(program.command('release'))
    .argument('<services...>', 'of the file')
    .option('--restore-weights', 'give every endpoint its configured weight in the same batch')
    .description('let go of a service: the _quorate record goes, its records stay')
    .addHelpText(
      'after',
      `
Weights stay as they are, 0 where an endpoint is out; nobody raises them afterwards. Orders end with it.

Example:
  quorate release app
  quorate release app --restore-weights --apply 9c1f4e20 --reason "moving to another tool"
With --json: checksum, applyWith, services[] with result, sentences[], plan {generation, records[]}.`,
    )
    .action(
      async (
        ids: readonly string[],
        options: ChangeOptions & { readonly restoreWeights?: boolean },
      ) => {
        const restores = options.restoreWeights === true;
        const words = ['release', ...ids, ...(restores ? ['--restore-weights'] : [])];
        const wishes = findServices(cli.load().config, ids).map((service) => ({
          service,
          operation: { kind: 'release', restores } as const,
        }));
        await carryOut(cli, words, wishes, options);
      },
    );
};
