/** GET /world: which vantages report, by the same freshness as the core's. */
import { describe, expect, it } from 'vitest';
import { type StateParts, worldState } from '../../scripts/local/world-state.ts';
import { sampleService } from '../fakes/sample-service.ts';

const NOW = 1_800_000_000_000;

describe('the state of a vantage', () => {
  it.each([
    ['reporting', 5_000, 20_000],
    ['silent', 5_000, 20_001],
    ['reporting', 30_000, 90_000],
    ['silent', 30_000, 90_001],
    ['reporting', 5_000, -5_000],
    ['silent', 5_000, -5_001],
  ])('is %s when it looks every %d ms and its report is %d ms old', (state, everyMs, ageMs) => {
    const { vantages } = worldState(
      parts({
        services: [sampleService({ everyMs })],
        reports: new Map([['eu-west-1', { observedAt: NOW - ageMs, isolated: false }]]),
      }),
    );

    expect(vantages).toEqual([{ vantage: 'eu-west-1', state, reportAgeMs: ageMs }]);
  });

  it('is silent without a report, isolated by its own word, down once it was taken down', () => {
    const isolated = new Map([['eu-west-1', { observedAt: NOW, isolated: true }]]);
    const stateOf = (changes: Partial<StateParts>): string | undefined =>
      worldState(parts(changes)).vantages[0]?.state;

    expect(stateOf({})).toBe('silent');
    expect(stateOf({ reports: isolated })).toBe('isolated');
    expect(stateOf({ reports: isolated, downVantages: new Set(['eu-west-1']) })).toBe('down');
  });
});

const parts = (changes: Partial<StateParts>): StateParts => ({
  now: NOW,
  ready: true,
  deployment: 'quorate-test',
  vantages: ['eu-west-1'],
  downVantages: new Set(),
  reports: new Map(),
  services: [sampleService()],
  played: [],
  viewOf: () => ({ ballotOf: () => 'silent', verdictOf: () => undefined }),
  generationOf: () => null,
  decisions: new Map(),
  served: () => [],
  answers: new Map(),
  faults: [],
  orders: [],
  news: [],
  inbox: [],
  notes: [],
  ...changes,
});
