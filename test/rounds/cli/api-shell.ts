/**
 * The command line of an operator who reaches the API of every region: a `fetch` that hands each request
 * to the real handler of the region whose URL it went to, and regions that are down, slow, or lose the
 * answer after the work was done.
 */
import type { Terminal } from '../../../scripts/cli/cli.ts';
import type { Fetch, FetchReply } from '../../../scripts/client/signed-fetch.ts';
import { HOUR, NEVER } from '../../fakes/quorum-world.ts';
import { ALICE, type ApiWorld, apiWorld } from '../api/api-world.ts';
import { inWorld, type Printed, shell } from './shell.ts';

export type Fault = 'down' | 'slow' | 'throttled' | 'gone' | 'answers 500' | 'loses the answer';
export type Call = {
  readonly region: string;
  readonly method: string;
  readonly path: string;
  readonly scope: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
};

export type ApiShell = {
  readonly api: ApiWorld;
  readonly faults: Map<string, Fault>;
  readonly calls: Call[];
  readonly terminal: Partial<Terminal>;
  readonly fetch: Fetch;
  /** One command, by virtual time. */
  readonly type: (line: string, changes?: Partial<Terminal>) => Promise<Printed>;
  /** The same, word by word. */
  readonly words: (words: readonly string[]) => Promise<Printed>;
  /** The same as `type`, not awaited and without moving time. */
  readonly start: (line: string) => Promise<Printed>;
};

const SCOPES = ['read', 'override'] as const;
export const urlOf = (region: string): string => `https://own.lambda-url.${region}.on.aws/`;

export function apiShell(options: Parameters<typeof apiWorld>[0] = {}): ApiShell {
  const api = apiWorld(options);
  const { world } = api;
  const faults = new Map<string, Fault>();
  const calls: Call[] = [];
  const fetch: Fetch = async (href, { method, headers, body, signal }) => {
    const url = new URL(href);
    const [kind = '', , region = ''] = url.hostname.split('.');
    const at = world.regions.findIndex(({ id }) => id === region);
    const scope = SCOPES.find((one) => one === kind) ?? null;
    const text = typeof body === 'string' ? body : undefined;
    calls.push({
      region,
      method,
      path: `${url.pathname}${url.search}`,
      scope: kind,
      headers,
      body: text,
    });
    const fault = faults.get(region);
    if (fault === 'down') throw unreachable('ECONNREFUSED');
    if (fault === 'slow') await world.clock.sleep(3_600_000, signal);
    if (fault === 'throttled') return reply(429, {}, '{"Message":"Rate Exceeded."}');
    if (fault === 'gone') return reply(403, {}, '{"Message":"Forbidden"}');
    if (fault === 'answers 500') return reply(502, {}, 'Internal Server Error');
    const got = await api.start(method, url.pathname, {
      headers,
      query: url.search.slice(1),
      region: at,
      scope,
      ...(text === undefined ? {} : { text }),
    });
    const isWrite = method !== 'GET' && text?.includes('"dryRun":true') !== true;
    if (fault === 'loses the answer' && isWrite)
      return reply(500, {}, '{"Message":"Internal Server Error"}');
    return reply(got.status, got.headers, got.text);
  };
  const terminal: Partial<Terminal> = {
    ...inWorld(world),
    fetch,
    caller: async () => ALICE,
    env: { QUORATE_API: world.regions.map(({ id }) => urlOf(id)).join(',') },
    overrides: {
      ...inWorld(world).overrides,
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    },
  };
  return {
    api,
    faults,
    calls,
    terminal,
    fetch,
    type: (line, changes = {}) =>
      world.clock.runUntil(shell(wordsOf(line), { ...terminal, signal: NEVER, ...changes }), HOUR),
    words: (words) => world.clock.runUntil(shell(words, terminal)),
    start: (line) => shell(wordsOf(line), terminal),
  };
}

const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);

export const checksumIn = ({ out }: Printed): string => /--apply (\S+)/.exec(out)?.[1] ?? 'none';

const reply = (
  status: number,
  headers: Readonly<Record<string, string>>,
  text: string,
): FetchReply => ({
  status,
  headers: Object.entries(headers),
  arrayBuffer: async () => new TextEncoder().encode(text).buffer as ArrayBuffer,
});

const unreachable = (code: string): Error =>
  Object.assign(new TypeError('fetch failed'), {
    cause: Object.assign(new Error('connect'), { code }),
  });
