/**
 * What a person's hand does in a zone, past Quorate: exact pairs of DELETE and CREATE of what stands there.
 * Returns how many records were touched: 0 where there was nothing to edit, or Route 53 would refuse.
 */
import type { ZoneRecord } from '../../../shared/core/zone-record.ts';
import type { SimZone } from '../world/route53.ts';
import type { SimWorld } from '../world/world.ts';

export type ServiceInZone = {
  readonly zone: SimZone;
  readonly fence: ZoneRecord | undefined;
  /** At its names, of its types. */
  readonly records: readonly ZoneRecord[];
};

export function inZone(world: SimWorld, service: string): ServiceInZone | undefined {
  const own = world.firstConfig.services.find(({ id }) => id === service);
  const zone = own === undefined ? undefined : world.route53.zones.get(own.zone.id);
  if (own === undefined || zone === undefined) return undefined;
  const all = [...zone.state().values()];
  const types: readonly string[] = own.types;
  return {
    zone,
    fence: all.find(({ name, type }) => type === 'TXT' && name === `_quorate.${own.names[0]}`),
    records: all.filter(({ name, type }) => own.names.includes(name) && types.includes(type)),
  };
}

/** False: Route 53 would not take it. */
export function edit(
  zone: SimZone,
  what: string,
  changes: Parameters<SimZone['edit']>[1],
): boolean {
  if (changes.length === 0) return false;
  try {
    zone.edit(what, changes);
    return true;
  } catch {
    return false;
  }
}

export const replaced = (before: ZoneRecord, after: ZoneRecord): Parameters<SimZone['edit']>[1] => [
  { action: 'DELETE', record: before },
  { action: 'CREATE', record: after },
];

/** A new weight per endpoint, in the order of set identifiers; null leaves it. */
export function editWeights(
  world: SimWorld,
  service: string,
  weightOf: (index: number, setIdentifier: string, now: number) => number | null,
): number {
  const found = inZone(world, service);
  if (found === undefined) return 0;
  const ids = [...new Set(found.records.map(({ setIdentifier }) => setIdentifier ?? ''))].sort();
  const pairs = found.records.flatMap((record) => {
    const id = record.setIdentifier ?? '';
    const weight = weightOf(ids.indexOf(id), id, record.weight ?? 0);
    if (record.weight === undefined || weight === null || weight === record.weight) return [];
    return replaced(record, { ...record, weight });
  });
  return edit(found.zone, 'weights', pairs) ? pairs.length / 2 : 0;
}

export function editFence(
  world: SimWorld,
  service: string,
  what: string,
  change: (text: string) => readonly string[] | null,
): boolean {
  const found = inZone(world, service);
  if (found?.fence === undefined) return false;
  const { fence, zone } = found;
  const text = (fence.values?.[0] ?? '').replace(/^"|"$/g, '').replaceAll('" "', '');
  const values = change(text)?.map(quoted);
  return edit(
    zone,
    what,
    values === undefined
      ? [{ action: 'DELETE', record: fence }]
      : replaced(fence, { ...fence, values }),
  );
}

function quoted(text: string): string {
  const segments: string[] = [];
  for (let at = 0; at < text.length; at += 255) segments.push(`"${text.slice(at, at + 255)}"`);
  return segments.join(' ');
}
