/**
 * What needs a person, what is under way and what is fine: from the documents alone, for the order of the
 * page and its colours. It decides nothing about traffic.
 */
import type { EndpointShown, ServiceShown, StatusDocument } from '../../shared/api/status.ts';

export type Level = 'alarm' | 'notice' | 'fine';

export const LEVELS: readonly Level[] = ['alarm', 'notice', 'fine'];
export const LEVEL_WORDS: Readonly<Record<Level, string>> = {
  alarm: 'needs you',
  notice: 'under way',
  fine: 'fine',
};

const CALM_AUTOMATION = new Set<ServiceShown['automation']>(['on', 'observing', 'frozen']);

export function levelOf(service: ServiceShown): Level {
  const { automation, trouble, endpoints, orders, waitingUntilAt } = service;
  const levels = endpoints.map(endpointLevel);
  if (!CALM_AUTOMATION.has(automation) || trouble !== null || levels.includes('alarm')) {
    return 'alarm';
  }
  const isMoving = orders.length > 0 || waitingUntilAt !== null || automation === 'frozen';
  return isMoving || levels.includes('notice') ? 'notice' : 'fine';
}

/** Withheld removals and the dead in DNS are alarms; what automation handles itself is on its way. */
export function endpointLevel(endpoint: EndpointShown): Level {
  const { health, inDns, wanted, withheld, reason } = endpoint;
  if (withheld.length > 0 || NEEDS_A_PERSON.has(reason.code)) return 'alarm';
  if (health === 'down' && (inDns ?? 0) > 0 && wanted !== 0) return 'alarm';
  if (health !== 'up' || endpoint.degraded || endpoint.order !== null) return 'notice';
  return wanted !== null && inDns !== wanted ? 'notice' : 'fine';
}

const NEEDS_A_PERSON = new Set([
  'drift',
  'drift-waits',
  'unproven',
  'not-what-is-served',
  'awaiting-approval',
  'orphan',
]);

/** Healthy, undisputed and at what is wanted needs no sentence. */
export const isCalm = (endpoint: EndpointShown): boolean =>
  endpointLevel(endpoint) === 'fine' && endpoint.inDns === endpoint.configured;

/** Wrong ones first; the file's order among equals. */
export const byLevel = (services: readonly ServiceShown[]): readonly ServiceShown[] =>
  LEVELS.flatMap((level) => services.filter((service) => levelOf(service) === level));

export const matches = (service: ServiceShown, words: string): boolean => {
  const text = [service.service, ...service.names, ...service.endpoints.map((e) => e.endpoint)]
    .join(' ')
    .toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
};

/** One short text per service and state: what differs from the last one is told to screen readers. */
export function changesBetween(before: StatusDocument, after: StatusDocument): readonly string[] {
  const old = new Map(before.services.map((service) => [service.service, service]));
  return after.services.flatMap((service) => {
    const last = old.get(service.service);
    if (last === undefined) return [];
    const automation =
      last.automation === service.automation
        ? []
        : [`${service.service}: automation is ${service.automation}`];
    const moves = service.endpoints.flatMap((endpoint) => {
      const was = last.endpoints.find((one) => one.endpoint === endpoint.endpoint);
      if (was === undefined) return [];
      return [
        ...(was.health === endpoint.health
          ? []
          : [`${service.service}: ${endpoint.endpoint} is ${endpoint.health}`]),
        ...(was.inDns === endpoint.inDns
          ? []
          : [
              `${service.service}: ${endpoint.endpoint} in DNS ${was.inDns ?? 0} to ${endpoint.inDns ?? 0}`,
            ]),
      ];
    });
    return [...automation, ...moves];
  });
}
