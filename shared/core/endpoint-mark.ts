/**
 * Endpoint → the short marks that stand for it in the fence. The fence is public and may hold 4,000
 * characters, so it names endpoints and what they were proven under by 6 characters of a digest, never
 * by id or address. Marks collide once in 2^36; within a service the configuration refuses it.
 */
import { canonicalText } from './canonical.ts';
import type { DigestOf, Endpoint, EndpointId } from './model.ts';

export const MARK_LENGTH = 6;

export const endpointMark = (id: EndpointId, digestOf: DigestOf): string =>
  digestOf(`endpoint ${id}`).slice(0, MARK_LENGTH);

/** What is configured never changes, and every evaluation asks for the marks of every endpoint again. */
export function oncePerEndpoint<E extends object>(
  make: (endpoint: E, digestOf: DigestOf) => string,
): typeof make {
  const known = new WeakMap<E, { readonly digestOf: DigestOf; readonly mark: string }>();
  return (endpoint, digestOf) => {
    const before = known.get(endpoint);
    if (before !== undefined && before.digestOf === digestOf) return before.mark;
    const mark = make(endpoint, digestOf);
    known.set(endpoint, { digestOf, mark });
    return mark;
  };
}

/**
 * What an endpoint must have been `up` under to count as proven: what is asked, how long an answer may
 * take, and where it is asked and served. Left out is what can't make a passing probe fail: `watch` never
 * votes, and `fall`, `rise` and the interval only count. An endpoint that dies right after a deployment
 * that changed one of those must not keep its weight as unproven.
 */
export const checkMark = oncePerEndpoint(
  (endpoint: Pick<Endpoint, 'check' | 'targets' | 'probeTargets'>, digestOf) => {
    const { node, timeoutMs } = endpoint.check;
    const proven = {
      check: { node, timeoutMs },
      targets: endpoint.targets,
      probeTargets: endpoint.probeTargets,
    };
    return digestOf(`check ${canonicalText(proven)}`).slice(0, MARK_LENGTH);
  },
);
