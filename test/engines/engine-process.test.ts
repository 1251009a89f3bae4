/** The harness of the engines itself: it tells what is wrong, and leaves nothing running. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startEngine } from './support/engine-process.ts';
import { startMinistack, whereMinistack } from './support/ministack.ts';

/** Without init to reap it, a process that has ended stays as a zombie: that counts as ended. */
const isAlive = (pid: number): boolean => {
  const { status, stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)]);
  return status === 0 && !String(stdout).startsWith('Z');
};

describe('an engine that does not come up', () => {
  it('shows what it printed when it ends too early', async () => {
    const started = startEngine({
      name: 'Broken',
      command: () => ['bash', '-c', 'echo no such table; exit 3'],
      isReady: () => Promise.resolve(false),
    });

    await expect(started).rejects.toThrow(
      /Broken ended before it answered at http:.*no such table.*by itself with 3/s,
    );
  });
});

describe('an engine that is stopped', () => {
  it('takes its children with it and leaves no folder', async () => {
    const pids: number[] = [];
    const engine = await startEngine({
      name: 'Parent',
      command: () => ['bash', '-c', 'sleep 300 & echo child=$!; wait'],
      isReady: () => Promise.resolve(true),
    });
    for (let text = ''; !text.includes('child='); text = await engine.log()) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    pids.push(engine.pid, Number(/child=(\d+)/.exec(await engine.log())?.[1]));
    expect(pids.map(isAlive)).toEqual([true, true]);

    await engine[Symbol.asyncDispose]();

    // Killed with the guard, but the kernel may take a moment over each.
    await expect.poll(() => pids.map(isAlive), { timeout: 5_000 }).toEqual([false, false]);
    expect(existsSync(engine.folder)).toBe(false);
  });
});

whereMinistack(() => {
  describe('MiniStack', () => {
    it('answers on 127.0.0.1 and is gone afterwards', async () => {
      const engine = await startMinistack();
      expect((await fetch(`${engine.url}/_ministack/health`)).ok).toBe(true);

      await engine[Symbol.asyncDispose]();

      expect(isAlive(engine.pid)).toBe(false);
      await expect(fetch(engine.url)).rejects.toThrow();
    });
  });
});
