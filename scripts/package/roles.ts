/**
 * One role per function, one for the schedules, and one managed policy per zone and group of names, as
 * CloudFormation resources. What a function may do is written in permissions.ts; here it gets a body.
 */
import type { Config, VantageId } from '../../shared/core/model.ts';
import { FUNCTIONS, type FunctionId, roleName, schedulerRoleName } from '../names.ts';
import { COMMITTERS, functionStatements, zonePolicies } from './permissions.ts';
import { type Resource, type Resources, tagList } from './resource.ts';

const POLICY_VERSION = '2012-10-17';

export const roleLogicalId = (id: FunctionId): string =>
  `${id.slice(0, 1).toUpperCase()}${id.slice(1)}Role`;

export function roleResources(config: Config, region: VantageId): Resources {
  const statements = functionStatements(config, region);
  // By group, which is in the policy's name as well: were they counted, a group that stops enforcing would
  // hand its logical id to the next one, and CloudFormation would make that one's name a second time.
  const policies = zonePolicies(config, region).map((policy) => ({
    ...policy,
    logicalId: `ZonePolicy${policy.group}`,
  }));
  const carries = (id: FunctionId): object =>
    COMMITTERS.includes(id) && policies.length > 0
      ? { ManagedPolicyArns: policies.map(({ logicalId }) => ({ Ref: logicalId })) }
      : {};
  const managed = policies.map(({ logicalId, name, statements: Statement }) => [
    logicalId,
    {
      Type: 'AWS::IAM::ManagedPolicy',
      Properties: {
        ManagedPolicyName: name,
        PolicyDocument: { Version: POLICY_VERSION, Statement },
      },
    },
  ]);
  const roles = FUNCTIONS.map((id) => [
    roleLogicalId(id),
    role(config.aws, {
      name: roleName(config.deployment, region, id),
      service: 'lambda.amazonaws.com',
      statements: statements[id],
      ...carries(id),
    }),
  ]);
  const scheduler = role(config.aws, {
    name: schedulerRoleName(config.deployment, region),
    service: 'scheduler.amazonaws.com',
    statements: SCHEDULER_STATEMENTS,
    // A schedule of another account must not borrow it.
    trusts: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
  });
  return Object.fromEntries([...managed, ...roles, ['SchedulerRole', scheduler]]);
}

const SCHEDULER_STATEMENTS = [
  {
    Sid: 'InvokeScheduled',
    Effect: 'Allow',
    Action: ['lambda:InvokeFunction'],
    Resource: ['Probe', 'Quorum', 'Notify'].map((id) => ({
      'Fn::GetAtt': [`${id}LambdaFunction`, 'Arn'],
    })),
  },
  {
    Sid: 'KeepDeadLetters',
    Effect: 'Allow',
    Action: ['sqs:SendMessage'],
    Resource: [{ 'Fn::GetAtt': ['DeadLetters', 'Arn'] }],
  },
];

type RoleOptions = {
  readonly name: string;
  readonly service: string;
  readonly statements: readonly unknown[];
  readonly trusts?: object;
  readonly ManagedPolicyArns?: readonly unknown[];
};

function role(
  { permissionsBoundary, tags }: Config['aws'],
  { name, service, statements, trusts, ...rest }: RoleOptions,
): Resource {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: name,
      AssumeRolePolicyDocument: {
        Version: POLICY_VERSION,
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: service },
            Action: 'sts:AssumeRole',
            ...(trusts === undefined ? {} : { Condition: trusts }),
          },
        ],
      },
      Policies: [
        {
          PolicyName: 'own',
          PolicyDocument: { Version: POLICY_VERSION, Statement: statements },
        },
      ],
      ...rest,
      ...(permissionsBoundary === undefined ? {} : { PermissionsBoundary: permissionsBoundary }),
      ...(Object.keys(tags).length === 0 ? {} : { Tags: tagList(tags) }),
    },
  };
}
