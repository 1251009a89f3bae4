/**
 * What whoever deploys must be allowed to do in one region, each on the thing it is done to: preflight
 * asks IAM's simulator, the README lists it. Passing roles is left out of the question: its usual
 * condition (`iam:PassedToService`) makes the simulator say no to what AWS would allow.
 */
import type { Config, VantageId } from '../../shared/core/model.ts';
import { functionName, roleName, tableName, tableStackName, vantageStackName } from '../names.ts';
import type { Ask, Identity } from './cloud.ts';

export function deployerAsks(
  { deployment }: Pick<Config, 'deployment'>,
  region: VantageId,
  { account, arn }: Identity,
): readonly Ask[] {
  const partition = arn.split(':')[1] ?? 'aws';
  const here = (service: string, rest: string): string =>
    `arn:${partition}:${service}:${region}:${account}:${rest}`;
  const asks = (service: string, resource: string, actions: readonly string[]): readonly Ask[] =>
    actions.map((action) => ({ action: `${service}:${action}`, resource }));
  const stack = (name: string): string => here('cloudformation', `stack/${name}/new`);
  const bucket = `arn:${partition}:s3:::${vantageStackName(deployment)}-serverlessdeploymentbucket-new`;

  return [
    ...asks('cloudformation', stack(vantageStackName(deployment)), [
      ...STACK_ACTIONS,
      'DescribeStackResource',
      'DescribeStackResources',
      'ListStackResources',
    ]),
    ...asks('cloudformation', stack(tableStackName(deployment)), STACK_ACTIONS),
    ...asks('cloudformation', '*', ['ValidateTemplate']),
    ...asks('s3', bucket, [
      'CreateBucket',
      'ListBucket',
      'PutBucketPolicy',
      'PutEncryptionConfiguration',
    ]),
    ...asks('s3', `${bucket}/serverless`, ['PutObject', 'GetObject', 'DeleteObject']),
    ...asks(
      'iam',
      `arn:${partition}:iam::${account}:role/${roleName(deployment, region, 'quorum')}`,
      [
        'CreateRole',
        'GetRole',
        'DeleteRole',
        'PutRolePolicy',
        'DeleteRolePolicy',
        'AttachRolePolicy',
        'DetachRolePolicy',
      ],
    ),
    ...asks('lambda', here('lambda', `function:${functionName(deployment, 'quorum')}`), [
      'CreateFunction',
      'GetFunction',
      'UpdateFunctionCode',
      'UpdateFunctionConfiguration',
      'DeleteFunction',
      'AddPermission',
      'RemovePermission',
      'CreateFunctionUrlConfig',
      'GetFunctionUrlConfig',
      'PutFunctionEventInvokeConfig',
    ]),
    ...asks('lambda', '*', ['CreateEventSourceMapping', 'GetAccountSettings']),
    ...asks('dynamodb', here('dynamodb', `table/${tableName(deployment)}`), [
      'CreateTable',
      'CreateTableReplica',
      'DescribeTable',
      'UpdateTable',
      'UpdateTimeToLive',
      'UpdateContinuousBackups',
      'BatchGetItem',
      'PutItem',
    ]),
    ...asks(
      'scheduler',
      here('scheduler', `schedule/default/${functionName(deployment, 'quorum')}`),
      ['CreateSchedule', 'GetSchedule', 'UpdateSchedule', 'DeleteSchedule'],
    ),
    ...asks('logs', here('logs', `log-group:/aws/lambda/${functionName(deployment, 'quorum')}`), [
      'CreateLogGroup',
      'PutRetentionPolicy',
      'DeleteLogGroup',
    ]),
    ...asks('sqs', here('sqs', `${deployment}-dead-letters`), [
      'CreateQueue',
      'GetQueueAttributes',
      'DeleteQueue',
    ]),
    ...asks('cloudwatch', here('cloudwatch', `alarm:${deployment}-new`), [
      'PutMetricAlarm',
      'DeleteAlarms',
    ]),
  ];
}

const STACK_ACTIONS = [
  'CreateStack',
  'UpdateStack',
  'DeleteStack',
  'DescribeStacks',
  'DescribeStackEvents',
  'CreateChangeSet',
  'DescribeChangeSet',
  'ExecuteChangeSet',
];
