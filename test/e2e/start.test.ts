import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { askAddresses } from '../../scripts/local/dns-client.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
type Line = Readonly<Record<string, unknown>>;

describe('npm start', () => {
  it('says ready in one JSON line, answers, tells what happens, and ends with Ctrl-C', async () => {
    await using run = start('--json', '--port', '0', '--dns-port', '0', '--speed', '5');

    const ready = await run.line((line) => line.event === 'ready');
    const dnsPort = Number(String(ready.dns).split(':')[1]);
    const addresses = await askAddresses(dnsPort, 'pay.example.test');
    const response = await fetch(`${ready.url}/world/faults`, {
      method: 'POST',
      body: '{"kind":"replication-partition","vantage":"us-west-2"}',
    });
    const fault = await run.line((line) => line.event === 'fault');
    const endingAt = performance.now();
    const code = await run.end('SIGINT');

    expect(ready).toEqual({
      event: 'ready',
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      dns: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      at: expect.any(Number),
    });
    expect(addresses).toHaveLength(1);
    expect(response.status).toBe(201);
    expect(fault).toMatchObject({ id: 'f1', fault: { kind: 'replication-partition' } });
    expect(code).toBe(0);
    expect(performance.now() - endingAt).toBeLessThan(2_000);
    expect(run.notJson()).toEqual([]);
    expect(run.errors()).toBe('');
  });

  it('ends with SIGTERM before it is ready, too', async () => {
    await using run = start('--port', '0', '--dns-port', '0');

    await run.line((line) => line.event === 'commit');

    expect(await run.end('SIGTERM')).toBe(0);
  });

  it.concurrent.each([['--port'], ['--dns-port']])(
    'says in one sentence that %s is taken',
    async (option) => {
      const taken = createServer().listen(0, '127.0.0.1');
      await once(taken, 'listening');
      const { port } = taken.address() as { port: number };
      const other = option === '--port' ? '--dns-port' : '--port';

      await using run = start('--json', option, String(port), other, '0');
      const code = await run.ended();
      taken.close();

      expect(code).toBe(1);
      expect(run.errors()).toBe(
        `port ${port} is taken; choose another with ${option}, or ${option} 0 for a free one\n`,
      );
    },
  );

  it('plays the user’s own file: aliases, TCP, IPv6, what only observes', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'quorate-'));
    const file = join(folder.path, 'quorate.yml');
    await writeFile(file, OWN_FILE);

    await using run = start(
      '--json',
      ...['--config', file, '--port', '0', '--dns-port', '0', '--speed', '5'],
    );
    const ready = await run.line((line) => line.event === 'ready');
    const dnsPort = Number(String(ready.dns).split(':')[1]);
    const world = (await (await fetch(`${ready.url}/world`)).json()) as {
      readonly services: readonly {
        readonly service: string;
        readonly automation: string;
        readonly endpoints: readonly { readonly address: string; readonly verdict: string }[];
      }[];
      readonly notes: readonly string[];
    };

    expect(world.services.map(({ service, automation }) => `${service} ${automation}`)).toEqual([
      'shop on',
      'mail observing',
    ]);
    const [shop, mail] = world.services.map(({ endpoints }) => endpoints.map((e) => e.address));
    expect(shop).toContain((await askAddresses(dnsPort, 'shop.example.com'))[0]);
    expect(await askAddresses(dnsPort, 'shop.example.com', 'AAAA')).toHaveLength(1);
    expect(mail).toContain((await askAddresses(dnsPort, 'mail.example.com'))[0]);
    expect(world.notes.join()).toContain('mode observe: mail');
    expect(await run.end('SIGINT')).toBe(0);
  });

  it.concurrent('names file and line of a wrong configuration', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'quorate-'));
    const file = join(folder.path, 'quorate.yml');
    await writeFile(file, OWN_FILE.replace('quorum: 3', 'quorum: 9'));

    await using run = start('--config', file);

    expect(await run.ended()).toBe(2);
    expect(run.errors()).toContain('quorate.yml:4');
    expect(run.errors()).not.toContain('at ');
  });

  // They wait for a process to start, each of them: so they wait together.
  it.concurrent.each([
    [['--help'], 0, 'Examples:'],
    [['--speed', 'fast'], 2, '--speed'],
    [['--port', '70000'], 2, '--port'],
    [['--jsom'], 2, '--json'],
    [['--config', 'nowhere.yml'], 2, 'does not exist'],
  ])('answers %j with exit code %i', async (args, code, text) => {
    await using run = start(...args);

    expect(await run.ended()).toBe(code);
    expect(run.output() + run.errors()).toContain(text);
  });
});

const OWN_FILE = `deployment: shop-prod
home: eu-west-1
vantages: [eu-west-1, us-east-1, ap-southeast-1, eu-central-1, us-west-2]
quorum: 3
control-targets: [https://example.com/]
zones: { main: { id: Z0123456789ABCDEFGHIJ } }
services:
  shop:
    mode: enforce
    zone: main
    names: [shop.example.com]
    type: [A, AAAA]
    ttl: 30s
    check:
      every: 10s
      url: https://{target}/health
      expect: { status: 204, headers: { x-pool: blue } }
    endpoints:
      eu-west-1:
        alias: { name: shop-eu.eu-west-1.elb.amazonaws.com, zone: Z32O12XQLNTSW2 }
        weight: 100
      us-east-1:
        alias: { name: shop-us.us-east-1.elb.amazonaws.com, zone: Z35SXDOTRQ7X7K }
        weight: 100
  mail:
    zone: main
    names: [mail.example.com]
    type: A
    check: { every: 10s, tcp: "{target}:25" }
    endpoints:
      one: { address: 93.184.215.14, weight: 10 }
      two: { address: 93.184.215.15, weight: 30 }
`;

type Run = AsyncDisposable & {
  readonly line: (wanted: (line: Line) => boolean) => Promise<Line>;
  readonly notJson: () => readonly string[];
  readonly output: () => string;
  readonly errors: () => string;
  readonly ended: () => Promise<number | null>;
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>;
};

function start(...args: readonly string[]): Run {
  const child: ChildProcessWithoutNullStreams = spawn(
    process.execPath,
    ['scripts/start.ts', ...args],
    { cwd: ROOT },
  );
  const seen: string[] = [];
  const listeners = new Set<() => void>();
  let errors = '';
  let code: number | null | undefined;
  createInterface(child.stdout).on('line', (text) => {
    seen.push(text);
    for (const listener of listeners) listener();
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const exited = once(child, 'close').then(() => {
    code = child.exitCode;
    for (const listener of listeners) listener();
    return code;
  });

  const line = (wanted: (one: Line) => boolean): Promise<Line> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = seen
          .filter(isJson)
          .map((text) => JSON.parse(text) as Line)
          .find(wanted);
        if (found) resolve(found);
        else if (code !== undefined) reject(new Error(`it ended first (${code}): ${errors}`));
        else return;
        listeners.delete(look);
      };
      listeners.add(look);
      look();
    });
  return {
    line,
    notJson: () => seen.filter((text) => !isJson(text)),
    output: () => seen.join('\n'),
    errors: () => errors,
    ended: () => exited,
    end: async (signal) => {
      child.kill(signal);
      return exited;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}
