/**
 * `npm run contract:aws`: the zone and the store contract against real AWS, in a throw-away zone and
 * table of the account that the SDK's own settings name. Opt-in: without `--yes-create-resources` it
 * only says what it would do. Everything it made is removed at the end, after a failure and on Ctrl-C;
 * `--clean` removes what a killed run left. Exit codes: 0 passed and removed, 1 not, 2 wrong use.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import {
  clientsFor,
  createResources,
  PREFIX,
  type Resources,
  removeResources,
} from './contract-aws/resources.ts';

const ROOT = join(import.meta.dirname, '..');
const HELP = `Runs the zone and store contracts of Quorate against AWS itself.

Usage: npm run contract:aws -- --yes-create-resources [--region eu-west-1] [--only zone|store]
       npm run contract:aws -- --clean [--region eu-west-1]

Makes, all named ${PREFIX}… and all removed at the end, also after a failure or Ctrl-C:
  a public hosted zone        free when deleted within 12 hours, else 0.50 USD a month
  a calculated health check   about 0.001 USD for each hour that it exists
  a CIDR collection           free
  a DynamoDB table            paid per request, under 0.05 USD in all
Sends about 2,000 Route 53 requests, and uses up most of the account's change tokens for minutes at a
time: don't run it in an account whose DNS must move just now. Takes 15 to 30 minutes.
Needs route53:*HostedZone*, *ResourceRecordSets, GetChange, *HealthCheck*, *Cidr*, dynamodb:*Table* and
items of such a table, sts:GetCallerIdentity. Credentials are the SDK's usual ones.

  --yes-create-resources  really make them
  --clean                 remove what a killed run left, and do nothing else
  --region                of the table (default: AWS_REGION, else eu-west-1)
  --only                  one of the two contracts
`;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = readOptions(args);
  } catch (error) {
    say(`contract:aws: ${error instanceof Error ? error.message : error}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (!options.create && !options.clean) {
    process.stdout.write(HELP);
    say('\ncontract:aws: nothing was made. Add --yes-create-resources if this is what you want.');
    return 2;
  }

  using clients = clientsFor(options.region);
  try {
    say(await whereAmI(options.region));
  } catch (error) {
    say(
      `contract:aws: AWS does not know who you are (${error instanceof Error ? error.message : error}); ` +
        'set credentials, for example by AWS_PROFILE. Nothing was made.',
    );
    return 1;
  }
  if (options.clean) return (await removeResources(clients, say)) ? 0 : 1;

  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  const id = randomBytes(4).toString('hex');
  let exitCode = 1;
  try {
    const resources = await createResources(clients, id, say);
    if (!stop.signal.aborted) exitCode = await runSuites(resources, options, stop.signal);
  } catch (error) {
    say(`contract:aws: ${error instanceof Error ? `${error.name}: ${error.message}` : error}`);
  }
  if (stop.signal.aborted) {
    say('stopped; removing what was made');
    exitCode = 130;
  }
  const isClean = await removeResources(clients, say, id);
  if (!isClean)
    say(
      `contract:aws: not everything is gone; run npm run contract:aws -- --clean --region ${options.region}`,
    );
  return isClean ? exitCode : Math.max(1, exitCode);
}

type Options = {
  readonly help: boolean;
  readonly create: boolean;
  readonly clean: boolean;
  readonly region: string;
  readonly only: 'zone' | 'store' | undefined;
};

function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      'yes-create-resources': { type: 'boolean', default: false },
      clean: { type: 'boolean', default: false },
      region: { type: 'string', default: process.env.AWS_REGION ?? 'eu-west-1' },
      only: { type: 'string' },
    },
  });
  const { only } = values;
  if (only !== undefined && only !== 'zone' && only !== 'store')
    throw new Error(`--only takes zone or store, not ${only}`);
  return {
    help: values.help,
    create: values['yes-create-resources'],
    clean: values.clean,
    region: values.region,
    only,
  };
}

async function whereAmI(region: string): Promise<string> {
  const sts = new STSClient({ region, maxAttempts: 2 });
  try {
    const { Account, Arn } = await sts.send(new GetCallerIdentityCommand({}));
    const endpoint = process.env.AWS_ENDPOINT_URL;
    const place = endpoint === undefined ? 'AWS' : `${endpoint}, which is not AWS`;
    return `account ${Account} at ${place}, as ${Arn}, table in ${region}`;
  } finally {
    sts.destroy();
  }
}

/** The same files as everywhere, in a Vitest of their own, told by the environment what to use. */
function runSuites(resources: Resources, options: Options, signal: AbortSignal): Promise<number> {
  const vitest = join(
    dirname(createRequire(import.meta.url).resolve('vitest/package.json')),
    'vitest.mjs',
  );
  const file = options.only === undefined ? 'test/opt-in/aws-' : `test/opt-in/aws-${options.only}`;
  const child = spawn(
    process.execPath,
    [vitest, 'run', '--config', 'test/opt-in/vitest.config.ts', file],
    {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...process.env,
        QUORATE_CONTRACT_ZONE: resources.zoneId,
        QUORATE_CONTRACT_APEX: resources.zoneName,
        QUORATE_CONTRACT_HEALTH_CHECK: resources.healthCheckId,
        ...(resources.cidrCollectionId === undefined
          ? {}
          : { QUORATE_CONTRACT_CIDR: resources.cidrCollectionId }),
        QUORATE_CONTRACT_TABLE: resources.table,
        QUORATE_CONTRACT_REGION: options.region,
      },
    },
  );
  const kill = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', kill, { once: true });
  return new Promise((resolve) => {
    child.once('error', (error) => {
      say(`contract:aws: the tests did not start: ${error.message}`);
      resolve(1);
    });
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
