/**
 * Where a chain of records hangs: the `_quorate` record, asked of the zone's own name servers as anybody on
 * the internet can, or read through Route 53's API. Name servers that differ are a change on its way: the
 * newest generation counts, and the others are told.
 */
import type { Anchor } from '../../shared/core/chain-break.ts';
import { parseFence } from '../../shared/core/fence.ts';
import { type Config, type EpochMs, fenceName, type Service } from '../../shared/core/model.ts';
import { safeText } from '../../shared/core/safe-text.ts';
import { snapshotOf } from '../../shared/core/snapshot.ts';
import type { Zone } from '../../shared/ports.ts';
import { stretchOf } from '../../shared/rounds/zone-watch.ts';
import type { DnsLook, ServerAddress } from './dns-look.ts';

export type FoundAnchor = {
  readonly anchor: Anchor | null;
  /** `public DNS (ns-1.example.org …)`, `Route 53's API`. */
  readonly from: string;
  /** Why there is none, or what else was seen. */
  readonly notes: readonly string[];
};

type Asked = { readonly config: Config; readonly now: EpochMs };

export async function anchorFromZone(
  service: Service,
  zone: Zone,
  { config, now }: Asked,
  signal: AbortSignal,
): Promise<FoundAnchor> {
  const read = await zone.read(service.zone, stretchOf([service]), signal);
  const { fence: state } = snapshotOf(service, read, config.deployment, now);
  const from = 'Route 53’s API';
  if (state.kind !== 'managed') {
    return { anchor: null, from, notes: [`${fenceName(service)} is ${state.kind}`] };
  }
  const { generation, record } = state.fence;
  return { anchor: { generation, record }, from, notes: [] };
}

/** Null: no name server of the zone answered, so nothing is known. */
export async function anchorFromDns(
  service: Service,
  dns: DnsLook,
  given: readonly ServerAddress[] | undefined,
  asked: Asked,
): Promise<FoundAnchor | null> {
  const servers =
    given?.map((address) => ({ name: nameOf(address), address })) ??
    (await serversOf(service, dns));
  const answers = await Promise.all(
    servers.map(async ({ name, address }) => ({
      name,
      answer: await dns.ask(address, fenceName(service), 'TXT'),
    })),
  );
  const heard = answers.flatMap(({ name, answer }) => {
    if (answer.kind === 'silent' || !answer.isAuthoritative) return [];
    const [text] = answer.data;
    const values = text === undefined ? null : [quotedTxt(text)];
    return [{ name, state: parseFence(values, asked.config.deployment, asked.now) }];
  });
  if (heard.length === 0) return null;
  const silent = answers.filter(({ name }) => !heard.some((one) => one.name === name));
  const managed = heard.flatMap(({ name, state }) =>
    state.kind === 'managed' ? [{ name, fence: state.fence }] : [],
  );
  const newest = managed.toSorted((a, b) => b.fence.generation - a.fence.generation)[0]?.fence;
  const others = heard.filter(
    ({ state }) => state.kind !== 'managed' || state.fence.record !== newest?.record,
  );
  return {
    anchor: newest === undefined ? null : { generation: newest.generation, record: newest.record },
    from: `public DNS (${heard.length} of ${servers.length} name servers of the zone)`,
    notes: [
      ...silent.map(({ name }) => `${safeText(name)} did not answer for the zone`),
      ...others.map(
        ({ name, state }) =>
          `${safeText(name)} serves ${state.kind === 'managed' ? `generation ${state.fence.generation}` : `a _quorate record that is ${state.kind}`}`,
      ),
    ],
  };
}

/** Of the closest zone above the name that anybody serves. */
export async function serversOf(
  service: Pick<Service, 'names'>,
  dns: DnsLook,
): Promise<readonly { readonly name: string; readonly address: ServerAddress }[]> {
  const labels = (service.names[0] ?? '').replace(/^\*\./, '').split('.');
  for (let from = 0; from < labels.length - 1; from += 1) {
    const names = await dns.serversOf(labels.slice(from).join('.'));
    if (names.length === 0) continue;
    const found = await Promise.all(
      names.map(async (name) => {
        const [host] = await dns.addressesOf(name);
        return host === undefined ? [] : [{ name, address: { host, port: 53 } }];
      }),
    );
    return found.flat().sort((a, b) => (a.name < b.name ? -1 : 1));
  }
  return [];
}

export const nameOf = ({ host, port }: ServerAddress): string => `${host}:${port}`;

/** As the API gives a TXT value: strings of at most 255 characters in quotes. */
export const quotedTxt = (text: string): string =>
  (text.match(/[\s\S]{1,255}/g) ?? ['']).map((part) => `"${part}"`).join(' ');
