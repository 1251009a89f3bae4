import { describe, expect, it } from 'vitest';
import { correlationOf, roundCorrelation } from '../../shared/core/correlation.ts';
import { epochMs } from '../../shared/core/model.ts';
import type { VantageView } from '../../shared/core/vote.ts';
import { FAKE_START } from '../fakes/fake-clock.ts';
import { VANTAGES } from '../fakes/sample-service.ts';

describe('a correlation', () => {
  it('names a round by its vantage and its start, as its report does', () => {
    expect(roundCorrelation(VANTAGES[0]!, FAKE_START)).toBe('eu-west-1@2026-07-01T00:00:00.000Z');
  });

  it('of a decision is the newest round it rests on, beside all others', () => {
    const views = [reporting(0, 0), reporting(1, 3_000), silent(2), reporting(3, 1_000)];

    expect(correlationOf({ views, asofAt: null })).toEqual({
      correlation: 'us-east-1@2026-07-01T00:00:03.000Z',
      evidence: [
        'us-east-1@2026-07-01T00:00:03.000Z',
        'eu-central-1@2026-07-01T00:00:01.000Z',
        'eu-west-1@2026-07-01T00:00:00.000Z',
      ],
    });
  });

  it('of a decision on silence is none', () => {
    expect(correlationOf({ views: [silent(0)], asofAt: null })).toEqual({
      correlation: null,
      evidence: [],
    });
  });
});

const reporting = (at: number, ms: number): VantageView => ({
  vantage: VANTAGES[at]!,
  state: 'reporting',
  observedAt: epochMs(FAKE_START + ms),
  config: 'c',
  settings: null,
  fenceFormats: [1],
  ballots: new Map(),
});
const silent = (at: number): VantageView => ({
  vantage: VANTAGES[at]!,
  state: 'silent',
  why: 'missing',
  detail: '',
});
