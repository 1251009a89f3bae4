/**
 * The two headers that writes rest on. `If-Match` names what the operator has seen: a generation of one
 * service, or the checksum of a plan; so two operators can't undo each other unseen. `Idempotency-Key`
 * makes a request that is sent again the same request.
 */
import type { Match } from '../../shared/rounds/override-round.ts';
import type { Asked } from './problem.ts';

const MATCH = /^"(?:g(\d{1,10})|p([\w-]{1,32}))"$/;
const KEY = /^[\x21-\x7e]{1,128}$/;

/** Null: it was not sent. */
export function matchOf(header: string | undefined): Asked<Match | null> {
  if (header === undefined) return { value: null };
  const [, generation, checksum] = MATCH.exec(header.trim()) ?? [];
  if (generation !== undefined) {
    return { value: { kind: 'generation', generation: Number(generation) } };
  }
  if (checksum !== undefined) return { value: { kind: 'checksum', checksum } };
  return {
    refusal: {
      code: 'BAD_REQUEST',
      detail:
        'If-Match must be one strong ETag: "g<generation>" of a service or "p<checksum>" of a dry run; weak tags, lists and * are not taken',
    },
  };
}

export function keyOf(header: string | undefined): Asked<string | null> {
  if (header === undefined) return { value: null };
  // The draft writes it as a quoted string; bare ones are common.
  const key = /^"(.*)"$/.exec(header.trim())?.[1] ?? header.trim();
  return KEY.test(key)
    ? { value: key }
    : {
        refusal: {
          code: 'BAD_REQUEST',
          detail: 'Idempotency-Key must have 1 to 128 visible ASCII characters, as a UUID has',
        },
      };
}
