/**
 * One region → what is deployed there, and its lines of the preflight. Blind first: a region that can't
 * be asked has one failing line and no facts. Nothing is changed.
 */
import { QuorateError } from '../../shared/core/errors.ts';
import type { Config, VantageId } from '../../shared/core/model.ts';
import { readPackagedConfig } from '../../shared/wire.ts';
import { functionName, tableName, tableStackName, vantageStackName } from '../names.ts';
import { type Check, fail, ok, warn } from './check.ts';
import type { Cloud, DeployedFunction, StackState, TableState } from './cloud.ts';
import { judgeConcurrency } from './concurrency.ts';
import { stackReadiness } from './stack-state.ts';

export type RegionFacts = {
  readonly region: VantageId;
  readonly stack: StackState | null;
  readonly tableStack: StackState | null;
  readonly table: TableState | null;
  /** The configuration that runs there; null where nothing runs, or nothing that can be read. */
  readonly deployed: Config | null;
  readonly reserves: boolean;
};
export type Surveyed = { readonly facts: RegionFacts | null; readonly checks: readonly Check[] };

export const TABLE_KEYS = 'pk, sk';

/** The developer guide said this until it dropped the list; AWS itself has the last word. */
const WITHOUT_FUNCTION_URLS: readonly string[] = [
  'ap-east-2',
  'ap-south-2',
  'ap-southeast-4',
  'ap-southeast-5',
  'ap-southeast-6',
  'ap-southeast-7',
  'ca-west-1',
  'eu-central-2',
  'eu-south-2',
  'il-central-1',
  'me-central-1',
];

export async function surveyRegion(
  cloud: Cloud,
  config: Config,
  region: VantageId,
  secrets: readonly string[],
  signal: AbortSignal,
): Promise<Surveyed> {
  const { deployment } = config;
  const stackName = vantageStackName(deployment);
  try {
    await cloud.identity(region, signal);
  } catch (error) {
    if (!(error instanceof QuorateError)) throw error;
    return { facts: null, checks: [fail(region, 'region', notReachable(region, error))] };
  }
  const checks: Check[] = [ok(region, 'region', 'enabled for this account')];
  /** What can't be asked is a failing line of its own, so that all of them are seen at once. */
  const look = async <T>(what: string, run: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof QuorateError)) throw error;
      checks.push(fail(region, what, error.message));
      return otherwise;
    }
  };

  const stack = await look('stack', () => cloud.stack(region, stackName, signal), null);
  const tableStack = await look(
    'stack',
    () => cloud.stack(region, tableStackName(deployment), signal),
    null,
  );
  const table = await look('table', () => cloud.table(region, tableName(deployment), signal), null);
  const running = await look<DeployedFunction | null>(
    'function',
    () => cloud.deployedFunction(region, functionName(deployment, 'quorum'), signal),
    null,
  );
  const deployed = running === null ? null : configOf(running);
  const facts = { region, stack, tableStack, table, deployed };
  if (!config.vantages.includes(region)) {
    return { facts: { ...facts, reserves: false }, checks };
  }

  checks.push(...stackChecks(region, stackName, stack));
  if (running !== null && deployed === null) {
    checks.push(
      warn(
        region,
        'function',
        `the configuration of the deployed ${functionName(deployment, 'quorum')} can't be read, so what changes can't be told`,
      ),
    );
  }
  checks.push(urlCheck(region));
  const room = await look('lambda', () => cloud.concurrency(region, signal), null);
  const judged =
    room === null ? null : judgeConcurrency(region, room, (running?.reserved ?? 0) > 0);
  if (judged !== null) checks.push(judged.check);
  for (const name of secrets) {
    const found = await look('secrets', () => cloud.parameter(region, name, signal), null);
    if (found !== null) checks.push(secretCheck(region, name, found));
  }
  return { facts: { ...facts, reserves: judged?.reserves ?? false }, checks };
}

function notReachable(region: VantageId, error: QuorateError): string {
  return error.code === 'UNAUTHENTICATED'
    ? `is not enabled for this account, though the credentials are good elsewhere (${error.message}); enable it under Account > AWS Regions, which takes minutes, or leave ${region} out of vantages`
    : `can't be reached: ${error.message}; is ${region} an AWS region, and may this machine reach it?`;
}

function configOf({ packaged }: DeployedFunction): Config | null {
  if (packaged === null) return null;
  try {
    return readPackagedConfig({ packaged: { kind: 'text', value: packaged } });
  } catch (error) {
    // Another release may have packaged what this one refuses.
    if (error instanceof QuorateError) return null;
    throw error;
  }
}

function stackChecks(region: VantageId, name: string, state: StackState | null): readonly Check[] {
  const readiness = stackReadiness(region, name, state);
  switch (readiness.kind) {
    case 'absent':
      return [ok(region, 'stack', `${name} is not there yet`)];
    case 'ready':
      return [ok(region, 'stack', `${name} is ${state?.status ?? ''}`)];
    case 'busy':
    case 'broken':
      return [fail(region, 'stack', readiness.text)];
  }
}

const urlCheck = (region: VantageId): Check =>
  WITHOUT_FUNCTION_URLS.includes(region)
    ? warn(
        region,
        'url',
        'Lambda function URLs were not offered here until 2026; if CloudFormation refuses the stack for that, choose another vantage (nothing else is lost)',
      )
    : ok(region, 'url', 'function URLs are offered');

function secretCheck(
  region: VantageId,
  name: string,
  found: 'present' | 'missing' | 'unknown',
): Check {
  switch (found) {
    case 'present':
      return ok(region, 'secrets', `SSM parameter ${name} is there`);
    case 'missing':
      return fail(
        region,
        'secrets',
        `SSM parameter ${name} is missing here, so its probes would be skipped: aws ssm put-parameter --region ${region} --type SecureString --name ${name} --value …`,
      );
    case 'unknown':
      return warn(
        region,
        'secrets',
        `these credentials may not list SSM parameters (ssm:DescribeParameters), so nobody knows whether ${name} is there`,
      );
  }
}
