/** A rehearsal → what a terminal shows: warnings first, then times, clients, noise, and what was assumed. */

import { REHEARSALS } from './cases.ts';
import { amount, type Percentiles, type Rehearsal, type RehearsedService } from './rehearsal.ts';

/** Read beside every number. */
export const REHEARSAL_ASSUMPTIONS: readonly string[] = [
  'the production functions decide, in a simulated world: Lambda, the replicated table, Route 53 and the network answer as quickly as they mostly do, not as yours will',
  'a healthy endpoint is taken to answer what its check expects; headers and watch conditions are left out; a service that only observes is rehearsed as if it enforced',
  'a change is served 3 to 50 s after its commit; 75 % of clients honour the TTL, 15 % hold an answer for 60 s or more, 8 % for 3 to 15 min, 2 % for hours',
  'black-holed: seconds × share of all clients that were answered a dead endpoint within the time watched. Omniscient: weights follow the truth at once. Health checks: Route 53’s own, every 30 s, threshold 3. Nothing: weights stay',
  'false removals: probes of a healthy endpoint fail by chance, for each vantage by itself. Failures that vantages share are what floor and velocity are for',
];

export function rehearsalText(
  rehearsal: Rehearsal,
  facts: { readonly deployment: string; readonly left: readonly string[] },
): string {
  const { cases, noise, warnings, runs, watchedMs } = rehearsal;
  const scenarios = [...new Set(cases.map(({ scenario }) => scenario))];
  return [
    `${facts.deployment}: ${runs} rehearsals, each watched for ${watchedMs / 60_000} min`,
    ...(facts.left.length === 0
      ? []
      : [`not rehearsed: ${facts.left.join(', ')}; name one with --service`]),
    ...warnings.map((warning) => `warning: ${warning}`),
    ...scenarios.flatMap((scenario) => {
      const rows = cases.filter((row) => row.scenario === scenario);
      return ['', `${scenario}: ${REHEARSALS[scenario]}`, ...tableOf(rows), ...heldOf(rows)];
    }),
    '',
    'false removals a year, by probe noise',
    ...noise.map(
      (line) =>
        `  ${line.service}, ${line.endpoints} endpoints, ${line.noisePercent} % of the probes: ${amount(line.falseRemovalsPerYear)}`,
    ),
    '',
    ...REHEARSAL_ASSUMPTIONS.map((text) => `- ${text}`),
  ].join('\n');
}

const HEAD = [
  'service',
  'what',
  'out of DNS',
  'detect',
  'decide',
  'commit',
  '90 % moved',
  'black-holed s',
  'omniscient',
  'health checks',
  'nothing',
];

function tableOf(rows: readonly RehearsedService[]): readonly string[] {
  const cells = rows.map((row) => [
    row.service,
    row.region,
    `${row.moved} of ${row.runs}`,
    timesText(row.detect),
    timesText(row.decide),
    timesText(row.commit),
    timesText(row.moved90),
    row.blackHoled.quorate.toFixed(1),
    row.blackHoled.omniscient.toFixed(1),
    row.blackHoled.healthChecks.toFixed(1),
    row.blackHoled.nothing.toFixed(1),
  ]);
  const widths = HEAD.map((head, i) =>
    Math.max(head.length, ...cells.map((row) => (row[i] ?? '').length)),
  );
  return [HEAD, ...cells].map((row) =>
    `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd(),
  );
}

/** p50/p99 in seconds. */
const timesText = (times: Percentiles | null): string =>
  times === null ? '-' : `${seconds(times.p50Ms)}/${seconds(times.p99Ms)} s`;
const seconds = (ms: number): string => (ms / 1_000).toFixed(0);

const heldOf = (rows: readonly RehearsedService[]): readonly string[] =>
  [
    ...new Set(
      rows.flatMap(({ service, withheld }) => withheld.map((text) => `${service} ${text}`)),
    ),
  ].map((text) => `  ${text}`);
