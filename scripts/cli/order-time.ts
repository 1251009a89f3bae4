/**
 * Begin and end of an order as people type them: `--for 2h`, `--until 14:05Z`, `--from 2026-11-24T02:00Z`.
 * A time of day is the next one, in UTC and said so by its Z: another zone is another hour at 3 a.m.
 */
import { QuorateError } from '../../shared/core/errors.ts';
import { ORDER_MS_MAX } from '../../shared/core/operation.ts';
import { safeText } from '../../shared/core/safe-text.ts';
import { DAY_MS, HOUR_MS, parseDuration } from '../../shared/core/units.ts';

export type EndOptions = { readonly for?: string; readonly until?: string };

const TIME_OF_DAY = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?Z$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/;
const HOURS_MAX = ORDER_MS_MAX / HOUR_MS;

export function endTyped(options: EndOptions, now: number): EndOptions {
  const { for: during, until } = options;
  if (during !== undefined && until !== undefined) throw bad('give --for or --until, not both');
  if (until !== undefined) return { until: timeTyped('--until', until, now) };
  if (during === undefined) {
    throw bad(
      `an order has an end: --for 2h, or --until 14:05Z; ${HOURS_MAX} h at most, and it can be extended`,
    );
  }
  const ms = parseDuration(during);
  if (ms === undefined || ms === 0) {
    throw bad(`--for ${safeText(during, 40)} is no duration; write 30m, 2h or 1h30m`);
  }
  if (ms > ORDER_MS_MAX) {
    throw bad(`--for ${during} is more than ${HOURS_MAX} h; give a shorter order and extend it`);
  }
  return { for: during };
}

/** As the API takes it. */
export function timeTyped(option: string, text: string, now: number): string {
  const [isTime, hours, minutes, seconds = '00'] = TIME_OF_DAY.exec(text) ?? [];
  if (isTime !== undefined) {
    const midnight = Math.floor(now / DAY_MS) * DAY_MS;
    const today =
      midnight + ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
    return new Date(today > now ? today : today + DAY_MS).toISOString().replace('.000Z', 'Z');
  }
  const at = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(at)) return new Date(at).toISOString().replace('.000Z', 'Z');
  throw bad(
    `${option} ${safeText(text, 40)} is no time with its zone; write 14:05Z or 2026-11-23T14:05:00Z`,
  );
}

const bad = (text: string): QuorateError => new QuorateError('BAD_REQUEST', text);
