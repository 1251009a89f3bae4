/**
 * Orders straight on the zones, with the operator's own credentials: for the hour in which no API answers.
 * The same rounds, rules and fence as through an API; the table only helps, and its absence costs seconds
 * and the record.
 */
import { hostname } from 'node:os';
import { endAsked, orderAsked } from '../../functions/api/orders.ts';
import { changeAnswer } from '../../shared/api/change-answer.ts';
import { overridesDocument } from '../../shared/api/override-document.ts';
import { statusDocument } from '../../shared/api/status-document.ts';
import { manifestOf } from '../../shared/core/config.ts';
import { type EpochMs, orderId, type Service, type VantageId } from '../../shared/core/model.ts';
import {
  approvalOf,
  changesEverywhere,
  changesOf,
  extensionOf,
} from '../../shared/core/override.ts';
import { safeText } from '../../shared/core/safe-text.ts';
import { type Assessment, assess } from '../../shared/rounds/assess.ts';
import { overrideRound } from '../../shared/rounds/override-round.ts';
import type { Wired } from '../../shared/wire.ts';
import type { LoadedConfig } from '../config-file.ts';
import { callerOf } from './caller.ts';
import type { Cli } from './cli.ts';
import type { How, OrderDesk, OrderWish } from './order-desk.ts';

const CHANGE_MS_MAX = 60_000;
const HOST_LENGTH_MAX = 64;
const DRY_RUN_KEY = 'dry run';

export function directDesk(cli: Cli, loaded: LoadedConfig): OrderDesk {
  const { config } = loaded;
  const wired = cli.wired(loaded, regionFor(cli, config));
  const region = wired.settings.vantage;
  const deps = { ...wired, store: wired.store(), zone: wired.zone() };
  let actor: Promise<string> | undefined;
  const assessed = (services: readonly Service[], signal: AbortSignal): Promise<Assessment> =>
    assess(deps, config, services, { region, manifest: manifestOf(config) }, signal);
  const look: OrderDesk['look'] = async (ids, signal) => {
    const services = config.services.filter(({ id }) => ids.includes(id));
    return statusDocument(config, await assessed(services, signal)).services;
  };
  return {
    look,
    orders: async (signal) => overridesDocument(await assessed(config.services, signal)),
    ask: (wish, how, parent) =>
      wired.clock.withDeadline(CHANGE_MS_MAX, parent, async (signal) => {
        actor ??= callerOf(cli, region);
        const who = await actor;
        const { changes, untilAt } = changesFor(wired, config, wish, how, who);
        const answer = await overrideRound(
          deps,
          config,
          { region, manifest: manifestOf(config) },
          changes,
          {
            actor: who,
            via: `cli@${safeText(hostname(), HOST_LENGTH_MAX)}`,
            reason: how.reason,
            isDryRun: how.isDryRun,
            match: how.isDryRun ? null : { kind: 'checksum', checksum: how.checksum },
          },
          signal,
        );
        const at = wired.clock.now();
        return changeAnswer(answer, { region, at, actor: who, isDryRun: how.isDryRun, untilAt });
      }),
  };
}

/** `--region` is a scope here: the shell's own region if it is a vantage, else home. */
function regionFor({ terminal: { env } }: Cli, config: LoadedConfig['config']): VantageId {
  const here = env.AWS_REGION || env.AWS_DEFAULT_REGION;
  return config.vantages.find((vantage) => vantage === here) ?? config.home;
}

function changesFor(
  { aids, clock }: Wired,
  config: LoadedConfig['config'],
  wish: OrderWish,
  how: How,
  actor: string,
): {
  readonly changes: Parameters<typeof overrideRound>[3];
  readonly untilAt: EpochMs | null;
} {
  const now = clock.now();
  switch (wish.kind) {
    case 'give': {
      const key = how.isDryRun ? DRY_RUN_KEY : how.key;
      const asked = orderAsked({ ...wish.body, reason: how.reason }, { actor, key, now });
      return { changes: changesOf(config, asked, aids.digestOf), untilAt: asked.untilAt };
    }
    case 'cancel': {
      const operation = { kind: 'cancel' as const, order: orderId(wish.id) };
      return { changes: changesEverywhere(config, operation), untilAt: null };
    }
    case 'extend': {
      const { untilAt, asked } = endAsked({ ...wish.end, reason: how.reason }, now);
      const operation = extensionOf(orderId(wish.id), untilAt, asked);
      return { changes: changesEverywhere(config, operation), untilAt };
    }
    case 'approve':
      return { changes: [approvalOf(config, wish.service, wish.endpoint)], untilAt: null };
  }
}
