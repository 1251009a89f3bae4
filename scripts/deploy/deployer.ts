/**
 * One vantage's stack, by the same `serverless deploy --region R` that a person would run, in a process
 * of its own. osls keeps its work in `.serverless` and `.esbuild` of the folder it runs in, so each region
 * gets a folder of links to the project: two regions at once don't overwrite each other's packages.
 * Output goes to a file; its end is shown where the deployer fails.
 */
import { spawn } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { delimiter, join, relative, resolve } from 'node:path';
import { QuorateError } from '../../shared/core/errors.ts';
import type { EpochMs, VantageId } from '../../shared/core/model.ts';
import type { Env } from '../../shared/wire.ts';

export type DeployRequest = {
  readonly region: VantageId;
  /** The same in all regions of a deployment: the fence orders configurations by it. */
  readonly packagedAt: EpochMs;
  /** Reserved concurrency, where the account has room. */
  readonly reserves: boolean;
};

export type Deployer = {
  /** Resolves with what it did; rejects with `DEPLOY_FAILED` and the end of the log. */
  readonly deploy: (
    request: DeployRequest,
    signal: AbortSignal,
  ) => Promise<'deployed' | 'unchanged'>;
};

/** Made by osls itself, by us, or by git: not part of what is packaged. */
const OWN = ['.serverless', '.esbuild', '.quorate', '.git'];
const LOG_LINES_SHOWN = 25;
const KILL_AFTER_MS = 10_000;

export function oslsDeployer(options: {
  /** Where package.json and serverless.yml are. */
  readonly project: string;
  /** Several may be deployed from one checkout at once. */
  readonly deployment: string;
  readonly configPath: string;
  readonly env: Env;
}): Deployer {
  const project = resolve(options.project);
  const work = join(project, '.quorate', 'deploy', options.deployment);

  return {
    deploy: async ({ region, packagedAt, reserves }, signal) => {
      const folder = folderOf(project, work, region);
      const log = join(work, `${region}.log`);
      const code = await runLogged(
        [
          join(project, 'node_modules/serverless/bin/serverless.js'),
          'deploy',
          '--region',
          region,
          '--verbose',
        ],
        {
          folder,
          log,
          env: {
            ...options.env,
            // Bundling starts further processes: they must find the Node that runs this one.
            PATH: [join(project, 'node_modules/.bin'), options.env.PATH ?? ''].join(delimiter),
            QUORATE_CONFIG: resolve(options.configPath),
            QUORATE_PACKAGED_AT: String(packagedAt),
            QUORATE_RESERVE: reserves ? '1' : '',
            QUORATE_OFFLINE: '',
            SLS_TELEMETRY_DISABLED: '1',
            SLS_NOTIFICATIONS_MODE: 'off',
          },
        },
        signal,
      );
      const text = readFileSync(log, 'utf8');
      if (code !== 0) {
        throw new QuorateError(
          'DEPLOY_FAILED',
          `${region}: serverless deploy failed (${signal.aborted ? 'stopped' : `exit code ${code}`}); all of it is in ${relative(process.cwd(), log)}, its end:\n${endOf(text)}`,
        );
      }
      // What failed stays to be looked at.
      rmSync(folder, { recursive: true, force: true });
      return /no changes to deploy/i.test(text) ? 'unchanged' : 'deployed';
    },
  };
}

function folderOf(project: string, work: string, region: VantageId): string {
  const folder = join(work, region);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(project)) {
    if (OWN.includes(name)) continue;
    // osls takes a link for no configuration file.
    if (name === 'serverless.yml') copyFileSync(join(project, name), join(folder, name));
    else symlinkSync(join(project, name), join(folder, name));
  }
  return folder;
}

/** The exit code; a signal that aborts asks the process to end, then makes it. */
async function runLogged(
  args: readonly string[],
  { folder, log, env }: { readonly folder: string; readonly log: string; readonly env: Env },
  signal: AbortSignal,
): Promise<number> {
  const output = openSync(log, 'w');
  try {
    const child = spawn(process.execPath, args, {
      cwd: folder,
      env: { ...env },
      stdio: ['ignore', output, output],
    });
    const stop = (): void => {
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS).unref();
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      return await new Promise<number>((settle, reject) => {
        child.once('error', reject);
        child.once('close', (code) => settle(code ?? 1));
      });
    } finally {
      signal.removeEventListener('abort', stop);
    }
  } finally {
    closeSync(output);
  }
}

function endOf(text: string): string {
  const lines = text
    .replaceAll(COLOURS, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  return lines
    .slice(-LOG_LINES_SHOWN)
    .map((line) => `  ${line}`)
    .join('\n');
}

const COLOURS = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
