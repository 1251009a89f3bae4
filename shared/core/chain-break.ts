/**
 * What an audit can find wrong with a chain of records: the data, and what people are told of it. The
 * id of a finding is a digest of what it is about, so that one which was looked into can be named as
 * known, and nothing else hides behind it.
 */
import type { Digest, DigestOf } from './model.ts';

export const BREAK_CODES = [
  'missing',
  'found',
  'misplaced',
  'duplicate',
  'unreadable',
  'rolled-back',
  'unended',
  'no-anchor',
] as const;
export type BreakCode = (typeof BREAK_CODES)[number];

export type Break = {
  /** 6 characters: `--known <id>` says that somebody has looked into it. */
  readonly id: string;
  readonly code: BreakCode;
  /** Newest and oldest generation concerned; equal for one. Null where an item tells none. */
  readonly generation: number | null;
  readonly downTo: number | null;
  readonly what: string;
  readonly remedy: string;
};

/** What it is about, before it is put into words. */
export type Finding = {
  readonly code: BreakCode;
  readonly generation: number | null;
  readonly downTo?: number;
  /** The digest or key that is concerned. */
  readonly subject: string;
  /** Numbers and names that its sentence needs. */
  readonly detail?: string;
};

const REMEDIES: Readonly<Record<BreakCode, string>> = {
  missing:
    'look for it in another region (`quorate audit verify --direct --region …`), in the table’s point-in-time recovery and in CloudTrail for who wrote to the table',
  found:
    'look in CloudTrail for a table that was away at that time, or for a deletion; once it is explained, name it with --known',
  misplaced:
    'restore the item from the table’s point-in-time recovery, and look in CloudTrail for who wrote to the table',
  duplicate: 'look in CloudTrail for who wrote to the table; records are written once',
  unreadable:
    'restore the item from the table’s point-in-time recovery, and look in CloudTrail for who wrote to the table',
  'rolled-back':
    'ask again in a minute: if it stays, the zone was set back; compare `quorate status` with `quorate verify`, and settle the weights before anything else',
  unended:
    'if somebody deleted the `_quorate` record by hand, name it with --known; else look for the records in the table’s point-in-time recovery',
  'no-anchor':
    'run `quorate status`: with no `_quorate` record nothing is automated; find out in CloudTrail who deleted it, then run `quorate adopt`',
};

export function breakOf(finding: Finding, digestOf: DigestOf): Break {
  const { code, generation, downTo = generation, subject } = finding;
  return {
    id: digestOf(`break ${code} ${subject}`).slice(0, 6),
    code,
    generation,
    downTo,
    what: whatText(finding),
    remedy: REMEDIES[code],
  };
}

function whatText({ code, generation, downTo, subject, detail = '' }: Finding): string {
  switch (code) {
    case 'missing':
      if (generation === null)
        return `no record has the digest ${subject}${detail}: it is not there any more`;
      return downTo === undefined || downTo === generation
        ? `generation ${generation}: no record has the digest ${subject}${detail}: it was edited, deleted or never written`
        : `generations ${downTo} to ${generation}: their records are not there (the newest has the digest ${subject}${detail})`;
    case 'found':
      return `generation ${generation}: the record of the commit (${subject}) is not there; ${detail} wrote down later what stood in the zone, which does not stand for it: it was never written, or deleted`;
    case 'misplaced':
      return `generation ${generation}: ${detail}`;
    case 'duplicate':
      return `generation ${generation}: record ${subject} is there twice`;
    case 'unreadable':
      return `${generation === null ? 'an item' : `an item after generation ${generation}`} is no record of this service (${detail})`;
    case 'rolled-back':
      return `generation ${generation}: records go on to it${detail}, but the \`_quorate\` record in DNS is older`;
    case 'unended':
      return `generation ${generation}: an earlier history ends here${detail} without a release: its last records are missing, or the \`_quorate\` record was deleted by hand`;
    case 'no-anchor':
      return `generation ${generation}: the history goes on to it${detail}, but there is no \`_quorate\` record in DNS that would anchor it`;
  }
}

/** The digest that the fence names, and its generation. */
export type Anchor = { readonly generation: number; readonly record: Digest };
