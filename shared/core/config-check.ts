/**
 * `check:` of one endpoint, seen through its service's and the defaults → `Check`. A check is one request
 * (`url` or `tcp`) or a tree of them (`all`, `any`) with a bound on its depth and leaves. The most special
 * layer that names a kind of request decides the kind; method, host, headers and `expect` merge into
 * every HTTP request below them.
 */
import { parseExpectation, parseWatch } from './config-expect.ts';
import {
  about,
  at,
  type ConfigNode,
  child,
  itemsOf,
  keysOf,
  overlay,
  valueAt,
} from './config-node.ts';
import { nearest, orList } from './config-problem.ts';
import { isSuspected, type Reader, readKey, readLeaf, readMap } from './config-read.ts';
import {
  CHECK_DEPTH_MAX,
  CHECK_LEAVES_MAX,
  checkEntries,
  headerText,
  headerToken,
  requestEntries,
  ssmName,
} from './config-schema.ts';
import {
  hostPortTrouble,
  nameTrouble,
  plainName,
  splitHostPort,
  type Trouble,
  urlTrouble,
} from './config-target.ts';
import type { Check, CheckNode, HeaderValue, HttpCheck, TcpCheck } from './model.ts';
import {
  fillIn,
  inBrackets,
  leavesOf,
  PLACEHOLDERS,
  type PlaceholderValues,
} from './probe-request.ts';

/** What the placeholders of one endpoint stand for. Targets that were wrong themselves are left out. */
export type CheckScope = {
  readonly endpoint: string;
  readonly region: string;
  readonly name: string;
  readonly targets: readonly string[];
};

const KINDS = ['url', 'tcp', 'all', 'any'] as const;
type Kind = (typeof KINDS)[number];

/** Judges a template apart from the endpoint's own target, which is judged where it is written. */
const SAMPLE_TARGET = 'target.example.com';
/** Set by the client itself, or able to change where a request ends. */
const RESERVED_HEADERS = [
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'te',
  'expect',
  'user-agent',
];
const WHAT_TO_ASK = 'write url: https://{target}/health or tcp: "{target}:443"';

export function parseCheck(
  reader: Reader,
  node: ConfigNode,
  everyMs: number | undefined,
  scope: CheckScope,
): Check | undefined {
  const timeoutMs = readKey(reader, node, checkEntries, 'timeout', 3_000);
  const fall = readKey(reader, node, checkEntries, 'fall', 3);
  const rise = readKey(reader, node, checkEntries, 'rise', 5);
  const timeoutNode = child(node, 'timeout');
  if (timeoutNode && timeoutMs !== undefined && everyMs !== undefined) {
    if (timeoutMs >= everyMs) {
      reader.mistake(
        at(timeoutNode),
        `is not shorter than every (${everyMs / 1000}s); write a timeout below it`,
      );
    }
    if (timeoutMs === 0) reader.mistake(at(timeoutNode), 'leaves no time to answer; write 3s');
  }
  const fallNode = child(node, 'fall');
  if (fallNode && fall !== undefined && fall < 3) {
    reader.warn(at(fallNode), 'makes one short hiccup a vote down; write 3 unless that is wanted');
  }
  const tree = parseTop(reader, node, scope);
  const watch = parseWatch(reader, child(node, 'watch'));
  if (tree === undefined || timeoutMs === undefined || fall === undefined || rise === undefined) {
    return undefined;
  }
  if (leavesOf(tree).length > CHECK_LEAVES_MAX) {
    reader.mistake(
      about(node),
      `asks ${leavesOf(tree).length} requests, more than ${CHECK_LEAVES_MAX}; write fewer`,
    );
  }
  return { node: tree, timeoutMs, fall, rise, watch };
}

function parseTop(reader: Reader, node: ConfigNode, scope: CheckScope): CheckNode | undefined {
  const decisive = node.findIndex((layer) => kindsIn([layer]).length > 0);
  const layer = node[decisive];
  if (layer === undefined) {
    if (!isSuspected(reader, node, KINDS)) {
      reader.mistake(about(node), `does not say what to ask; ${WHAT_TO_ASK}`);
    }
    return undefined;
  }
  const [first, ...rest] = node;
  const own: ConfigNode = [first, ...rest.slice(0, decisive)];
  return parseRequest(reader, { kindAt: [layer], own, all: node }, scope, 1);
}

type Request = {
  /** The one layer that says what kind of request it is. */
  readonly kindAt: ConfigNode;
  /** Without what shows through from more general layers. */
  readonly own: ConfigNode;
  readonly all: ConfigNode;
};

function parseRequest(
  reader: Reader,
  request: Request,
  scope: CheckScope,
  depth: number,
): CheckNode | undefined {
  const kinds = kindsIn(request.kindAt);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    if (kind === undefined && isSuspected(reader, request.kindAt, KINDS)) return undefined;
    const both = kinds.length > 1 ? `has ${kinds.join(' and ')}` : 'does not say what to ask';
    reader.mistake(
      about(request.kindAt),
      `${both}; ${kinds.length > 1 ? 'write only one of them' : WHAT_TO_ASK}`,
    );
    return undefined;
  }
  switch (kind) {
    case 'url':
      return parseHttp(reader, request.all, scope);
    case 'tcp':
      return parseTcp(reader, request.own, scope);
    case 'all':
    case 'any':
      return parseList(reader, kind, request, scope, depth);
  }
}

function parseList(
  reader: Reader,
  kind: 'all' | 'any',
  request: Request,
  scope: CheckScope,
  depth: number,
): CheckNode | undefined {
  const list = child(request.kindAt, kind);
  if (list === undefined || !Array.isArray(valueAt(list))) {
    reader.mistake(
      about(request.kindAt, kind),
      'is not a list; write one request per line, each with a leading hyphen',
    );
    return undefined;
  }
  const { length } = valueAt(list) as readonly unknown[];
  if (length === 0 || length > CHECK_LEAVES_MAX) {
    reader.mistake(about(list), `has ${length} requests; write 1 to ${CHECK_LEAVES_MAX}`);
    return undefined;
  }
  if (depth >= CHECK_DEPTH_MAX) {
    reader.mistake(
      about(list),
      `is nested deeper than ${CHECK_DEPTH_MAX - 1} lists; write it flatter`,
    );
    return undefined;
  }
  const checks = itemsOf(list).map((item) => {
    if (
      !readMap(reader, item, requestEntries, 'a request such as { url: https://{target}/health }')
    )
      return undefined;
    const all = overlay(item, request.all);
    return parseRequest(reader, { kindAt: item, own: item, all }, scope, depth + 1);
  });
  const good = checks.filter((check) => check !== undefined);
  return good.length === checks.length ? { kind, checks: good } : undefined;
}

function parseHttp(reader: Reader, node: ConfigNode, scope: CheckScope): HttpCheck | undefined {
  const url = readTemplate(reader, node, 'url', scope, (filled) => urlTrouble(filled, reader));
  const method = readKey(reader, node, requestEntries, 'method', 'GET');
  const host = readTemplate(reader, node, 'host', scope, (filled) =>
    hostHeaderTrouble(reader, filled),
  );
  const headers = parseHeaders(reader, child(node, 'headers'));
  const expectNode = child(node, 'expect');
  const expect = parseExpectation(reader, expectNode);
  if (url === undefined || method === undefined || host === undefined || expect === undefined) {
    return undefined;
  }
  const bodyNode = expectNode && child(expectNode, 'body');
  if (bodyNode && method === 'HEAD') {
    reader.mistake(
      about(bodyNode),
      'can never match, an answer to HEAD has no body; write method: GET',
    );
  }
  const daysNode = expectNode && child(expectNode, 'certificate');
  if (daysNode && !/^https:/i.test(url)) {
    reader.mistake(at(daysNode), 'can never hold, http shows no certificate; write an https URL');
  }
  return { kind: 'http', url, method, host: host === '' ? scope.name : host, headers, expect };
}

function parseTcp(reader: Reader, node: ConfigNode, scope: CheckScope): TcpCheck | undefined {
  const address = readTemplate(reader, node, 'tcp', scope, (filled) =>
    hostPortTrouble(filled, reader, '"{target}:5432"'),
  );
  for (const key of ['method', 'host', 'headers'] as const) {
    if (child(node, key)) {
      reader.mistake(
        about(node, key),
        'means nothing to a TCP connect; leave it out or write url:',
      );
    }
  }
  const expectNode = child(node, 'expect');
  const expect = parseExpectation(reader, expectNode);
  for (const key of expectNode ? keysOf(expectNode) : []) {
    if (expect && key !== 'latency' && key in expect) {
      reader.mistake(
        about(node, 'expect', key),
        'means nothing to a TCP connect; expect latency or nothing',
      );
    }
  }
  if (address === undefined || expect === undefined) return undefined;
  const { latencyMsMax } = expect;
  return { kind: 'tcp', address, expect: latencyMsMax === undefined ? {} : { latencyMsMax } };
}

/** The text with its placeholders still in place, judged as this endpoint will see it. Absent is ''. */
function readTemplate(
  reader: Reader,
  parent: ConfigNode,
  key: 'url' | 'host' | 'tcp',
  scope: CheckScope,
  troubleWith: (filled: string) => Trouble,
): string | undefined {
  const node = child(parent, key);
  const template = readKey(reader, parent, requestEntries, key, '');
  if (node === undefined || template === undefined) return template;
  const unknown = [...template.matchAll(/\{([^{}]*)\}/g)]
    .map(([, name = '']) => name)
    .filter((name) => !(PLACEHOLDERS as readonly string[]).includes(name));
  for (const name of unknown) {
    const guess = nearest(name, PLACEHOLDERS);
    const known = orList(PLACEHOLDERS.map((one) => `{${one}}`));
    const remedy = guess ? `did you mean {${guess}}?` : `known are ${known}`;
    reader.mistake(at(node), `has the unknown placeholder {${name}}; ${remedy}`);
  }
  if (unknown.length > 0) return undefined;
  const filled = (target: string): string => fillIn(template, placeholderValues(scope, target));
  const trouble = troubleWith(filled(SAMPLE_TARGET));
  if (trouble) {
    reader.mistake(at(node), trouble);
    return undefined;
  }
  const fits = (target: string): boolean => {
    if (key === 'host') return true;
    const real = filled(inBrackets(target));
    return key === 'url' ? URL.canParse(real) : splitHostPort(real) !== undefined;
  };
  if (!scope.targets.every(fits)) {
    const example = key === 'url' ? 'https://{target}/health' : '"{target}:5432"';
    reader.mistake(at(node), `is of no use once an address stands for {target}; write ${example}`);
    return undefined;
  }
  return template;
}

const placeholderValues = (scope: CheckScope, target: string): PlaceholderValues => ({
  target,
  endpoint: scope.endpoint,
  region: scope.region,
  name: scope.name,
});

function hostHeaderTrouble(reader: Reader, host: string): Trouble {
  if (reader.aids.classifyAddress(host) !== undefined) return undefined;
  return (
    nameTrouble(plainName(host)) && 'is not a Host header; write a host name without scheme or port'
  );
}

function parseHeaders(
  reader: Reader,
  node: ConfigNode | undefined,
): Readonly<Record<string, HeaderValue>> {
  if (node === undefined || !readMap(reader, node, anyHeader(node), 'headers as name: value'))
    return {};
  const read = new Map<string, HeaderValue>();
  for (const name of keysOf(node)) {
    const value = child(node, name);
    const lower = name.toLowerCase();
    if (
      readLeaf(reader, [{ path: about(node, name).path, value: name }], headerToken) ===
        undefined ||
      !value
    )
      continue;
    if (RESERVED_HEADERS.includes(lower)) {
      const remedy = lower === 'host' ? 'write host: beside headers' : 'leave it out';
      reader.mistake(about(node, name), `is a header that the probe sets itself; ${remedy}`);
      continue;
    }
    if (read.has(lower)) {
      reader.mistake(about(node, name), 'is the same header twice; write it once');
      continue;
    }
    const parsed = parseHeaderValue(reader, value);
    if (parsed !== undefined) read.set(lower, parsed);
  }
  return Object.fromEntries(read);
}

/** Text, or where the secret lies. */
export function parseHeaderValue(reader: Reader, node: ConfigNode): HeaderValue | undefined {
  const secret = child(node, 'ssm');
  if (secret === undefined) return readLeaf(reader, node, headerText);
  readMap(reader, node, { ssm: true }, '{ ssm: /path/of/parameter }');
  const ssm = readLeaf(reader, secret, ssmName);
  return ssm === undefined ? undefined : { ssm };
}

const anyHeader = (node: ConfigNode): Record<string, true> =>
  Object.fromEntries(keysOf(node).map((name) => [name, true]));

const kindsIn = (node: ConfigNode): readonly Kind[] =>
  KINDS.filter((kind) => child(node, kind) !== undefined);
