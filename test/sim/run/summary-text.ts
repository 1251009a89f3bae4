/** A summary, and one failure, as a person reads them at the end of a run. */

import type { Failure, Summary } from './tally.ts';
import { sinceStart } from './trace-text.ts';

const COLUMNS = 6;

export function failureText(failure: Failure, trace: string | null): string {
  const { invariant, why, atMs, replay, seed, scenario } = failure;
  return [
    '',
    `${invariant} is broken at ${sinceStart(atMs)} of ${scenario}, seed ${seed}: ${why}`,
    ...(trace === null ? [] : ['', trace]),
    '',
    `repeat: ${replay}`,
    `shrink: ${replay} --minimise`,
  ].join('\n');
}

export function summaryText(summary: Summary): string {
  const { seeds, scenarios, simulatedDays, speedPerCore, seconds, clients, missing, hashes } =
    summary;
  const rows: readonly (readonly [string, string])[] = [
    ['seeds', `${seeds}${scenarios === 0 ? '' : ` and ${scenarios} scripted scenarios`}`],
    ['simulated', `${simulatedDays} days in ${seconds} s, ${speedPerCore} × real time per core`],
    ['violations', String(summary.violations)],
    [
      'clients',
      `met a dead endpoint for ${clients.blackHoledSeconds} s; a controller that knows all: ` +
        `${clients.omniscientSeconds} s, Route 53 health checks: ${clients.healthCheckSeconds} s, ` +
        `nothing: ${clients.nothingSeconds} s`,
    ],
    ...(hashes.verified === 0
      ? []
      : [['determinism', `${hashes.verified} run twice, ${hashes.differ.length} differ`] as const]),
    ['commit', summary.commit],
    ['trace hash', summary.traceHash],
  ];
  return [
    '',
    ...rows.map(([name, text]) => `${name.padEnd(12)}${text}`),
    '',
    'how long it took, where nothing stood in the way',
    ...times(summary.timings),
    '',
    'faults injected, by row of faults.md',
    ...grid(summary.faults),
    '',
    'markers reached',
    ...list(summary.markers),
    ...(missing.faults.length === 0 ? [] : ['', `never injected: ${missing.faults.join(', ')}`]),
    ...(missing.markers.length === 0 ? [] : ['', `never reached: ${missing.markers.join(', ')}`]),
    ...hashes.differ.map((replay) => `another trace hash the second time: ${replay}`),
    ...(summary.failures.length === 0 ? [] : ['', 'failures']),
    ...summary.failures.map(
      ({ invariant, replay, why }) => `${invariant.padEnd(5)}${replay}   ${cut(why, 120)}`,
    ),
  ].join('\n');
}

const cut = (text: string, max: number): string => {
  const [first = ''] = text.split('\n');
  return first.length > max ? `${first.slice(0, max)}…` : first;
};

function grid(counts: Readonly<Record<string, number>>): readonly string[] {
  const cells = Object.entries(counts).map(
    ([row, count]) => `${row.padEnd(5)}${String(count).padStart(7)}`,
  );
  const lines: string[] = [];
  for (let at = 0; at < cells.length; at += COLUMNS) {
    lines.push(`  ${cells.slice(at, at + COLUMNS).join('   ')}`);
  }
  return lines;
}

const times = (timings: Summary['timings']): readonly string[] =>
  Object.entries(timings)
    .filter(([, { count }]) => count > 0)
    .map(([name, { count, p50Ms, p99Ms, maxMs }]) => {
      const [p50, p99, max] = [p50Ms, p99Ms, maxMs].map((ms) =>
        `${(ms / 1_000).toFixed(1)} s`.padStart(8),
      );
      return `  ${String(count).padStart(8)}  p50 ${p50}   p99 ${p99}   most ${max}   ${name}`;
    });

const list = (counts: Readonly<Record<string, number>>): readonly string[] =>
  Object.entries(counts).map(([name, count]) => `  ${String(count).padStart(8)}  ${name}`);
