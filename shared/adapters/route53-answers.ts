/**
 * A failed Route 53 call, sorted → what the port says of it: a reply of a write, or the error of a read
 * with a sentence for whoever has to act.
 */
import { QuorateError } from '../core/errors.ts';
import type { ZoneRef } from '../core/model.ts';
import type { CommitReply } from '../ports.ts';
import type { Failure } from './route53-failures.ts';

export function replyTo(failure: Failure): CommitReply {
  switch (failure.kind) {
    case 'refused':
      return { kind: 'refused', messages: failure.messages };
    case 'throttled':
      return { kind: 'throttled' };
    case 'busy':
      return { kind: 'busy' };
    case 'access-denied':
    case 'no-such-zone':
      return { kind: 'denied', code: failure.kind, message: failure.message };
    case 'invalid-input':
    case 'no-such-change':
      return { kind: 'denied', code: 'invalid-input', message: failure.message };
    case 'unknown':
      return { kind: 'unknown', message: failure.message };
  }
}

export function zoneError(
  zone: ZoneRef,
  failure: Failure,
  what: string,
  cause: unknown,
): QuorateError {
  const where = `zone ${zone.key} (${zone.id})`;
  const could = `could not ${what}`;
  switch (failure.kind) {
    case 'throttled':
      return new QuorateError(
        'ZONE_THROTTLED',
        `${where} ${could}: Route 53 is throttling the whole account; DNS is left alone, the next round tries again`,
        { cause },
      );
    case 'access-denied':
      return new QuorateError(
        'ACCESS_DENIED',
        `${where} ${could}: ${failure.message}; allow route53:ListResourceRecordSets and route53:GetChange ` +
          `to ${zone.role ?? "this function's role"}`,
        { cause },
      );
    case 'no-such-zone':
      return new QuorateError(
        'NOT_FOUND',
        `${where} ${could}: Route 53 knows no hosted zone ${zone.id}; correct the id of zones.${zone.key} in quorate.yml`,
        { cause },
      );
    case 'refused':
      // A read changes nothing: the message is only shown.
      return zoneError(
        zone,
        { kind: 'unknown', message: failure.messages.join(', ') },
        what,
        cause,
      );
    case 'busy':
    case 'invalid-input':
    case 'no-such-change':
    case 'unknown':
      return new QuorateError(
        'ZONE_UNAVAILABLE',
        `${where} ${could}: ${failure.message}; DNS is left alone, the next round tries again`,
        { cause },
      );
  }
}
