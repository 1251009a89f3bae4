/**
 * Where the API is: `--api`, else QUORATE_API, else what the last deployment left beside the checkout, else
 * the outputs of each vantage's stack, asked all at once and kept. The first source that names any wins:
 * whoever types a URL means that one.
 */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { AWS_REGIONS } from '../../shared/core/config-quorum.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import { type Config, type VantageId, vantageId } from '../../shared/core/model.ts';
import { safeText } from '../../shared/core/safe-text.ts';
import type { Clock } from '../../shared/ports.ts';
import type { Env } from '../../shared/wire.ts';
import type { ApiUrlCache, ApiUrls } from '../deploy/url-cache.ts';
import { vantageStackName } from '../names.ts';
import { type Credentials, checkedUrl } from './signed-fetch.ts';

export type UrlSource = '--api' | 'QUORATE_API' | 'the last deployment' | 'the stacks';
export type FoundUrls = {
  readonly source: UrlSource;
  readonly urls: ReadonlyMap<VantageId, ApiUrls>;
};

/** Null: the stack is not there, or has no such output. */
export type StackUrls = (region: VantageId, signal: AbortSignal) => Promise<ApiUrls | null>;

export type UrlSearch = {
  readonly config: Pick<Config, 'deployment' | 'vantages' | 'home'>;
  /** As typed after `--api`. */
  readonly typed?: string;
  readonly env: Env;
  readonly cache: Pick<ApiUrlCache, 'readAll' | 'write'>;
  readonly stackUrls: StackUrls;
  readonly clock: Clock;
};

const STACK_MS_MAX = 5_000;
const URLS_MAX = 64;
const URL_HOST = /\.lambda-url\.([a-z0-9-]+)\.on\.aws$/;

export async function findApiUrls(search: UrlSearch, signal: AbortSignal): Promise<FoundUrls> {
  const { config, typed, env, cache } = search;
  if (typed !== undefined) return { source: '--api', urls: typedUrls('--api', typed, search) };
  if (env.QUORATE_API) {
    return { source: 'QUORATE_API', urls: typedUrls('QUORATE_API', env.QUORATE_API, search) };
  }
  const kept = cache.readAll();
  if (kept.size > 0) return { source: 'the last deployment', urls: kept };
  const { urls, troubles } = await askStacks(search, signal);
  if (urls.size === 0) {
    const why = troubles.length === 0 ? 'no stack has one' : troubles.join('; ');
    throw new QuorateError(
      'API_UNAVAILABLE',
      `no URL of ${config.deployment}’s API is known (${why}); name one with --api, set QUORATE_API, or run this where \`npm run deploy\` was run`,
    );
  }
  keep(search, urls);
  return { source: 'the stacks', urls };
}

/** `https://…` or `REGION=https://…`, with commas between. */
function typedUrls(
  from: string,
  text: string,
  { config, env }: UrlSearch,
): ReadonlyMap<VantageId, ApiUrls> {
  const words = text.split(',').map((word) => word.trim());
  const urls = new Map<VantageId, ApiUrls>();
  for (const word of words.filter((one) => one !== '').slice(0, URLS_MAX)) {
    const [, named, rest] = /^([a-z]{2}(?:-[a-z0-9]+)+)=(.*)$/.exec(word) ?? [];
    const url = checkedUrl(rest ?? word);
    const region = named ?? regionIn(url) ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
    const known = [...config.vantages, ...AWS_REGIONS].find((one) => one === region);
    if (known === undefined) {
      throw new QuorateError(
        'BAD_REQUEST',
        `${from}: ${safeText(word, 200)} does not tell its region, which a signature needs; write ${config.home}=${url.origin}/`,
      );
    }
    urls.set(vantageId(known), { own: url.href });
  }
  if (urls.size > 0) return urls;
  throw new QuorateError('BAD_REQUEST', `${from} names no URL; write --api https://…`);
}

const regionIn = ({ hostname }: URL): string | undefined => URL_HOST.exec(hostname)?.[1];

async function askStacks(
  { config, stackUrls, clock }: UrlSearch,
  signal: AbortSignal,
): Promise<{
  readonly urls: ReadonlyMap<VantageId, ApiUrls>;
  readonly troubles: readonly string[];
}> {
  const urls = new Map<VantageId, ApiUrls>();
  const troubles: string[] = [];
  const answers = await Promise.all(
    config.vantages.map(async (region) => {
      try {
        const ask = (soon: AbortSignal) => stackUrls(region, soon);
        return [region, await clock.withDeadline(STACK_MS_MAX, signal, ask)] as const;
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        const why = error instanceof Error ? error.message : String(error);
        troubles.push(`CloudFormation in ${region}: ${safeText(why, 160)}`);
        return [region, null] as const;
      }
    }),
  );
  for (const [region, found] of answers) if (found !== null) urls.set(region, found);
  return { urls, troubles: troubles.sort() };
}

function keep({ cache }: UrlSearch, urls: ReadonlyMap<VantageId, ApiUrls>): void {
  const of = (kind: keyof ApiUrls): ReadonlyMap<VantageId, string> =>
    new Map(
      [...urls].flatMap(([region, { [kind]: url }]) =>
        url === undefined ? [] : [[region, url] as const],
      ),
    );
  try {
    cache.write(of('own'), { override: of('override'), read: of('read') });
  } catch {
    // A folder that can't be written to only costs the same question next time.
  }
}

export const STACK_OUTPUTS = {
  own: 'ApiUrl',
  override: 'ApiOverrideUrl',
  read: 'ApiReadUrl',
} as const;

export const cloudFormationUrls =
  (deployment: string, env: Env, credentials?: Credentials): StackUrls =>
  async (region, abortSignal) => {
    const endpoint = env.AWS_ENDPOINT_URL_CLOUDFORMATION || env.AWS_ENDPOINT_URL;
    const client = new CloudFormationClient({
      region,
      maxAttempts: 2,
      ...(endpoint ? { endpoint } : {}),
      ...(credentials === undefined ? {} : { credentials }),
    });
    try {
      const { Stacks } = await client.send(
        new DescribeStacksCommand({ StackName: vantageStackName(deployment) }),
        { abortSignal },
      );
      return urlsIn(Stacks?.[0]?.Outputs ?? []);
    } finally {
      client.destroy();
    }
  };

function urlsIn(
  outputs: readonly {
    readonly OutputKey?: string | undefined;
    readonly OutputValue?: string | undefined;
  }[],
): ApiUrls | null {
  const of = (key: string): string | undefined =>
    outputs.find(({ OutputKey }) => OutputKey === key)?.OutputValue;
  const own = of(STACK_OUTPUTS.own);
  const override = of(STACK_OUTPUTS.override);
  const read = of(STACK_OUTPUTS.read);
  if (own === undefined) return null;
  return {
    own,
    ...(override === undefined ? {} : { override }),
    ...(read === undefined ? {} : { read }),
  };
}
