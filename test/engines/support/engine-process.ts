/**
 * One engine that we did not write, as a child process on a free port of 127.0.0.1. In: what to run and
 * how it says that it is ready. Out: where it answers; disposing ends that process and whatever it
 * started, and nothing else. It also ends when the test run dies: the guard around it waits for the end
 * of its standard input, which the kernel closes for us. What it printed is shown when it fails.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** Where `.ci/engines` installs. */
export const ENGINES = join(ROOT, '.engines');

export type Engine = {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** A folder of its own for what it writes; gone with it. */
  readonly folder: string;
  /** What it printed up to now. */
  readonly log: () => Promise<string>;
} & AsyncDisposable;

export type EngineCommand = {
  readonly name: string;
  readonly command: (port: number, folder: string) => readonly string[];
  readonly env?: (port: number, folder: string) => Readonly<Record<string, string>>;
  /** Whether it answers; a refused connection is no answer yet. */
  readonly isReady: (url: string) => Promise<boolean>;
};

/** Python on two busy cores takes 3 s; what is not up after a minute won't be. */
const START_LIMIT_MS = 60_000;
const POLL_MS = 50;
const STOP_LIMIT_MS = 10_000;
const PORT_ATTEMPTS = 3;
const LOG_TAIL = 4_000;

/**
 * Runs the engine and ends it, with all its children (they share the guard's process group), when
 * standard input ends. A trap is not inherited where an ignored signal would be.
 */
const GUARD = `
trap : TERM
exec 3<&0
"$@" </dev/null 3<&- & engine=$!
cat <&3 >/dev/null & input=$!
wait -n "$engine" "$input"
status=$?
kill -0 "$engine" 2>/dev/null || { echo "the engine ended by itself with $status"; code=1; }
kill -TERM -- -$$ 2>/dev/null
for _ in $(seq 50); do kill -0 "$engine" 2>/dev/null || break; sleep 0.1; done
[ -z "\${code:-}" ] || { kill -KILL "$input" 2>/dev/null; exit "$code"; }
kill -KILL -- -$$
`;

/** What the test run itself is told about AWS is nothing to an engine. */
const inheritedEnv = (): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(AWS_|NODE_OPTIONS$|VITEST)/.test(name)),
  );

export async function startEngine(engine: EngineCommand): Promise<Engine> {
  let cause: unknown;
  for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt += 1) {
    try {
      return await startAt(engine, await freePort());
    } catch (error) {
      cause = error;
      // Somebody took the port between our look and its start; anything else would happen again.
      if (!(error instanceof Error && /in use/i.test(error.message))) throw error;
    }
  }
  throw cause;
}

async function startAt(engine: EngineCommand, port: number): Promise<Engine> {
  const { name, command, env, isReady } = engine;
  const folder = await mkdtemp(
    join(tmpdir(), `quorate-${name.toLowerCase().replace(/\W+/g, '-')}-`),
  );
  const logFile = join(folder, 'log');
  const log = (): Promise<string> => readFile(logFile, 'utf8').catch(() => '');
  const output = await open(logFile, 'a');
  const child = spawn('bash', ['-c', GUARD, name, ...command(port, folder)], {
    cwd: folder,
    // The engine's own Node Lambdas run under the Node of this test run.
    env: {
      ...inheritedEnv(),
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      TMPDIR: folder,
      ...env?.(port, folder),
    },
    detached: true,
    stdio: ['pipe', output.fd, output.fd],
  });
  await output.close();
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });

  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    child.stdin?.destroy();
    const late = setTimeout(() => {
      if (child.pid !== undefined && !hasEnded) process.kill(-child.pid, 'SIGKILL');
    }, STOP_LIMIT_MS);
    await ended;
    clearTimeout(late);
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: POLL_MS });
  };

  const startedAt = Date.now();
  while (!(await isReady(url).catch(() => false))) {
    const waitedMs = Date.now() - startedAt;
    if (hasEnded || waitedMs > START_LIMIT_MS) {
      const tail = (await log()).slice(-LOG_TAIL);
      await stop();
      const what = hasEnded ? 'ended before it answered' : `did not answer in ${waitedMs} ms`;
      throw new Error(`${name} ${what} at ${url}. It printed:\n${tail}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return { url, port, pid: child.pid ?? 0, folder, log, [Symbol.asyncDispose]: stop };
}

/**
 * Runs the tests where the engine is installed. Where it is not: a failure if `CI` is set, else a
 * skipped test that says what to do; never silence.
 */
export function whereInstalled(name: string, needs: readonly string[], tests: () => void): void {
  const missing = needs.filter((path) => !existsSync(path));
  if (missing.length === 0) {
    tests();
    return;
  }
  const advice = `${name} is not installed (${missing[0]} is missing): run .ci/engines`;
  describe(name, () => {
    it('is installed', (context) => {
      if (process.env.CI !== undefined) throw new Error(advice);
      process.stderr.write(`${advice}\n`);
      context.skip(advice);
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
