/**
 * Route 53 as a whole: zones with exact semantics (the engine of the local world, which shares nothing
 * with the decision code), PENDING → INSYNC in the order of acceptance, a meter per account, and all that
 * can go wrong with a control plane. Every change of a zone is told, by whomever it was made.
 */

import { tokenBucket } from '../../../scripts/local/token-bucket.ts';
import { applyBatch, type HostedZone, hostedZone } from '../../../scripts/local/zone-engine.ts';
import type { Change, ZoneRecord } from '../../../shared/core/zone-record.ts';
import type { Simulation } from '../kernel/simulation.ts';
import type { Route53Conditions } from './conditions.ts';
import type { Batch, Listener, ZoneState } from './events.ts';

/** As the SDK throws it: the production adapter's own table sorts it. */
export type AwsError = Error & {
  readonly $fault: 'client' | 'server';
  readonly $metadata: { readonly httpStatusCode: number };
  readonly messages?: readonly string[];
};

export const awsError = (
  name: string,
  status: number,
  message: string,
  messages?: readonly string[],
): AwsError =>
  Object.assign(new Error(message), {
    name,
    $fault: status < 500 ? ('client' as const) : ('server' as const),
    $metadata: { httpStatusCode: status },
    ...(messages === undefined ? {} : { messages }),
  });

type Pending = { readonly changeId: string; readonly dueAtMs: number; readonly after: HostedZone };

export type SimZone = {
  readonly id: string;
  readonly state: () => ZoneState;
  /** What name servers answer. */
  readonly served: () => ZoneState;
  /** A person's own hand; throws where Route 53 would refuse. */
  readonly edit: (what: string, changes: readonly Change[]) => void;
  /** To an earlier state, byte for byte, as infrastructure code would. */
  readonly restore: (what: string, state: ZoneState) => void;
  /** The control plane moves and loses what was not served yet; returns how many changes. */
  readonly strand: () => number;
};

export type Route53 = {
  readonly zones: ReadonlyMap<string, SimZone>;
  /** Throws as AWS does. */
  readonly change: (batch: Batch) => string;
  readonly list: (zone: string) => ZoneState;
  readonly status: (changeId: string) => 'PENDING' | 'INSYNC';
};

/** Route 53 guide, limits: per account. */
const CHANGES_METER = { burst: 50, perSecond: 10 };

export function route53(
  sim: Simulation,
  conditions: Route53Conditions,
  start: readonly {
    readonly id: string;
    readonly name: string;
    readonly records: readonly ZoneRecord[];
  }[],
  tell: Listener,
): Route53 {
  const random = sim.random.fork('route53');
  const meter = tokenBucket(CHANGES_METER);
  const known = new Map<string, 'PENDING' | 'INSYNC'>();
  let changes = 0;

  const meet = (): void => {
    if (conditions.isDown) throw awsError('ServiceUnavailable', 503, 'Service unavailable');
    if (!meter.take(1, sim.nowMs()) || random.chance(conditions.throttled)) {
      throw awsError('Throttling', 400, 'Rate exceeded');
    }
  };

  const books = new Map(start.map((zone) => [zone.id, zoneBook(zone)]));
  const bookOf = (id: string): ReturnType<typeof zoneBook> => {
    const book = conditions.missingZones.has(id) ? undefined : books.get(id);
    if (book === undefined) {
      throw awsError('NoSuchHostedZone', 404, `No hosted zone found with ID: ${id}`);
    }
    return book;
  };

  return {
    zones: new Map([...books].map(([id, { zone }]) => [id, zone])),
    change: (batch) => {
      const book = bookOf(batch.zone);
      const before = book.zone.state();
      const arrived = (
        answer: 'accepted' | 'refused' | 'throttled' | 'busy' | 'denied' | 'unknown',
        changeId: string | null,
      ): void =>
        tell({
          kind: 'batch-arrived',
          atMs: sim.nowMs(),
          batch,
          answer,
          before,
          after: book.zone.state(),
          changeId,
        });
      const fail = (answer: Parameters<typeof arrived>[0], error: AwsError): never => {
        arrived(answer, null);
        throw error;
      };
      try {
        meet();
        if (conditions.throttledChanges > 0 && random.chance(conditions.throttledChanges)) {
          throw awsError('Throttling', 400, 'Rate exceeded');
        }
      } catch (error) {
        fail(conditions.isDown ? 'unknown' : 'throttled', error as AwsError);
      }
      if (conditions.failsBefore > 0 && random.chance(conditions.failsBefore)) {
        fail('unknown', awsError('InternalFailure', 500, 'Internal failure'));
      }
      if (random.chance(conditions.busy)) {
        fail(
          'busy',
          awsError(
            'PriorRequestNotComplete',
            400,
            'The request was rejected because Route 53 was still processing a prior request.',
          ),
        );
      }
      if (conditions.denied) {
        fail(
          'denied',
          awsError(
            'AccessDenied',
            403,
            'User is not authorized to perform route53:ChangeResourceRecordSets',
          ),
        );
      }
      const outcome = applyBatch(book.current(), batch.changes, {
        protectedNames: [...conditions.protectedNames],
      });
      if (outcome.kind === 'refused') {
        fail('refused', awsError(outcome.code, 400, outcome.messages.join(', '), outcome.messages));
        throw new Error('unreachable');
      }
      changes += 1;
      const changeId = `C${String(changes).padStart(9, '0')}`;
      known.set(changeId, 'PENDING');
      book.accept(
        outcome.zone,
        changeId,
        random.between(conditions.insyncMs.from, conditions.insyncMs.to),
      );
      arrived('accepted', changeId);
      if (conditions.failsAfter > 0 && random.chance(conditions.failsAfter)) {
        throw awsError('ServiceUnavailable', 503, 'Service unavailable');
      }
      return changeId;
    },
    list: (zone) => {
      meet();
      const book = bookOf(zone);
      return conditions.staleReads > 0 && random.chance(conditions.staleReads)
        ? book.earlier()
        : book.zone.state();
    },
    status: (changeId) => {
      meet();
      const status = known.get(changeId);
      if (status === undefined)
        throw awsError('NoSuchChange', 404, `Could not find resource with ID: ${changeId}`);
      return status;
    },
  };

  function zoneBook(given: (typeof start)[number]) {
    let current = hostedZone(given);
    let served = current;
    let earlier = current;
    let pending: Pending[] = [];
    const servedNow = (): void =>
      tell({ kind: 'zone-served', atMs: sim.nowMs(), zone: given.id, state: served.records });
    const settle = (): void => {
      const before = served;
      for (let first = pending[0]; first && first.dueAtMs <= sim.nowMs(); first = pending[0]) {
        served = first.after;
        known.set(first.changeId, 'INSYNC');
        pending.shift();
      }
      if (served !== before) servedNow();
    };
    const accept = (after: HostedZone, changeId: string, delayMs: number): void => {
      earlier = current;
      current = after;
      // Served strictly in the order of acceptance.
      const last = pending.at(-1)?.dueAtMs ?? 0;
      const dueAtMs = Math.max(last, Math.ceil(sim.nowMs() + delayMs));
      pending.push({ changeId, dueAtMs, after });
      sim.after(dueAtMs - sim.nowMs(), 'insync', settle);
    };
    const foreign = (what: string, after: HostedZone): void => {
      const before = current.records;
      accept(after, `foreign ${what}`, 5_000);
      tell({
        kind: 'zone-edited',
        atMs: sim.nowMs(),
        zone: given.id,
        what,
        before,
        after: after.records,
      });
    };
    const zone: SimZone = {
      id: given.id,
      state: () => current.records,
      served: () => served.records,
      edit: (what, edits) => {
        const outcome = applyBatch(current, edits, {});
        if (outcome.kind === 'refused') throw new Error(`${what}: ${outcome.messages.join('; ')}`);
        foreign(what, outcome.zone);
      },
      restore: (what, state) => foreign(what, { ...current, records: state }),
      strand: () => {
        settle();
        const lost = pending.length;
        if (lost === 0) return 0;
        const before = current.records;
        for (const { changeId } of pending) known.delete(changeId);
        pending = [];
        current = served;
        tell({
          kind: 'zone-stranded',
          atMs: sim.nowMs(),
          zone: given.id,
          before,
          after: current.records,
        });
        return lost;
      },
    };
    return { zone, current: () => current, earlier: () => earlier.records, accept };
  }
}
