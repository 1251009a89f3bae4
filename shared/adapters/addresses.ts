/**
 * Text → what kind of address it is, by the IANA special-purpose registries (IPv4 and IPv6, as of 2025)
 * plus the metadata services of the clouds. Only canonical forms are addresses here: `127.1`, `0x7f.1` and
 * `017700000001` are `undefined`, so that nothing is judged as a name and then connected to as an address.
 * IPv4 inside IPv6 (mapped, translated, NAT64, 6to4, Teredo) counts as what is inside.
 */
import ipaddr from 'ipaddr.js';
import type { AddressRange, ClassifyAddress, IsInside } from '../core/model.ts';

type Block = readonly [cidr: string, range: AddressRange];
type Address = ipaddr.IPv4 | ipaddr.IPv6;

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const DOTTED = new RegExp(`^(?:${OCTET}\\.){3}${OCTET}$`);
/** The longest literal, with an IPv4 tail, has 45 characters. */
const ADDRESS_LENGTH_MAX = 45;

/** The first block that holds the address decides; an IPv4 address in none of them is public. */
const IPV4_BLOCKS: readonly Block[] = [
  ['169.254.169.254/32', 'metadata'],
  ['169.254.170.2/32', 'metadata'], // ECS and Lambda container credentials
  ['169.254.170.23/32', 'metadata'], // EKS pod identity
  ['100.100.100.200/32', 'metadata'], // Alibaba Cloud
  ['168.63.129.16/32', 'metadata'], // Azure, in public space
  ['0.0.0.0/32', 'unspecified'],
  ['0.0.0.0/8', 'reserved'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['10.0.0.0/8', 'private'],
  ['172.16.0.0/12', 'private'],
  ['192.168.0.0/16', 'private'],
  ['100.64.0.0/10', 'private'], // shared by carriers, used inside VPCs
  ['192.0.2.0/24', 'documentation'],
  ['198.51.100.0/24', 'documentation'],
  ['203.0.113.0/24', 'documentation'],
  ['192.0.0.0/24', 'reserved'],
  ['192.88.99.0/24', 'reserved'],
  ['198.18.0.0/15', 'reserved'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved'],
];

/** Only 2000::/3 is handed out to the public; everything else that isn't listed is reserved. */
const IPV6_BLOCKS: readonly Block[] = [
  ['fd00:ec2::254/128', 'metadata'],
  ['fd00:ec2::23/128', 'metadata'],
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['fe80::/10', 'link-local'],
  ['fc00::/7', 'private'],
  ['ff00::/8', 'multicast'],
  ['2001:db8::/32', 'documentation'],
  ['3fff::/20', 'documentation'],
  ['2001::/23', 'reserved'],
  ['2620:4f:8000::/48', 'reserved'],
  ['2000::/3', 'public'],
];

type Parsed = { readonly match: (address: Address) => boolean; readonly range: AddressRange };
const parsed = (blocks: readonly Block[]): readonly Parsed[] =>
  blocks.map(([cidr, range]) => ({ match: matcher(cidr), range }));
const V4 = parsed(IPV4_BLOCKS);
const V6 = parsed(IPV6_BLOCKS);

export const classifyAddress: ClassifyAddress = (text) => {
  const address = parseAddress(text);
  if (address === undefined) return undefined;
  const range = worst(innerAddresses(address).map(rangeOf));
  return address.kind() === 'ipv4'
    ? { family: 4, range, canonical: address.toString() }
    : { family: 6, range, canonical: (address as ipaddr.IPv6).toRFC5952String() };
};

export const isInside: IsInside = (text, cidrs) => {
  const address = parseAddress(text);
  if (address === undefined) return false;
  const inner = innerAddresses(address);
  return inner.every((one) => cidrs.some((cidr) => matcher(cidr)(one)));
};

function parseAddress(text: string): Address | undefined {
  if (text.length > ADDRESS_LENGTH_MAX) return undefined;
  if (DOTTED.test(text)) return ipaddr.IPv4.parse(text);
  if (!/^[0-9a-f:.]+$/i.test(text) || !text.includes(':')) return undefined;
  const tail = text.slice(text.lastIndexOf(':') + 1);
  if (tail.includes('.') && !DOTTED.test(tail)) return undefined;
  return ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : undefined;
}

/** A CIDR that can't be read holds nothing: less is allowed, never more. */
function matcher(cidr: string): (address: Address) => boolean {
  const [base = '', bits = ''] = cidr.split('/');
  const network = parseAddress(base);
  if (network === undefined || !/^\d{1,3}$/.test(bits)) return () => false;
  const length = Number(bits);
  if (length > network.toByteArray().length * 8) return () => false;
  return (address) => address.kind() === network.kind() && address.match(network, length);
}

/** What a packet to this address may reach in the end: itself, or the IPv4 hosts written inside it. */
function innerAddresses(address: Address): readonly Address[] {
  if (address.kind() === 'ipv4') return [address];
  const bytes = address.toByteArray();
  const inner = (at: number): ipaddr.IPv4 => new ipaddr.IPv4(bytes.slice(at, at + 4));
  const begins = (prefix: string): boolean => matcher(prefix)(address);
  if (begins('::ffff:0:0/96') || begins('::ffff:0:0:0/96') || begins('64:ff9b::/96')) {
    return [inner(12)];
  }
  if (begins('2002::/16')) return [inner(2)];
  if (begins('2001::/32')) {
    const client = bytes.slice(12).map((byte) => byte ^ 0xff); // Teredo hides it by XOR (RFC 4380)
    return [inner(4), new ipaddr.IPv4(client)];
  }
  return [address];
}

function rangeOf(address: Address): AddressRange {
  const isIpv4 = address.kind() === 'ipv4';
  const block = (isIpv4 ? V4 : V6).find(({ match }) => match(address));
  return block?.range ?? (isIpv4 ? 'public' : 'reserved');
}

const worst = (ranges: readonly AddressRange[]): AddressRange =>
  ranges.find((range) => range !== 'public') ?? 'public';
