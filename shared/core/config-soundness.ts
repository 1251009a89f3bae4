/**
 * Judges the endpoints of one service together: no two of them confused, tiers without gaps, weight that
 * never adds up to nothing, a floor that can be kept, and a change batch that Route 53 accepts.
 */
import type { EndpointDraft } from './config-endpoint.ts';
import { about, at, type ConfigNode, child, isMap, keysOf, valueAt } from './config-node.ts';
import type { Reader } from './config-read.ts';
import { endpointMark } from './endpoint-mark.ts';
import { meetsFloor, regionWeights } from './floor.ts';
import { type Endpoint, type Policy, percentOf, type RecordType, type Service } from './model.ts';
import { probesOf } from './probe-request.ts';

/** One batch of `ChangeResourceRecordSets` (Route 53 DNS limitations). */
const BATCH_ELEMENTS_MAX = 1_000;
const BATCH_VALUE_LENGTH_MAX = 32_000;
/** The fence may take one whole value, and stands in the batch twice. */
const FENCE_LENGTH_MAX = 4_000;

type Weighted = EndpointDraft & { readonly weight: number; readonly tier: number };

export function judgeEndpoints(
  reader: Reader,
  node: ConfigNode,
  types: readonly RecordType[],
  drafts: readonly EndpointDraft[],
): void {
  judgeDistinct(reader, drafts);
  const map = child(node, 'endpoints');
  if (map === undefined) return;
  if (drafts.length === 0) {
    if (isMap(valueAt(map)) && keysOf(map).length === 0) {
      reader.mistake(about(map), 'has no endpoint; write at least one');
    }
    return;
  }
  const weighted = drafts.filter(isWeighted);
  if (weighted.length < drafts.length) return;
  if (judgeTiers(reader, map, weighted)) judgeWeights(reader, map, types, weighted);
}

/** A check that doesn't name the endpoint takes one answer for all of them: none would ever fail alone. */
export function judgeProbes(
  reader: Reader,
  drafts: readonly EndpointDraft[],
  service: Pick<Service, 'names' | 'endpoints'>,
): void {
  const asked = new Map<string, Endpoint>();
  for (const endpoint of service.endpoints) {
    const requests = probesOf(service, endpoint)
      .map(({ key }) => key)
      .sort()
      .join(' ');
    const twin = asked.get(requests);
    asked.set(requests, endpoint);
    if (twin === undefined || twin.probeTargets.join() === endpoint.probeTargets.join()) continue;
    for (const { id, node } of drafts) {
      if (id !== endpoint.id) continue;
      reader.mistake(
        about(node),
        `is asked exactly as ${twin.id} is, so one answer would judge both; write {target}, {endpoint} or {region} into what is asked`,
      );
    }
  }
}

/** Records, marks in the fence and answers must each belong to one endpoint. */
function judgeDistinct(reader: Reader, drafts: readonly EndpointDraft[]): void {
  const owners = new Map<string, EndpointDraft>();
  const claim = (draft: EndpointDraft, what: string): EndpointDraft | undefined => {
    const owner = owners.get(what);
    if (owner === undefined) owners.set(what, draft);
    return owner;
  };
  for (const draft of drafts) {
    const { id, setIdentifier, targets } = draft;
    const place = child(draft.node, 'set-identifier');
    const twin = setIdentifier === undefined ? undefined : claim(draft, `set ${setIdentifier}`);
    if (twin) {
      reader.mistake(
        place ? at(place) : about(draft.node),
        `is the set identifier of ${twin.id} too; give each endpoint its own`,
      );
    }
    const marked = claim(draft, `mark ${endpointMark(id, reader.aids.digestOf)}`);
    if (marked) {
      reader.mistake(
        about(draft.node),
        `has the same short mark in the _quorate record as ${marked.id}, by chance; rename one of them`,
      );
    }
    for (const [type, target] of Object.entries(targets)) {
      const answer = target.kind === 'alias' ? target.name : target.value;
      const same = claim(draft, `${type} ${answer}`);
      if (same) {
        reader.warn(
          about(draft.node),
          `answers ${answer}, and so does ${same.id}; taking one away leaves the other in`,
        );
      }
    }
  }
}

function judgeTiers(reader: Reader, map: ConfigNode, drafts: readonly Weighted[]): boolean {
  const tiers = new Set(drafts.map(({ tier }) => tier));
  const last = Math.max(...tiers);
  const missing = Array.from({ length: last }, (_, index) => index + 1).find((t) => !tiers.has(t));
  if (missing === undefined) return true;
  reader.mistake(
    about(map),
    `goes up to tier ${last} and has nothing in tier ${missing}; number the tiers from 1 without gaps`,
  );
  return false;
}

/** With every weight 0, Route 53 answers all records alike, dead ones included. */
function judgeWeights(
  reader: Reader,
  map: ConfigNode,
  types: readonly RecordType[],
  drafts: readonly Weighted[],
): void {
  const tiers = [...new Set(drafts.map(({ tier }) => tier))].sort((a, b) => a - b);
  for (const tier of tiers) {
    const total = sum(drafts.filter((draft) => draft.tier === tier).map(({ weight }) => weight));
    if (total > 0) continue;
    const what =
      tiers.length === 1 ? 'has only weights of 0' : `has only weights of 0 in tier ${tier}`;
    reader.mistake(
      about(map),
      `${what}, and Route 53 answers all records alike then; give one of them weight`,
    );
    return;
  }
  if (drafts.some(({ targetsKnown }) => !targetsKnown)) return;
  for (const type of types) {
    const answering = drafts.filter(({ targets }) => targets[type] !== undefined);
    const without = tiers.filter((tier) => !answering.some((d) => d.tier === tier && d.weight > 0));
    if (without.includes(1)) {
      const what = answering.length === 0 ? 'has' : 'has in tier 1';
      reader.mistake(
        about(map),
        `${what} no ${type} record with weight; add one, or leave ${type} out of type`,
      );
    } else if (without.length > 0) {
      reader.warn(
        about(map),
        `has no ${type} record with weight in tier ${without.join(', ')}, so ${type} stays with an earlier tier then; add one`,
      );
    }
  }
}

export type FloorRules = {
  readonly policy: Policy | undefined;
  readonly mode: Service['mode'] | undefined;
  readonly acceptWithheld: boolean | undefined;
};

/** Only the last tier's floor can withhold: below it, an earlier tier hands over to the next. */
export function judgeFloor(
  reader: Reader,
  node: ConfigNode,
  rules: FloorRules,
  drafts: readonly EndpointDraft[],
): void {
  const floorPercent = rules.policy?.floorPercent;
  const policy = child(node, 'policy');
  const floor = policy && child(policy, 'floor');
  const weighted = drafts.filter(isWeighted);
  if (floor === undefined || floorPercent === undefined || rules.acceptWithheld !== false) return;
  if (weighted.length === 0 || weighted.length < drafts.length) return;
  const last = Math.max(...weighted.map(({ tier }) => tier));
  const regions = regionWeights(weighted, last);
  if (regions.size === 1 && last > 1) return;
  const total = sum([...regions.values()]);
  const withheld = [...regions].filter(
    ([, weight]) => weight > 0 && !meetsFloor(total - weight, total, floorPercent),
  );
  const [first] = withheld;
  if (first === undefined) return;
  const [region, weight] = first;
  const leaves = `losing ${region} leaves ${percentOf(total - weight, total)}%`;
  const serving = [...regions.values()].filter((value) => value > 0).length;
  if (withheld.length === serving) {
    reader.mistake(
      at(floor),
      `can never hold: ${leaves}, and no region may be lost; write a lower floor, or accept-withheld: true`,
    );
  } else if (rules.mode === 'enforce') {
    reader.mistake(
      at(floor),
      `withholds the loss of a single region: ${leaves}; write a lower floor, or accept-withheld: true`,
    );
  }
}

/** One batch carries every record of the service, each as DELETE and CREATE, and the fence. */
export function judgeSizes(
  reader: Reader,
  node: ConfigNode,
  names: readonly string[],
  drafts: readonly EndpointDraft[],
): void {
  const answers = drafts
    .flatMap(({ targets }) => Object.values(targets))
    .map((target) => (target.kind === 'alias' ? target.name : target.value));
  const elements = 2 + 2 * answers.length * names.length;
  const characters =
    2 * FENCE_LENGTH_MAX + 2 * names.length * sum(answers.map((answer) => answer.length));
  if (elements > BATCH_ELEMENTS_MAX) {
    reader.mistake(
      about(node),
      `needs ${elements} elements in one change batch, Route 53 takes ${BATCH_ELEMENTS_MAX}; write fewer names or endpoints`,
    );
  } else if (characters > BATCH_VALUE_LENGTH_MAX) {
    reader.mistake(
      about(node),
      `needs ${characters} characters of values in one change batch, Route 53 takes ${BATCH_VALUE_LENGTH_MAX}; write fewer names or endpoints`,
    );
  }
}

const isWeighted = (draft: EndpointDraft): draft is Weighted =>
  draft.weight !== undefined && draft.tier !== undefined;

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
