/** `quorate overrides [SERVICE]`: every order in force or to come: what it holds, how long, whose, and why. */
import type { OrderShown } from '../../shared/api/parts.ts';
import type { Register } from './cli.ts';
import { standingOrders } from './end.ts';
import { findService } from './find.ts';
import { openDesk } from './order-carry.ts';
import { orderLine } from './order-text.ts';

/** Below this much of an order's life it is soon over. */
const SOON_SHARE = 0.2;

export const registerOverrides: Register = (program, cli) => {
  program
    .command('overrides')
    .argument('[service]', 'default: all')
    .option('--direct', 'read from the zones with your own credentials: when no API answers')
    .description('orders in force or to come: until when, by whom, and why')
    .addHelpText(
      'after',
      `
Example:
  quorate overrides
With --json: overrides[] with id, service, kind, covers, fromAt, untilAt, actor, reason.`,
    )
    .action(async (serviceId: string | undefined, options: { readonly direct?: boolean }) => {
      const loaded = cli.load();
      const service = serviceId === undefined ? null : findService(loaded.config, serviceId).id;
      const words = ['overrides', ...(service === null ? [] : [service])];
      const desk = await openDesk(cli, loaded, options, words);
      const all = await desk.orders(cli.terminal.signal);
      const shown = all.overrides.filter((one) => service === null || one.service === service);
      const document = { ...all, overrides: shown };
      cli.print(document, () => text(shown, all.at, cli.paint.yellow));
    });
};

function text(orders: readonly OrderShown[], at: number, hint: (text: string) => string): string {
  if (orders.length === 0) return 'no order is in force: automation decides alone';
  return [
    ...standingOrders(orders).flatMap(({ id, holders }) =>
      holders.map((one, i) => {
        const line = `${i === 0 ? id : ' '.repeat(id.length)}   ${orderLine(one, at)}`;
        const life = one.untilAt - one.fromAt;
        const isSoon = one.untilAt - at < life * SOON_SHARE;
        return isSoon ? `${line}   ${hint('ends soon')}` : line;
      }),
    ),
    'to end one: quorate undrain|unpin|unfreeze ID; to let it last: quorate extend ID --for 2h',
  ].join('\n');
}
