/**
 * `quorate undrain|unpin|unfreeze`: ends an order now, found by its scope or named by its id. What it
 * covered goes back to automation, so what happens next is said for each endpoint, by its health as seen.
 */

import { systemClock } from '../../shared/adapters/system-clock.ts';
import type { OrderShown } from '../../shared/api/parts.ts';
import type { ServiceShown } from '../../shared/api/status.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import type { OrderKind } from '../../shared/core/fence.ts';
import type { Config } from '../../shared/core/model.ts';
import { list } from '../../shared/core/phrase.ts';
import { safeText } from '../../shared/core/safe-text.ts';
import type { Cli, Register } from './cli.ts';
import { suggestion } from './find.ts';
import {
  carryOrder,
  type OrderOptions,
  openDesk,
  orderWords,
  withOrderOptions,
} from './order-carry.ts';
import { isMeant, scopeText, scopeTyped, scopeWords } from './order-scope.ts';
import { orderLine } from './order-text.ts';

type EndingOptions = OrderOptions & { readonly all?: boolean };
type Words = { readonly service: string | undefined; readonly endpoint: string | undefined };

/** One order by its id, in every service that holds it. */
export type Standing = { readonly id: string; readonly holders: readonly OrderShown[] };

export const ORDER_ID = /^[\w-]{8}$/;

const EXAMPLES: Readonly<Record<OrderKind, string>> = {
  drain: `  quorate undrain app us-east-1
  quorate undrain 9f3a2c1d --apply 9c1f4e20 --reason "fixed by 4712"`,
  pin: '  quorate unpin app us-east-1',
  freeze: `  quorate unfreeze app
  quorate unfreeze --all`,
};

const ending =
  (kind: OrderKind, description: string): Register =>
  (program, cli) => {
    const command = withOrderOptions(program.command(`un${kind}`))
      .argument('[service]', 'or the id of the order')
      .description(description)
      .addHelpText(
        'after',
        `
Example:
${EXAMPLES[kind]}
With --json: dryRun, checksum, results[] with service, outcome, sentence, plan, order.`,
      );
    if (kind === 'freeze') {
      command
        .option('--all', 'the freeze of every service')
        .action((service, options: EndingOptions) =>
          end(cli, kind, { service, endpoint: undefined }, options),
        );
      return;
    }
    command
      .argument('[endpoint]', 'or a region of its endpoints')
      .action((service, endpoint, options: EndingOptions) =>
        end(cli, kind, { service, endpoint }, options),
      );
  };

export const registerUndrain = ending(
  'drain',
  'end a drain: what it took out returns by its health',
);
export const registerUnpin = ending('pin', 'end a pin: automation takes the weight over again');
export const registerUnfreeze = ending('freeze', 'end a freeze: automation moves weights again');

async function end(cli: Cli, kind: OrderKind, typed: Words, options: EndingOptions): Promise<void> {
  const loaded = cli.load();
  const { config } = loaded;
  const { region } = cli.options();
  const verb = `un${kind}`;
  const isService = config.services.some(({ id }) => id === typed.service);
  const id =
    !isService && typed.endpoint === undefined && ORDER_ID.test(typed.service ?? '')
      ? typed.service
      : undefined;
  const scope =
    id === undefined
      ? scopeTyped(config, verb, { ...typed, region, all: options.all === true })
      : null;
  const words = [
    verb,
    ...(scope === null ? [id ?? ''] : scopeWords(scope)),
    ...orderWords(options),
  ];
  const desk = await openDesk(cli, loaded, options, words);
  const standing = standingOrders((await desk.orders(cli.terminal.signal)).overrides);
  const now = (cli.terminal.overrides?.clock ?? systemClock()).now();
  const found =
    scope === null
      ? [orderById(standing, id ?? '', kind)]
      : standing.filter(({ holders }) =>
          holders.some((one) => one.kind === kind && isMeant(one, scope, config)),
        );
  const [order, ...others] = found;
  if (order === undefined) {
    const text = `no ${kind} of ${scopeText(scope ?? {})} is in force`;
    const all = standing.flatMap(({ holders }) => holders);
    cli.print({ results: [], nothing: text }, () =>
      [
        `nothing to do: ${text}`,
        ...all.slice(0, 10).map((one) => `  ${one.id}   ${orderLine(one, now)}`),
      ].join('\n'),
    );
    return;
  }
  if (others.length > 0) throw several(found, verb, now);
  const meant = order.holders.filter((one) => scope === null || isMeant(one, scope, config));
  if (meant.length < order.holders.length) throw wider(order, verb);
  const services = order.holders.map(({ service }) => service);
  await carryOrder(
    cli,
    loaded,
    desk,
    {
      words,
      wish: { kind: 'cancel', id: order.id, services, isWide: isWide(order) },
      services,
      about: (answer, seen) =>
        answer.results.some(({ outcome }) => outcome === 'planned' || outcome === 'committed')
          ? [
              ...order.holders.map(
                (one) => `${answer.dryRun ? 'would end' : 'ended'}: ${orderLine(one, now)}`,
              ),
              ...(seen === null ? [] : order.holders.flatMap((one) => nextOf(one, seen, config))),
            ]
          : [],
    },
    options,
  );
}

export function standingOrders(orders: readonly OrderShown[]): readonly Standing[] {
  return [...Map.groupBy(orders, ({ id }) => id)].map(([id, holders]) => ({ id, holders }));
}

/** Ending it, or its new end, needs what giving it needed. */
export const isWide = ({ holders }: Standing): boolean =>
  holders.length > 1 || holders.some(({ kind }) => kind === 'freeze');

export function orderById(
  standing: readonly Standing[],
  id: string,
  kind: OrderKind | null,
): Standing {
  const found = standing.find((one) => one.id === id);
  if (found === undefined) {
    const known = standing.map((one) => one.id);
    throw new QuorateError(
      'NOT_FOUND',
      `no order ${safeText(id)} is in force: it has ended, or was never given; ${known.length === 0 ? 'there is none at all' : suggestion(id, known)}`,
    );
  }
  const is = found.holders[0]?.kind;
  if (kind !== null && is !== kind) {
    throw new QuorateError(
      'BAD_REQUEST',
      `order ${id} is a ${is}; to end it: quorate un${is} ${id}`,
    );
  }
  return found;
}

const several = (found: readonly Standing[], verb: string, now: number): QuorateError =>
  new QuorateError(
    'BAD_REQUEST',
    [
      `${found.length} orders are meant; name one:`,
      ...found.flatMap(({ id, holders }) =>
        holders.slice(0, 1).map((one) => `  quorate ${verb} ${id}   ${orderLine(one, now)}`),
      ),
    ].join('\n'),
  );

const wider = ({ id, holders }: Standing, verb: string): QuorateError =>
  new QuorateError(
    'REFUSED',
    `refused: order ${id} holds ${list(holders.map(({ service }) => service))} at once, and ends for all of them or none; to end it: quorate ${verb} ${id}`,
  );

/** What automation then does with each endpoint that the order covered. */
function nextOf(
  { service: id, kind, covers, afterwards }: OrderShown,
  seen: readonly ServiceShown[],
  config: Pick<Config, 'services'>,
): readonly string[] {
  if (kind === 'freeze') return [];
  const service = config.services.find((one) => one.id === id);
  const shown = seen.find((one) => one.service === id);
  const covered = (service?.endpoints ?? []).filter(
    (one) => covers === 'service' || covers === one.id || covers === `region ${one.region}`,
  );
  return covered.flatMap((endpoint) => {
    const now = shown?.endpoints.find((one) => one.endpoint === endpoint.id);
    if (now === undefined) return [];
    const steps = (service?.policy.ramp ?? []).map((share) => `${share} %`).join(', ');
    const votes = `${now.health === 'down' ? now.downs : now.ups} of ${now.of}`;
    if (now.inDns !== null && now.inDns >= now.configured) {
      return [`then: ${endpoint.id} has its full weight already`];
    }
    if (afterwards === 'approve') {
      return [`then: ${endpoint.id} waits for \`quorate approve ${id} ${endpoint.id}\``];
    }
    return [
      now.health === 'up'
        ? `then: ${endpoint.id} is up (${votes}) and returns to ${now.configured} by ${steps}`
        : `then: ${endpoint.id} is ${now.health} (${votes}) and stays at ${now.inDns ?? 0} until a quorum finds it up`,
    ];
  });
}
