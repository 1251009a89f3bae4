/**
 * `npm run test:localstack` itself: where there is no container engine it says so and what to do; its
 * suites run against moto, which LocalStack's Route 53 is.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startMoto, whereMoto } from './support/moto.ts';

const SCRIPT = join(import.meta.dirname, '..', '..', 'scripts', 'test-localstack.ts');

async function run(env: Record<string, string>): Promise<{ exitCode: number; output: string }> {
  const { VITEST: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [SCRIPT], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...inherited, NO_COLOR: '1', ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  const [exitCode] = await once(child, 'close');
  return { exitCode, output };
}

describe('test:localstack', () => {
  it('says that nothing was tested where there is no container engine', async () => {
    const { exitCode, output } = await run({ PATH: '/nonexistent' });

    expect(exitCode).toBe(0);
    expect(output).toMatch(/skipped, nothing was tested: neither docker nor podman/);
  });
});

whereMoto(() => {
  describe('test:localstack with an address', () => {
    it('runs both contracts there', async () => {
      await using engine = await startMoto();

      const { exitCode, output } = await run({ QUORATE_LOCALSTACK_URL: engine.url });

      expect(output).toMatch(/Tests {2}\d+ passed \| \d+ expected fail/);
      expect(exitCode, output.slice(-3_000)).toBe(0);
    });
  });
});
