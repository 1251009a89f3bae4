/**
 * Seeds and scenarios that once failed, each with what it found, shrunk to what is needed. They run with every
 * `npm test` for good, so that what they found stays found.
 */
import type { Scenario } from './scenario.ts';
import { STANDARD_FILE } from './world/sim-config.ts';

export type Regression = {
  /** What was wrong, as a sentence, and which seed showed it first. */
  readonly found: string;
  readonly invariant: string;
  readonly scenario: Scenario;
};

const MINUTE = 60_000;

export const REGRESSIONS: readonly Regression[] = [
  {
    found:
      'a region whose replica was cut off for minutes wrote what it found over the record that it missed (seed 2)',
    invariant: 'S13',
    scenario: {
      name: 'found-over-record',
      seed: 'found',
      file: STANDARD_FILE,
      faults: [
        {
          kind: 'replica-cut-off',
          fromMs: 1 * MINUTE,
          untilMs: 13 * MINUTE,
          params: { region: 'eu-west-1' },
        },
        {
          kind: 'endpoint-refuses',
          fromMs: 65_000,
          untilMs: 12 * MINUTE,
          params: { service: 'app', endpoint: 'us-east-1', code: 'refused' },
        },
      ],
      healAtMs: 13.5 * MINUTE,
      endAtMs: 14 * MINUTE,
    },
  },
];
