/** What one worker is asked to run, as plain data, and the line that repeats it on any machine. */
import type { Scenario } from '../scenario.ts';
import { minutesOf } from './lengths.ts';
import { drawScenario, SCENARIOS } from './parts.ts';

export type Job =
  /** Drawn from the seed: which faults there are, when, how strong. */
  | { readonly kind: 'swarm'; readonly seed: number; readonly minutes: number }
  /** By name: what happens is written down, chance is in the seed. */
  | { readonly kind: 'named'; readonly seed: number; readonly name: string }
  | { readonly kind: 'given'; readonly scenario: Scenario; readonly file: string };

export function scenarioOf(job: Job): Scenario {
  switch (job.kind) {
    case 'swarm':
      return drawScenario(String(job.seed), { durationMs: job.minutes * 60_000 });
    case 'named': {
      const make = SCENARIOS[job.name];
      if (make === undefined) {
        const known = Object.keys(SCENARIOS).join(', ');
        throw new Error(`There is no scenario ${job.name}. Known: ${known}.`);
      }
      return make(String(job.seed));
    }
    case 'given':
      return job.scenario;
  }
}

export function replayOf(job: Job): string {
  switch (job.kind) {
    case 'swarm': {
      const minutes = job.minutes === minutesOf(job.seed) ? '' : ` --minutes ${job.minutes}`;
      return `npm run sim -- --seed ${job.seed}${minutes}`;
    }
    case 'named':
      return `npm run sim -- --scenario ${job.name} --seed ${job.seed}`;
    case 'given':
      return `npm run sim -- --scenario-file ${job.file}`;
  }
}

/** In tables: a seed by its number, anything else by its name, too. */
export const jobName = (job: Job): string =>
  job.kind === 'swarm'
    ? `seed ${job.seed}`
    : job.kind === 'named'
      ? `${job.name}, seed ${job.seed}`
      : job.file;
