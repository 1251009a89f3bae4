/** The fold of all regions' events: one thread per incident, whoever saw it when. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type IncidentEvent, parseIncidentEvent } from '../../shared/core/incident.ts';
import { shownIncident } from '../../shared/core/incident-shown.ts';
import { FLAP_MS, foldIncidents } from '../../shared/core/incident-thread.ts';
import { REPEAT_MS } from '../../shared/core/incident-watch.ts';
import { anEnd, anEvent, secondsOn, T0 } from '../fakes/sample-incident.ts';

const REGIONS = ['eu-west-1', 'us-east-1', 'ap-southeast-1'];
const NOW = secondsOn(86_400);

describe('a thread', () => {
  it('is one, whichever region saw what when, and names the first fall’s times', () => {
    const events = [
      anEvent({ region: 'eu-west-1', at: secondsOn(0) }),
      anEvent({
        region: 'eu-west-1',
        at: secondsOn(2),
        step: 'committed',
        label: 'out',
        generation: 42,
      }),
      // Fewer reports had been replicated there: another beginning, and so another id.
      anEvent({
        region: 'us-east-1',
        id: 'other',
        at: secondsOn(4),
        firstFailedAt: secondsOn(-40),
      }),
      anEvent({
        region: 'us-east-1',
        id: 'other',
        at: secondsOn(50),
        step: 'committed',
        label: 'out',
      }),
      anEvent({ region: 'eu-west-1', at: secondsOn(300), step: 'returning', label: 'up again' }),
      anEnd({ region: 'eu-west-1', at: secondsOn(600) }),
      anEvent({
        region: 'us-east-1',
        id: 'other',
        at: secondsOn(610),
        step: 'returning',
        label: 'up again',
      }),
      anEnd({ region: 'us-east-1', id: 'other', at: secondsOn(640) }),
    ];

    const threads = foldIncidents(events, NOW);

    expect(threads).toMatchObject([
      {
        id: 'incident0001',
        ids: ['incident0001', 'other'],
        openedAt: T0,
        resolvedAt: secondsOn(600),
        firstFailedAt: secondsOn(-40),
        verdictAt: T0,
        generations: [42],
        label: 'resolved',
        falls: 1,
        regions: [],
      },
    ]);
    expect(threads[0]!.steps.map(({ label }) => label)).toEqual([
      'down',
      'out',
      'up again',
      'resolved',
    ]);
  });

  it('goes on as one where the next fall comes within ten minutes, and else begins anew', () => {
    const fall = (id: string, at: number): IncidentEvent[] => [
      anEvent({ id, at: secondsOn(at), generation: at + 1 }),
      anEnd({ id, at: secondsOn(at + 60) }),
    ];

    const soon = foldIncidents([...fall('a', 0), ...fall('b', 300), ...fall('c', 600)], NOW);
    const later = foldIncidents([...fall('a', 0), ...fall('b', 61 + FLAP_MS / 1_000)], NOW);

    expect(soon).toMatchObject([{ ids: ['a', 'b', 'c'], falls: 3, resolvedAt: secondsOn(660) }]);
    expect(soon[0]!.generations).toEqual([1, 301, 601]);
    expect(later.map(({ id, falls }) => [id, falls])).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
  });

  it('of automation lasts as long as any region says so', () => {
    const off = (region: string, at: number, label = 'not-quorate'): IncidentEvent =>
      anEvent({
        kind: 'automation',
        subject: 'automation',
        region,
        id: region,
        at: secondsOn(at),
        label,
      });
    const on = (region: string, at: number): IncidentEvent =>
      anEnd({ kind: 'automation', subject: 'automation', region, id: region, at: secondsOn(at) });

    const open = [off('eu-west-1', 0), off('us-east-1', 5), on('eu-west-1', 60)];

    expect(foldIncidents(open, secondsOn(90))).toMatchObject([
      { resolvedAt: null, regions: ['us-east-1'], label: 'not-quorate' },
    ]);
    expect(foldIncidents([...open, on('us-east-1', 70)], secondsOn(90))).toMatchObject([
      { resolvedAt: secondsOn(70), label: 'resolved' },
    ]);
    // A second end of one region adds nothing.
    expect(foldIncidents([...open, on('eu-west-1', 65)], secondsOn(90))).toMatchObject([
      { resolvedAt: null },
    ]);
  });

  it('of automation ends when nobody has said so for longer than it would be repeated', () => {
    const off = anEvent({ kind: 'automation', subject: 'automation', label: 'drift' });
    const lapsedAt = T0 + REPEAT_MS + 900_000;
    const again = { ...off, at: lapsedAt + 1, region: 'us-east-1', id: 'again' };

    expect(foldIncidents([off], lapsedAt)).toMatchObject([{ resolvedAt: null }]);
    expect(foldIncidents([off], lapsedAt + 1)).toMatchObject([{ resolvedAt: lapsedAt }]);
    expect(foldIncidents([off, again], lapsedAt + 2)).toMatchObject([{ falls: 2 }]);
  });

  it('takes what comes late after an end, and an end of what it never saw, for nothing', () => {
    const story = [anEvent(), anEnd({ at: secondsOn(60) })];

    const late = foldIncidents([...story, anEvent({ at: secondsOn(90) })], NOW);
    const unknown = foldIncidents([anEnd({ at: secondsOn(-5) }), ...story], NOW);
    const anew = foldIncidents([...story, anEvent({ at: secondsOn(200) })], NOW);

    expect([late, unknown].map(([one]) => [one!.falls, one!.resolvedAt])).toEqual([
      [1, secondsOn(60)],
      [1, secondsOn(60)],
    ]);
    expect(anew).toMatchObject([{ falls: 2, resolvedAt: null }]);
  });

  it('keeps the earliest beginning that any region knows', () => {
    const of = (a: number | null, b: number | null) =>
      foldIncidents(
        [
          anEvent({ firstFailedAt: a, voteAt: null }),
          anEvent({ id: 'b', at: secondsOn(1), firstFailedAt: b, voteAt: null }),
        ],
        NOW,
      )[0]!.firstFailedAt;

    expect([of(T0, secondsOn(-9)), of(null, T0), of(T0, null), of(null, null)]).toEqual([
      secondsOn(-9),
      T0,
      T0,
      null,
    ]);
  });

  it('is the same in whatever order its events are read, or read twice', () => {
    const event = fc
      .record({
        region: fc.constantFrom(...REGIONS),
        id: fc.constantFrom('a', 'b', 'c'),
        at: fc.integer({ min: 0, max: 40 }).map((minute) => secondsOn(minute * 60)),
        step: fc.constantFrom('verdict', 'withheld', 'committed', 'returning', 'resolved'),
        kind: fc.constantFrom('endpoint', 'automation'),
        subject: fc.constantFrom('us-east-1', 'eu-west-1'),
      })
      .map((one) =>
        one.step === 'resolved'
          ? anEnd(one as Partial<IncidentEvent>)
          : anEvent({ ...one, label: one.step } as Partial<IncidentEvent>),
      );
    const unique = (events: readonly IncidentEvent[]): IncidentEvent[] => [
      ...new Map(events.map((one) => [JSON.stringify(one), one])).values(),
    ];

    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), fc.func(fc.integer()), (some, weigh) => {
        const events = unique(some);
        const shuffled = [...events].sort((a, b) => weigh(a) - weigh(b));

        expect(foldIncidents(shuffled, NOW)).toEqual(foldIncidents(events, NOW));
        for (const thread of foldIncidents(events, NOW)) {
          expect(thread.label === 'resolved').toBe(thread.resolvedAt !== null);
          expect(new Set(thread.ids).size).toBe(thread.ids.length);
        }
      }),
    );
  });

  it('takes what regions saw in the same moment in the order of their names', () => {
    const [thread] = foldIncidents([anEvent({ region: 'us-east-1' }), anEvent()], NOW);

    expect(thread).toMatchObject({ regions: ['eu-west-1', 'us-east-1'], steps: [{}] });
  });

  it('folds by service, subject and time, the oldest first', () => {
    const threads = foldIncidents(
      [
        anEvent({ service: 'db', id: 'z', at: secondsOn(9) }),
        anEvent({ subject: 'eu-west-1', id: 'y' }),
        anEvent({ id: 'x' }),
      ],
      NOW,
    );

    expect(threads.map(({ id }) => id)).toEqual(['x', 'y', 'z']);
  });
});

describe('an incident as shown', () => {
  const story = [
    anEvent(),
    anEvent({ at: secondsOn(2), step: 'committed', label: 'out', generation: 42 }),
    anEnd({ at: secondsOn(900) }),
  ];
  const [thread] = foldIncidents(story, NOW);

  it('has every step in the order of time, and how long it took', () => {
    const marks = [
      { generation: 42, kind: 'insync', at: secondsOn(40) },
      { generation: 42, kind: 'seen', at: secondsOn(50) },
      { generation: 42, kind: 'seen', at: secondsOn(45) },
      { generation: 41, kind: 'seen', at: secondsOn(-400) },
    ];

    const shown = shownIncident(thread!, marks);

    expect(shown).toMatchObject({
      state: 'resolved',
      endpoints: ['us-east-1'],
      detectMs: 30_000,
      recoverMs: 75_000,
      recoverBasis: 'seen',
      resolvedAt: secondsOn(900),
    });
    expect(shown.steps.map(({ step }) => step)).toEqual([
      'first-failed',
      'vote',
      'verdict',
      'committed',
      'insync',
      'seen',
      'resolved',
    ]);
  });

  it('says that its recovery is by INSYNC where nobody has asked the name servers', () => {
    const shown = shownIncident(thread!, [{ generation: 42, kind: 'insync', at: secondsOn(40) }]);

    expect(shown).toMatchObject({ recoverMs: 70_000, recoverBasis: 'insync' });
  });

  it('has no times that nobody measured', () => {
    const [bare] = foldIncidents(
      [anEvent({ kind: 'order', subject: 'order001', firstFailedAt: null, voteAt: null })],
      NOW,
    );
    const [withoutVote] = foldIncidents([anEvent({ voteAt: null, generation: 42 })], NOW);

    expect(shownIncident(bare!, [{ generation: 42, kind: 'seen', at: T0 }])).toMatchObject({
      state: 'open',
      endpoints: [],
      detectMs: null,
      recoverMs: null,
      recoverBasis: null,
    });
    expect(shownIncident(withoutVote!, []).steps.map(({ step }) => step)).toEqual([
      'first-failed',
      'verdict',
    ]);
    const served = [{ generation: 42, kind: 'seen', at: secondsOn(9) }];
    const [unmeasured] = foldIncidents([anEvent({ firstFailedAt: null, generation: 42 })], NOW);
    expect(shownIncident(unmeasured!, served)).toMatchObject({
      recoverMs: null,
      recoverBasis: null,
    });
  });
});

describe('a stored event', () => {
  it('comes back as it was written, and anything else is none', () => {
    expect(parseIncidentEvent(JSON.parse(JSON.stringify(anEvent())))).toEqual(anEvent());
    fc.assert(
      fc.property(fc.anything(), (item) => {
        expect(parseIncidentEvent(item)).toBeUndefined();
      }),
    );
  });
});
