/**
 * `npm run test:localstack`: the zone and the store contract over LocalStack 4.14, the last free release,
 * in a container of its own on loopback. It needs a container engine: LocalStack without one wants a
 * newer Python than most systems have, listens on every interface and downloads its DynamoDB at run
 * time. Where there is neither docker nor podman it says so and ends well (exit 0, nothing tested).
 */
import { spawn, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const IMAGE = 'localstack/localstack:4.14.0';
const READY_LIMIT_MS = 120_000;
const POLL_MS = 500;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

process.exitCode = await main();

async function main(): Promise<number> {
  const given = process.env.QUORATE_LOCALSTACK_URL;
  if (given !== undefined) return runSuites(given);

  const engine = ['docker', 'podman'].find((name) => spawnSync(name, ['info']).status === 0);
  if (engine === undefined) {
    say(
      'test:localstack: skipped, nothing was tested: neither docker nor podman answers on this ' +
        'machine. Run it where one does, or set QUORATE_LOCALSTACK_URL to a LocalStack that runs.',
    );
    return 0;
  }
  return inContainer(engine);
}

async function inContainer(engine: string): Promise<number> {
  const started = spawnSync(
    engine,
    ['run', '--rm', '--detach', '-p', '127.0.0.1::4566', '-e', 'SERVICES=dynamodb,route53', IMAGE],
    { encoding: 'utf8' },
  );
  const id = started.stdout?.trim();
  if (started.status !== 0 || !id) {
    say(`test:localstack: ${engine} could not run ${IMAGE}: ${started.stderr?.trim()}`);
    return 1;
  }
  const stop = (): void => void spawnSync(engine, ['stop', '--time', '2', id]);
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    const { stdout } = spawnSync(engine, ['port', id, '4566/tcp'], { encoding: 'utf8' });
    const url = `http://${stdout.split('\n')[0]?.trim()}`;
    if (!(await isReady(url))) {
      say(`test:localstack: ${IMAGE} did not answer at ${url} in ${READY_LIMIT_MS / 1_000} s:`);
      spawnSync(engine, ['logs', '--tail', '40', id], { stdio: 'inherit' });
      return 1;
    }
    return await runSuites(url);
  } finally {
    stop();
  }
}

async function isReady(url: string): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < READY_LIMIT_MS; waitedMs += POLL_MS) {
    const answer = await fetch(`${url}/_localstack/health`).catch(() => undefined);
    if (answer?.ok) return true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return false;
}

function runSuites(url: string): Promise<number> {
  const vitest = join(
    dirname(createRequire(import.meta.url).resolve('vitest/package.json')),
    'vitest.mjs',
  );
  const child = spawn(
    process.execPath,
    [vitest, 'run', '--config', 'test/opt-in/vitest.config.ts', 'test/opt-in/localstack'],
    { cwd: ROOT, stdio: 'inherit', env: { ...process.env, QUORATE_LOCALSTACK_URL: url } },
  );
  return new Promise((resolve) => {
    child.once('error', (error) => {
      say(`test:localstack: the tests did not start: ${error.message}`);
      resolve(1);
    });
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
