/** Numbers → what a table shows of them. The median of an even count lies half-way between two. */

export type Summary = {
  readonly n: number;
  readonly minMs: number;
  readonly medianMs: number;
  readonly p90Ms: number;
  readonly maxMs: number;
};

/** Null where there is nothing to summarise. */
export function summarise(values: readonly number[]): Summary | null {
  const sorted = [...values].sort((a, b) => a - b);
  const [minMs] = sorted;
  const maxMs = sorted.at(-1);
  if (minMs === undefined || maxMs === undefined) return null;
  const at = (index: number): number => sorted[index] ?? maxMs;
  const middle = (sorted.length - 1) / 2;
  return {
    n: sorted.length,
    minMs,
    medianMs: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    // Nearest rank: a value that was measured, never one in between.
    p90Ms: at(Math.ceil(sorted.length * 0.9) - 1),
    maxMs,
  };
}

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
