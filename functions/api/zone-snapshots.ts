/**
 * The `Zone` port twice. `held` is read at most once per 10 s and zone by this process, failures included:
 * pages that poll must not use up what the account may ask Route 53 for. `fresh` is the zone itself, for
 * changes; what it reads or writes is what `held` answers from next.
 */
import type { Config } from '../../shared/core/model.ts';
import type { ZoneRead } from '../../shared/core/zone-record.ts';
import type { Clock, Zone } from '../../shared/ports.ts';
import { stretchOf } from '../../shared/rounds/zone-watch.ts';

export const SNAPSHOT_MS = 10_000;

export type ZoneSnapshots = { readonly held: Zone; readonly fresh: Zone };

export function zoneSnapshots(
  { clock, zone }: { readonly clock: Pick<Clock, 'now'>; readonly zone: () => Zone },
  config: Pick<Config, 'services'>,
): ZoneSnapshots {
  const snapshots = new Map<string, { readonly at: number; readonly read: Promise<ZoneRead> }>();
  const read: Zone['read'] = (ref, stretch, signal) => {
    // All that is managed there, so that the next question is answered, too.
    const managed = config.services.filter((service) => service.zone.id === ref.id);
    const whole = managed.length === 0 ? stretch : stretchOf(managed);
    const reading = zone().read(ref, whole, signal);
    snapshots.set(ref.id, { at: clock.now(), read: reading });
    return reading;
  };
  const commit: Zone['commit'] = async (ref, changes, comment, signal) => {
    try {
      return await zone().commit(ref, changes, comment, signal);
    } finally {
      snapshots.delete(ref.id);
    }
  };
  const changeStatus: Zone['changeStatus'] = (ref, changeId, signal) =>
    zone().changeStatus(ref, changeId, signal);
  return {
    fresh: { read, commit, changeStatus },
    held: {
      read: (ref, stretch, signal) => {
        const known = snapshots.get(ref.id);
        const ageMs = known === undefined ? SNAPSHOT_MS : clock.now() - known.at;
        return known !== undefined && ageMs >= 0 && ageMs < SNAPSHOT_MS
          ? known.read
          : read(ref, stretch, signal);
      },
      commit,
      changeStatus,
    },
  };
}
