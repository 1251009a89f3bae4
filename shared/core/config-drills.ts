/**
 * `drills:` → what is rehearsed each week: a region, for how long, and when (UTC). Only a region that some
 * service has endpoints in can be drained; two drills never overlap, since the second would take away what
 * the first left.
 */
import { about, at, type ConfigNode, child, isMap, itemsOf, valueAt } from './config-node.ts';
import { nearest, orList } from './config-problem.ts';
import { type Reader, readMap, readRequired } from './config-read.ts';
import { drillEntries } from './config-schema.ts';
import { type PlannedDrill, regionId } from './model.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, printWeekTime } from './units.ts';

const DRILLS_MAX = 50;
/** A drain takes a minute to be served: a shorter drill would end before anybody could see it. */
const FOR_MS_MIN = 2 * MINUTE_MS;
const FOR_MS_MAX = 2 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
const EXAMPLE = '[{ region: eu-west-1, for: 10m, at: Tue 10:00 }]';

type Placed = { readonly drill: PlannedDrill; readonly node: ConfigNode };

export function parseDrills(reader: Reader, file: ConfigNode): readonly PlannedDrill[] {
  const node = child(file, 'drills');
  if (node === undefined) return [];
  const value = valueAt(node);
  if (!Array.isArray(value) || value.length > DRILLS_MAX) {
    const what = Array.isArray(value) ? `has ${value.length} entries` : 'is not a list';
    reader.mistake(about(node), `${what}; write at most ${DRILLS_MAX} such as ${EXAMPLE}`);
    return [];
  }
  const regions = regionsIn(file);
  const placed = itemsOf(node).flatMap((item) => {
    const drill = parseDrill(reader, item, regions);
    return drill === undefined ? [] : [{ drill, node: item }];
  });
  judgeOverlaps(reader, placed);
  return placed.map(({ drill }) => drill);
}

function parseDrill(
  reader: Reader,
  node: ConfigNode,
  regions: readonly string[],
): PlannedDrill | undefined {
  if (!readMap(reader, node, drillEntries, '{ region: eu-west-1, for: 10m, at: Tue 10:00 }')) {
    return undefined;
  }
  const region = readRequired(reader, node, drillEntries, 'region', 'write the region to drain');
  const forMs = readRequired(reader, node, drillEntries, 'for', 'write how long, such as 10m');
  const time = readRequired(reader, node, drillEntries, 'at', 'write when, such as Tue 10:00');
  const regionNode = child(node, 'region');
  if (regionNode && region !== undefined && regions.length > 0 && !regions.includes(region)) {
    const guess = nearest(region, regions);
    const remedy = guess ? `did you mean ${guess}?` : `write one of ${orList(regions)}`;
    reader.mistake(at(regionNode), `is no region that a service has endpoints in; ${remedy}`);
  }
  const forNode = child(node, 'for');
  if (forNode && forMs !== undefined && (forMs < FOR_MS_MIN || forMs > FOR_MS_MAX)) {
    reader.mistake(at(forNode), 'is no length for a drill; write 2m to 2h, such as 10m');
  }
  if (region === undefined || forMs === undefined || time === undefined) return undefined;
  return { region: regionId(region), forMs, ...time };
}

/** As written, even where the endpoint itself is wrong: its mistake must cause no second one here. */
function regionsIn(file: ConfigNode): readonly string[] {
  const regions = membersOf(valueAt(file))
    .filter(([key]) => key === 'services')
    .flatMap(([, services]) => membersOf(services))
    .flatMap(([, service]) => membersOf(service))
    .filter(([key]) => key === 'endpoints')
    .flatMap(([, endpoints]) => membersOf(endpoints))
    .map(([id, endpoint]) => {
      const written = new Map(membersOf(endpoint)).get('region');
      return typeof written === 'string' ? written : id;
    });
  return [...new Set(regions)];
}

const membersOf = (value: unknown): readonly (readonly [string, unknown])[] =>
  isMap(value) ? Object.entries(value) : [];

function judgeOverlaps(reader: Reader, placed: readonly Placed[]): void {
  for (const [index, { drill, node }] of placed.entries()) {
    const earlier = placed.slice(0, index).find((other) => overlaps(other.drill, drill));
    if (earlier === undefined) continue;
    const { region } = earlier.drill;
    reader.mistake(
      about(node),
      `overlaps the drill of ${region} at ${printWeekTime(earlier.drill)}; let one end before the next begins`,
    );
  }
}

const startMs = ({ weekday, minuteOfDay }: PlannedDrill): number =>
  weekday * DAY_MS + minuteOfDay * MINUTE_MS;
const overlaps = (a: PlannedDrill, b: PlannedDrill): boolean => {
  const gapMs = (from: PlannedDrill, to: PlannedDrill): number =>
    (startMs(to) - startMs(from) + WEEK_MS) % WEEK_MS;
  return gapMs(a, b) < a.forMs || gapMs(b, a) < b.forMs;
};
