/**
 * One service as everything else sees it, merged with its defaults, and where each value comes from: a line
 * of a file, or a default. Values are those of the parsed configuration; the file is only asked where they
 * stand, through the very layers that the parser reads.
 */
import { type ConfigNode, child, nodeOf, overlay, pathOf } from '../../shared/core/config-node.ts';
import type { Path } from '../../shared/core/config-problem.ts';
import type {
  BodyMatch,
  CheckNode,
  Endpoint,
  HeaderValue,
  HttpCheck,
  Service,
  Slo,
  StatusRange,
  TcpCheck,
} from '../../shared/core/model.ts';
import { printDuration } from '../../shared/core/units.ts';
import type { LoadedConfig } from '../config-file.ts';

export type ShownValue = {
  /** As in the file: `endpoints.us.check.url`. */
  readonly path: string;
  readonly value: string;
  /** `quorate.yml:12`, or `default`. */
  readonly origin: string;
};

type Source = Pick<LoadedConfig, 'data' | 'lineOf'>;
type Layers = ConfigNode | undefined;

export function shownValues(service: Service, source: Source): readonly ShownValue[] {
  const file = nodeOf(source.data, []);
  const own = at(file, 'services', service.id);
  const layers = overlay(own, at(file, 'defaults'));
  const origin = originIn(source);
  const line = (path: string, value: string, ...nodes: readonly Layers[]): ShownValue => ({
    path,
    value,
    origin: origin(nodes.find((node) => node !== undefined)),
  });
  const { policy } = service;
  const rule = (key: string, value: string): ShownValue =>
    line(`policy.${key}`, value, at(layers, 'policy', key));
  return [
    line('mode', service.mode, at(layers, 'mode')),
    line('zone', `${service.zone.key} (${service.zone.id})`, at(layers, 'zone')),
    line('names', `[${service.names.join(', ')}]`, at(layers, 'names')),
    line('type', `[${service.types.join(', ')}]`, at(layers, 'type')),
    line('ttl', `${service.ttlSeconds}s`, at(layers, 'ttl')),
    line(
      'vantages',
      `[${service.vantages.join(', ')}]`,
      at(layers, 'vantages'),
      at(file, 'vantages'),
    ),
    line(
      'quorum',
      String(service.quorum),
      at(layers, 'quorum'),
      at(layers, 'vantages') ? undefined : at(file, 'quorum'),
    ),
    line('accept-withheld', String(service.acceptWithheld), at(layers, 'accept-withheld')),
    ...(service.slo === undefined ? [] : objectiveValues(service.slo, layers, line)),
    line('check.every', printDuration(service.everyMs), at(layers, 'check', 'every')),
    ...service.endpoints.flatMap((endpoint) => endpointValues(endpoint, layers, line)),
    rule('velocity', `${policy.velocity.regions} per ${printDuration(policy.velocity.windowMs)}`),
    rule('hold-down', printDuration(policy.holdDownMs)),
    rule('ramp', `[${policy.ramp.map((step) => `${step}%`).join(', ')}]`),
    rule('ramp-step', printDuration(policy.rampStepMs)),
    rule('failback', policy.failback),
    ...(policy.floorPercent === undefined ? [] : [rule('floor', `${policy.floorPercent}%`)]),
    rule('trickle', `${policy.tricklePercent}%`),
    rule('settle', printDuration(policy.settleMs)),
  ];
}

type MakeLine = (path: string, value: string, ...nodes: readonly Layers[]) => ShownValue;

function objectiveValues(slo: Slo, layers: Layers, line: MakeLine): readonly ShownValue[] {
  const { availabilityPercent, latency, windowMs } = slo;
  const whole = at(layers, 'slo');
  return [
    ...(availabilityPercent === undefined
      ? []
      : [
          line(
            'slo.availability',
            `${availabilityPercent}%`,
            at(layers, 'slo', 'availability') ?? whole,
          ),
        ]),
    ...(latency === undefined
      ? []
      : [
          line(
            'slo.latency',
            `${latency.percent}% under ${printDuration(latency.thresholdMs)}`,
            at(layers, 'slo', 'latency'),
          ),
        ]),
    line('slo.window', printDuration(windowMs), at(layers, 'slo', 'window')),
  ];
}

function endpointValues(endpoint: Endpoint, layers: Layers, make: MakeLine): readonly ShownValue[] {
  const node = at(layers, 'endpoints', endpoint.id);
  const line = (key: string, value: string, ...nodes: readonly Layers[]): ShownValue =>
    make(`endpoints.${endpoint.id}.${key}`, value, ...nodes);
  const way = (['address', 'alias', 'cname'] as const).find((key) => at(node, key) !== undefined);
  const checkLayers = overlay(at(node, 'check'), at(layers, 'check'));
  const { check } = endpoint;
  return [
    line('region', endpoint.region, at(node, 'region')),
    ...Object.entries(endpoint.targets).map(([type, target]) =>
      target.kind === 'alias'
        ? line(
            `alias (${type})`,
            `${target.name} in ${target.zone}${target.evaluateTargetHealth ? ', evaluate-target-health' : ''}`,
            at(node, 'alias'),
          )
        : line(
            type === 'CNAME' ? 'cname' : `address.${type}`,
            target.value,
            at(node, way ?? 'address', type),
            at(node, way ?? 'address'),
          ),
    ),
    line('weight', String(endpoint.weight), at(node, 'weight')),
    line('tier', String(endpoint.tier), at(node, 'tier')),
    line('set-identifier', endpoint.setIdentifier, at(node, 'set-identifier')),
    ...(endpoint.healthCheckId === undefined
      ? []
      : [line('health-check', endpoint.healthCheckId, at(node, 'health-check'))]),
    line('probe', `[${endpoint.probeTargets.join(', ')}]`, at(node, 'probe')),
    ...requestValues(check.node, checkLayers, line),
    line('check.timeout', printDuration(check.timeoutMs), at(checkLayers, 'timeout')),
    line('check.fall', String(check.fall), at(checkLayers, 'fall')),
    line('check.rise', String(check.rise), at(checkLayers, 'rise')),
    ...(check.watch.length === 0
      ? []
      : [
          line(
            'check.watch',
            `[${check.watch.map(({ name }) => name).join(', ')}]`,
            at(checkLayers, 'watch'),
          ),
        ]),
  ];
}

function requestValues(node: CheckNode, layers: Layers, line: MakeLine): readonly ShownValue[] {
  switch (node.kind) {
    case 'http':
      return httpValues(node, layers, line);
    case 'tcp':
      return [
        line('check.tcp', node.address, at(layers, 'tcp')),
        ...(node.expect.latencyMsMax === undefined
          ? []
          : [
              line(
                'check.expect.latency',
                printDuration(node.expect.latencyMsMax),
                at(layers, 'expect', 'latency'),
              ),
            ]),
      ];
    case 'all':
    case 'any':
      return [
        line(
          `check.${node.kind}`,
          `[${node.checks.map(nodeText).join(', ')}]`,
          at(layers, node.kind),
        ),
      ];
  }
}

function httpValues(node: HttpCheck, layers: Layers, line: MakeLine): readonly ShownValue[] {
  const { status, body, headers, latencyMsMax, certificateDaysMin } = node.expect;
  const expected = (key: string, value: string | undefined): readonly ShownValue[] =>
    value === undefined ? [] : [line(`check.expect.${key}`, value, at(layers, 'expect', key))];
  return [
    line('check.url', node.url, at(layers, 'url')),
    line('check.method', node.method, at(layers, 'method')),
    line('check.host', node.host, at(layers, 'host')),
    ...Object.entries(node.headers).map(([name, value]) =>
      line(
        `check.headers.${name}`,
        headerText(value),
        at(layers, 'headers', name),
        at(layers, 'headers'),
      ),
    ),
    line('check.expect.status', statusText(status), at(layers, 'expect', 'status')),
    ...expected('body', body && bodyText(body)),
    ...Object.entries(headers ?? {}).map(([name, value]) =>
      line(
        `check.expect.headers.${name}`,
        value,
        at(layers, 'expect', 'headers', name),
        at(layers, 'expect', 'headers'),
      ),
    ),
    ...expected('latency', latencyMsMax === undefined ? undefined : printDuration(latencyMsMax)),
    ...expected(
      'certificate',
      certificateDaysMin === undefined ? undefined : `${certificateDaysMin}d`,
    ),
  ];
}

const headerText = (value: HeaderValue): string =>
  typeof value === 'string' ? value : `{ ssm: ${value.ssm} }`;

const statusText = (ranges: readonly StatusRange[] = STATUS_DEFAULT): string =>
  `[${ranges.map(({ from, to }) => (from === to ? from : `${from}-${to}`)).join(', ')}]`;
/** As the core judges where the file says nothing. */
const STATUS_DEFAULT: readonly StatusRange[] = [
  { from: 200, to: 399 },
  { from: 429, to: 429 },
];

const bodyText = (body: BodyMatch): string =>
  body.kind === 'contains' ? `{ contains: ${body.text} }` : `{ matches: ${body.pattern} }`;

const nodeText = (node: CheckNode): string => {
  const leaf = (one: HttpCheck | TcpCheck): string => (one.kind === 'http' ? one.url : one.address);
  return node.kind === 'http' || node.kind === 'tcp'
    ? leaf(node)
    : `${node.kind}(${node.checks.map(nodeText).join(', ')})`;
};

const at = (node: Layers, ...keys: readonly string[]): Layers =>
  keys.reduce<Layers>((place, key) => place && child(place, key), node);

/** A key that came through a YAML anchor has no line of its own: its parent's is the place to look. */
const originIn =
  ({ lineOf }: Source) =>
  (node: Layers): string => {
    if (node === undefined) return 'default';
    const path: Path = pathOf(node);
    for (let length = path.length; length > 0; length -= 1) {
      const found = lineOf(path.slice(0, length));
      if (found !== undefined) return `${found.file}:${found.line}`;
    }
    return 'the file';
  };

/**
 *     services.app
 *       mode                observe                default
 *       endpoints.us.weight 100                    quorate.yml:34
 */
export function shownText(service: string, values: readonly ShownValue[]): readonly string[] {
  const widest = (pick: (value: ShownValue) => string, most: number): number =>
    Math.min(most, Math.max(0, ...values.map((value) => pick(value).length)));
  const pathWidth = widest(({ path }) => path, 48);
  const valueWidth = widest(({ value }) => value, 44);
  return [
    `services.${service}`,
    ...values.map(
      ({ path, value, origin }) =>
        `  ${path.padEnd(pathWidth)}  ${value.padEnd(valueWidth)}  # ${origin}`,
    ),
  ];
}
