/**
 * One entry of `services:`, seen through `defaults` → a draft: the service as far as it can be read, and what
 * must be compared with other services. Judges what holds within one service: names, types, tiers, weights,
 * floor, electorate, and that one change batch can hold it all.
 */

import { type EndpointDraft, finished, parseEndpoint } from './config-endpoint.ts';
import { about, at, type ConfigNode, child } from './config-node.ts';
import { parsePolicy } from './config-policy.ts';
import { orList } from './config-problem.ts';
import { type Electorate, parseElectorate, parseVantages } from './config-quorum.ts';
import {
  type Item,
  noteMissing,
  type Reader,
  readKey,
  readList,
  readMap,
  readNamed,
} from './config-read.ts';
import {
  checkEntries,
  ENDPOINTS_MAX,
  nameLeaf,
  recordType,
  serviceEntries,
  TTL_SECONDS_MAX,
  WORD,
} from './config-schema.ts';
import { parseSlo } from './config-slo.ts';
import { judgeEndpoints, judgeFloor, judgeProbes, judgeSizes } from './config-soundness.ts';
import { nameTrouble, plainName } from './config-target.ts';
import {
  RECORD_TYPES,
  type RecordType,
  type Service,
  type ServiceId,
  serviceId,
  type VantageId,
  type ZoneRef,
} from './model.ts';
import { SECOND_MS } from './units.ts';

export type Surroundings = {
  readonly vantages: readonly VantageId[] | undefined;
  readonly electorate: Electorate | undefined;
  readonly zones: ReadonlyMap<string, ZoneRef>;
  /** Are all zones of the file among them? If not, a missing one says nothing. */
  readonly zonesKnown: boolean;
  readonly ipv6Vantages: readonly string[] | undefined;
};

export type ServiceDraft = {
  readonly id: ServiceId;
  readonly node: ConfigNode;
  readonly names: readonly Item<string>[];
  readonly types: readonly RecordType[];
  readonly zone: ZoneRef | undefined;
  readonly service: Omit<Service, 'digest' | 'settings' | 'group'> | undefined;
};

const NAME_RULES = { least: 1, most: 100, example: '[app.example.com]' };
const TYPE_RULES = { least: 1, most: 2, example: 'A, AAAA, [A, AAAA] or CNAME' };
const EVERY_MS = [5, 10, 15, 20, 30].map((seconds) => seconds * SECOND_MS);
const TTL_SECONDS_ADVISED = 60;

export function parseService(
  reader: Reader,
  id: string,
  node: ConfigNode,
  around: Surroundings,
): ServiceDraft {
  const names = parseNames(reader, node);
  const types = parseTypes(reader, child(node, 'type'));
  const zone = parseZone(reader, node, around);
  const check = child(node, 'check');
  const isCheckMap =
    check && readMap(reader, check, checkEntries, 'check: { url: https://{target}/health }');
  const everyMs = parseEvery(reader, isCheckMap ? check : undefined);
  const mode = readKey(reader, node, serviceEntries, 'mode', 'observe');
  const ttlSeconds = parseTtl(reader, node);
  const policy = parsePolicy(reader, child(node, 'policy'), everyMs);
  const acceptWithheld = readKey(reader, node, serviceEntries, 'accept-withheld', false);
  const slo = parseSlo(reader, child(node, 'slo'));
  const electorate = parseOwnElectorate(reader, node, around);
  const plainNames = names.items.map(({ value }) => value);
  const drafts = parseEndpoints(reader, node, {
    names: plainNames,
    types,
    check: isCheckMap ? check : undefined,
    everyMs,
  });
  const draft = { id: serviceId(id), node, names: names.items, types: types ?? [], zone };

  if (types) judgeEndpoints(reader, node, types, drafts);
  judgeSizes(reader, node, plainNames, drafts);
  judgeFloor(reader, node, { policy, mode, acceptWithheld }, drafts);
  judgeElectorate(reader, node, mode, electorate, drafts);
  judgeIpv6(reader, node, { types, electorate, drafts }, around.ipv6Vantages);
  const endpoints = drafts.map(finished).filter((endpoint) => endpoint !== undefined);
  judgeProbes(reader, drafts, { names: plainNames, endpoints });
  if (types?.includes('CNAME')) warnApex(reader, names.items);
  if (
    !types ||
    !zone ||
    !everyMs ||
    !mode ||
    !ttlSeconds ||
    !policy ||
    !electorate ||
    acceptWithheld === undefined
  ) {
    return { ...draft, service: undefined };
  }
  const service = {
    id: draft.id,
    mode,
    zone,
    names: plainNames,
    types,
    ttlSeconds,
    vantages: electorate.vantages,
    quorum: electorate.quorum,
    everyMs,
    endpoints,
    policy,
    acceptWithheld,
    ...(slo !== undefined && { slo }),
  };
  return { ...draft, service };
}

function parseNames(reader: Reader, node: ConfigNode): { readonly items: readonly Item<string>[] } {
  const list = child(node, 'names');
  noteMissing(reader, node, 'names', 'write [app.example.com]');
  const seen = new Set<string>();
  const { items } = readList(reader, list, nameLeaf, NAME_RULES);
  const good = items.flatMap((item) => {
    const name = plainName(item.value);
    const trouble = seen.has(name)
      ? 'is listed twice; write each name once'
      : name.startsWith('_quorate.')
        ? "is where Quorate keeps its own record; write your service's name"
        : nameTrouble(name);
    seen.add(name);
    if (trouble) reader.mistake(at(item.node), trouble);
    return trouble ? [] : [{ node: item.node, value: name }];
  });
  return { items: good };
}

/** The zone's own name is not in the file, but nobody has a zone above `example.com`. */
function warnApex(reader: Reader, names: readonly Item<string>[]): void {
  for (const { node, value } of names) {
    if (value.split('.').length > 2) continue;
    reader.warn(
      at(node),
      'looks like the top of a zone, where DNS forbids a CNAME; steer a name below it, or use alias:',
    );
  }
}

function parseTypes(
  reader: Reader,
  node: ConfigNode | undefined,
): readonly RecordType[] | undefined {
  if (node === undefined) return ['A'];
  const { items, whole } = readList(reader, node, recordType, TYPE_RULES);
  const types = items.map(({ value }) => value);
  if (!whole) return undefined;
  if (new Set(types).size !== types.length) {
    reader.mistake(about(node), `lists ${types[0]} twice; write it once`);
    return undefined;
  }
  if (types.includes('CNAME') && types.length > 1) {
    reader.mistake(
      about(node),
      'has CNAME beside an address type, which DNS forbids; write one of them',
    );
    return undefined;
  }
  return RECORD_TYPES.filter((type) => types.includes(type));
}

function parseZone(reader: Reader, node: ConfigNode, around: Surroundings): ZoneRef | undefined {
  const keys = [...around.zones.keys()];
  const written = child(node, 'zone');
  const key = readKey(reader, node, serviceEntries, 'zone');
  if (written === undefined) {
    if (keys.length === 1 || !around.zonesKnown) return [...around.zones.values()][0];
    reader.mistake(about(node, 'zone'), `is missing; write one of ${orList(keys)}`);
    return undefined;
  }
  const zone = key === undefined ? undefined : around.zones.get(key);
  if (key !== undefined && zone === undefined && around.zonesKnown) {
    reader.mistake(at(written), `is not one of the zones; write ${orList(keys)}`);
  }
  return zone;
}

function parseEvery(reader: Reader, check: ConfigNode | undefined): number | undefined {
  const everyMs = readKey(reader, check, checkEntries, 'every', 10 * SECOND_MS);
  const node = check && child(check, 'every');
  if (node === undefined || everyMs === undefined || EVERY_MS.includes(everyMs)) return everyMs;
  reader.mistake(at(node), 'is not an interval that rounds keep; write 5s, 10s, 15s, 20s or 30s');
  return undefined;
}

function parseTtl(reader: Reader, node: ConfigNode): number | undefined {
  const ttlMs = readKey(reader, node, serviceEntries, 'ttl', 30 * SECOND_MS);
  const written = child(node, 'ttl');
  if (written === undefined || ttlMs === undefined) return ttlMs && ttlMs / SECOND_MS;
  const seconds = ttlMs / SECOND_MS;
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > TTL_SECONDS_MAX) {
    reader.mistake(at(written), 'is not a TTL; write whole seconds from 1s to 7d, such as 30s');
    return undefined;
  }
  if (seconds > TTL_SECONDS_ADVISED) {
    reader.warn(at(written), 'keeps clients on a dead endpoint for that long; write 60s or less');
  }
  return seconds;
}

/** A subset has the majority of its own, not the deployment's quorum. */
function parseOwnElectorate(
  reader: Reader,
  node: ConfigNode,
  around: Surroundings,
): Electorate | undefined {
  const subset = child(node, 'vantages');
  if (subset === undefined && child(node, 'quorum') === undefined) return around.electorate;
  const vantages = subset ? parseVantages(reader, subset, around.vantages) : around.vantages;
  return parseElectorate(reader, node, vantages, subset ? undefined : around.electorate);
}

function parseEndpoints(
  reader: Reader,
  node: ConfigNode,
  scope: Parameters<typeof parseEndpoint>[3],
): readonly EndpointDraft[] {
  const map = child(node, 'endpoints');
  const named = readNamed(reader, map, {
    name: WORD,
    nameRule: 'write letters, digits, dots, underscores and hyphens, at most 63',
    example: 'endpoints: { eu-west-1: { address: 198.51.100.20, weight: 100 } }',
  });
  if (map === undefined) {
    noteMissing(reader, node, 'endpoints', 'write at least one endpoint');
  } else if (named.length > ENDPOINTS_MAX) {
    reader.mistake(
      about(map),
      `has ${named.length} endpoints, more than ${ENDPOINTS_MAX}; split the service`,
    );
    return [];
  }
  const drafts = named.flatMap(
    (entry) => parseEndpoint(reader, entry.name, entry.node, scope) ?? [],
  );
  if (scope.check === undefined) {
    const bare = drafts.filter((draft) => child(draft.node, 'check') === undefined);
    if (bare.length > 0)
      noteMissing(reader, node, 'check', 'write check: { url: https://{target}/health }');
  }
  return drafts;
}

function judgeElectorate(
  reader: Reader,
  node: ConfigNode,
  mode: Service['mode'] | undefined,
  electorate: Electorate | undefined,
  drafts: readonly EndpointDraft[],
): void {
  if (mode !== 'enforce' || electorate === undefined || electorate.vantages.length >= 3) return;
  const [only, second] = electorate.vantages;
  if (second === undefined && electorate.isExplicit) {
    const own = drafts.find(({ region }) => (region as string) === only);
    if (own === undefined) return;
    reader.mistake(
      about(own.node),
      `lies in ${only}, the only vantage's own region, and nothing is down without a vote from outside; add vantages`,
    );
    return;
  }
  reader.mistake(
    about(node, 'mode'),
    `is enforce with ${electorate.vantages.length} of the 3 vantages it needs at least; add vantages or write mode: observe`,
  );
}

function judgeIpv6(
  reader: Reader,
  node: ConfigNode,
  service: {
    readonly types: readonly RecordType[] | undefined;
    readonly electorate: Electorate | undefined;
    readonly drafts: readonly EndpointDraft[];
  },
  ipv6Vantages: readonly string[] | undefined,
): void {
  const { types, electorate, drafts } = service;
  if (ipv6Vantages === undefined || electorate === undefined) return;
  const able = electorate.vantages.filter((vantage) => ipv6Vantages.includes(vantage)).length;
  if (able >= electorate.quorum) return;
  const remedy = `set network.<vantage>.ipv6: true in at least ${electorate.quorum} of its vantages`;
  if (types?.length === 1 && types[0] === 'AAAA') {
    reader.mistake(
      about(node, 'type'),
      `is AAAA alone, and ${able} of its vantages have IPv6; ${remedy}`,
    );
    return;
  }
  for (const { node: endpoint, probeTargets } of drafts) {
    if (probeTargets.length === 0 || !probeTargets.every((target) => target.includes(':')))
      continue;
    reader.mistake(
      about(endpoint),
      `can be probed over IPv6 only, and ${able} of its vantages have IPv6; ${remedy}`,
    );
  }
}
