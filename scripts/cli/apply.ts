/**
 * `quorate apply [SERVICE…]`: makes the zone follow the file: the first records of an empty name, new
 * endpoints at weight 0, targets once they are up, TTLs, health checks, new names and types.
 */
import { type ChangeOptions, carryOut, servicesFor, withChangeOptions } from './change.ts';
import type { Register } from './cli.ts';

export const registerApply: Register = (program, cli) => {
  withChangeOptions(program.command('apply'))
    .argument('[services...]', 'default: all that are enforced')
    .description('make the zone follow the file: endpoints, targets, TTL, health checks, names')
    .addHelpText(
      'after',
      `
New endpoints come in at weight 0 and ramp once they are up. A target that would get traffic is changed only
while a quorum finds the new one up. Nothing that answers is removed. Configured weights need no apply.

Example:
  quorate apply app
  quorate apply app --apply 9c1f4e20 --reason "second load balancer"
With --json: checksum, applyWith, services[] with result, sentences[], plan {generation, records[]}.`,
    )
    .action(async (ids: readonly string[], options: ChangeOptions) => {
      const services = servicesFor(cli.load().config, ids);
      const wishes = services.map((service) => ({
        service,
        operation: { kind: 'apply' } as const,
      }));
      await carryOut(cli, ['apply', ...ids], wishes, options);
    });
};
