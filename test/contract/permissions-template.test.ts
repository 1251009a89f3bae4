/**
 * The packaged template, as AWS is given it: each function runs under the role that was judged, nothing
 * else is attached to it, and what it may do without calling is what the template makes AWS do for it. The
 * golden is what `serverless package` made; the package test holds it to that.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../scripts/config-file.ts';
import { FUNCTIONS, type FunctionId } from '../../scripts/names.ts';
import { filledIn } from '../../scripts/package/permission-text.ts';
import { deployerStatements } from '../../scripts/package/permissions-deployer.ts';
import type { Resources } from '../../scripts/package/resource.ts';
import { roleLogicalId, roleResources } from '../../scripts/package/roles.ts';
import { tableTemplate } from '../../scripts/package/table-template.ts';
import { type Config, epochMs, type VantageId, vantageId } from '../../shared/core/model.ts';
import { evaluate, isAllowed } from '../fakes/policy-evaluator.ts';
import { CASES } from '../fixtures/permissions-cases.ts';
import { OWN, PLACE, worldConfig } from '../fixtures/permissions-world.ts';

const { config: stackConfig } = loadConfig({
  path: 'test/fixtures/stack.yml',
  env: {},
  packagedAt: epochMs(1_782_907_200_000),
});
const template: { readonly Resources: Resources } = JSON.parse(
  readFileSync(new URL('../golden/stack.json', import.meta.url), 'utf8'),
);

type Attached = readonly Readonly<Record<string, unknown>>[];

describe('permissions in the packaged template', () => {
  const held = attachedTo(roleResources(worldConfig(), OWN), OWN);

  it.each(CASES)('$who, may $may: $what', ({ who, may, request }) => {
    const { effect } = evaluate(held[who], request);

    if (may) expect(effect).toBe('allowed');
    else expect(effect).not.toBe('allowed');
  });

  it('holds exactly the roles and policies that were judged, and each function its own', () => {
    const made = roleResources(stackConfig, OWN);
    const iam = Object.entries(template.Resources).filter(([, { Type }]) =>
      Type.startsWith('AWS::IAM::'),
    );

    expect(Object.fromEntries(iam)).toEqual(JSON.parse(JSON.stringify(made)));
    for (const id of FUNCTIONS) {
      const { Role } = propertiesOf(functionOf(id));
      expect(Role).toEqual({ 'Fn::GetAtt': [roleLogicalId(id), 'Arn'] });
    }
  });

  it('no two functions share a role, and only Lambda may run under one', () => {
    const roles = FUNCTIONS.map((id) => propertiesOf(roleLogicalId(id)));

    expect(new Set(roles.map(({ RoleName }) => RoleName)).size).toBe(FUNCTIONS.length);
    for (const { AssumeRolePolicyDocument } of roles) {
      expect(AssumeRolePolicyDocument).toMatchObject({
        Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } }],
      });
    }
  });

  it('who commits is quorum and api, as long as a service enforces', () => {
    const carriers = (resources: Resources): readonly string[] =>
      FUNCTIONS.filter((id) => resources[roleLogicalId(id)]?.Properties.ManagedPolicyArns);
    const observed: Config = {
      ...stackConfig,
      services: stackConfig.services.map((service) => ({ ...service, mode: 'observe' })),
    };

    expect(carriers(template.Resources)).toEqual(['quorum', 'api']);
    expect(carriers(roleResources(observed, OWN))).toEqual([]);
    expect(JSON.stringify(roleResources(observed, OWN))).not.toContain('ChangeResourceRecordSets');
  });

  it('a policy keeps its logical id when another group stops enforcing', () => {
    const config = worldConfig();
    const secondOnly = {
      ...config,
      services: config.services.map((service) =>
        service.group === 0 ? { ...service, mode: 'observe' as const } : service,
      ),
    };
    const named = (resources: Resources): ReadonlyMap<string, unknown> =>
      new Map(
        Object.entries(resources)
          .filter(([, { Type }]) => Type === 'AWS::IAM::ManagedPolicy')
          .map(([id, { Properties }]) => [id, Properties.ManagedPolicyName]),
      );
    const before = named(roleResources(config, OWN));
    const after = named(roleResources(secondOnly, OWN));

    expect([before.size, after.size]).toEqual([2, 1]);
    for (const [id, name] of after) expect(before.get(id)).toBe(name);
  });

  it.each(stackConfig.vantages)(
    'what AWS does for functions of %s is granted where it does it',
    (region) => {
      const attached = attachedTo(roleResources(stackConfig, region), region);
      const has = (id: FunctionId, action: string): boolean =>
        attached[id].some(
          ({ Effect, Action }) => Effect === 'Allow' && [Action].flat().includes(action),
        );
      const keeps = (id: FunctionId): boolean =>
        'OnFailure' in Object(propertiesOf(`${logical(id)}LambdaEvConf`).DestinationConfig);
      const reads = (id: FunctionId): boolean =>
        ofType('AWS::Lambda::EventSourceMapping').some(
          ({ FunctionName }) =>
            JSON.stringify(FunctionName) ===
            JSON.stringify({ 'Fn::GetAtt': [functionOf(id), 'Arn'] }),
        );

      for (const id of FUNCTIONS) {
        expect([id, 'queue', has(id, 'sqs:SendMessage')]).toEqual([id, 'queue', keeps(id)]);
        expect([id, 'stream', has(id, 'dynamodb:GetRecords')]).toEqual([id, 'stream', reads(id)]);
        const inVpc = id === 'probe' && stackConfig.network[region] !== undefined;
        expect([id, 'VPC', has(id, 'ec2:CreateNetworkInterface')]).toEqual([id, 'VPC', inVpc]);
        expect(has(id, 'logs:PutLogEvents')).toBe(true);
      }
    },
  );

  it('a deployer may make, change and remove everything that the two templates hold', () => {
    const place = { accountId: '111122223333', partition: 'aws' };
    const statements = filledIn(deployerStatements(stackConfig), place);
    const resources = {
      ...template.Resources,
      ...tableTemplate(stackConfig, stackConfig.vantages).Resources,
    };
    for (const [logicalId, { Type, Properties }] of Object.entries(resources)) {
      const life = LIFE[Type];
      expect([Type, life !== undefined]).toEqual([Type, true]);
      const request = life?.(logicalId, Properties) ?? { resource: '', actions: [] };
      for (const action of request.actions) {
        const asked = {
          action,
          resource: request.resource,
          context: {
            'iam:PermissionsBoundary': 'arn:aws:iam::111122223333:policy/boundary',
            'lambda:FunctionArn': here('lambda', 'function:quorate-stack-quorum'),
          },
        };
        expect([action, request.resource, isAllowed(statements, asked)]).toEqual([
          action,
          request.resource,
          true,
        ]);
      }
    }
  });

  it('a deployer may touch nothing of another name, and make no role without the boundary', () => {
    const place = { accountId: '111122223333', partition: 'aws' };
    const statements = filledIn(deployerStatements(stackConfig), place);
    const role = 'arn:aws:iam::111122223333:role/quorate-stack-eu-west-1-quorum';
    const refused: readonly [string, string][] = [
      ['iam:CreateRole', role],
      ['iam:PutRolePolicy', role],
      ['iam:AttachRolePolicy', role],
      ['iam:DeleteRole', 'arn:aws:iam::111122223333:role/admin'],
      ['iam:PassRole', role],
      ['iam:CreatePolicyVersion', 'arn:aws:iam::111122223333:policy/boundary'],
      ['lambda:UpdateFunctionCode', here('lambda', 'function:payroll')],
      ['cloudformation:DeleteStack', here('cloudformation', 'stack/payroll/1')],
      ['dynamodb:DeleteTable', here('dynamodb', 'table/payroll')],
      ['s3:GetObject', 'arn:aws:s3:::payroll/key'],
      ['sqs:DeleteQueue', here('sqs', 'payroll')],
      ['logs:DeleteLogGroup', here('logs', 'log-group:/aws/lambda/payroll')],
      ['route53:ChangeResourceRecordSets', 'arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ'],
    ];
    for (const [action, resource] of refused) {
      expect([action, isAllowed(statements, { action, resource })]).toEqual([action, false]);
    }
    const passedTo = (service: string) => ({
      action: 'iam:PassRole',
      resource: role,
      context: { 'iam:PassedToService': service },
    });
    expect(isAllowed(statements, passedTo('lambda.amazonaws.com'))).toBe(true);
    expect(isAllowed(statements, passedTo('ec2.amazonaws.com'))).toBe(false);
  });
});

const logical = (id: FunctionId): string => `${id.slice(0, 1).toUpperCase()}${id.slice(1)}`;
const functionOf = (id: FunctionId): string => `${logical(id)}LambdaFunction`;

function propertiesOf(logicalId: string): Readonly<Record<string, unknown>> {
  const found = template.Resources[logicalId];
  if (found === undefined) throw new Error(`the template has no ${logicalId}`);
  return found.Properties;
}

const ofType = (type: string): readonly Readonly<Record<string, unknown>>[] =>
  Object.values(template.Resources).flatMap(({ Type, Properties }) =>
    Type === type ? [Properties] : [],
  );

/** All statements that a function's role carries, with CloudFormation's functions resolved. */
function attachedTo(
  resources: Resources,
  region: VantageId,
): Readonly<Record<FunctionId, Attached>> {
  const all = (id: FunctionId): Attached => {
    const {
      Policies = [],
      ManagedPolicyArns = [],
      ...rest
    } = Object(resources[roleLogicalId(id)]?.Properties);
    expect(Object.keys(rest)).toEqual(
      expect.arrayContaining(['RoleName', 'AssumeRolePolicyDocument']),
    );
    const managed = ManagedPolicyArns.map(({ Ref }: { Ref: string }) => resources[Ref]?.Properties);
    return [...Policies, ...managed].flatMap(
      ({ PolicyDocument }: { PolicyDocument: { Statement: Attached } }) =>
        resolved(PolicyDocument.Statement, region) as Attached,
    );
  };
  return { probe: all('probe'), quorum: all('quorum'), notify: all('notify'), api: all('api') };
}

function resolved(value: unknown, region: VantageId): unknown {
  if (Array.isArray(value)) return value.map((one) => resolved(one, region));
  if (typeof value !== 'object' || value === null) return value;
  if ('Fn::Sub' in value) {
    return String(value['Fn::Sub'])
      .replaceAll('$' + '{AWS::Partition}', PLACE.partition)
      .replaceAll('$' + '{AWS::AccountId}', PLACE.accountId)
      .replaceAll('$' + '{AWS::Region}', region);
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, resolved(one, region)]),
  );
}

const here = (service: string, rest: string): string =>
  `arn:aws:${service}:${vantageId('eu-west-1')}:111122223333:${rest}`;

type Properties = Readonly<Record<string, unknown>>;
type Life = (
  logicalId: string,
  properties: Properties,
) => { readonly resource: string; readonly actions: readonly string[] };

const life = (
  service: string,
  actions: readonly string[],
  resource: (name: Properties) => string,
): Life => {
  return (_logicalId, properties) => ({
    resource: resource(properties),
    actions: actions.map((action) => `${service}:${action}`),
  });
};
const bucket = 'arn:aws:s3:::quorate-stack-serverlessdeploymentbucket-1a2b3c4d5e6f';
/** What CloudFormation calls for a resource of each type, in the deployer's name. */
const LIFE: Readonly<Record<string, Life | undefined>> = {
  'AWS::S3::Bucket': life(
    's3',
    ['CreateBucket', 'PutEncryptionConfiguration', 'DeleteBucket'],
    () => bucket,
  ),
  'AWS::S3::BucketPolicy': life('s3', ['PutBucketPolicy', 'DeleteBucketPolicy'], () => bucket),
  'AWS::Logs::LogGroup': life(
    'logs',
    ['CreateLogGroup', 'PutRetentionPolicy', 'DeleteLogGroup'],
    ({ LogGroupName }) => here('logs', `log-group:${LogGroupName}`),
  ),
  'AWS::Lambda::Function': life(
    'lambda',
    ['CreateFunction', 'UpdateFunctionCode', 'UpdateFunctionConfiguration', 'DeleteFunction'],
    ({ FunctionName }) => here('lambda', `function:${FunctionName}`),
  ),
  'AWS::Lambda::Alias': life(
    'lambda',
    ['CreateAlias', 'GetAlias', 'UpdateAlias', 'DeleteAlias'],
    ({ Name }) => here('lambda', `function:quorate-stack-api:${Name}`),
  ),
  'AWS::CloudWatch::Dashboard': life(
    'cloudwatch',
    ['PutDashboard', 'GetDashboard', 'DeleteDashboards'],
    ({ DashboardName }) => `arn:aws:cloudwatch::111122223333:dashboard/${DashboardName}`,
  ),
  'AWS::Lambda::EventInvokeConfig': life(
    'lambda',
    ['PutFunctionEventInvokeConfig', 'DeleteFunctionEventInvokeConfig'],
    () => here('lambda', 'function:quorate-stack-probe'),
  ),
  'AWS::Lambda::Url': life(
    'lambda',
    ['CreateFunctionUrlConfig', 'UpdateFunctionUrlConfig', 'DeleteFunctionUrlConfig'],
    () => here('lambda', 'function:quorate-stack-api'),
  ),
  'AWS::Lambda::Permission': life('lambda', ['AddPermission', 'RemovePermission'], () =>
    here('lambda', 'function:quorate-stack-api'),
  ),
  'AWS::Lambda::EventSourceMapping': life(
    'lambda',
    ['CreateEventSourceMapping', 'UpdateEventSourceMapping', 'DeleteEventSourceMapping'],
    () => here('lambda', 'event-source-mapping:91eaeb7e-c976-1234-9451-8709db01f137'),
  ),
  'AWS::IAM::Role': life(
    'iam',
    ['CreateRole', 'GetRole', 'PutRolePolicy', 'AttachRolePolicy', 'DeleteRole', 'TagRole'],
    ({ RoleName }) => `arn:aws:iam::111122223333:role/${RoleName}`,
  ),
  'AWS::IAM::ManagedPolicy': life(
    'iam',
    ['CreatePolicy', 'CreatePolicyVersion', 'DeletePolicyVersion', 'DeletePolicy'],
    ({ ManagedPolicyName }) => `arn:aws:iam::111122223333:policy/${ManagedPolicyName}`,
  ),
  'AWS::CloudWatch::Alarm': life(
    'cloudwatch',
    ['PutMetricAlarm', 'DeleteAlarms'],
    ({ AlarmName }) => here('cloudwatch', `alarm:${AlarmName}`),
  ),
  'AWS::Scheduler::Schedule': life(
    'scheduler',
    ['CreateSchedule', 'UpdateSchedule', 'DeleteSchedule'],
    ({ Name }) => here('scheduler', `schedule/default/${Name}`),
  ),
  'AWS::SQS::Queue': life(
    'sqs',
    ['CreateQueue', 'GetQueueAttributes', 'DeleteQueue'],
    ({ QueueName }) => here('sqs', String(QueueName)),
  ),
  'AWS::DynamoDB::GlobalTable': life(
    'dynamodb',
    [
      'CreateTable',
      'CreateTableReplica',
      'UpdateTable',
      'UpdateTimeToLive',
      'UpdateContinuousBackups',
      'DeleteTable',
    ],
    ({ TableName }) => here('dynamodb', `table/${TableName}`),
  ),
};
