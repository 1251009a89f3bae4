/** The story of a deployment over a fake cloud: order, stops, and what a repeated run finds. */
import { describe, expect, it } from 'vitest';
import { at, deployWorld, type File, file } from '../../fakes/deploy-world.ts';

const HOME = 'eu-west-1';
const CANARY = 'us-east-1';
const THIRD = 'eu-central-1';
const refused = (code: string, text: string | RegExp) => ({
  code,
  message: expect.stringMatching(text),
});

describe('a first deployment', () => {
  it('makes the table with one replica, adds one replica per update, then deploys a canary and the others', async () => {
    const world = deployWorld();

    await world.deploy(file());

    expect(world.cloud.changes).toEqual([
      'createStack eu-west-1 quorate-test-table',
      'updateStack eu-west-1 quorate-test-table',
      'updateStack eu-west-1 quorate-test-table',
    ]);
    expect(world.deployed).toEqual([`${CANARY} reserved`, `${HOME} reserved`, `${THIRD} reserved`]);
    expect([...world.urls]).toEqual([
      [HOME, `https://quorate-test-api.${HOME}.example/`],
      [CANARY, `https://quorate-test-api.${CANARY}.example/`],
      [THIRD, `https://quorate-test-api.${THIRD}.example/`],
    ]);
    for (const alias of ['override', 'read'] as const) {
      expect(world.aliasUrls[alias]).toEqual(
        [HOME, CANARY, THIRD].map((region) => [
          region,
          `https://quorate-test-api-${alias}.${region}.example/`,
        ]),
      );
    }
  });

  it('shows what the canary sees and reads each report back through another region', async () => {
    const world = deployWorld();

    await world.deploy(file());

    expect(world.of('verdict')).toEqual([
      'app/eu-west-1                    new     → up',
      'app/us-east-1                    new     → up',
    ]);
    expect(world.text()).toContain('us-east-1       its report came back through eu-west-1');
    expect(world.text()).toContain('eu-west-1       its report came back through us-east-1');
    expect(world.of('end')).toEqual([
      'deployed, and every report came back through another region',
    ]);
  });

  it('does not stop for an endpoint that is down and was never up', async () => {
    const world = deployWorld();
    world.votes.set(`${CANARY} app/us-east-1`, 'down');

    await world.deploy(file());

    expect(world.of('verdict')[1]).toContain('new     → down (timeout');
    expect(world.deployed).toHaveLength(3);
  });

  it('begins with the vantage that --canary names, and --only leaves out the others', async () => {
    const world = deployWorld();
    await world.deploy(file(), { canary: at(THIRD) });
    const all = [...world.deployed];

    await world.deploy(file(), { only: at(HOME) });

    expect(all[0]).toBe(`${THIRD} reserved`);
    expect(world.deployed).toEqual([`${HOME} reserved`]);
  });

  it('reserves nothing where the account has no room', async () => {
    const world = deployWorld();
    world.cloud.region(THIRD).concurrency = { limit: 10, unreserved: 10 };

    await world.deploy(file());

    expect(world.deployed).toContain(THIRD);
    expect(world.of('check').join('\n')).toMatch(
      /warn eu-central-1 +lambda +this account may run 10 .* nothing is reserved.*L-B99A9384/,
    );
  });
});

describe('a dry run', () => {
  it('shows the plan and changes nothing', async () => {
    const world = deployWorld();

    await world.deploy(file(), { isDryRun: true });

    expect(world.of('plan').join('\n').trim().split('\n')).toEqual([
      'new       eu-west-1       table    quorate-test by stack quorate-test-table',
      'new       us-east-1       replica  of quorate-test, alone in its update',
      'new       eu-central-1    replica  of quorate-test, alone in its update',
      'new       us-east-1       vantage  quorate-test: nothing is there; first, as the canary',
      'new       eu-west-1       vantage  quorate-test: nothing is there',
      'new       eu-central-1    vantage  quorate-test: nothing is there',
    ]);
    expect(world.cloud.changes).toEqual([]);
    expect(world.deployed).toEqual([]);
    expect(world.of('end')).toEqual(['dry run: nothing was changed']);
  });

  it('says of each vantage what changes', async () => {
    const world = deployWorld();
    await world.deploy(file());

    await world.deploy(file({ 'services.app.ttl': '20s', 'services.app.mode': 'observe' }), {
      isDryRun: true,
    });

    expect(world.of('plan').join('\n')).toContain(
      'update    us-east-1       vantage  quorate-test: the file changed: app enforce → observe; first, as the canary',
    );
  });
});

describe('an upgrade', () => {
  const worse: File = file({ 'services.app.check.url': 'https://{target}/helth' });

  it('stops after the canary when an endpoint that was up is not, and names the way on', async () => {
    const world = deployWorld();
    await world.deploy(file());
    world.votes.set(`${CANARY} app/us-east-1`, 'down');

    await expect(world.deploy(worse)).rejects.toMatchObject(
      refused('REFUSED', /Only us-east-1 runs it.*--accept app\/us-east-1/),
    );

    expect(world.deployed).toEqual([`${CANARY} reserved`]);
    expect(world.of('verdict')[1]).toMatch(/up {6}→ down \(timeout.* stops the deployment$/);
  });

  it('stops again when it is repeated, and goes on with --accept', async () => {
    const world = deployWorld();
    await world.deploy(file());
    world.votes.set(`${CANARY} app/us-east-1`, 'down');
    await expect(world.deploy(worse)).rejects.toThrow();

    await expect(world.deploy(worse)).rejects.toMatchObject({ code: 'REFUSED' });
    const again = [...world.deployed];
    await world.deploy(worse, { accepted: ['app/us-east-1'] });

    expect(again).toEqual([`${CANARY} reserved`]);
    expect(world.deployed).toHaveLength(3);
    expect(world.text()).toContain('   accepted');
  });

  it('stops for an endpoint that the canary can not judge in time', async () => {
    const world = deployWorld();
    await world.deploy(file());
    world.votes.set(`${CANARY} app/us-east-1`, 'none');

    await expect(world.deploy(worse)).rejects.toMatchObject({ code: 'REFUSED' });

    expect(world.of('verdict')[1]).toContain('up      → unknown');
  });

  it('stops for an endpoint that is down now and whose verdict was not known before', async () => {
    const world = deployWorld();
    await world.deploy(file());
    world.mute.add(HOME).add(THIRD);
    world.votes.set(`${CANARY} app/us-east-1`, 'down');

    await expect(world.deploy(worse)).rejects.toMatchObject({ code: 'REFUSED' });

    expect(world.of('verdict')[1]).toContain('unknown → down');
  });

  it('refuses to accept what is not in the file', async () => {
    const world = deployWorld();

    await expect(world.deploy(file(), { accepted: ['app/us-east'] })).rejects.toMatchObject(
      refused(
        'BAD_REQUEST',
        /--accept app\/us-east is no endpoint.*app\/eu-west-1, app\/us-east-1/,
      ),
    );
  });

  it('fails when no report comes back, and names the log group to look at', async () => {
    const world = deployWorld();
    world.mute.add(CANARY);

    await expect(world.deploy(file())).rejects.toMatchObject(
      refused('DEPLOY_FAILED', /no report.*\(no report\).*\/aws\/lambda\/quorate-test-probe/),
    );

    expect(world.deployed).toEqual([`${CANARY} reserved`]);
  });

  it('goes on with the others when one region fails, and says so at the end', async () => {
    const world = deployWorld();
    world.broken.add(HOME);

    await expect(world.deploy(file())).rejects.toMatchObject(
      refused('DEPLOY_FAILED', /^1 of 3 vantages failed/),
    );

    expect(world.deployed).toEqual([`${CANARY} reserved`, `${THIRD} reserved`]);
    world.broken.clear();
    await world.deploy(file());
    expect(world.of('end')).toEqual([
      'deployed, and every report came back through another region',
    ]);
  });
});

describe('vantages', () => {
  it('change by one: the replica first, then the stacks', async () => {
    const world = deployWorld();
    await world.deploy(file());
    world.cloud.region('us-west-2');

    await world.deploy(file({ vantages: [HOME, CANARY, THIRD, 'us-west-2'] }));

    expect(world.cloud.changes.slice(3)).toEqual(['updateStack eu-west-1 quorate-test-table']);
    expect(world.deployed).toHaveLength(4);
    expect(world.of('check').join('\n')).toContain('change: + us-west-2');
  });

  it('that leave the file lose their stack, then their replica, after the others run the new file', async () => {
    const world = deployWorld();
    await world.deploy(file({ vantages: [HOME, CANARY, THIRD, 'us-west-2'] }));
    const before = world.cloud.changes.length;

    await world.deploy(file());

    expect(world.cloud.changes.slice(before)).toEqual([
      'deleteStack us-west-2 quorate-test',
      'updateStack eu-west-1 quorate-test-table',
      'updateStack eu-west-1 quorate-test-table',
    ]);
    expect(world.cloud.region('us-west-2').tables.size).toBe(0);
  });

  it('are refused when more than one changes', async () => {
    const world = deployWorld();
    await world.deploy(file());
    const before = world.cloud.changes.length;

    const five = file({ vantages: [HOME, CANARY, THIRD, 'us-west-2', 'ap-southeast-1'] });
    await expect(world.deploy(five)).rejects.toMatchObject({ code: 'REFUSED' });

    expect(world.of('check').join('\n')).toMatch(
      /fail deployment +vantages +change by one per deployment.*us-west-2, ap-southeast-1/,
    );
    expect(world.cloud.changes).toHaveLength(before);
    expect(world.deployed).toEqual([]);
  });
});

describe('the table', () => {
  it('that lost its stack is imported into a new one, outputs after it', async () => {
    const world = deployWorld();
    await world.deploy(file());
    world.cloud.region(HOME).stacks.delete('quorate-test-table');
    const before = world.cloud.changes.length;

    await world.deploy(file());

    expect(world.cloud.changes.slice(before)).toEqual([
      'importStack eu-west-1 quorate-test-table',
      'updateStack eu-west-1 quorate-test-table',
    ]);
    expect(world.of('plan').join('\n')).toContain('take over eu-west-1       table');
  });

  it('is used as it is where an engine imports nothing', async () => {
    const world = deployWorld();
    world.cloud.set.isAws = false;
    await world.deploy(file());
    world.cloud.region(HOME).stacks.delete('quorate-test-table');

    await world.deploy(file());

    expect(world.text()).toContain('the table is used as it is, without a stack');
    expect(world.deployed).toHaveLength(3);
  });

  it('whose replica never comes up is waited for no longer than half an hour', async () => {
    const world = deployWorld();
    world.cloud.set.makesReplicas = false;

    await expect(world.deploy(file())).rejects.toMatchObject(
      refused('DEPLOY_FAILED', /replica of quorate-test in us-east-1 is not there after 30 min/),
    );

    expect(world.deployed).toEqual([]);
  });

  it('without replicas on an engine is told in a sentence that says what to create', async () => {
    const world = deployWorld();
    world.cloud.set.isAws = false;
    world.cloud.set.makesReplicas = false;

    await expect(world.deploy(file())).rejects.toMatchObject(
      refused('DEPLOY_FAILED', /makes none; create a table quorate-test there/),
    );
  });

  it('whose stack fails is told in the words of CloudFormation, with the remedy', async () => {
    const world = deployWorld();
    world.cloud.failures.set('quorate-test-table', 'Table: limit of tables exceeded');

    await expect(world.deploy(file())).rejects.toMatchObject(
      refused(
        'DEPLOY_FAILED',
        /limit of tables exceeded; stack quorate-test-table is ROLLBACK_COMPLETE.*delete-stack/,
      ),
    );
    await expect(world.deploy(file())).rejects.toMatchObject({ code: 'REFUSED' });

    expect(world.deployed).toEqual([]);
  });
});

it('a person at the terminal is asked first, and may say no', async () => {
  const world = deployWorld();
  const { deps } = world;
  Object.assign(deps, { confirm: async () => false });

  await expect(world.deploy(file())).rejects.toMatchObject(
    refused('REFUSED', /^nothing was changed$/),
  );

  expect(world.cloud.changes).toEqual([]);
});
