/**
 * What an order is about, as typed: `app us-east-1`, `app --region us-east-1`, `--region us-east-1`,
 * `--all`. The second word is an endpoint, else a region of that service's endpoints. Every verb takes the
 * same words; what the file does not know is refused with the nearest that it does.
 */
import type { ScopeAsked } from '../../shared/api/overrides.ts';
import type { OrderShown } from '../../shared/api/parts.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import type { Config, Service } from '../../shared/core/model.ts';
import { list } from '../../shared/core/phrase.ts';
import { safeText } from '../../shared/core/safe-text.ts';
import { findEndpoint, findService, suggestion } from './find.ts';

export type ScopeTyped = {
  readonly service: string | undefined;
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly all: boolean;
};

export function scopeTyped(
  config: Pick<Config, 'services'>,
  verb: string,
  { service: id, endpoint, region, all }: ScopeTyped,
): ScopeAsked {
  if (all) {
    if (id === undefined && region === undefined) return { all: true };
    throw bad(`--all stands alone: ${verb} --all, or name a service or a --region`);
  }
  if (id === undefined) {
    if (region !== undefined) {
      return { region: regionTyped(config.services, region, 'no endpoint') };
    }
    throw bad(
      `${verb} what? Name a service and its endpoint (\`${verb} app us-east-1\`), or a region of all services (\`${verb} --region us-east-1\`)`,
    );
  }
  const service = findService(config, id);
  if (endpoint === undefined) {
    return region === undefined
      ? { service: id }
      : { service: id, region: regionTyped([service], region, `no endpoint of ${id}`) };
  }
  if (region !== undefined) throw bad('name an endpoint or a --region, not both');
  const isRegion =
    service.endpoints.every((one) => one.id !== endpoint) &&
    regionsOf([service]).includes(endpoint);
  return isRegion
    ? { service: id, region: endpoint }
    : { service: id, endpoint: findEndpoint(service, endpoint).id };
}

const bad = (text: string): QuorateError => new QuorateError('BAD_REQUEST', text);

export const regionsOf = (services: readonly Service[]): readonly string[] => [
  ...new Set(services.flatMap(({ endpoints }) => endpoints.map(({ region }) => region))),
];

function regionTyped(services: readonly Service[], region: string, nothing: string): string {
  const known = regionsOf(services);
  if (known.includes(region)) return region;
  throw new QuorateError(
    'NOT_FOUND',
    `${nothing} is in region ${safeText(region)}; ${suggestion(region, known)}`,
  );
}

/** In words, as sentences go on with them. */
export function scopeText({ service, endpoint, region, all }: ScopeAsked): string {
  if (all === true) return 'every service';
  if (service === undefined) return `region ${region} of every service`;
  if (endpoint !== undefined) return `${endpoint} of ${service}`;
  return region === undefined ? service : `region ${region} of ${service}`;
}

/** As typed again. */
export const scopeWords = ({ service, endpoint, region, all }: ScopeAsked): readonly string[] => [
  ...(service === undefined ? [] : [service]),
  ...(endpoint === undefined ? [] : [endpoint]),
  // `--region` alone is a global option, which whoever prints the line adds.
  ...(region === undefined || service === undefined ? [] : [region]),
  ...(all === true ? ['--all'] : []),
];

/** Does this order hold what was typed? A service alone means every order on it. */
export function isMeant(
  order: OrderShown,
  scope: ScopeAsked,
  config: Pick<Config, 'services'>,
): boolean {
  const { service, endpoint, region, all } = scope;
  if (all === true) return order.covers === null || order.covers === 'service';
  if (service !== undefined && order.service !== service) return false;
  const found = config.services.find(({ id }) => id === order.service);
  if (endpoint !== undefined) {
    const own = found?.endpoints.find(({ id }) => id === endpoint)?.region;
    return order.covers === endpoint || order.covers === `region ${own}`;
  }
  if (region !== undefined) {
    return (
      order.covers === `region ${region}` ||
      // A freeze of a region holds whole services.
      (order.kind === 'freeze' && found?.endpoints.some((one) => one.region === region) === true)
    );
  }
  return true;
}

/** Nothing would be left: said before anybody is asked. */
export function refuseWholeDrain(
  config: Pick<Config, 'services'>,
  { service: id, endpoint, region }: ScopeAsked,
): void {
  if (id === undefined || endpoint !== undefined || region !== undefined) return;
  const service = findService(config, id);
  const total = service.endpoints.reduce((sum, one) => sum + one.weight, 0);
  const names = service.endpoints.map((one) => one.id);
  throw new QuorateError(
    'REFUSED',
    `refused: draining all of ${id} leaves 0 of ${total} in service, and nothing passes "never all zero"; name ${names.length > 1 ? `one of ${list(names)}` : names[0]}, or stop automation alone with \`quorate freeze ${id}\``,
  );
}
