/** Rollups, records and marks to measure objectives on: one service, what failed when, who was served. */
import {
  digest,
  endpointId,
  epochMs,
  nonce,
  serviceId,
  vantageId,
} from '../../shared/core/model.ts';
import type { DecisionRecord, Mark } from '../../shared/core/record.ts';
import { hourOfMinutes, type Rollup, type RollupLine } from '../../shared/core/rollup.ts';
import { FAKE_START } from './fake-clock.ts';
import { VANTAGES } from './sample-service.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
/** A full hour. */
export const START = FAKE_START;

export const tally = (
  endpoint: string,
  passes: number,
  failures = 0,
  changes: Partial<RollupLine> = {},
): RollupLine => ({
  service: serviceId('app'),
  endpoint: endpointId(endpoint),
  passes,
  failures,
  skipped: 0,
  histogram: passes === 0 ? {} : { 50: passes },
  ...changes,
});

/** `at`: minutes since the start. */
export const minute = (
  at: number,
  lines: readonly RollupLine[],
  vantage: string = String(VANTAGES[0]),
): Rollup => ({
  vantage: vantageId(vantage),
  span: 'minute',
  startAt: epochMs(START + at * MINUTE),
  run: 'r1',
  lines,
});

/** `at`: hours since the start; of each of its minutes the lines, as a vantage would have added them up. */
export const hour = (
  at: number,
  linesOf: (minute: number) => readonly RollupLine[],
  vantage: string = String(VANTAGES[0]),
): Rollup =>
  hourOfMinutes(
    {
      vantage: vantageId(vantage),
      span: 'hour',
      startAt: epochMs(START + at * HOUR),
      run: 'hour',
    },
    Array.from({ length: 60 }, (_, n) => minute(at * 60 + n, linesOf(n), vantage)).filter(
      ({ lines }) => lines.length > 0,
    ),
  );

type Weights = Readonly<Record<string, number>>;

/** `at`: minutes since the start. */
export const committed = (
  generation: number,
  at: number,
  from: Weights,
  to: Weights,
): { readonly record: DecisionRecord; readonly mark: Mark } => {
  const common = {
    service: serviceId('app'),
    generation,
    nonce: nonce(`nonce${String(generation).padStart(3, '0')}`),
    region: VANTAGES[0]!,
    at: epochMs(START + at * MINUTE),
  };
  return {
    record: {
      ...common,
      format: 1,
      parent: null,
      actor: 'quorum@eu-west-1',
      config: digest('settings-digest-0000001'),
      lines: Object.entries(to).map(([endpoint, weight]) => ({
        endpoint,
        verdict: 'up',
        from: from[endpoint] ?? 0,
        to: weight,
        code: 'healthy',
        sentence: '',
        votes: {},
      })),
      sentences: [],
      plan: '',
      checksum: '9c1f4e',
      outbox: [],
    },
    mark: { ...common, kind: 'committed', detail: '' },
  };
};
