import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseDuration,
  parsePercent,
  parseStatusRange,
  parseVelocity,
  parseWeekTime,
  printDuration,
  printWeekTime,
} from '../../shared/core/units.ts';
import { holds } from '../fixtures/holds.ts';

describe('durations', () => {
  it.each([
    ['800ms', 800],
    ['10s', 10_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['21d', 1_814_400_000],
    ['0s', 0],
    ['1d2h3m4s5ms', 93_784_005],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    '',
    '10',
    's',
    '-1s',
    '1.5h',
    '10 s',
    '10S',
    '5s5m',
    '1e3s',
    ' 10s',
    '10s\n',
    '99999999s',
  ])('does not guess what %j means', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('are read as they are printed, for every whole number of milliseconds', () => {
    holds(
      fc.property(fc.integer({ min: 0, max: 100 * 365 * 86_400_000 }), (ms) => {
        expect(parseDuration(printDuration(ms))).toBe(ms);
      }),
    );
  });

  it('print in the shortest way', () => {
    expect([0, 90_000, 86_400_000, 1_001].map(printDuration)).toEqual([
      '0s',
      '1m30s',
      '1d',
      '1s1ms',
    ]);
  });
});

describe('percentages', () => {
  it('reads whole and broken ones up to 100', () => {
    expect(['0%', '10%', '99.95 %', '100%'].map(parsePercent)).toEqual([0, 10, 99.95, 100]);
  });

  it.each(['', '10', '%', '101%', '-1%', '1e1%', '10%%', '1.%'])('refuses %j', (text) => {
    expect(parsePercent(text)).toBeUndefined();
  });
});

describe('status ranges', () => {
  it('reads one status and an ascending range', () => {
    expect(parseStatusRange('429')).toEqual({ from: 429, to: 429 });
    expect(parseStatusRange('200-299')).toEqual({ from: 200, to: 299 });
  });

  it.each(['', '99', '600', '2xx', '299-200', '200-', '200 - 299'])('refuses %j', (text) => {
    expect(parseStatusRange(text)).toBeUndefined();
  });
});

describe('times of the week', () => {
  it('are a day and a time, in UTC', () => {
    expect(parseWeekTime('Sun 00:00')).toEqual({ weekday: 0, minuteOfDay: 0 });
    expect(parseWeekTime('Sat 23:59')).toEqual({ weekday: 6, minuteOfDay: 1_439 });
  });

  it.each(['Tuesday 10:00', 'tue 10:00', 'Tue 10', 'Tue 9:00', 'Tue 24:00', 'Tue 10:60', '10:00'])(
    'are not %s',
    (text) => {
      expect(parseWeekTime(text)).toBeUndefined();
    },
  );

  it('are printed as they are written', () => {
    holds(
      fc.property(fc.nat({ max: 6 }), fc.nat({ max: 1_439 }), (weekday, minuteOfDay) => {
        const time = { weekday, minuteOfDay };

        expect(parseWeekTime(printWeekTime(time))).toEqual(time);
      }),
    );
  });
});

describe('velocities', () => {
  it('reads regions per window', () => {
    expect(parseVelocity('1 per 10m')).toEqual({ regions: 1, windowMs: 600_000 });
    expect(parseVelocity('12 per 1h30m')).toEqual({ regions: 12, windowMs: 5_400_000 });
  });

  it.each(['', '1', '0 per 10m', '1 per 10', '1 per sm', '1  per 10m', '100 per 1h', '1/10m'])(
    'refuses %j',
    (text) => {
      expect(parseVelocity(text)).toBeUndefined();
    },
  );

  it('never throw, and neither does any other unit', () => {
    holds(
      fc.property(fc.string(), (text) => {
        for (const parse of [parseDuration, parsePercent, parseStatusRange, parseVelocity]) {
          expect(() => parse(text)).not.toThrow();
        }
      }),
    );
  });
});
