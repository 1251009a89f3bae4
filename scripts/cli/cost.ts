/** `quorate cost`: a month's bill from calls counted in a run of this very file, without AWS. */
import { QuorateError } from '../../shared/core/errors.ts';
import { billOf } from '../cost/bill.ts';
import { assumptions, costText } from '../cost/cost-text.ts';
import { count } from '../cost/count.ts';
import { deployedShape } from '../cost/deployed-shape.ts';
import { healthChecksOf } from '../cost/health-checks.ts';
import { PRICES, PRICES_AS_OF } from '../cost/prices.ts';
import type { Register } from './cli.ts';

const MINUTES = 10;
const MINUTES_MAX = 720;

export const registerCost: Register = (program, cli) => {
  program
    .command('cost')
    .description('a month’s bill, from calls counted in a run of this file; needs no AWS')
    .option('--minutes <n>', 'how long a stretch is counted', String(MINUTES))
    .addHelpText(
      'after',
      `
The functions of every vantage run on virtual time; their writes, reads, time, metrics and logs are
counted and priced, beside Route 53 health checks of the same endpoints.

Example:
  quorate cost --minutes 60`,
    )
    .action(async ({ minutes: text }: { readonly minutes: string }) => {
      const minutes = minutesOf(text);
      const { config } = cli.load();
      cli.say(`counting ${minutes} min of ${config.vantages.length} vantages …`);
      const counts = await count(config, minutes, cli.terminal.signal);
      if (counts.troubles.length > 0) {
        throw new QuorateError(
          'CONFIG_INVALID',
          `the run was not calm, so its bill would be wrong: ${counts.troubles.join('; ')}`,
        );
      }
      const shape = deployedShape(config);
      const bill = billOf(counts, shape);
      const healthChecks = healthChecksOf(config);
      cli.print(
        {
          deployment: config.deployment,
          currency: 'USD',
          pricesAsOf: PRICES_AS_OF,
          bill,
          healthChecks,
          counts,
          shape,
          prices: PRICES,
          assumptions: assumptions(minutes),
        },
        () => costText({ config, counts, bill, healthChecks }),
      );
    });
};

function minutesOf(text: string): number {
  const minutes = Number(text);
  if (Number.isInteger(minutes) && minutes >= 1 && minutes <= MINUTES_MAX) return minutes;
  throw new QuorateError(
    'BAD_REQUEST',
    `--minutes ${text} is no whole number from 1 to ${MINUTES_MAX}`,
  );
}
