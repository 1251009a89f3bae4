/**
 * What people need, both ways: every call of the commands that they run is in the policy that is printed
 * for them, and what is in it is called by those commands, by the deployer (osls) or by CloudFormation in
 * their name.
 */
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Statement } from '../../scripts/package/permissions.ts';
import { deployerStatements } from '../../scripts/package/permissions-deployer.ts';
import { operatorStatements } from '../../scripts/package/permissions-operator.ts';
import { commandsIn } from '../fixtures/permissions-calls.ts';
import { worldConfig } from '../fixtures/permissions-world.ts';

/** By what the SDK calls it, where IAM says something else. */
const SAID_OTHERWISE: Readonly<Record<string, readonly string[]>> = {
  DeleteObjectsCommand: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
  InvokeCommand: ['lambda:InvokeFunction'],
  ListObjectVersionsCommand: ['s3:ListBucketVersions'],
};
/** Calls of osls 4.3.1 in `deploy` and `package`, as IAM names them. */
const BY_OSLS = [
  'cloudformation:CreateChangeSet',
  'cloudformation:CreateStack',
  'cloudformation:DeleteChangeSet',
  'cloudformation:DescribeChangeSet',
  'cloudformation:DescribeStackEvents',
  'cloudformation:DescribeStackResource',
  'cloudformation:DescribeStacks',
  'cloudformation:ExecuteChangeSet',
  'cloudformation:GetTemplate',
  'cloudformation:ListStackResources',
  'cloudformation:UpdateStack',
  'cloudformation:ValidateTemplate',
  'lambda:GetFunction',
  's3:DeleteObject',
  's3:GetObject',
  's3:ListBucket',
  's3:PutObject',
  'sts:GetCallerIdentity',
];
/** By way of ports: what the adapters send, as the functions' own walk shows. */
const BY_PORTS = [
  'dynamodb:BatchGetItem',
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:Query',
  'route53:ChangeResourceRecordSets',
  'route53:GetChange',
  'route53:ListResourceRecordSets',
  'ssm:GetParameter',
  'sts:AssumeRole',
];
/** By signed requests to the function URLs of `api`. */
const BY_CLIENT = ['lambda:InvokeFunction', 'lambda:InvokeFunctionUrl'];
/** DynamoDB asks the key in the caller's name. */
const BY_DYNAMODB = ['kms:CreateGrant', 'kms:Decrypt', 'kms:DescribeKey'];

const config = worldConfig();
const actionsOf = (statements: readonly Statement[]): ReadonlySet<string> =>
  new Set(statements.flatMap(({ Action }) => Action));

describe('permissions of people', () => {
  const deployer = actionsOf(deployerStatements(config));
  const operator = actionsOf(operatorStatements(config));

  it('every call of deploy and remove is granted to a deployer or an operator, who removes', () => {
    const calls = callsIn('scripts/deploy/**/*.ts', 'scripts/package/**/*.ts');

    expect(calls.length).toBeGreaterThan(15);
    expect(calls.filter((call) => !deployer.has(call) && !operator.has(call))).toEqual([]);
    expect(BY_OSLS.filter((call) => !deployer.has(call))).toEqual([]);
  });

  it('every call of the other commands is granted to an operator', () => {
    const calls = callsIn(
      'scripts/cli/**/*.ts',
      'scripts/client/**/*.ts',
      'scripts/doctor/**/*.ts',
      'scripts/exporter/**/*.ts',
    );

    expect(calls.length).toBeGreaterThan(10);
    expect(calls.filter((call) => !operator.has(call))).toEqual([]);
  });

  it('everything granted to an operator is called by a command', () => {
    const calls = callsIn(
      'scripts/cli/**/*.ts',
      'scripts/doctor/**/*.ts',
      'scripts/deploy/**/*.ts',
    );
    const called = new Set([...calls, ...BY_PORTS, ...BY_CLIENT, ...BY_DYNAMODB]);

    expect([...operator].filter((action) => !called.has(action))).toEqual([]);
  });

  it('a deployer is given no star as a resource but for what offers no other', () => {
    const stars = deployerStatements(config).filter(({ Resource }) => Resource.includes('*'));

    expect(stars.map(({ Sid }) => Sid)).toEqual(['NewStreamMapping', 'NotScoped']);
    expect(stars[0]?.Condition).toMatchObject({ ArnLike: { 'lambda:FunctionArn': [{}] } });
    for (const action of stars[1]?.Action ?? []) {
      expect(action).toMatch(/^\w+:(?:Describe|Get|List|Validate)/);
    }
  });

  it('actions are written out, never by a star, and none twice', () => {
    for (const { Sid, Action } of [...deployerStatements(config), ...operatorStatements(config)]) {
      expect([Sid, new Set(Action).size]).toEqual([Sid, Action.length]);
      for (const action of Action) expect(action).toMatch(/^[a-z0-9]+:[A-Z][A-Za-z0-9]+$/);
    }
  });
});

/** As IAM names them, by the client that each file imports its commands from. */
function callsIn(...patterns: readonly string[]): readonly string[] {
  const found = patterns.flatMap((pattern) =>
    globSync(pattern).flatMap((path) => {
      const text = readFileSync(path, 'utf8');
      return commandsIn(text).flatMap(
        (command) =>
          SAID_OTHERWISE[command] ??
          `${serviceOf(command, text, path)}:${command.replace(/Command$/, '')}`,
      );
    }),
  );
  return [...new Set(found)].toSorted();
}

const SERVICES: Readonly<Record<string, string>> = { 'route-53': 'route53' };

function serviceOf(command: string, text: string, path: string): string {
  for (const [, names = '', client = ''] of text.matchAll(
    /import \{([^}]*)\} from '@aws-sdk\/client-([a-z0-9-]+)'/g,
  )) {
    if (new RegExp(`\\b${command}\\b`).test(names)) return SERVICES[client] ?? client;
  }
  throw new Error(`${path}: ${command} is imported from no client`);
}
