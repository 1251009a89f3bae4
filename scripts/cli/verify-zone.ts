/**
 * What a zone's name servers answer, beside what the API says stands in it. For each server: the generation
 * that the `_quorate` record has there, and for each name and type whether only targets with weight come
 * back. A weighted name gives one target per answer, so each is asked several times; what was not seen
 * proves nothing, what was seen and should not be there does.
 */
import { classifyAddress } from '../../shared/adapters/addresses.ts';
import { parseFence } from '../../shared/core/fence.ts';
import { type EpochMs, fenceName, type Service } from '../../shared/core/model.ts';
import { safeText } from '../../shared/core/safe-text.ts';
import { isWeighted, type Snapshot } from '../../shared/core/snapshot.ts';
import type { DnsAnswer, DnsLook, ServerAddress } from './dns-look.ts';

export type NameServer = { readonly name: string; readonly address: ServerAddress | null };

export type AnswersShown = {
  readonly name: string;
  readonly type: string;
  /** Distinct answers that came back. */
  readonly seen: readonly string[];
  /** Seen, and not a target with weight: null where aliases make that impossible to tell. */
  readonly strange: readonly string[] | null;
  readonly expected: readonly string[];
};

export type ServerShown = {
  readonly server: string;
  readonly address: string | null;
  readonly generation: number | null;
  readonly answers: readonly AnswersShown[];
  /** What is wrong at this server; empty where it serves what the zone holds. */
  readonly problems: readonly string[];
};

export type VerifiedService = {
  readonly service: string;
  readonly zoneGeneration: number | null;
  readonly servers: readonly ServerShown[];
  readonly agrees: boolean;
};

/** A target with half of the traffic is missed by all of them once in a thousand times. */
const ASKS_PER_NAME = 10;

export async function verifyService(
  service: Service,
  snapshot: Snapshot,
  servers: readonly NameServer[],
  dns: DnsLook,
  deployment: string,
  now: EpochMs,
): Promise<VerifiedService> {
  const { fence } = snapshot;
  const zoneGeneration = fence.kind === 'managed' ? fence.fence.generation : null;
  const shown = await Promise.all(
    servers.map((server) =>
      lookAtServer(service, snapshot, server, dns, { deployment, now, zoneGeneration }),
    ),
  );
  return {
    service: service.id,
    zoneGeneration,
    servers: shown,
    agrees: shown.length > 0 && shown.every(({ problems }) => problems.length === 0),
  };
}

type Known = {
  readonly deployment: string;
  readonly now: EpochMs;
  readonly zoneGeneration: number | null;
};

async function lookAtServer(
  service: Service,
  snapshot: Snapshot,
  { name: server, address }: NameServer,
  dns: DnsLook,
  known: Known,
): Promise<ServerShown> {
  if (address === null) {
    const problem = 'its address could not be resolved from here';
    return { server, address: null, generation: null, answers: [], problems: [problem] };
  }
  const shownAddress = address.port === 53 ? address.host : `${address.host}:${address.port}`;
  const txt = await dns.ask(address, fenceName(service), 'TXT');
  if (txt.kind === 'silent') {
    const problems = [`no answer (${safeText(txt.why)})`];
    return { server, address: shownAddress, generation: null, answers: [], problems };
  }
  const fence = fenceServed(txt, service, known);
  const answers: AnswersShown[] = [];
  const problems = [...fence.problems];
  for (const name of service.names) {
    for (const type of service.types) {
      const found = await askOften(dns, address, name, type);
      problems.push(...found.problems);
      const one = answersShown(snapshot, name, type, found.seen);
      answers.push(one);
      problems.push(...strangeProblem(one));
    }
  }
  return { server, address: shownAddress, generation: fence.generation, answers, problems };
}

function fenceServed(
  txt: Extract<DnsAnswer, { readonly kind: 'answer' }>,
  service: Service,
  { deployment, now, zoneGeneration }: Known,
): { readonly generation: number | null; readonly problems: readonly string[] } {
  if (!txt.isAuthoritative) {
    return {
      generation: null,
      problems: [`it is not authoritative for ${fenceName(service)} (${txt.rcode})`],
    };
  }
  const [text] = txt.data;
  const state = parseFence(text === undefined ? null : [quoted(text)], deployment, now);
  const generation = state.kind === 'managed' ? state.fence.generation : null;
  if (generation === zoneGeneration) return { generation, problems: [] };
  const has = generation === null ? 'no usable _quorate record' : `generation ${generation}`;
  const wanted = zoneGeneration === null ? 'none' : `generation ${zoneGeneration}`;
  return {
    generation,
    problems: [`it serves ${has}, the zone has ${wanted}: a change takes up to 60 s to get there`],
  };
}

/** As the API gives a TXT value: strings of at most 255 characters in quotes. */
const quoted = (text: string): string =>
  (text.match(/[\s\S]{1,255}/g) ?? ['']).map((part) => `"${part}"`).join(' ');

async function askOften(
  dns: DnsLook,
  address: ServerAddress,
  name: string,
  type: string,
): Promise<{ readonly seen: readonly string[]; readonly problems: readonly string[] }> {
  const replies = await Promise.all(
    Array.from({ length: ASKS_PER_NAME }, () => dns.ask(address, name, type)),
  );
  const seen = replies.flatMap((reply) => (reply.kind === 'answer' ? reply.data.map(plain) : []));
  const refused = replies.find((reply) => reply.kind === 'answer' && reply.rcode !== 'NOERROR');
  const silent = replies.find((reply) => reply.kind === 'silent');
  return {
    seen: [...new Set(seen)].sort(),
    problems: [
      ...(refused?.kind === 'answer' ? [`${name} ${type}: ${refused.rcode}`] : []),
      ...(silent?.kind === 'silent'
        ? [`${name} ${type}: no answer (${safeText(silent.why)})`]
        : []),
    ],
  };
}

function answersShown(
  snapshot: Snapshot,
  name: string,
  type: string,
  seen: readonly string[],
): AnswersShown {
  const records = snapshot.records.filter((one) => one.name === name && one.type === type);
  const serving = records.filter((record) => isWeighted(record) && record.weight > 0);
  const hasAlias = serving.some(({ alias }) => alias !== undefined);
  const expected = serving.flatMap(({ alias, values }) =>
    alias === undefined ? (values ?? []).map(plain) : [`alias ${alias.name}`],
  );
  return {
    name,
    type,
    seen,
    expected,
    strange: hasAlias ? null : seen.filter((answer) => !expected.includes(answer)),
  };
}

function strangeProblem({ name, type, strange, seen, expected }: AnswersShown): readonly string[] {
  if (strange !== null && strange.length > 0) {
    return [
      `${name} ${type} answers ${strange.map((one) => safeText(one, 80)).join(', ')}, which has no weight in the zone`,
    ];
  }
  return seen.length === 0 && expected.length > 0 ? [`${name} ${type} has no answer`] : [];
}

/** However an address or a name is spelled. */
const plain = (text: string): string =>
  classifyAddress(text)?.canonical ?? text.toLowerCase().replace(/\.$/, '');
