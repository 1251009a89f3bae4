/**
 * S2: a batch is the compare of the whole state: exact DELETE and CREATE of the fence and of every record
 * that the fence lists, as its process read them; never an UPSERT. And R9: it is sent within 30 s of its
 * decision, by the clock that decided.
 */
import type { ZoneRecord } from '../../../shared/core/zone-record.ts';
import type { MakeChecker } from '../scenario.ts';
import type { ZoneState } from '../world/events.ts';
import { bookOf, isAtService, isListed, type Part } from './safety-book.ts';

const PLAN_MS_MAX = 30_000;

const keyOf = (record: ZoneRecord): string =>
  `${record.name} ${record.type} ${record.setIdentifier ?? ''}`;

export const s02Compare: MakeChecker = (world, _scenario, fail) => {
  const book = bookOf(world);
  book.onSent((part) => {
    const { batch, service, intent, localMs, deletes, creates, fenceDeleted, by } = part;
    const who = `${batch.from.name}@${batch.from.region}`;
    for (const { action, record } of batch.changes) {
      if (action !== 'DELETE' && action !== 'CREATE') {
        fail('S2', `${who} sent ${String(action)} of ${keyOf(record)}`);
      }
    }
    const deleted = fenceDeleted === null ? deletes : [fenceDeleted, ...deletes];
    const reads = book.zoneReadsOf(batch.from.number);
    const read = reads.find(({ zone, state }) => zone === batch.zone && stands(state, deleted));
    if (deleted.length > 0 && read === undefined) {
      fail(
        'S2',
        `${who} deletes records of ${service.id} that it never read so: ${deleted.map(keyOf).join(', ')}`,
      );
    }
    // The first commit of all has no fence to be exact about.
    if (read !== undefined) isWhole(part, read.state, who);
    if (by !== 'operator') {
      const gone = new Set(deletes.map(keyOf));
      for (const record of creates) {
        if (!gone.has(keyOf(record)))
          fail('S2', `${who} creates ${keyOf(record)} that was not there`);
      }
    }
    if (intent !== null && intent.process === batch.from.number) {
      const ageMs = localMs - intent.record.at;
      if (ageMs > PLAN_MS_MAX) {
        fail('S2', `${who} sent a plan for ${service.id} ${ageMs} ms after it was recorded`);
      }
    }
  });
  book.onCommit(({ part, before }) => {
    isWhole(part, before, `${part.batch.from.name}@${part.batch.from.region}`);
  });

  /** Every record that the fence lists is compared. */
  function isWhole(part: Part, state: ZoneState, who: string): void {
    const { service, before, deletes } = part;
    if (before === null) return;
    const compared = new Set(deletes.map(keyOf));
    for (const record of state.values()) {
      if (!isAtService(service, record) || !isListed(before, record)) continue;
      if (!compared.has(keyOf(record))) {
        fail('S2', `${who} changed ${service.id} without asserting ${keyOf(record)}`);
      }
    }
  }
  return { id: 'S2' };
};

const stands = (state: ZoneState, records: readonly ZoneRecord[]): boolean =>
  records.every((record) => {
    const found = state.get(keyOf(record));
    return found !== undefined && (found === record || textOf(found) === textOf(record));
  });

function textOf(record: ZoneRecord): string {
  const { name, type, setIdentifier, weight, ttlSeconds, values, alias, healthCheckId, other } =
    record;
  return JSON.stringify([
    name,
    type,
    setIdentifier,
    weight,
    ttlSeconds,
    values === undefined ? null : [...values].sort(),
    alias === undefined ? null : [alias.name, alias.zone, alias.evaluateTargetHealth],
    healthCheckId,
    other,
  ]);
}
