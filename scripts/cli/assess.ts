/**
 * Services of the file → what the quorum would decide about each right now: reports from one region's
 * replica, zones freshly read, the production evaluation. Nothing is written and no turn is waited for. A
 * table that can't be read leaves every vantage silent, with the reason; one zone's failure is that
 * zone's own, and only where all fail does the command.
 */
import { manifestOf } from '../../shared/core/config.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import type { Config, EpochMs, Service, VantageId } from '../../shared/core/model.ts';
import { type Snapshot, snapshotOf } from '../../shared/core/snapshot.ts';
import type { Votes } from '../../shared/core/vote.ts';
import type { ZoneRead } from '../../shared/core/zone-record.ts';
import { evaluate } from '../../shared/rounds/evaluate.ts';
import { type Evidence, readEvidence, votesOf } from '../../shared/rounds/evidence.ts';
import { newMemory } from '../../shared/rounds/quorum-memory.ts';
import { heldByBug, type QuorumResult } from '../../shared/rounds/quorum-result.ts';
import { readShadows } from '../../shared/rounds/shadows.ts';
import { stretchOf } from '../../shared/rounds/zone-watch.ts';
import type { Wired } from '../../shared/wire.ts';
import { tableNote, troubleText } from './trouble.ts';

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
  /** What differs from an ordinary round, each in a sentence. */
  readonly notes: readonly string[];
};

export async function assess(
  wired: Wired,
  config: Config,
  services: readonly Service[],
  signal: AbortSignal,
): Promise<Assessment> {
  const { clock, aids, ids } = wired;
  const region = wired.settings.vantage;
  const store = wired.store();
  const [evidence, shadows, reads] = await Promise.all([
    readEvidence({ clock, store }, config, manifestOf(config), signal),
    readShadows({ store }, services, region, signal),
    readZones(wired, services, signal),
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
        read === undefined ? 'the zone was not read' : troubleText(read, config.zones);
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
  return {
    region,
    now,
    evidence,
    services: assessed,
    notes: [
      ...(evidence.trouble === null ? [] : [tableNote(evidence.trouble)]),
      ...assessed.flatMap(otherConfigNote),
    ],
  };
}

async function readZones(
  wired: Wired,
  services: readonly Service[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ZoneRead | QuorateError>> {
  const byZone = Map.groupBy(services, (service) => service.zone.id);
  const reads = await Promise.all(
    [...byZone].map(async ([id, own]) => {
      const [first] = own;
      if (first === undefined) throw new Error('a group of services has one');
      const read = await wired
        .zone()
        .read(first.zone, stretchOf(own), signal)
        .catch((error: unknown) => {
          if (error instanceof QuorateError) return error;
          throw error;
        });
      return [id, read] as const;
    }),
  );
  return new Map(reads);
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
