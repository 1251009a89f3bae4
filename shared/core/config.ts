/**
 * The data of `quorate.yml` → a configuration that everything else trusts, or every mistake in it at once.
 * Never throws, whatever it is given. The YAML is parsed outside, which also says which line a path is on.
 * The same configuration gives the same digests, however its keys are ordered.
 */
import { canonicalText } from './canonical.ts';
import { parseDrills } from './config-drills.ts';
import { groupsOf, judgeNames } from './config-group.ts';
import {
  about,
  type ConfigNode,
  child,
  isMap,
  keysOf,
  nodeOf,
  overlay,
  valueAt,
} from './config-node.ts';
import { parsePolicy } from './config-policy.ts';
import { type ConfigProblem, findings, type LineOf } from './config-problem.ts';
import { parseElectorate, parseHome, parseVantages } from './config-quorum.ts';
import {
  noteMissing,
  type Reader,
  readKey,
  readMap,
  readNamed,
  readRequired,
} from './config-read.ts';
import {
  checkEntries,
  fileEntries,
  SERVICE_NAME,
  serviceEntries,
  sharedEntries,
} from './config-schema.ts';
import {
  checkInclude,
  parseAllowAddresses,
  parseAws,
  parseControlTargets,
  parseNetwork,
  parseNotify,
  parseZones,
} from './config-sections.ts';
import { parseService, type ServiceDraft, type Surroundings } from './config-service.ts';
import { checkSlo } from './config-slo.ts';
import { assert } from './errors.ts';
import type { Aids, Config, DigestOf, EpochMs, Service } from './model.ts';
import type { ConfigManifest } from './report.ts';

export { type ConfigProblem, type LineOf, problemText } from './config-problem.ts';

export type ConfigOptions = {
  /** The local world's targets are on loopback; nothing the file says can allow that. */
  readonly allowLoopback: boolean;
  readonly packagedAt: EpochMs;
};

export type ParsedConfig =
  | { readonly config: Config; readonly warnings: readonly ConfigProblem[] }
  | { readonly problems: readonly ConfigProblem[]; readonly warnings: readonly ConfigProblem[] };

type Unmarked = Omit<Service, 'digest' | 'settings' | 'group'>;

export function parseConfig(
  data: unknown,
  lineOf: LineOf,
  aids: Aids,
  options: ConfigOptions,
): ParsedConfig {
  const found = findings(lineOf);
  const base = { ...found, aids, allowLoopback: options.allowLoopback, allowAddresses: [] };
  const config = parseFile(base, nodeOf(data, []), options.packagedAt);
  const warnings = found.warnings();
  const problems = found.mistakes();
  return config && problems.length === 0 ? { config, warnings } : { problems, warnings };
}

/** Which service digests this configuration has: readers judge a vantage's votes by it. */
export function manifestOf(config: Config): ConfigManifest {
  const services = config.services.map((service) => [
    service.id,
    { digest: service.digest, settings: service.settings, endpoints: service.endpoints.length },
  ]);
  return {
    digest: config.digest,
    packagedAt: config.packagedAt,
    services: Object.fromEntries(services),
  };
}

function parseFile(base: Reader, file: ConfigNode, packagedAt: EpochMs): Config | undefined {
  if (!readMap(base, file, fileEntries, 'deployment, home, vantages, zones and services')) {
    return undefined;
  }
  const reader = { ...base, allowAddresses: parseAllowAddresses(base, file) };
  const deployment = readRequired(
    reader,
    file,
    fileEntries,
    'deployment',
    'name it, such as quorate-prod',
  );
  const vantagesNode = child(file, 'vantages');
  if (vantagesNode === undefined) {
    noteMissing(reader, file, 'vantages', 'write at least three AWS regions');
  }
  const vantages = vantagesNode && parseVantages(reader, vantagesNode);
  const home = parseHome(reader, file, vantages);
  const electorate = parseElectorate(reader, file, vantages);
  const { zones, whole } = parseZones(reader, file);
  const network = parseNetwork(reader, file, vantages);
  const settings = {
    controlTargets: parseControlTargets(reader, file),
    allowAddresses: reader.allowAddresses,
    network,
    aws: parseAws(reader, file),
    notify: parseNotify(reader, file),
  };
  checkInclude(reader, file);
  const ipv6Vantages = Object.keys(network).filter((vantage) => network[vantage]?.ipv6);
  const services = parseServices(reader, file, {
    vantages,
    electorate,
    zones,
    zonesKnown: whole,
    ipv6Vantages,
  });
  const drills = parseDrills(reader, file);
  if (!deployment || !home || !vantages) return undefined;
  const unsigned = { deployment, home, vantages, zones: Object.fromEntries(zones), ...settings };
  const signed = signServices(reader.aids.digestOf, services);
  return {
    ...unsigned,
    drills,
    services: signed,
    digest: configDigest(reader.aids.digestOf, unsigned, drills, services),
    packagedAt,
  };
}

function parseServices(
  reader: Reader,
  file: ConfigNode,
  around: Surroundings,
): readonly Unmarked[] {
  const defaults = child(file, 'defaults');
  const usable = defaults && checkDefaults(reader, defaults);
  const map = child(file, 'services');
  const named = readNamed(reader, map, {
    name: SERVICE_NAME,
    nameRule: 'write lower-case letters, digits and hyphens, beginning with a letter, at most 63',
    example: 'services: { app: { names: [app.example.com], endpoints: … } }',
  });
  if (map === undefined) {
    noteMissing(reader, file, 'services', 'write at least one service');
  } else if (isMap(valueAt(map)) && keysOf(map).length === 0) {
    reader.mistake(about(map), 'has no service; write at least one');
  }
  const drafts: readonly ServiceDraft[] = named.flatMap(({ name, node }) => {
    const example = 'names, check and endpoints';
    if (!readMap(reader, node, serviceEntries, example)) return [];
    return [parseService(reader, name, overlay(node, usable ? defaults : undefined), around)];
  });
  judgeNames(reader, drafts);
  return drafts.flatMap(({ service }) => service ?? []);
}

/** What no service uses is read as well: a mistake must not wait there for the next service. */
function checkDefaults(reader: Reader, node: ConfigNode): boolean {
  if (!readMap(reader, node, sharedEntries, 'defaults: { check: { every: 10s } }')) return false;
  for (const key of ['mode', 'zone', 'ttl', 'quorum', 'accept-withheld'] as const) {
    readKey(reader, node, sharedEntries, key);
  }
  checkSlo(reader, child(node, 'slo'));
  const check = child(node, 'check');
  if (check && readMap(reader, check, checkEntries, 'check: { every: 10s }')) {
    for (const key of ['every', 'timeout', 'fall', 'rise', 'method'] as const) {
      readKey(reader, check, checkEntries, key);
    }
  }
  parsePolicy(reader, child(node, 'policy'), undefined);
  return true;
}

function signServices(digestOf: DigestOf, services: readonly Unmarked[]): readonly Service[] {
  const groups = groupsOf(services);
  return services.map((service) => {
    const group = groups.get(service.id);
    assert(group !== undefined, `service ${service.id} is in no group of names`);
    const digest = serviceDigest(digestOf, service);
    return { ...service, digest, settings: settingsDigest(digestOf, service, digest), group };
  });
}

/**
 * What a vote was cast under, and how votes are used. Not mode or weights: changing those must not
 * silence every vantage until its next report.
 */
function serviceDigest(digestOf: DigestOf, service: Unmarked): Service['digest'] {
  const endpoints = service.endpoints.map(({ id, region, targets, probeTargets, check }) => [
    id,
    { region, targets, probeTargets, check },
  ]);
  const { everyMs, names, quorum, policy, vantages } = service;
  return digestOf(
    `service ${canonicalText({
      endpoints: Object.fromEntries(endpoints),
      name: names[0],
      vantages: vantages.toSorted(),
      everyMs,
      quorum,
      policy,
    })}`,
  );
}

/**
 * What a decision rests on besides votes. Two regions that would give one endpoint different weights must
 * not take turns at it: the fence names the settings in force. Not mode: an observer writes nothing.
 */
function settingsDigest(
  digestOf: DigestOf,
  service: Unmarked,
  digest: Service['digest'],
): Service['settings'] {
  const endpoints = service.endpoints.map(({ id, setIdentifier, weight, tier }) => [
    id,
    { setIdentifier, weight, tier },
  ]);
  const { names, types } = service;
  return digestOf(
    `settings ${canonicalText({
      digest,
      endpoints: Object.fromEntries(endpoints),
      names: names.toSorted(),
      types: types.toSorted(),
    })}`,
  );
}

/** Services and endpoints by name: where they stand in the file is no part of what they say. */
function configDigest(
  digestOf: DigestOf,
  file: Omit<Config, 'services' | 'drills' | 'digest' | 'packagedAt'>,
  drills: Config['drills'],
  services: readonly Unmarked[],
): Config['digest'] {
  const named = services.map((service) => [
    service.id,
    { ...service, endpoints: Object.fromEntries(service.endpoints.map((one) => [one.id, one])) },
  ]);
  const planned = drills.length > 0 && { drills };
  return digestOf(
    `config ${canonicalText({ ...file, ...planned, services: Object.fromEntries(named) })}`,
  );
}
