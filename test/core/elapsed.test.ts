/** How long ago a noted moment is, on clocks that may have been wrong when it was noted. */
import { describe, expect, it } from 'vitest';
import { isWithin } from '../../shared/core/elapsed.ts';

describe('a noted moment', () => {
  it.each([
    ['just now', 0, true],
    ['a moment less ago than asked', 19_999, true],
    ['as long ago as asked', 20_000, false],
    ['as far ahead as clocks may differ', -5_000, true],
    ['further ahead: a clock was wrong', -5_001, false],
    ['an hour ahead', -3_600_000, false],
  ])('%s', (_, agoMs, expected) => {
    expect(isWithin(1_000_000 - agoMs, 20_000, 1_000_000)).toBe(expected);
  });
});
