/**
 * The part of the zone contract about what Route 53 refuses: rules of one record, of its neighbours, of
 * a batch. Each refusal leaves the zone as it was, and each rule is shown from its allowed side too, so
 * that an engine which refuses everything does not pass. AWS's documentation is the judge: API reference
 * of ChangeResourceRecordSets and ResourceRecordSet, Developer Guide "Quotas".
 */
import { expect } from 'vitest';
import { type Change, recordText, type ZoneRecord } from '../../shared/core/zone-record.ts';
import type { CommitReply } from '../../shared/ports.ts';
import type { Act, Must } from './zone-contract.ts';
import { APEX, asserted, fence, KINDS, replacing, weighted } from './zone-samples.ts';

const create = (record: ZoneRecord): Change => ({ action: 'CREATE', record });
const remove = (record: ZoneRecord): Change => ({ action: 'DELETE', record });
const simple = (label: string, more: Partial<ZoneRecord> = {}): ZoneRecord => ({
  name: `${label}.${APEX}`,
  type: 'A',
  ttlSeconds: 60,
  values: ['192.0.2.1'],
  ...more,
});

/** Refused (whichever of AWS's two codes for it) and nothing changed. */
async function expectRefused(
  act: Act,
  changes: readonly Change[],
  kind: CommitReply['kind'] = 'refused',
): Promise<void> {
  const before = await act.texts();

  expect((await act.commit(changes)).kind).toBe(kind);

  expect(await act.texts()).toEqual(before);
}

export function describeRules(must: Must): void {
  describeGroupRules(must);
  describeNeighbourRules(must);
  describeRecordRules(must);
  describeBatchRules(must);
}

function describeGroupRules(must: Must): void {
  const group = [weighted('a', 100), weighted('b', 100)];

  must('refuses a new member whose TTL differs from its weighted group', group, async (act) => {
    await expectRefused(act, [create(weighted('c', 1, { ttlSeconds: 31 }))]);

    expect(await act.commit([create(weighted('c', 1))])).toMatchObject({ kind: 'accepted' });
  });

  must('refuses to change the TTL of one member of a weighted group', group, async (act) => {
    await expectRefused(act, replacing(weighted('a', 100), weighted('a', 100, { ttlSeconds: 10 })));
  });

  must('changes the TTL of a whole weighted group in one batch', group, async (act) => {
    const shorter = group.map((record) => ({ ...record, ttlSeconds: 10 }));
    const changes = group.flatMap((record, n) => replacing(record, shorter[n] as ZoneRecord));

    expect(await act.commit(changes)).toMatchObject({ kind: 'accepted' });
    expect(await act.texts()).toEqual(shorter.map(recordText));
  });

  must('keeps the TTL rule to one type: A and AAAA may differ', group, async (act) => {
    const aaaa = weighted('a', 1, { type: 'AAAA', values: ['2001:db8::1'], ttlSeconds: 300 });

    expect(await act.commit([create(aaaa)])).toMatchObject({ kind: 'accepted' });
  });

  must('lets an alias, which has no TTL, into a weighted group', group, async (act) => {
    const { alias } = KINDS['plain alias'] as ZoneRecord;
    const { name, type } = weighted('c', 0);
    const member = { name, type, setIdentifier: 'c', weight: 0, ...(alias && { alias }) };

    expect(await act.commit([create(member)])).toMatchObject({ kind: 'accepted' });
  });

  must('deletes one record and no other that shares its set identifier', [], async (act) => {
    const twins = [
      weighted('a', 10),
      weighted('a', 10, { type: 'AAAA', values: ['2001:db8::1'] }),
      weighted('a', 10, { name: `other.${APEX}` }),
    ];
    await act.commit(twins.map(create));

    expect(await act.commit([remove(weighted('a', 10))])).toMatchObject({ kind: 'accepted' });

    expect(await act.texts()).toEqual(twins.slice(1).map(recordText));
  });

  must('refuses a weighted record with more than one value', [], async (act) => {
    await expectRefused(act, [create(weighted('a', 1, { values: ['192.0.2.1', '192.0.2.2'] }))]);
  });

  const full = Array.from({ length: 100 }, (_, n) => weighted(`e${n}`, 1));
  must('holds 100 records in a weighted group and refuses one more', full, async (act) => {
    await expectRefused(act, [create(weighted('one-more', 1))]);

    const swap = replacing(weighted('e0', 1), weighted('one-more', 1));
    expect(await act.commit(swap)).toMatchObject({ kind: 'accepted' });
  });
}

function describeNeighbourRules(must: Must): void {
  must('refuses a weighted record beside a simple one', [simple('app')], async (act) => {
    await expectRefused(act, [create(weighted('a', 1, { ttlSeconds: 60 }))]);
  });

  must('refuses a simple record beside weighted ones', [weighted('a', 1)], async (act) => {
    await expectRefused(act, [create(simple('app', { ttlSeconds: 30 }))]);
  });

  must('refuses a latency record beside weighted ones', [weighted('a', 1)], async (act) => {
    const { weight: _, ...record } = weighted('b', 1);

    await expectRefused(act, [create({ ...record, other: { Region: 'eu-west-1' } })]);
  });

  const simpleApp = simple('app', { ttlSeconds: 30 });
  must('turns a simple record into a weighted one in one batch', [simpleApp], async (act) => {
    const reply = await act.commit(replacing(simpleApp, weighted('a', 1)));

    expect(reply).toMatchObject({ kind: 'accepted' });
    expect(await act.texts()).toEqual([recordText(weighted('a', 1))]);
  });

  const cname = simple('www', { type: 'CNAME', values: ['app.example.net'] });
  must('refuses a CNAME beside another record of its name', [simple('www')], async (act) => {
    await expectRefused(act, [create(cname)]);
  });

  must('refuses another record beside a CNAME of its name', [cname], async (act) => {
    await expectRefused(act, [create(simple('www', { type: 'TXT', values: ['"x"'] }))]);
  });

  must('refuses a CNAME at the apex', [], async (act) => {
    await expectRefused(act, [create({ ...cname, name: APEX })]);
  });

  // octodns/octodns#366
  must(
    'takes an alias into its own zone behind its target, not ahead of it',
    [],
    async (act, on) => {
      const target = simple('pool');
      const alias = {
        name: `front.${APEX}`,
        type: 'A',
        alias: { name: target.name, zone: on.ref.id, evaluateTargetHealth: false },
      };
      await expectRefused(act, [create(alias), create(target)]);

      expect(await act.commit([create(target), create(alias)])).toMatchObject({ kind: 'accepted' });
    },
  );

  must('refuses a name outside of the zone', [], async (act) => {
    await expectRefused(act, [create({ ...simple('app'), name: `app.not-${APEX}` })]);
  });

  must('refuses to take the SOA out of a zone', [], async (act) => {
    const { records } = await act.read(APEX, APEX);
    const soa = records.find(({ type }) => type === 'SOA');

    await expectRefused(act, [remove(soa as ZoneRecord)]);
  });
}

function describeRecordRules(must: Must): void {
  const values: readonly (readonly [string, string, string, string])[] = [
    ['an address that is none', 'A', '192.0.2.256', '192.0.2.255'],
    ['an IPv6 address that is none', 'AAAA', '2001:db8::g', '2001:db8::f'],
    ['a TXT string without quotes', 'TXT', 'fence', '"fence"'],
    ['a TXT string of 256 characters', 'TXT', `"${'x'.repeat(256)}"`, `"${'x'.repeat(255)}"`],
    ['a TXT string that does not end', 'TXT', '"fence', '"fence" ""'],
  ];
  for (const [what, type, bad, good] of values) {
    must(`refuses ${what}`, [], async (act) => {
      await expectRefused(act, [create(simple('app', { type, values: [bad] }))]);

      const reply = await act.commit([create(simple('app', { type, values: [good] }))]);
      expect(reply).toMatchObject({ kind: 'accepted' });
    });
  }

  must('refuses the same value twice in one record', [], async (act) => {
    await expectRefused(act, [create(simple('app', { values: ['192.0.2.1', '192.0.2.1'] }))]);
  });

  const { setIdentifier: _, ...unnamed } = weighted('a', 1);
  const bounds: readonly (readonly [string, ZoneRecord])[] = [
    ['a weight below 0', weighted('a', -1)],
    ['a TTL below 0', simple('app', { ttlSeconds: -1 })],
    ['a TTL of 2^31', simple('app', { ttlSeconds: 2_147_483_648 })],
    ['a set identifier of 129 characters', weighted('s'.repeat(129), 1)],
    ['a weight without a set identifier', unnamed],
    ['a set identifier without a policy', { ...simple('app'), setIdentifier: 'a' }],
    ['a value of 4,001 characters', simple('app', { type: 'TXT', values: [txtOf(4_001)] })],
  ];
  for (const [what, record] of bounds) {
    must(`calls the request malformed for ${what}`, [], async (act) => {
      await expectRefused(act, [create(record)], 'denied');
    });
  }

  must('takes every bound itself', [], async (act) => {
    const records = [
      weighted('s'.repeat(128), 255, { ttlSeconds: 2_147_483_647 }),
      simple('text', { type: 'TXT', values: [txtOf(4_000)], ttlSeconds: 0 }),
    ];

    expect(await act.commit(records.map(create))).toMatchObject({ kind: 'accepted' });
    expect(await act.texts()).toEqual(records.map(recordText));
  });
}

function describeBatchRules(must: Must): void {
  const state = [fence('41'), weighted('a', 100)];

  must('refuses one record deleted twice in a batch', state, async (act) => {
    await expectRefused(act, [remove(weighted('a', 100)), remove(weighted('a', 100))]);
  });

  must('refuses one record created twice in a batch', state, async (act) => {
    await expectRefused(act, [create(weighted('b', 1)), create(weighted('b', 1))]);
  });

  must('refuses a CREATE ahead of the DELETE that makes room for it', state, async (act) => {
    await expectRefused(act, [...asserted([weighted('a', 100)])].reverse());
  });

  const rows = (from: number, to: number): readonly ZoneRecord[] =>
    Array.from({ length: to - from }, (_, n) =>
      simple(`r${from + n}`, { values: [`192.0.${(from + n) >> 8}.${(from + n) & 255}`] }),
    );
  must('takes a batch of 1,000 elements and refuses 1,001', [], async (act) => {
    await expectRefused(act, rows(0, 1_001).map(create));

    expect(await act.commit(rows(0, 1_000).map(create))).toMatchObject({ kind: 'accepted' });
    expect(await act.texts()).toHaveLength(1_000);
  });

  const texts = (count: number, characters: number): readonly ZoneRecord[] =>
    Array.from({ length: count }, (_, n) =>
      simple(`t${n}`, { type: 'TXT', values: [txtOf(characters)] }),
    );
  must('takes 32,000 characters of values and refuses 32,001', [], async (act) => {
    await expectRefused(
      act,
      [...texts(8, 4_000), simple('one', { type: 'TXT', values: ['""'] })].map(create),
    );

    expect(await act.commit(texts(8, 4_000).map(create))).toMatchObject({ kind: 'accepted' });
  });
}

/** A TXT value of exactly that many characters, quotes, spaces between strings and all. */
function txtOf(characters: number): string {
  const strings: string[] = [];
  for (let left = characters; left > 0; ) {
    const gap = strings.length === 0 ? 0 : 1;
    // What is left after this one must hold a gap and two quotes, or be nothing.
    const whole = Math.min(255, left - gap - 2);
    const rest = left - gap - 2 - whole;
    const text = rest > 0 && rest < 3 ? whole - (3 - rest) : whole;
    strings.push(`"${'x'.repeat(text)}"`);
    left -= gap + 2 + text;
  }
  return strings.join(' ');
}
