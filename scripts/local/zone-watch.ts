/**
 * The zone as the world sees it change: batches taken and batches served → commits, INSYNC and hand
 * edits as events, and the generation that stands now. It reads fences as anybody on the internet may.
 */

import { parseFence } from '../../shared/core/fence.ts';
import { type Config, epochMs, fenceName, type Service } from '../../shared/core/model.ts';
import { isManagedType, type ZoneRecord } from '../../shared/core/zone-record.ts';
import type { LocalRoute53, LoggedBatch } from './route53-server.ts';
import type { EventHub } from './world-events.ts';

export type ZoneWatch = {
  /** Of the fence as it stands in the zone; null while there is none that can be read. */
  readonly generationOf: (service: Service) => number | null;
  readonly servedRecords: (service: Service) => readonly ZoneRecord[];
};

export function watchZones(
  route53: LocalRoute53,
  { config, now, events }: { config: Config; now: () => number; events: EventHub },
): ZoneWatch {
  const generationIn = (service: Service, records: readonly ZoneRecord[]): number | null => {
    const fence = records.find(({ name, type }) => type === 'TXT' && name === fenceName(service));
    // Read at the end of time, so that a writer's clock ahead of ours doesn't hide its commit.
    const parsed = parseFence(fence?.values ?? null, config.deployment, epochMs(TIME_MAX));
    return parsed.kind === 'managed' ? parsed.fence.generation : null;
  };
  const servedGenerations = new Map<string, number | null>();

  const committed = new Map<string, number | null>();
  const onBatch = (batch: LoggedBatch): void => {
    if (!batch.accepted) {
      events.emit({ event: 'refused', at: batch.at, messages: batch.messages });
      return;
    }
    const records = route53.zone(batch.zone).records();
    for (const service of config.services) {
      if (service.zone.id !== batch.zone) continue;
      const generation = generationIn(service, records);
      if (generation === null || committed.get(service.id) === generation) continue;
      committed.set(service.id, generation);
      events.emit({
        event: 'commit',
        at: batch.at,
        service: service.id,
        generation,
        comment: batch.comment,
        weights: weightsIn(service, records),
      });
    }
  };
  route53.onBatch(onBatch);

  for (const zone of route53.zones) {
    zone.onServed(() => {
      const records = zone.served();
      for (const service of config.services) {
        if (service.zone.id !== zone.id) continue;
        const generation = generationIn(service, records);
        if (generation === null || servedGenerations.get(service.id) === generation) continue;
        servedGenerations.set(service.id, generation);
        events.emit({ event: 'insync', at: now(), service: service.id, generation });
      }
    });
  }

  return {
    generationOf: (service) => generationIn(service, route53.zone(service.zone.id).records()),
    servedRecords: (service) => route53.zone(service.zone.id).served(),
  };
}

const TIME_MAX = 8_640_000_000_000_000;

function weightsIn(
  service: Service,
  records: readonly ZoneRecord[],
): Readonly<Record<string, number>> {
  const weights: Record<string, number> = {};
  for (const { id, setIdentifier } of service.endpoints) {
    const own = records.find(
      (record) =>
        isManagedType(record.type) &&
        service.names.includes(record.name) &&
        record.setIdentifier === setIdentifier,
    );
    if (own) weights[id] = own.weight ?? 0;
  }
  return weights;
}
