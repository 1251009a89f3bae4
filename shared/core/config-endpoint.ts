/**
 * One entry of `endpoints:` → what its records answer with, where it is probed, and its weight. What could
 * not be read stays `undefined` in the draft: its service then judges the rest without guessing.
 */
import { parseCheck } from './config-check.ts';
import {
  about,
  at,
  type ConfigNode,
  child,
  isMap,
  keysOf,
  nodeOf,
  overlay,
  valueAt,
} from './config-node.ts';
import { orList } from './config-problem.ts';
import { warnUnknownRegion } from './config-quorum.ts';
import {
  isSuspected,
  type Reader,
  readKey,
  readLeaf,
  readList,
  readMap,
  readRequired,
} from './config-read.ts';
import {
  AWS_REGION,
  addressEntries,
  aliasEntries,
  endpointCheckEntries,
  endpointEntries,
  line,
} from './config-schema.ts';
import { addressTrouble, hostTrouble, nameTrouble, plainName } from './config-target.ts';
import {
  type Check,
  type Endpoint,
  endpointId,
  type RecordType,
  regionId,
  type Target,
  weight,
} from './model.ts';

export type ServiceScope = {
  readonly names: readonly string[];
  readonly types: readonly RecordType[] | undefined;
  readonly check: ConfigNode | undefined;
  readonly everyMs: number | undefined;
};

export type EndpointDraft = Pick<Endpoint, 'id' | 'region' | 'targets' | 'probeTargets'> & {
  readonly node: ConfigNode;
  readonly targetsKnown: boolean;
  readonly setIdentifier: string | undefined;
  readonly weight: number | undefined;
  readonly tier: number | undefined;
  readonly check: Check | undefined;
  readonly healthCheckId: string | undefined;
};

type Targets = Endpoint['targets'];
type Served = { readonly targets: Targets; readonly known: boolean };

const UNKNOWN: Served = { targets: {}, known: false };
const WAYS = ['address', 'alias', 'cname'] as const;
const PROBE_RULES = { least: 1, most: 4, example: 'one host name or address' };
const hostText = line('a host name or an address');
/** ELB's names for load balancers that have private addresses only. */
const INTERNAL_BALANCER = /^(?:dualstack\.)?internal-[^.]+\.(?:[^.]+\.)?elb\./;

export function parseEndpoint(
  reader: Reader,
  id: string,
  node: ConfigNode,
  scope: ServiceScope,
): EndpointDraft | undefined {
  if (!readMap(reader, node, endpointEntries, '{ address: 198.51.100.20, weight: 100 }'))
    return undefined;
  const region = readKey(reader, node, endpointEntries, 'region', id) ?? id;
  if (AWS_REGION.test(region)) {
    warnUnknownRegion(reader, child(node, 'region') ?? nodeOf(id, about(node).path), region);
  }
  const served = parseServed(reader, node, scope);
  const probeTargets = parseProbeTargets(reader, node, served);
  return {
    id: endpointId(id),
    node,
    region: regionId(region),
    targets: served.targets,
    targetsKnown: served.known,
    probeTargets,
    weight: readRequired(
      reader,
      node,
      endpointEntries,
      'weight',
      'write weight: 100, or another from 0 to 255',
    ),
    tier: readKey(reader, node, endpointEntries, 'tier', 1),
    setIdentifier: readKey(reader, node, endpointEntries, 'set-identifier', id),
    healthCheckId: readKey(reader, node, endpointEntries, 'health-check'),
    check: parseOwnCheck(reader, node, scope, { id, region, probeTargets }),
  };
}

/** The draft as an endpoint, if nothing of it is missing. */
export function finished(draft: EndpointDraft): Endpoint | undefined {
  const { check, setIdentifier, tier, targetsKnown, healthCheckId } = draft;
  if (!targetsKnown || !check || !setIdentifier || !tier || draft.weight === undefined)
    return undefined;
  return {
    id: draft.id,
    region: draft.region,
    setIdentifier,
    weight: weight(draft.weight),
    tier,
    targets: draft.targets,
    probeTargets: draft.probeTargets,
    check,
    ...(healthCheckId !== undefined && { healthCheckId }),
  };
}

function parseOwnCheck(
  reader: Reader,
  node: ConfigNode,
  scope: ServiceScope,
  own: { readonly id: string; readonly region: string; readonly probeTargets: readonly string[] },
): Check | undefined {
  const special = child(node, 'check');
  if (special) {
    const known = { ...endpointCheckEntries, every: true };
    if (!readMap(reader, special, known, 'check: { url: https://{target}/health }'))
      return undefined;
    if (child(special, 'every')) {
      reader.mistake(
        about(special, 'every'),
        "is the service's alone: all its endpoints are probed in one round; move it to the service's check",
      );
    }
  }
  const merged = overlay(special, scope.check);
  if (merged === undefined || !isMap(valueAt(merged))) return undefined;
  return parseCheck(reader, merged, scope.everyMs, {
    endpoint: own.id,
    region: own.region,
    name: scope.names[0] ?? 'name.example.com',
    targets: own.probeTargets,
  });
}

function parseServed(reader: Reader, node: ConfigNode, scope: ServiceScope): Served {
  const ways = WAYS.filter((way) => child(node, way) !== undefined);
  const [way] = ways;
  const written = way && child(node, way);
  if (way === undefined || written === undefined || ways.length > 1) {
    if (ways.length === 0 && isSuspected(reader, node, WAYS)) return UNKNOWN;
    const what = ways.length > 1 ? `has ${ways.join(' and ')}` : 'has nothing to answer with';
    reader.mistake(about(node), `${what}; write one of address, alias or cname`);
    return UNKNOWN;
  }
  if (scope.types && (way === 'cname') !== scope.types.includes('CNAME')) {
    const types = scope.types.join(' and ');
    const remedy = way === 'cname' ? 'write type: CNAME, or address:' : 'write cname: here';
    reader.mistake(about(written), `cannot answer for a service of type ${types}; ${remedy}`);
    return UNKNOWN;
  }
  switch (way) {
    case 'cname':
      return parseCname(reader, written, scope);
    case 'alias':
      return parseAlias(reader, written, scope);
    case 'address':
      return isMap(valueAt(written))
        ? parseAddressMap(reader, written, scope)
        : parseAddress(reader, written, scope);
  }
}

function parseCname(reader: Reader, node: ConfigNode, scope: ServiceScope): Served {
  const name = readServedName(reader, node, scope);
  if (name === undefined) return UNKNOWN;
  return { targets: { CNAME: { kind: 'value', value: name } }, known: scope.types !== undefined };
}

function parseAlias(reader: Reader, node: ConfigNode, scope: ServiceScope): Served {
  if (!readMap(reader, node, aliasEntries, 'alias: { name: …, zone: Z… }')) return UNKNOWN;
  const nameNode = child(node, 'name');
  readRequired(reader, node, aliasEntries, 'name', "write the load balancer's DNS name");
  const name =
    nameNode && typeof valueAt(nameNode) === 'string'
      ? readServedName(reader, nameNode, scope)
      : undefined;
  const zone = readRequired(
    reader,
    node,
    aliasEntries,
    'zone',
    "write the target's own hosted zone id",
  );
  const evaluateTargetHealth = readKey(reader, node, aliasEntries, 'evaluate-target-health', false);
  if (
    name === undefined ||
    zone === undefined ||
    evaluateTargetHealth === undefined ||
    !scope.types
  ) {
    return UNKNOWN;
  }
  const target: Target = { kind: 'alias', name, zone, evaluateTargetHealth };
  return { targets: Object.fromEntries(scope.types.map((type) => [type, target])), known: true };
}

/** The name that records point at: it must exist elsewhere, or the answer goes round in a circle. */
function readServedName(reader: Reader, node: ConfigNode, scope: ServiceScope): string | undefined {
  const text = readLeaf(reader, node, hostText);
  if (text === undefined) return undefined;
  const name = plainName(text);
  if (scope.names.includes(name)) {
    reader.mistake(at(node), 'is a name of this very service; write the name behind it');
    return undefined;
  }
  const isAddress = reader.aids.classifyAddress(text) !== undefined;
  const trouble = isAddress ? 'is an address; write a DNS name, or address:' : nameTrouble(name);
  if (trouble) reader.mistake(at(node), trouble);
  return trouble ? undefined : name;
}

function parseAddress(reader: Reader, node: ConfigNode, scope: ServiceScope): Served {
  const text = readLeaf(reader, node, hostText);
  if (text === undefined) return UNKNOWN;
  const address = reader.aids.classifyAddress(text);
  if (address === undefined && nameTrouble(plainName(text)) === undefined) {
    reader.mistake(
      at(node),
      'is a host name; write an address, alias:, or cname: with type: CNAME',
    );
    return UNKNOWN;
  }
  const type = address?.family === 6 ? 'AAAA' : 'A';
  return readRecords(reader, [{ type, node, text }], scope);
}

function parseAddressMap(reader: Reader, node: ConfigNode, scope: ServiceScope): Served {
  readMap(reader, node, addressEntries, 'address: { A: 198.51.100.20 }');
  if (keysOf(node).length === 0) {
    reader.mistake(about(node), 'has nothing to answer with; write { A: 198.51.100.20 }');
    return UNKNOWN;
  }
  const records = (['A', 'AAAA'] as const).flatMap((type) => {
    const written = child(node, type);
    const text = readKey(reader, node, addressEntries, type);
    return written && text !== undefined ? [{ type, node: written, text }] : [];
  });
  const served = readRecords(reader, records, scope);
  return { targets: served.targets, known: served.known && records.length === keysOf(node).length };
}

type AddressRecord = {
  readonly type: 'A' | 'AAAA';
  readonly node: ConfigNode;
  readonly text: string;
};

function readRecords(
  reader: Reader,
  records: readonly AddressRecord[],
  scope: ServiceScope,
): Served {
  const targets: Partial<Record<RecordType, Target>> = {};
  for (const { type, node, text } of records) {
    const address = reader.aids.classifyAddress(text);
    const family = address?.family === 6 ? 'AAAA' : 'A';
    const trouble = addressTrouble(text, reader);
    if (address === undefined || trouble) {
      reader.mistake(at(node), String(trouble));
    } else if (family !== type) {
      reader.mistake(at(node), `is an IPv${address.family} address; write it under ${family}`);
    } else if (scope.types && !scope.types.includes(type)) {
      reader.mistake(
        at(node),
        `is never answered, the service has type ${orList(scope.types)}; write type: [${[...scope.types, type].join(', ')}] or leave it out`,
      );
    } else {
      targets[type] = { kind: 'value', value: address.canonical };
    }
  }
  const known = scope.types !== undefined && Object.keys(targets).length === records.length;
  return { targets, known };
}

function parseProbeTargets(reader: Reader, node: ConfigNode, served: Served): readonly string[] {
  const probe = child(node, 'probe');
  if (probe) {
    const { items } = readList(reader, probe, hostText, PROBE_RULES);
    return items.flatMap(({ node: item, value }) => {
      const trouble = hostTrouble(value, reader);
      if (trouble) reader.mistake(at(item), trouble);
      return trouble ? [] : [reader.aids.classifyAddress(value)?.canonical ?? plainName(value)];
    });
  }
  const targets = Object.values(served.targets).map((target) =>
    target.kind === 'alias' ? target.name : target.value,
  );
  const internal = targets.find((target) => INTERNAL_BALANCER.test(target));
  if (internal !== undefined && reader.allowAddresses.length === 0) {
    reader.mistake(
      about(node),
      `serves ${internal}, an internal load balancer with private addresses; write probe: with a public one, or network and allow-addresses`,
    );
  }
  return [...new Set(targets)];
}
