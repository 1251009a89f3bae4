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

/**
 * What an endpoint must have been `up` under to count as proven: its check and where it is asked and
 * served. `watch` is left out: it never votes, so adding a condition must not make an endpoint unproven.
 */
export function checkMark(
  endpoint: Pick<Endpoint, 'check' | 'targets' | 'probeTargets'>,
  digestOf: DigestOf,
): string {
  const { watch: _, ...check } = endpoint.check;
  const proven = { check, targets: endpoint.targets, probeTargets: endpoint.probeTargets };
  return digestOf(`check ${canonicalText(proven)}`).slice(0, MARK_LENGTH);
}
