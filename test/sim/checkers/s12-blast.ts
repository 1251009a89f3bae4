/**
 * S12: a batch touches the fences of services and the records of endpoints that they list, nothing else;
 * what Quorate does not own is carried over; all names and types of an endpoint move together; limits of
 * Route 53 are kept; `observe` writes nothing; who only looks never writes.
 */
import type { ZoneRecord } from '../../../shared/core/zone-record.ts';
import type { MakeChecker } from '../scenario.ts';
import { bookOf, isListed, type Part } from './safety-book.ts';

const ELEMENTS_MAX = 1_000;
const CHARACTERS_MAX = 32_000;
const VALUE_CHARACTERS_MAX = 4_000;

const keyOf = (record: ZoneRecord): string =>
  `${record.name} ${record.type} ${record.setIdentifier ?? ''}`;

export const s12Blast: MakeChecker = (world, _scenario, fail) => {
  const book = bookOf(world);
  world.on((event) => {
    if (event.kind !== 'batch-sent') return;
    const { batch } = event;
    const who = `${batch.from.name}@${batch.from.region}`;
    const parts = book.partsOf(batch);
    if (batch.from.name !== 'quorum' && batch.from.name !== 'operator') {
      fail('S12', `${who} sent a batch: ${batch.comment}`);
    }
    const own = new Set<ZoneRecord>();
    for (const part of parts) {
      const { fenceDeleted, fenceCreated, deletes, creates } = part;
      for (const record of [fenceDeleted, fenceCreated, ...deletes, ...creates]) {
        if (record !== null) own.add(record);
      }
      judge(part, who);
    }
    let elements = 0;
    let characters = 0;
    for (const { record } of batch.changes) {
      if (!own.has(record)) fail('S12', `${who} touches ${keyOf(record)}, which is nobody's`);
      const values = record.values ?? [];
      elements += Math.max(1, values.length);
      characters += values.join('').length;
      if (values.some((value) => value.length > VALUE_CHARACTERS_MAX)) {
        fail(
          'S12',
          `${who}: a value of ${keyOf(record)} is over ${VALUE_CHARACTERS_MAX} characters`,
        );
      }
    }
    if (elements > ELEMENTS_MAX || characters > CHARACTERS_MAX) {
      fail('S12', `${who}: one batch of ${elements} elements and ${characters} characters`);
    }
    const groups = new Set(parts.map(({ service }) => service.group));
    if (groups.size > 1) fail('S12', `${who}: one batch over ${groups.size} groups of names`);
  });

  function judge(part: Part, who: string): void {
    const { service, before, after, by, deletes, creates } = part;
    const what = `${who} (${by})`;
    if (service.mode === 'observe' && part.fenceCreated !== null) {
      fail('S12', `${what} writes ${service.id}, which is observed`);
    }
    if (part.fenceDeleted === null && part.fenceCreated === null) {
      fail('S12', `${what} changes records of ${service.id} without its fence`);
    }
    const fences = by === 'operator' ? [before, after] : [before];
    for (const record of [...deletes, ...creates]) {
      if (fences.some((fence) => fence !== null && isListed(fence, record))) continue;
      fail('S12', `${what} touches ${keyOf(record)}, which the fence does not list`);
    }
    if (by === 'operator') return;
    const stood = new Map(deletes.map((record) => [keyOf(record), record]));
    for (const record of creates) {
      const old = stood.get(keyOf(record));
      if (old !== undefined && restOf(old) !== restOf(record)) {
        fail('S12', `${what} changes more than the weight of ${keyOf(record)}`);
      }
      const isOwn = service.endpoints.some(
        ({ setIdentifier }) => setIdentifier === record.setIdentifier,
      );
      if (old !== undefined && !isOwn && old.weight !== record.weight) {
        fail('S12', `${what} changes ${keyOf(record)}, which is in no file any more`);
      }
    }
    for (const { endpoint, from, to, isEdited } of part.moves) {
      if (to === from || isEdited) continue;
      const left = creates.filter(({ setIdentifier }) => setIdentifier === endpoint.setIdentifier);
      if (left.some(({ weight }) => weight !== to)) {
        fail('S12', `${what} moves some records of ${endpoint.id} to ${to} and not the others`);
      }
    }
    if (by === 'automation' && before !== null && after !== null) {
      const marks = [before, after].map(({ entries }) => [...entries.keys()].sort().join(' '));
      if (marks[0] !== marks[1]) fail('S12', `${what} changes which endpoints ${service.id} has`);
    }
  }
  return { id: 'S12' };
};

const restOf = ({ weight: _weight, ...rest }: ZoneRecord): string =>
  JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
