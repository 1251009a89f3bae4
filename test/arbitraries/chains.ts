/**
 * Histories as the table of a real deployment holds them: several lives, lost races, observed decisions,
 * and what a hand may do to them. What a tampering touched is known here and never computed by the audit.
 */
import fc from 'fast-check';
import { sha256 } from '../../shared/adapters/digest.ts';
import type { Anchor } from '../../shared/core/chain-break.ts';
import { type Digest, epochMs, nonce, serviceId, vantageId } from '../../shared/core/model.ts';
import { type DecisionRecord, recordDigest, recordSortKey } from '../../shared/core/record.ts';
import { NOW } from '../fakes/decision-world.ts';

export const APP = serviceId('app');
export const RELEASED =
  'released: _quorate.app.example.com goes; nothing is written for app until it is adopted again';

export function recordAt(
  generation: number,
  parent: Digest | null,
  changes: Partial<DecisionRecord> = {},
): DecisionRecord {
  return {
    format: 1,
    service: APP,
    generation,
    nonce: nonce(`nonce${String(generation).padStart(3, '0')}`),
    parent,
    region: vantageId('eu-west-1'),
    actor: 'quorum@eu-west-1',
    at: epochMs(NOW + generation * 1_000),
    config: 'config',
    lines: [
      {
        endpoint: 'a',
        verdict: 'down',
        from: 100,
        to: 0,
        code: 'quorum-down',
        sentence: 'down: a',
        votes: { 'eu-west-1': 'down', 'us-east-1': 'silent' },
      },
    ],
    sentences: ['down: a'],
    plan: 'plan text',
    checksum: 'abcdefgh',
    outbox: ['sns'],
    ...changes,
  };
}

export const digestOf = (record: DecisionRecord): Digest => recordDigest(record, sha256);

/** Oldest first, each naming the digest of the one before. */
export function lifeOf(
  length: number,
  { life = 0, earlier }: { readonly life?: number; readonly earlier?: Digest } = {},
  isReleased = false,
): DecisionRecord[] {
  const records: DecisionRecord[] = [];
  for (let i = 1; i <= length; i += 1) {
    const last = records.at(-1);
    records.push(
      recordAt(i, last === undefined ? null : digestOf(last), {
        nonce: nonce(`life${life}${String(i).padStart(3, '0')}`),
        at: epochMs(NOW + life * 1_000_000 + i * 1_000),
        ...(isReleased && i === length ? { sentences: [RELEASED, 'moving away'] } : {}),
        ...(i === 1 && earlier !== undefined ? { earlier } : {}),
      }),
    );
  }
  return records;
}

export const anchorOf = (records: readonly DecisionRecord[]): Anchor => {
  const last = records.at(-1)!;
  return { generation: last.generation, record: digestOf(last) };
};

export type History = {
  /** Newest generation first, as the table lists them. */
  readonly listed: readonly DecisionRecord[];
  readonly anchor: Anchor;
  /** Of all lives, the present one included: what no hand may touch unseen. */
  readonly chained: readonly DecisionRecord[];
};

export const byKey = (records: readonly DecisionRecord[]): readonly DecisionRecord[] =>
  [...records].sort((a, b) => (recordSortKey(a) < recordSortKey(b) ? 1 : -1));

export const arbHistory: fc.Arbitrary<History> = fc
  .record({
    ended: fc.array(fc.integer({ min: 2, max: 9 }), { maxLength: 2 }),
    length: fc.integer({ min: 2, max: 12 }),
    races: fc.array(fc.nat({ max: 50 }), { maxLength: 4 }),
    observed: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 3 }),
    isOpen: fc.boolean(),
  })
  .map(({ ended, length, races, observed, isOpen }) => {
    const chained: DecisionRecord[] = [];
    let earlier: Digest | undefined;
    for (const [life, size] of ended.entries()) {
      const own = lifeOf(size, { life, ...(earlier === undefined ? {} : { earlier }) }, true);
      chained.push(...own);
      earlier = digestOf(own.at(-1)!);
    }
    const life = ended.length;
    const present = lifeOf(length, { life, ...(earlier === undefined ? {} : { earlier }) });
    chained.push(...present);
    // A race lost: it was built on the same parent as the one that won.
    const lost = races.map((pick, i) => {
      const won = chained[pick % chained.length]!;
      const { earlier: _, ...rest } = won;
      return {
        ...rest,
        nonce: nonce(`lost${String(i).padStart(4, '0')}`),
        sentences: [`lost ${i}`],
      };
    });
    const seen = observed.map((generation, i) =>
      recordAt(generation, sha256(`shadow ${i}`), {
        nonce: nonce(`seen${String(i).padStart(4, '0')}`),
        actor: 'observed@us-east-1',
      }),
    );
    const open = isOpen
      ? [recordAt(length + 1, digestOf(present.at(-1)!), { nonce: nonce('open0001') })]
      : [];
    return {
      listed: byKey([...chained, ...lost, ...seen, ...open]),
      anchor: anchorOf(present),
      chained,
    };
  });

/** What a hand may do; `pick` and `other` choose among the chained records. */
export const TAMPERINGS = [
  'edit a sentence',
  'edit an actor',
  'edit a weight',
  'edit a vote',
  'edit a time',
  'edit a parent',
  'edit a generation',
  'edit a nonce',
  'edit a plan',
  'add a field',
  'call it observed',
  'call it found',
  'delete one',
  'delete a stretch',
  'cut the tail',
  'cut the head',
  'swap two contents',
  'swap two items',
  'list one twice',
  'replace by garbage',
] as const;
export type Tampering = (typeof TAMPERINGS)[number];

export function tampered(
  { listed, chained }: History,
  kind: Tampering,
  pick: number,
  other: number,
): readonly unknown[] {
  const one = chained[pick % chained.length]!;
  const two = chained[(pick + 1 + (other % (chained.length - 1))) % chained.length]!;
  const life = chained.filter(({ nonce: own }) => own.slice(0, 5) === one.nonce.slice(0, 5));
  const edited = (changes: object): readonly unknown[] =>
    listed.map((record) => (record === one ? { ...record, ...changes } : record));
  const without = (gone: readonly DecisionRecord[]): readonly unknown[] =>
    listed.filter((record) => !gone.includes(record));
  const cut = 1 + (other % life.length);
  switch (kind) {
    case 'edit a sentence':
      return edited({ sentences: [...one.sentences, 'edited'] });
    case 'edit an actor':
      return edited({ actor: 'arn:aws:iam::123456789012:user/nobody' });
    case 'edit a weight':
      return edited({ lines: one.lines.map((line) => ({ ...line, to: line.to + 1 })) });
    case 'edit a vote':
      return edited({ lines: one.lines.map((line) => ({ ...line, votes: {} })) });
    case 'edit a time':
      return edited({ at: one.at + 1 });
    case 'edit a parent':
      return edited({ parent: one.parent === digestOf(two) ? digestOf(one) : digestOf(two) });
    case 'edit a generation':
      return edited({ generation: one.generation + 1 });
    case 'edit a nonce':
      return edited({ nonce: 'another1' });
    case 'edit a plan':
      return edited({ plan: '' });
    case 'add a field':
      return edited({ via: 'cli@elsewhere' });
    case 'call it observed':
      return edited({ actor: 'observed@eu-west-1' });
    case 'call it found':
      return edited({ actor: 'found@eu-west-1' });
    case 'delete one':
      return without([one]);
    case 'delete a stretch':
      return without(chained.slice(pick % chained.length, (pick % chained.length) + cut));
    case 'cut the tail':
      return without(life.slice(-cut));
    case 'cut the head':
      return without(life.slice(0, cut));
    case 'swap two contents':
      return listed.map((record) =>
        record === one || record === two
          ? { ...(record === one ? two : one), generation: record.generation, nonce: record.nonce }
          : record,
      );
    case 'swap two items':
      return listed.map((record) => (record === one ? two : record === two ? one : record));
    case 'list one twice':
      return listed.flatMap((record) => (record === one ? [record, record] : [record]));
    case 'replace by garbage':
      return listed.map((record) => (record === one ? { unreadable: 'not JSON' } : record));
  }
}
