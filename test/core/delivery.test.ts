/** What is due to be told, by whom and when; and how it lies in the outbox. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterSending,
  CLAIM_MS,
  claimed,
  failingChannels,
  isTold,
  type Message,
  messageDue,
  retryMs,
  SLOT_MS_MIN,
  slotMs,
  turnOf,
} from '../../shared/core/delivery.ts';
import type { IncidentEvent } from '../../shared/core/incident.ts';
import { foldIncidents, type Thread } from '../../shared/core/incident-thread.ts';
import { nonce, serviceId, vantageId } from '../../shared/core/model.ts';
import {
  bodyOf,
  dueItem,
  finished,
  lookItem,
  parseDue,
  parseTold,
  standingItem,
  type Told,
  toldItem,
} from '../../shared/core/outbox.ts';
import { anEnd, anEvent, secondsOn, T0 } from '../fakes/sample-incident.ts';
import { VANTAGES } from '../fakes/sample-service.ts';

const OWN = VANTAGES[0]!;
const threadOf = (...events: IncidentEvent[]): Thread =>
  foldIncidents(events, secondsOn(90_000))[0]!;
const OPEN = threadOf(anEvent());
const OUT = threadOf(anEvent(), anEvent({ at: secondsOn(10), step: 'committed', label: 'out' }));
const OVER = threadOf(anEvent(), anEnd({ at: secondsOn(300) }));

const due = (thread: Thread, marks: readonly Told[], seconds: number, place = 0): Message | null =>
  messageDue(thread, 'sns', marks, { own: OWN, place, now: secondsOn(seconds) });
const told = (label: string, seconds: number, changes: Partial<Told> = {}): Told => ({
  region: OWN,
  incident: 'incident0001',
  channel: 'sns',
  version: 'v1',
  delivered: { label, at: secondsOn(seconds), count: 1, ends: 0 },
  attempt: null,
  ...changes,
});
const tried = (state: 'claimed' | 'failed', seconds: number, tries = 1): Told =>
  told('', 0, {
    delivered: null,
    attempt: { state, label: 'down', at: secondsOn(seconds), tries, failingSinceAt: T0, why: 'no' },
  });

describe('a message', () => {
  it('is due at once where nothing was told, and then once for what the incident is', () => {
    expect(due(OPEN, [], 0)).toMatchObject({ kind: 'opened', own: null, delivered: null });
    expect(due(OPEN, [told('down', 1)], 900)).toBeNull();
    expect(due(OPEN, [told('down', 1, { channel: 'webhook' })], 1)).toMatchObject({
      kind: 'opened',
    });
  });

  it('of a change waits two minutes behind the last one; an end does not', () => {
    const marks = [told('down', 0)];

    expect(due(OUT, marks, 119)).toBeNull();
    expect(due(OUT, marks, SLOT_MS_MIN / 1_000)).toMatchObject({ kind: 'changed' });
    expect(due(OVER, [told('out', 299)], 300)).toMatchObject({ kind: 'resolved' });
  });

  it('of an end after a relapse waits its time like any change', () => {
    const again = told('down', 250, {
      delivered: { label: 'down', at: secondsOn(250), count: 3, ends: 1 },
    });

    expect([due(OVER, [again], 300), due(OVER, [again], 370)?.kind]).toEqual([null, 'resolved']);
  });

  it('says what kind it is', () => {
    const marks = [told('down', 0)];
    const kindOf = (changes: Partial<IncidentEvent>) =>
      due(threadOf(anEvent(), anEvent({ at: secondsOn(9), ...changes })), marks, 900)?.kind;

    expect(kindOf({ step: 'withheld', label: 'withheld floor' })).toBe('withheld');
    expect(kindOf({ step: 'verdict', label: 'drift 4h' })).toBe('reminder');
    expect(kindOf({ step: 'changed', label: 'ends soon 1782' })).toBe('reminder');
    expect(kindOf({ step: 'returning', label: 'up again' })).toBe('changed');
    expect(due(OVER, [], 900)?.kind).toBe('resolved');
  });

  it('is left to a run that has claimed it, until that is over', () => {
    expect(due(OPEN, [tried('claimed', 10)], 10 + CLAIM_MS / 1_000 - 1)).toBeNull();
    expect(due(OPEN, [tried('claimed', 10)], 10 + CLAIM_MS / 1_000)).not.toBeNull();
  });

  it('that failed is tried again, less and less often', () => {
    expect(due(OPEN, [tried('failed', 10, 1)], 69)).toBeNull();
    expect(due(OPEN, [tried('failed', 10, 1)], 70)).not.toBeNull();
    expect(due(OPEN, [tried('failed', 10, 3)], 249)).toBeNull();
    expect([1, 2, 3, 9, 99].map((tries) => retryMs(tries) / 60_000)).toEqual([1, 2, 4, 30, 30]);
  });

  it('is taken over by the k-th region after k minutes', () => {
    expect([119, 120].map((seconds) => due(OPEN, [], seconds, 2)?.kind)).toEqual([
      undefined,
      'opened',
    ]);
  });

  it('comes less often the longer a thread goes on', () => {
    expect([1, 5, 6, 7, 10, 40].map((count) => slotMs(count) / 60_000)).toEqual([
      2, 2, 4, 8, 60, 60,
    ]);
  });

  it('becomes a claim, and the claim what came of it', () => {
    const failed = { kind: 'failed', why: 'it answered 500' } as const;
    const first = claimed(due(OPEN, [], 0)!, OWN, 'v1', T0);
    const once = afterSending(first, 'down', failed, 'v2', secondsOn(1));
    const second = claimed(due(OPEN, [once], 70)!, OWN, 'v3', secondsOn(70));
    const twice = afterSending(second, 'down', failed, 'v4', secondsOn(71));
    const ok = afterSending(second, 'down', { kind: 'delivered' }, 'v4', secondsOn(71));
    const end = claimed(due(OVER, [ok], 400)!, OWN, 'v5', secondsOn(400));

    expect(first.attempt).toMatchObject({ state: 'claimed', tries: 0, failingSinceAt: null });
    expect(once.attempt).toMatchObject({ state: 'failed', tries: 1, failingSinceAt: secondsOn(1) });
    expect(twice.attempt).toMatchObject({
      tries: 2,
      failingSinceAt: secondsOn(1),
      at: secondsOn(71),
    });
    expect(ok).toMatchObject({ attempt: null, delivered: { label: 'down', count: 1, ends: 0 } });
    expect(
      afterSending(end, 'resolved', { kind: 'delivered' }, 'v6', secondsOn(401)).delivered,
    ).toEqual({
      label: 'resolved',
      at: secondsOn(401),
      count: 2,
      ends: 1,
    });
    const bare = { ...first, attempt: null };
    expect(afterSending(bare, 'down', failed, 'v2', T0).attempt).toMatchObject({ tries: 1 });
  });

  it('is told everywhere once every channel was told what is now, by whichever region', () => {
    const marks = [
      told('down', 1, { region: VANTAGES[2]! }),
      told('up', 0, { channel: 'webhook' }),
    ];

    expect(isTold(OPEN, ['sns'], marks)).toBe(true);
    expect(isTold(OPEN, ['sns', 'webhook'], marks)).toBe(false);
    expect(isTold(OPEN, ['sns'], [told('out', 2), ...marks, told('down', 0)])).toBe(false);
  });

  it('never comes more often than its slots allow, however often the incident changes', () => {
    const labels = fc.array(fc.constantFrom('down', 'out', 'up again', 'resolved'), {
      minLength: 1,
      maxLength: 200,
    });

    fc.assert(
      fc.property(labels, fc.integer({ min: 5, max: 90 }), (changes, everySeconds) => {
        const sentAt: number[] = [];
        let marks: readonly Told[] = [];
        changes.forEach((label, n) => {
          const seconds = n * everySeconds;
          const thread = { ...OPEN, label, labelAt: secondsOn(seconds) };
          const message = due(thread, marks, seconds);
          if (message === null) return;
          sentAt.push(seconds);
          const claim = claimed(message, OWN, `v${n}`, secondsOn(seconds));
          marks = [afterSending(claim, label, { kind: 'delivered' }, `w${n}`, secondsOn(seconds))];
        });

        // But for the first end, two minutes lie between any two.
        const close = sentAt.filter((at, n) => n > 0 && at - sentAt[n - 1]! < 120);
        expect(close.length).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('turns', () => {
  const subject = { kind: 'endpoint', subject: 'us-east-1', place: 'us-east-1' };

  it('give each living region one place of its own, and an endpoint’s own region the last', () => {
    fc.assert(
      fc.property(fc.subarray([...VANTAGES], { minLength: 1 }), fc.string(), (alive, name) => {
        const about = { ...subject, subject: name };
        const places = alive.map((own) => turnOf(about, VANTAGES, alive, own));

        expect(places.toSorted()).toEqual(alive.map((_, place) => place));
        const ailing = alive.findIndex((region) => String(region) === about.place);
        if (ailing >= 0) expect(places[ailing]).toBe(alive.length - 1);
      }),
    );
  });

  it('count a region that looks as alive, whatever the pulses say', () => {
    expect(turnOf(subject, VANTAGES, [], OWN)).toBe(0);
    expect(turnOf(subject, [], [], OWN)).toBe(-1);
  });
});

describe('a channel that fails', () => {
  it('is told from three failures on, however many incidents they are of', () => {
    const failed = (incident: string, seconds: number, tries = 1): Told => ({
      ...tried('failed', seconds, tries),
      incident,
    });

    expect(failingChannels([failed('a', 10), failed('b', 20)], secondsOn(30))).toEqual([]);
    expect(failingChannels([failed('a', 10), failed('b', 20, 2)], secondsOn(30))).toEqual([
      { channel: 'sns', region: OWN, sinceAt: T0, why: 'no' },
    ]);
  });

  it('is well again with what it takes, or when nothing was tried for longer than it would wait', () => {
    const failed = tried('failed', 10, 3);

    expect(failingChannels([failed, told('down', 20, { incident: 'b' })], secondsOn(30))).toEqual(
      [],
    );
    expect(failingChannels([failed, tried('claimed', 20)], secondsOn(10 + 2_101))).toEqual([]);
  });

  it('is named once, by the region where it fails longest', () => {
    const elsewhere = { ...tried('failed', 10, 5), region: VANTAGES[1]! };
    const since = (mark: Told, failingSinceAt: number | null): Told => ({
      ...mark,
      attempt: { ...mark.attempt!, failingSinceAt },
    });

    const found = failingChannels(
      [since(tried('failed', 12, 3), null), since(elsewhere, secondsOn(-60))],
      secondsOn(30),
    );

    expect(found).toMatchObject([{ region: VANTAGES[1], sinceAt: secondsOn(-60) }]);
  });
});

describe('the outbox', () => {
  const region = vantageId('eu-west-1');
  const stored = (item: unknown): unknown => JSON.parse(JSON.stringify(item));

  it('gives back what was written, and leaves out what no release of us wrote', () => {
    const look = { service: serviceId('app'), generation: 42, nonce: nonce('abc'), at: T0 };
    const items = [dueItem(anEvent(), region), lookItem(look, region)].map(stored);
    const mark = told('down', 0);

    const found = parseDue([...items, { body: 1 }, { ...(items[0] as object), body: {} }]);

    expect(found.news).toMatchObject([{ service: 'app', incident: 'incident0001', at: T0 }]);
    expect(found.looks).toMatchObject([{ ...look, item: { key: 'due#look app' } }]);
    expect(parseTold([stored(toldItem(mark, T0)), items[0], null])).toEqual([mark]);
    expect(bodyOf(stored(standingItem(region, { format: 1 }, T0)))).toEqual({ format: 1 });
    expect(bodyOf(undefined)).toBeUndefined();
  });

  it('holds one item per incident, whose newest news wins', () => {
    const [first, second] = [
      dueItem(anEvent(), region),
      dueItem(anEvent({ at: secondsOn(9) }), region),
    ];

    expect(first.key).toBe(second.key);
    expect(first.version).not.toBe(second.version);
    expect(finished(first, secondsOn(10)).expiresAt).toBe(secondsOn(9));
  });

  it('never throws, whatever lies in it', () => {
    fc.assert(
      fc.property(fc.array(fc.anything()), (items) => {
        expect(parseDue(items)).toEqual({ news: [], looks: [] });
        expect(parseTold(items)).toEqual([]);
      }),
    );
  });
});
