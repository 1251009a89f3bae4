import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Terminal } from '../../scripts/cli/cli.ts';
import { run } from '../../scripts/cli/run.ts';
import { loadConfig } from '../../scripts/config-file.ts';
import { startWorld, type World } from '../../scripts/local/world.ts';
import { epochMs } from '../../shared/core/model.ts';

const DEMO = fileURLToPath(new URL('../../scripts/local/demo.yml', import.meta.url));
/** Of 127.x.y.*: no other test's world. */
const BLOCK = 57;

describe('quorate, over real sockets', () => {
  it('looks at a running deployment: status, plan, verify, import, replay', async () => {
    const { config } = loadConfig({
      path: DEMO,
      env: {},
      allowLoopback: true,
      packagedAt: epochMs(Date.now()),
    });
    await using world = await startWorld({ config, speed: 2, block: BLOCK });
    await world.ready;

    // A busy machine may leave a vantage behind for a moment: then the answer is another one, and true.
    const status = await sooner(
      world,
      () => cli(world, 'status', '--region', 'us-west-2', '--json'),
      ({ automation }) => automation?.on === automation?.of,
    );
    const plan = await cli(world, 'plan', 'app');
    const server = `${world.dns.host}:${world.dns.port}`;
    const verify = await sooner(
      world,
      () => cli(world, 'verify', '--server', server, '--json'),
      // A change that was just made is pending for a second here, and name servers answer as before.
      (document) => document.agrees === true,
    );
    const imported = await cli(world, 'import', 'app.example.test');
    const replayed = await cli(world, 'replay', '--from', '1h', '--json');

    expect(JSON.parse(status.out)).toMatchObject({
      region: 'us-west-2',
      automation: { on: 2, of: 2 },
      notes: [],
    });
    expect(plan.out).toMatch(/^app {3}automation: /);
    expect(JSON.parse(verify.out)).toMatchObject({
      agrees: true,
      services: [{ service: 'app' }, { service: 'pay' }],
    });
    // Its targets are loopback addresses, which nobody may probe: found, read, and refused with the reason.
    expect(imported.err).toContain('is a loopback address: each vantage would probe itself');
    // Every vantage came up under this file, and all saw the same.
    expect(JSON.parse(replayed.out)).toMatchObject({
      unreadable: 0,
      unknown: [],
      services: [
        { service: 'app', otherReports: 0, deployed: { removals: 0, returns: 0 } },
        { service: 'pay', otherReports: 0, deployed: { removals: 0, returns: 0 } },
      ],
    });
    expect([status.code, plan.code, verify.code, imported.code, replayed.code]).toEqual([
      0, 0, 0, 3, 0,
    ]);
  });
});

type Document = {
  readonly automation?: { readonly on: number; readonly of: number };
  readonly agrees?: boolean;
};

/** Looks again at each event, until what is printed is what is waited for. */
async function sooner(
  world: World,
  look: () => Promise<Printed>,
  isAwaited: (document: Document) => boolean,
): Promise<Printed> {
  for (;;) {
    const printed = await look();
    if (isAwaited(JSON.parse(printed.out) as Document)) return printed;
    await new Promise<void>((resolve) => {
      const end = world.onEvent(() => {
        end();
        resolve();
      });
    });
  }
}

type Printed = { readonly code: number; readonly out: string; readonly err: string };

async function cli(world: World, ...args: readonly string[]): Promise<Printed> {
  const printed = { out: '', err: '' };
  const terminal: Terminal = {
    out: (text) => {
      printed.out += text;
    },
    err: (text) => {
      printed.err += text;
    },
    env: world.environmentOf(args.includes('us-west-2') ? 'us-west-2' : world.config.home),
    isTty: false,
    columns: 120,
    signal: new AbortController().signal,
    folder: '/nowhere',
    overrides: {
      config: world.config,
      clock: world.clock,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    },
  };
  const code = await run(args, terminal);
  return { code, ...printed };
}
