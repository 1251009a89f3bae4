/** The fake behind the stories of rounds: each outcome it can be asked for, and how it tells time. */
import { describe, expect, it } from 'vitest';
import type { ZoneRef } from '../../shared/core/model.ts';
import type { Change, ZoneRecord } from '../../shared/core/zone-record.ts';
import { fakeClock } from '../fakes/fake-clock.ts';
import { type CommitFault, type FakeZone, fakeZone } from '../fakes/fake-zone.ts';

const ref: ZoneRef = { key: 'main', id: 'Z0123456789ABCDEFGHIJ' };
const live = new AbortController().signal;
const us = (weight: number): ZoneRecord => ({
  name: 'app.example.test',
  type: 'A',
  setIdentifier: 'us',
  weight,
  ttlSeconds: 30,
  values: ['198.51.100.1'],
});
const move = (from: number, to: number): Change[] => [
  { action: 'DELETE', record: us(from) },
  { action: 'CREATE', record: us(to) },
];
const weightIn = (records: readonly ZoneRecord[]): number | undefined => records[0]?.weight;

describe('the fake zone', () => {
  it('reads, commits, and serves once in sync', async () => {
    const clock = fakeClock();
    const zone = fakeZone({ clock, records: [us(100)], insyncDelayMs: 1_000 });

    const reply = await zone.commit(ref, move(100, 0), 'why', live);

    if (reply.kind !== 'accepted') throw new Error(reply.kind);
    expect(weightIn(zone.records())).toBe(0);
    expect(weightIn(zone.served())).toBe(100);
    expect(await zone.changeStatus(ref, reply.changeId, live)).toBe('pending');
    await clock.advance(1_000);
    expect(weightIn(zone.served())).toBe(0);
    expect(await zone.changeStatus(ref, reply.changeId, live)).toBe('insync');
    expect(await zone.changeStatus(ref, 'CUNKNOWN', live)).toBe('stranded');
  });

  it('reads only the stretch asked for, in listing order, with the clock of the server', async () => {
    const clock = fakeClock();
    const other = { ...us(1), name: 'zzz.example.test' };
    const zone = fakeZone({ clock, records: [other, us(100)], serverAheadMs: 7_000 });

    const read = await zone.read(
      ref,
      { from: 'app.example.test', to: '_quorate.app.example.test' },
      live,
    );

    expect(read.records).toEqual([us(100)]);
    expect(read.serverAt).toBe(clock.now() + 7_000);
  });

  it.each<[CommitFault, string, number]>([
    ['throttled', 'throttled', 100],
    ['busy', 'busy', 100],
    ['access-denied', 'denied', 100],
    ['no-such-zone', 'denied', 100],
    ['invalid-input', 'denied', 100],
    ['unknown-before-effect', 'unknown', 100],
    ['unknown-after-effect', 'unknown', 0],
    ['stranded', 'accepted', 100],
  ])('answers %s once, then works again', async (fault, kind, weight) => {
    const zone = fakeZone({ clock: fakeClock(), records: [us(100)] });
    zone.failNext(fault);

    const reply = await zone.commit(ref, move(100, 0), '', live);

    expect(reply.kind).toBe(kind);
    expect(weightIn(zone.records())).toBe(weight);
    expect((await zone.commit(ref, move(weight, 7), '', live)).kind).toBe('accepted');
    expect(zone.commits.map(({ fault: met }) => met)).toEqual([fault, undefined]);
  });

  it('forgets the change id of a stranded commit', async () => {
    const zone = fakeZone({ clock: fakeClock(), records: [us(100)] });
    zone.failNext('stranded');

    const reply = await zone.commit(ref, move(100, 0), '', live);

    expect(reply.kind === 'accepted' && (await zone.changeStatus(ref, reply.changeId, live))).toBe(
      'stranded',
    );
  });

  it('lets a late batch take effect when the clock says so, unless another was faster', async () => {
    const clock = fakeClock();
    const zone = fakeZone({ clock, records: [us(100)] });
    const lateMove = async (from: number, to: number): Promise<void> => {
      zone.failNext({ kind: 'late', afterMs: 60_000 });
      expect((await zone.commit(ref, move(from, to), '', live)).kind).toBe('unknown');
    };

    await lateMove(100, 0);
    expect(weightIn(zone.records())).toBe(100);
    await clock.advance(60_000);
    expect(weightIn(zone.records())).toBe(0);
    await lateMove(0, 20);
    await clock.advance(60_000);
    expect((await zone.commit(ref, move(0, 30), '', live)).kind).toBe('refused');
    await zone.commit(ref, move(20, 0), '', live);
    await lateMove(0, 50);
    await zone.commit(ref, move(0, 25), '', live);
    zone.land();
    expect(weightIn(zone.records())).toBe(25);
  });

  it('goes back to what is served when pending changes are stranded', async () => {
    const zone = fakeZone({ clock: fakeClock(), records: [us(100)], insyncDelayMs: 60_000 });
    const reply = await zone.commit(ref, move(100, 0), '', live);

    zone.strandPending();

    expect(weightIn(zone.records())).toBe(100);
    expect(reply.kind === 'accepted' && (await zone.changeStatus(ref, reply.changeId, live))).toBe(
      'stranded',
    );
  });

  it('lets another writer in between read and commit', async () => {
    const zone: FakeZone = fakeZone({ clock: fakeClock(), records: [us(100)] });
    zone.beforeNextCommit(() => zone.edit([{ action: 'UPSERT', record: us(42) }]));

    const reply = await zone.commit(ref, move(100, 0), '', live);

    expect(reply).toMatchObject({
      kind: 'refused',
      messages: [
        expect.stringContaining('do not match'),
        expect.stringContaining('already exists'),
      ],
    });
    expect(weightIn(zone.records())).toBe(42);
  });

  it('throws with the messages of the zone for a console edit it refuses', () => {
    const zone = fakeZone({ clock: fakeClock(), records: [us(100)] });

    expect(() => zone.edit([{ action: 'CREATE', record: us(1) }])).toThrow(/already exists/);
  });

  it.each([
    ['throttled', 'ZONE_THROTTLED'],
    ['unavailable', 'ZONE_UNAVAILABLE'],
    ['access-denied', 'ACCESS_DENIED'],
  ] as const)('throws %s from a read as %s', async (fault, code) => {
    const zone = fakeZone({ clock: fakeClock(), records: [us(100)] });
    zone.failNextRead(fault);
    const stretch = { from: 'app.example.test', to: 'app.example.test' };

    await expect(zone.read(ref, stretch, live)).rejects.toMatchObject({ code });
    expect((await zone.read(ref, stretch, live)).records).toHaveLength(1);
  });

  it('knows only its own zone id', async () => {
    const zone = fakeZone({ clock: fakeClock(), records: [us(100)] });
    const wrong: ZoneRef = { key: 'main', id: 'ZWRONG' };

    expect(await zone.commit(wrong, move(100, 0), '', live)).toMatchObject({
      kind: 'denied',
      code: 'no-such-zone',
    });
    await expect(zone.read(wrong, { from: 'a', to: 'b' }, live)).rejects.toThrow(/ZWRONG/);
  });
});
