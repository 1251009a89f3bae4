/** The source of a command's documents, as the options say. */
import type { Clock } from '../../shared/ports.ts';
import type { LoadedConfig } from '../config-file.ts';
import type { Cli } from './cli.ts';
import { directSource, type Source } from './source.ts';

export type OpenSource = { readonly source: Source; readonly clock: Clock };

export async function openSource(cli: Cli, loaded: LoadedConfig): Promise<OpenSource> {
  const wired = cli.wired(loaded);
  return { source: directSource(wired, loaded.config), clock: wired.clock };
}
