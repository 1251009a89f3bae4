/**
 * `npm run contract:aws`, rehearsed on MiniStack: it makes nothing unasked, runs both contracts, and
 * leaves nothing behind, whether it passes, is stopped, or was killed the last time.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import {
  ListHealthChecksCommand,
  ListHostedZonesCommand,
  Route53Client,
  type Route53ClientConfig,
} from '@aws-sdk/client-route-53';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from './support/engine-process.ts';
import { startMinistack, whereMinistack } from './support/ministack.ts';
import { createZone, LOCAL_CREDENTIALS } from './support/zones.ts';

const SCRIPT = join(import.meta.dirname, '..', '..', 'scripts', 'contract-aws.ts');
const REGION = 'eu-west-1';

whereMinistack(() => {
  describe('contract:aws, rehearsed on MiniStack', () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await startMinistack();
    });
    afterAll(() => engine[Symbol.asyncDispose]());

    it('says what it would make and makes nothing without the word', async () => {
      const { exitCode, output } = await ended(run(engine.url, []));

      expect(exitCode).toBe(2);
      expect(output).toMatch(/free when deleted within 12 hours/);
      expect(output).toMatch(/Add --yes-create-resources/);
      expect(await left(engine.url)).toEqual({ zones: [], healthChecks: 0, tables: [] });
    });

    it('runs both contracts and removes what it made', async () => {
      const { exitCode, output } = await ended(run(engine.url, ['--yes-create-resources']));

      expect(output).toMatch(/which is not AWS/);
      expect(output).toMatch(/Test Files {2}2 passed/);
      expect(exitCode, output.slice(-3_000)).toBe(0);
      expect(await left(engine.url)).toEqual({ zones: [], healthChecks: 0, tables: [] });
    });

    it('removes what it made when it is stopped, and only that', async () => {
      const route53 = new Route53Client(settings(engine.url));
      await createZone(route53, 'somebody-elses.test');
      const child = run(engine.url, ['--yes-create-resources', '--only', 'store']);
      await printed(child, /RUN/);
      expect((await left(engine.url)).tables).toHaveLength(1);

      child.kill('SIGINT');

      const { exitCode } = await ended(child);
      expect(exitCode).toBe(130);
      expect(await left(engine.url)).toEqual({
        zones: ['somebody-elses.test.'],
        healthChecks: 0,
        tables: [],
      });
      route53.destroy();
    });

    it('clears up after a run that was killed', async () => {
      const child = run(engine.url, ['--yes-create-resources', '--only', 'store']);
      await printed(child, /RUN/);
      process.kill(-(child.pid ?? 0), 'SIGKILL');
      await ended(child);
      expect((await left(engine.url)).tables).toHaveLength(1);

      const { exitCode, output } = await ended(run(engine.url, ['--clean']));

      expect(exitCode).toBe(0);
      expect(output).toMatch(/removed table quorate-contract-/);
      expect(await left(engine.url)).toEqual({
        zones: ['somebody-elses.test.'],
        healthChecks: 0,
        tables: [],
      });
    });
  });
});

const outputs = new WeakMap<ChildProcess, { text: string }>();

/** A process group of its own, so that a kill takes its tests with it. */
function run(endpoint: string, args: readonly string[]): ChildProcess {
  const { VITEST: _, VITEST_POOL_ID: __, VITEST_WORKER_ID: ___, ...env } = process.env;
  const child = spawn(process.execPath, [SCRIPT, ...args, '--region', REGION], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...env,
      NO_COLOR: '1',
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
      QUORATE_CONTRACT_ENGINE: 'ministack',
    },
  });
  const output = { text: '' };
  outputs.set(child, output);
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      output.text += chunk;
      child.emit('printed');
    });
  return child;
}

async function ended(child: ChildProcess): Promise<{ exitCode: number | null; output: string }> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
  return { exitCode: child.exitCode, output: outputs.get(child)?.text ?? '' };
}

async function printed(child: ChildProcess, pattern: RegExp): Promise<void> {
  while (!pattern.test(outputs.get(child)?.text ?? '')) {
    if (child.exitCode !== null) throw new Error(`it ended: ${outputs.get(child)?.text}`);
    await Promise.race([once(child, 'printed'), once(child, 'close')]);
  }
}

const settings = (endpoint: string): Route53ClientConfig => ({
  region: 'us-east-1',
  endpoint,
  credentials: LOCAL_CREDENTIALS,
});

async function left(
  endpoint: string,
): Promise<{ zones: readonly string[]; healthChecks: number; tables: readonly string[] }> {
  const route53 = new Route53Client(settings(endpoint));
  const dynamodb = new DynamoDBClient({ ...settings(endpoint), region: REGION });
  try {
    const { HostedZones } = await route53.send(new ListHostedZonesCommand({}));
    const { HealthChecks } = await route53.send(new ListHealthChecksCommand({}));
    const { TableNames } = await dynamodb.send(new ListTablesCommand({}));
    return {
      zones: (HostedZones ?? []).map(({ Name }) => Name ?? ''),
      healthChecks: HealthChecks?.length ?? 0,
      tables: TableNames ?? [],
    };
  } finally {
    route53.destroy();
    dynamodb.destroy();
  }
}
