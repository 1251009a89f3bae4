/**
 * S13: the record of an automated commit is durable before its batch, says who acted and what was done,
 * and is never changed; its digest stands in the fence, and each names the one before: a chain.
 */
import type { MakeChecker } from '../scenario.ts';
import { canonical, digestOf } from './fence-text.ts';
import { bookOf, type Part } from './safety-book.ts';

type Kept = { readonly digest: string; readonly text: string; readonly where: string };
const KEPT_MAX = 2_000;

export const s13Audit: MakeChecker = (world, _scenario, fail) => {
  const book = bookOf(world);
  const kept = new Map<string, Kept>();
  const inChain = new Map<string, string>();

  world.on((event) => {
    if (event.kind !== 'record-written') return;
    const { record, by } = event;
    // What a region finds in the place of a missing record stands beside it, and neither may change.
    const place = record.actor.startsWith('found@') ? `#${record.actor}` : '';
    const key = `${record.service} ${String(record.generation).padStart(10, '0')}#${record.nonce}${place}`;
    const text = canonical(record);
    const old = kept.get(key);
    if (old !== undefined && old.text !== text) {
      fail('S13', `the record ${key} was written again, and otherwise, by ${by.name}@${by.region}`);
    }
    kept.set(key, { digest: digestOf(`record ${text}`), text, where: by.region });
    if (kept.size > KEPT_MAX) {
      for (const first of kept.keys()) {
        kept.delete(first);
        inChain.delete(first);
        break;
      }
    }
  });
  book.onSent((part) => {
    const { by, after, before, service, batch, intent } = part;
    if (after === null) return;
    const what = `generation ${after.generation} of ${service.id} by ${batch.from.name}@${batch.from.region}`;
    if (intent === null) {
      if (by === 'automation') fail('S13', `${what}: sent before its record was written`);
      return;
    }
    const { record } = intent;
    if (digestOf(`record ${canonical(record)}`) !== after.record) {
      fail('S13', `${what}: the fence names another record than the one that was written`);
    }
    if ((record.parent ?? null) !== (before?.record ?? null)) {
      fail(
        'S13',
        `${what}: its record names ${record.parent} as its parent, the fence said ${before?.record}`,
      );
    }
    const wrong = misstated(part);
    if (wrong !== null) fail('S13', `${what}: ${wrong}`);
  });
  book.onCommit(({ part }) => {
    const { after, intent } = part;
    if (after === null || intent === null) return;
    const { service, generation, nonce } = intent.record;
    const key = `${service} ${String(generation).padStart(10, '0')}#${nonce}`;
    inChain.set(key, after.record);
  });
  return {
    id: 'S13',
    atEnd: () => {
      for (const [key, digest] of inChain) {
        const own = kept.get(key);
        if (own === undefined) continue;
        const [service, sort] = key.split(' ');
        const stored = world.replicas.get(own.where as never, `decision#${service}`, sort);
        // Taken away by a TTL, or with its table.
        if (stored === undefined || stored === null) continue;
        if (digestOf(`record ${canonical(stored)}`) !== digest) {
          fail(
            'S13',
            `the record ${key} in ${own.where} is no longer the one that the fence names`,
          );
        }
      }
    },
  };
};

/** What the record says of itself, against what the batch does. */
function misstated({ by, batch, intent, moves }: Part): string | null {
  if (intent === null) return null;
  const { actor, lines } = intent.record;
  const { region, name } = batch.from;
  const isSaid =
    by === 'automation'
      ? actor === `quorum@${region}`
      : by === 'order'
        ? /^order .+@/.test(actor) && actor.endsWith(`@${region}`)
        : name === 'quorum' || !actor.startsWith('quorum@');
  if (!isSaid) return `${by}'s commit, and the record says ${actor}`;
  if (by !== 'automation') return null;
  for (const { endpoint, from, to, isEdited } of moves) {
    const line = lines.find((one) => one.endpoint === endpoint.id);
    if (line === undefined) return `the record does not tell of ${endpoint.id}`;
    if (!isEdited && (line.from !== from || line.to !== to)) {
      return `the record says ${endpoint.id} ${line.from} → ${line.to}, the batch ${from} → ${to}`;
    }
  }
  return null;
}
