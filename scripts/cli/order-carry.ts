/**
 * The one way of every order verb: without `--apply` a dry run, its plan, its checksum and the exact line
 * that carries it out; with it, exactly that plan or none. Where no API answers the line that needs none
 * is said, never taken by itself.
 */
import type { Command } from 'commander';
import { systemClock } from '../../shared/adapters/system-clock.ts';
import { type ChangeAnswer, REASON_CHARACTERS_MAX } from '../../shared/api/overrides.ts';
import type { ServiceShown } from '../../shared/api/status.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import { AIDS } from '../../shared/wire.ts';
import type { LoadedConfig } from '../config-file.ts';
import { commandLine, quoted } from './change.ts';
import type { Cli } from './cli.ts';
import { apiDesk, type How, type OrderDesk, type OrderWish } from './order-desk.ts';
import { directDesk } from './order-direct.ts';
import { checksumNow, isPartlyDone, orderText } from './order-text.ts';

export type OrderOptions = {
  readonly apply?: string;
  readonly reason?: string;
  readonly direct?: boolean;
};

export type Carried = {
  /** As typed, without what all commands share. */
  readonly words: readonly string[];
  readonly wish: OrderWish;
  /** Whose health is shown beside the plan. */
  readonly services: readonly string[];
  /** Lines about the order, from what came and what was seen. */
  readonly about: (answer: ChangeAnswer, seen: readonly ServiceShown[] | null) => readonly string[];
};

/** Stands in a dry run for the reason that is not given yet. An order's reason is part of what is reviewed. */
const NO_REASON = 'no reason given yet';

export const withOrderOptions = (command: Command): Command =>
  command
    .option('--reason <text>', 'why; goes into the record (needed with --apply)')
    .option('--apply <checksum>', 'carry out exactly the plan that has this checksum')
    .option('--direct', 'straight on the zone with your own credentials: when no API answers');

export const orderWords = (options: OrderOptions): readonly string[] =>
  options.direct === true ? ['--direct'] : [];

/** The desk, with what to type where no API answers. */
export async function openDesk(
  cli: Cli,
  loaded: LoadedConfig,
  { direct, apply, reason }: OrderOptions,
  words: readonly string[],
): Promise<OrderDesk> {
  if (direct === true) return directDesk(cli, loaded);
  const clock = cli.terminal.overrides?.clock ?? systemClock();
  const line = [
    commandLine(cli, [...words, '--direct']),
    ...(apply === undefined ? [] : [`--apply ${apply}`]),
    ...(reason === undefined ? [] : [`--reason ${quoted(reason)}`]),
  ].join(' ');
  const helped = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw withDirect(error, line);
    }
  };
  const desk = apiDesk(await helped(cli.api(loaded, true)), () => clock.now());
  return {
    ask: (...args) => helped(desk.ask(...args)),
    orders: (...args) => helped(desk.orders(...args)),
    look: (...args) => helped(desk.look(...args)),
  };
}

const withDirect = (error: unknown, line: string): unknown =>
  error instanceof QuorateError && error.code === 'API_UNAVAILABLE'
    ? new QuorateError(
        error.code,
        `${error.message}\nThe zone may be reached without any API, with your own credentials:\n  ${line}`,
        { cause: error },
      )
    : error;

export async function carryOrder(
  cli: Cli,
  { config }: LoadedConfig,
  desk: OrderDesk,
  { words, wish, services, about }: Carried,
  options: OrderOptions,
): Promise<void> {
  const { signal } = cli.terminal;
  const reason = reasonOf(options);
  const how: How =
    options.apply === undefined
      ? { isDryRun: true, reason: reason ?? NO_REASON }
      : {
          isDryRun: false,
          reason: reason ?? '',
          checksum: options.apply,
          // Typed again after a lost connection, it is still the same order.
          key: AIDS.digestOf(`key ${[...words, options.apply, reason].join('\n')}`).slice(0, 22),
        };
  // What is seen before the change stands beside it; without it the plan is as good.
  const seeing = desk.look(services, signal).catch(() => null);
  const [answer, seen] = await Promise.all([desk.ask(wish, how, signal), seeing]);
  const outcomes = answer.results.map(({ outcome }) => outcome);
  if (outcomes.some((one) => one === 'refused' || one === 'plan-changed')) cli.exitWith(3);
  else if (outcomes.includes('failed')) cli.exitWith(1);
  // The checksum of an order covers its reason: the one of this plan would not be that of the next.
  const lacksReason = reason === null && wish.kind === 'give';
  const applyWith = lineOf(cli, words, answer, reason, lacksReason);
  cli.print(answer, () =>
    orderText(
      answer,
      { config, seen, applyWith, lacksReason, about: about(answer, seen) },
      cli.paint,
    ),
  );
}

/** Null: nothing to apply. */
function lineOf(
  cli: Cli,
  words: readonly string[],
  answer: ChangeAnswer,
  reason: string | null,
  lacksReason: boolean,
): string | null {
  const { results } = answer;
  const checksum = checksumNow(answer);
  const isReady = results.some(
    ({ outcome }) => outcome === 'planned' || outcome === 'plan-changed',
  );
  if (checksum === null || !isReady) return null;
  const line = commandLine(cli, words);
  const why = `--reason ${reason === null ? '"…"' : quoted(reason)}`;
  // Of a wide order one part is done: the line asks for a plan of all, which this checksum is not.
  return lacksReason || isPartlyDone(answer)
    ? `${line} ${why}`
    : `${line} --apply ${checksum} ${why}`;
}

function reasonOf({ apply, reason }: OrderOptions): string | null {
  const text = reason?.trim() ?? '';
  if (text.length > REASON_CHARACTERS_MAX) {
    throw new QuorateError(
      'BAD_REQUEST',
      `--reason has ${text.length} characters, at most ${REASON_CHARACTERS_MAX} are kept; nothing was changed`,
    );
  }
  if (text !== '') return text;
  if (apply === undefined) return null;
  throw new QuorateError(
    'BAD_REQUEST',
    'an order needs --reason "…": it goes into the record, beside who gave it; nothing was changed',
  );
}
