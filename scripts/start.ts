/**
 * `npm start`: plays a configuration on this machine, where anybody can watch weights move, break
 * things and ask DNS, on the dashboard or by curl. Arguments in; a live screen out, or JSON lines where
 * nobody watches or --json says so. Ctrl-C ends it within two seconds and leaves nothing behind.
 */
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { QuorateError } from '../shared/core/errors.ts';
import { epochMs } from '../shared/core/model.ts';
import { portNumber } from './cli/loopback-command.ts';
import { loadConfig } from './config-file.ts';
import { openScreen, render } from './local/terminal-view.ts';
import { startWorld, type World } from './local/world.ts';
import type { WorldEvent } from './local/world-events.ts';

type Options = {
  readonly config?: string;
  readonly speed: number;
  readonly port: number;
  readonly dnsPort: number;
  readonly json: boolean;
};

const DEMO = fileURLToPath(new URL('local/demo.yml', import.meta.url));
const EXIT = { done: 0, failed: 1, usage: 2 } as const;
const FRAME_MS = 250;
/** Ctrl-C ends it by then even if something hangs. */
const END_MS_MAX = 1_800;

const program = new Command('npm start --')
  .description('Plays a deployment of Quorate on this machine: real probes move real DNS weights.')
  .option('--config <file>', 'your own quorate.yml; its targets become loopback addresses')
  .option('--speed <factor>', 'divides every duration', numberIn(0.1, 100), 1)
  .option('--port <port>', 'HTTP, 0 for a free one', portNumber, 8787)
  .option('--dns-port <port>', 'DNS on UDP and TCP, 0 for a free one', portNumber, 15353)
  .option('--json', 'JSON lines only, no screen; the default where stdout is no terminal', false)
  .addHelpText(
    'after',
    `
Examples:
  npm start                                      the demo, with a live screen
  npm start -- --config quorate.yml --speed 10   your own file, ten times as fast
  npm start -- --json --port 0 --dns-port 0      for scripts: ports are in the line "ready"

  http://127.0.0.1:8787/                         the dashboard, in a browser: drain, break, watch

  dig @127.0.0.1 -p 15353 app.example.test
  curl http://127.0.0.1:8787/world
  curl http://127.0.0.1:8787/world/faults -d '{"kind":"region-down","region":"us-east-1"}'
  curl -X DELETE http://127.0.0.1:8787/world/faults/f1`,
  )
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage));

async function main(options: Options): Promise<void> {
  const stopped = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => stopped.resolve());
  }
  // A reader that has gone (`| head`) has seen enough.
  process.stdout.on('error', () => stopped.resolve());

  let world: World;
  try {
    const { config, warnings } = loadConfig({
      path: options.config ?? DEMO,
      env: process.env,
      allowLoopback: true,
      packagedAt: epochMs(Date.now()),
    });
    if (options.config !== undefined) {
      for (const { file, line, path, message, remedy } of warnings) {
        console.error(`warning: ${file}:${line}: ${path} ${message}; ${remedy}`);
      }
    }
    world = await startWorld({ ...options, config });
  } catch (error) {
    fail(error);
  }

  const hasScreen = process.stdout.isTTY && !options.json;
  const endView = hasScreen ? showScreen(world, options.speed) : printLines(world);
  world.ready.catch((error: unknown) => {
    endView();
    fail(error);
  });

  await stopped.promise;
  endView();
  setTimeout(() => process.exit(EXIT.done), END_MS_MAX).unref();
  await world[Symbol.asyncDispose]();
  process.exit(EXIT.done);
}

/** A wrong file is the user's to mend, and so is a taken port; anything else keeps its trace. */
function fail(error: unknown): never {
  const isKnown =
    error instanceof QuorateError ||
    (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE');
  console.error(isKnown ? error.message : error);
  const isUsage = error instanceof QuorateError && error.code === 'CONFIG_INVALID';
  process.exit(isUsage ? EXIT.usage : EXIT.failed);
}

/** Probes are many and say little; everything else is a line. */
function printLines(world: World): () => void {
  return world.onEvent((event) => {
    if (event.event !== 'probe') process.stdout.write(`${JSON.stringify(lineOf(event))}\n`);
  });
}

const lineOf = ({ event, at, ...fields }: WorldEvent): object => ({ event, ...fields, at });

function showScreen(world: World, speed: number): () => void {
  const screen = openScreen(process.stdout, process.env.NO_COLOR === undefined);
  const facts = { url: world.url, dns: world.dns, speed };
  const draw = (): void => screen.show((size) => render(world.state(), facts, size));
  const timer = setInterval(draw, FRAME_MS);
  process.stdout.on('resize', draw);
  draw();
  return () => {
    clearInterval(timer);
    process.stdout.off('resize', draw);
    screen[Symbol.dispose]();
  };
}

function numberIn(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= from && value <= to) return value;
    throw new InvalidArgumentError(`It is a number from ${from} to ${to}.`);
  };
}

await main(program.parse().opts<Options>());
