/**
 * Host names, addresses and URLs of the file → what is wrong with them, or nothing. A vantage's role keys
 * lie in its environment, so what it may be sent to is decided here and again when it connects (SSRF):
 * only canonical forms, only http, https and TCP, never loopback, link-local or metadata addresses;
 * private and documentation ranges only where `allow-addresses` says so.
 */
import type { Reader } from './config-read.ts';
import type { AddressRange } from './model.ts';

/** `what is wrong; what to write instead`. */
export type Trouble = string | undefined;
type Judge = Pick<Reader, 'aids' | 'allowLoopback' | 'allowAddresses'>;

/** `_quorate.` goes in front of the first name: 255 bytes on the wire minus its 9 characters and 2. */
export const NAME_LENGTH_MAX = 244;
const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const HOST_NAME = new RegExp(`^(?:${LABEL}\\.)+${LABEL}$`);
const LAST_LABEL_IS_NUMBER = /\.(?:\d+|0x[0-9a-f]*)$/;
const LOCAL_NAME = /(?:^|\.)(?:localhost|localdomain|ip6-localhost|ip6-loopback)$/;

const NEVER = 'write the address or name that your users reach';
const RANGE_TROUBLE: Readonly<Record<Exclude<AddressRange, 'public'>, string>> = {
  private:
    'is a private address; write a public one, or add its range to allow-addresses if your vantages reach it by `network`',
  documentation:
    'is an address reserved for documentation; write a real one, or add its range to allow-addresses',
  loopback: `is a loopback address: each vantage would probe itself; ${NEVER}`,
  'link-local': `is a link-local address, which is never probed; ${NEVER}`,
  metadata: `is a metadata address: it hands out credentials and is never probed; ${NEVER}`,
  unspecified: `is the unspecified address; ${NEVER}`,
  multicast: `is a multicast address; ${NEVER}`,
  reserved: `is a reserved address; ${NEVER}`,
};

/** Lower case and without the final dot, as names are compared. */
export const plainName = (name: string): string => name.toLowerCase().replace(/\.$/, '');

/** A name to be steered or served: `name` is plain. */
export function nameTrouble(name: string): Trouble {
  if (name.includes('://')) return 'is a URL; write the DNS name alone';
  if (name.startsWith('*.')) return 'is a wildcard, which is not steered; write each name';
  if (/[^\x00-\x7f]/.test(name))
    return 'is not ASCII; write an international name in its xn-- form';
  if (name.length > NAME_LENGTH_MAX) {
    return `has ${name.length} characters, at most ${NAME_LENGTH_MAX} leave room for the _quorate record; write a shorter name`;
  }
  if (!HOST_NAME.test(name) || LAST_LABEL_IS_NUMBER.test(name)) {
    return 'is not a DNS name; write one such as app.example.com';
  }
  return undefined;
}

export function addressTrouble(text: string, judge: Judge): Trouble {
  const address = judge.aids.classifyAddress(text);
  if (address === undefined)
    return 'is not an IPv4 or IPv6 address; write one such as 198.51.100.20';
  return rangeTrouble(address, judge);
}

/** Something to resolve and connect to: a name or an address, without scheme, port or path. */
export function hostTrouble(text: string, judge: Judge): Trouble {
  if (text.includes('://')) return 'is a URL; write the host alone and put the rest into check.url';
  const address = judge.aids.classifyAddress(text);
  if (address !== undefined) return rangeTrouble(address, judge);
  if (/:\d+$/.test(text)) return 'has a port; write the host alone and put the port into check.url';
  const name = plainName(text);
  if (LOCAL_NAME.test(name)) return RANGE_TROUBLE.loopback;
  return (
    nameTrouble(name) && 'is neither a DNS name nor an address; write one such as app.example.com'
  );
}

/** A URL with every placeholder filled in. */
export function urlTrouble(text: string, judge: Judge): Trouble {
  const [, scheme = '', authority = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(text) ?? [];
  if (scheme === '') return 'is not a URL; write one such as https://{target}/health';
  if (!/^https?$/i.test(scheme)) {
    return `has the scheme ${scheme}; only http and https are probed, or write tcp: "{target}:5432"`;
  }
  if (authority.includes('@'))
    return 'has a user name in it; put credentials into headers with ssm';
  if (/[\s\\<>"^`{|}]/.test(text)) {
    return 'has characters that a URL may not have; encode them with %, or check the placeholders';
  }
  if (!URL.canParse(text)) return 'is not a URL; write one such as https://{target}/health';
  const { hostname } = new URL(text);
  const host = hostname.replace(/^\[|\]$/g, '');
  const written = authority.toLowerCase().replace(/:\d*$/, '');
  if (!hostname.startsWith('[') && written !== hostname) {
    return `has a host that is another way to write ${hostname}; write it plainly`;
  }
  return hostTrouble(host, judge) && `has the host ${written}, which ${hostTrouble(host, judge)}`;
}

/** `host:port`, with every placeholder filled in. */
export function hostPortTrouble(text: string, judge: Judge, example: string): Trouble {
  const parts = splitHostPort(text);
  if (parts === undefined) return `is not a host and a port; write one such as ${example}`;
  return hostTrouble(parts.host, judge);
}

/** `[2001:db8::1]:5432` or `name:5432`. */
export function splitHostPort(
  text: string,
): { readonly host: string; readonly port: number } | undefined {
  const [, inner, name = '', digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  return port >= 1 && port <= 65_535 ? { host: inner ?? name, port } : undefined;
}

/** A range that `allow-addresses` may open: never one that stays shut. */
export function cidrTrouble(text: string, judge: Judge): Trouble {
  const [base = '', bits, ...more] = text.split('/');
  const address = judge.aids.classifyAddress(base);
  const most = address?.family === 4 ? 32 : 128;
  if (
    !address ||
    bits === undefined ||
    more.length > 0 ||
    !/^\d{1,3}$/.test(bits) ||
    Number(bits) > most
  ) {
    return 'is not a CIDR; write one such as 10.0.0.0/8 or fd12:3456::/32';
  }
  if (
    address.range === 'public' ||
    address.range === 'private' ||
    address.range === 'documentation'
  ) {
    return undefined;
  }
  if (address.range === 'loopback' && judge.allowLoopback) return undefined;
  return `opens a ${address.range} range, which stays shut; only private and documentation ranges can be allowed`;
}

function rangeTrouble(
  address: { readonly range: AddressRange; readonly canonical: string },
  judge: Judge,
): Trouble {
  if (address.range === 'public') return undefined;
  if (address.range === 'loopback' && judge.allowLoopback) return undefined;
  const mayBeAllowed = address.range === 'private' || address.range === 'documentation';
  if (mayBeAllowed && judge.aids.isInside(address.canonical, judge.allowAddresses))
    return undefined;
  return RANGE_TROUBLE[address.range];
}
