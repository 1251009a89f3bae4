/** `quorate retire SERVICE ENDPOINT`: removes the records of an endpoint that left the file, at weight 0 only. */
import { type ChangeOptions, carryOut, withChangeOptions } from './change.ts';
import type { Register } from './cli.ts';
import { findService } from './find.ts';

export const registerRetire: Register = (program, cli) => {
  withChangeOptions(program.command('retire'))
    .argument('<service>', 'of the file')
    .argument('<endpoint>', 'in the zone and no longer in the file')
    .description('remove the records of an endpoint that left the file, at weight 0')
    .addHelpText(
      'after',
      `
Nothing live is ever cleaned up by itself, and this refuses to remove what still has weight.

Example:
  quorate retire app on-prem
  quorate retire app on-prem --apply 9c1f4e20 --reason "the old hall is empty"
With --json: checksum, applyWith, services[] with result, sentences[], plan {generation, records[]}.`,
    )
    .action(async (id: string, endpoint: string, options: ChangeOptions) => {
      const service = findService(cli.load().config, id);
      const wishes = [{ service, operation: { kind: 'retire', endpoint } as const }];
      await carryOut(cli, ['retire', id, endpoint], wishes, options);
    });
};
