/**
 * Orders of a `_quorate` record → the records that brought them: who gave each, and why. The record in DNS
 * is public and holds neither. Best effort: a record that is not here (yet), or a table that is away, leaves
 * an order without a name; what it does stands in the zone anyway.
 */
import { QuorateError } from '../core/errors.ts';
import type { OrderId, ServiceId } from '../core/model.ts';
import type { RecordOrder } from '../core/record.ts';
import { recordSortKey } from '../core/record.ts';
import { parseRecord } from '../core/record-parse.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { Store } from '../ports.ts';

/** Key: service and order. */
export type OrderRecords = Map<string, RecordOrder>;

const PAGE_RECORDS = 100;
/** An order lives for days at most; a service that flapped all that time is not read back for a name. */
const PAGES_MAX = 4;
/** Of a process that lives for weeks. */
const KEPT_MAX = 2_000;

const keyOf = (service: ServiceId, order: OrderId): string => `${service} ${order}`;

export const orderRecordOf = (
  records: ReadonlyMap<string, RecordOrder>,
  service: ServiceId,
  order: OrderId,
): RecordOrder | undefined => records.get(keyOf(service, order));

export async function readOrderRecords(
  store: Store,
  known: OrderRecords,
  services: readonly {
    readonly service: { readonly id: ServiceId };
    readonly snapshot: Pick<Snapshot, 'fence'> | null;
  }[],
  signal: AbortSignal,
): Promise<void> {
  if (known.size > KEPT_MAX) known.clear();
  await Promise.all(
    services.map(async ({ service, snapshot }) => {
      const fence = snapshot?.fence;
      if (fence?.kind !== 'managed') return;
      const wanted = new Set(
        fence.fence.orders.map(({ id }) => id).filter((id) => !known.has(keyOf(service.id, id))),
      );
      if (wanted.size > 0) await readBack(store, known, service.id, wanted, signal);
    }),
  );
}

async function readBack(
  store: Store,
  known: OrderRecords,
  service: ServiceId,
  wanted: Set<OrderId>,
  signal: AbortSignal,
): Promise<void> {
  let before: string | undefined;
  for (let page = 0; page < PAGES_MAX && wanted.size > 0; page += 1) {
    let items: readonly unknown[];
    try {
      const at = { limit: PAGE_RECORDS, ...(before === undefined ? {} : { before }) };
      items = await store.readRecords(service, at, signal);
    } catch (error) {
      if (error instanceof QuorateError) return;
      throw error;
    }
    const records = items.flatMap((item) => parseRecord(item) ?? []);
    for (const { order } of records) {
      // The oldest on this page is who gave it; what came later only extended it.
      if (order !== undefined && isWanted(order.id, wanted))
        known.set(`${service} ${order.id}`, order);
    }
    for (const id of wanted) if (known.has(keyOf(service, id))) wanted.delete(id);
    const last = records.at(-1);
    if (items.length < PAGE_RECORDS || last === undefined) return;
    before = recordSortKey(last);
  }
}

const isWanted = (id: string, wanted: ReadonlySet<OrderId>): boolean => wanted.has(id as OrderId);
