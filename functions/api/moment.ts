/**
 * A time as a caller writes it → epoch ms. Three ways: an instant with its zone, epoch ms, or how long ago
 * (`7d`). What is no time on the calendar is refused with the rest.
 */
import * as v from 'valibot';
import { type EpochMs, epochMs } from '../../shared/core/model.ts';
import { parseDuration } from '../../shared/core/units.ts';

const INSTANT = String.raw`\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})`;
const AGO = String.raw`\d{1,5}(?:ms|s|m|h|d)`;
/** The calendar itself ends where `Date` ends; no report is older than this century. */
const MOMENT = new RegExp(`^(?:${INSTANT}|\\d{12,14}|${AGO})$`);

export const momentSchema = v.pipe(
  v.string(),
  v.regex(MOMENT, 'a time as 2026-11-23T14:05:00Z, as epoch ms, or how long ago, as 7d'),
  v.description('an instant, epoch ms, or how long ago (7d)'),
);

/** Undefined: there is no such day or hour. */
export function momentOf(text: string, now: EpochMs): EpochMs | undefined {
  const agoMs = parseDuration(text);
  if (agoMs !== undefined) return epochMs(Math.max(0, now - agoMs));
  const at = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isFinite(at) ? epochMs(at) : undefined;
}
