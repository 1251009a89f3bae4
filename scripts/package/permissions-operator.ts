/**
 * What whoever runs `quorate` must be allowed: reading everything of the deployment, recording operations
 * under any region, calling the API, and, where no API answers (`--direct`), changing the zones as the functions may, CREATE and DELETE on managed names only,
 * but also of services that only observe, since `apply` and `adopt` come before `enforce`.
 */
import { byText, type Config, type ZoneRef } from '../../shared/core/model.ts';
import { tableName, tableStackName, vantageStackName } from '../names.ts';
import { arn, type Condition, type Resource, type Statement, zoneArn } from './permission-text.ts';
import { secretsOfFile, usedZones } from './permissions.ts';
import { apiStatements } from './permissions-api.ts';
import { changeStatement } from './permissions-zone.ts';

const ANY_REGION = '*';

/** Zones of other accounts are reached by their role alone, which has these rights there. */
export function operatorStatements(config: Config): readonly Statement[] {
  const { deployment } = config;
  const groups = Map.groupBy(
    config.services.filter(({ zone }) => zone.role === undefined),
    ({ group }) => group,
  );
  return [
    ...[...groups].map(([group, services]) => changeStatement(services, group)),
    ...lookAtZones(config),
    ...assumeRoles(config),
    allow(
      'ReadTable',
      'dynamodb',
      [
        'BatchGetItem',
        'GetItem',
        'Query',
        'DescribeContinuousBackups',
        'DescribeTable',
        'DescribeTimeToLive',
      ],
      [arn('dynamodb', ANY_REGION, `table/${tableName(deployment)}`)],
    ),
    allow(
      'RecordOperations',
      'dynamodb',
      ['PutItem'],
      [arn('dynamodb', ANY_REGION, `table/${tableName(deployment)}`)],
      {
        'ForAllValues:StringLike': {
          'dynamodb:LeadingKeys': [
            'decision#*',
            `drill#${deployment}`,
            'head#*',
            'mark#*',
            'shadow#*',
          ],
        },
        Null: { 'dynamodb:LeadingKeys': 'false' },
      },
    ),
    ...parameters(config),
    ...(config.aws.kmsKey === undefined ? [] : [tableKey(config.aws.kmsKey)]),
    allow(
      'LookAtStacks',
      'cloudformation',
      ['DescribeStacks', 'ListStackResources'],
      [
        ...[vantageStackName(deployment), tableStackName(deployment)].map((name) =>
          arn('cloudformation', ANY_REGION, `stack/${name}/*`),
        ),
      ],
    ),
    ...apiStatements(config, 'freeze').filter(({ Sid }) => Sid !== 'FindTheUrls'),
    allow(
      'LookAtFunctions',
      'lambda',
      ['GetFunction', 'GetFunctionUrlConfig'],
      [arn('lambda', ANY_REGION, `function:${deployment}-*`)],
    ),
    allow(
      'AskAboutRoles',
      'iam',
      ['GetRole', 'SimulatePrincipalPolicy'],
      [arn('iam', '', `role/${deployment}-*`)],
    ),
    {
      Sid: 'NotScoped',
      Effect: 'Allow',
      Action: [
        'lambda:GetAccountSettings',
        'lambda:ListEventSourceMappings',
        'route53:ListHostedZones',
        'sts:GetCallerIdentity',
      ],
      Resource: ['*'],
    },
  ];
}

export function allow(
  sid: string,
  service: string,
  calls: readonly string[],
  resources: readonly Resource[],
  condition: Condition = {},
): Statement {
  return {
    Sid: sid,
    Effect: 'Allow',
    Action: calls.map((call) => `${service}:${call}`).toSorted(byText),
    Resource: resources,
    ...(Object.keys(condition).length === 0 ? {} : { Condition: condition }),
  };
}

/** What functions, preflight and `doctor` read of a zone, in whatever account. */
export const readStatements = (zones: readonly ZoneRef[]): readonly Statement[] =>
  zones.length === 0
    ? []
    : [
        allow(
          'LookAtZones',
          'route53',
          ['GetHostedZone', 'ListResourceRecordSetProtections', 'ListResourceRecordSets'],
          zones.map(({ id }) => zoneArn(id)),
        ),
        allow('FollowChanges', 'route53', ['GetChange'], [arn('route53', '', 'change/*')]),
        // Records name them, not the file alone.
        allow(
          'LookAtHealthChecks',
          'route53',
          ['GetHealthCheck'],
          [arn('route53', '', 'healthcheck/*')],
        ),
      ];

/** Those of the deployment's own account. */
export const lookAtZones = (config: Config): readonly Statement[] =>
  readStatements(usedZones(config).filter(({ role }) => role === undefined));

export function assumeRoles(config: Config): readonly Statement[] {
  const roles = [...new Set(usedZones(config).flatMap(({ role }) => role ?? []))];
  return roles.length === 0
    ? []
    : [allow('AssumeZoneRoles', 'sts', ['AssumeRole'], roles.toSorted(byText))];
}

/** `quorate probe` asks as a vantage would. */
function parameters(config: Config): readonly Statement[] {
  const names = secretsOfFile(config);
  return names.length === 0
    ? []
    : [
        allow(
          'ReadNamedParameters',
          'ssm',
          ['GetParameter'],
          names.map((name) => arn('ssm', ANY_REGION, `parameter/${name.replace(/^\//, '')}`)),
        ),
      ];
}

/** DynamoDB takes a grant for each replica, and decrypts for whoever reads. */
export const tableKey = (key: string): Statement => {
  const alias = /(?:^|:)(alias\/.+)$/.exec(key)?.[1];
  return allow(
    'TableKey',
    'kms',
    ['CreateGrant', 'Decrypt', 'DescribeKey'],
    [
      alias === undefined
        ? key.replace(/^(arn:[^:]+:kms:)[^:]+/, `$1${ANY_REGION}`)
        : arn('kms', ANY_REGION, 'key/*'),
    ],
    {
      StringLike: { 'kms:ViaService': ['dynamodb.*.amazonaws.com', 'ssm.*.amazonaws.com'] },
      ...(alias === undefined
        ? {}
        : { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': [alias] } }),
    },
  );
};
