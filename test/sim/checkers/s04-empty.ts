/**
 * S4: after every commit each managed name and type has weight, whatever others edited meanwhile; and no
 * record goes but as half of an exact pair, or by an operator's `retire` at weight 0. Orders are bound too.
 */
import type { MakeChecker } from '../scenario.ts';
import { bookOf, isAtService, isListed } from './safety-book.ts';

export const s04Empty: MakeChecker = (world, _scenario, fail) => {
  const book = bookOf(world);
  book.onCommit(({ part, after: state, before: stood }) => {
    const { service, after, before, by, deletes, creates, batch } = part;
    const who = `${batch.from.name}@${batch.from.region}`;
    const fence = after ?? before;
    if (fence === null) return;
    const weights = new Map<string, number>();
    for (const records of [stood, state]) {
      for (const record of records.values()) {
        if (!isAtService(service, record) || !isListed(fence, record)) continue;
        const group = `${record.name} ${record.type}`;
        const weight = records === state ? (record.weight ?? 0) : 0;
        weights.set(group, (weights.get(group) ?? 0) + weight);
      }
    }
    for (const [group, weight] of weights) {
      if (weight === 0) {
        fail(
          'S4',
          `generation ${fence.generation} of ${service.id} by ${who} leaves ${group} without weight`,
        );
      }
    }
    const made = new Set(
      creates.map(({ name, type, setIdentifier }) => `${name} ${type} ${setIdentifier}`),
    );
    for (const { name, type, setIdentifier, weight } of deletes) {
      const key = `${name} ${type} ${setIdentifier}`;
      if (made.has(key) || (by === 'operator' && weight === 0)) continue;
      fail('S4', `${who} (${by}) deleted ${key} of weight ${weight}`);
    }
    if (part.fenceCreated === null && by !== 'operator') {
      fail('S4', `${who} (${by}) deleted the fence of ${service.id}`);
    }
  });
  return { id: 'S4' };
};
