/**
 * What whoever runs `npm run deploy` and `npm run remove` must be allowed; `remove` changes zones too and
 * needs what an operator needs besides. Everything is scoped by the deployment's name, in any region: a
 * vantage that left the file must still be removable. What AWS offers only without a resource stands in
 * one statement, `NotScoped`, and reads.
 *
 * A deployer makes roles, so it can give itself any right by way of one, unless `permissions-boundary` is
 * set: then it may make no role without that boundary.
 */
import { byText, type Config } from '../../shared/core/model.ts';
import { deadLetterQueueName, tableName, tableStackName, vantageStackName } from '../names.ts';
import { arn, type Condition, type Resource, type Statement } from './permission-text.ts';
import { secretsOfFile } from './permissions.ts';
import { allow, assumeRoles, lookAtZones, tableKey } from './permissions-operator.ts';

const ANY_REGION = '*';

export function deployerStatements(config: Config): readonly Statement[] {
  const { deployment, aws, network } = config;
  const named = (service: string, prefix: string): Resource =>
    arn(service, service === 'iam' ? '' : ANY_REGION, `${prefix}${deployment}-*`);
  const boundary: Condition =
    aws.permissionsBoundary === undefined
      ? {}
      : { StringEquals: { 'iam:PermissionsBoundary': aws.permissionsBoundary } };
  const hasVpc = Object.keys(network).length > 0;
  return [
    allow('Stacks', 'cloudformation', STACKS, [
      ...[vantageStackName(deployment), tableStackName(deployment)].map((name) =>
        arn('cloudformation', ANY_REGION, `stack/${name}/*`),
      ),
    ]),
    // The bucket's name is cut by CloudFormation where the deployment's is long.
    allow('PackageBucket', 's3', BUCKETS, [arn('s3', '', `${deployment}-serverless*`)]),
    allow('Packages', 's3', OBJECTS, [arn('s3', '', `${deployment}-serverless*/*`)]),
    allow('Functions', 'lambda', FUNCTIONS, [named('lambda', 'function:')]),
    allow(
      'StreamMapping',
      'lambda',
      ['DeleteEventSourceMapping', 'GetEventSourceMapping', 'UpdateEventSourceMapping'],
      [arn('lambda', ANY_REGION, 'event-source-mapping:*')],
      { ArnLike: { 'lambda:FunctionArn': [named('lambda', 'function:')] } },
    ),
    // It has no name yet, so only the function that it feeds can be named.
    allow('NewStreamMapping', 'lambda', ['CreateEventSourceMapping'], ['*'], {
      ArnLike: { 'lambda:FunctionArn': [named('lambda', 'function:')] },
    }),
    allow(
      'TagStreamMapping',
      'lambda',
      ['ListTags', 'TagResource', 'UntagResource'],
      [arn('lambda', ANY_REGION, 'event-source-mapping:*')],
    ),
    allow('Roles', 'iam', ROLES, [named('iam', 'role/')]),
    allow('RightsOfRoles', 'iam', BOUNDED, [named('iam', 'role/')], boundary),
    allow('ZonePolicies', 'iam', POLICIES, [named('iam', 'policy/')]),
    allow('PassRoles', 'iam', ['PassRole'], [named('iam', 'role/')], {
      StringEquals: {
        'iam:PassedToService': ['lambda.amazonaws.com', 'scheduler.amazonaws.com'],
      },
    }),
    allow(
      'ReplicationRole',
      'iam',
      ['CreateServiceLinkedRole'],
      [arn('iam', '', 'role/aws-service-role/replication.dynamodb.amazonaws.com/*')],
    ),
    allow('Table', 'dynamodb', TABLE, [
      arn('dynamodb', ANY_REGION, `table/${tableName(deployment)}`),
    ]),
    allow('Schedules', 'scheduler', SCHEDULES, [named('scheduler', 'schedule/default/')]),
    allow('DeadLetters', 'sqs', QUEUE, [arn('sqs', ANY_REGION, deadLetterQueueName(deployment))]),
    allow('Alarms', 'cloudwatch', ALARMS, [named('cloudwatch', 'alarm:')]),
    // A dashboard has no region in its ARN.
    allow('Dashboards', 'cloudwatch', DASHBOARDS, [
      arn('cloudwatch', '', `dashboard/${deployment}-*`),
    ]),
    allow('Logs', 'logs', LOGS, [named('logs', 'log-group:/aws/lambda/')]),
    ...lookAtZones(config),
    ...assumeRoles(config),
    ...(aws.kmsKey === undefined ? [] : [tableKey(aws.kmsKey)]),
    // Its own name isn't known here; without these preflight can't say what is missing.
    allow(
      'AskAboutOneself',
      'iam',
      ['GetRole', 'SimulatePrincipalPolicy'],
      [arn('iam', '', 'role/*'), arn('iam', '', 'user/*')],
    ),
    {
      Sid: 'NotScoped',
      Effect: 'Allow',
      Action: [
        'cloudformation:ValidateTemplate',
        'cloudwatch:DescribeAlarms',
        'lambda:GetAccountSettings',
        'lambda:ListEventSourceMappings',
        'logs:DescribeLogGroups',
        'sts:GetCallerIdentity',
        ...(secretsOfFile(config).length === 0 ? [] : ['ssm:DescribeParameters']),
        ...(hasVpc
          ? ['ec2:DescribeSecurityGroups', 'ec2:DescribeSubnets', 'ec2:DescribeVpcs']
          : []),
      ].toSorted(byText),
      Resource: ['*'],
    },
  ];
}

const STACKS = [
  'CreateChangeSet',
  'CreateStack',
  'DeleteChangeSet',
  'DeleteStack',
  'DescribeChangeSet',
  'DescribeStackEvents',
  'DescribeStackResource',
  'DescribeStackResources',
  'DescribeStacks',
  'ExecuteChangeSet',
  'GetTemplate',
  'ListStackResources',
  'TagResource',
  'UntagResource',
  'UpdateStack',
];
const BUCKETS = [
  'CreateBucket',
  'DeleteBucket',
  'DeleteBucketPolicy',
  'GetBucketLocation',
  'GetBucketPolicy',
  'GetBucketPublicAccessBlock',
  'GetBucketTagging',
  'GetEncryptionConfiguration',
  'ListBucket',
  'ListBucketVersions',
  'PutBucketPolicy',
  'PutBucketPublicAccessBlock',
  'PutBucketTagging',
  'PutEncryptionConfiguration',
];
const OBJECTS = ['DeleteObject', 'DeleteObjectVersion', 'GetObject', 'PutObject'];
const FUNCTIONS = [
  'AddPermission',
  'CreateAlias',
  'CreateFunction',
  'CreateFunctionUrlConfig',
  'DeleteAlias',
  'DeleteFunction',
  'DeleteFunctionConcurrency',
  'DeleteFunctionEventInvokeConfig',
  'DeleteFunctionUrlConfig',
  'GetAlias',
  'GetFunction',
  'GetFunctionCodeSigningConfig',
  'GetFunctionConfiguration',
  'GetFunctionEventInvokeConfig',
  'GetFunctionRecursionConfig',
  'GetFunctionUrlConfig',
  'GetPolicy',
  'GetRuntimeManagementConfig',
  'InvokeFunction',
  'ListTags',
  'PutFunctionConcurrency',
  'PutFunctionEventInvokeConfig',
  'RemovePermission',
  'TagResource',
  'UntagResource',
  'UpdateAlias',
  'UpdateFunctionCode',
  'UpdateFunctionConfiguration',
  'UpdateFunctionEventInvokeConfig',
  'UpdateFunctionUrlConfig',
];
/** These can be bound to a permissions boundary. */
const BOUNDED = [
  'AttachRolePolicy',
  'CreateRole',
  'DeleteRolePolicy',
  'DetachRolePolicy',
  'PutRolePermissionsBoundary',
  'PutRolePolicy',
];
const ROLES = [
  'DeleteRole',
  'GetRole',
  'GetRolePolicy',
  'ListAttachedRolePolicies',
  'ListRolePolicies',
  'ListRoleTags',
  'TagRole',
  'UntagRole',
  'UpdateAssumeRolePolicy',
  'UpdateRole',
];
const POLICIES = [
  'CreatePolicy',
  'CreatePolicyVersion',
  'DeletePolicy',
  'DeletePolicyVersion',
  'GetPolicy',
  'GetPolicyVersion',
  'ListPolicyVersions',
];
/** Adding a replica reads and writes items in the deployer's name (DynamoDB guide, V2gt_IAM). */
const TABLE = [
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'CreateTableReplica',
  'DeleteItem',
  'DeleteTable',
  'DeleteTableReplica',
  'DescribeContinuousBackups',
  'DescribeContributorInsights',
  'DescribeKinesisStreamingDestination',
  'DescribeTable',
  'DescribeTableReplicaAutoScaling',
  'DescribeTimeToLive',
  'GetItem',
  'GetResourcePolicy',
  'ListTagsOfResource',
  'PutItem',
  'Query',
  'Scan',
  'TagResource',
  'UntagResource',
  'UpdateContinuousBackups',
  'UpdateItem',
  'UpdateTable',
  'UpdateTimeToLive',
];
const SCHEDULES = ['CreateSchedule', 'DeleteSchedule', 'GetSchedule', 'UpdateSchedule'];
const QUEUE = [
  'CreateQueue',
  'DeleteQueue',
  'GetQueueAttributes',
  'GetQueueUrl',
  'ListQueueTags',
  'SetQueueAttributes',
  'TagQueue',
  'UntagQueue',
];
const ALARMS = [
  'DeleteAlarms',
  'ListTagsForResource',
  'PutMetricAlarm',
  'TagResource',
  'UntagResource',
];
const DASHBOARDS = ['DeleteDashboards', 'GetDashboard', 'PutDashboard'];
const LOGS = [
  'CreateLogGroup',
  'DeleteLogGroup',
  'DeleteRetentionPolicy',
  'ListTagsForResource',
  'PutRetentionPolicy',
  'TagResource',
  'UntagResource',
];
