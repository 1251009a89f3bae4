/** What a drill prints for people: the way of a removal, and every difference by name. */
import { describe, expect, it } from 'vitest';
import { drillTable, timelineText } from '../../scripts/drills/drill-text.ts';
import { type DrillResult, NO_TIMELINE } from '../../scripts/drills/scenario.ts';

const removal: DrillResult = {
  scenario: 'region-loss',
  ok: true,
  expected: { answered: 'a b', inTime: true },
  observed: { answered: 'a b', inTime: true },
  timeline: {
    faultAt: 1_000,
    firstFailedProbe: 1_400,
    verdict: 8_900,
    commit: 9_100,
    insync: 9_600,
    dns: 9_450,
  },
  msToVerdict: 7_900,
  msToDns: 8_450,
};
const calm: DrillResult = {
  scenario: 'gray-failure',
  ok: false,
  expected: { commits: 0, degraded: true },
  observed: { commits: 1, degraded: true },
  timeline: NO_TIMELINE,
  msToVerdict: null,
  msToDns: null,
};

describe('a drill in words', () => {
  it('tells the way from the fault to the last DNS answer', () => {
    expect(timelineText(removal)).toBe(
      'ok   region-loss   first failed probe 0.4 s → verdict 7.9 s → commit 8.1 s → INSYNC 8.6 s → last DNS answer 8.4 s',
    );
  });

  it('names what differs, and only that', () => {
    expect(timelineText(calm)).toBe('FAIL gray-failure\n     commits: expected 0, observed 1');
  });

  it('says why a drill could not be played', () => {
    const error = 'the world was not ready within 60 s';

    expect(timelineText({ ...calm, expected: {}, observed: {}, error })).toBe(
      `FAIL gray-failure\n     ${error}`,
    );
  });

  it('ends with one row per scenario, sorted, and the count', () => {
    expect(drillTable([removal, calm])).toBe(
      [
        '',
        '      scenario      to verdict      to DNS',
        'FAIL  gray-failure           -           -',
        'ok    region-loss        7.9 s       8.4 s',
        '',
        '1 of 2 as expected',
      ].join('\n'),
    );
  });
});
