/** Drill results → a readable line per scenario with its timeline, and the table at the end. */
import type { DrillResult, Facts } from './scenario.ts';

const seconds = (ms: number | null): string => (ms === null ? '-' : `${(ms / 1000).toFixed(1)} s`);

export function timelineText(result: DrillResult): string {
  const { timeline } = result;
  const since = (at: number | null): string =>
    seconds(at === null || timeline.faultAt === null ? null : at - timeline.faultAt);
  const steps = [
    ['first failed probe', timeline.firstFailedProbe],
    ['verdict', timeline.verdict],
    ['commit', timeline.commit],
    ['INSYNC', timeline.insync],
    ['last DNS answer', timeline.dns],
  ] as const;
  const way = steps
    .filter(([, at]) => at !== null)
    .map(([name, at]) => `${name} ${since(at)}`)
    .join(' → ');
  return [
    `${result.ok ? 'ok  ' : 'FAIL'} ${result.scenario}${way === '' ? '' : `   ${way}`}`,
    ...differences(result.expected, result.observed),
    ...(result.error === undefined ? [] : [`     ${result.error}`]),
  ].join('\n');
}

const differences = (expected: Facts, observed: Facts): string[] =>
  Object.keys(expected)
    .filter((key) => expected[key] !== observed[key])
    .map((key) => `     ${key}: expected ${expected[key]}, observed ${observed[key]}`);

export function drillTable(results: readonly DrillResult[]): string {
  const width = Math.max(8, ...results.map(({ scenario }) => scenario.length));
  const rows = [...results]
    .sort((a, b) => (a.scenario < b.scenario ? -1 : 1))
    .map((result) =>
      [
        result.ok ? 'ok  ' : 'FAIL',
        result.scenario.padEnd(width),
        seconds(result.msToVerdict).padStart(10),
        seconds(result.msToDns).padStart(10),
      ].join('  '),
    );
  const held = results.filter(({ ok }) => ok).length;
  return [
    '',
    ['    ', 'scenario'.padEnd(width), 'to verdict'.padStart(10), 'to DNS'.padStart(10)].join('  '),
    ...rows,
    '',
    `${held} of ${results.length} as expected`,
  ].join('\n');
}
