/**
 * Fresh Node processes, one after the other, that load one bundle as Lambda does: from process start and
 * from the import to a handler that is ready. Bundles take turns, so that a busy moment of the machine
 * hits them all alike; the median says what is usual.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ColdBundle } from './cold-bundles.ts';
import { type Summary, summarise } from './statistics.ts';

export type ColdTimes = {
  /** `import()` of the bundle until its handler can be called. */
  readonly ready: Summary;
  /** The same from the start of the process. */
  readonly fromStart: Summary;
  /** Processor time from the import on, all threads: what a busy machine does not stretch. */
  readonly cpu: Summary;
};

type Times = { readonly importMs: number; readonly totalMs: number; readonly cpuMs: number };

const LOADER = `
const before = process.cpuUsage();
const start = performance.now();
const { handler } = await import(process.argv[2]);
const end = performance.now();
if (typeof handler !== 'function') throw new Error('no handler');
const { user, system } = process.cpuUsage(before);
const times = { importMs: end - start, totalMs: end, cpuMs: (user + system) / 1000 };
process.stdout.write(JSON.stringify(times), () => process.exit(0));
`;
const PROCESS_MS_MAX = 30_000;

export async function coldTimes(
  bundles: readonly ColdBundle[],
  folder: string,
  options: { readonly runs: number; readonly vantage: string; readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, ColdTimes>> {
  const loader = join(folder, 'load.mjs');
  writeFileSync(loader, LOADER);
  const found = new Map<string, Times[]>();
  // The first of each fills the machine's file cache, and is not counted.
  for (let run = 0; run <= options.runs; run += 1) {
    for (const bundle of bundles) {
      const times = await loadOnce(loader, bundle, options.vantage, options.signal);
      if (run > 0) found.set(bundle.name, [...(found.get(bundle.name) ?? []), times]);
    }
  }
  return new Map(
    [...found].flatMap(([name, all]) => {
      const ready = summarise(all.map(({ importMs }) => importMs));
      const fromStart = summarise(all.map(({ totalMs }) => totalMs));
      const cpu = summarise(all.map(({ cpuMs }) => cpuMs));
      return ready === null || fromStart === null || cpu === null
        ? []
        : [[name, { ready, fromStart, cpu }] as const];
    }),
  );
}

async function loadOnce(
  loader: string,
  { root, entry }: ColdBundle,
  vantage: string,
  signal: AbortSignal,
): Promise<Times> {
  const child = spawn(process.execPath, ['--enable-source-maps', loader, entry], {
    // Only what a Lambda has: nothing of this shell's may take part.
    env: {
      AWS_LAMBDA_FUNCTION_NAME: 'quorate-bench',
      AWS_REGION: vantage,
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench',
      LAMBDA_TASK_ROOT: root,
      QUORATE_VANTAGE: vantage,
      QUORATE_TABLE: 'quorate-bench',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.any([signal, AbortSignal.timeout(PROCESS_MS_MAX)]),
  });
  const [out, err, code] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    }),
  ]);
  if (code !== 0) throw new Error(`${entry} did not load (${code}): ${err.slice(0, 500)}`);
  return JSON.parse(out);
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}
