/** Pulses: who decides, and whose turn it is to tell the outside. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metricNamespace } from '../../shared/core/metric.ts';
import { epochMs, type VantageId, vantageId } from '../../shared/core/model.ts';
import { decidingRegions, majorityOf, PULSE_FRESH_MS, teller } from '../../shared/core/pulse.ts';

const NOW = epochMs(1_782_907_200_000);
const [EU, US, AP] = ['eu-west-1', 'us-east-1', 'ap-southeast-1'].map(vantageId) as [
  VantageId,
  VantageId,
  VantageId,
];
const ALL = [EU, US, AP];

describe('a pulse', () => {
  it.each([
    ['counts when it is new', 0, true],
    ['counts while it is fresh', -PULSE_FRESH_MS, true],
    ['no longer counts when it is stale', -PULSE_FRESH_MS - 1, false],
    ['counts a little ahead, as clocks are', 5_000, true],
    ['does not count from the future', 5_001, false],
  ])('%s', (_, offset, counts) => {
    const items = new Map([[EU, { region: EU, at: NOW + offset }]]);

    expect(decidingRegions(ALL, items, NOW)).toEqual(counts ? [EU] : []);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['text', 'eu-west-1'],
    ['no time', { region: EU }],
    ['no region', { at: NOW }],
    ['another region', { region: US, at: NOW }],
    ['a time in words', { region: EU, at: '2026-07-01' }],
    ['half a millisecond', { region: EU, at: NOW + 0.5 }],
    ['no number', { region: EU, at: Number.NaN }],
  ])('of %s is none', (_, item) => {
    expect(decidingRegions(ALL, new Map([[EU, item]]), NOW)).toEqual([]);
  });

  it('of a region that is no vantage does not count', () => {
    const stranger = vantageId('sa-east-1');

    expect(decidingRegions(ALL, new Map([[stranger, { region: stranger, at: NOW }]]), NOW)).toEqual(
      [],
    );
  });

  it('lists those who decide in the order of the file', () => {
    const items = new Map([AP, EU].map((region) => [region, { region, at: NOW }]));

    expect(decidingRegions(ALL, items, NOW)).toEqual([EU, AP]);
  });
});

describe('whose turn it is', () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 3],
  ])('of %i regions %i are a majority', (regions, majority) => {
    expect(majorityOf(regions)).toBe(majority);
  });

  it('nobody tells below a majority', () => {
    expect(teller([EU], 3, NOW)).toBeUndefined();
    expect(teller([], 0, NOW)).toBeUndefined();
  });

  it('goes round by the minute, so that nobody is asked twice in a row', () => {
    const told = [0, 1, 2, 3].map((minute) => teller(ALL, 3, epochMs(NOW + minute * 60_000)));

    expect(new Set(told.slice(0, 3)).size).toBe(3);
    expect(told[3]).toBe(told[0]);
  });

  it('exactly one of those who see the same pulses tells in each minute', () => {
    fc.assert(
      fc.property(
        fc.subarray(ALL, { minLength: 2 }),
        fc.nat(10 ** 9),
        fc.nat(59_999),
        (deciding, minute, within) => {
          const begun = epochMs(minute * 60_000);
          const chosen = teller(deciding, ALL.length, begun);

          expect(deciding).toContain(chosen);
          expect(teller(deciding, ALL.length, epochMs(begun + within))).toBe(chosen);
        },
      ),
    );
  });
});

it('metrics of two deployments in one account lie apart', () => {
  expect(metricNamespace('quorate-prod')).toBe('Quorate/quorate-prod');
});
