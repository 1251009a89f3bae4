/** Times that checkers kept, of many seeds → how many, the median, one in a hundred, the worst. */

export type Timings = Readonly<Record<string, readonly number[]>>;

export type TimingSummary = {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
};

export function summaryOf(ms: readonly number[]): TimingSummary {
  const sorted = ms.toSorted((a, b) => a - b);
  /** Nearest rank: a time that was really seen. */
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

export function addTimings(total: Record<string, number[]>, more: Timings): void {
  for (const [name, ms] of Object.entries(more)) {
    total[name] ??= [];
    total[name].push(...ms);
  }
}
