/**
 * The process in which the deployed world lives, the first of its own network and process namespaces: no
 * packet leaves them, and when this process ends, the kernel ends every other one. In: a folder. Out: two
 * sockets in that folder, `aws` (the gateway in front of MiniStack) and `control` (endpoints, regions).
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { tableName, tableStackName } from '../../../../scripts/names.ts';
import { endpointFleet } from './endpoint-fleet.ts';
import { gateway } from './gateway.ts';
import {
  ACCOUNT,
  ADDRESSES,
  CONTROL_ADDRESS,
  DEPLOYMENT,
  HOME,
  MINISTACK_PORT,
  REGIONS,
  type Region,
} from './places.ts';
import { regionSwitch } from './region-switch.ts';
import { replication } from './replication.ts';
import { tableReplicas } from './table-replicas.ts';

const READY_LIMIT_MS = 60_000;
const POLL_MS = 100;

const [ministack, folder] = process.argv.slice(2);
if (ministack === undefined || folder === undefined)
  throw new Error('usage: host MINISTACK FOLDER');
process.on('SIGTERM', () => process.exit(0));

execFileSync('ip', ['link', 'set', 'lo', 'up']);
for (const address of [...Object.values(ADDRESSES), CONTROL_ADDRESS]) {
  execFileSync('ip', ['address', 'add', `${address}/32`, 'dev', 'lo']);
}

// The replicator and the switch are clients like any other.
process.env.AWS_ACCESS_KEY_ID = ACCOUNT;
process.env.AWS_SECRET_ACCESS_KEY = 'e2e';
const endpoint = `http://127.0.0.1:${MINISTACK_PORT}`;
const fleet = await endpointFleet();
await startMinistack(ministack, folder);
const table = tableName(DEPLOYMENT);
const copies = replication(table, REGIONS, endpoint);
const replicas = tableReplicas(
  { table, stack: tableStackName(DEPLOYMENT), home: HOME },
  endpoint,
  copies,
);
const regions = regionSwitch(DEPLOYMENT, endpoint, copies);

const cuts = new Map<Region, () => void>();

const commands: Readonly<Record<string, (region: Region) => Promise<unknown>>> = {
  'kill-endpoint': (region) => fleet.kill(region),
  'start-endpoint': (region) => fleet.start(region),
  'stop-region': (region) => regions.stop(region),
  'start-region': (region) => regions.start(region),
  'cut-replica': async (region) => {
    cuts.set(region, cuts.get(region) ?? copies.cut(region));
  },
  'heal-replica': async (region) => {
    cuts.get(region)?.();
    cuts.delete(region);
  },
  figures: async () => ({ ...copies.counters, asked: fleet.asked() }),
};

await listenOn('aws', gateway(MINISTACK_PORT, table, replicas));
await listenOn('control', (request, response) => {
  obey(request).then(
    (body) => response.end(JSON.stringify(body ?? null)),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});

/** `/kill-endpoint/eu-west-1` */
async function obey({ url = '' }: IncomingMessage): Promise<unknown> {
  const [, verb = '', name] = url.split('/');
  const command = commands[verb];
  const region = REGIONS.find((one) => one === name) ?? HOME;
  if (command === undefined) throw new Error(`no such command: ${url}`);
  return await command(region);
}

async function listenOn(name: string, listener: Parameters<typeof createServer>[1]): Promise<void> {
  const server = createServer({ requestTimeout: 0 }, listener);
  server.listen(join(folder as string, name));
  await once(server, 'listening');
}

async function startMinistack(command: string, home: string): Promise<void> {
  mkdirSync(join(home, 'tmp'));
  const child = spawn(command, [], {
    cwd: home,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      // Functions run as `node` of this path: the runtime that they are deployed for.
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
      HOME: home,
      TMPDIR: join(home, 'tmp'),
      GATEWAY_PORT: String(MINISTACK_PORT),
      BIND_HOST: '127.0.0.1',
      MINISTACK_HOST: '127.0.0.1',
      MINISTACK_ACCOUNT_ID: ACCOUNT,
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      S3_DATA_DIR: join(home, 's3'),
      STATE_DIR: join(home, 'state'),
      PYTHONUNBUFFERED: '1',
    },
  });
  child.once('exit', (code) => {
    process.stderr.write(`MiniStack ended with ${code}\n`);
    process.exit(1);
  });
  const startedAt = Date.now();
  for (;;) {
    const answer = await fetch(`${endpoint}/_ministack/ready`).catch(() => undefined);
    if (answer?.ok) return;
    if (Date.now() - startedAt > READY_LIMIT_MS) throw new Error('MiniStack did not become ready');
    await pause(POLL_MS);
  }
}
