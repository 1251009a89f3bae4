/**
 * Records as they lie in the table + the `_quorate` record of public DNS → is the history whole? The
 * fence names the digest of the last record, each record its parent's, so nothing in a chain can be
 * edited, deleted, moved or cut without a digest that fits no more. A real table holds more than one
 * chain: each adoption after a release begins a life of its own, whose first record names the last one of
 * the life before; lost races and observed decisions lie beside them, anchored by nothing and only listed.
 */
import { type Anchor, type Break, breakOf, type Finding } from './chain-break.ts';
import { type Link, type Walker, walkerOf } from './chain-walk.ts';
import { byText, type Digest, type DigestOf, type EpochMs, type ServiceId } from './model.ts';
import { type DecisionRecord, isFound, recordDigest, recordSortKey } from './record.ts';

/** From one adoption to its release, or to the `_quorate` record that stands. */
export type Life = {
  readonly from: number;
  readonly to: number;
  readonly records: number;
  readonly beganAt: EpochMs;
  readonly lastAt: EpochMs;
  readonly end: 'in-force' | 'released' | 'unended';
};

export type Chain = {
  readonly kind: 'whole' | 'broken';
  /** The first is where the chain breaks, seen from the fence. */
  readonly breaks: readonly Break[];
  /** Found as well, and named as known by whoever asks. */
  readonly known: readonly Break[];
  /** Newest first: the committed records from the fence back to the first of this life. */
  readonly committed: readonly Link[];
  /** The present one first, then the newest. */
  readonly lives: readonly Life[];
  /** Lost races: listed, not anchored. */
  readonly sideBranches: readonly Link[];
  /** Written before a batch of which nothing is known yet. */
  readonly open: readonly Link[];
  readonly observed: number;
  readonly found: readonly Link[];
  readonly records: number;
  /** What is no break and yet worth knowing. */
  readonly notes: readonly string[];
};

export type ChainReading = {
  /** One page, newest generation first, as the table lists it. */
  readonly take: (items: readonly unknown[]) => void;
  readonly count: () => number;
  /** Where the next page begins; null before the first record. */
  readonly lastKey: () => string | null;
  /** The last record of the newest history that is there: what a first record names as `earlier`. */
  readonly newestEnd: () => Digest | null;
  readonly judge: (asked: Asked) => Chain;
};

export type Asked = {
  /** Null: no fence of this deployment stands in DNS. */
  readonly anchor: Anchor | null;
  /** Sort keys of records that have a `committed` mark. */
  readonly marked?: ReadonlySet<string>;
  /** Ids of breaks that somebody has looked into. */
  readonly known?: ReadonlySet<string>;
};

export function chainReading(service: ServiceId, digestOf: DigestOf): ChainReading {
  const links: Link[] = [];
  const findings: Finding[] = [];
  const digests = new Set<Digest>();
  let last: Link | null = null;

  const take = (item: unknown): void => {
    const link = linkOf(item, service, digestOf);
    if (typeof link === 'string') {
      const subject = digestOf(`item ${JSON.stringify(item)}`);
      const generation = last?.generation ?? null;
      findings.push({ code: 'unreadable', generation, subject, detail: link });
      return;
    }
    const { generation, key } = link;
    if (digests.has(link.digest) || last?.key === key) {
      findings.push({ code: 'duplicate', generation, subject: key });
      return;
    }
    if (last !== null && key > last.key) {
      const detail = `record ${key} stands behind ${last.key}, where it does not belong`;
      findings.push({ code: 'misplaced', generation, subject: key, detail });
    }
    digests.add(link.digest);
    links.push(link);
    last = link;
  };

  return {
    take: (items) => items.forEach(take),
    count: () => links.length,
    lastKey: () => last?.key ?? null,
    newestEnd: () => newestEnd(links),
    judge: (asked) => judge(links, findings, asked, digestOf),
  };
}

/** Of records in any order. */
export function verifyChain(
  records: readonly DecisionRecord[],
  anchor: Anchor | null,
  digestOf: DigestOf,
  asked: Omit<Asked, 'anchor'> = {},
): Chain {
  const sorted = [...records].sort((a, b) => byText(recordSortKey(b), recordSortKey(a)));
  const reading = chainReading(sorted[0]?.service ?? ('' as ServiceId), digestOf);
  reading.take(sorted);
  return reading.judge({ ...asked, anchor });
}

const isRecordLike = (item: unknown): item is DecisionRecord => {
  if (typeof item !== 'object' || item === null) return false;
  const { generation, nonce, parent, at, actor, sentences } = item as Partial<DecisionRecord>;
  return (
    Number.isSafeInteger(generation) &&
    Number(generation) > 0 &&
    Number.isSafeInteger(at) &&
    typeof nonce === 'string' &&
    typeof actor === 'string' &&
    Array.isArray(sentences) &&
    (parent === null || typeof parent === 'string')
  );
};

/** A link, or why it is none. */
function linkOf(item: unknown, service: ServiceId, digestOf: DigestOf): Link | string {
  if (!isRecordLike(item)) return 'its fields are not those of a record';
  if (item.service !== service) return 'it says that it is of another service';
  const { generation, parent, at, actor } = item;
  const kind = actor.startsWith('observed@')
    ? 'observed'
    : isFound({ actor })
      ? 'found'
      : 'decision';
  const text = item.sentences.join('\n');
  return {
    key: recordSortKey(item),
    digest: recordDigest(item, digestOf),
    generation,
    parent,
    earlier: item.earlier ?? null,
    at,
    actor,
    kind,
    isRelease: kind === 'decision' && text.includes('released: _quorate.'),
    names: kind === 'found' ? (/its record \(([^)]+)\)/.exec(text)?.[1] ?? '') : '',
  };
}

function newestEnd(links: readonly Link[]): Digest | null {
  const own = links.filter(({ kind }) => kind === 'decision');
  const parents = new Set(own.map(({ parent }) => parent));
  const ends = own.filter(({ digest }) => !parents.has(digest));
  // After a release nothing of that life can commit: an intent written later lost its race.
  const [end] = ends.sort(
    (a, b) => Number(b.isRelease) - Number(a.isRelease) || b.at - a.at || byText(a.key, b.key),
  );
  return end?.digest ?? null;
}

function judge(
  links: readonly Link[],
  taken: readonly Finding[],
  { anchor, marked = new Set(), known = new Set() }: Asked,
  digestOf: DigestOf,
): Chain {
  const decisions = links.filter(({ kind }) => kind === 'decision');
  const found = links.filter(({ kind }) => kind === 'found');
  const walker = walkerOf(decisions, found, marked);
  const present =
    anchor === null ? [] : walker.walkFrom(anchor.record, anchor.generation, true).links;
  const rest = sortRest(decisions, walker, present[0] ?? null, marked);
  const ends = judgeEnds(decisions, rest.ended, anchor !== null);
  const lives = present.length === 0 ? [] : [lifeOf(present, 'in-force')];
  const findings = [...walker.findings, ...rest.findings, ...ends.findings, ...taken];
  const breaks = findings.map((finding) => breakOf(finding, digestOf));
  const unknown = breaks.filter(({ id }) => !known.has(id));
  return {
    kind: unknown.length === 0 ? 'whole' : 'broken',
    breaks: unknown,
    known: breaks.filter(({ id }) => known.has(id)),
    committed: present,
    lives: [...lives, ...rest.ended.map((one) => one.life).sort(byEnd)],
    sideBranches: [...rest.sideBranches].sort((a, b) => byText(b.key, a.key)),
    open: rest.open,
    observed: links.length - decisions.length - found.length,
    found,
    records: links.length,
    notes: [...rest.notes, ...ends.notes],
  };
}

type Ended = { readonly last: Link; readonly life: Life };
type Rest = {
  readonly ended: readonly Ended[];
  readonly sideBranches: readonly Link[];
  readonly open: readonly Link[];
  readonly findings: readonly Finding[];
  readonly notes: readonly string[];
};

/** What is not of the present life: earlier lives, lost races, and what is newer than the fence. */
function sortRest(
  decisions: readonly Link[],
  walker: Walker,
  newest: Link | null,
  marked: ReadonlySet<string>,
): Rest {
  const parents = new Set(decisions.map(({ parent }) => parent));
  const named = new Set(decisions.map(({ earlier }) => earlier));
  const ended: Ended[] = [];
  const sideBranches: Link[] = [];
  const open: Link[] = [];
  const findings: Finding[] = [];
  const notes: string[] = [];
  const heads = decisions
    .filter((link) => !walker.isPassed(link) && !parents.has(link.digest))
    // Of one life's ends the committed one first: the others then join it.
    .sort(
      (a, b) =>
        Number(named.has(b.digest)) - Number(named.has(a.digest)) ||
        Number(b.isRelease) - Number(a.isRelease) ||
        Number(marked.has(b.key)) - Number(marked.has(a.key)) ||
        b.generation - a.generation ||
        byText(a.key, b.key),
    );
  for (const head of heads) {
    // A walk across a hole may have passed it since.
    if (walker.isPassed(head)) continue;
    const { links, end, joined } = walker.walkFrom(head.digest, head.generation, false);
    const isCommitted = links.some(({ key }) => marked.has(key));
    const isLong = links.length > 1 || isCommitted;
    if (end !== 'joined' && (isLong || head.isRelease || named.has(head.digest))) {
      ended.push({ last: head, life: lifeOf(links, head.isRelease ? 'released' : 'unended') });
    } else if (end === 'joined' && joined === newest) {
      // Behind the fence: one intent may be on its way; more, or a committed one, is a fence set back.
      if (isLong) {
        const detail = links.length > 1 ? `, ${links.length} of them` : ', committed';
        const { generation, digest } = head;
        findings.push({ code: 'rolled-back', generation, subject: digest, detail });
      }
      open.push(...links);
    } else {
      if (isLong) notes.push(setBackText(head, links));
      sideBranches.push(...links);
    }
  }
  return { ended, sideBranches, open, findings, notes };
}

/** Each life but the present one has ended: by a release, or known to the first record of the next. */
function judgeEnds(
  decisions: readonly Link[],
  ended: readonly Ended[],
  isAnchored: boolean,
): { readonly findings: readonly Finding[]; readonly notes: readonly string[] } {
  const findings: Finding[] = [];
  const notes: string[] = [];
  const digests = new Set(decisions.map(({ digest }) => digest));
  const named = new Set<Digest>();
  for (const { earlier, at } of decisions) {
    if (earlier === null || named.has(earlier)) continue;
    named.add(earlier);
    if (digests.has(earlier)) continue;
    const detail = `, the end of an earlier history that the one begun ${isoText(at)} names`;
    findings.push({ code: 'missing', generation: null, subject: earlier, detail });
  }
  const newest = isAnchored ? undefined : [...ended].sort((a, b) => byEnd(a.life, b.life))[0];
  for (const end of ended) {
    const { digest: subject, generation, at, isRelease } = end.last;
    const detail = ` (${isoText(at)})`;
    if (isRelease) {
      if (!named.has(subject) && end !== newest) notes.push(looseText(end.last));
    } else if (end === newest) {
      findings.push({ code: 'no-anchor', generation, subject, detail });
    } else if (!named.has(subject)) {
      findings.push({ code: 'unended', generation, subject, detail });
    }
  }
  return { findings, notes };
}

const byEnd = (a: Life, b: Life): number => b.lastAt - a.lastAt;

function lifeOf(links: readonly Link[], end: Life['end']): Life {
  const [newest, oldest] = [links[0] as Link, links.at(-1) as Link];
  return {
    from: oldest.generation,
    to: newest.generation,
    records: links.length,
    beganAt: oldest.at,
    lastAt: newest.at,
    end,
  };
}

const isoText = (at: EpochMs): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

const setBackText = ({ at }: Link, links: readonly Link[]): string => {
  const generations = links.map(({ generation }) => generation);
  const [from, to] = [Math.min(...generations), Math.max(...generations)];
  const which = from === to ? `generation ${from}` : `generations ${from} to ${to}`;
  return `${which} of ${isoText(at)} had been committed and stood in the zone no more when the next one was: the zone was set back then, by Route 53 or by hand`;
};

const looseText = ({ generation, at }: Link): string =>
  `the release at generation ${generation} (${isoText(at)}) is named by no later record: an edit of that one record would not show`;
