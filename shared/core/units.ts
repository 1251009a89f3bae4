/**
 * Durations, percentages, status ranges and velocities as people write them ↔ integers. What isn't
 * understood is `undefined`, never a guess: a bare `10` could be seconds or milliseconds, so it is
 * refused. The patterns are exported because editors check them too, by the JSON Schema.
 */
import type { StatusRange } from './model.ts';

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

const UNIT_MS = { ms: 1, s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS } as const;
type Unit = keyof typeof UNIT_MS;

/** `10s`, `800ms`, `1h30m`: at most 7 digits per part, so that no sum is inexact. */
export const DURATION_PATTERN =
  /^(?=\d)(?:\d{1,7}d)?(?:\d{1,7}h)?(?:\d{1,7}m)?(?:\d{1,7}s)?(?:\d{1,7}ms)?$/;
const DURATION_PART = /(\d+)(ms|d|h|m|s)/g;

export function parseDuration(text: string): number | undefined {
  if (!DURATION_PATTERN.test(text)) return undefined;
  return [...text.matchAll(DURATION_PART)].reduce(
    (total, [, digits, unit]) => total + Number(digits) * UNIT_MS[unit as Unit],
    0,
  );
}

/** The shortest way to write it: 90 000 → `1m30s`, 0 → `0s`. */
export function printDuration(ms: number): string {
  let rest = ms;
  let text = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms'] as const) {
    const count = Math.floor(rest / UNIT_MS[unit]);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * UNIT_MS[unit];
  }
  return text === '' ? '0s' : text;
}

export const PERCENT_PATTERN = /^\d{1,3}(?:\.\d{1,6})? ?%$/;

/** `10%`, `99.95 %`: at most 100. */
export function parsePercent(text: string): number | undefined {
  if (!PERCENT_PATTERN.test(text)) return undefined;
  const percent = Number.parseFloat(text);
  return percent <= 100 ? percent : undefined;
}

/** The place of a day in the list is its number: Sunday is 0. */
const WEEKDAYS: readonly string[] = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

export const WEEK_TIME_PATTERN = /^(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat) (?:[01]\d|2[0-3]):[0-5]\d$/;

export type WeekTime = { readonly weekday: number; readonly minuteOfDay: number };

/** `Tue 10:00`: once a week. */
export function parseWeekTime(text: string): WeekTime | undefined {
  if (!WEEK_TIME_PATTERN.test(text)) return undefined;
  const [day = '', time = ''] = text.split(' ');
  return {
    weekday: WEEKDAYS.indexOf(day),
    minuteOfDay: Number(time.slice(0, 2)) * 60 + Number(time.slice(3)),
  };
}

export const printWeekTime = ({ weekday, minuteOfDay }: WeekTime): string => {
  const hours = String(Math.floor(minuteOfDay / 60)).padStart(2, '0');
  const minutes = String(minuteOfDay % 60).padStart(2, '0');
  return `${WEEKDAYS[weekday]} ${hours}:${minutes}`;
};

export const STATUS_PATTERN = /^[1-5]\d\d(?:-[1-5]\d\d)?$/;

/** `200-299` or `429`, ascending. */
export function parseStatusRange(text: string): StatusRange | undefined {
  if (!STATUS_PATTERN.test(text)) return undefined;
  const from = Number(text.slice(0, 3));
  const to = Number(text.slice(-3));
  return from <= to ? { from, to } : undefined;
}

export const VELOCITY_PATTERN = /^[1-9]\d? per [\dhms]{2,12}$/;

/** `1 per 10m`: regions per window. */
export function parseVelocity(
  text: string,
): { readonly regions: number; readonly windowMs: number } | undefined {
  if (!VELOCITY_PATTERN.test(text)) return undefined;
  const [regions = '', window = ''] = text.split(' per ');
  const windowMs = parseDuration(window);
  return windowMs === undefined ? undefined : { regions: Number(regions), windowMs };
}
