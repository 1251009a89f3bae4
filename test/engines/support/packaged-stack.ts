/**
 * What `serverless package` makes of a configuration: it runs in a folder of links to the project, so
 * that two runs, and the developer's own, don't overwrite each other's `.serverless` and `.esbuild`.
 */
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';

export type CfnResource = {
  readonly Type: string;
  readonly DependsOn?: readonly string[];
  // Templates are looked into, key by key: what is not as expected fails the assertion.
  // biome-ignore lint/suspicious/noExplicitAny: JSON of unknown shape
  readonly Properties: any;
};
export type Packaged = {
  readonly template: { readonly Resources: Record<string, CfnResource>; readonly Outputs: object };
  readonly ofType: (type: string) => readonly CfnResource[];
  readonly resource: (logicalId: string) => CfnResource['Properties'];
  readonly archive: (id: string) => { readonly path: string; readonly bytes: number };
  readonly remove: () => void;
};
export type Run = { readonly code: number; readonly out: string; readonly err: string };

const PROJECT = resolve(import.meta.dirname, '../../..');
const LINKED = ['functions', 'shared', 'scripts', 'node_modules', 'package.json', 'tsconfig.json'];

export function packagingFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-package-'));
  for (const name of LINKED) symlinkSync(join(PROJECT, name), join(folder, name));
  copyFileSync(join(PROJECT, 'serverless.yml'), join(folder, 'serverless.yml'));
  return folder;
}

export async function osls(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Run> {
  const child = spawn(
    process.execPath,
    [join(PROJECT, 'node_modules/serverless/bin/serverless.js'), ...args],
    {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, SLS_TELEMETRY_DISABLED: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const [out, err, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number>((settle, reject) => {
      child.once('error', reject);
      child.once('close', (exit) => settle(exit ?? 1));
    }),
  ]);
  return { code, out, err };
}

export async function packaged(
  config: string,
  region: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Packaged> {
  const folder = packagingFolder();
  const run = await osls(folder, ['package', '--region', region], {
    QUORATE_OFFLINE: '1',
    QUORATE_CONFIG: resolve(PROJECT, config),
    QUORATE_PACKAGED_AT: '1782907200000',
    ...env,
  });
  if (run.code !== 0) throw new Error(`serverless package failed:\n${run.out}\n${run.err}`);
  const output = join(folder, '.serverless');
  const template: Packaged['template'] = JSON.parse(
    readFileSync(join(output, 'cloudformation-template-update-stack.json'), 'utf8').replaceAll(
      // The time of packaging stands in the keys of the archives.
      /serverless\/([^/"]+\/[^/"]+)\/[^/"]+\//g,
      'serverless/$1/TIME/',
    ),
  );
  return {
    template,
    ofType: (type) => Object.values(template.Resources).filter(({ Type }) => Type === type),
    resource: (logicalId) => {
      const found = template.Resources[logicalId];
      if (found !== undefined) return found.Properties;
      throw new Error(`no ${logicalId}; there are ${Object.keys(template.Resources).join(', ')}`);
    },
    archive: (id) => {
      const path = join(output, `${id}.zip`);
      return { path, bytes: statSync(path).size };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export const filesOf = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true }).map(String).toSorted();
