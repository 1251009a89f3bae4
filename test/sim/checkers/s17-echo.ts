/**
 * S17: no unsafe echo. What an endpoint answered is cut and made harmless before it reaches a report, and
 * nothing of it reaches DNS: fences hold the characters of codes, times and digests only.
 */
import type { MakeChecker } from '../scenario.ts';
import { bookOf } from './safety-book.ts';

const DETAIL_CHARACTERS_MAX = 120;

export const s17Echo: MakeChecker = (world, _scenario, fail) => {
  const book = bookOf(world);
  world.on((event) => {
    if (event.kind !== 'report-written' || !Array.isArray(event.report?.entries)) return;
    for (const { detail, endpoint } of event.report.entries) {
      if (typeof detail !== 'string' || detail === '') continue;
      if (
        detail.length > DETAIL_CHARACTERS_MAX ||
        /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(detail)
      ) {
        fail(
          'S17',
          `the report of ${event.by.region} on ${endpoint} holds ${JSON.stringify(detail.slice(0, 40))} (${detail.length} characters)`,
        );
      }
    }
  });
  book.onSent(({ fenceCreated, service }) => {
    const text = fenceCreated?.values?.join('') ?? '';
    if (/[^A-Za-z0-9 "=:,*@+_-]/.test(text)) {
      fail(
        'S17',
        `the fence of ${service.id} holds other characters than codes, times and digests`,
      );
    }
  });
  return { id: 'S17' };
};
