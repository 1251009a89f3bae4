/** What serverless.yml is given: from the file, the region and the environment, without asking AWS. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { packagedText } from '../../scripts/package/packaged-config.ts';
import { type StackRequest, type StackValues, stackValues } from '../../scripts/package/stack.ts';
import { FIVE, planted } from '../fixtures/config-base.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-stack-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('the region', () => {
  it.each([
    ['what is asked for', 'us-east-1', { AWS_REGION: 'eu-central-1' }, 'us-east-1'],
    ['the shell’s, if it is a vantage', null, { AWS_REGION: 'eu-central-1' }, 'eu-central-1'],
    ['the shell’s default', null, { AWS_DEFAULT_REGION: 'us-west-2' }, 'us-west-2'],
    ['home, if the shell’s is no vantage', null, { AWS_REGION: 'sa-east-1' }, 'eu-west-1'],
    ['home', null, {}, 'eu-west-1'],
  ])('is %s', async (_, region, env, expected) => {
    expect((await values({}, { options: { region }, env })).region).toBe(expected);
  });

  it('that is no vantage is refused, with those that are', async () => {
    await expect(values({}, { options: { region: 'sa-east-1' } })).rejects.toThrow(
      `--region sa-east-1 is no vantage of quorate-test; write one of ${FIVE.join(', ')}, or add it to vantages in quorate.yml`,
    );
  });
});

describe('the stream', () => {
  it.each(['remove', 'info', 'logs', undefined])('is not asked for by %s', async (command) => {
    const argv = command === undefined ? [] : ['--verbose', command];

    expect((await values({}, { argv, env: { QUORATE_OFFLINE: '' } })).streamArn).toBe(
      'arn:aws:dynamodb:eu-west-1:000000000000:table/quorate-test/stream/packaged-offline',
    );
  });

  it('is a placeholder where AWS shall not be asked', async () => {
    expect((await values({}, { argv: ['package'] })).streamArn).toContain('packaged-offline');
  });

  it('that nothing can be deployed with is refused', async () => {
    await expect(values({}, { argv: ['deploy'] })).rejects.toThrow(
      'QUORATE_OFFLINE=1 packages with a placeholder for the stream of the table, which nothing can be deployed with; unset it',
    );
  });
});

it('a package that was made offline is not deployed', async () => {
  writeFileSync(
    join(folder, 'cloudformation-template-update-stack.json'),
    (await values({})).streamArn,
  );

  await expect(
    values({}, { options: { package: folder }, argv: ['deploy'], env: { QUORATE_OFFLINE: '' } }),
  ).rejects.toThrow(`${folder} was packaged with QUORATE_OFFLINE=1`);
});

describe('the time of packaging', () => {
  it('is the deployment’s, so that all regions have one', async () => {
    await values({}, { env: { QUORATE_PACKAGED_AT: '1782907200000' } });

    expect(JSON.parse(packagedText())).toMatchObject({ packagedAt: 1_782_907_200_000 });
  });

  it('is else now', async () => {
    const before = Date.now();
    await values({});

    expect(JSON.parse(packagedText()).packagedAt).toBeGreaterThanOrEqual(before);
  });

  it.each(['now', '2026-07-01', '1e12', '-1'])('%s is refused', async (text) => {
    await expect(values({}, { env: { QUORATE_PACKAGED_AT: text } })).rejects.toThrow(
      `QUORATE_PACKAGED_AT is "${text}"; write milliseconds since 1970, or unset it`,
    );
  });
});

describe('what only some deployments have', () => {
  it('by default is nothing', async () => {
    const { extensions, roles, alarms, tags } = await values({});

    expect(Object.values(extensions)).toEqual([1, 2, 3, 4].map(() => ({ Properties: {} })));
    expect(tags).toEqual({});
    expect(JSON.stringify(roles)).not.toContain('PermissionsBoundary');
    expect(JSON.stringify(alarms)).not.toContain('AlarmActions');
  });

  it('reservations, where deploy found room', async () => {
    const { extensions } = await values({}, { env: { QUORATE_RESERVE: '1' } });

    expect(extensions).toEqual({
      ProbeLambdaFunction: { Properties: { ReservedConcurrentExecutions: 3 } },
      QuorumLambdaFunction: { Properties: { ReservedConcurrentExecutions: 5 } },
      NotifyLambdaFunction: { Properties: { ReservedConcurrentExecutions: 2 } },
      ApiLambdaFunction: { Properties: { ReservedConcurrentExecutions: 10 } },
    });
  });

  it('a network, for probes of that vantage only', async () => {
    const network = {
      'network.us-east-1': {
        subnets: ['subnet-0a1b2c3d'],
        'security-groups': ['sg-0a1b2c3d'],
        ipv6: true,
      },
    };
    const [here, there] = await Promise.all(
      ['us-east-1', 'eu-west-1'].map((region) => values(network, { options: { region } })),
    );

    expect(here?.extensions.ProbeLambdaFunction?.Properties).toEqual({
      VpcConfig: {
        SubnetIds: ['subnet-0a1b2c3d'],
        SecurityGroupIds: ['sg-0a1b2c3d'],
        Ipv6AllowedForDualStack: true,
      },
    });
    expect(here?.extensions.QuorumLambdaFunction?.Properties).toEqual({});
    expect(there?.extensions.ProbeLambdaFunction?.Properties).toEqual({});
    expect(policiesOf(here, 'ProbeRole')).toContain('ec2:CreateNetworkInterface');
    expect(policiesOf(there, 'ProbeRole')).not.toContain('ec2:');
  });

  it('no policy for a zone in which nothing is enforced', async () => {
    const observed = await values({ 'services.app.mode': 'observe' });
    const enforced = await values({});

    expect(typesOf(observed)).not.toContain('AWS::IAM::ManagedPolicy');
    expect(JSON.stringify(observed.roles)).not.toContain('route53:ChangeResourceRecordSets');
    expect(typesOf(enforced)).toContain('AWS::IAM::ManagedPolicy');
  });

  it('another file for a stage, and nothing else of it', async () => {
    writeFileSync(join(folder, 'quorate.dev.yml'), yaml({ deployment: 'quorate-dev' }));

    const { stackName, table } = await stackValues({
      options: { stage: 'dev' },
      argv: [],
      env: {},
      folder,
    });

    expect([stackName, table]).toEqual(['quorate-dev', 'quorate-dev']);
  });
});

const yaml = (plants: Readonly<Record<string, unknown>>): string => stringify(planted(plants));

async function values(
  plants: Readonly<Record<string, unknown>>,
  { options = {}, argv = [], env = {} }: Partial<StackRequest> = {},
): Promise<StackValues> {
  writeFileSync(join(folder, 'quorate.yml'), yaml(plants));
  return await stackValues({ options, argv, env: { QUORATE_OFFLINE: '1', ...env }, folder });
}

const policiesOf = (stack: StackValues | undefined, role: string): string =>
  JSON.stringify(stack?.roles[role]?.Properties.Policies);

const typesOf = ({ roles }: StackValues): readonly string[] =>
  Object.values(roles).map(({ Type }) => Type);
