/**
 * Services → what the quorum would decide about each right now: reports from one region's replica, zones
 * read, the production evaluation. Nothing is written and no turn is waited for. A table that can't be read
 * leaves every vantage silent, with the reason; one zone's failure is that zone's own, and only where all
 * fail does the whole. API and command line ask through this one function.
 */
import { QuorateError } from '../core/errors.ts';
import type { Aids, Config, EpochMs, Service, VantageId } from '../core/model.ts';
import type { ConfigManifest } from '../core/report.ts';
import { type Snapshot, snapshotOf } from '../core/snapshot.ts';
import { tableNote, troubleText } from '../core/trouble.ts';
import type { Votes } from '../core/vote.ts';
import type { Clock, Ids, Store, Zone } from '../ports.ts';
import { evaluate } from './evaluate.ts';
import { type Evidence, readEvidence, votesOf } from './evidence.ts';
import { type OrderRecords, readOrderRecords } from './order-records.ts';
import { newMemory } from './quorum-memory.ts';
import { heldByBug, type QuorumResult } from './quorum-result.ts';
import { readChannelNotes } from './read-incidents.ts';
import { readZones } from './read-zones.ts';
import { readShadows } from './shadows.ts';

export type AssessDeps = {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly store: Store;
  readonly zone: Zone;
  readonly aids: Aids;
  /** Kept by a process that asks often: records never change, so each is read once. */
  readonly orderRecords?: OrderRecords;
};

export type AssessOptions = {
  /** Whose replica is read. */
  readonly region: VantageId;
  readonly manifest: ConfigManifest;
  /** Troubles are told to whoever can do something: a person with credentials, or a function's role. */
  readonly reader?: 'operator' | 'function';
};

export type Assessed = {
  readonly service: Service;
  readonly votes: Votes;
  /** The zone as read, never a shadow; null where it could not be read. */
  readonly snapshot: Snapshot | null;
  readonly result: QuorumResult | null;
  /** Why the zone could not be read. */
  readonly trouble: string | null;
};

export type Assessment = {
  readonly region: VantageId;
  readonly now: EpochMs;
  readonly evidence: Evidence;
  readonly services: readonly Assessed[];
  /** By service and order: who gave it and why. What is not in this region's table is not in it. */
  readonly orderRecords: OrderRecords;
  readonly digestOf: Aids['digestOf'];
  /** What differs from an ordinary round, each in a sentence. */
  readonly notes: readonly string[];
};

export async function assess(
  deps: AssessDeps,
  config: Config,
  services: readonly Service[],
  { region, manifest, reader = 'operator' }: AssessOptions,
  signal: AbortSignal,
): Promise<Assessment> {
  const { clock, aids, ids, store } = deps;
  const [evidence, shadows, reads, channels] = await Promise.all([
    readEvidence({ clock, store }, config, manifest, signal),
    readShadows({ store }, services, region, signal),
    readZones(deps.zone, services, signal),
    channelNotes(deps, config, signal),
  ]);
  const failed = [...reads.values()].filter((read) => read instanceof QuorateError);
  const [first] = failed;
  if (first !== undefined && failed.length === reads.size) throw first;

  const now = clock.now();
  const assessed = services.map((service): Assessed => {
    const votes = votesOf(evidence, service, now);
    const read = reads.get(service.zone.id);
    if (read === undefined || read instanceof QuorateError) {
      const trouble =
        read === undefined
          ? 'the zone was not read'
          : reader === 'operator'
            ? troubleText(read, config.zones)
            : read.message;
      return { service, votes, snapshot: null, result: null, trouble };
    }
    const snapshot = snapshotOf(service, read, config.deployment, now);
    const evaluator = { config, aids, memory: newMemory() };
    const at = { now, nonce: ids.nonce };
    let result: QuorumResult;
    try {
      result = evaluate(evaluator, service, evidence, snapshot, shadows ?? new Map(), at);
    } catch (error) {
      result = heldByBug(service, snapshot, error, now, evidence.trouble);
    }
    return { service, votes, snapshot, result, trouble: null };
  });
  const orderRecords = deps.orderRecords ?? new Map();
  // A table that told nothing a moment ago is not waited for again.
  if (evidence.trouble === null) await readOrderRecords(store, orderRecords, assessed, signal);
  return {
    region,
    now,
    evidence,
    services: assessed,
    orderRecords,
    digestOf: aids.digestOf,
    notes: [
      ...(evidence.trouble === null ? [] : [tableNote(evidence.trouble)]),
      ...assessed.flatMap(otherConfigNote),
      ...channels,
    ],
  };
}

/** Who would be told of all this, and is not. A table that is away is told of by the reports' note. */
async function channelNotes(
  { clock, store }: Pick<AssessDeps, 'clock' | 'store'>,
  config: Config,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    return await readChannelNotes(store, config, clock.now(), signal);
  } catch (error) {
    if (error instanceof QuorateError) return [];
    throw error;
  }
}

/** Judged by this file, a deployment of another one looks blind. That must not be taken for an outage. */
function otherConfigNote({ service, votes }: Assessed): readonly string[] {
  const others = votes.views.filter(
    (view) => view.state === 'silent' && view.why === 'other-config',
  );
  return others.length === 0
    ? []
    : [
        `${others.length} of ${votes.views.length} vantages run another configuration of ${service.id} than this file; deploy it, or look with the file that is deployed`,
      ];
}
