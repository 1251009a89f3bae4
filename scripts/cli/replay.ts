/**
 * `quorate replay --from … --to … [--with other.yml]`: recorded reports → which decisions the deployed file makes
 * of them, and which another file would have made, beside what was decided. Reads the table with the operator's
 * own credentials, looks at no zone, writes nothing.
 */
import { manifestOf } from '../../shared/core/config.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import { type Config, type EpochMs, epochMs, type Service } from '../../shared/core/model.ts';
import { whyNotJudged } from '../../shared/core/replay.ts';
import type { Store } from '../../shared/ports.ts';
import { readDecisions, readHistory } from '../../shared/rounds/read-decisions.ts';
import { type Recorded, type Replayed, readRecorded, replay } from '../../shared/rounds/replay.ts';
import type { Wired } from '../../shared/wire.ts';
import { loadConfig } from '../config-file.ts';
import type { Cli, Register } from './cli.ts';
import { findServices } from './find.ts';
import {
  type DecidedMove,
  type ReplayDocument,
  type ReplayedService,
  replayText,
  tallyOf,
} from './replay-text.ts';
import { replicasOf, unlessAway } from './replicas.ts';
import { sinceOf } from './since.ts';

const FROM = '24h';
const DECISIONS_MAX = 5_000;

type Flags = {
  readonly from: string;
  readonly to?: string;
  readonly with?: string;
  readonly service?: string;
};

export const registerReplay: Register = (program, cli) => {
  program
    .command('replay')
    .option('--from <when>', 'how far back, as 12h, 7d or 2026-11-23T03:00:00Z', FROM)
    .option('--to <when>', 'until when; default: now')
    .option('--with <file>', 'another quorate.yml: what it would have decided')
    .option('--service <id>', 'one service; default: all of the file')
    .description('what this file, or another, would have decided on recorded reports')
    .addHelpText(
      'after',
      `
Example:
  quorate replay --from 7d --with quorate.next.yml
  quorate replay --from 2026-11-23T03:00:00Z --to 2026-11-23T05:00:00Z --service app
Reports are kept for 40 days, each time a vote of one changed. Weights, tiers, regions, quorum and policy can be
judged on them, vantages can be left out; other checks can't: nobody knows what they would have seen.
With --json: services[] with recorded[], deployed and other (steps[], removals, returns, withheld), assumptions[].
Exit code 3 if a service of the other file can't be judged.`,
    )
    .action(async (flags: Flags) => {
      const loaded = cli.load();
      const { config } = loaded;
      const wired = cli.wired(loaded);
      const { signal } = cli.terminal;
      const now = wired.clock.now();
      const from = sinceOf(flags.from, now, '--from');
      const to = flags.to === undefined ? now : sinceOf(flags.to, now, '--to');
      if (from >= to) {
        throw new QuorateError('BAD_REQUEST', '--from is not before --to; write an earlier --from');
      }
      const services = findServices(config, flags.service === undefined ? [] : [flags.service]);
      const other = flags.with === undefined ? null : otherConfig(cli, flags.with);

      const { answer } = await unlessAway(tables(cli, wired, config), async (_, store) => ({
        recorded: await readRecorded(store, config, manifestOf(config), { from, now }, signal),
        decided: await Promise.all(
          services.map((service) => decidedMoves(store, wired, service, { from, to }, signal)),
        ),
      }));
      const document: ReplayDocument = {
        deployment: config.deployment,
        from,
        to,
        with: flags.with ?? null,
        reports: inStretch(answer.recorded, from, to),
        vantages: config.vantages,
        unchanged: answer.recorded.unchanged,
        unknown: answer.recorded.unknown,
        unreadable: answer.recorded.unreadable,
        services: services.map((service, place) =>
          replayed(
            { deployed: config, other, recorded: answer.recorded, from, to, aids: wired.aids },
            service,
            answer.decided[place] ?? [],
          ),
        ),
      };
      if (document.services.some(({ cannot }) => cannot.length > 0)) cli.exitWith(3);
      cli.print(document, () => replayText(document, cli.paint));
    });
};

function otherConfig(cli: Cli, path: string): Config {
  const { env, folder } = cli.terminal;
  // Nothing is probed under it, so it may name the local world's addresses.
  const request = { path, env, folder, allowLoopback: true, packagedAt: epochMs(Date.now()) };
  return loadConfig(request).config;
}

const inStretch = ({ reports }: Recorded, from: EpochMs, to: EpochMs): number =>
  reports.filter(({ at }) => at >= from && at <= to).length;

function tables(cli: Cli, wired: Wired, config: Config): ReturnType<typeof replicasOf> {
  const own = wired.settings.vantage;
  const isGiven = cli.terminal.overrides?.store !== undefined;
  const others = isGiven ? [] : config.vantages.filter((region) => region !== own);
  const storeOf = (region: typeof own): Store =>
    region === own ? wired.store() : cli.wired(cli.load(), region).store();
  return replicasOf([own, ...others], storeOf, cli.say);
}

/** What automation and people did to weights, oldest first; decisions that lost are no part of it. */
async function decidedMoves(
  store: Store,
  { aids }: Wired,
  { id, mode }: Service,
  { from, to }: { readonly from: EpochMs; readonly to: EpochMs },
  signal: AbortSignal,
): Promise<readonly DecidedMove[]> {
  const { decisions } = await readHistory(
    (page) => readDecisions({ store, digestOf: aids.digestOf }, id, page, signal),
    { sinceAt: from, observed: mode === 'observe', limit: DECISIONS_MAX },
  );
  return decisions
    .filter(({ record, outcome }) => record.at <= to && outcome !== 'lost')
    .map(({ record }) => ({
      at: record.at,
      actor: record.actor,
      moves: record.lines.filter((line) => line.from !== line.to),
    }))
    .filter(({ moves }) => moves.length > 0)
    .toReversed();
}

type Given = {
  readonly deployed: Config;
  readonly other: Config | null;
  readonly recorded: Recorded;
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly aids: Wired['aids'];
};

function replayed(
  { other, ...given }: Given,
  service: Service,
  recorded: readonly DecidedMove[],
): ReplayedService {
  const sideOf = (config: Config): ReplayedService['deployed'] =>
    side(replay({ ...given, config, service: service.id }));
  const judge = other?.services.find(({ id }) => id === service.id);
  const cannot =
    other === null
      ? []
      : judge === undefined
        ? [`the other file has no service ${service.id}`]
        : whyNotJudged(service, judge);
  return {
    service: service.id,
    mode: service.mode,
    cannot,
    otherReports: given.recorded.reports.filter(
      ({ at, manifest }) =>
        at >= given.from &&
        at <= given.to &&
        manifest.services[service.id]?.digest !== service.digest,
    ).length,
    recorded,
    deployed: sideOf(given.deployed),
    other: other === null || cannot.length > 0 ? null : sideOf(other),
  };
}

const side = ({ steps, isCut }: Replayed): ReplayedService['deployed'] => ({
  ...tallyOf(steps),
  isCut,
  steps,
});
