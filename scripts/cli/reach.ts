/**
 * Where a look goes: to the API of any region, else straight to the table and the zones with the operator's
 * own credentials, so that nothing that can still be seen is hidden by an API that is away. `--direct` goes
 * there at once. What was done instead of what was meant is said on stderr.
 */
import type { Command } from 'commander';
import { QuorateError } from '../../shared/core/errors.ts';
import type { VantageId } from '../../shared/core/model.ts';
import { NO_REPORTS } from '../../shared/core/trouble.ts';
import type { Clock, Store } from '../../shared/ports.ts';
import type { Wired } from '../../shared/wire.ts';
import type { LoadedConfig } from '../config-file.ts';
import type { Cli } from './cli.ts';
import { replicasOf } from './replicas.ts';
import { apiSource, directSource, type Source } from './source.ts';

export type OpenSource = { readonly source: Source; readonly clock: Clock };

export const withDirect = (command: Command): Command =>
  command.option('--direct', 'asks no API: reads table and zones with your own credentials');

export async function openSource(
  cli: Cli,
  loaded: LoadedConfig,
  { direct = false }: { readonly direct?: boolean },
): Promise<OpenSource> {
  const { overrides, fetch } = cli.terminal;
  const wired = cli.wired(loaded);
  const { clock } = wired;
  const straight = (): Source => straightSource(cli, loaded, wired);
  // Ports that are given are what is to be looked at.
  const isGiven = overrides !== undefined && fetch === undefined;
  if (direct || (isGiven && cli.options().api === undefined)) return { source: straight(), clock };
  try {
    const api = await cli.api(loaded);
    return { source: elseStraight(cli, apiSource(api), straight), clock };
  } catch (error) {
    if (!isAway(error)) throw error;
    cli.say(`note: ${error.message}; read directly instead`);
    return { source: straight(), clock };
  }
}

function straightSource(cli: Cli, loaded: LoadedConfig, wired: Wired): Source {
  const { config } = loaded;
  const own = wired.settings.vantage;
  // A store that is given is the only one there is.
  const others =
    cli.terminal.overrides?.store === undefined
      ? config.vantages.filter((region) => region !== own)
      : [];
  const storeOf = (region: VantageId): Store =>
    (region === own ? wired : cli.wired(loaded, region)).store();
  return directSource(wired, config, replicasOf([own, ...others], storeOf, cli.say));
}

const isAway = (error: unknown): error is QuorateError =>
  error instanceof QuorateError && error.code === 'API_UNAVAILABLE';

/** A region that answers, and whose table told it nothing. Its API shows the zone and no health. */
const isBlind = ({ notes }: { readonly notes: readonly string[] }): boolean =>
  notes.some((note) => note.startsWith(NO_REPORTS));

/** From the first request on that no region answers; said once. */
function elseStraight(cli: Cli, api: Source, straight: () => Source): Source {
  let fallback: Source | undefined;
  let own: Source | undefined;
  const ask = async <T>(run: (source: Source) => Promise<T>): Promise<T> => {
    if (fallback !== undefined) return await run(fallback);
    try {
      return await run(api);
    } catch (error) {
      if (!isAway(error)) throw error;
      if (fallback === undefined) cli.say(`note: ${error.message}; read directly instead`);
      own ??= straight();
      fallback = own;
      return await run(own);
    }
  };
  /** Another region's table may see more: it is looked for with the operator's own credentials. */
  const seeing = async <T extends { readonly notes: readonly string[] }>(
    run: (source: Source) => Promise<T>,
  ): Promise<T> => {
    const answer = await ask(run);
    if (fallback !== undefined || !isBlind(answer)) return answer;
    own ??= straight();
    try {
      const second = await run(own);
      return isBlind(second) ? answer : second;
    } catch (error) {
      if (error instanceof QuorateError) return answer;
      throw error;
    }
  };
  return {
    status: (...asked) => seeing((source) => source.status(...asked)),
    service: (...asked) => seeing((source) => source.service(...asked)),
    decisions: (...asked) => ask((source) => source.decisions(...asked)),
    incidents: (...asked) => ask((source) => source.incidents(...asked)),
    slo: (...asked) => ask((source) => source.slo(...asked)),
  };
}
