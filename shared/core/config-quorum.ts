/**
 * Vantages and quorum → who looks and how many votes decide, for the deployment and for a service with a
 * subset of its own. Two opposite answers must never both have a quorum, so it is more than half of the
 * *configured* vantages; losing one region, or one continent's transit, should not decide anything.
 */
import { about, at, type ConfigNode, child } from './config-node.ts';
import { nearest, orList, type Place } from './config-problem.ts';
import { noteMissing, type Reader, readKey, readLeaf, readList } from './config-read.ts';
import { regionName, sharedEntries } from './config-schema.ts';
import { type VantageId, vantageId } from './model.ts';

export type Electorate = {
  readonly vantages: readonly VantageId[];
  readonly quorum: number;
  /** Written by somebody, not derived: a single vantage decides only where that is said. */
  readonly isExplicit: boolean;
};

const VANTAGE_RULES = { least: 1, most: 30, example: '[eu-west-1, us-east-1, ap-southeast-1]' };

/** Known to this release; a newer region is warned about, not refused. */
export const AWS_REGIONS = [
  'af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2',
  'ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7',
  'ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1',
  'eu-south-2 eu-west-1 eu-west-2 eu-west-3 eusc-de-east-1 il-central-1 me-central-1 me-south-1',
  'mx-central-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 us-west-1 us-west-2',
].flatMap((some) => some.split(' '));

export const majorityOf = (vantages: number): number => Math.floor(vantages / 2) + 1;

/** The list of vantages, without repetitions; `undefined` if one of them is in doubt. */
export function parseVantages(
  reader: Reader,
  node: ConfigNode,
  all?: readonly VantageId[],
): readonly VantageId[] | undefined {
  const { items, whole } = readList(reader, node, regionName, VANTAGE_RULES);
  const seen = new Set<VantageId>();
  let sound = whole;
  for (const item of items) {
    const vantage = vantageId(item.value);
    if (seen.has(vantage)) {
      reader.mistake(at(item.node), 'is listed twice; write each vantage once');
      sound = false;
    } else if (all && !all.includes(vantage)) {
      const guess = nearest(vantage, all);
      reader.mistake(
        at(item.node),
        `is not a vantage of this deployment; ${guess ? `did you mean ${guess}?` : `write some of ${orList(all)}`}`,
      );
      sound = false;
    } else if (!all) warnUnknownRegion(reader, item.node, vantage);
    seen.add(vantage);
  }
  return sound ? [...seen] : undefined;
}

/** Of the deployment, or of a service that has vantages or a quorum of its own. */
export function parseElectorate(
  reader: Reader,
  node: ConfigNode,
  vantages: readonly VantageId[] | undefined,
  inherited?: Electorate,
): Electorate | undefined {
  const quorumNode = child(node, 'quorum');
  const written = readKey(reader, node, sharedEntries, 'quorum');
  if (vantages === undefined || (quorumNode && written === undefined)) return undefined;
  const quorum = written ?? majorityOf(vantages.length);
  const place = quorumNode ? at(quorumNode) : about(node, 'quorum');
  if (!isSane(reader, place, quorum, vantages.length)) return undefined;
  if (vantages.length >= 3) warnFragile(reader, about(node, 'vantages'), quorum, vantages);
  const isExplicit = written !== undefined || (inherited?.isExplicit ?? false);
  return { vantages, quorum, isExplicit };
}

function isSane(reader: Reader, place: Place, quorum: number, vantages: number): boolean {
  if (quorum > vantages) {
    reader.mistake(
      place,
      `is more than the ${vantages} vantages there are; write one from ${majorityOf(vantages)} to ${vantages}`,
    );
    return false;
  }
  if (quorum * 2 > vantages) return true;
  reader.mistake(
    place,
    `is no majority of ${vantages} vantages, so up and down could both win; write ${majorityOf(vantages)} or more`,
  );
  return false;
}

function warnFragile(
  reader: Reader,
  place: Place,
  quorum: number,
  vantages: readonly VantageId[],
): void {
  const left = vantages.length - 1;
  if (left < quorum + 1) {
    reader.warn(
      place,
      `leave ${left} when one region is lost, no vote more than the quorum of ${quorum}; 5 vantages with quorum 3 are recommended`,
    );
  }
  const perGeography = Map.groupBy(vantages, (vantage) => vantage.slice(0, 2));
  for (const [geography, members] of perGeography) {
    if (members.length < quorum) continue;
    reader.warn(
      place,
      `reach the quorum of ${quorum} within ${geography}- alone, where one carrier's outage looks like yours; spread them over continents`,
    );
  }
}

export function warnUnknownRegion(reader: Reader, node: ConfigNode, region: string): void {
  if (AWS_REGIONS.includes(region)) return;
  const guess = nearest(region, AWS_REGIONS);
  const remedy = guess ? `did you mean ${guess}?` : 'check the spelling';
  reader.warn(at(node), `is not a region that this release knows; ${remedy}`);
}

/** The region that owns the table must be one of those that look. */
export function parseHome(
  reader: Reader,
  node: ConfigNode,
  vantages: readonly VantageId[] | undefined,
): VantageId | undefined {
  const home = child(node, 'home');
  if (home === undefined) {
    noteMissing(reader, node, 'home', 'write the vantage whose stack owns the table');
    return undefined;
  }
  const region = readLeaf(reader, home, regionName);
  if (region === undefined) return undefined;
  if (vantages && !vantages.includes(vantageId(region))) {
    reader.mistake(
      at(home),
      `is not one of the vantages; write ${orList(vantages)}, or add it there`,
    );
  }
  return vantageId(region);
}
