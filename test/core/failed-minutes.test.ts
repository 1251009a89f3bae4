/** When in an hour an endpoint failed: printing loses nothing, and no text makes reading throw. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addFailedMinutes,
  parseFailedMinutes,
  printFailedMinutes,
} from '../../shared/core/failed-minutes.ts';

describe('failed minutes', () => {
  const MINUTES = [
    { minute: 3, passes: 2, failures: 4 },
    { minute: 59, passes: 0, failures: 6 },
  ];

  it('are printed as one line, and read again', () => {
    expect(printFailedMinutes(MINUTES)).toBe('3:2/4 59:0/6');
    expect(parseFailedMinutes('3:2/4 59:0/6')).toEqual(MINUTES);
  });

  it('add up per minute, in order', () => {
    expect(addFailedMinutes([MINUTES[1]!, MINUTES[0]!, MINUTES[1]!])).toEqual([
      MINUTES[0],
      { minute: 59, passes: 0, failures: 12 },
    ]);
  });

  it.each([
    ['nothing', ''],
    ['a minute that is none', '60:1/1'],
    ['a count that is none', '3:1/x'],
    ['one good part and one bad one', '3:2/4 bad'],
    ['more than an hour has', Array.from({ length: 61 }, () => '3:1/1').join(' ')],
  ])('%s is no minutes', (_, text) => {
    expect(parseFailedMinutes(text)).toBeUndefined();
  });

  it('what is printed is read again', () => {
    const minutes = fc.uniqueArray(
      fc.record({
        minute: fc.nat(59),
        passes: fc.nat(1000),
        failures: fc.integer({ min: 1, max: 1000 }),
      }),
      { minLength: 1, selector: ({ minute }) => minute },
    );

    fc.assert(
      fc.property(minutes, (all) => {
        expect(parseFailedMinutes(printFailedMinutes(all))).toEqual(all);
      }),
    );
  });

  it('no text makes reading throw', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseFailedMinutes(text)).toBeUndefined();
      }),
    );
  });
});
