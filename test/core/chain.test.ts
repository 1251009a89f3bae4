/** The chain of records: whole as real histories leave it, broken by whatever a hand does to it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../shared/adapters/digest.ts';
import { type Asked, type Chain, chainReading, verifyChain } from '../../shared/core/chain.ts';
import type { Anchor } from '../../shared/core/chain-break.ts';
import { digest, epochMs, nonce, serviceId } from '../../shared/core/model.ts';
import { type DecisionRecord, recordSortKey } from '../../shared/core/record.ts';
import {
  APP,
  anchorOf,
  arbHistory,
  byKey,
  digestOf,
  lifeOf,
  RELEASED,
  recordAt,
  TAMPERINGS,
  tampered,
} from '../arbitraries/chains.ts';
import { NOW } from '../fakes/decision-world.ts';

describe('a chain of records', () => {
  it('is whole from the fence back to the first, newest first', () => {
    const records = lifeOf(5);

    const chain = verify(records, anchorOf(records));

    expect(chain).toMatchObject({ kind: 'whole', breaks: [], notes: [], records: 5, open: [] });
    expect(chain.committed.map(({ generation }) => generation)).toEqual([5, 4, 3, 2, 1]);
    expect(chain.lives).toEqual([
      {
        from: 1,
        to: 5,
        records: 5,
        beganAt: records[0]!.at,
        lastAt: records[4]!.at,
        end: 'in-force',
      },
    ]);
  });

  it('is judged in seconds though every single record was edited', () => {
    const records = lifeOf(10_000);
    const edited = records.map((record) => ({ ...record, config: 'another' }));
    const begun = performance.now();

    const chain = verify(edited, anchorOf(records));

    expect(chain.breaks.length).toBe(10_000);
    // Quadratic it takes 20 s here, and half an hour for 100,000.
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('of nothing, with nothing in DNS, is whole', () => {
    expect(verify([], null)).toMatchObject({ kind: 'whole', lives: [], records: 0 });
  });

  it('lists records of lost races beside it, newest first, and of the first generation too', () => {
    const records = lifeOf(3);
    const lost = [
      recordAt(3, records[1]!.parent, { nonce: nonce('lostlost'), parent: records[2]!.parent }),
      recordAt(1, null, { nonce: nonce('lostlos1') }),
    ];

    const chain = verify([...records, ...lost], anchorOf(records));

    expect(chain).toMatchObject({ kind: 'whole', notes: [] });
    expect(chain.sideBranches.map(({ key }) => key)).toEqual(lost.map(recordSortKey));
    expect(chain.lives.length).toBe(1);
  });

  it('counts observed decisions and hangs nothing on them', () => {
    const records = lifeOf(2);
    const observed = recordAt(9, digest('a-shadow'), { actor: 'observed@eu-west-1' });

    expect(verify([...records, observed], anchorOf(records))).toMatchObject({
      kind: 'whole',
      observed: 1,
      records: 3,
    });
  });

  it('keeps a record that is newer than the fence as open: its batch may be on its way', () => {
    const records = lifeOf(3);

    const chain = verify(records, anchorOf(records.slice(0, 2)));

    expect(chain.kind).toBe('whole');
    expect(chain.open.map(({ generation }) => generation)).toEqual([3]);
  });

  it.each([
    ['two records go on', 4, [], ', 2 of them'],
    ['one that is marked as committed goes on', 3, ['0000000003#life0003'], ', committed'],
  ])('says that the fence was set back where %s behind it', (_, length, marked, detail) => {
    const records = lifeOf(length);

    const chain = verify(records, anchorOf(records.slice(0, 2)), { marked: new Set(marked) });

    expect(chain.breaks).toMatchObject([
      {
        code: 'rolled-back',
        generation: length,
        what: `generation ${length}: records go on to it${detail}, but the \`_quorate\` record in DNS is older`,
      },
    ]);
  });

  it('notes commits that the zone had lost again before the next one', () => {
    const records = lifeOf(4);
    const again = recordAt(3, records[2]!.parent, { nonce: nonce('again003') });
    const anchor = anchorOf([again]);

    expect(verify([...records, again], anchor)).toMatchObject({
      kind: 'whole',
      notes: [
        `generations 3 to 4 of ${iso(records[3]!)} had been committed and stood in the zone no more when the next one was: the zone was set back then, by Route 53 or by hand`,
      ],
    });
    const marked = new Set(['0000000003#life0003']);
    expect(verify([...records.slice(0, 3), again], anchor, { marked }).notes).toEqual([
      expect.stringContaining('generation 3 of '),
    ]);
  });

  it('names the generation whose record was edited or deleted, and what to do', () => {
    const records = lifeOf(3);
    const anchor = anchorOf(records);
    const edited = records.map((record) =>
      record.generation === 2 ? { ...record, actor: 'nobody' } : record,
    );

    expect(verify([records[0]!, records[2]!], anchor).breaks).toEqual([
      {
        id: expect.stringMatching(/^[\w-]{6}$/),
        code: 'missing',
        generation: 2,
        downTo: 2,
        what: `generation 2: no record has the digest ${records[2]!.parent}: it was edited, deleted or never written`,
        remedy: expect.stringContaining('point-in-time recovery'),
      },
    ]);
    expect(verify(edited, anchor).breaks).toMatchObject([{ code: 'missing', generation: 2 }]);
  });

  it('tells a page that is missing as one stretch, and goes on behind it', () => {
    const records = lifeOf(9);
    const torn = records.filter(({ generation }) => generation < 3 || generation > 6);

    const chain = verify(torn, anchorOf(records));

    expect(chain.breaks).toMatchObject([
      {
        generation: 6,
        downTo: 3,
        what: `generations 3 to 6: their records are not there (the newest has the digest ${digestOf(records[5]!)})`,
      },
    ]);
    expect(chain.committed.map(({ generation }) => generation)).toEqual([9, 8, 7, 2, 1]);
  });

  it('says that the tail was cut, or all of it', () => {
    const records = lifeOf(3);

    expect(verify(records.slice(0, 2), anchorOf(records)).breaks).toMatchObject([
      {
        code: 'missing',
        generation: 3,
        downTo: 3,
        what: `generation 3: no record has the digest ${digestOf(records[2]!)}, which the fence names: it was edited, deleted or never written`,
      },
    ]);
    expect(verify([], anchorOf(records))).toMatchObject({
      kind: 'broken',
      lives: [],
      breaks: [{ code: 'missing', generation: 3, downTo: 1 }],
    });
  });

  it('names a record that stands at another generation than its place', () => {
    const [first, second] = lifeOf(2);
    const skipped = recordAt(4, digestOf(second!));

    expect(verify([first!, second!, skipped], anchorOf([skipped])).breaks).toMatchObject([
      {
        code: 'misplaced',
        generation: 3,
        what: 'generation 3: the record in its place says generation 2',
      },
    ]);
  });

  it('names a record that claims to be the first, later than the first generation', () => {
    const late = recordAt(3, null);
    const next = recordAt(4, digestOf(late));

    expect(verify([late, next], anchorOf([next])).breaks).toMatchObject([
      {
        code: 'misplaced',
        generation: 3,
        what: 'generation 3: its record names no parent, as only the first of a history does',
      },
    ]);
  });

  it('behind a hole goes on with the record that was committed, else with the newest', () => {
    const records = lifeOf(4);
    const base = { parent: records[1]!.parent };
    const lost = recordAt(2, null, { ...base, nonce: nonce('zlost002'), at: records[1]!.at });
    const torn = [records[0]!, records[1]!, records[3]!, lost];
    const marked = new Set([recordSortKey(records[1]!)]);
    const anchor = anchorOf(records);
    const second = (chain: Chain) => chain.committed[1]!.key;

    expect(second(verify(torn, anchor, { marked }))).toBe('0000000002#life0002');
    expect(second(verify(torn, anchor))).toBe('0000000002#life0002');
    const later = { ...lost, at: epochMs(lost.at + 1) };
    expect(second(verify([...torn.slice(0, 3), later], anchor))).toBe('0000000002#zlost002');
  });
});

describe('a generation with a found record', () => {
  const records = lifeOf(4);
  const foundAt = (generation: number, changes: Partial<DecisionRecord> = {}) =>
    recordAt(generation, records[generation - 1]!.parent, {
      actor: 'found@us-east-1',
      nonce: records[generation - 1]!.nonce,
      sentences: [
        `found: generation ${generation} stands in the zone and its record (${digestOf(records[generation - 1]!)}) is not in the table; it was never written, or it was deleted`,
      ],
      ...changes,
    });
  const holed = (found: DecisionRecord) => [records[0]!, records[1]!, found, records[3]!];

  it('is a break that says who wrote down what, and the chain goes on behind it', () => {
    const chain = verify(holed(foundAt(3)), anchorOf(records));

    expect(chain.breaks).toMatchObject([
      {
        code: 'found',
        generation: 3,
        what: `generation 3: the record of the commit (${digestOf(records[2]!)}) is not there; found@us-east-1 wrote down later what stood in the zone, which does not stand for it: it was never written, or deleted`,
      },
    ]);
    expect(chain.found.length).toBe(1);
    expect(chain.committed.map(({ generation }) => generation)).toEqual([4, 2, 1]);
  });

  it('goes on with the newest record below where the found one knew no parent', () => {
    const chain = verify(holed(foundAt(3, { parent: null })), anchorOf(records));

    expect(chain.committed.map(({ generation }) => generation)).toEqual([4, 2, 1]);
  });

  it('stands for no other record than the one it names', () => {
    const chain = verify(holed(foundAt(3, { sentences: ['found'] })), anchorOf(records));

    expect(chain.breaks).toMatchObject([{ code: 'missing', generation: 3 }]);
  });

  it('is told once, whatever races were lost beside it', () => {
    const lost = recordAt(4, digestOf(records[2]!), { nonce: nonce('lost0004') });

    const chain = verify([...holed(foundAt(3)), lost], anchorOf(records));

    expect(chain.breaks.length).toBe(1);
    expect(chain.sideBranches.map(({ key }) => key)).toEqual([recordSortKey(lost)]);
  });

  it('is passed over once somebody named it as known', () => {
    const [one] = verify(holed(foundAt(3)), anchorOf(records)).breaks;

    expect(
      verify(holed(foundAt(3)), anchorOf(records), { known: new Set([one!.id]) }),
    ).toMatchObject({ kind: 'whole', breaks: [], known: [{ code: 'found', generation: 3 }] });
  });
});

describe('a history of several lives', () => {
  const first = lifeOf(5, { life: 0 }, true);
  const second = lifeOf(3, { life: 1, earlier: digestOf(first[4]!) }, true);
  const third = lifeOf(2, { life: 2, earlier: digestOf(second[2]!) });
  const all = [...first, ...second, ...third];

  it('is whole: each release ended one, each adoption began the next at generation 1', () => {
    const chain = verify(all, anchorOf(third));

    expect(chain).toMatchObject({ kind: 'whole', breaks: [], notes: [], sideBranches: [] });
    expect(chain.lives.map(({ to, end }) => [to, end])).toEqual([
      [2, 'in-force'],
      [3, 'released'],
      [5, 'released'],
    ]);
  });

  it('is whole after the last release, with nothing in DNS', () => {
    const chain = verify([...first, ...second], null);

    expect(chain).toMatchObject({ kind: 'whole', notes: [], committed: [] });
    expect(chain.lives.map(({ to }) => to)).toEqual([3, 5]);
  });

  it('misses its fence where the last life did not end by a release', () => {
    expect(verify(all, null).breaks).toMatchObject([
      {
        code: 'no-anchor',
        generation: 2,
        what: `generation 2: the history goes on to it (${iso(third[1]!)}), but there is no \`_quorate\` record in DNS that would anchor it`,
      },
    ]);
  });

  it('shows that the end of an earlier life was cut, edited or deleted', () => {
    const expected = {
      code: 'missing',
      generation: null,
      what: `no record has the digest ${digestOf(second[2]!)}, the end of an earlier history that the one begun ${iso(third[0]!)} names: it is not there any more`,
    };
    const edited = all.map((one) => (one === second[2] ? { ...one, actor: 'nobody' } : one));
    const cut = all.filter((one) => one !== second[2]);

    expect(verify(edited, anchorOf(third)).breaks).toMatchObject([expected]);
    expect(verify(cut, anchorOf(third)).breaks).toMatchObject([
      expected,
      { code: 'unended', generation: 2 },
    ]);
  });

  it('shows that the beginning of an earlier life was cut', () => {
    const cut = all.filter((one) => one !== first[0] && one !== first[1]);

    expect(verify(cut, anchorOf(third)).breaks).toMatchObject([
      { code: 'missing', generation: 2, downTo: 1 },
    ]);
  });

  it('may have ended by hand: that is known once the next life names its last record', () => {
    const ended = lifeOf(3);
    const named = lifeOf(2, { life: 1, earlier: digestOf(ended[2]!) });
    const unnamed = lifeOf(2, { life: 1 });

    expect(verify([...ended, ...named], anchorOf(named))).toMatchObject({
      kind: 'whole',
      lives: [{ end: 'in-force' }, { end: 'unended', to: 3 }],
    });
    expect(verify([...ended, ...unnamed], anchorOf(unnamed)).breaks).toMatchObject([
      {
        code: 'unended',
        generation: 3,
        what: expect.stringContaining('an earlier history ends here'),
      },
    ]);
  });

  it('says of a release that no later record names that an edit of it would not show', () => {
    const next = lifeOf(2, { life: 1 });

    expect(verify([...first, ...next], anchorOf(next))).toMatchObject({
      kind: 'whole',
      notes: [
        `the release at generation 5 (${iso(first[4]!)}) is named by no later record: an edit of that one record would not show`,
      ],
    });
    expect(verify([...first, ...lifeOf(2, { life: 1 }, true)], null).notes.length).toBe(1);
  });

  it('counts a life of one generation where a mark or a release tells that it was one', () => {
    const alone = recordAt(1, null, { nonce: nonce('alone001') });
    const present = lifeOf(2, { life: 1, earlier: digestOf(alone) });
    const loose = lifeOf(2, { life: 1 });
    const marked = new Set([recordSortKey(alone)]);
    const lives = (chain: Chain) => chain.lives.map(({ to }) => to);

    expect(lives(verify([alone, ...present], anchorOf(present)))).toEqual([2, 1]);
    expect(lives(verify([alone, ...loose], anchorOf(loose), { marked }))).toEqual([2, 1]);
    expect(lives(verify([alone, ...loose], anchorOf(loose)))).toEqual([2]);
  });

  it('lists the lost races of an earlier life with it', () => {
    const lost = recordAt(5, first[4]!.parent, { nonce: nonce('zzzzzzzz') });

    const chain = verify([...all, lost], anchorOf(third));

    expect(chain.kind).toBe('whole');
    expect(chain.sideBranches.map(({ key }) => key)).toEqual([recordSortKey(lost)]);
  });
});

describe('the items of a table', () => {
  it('are read page by page, and the next page begins behind the last record', () => {
    const records = byKey(lifeOf(3));
    const reading = chainReading(APP, sha256);

    expect(reading.lastKey()).toBeNull();
    reading.take(records.slice(0, 2));
    expect(reading.lastKey()).toBe('0000000002#life0002');
    expect(reading.count()).toBe(2);
    reading.take(records.slice(2));

    expect(reading.judge({ anchor: anchorOf(lifeOf(3)) }).kind).toBe('whole');
  });

  it.each([
    ['nothing', null, 'its fields are not those of a record'],
    ['a text', 'x', 'its fields are not those of a record'],
    ['a generation of 0', { ...recordAt(1, null), generation: 0 }, 'its fields are not those'],
    ['a generation of words', { ...recordAt(1, null), generation: 'one' }, 'its fields are not'],
    ['no time', { ...recordAt(1, null), at: 'now' }, 'its fields are not those of a record'],
    ['no nonce', { ...recordAt(1, null), nonce: 1 }, 'its fields are not those of a record'],
    ['no actor', { ...recordAt(1, null), actor: null }, 'its fields are not those of a record'],
    ['no sentences', { ...recordAt(1, null), sentences: 'a' }, 'its fields are not those'],
    ['a strange parent', { ...recordAt(1, null), parent: 7 }, 'its fields are not those'],
    [
      'another service',
      { ...recordAt(1, null), service: serviceId('shop') },
      'it says that it is of another service',
    ],
  ])('are told where one holds %s', (_, item, why) => {
    const records = lifeOf(2);
    const reading = chainReading(APP, sha256);
    reading.take([item]);
    reading.take(byKey(records));
    reading.take([item]);

    expect(reading.judge({ anchor: anchorOf(records) }).breaks).toMatchObject([
      { code: 'unreadable', generation: null, what: expect.stringContaining(`(${why}`) },
      { code: 'unreadable', generation: 1, what: expect.stringContaining('after generation 1') },
    ]);
  });

  it('are told where one is there twice, or behind its place', () => {
    const records = byKey(lifeOf(3));
    const [three, two, one] = records;
    const anchor = { generation: 3, record: digestOf(three!) };
    const read = (items: readonly unknown[]) => {
      const reading = chainReading(APP, sha256);
      reading.take(items);
      return reading.judge({ anchor }).breaks;
    };

    expect(read([three, two, one, two])).toMatchObject([
      {
        code: 'duplicate',
        generation: 2,
        what: 'generation 2: record 0000000002#life0002 is there twice',
      },
    ]);
    expect(read([three, { ...three!, actor: 'nobody' }, two, one])).toMatchObject([
      { code: 'duplicate', generation: 3 },
    ]);
    expect(read([two, three, one])).toMatchObject([
      {
        code: 'misplaced',
        generation: 3,
        what: 'generation 3: record 0000000003#life0003 stands behind 0000000002#life0002, where it does not belong',
      },
    ]);
  });
});

describe('the end of the newest history', () => {
  const endOf = (records: readonly DecisionRecord[]) => {
    const reading = chainReading(APP, sha256);
    reading.take(byKey(records));
    return reading.newestEnd();
  };

  it('is its release, whatever raced it, else the newest record; nothing where none is', () => {
    const released = lifeOf(4, {}, true);
    const lost = recordAt(4, released[3]!.parent, { at: epochMs(NOW + 9_000_000) });
    const other = recordAt(4, released[3]!.parent, { nonce: nonce('other004') });
    const observed = recordAt(9, null, { actor: 'observed@eu-west-1' });

    expect(endOf([...released, lost])).toBe(digestOf(released[3]!));
    expect(endOf([...lifeOf(4), lost, observed])).toBe(digestOf(lost));
    expect(endOf([...released.slice(0, 3), other])).toBe(digestOf(other));
    expect(
      endOf([recordAt(4, null, { nonce: nonce('b') }), recordAt(4, null, { nonce: nonce('a') })]),
    ).toBe(digestOf(recordAt(4, null, { nonce: nonce('a') })));
    expect(endOf([])).toBeNull();
  });
});

describe('properties', () => {
  it('a history of several lives, lost races, observed and open records is whole', () => {
    fc.assert(
      fc.property(arbHistory, ({ listed, anchor }) => {
        const reading = chainReading(APP, sha256);
        for (let at = 0; at < listed.length; at += 5) reading.take(listed.slice(at, at + 5));

        expect(reading.judge({ anchor })).toMatchObject({ kind: 'whole', notes: [] });
      }),
      { numRuns: 300 },
    );
  });

  it('records: the chain shows any edit, deletion, reorder or truncation (2,000 of 2,000 tamperings)', () => {
    let found = 0;
    const unseen: string[] = [];
    fc.assert(
      fc.property(
        arbHistory,
        fc.constantFrom(...TAMPERINGS),
        fc.nat(),
        fc.nat(),
        (history, kind, pick, other) => {
          const reading = chainReading(APP, sha256);
          reading.take(tampered(history, kind, pick, other));
          const chain = reading.judge({ anchor: history.anchor });
          if (chain.kind === 'broken') found += 1;
          else unseen.push(`${kind} ${pick} ${other}`);
          for (const { what, remedy } of chain.breaks) {
            expect(what).not.toMatch(/undefined|null|NaN/);
            expect(remedy.length).toBeGreaterThan(20);
          }
        },
      ),
      { numRuns: 2_000 },
    );

    expect({ found, unseen }).toEqual({ found: 2_000, unseen: [] });
  });
});

const verify = (
  records: readonly DecisionRecord[],
  anchor: Anchor | null,
  asked: Omit<Asked, 'anchor'> = {},
): Chain => verifyChain(records, anchor, sha256, asked);

const iso = ({ at }: DecisionRecord): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

it('a release is told by its sentence', () => {
  expect(RELEASED.startsWith('released: _quorate.')).toBe(true);
});
