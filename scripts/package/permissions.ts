/**
 * A checked configuration → the inline policy of each function's role, as statements of CloudFormation.
 * A role may do what its code calls and nothing else: `test/rounds/permissions-calls.test.ts` compares the
 * two in both directions, and fails on a call without a grant as on a grant without a call. Rights to
 * change a zone are no part of this: `permissions-zone.ts`.
 *
 * `*` as a whole resource stands in one place: the EC2 calls of a function in a VPC that offer nothing
 * narrower (see `networkStatements`). `change/*`, `stream/*` and a log group's `:*` end in what AWS
 * invents at run time: ids of changes, creation times of streams, names of log streams.
 */
import { QuorateError } from '../../shared/core/errors.ts';
import type {
  CheckNode,
  Config,
  HeaderValue,
  Service,
  VantageId,
} from '../../shared/core/model.ts';
import { byText } from '../../shared/core/model.ts';
import { deadLetterQueueName, type FunctionId, functionName, tableName } from '../names.ts';
import {
  arn,
  type Condition,
  filledIn,
  LONGEST_PLACE,
  policyOf,
  type Resource,
  type Statement,
  zoneArn,
} from './permission-text.ts';

export type { Condition, Resource, Statement } from './permission-text.ts';
export { type ZonePolicy, zonePolicies } from './permissions-zone.ts';

/** All inline policies of a role together, without white space (IAM quotas). */
export const INLINE_LENGTH_MAX = 10_240;
/** Whose code commits to zones: only they carry zone policies. */
export const COMMITTERS: readonly FunctionId[] = ['quorum', 'api'];
const LEADING_KEYS = 'dynamodb:LeadingKeys';
const READS = ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'];

/** The inline policy of each role of the vantage `region`, logs included. */
export function functionStatements(
  config: Config,
  region: VantageId,
): Record<FunctionId, readonly Statement[]> {
  const { deployment } = config;
  const table = arn('dynamodb', region, `table/${tableName(deployment)}`);
  const own = (noun: string): string => `${noun}#${region}`;
  const write = (...keys: readonly string[]): Statement => ({
    Sid: 'WriteOwnItems',
    Effect: 'Allow',
    Action: ['dynamodb:PutItem'],
    Resource: [table],
    Condition: onlyKeys(keys),
  });
  const readTable: Statement = {
    Sid: 'ReadTable',
    Effect: 'Allow',
    Action: READS,
    Resource: [table],
  };
  const callNotify: Statement = {
    Sid: 'CallNotify',
    Effect: 'Allow',
    Action: ['lambda:InvokeFunction'],
    Resource: [arn('lambda', region, `function:${functionName(deployment, 'notify')}`)],
  };
  // What runs on schedules is invoked asynchronously; Lambda keeps what failed in the function's name.
  const deadLetters: Statement = {
    Sid: 'KeepDeadLetters',
    Effect: 'Allow',
    Action: ['sqs:SendMessage'],
    Resource: [arn('sqs', region, deadLetterQueueName(deployment))],
  };
  const logs = (id: FunctionId): Statement => ({
    Sid: 'WriteOwnLog',
    Effect: 'Allow',
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: [arn('logs', region, `log-group:/aws/lambda/${functionName(deployment, id)}:*`)],
  });
  const secrets = (names: readonly string[]): readonly Statement[] =>
    names.length === 0
      ? []
      : [
          {
            Sid: 'ReadNamedParameters',
            Effect: 'Allow',
            Action: ['ssm:GetParameter'],
            Resource: names.map((name) =>
              arn('ssm', region, `parameter/${name.replace(/^\//, '')}`),
            ),
          },
        ];
  const decrypt = (services: readonly ('dynamodb' | 'ssm')[]): readonly Statement[] =>
    decryptStatements(config, region, services);

  const probeSecrets = secretsOfChecks(config, region);
  const notifySecrets = secretNames([config.notify.heartbeat, config.notify.webhook]);
  return bounded(region, {
    probe: [
      logs('probe'),
      {
        Sid: 'ReadOwnItems',
        Effect: 'Allow',
        Action: READS,
        Resource: [table],
        Condition: onlyKeys([...['report', 'rollup'].map(own), 'config#*']),
      },
      write(...['history', 'report', 'rollup'].map(own)),
      ...secrets(probeSecrets),
      deadLetters,
      ...decrypt(probeSecrets.length > 0 ? ['dynamodb', 'ssm'] : ['dynamodb']),
      ...networkStatements(config, region, 'probe'),
    ],
    quorum: [
      logs('quorum'),
      readTable,
      // One region never under another's name, and nobody's report.
      write(
        ...['config', 'decision', 'incident', 'mark', 'shadow'].map((noun) => `${noun}#*`),
        ...['head', 'outbox', 'pulse'].map(own),
        `drill#${deployment}`,
      ),
      ...zoneLists(config),
      ...followChanges(config),
      ...roles(config),
      callNotify,
      {
        Sid: 'ReadOwnStream',
        Effect: 'Allow',
        // The platform's calls, for the event source mapping.
        Action: [
          'dynamodb:DescribeStream',
          'dynamodb:GetRecords',
          'dynamodb:GetShardIterator',
          'dynamodb:ListStreams',
        ],
        Resource: [arn('dynamodb', region, `table/${tableName(deployment)}/stream/*`)],
      },
      deadLetters,
      ...decrypt(['dynamodb']),
    ],
    notify: [
      logs('notify'),
      readTable,
      write('mark#*', own('outbox')),
      ...topics(config),
      ...buses(config),
      ...secrets(notifySecrets),
      deadLetters,
      ...decrypt(notifySecrets.length > 0 ? ['dynamodb', 'ssm'] : ['dynamodb']),
    ],
    api: [
      logs('api'),
      readTable,
      // What an operator orders is committed and recorded as a quorum's decision is.
      write('decision#*', 'mark#*', 'shadow#*', own('head')),
      ...zoneLists(config),
      ...roles(config),
      callNotify,
      ...decrypt(['dynamodb']),
    ],
  });
}

/** Only parameters, zones and roles make a policy grow with the file. */
function bounded<T extends Record<FunctionId, readonly Statement[]>>(region: VantageId, all: T): T {
  for (const [id, statements] of Object.entries(all)) {
    const { length } = JSON.stringify(policyOf(filledIn(statements, LONGEST_PLACE)));
    if (length <= INLINE_LENGTH_MAX) continue;
    throw new QuorateError(
      'CONFIG_INVALID',
      `the role of ${id} in ${region} needs a policy of ${length} characters, IAM allows ` +
        `${INLINE_LENGTH_MAX}; let checks share their {ssm: …} parameters, or split the deployment`,
    );
  }
  return all;
}

/** Absent keys must not pass: `ForAllValues` is true of nothing. A `Scan` has no leading keys. */
function onlyKeys(keys: readonly string[]): Condition {
  const operator = keys.some((key) => key.includes('*')) ? 'StringLike' : 'StringEquals';
  return {
    [`ForAllValues:${operator}`]: { [LEADING_KEYS]: keys.toSorted(byText) },
    Null: { [LEADING_KEYS]: 'false' },
  };
}

/** Zones of this account are listed with the function's own role, others with the role they name. */
function zoneLists(config: Config): readonly Statement[] {
  const ids = ownZones(config);
  if (ids.length === 0) return [];
  return [
    {
      Sid: 'ListZones',
      Effect: 'Allow',
      Action: ['route53:ListResourceRecordSets'],
      Resource: ids.map(zoneArn),
    },
  ];
}

function followChanges(config: Config): readonly Statement[] {
  if (ownZones(config).length === 0) return [];
  return [
    {
      Sid: 'FollowChanges',
      Effect: 'Allow',
      Action: ['route53:GetChange'],
      Resource: [arn('route53', '', 'change/*')],
    },
  ];
}

const ownZones = (config: Config): readonly string[] =>
  usedZones(config).flatMap(({ id, role }) => (role === undefined ? [id] : []));

function roles(config: Config): readonly Statement[] {
  const named = [...new Set(usedZones(config).flatMap(({ role }) => role ?? []))];
  if (named.length === 0) return [];
  return [
    {
      Sid: 'AssumeZoneRoles',
      Effect: 'Allow',
      Action: ['sts:AssumeRole'],
      Resource: named.toSorted(byText),
    },
  ];
}

/** Zones that a service is in, by id. */
export const usedZones = (config: Config): readonly Config['zones'][string][] =>
  Object.values(config.zones)
    .filter(({ id }) => config.services.some(({ zone }) => zone.id === id))
    .toSorted((a, b) => byText(a.id, b.id));

function topics({ notify }: Config): readonly Statement[] {
  if (notify.sns === undefined) return [];
  return [{ Sid: 'Publish', Effect: 'Allow', Action: ['sns:Publish'], Resource: [notify.sns] }];
}

function buses({ notify }: Config): readonly Statement[] {
  if (notify.events === undefined) return [];
  return [
    { Sid: 'PutEvents', Effect: 'Allow', Action: ['events:PutEvents'], Resource: [notify.events] },
  ];
}

/** Only of services that this vantage probes. */
const secretsOfChecks = (config: Config, region: VantageId): readonly string[] =>
  secretNames(
    config.services.filter(({ vantages }) => vantages.includes(region)).flatMap(valuesOfChecks),
  );

/** Every `{ssm: …}` of the file. */
export const secretsOfFile = (config: Config): readonly string[] =>
  secretNames([
    ...config.services.flatMap(valuesOfChecks),
    config.notify.webhook,
    config.notify.heartbeat,
  ]);

const valuesOfChecks = ({ endpoints }: Service): readonly HeaderValue[] =>
  endpoints.flatMap(({ check }) => headersOf(check.node));

function headersOf(node: CheckNode): readonly HeaderValue[] {
  switch (node.kind) {
    case 'http':
      return Object.values(node.headers);
    case 'tcp':
      return [];
    case 'all':
    case 'any':
      return node.checks.flatMap(headersOf);
  }
}

const secretNames = (values: readonly (HeaderValue | undefined)[]): readonly string[] =>
  [...new Set(values.flatMap((value) => (typeof value === 'object' ? [value.ssm] : [])))].toSorted(
    byText,
  );

/**
 * A key of the customer's is used on behalf of the caller, so the caller needs `Decrypt`, but only by way
 * of the table and the parameters. Of a key written with another region's ARN, the replica of a
 * multi-region key is meant: no other key of another region can encrypt here. An alias is no resource.
 */
function decryptStatements(
  { aws: { kmsKey } }: Config,
  region: VantageId,
  services: readonly string[],
): readonly Statement[] {
  if (kmsKey === undefined) return [];
  const alias = /(?:^|:)(alias\/.+)$/.exec(kmsKey)?.[1];
  const via = services.map((service) => `${service}.${region}.amazonaws.com`);
  return [
    {
      Sid: 'DecryptThroughServices',
      Effect: 'Allow',
      Action: ['kms:Decrypt'],
      Resource: [
        alias === undefined
          ? kmsKey.replace(/^(arn:[^:]+:kms:)[^:]+/, `$1${region}`)
          : arn('kms', region, 'key/*'),
      ],
      Condition: {
        StringEquals: { 'kms:ViaService': via },
        ...(alias === undefined
          ? {}
          : { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': [alias] } }),
      },
    },
  ];
}

/**
 * A function in a VPC: Lambda makes its network interfaces with the function's role. Describing offers
 * no resources at all, and Lambda refuses a role that may delete some interfaces only. The function's
 * own code is denied all of it: only the Lambda service itself may use these rights.
 */
function networkStatements(
  config: Config,
  region: VantageId,
  id: FunctionId,
): readonly Statement[] {
  const network = config.network[region];
  if (network === undefined) return [];
  const interfaces = arn('ec2', region, 'network-interface/*');
  const describe = ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'];
  const change = [
    'ec2:AssignPrivateIpAddresses',
    'ec2:DeleteNetworkInterface',
    'ec2:UnassignPrivateIpAddresses',
  ];
  // A shared subnet's ARN has its owner's account.
  const anyOwner = (kind: string, ids: readonly string[]): readonly Resource[] =>
    ids.map((one) => arn('ec2', region, `${kind}/${one}`, '*'));
  return [
    { Sid: 'DescribeNetwork', Effect: 'Allow', Action: describe, Resource: ['*'] },
    { Sid: 'ChangeInterfaces', Effect: 'Allow', Action: change, Resource: [interfaces] },
    {
      Sid: 'CreateInterfaces',
      Effect: 'Allow',
      Action: ['ec2:CreateNetworkInterface'],
      Resource: [
        interfaces,
        ...anyOwner('subnet', network.subnets),
        ...anyOwner('security-group', network.securityGroups),
      ],
    },
    {
      Sid: 'NeverFromOwnCode',
      Effect: 'Deny',
      Action: [...change, 'ec2:CreateNetworkInterface', ...describe].toSorted(byText),
      Resource: ['*'],
      Condition: {
        ArnEquals: {
          'lambda:SourceFunctionArn': [
            arn('lambda', region, `function:${functionName(config.deployment, id)}`),
          ],
        },
      },
    },
  ];
}
