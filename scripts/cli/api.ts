/**
 * The API as a command reaches it: where its URLs are, signed with the operator's own credentials, the
 * region that answered last asked first. Which region answered instead of another is told on stderr.
 */
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { systemClock } from '../../shared/adapters/system-clock.ts';
import type { Config } from '../../shared/core/model.ts';
import { type ApiClient, apiClient, failuresText } from '../client/api-client.ts';
import { cloudFormationUrls, findApiUrls, type UrlSource } from '../client/api-urls.ts';
import { urlCache } from '../deploy/url-cache.ts';
import type { GlobalOptions, Terminal } from './cli.ts';

export type OpenApi = ApiClient & { readonly source: UrlSource };

export async function openApi(
  terminal: Terminal,
  options: GlobalOptions,
  config: Pick<Config, 'deployment' | 'vantages' | 'home'>,
  say: (line: string) => void,
): Promise<OpenApi> {
  const { env, folder, overrides, signal } = terminal;
  const clock = overrides?.clock ?? systemClock();
  const cache = urlCache(folder, config.deployment);
  const { api: typed, region } = options;
  const { source, urls } = await findApiUrls(
    {
      config,
      env,
      cache,
      clock,
      stackUrls:
        terminal.stackUrls ?? cloudFormationUrls(config.deployment, env, overrides?.credentials),
      ...(typed === undefined ? {} : { typed }),
    },
    signal,
  );
  const told = new Set<string>();
  const known = (name: string | undefined) => [...urls.keys()].find((one) => one === name);
  const client = apiClient({
    urls,
    clock,
    credentials: overrides?.credentials ?? defaultProvider(),
    first: known(region) ?? cache.lastGood() ?? known(env.AWS_REGION) ?? null,
    ...(terminal.fetch === undefined ? {} : { fetch: terminal.fetch }),
    onFailover: (answered, failed) => {
      const note = `note: ${answered} answers; not ${failuresText(failed)}`;
      // A command asks more than once, and a dead region is told once.
      const regions = failed.map((one) => one.region).join(' ');
      if (!told.has(regions)) say(note);
      told.add(regions);
    },
    onGood: (good) => {
      try {
        cache.keepLastGood(good);
      } catch {
        // Only a convenience: the next command may ask a dead region first.
      }
    },
  });
  return { ...client, source };
}
