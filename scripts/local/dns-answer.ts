/**
 * What an authoritative server answers, pure: a question, the zones as served, a source of chance → an
 * answer in words. As Route 53 does it: one record of a weighted group per query by weight / sum,
 * weight 0 never unless all are 0, then all alike. Health-check ids on records are ignored: nothing
 * here probes. Delegations below the apex are answered as data, not as referrals.
 */
import type { ZoneRecord } from '../../shared/core/zone-record.ts';
import { isInZone, normalName } from './zone-name.ts';

export type DnsZone = { readonly name: string; readonly records: readonly ZoneRecord[] };

/** Where an alias leads outside the zones hosted here. */
export type ResolveAlias = (target: {
  readonly name: string;
  readonly zone: string;
}) => readonly { readonly family: 4 | 6; readonly address: string }[];

export type Rcode = 'NOERROR' | 'FORMERR' | 'SERVFAIL' | 'NXDOMAIN' | 'NOTIMP' | 'REFUSED';

/** One record of an answer; the value is as in the zone file. */
export type AnswerRecord = {
  readonly name: string;
  readonly type: string;
  readonly ttlSeconds: number;
  readonly value: string;
};

export type DnsAnswer = {
  readonly rcode: Rcode;
  readonly isAuthoritative: boolean;
  readonly answers: readonly AnswerRecord[];
  readonly authorities: readonly AnswerRecord[];
};

export type Question = { readonly name: string; readonly type: string; readonly class: string };

export type DnsFacts = {
  readonly zones: readonly DnsZone[];
  readonly random: () => number;
  readonly resolveAlias: ResolveAlias;
};

/** An alias to a load balancer answers with this TTL. */
export const ALIAS_TTL_SECONDS = 60;
const CHAIN_LENGTH_MAX = 8;

const refused = (rcode: Rcode): DnsAnswer => ({
  rcode,
  isAuthoritative: false,
  answers: [],
  authorities: [],
});

export function answerQuestion(question: Question, facts: DnsFacts): DnsAnswer {
  const { type } = question;
  if (question.class !== 'IN' || type === 'AXFR' || type === 'IXFR') return refused('REFUSED');
  // RFC 8482: nobody needs ANY but amplifiers.
  if (type === 'ANY') return refused('NOTIMP');
  if (zoneOf(question.name, facts) === undefined) return refused('REFUSED');

  const answers: AnswerRecord[] = [];
  // The first owner name is echoed in the spelling of the question.
  let owner = question.name;
  for (let length = 0; length <= CHAIN_LENGTH_MAX; length += 1) {
    const zone = zoneOf(owner, facts);
    // The rest of the chain is somebody else's to answer.
    if (zone === undefined) return final('NOERROR', answers);
    const records = recordsAt(zone, normalName(owner));
    if (records === undefined) return negative('NXDOMAIN', answers, zone);
    const cnames = type === 'CNAME' ? [] : records.filter((record) => record.type === 'CNAME');
    if (cnames.length === 0) {
      const found = rrset(records, owner, type, facts, length);
      answers.push(...found);
      return found.length > 0 ? final('NOERROR', answers) : negative('NOERROR', answers, zone);
    }
    const [link] = rrset(cnames, owner, 'CNAME', facts, length);
    if (link === undefined) return negative('NOERROR', answers, zone);
    answers.push(link);
    owner = link.value.replace(/\.$/, '');
  }
  return { ...refused('SERVFAIL'), isAuthoritative: true, answers };
}

const final = (rcode: Rcode, answers: readonly AnswerRecord[]): DnsAnswer => ({
  rcode,
  isAuthoritative: true,
  answers,
  authorities: [],
});

/** NXDOMAIN and NODATA carry the SOA, with the time for which their absence may be cached (RFC 2308). */
function negative(rcode: Rcode, answers: readonly AnswerRecord[], zone: DnsZone): DnsAnswer {
  const soa = zone.records.find(({ type, name }) => type === 'SOA' && name === zone.name);
  const value = soa?.values?.[0];
  if (soa === undefined || value === undefined) return final(rcode, answers);
  const minimum = Number(value.split(/\s+/)[6] ?? 0);
  const ttlSeconds = Math.min(soa.ttlSeconds ?? minimum, minimum);
  return {
    ...final(rcode, answers),
    authorities: [{ name: zone.name, type: 'SOA', ttlSeconds, value }],
  };
}

/** The zone with the longest name that holds this one. */
function zoneOf(name: string, { zones }: DnsFacts): DnsZone | undefined {
  const normal = normalName(name);
  return zones
    .filter((zone) => isInZone(normal, zone.name))
    .reduce<DnsZone | undefined>(
      (best, zone) => (best === undefined || zone.name.length > best.name.length ? zone : best),
      undefined,
    );
}

/** Records of this name, or of the wildcard that covers it (RFC 4592); undefined: no such name. */
function recordsAt(zone: DnsZone, name: string): readonly ZoneRecord[] | undefined {
  const exists = (wanted: string): boolean =>
    zone.records.some((record) => isInZone(record.name, wanted));
  const named = (wanted: string): readonly ZoneRecord[] =>
    zone.records.filter((record) => record.name === wanted);
  if (exists(name) || name === zone.name) return named(name);

  // Only a wildcard directly below the closest name that exists can stand in.
  let encloser = name.slice(name.indexOf('.') + 1);
  while (encloser !== zone.name && !exists(encloser))
    encloser = encloser.slice(encloser.indexOf('.') + 1);
  const wild = named(`*.${encloser}`);
  return wild.length > 0 ? wild : undefined;
}

function rrset(
  records: readonly ZoneRecord[],
  owner: string,
  type: string,
  facts: DnsFacts,
  depth: number,
): readonly AnswerRecord[] {
  const chosen = chooseRecord(
    records.filter((record) => record.type === type),
    facts.random,
  );
  if (chosen === undefined) return [];
  if (chosen.alias !== undefined) return aliasAnswers(chosen.alias, owner, type, facts, depth);
  return (chosen.values ?? []).map((value) => ({
    name: owner,
    type,
    ttlSeconds: chosen.ttlSeconds ?? 0,
    value,
  }));
}

function aliasAnswers(
  alias: NonNullable<ZoneRecord['alias']>,
  owner: string,
  type: string,
  facts: DnsFacts,
  depth: number,
): readonly AnswerRecord[] {
  const zone = zoneOf(alias.name, facts);
  if (zone !== undefined)
    return depth >= CHAIN_LENGTH_MAX
      ? []
      : rrset(recordsAt(zone, normalName(alias.name)) ?? [], owner, type, facts, depth + 1);
  const family = type === 'A' ? 4 : type === 'AAAA' ? 6 : undefined;
  return facts
    .resolveAlias({ name: alias.name, zone: alias.zone })
    .filter((target) => target.family === family)
    .map(({ address }) => ({ name: owner, type, ttlSeconds: ALIAS_TTL_SECONDS, value: address }));
}

/** One record of a group; policies other than by weight count as weight 1. */
export function chooseRecord(
  group: readonly ZoneRecord[],
  random: () => number,
): ZoneRecord | undefined {
  if (group.length <= 1) return group[0];
  const given = group.map(({ weight }) => weight ?? 1);
  const weights = given.some((weight) => weight > 0) ? given : given.map(() => 1);
  let point = random() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [place, weight] of weights.entries()) {
    if (point < weight) return group[place];
    point -= weight;
  }
  return undefined;
}
