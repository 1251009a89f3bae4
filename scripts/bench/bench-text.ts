/** The report's cells → what people read: the settings, one table per contender, and what it means. */
import type { Break, Facts } from './contender.ts';
import { ASK_EVERY_MS } from './poller.ts';
import { type Cell, isDisturbed, MEASURES, resolutionOf, STARVED_MS } from './report.ts';
import type { Sample } from './run-bench.ts';
import type { Summary } from './statistics.ts';
import { QUIET_ANSWERS } from './trace.ts';

const TITLES: Readonly<Record<Break, string>> = { kill: 'killed', hang: 'hung' };
const FROM: Readonly<Record<keyof typeof MEASURES, string>> = {
  gone: 'fault →',
  back: 'healing →',
  full: 'healing →',
};

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const exact = (ms: number): string => `${Number((ms / 1000).toFixed(3))} s`;

export function sampleText(sample: Sample, runs: number): string {
  const shown = (ms: number | null): string => (ms === null ? 'never' : seconds(ms));
  const { contender, fault, run, phase, goneMs, backMs, fullMs } = sample;
  return (
    `${contender} ${TITLES[fault].padEnd(6)} ${String(run).padStart(3)} of ${runs}  ` +
    `phase ${phase.toFixed(2)}  gone ${shown(goneMs)}  back ${shown(backMs)}  full ${shown(fullMs)}`
  );
}

export function settingsText(contender: string, facts: Facts): string {
  const { ramp, rampStepMs, holdDownMs } = facts;
  const parts = [
    `every ${exact(facts.everyMs)}`,
    `fall ${facts.fall}`,
    `rise ${facts.rise}`,
    `timeout ${exact(facts.timeoutMs)}`,
    `quorum ${facts.quorum} of ${facts.vantages}`,
    `round ${exact(facts.roundMs)}`,
    `replication ${exact(facts.replicationLagMs)}`,
    `poll ${exact(facts.pollMs)}`,
    `INSYNC ${exact(facts.insyncDelayMs)}`,
    `schedule ${exact(facts.schedulePeriodMs)}`,
    `hold-down ${exact(holdDownMs)}`,
    ...(ramp.length === 0
      ? []
      : [`ramp ${ramp.map((percent) => `${percent} %`).join(', ')} each ${exact(rampStepMs)}`]),
  ];
  return `${contender}: ${parts.join(' · ')}`;
}

const COLUMNS = ['n', 'min', 'median', 'p90', 'max', 'min', 'mean', 'worst', 'median', 'max'];
const NAME_WIDTH = 46;
const COLUMN_WIDTH = 8;

export function benchTable(cells: readonly Cell[]): string {
  const group = (text: string, columns: number): string =>
    text
      .padStart(Math.ceil((columns * COLUMN_WIDTH + text.length) / 2))
      .padEnd(columns * COLUMN_WIDTH);
  return [
    ' '.repeat(NAME_WIDTH + COLUMN_WIDTH) +
      group('measured', 4) +
      group('theory', 3) +
      group('ratio', 2),
    row('', COLUMNS),
    ...cells.map((cell) => {
      const name = `${TITLES[cell.fault].padEnd(7)} ${FROM[cell.measure]} ${MEASURES[cell.measure]}`;
      const { measured, theory, ratios, missing } = cell;
      const line = row(name, [
        String(measured?.n ?? 0),
        ...times(measured),
        seconds(theory.minMs),
        seconds(theory.meanMs),
        seconds(theory.worstMs),
        ratios === null ? '-' : ratios.median.toFixed(2),
        ratios === null ? '-' : ratios.max.toFixed(2),
      ]);
      return missing === 0 ? line : `${line}  ${missing} never`;
    }),
  ].join('\n');
}

const times = (measured: Summary | null): readonly string[] =>
  measured === null
    ? ['-', '-', '-', '-']
    : [measured.minMs, measured.medianMs, measured.p90Ms, measured.maxMs].map(seconds);

const row = (name: string, columns: readonly string[]): string =>
  name.padEnd(NAME_WIDTH) + columns.map((text) => text.padStart(COLUMN_WIDTH)).join('');

/** What the numbers are, and are not. */
export function notesText(samples: readonly Sample[], seed: number): string {
  const resolution = resolutionOf(samples);
  const known =
    resolution === null
      ? 'No answer changed.'
      : `The answers around a change lay ${resolution.medianMs} ms apart (median; ${resolution.p90Ms} ms p90, ${resolution.maxMs} ms at most): no time is known better.`;
  return [
    `"Last answer with it": no later answer names the endpoint until it is healed, at least ${QUIET_ANSWERS} of them.`,
    `"Full weight": the first answer after which none names another endpoint. Healed as soon as it is gone.`,
    `Each name is asked over UDP every ${ASK_EVERY_MS} ms. ${known}`,
    'Theory counts waiting only: looks of V vantages spread evenly, the rest of the round, lag, INSYNC; no work.',
    'Ratios: measured median to theory’s mean, measured maximum to theory’s worst. There is no pass or fail on time.',
    'Route 53 is the local one and its INSYNC delay is a setting; on AWS it is up to 60 s, and caches add the TTL.',
    ...disturbance(samples),
    `Seed ${seed}: the same phases again with --seed ${seed}.`,
  ].join('\n');
}

function disturbance(samples: readonly Sample[]): readonly string[] {
  const disturbed = samples.filter(isDisturbed);
  if (disturbed.length === 0) return [];
  const worstMs = Math.max(...disturbed.map(({ pauseMs }) => pauseMs));
  return [
    `BUSY MACHINE: in ${disturbed.length} of ${samples.length} samples everything stood still for over ${STARVED_MS} ms (${worstMs} ms at worst), where vantages abstain: repeat it with nothing else running.`,
  ];
}
