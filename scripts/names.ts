/**
 * What things are called on AWS: one place, so that stacks, policies, checks and commands agree. The
 * deployment's name (at most 32 characters) makes every other name; a role is global in its account, so
 * its name has the region. IAM allows 64 characters for a role, 128 for a policy; Lambda 64.
 */
import type { VantageId } from '../shared/core/model.ts';

export const FUNCTIONS = ['probe', 'quorum', 'notify', 'api'] as const;
export type FunctionId = (typeof FUNCTIONS)[number];

export const tableName = (deployment: string): string => deployment;
/** In the home region only. */
export const tableStackName = (deployment: string): string => `${deployment}-table`;
/** The same in every vantage. */
export const vantageStackName = (deployment: string): string => deployment;
export const functionName = (deployment: string, id: FunctionId): string => `${deployment}-${id}`;
export const roleName = (deployment: string, region: VantageId, id: FunctionId): string =>
  `${deployment}-${region}-${id}`;
/** One per zone and group of names; `quorum` and `api` carry them. */
export const zonePolicyName = (
  deployment: string,
  region: VantageId,
  zoneKey: string,
  group: number,
): string => `${deployment}-${region}-zone-${zoneKey}-${group}`;
