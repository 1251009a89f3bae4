/**
 * An AWS region's name inside a set identifier or a target's name, as load balancers, API gateways and
 * people write it. Only whole words of known regions: a guess that is wrong would merge two failure domains.
 */
import { AWS_REGIONS } from '../../shared/core/config-quorum.ts';

const KNOWN = new RegExp(`(?<![a-z0-9])(?:${AWS_REGIONS.join('|')})(?![a-z0-9])`, 'g');

/** The one region that is named; null where there is none, or more than one. */
export function regionIn(text: string): string | null {
  const [region, ...more] = new Set(text.toLowerCase().match(KNOWN) ?? []);
  return region !== undefined && more.length === 0 ? region : null;
}
