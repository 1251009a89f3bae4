/** Bundles and their times → a table: size, time to ready, and how many times an empty handler's that is. */
import type { ColdBundle } from './cold-bundles.ts';
import type { ColdTimes } from './cold-start.ts';

/** An archive of this size is fetched and unpacked within a cold start's noise. */
export const ARCHIVE_BYTES_GOAL = 1024 * 1024;

export type ColdRow = Omit<ColdBundle, 'root' | 'entry'> & {
  readonly times: ColdTimes;
  /** Medians, over an empty handler's and over that of its SDK clients alone. */
  readonly timesEmpty: number;
  readonly timesSdkOnly: number | null;
  readonly fitsGoal: boolean;
};

export function coldRows(
  bundles: readonly ColdBundle[],
  times: ReadonlyMap<string, ColdTimes>,
): readonly ColdRow[] {
  const medianOf = (name: string): number | null => times.get(name)?.ready.medianMs ?? null;
  const ratio = (own: number, to: number | null): number | null =>
    to === null || to === 0 ? null : own / to;
  return bundles.flatMap(({ root: _root, entry: _entry, ...bundle }) => {
    const own = times.get(bundle.name);
    if (own === undefined) return [];
    const { medianMs } = own.ready;
    const isFunction = bundle.kind === 'bundled' || bundle.kind === 'sdk-outside';
    return [
      {
        ...bundle,
        times: own,
        timesEmpty: ratio(medianMs, medianOf('empty')) ?? 1,
        timesSdkOnly: isFunction ? ratio(medianMs, medianOf(`${bundle.of}-sdk-only`)) : null,
        fitsGoal: bundle.size.zippedBytes <= ARCHIVE_BYTES_GOAL,
      },
    ];
  });
}

const kb = (bytes: number): string => (bytes / 1024).toFixed(0);

export function coldText(rows: readonly ColdRow[], runs: number): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const table = rows.map(
    ({ name, size, times, timesEmpty, timesSdkOnly }) =>
      `${name.padEnd(width)}  ${kb(size.bytes).padStart(7)}  ${kb(size.sourceMapBytes).padStart(6)}  ${kb(size.zippedBytes).padStart(6)}  ${times.ready.medianMs.toFixed(1).padStart(8)}  ${times.ready.p90Ms.toFixed(1).padStart(6)}  ${times.fromStart.medianMs.toFixed(0).padStart(10)}  ${times.cpu.medianMs.toFixed(1).padStart(6)}  ${timesEmpty.toFixed(1).padStart(7)}  ${(timesSdkOnly === null ? '' : timesSdkOnly.toFixed(2)).padStart(10)}`,
  );
  const heavy = rows
    .filter(({ kind }) => kind === 'bundled')
    .map(
      ({ name, weights }) =>
        `${name.padEnd(8)} ${weights.map((one) => `${one.package} ${kb(one.bytes)}`).join(', ')}`,
    );
  const large = rows.filter(({ kind, fitsGoal }) => kind === 'bundled' && !fitsGoal);
  return [
    `${''.padEnd(width)}     code     map  zipped   ready ms     p90  from start  cpu ms  × empty  × SDK only`,
    ...table,
    '',
    `Median of ${runs} fresh processes of Node ${process.versions.node} on this machine; sizes in KiB, zipped with map and configuration.`,
    large.length === 0
      ? `Every archive is below ${kb(ARCHIVE_BYTES_GOAL)} KiB.`
      : `Above ${kb(ARCHIVE_BYTES_GOAL)} KiB: ${large.map(({ name }) => name).join(', ')}.`,
    '',
    'Heaviest packages, KiB of code:',
    ...heavy,
  ].join('\n');
}
