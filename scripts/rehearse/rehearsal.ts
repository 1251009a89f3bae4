/**
 * Every case over several seeds → one stable document: times as p50 and p99 per scenario, region and
 * service, what clients met beside three others, what was held back, false removals by arithmetic, and
 * warnings. Numbers are whole milliseconds and rounded seconds, in the order of the file.
 */

import type { Config, Service } from '../../shared/core/model.ts';
import { span } from '../../shared/core/reason.ts';
import { type Case, casesOf, type RehearsalName } from './cases.ts';
import { falseRemovalsPerYear } from './noise.ts';
import { type CaseOutcome, type LostEndpoint, rehearseCase, WATCHED_MS } from './rehearse-case.ts';

export type Percentiles = { readonly p50Ms: number; readonly p99Ms: number };
export type RehearsedService = {
  readonly scenario: RehearsalName;
  readonly region: string;
  readonly service: string;
  readonly endpoints: readonly string[];
  readonly runs: number;
  /** In how many of them every lost endpoint left DNS. */
  readonly moved: number;
  readonly detect: Percentiles | null;
  readonly decide: Percentiles | null;
  readonly commit: Percentiles | null;
  readonly moved90: Percentiles | null;
  /** Means over the runs, in seconds of all clients, within the time watched. */
  readonly blackHoled: {
    readonly quorate: number;
    readonly omniscient: number;
    readonly healthChecks: number;
    readonly nothing: number;
  };
  readonly withheld: readonly string[];
};
export type NoiseLine = {
  readonly service: string;
  readonly noisePercent: number;
  readonly endpoints: number;
  readonly falseRemovalsPerYear: number;
};
export type Rehearsal = {
  readonly cases: readonly RehearsedService[];
  readonly noise: readonly NoiseLine[];
  readonly warnings: readonly string[];
  readonly watchedMs: number;
  readonly runs: number;
};

export type RehearsalGiven = {
  /** As simulated: `rehearsedFile`. */
  readonly config: Config;
  /** As written: warnings are said of it. */
  readonly file: Config;
  readonly names: readonly RehearsalName[];
  readonly seed: string;
  readonly seeds: number;
  readonly noisePercents: readonly number[];
  readonly onProgress: (done: number, of: number) => void;
  readonly signal: AbortSignal;
};

export async function rehearse(given: RehearsalGiven): Promise<Rehearsal> {
  const { config, file, names, seed, seeds, signal } = given;
  const cases = casesOf(config, names);
  const rows: RehearsedService[] = [];
  let done = 0;
  for (const one of cases) {
    const outcomes: CaseOutcome[] = [];
    for (let n = 1; n <= seeds; n += 1) {
      signal.throwIfAborted();
      outcomes.push(await rehearseCase(config, one, `${seed}/${n}`));
      done += 1;
      given.onProgress(done, cases.length * seeds);
    }
    rows.push(...rowsOf(config, one, outcomes));
  }
  const noise = file.services
    .filter(({ id }) => config.services.some((kept) => kept.id === id))
    .flatMap((service) => given.noisePercents.map((percent) => noiseOf(service, percent)));
  return {
    cases: rows,
    noise,
    warnings: warningsOf(file, config, rows, noise),
    watchedMs: WATCHED_MS,
    runs: cases.length * seeds,
  };
}

function rowsOf(
  config: Config,
  one: Case,
  outcomes: readonly CaseOutcome[],
): readonly RehearsedService[] {
  return config.services.flatMap((service) => {
    const runs = outcomes.map(({ lost }) => lost.filter((own) => own.service === service.id));
    const [first = []] = runs;
    if (first.length === 0) return [];
    /** The last of its endpoints counts. */
    const times = (of: (lost: LostEndpoint) => number | null): Percentiles | null =>
      percentiles(
        runs.flatMap((run) => {
          const all = run.map(of);
          return all.every((ms) => ms !== null) ? [Math.max(...all)] : [];
        }),
      );
    const mean = (of: (clients: CaseOutcome['clients'][number]) => number): number => {
      const own = outcomes.flatMap(({ clients }) =>
        clients.filter((each) => each.service === service.id).map(of),
      );
      return Math.round((10 * own.reduce((sum, each) => sum + each, 0)) / own.length) / 10;
    };
    const withheld = new Map(outcomes.flatMap((outcome) => [...outcome.withheld]));
    return [
      {
        scenario: one.scenario,
        region: one.region,
        service: service.id,
        endpoints: first.map(({ endpoint }) => endpoint),
        runs: runs.length,
        moved: runs.filter((run) => run.every(({ commitMs }) => commitMs !== null)).length,
        detect: times(({ detectMs }) => detectMs),
        decide: times(({ decideMs }) => decideMs),
        commit: times(({ commitMs }) => commitMs),
        moved90: times(({ moved90Ms }) => moved90Ms),
        blackHoled: {
          quorate: mean(({ blackHoledSeconds }) => blackHoledSeconds),
          omniscient: mean(({ omniscientSeconds }) => omniscientSeconds),
          healthChecks: mean(({ healthCheckSeconds }) => healthCheckSeconds),
          nothing: mean(({ nothingSeconds }) => nothingSeconds),
        },
        withheld: [...withheld]
          .filter(([key]) => key.startsWith(`${service.id} `))
          .map(([, text]) => text)
          .toSorted(),
      },
    ];
  });
}

/** Nearest rank: with few runs the p99 is the slowest. */
export function percentiles(values: readonly number[]): Percentiles | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const rank = (part: number): number =>
    Math.round(sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] as number);
  return { p50Ms: rank(0.5), p99Ms: rank(0.99) };
}

function noiseOf(service: Service, noisePercent: number): NoiseLine {
  const { vantages, quorum, everyMs, endpoints } = service;
  const perYear = endpoints.reduce(
    (sum, { check: { fall, rise } }) =>
      sum +
      falseRemovalsPerYear({
        vantages: vantages.length,
        quorum,
        fall,
        rise,
        everyMs,
        p: noisePercent / 100,
      }),
    0,
  );
  return {
    service: service.id,
    noisePercent,
    endpoints: endpoints.length,
    falseRemovalsPerYear: Number(perYear.toPrecision(3)),
  };
}

const ONCE_IN_YEARS_MIN = 1;
const LOSSES_WARNED = 2;

function warningsOf(
  file: Config,
  config: Config,
  rows: readonly RehearsedService[],
  noise: readonly NoiseLine[],
): readonly string[] {
  const services = file.services.filter(({ id }) => config.services.some((one) => one.id === id));
  return [
    ...services.flatMap(({ id, vantages, quorum, mode }) => {
      const stops = vantages.length - quorum + 1;
      return [
        ...(mode === 'observe'
          ? [
              `${id}: its mode is observe, so nothing of this would be written; it was rehearsed as enforce`,
            ]
          : []),
        ...(stops <= LOSSES_WARNED
          ? [
              `${id}: with ${vantages.length} vantages and quorum ${quorum}, losing ${stops === 1 ? 'one vantage' : 'two vantages'} stops automatic failover`,
            ]
          : []),
      ];
    }),
    ...rows.flatMap(({ scenario, region, service, runs, moved, withheld }) =>
      scenario === 'region-loss' && moved < runs
        ? [
            `${service}: the loss of ${region} was not followed by a change in ${runs - moved} of ${runs} runs within ${span(WATCHED_MS)}${withheld.length === 0 ? '' : `: ${withheld.join('; ')}`}`,
          ]
        : [],
    ),
    ...rows.flatMap(({ scenario, region, service, runs, moved }) =>
      scenario === 'partition' && moved > 0
        ? [
            `${service}: ${region} served everybody, only a minority of the vantages could not reach it, and it was removed in ${moved} of ${runs} runs`,
          ]
        : [],
    ),
    ...noise.flatMap(({ service, noisePercent, falseRemovalsPerYear: perYear }) =>
      perYear > ONCE_IN_YEARS_MIN
        ? [
            `${service}: if ${noisePercent} % of the probes fail by chance, expect ${amount(perYear)} false removals a year; a larger fall, or more vantages, makes them rare`,
          ]
        : [],
    ),
  ];
}

/** 0.0045, 34, 7400: three digits say it all. */
export function amount(value: number): string {
  if (value === 0) return '0';
  if (value < 1e-4) return value.toExponential(0);
  return String(Number(value.toPrecision(value >= 100 ? 3 : 2)));
}
