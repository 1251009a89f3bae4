/**
 * Ids that a person typed → what they name in the file, or one sentence that says what there is and
 * suggests the nearest. Services and endpoints are found here and nowhere else.
 */
import { nearest } from '../../shared/core/config-problem.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import type { Config, Endpoint, Service } from '../../shared/core/model.ts';
import { list } from '../../shared/core/reason.ts';
import { safeText } from '../../shared/core/safe-text.ts';

/** More than this is a file to look into, not a sentence. */
const LISTED_MAX = 12;

export function findService(config: Pick<Config, 'services'>, id: string): Service {
  const found = config.services.find((service) => service.id === id);
  if (found !== undefined) return found;
  const ids = config.services.map((service) => service.id);
  throw new QuorateError(
    'NOT_FOUND',
    `there is no service ${safeText(id)} in the file; ${suggestion(id, ids)}`,
  );
}

/** All of the file where none is named; in the order of the file, each once. */
export function findServices(
  config: Pick<Config, 'services'>,
  ids: readonly string[],
): readonly Service[] {
  if (ids.length === 0) return config.services;
  const wanted = new Set(ids.map((id) => findService(config, id).id));
  return config.services.filter((service) => wanted.has(service.id));
}

export function findEndpoint(service: Service, id: string): Endpoint {
  const found = service.endpoints.find((endpoint) => endpoint.id === id);
  if (found !== undefined) return found;
  const ids = service.endpoints.map((endpoint) => endpoint.id);
  throw new QuorateError(
    'NOT_FOUND',
    `${service.id} has no endpoint ${safeText(id)}; ${suggestion(id, ids)}`,
  );
}

/** `did you mean app?`, else what there is. */
export function suggestion(word: string, known: readonly string[]): string {
  const guess = nearest(word, known);
  if (guess !== undefined) return `did you mean ${guess}?`;
  const listed = known.slice(0, LISTED_MAX);
  const rest = known.length - listed.length;
  return rest > 0
    ? `there are ${listed.join(', ')} and ${rest} more`
    : `there ${listed.length > 1 ? 'are' : 'is'} ${listed.length === 0 ? 'none' : list(listed)}`;
}
