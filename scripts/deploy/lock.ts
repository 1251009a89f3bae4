/**
 * One deployment or removal at a time in a checkout: two would overwrite each other's packages before
 * CloudFormation could see that there are two. The file names its process; one that is gone holds nothing.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { QuorateError } from '../../shared/core/errors.ts';

export async function locked<T>(
  folder: string,
  deployment: string,
  run: () => Promise<T>,
): Promise<T> {
  const path = join(folder, '.quorate', `${deployment}.lock`);
  mkdirSync(join(folder, '.quorate'), { recursive: true });
  take(path, deployment);
  try {
    return await run();
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path: string, deployment: string): void {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    const holder = Number(readFileSync(path, 'utf8'));
    if (isAlive(holder)) {
      throw new QuorateError(
        'REFUSED',
        `${deployment} is being deployed or removed in this checkout already (process ${holder}); wait for its end. Nothing was changed`,
      );
    }
    rmSync(path, { force: true });
    writeFileSync(path, String(process.pid), { flag: 'wx' });
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is one, too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
