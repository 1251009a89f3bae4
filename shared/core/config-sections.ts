/**
 * The sections of the file beside its services: zones, addresses that may be used, control targets, networks,
 * AWS settings, notification. Each is read by itself, so that a mistake in one hides none in another.
 */
import { parseHeaderValue } from './config-check.ts';
import { about, at, type ConfigNode, child, isMap, keysOf, valueAt } from './config-node.ts';
import { nearest, orList } from './config-problem.ts';
import {
  noteMissing,
  type Reader,
  readKey,
  readLeaf,
  readList,
  readMap,
  readNamed,
  readRequired,
} from './config-read.ts';
import {
  AWS_REGION,
  awsEntries,
  line,
  networkEntries,
  notifyEntries,
  securityGroup,
  subnet,
  tagText,
  WORD,
  zoneEntries,
} from './config-schema.ts';
import { cidrTrouble, hostPortTrouble, type Trouble, urlTrouble } from './config-target.ts';
import type {
  AwsSettings,
  HeaderValue,
  NotifySettings,
  VantageId,
  VantageNetwork,
  ZoneRef,
} from './model.ts';

const ZONE_RULES = {
  name: WORD,
  nameRule: 'write letters, digits, dots, underscores and hyphens, at most 63',
  example: 'zones: { main: { id: Z0123456789ABCDEFGHIJ } }',
};
const TAGS_MAX = 50;
const TAG_KEY_LENGTH_MAX = 128;
const TAG_LENGTH_MAX = 256;

export function parseZones(
  reader: Reader,
  file: ConfigNode,
): { readonly zones: ReadonlyMap<string, ZoneRef>; readonly whole: boolean } {
  const node = child(file, 'zones');
  if (node === undefined) {
    noteMissing(reader, file, 'zones', 'write { main: { id: Z0123456789ABCDEFGHIJ } }');
    return { zones: new Map(), whole: false };
  }
  const named = readNamed(reader, node, ZONE_RULES);
  if (isMap(valueAt(node)) && keysOf(node).length === 0) {
    reader.mistake(about(node), 'has no zone; write main: { id: Z0123456789ABCDEFGHIJ }');
  }
  const zones = new Map<string, ZoneRef>();
  const ids = new Map<string, string>();
  for (const { name, node: zone } of named) {
    if (!readMap(reader, zone, zoneEntries, '{ id: Z0123456789ABCDEFGHIJ }')) continue;
    const id = readRequired(reader, zone, zoneEntries, 'id', 'write the hosted zone id');
    const role = readKey(reader, zone, zoneEntries, 'role');
    if (id === undefined) continue;
    const twin = ids.get(id);
    if (twin !== undefined) {
      reader.mistake(about(zone, 'id'), `is ${id}, the zone ${twin} too; write each zone once`);
    }
    ids.set(id, name);
    zones.set(name, { key: name, id, ...(role !== undefined && { role }) });
  }
  return { zones, whole: zones.size > 0 && zones.size === keysOf(node).length };
}

export function parseAllowAddresses(reader: Reader, file: ConfigNode): readonly string[] {
  return readTexts(reader, file, 'allow-addresses', 100, '[10.0.0.0/8]', (text) =>
    cidrTrouble(text, reader),
  );
}

export function parseControlTargets(reader: Reader, file: ConfigNode): readonly string[] {
  const targets = readTexts(
    reader,
    file,
    'control-targets',
    10,
    '[https://example.com/]',
    (text) =>
      text.includes('://')
        ? urlTrouble(text, reader)
        : hostPortTrouble(text, reader, 'https://example.com/ or example.com:443'),
  );
  if (targets.every((target) => /\.(?:amazonaws\.com|aws)(?:[:/]|$)/.test(target))) {
    reader.warn(
      about(file, 'control-targets'),
      'has no target outside AWS, so a vantage cannot tell that it is cut off from the rest; write one or two, such as https://example.com/',
    );
  }
  return targets;
}

function readTexts(
  reader: Reader,
  file: ConfigNode,
  key: 'allow-addresses' | 'control-targets' | 'include',
  most: number,
  example: string,
  troubleWith: (text: string) => Trouble,
): readonly string[] {
  const { items } = readList(reader, child(file, key), line(example), { least: 1, most, example });
  return items.flatMap(({ node, value }) => {
    const trouble = troubleWith(value);
    if (trouble) reader.mistake(at(node), trouble);
    return trouble ? [] : [value];
  });
}

/** Only read for its mistakes: the loader has put the files together already. */
export function checkInclude(reader: Reader, file: ConfigNode): void {
  readTexts(reader, file, 'include', 100, '[services/*.yml]', (text) =>
    text.startsWith('/') || text.split('/').includes('..')
      ? 'leaves the folder of this file; write a path below it, such as services/*.yml'
      : undefined,
  );
}

export function parseNetwork(
  reader: Reader,
  file: ConfigNode,
  vantages: readonly VantageId[] | undefined,
): Readonly<Record<string, VantageNetwork>> {
  const rules = {
    name: AWS_REGION,
    nameRule: 'write the name of a vantage, such as eu-west-1',
    example: 'network: { eu-west-1: { subnets: [subnet-…], security-groups: [sg-…] } }',
  };
  const networks = readNamed(reader, child(file, 'network'), rules).flatMap(({ name, node }) => {
    if (vantages && !vantages.includes(name as VantageId)) {
      const guess = nearest(name, vantages);
      const remedy = guess ? `did you mean ${guess}?` : `write one of ${orList(vantages)}`;
      reader.mistake(about(node), `is not a vantage; ${remedy}`);
    }
    if (!readMap(reader, node, networkEntries, '{ subnets: […], security-groups: […] }')) return [];
    const ids = (key: 'subnets' | 'security-groups', leaf: typeof subnet): readonly string[] => {
      const list = child(node, key);
      noteMissing(reader, node, key, 'write at least one');
      const rules = { least: 1, most: 16, example: 'at least one id' };
      return readList(reader, list, leaf, rules).items.map(({ value }) => value);
    };
    const network = {
      subnets: ids('subnets', subnet),
      securityGroups: ids('security-groups', securityGroup),
      ipv6: readKey(reader, node, networkEntries, 'ipv6', false) ?? false,
    };
    return [[name, network] as const];
  });
  return Object.fromEntries(networks);
}

export function parseAws(reader: Reader, file: ConfigNode): AwsSettings {
  const node = child(file, 'aws');
  if (!node || !readMap(reader, node, awsEntries, 'aws: { tags: { team: dns } }'))
    return { tags: {} };
  const permissionsBoundary = readKey(reader, node, awsEntries, 'permissions-boundary');
  const kmsKey = readKey(reader, node, awsEntries, 'kms-key');
  return {
    tags: parseTags(reader, child(node, 'tags')),
    ...(permissionsBoundary !== undefined && { permissionsBoundary }),
    ...(kmsKey !== undefined && { kmsKey }),
  };
}

function parseTags(reader: Reader, node: ConfigNode | undefined): Readonly<Record<string, string>> {
  const rules = {
    name: /^(?!aws:)[\p{L}\p{N} _.:/=+@-]{1,128}$/u,
    nameRule: `write at most ${TAG_KEY_LENGTH_MAX} letters, digits and _.:/=+@-, not beginning with aws:`,
    example: 'tags: { team: dns }',
  };
  const named = readNamed(reader, node, rules);
  if (node && named.length > TAGS_MAX) {
    reader.mistake(about(node), `has ${named.length} tags; write at most ${TAGS_MAX}`);
  }
  const tags = named.flatMap(({ name, node: tag }) => {
    const text = readLeaf(reader, tag, tagText);
    if (text !== undefined && text.length > TAG_LENGTH_MAX) {
      reader.mistake(at(tag), `is longer than ${TAG_LENGTH_MAX} characters; write less`);
    }
    return text === undefined ? [] : [[name, text] as const];
  });
  return Object.fromEntries(tags);
}

export function parseNotify(reader: Reader, file: ConfigNode): NotifySettings {
  const node = child(file, 'notify');
  if (!node || !readMap(reader, node, notifyEntries, 'notify: { sns: arn:aws:sns:… }')) return {};
  const sns = readKey(reader, node, notifyEntries, 'sns');
  const webhook = parseHook(reader, child(node, 'webhook'));
  const heartbeat = parseHook(reader, child(node, 'heartbeat'));
  const events = readKey(reader, node, notifyEntries, 'events');
  return {
    ...(sns !== undefined && { sns }),
    ...(webhook !== undefined && { webhook }),
    ...(heartbeat !== undefined && { heartbeat }),
    ...(events !== undefined && { events }),
  };
}

function parseHook(reader: Reader, node: ConfigNode | undefined): HeaderValue | undefined {
  if (node === undefined) return undefined;
  const value = parseHeaderValue(reader, node);
  if (typeof value !== 'string') return value;
  const isPlain = !reader.allowLoopback && /^http:/i.test(value);
  const trouble = isPlain ? 'is sent in the clear; write an https URL' : urlTrouble(value, reader);
  if (trouble) reader.mistake(at(node), trouble);
  return value;
}
