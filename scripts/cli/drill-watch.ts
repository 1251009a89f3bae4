/**
 * What public DNS says of a running drill: whether every name server of the zone serves the generation that
 * drained the region, and which share of their answers still names it. Silence is no answer: a server that
 * does not answer keeps the drill from being called seen.
 */
import { classifyAddress } from '../../shared/adapters/addresses.ts';
import { parseFence } from '../../shared/core/fence.ts';
import { type EpochMs, fenceName, percentOf, type Service } from '../../shared/core/model.ts';
import { nameOf, quotedTxt, serversOf } from './audit-anchor.ts';
import type { DnsLook, ServerAddress } from './dns-look.ts';

export type Servers = readonly { readonly name: string; readonly address: ServerAddress }[];

export type DnsWatch = {
  readonly servers: Servers;
  /** All name servers serve this generation or a later one. */
  readonly isSeen: (service: Service, generation: number, now: EpochMs) => Promise<boolean>;
  /** Percent of answers that name the region; null: nobody answers, or aliases hide who is meant. */
  readonly share: (service: Service, region: string) => Promise<number | null>;
};

/** Per name server and look: enough to see a share, few enough to be a good guest. */
const ASKS = 5;

export async function dnsWatch(
  dns: DnsLook,
  deployment: string,
  services: readonly Service[],
  given: readonly ServerAddress[] | undefined,
): Promise<DnsWatch> {
  const [first] = services;
  const servers =
    given?.map((address) => ({ name: nameOf(address), address })) ??
    (first === undefined ? [] : await serversOf(first, dns));
  return {
    servers,
    isSeen: async (service, generation, now) => {
      if (servers.length === 0) return false;
      const served = await Promise.all(
        servers.map(async ({ address }) => {
          const answer = await dns.ask(address, fenceName(service), 'TXT');
          const text = answer.kind === 'answer' ? answer.data[0] : undefined;
          if (text === undefined) return 0;
          const state = parseFence([quotedTxt(text)], deployment, now);
          return state.kind === 'managed' ? state.fence.generation : 0;
        }),
      );
      return served.every((one) => one >= generation);
    },
    share: async (service, region) => {
      const own = addressesIn(service, region);
      const [name] = service.names;
      const [type] = service.types;
      if (own === null || name === undefined || type === undefined) return null;
      const replies = await Promise.all(
        servers.flatMap(({ address }) =>
          Array.from({ length: ASKS }, () => dns.ask(address, name, type)),
        ),
      );
      const answers = replies.flatMap((one) => (one.kind === 'answer' ? one.data.map(plain) : []));
      if (answers.length === 0) return null;
      return percentOf(answers.filter((answer) => own.has(answer)).length, answers.length);
    },
  };
}

/** Null where an alias of the service answers with addresses that nobody configured. */
function addressesIn({ endpoints }: Service, region: string): ReadonlySet<string> | null {
  const targets = endpoints.flatMap((endpoint) =>
    Object.values(endpoint.targets).map((target) => ({ endpoint, target })),
  );
  if (targets.some(({ target }) => target.kind === 'alias')) return null;
  return new Set(
    targets.flatMap(({ endpoint, target }) =>
      String(endpoint.region) === region && target.kind === 'value' ? [plain(target.value)] : [],
    ),
  );
}

const plain = (text: string): string =>
  classifyAddress(text)?.canonical ?? text.toLowerCase().replace(/\.$/, '');
