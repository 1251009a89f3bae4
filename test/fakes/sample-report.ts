/** A report that parses, and an observation, to change one thing of. */

import type { Outcome } from '../../shared/core/condition.ts';
import { type EndpointId, endpointId, epochMs, serviceId } from '../../shared/core/model.ts';
import type { Observation } from '../../shared/core/observation.ts';
import type { Report, ReportEntry } from '../../shared/core/report.ts';
import { FAKE_START } from './fake-clock.ts';
import { sampleConfig, VANTAGES } from './sample-service.ts';

const VANTAGE = VANTAGES[0]!;

export const sampleEntry = (changes: Partial<ReportEntry> = {}): ReportEntry => ({
  service: serviceId('app'),
  endpoint: endpointId('us-east-1'),
  vote: 'down',
  failures: 4,
  passes: 0,
  sinceAt: FAKE_START,
  code: 'timeout',
  skipped: null,
  detail: 'no complete answer within 3 s',
  latencyMs: null,
  watch: [],
  ...changes,
});

export const sampleReport = (changes: Partial<Report> = {}): Report => ({
  format: 1,
  reads: { report: [1], fence: [1] },
  release: '0.1.0',
  vantage: VANTAGE,
  run: { startedAt: FAKE_START, id: 'n0000001' },
  config: sampleConfig().digest,
  rounds: [{ everyMs: 10_000, round: FAKE_START / 10_000, observedAt: FAKE_START }],
  selfCheck: { isolated: false, targets: 3, failed: 0 },
  unlisted: 2,
  entries: [sampleEntry()],
  changed: false,
  changedRoundsLeft: 0,
  ...changes,
});

export function sampleObservation(
  endpoint: EndpointId | string,
  outcome: Outcome | 'pass' | 'fail' | 'skipped',
  changes: Partial<Observation> = {},
): Observation {
  return {
    service: serviceId('app'),
    endpoint: endpointId(endpoint),
    vantage: VANTAGE,
    round: FAKE_START / 10_000,
    at: epochMs(FAKE_START),
    outcome: typeof outcome === 'string' ? outcomeOf(outcome) : outcome,
    latencyMs: outcome === 'pass' ? 42 : null,
    timings: null,
    watch: [],
    ...changes,
  };
}

function outcomeOf(kind: 'pass' | 'fail' | 'skipped'): Outcome {
  switch (kind) {
    case 'pass':
      return { kind };
    case 'fail':
      return { kind, code: 'timeout', detail: 'no complete answer within 3 s' };
    case 'skipped':
      return { kind, code: 'no-handles', detail: 'out of file handles' };
  }
}
