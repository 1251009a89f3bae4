/**
 * Everything that is known to stop a deployment half-way, looked at before anything is created: the file
 * and the account in, lines (ok, warn, fail) and what is deployed out. Nothing is changed.
 */
import { QuorateError } from '../../shared/core/errors.ts';
import type { Config, VantageId } from '../../shared/core/model.ts';
import { secretsOfFile } from '../package/permissions.ts';
import { type Check, fail, ok, warn } from './check.ts';
import type { Ask, Cloud, Identity } from './cloud.ts';
import { deployerAsks } from './deployer-permissions.ts';
import { deploymentChecks, type FactsByRegion } from './deployment-checks.ts';
import { type RegionFacts, type Surveyed, surveyRegion } from './region-survey.ts';
import { zoneChecks } from './zone-checks.ts';

export type Preflight = {
  readonly checks: readonly Check[];
  readonly facts: FactsByRegion;
  /** Null where nobody is signed in. */
  readonly identity: Identity | null;
};

export type PreflightOptions = {
  /** Regions of an earlier deployment, as far as this checkout knows. */
  readonly known: readonly VantageId[];
  /** What the simulator denies is a warning: a condition may allow it after all. */
  readonly trustsPermissions: boolean;
};

const SHOWN_MAX = 8;

export async function preflight(
  cloud: Cloud,
  config: Config,
  options: PreflightOptions,
  signal: AbortSignal,
): Promise<Preflight> {
  const signedIn = await signIn(cloud, config, signal);
  if ('check' in signedIn) return { checks: [signedIn.check], facts: new Map(), identity: null };
  const { identity } = signedIn;
  const secrets = secretsOfFile(config);
  const surveyed = new Map<VantageId, Surveyed>();
  const survey = async (regions: Iterable<VantageId>): Promise<void> => {
    const fresh = [...new Set(regions)].filter((region) => !surveyed.has(region));
    const found = await Promise.all(
      fresh.map((region) => surveyRegion(cloud, config, region, secrets, signal)),
    );
    fresh.forEach((region, i) => {
      const one = found[i];
      if (one !== undefined) surveyed.set(region, one);
    });
  };
  await survey([...config.vantages, ...options.known]);
  await survey([...surveyed.values()].flatMap(({ facts }) => regionsNamedBy(facts)));

  const facts: FactsByRegion = new Map(
    [...surveyed].flatMap(([region, { facts: found }]) =>
      found === null ? [] : [[region, found] as const],
    ),
  );
  return {
    identity,
    facts,
    checks: [
      ok(null, 'credentials', `${identity.arn} in account ${identity.account}`),
      await permissionCheck(cloud, config, identity, options, signal),
      ...(await zoneChecks(cloud, config, identity.account, signal)),
      ...[...surveyed.values()].flatMap(({ checks }) => checks),
      ...deploymentChecks(config, facts, cloud.isAws),
    ],
  };
}

async function signIn(
  cloud: Cloud,
  { home }: Config,
  signal: AbortSignal,
): Promise<{ readonly identity: Identity } | { readonly check: Check }> {
  try {
    return { identity: await cloud.identity(home, signal) };
  } catch (error) {
    if (!(error instanceof QuorateError)) throw error;
    return { check: fail(null, 'credentials', error.message) };
  }
}

/** A region that left the file may still be deployed: its replica or another region's file names it. */
const regionsNamedBy = (facts: RegionFacts | null): readonly VantageId[] => [
  ...(facts?.table?.replicas.map(({ region }) => region) ?? []),
  ...(facts?.deployed?.vantages ?? []),
];

async function permissionCheck(
  cloud: Cloud,
  config: Config,
  identity: Identity,
  { trustsPermissions }: PreflightOptions,
  signal: AbortSignal,
): Promise<Check> {
  let denied: readonly Ask[] | null;
  try {
    denied = await cloud.denied(identity, deployerAsks(config, config.home, identity), signal);
  } catch (error) {
    if (!(error instanceof QuorateError)) throw error;
    return warn(null, 'permissions', `can't be checked: ${error.message}`);
  }
  if (denied === null) {
    return warn(
      null,
      'permissions',
      "can't be checked: these credentials may not ask IAM's simulator (iam:SimulatePrincipalPolicy), or are of a kind it doesn't know; a missing one shows when CloudFormation meets it",
    );
  }
  if (denied.length === 0) {
    return ok(null, 'permissions', "IAM's simulator allows what a deployment does");
  }
  const shown = denied
    .slice(0, SHOWN_MAX)
    .map(({ action, resource }) => `${action} on ${resource}`)
    .join(', ');
  const more = denied.length > SHOWN_MAX ? ` and ${denied.length - SHOWN_MAX} more` : '';
  const text = `IAM's simulator denies ${shown}${more}`;
  return trustsPermissions
    ? warn(null, 'permissions', `${text}; taken as allowed (--trust-permissions)`)
    : fail(
        null,
        'permissions',
        `${text}; grant them (the README lists all), or repeat with --trust-permissions if a condition allows them after all`,
      );
}
