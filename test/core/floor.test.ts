import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floorOf, meetsFloor, regionWeights } from '../../shared/core/floor.ts';
import { regionId } from '../../shared/core/model.ts';
import { holds } from '../fixtures/holds.ts';

const endpoints = (
  weights: readonly (readonly [region: string, weight: number, tier?: number])[],
) => weights.map(([region, weight, tier = 1]) => ({ region: regionId(region), weight, tier }));

const derived = (...weights: Parameters<typeof endpoints>[0]) => ({
  policy: {},
  endpoints: endpoints(weights),
});

describe('the floor', () => {
  it.each([
    ['two equal regions', derived(['a', 100], ['b', 100]), 50],
    ['three equal regions', derived(['a', 100], ['b', 100], ['c', 100]), 50],
    ['100 + 50', derived(['a', 100], ['b', 50]), 33],
    ['one region', derived(['a', 100]), 0],
    ['two endpoints of one region', derived(['a', 100], ['a', 50]), 0],
    ['no weight at all', derived(['a', 0], ['b', 0]), 0],
    ['no endpoint', derived(), 0],
    ['an idle second tier', derived(['a', 100], ['b', 100], ['c', 255, 2]), 50],
  ])('of %s is what losing the heaviest region leaves, at most half', (_title, service, floor) => {
    expect(floorOf(service, 1)).toBe(floor);
  });

  it("is each tier's own", () => {
    const service = derived(['a', 100], ['b', 100], ['c', 90, 2], ['d', 10, 2]);

    expect([1, 2, 3].map((tier) => floorOf(service, tier))).toEqual([50, 10, 0]);
  });

  it('is the configured one where there is one', () => {
    expect(floorOf({ ...derived(['a', 1]), policy: { floorPercent: 80 } }, 1)).toBe(80);
  });

  it('is met exactly at the floor, without rounding', () => {
    expect(meetsFloor(1, 3, 33)).toBe(true);
    expect(meetsFloor(1, 3, 34)).toBe(false);
    expect(meetsFloor(50, 100, 50)).toBe(true);
    expect(meetsFloor(0, 0, 50)).toBe(true);
  });

  it('as derived never withholds the loss of a single region', () => {
    const region = fc.tuple(
      fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      fc.integer({ min: 0, max: 255 }),
    );
    holds(
      fc.property(fc.array(region, { maxLength: 50 }), (weights) => {
        const service = derived(...weights);
        const regions = [...regionWeights(service.endpoints, 1).values()];
        const total = regions.reduce((sum, weight) => sum + weight, 0);

        for (const weight of regions) {
          expect(meetsFloor(total - weight, total, floorOf(service, 1))).toBe(true);
        }
      }),
    );
  });

  it('as derived is a whole percentage from 0 to 50', () => {
    const weighted = fc.tuple(
      fc.string(),
      fc.integer({ min: 0, max: 255 }),
      fc.integer({ min: 1, max: 3 }),
    );
    holds(
      fc.property(fc.array(weighted), fc.integer({ min: 1, max: 3 }), (weights, tier) => {
        const floor = floorOf(derived(...weights), tier);

        expect(Number.isInteger(floor) && floor >= 0 && floor <= 50).toBe(true);
      }),
    );
  });
});
