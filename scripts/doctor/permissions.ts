/**
 * What the deployed roles must and must not be allowed, as questions for IAM's own simulator: a handful
 * per region, chosen so that a wrong policy shows. The policies themselves are written, and checked case
 * by case, in `scripts/package/`.
 */
import type { Config, Service, VantageId } from '../../shared/core/model.ts';
import { roleName, tableName } from '../names.ts';
import type { Facts } from './facts.ts';
import { hasStack } from './function-checks.ts';
import { type Finding, fail, judge, type Line, lineOf, ok, warn } from './line.ts';
import type { Identity, Permission } from './looks.ts';

export type Expected = Permission & { readonly should: boolean; readonly what: string };

export function expectedPermissions(
  config: Config,
  region: VantageId,
  { account, arn }: Identity,
): readonly Expected[] {
  const partition = arn.split(':')[1] ?? 'aws';
  const table = `arn:${partition}:dynamodb:${region}:${account}:table/${tableName(config.deployment)}`;
  const roleArn = (id: 'probe' | 'quorum'): string =>
    `arn:${partition}:iam::${account}:role/${roleName(config.deployment, region, id)}`;
  const write = (key: string): Pick<Permission, 'action' | 'resource' | 'context'> => ({
    action: 'dynamodb:PutItem',
    resource: table,
    context: { 'dynamodb:LeadingKeys': [key] },
  });
  const other = config.vantages.find((vantage) => vantage !== region);
  return [
    {
      role: roleArn('probe'),
      ...write(`report#${region}`),
      should: true,
      what: 'probe writes its report',
    },
    ...(other === undefined
      ? []
      : [
          {
            role: roleArn('probe'),
            ...write(`report#${other}`),
            should: false,
            what: 'probe writes another vantage’s report',
          },
        ]),
    {
      role: roleArn('quorum'),
      action: 'dynamodb:BatchGetItem',
      resource: table,
      context: {},
      should: true,
      what: 'quorum reads reports',
    },
    ...ownZones(config).flatMap((services) => zoneQuestions(services, partition, roleArn)),
  ];
}

/** Of one zone each; a zone in another account is that account's to judge. */
const ownZones = (config: Config): readonly (readonly Service[])[] =>
  Object.values(config.zones)
    .filter(({ role }) => role === undefined)
    .map(({ key }) => config.services.filter(({ zone }) => zone.key === key))
    .filter((services) => services.length > 0);

function zoneQuestions(
  services: readonly Service[],
  partition: string,
  roleArn: (id: 'probe' | 'quorum') => string,
): readonly Expected[] {
  const [first] = services;
  if (first === undefined) return [];
  const zone = `arn:${partition}:route53:::hostedzone/${first.zone.id}`;
  const change = (
    service: Service,
    action: string,
  ): Pick<Permission, 'action' | 'resource' | 'context'> => ({
    action: 'route53:ChangeResourceRecordSets',
    resource: zone,
    context: {
      'route53:ChangeResourceRecordSetsActions': [action],
      'route53:ChangeResourceRecordSetsNormalizedRecordNames': [service.names[0] ?? ''],
      'route53:ChangeResourceRecordSetsRecordTypes': [service.types[0] ?? 'A'],
    },
  });
  const enforced = services.find(({ mode }) => mode === 'enforce');
  const label = `of ${first.zone.key}`;
  return [
    {
      role: roleArn('quorum'),
      action: 'route53:ListResourceRecordSets',
      resource: zone,
      context: {},
      should: true,
      what: `quorum reads the records ${label}`,
    },
    {
      role: roleArn('quorum'),
      ...change(enforced ?? first, 'CREATE'),
      should: enforced !== undefined,
      what: `quorum changes the weights ${label}`,
    },
    {
      role: roleArn('quorum'),
      ...change(enforced ?? first, 'UPSERT'),
      should: false,
      what: `quorum overwrites records ${label} unseen (UPSERT)`,
    },
    {
      role: roleArn('probe'),
      ...change(enforced ?? first, 'CREATE'),
      should: false,
      what: `probe changes the records ${label}`,
    },
  ];
}

/** One line per wrong answer and one for all that could not be asked, else one that says all is well. */
export function permissionChecks({ config, regions }: Facts): readonly Line[] {
  const asked = config.vantages
    .filter((region) => hasStack(regions.get(region)))
    .flatMap((region) =>
      (regions.get(region)?.permissions ?? []).map(({ expected, allowed }) => ({
        region,
        finding: judge(allowed, (value) => permissionFinding(expected, value)),
      })),
    );
  const lines = new Map<string, Line>();
  for (const { region, finding } of asked) {
    if (finding.state === 'ok') continue;
    // What can't be asked has one reason, told in as many words as there are roles.
    const key = finding.state === 'unknown' ? 'unknown' : finding.says;
    const known = lines.get(key);
    const where = [...new Set([...(known?.where ?? []), region])];
    lines.set(key, { ...(known ?? finding), check: 'permissions', where });
  }
  if (asked.length === 0) return [];
  if (lines.size > 0) return [...lines.values()];
  const says = `${asked.length} questions to IAM’s simulator, each answered as it should be`;
  return [lineOf('permissions', config.vantages, ok(says))];
}

const REDEPLOY = 'deploy again: npm run deploy';

function permissionFinding(
  { what, should, role }: Expected,
  allowed: boolean | undefined,
): Finding {
  if (allowed === undefined) {
    return fail(`there is no role ${role.split('/').at(-1)}`, REDEPLOY);
  }
  if (allowed === should) return ok(what);
  return should
    ? fail(
        `not allowed: ${what}`,
        `${REDEPLOY}; if it stays, a boundary or an organisation’s policy forbids it`,
      )
    : warn(`allowed, and should not be: ${what}`, `${REDEPLOY}; look for policies added by hand`);
}
