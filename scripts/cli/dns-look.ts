/**
 * DNS as `verify` looks at it: one question to one name server, without recursion and without a cache, and
 * the few things that only the machine's own resolver can tell (where a name server is, who serves the
 * parent zone). Silence is an answer here, never an exception.
 */
import { Resolver } from 'node:dns/promises';
import { ask as askServer } from '../local/dns-client.ts';

export type ServerAddress = { readonly host: string; readonly port: number };

export type DnsAnswer =
  | {
      readonly kind: 'answer';
      readonly rcode: string;
      readonly isAuthoritative: boolean;
      /** Of the answer section, of the type asked for: addresses, names, or a TXT record's joined text. */
      readonly data: readonly string[];
      readonly ttlSeconds: number | null;
      /** NS names of the authority section: a referral, where a parent is asked. */
      readonly referral: readonly string[];
    }
  | { readonly kind: 'silent'; readonly why: string };

export type DnsLook = {
  readonly ask: (server: ServerAddress, name: string, type: string) => Promise<DnsAnswer>;
  /** IPv4 addresses of a name server's name; empty where it can't be resolved. */
  readonly addressesOf: (name: string) => Promise<readonly string[]>;
  /** Names of the servers of a zone, by the machine's resolver; empty where it can't tell. */
  readonly serversOf: (zone: string) => Promise<readonly string[]>;
};

const TIMEOUT_MS = 2_000;
/** Fits one datagram on any path. */
const UDP_BYTES = 1_232;

export function machineDns(): DnsLook {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 2 });
  const orNone = (found: Promise<string[]>): Promise<readonly string[]> => found.catch(() => []);
  return {
    ask: askTwice,
    addressesOf: (name) => orNone(resolver.resolve4(name)),
    serversOf: (zone) => orNone(resolver.resolveNs(zone)),
  };
}

/** Over UDP; over TCP where the answer is cut short or the datagram is lost. */
async function askTwice(server: ServerAddress, name: string, type: string): Promise<DnsAnswer> {
  const first = await askOnce(server, name, type, false);
  if (first.kind === 'answer' && !first.isCut) return first;
  return await askOnce(server, name, type, true);
}

async function askOnce(
  { host, port }: ServerAddress,
  name: string,
  type: string,
  tcp: boolean,
): Promise<DnsAnswer & { readonly isCut?: boolean }> {
  try {
    const reply = await askServer(port, name, type, {
      host,
      tcp,
      timeoutMs: TIMEOUT_MS,
      ednsSize: UDP_BYTES,
    });
    const own = (reply.answers ?? []).filter((answer) => answer.type === type);
    const [first] = own;
    return {
      kind: 'answer',
      rcode: reply.rcode,
      isAuthoritative: reply.flag_aa === true,
      data: own.map((answer) => dataText('data' in answer ? answer.data : '')),
      ttlSeconds: first !== undefined && 'ttl' in first ? (first.ttl ?? null) : null,
      referral: (reply.authorities ?? []).flatMap((record) =>
        record.type === 'NS' ? [plain(dataText(record.data))] : [],
      ),
      isCut: reply.flag_tc === true,
    };
  } catch (error) {
    return { kind: 'silent', why: error instanceof Error ? error.message : String(error) };
  }
}

/** A TXT record is a list of strings, of bytes: one text. */
function dataText(data: unknown): string {
  if (typeof data === 'string') return data;
  if (Buffer.isBuffer(data)) return data.toString('latin1');
  return Array.isArray(data) ? data.map(dataText).join('') : '';
}

const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');
