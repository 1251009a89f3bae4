/**
 * The hosted zones: facts in, lines out. Is it there, public and asked by the world; can it be changed
 * when us-east-1 is away; does anything forbid changes; what do all regions together cost its account.
 */
import { fenceName, type Service } from '../../shared/core/model.ts';
import type { Facts, ZoneFacts } from './facts.ts';
import { type Finding, fail, judge, type Line, lineOf, ok, unknown, warn } from './line.ts';
import type { HostedZoneFact, Protection } from './looks.ts';

/** Design 3: the account's bucket refills 10 requests a second, and is everybody's. */
const REQUESTS_PER_SECOND_MAX = 1;
const RECORDS_PER_PAGE = 300;
const SWEEPS_PER_SECOND = 1 / 60;

export function zoneChecks(facts: Facts): readonly Line[] {
  const zones = [...facts.zones].map(([key, zone]) => ({
    key,
    zone,
    services: facts.services.filter((service) => service.zone.key === key),
  }));
  return [
    ...zones.flatMap(({ key, zone, services }) => [
      lineOf('zone', [key], zoneFinding(zone, services)),
      lineOf('delegation', [key], delegationFinding(zone)),
      lineOf('accelerated recovery', [key], recoveryFinding(zone)),
      lineOf(
        'record protections',
        [key],
        judge(zone.protections, (found) => protectionFinding(found, services)),
      ),
    ]),
    lineOf('Route 53 requests', [...facts.zones.keys()], requestFinding(facts)),
  ];
}

const zoneFinding = ({ zone, hosted }: ZoneFacts, services: readonly Service[]): Finding =>
  judge(hosted, (fact) => {
    const { id, role } = zone;
    if (fact === undefined) {
      return fail(
        `there is no zone ${id}${role === undefined ? ' in this account' : ` behind ${role}`}`,
        'correct zones in quorate.yml; a zone of another account needs its role',
      );
    }
    if (fact.isPrivate) {
      return fail(`${fact.name} is a private zone`, 'name the public zone in quorate.yml');
    }
    const outside = services
      .flatMap(({ names }) => names)
      .filter((name) => name !== fact.name && !name.endsWith(`.${fact.name}`));
    return outside.length > 0
      ? fail(
          `${outside.join(', ')} ${outside.length === 1 ? 'is' : 'are'} not in ${fact.name}`,
          'correct names or zone in quorate.yml',
        )
      : ok(`${fact.name}, public, holds every name`);
  });

const delegationFinding = ({ hosted, delegation }: ZoneFacts): Finding =>
  judge(hosted, (fact): Finding => {
    if (fact === undefined) return unknown('there is no zone');
    return judge(delegation, (found) => {
      const own = new Set(fact.nameServers.map(plain));
      const asked = found.map(plain);
      const right = asked.filter((server) => own.has(server));
      const list = [...own].join(', ');
      if (right.length === 0) {
        return fail(
          asked.length === 0
            ? `nobody delegates ${fact.name}: no resolver finds this zone`
            : `resolvers ask ${asked.join(', ')} for ${fact.name}, not this zone`,
          `at the parent or registrar set NS to ${list}`,
        );
      }
      return right.length < asked.length || right.length < own.size
        ? warn(
            `resolvers ask ${asked.join(', ')} for ${fact.name}; the zone’s own are ${list}`,
            'make both lists equal',
          )
        : ok('resolvers ask this zone’s name servers');
    });
  });

const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');

const recoveryFinding = ({ zone, hosted }: ZoneFacts): Finding =>
  judge(hosted, (fact): Finding => {
    if (fact === undefined) return unknown('there is no zone');
    return recoveryOf(fact, zone.id);
  });

function recoveryOf({ acceleratedRecovery: status }: HostedZoneFact, id: string): Finding {
  if (status === 'ENABLED') return ok('on: changes go on within 60 min of an outage of us-east-1');
  if (status?.endsWith('_LOCKED')) {
    return fail(`${status}: the zone takes no change for some minutes`, 'wait, then look again');
  }
  if (status === 'ENABLING' || status === 'DISABLING') {
    return warn(status, 'it takes up to hours; look again later');
  }
  return warn(
    `${status === null || status === 'DISABLED' ? 'off' : status}: while us-east-1’s control plane is away, no weight can move`,
    `aws route53 update-hosted-zone-features --hosted-zone-id ${id} --enable-accelerated-recovery (read first: not with CloudFront flat-rate plans)`,
  );
}

/** A protection refuses every change of its name and type, whoever asks. */
function protectionFinding(found: readonly Protection[], services: readonly Service[]): Finding {
  const hit = found.flatMap((protection) => {
    const service = services.find((one) => covers(one, protection));
    return service === undefined ? [] : [{ ...protection, service }];
  });
  const [first] = hit;
  if (first === undefined) return ok('none on a managed name');
  const list = hit
    .map(({ name, type, comment }) => `${name} ${type}${comment === '' ? '' : ` (${comment})`}`)
    .join(', ');
  const says = `${list}: Route 53 refuses every change there`;
  const remedy = 'agree with whoever set it, then remove the protection in Route 53';
  return hit.some(({ service }) => service.mode === 'enforce')
    ? fail(says, remedy)
    : warn(says, remedy);
}

const covers = (service: Service, { name, type }: Protection): boolean =>
  (service.names.includes(plain(name)) && service.types.some((own) => own === type)) ||
  (plain(name) === fenceName(service) && type === 'TXT');

/** One region a minute lists each zone; everything else a change asks for. */
function requestFinding({ zones }: Facts): Finding {
  for (const { read } of zones.values())
    if (!read.known) return unknown('a zone could not be read');
  const pages = [...zones.values()].reduce(
    (total, { read }) =>
      total +
      Math.max(1, Math.ceil((read.known ? read.value.records.length : 0) / RECORDS_PER_PAGE)),
    0,
  );
  const rate = pages * SWEEPS_PER_SECOND;
  const says = `${rate.toFixed(2)} a second at rest, all regions together (the account’s limit is 10)`;
  return rate > REQUESTS_PER_SECOND_MAX
    ? warn(says, 'spread the zones over accounts, or ask AWS Support for more')
    : ok(says);
}
