/**
 * A page of a service's records with what became of each: what the API, `history` and the dashboard show.
 * Records are handed on as stored, so that whoever reads them can verify the chain by himself. An item that
 * is no record is counted and passed over: nobody's history ends at a broken item.
 */
import * as v from 'valibot';
import { type Decided, foldDecisions, isObserved } from '../core/decided.ts';
import { QuorateError } from '../core/errors.ts';
import type { DigestOf, Nonce, ServiceId } from '../core/model.ts';
import { recordSortKey } from '../core/record.ts';
import { parseMark, parseRecord } from '../core/record-parse.ts';
import type { Store } from '../ports.ts';

export type DecisionsDeps = { readonly store: Store; readonly digestOf: DigestOf };

export type DecisionsPage = {
  /** Newest generation first. */
  readonly decisions: readonly Decided[];
  /** `before` of the next page; null: this was the last. */
  readonly next: string | null;
  /** Items that are no records. */
  readonly malformed: number;
};

export async function readDecisions(
  { store, digestOf }: DecisionsDeps,
  service: ServiceId,
  page: { readonly limit: number; readonly before?: string },
  signal: AbortSignal,
): Promise<DecisionsPage> {
  const [items, rawMarks] = await Promise.all([
    store.readRecords(service, page, signal),
    store.readMarks(service, signal),
  ]);
  const records = items.flatMap((item) => parseRecord(item) ?? []);
  const marks = rawMarks.flatMap((mark) => parseMark(mark) ?? []);
  return {
    decisions: foldDecisions(records, marks, digestOf),
    next: items.length < page.limit ? null : nextOf(items),
    malformed: items.length - records.length,
  };
}

const keySchema = v.object({
  generation: v.number(),
  nonce: v.string(),
  actor: v.fallback(v.string(), ''),
});

/** Of the last item that says where it stands: whatever lies between is read again, and passed over. */
function nextOf(items: readonly unknown[]): string | null {
  for (const item of [...items].reverse()) {
    const { success, output } = v.safeParse(keySchema, item);
    if (success) {
      return recordSortKey({ ...output, nonce: output.nonce as Nonce });
    }
  }
  return null;
}

const RECENT_RECORDS = 20;

/** The newest ones, or none where the table is away: the zone's own state is shown without them. */
export async function recentDecisions(
  deps: DecisionsDeps,
  service: ServiceId,
  signal: AbortSignal,
): Promise<readonly Decided[]> {
  try {
    return (await readDecisions(deps, service, { limit: RECENT_RECORDS }, signal)).decisions;
  } catch (error) {
    if (error instanceof QuorateError) return [];
    throw error;
  }
}

/** A page of decisions, from the table or from the API. */
type Page<D> = {
  readonly decisions: readonly D[];
  readonly next: string | null;
  readonly malformed: number;
};

export type History<D> = {
  /** Newest first. */
  readonly decisions: readonly D[];
  readonly malformed: number;
  /** The bound was reached before `sinceAt`: there is more. */
  readonly isCut: boolean;
};

export const HISTORY_PAGE = 100;
const HISTORY_PAGES_MAX = 50;

/** Records go by generation and time goes with it, but for lost intents and clocks that differ: a page more
 *  than needed is read. */
export async function readHistory<
  D extends { readonly record: { readonly at: number; readonly actor: string } },
>(
  readPage: (page: { readonly limit: number; readonly before?: string }) => Promise<Page<D>>,
  {
    sinceAt,
    observed,
    limit,
  }: { readonly sinceAt: number; readonly observed: boolean; readonly limit: number },
): Promise<History<D>> {
  const found: D[] = [];
  let malformed = 0;
  let before: string | undefined;
  for (let page = 0; page < HISTORY_PAGES_MAX; page += 1) {
    const at = { limit: HISTORY_PAGE, ...(before === undefined ? {} : { before }) };
    const read = await readPage(at);
    malformed += read.malformed;
    const young = read.decisions.filter(({ record }) => record.at >= sinceAt);
    found.push(...young.filter(({ record }) => isObserved(record) === observed));
    const isPast = read.decisions.length > 0 && young.length === 0;
    if (read.next === null || isPast || found.length > limit) {
      return { decisions: found.slice(0, limit), malformed, isCut: found.length > limit };
    }
    before = read.next;
  }
  return { decisions: found.slice(0, limit), malformed, isCut: true };
}
