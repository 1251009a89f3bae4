/**
 * Outcomes of many seeds → one summary: counts per fault and marker, speed, failures with the line that
 * repeats them, and one hash over all trace hashes. A run that never met a fault or a marker it should
 * have met has shown less than it says: that is told as what is missing.
 */
import { createHash } from 'node:crypto';
import type { ClientReport, SeedOutcome } from '../scenario.ts';
import { type Job, jobName, replayOf } from './jobs.ts';
import { addTimings, summaryOf, type TimingSummary } from './timings.ts';
import type { Answered } from './worker.ts';

export type Failure = {
  readonly seed: string;
  readonly scenario: string;
  readonly invariant: string;
  readonly why: string;
  readonly atMs: number;
  readonly replay: string;
};

export type Summary = {
  readonly event: 'summary';
  readonly seeds: number;
  readonly scenarios: number;
  readonly simulatedDays: number;
  readonly violations: number;
  /** Simulated time per time of one core. */
  readonly speedPerCore: number;
  readonly seconds: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly markers: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
  readonly clients: ClientReport;
  /** From what happened to what was done about it, where nothing stood in the way. */
  readonly timings: Readonly<Record<string, TimingSummary>>;
  /** Seeds run twice, and how many of them had another trace hash the second time. */
  readonly hashes: { readonly verified: number; readonly differ: readonly string[] };
  readonly missing: { readonly faults: readonly string[]; readonly markers: readonly string[] };
  readonly commit: string;
  /** Over the trace hashes of all seeds. */
  readonly traceHash: string;
};

export type Tally = {
  readonly add: (job: Job, outcome: Answered) => readonly Failure[];
  /** The second run of a job, in whatever order the two end. */
  readonly verify: (job: Job, outcome: Answered) => void;
  readonly failures: () => readonly Failure[];
  readonly seeds: () => number;
  readonly days: () => number;
  readonly summary: (facts: Pick<Summary, 'commit' | 'seconds'>) => Summary;
};

const DAY_MS = 86_400_000;

export function newTally(expected: {
  readonly faults: readonly string[];
  readonly markers: readonly string[];
}): Tally {
  const faults = Object.fromEntries(expected.faults.map((row) => [row, 0]));
  const markers = Object.fromEntries(expected.markers.map((name) => [name, 0]));
  const failures: Failure[] = [];
  const hashes = new Map<string, string>();
  const again: { readonly job: Job; readonly traceHash: string }[] = [];
  const clients = {
    blackHoledSeconds: 0,
    omniscientSeconds: 0,
    nothingSeconds: 0,
    healthCheckSeconds: 0,
  };
  const timings: Record<string, number[]> = {};
  let seeds = 0;
  let scenarios = 0;
  let simulatedMs = 0;
  let cpuMs = 0;
  const days = (): number => simulatedMs / DAY_MS;

  return {
    add: (job, outcome) => {
      if (job.kind === 'swarm') seeds += 1;
      else scenarios += 1;
      simulatedMs += outcome.simulatedMs;
      cpuMs += outcome.cpuMs;
      addCounts(faults, outcome.faults);
      addCounts(markers, outcome.markers);
      addTimings(timings, outcome.timings);
      for (const key of Object.keys(clients) as (keyof ClientReport)[]) {
        clients[key] += outcome.clients[key];
      }
      hashes.set(jobName(job), outcome.traceHash);
      const [first] = failuresOf(job, outcome);
      if (first === undefined) return [];
      failures.push(first);
      return [first];
    },
    verify: (job, { traceHash }) => void again.push({ job, traceHash }),
    failures: () => failures,
    seeds: () => seeds,
    days,
    summary: (facts) => ({
      event: 'summary',
      seeds,
      scenarios,
      simulatedDays: rounded(days(), 2),
      violations: failures.length,
      speedPerCore: cpuMs === 0 ? 0 : Math.round(simulatedMs / cpuMs),
      ...facts,
      faults: sorted(faults),
      markers,
      failures,
      clients: {
        blackHoledSeconds: rounded(clients.blackHoledSeconds, 1),
        omniscientSeconds: rounded(clients.omniscientSeconds, 1),
        nothingSeconds: rounded(clients.nothingSeconds, 1),
        healthCheckSeconds: rounded(clients.healthCheckSeconds, 1),
      },
      timings: Object.fromEntries(
        Object.entries(timings).map(([name, ms]) => [name, summaryOf(ms)]),
      ),
      hashes: {
        verified: again.length,
        differ: again
          .filter(({ job, traceHash }) => hashes.get(jobName(job)) !== traceHash)
          .map(({ job }) => replayOf(job)),
      },
      missing: { faults: neverSeen(sorted(faults)), markers: neverSeen(markers) },
      traceHash: hashOver(hashes),
    }),
  };
}

/** The first broken invariant of a seed ends it; what was broken in the same moment belongs to it. */
const failuresOf = (job: Job, { seed, scenario, violations }: SeedOutcome): readonly Failure[] =>
  violations.map(({ invariant, why, atMs }) => ({
    seed,
    scenario,
    invariant,
    why,
    atMs,
    replay: replayOf(job),
  }));

const addCounts = (total: Record<string, number>, more: Readonly<Record<string, number>>): void => {
  for (const [key, count] of Object.entries(more)) total[key] = (total[key] ?? 0) + count;
};

const neverSeen = (counts: Readonly<Record<string, number>>): readonly string[] =>
  Object.keys(counts).filter((key) => counts[key] === 0);

/** F2 before F10. */
const sorted = (counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(counts).sort(
      ([a], [b]) => Number(a.replace(/\D/g, '')) - Number(b.replace(/\D/g, '')),
    ),
  );

const rounded = (n: number, digits: number): number => Number(n.toFixed(digits));

function hashOver(hashes: ReadonlyMap<string, string>): string {
  const sha = createHash('sha256');
  for (const [name, hash] of [...hashes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    sha.update(`${name} ${hash}\n`);
  }
  return sha.digest('hex');
}
