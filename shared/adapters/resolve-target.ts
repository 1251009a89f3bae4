/**
 * A probe's target → the addresses to connect to, at most 4, each checked against the address policy, or
 * the reason why there are none. Names are resolved once per hop and what is returned here is what gets
 * connected to, so that a name can't point elsewhere between check and connect (DNS rebinding). A name
 * with one forbidden address is refused whole. Nothing is cached: a TTL of 0 is as good as any.
 */
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { FailCode } from '../core/reason-code.ts';
import type { AddressPolicy } from './address-policy.ts';
import type { Missed } from './socket-reason.ts';

export type Address = { readonly address: string; readonly family: 4 | 6 };
export type Resolution = { readonly kind: 'addresses'; readonly addresses: readonly Address[] };
/** The part of Node's `Resolver` that is used: errors carry c-ares' codes. */
export type NameResolver = {
  resolve4(name: string): Promise<string[]>;
  resolve6(name: string): Promise<string[]>;
  resolveCname(name: string): Promise<string[]>;
  cancel(): void;
};
export type ResolveTarget = (target: string, signal: AbortSignal) => Promise<Resolution | Missed>;

const ADDRESSES_MAX = 4;
const CNAMES_MAX = 8;
const NAME_LENGTH_MAX = 253;
/** Per query and server; the probe's own deadline cuts it short. */
const QUERY_TIMEOUT_MS = 1_000;
const QUERY_TRIES = 3;

const machineResolver = (): NameResolver =>
  new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: QUERY_TRIES });

export function targetResolver(options: {
  readonly isAllowed: AddressPolicy;
  readonly makeResolver?: () => NameResolver;
}): ResolveTarget {
  const { isAllowed, makeResolver = machineResolver } = options;
  /** Answers of any kind from our own resolver, for any name: the proof that it is alive. */
  let answers = 0;

  const checked = (addresses: readonly Address[]): Resolution | Missed => {
    const forbidden = addresses.find(({ address }) => !isAllowed(address));
    return forbidden
      ? fail('address-not-allowed', `${forbidden.address} may not be probed`)
      : { kind: 'addresses', addresses: bothFamilies(addresses) };
  };

  return async (target, signal) => {
    const name = target.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
    const literal = name.includes('%') ? 0 : isIP(name); // Node takes an address with a zone for one.
    if (literal !== 0) return checked([{ address: name, family: literal === 4 ? 4 : 6 }]);
    if (isDisguisedAddress(name)) {
      return fail('address-not-allowed', `${name} is no plain address and no name`);
    }
    if (name === '' || name.length > NAME_LENGTH_MAX) {
      return fail('dns-not-found', 'the target is no host name');
    }
    if (signal.aborted) return unanswered(name, false);
    const resolver = makeResolver();
    const before = answers;
    const lookup = async (query: Promise<string[]>): Promise<Lookup> => {
      const found = await looked(query);
      if (found.kind !== 'no-answer' && found.kind !== 'server-failure') answers += 1;
      return found;
    };
    const cancelled = onAbort(signal, () => resolver.cancel());
    try {
      const [v4, v6] = await Promise.all([
        cancelled.or(lookup(resolver.resolve4(name)), NO_ANSWER),
        cancelled.or(lookup(resolver.resolve6(name)), NO_ANSWER),
      ]);
      const found = [...addressesOf(v4, 4), ...addressesOf(v6, 6)];
      if (found.length > 0) return checked(found);
      const kinds = [v4.kind, v6.kind];
      if (kinds.includes('not-found')) return fail('dns-not-found', `${name} does not exist`);
      if (kinds.includes('no-answer')) return unanswered(name, answers > before);
      if (await cancelled.or(isCnameLoop(resolver, name), false)) {
        return fail('dns-loop', `${name} is a CNAME loop`);
      }
      return kinds.includes('server-failure')
        ? fail('dns-server-failure', `${name} could not be resolved`)
        : fail('dns-empty', `${name} has no address`);
    } finally {
      cancelled.end();
    }
  };
}

type Lookup =
  | { readonly kind: 'found'; readonly addresses: readonly string[] }
  | { readonly kind: 'not-found' | 'empty' | 'server-failure' | 'no-answer' };
const NO_ANSWER: Lookup = { kind: 'no-answer' };

async function looked(query: Promise<string[]>): Promise<Lookup> {
  try {
    return { kind: 'found', addresses: await query };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    switch (code) {
      case 'ENOTFOUND':
      case 'EBADNAME':
        return { kind: 'not-found' };
      case 'ENODATA':
        return { kind: 'empty' };
      case 'ESERVFAIL':
      case 'EREFUSED':
      case 'EFORMERR':
      case 'EBADRESP':
      case 'ENOTIMP':
        return { kind: 'server-failure' };
      default: // ETIMEOUT, ECONNREFUSED, ECANCELLED, no file handle …: our own resolver did not answer.
        return NO_ANSWER;
    }
  }
}

/** Silence is our own resolver's fault, unless it answered for other names meanwhile. */
const unanswered = (name: string, isAlive: boolean): Missed =>
  isAlive
    ? fail('dns-server-failure', `no answer for ${name}, while other questions were answered`)
    : { kind: 'skipped', code: 'own-dns', detail: `no answer from the own resolver for ${name}` };

function addressesOf(found: Lookup, family: 4 | 6): readonly Address[] {
  const addresses = found.kind === 'found' ? found.addresses : [];
  return addresses.map((address) => ({ address, family }));
}

/** Of 100 addresses only 4 are probed, and neither family crowds out the other. */
function bothFamilies(addresses: readonly Address[]): readonly Address[] {
  const v4 = addresses.filter(({ family }) => family === 4);
  const v6 = addresses.filter(({ family }) => family === 6);
  const share = Math.max(ADDRESSES_MAX / 2, ADDRESSES_MAX - v6.length);
  const chosen = v4.slice(0, share);
  return [...chosen, ...v6.slice(0, ADDRESSES_MAX - chosen.length)];
}

/** Resolvers answer a loop with SERVFAIL or with nothing: only following it tells. */
async function isCnameLoop(resolver: NameResolver, name: string): Promise<boolean> {
  const seen = new Set([name.toLowerCase()]);
  let next = name;
  for (let hops = 0; hops < CNAMES_MAX; hops += 1) {
    const found = await looked(resolver.resolveCname(next));
    const to = found.kind === 'found' ? found.addresses[0]?.toLowerCase() : undefined;
    if (to === undefined) return false;
    if (seen.has(to)) return true;
    seen.add(to);
    next = to;
  }
  return true;
}

/** `2130706433`, `0x7f.1`, `127.1`, `fe80::1%eth0`: resolvers and URL parsers make addresses of them. */
const isDisguisedAddress = (name: string): boolean =>
  /[:%/@\\\s]/.test(name) || /(^|\.)(\d+|0x[0-9a-f]*)$/i.test(name);

const fail = (code: FailCode, detail: string): Missed => ({ kind: 'fail', code, detail });

/** Waits for a promise or for the signal, whichever comes first; the loser is never unhandled. */
function onAbort(
  signal: AbortSignal,
  act: () => void,
): {
  readonly or: <T>(promise: Promise<T>, instead: T) => Promise<T>;
  readonly end: () => void;
} {
  const aborted = Promise.withResolvers<void>();
  const listener = (): void => {
    act();
    aborted.resolve();
  };
  signal.addEventListener('abort', listener, { once: true });
  return {
    or: (promise, instead) => Promise.race([promise, aborted.promise.then(() => instead)]),
    end: () => signal.removeEventListener('abort', listener),
  };
}
