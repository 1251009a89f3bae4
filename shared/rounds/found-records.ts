/**
 * A generation without a record → a `found` record: an order's commit goes on when its record can't be
 * written, and records get deleted. Each region asks once per generation whether its record is there; the
 * region that sweeps 2 minutes later writes down what stands in the zone, so that history has no hole.
 * It never stands for the missing record: its digest is not the one in the fence, and `audit` says so. That
 * one may come late, by replication: both have their places in the table.
 */
import * as v from 'valibot';
import { QuorateError } from '../core/errors.ts';
import type { Fence } from '../core/fence.ts';
import type { Digest, EpochMs, Nonce, Service, ServiceId } from '../core/model.ts';
import { type DecisionRecord, isFound, recordDigest, recordSortKey } from '../core/record.ts';
import { markOf, snapshotOf } from '../core/snapshot.ts';
import type { ZoneRead } from '../core/zone-record.ts';
import { type Books, mark } from './bookkeeping.ts';

const FOUND = 'found@';
/** Time for the writer's own record to be replicated here. */
const MISSING_FOR_MS = 120_000;

/** Of the generation last seen. Null: its record is there, nothing more is asked. */
export type Recorded = { readonly nonce: Nonce; readonly missingSinceAt: EpochMs | null };

export async function keepFound(
  books: Books,
  recorded: Map<ServiceId, Recorded>,
  services: readonly Service[],
  { read, isSweep }: { readonly read: ZoneRead; readonly isSweep: boolean },
  signal: AbortSignal,
): Promise<void> {
  for (const service of services) {
    const now = books.clock.now();
    const { fence: state } = snapshotOf(service, read, books.config.deployment, now);
    if (service.mode === 'observe' || state.kind !== 'managed') continue;
    const { fence } = state;
    const known = recorded.get(service.id);
    const isSeen = known?.nonce === fence.nonce;
    const missingSinceAt = isSeen ? known.missingSinceAt : now;
    if (missingSinceAt === null) continue;
    const isMyTurn = isSweep && now - missingSinceAt >= MISSING_FOR_MS;
    if (isSeen && !isMyTurn) continue;
    try {
      const isThere = (await readRecords(books, service.id, fence, signal)).length > 0;
      if (!isThere && isMyTurn) await writeFound(books, service, fence, signal);
      const isDone = isThere || isMyTurn;
      recorded.set(service.id, {
        nonce: fence.nonce,
        missingSinceAt: isDone ? null : missingSinceAt,
      });
    } catch (error) {
      // Nothing waits for a record of the past; the next sweep asks again.
      if (!(error instanceof QuorateError)) throw error;
    }
  }
}

async function writeFound(
  books: Books,
  service: Service,
  fence: Fence,
  signal: AbortSignal,
): Promise<void> {
  const { digestOf } = books.aids;
  const parent = await parentDigest(books, service.id, fence, signal);
  const { generation, nonce, config, record } = fence;
  const found: DecisionRecord = {
    format: 1,
    service: service.id,
    generation,
    nonce,
    parent,
    region: books.region,
    actor: `${FOUND}${books.region}`,
    at: books.clock.now(),
    config,
    lines: service.endpoints.flatMap((endpoint) => {
      const entry = fence.entries.find((one) => one.mark === markOf(endpoint, digestOf));
      if (entry === undefined) return [];
      const { weight } = entry;
      return [
        {
          endpoint: endpoint.id,
          verdict: 'unknown',
          from: weight,
          to: weight,
          code: 'found',
          sentence: `found: ${endpoint.id} has weight ${weight}`,
          votes: {},
        },
      ];
    }),
    sentences: [
      `found: generation ${generation} stands in the zone and its record (${record}) is not in the table; it was never written, or it was deleted`,
    ],
    plan: '',
    checksum: '',
    outbox: [],
  };
  await books.store.recordIntent(found, signal);
  await mark(books, { service: service.id, generation, nonce }, 'found', record, signal);
}

const storedKey = v.object({ generation: v.number(), nonce: v.string(), actor: v.string() });

/** What is there at this generation and nonce: the record, and what regions found in its place. */
async function readRecords(
  { store, config }: Books,
  service: ServiceId,
  at: { readonly generation: number; readonly nonce: Nonce },
  signal: AbortSignal,
): Promise<readonly DecisionRecord[]> {
  // `~` sorts behind the name of any region, so the newest before it are these or not there.
  const before = `${recordSortKey({ ...at, actor: FOUND })}~`;
  const page = { limit: config.vantages.length + 1, before };
  const items = await store.readRecords(service, page, signal);
  return items.flatMap((item) => {
    const { success, output } = v.safeParse(storedKey, item);
    const isIt = success && output.generation === at.generation && output.nonce === at.nonce;
    return isIt ? [item as DecisionRecord] : [];
  });
}

async function parentDigest(
  books: Books,
  service: ServiceId,
  fence: Fence,
  signal: AbortSignal,
): Promise<Digest | null> {
  if (fence.parentNonce === null) return null;
  const at = { generation: fence.generation - 1, nonce: fence.parentNonce };
  const records = await readRecords(books, service, at, signal);
  const parent = records.find((record) => !isFound(record));
  return parent === undefined ? null : recordDigest(parent, books.aids.digestOf);
}
