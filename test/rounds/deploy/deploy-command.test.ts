/** `npm run deploy` from its arguments to its exit code. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Terminal } from '../../../scripts/cli/cli.ts';
import { deployCommand } from '../../../scripts/deploy/deploy-command.ts';
import { type DeployWorld, deployWorld, file } from '../../fakes/deploy-world.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'quorate-deploy-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));

describe('npm run deploy', () => {
  it('with --dry-run prints each check and the plan, and ends with 0', async () => {
    const { code, out, err } = await deploy(deployWorld(), ['--dry-run']);

    expect(code).toBe(0);
    expect(out).toMatch(/^ok {3}deployment +credentials +arn:aws:iam::111122223333:user\/ops/);
    expect(out).toMatch(/dry run: nothing was changed\n$/);
    expect(err).toBe('');
  });

  it('tells first what the file is warned for', async () => {
    const own = file({ 'services.app.ttl': '5m' });
    writeFileSync(join(FOLDER, 'warned.yml'), JSON.stringify(own.data));

    const { out } = await deploy(deployWorld(), ['--dry-run', '--config', 'warned.yml'], {
      readsFile: true,
    });

    expect(out).toMatch(/^warn deployment +file +warned\.yml:1 services\.app\.ttl: /m);
    expect(out.indexOf('warn deployment')).toBeLessThan(out.indexOf('credentials'));
  });

  it('with --json prints one object a line', async () => {
    const { out } = await deploy(deployWorld(), ['--dry-run', '--json']);

    const events = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(new Set(events.map(({ event }) => event))).toEqual(new Set(['check', 'plan', 'end']));
    expect(events[0]).toMatchObject({ format: 1, event: 'check', level: 'ok', region: null });
  });

  it('ends with 3 when it refuses, and with 1 when nobody is signed in', async () => {
    const refusing = deployWorld();
    refusing.cloud.set.zones.clear();
    const away = deployWorld();
    away.cloud.set.signedIn = false;

    expect(await deploy(refusing, [])).toMatchObject({
      code: 3,
      err: '1 check fails; nothing was changed\n',
    });
    expect(await deploy(away, [])).toMatchObject({
      code: 1,
      err: 'nobody is signed in to AWS; nothing was changed\n',
    });
  });

  it('ends with 2 on wrong usage', async () => {
    const unknown = await deploy(deployWorld(), ['--onyl', 'eu-west-1']);
    const stranger = await deploy(deployWorld(), ['--only', 'eu-west-9']);

    expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining('--only') });
    expect(stranger).toMatchObject({
      code: 2,
      err: expect.stringContaining('--only eu-west-9 is no vantage of quorate-test'),
    });
  });

  it('asks a person at the terminal, and nobody else', async () => {
    const world = deployWorld();
    const asked: string[] = [];
    const ask = async (question: string): Promise<string> => {
      asked.push(question);
      return 'n';
    };

    const no = await deploy(world, [], { ask });
    const yes = await deploy(world, ['--yes'], { ask });

    expect(no).toMatchObject({ code: 3, err: 'nothing was changed\n' });
    expect(yes.err).toContain('no such deployer');
    expect(asked).toEqual(['Do this? [y/N] ']);
  });

  it('refuses while another one is at work in this checkout, and not after it has died', async () => {
    const lock = join(FOLDER, '.quorate', 'quorate-test.lock');
    mkdirSync(join(FOLDER, '.quorate'), { recursive: true });
    writeFileSync(lock, String(process.pid));

    const beside = await deploy(deployWorld(), []);
    const looking = await deploy(deployWorld(), ['--dry-run']);
    writeFileSync(lock, '0');
    const after = await deploy(deployWorld(), []);

    expect(beside).toMatchObject({ code: 3, err: expect.stringContaining('already (process') });
    expect(looking.code).toBe(0);
    expect(after.err).toContain('no such deployer');
    expect(existsSync(lock)).toBe(false);
  });

  it('explains itself', async () => {
    const { code, out } = await deploy(deployWorld(), ['--help']);

    expect(code).toBe(0);
    expect(out).toContain('npm run deploy -- --accept app/us-east-1');
  });
});

async function deploy(
  world: DeployWorld,
  args: readonly string[],
  {
    ask,
    readsFile = false,
  }: {
    readonly ask?: (question: string) => Promise<string>;
    readonly readsFile?: boolean;
  } = {},
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const said = { out: '', err: '' };
  const { clock, cloud, deps } = world;
  const terminal: Terminal = {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    env: {},
    isTty: false,
    columns: 100,
    signal: new AbortController().signal,
    folder: FOLDER,
    overrides: {
      ...(readsFile ? {} : { config: file().config }),
      clock,
      store: deps.storeOf(file().config.home),
    },
    ...(ask === undefined ? {} : { ask }),
  };
  const deployer = {
    deploy: async () => {
      throw new Error('no such deployer');
    },
  };
  const code = await clock.runUntil(
    deployCommand(args, terminal, { cloud, urls: deps.urls, deployer }),
  );
  return { code, ...said };
}
