/**
 * The verbs that change a zone: services with an operation each in, one answer each out. First every plan
 * is made and shown; only `--apply <checksum>` of that very plan carries it out, service by service,
 * through the same fence as automation. It needs the zone and the operator's credentials, nothing else: a
 * table that is away costs seconds and the record.
 */
import type { Command } from 'commander';
import { manifestOf } from '../../shared/core/config.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import type { Config, Service } from '../../shared/core/model.ts';
import type { Operation } from '../../shared/core/operation.ts';
import { type PlanJson, planJson } from '../../shared/core/plan-text.ts';
import { troubleText } from '../../shared/core/trouble.ts';
import { type OrderRequest, orderRound } from '../../shared/rounds/order-round.ts';
import type { OrderAnswer } from '../../shared/rounds/override-round.ts';
import type { Wired } from '../../shared/wire.ts';
import { callerOf } from './caller.ts';
import { changeText } from './change-text.ts';
import type { Cli } from './cli.ts';
import { findServices } from './find.ts';

export type ChangeOptions = { readonly apply?: string; readonly reason?: string };

/** What one service is asked for, and how that is typed. */
export type Wish = {
  readonly service: Service;
  readonly operation: Operation;
};

export type ChangeResult =
  | 'planned'
  | 'committed'
  | 'nothing-to-do'
  | 'refused'
  | 'plan-changed'
  | 'failed';

export type ServiceChange = {
  readonly service: string;
  readonly result: ChangeResult;
  /** What changes, what is withheld and kept; or why nothing does. */
  readonly sentences: readonly string[];
  readonly plan: PlanJson | null;
  /** Why this plan could not be carried out now, whatever its checksum. */
  readonly notYet: string | null;
  readonly changeId: string | null;
  /** Null: nothing was committed. False: the table does not say by whom and why. */
  readonly recorded: boolean | null;
  /** Of the table, or of the zone that could not be read. */
  readonly trouble: string | null;
};

export type ChangeDocument = {
  readonly verb: string;
  readonly dryRun: boolean;
  /** Of all plans together; null where there is nothing to carry out. */
  readonly checksum: string | null;
  /** The exact line that carries the plans out. */
  readonly applyWith: string | null;
  readonly actor: string | null;
  readonly services: readonly ServiceChange[];
};

const CHANGE_MS_MAX = 60_000;
const REASON_CHARACTERS_MAX = 400;

export const withChangeOptions = (command: Command): Command =>
  command
    .option('--apply <checksum>', 'carry out exactly the plan that has this checksum')
    .option('--reason <text>', 'why; goes into the record of the change (with --apply)');

/** Those named; else those that are enforced, or all where none is yet. */
export function servicesFor(config: Config, ids: readonly string[]): readonly Service[] {
  if (ids.length > 0) return findServices(config, ids);
  const enforced = config.services.filter(({ mode }) => mode === 'enforce');
  return enforced.length > 0 ? enforced : config.services;
}

export async function carryOut(
  cli: Cli,
  /** As typed: `adopt app --convert`. */
  words: readonly string[],
  wishes: readonly Wish[],
  options: ChangeOptions,
): Promise<void> {
  const reason = reasonOf(options);
  const loaded = cli.load();
  const wired = cli.wired(loaded);
  const base = { actor: '', reason, isDryRun: true, checksum: null };
  const planned: ServiceChange[] = [];
  const failures: unknown[] = [];
  for (const wish of wishes) {
    try {
      const answer = await ask(cli, wired, wish, { ...base, operation: wish.operation });
      planned.push(changeOf(wish, answer));
    } catch (error) {
      if (!(error instanceof QuorateError)) throw error;
      failures.push(error);
      planned.push(failedChange(wish, troubleText(error, loaded.config.zones)));
    }
  }
  if (failures.length === wishes.length && failures.length > 0) throw failures[0];
  const checksum = checksumOf(planned, wired);
  const document: ChangeDocument = {
    verb: words[0] ?? '',
    dryRun: true,
    checksum,
    applyWith: null,
    actor: null,
    services: planned,
  };
  if (options.apply === undefined) {
    const isReady = planned.some((one) => one.result === 'planned' && one.notYet === null);
    show(cli, {
      ...document,
      applyWith: checksum === null || !isReady ? null : lineOf(cli, words, checksum, options),
    });
    return;
  }
  if (checksum === null) {
    show(cli, document);
    return;
  }
  if (checksum !== options.apply) {
    show(cli, {
      ...document,
      applyWith: lineOf(cli, words, checksum, options),
      services: planned.map((one) =>
        one.result === 'planned' ? { ...one, result: 'plan-changed' } : one,
      ),
    });
    return;
  }
  const actor = await callerOf(cli, wired.settings.vantage);
  const done: ServiceChange[] = [];
  for (const [i, wish] of wishes.entries()) {
    const plan = planned[i] as ServiceChange;
    done.push(
      plan.result === 'planned' ? await change(cli, wired, wish, plan, { actor, reason }) : plan,
    );
  }
  show(cli, { ...document, dryRun: false, actor, services: done });
}

function reasonOf({ apply, reason = '' }: ChangeOptions): string {
  const text = reason.trim();
  if (apply !== undefined && text === '') {
    throw new QuorateError(
      'BAD_REQUEST',
      'a change needs --reason "…": it goes into the record, beside who made it; nothing was changed',
    );
  }
  if (text.length <= REASON_CHARACTERS_MAX) return text;
  throw new QuorateError(
    'BAD_REQUEST',
    `--reason has ${text.length} characters, at most ${REASON_CHARACTERS_MAX} are kept; nothing was changed`,
  );
}

async function change(
  cli: Cli,
  wired: Wired,
  wish: Wish,
  plan: ServiceChange,
  { actor, reason }: { readonly actor: string; readonly reason: string },
): Promise<ServiceChange> {
  const checksum = plan.plan?.checksum ?? null;
  const request = { operation: wish.operation, actor, reason, isDryRun: false, checksum };
  try {
    return changeOf(wish, await ask(cli, wired, wish, request));
  } catch (error) {
    if (!(error instanceof QuorateError)) throw error;
    return failedChange(wish, troubleText(error, wired.config.zones));
  }
}

const ask = (
  { terminal }: Cli,
  wired: Wired,
  { service }: Wish,
  request: OrderRequest,
): Promise<OrderAnswer> =>
  wired.clock.withDeadline(CHANGE_MS_MAX, terminal.signal, (signal) =>
    orderRound(
      { ...wired, store: wired.store(), zone: wired.zone() },
      wired.config,
      service,
      { region: wired.settings.vantage, manifest: manifestOf(wired.config) },
      request,
      signal,
    ),
  );

/** A zone that refuses the batch of an adoption would refuse every later one. */
const NO_ENFORCING =
  'so nothing of it can be enforced: a protection of the record set, a policy or a lock stands in the way, see `quorate doctor`';

function changeOf({ service, operation }: Wish, answer: OrderAnswer): ServiceChange {
  const base = { ...NOTHING, service: service.id, result: answer.kind };
  switch (answer.kind) {
    case 'nothing-to-do':
    case 'refused':
      return { ...base, sentences: [answer.sentence] };
    case 'failed': {
      const isAdoption = operation.kind === 'adopt' || operation.kind === 'convert';
      const isRefused = isAdoption && answer.outcome === 'blocked';
      return {
        ...base,
        sentences: [isRefused ? `${answer.sentence}; ${NO_ENFORCING}` : answer.sentence],
      };
    }
    case 'planned':
    case 'plan-changed':
    case 'committed': {
      const { plan, sentences, trouble } = answer;
      return {
        ...base,
        sentences,
        trouble: trouble === null ? null : tableText(trouble),
        plan: planJson(plan),
        notYet: answer.kind === 'planned' ? answer.notYet : null,
        changeId: answer.kind === 'committed' ? answer.changeId : null,
        recorded: answer.kind === 'committed' ? answer.isRecorded : null,
      };
    }
  }
}

const tableText = (trouble: string): string =>
  troubleText(new QuorateError('STORE_UNAVAILABLE', trouble));

const NOTHING = {
  sentences: [],
  plan: null,
  notYet: null,
  changeId: null,
  recorded: null,
  trouble: null,
};

const failedChange = ({ service }: Wish, trouble: string): ServiceChange => ({
  ...NOTHING,
  service: service.id,
  result: 'failed',
  trouble,
});

/** Of one plan its own; of several a digest of all, so that none is carried out unseen. */
function checksumOf(changes: readonly ServiceChange[], { aids }: Wired): string | null {
  const own = changes.flatMap(({ plan }) => (plan === null ? [] : [plan.checksum]));
  const [only] = own;
  if (only === undefined) return null;
  return own.length === 1 ? only : aids.digestOf(`plans ${own.join(' ')}`).slice(0, 8);
}

function lineOf(
  cli: Cli,
  words: readonly string[],
  checksum: string,
  { reason }: ChangeOptions,
): string {
  return [
    commandLine(cli, words),
    `--apply ${checksum}`,
    `--reason ${reason === undefined ? '"…"' : quoted(reason)}`,
  ].join(' ');
}

/** What was typed, as a shell takes it again. */
export function commandLine({ options, terminal }: Cli, words: readonly string[]): string {
  const { config, stage, region, api } = options();
  const command = terminal.env.npm_lifecycle_event === 'quorate' ? 'npm run quorate --' : 'quorate';
  return [
    command,
    ...words.map(quoted),
    ...(config === undefined ? [] : ['--config', quoted(config)]),
    ...(stage === undefined ? [] : ['--stage', quoted(stage)]),
    ...(region === undefined ? [] : ['--region', quoted(region)]),
    ...(api === undefined ? [] : ['--api', quoted(api)]),
  ].join(' ');
}

/** As a shell takes it. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

function show(cli: Cli, document: ChangeDocument): void {
  const results = document.services.map(({ result }) => result);
  if (results.some((result) => result === 'refused' || result === 'plan-changed')) cli.exitWith(3);
  else if (results.includes('failed')) cli.exitWith(1);
  cli.print(document, () => changeText(document, cli.paint));
}
