/**
 * The `NameServers` port by Node's own resolver (c-ares): one that asks the machine's servers who serves a
 * zone, and one per name server that is asked directly. No answer is trusted for more than what it shows.
 */
import { Resolver } from 'node:dns/promises';
import type { NameServers } from '../ports.ts';

const TIMEOUT_MS = 2_000;
const TRIES = 2;
const SERVERS_MAX = 16;
const LABELS_MIN = 2;

export const nameServers = (): NameServers => ({
  serversOf: async (name, signal) => {
    const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
    return await cancelled(signal, resolver, async () => {
      // The zone's own name is not in the file: the closest name above that has servers is its.
      const labels = name.split('.');
      for (let at = 0; labels.length - at >= LABELS_MIN; at += 1) {
        const zone = labels.slice(at).join('.');
        const names = await resolver.resolveNs(zone).catch(() => []);
        if (names.length === 0) continue;
        const found = await Promise.all(
          names.slice(0, SERVERS_MAX).map((one) => resolver.resolve4(one).catch(() => [])),
        );
        // One that can't be found is asked in vain, and so stays behind.
        return found.map(([address], index) =>
          address === undefined ? (names[index] ?? zone) : `${address}:53`,
        );
      }
      return [];
    });
  },
  txt: async (server, name, signal) => {
    const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
    try {
      resolver.setServers([server]);
    } catch {
      return null; // A name whose address is not known.
    }
    return await cancelled(signal, resolver, () =>
      resolver.resolveTxt(name).then(
        (values) => values.map((strings) => strings.join('')),
        (error: NodeJS.ErrnoException) => (NO_RECORD.has(error.code ?? '') ? [] : null),
      ),
    );
  },
});

const NO_RECORD: ReadonlySet<string> = new Set(['ENODATA', 'ENOTFOUND']);

/** A resolver that is cancelled ends its questions at once. */
async function cancelled<T>(
  signal: AbortSignal,
  resolver: Resolver,
  run: () => Promise<T>,
): Promise<T> {
  const cancel = (): void => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return await run();
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
