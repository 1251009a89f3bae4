/**
 * The API fuzzed from its own OpenAPI document, by schemathesis against the local world: no 5xx, no answer
 * that the document doesn't tell of, nothing malformed that is taken, and no change by what is refused.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { loadConfig } from '../../scripts/config-file.ts';
import { startWorld } from '../../scripts/local/world.ts';
import { epochMs } from '../../shared/core/model.ts';
import { ENGINES, whereInstalled } from './support/engine-process.ts';
import { openFuzzedApi } from './support/fuzzed-api.ts';

const COMMAND = join(ENGINES, 'python', 'bin', 'schemathesis');
const DEMO = join(import.meta.dirname, '..', '..', 'scripts', 'local', 'demo.yml');
const SETTINGS = join(import.meta.dirname, 'support', 'schemathesis.toml');
const BLOCK = 47;
/** Per route and way of generating: a minute on two idle cores. Counted, not timed, so that a busy machine
 *  tests as much. */
const EXAMPLES = 20;
const FUZZ_MS_MAX = 480_000;
const REQUESTS_MIN = 300;
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;
/** What the door in front of the API does is not the API's: it signs for everybody. */
const NOT_OURS = 'ignored_auth,object_level_authorization';

type Ended = { readonly code: number; readonly output: string };

async function fuzz(url: string, folder: string): Promise<Ended> {
  const args = [
    ...['--config-file', SETTINGS, '--no-color', 'run', `${url}/openapi.json`],
    ...['--phases', 'examples,coverage,fuzzing', '--mode', 'all', '--seed', '4711'],
    ...['--exclude-checks', NOT_OURS, '--max-examples', String(EXAMPLES)],
    ...['--continue-on-failure', '--warnings', 'off', '--request-timeout', '60'],
    // The URL's to check, and it has before the API sees anything.
    ...['--header', 'authorization: signed'],
    ...['--generation-database', 'none', '--suppress-health-check', 'all'],
  ];
  try {
    const { stdout, stderr } = await promisify(execFile)(COMMAND, args, {
      cwd: folder,
      maxBuffer: OUTPUT_BYTES_MAX,
      timeout: FUZZ_MS_MAX,
    });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const {
      code,
      stdout = '',
      stderr = '',
    } = error as Partial<Ended> & {
      readonly stdout?: string;
      readonly stderr?: string;
    };
    return { code: typeof code === 'number' ? code : 1, output: stdout + stderr + String(error) };
  }
}

whereInstalled('schemathesis', [COMMAND], () => {
  it('fuzzing from /openapi.json finds no 5xx, no violation of a schema, and no change by a refused request', async () => {
    const { config } = loadConfig({
      path: DEMO,
      env: {},
      allowLoopback: true,
      packagedAt: epochMs(Date.now()),
    });
    await using world = await startWorld({ config, block: BLOCK });
    await using api = await openFuzzedApi(world);
    const folder = await mkdtemp(join(tmpdir(), 'quorate-fuzz-'));
    try {
      const { code, output } = await fuzz(api.url, folder);

      expect(api.bugs, output).toEqual([]);
      expect(api.broken).toEqual([]);
      expect([...api.answers.keys()].filter((key) => / 5\d\d$/.test(key))).toEqual([]);
      expect(code, output.slice(-20_000)).toBe(0);
      const count = [...api.answers.values()].reduce((sum, one) => sum + one, 0);
      expect(count).toBeGreaterThan(REQUESTS_MIN);
      process.stderr.write(
        `schemathesis: ${count} requests, ${api.commits()} commits; ${[...api.answers]
          .sort()
          .map(([key, times]) => `${key}: ${times}`)
          .join(', ')}\n`,
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
