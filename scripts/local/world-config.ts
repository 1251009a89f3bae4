/**
 * The user's file, recast for loopback. In: a parsed Config. Out: the same Config with every target on
 * an address of this machine, and what must be built for it: servers with the pages their checks
 * expect, aliases, zones. Everything else (policy, quorum, digests, modes) stays as written; whatever
 * can't be played is dropped with a note, never in silence.
 */
import type {
  Check,
  CheckNode,
  CompilePattern,
  Config,
  Endpoint,
  Expectation,
  HeaderValue,
  RecordType,
  Service,
  Target,
} from '../../shared/core/model.ts';
import type { Door, Page } from './endpoint-server.ts';
import { LOCAL_IPV6, type LoopbackBlock } from './loopback.ts';

export type PlayedEndpoint = {
  readonly service: string;
  readonly endpoint: string;
  readonly region: string;
  /** Where its server listens, if it can. */
  readonly address: string;
  readonly address6: string;
  /** What DNS answers for it here, one per record type. */
  readonly answers: Readonly<Partial<Record<RecordType, string>>>;
  readonly home: Page;
  readonly doors: readonly Door[];
  /** Names and addresses that its certificate must hold. */
  readonly hosts: readonly string[];
};

export type LocalAddress = { readonly family: 4 | 6; readonly address: string };

export type PlayedZone = { readonly id: string; readonly apex: string };

export type WorldConfig = {
  readonly config: Config;
  readonly endpoints: readonly PlayedEndpoint[];
  /** Alias target → addresses, for DNS answers. */
  readonly aliases: ReadonlyMap<string, readonly LocalAddress[]>;
  readonly zones: readonly PlayedZone[];
  readonly notes: readonly string[];
};

export function recast(
  config: Config,
  block: LoopbackBlock,
  compilePattern: CompilePattern,
): WorldConfig {
  const notes: string[] = [];
  const endpoints: PlayedEndpoint[] = [];
  const aliases = new Map<string, readonly LocalAddress[]>();
  let position = 0;

  const services = config.services.map((service) => ({
    ...service,
    zone: { key: service.zone.key, id: service.zone.id },
    endpoints: service.endpoints.map((endpoint) => {
      const ipv4 = block.ipv4(position);
      const ipv6 = block.ipv6(position);
      position += 1;
      const recastOne = recastEndpoint(service, endpoint, { ipv4, ipv6 }, compilePattern, notes);
      endpoints.push(recastOne.played);
      for (const target of Object.values(endpoint.targets)) {
        // An alias that several endpoints share answers as the first of them.
        if (target.kind === 'alias' && !aliases.has(target.name)) {
          aliases.set(target.name, [
            { family: 4, address: ipv4 },
            { family: 6, address: ipv6 },
          ]);
        }
      }
      return recastOne.endpoint;
    }),
  }));

  const observing = services.filter((service) => service.mode === 'observe');
  if (observing.length > 0) {
    const names = observing.map((service) => service.id).join(', ');
    notes.push(`mode observe: ${names} (decides and records, never changes a weight)`);
  }
  return {
    config: {
      ...config,
      services,
      zones: withoutRoles(config),
      // The world's own inbox takes their place.
      notify: {},
      allowAddresses: [...config.allowAddresses, LOCAL_IPV6],
    },
    endpoints,
    aliases,
    zones: zonesOf(services),
    notes,
  };
}

type Addresses = { readonly ipv4: string; readonly ipv6: string };

function recastEndpoint(
  service: Service,
  endpoint: Endpoint,
  { ipv4, ipv6 }: Addresses,
  compilePattern: CompilePattern,
  notes: string[],
): { endpoint: Endpoint; played: PlayedEndpoint } {
  const targets: Partial<Record<RecordType, Target>> = {};
  const answers: Partial<Record<RecordType, string>> = {};
  for (const type of service.types) {
    const target = endpoint.targets[type];
    if (!target) continue;
    const local = type === 'AAAA' ? ipv6 : ipv4;
    const keepsName = target.kind === 'alias' || type === 'CNAME';
    targets[type] = keepsName ? target : { kind: 'value', value: local };
    answers[type] = type === 'CNAME' && target.kind === 'value' ? target.value : local;
  }

  const name = service.names[0] ?? service.id;
  const home: Page = {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: greeting(service, endpoint),
  };
  const where = `${service.id} / ${endpoint.id}`;
  const fill = (text: string): string =>
    text
      .replaceAll('{endpoint}', endpoint.id)
      .replaceAll('{region}', endpoint.region)
      .replaceAll('{name}', name);
  const doors = new Map<number, { protocol: Door['protocol']; pages: Map<string, Page> }>();
  const hosts = new Set<string>([...service.names, ipv4, ipv6, '127.0.0.1']);

  const recastNode = (node: CheckNode): CheckNode => {
    switch (node.kind) {
      case 'all':
      case 'any':
        return { ...node, checks: node.checks.map(recastNode) };
      case 'tcp':
        openDoor(doors, portOf(node.address), 'tcp');
        return { ...node, address: `{target}:${portOf(node.address)}` };
      case 'http': {
        const template = node.url.replace(AUTHORITY_HOST, '$1{target}');
        const url = new URL(fill(template.replace('{target}', 'target.invalid')));
        const protocol = url.protocol === 'https:' ? 'https' : 'http';
        const port = url.port === '' ? DEFAULT_PORTS[protocol] : Number(url.port);
        const expect = playable(node.expect, home.body, compilePattern, () =>
          notes.push(
            `${where}: its body pattern is left out, no page that matches can be made up here`,
          ),
        );
        openDoor(doors, port, protocol).set(url.pathname, pageFor(expect, home));
        hosts.add(fill(node.host).replaceAll('{target}', ipv4));
        return { ...node, url: template, expect, headers: withoutSecrets(node.headers) };
      }
    }
  };
  const check: Check = { ...endpoint.check, node: recastNode(endpoint.check.node) };

  return {
    endpoint: {
      ...endpoint,
      targets,
      check,
      probeTargets: probeTargetsOf(endpoint, { ipv4, ipv6 }),
    },
    played: {
      service: service.id,
      endpoint: endpoint.id,
      region: endpoint.region,
      address: ipv4,
      address6: ipv6,
      answers,
      home,
      doors: [...doors].map(([port, { protocol, pages }]) => ({ port, protocol, pages })),
      hosts: [...hosts],
    },
  };
}

/** Whatever host a URL names, here it is the endpoint's own loopback address. */
const AUTHORITY_HOST = /^(https?:\/\/)(?:\[[^\]]*\]|[^/:?#]*)/;
const DEFAULT_PORTS = { http: 80, https: 443 } as const;
const RANK = { tcp: 0, http: 1, https: 2 } as const;

/** One port, one protocol: the most particular one, as a TCP connect passes on all of them. */
function openDoor(
  doors: Map<number, { protocol: Door['protocol']; pages: Map<string, Page> }>,
  port: number,
  protocol: Door['protocol'],
): Map<string, Page> {
  const door = doors.get(port) ?? { protocol, pages: new Map<string, Page>() };
  if (RANK[protocol] > RANK[door.protocol]) door.protocol = protocol;
  doors.set(port, door);
  return door.pages;
}

const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(':') + 1));

/** As many as before, so that A and AAAA are both probed: a literal v6 address stays one. */
const probeTargetsOf = (endpoint: Endpoint, { ipv4, ipv6 }: Addresses): readonly string[] => [
  ...new Set(endpoint.probeTargets.map((target) => (target.includes(':') ? ipv6 : ipv4))),
];

const greeting = (service: Service, endpoint: Endpoint): string =>
  `${JSON.stringify({
    status: 'ok',
    service: service.id,
    endpoint: endpoint.id,
    region: endpoint.region,
  })}\n`;

/** The expectation as it can be met: a pattern is kept only if the page matches it. */
function playable(
  expect: Expectation,
  body: string,
  compilePattern: CompilePattern,
  onDrop: () => void,
): Expectation {
  if (expect.body?.kind !== 'matches') return expect;
  const compiled = compilePattern(expect.body.pattern);
  if ('matches' in compiled && compiled.matches(body)) return expect;
  onDrop();
  const { body: _dropped, ...rest } = expect;
  return rest;
}

function pageFor(expect: Expectation, home: Page): Page {
  const ranges = expect.status ?? [{ from: 200, to: 200 }];
  const takes200 = ranges.some(({ from, to }) => from <= 200 && 200 <= to);
  const text = expect.body?.kind === 'contains' ? expect.body.text : '';
  return {
    status: takes200 ? 200 : (ranges[0]?.from ?? 200),
    headers: { ...home.headers, ...expect.headers },
    body: home.body.includes(text) ? home.body : `${home.body}${text}\n`,
  };
}

/** There is no parameter store here, and nothing here checks a token. */
const withoutSecrets = (
  headers: Readonly<Record<string, HeaderValue>>,
): Readonly<Record<string, HeaderValue>> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : 'local-world',
    ]),
  );

/** One account here: no role to assume. */
const withoutRoles = (config: Config): Config['zones'] =>
  Object.fromEntries(
    Object.entries(config.zones).map(([key, zone]) => [key, { key: zone.key, id: zone.id }]),
  );

/** The file names zones by id only: the apex is the longest suffix that all names of the zone share. */
function zonesOf(services: readonly Service[]): readonly PlayedZone[] {
  const names = new Map<string, string[]>();
  for (const service of services) {
    names.set(service.zone.id, [...(names.get(service.zone.id) ?? []), ...service.names]);
  }
  return [...names].map(([id, all]) => ({ id, apex: apexOf(all) }));
}

export function apexOf(names: readonly string[]): string {
  const [first = '', ...others] = names.map((name) => name.split('.').reverse());
  let shared = 0;
  while (shared < first.length && others.every((labels) => labels[shared] === first[shared])) {
    shared += 1;
  }
  const shortest = Math.min(...names.map((name) => name.split('.').length));
  // A lone name is more likely a host than an apex, unless it has two labels only.
  if (shared === shortest && shared > 2) shared -= 1;
  return [...first].slice(0, shared).reverse().join('.');
}
