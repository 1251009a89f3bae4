/** A command's ports and file → an assessment, as the functions of its region would have it. */
import { manifestOf } from '../../shared/core/config.ts';
import type { Service } from '../../shared/core/model.ts';
import { type Assessment, assess } from '../../shared/rounds/assess.ts';
import type { LoadedConfig } from '../config-file.ts';
import type { Cli } from './cli.ts';

export async function look(
  cli: Cli,
  loaded: LoadedConfig,
  services: readonly Service[],
): Promise<Assessment> {
  const { config } = loaded;
  const { clock, ids, aids, store, zone, settings } = cli.wired(loaded);
  const deps = { clock, ids, aids, store: store(), zone: zone() };
  const options = { region: settings.vantage, manifest: manifestOf(config) };
  return await assess(deps, config, services, options, cli.terminal.signal);
}
