/** `quorate extend ID --for 2h | --until TIME`: another end of an order, counted from now; old and new are shown. */
import { systemClock } from '../../shared/adapters/system-clock.ts';
import { momentText } from '../../shared/core/phrase.ts';
import type { Register } from './cli.ts';
import { isWide, orderById, standingOrders } from './end.ts';
import {
  carryOrder,
  type OrderOptions,
  openDesk,
  orderWords,
  withOrderOptions,
} from './order-carry.ts';
import { orderLine, untilText } from './order-text.ts';
import { type EndOptions, endTyped } from './order-time.ts';

export const registerExtend: Register = (program, cli) => {
  withOrderOptions(program.command('extend'))
    .argument('<order>', 'its id, as `quorate overrides` lists it')
    .option('--for <duration>', 'from now on: 30m, 2h, 1h30m; at most 72h')
    .option('--until <time>', 'instead: 14:05Z, or 2026-11-23T14:05:00Z')
    .description('let an order last longer, or end sooner')
    .addHelpText(
      'after',
      `
Example:
  quorate extend 9f3a2c1d --for 2h --reason "the fix takes longer"
With --json: dryRun, checksum, untilAt, results[] with service, outcome, sentence, plan, order.`,
    )
    .action(async (id: string, options: OrderOptions & EndOptions) => {
      const loaded = cli.load();
      const now = (cli.terminal.overrides?.clock ?? systemClock()).now();
      const end = endTyped(options, now);
      const words = [
        'extend',
        id,
        ...(end.for === undefined ? [] : ['--for', end.for]),
        ...(end.until === undefined ? [] : ['--until', end.until]),
        ...orderWords(options),
      ];
      const desk = await openDesk(cli, loaded, options, words);
      const { overrides } = await desk.orders(cli.terminal.signal);
      const order = orderById(standingOrders(overrides), id, null);
      const [first] = order.holders;
      const services = order.holders.map(({ service }) => service);
      await carryOrder(
        cli,
        loaded,
        desk,
        {
          words,
          wish: { kind: 'extend', id, services, isWide: isWide(order), end },
          services,
          about: ({ results, untilAt, at }) => {
            const isGoing = results.some(
              ({ outcome }) => outcome === 'planned' || outcome === 'committed',
            );
            return first === undefined || untilAt === null || !isGoing
              ? []
              : [
                  orderLine(first, at),
                  `end: ${momentText(first.untilAt)} → ${untilText(untilAt, at).slice('until '.length)}`,
                ];
          },
        },
        options,
      );
    });
};
