/** `quorate approve SERVICE ENDPOINT`: lets an endpoint return that waits for a person (manual failback). */
import type { Register } from './cli.ts';
import { findEndpoint, findService } from './find.ts';
import {
  carryOrder,
  type OrderOptions,
  openDesk,
  orderWords,
  withOrderOptions,
} from './order-carry.ts';

export const registerApprove: Register = (program, cli) => {
  withOrderOptions(program.command('approve'))
    .argument('<service>')
    .argument('<endpoint>')
    .description('let an endpoint return that waits for a person')
    .addHelpText(
      'after',
      `
For \`failback: manual\` and orders with \`--then approve\`. It returns once it is up, by hold-down and ramp.

Example:
  quorate approve app us-east-1 --reason "checked by hand"
With --json: dryRun, checksum, results[] with service, outcome, sentence, plan.`,
    )
    .action(async (serviceId: string, endpointId: string, options: OrderOptions) => {
      const loaded = cli.load();
      const service = findService(loaded.config, serviceId);
      const endpoint = findEndpoint(service, endpointId);
      const words = ['approve', service.id, endpoint.id, ...orderWords(options)];
      const desk = await openDesk(cli, loaded, options, words);
      await carryOrder(
        cli,
        loaded,
        desk,
        {
          words,
          wish: { kind: 'approve', service: service.id, endpoint: endpoint.id },
          services: [service.id],
          about: () => [],
        },
        options,
      );
    });
};
