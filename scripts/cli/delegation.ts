/**
 * Does the parent zone send the world to the name servers that Route 53 made for this zone? The parent's own
 * servers are asked, without recursion: a resolver would give the child's word for it. Where that can't be
 * found out from here, it says so and judges nothing.
 */
import type { DnsLook } from './dns-look.ts';

export type Delegation = {
  readonly zone: string;
  readonly parent: string | null;
  /** As the parent says; empty where it could not be asked. */
  readonly delegated: readonly string[];
  /** As Route 53 says. */
  readonly nameServers: readonly string[];
  readonly verdict: 'agrees' | 'differs' | 'unknown';
  readonly sentence: string;
};

const PARENT_SERVERS_MAX = 3;

export async function delegationOf(
  zone: string,
  nameServers: readonly string[],
  dns: DnsLook,
): Promise<Delegation> {
  const own = [...nameServers].sort();
  const unknown = (parent: string | null, why: string): Delegation => ({
    zone,
    parent,
    delegated: [],
    nameServers: own,
    verdict: 'unknown',
    sentence: `the delegation of ${zone} was not compared: ${why}`,
  });
  const found = await parentOf(zone, dns);
  if (found === null)
    return unknown(null, "the parent zone's name servers could not be found from here");
  for (const server of found.servers.slice(0, PARENT_SERVERS_MAX)) {
    const [host] = await dns.addressesOf(server);
    if (host === undefined) continue;
    const reply = await dns.ask({ host, port: 53 }, zone, 'NS');
    if (reply.kind === 'silent') continue;
    const names = (reply.referral.length > 0 ? reply.referral : reply.data).map(plain);
    const delegated = [...new Set(names)].sort();
    if (delegated.length === 0) continue;
    const agrees = delegated.join() === own.join();
    return {
      zone,
      parent: found.name,
      delegated,
      nameServers: own,
      verdict: agrees ? 'agrees' : 'differs',
      sentence: agrees
        ? `${found.name} delegates ${zone} to exactly these name servers`
        : `${found.name} delegates ${zone} to ${delegated.join(', ')}, Route 53 serves it from ${own.join(', ')}: what Quorate writes is not what the world asks; correct the NS records at ${found.name}, or the zone's id`,
    };
  }
  return unknown(found.name, `no name server of ${found.name} answered`);
}

async function parentOf(
  zone: string,
  dns: DnsLook,
): Promise<{ readonly name: string; readonly servers: readonly string[] } | null> {
  const labels = zone.split('.');
  for (let skip = 1; skip < labels.length; skip += 1) {
    const name = labels.slice(skip).join('.');
    const servers = await dns.serversOf(name);
    if (servers.length > 0) return { name, servers: [...servers].sort() };
  }
  return null;
}

const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');
