/**
 * The deployed world, from the test's side: its host process in namespaces of its own, MiniStack behind a
 * loopback port of this machine (bytes are handed to the host's socket), and switches for endpoints and
 * regions. Disposing it ends everything in it; so does the death of the test run.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { describe, it } from 'vitest';
import { ENGINES, type Engine, startEngine } from '../engine-process.ts';
import { whereMinistack } from '../ministack.ts';
import type { Region } from './places.ts';

const MINISTACK = join(ENGINES, 'python', 'bin', 'ministack');
const HOST = join(import.meta.dirname, 'host.ts');
/** A network and a process table of its own; all of it ends with its first process. */
const NAMESPACES = ['--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
/** Who is not root may be so inside. */
const MAPPED = ['--user', '--map-root-user', ...NAMESPACES];

export type DeployedWorld = {
  /** For AWS_ENDPOINT_URL. */
  readonly url: string;
  readonly killEndpoint: (region: Region) => Promise<void>;
  readonly startEndpoint: (region: Region) => Promise<void>;
  readonly stopRegion: (region: Region) => Promise<void>;
  readonly startRegion: (region: Region) => Promise<void>;
  /** Nothing of this region's table goes out or in. */
  readonly cutReplica: (region: Region) => Promise<void>;
  readonly healReplica: (region: Region) => Promise<void>;
  readonly figures: () => Promise<Readonly<Record<string, unknown>>>;
  readonly log: Engine['log'];
} & AsyncDisposable;

export async function openWorld(): Promise<DeployedWorld> {
  const flags = usableFlags();
  if (flags === undefined) throw new Error(NO_NAMESPACES);
  let folderOfHost = '';
  const host = await startEngine({
    name: 'Deployed world',
    command: (_port, folder) => {
      folderOfHost = folder;
      return ['unshare', ...flags, process.execPath, HOST, MINISTACK, folder];
    },
    isReady: async () => {
      await order('figures');
      return true;
    },
  });
  const bridge = await bridgeTo(join(host.folder, 'aws'));

  return {
    url: bridge.url,
    killEndpoint: async (region) => void (await order(`kill-endpoint/${region}`)),
    startEndpoint: async (region) => void (await order(`start-endpoint/${region}`)),
    stopRegion: async (region) => void (await order(`stop-region/${region}`)),
    startRegion: async (region) => void (await order(`start-region/${region}`)),
    cutReplica: async (region) => void (await order(`cut-replica/${region}`)),
    healReplica: async (region) => void (await order(`heal-replica/${region}`)),
    figures: async () => (await order('figures')) as Readonly<Record<string, unknown>>,
    log: host.log,
    [Symbol.asyncDispose]: async () => {
      await bridge[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
    },
  };

  function order(what: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const asked = request({ socketPath: join(folderOfHost, 'control'), path: `/${what}` });
      asked.once('error', reject);
      asked.once('response', async (answer) => {
        const body = (await answer.toArray()).join('');
        if (answer.statusCode === 200) resolve(JSON.parse(body));
        else reject(new Error(`${what}: ${body}`));
      });
      asked.end();
    });
  }
}

/** A socket in the file system reaches into another network namespace; an address does not. */
async function bridgeTo(socket: string): Promise<{ readonly url: string } & AsyncDisposable> {
  const server: Server = createServer((outside) => {
    const inside = connect(socket);
    // Either side may go away in the middle of a sentence: then both do.
    void pipeline(outside, inside, outside).catch(() => {
      inside.destroy();
      outside.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

const NO_NAMESPACES =
  'this user can’t make network namespaces (unshare --net of util-linux fails): run as root on Linux';

function usableFlags(): readonly string[] | undefined {
  return [NAMESPACES, MAPPED].find(
    (flags) => spawnSync('unshare', [...flags, 'ip', 'link', 'set', 'lo', 'up']).status === 0,
  );
}

/** Needs MiniStack and namespaces: announced where they are missing, a failure in CI. */
export function whereWorld(tests: () => void): void {
  whereMinistack(() => {
    if (usableFlags() !== undefined) {
      tests();
      return;
    }
    describe('deployed world', () => {
      it('can be made', (context) => {
        if (process.env.CI !== undefined) throw new Error(NO_NAMESPACES);
        process.stderr.write(`${NO_NAMESPACES}\n`);
        context.skip(NO_NAMESPACES);
      });
    });
  });
}
