/**
 * The operator's morning after: what other hands left in the zone goes back to what stood there first,
 * fences that are none are adopted, drift is settled, orders are cancelled, returns approved, every region
 * runs the newest file. Tried a few times, since each step may meet what the step before left.
 */
import type { ServiceId } from '../../../shared/core/model.ts';
import type { Operation } from '../../../shared/core/operation.ts';
import type { ZoneRecord } from '../../../shared/core/zone-record.ts';
import type { SimWorld } from '../world/world.ts';
import { firstZone, ordersOf } from './memory.ts';
import { edit, inZone, replaced } from './zone-edit.ts';

export async function tidyUp(world: SimWorld): Promise<void> {
  const home = world.firstConfig.home;
  for (const at of world.conditions.places.keys()) {
    if (world.lambda.configOf(at) !== world.config()) world.deploy(at, world.config());
  }
  const done = async (service: ServiceId, operation: Operation): Promise<string> => {
    try {
      return (await world.operate(home, service, operation, 'operator'))?.answer.kind ?? 'nobody';
    } catch {
      return 'failed';
    }
  };
  const enforced = world.firstConfig.services.filter(({ mode }) => mode === 'enforce');
  await Promise.all(
    enforced.map(async (service) => {
      putBack(world, service.id);
      const settled = await done(service.id, { kind: 'reassert' });
      if (settled === 'refused') {
        await done(service.id, { kind: 'adopt' });
        await done(service.id, { kind: 'reassert' });
      }
      await done(service.id, { kind: 'apply' });
      for (const order of ordersOf(world, service.id)) {
        await done(service.id, { kind: 'cancel', order });
      }
      for (const { id } of service.endpoints) {
        await done(service.id, { kind: 'approve', endpoint: id });
      }
    }),
  );
}

const keyOf = ({ name, type, setIdentifier }: ZoneRecord): string =>
  `${name} ${type} ${setIdentifier ?? ''}`;

/** Weights stay as they are: whose they are is settled with the fence. */
export function putBack(world: SimWorld, service: string): void {
  const found = inZone(world, service);
  const first = found && firstZone(world, found.zone.id);
  if (found === undefined || first === undefined) return;
  const wanted = [...first.values()].filter(
    ({ name, type, setIdentifier }) =>
      setIdentifier !== undefined &&
      type !== 'TXT' &&
      found.records.some((record) => record.name === name && record.type === type),
  );
  const missingGroups = [...first.values()].filter(
    ({ name, setIdentifier }) =>
      setIdentifier !== undefined &&
      world.firstConfig.services.some(({ id, names }) => id === service && names.includes(name)),
  );
  const all = new Map([...wanted, ...missingGroups].map((record) => [keyOf(record), record]));
  const standing = new Map(found.records.map((record) => [keyOf(record), record]));
  const changes: { readonly action: 'DELETE' | 'CREATE'; readonly record: ZoneRecord }[] = [];
  for (const record of found.records) {
    if (!all.has(keyOf(record))) changes.push({ action: 'DELETE', record });
  }
  for (const [key, record] of all) {
    const now = standing.get(key);
    const ttlSeconds = [...standing.values()].find(
      ({ name, type, weight }) =>
        name === record.name && type === record.type && weight !== undefined,
    )?.ttlSeconds;
    const own = { ...record, ...(ttlSeconds === undefined ? {} : { ttlSeconds }) };
    if (now === undefined) changes.push({ action: 'CREATE', record: own });
    else if (JSON.stringify(now.values) !== JSON.stringify(record.values)) {
      changes.push(...replaced(now, { ...own, weight: now.weight ?? 0 }));
    }
  }
  edit(found.zone, 'put back', changes);
}
