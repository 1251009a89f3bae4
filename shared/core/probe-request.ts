/**
 * Service, endpoint → the requests that one look consists of: one per leaf of its check and per probe
 * target, placeholders filled in. Requests that are equal in everything that matters have equal keys, so
 * that identical probes of several services are made once. Also what a vantage asks to test itself, and
 * the secrets that its requests need.
 */
import { canonicalText } from './canonical.ts';
import { splitHostPort } from './config-target.ts';
import {
  byText,
  type Check,
  type CheckNode,
  type Config,
  type Endpoint,
  type HttpCheck,
  type Service,
  type TcpCheck,
  type VantageId,
} from './model.ts';
import type { ProbeRequest } from './probe.ts';

export const PLACEHOLDERS = ['target', 'endpoint', 'region', 'name'] as const;
export type PlaceholderValues = Readonly<Record<(typeof PLACEHOLDERS)[number], string>>;

export const CONTROL_TIMEOUT_MS = 3_000;
const CONTROL_VANTAGES = 2;

type Leaf = HttpCheck | TcpCheck;

export const fillIn = (template: string, values: PlaceholderValues): string =>
  PLACEHOLDERS.reduce((text, name) => text.replaceAll(`{${name}}`, () => values[name]), template);

/** An IPv6 address stands in brackets wherever a port may follow. */
export const inBrackets = (target: string): string =>
  target.includes(':') ? `[${target}]` : target;

/** In the order of the check, then of the targets: `observe` pairs answers with leaves by key. */
export function probesOf(
  service: Pick<Service, 'names'>,
  endpoint: Endpoint,
): readonly ProbeRequest[] {
  return distinct(
    leavesOf(endpoint.check.node).flatMap((leaf) => leafRequests(service, endpoint, leaf)),
  );
}

/** The requests of a tree, in file order. */
export function leavesOf(node: CheckNode): readonly Leaf[] {
  return node.kind === 'http' || node.kind === 'tcp' ? [node] : node.checks.flatMap(leavesOf);
}

/** Names of the parameters that probes need, for the one role that may read them. */
export function secretsOf(config: Pick<Config, 'services'>): readonly string[] {
  const names = config.services
    .flatMap((service) => service.endpoints)
    .flatMap((endpoint) => leavesOf(endpoint.check.node))
    .flatMap((leaf) => (leaf.kind === 'http' ? Object.values(leaf.headers) : []))
    .flatMap((value) => (typeof value === 'string' ? [] : [value.ssm]));
  return [...new Set(names)].sort(byText);
}

/** An AWS endpoint in a region that answers without credentials. */
export function awsPing(region: string): string {
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `https://dynamodb.${region}.${suffix}/ping`;
}

/**
 * What a vantage asks to find out whether it is cut off itself: AWS in the next two vantage regions (its
 * own where it is the only one) and the configured targets. `pingUrl` is another one in the local world.
 */
export function controlProbesOf(
  config: Pick<Config, 'vantages' | 'controlTargets'>,
  vantage: VantageId,
  pingUrl: (region: VantageId) => string = awsPing,
): readonly ProbeRequest[] {
  const own = config.vantages.indexOf(vantage);
  const others = [...config.vantages.slice(own + 1), ...config.vantages.slice(0, Math.max(0, own))];
  const regions = others.length === 0 ? [vantage] : others.slice(0, CONTROL_VANTAGES);
  const urls = [...regions.map(pingUrl), ...config.controlTargets];
  return distinct(urls.map(controlRequest));
}

function controlRequest(target: string): ProbeRequest {
  const parts = splitHostPort(target);
  if (parts !== undefined) {
    return keyed({
      kind: 'tcp',
      target: parts.host,
      port: parts.port,
      timeoutMs: CONTROL_TIMEOUT_MS,
    });
  }
  const host = hostOf(target);
  return keyed({
    kind: 'http',
    url: target,
    target: host,
    method: 'GET',
    host,
    headers: {},
    readsBody: false,
    timeoutMs: CONTROL_TIMEOUT_MS,
  });
}

/**
 * What was asked before. A configuration never changes and every round asks the same of it, so URLs and keys
 * are made once: all that goes into a request is the endpoint, the leaf and the service's first name.
 */
const asked = new WeakMap<Endpoint, WeakMap<Leaf, Asked>>();
type Asked = { readonly name: string | undefined; readonly requests: readonly ProbeRequest[] };

/** One leaf asked of every probe target, in their order. */
export function leafRequests(
  service: Pick<Service, 'names'>,
  endpoint: Endpoint,
  leaf: Leaf,
): readonly ProbeRequest[] {
  const [name] = service.names;
  const byLeaf = asked.get(endpoint) ?? new WeakMap<Leaf, Asked>();
  const before = byLeaf.get(leaf);
  if (before !== undefined && before.name === name) return before.requests;
  const requests = endpoint.probeTargets.map((target) =>
    leafRequest(service, endpoint, leaf, target),
  );
  asked.set(endpoint, byLeaf.set(leaf, { name, requests }));
  return requests;
}

/** One leaf asked of one target: the same key in the round that sends it and where its answer is judged. */
export function leafRequest(
  service: Pick<Service, 'names'>,
  endpoint: Endpoint,
  leaf: Leaf,
  target: string,
): ProbeRequest {
  const { timeoutMs } = endpoint.check;
  const values = {
    target,
    endpoint: endpoint.id,
    region: endpoint.region,
    name: service.names.slice(0, 1).join(''),
  };
  const bracketed = { ...values, target: inBrackets(target) };
  if (leaf.kind === 'tcp') {
    const parts = splitHostPort(fillIn(leaf.address, bracketed));
    return keyed({ kind: 'tcp', target: parts?.host ?? target, port: parts?.port ?? 0, timeoutMs });
  }
  const url = fillIn(leaf.url, bracketed);
  return keyed({
    kind: 'http',
    url,
    target: hostOf(url),
    method: leaf.method,
    host: fillIn(leaf.host, values),
    headers: leaf.headers,
    readsBody: readsBody(leaf, endpoint.check),
    ...(expectsRedirect(leaf) ? { followsRedirects: false } : {}),
    timeoutMs,
  });
}

const expectsRedirect = ({ expect }: HttpCheck): boolean =>
  expect.status?.some(({ from, to }) => from <= 399 && to >= 300) ?? false;

const readsBody = (leaf: HttpCheck, check: Check): boolean =>
  leaf.method !== 'HEAD' &&
  (leaf.expect.body !== undefined || check.watch.some(({ kind }) => kind === 'body'));

const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, '');

type Unkeyed<T> = T extends unknown ? Omit<T, 'key'> : never;
const keyed = (request: Unkeyed<ProbeRequest>): ProbeRequest => ({
  ...request,
  key: canonicalText(request),
});

const distinct = (requests: readonly ProbeRequest[]): readonly ProbeRequest[] => [
  ...new Map(requests.map((request) => [request.key, request])).values(),
];
