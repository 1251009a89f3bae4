/**
 * Room for Lambda executions in one account and region → may functions reserve, and what to tell. New
 * accounts have 10 in all, where AWS refuses any reservation; elsewhere 100 must stay unreserved.
 */
import type { VantageId } from '../../shared/core/model.ts';
import { type Check, ok, warn } from './check.ts';
import type { Concurrency } from './cloud.ts';

/** `probe` 3, `quorum` 5, `notify` 2, `api` 10. */
export const RESERVED_ALL = 20;
const UNRESERVED_MIN = 100;
const NEW_ACCOUNT_LIMIT = 10;

export function judgeConcurrency(
  region: VantageId,
  { limit, unreserved }: Concurrency,
  /** The last deployment reserved here already. */
  hasReserved: boolean,
): { readonly check: Check; readonly reserves: boolean } {
  const room = unreserved + (hasReserved ? RESERVED_ALL : 0);
  if (room >= UNRESERVED_MIN + RESERVED_ALL) {
    const text = `${limit} executions at once, ${RESERVED_ALL} of them are reserved for Quorate`;
    return { check: ok(region, 'lambda', text), reserves: true };
  }
  const raise = `have it raised, which is free: aws service-quotas request-service-quota-increase --region ${region} --service-code lambda --quota-code L-B99A9384 --desired-value 1000`;
  const why =
    limit <= NEW_ACCOUNT_LIMIT
      ? `this account may run ${limit} executions at once here, as new accounts may`
      : `${room} of ${limit} executions are unreserved here, fewer than ${UNRESERVED_MIN + RESERVED_ALL}`;
  return {
    check: warn(
      region,
      'lambda',
      `${why}: nothing is reserved, and whatever else runs here can starve Quorate (DNS then stays as it is); ${raise}`,
    ),
    reserves: false,
  };
}
