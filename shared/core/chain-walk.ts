/**
 * One chain of records followed from its newest towards the first. Where a record is not there the walk
 * says so and goes on behind the hole as far as can be known, so that one finding does not hide the next.
 */
import type { Finding } from './chain-break.ts';
import type { Digest, EpochMs } from './model.ts';
import { byText } from './model.ts';

/** What an audit keeps of a record: 100,000 of them take some 20 MB. */
export type Link = {
  readonly key: string;
  readonly digest: Digest;
  readonly generation: number;
  readonly parent: Digest | null;
  /** Of the first record of a life: the last one of the life before. */
  readonly earlier: Digest | null;
  readonly at: EpochMs;
  readonly actor: string;
  readonly kind: 'decision' | 'observed' | 'found';
  readonly isRelease: boolean;
  /** Of a found record: the digest of the one it found missing. */
  readonly names: string;
};

/** One walk from a record towards the first: what it passed, and where it ended. */
export type Walk = {
  readonly links: readonly Link[];
  readonly end: 'root' | 'joined' | 'hole';
  /** Of a walk that joined one made before. */
  readonly joined: Link | null;
};

export type Walker = {
  readonly walkFrom: (first: Digest, generation: number, isAnchored: boolean) => Walk;
  readonly isPassed: (link: Link) => boolean;
  readonly findings: readonly Finding[];
};

/** A child may have been written by a region whose clock is behind. */
const CLOCK_MS = 60_000;

export function walkerOf(
  decisions: readonly Link[],
  found: readonly Link[],
  marked: ReadonlySet<string>,
): Walker {
  const byDigest = new Map(decisions.map((link) => [link.digest, link]));
  const parents = new Set(decisions.map(({ parent }) => parent));
  const claimed = new Set<Link>();
  const holes = new Set<Digest>();
  const findings: Finding[] = [];

  const walkFrom: Walker['walkFrom'] = (first, at, isAnchored) => {
    const passed: Link[] = [];
    const ended = (end: Walk['end'], joined: Link | null = null): Walk => ({
      links: passed,
      end,
      joined,
    });
    let wanted: Digest | null = first;
    let generation = at;
    for (;;) {
      // A lost race beside a hole names the same record: it was told once.
      if (wanted !== null && holes.has(wanted)) return ended('hole');
      let link: Link | null = (wanted === null ? null : byDigest.get(wanted)) ?? null;
      if (link === null) {
        link = acrossHole(wanted, generation, passed, isAnchored);
        if (link === null) return ended('hole');
      } else if (!claimed.has(link) && link.generation !== generation) {
        const detail = `the record in its place says generation ${link.generation}`;
        findings.push({ code: 'misplaced', generation, subject: link.digest, detail });
      }
      if (claimed.has(link)) return ended('joined', link);
      claimed.add(link);
      passed.push(link);
      if (link.parent === null && link.generation === 1) return ended('root');
      wanted = link.parent;
      generation = link.generation - 1;
    }
  };

  /** Tells of the record that is not there; the one to go on with, as far as can be known. */
  const acrossHole = (
    wanted: Digest | null,
    generation: number,
    passed: readonly Link[],
    isAnchored: boolean,
  ): Link | null => {
    const child = passed.at(-1);
    if (wanted === null) {
      // Only a first record names no parent; the walk ends there.
      const { generation: own, digest } = child as Link;
      const detail = 'its record names no parent, as only the first of a history does';
      findings.push({ code: 'misplaced', generation: own, subject: digest, detail });
      return resume(generation, child);
    }
    holes.add(wanted);
    const stand = found.find((one) => one.generation === generation && one.names === wanted);
    const named = stand?.parent == null ? undefined : byDigest.get(stand.parent);
    const next = named ?? resume(generation, child);
    if (stand !== undefined) {
      findings.push({ code: 'found', generation, subject: wanted, detail: stand.actor });
    } else {
      const downTo = next === null ? 1 : Math.min(generation, next.generation + 1);
      const detail = isAnchored && child === undefined ? ', which the fence names' : '';
      findings.push({ code: 'missing', generation, downTo, subject: wanted, detail });
    }
    return next;
  };

  /** Where a walk may go on behind a hole: records that nothing there names as their parent, in the order of
   *  choice. Sorted once: a table in which every record was edited has a hole at each of them. */
  let ends: Link[] | null = null;
  let firstOpen = 0;
  const endsInOrder = (): readonly Link[] => {
    ends ??= decisions
      .filter((link) => !parents.has(link.digest) && !link.isRelease)
      .sort(
        (a, b) =>
          b.at - a.at ||
          b.generation - a.generation ||
          Number(marked.has(b.key)) - Number(marked.has(a.key)) ||
          byText(a.key, b.key),
      );
    return ends;
  };

  /** Behind a hole: the newest of them. */
  const resume = (below: number, child: Link | undefined): Link | null => {
    const all = endsInOrder();
    for (let at = firstOpen; at < all.length; at += 1) {
      const link = all[at] as Link;
      if (claimed.has(link)) {
        // What is passed stays so: the next hole need not look at it again.
        if (at === firstOpen) firstOpen += 1;
      } else if (
        // At the same generation stands what was made of the record, if it was edited.
        link.generation <= below &&
        (child === undefined || link.at <= child.at + CLOCK_MS)
      ) {
        return link;
      }
    }
    return null;
  };

  return { walkFrom, isPassed: (link) => claimed.has(link), findings };
}
