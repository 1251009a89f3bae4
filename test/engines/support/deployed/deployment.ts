/**
 * One deployment as its owner works on it: a folder with `quorate.yml`, a hosted zone, and the project's
 * own commands run as processes, as in the README (`npm run …`), against MiniStack. What a command said is
 * kept with its exit code.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import {
  ACCOUNT,
  ADDRESSES,
  CONTROL_ADDRESS,
  DEPLOYMENT,
  HEALTH_PORT,
  HOME,
  NETWORK,
  REGIONS,
} from './places.ts';

export const PROJECT = join(import.meta.dirname, '..', '..', '..', '..');
/** Three stacks on two cores, each a bundling of four functions. */
const COMMAND_MS_MAX = 300_000;

export type Ran = {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Both, as they came. */
  readonly all: string;
  readonly seconds: number;
};

export type Deployment = {
  readonly folder: string;
  /** `npm run --silent …`: SCRIPT and what follows `--`. */
  readonly npm: (script: string, ...args: readonly string[]) => Promise<Ran>;
  /** `npm run --silent quorate -- …` */
  readonly quorate: (...args: readonly string[]) => Promise<Ran>;
  /** `serverless …`, for those who do without `npm run deploy`. */
  readonly serverless: (...args: readonly string[]) => Promise<Ran>;
  readonly configure: (change: Partial<Settings>) => Promise<void>;
  /** From here on commands find the API there. */
  readonly useApi: (urls: string) => void;
  /** From here on commands run in another checkout. */
  readonly moveTo: (project: string) => void;
} & AsyncDisposable;

/** What the story changes in the file while it goes on. */
export type Settings = {
  readonly zone: string;
  readonly path: string;
  readonly fall: number;
};

export async function deployment(url: string, zone: string): Promise<Deployment> {
  const folder = await mkdtemp(join(tmpdir(), 'quorate-deployed-'));
  const config = join(folder, 'quorate.yml');
  let project = PROJECT;
  let settings: Settings = { zone, path: '/health', fall: 3 };
  const configure = async (change: Partial<Settings>): Promise<void> => {
    settings = { ...settings, ...change };
    await writeFile(config, configText(settings));
  };
  await configure({});
  const bin = join(PROJECT, 'node_modules', '.bin');
  const env: Record<string, string> = {
    PATH: [bin, process.env.PATH].join(delimiter),
    HOME: folder,
    QUORATE_CONFIG: config,
    AWS_ENDPOINT_URL: url,
    AWS_REGION: HOME,
    AWS_ACCESS_KEY_ID: ACCOUNT,
    AWS_SECRET_ACCESS_KEY: 'e2e',
    NO_COLOR: '1',
    SLS_TELEMETRY_DISABLED: '1',
    SLS_NOTIFICATIONS_MODE: 'off',
  };
  const npm = (script: string, ...args: readonly string[]): Promise<Ran> =>
    run('npm', ['run', '--silent', script, '--', ...args], project, env);

  return {
    folder,
    npm,
    quorate: (...args) => npm('quorate', ...args),
    serverless: (...args) => run(join(bin, 'serverless'), args, project, env),
    configure,
    useApi: (urls) => {
      env.QUORATE_API = urls;
    },
    moveTo: (folderOfProject) => {
      project = folderOfProject;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Times as short as may be: the least hold-down is 20 s of fresh votes and the time to settle. */
const configText = ({ zone, path, fall }: Settings): string => `
deployment: ${DEPLOYMENT}
home: ${HOME}
vantages: [${REGIONS.join(', ')}]
quorum: 2
zones:
  main: { id: ${zone} }
allow-addresses: [${NETWORK}]
control-targets: ["http://${CONTROL_ADDRESS}:${HEALTH_PORT}/"]
services:
  app:
    mode: enforce
    zone: main
    names: [app.example.test]
    type: A
    ttl: 5s
    check:
      url: http://{target}:${HEALTH_PORT}${path}
      every: 5s
      timeout: 2s
      fall: ${fall}
      rise: 2
      expect: { status: 200, body: '"status":"ok"' }
    endpoints:
${REGIONS.map((region) => `      ${region}: { address: ${ADDRESSES[region]}, weight: 100 }`).join('\n')}
    policy:
      velocity: 1 per 30s
      hold-down: 25s
      settle: 1s
      ramp: [50%, 100%]
      ramp-step: 10s
`;

async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<Ran> {
  const startedAt = Date.now();
  const child = spawn(command, args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const texts = { out: '', err: '', all: '' };
  const take = (stream: 'out' | 'err') => (chunk: Buffer) => {
    const text = stripVTControlCharacters(chunk.toString('utf8'));
    texts[stream] += text;
    texts.all += text;
  };
  child.stdout.on('data', take('out'));
  child.stderr.on('data', take('err'));
  const late = setTimeout(() => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, COMMAND_MS_MAX);
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status) => resolve(status ?? 1));
    });
    return { code, ...texts, seconds: Math.round((Date.now() - startedAt) / 1_000) };
  } finally {
    clearTimeout(late);
  }
}
