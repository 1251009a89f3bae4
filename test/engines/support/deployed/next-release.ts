/**
 * The project as another release would be checked out: a copy that differs in its release number alone.
 * Sources are copied, since Node resolves a link to where it points; packages are linked.
 */
import { cp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const COPIED = [
  'functions',
  'scripts',
  'shared',
  'package.json',
  'serverless.yml',
  'tsconfig.json',
];

export async function copyAsRelease(
  project: string,
  folder: string,
  release: string,
): Promise<string> {
  const copy = join(folder, `release-${release}`);
  const present = await readdir(project);
  for (const name of COPIED.filter((one) => present.includes(one))) {
    await cp(join(project, name), join(copy, name), { recursive: true });
  }
  await symlink(join(project, 'node_modules'), join(copy, 'node_modules'));
  for (const [file, pattern, text] of [
    ['shared/wire.ts', /RELEASE = '[^']+'/, `RELEASE = '${release}'`],
    ['package.json', /"version": "[^"]+"/, `"version": "${release}"`],
  ] as const) {
    const path = join(copy, file);
    const before = await readFile(path, 'utf8');
    if (!pattern.test(before)) throw new Error(`${file} has no release to change`);
    await writeFile(path, before.replace(pattern, text));
  }
  return copy;
}
