/** What stops a deployment is found before anything is created, each in a sentence that says what to do. */
import { describe, expect, it } from 'vitest';
import { type DeployWorld, deployWorld, type File, file } from '../../fakes/deploy-world.ts';

const ROLE = 'arn:aws:iam::444455556666:role/quorate-zone';

type Case = {
  readonly title: string;
  readonly arrange: (world: DeployWorld) => void;
  readonly file?: File;
  readonly line: RegExp;
};

const FAILING: readonly Case[] = [
  {
    title: 'a wrong zone id',
    arrange: ({ cloud }) => cloud.set.zones.clear(),
    line: /zone +zone main \(Z0123456789ABCDEFGHIJ\) does not exist in account 111122223333; copy the id/,
  },
  {
    title: 'a zone of another account without a role',
    arrange: ({ cloud }) => cloud.set.zones.set('Z0123456789ABCDEFGHIJ', 'denied'),
    line: /may not be read with these credentials of account 111122223333; if it belongs to another account, write role:/,
  },
  {
    title: 'a private zone',
    arrange: ({ cloud }) =>
      cloud.set.zones.set('Z0123456789ABCDEFGHIJ', { name: 'example.com', isPrivate: true }),
    line: /is a private zone/,
  },
  {
    title: 'a name outside the zone',
    arrange: ({ cloud }) =>
      cloud.set.zones.set('Z0123456789ABCDEFGHIJ', { name: 'ample.com', isPrivate: false }),
    line: /is ample\.com: app\.example\.com lies outside it/,
  },
  {
    title: 'a region that is not enabled',
    arrange: ({ cloud }) => {
      cloud.region('us-east-1').isEnabled = false;
    },
    line: /us-east-1 +region +is not enabled for this account.*enable it under Account > AWS Regions/,
  },
  {
    title: 'a permission that the simulator denies',
    arrange: ({ cloud }) => {
      cloud.set.denied = [{ action: 'iam:CreateRole', resource: 'arn:aws:iam::1:role/x' }];
    },
    line: /denies iam:CreateRole on arn:aws:iam::1:role\/x; grant them.*--trust-permissions/,
  },
  {
    title: 'a missing SSM parameter',
    arrange: ({ cloud }) => cloud.region('eu-west-1').parameters.add('/quorate/token'),
    file: file({ 'services.app.check.headers': { 'x-probe': { ssm: '/quorate/token' } } }),
    line: /us-east-1 +secrets +SSM parameter \/quorate\/token is missing here.*put-parameter --region us-east-1/,
  },
  {
    title: 'a stack that another deployment is changing',
    arrange: ({ cloud }) => cloud.putStack('us-east-1', 'quorate-test', 'UPDATE_IN_PROGRESS'),
    line: /us-east-1 +stack +stack quorate-test is UPDATE_IN_PROGRESS: another deployment/,
  },
  {
    title: 'a stack whose first deployment failed',
    arrange: ({ cloud }) => cloud.putStack('us-east-1', 'quorate-test', 'ROLLBACK_COMPLETE'),
    line: /ROLLBACK_COMPLETE; its first deployment never ended well.*delete-stack --region us-east-1 --stack-name quorate-test/,
  },
  {
    title: 'a stack that was deleted half-way',
    arrange: ({ cloud }) =>
      cloud.putStack('us-east-1', 'quorate-test', 'DELETE_FAILED', 'bucket not empty'),
    line: /DELETE_FAILED \(bucket not empty\); its removal stopped half-way: run npm run remove again/,
  },
  {
    title: 'a table stack between two versions',
    arrange: ({ cloud }) =>
      cloud.putStack('eu-west-1', 'quorate-test-table', 'UPDATE_ROLLBACK_FAILED'),
    line: /eu-west-1 +stack +stack quorate-test-table is UPDATE_ROLLBACK_FAILED.*continue-update-rollback/,
  },
  {
    title: 'a table of somebody else by that name',
    arrange: ({ cloud }) => {
      cloud.region('eu-west-1').tables.set('quorate-test', {
        createdAt: 0 as never,
        keys: 'id',
        hasStream: false,
        isProtected: false,
      });
    },
    line: /a table quorate-test that is not Quorate's is there \(its keys are id\)/,
  },
  {
    title: 'a plain table where a replica should be',
    arrange: ({ cloud }) => {
      cloud.region('us-east-1').tables.set('quorate-test', {
        createdAt: 0 as never,
        keys: 'pk, sk',
        hasStream: true,
        isProtected: false,
      });
    },
    line: /us-east-1 +table +a table quorate-test is there that is no replica of the one in eu-west-1/,
  },
  {
    title: 'a home that is not where the table is',
    arrange: ({ cloud }) => cloud.putStack('eu-central-1', 'quorate-test-table', 'CREATE_COMPLETE'),
    line: /home +the table of quorate-test belongs to stack quorate-test-table in eu-central-1: home never changes; write home: eu-central-1/,
  },
];

describe('preflight refuses, and changes nothing,', () => {
  it.each(FAILING)('$title', async ({ arrange, file: wanted, line }) => {
    const world = deployWorld();
    arrange(world);

    await expect(world.deploy(wanted ?? file())).rejects.toMatchObject({
      code: 'REFUSED',
      exitCode: 3,
    });

    expect(
      world
        .of('check')
        .filter((text) => text.startsWith('fail'))
        .join('\n'),
    ).toMatch(line);
    expect(world.cloud.changes).toEqual([]);
    expect(world.deployed).toEqual([]);
  });

  it('without credentials, in one line that says how to sign in', async () => {
    const world = deployWorld();
    world.cloud.set.signedIn = false;

    await expect(world.deploy(file())).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });

    expect(world.of('check')).toEqual([
      expect.stringMatching(/^fail deployment +credentials +STS in eu-west-1: no usable AWS/),
    ]);
  });

  it('a home that changed in the file after a deployment', async () => {
    const world = deployWorld();
    await world.deploy(file());

    await expect(world.deploy(file({ home: 'us-east-1' }))).rejects.toMatchObject({
      code: 'REFUSED',
    });

    expect(world.of('check').join('\n')).toContain('home never changes; write home: eu-west-1');
  });

  it('all mistakes at once', async () => {
    const world = deployWorld();
    world.cloud.set.zones.clear();
    world.cloud.putStack('us-east-1', 'quorate-test', 'ROLLBACK_COMPLETE');

    await expect(world.deploy(file())).rejects.toThrow('2 checks fail; nothing was changed');
  });
});

const WARNING: readonly Case[] = [
  {
    title: 'an account limit of 10',
    arrange: ({ cloud }) => {
      cloud.region('us-east-1').concurrency = { limit: 10, unreserved: 10 };
    },
    line: /us-east-1 +lambda +this account may run 10 executions at once here, as new accounts may/,
  },
  {
    title: 'an account whose executions are reserved by others',
    arrange: ({ cloud }) => {
      cloud.region('us-east-1').concurrency = { limit: 1000, unreserved: 119 };
    },
    line: /119 of 1000 executions are unreserved here, fewer than 120/,
  },
  {
    title: 'permissions that nobody can check',
    arrange: ({ cloud }) => {
      cloud.set.denied = null;
    },
    line: /permissions +can't be checked: .*iam:SimulatePrincipalPolicy/,
  },
  {
    title: 'a role that only the functions may assume',
    arrange: ({ cloud }) => cloud.set.zones.set('Z0123456789ABCDEFGHIJ', 'denied'),
    file: file({ 'zones.main.role': ROLE }),
    line: /can't be read from here.*trusted by arn:aws:iam::444455556666:role\/quorate-zone; npm run quorate -- doctor/,
  },
  {
    title: 'a vantage whose region was late with function URLs',
    arrange: () => undefined,
    file: file({ vantages: ['eu-west-1', 'us-east-1', 'eu-south-2'] }),
    line: /eu-south-2 +url +Lambda function URLs were not offered here until 2026/,
  },
];

describe('preflight warns, and goes on, about', () => {
  it.each(WARNING)('$title', async ({ arrange, file: wanted, line }) => {
    const world = deployWorld();
    arrange(world);

    await world.deploy(wanted ?? file());

    expect(
      world
        .of('check')
        .filter((text) => text.startsWith('warn'))
        .join('\n'),
    ).toMatch(line);
    expect(world.deployed).toHaveLength(3);
  });

  it('what the simulator denies, when told to trust', async () => {
    const world = deployWorld();
    world.cloud.set.denied = [{ action: 'iam:CreateRole', resource: '*' }];

    await world.deploy(file(), { trustsPermissions: true });

    expect(world.of('check').join('\n')).toMatch(/warn deployment +permissions .*taken as allowed/);
  });

  it('a deployed configuration that it can not read', async () => {
    const world = deployWorld();
    await world.deploy(file());
    world.cloud.region('us-east-1').functions.set('quorate-test-quorum', {
      packaged: '{"packagedAt":1,"data":{}}',
      reserved: 0,
    });

    await world.deploy(file(), { isDryRun: true });

    expect(world.of('check').join('\n')).toMatch(/warn us-east-1 +function .*can't be read/);
    expect(world.of('plan').join('\n')).toContain('what runs there can not be read');
  });
});

it('a region that left the file is found through the replicas of the table', async () => {
  const world = deployWorld();
  await world.deploy(file({ vantages: ['eu-west-1', 'us-east-1', 'eu-central-1', 'us-west-2'] }));
  world.urls.clear();

  await world.deploy(file(), { isDryRun: true });

  expect(world.of('plan').join('\n')).toContain(
    'remove    us-west-2       vantage  quorate-test: no longer in the file',
  );
});
