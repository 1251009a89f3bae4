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
/** Of `api`: each a function URL of its own, by which less may be asked for. All point to $LATEST. */
export const API_ALIASES = ['override', 'read'] as const;
export type ApiAlias = (typeof API_ALIASES)[number];

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
/** Of every vantage: what a schedule or an asynchronous invocation could not deliver. */
export const deadLetterQueueName = (deployment: string): string => `${deployment}-dead-letters`;
/** Schedules invoke the functions by a role of their own. */
export const schedulerRoleName = (deployment: string, region: VantageId): string =>
  `${deployment}-${region}-scheduler`;
/** One prefix for every alarm of a deployment, so that policies can name them. */
export const alarmName = (deployment: string, alarm: string): string => `${deployment}-${alarm}`;
