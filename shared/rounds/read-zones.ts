/** Services → their zones as read, by zone id: each zone once, and one zone's failure is that zone's own. */
import { QuorateError } from '../core/errors.ts';
import type { Service } from '../core/model.ts';
import type { ZoneRead } from '../core/zone-record.ts';
import type { Zone } from '../ports.ts';
import { stretchOf } from './zone-watch.ts';

export type ZoneReads = ReadonlyMap<string, ZoneRead | QuorateError>;

export async function readZones(
  zone: Pick<Zone, 'read'>,
  services: readonly Service[],
  signal: AbortSignal,
): Promise<ZoneReads> {
  const byZone = Map.groupBy(services, (service) => service.zone.id);
  const reads = await Promise.all(
    [...byZone].map(async ([id, own]) => {
      const [first] = own;
      if (first === undefined) throw new Error('a group of services has one');
      const read = await zone.read(first.zone, stretchOf(own), signal).catch((error: unknown) => {
        if (error instanceof QuorateError) return error;
        throw error;
      });
      return [id, read] as const;
    }),
  );
  return new Map(reads);
}
