/**
 * Imported services → the text of a `quorate.yml` that observes them, with what could not be imported as
 * comments at its end. Only what loads is printed as YAML: a service that the parser refuses moves to
 * the comments with the parser's own words.
 */
import { parse } from 'yaml';
import { classifyAddress } from '../../shared/adapters/addresses.ts';
import { parseConfig, problemText } from '../../shared/core/config.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import { epochMs } from '../../shared/core/model.ts';
import { aids } from '../config-file.ts';
import type {
  ImportedEndpoint,
  ImportedService,
  ImportedTarget,
  NotImported,
} from './import-zone.ts';

export type ImportedFile = {
  readonly deployment: string;
  readonly vantages: readonly string[];
  /** Hosted zone id → key under `zones:`. */
  readonly zones: ReadonlyMap<string, string>;
  readonly services: readonly ImportedService[];
  readonly refused: readonly NotImported[];
};

const PRIVATE_RANGES = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];
/** ELB's names for load balancers that have private addresses only. */
const INTERNAL_BALANCER = /^(?:dualstack\.)?internal-[^.]+\.(?:[^.]+\.)?elb\./;
/** For records that are aliases alone: what Route 53 gives an ELB's. */
const ALIAS_TTL_SECONDS = 60;

/** The same, without the services that would not load. Throws what is wrong with the frame around them. */
export function loadable(file: ImportedFile): ImportedFile {
  if (file.services.length === 0) return file;
  const result = parseConfig(parse(importedText(file)), () => undefined, aids, {
    allowLoopback: false,
    packagedAt: epochMs(0),
  });
  if ('config' in result) return file;
  const wrong = new Map<string, string>();
  for (const { path, value, message, remedy } of result.problems) {
    const id = /^services\.([a-z0-9-]+)/.exec(path)?.[1];
    if (id !== undefined && !wrong.has(id)) {
      wrong.set(
        id,
        `${path.slice(`services.${id}.`.length)}${value === '' ? '' : ` ${value}`} ${message}; ${remedy}`,
      );
    }
  }
  const dropped = file.services.filter(({ id }) => wrong.has(id));
  if (dropped.length === 0) {
    throw new QuorateError('BAD_REQUEST', result.problems.map(problemText).join('\n'));
  }
  return loadable({
    ...file,
    services: file.services.filter(({ id }) => !wrong.has(id)),
    refused: [
      ...file.refused,
      ...dropped.flatMap(({ id, names }) =>
        names.map((name) => ({ name, why: wrong.get(id) ?? '' })),
      ),
    ],
  });
}

export function importedText(file: ImportedFile): string {
  const { vantages, zones, services } = file;
  const allowed = allowedRanges(services);
  return [
    '# yaml-language-server: $schema=./quorate.schema.json',
    '# Made by `quorate import` from what stands in Route 53. It only observes: check it with `quorate validate`,',
    '# `quorate probe` and `quorate plan`, deploy it, and enforce when what it decides is what you want.',
    `deployment: ${file.deployment}`,
    `home: ${vantages[0] ?? ''}`,
    `vantages: [${vantages.join(', ')}]`,
    'control-targets: [https://example.com/]',
    ...(allowed.length === 0
      ? []
      : [
          `allow-addresses: [${allowed.map(scalar).join(', ')}]   # not public: vantages reach them only by \`network\``,
        ]),
    'zones:',
    ...[...zones].map(([id, key]) => `  ${scalar(key)}: { id: ${id} }`),
    ...servicesText(file),
    ...refusedText(file.refused),
    '',
  ].join('\n');
}

/** `services:` alone, fit for `include`. */
export function servicesText({ services, zones }: ImportedFile): readonly string[] {
  if (services.length === 0) return ['services: {}'];
  return ['services:', ...services.flatMap((service) => serviceText(service, zones))];
}

export const refusedText = (refused: readonly NotImported[]): readonly string[] =>
  refused.length === 0
    ? []
    : ['', '# Not imported:', ...refused.map(({ name, why }) => `#   ${name}: ${why}`)];

function serviceText(
  service: ImportedService,
  zones: ReadonlyMap<string, string>,
): readonly string[] {
  const { names, types } = service;
  return [
    `  ${scalar(service.id)}:`,
    '    mode: observe',
    ...(zones.size > 1 ? [`    zone: ${scalar(zones.get(service.zoneId) ?? '')}`] : []),
    `    names: [${names.map(scalar).join(', ')}]`,
    `    type: ${types.length === 1 ? types[0] : `[${types.join(', ')}]`}`,
    service.ttlSeconds === null
      ? `    ttl: ${ALIAS_TTL_SECONDS}s   # aliases have the TTL of what they point at; 60 s for a load balancer`
      : `    ttl: ${service.ttlSeconds}s`,
    '    check:',
    '      url: https://{target}/   # CHANGE: the page that tells whether it can serve, such as /health',
    `      host: ${scalar(names[0] ?? '')}`,
    '    endpoints:',
    ...service.endpoints.flatMap(endpointText),
  ];
}

function endpointText(endpoint: ImportedEndpoint): readonly string[] {
  const { id, region, setIdentifier, weight, targets, healthCheckId } = endpoint;
  const line = (key: string, value: string): string => `        ${key}: ${value}`;
  return [
    `      ${scalar(id)}:`,
    ...(region === null || region === id ? [] : [line('region', scalar(region))]),
    line(...answerOf(targets)),
    line('weight', String(weight)),
    ...(setIdentifier === id ? [] : [line('set-identifier', JSON.stringify(setIdentifier))]),
    ...(healthCheckId === null ? [] : [line('health-check', scalar(healthCheckId))]),
    ...(endpoint.mixedHealthChecks
      ? ['        # its records have different health checks, which stay on them as they are']
      : []),
  ];
}

function answerOf(targets: ImportedEndpoint['targets']): readonly [string, string] {
  const entries = Object.entries(targets);
  const alias = entries.map(([, target]) => target).find((target) => target.kind === 'alias');
  if (alias?.kind === 'alias') {
    const health = alias.evaluateTargetHealth ? ', evaluate-target-health: true' : '';
    return ['alias', `{ name: ${scalar(alias.name)}, zone: ${alias.zone}${health} }`];
  }
  const value = (target: ImportedTarget): string =>
    target.kind === 'value' ? scalar(target.value.replace(/\.$/, '')) : '';
  const [only, ...more] = entries;
  if (only !== undefined && more.length === 0) {
    return [only[0] === 'CNAME' ? 'cname' : 'address', value(only[1])];
  }
  return [
    'address',
    `{ ${entries.map(([type, target]) => `${type}: ${value(target)}`).join(', ')} }`,
  ];
}

/** Private and documentation addresses are refused unless their range is named. */
function allowedRanges(services: readonly ImportedService[]): readonly string[] {
  const targets = services.flatMap(({ endpoints }) =>
    endpoints.flatMap((endpoint) => Object.values(endpoint.targets)),
  );
  const hasInternal = targets.some(
    (target) => target.kind === 'alias' && INTERNAL_BALANCER.test(target.name),
  );
  const own = targets.flatMap((target) => {
    const address = target.kind === 'value' ? classifyAddress(target.value) : undefined;
    return address?.range === 'private' || address?.range === 'documentation'
      ? [`${address.canonical}/${address.family === 4 ? 32 : 128}`]
      : [];
  });
  return [...new Set([...(hasInternal ? PRIVATE_RANGES : []), ...own])];
}

const PLAIN = /^(?:[A-Za-z][A-Za-z0-9._-]*|\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?)$/;
const WORDS_OF_YAML = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

/** Quoted where YAML could take it for something else. */
const scalar = (text: string): string =>
  PLAIN.test(text) && !WORDS_OF_YAML.test(text) ? text : JSON.stringify(text);
