/**
 * `quorate drain|pin|freeze`: an order for a while and for a reason. The plan is shown first, with health
 * beside each weight; whatever a rule holds against it comes with its arithmetic and the next step.
 */
import { type Command, InvalidArgumentError } from 'commander';
import { systemClock } from '../../shared/adapters/system-clock.ts';
import type { ChangeAnswer, ScopeAsked } from '../../shared/api/overrides.ts';
import { FORCEABLE_RULES, type ForceableRule, type OrderKind } from '../../shared/core/fence.ts';
import type { Config } from '../../shared/core/model.ts';
import { list, momentText } from '../../shared/core/phrase.ts';
import type { Cli, Register } from './cli.ts';
import { suggestion } from './find.ts';
import {
  carryOrder,
  type OrderOptions,
  openDesk,
  orderWords,
  withOrderOptions,
} from './order-carry.ts';
import { refuseWholeDrain, scopeText, scopeTyped, scopeWords } from './order-scope.ts';
import { isPartlyDone, untilText, whoText } from './order-text.ts';
import { type EndOptions, endTyped, timeTyped } from './order-time.ts';

type GiveOptions = OrderOptions &
  EndOptions & {
    readonly from?: string;
    readonly then?: 'auto' | 'approve';
    readonly force?: readonly ForceableRule[];
    readonly all?: boolean;
    readonly weight?: number;
  };

const forced = (word: string, all: readonly ForceableRule[] = []): readonly ForceableRule[] => [
  ...new Set([...all, ...word.split(',').map((text) => ruleNamed(text.trim()))]),
];

function ruleNamed(text: string): ForceableRule {
  const rule = FORCEABLE_RULES.find((one) => one === text);
  if (rule !== undefined) return rule;
  throw new InvalidArgumentError(
    `no rule ${text} can be passed; ${suggestion(text, FORCEABLE_RULES)}. "Never all zero" is passed by nothing.`,
  );
}

const thenWord = (word: string): 'auto' | 'approve' => {
  if (word === 'auto' || word === 'approve') return word;
  throw new InvalidArgumentError('write auto (by health and ramp) or approve (waits for you).');
};

const weightWord = (word: string): number => {
  const weight = /^\d{1,3}$/.test(word) ? Number(word) : Number.NaN;
  if (weight <= 255) return weight;
  throw new InvalidArgumentError('a weight is a whole number from 0 to 255.');
};

const withEnd = (command: Command): Command =>
  command
    .option('--for <duration>', 'how long: 30m, 2h, 1h30m; at most 72h')
    .option('--until <time>', 'instead: 14:05Z, or 2026-11-23T14:05:00Z')
    .option('--from <time>', 'begins later; default: now')
    .option('--then <what>', 'afterwards: auto (by health and ramp) or approve', thenWord)
    .option('--force <rule>', `a rule to pass: ${FORCEABLE_RULES.join(', ')}`, forced);

export const registerDrain: Register = (program, cli) => {
  withOrderOptions(withEnd(program.command('drain')))
    .argument('[service]')
    .argument('[endpoint]', 'or a region of its endpoints')
    .description(
      'take an endpoint, or a region of every service (--region), out of DNS for a while',
    )
    .addHelpText(
      'after',
      `
The weight goes to 0 whatever health says; afterwards it returns by its health and ramp. A change that would go
below the floor is refused unless forced; one that would leave nothing in service always.

Example:
  quorate drain app us-east-1 --for 2h --reason "bad deploy 4711"
  quorate drain --region us-east-1 --for 2h --reason "power" --force floor
With --json: dryRun, checksum, untilAt, results[] with service, outcome, sentence, plan, order.`,
    )
    .action((service, endpoint, options: GiveOptions) =>
      give(cli, 'drain', { service, endpoint }, options),
    );
};

export const registerPin: Register = (program, cli) => {
  withOrderOptions(withEnd(program.command('pin')))
    .argument('[service]')
    .argument('[endpoint]', 'or a region of its endpoints')
    .requiredOption('--weight <0-255>', 'the weight to keep', weightWord)
    .description('keep a weight as you say, whatever health says, for a while')
    .addHelpText(
      'after',
      `
Example:
  quorate pin app us-east-1 --weight 10 --for 1h --reason "canary 4712"
With --json: dryRun, checksum, untilAt, results[] with service, outcome, sentence, plan, order.`,
    )
    .action((service, endpoint, options: GiveOptions) =>
      give(cli, 'pin', { service, endpoint }, options),
    );
};

export const registerFreeze: Register = (program, cli) => {
  withOrderOptions(withEnd(program.command('freeze')))
    .argument('[service]')
    .option('--all', 'every service')
    .description('stop automation for a while: DNS stays as it is, whatever fails')
    .addHelpText(
      'after',
      `
Example:
  quorate freeze app --for 30m --reason "moving the database"
  quorate freeze --all --for 1h --reason "zone migration"
With --json: dryRun, checksum, untilAt, results[] with service, outcome, sentence, plan, order.`,
    )
    .action((service, options: GiveOptions) =>
      give(cli, 'freeze', { service, endpoint: undefined }, options),
    );
};

async function give(
  cli: Cli,
  kind: OrderKind,
  typed: { readonly service: string | undefined; readonly endpoint: string | undefined },
  options: GiveOptions,
): Promise<void> {
  const loaded = cli.load();
  const { config } = loaded;
  const { region } = cli.options();
  const scope = scopeTyped(config, kind, { ...typed, region, all: options.all === true });
  if (kind === 'drain') refuseWholeDrain(config, scope);
  const now = (cli.terminal.overrides?.clock ?? systemClock()).now();
  const end = endTyped(options, now);
  const from = options.from === undefined ? undefined : timeTyped('--from', options.from, now);
  const { weight, then, force } = options;
  const words = [
    kind,
    ...scopeWords(scope),
    ...(weight === undefined ? [] : ['--weight', String(weight)]),
    ...(from === undefined ? [] : ['--from', from]),
    ...(end.for === undefined ? [] : ['--for', end.for]),
    ...(end.until === undefined ? [] : ['--until', end.until]),
    ...(then === undefined ? [] : ['--then', then]),
    ...(force ?? []).flatMap((rule) => ['--force', rule]),
    ...orderWords(options),
  ];
  const desk = await openDesk(cli, loaded, options, words);
  await carryOrder(
    cli,
    loaded,
    desk,
    {
      words,
      services: concerned(config, scope),
      wish: {
        kind: 'give',
        body: {
          kind,
          scope,
          ...end,
          ...(weight === undefined ? {} : { weight }),
          ...(from === undefined ? {} : { from }),
          ...(then === undefined ? {} : { then }),
          ...(force === undefined ? {} : { force: [...force] }),
        },
      },
      about: (answer) => aboutGiven(answer, kind, scope, options, from),
    },
    options,
  );
}

const concerned = (
  config: Pick<Config, 'services'>,
  { service, region }: ScopeAsked,
): readonly string[] =>
  config.services
    .filter(
      ({ id, endpoints }) =>
        (service === undefined || id === service) &&
        (region === undefined || endpoints.some((one) => one.region === region)),
    )
    .map(({ id }) => id);

function aboutGiven(
  answer: ChangeAnswer,
  kind: OrderKind,
  scope: ScopeAsked,
  { reason, then, weight }: GiveOptions,
  from: string | undefined,
): readonly string[] {
  const { results, untilAt, at, actor, dryRun } = answer;
  const isGoing = results.some(({ outcome }) => outcome === 'planned' || outcome === 'committed');
  if (untilAt === null || !isGoing) return [];
  const verb = { drain: 'drained', pin: `pinned to ${weight}`, freeze: 'frozen' }[kind];
  const begin = from === undefined ? '' : `from ${momentText(Date.parse(from))} `;
  const why = reason === undefined ? '' : `: ${reason.trim()}`;
  const after = afterText(kind, scope, then);
  const order = results.find(({ outcome }) => outcome === 'committed')?.order ?? null;
  const has = results.filter(({ outcome }) => outcome === 'committed');
  const where = isPartlyDone(answer)
    ? `${scopeText(scope)}, only in ${list(has.map(({ service }) => service))},`
    : scopeText(scope);
  return [
    `${where} ${verb} by ${whoText(actor)} ${begin}${untilText(untilAt, at)}${why}`,
    ...(after === null ? [] : [after]),
    ...(order === null || dryRun
      ? []
      : [
          `order ${order}: \`quorate un${kind} ${order}\` ends it, \`quorate extend ${order} --for 1h\` lets it last`,
        ]),
  ];
}

function afterText(
  kind: OrderKind,
  { service, endpoint }: ScopeAsked,
  then: GiveOptions['then'],
): string | null {
  if (kind === 'freeze')
    return 'meanwhile nothing moves by itself, not even for a region that fails';
  if (then !== 'approve') {
    return kind === 'pin'
      ? 'afterwards automation moves its weight again, by its health'
      : 'afterwards it returns by its health, step by step';
  }
  return `afterwards it waits for \`quorate approve ${service ?? 'SERVICE'} ${endpoint ?? 'ENDPOINT'}\``;
}
