/** `--since 7d` (or another flag), or a day or time as ISO 8601 → epoch ms, or a sentence that says how to write it. */
import { QuorateError } from '../../shared/core/errors.ts';
import { type EpochMs, epochMs } from '../../shared/core/model.ts';
import { safeText } from '../../shared/core/safe-text.ts';
import { parseDuration } from '../../shared/core/units.ts';

const ISO = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/;

export function sinceOf(text: string, now: EpochMs, flag = '--since'): EpochMs {
  const ago = parseDuration(text);
  const at = ago === undefined ? (ISO.test(text) ? Date.parse(text) : Number.NaN) : now - ago;
  if (Number.isNaN(at) || at > now) {
    throw new QuorateError(
      'BAD_REQUEST',
      `${flag} ${safeText(text)} is no time of the past; write 7d, 90m, 2026-11-23 or 2026-11-23T03:00:00Z`,
    );
  }
  return epochMs(Math.max(0, at));
}
