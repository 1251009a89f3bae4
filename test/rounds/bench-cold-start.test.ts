/** The cold-start bench: what a fresh process tells, and the table that is made of it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ColdBundle } from '../../scripts/bench/cold-bundles.ts';
import { type ColdTimes, coldTimes } from '../../scripts/bench/cold-start.ts';
import { coldRows, coldText } from '../../scripts/bench/cold-text.ts';
import { summarise } from '../../scripts/bench/statistics.ts';

const NEVER = new AbortController().signal;

describe('a fresh process', () => {
  it('is timed once per run and bundle, with the environment of a Lambda and nothing else', async () => {
    await using folder = scratch();
    const entry = folder.write(
      'a.mjs',
      `if (process.env.AWS_REGION !== 'eu-west-1' || process.env.PATH) throw new Error('whose?');
       export const handler = () => process.env.LAMBDA_TASK_ROOT;`,
    );

    const times = await coldTimes([{ ...bundle('a'), root: folder.path, entry }], folder.path, {
      runs: 2,
      vantage: 'eu-west-1',
      signal: NEVER,
    });

    const found = times.get('a');
    expect(found?.ready.n).toBe(2);
    expect(found?.ready.minMs).toBeGreaterThan(0);
    expect(found?.fromStart.minMs).toBeGreaterThan(found?.ready.minMs ?? 0);
    expect(found?.cpu.minMs).toBeGreaterThan(0);
  }, 60_000);

  it.each([
    [
      'that throws',
      'throw new Error("no quorate.json")',
      /did not load \(1\): .*no quorate\.json/s,
    ],
    ['without a handler', 'export const other = 1', /no handler/],
  ])(
    '%s ends the bench with its own words',
    async (_what, text, words) => {
      await using folder = scratch();
      const entry = folder.write('b.mjs', text);
      const options = { runs: 1, vantage: 'eu-west-1', signal: NEVER };

      await expect(
        coldTimes([{ ...bundle('b'), root: folder.path, entry }], folder.path, options),
      ).rejects.toThrow(words);
    },
    60_000,
  );
});

describe('the table', () => {
  const bundles = [
    bundle('empty', { of: null, kind: 'empty' }),
    bundle('probe', { zippedBytes: 1024 * 1024 + 1 }),
    bundle('probe-sdk-only', { kind: 'sdk-only' }),
  ];
  const times = new Map([
    ['empty', ready(2)],
    ['probe', ready(90)],
    ['probe-sdk-only', ready(60)],
  ]);

  it('compares medians with an empty handler and with the SDK clients alone', () => {
    expect(coldRows(bundles, times)).toMatchObject([
      { name: 'empty', timesEmpty: 1, timesSdkOnly: null },
      { name: 'probe', timesEmpty: 45, timesSdkOnly: 1.5 },
      { name: 'probe-sdk-only', timesEmpty: 30, timesSdkOnly: null },
    ]);
  });

  it('names the archives above the goal, and the heaviest packages', () => {
    const text = coldText(coldRows(bundles, times), 20);

    expect(text).toContain('Above 1024 KiB: probe.');
    expect(text).toMatch(/^probe +undici 446$/m);
    expect(coldText(coldRows([bundle('probe')], times), 20)).toContain(
      'Every archive is below 1024 KiB.',
    );
  });
});

function bundle(
  name: string,
  changes: Partial<Pick<ColdBundle, 'of' | 'kind'>> & { readonly zippedBytes?: number } = {},
): ColdBundle {
  const { zippedBytes = 500_000, ...what } = changes;
  return {
    name,
    of: 'probe',
    kind: 'bundled',
    root: '',
    entry: '',
    size: { bytes: 1_000_000, sourceMapBytes: 100_000, zippedBytes },
    weights: [{ package: 'undici', bytes: 446 * 1024 }],
    ...what,
  };
}

function ready(ms: number): ColdTimes {
  const summary = summarise([ms, ms])!;
  return { ready: summary, fromStart: summary, cpu: summary };
}

function scratch() {
  const path = mkdtempSync(join(tmpdir(), 'quorate-cold-'));
  return {
    path,
    write: (name: string, text: string): string => {
      writeFileSync(join(path, name), text);
      return join(path, name);
    },
    [Symbol.asyncDispose]: async () => rmSync(path, { recursive: true, force: true }),
  };
}
