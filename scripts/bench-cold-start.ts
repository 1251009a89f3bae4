/**
 * `npm run bench:cold-start`: how large the functions' bundles are, and how long Node takes from the
 * import to a handler that is ready, beside an empty handler and one that makes the same SDK clients.
 * The bundles are made by the options that serverless.yml uses; with the SDK inside and outside.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { epochMs } from '../shared/core/model.ts';
import { coldBundles } from './bench/cold-bundles.ts';
import { coldTimes } from './bench/cold-start.ts';
import { coldRows, coldText } from './bench/cold-text.ts';
import { loadConfig } from './config-file.ts';
import { keepPackaged } from './package/packaged-config.ts';

const RUNS = 20;
const RUNS_MAX = 200;
const REPOSITORY = fileURLToPath(new URL('../', import.meta.url));
/** Used where there is no quorate.yml: the design's own. */
const SAMPLE = 'test/fixtures/design.yml';

const program = new Command('npm run bench:cold-start --')
  .description('Measures bundle sizes, and the time from import to a handler that is ready.')
  .option('--runs <n>', 'fresh processes per bundle', wholeNumber, RUNS)
  .option('--config <file>', 'what is packaged; default: quorate.yml, else a sample')
  .option('--json', 'one JSON document on stdout', false)
  .addHelpText('after', '\nExample:\n  $ npm run bench:cold-start -- --runs 5')
  .action(main);

await program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});

type Options = { readonly runs: number; readonly config?: string; readonly json: boolean };

async function main({ runs, config: named, json }: Options): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const path = named ?? (existsSync(join(REPOSITORY, 'quorate.yml')) ? 'quorate.yml' : SAMPLE);
  const loaded = loadConfig({
    path,
    env: {},
    folder: named === undefined ? REPOSITORY : process.cwd(),
    packagedAt: epochMs(Date.now()),
  });
  keepPackaged(loaded);

  const cache = join(REPOSITORY, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'quorate-cold-start-'));
  try {
    process.stderr.write(`bundling with ${path} …\n`);
    const bundles = await coldBundles(folder);
    process.stderr.write(`starting ${bundles.length} bundles ${runs + 1} times …\n`);
    const vantage = loaded.config.home;
    const times = await coldTimes(bundles, folder, { runs, vantage, signal: stop.signal });
    const rows = coldRows(bundles, times);
    process.stdout.write(
      json
        ? `${JSON.stringify({ format: 1, node: process.versions.node, runs, rows }, null, 2)}\n`
        : `${coldText(rows, runs)}\n`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= RUNS_MAX) return value;
  throw new InvalidArgumentError(`write a whole number from 1 to ${RUNS_MAX}`);
}
