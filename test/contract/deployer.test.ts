/** The deployer's process: where it runs, what it is told, and what is shown of it. osls is a stand-in. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { oslsDeployer } from '../../scripts/deploy/deployer.ts';
import { epochMs, vantageId } from '../../shared/core/model.ts';

const REGION = vantageId('eu-west-1');
const request = { region: REGION, packagedAt: epochMs(1_700_000_000_000), reserves: true };
const signal = new AbortController().signal;

let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'quorate-osls-'));
  writeFileSync(join(project, 'serverless.yml'), 'service: x\n');
  mkdirSync(join(project, 'scripts'));
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

describe('the deployer', () => {
  it('runs in a folder of its own with the project in it, and is told file, time and region', async () => {
    osls(`console.log(JSON.stringify({
      cwd: process.cwd(),
      args: process.argv.slice(2),
      files: require('node:fs').readdirSync('.'),
      link: require('node:fs').lstatSync('serverless.yml').isSymbolicLink(),
      env: [process.env.QUORATE_CONFIG, process.env.QUORATE_PACKAGED_AT, process.env.QUORATE_RESERVE],
    }))`);

    expect(await deployer().deploy(request, signal)).toBe('deployed');

    const told = JSON.parse(readFileSync(join(work(), 'eu-west-1.log'), 'utf8'));
    expect(told).toMatchObject({
      args: ['deploy', '--region', 'eu-west-1', '--verbose'],
      files: ['node_modules', 'scripts', 'serverless.yml'],
      link: false,
      env: ['/elsewhere/quorate.yml', '1700000000000', '1'],
    });
    expect(told.cwd.endsWith('/.quorate/deploy/quorate-test/eu-west-1')).toBe(true);
    expect(existsSync(join(work(), 'eu-west-1'))).toBe(false);
  });

  it('says when there was nothing to change', async () => {
    osls(`console.log('No changes to deploy. Deployment skipped.')`);

    expect(await deployer().deploy(request, signal)).toBe('unchanged');
  });

  it('that fails shows the end of its log, and where all of it is', async () => {
    osls(`for (let i = 1; i <= 40; i += 1) console.error('\\u001b[31mline ' + i); process.exit(7)`);

    const error = await deployer()
      .deploy(request, signal)
      .catch((thrown: Error) => thrown);

    expect(error).toMatchObject({ code: 'DEPLOY_FAILED' });
    const lines = String(error).split('\n');
    expect(lines[0]).toMatch(
      /eu-west-1: serverless deploy failed \(exit code 7\); .*eu-west-1\.log/,
    );
    expect(lines.slice(1)).toEqual(Array.from({ length: 25 }, (_, i) => `  line ${i + 16}`));
  });

  it('ends when the operator stops it', async () => {
    osls(`process.stdin.resume(); setInterval(() => undefined, 1000)`);
    const stop = new AbortController();
    const running = deployer().deploy(request, stop.signal);

    stop.abort();

    await expect(running).rejects.toThrow('(stopped)');
  });
});

const work = (): string => join(project, '.quorate', 'deploy', 'quorate-test');
const deployer = () =>
  oslsDeployer({
    project,
    deployment: 'quorate-test',
    configPath: '/elsewhere/quorate.yml',
    env: { PATH: process.env.PATH },
  });

function osls(script: string): void {
  const folder = join(project, 'node_modules', 'serverless', 'bin');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'serverless.js'), script);
}
