/**
 * `expect:` (votes) and `watch:` (never votes) → conditions. What predicts trouble (days left on a
 * certificate, slowness) belongs under `watch`: draining an endpoint for it makes the load on the others
 * worse, so voting on it is warned about.
 */
import { about, at, type ConfigNode, child, itemsOf, keysOf, valueAt } from './config-node.ts';
import { type Reader, readKey, readLeaf, readList, readMap } from './config-read.ts';
import {
  bodyMap,
  expectEntries,
  headerText,
  headerToken,
  status,
  watchEntries,
} from './config-schema.ts';
import type { BodyMatch, Expectation, StatusRange, WatchCondition } from './model.ts';
import { DAY_MS } from './units.ts';

const CONDITIONS_MAX = 20;
const CONDITIONS = ['certificate', 'latency', 'body', 'status'] as const;
const STATUS_RULES = { least: 1, most: CONDITIONS_MAX, example: '[200-299, 429]' };

export function parseExpectation(
  reader: Reader,
  node: ConfigNode | undefined,
): Expectation | undefined {
  if (node === undefined) return {};
  if (!readMap(reader, node, expectEntries, 'expect: { status: [200-299] }')) return undefined;
  for (const key of ['certificate', 'latency'] as const) {
    const condition = child(node, key);
    if (condition === undefined) continue;
    reader.warn(
      at(condition),
      'votes, though it only predicts trouble: draining makes it worse; write it under watch',
    );
  }
  const statusNode = child(node, 'status');
  const ranges = parseStatus(reader, statusNode);
  const body = parseBody(reader, child(node, 'body'));
  const headers = parseExpectedHeaders(reader, child(node, 'headers'));
  const latencyMsMax = readKey(reader, node, expectEntries, 'latency');
  const certificateDaysMin = parseDays(reader, child(node, 'certificate'));
  return {
    ...(statusNode && { status: ranges }),
    ...(body && { body }),
    ...(headers && { headers }),
    ...(latencyMsMax !== undefined && { latencyMsMax }),
    ...(certificateDaysMin !== undefined && { certificateDaysMin }),
  };
}

export function parseWatch(
  reader: Reader,
  node: ConfigNode | undefined,
): readonly WatchCondition[] {
  if (node === undefined) return [];
  const list = valueAt(node);
  if (!Array.isArray(list) || list.length > CONDITIONS_MAX) {
    reader.mistake(
      about(node),
      `is not a list of at most ${CONDITIONS_MAX} conditions; write - { name: certificate, certificate: 21d }`,
    );
    return [];
  }
  const seen = new Set<string>();
  return itemsOf(node).flatMap((item) => {
    const condition = parseCondition(reader, item);
    if (condition === undefined) return [];
    if (seen.has(condition.name)) {
      reader.mistake(
        about(item, 'name'),
        `is "${condition.name}" a second time; give each condition its own name`,
      );
    }
    seen.add(condition.name);
    return [condition];
  });
}

function parseCondition(reader: Reader, node: ConfigNode): WatchCondition | undefined {
  if (!readMap(reader, node, watchEntries, '{ name: certificate, certificate: 21d }'))
    return undefined;
  const kinds = CONDITIONS.filter((kind) => child(node, kind) !== undefined);
  const [kind] = kinds;
  if (child(node, 'name') === undefined) {
    reader.mistake(
      about(node, 'name'),
      'is missing; name the condition, such as name: certificate',
    );
  }
  const name = readKey(reader, node, watchEntries, 'name');
  if (kind === undefined || kinds.length > 1) {
    reader.mistake(
      about(node),
      `has ${kinds.length} conditions; write exactly one of certificate, latency, body or status`,
    );
    return undefined;
  }
  const condition = parseKind(reader, node, kind);
  return name === undefined || condition === undefined ? undefined : { name, ...condition };
}

type Condition = WatchCondition extends infer W
  ? W extends unknown
    ? Omit<W, 'name'>
    : never
  : never;

function parseKind(
  reader: Reader,
  node: ConfigNode,
  kind: (typeof CONDITIONS)[number],
): Condition | undefined {
  switch (kind) {
    case 'certificate': {
      const daysMin = parseDays(reader, child(node, 'certificate'));
      return daysMin === undefined ? undefined : { kind, daysMin };
    }
    case 'latency': {
      const latencyMsMax = readKey(reader, node, watchEntries, 'latency');
      return latencyMsMax === undefined ? undefined : { kind, latencyMsMax };
    }
    case 'body': {
      const body = parseBody(reader, child(node, 'body'));
      return body === undefined ? undefined : { kind, body };
    }
    case 'status':
      return { kind, status: parseStatus(reader, child(node, 'status')) };
  }
}

const parseStatus = (reader: Reader, node: ConfigNode | undefined): readonly StatusRange[] =>
  readList(reader, node, status, STATUS_RULES).items.map(({ value }) => value);

function parseDays(reader: Reader, node: ConfigNode | undefined): number | undefined {
  const ms = readLeaf(reader, node, expectEntries.certificate);
  if (node === undefined || ms === undefined) return undefined;
  if (ms > 0 && ms % DAY_MS === 0) return ms / DAY_MS;
  reader.mistake(at(node), 'is not a number of days; write one such as 21d');
  return undefined;
}

function parseBody(reader: Reader, node: ConfigNode | undefined): BodyMatch | undefined {
  if (node === undefined) return undefined;
  if (typeof valueAt(node) === 'string') {
    const text = readLeaf(reader, node, bodyMap.contains);
    if (text !== undefined && /^\/.+\/$/.test(text)) {
      reader.warn(
        at(node),
        "is looked for as it stands, slashes included; for a regular expression write { matches: '…' }",
      );
    }
    return text === undefined ? undefined : { kind: 'contains', text };
  }
  if (!readMap(reader, node, bodyMap, "text, or { matches: '…' }")) return undefined;
  const contains = child(node, 'contains');
  const matches = child(node, 'matches');
  if ((contains === undefined) === (matches === undefined)) {
    reader.mistake(about(node), 'needs either contains or matches; write one of them');
    return undefined;
  }
  const text = readLeaf(reader, contains ?? matches, bodyMap.contains);
  if (text === undefined) return undefined;
  if (matches === undefined) return { kind: 'contains', text };
  const compiled = reader.aids.compilePattern(text);
  if ('matches' in compiled) return { kind: 'matches', pattern: text };
  const problem = compiled.problem.replaceAll(';', ',').slice(0, 120);
  reader.mistake(
    at(matches),
    `is not a regular expression (${problem}); write RE2 syntax, without look-around or back-references`,
  );
  return undefined;
}

function parseExpectedHeaders(
  reader: Reader,
  node: ConfigNode | undefined,
): Readonly<Record<string, string>> | undefined {
  if (node === undefined) return undefined;
  const names = Object.fromEntries(keysOf(node).map((name) => [name, true]));
  if (!readMap(reader, node, names, 'headers as name: value')) return undefined;
  const headers = keysOf(node).flatMap((name) => {
    const token = readLeaf(reader, [{ path: about(node, name).path, value: name }], headerToken);
    const value = readLeaf(reader, child(node, name), headerText);
    return token === undefined || value === undefined
      ? []
      : [[token.toLowerCase(), value] as const];
  });
  return Object.fromEntries(headers);
}
