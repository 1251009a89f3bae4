/**
 * `quorate ui`: the dashboard on this machine, with the operator's own credentials behind it. It prints one
 * URL and serves until Ctrl-C; it opens nothing by itself. Whichever region answers will do.
 */
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { InvalidArgumentError } from 'commander';
import { systemClock } from '../../shared/adapters/system-clock.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import { apiClient } from '../client/api-client.ts';
import { cloudFormationUrls, findApiUrls } from '../client/api-urls.ts';
import { urlCache } from '../deploy/url-cache.ts';
import { openUi, type UiServer } from '../ui/ui-server.ts';
import type { Register } from './cli.ts';

const PORT = 8788;
const HELP = `
It serves on 127.0.0.1 only, and only the browser that opened the printed URL may use it: the token in it
is a key to your credentials as long as this runs. Calls go to the API of the region that answers, signed
as you; if that region is lost, to the next one.

Example:
  quorate ui
  quorate ui --port 0 --json       a free port; the URL is in the JSON line
`;

export const registerUi: Register = (program, cli) => {
  program
    .command('ui')
    .description('serves the dashboard on this machine, signed as you')
    .option('--port <port>', 'on 127.0.0.1; 0 for a free one', portNumber, PORT)
    .option('--api <urls>', 'URLs of the API, as REGION=URL with commas between')
    .addHelpText('after', HELP)
    .action(async (options: { readonly port: number; readonly api?: string }) => {
      const { terminal } = cli;
      const { env, signal } = terminal;
      const { config } = cli.load();
      const clock = terminal.overrides?.clock ?? systemClock(1);
      const cache = urlCache(terminal.folder, config.deployment);
      const given = terminal.overrides?.credentials;
      const { urls, source } = await findApiUrls(
        {
          config,
          ...(options.api === undefined ? {} : { typed: options.api }),
          env,
          cache,
          stackUrls: cloudFormationUrls(config.deployment, env, given),
          clock,
        },
        signal,
      );
      const client = apiClient({
        urls,
        credentials: given ?? defaultProvider(),
        clock,
        first: cache.lastGood(),
        onGood: (region) => cache.keepLastGood(region),
        onFailover: (region, failed) =>
          cli.say(
            `${region} answers; not ${failed.map((one) => `${one.region} (${one.why})`).join(', ')}`,
          ),
      });
      try {
        await using server = await opened(client, options.port);
        const regions = [...urls.keys()];
        cli.print(
          { deployment: config.deployment, url: server.link, regions, source },
          () =>
            `${config.deployment}: ${server.link}\n\nAPI of ${regions.join(', ')} (from ${source}). Open that URL in a browser on this machine; Ctrl-C ends it.`,
        );
        await ended(signal);
      } finally {
        client.close();
      }
    });
};

async function opened(client: ReturnType<typeof apiClient>, port: number): Promise<UiServer> {
  try {
    return await openUi({ api: client, port });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      throw new QuorateError('BAD_REQUEST', error.message, { cause: error });
    }
    throw error;
  }
}

const ended = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('A port is a whole number from 0 to 65535.');
}
