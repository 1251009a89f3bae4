/**
 * A history begins anew after a release, or where a `_quorate` record was lost. Its first record names the
 * last one of the history before, so that nobody can cut the end off that one unseen. Best effort: a table
 * that is away, or a history of many thousands of records, leaves that name out, and the audit says so.
 */
import { type ChainReading, chainReading } from '../core/chain.ts';
import { QuorateError } from '../core/errors.ts';
import type { Digest, DigestOf, ServiceId } from '../core/model.ts';
import type { Store } from '../ports.ts';

const PAGE = 500;
/** An operator waits for the table for 3 s. */
const PAGES_MAX = 10;

export async function earlierEnd(
  store: Pick<Store, 'readRecords'>,
  service: ServiceId,
  digestOf: DigestOf,
  signal: AbortSignal,
): Promise<Digest | null> {
  try {
    const reading = chainReading(service, digestOf);
    const isAll = await readChain(store, service, reading, { pages: PAGES_MAX }, signal);
    return isAll ? reading.newestEnd() : null;
  } catch (error) {
    if (!(error instanceof QuorateError)) throw error;
    return null;
  }
}

/** Pages of the table into the reading, newest generation first. False: there is more, or the rest can't
 *  be reached, since a whole page holds no record that would tell where the next one begins. */
export async function readChain(
  store: Pick<Store, 'readRecords'>,
  service: ServiceId,
  reading: ChainReading,
  options: { readonly pages: number; readonly onPage?: (count: number) => void },
  signal: AbortSignal,
): Promise<boolean> {
  for (let page = 0; page < options.pages; page += 1) {
    const before = reading.lastKey();
    const items = await store.readRecords(
      service,
      { limit: PAGE, ...(before === null ? {} : { before }) },
      signal,
    );
    reading.take(items);
    options.onPage?.(reading.count());
    if (items.length < PAGE) return true;
    const last = reading.lastKey();
    if (last === null || (before !== null && last >= before)) return false;
  }
  return false;
}
