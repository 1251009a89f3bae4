/** `quorate iam`: policies to paste, and what it says where it can't print any. */
import { describe, expect, it } from 'vitest';
import type { Terminal } from '../../scripts/cli/cli.ts';
import type { PeopleDocument, ZoneRoleDocument } from '../../scripts/cli/iam.ts';
import { run } from '../../scripts/cli/run.ts';
import type { Config } from '../../shared/core/model.ts';
import { evaluate, isAllowed } from '../fakes/policy-evaluator.ts';
import {
  batch,
  configFrom,
  FAR_ROLE,
  FAR_ZONE,
  item,
  observedConfig,
  route53,
  worldConfig,
  worldData,
  ZONE,
} from '../fixtures/permissions-world.ts';

const ACCOUNT = '123456789012';
const world = worldConfig();

describe('quorate iam', () => {
  it('prints a role for the zone of another account: the deployment may assume it, nobody else', async () => {
    const document = await zoneRole(['--zone', 'far', '--account', ACCOUNT]);

    expect(document).toMatchObject({
      format: 1,
      zone: 'far',
      role: FAR_ROLE,
      roleName: 'quorate-zone',
    });
    expect(document.trust.Statement).toEqual([
      {
        Sid: 'LetTheDeploymentIn',
        Effect: 'Allow',
        Principal: { AWS: [`arn:aws:iam::${ACCOUNT}:root`] },
        Action: 'sts:AssumeRole',
        Condition: {
          ArnEquals: {
            'aws:PrincipalArn': ['api', 'quorum']
              .flatMap((id) =>
                world.vantages.map(
                  (vantage) => `arn:aws:iam::${ACCOUNT}:role/quorate-test-${vantage}-${id}`,
                ),
              )
              .toSorted(),
          },
        },
      },
    ]);
  });

  it('the role reads its zone and changes what enforces there, and nothing else', async () => {
    const { permissions } = await zoneRole(['--zone', 'far', '--account', ACCOUNT]);
    const statements = permissions.flatMap(({ Statement }) => Statement);
    const far = { zone: FAR_ZONE, names: ['far.example.net'], types: ['A', 'TXT'] };

    expect(evaluate(statements, batch(far)).effect).toBe('allowed');
    expect(isAllowed(statements, batch({ ...far, actions: ['UPSERT'] }))).toBe(false);
    expect(isAllowed(statements, batch({ ...far, names: ['example.net'] }))).toBe(false);
    expect(isAllowed(statements, batch())).toBe(false);
    expect(isAllowed(statements, list(FAR_ZONE))).toBe(true);
    expect(isAllowed(statements, list(ZONE))).toBe(false);
    expect(isAllowed(statements, item('GetItem', 'decision#app'))).toBe(false);
  });

  it('the role only reads while no service of its zone enforces', async () => {
    const observed = observedConfig();
    const document = await zoneRole(['--zone', 'far', '--account', ACCOUNT], observed);
    const { out } = await quorate(['iam', '--zone', 'far', '--account', ACCOUNT], observed);

    expect(document.enforced).toEqual([]);
    expect(JSON.stringify(document.permissions)).not.toContain('ChangeResourceRecordSets');
    expect(out).toContain('No service of this zone enforces, so the role may only read.');
  });

  it('says where to paste what, and what to write into the file', async () => {
    const far = await quorate(['iam', '--zone', 'far', '--account', ACCOUNT]);
    const main = await quorate(['iam', '--zone', 'main', '--account', ACCOUNT]);

    expect(far.code).toBe(0);
    expect(far.out).toContain(
      '1. In account 999988887777: IAM, Roles, Create role, Custom trust policy. Paste this, and name the role quorate-zone:\n\n{',
    );
    expect(far.out).toContain('2. In the same role: Add permissions, Create inline policy, JSON.');
    expect(far.out).not.toContain('3. ');
    expect(main.out).toContain('make 2 managed policies');
    expect(main.out).toContain(
      '3. In quorate.yml, write zones.main.role: arn:aws:iam::<that account>:role/quorate-test-zone-main',
    );
  });

  it('operators that are trusted too are named, with the root of their account', async () => {
    const ops = 'arn:aws:iam::111122223333:role/ops';
    const { trust } = await zoneRole(['--zone', 'far', '--account', ACCOUNT, '--trust', ops]);

    expect(trust.Statement[0]?.Principal.AWS).toEqual([
      `arn:aws:iam::${ACCOUNT}:root`,
      'arn:aws:iam::111122223333:root',
    ]);
    expect(trust.Statement[0]?.Condition.ArnEquals?.['aws:PrincipalArn']).toContain(ops);
  });

  it('more vantages than a trust policy holds are named by their pattern', async () => {
    const vantages = Array.from({ length: 20 }, (_, index) => `eu-test-${index + 1}`);
    const { elsewhere: _elsewhere, ...services } = worldData.services;
    const config = configFrom({ ...worldData, services, vantages, home: vantages[0], network: {} });
    const { trust } = await zoneRole(['--zone', 'far', '--account', ACCOUNT], config);
    const { out } = await quorate(['iam', '--zone', 'far', '--account', ACCOUNT], config);

    expect(trust.Statement[0]?.Condition).toEqual({
      ArnLike: {
        'aws:PrincipalArn': [
          `arn:aws:iam::${ACCOUNT}:role/quorate-test-*-api`,
          `arn:aws:iam::${ACCOUNT}:role/quorate-test-*-quorum`,
        ],
      },
    });
    expect(out).toContain('names their pattern');
  });

  it.each<[string, string[], string]>([
    [
      'nothing',
      [],
      'say whose policies to print: --zone KEY (main, far, watched), --deployer, --operator or --api SCOPE',
    ],
    ['two things', ['--zone', 'far', '--deployer'], 'say one thing at a time'],
    [
      'a zone that is not there',
      ['--zone', 'man'],
      'there is no zone man in the file; did you mean main?',
    ],
    [
      'a zone like no other',
      ['--zone', 'toString'],
      'there is no zone toString in the file; there are main, far and watched',
    ],
    [
      'an account that is none',
      ['--deployer', '--account', '42'],
      '--account 42 is no account; write its 12 digits',
    ],
    [
      'a principal that is none',
      ['--zone', 'far', '--trust', 'me'],
      '--trust me is not the ARN of a role or user',
    ],
    ['a scope that is none', ['--api', 'freez'], '--api freez is no scope; did you mean freeze?'],
    [
      'trust without a zone',
      ['--operator', '--trust', 'arn:aws:iam::111122223333:role/ops'],
      '--trust belongs to --zone',
    ],
  ])('refuses %s with what to write instead', async (_what, args, sentence) => {
    const { code, out, err } = await quorate(['iam', ...args, '--json']);

    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(sentence);
  });

  it('without credentials it says how to name the account', async () => {
    const nobody = (): Promise<never> => Promise.reject(new Error('nobody is signed in.'));
    const { code, err } = await quorate(['iam', '--zone', 'far'], world, { credentials: nobody });

    expect(code).toBe(2);
    expect(err).toContain(
      "the credentials in use don't tell which account the deployment is in (nobody is signed in); sign in, or write --account 123456789012",
    );
  });

  it('prints what a deployer needs, in policies that IAM takes', async () => {
    const document = await peopleDocument(['--deployer', '--account', ACCOUNT]);
    const statements = document.permissions.flatMap(({ Statement }) => Statement);

    expect(document.who).toBe('deployer');
    for (const policy of document.permissions) {
      expect(JSON.stringify(policy).length).toBeLessThanOrEqual(6_144);
    }
    expect(isAllowed(statements, batch())).toBe(false);
  });

  it('prints what an operator needs: the zone as the functions may, and no stack', async () => {
    const { permissions } = await peopleDocument(['--operator', '--account', ACCOUNT]);
    const statements = permissions.flatMap(({ Statement }) => Statement);

    expect(isAllowed(statements, batch())).toBe(true);
    expect(isAllowed(statements, batch({ names: ['quiet.example.com'], types: ['A'] }))).toBe(true);
    expect(isAllowed(statements, batch({ actions: ['UPSERT'] }))).toBe(false);
    expect(isAllowed(statements, batch({ names: ['example.com'] }))).toBe(false);
    expect(isAllowed(statements, item('PutItem', 'decision#app'))).toBe(true);
    expect(isAllowed(statements, item('PutItem', 'report#eu-west-1'))).toBe(false);
    expect(isAllowed(statements, item('DeleteItem', 'decision#app'))).toBe(false);
  });

  it.each<[string, readonly string[]]>([
    ['read', [':read']],
    ['override', [':read', ':override']],
    ['freeze', [':read', ':override', '']],
  ])('prints what a caller of the API needs for %s, and no more', async (scope, doors) => {
    const document = await peopleDocument(['--api', scope, '--account', ACCOUNT]);
    const statements = document.permissions.flatMap(({ Statement }) => Statement);
    const may = (action: string, name: string, context: object): boolean =>
      isAllowed(statements, {
        action: `lambda:${action}`,
        resource: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${name}`,
        context: { ...context },
      });
    const byUrl = { 'lambda:FunctionUrlAuthType': 'AWS_IAM' };
    const viaUrl = { 'lambda:InvokedViaFunctionUrl': 'true' };

    expect(document).toMatchObject({ who: 'api', scope });
    for (const door of [':read', ':override', '']) {
      const name = `quorate-test-api${door}`;
      expect([door, may('InvokeFunctionUrl', name, byUrl)]).toEqual([door, doors.includes(door)]);
      expect([door, may('InvokeFunction', name, viaUrl)]).toEqual([door, doors.includes(door)]);
      expect(may('InvokeFunction', name, {})).toBe(false);
      expect(may('InvokeFunctionUrl', name, { 'lambda:FunctionUrlAuthType': 'NONE' })).toBe(false);
    }
    expect(may('InvokeFunctionUrl', 'quorate-test-api:other', byUrl)).toBe(false);
    expect(may('InvokeFunctionUrl', 'quorate-test-quorum', byUrl)).toBe(false);
    expect(isAllowed(statements, batch())).toBe(false);
    expect(isAllowed(statements, item('GetItem', 'decision#app'))).toBe(false);
  });

  it('says in words what a scope lets somebody do', async () => {
    const { out } = await quorate(['iam', '--api', 'override', '--account', ACCOUNT]);

    expect(out).toContain(
      'What a caller of quorate-test’s API with the scope override (looking, and orders (drain, pin, extend, cancel, approve) on single services and endpoints) needs in account 123456789012.',
    );
    expect(out).not.toContain('quorate iam --zone');
  });

  it('tells a deployer what a boundary is for, until there is one', async () => {
    const boundary = 'arn:aws:iam::123456789012:policy/limits';
    const bounded = configFrom({ ...worldData, aws: { 'permissions-boundary': boundary } });
    const without = await quorate(['iam', '--deployer', '--account', ACCOUNT]);
    const within = await quorate(['iam', '--deployer', '--account', ACCOUNT], bounded);

    expect(without.out).toContain(
      'With aws.permissions-boundary in quorate.yml the policy binds that',
    );
    expect(within.out).not.toContain('binds that');
    expect(within.out).toContain(boundary);
    expect(without.out).toContain('quorate iam --zone far --trust ARN');
  });
});

const list = (zone: string) => route53('ListResourceRecordSets', `hostedzone/${zone}`);

async function zoneRole(
  args: readonly string[],
  config: Config = world,
): Promise<ZoneRoleDocument & { readonly format: number }> {
  const { code, out, err } = await quorate(['iam', ...args, '--json'], config);
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out);
}

async function peopleDocument(args: readonly string[]): Promise<PeopleDocument> {
  const { code, out } = await quorate(['iam', ...args, '--json']);
  expect(code).toBe(0);
  return JSON.parse(out);
}

async function quorate(
  args: readonly string[],
  config: Config = world,
  overrides: Terminal['overrides'] = {},
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let out = '';
  let err = '';
  const code = await run(args, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    env: {},
    isTty: false,
    columns: 120,
    signal: new AbortController().signal,
    folder: '/nowhere',
    overrides: { config, ...overrides },
  });
  return { code, out, err };
}
