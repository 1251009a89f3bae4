/**
 * A change that is INSYNC in, every name server of its zone asked, a `seen` mark out: what Route 53 says
 * is one thing, what resolvers get is another. Bounded, and waited for by no decision; a server that stays
 * behind leaves no mark, and `quorate verify` shows which one.
 */
import { QuorateError } from '../core/errors.ts';
import { isServed } from '../core/fence-served.ts';
import { type Config, fenceName, type VantageId } from '../core/model.ts';
import { type DueFound, finished } from '../core/outbox.ts';
import { parseMark } from '../core/record-parse.ts';
import type { Clock, NameServers, Store } from '../ports.ts';

export type SeenDeps = {
  readonly clock: Clock;
  readonly store: Store;
  readonly nameServers: NameServers;
};

export type SeenFacts = {
  readonly service: string;
  readonly generation: number;
  /** `seen`: all of them answer it. `known`: somebody saw it before. */
  readonly kind: 'seen' | 'known' | 'behind' | 'no-servers' | 'trouble';
  readonly servers: number;
  readonly behind: readonly string[];
};

type Look = DueFound['looks'][number];

const LOOKS_MAX = 20;
const ASK_FOR_MS = 20_000;
const ASK_EVERY_MS = 2_000;
const MINUTE_MS = 60_000;

export async function seenRound(
  deps: SeenDeps,
  config: Config,
  { looks }: DueFound,
  region: VantageId,
  signal: AbortSignal,
): Promise<readonly SeenFacts[]> {
  const now = deps.clock.now();
  // The writer's own first; the k-th region after it takes over after k minutes.
  const due = looks.filter(({ item, at }) => {
    const { vantages } = config;
    const places = vantages.indexOf(region) - vantages.indexOf(item.region);
    const place = (places + vantages.length) % vantages.length;
    return now - at >= place * MINUTE_MS;
  });
  const found = await Promise.all(
    due.slice(0, LOOKS_MAX).map((look) => lookAt(deps, config, look, region, signal)),
  );
  return found.flat();
}

async function lookAt(
  deps: SeenDeps,
  config: Config,
  look: Look,
  region: VantageId,
  signal: AbortSignal,
): Promise<readonly SeenFacts[]> {
  const { service: id, generation, item } = look;
  const service = config.services.find((one) => one.id === id);
  if (service === undefined) return [];
  const fact = (
    kind: SeenFacts['kind'],
    servers = 0,
    behind: readonly string[] = [],
  ): SeenFacts[] => [{ service: id, generation, kind, servers, behind }];
  const done = async (): Promise<void> => {
    if (item.region !== region) return;
    const expected = { version: item.version };
    await deps.store.writeOutbox(finished(item, deps.clock.now()), expected, signal);
  };
  try {
    const name = fenceName(service);
    const marks = await deps.store.readMarks(id, signal);
    const isKnown = marks
      .flatMap((mark) => parseMark(mark) ?? [])
      .some((mark) => mark.kind === 'seen' && mark.generation === generation);
    if (isKnown) {
      await done();
      return fact('known');
    }
    const servers = await deps.nameServers.serversOf(service.names[0] ?? '', signal);
    if (servers.length === 0) return fact('no-servers');
    const behind = await askAll(deps, config, look, { servers, name }, signal);
    if (behind.length > 0) return fact('behind', servers.length, behind);
    const { nonce } = look;
    const at = deps.clock.now();
    const detail = `${servers.length} name servers`;
    await deps.store.writeMark(
      { service: id, generation, nonce, kind: 'seen', region, at, detail },
      signal,
    );
    await done();
    return fact('seen', servers.length);
  } catch (error) {
    // It is asked again in the next minute, until the item ends.
    if (!(error instanceof QuorateError)) throw error;
    return fact('trouble');
  }
}

/** Those that don't answer it when the time is up. */
async function askAll(
  { clock, nameServers }: SeenDeps,
  { deployment }: Config,
  look: Look,
  { servers, name }: { readonly servers: readonly string[]; readonly name: string },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const until = clock.now() + ASK_FOR_MS;
  let behind = servers;
  for (;;) {
    const served = await Promise.all(
      behind.map(async (server) => {
        const values = await nameServers.txt(server, name, signal);
        return isServed(values, look, deployment, clock.now());
      }),
    );
    behind = behind.filter((_, at) => served[at] === false);
    if (behind.length === 0 || clock.now() + ASK_EVERY_MS > until || signal.aborted) return behind;
    await clock.sleep(ASK_EVERY_MS, signal).catch(() => undefined);
  }
}
