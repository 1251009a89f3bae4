/** What a round found of one service, and what of it is news. */
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../shared/adapters/digest.ts';
import type { Decision, EndpointDecision } from '../../shared/core/decision.ts';
import type { Fence, FenceOrder } from '../../shared/core/fence.ts';
import { newEntry } from '../../shared/core/fence.ts';
import { type Finding, findingsOf, type RoundSeen } from '../../shared/core/incident-finding.ts';
import {
  parseStanding,
  REPEAT_MS,
  STANDING_MAX,
  type Standing,
  standingBody,
  watchIncidents,
} from '../../shared/core/incident-watch.ts';
import {
  digest,
  endpointId,
  epochMs,
  nonce,
  orderId,
  regionId,
  vantageId,
  weight,
} from '../../shared/core/model.ts';
import { regionMark } from '../../shared/core/rule-order.ts';
import { markOf } from '../../shared/core/snapshot.ts';
import type { VantageView } from '../../shared/core/vote.ts';
import { secondsOn, T0 } from '../fakes/sample-incident.ts';
import { sampleEndpoint, sampleService, VANTAGES } from '../fakes/sample-service.ts';

const US = endpointId('us-east-1');
const SERVICE = sampleService();
const HOUR = 3_600;

describe('a finding of an endpoint', () => {
  it('is none where it is up and has its weight', () => {
    expect(findingsOf(seen({}))).toEqual([]);
  });

  it('that this round removed is a verdict of before and a commit of now', () => {
    const down = endpointOf({ ...DOWN, from: 100, to: 0 });

    const found = findingsOf(seen({ endpoints: [down], committed: 42, decidedAt: secondsOn(-9) }));

    expect(found).toMatchObject([
      {
        kind: 'endpoint',
        subject: 'us-east-1',
        label: 'down',
        step: 'verdict',
        at: secondsOn(-9),
        firstFailedAt: secondsOn(-40),
        voteAt: secondsOn(-30),
        sinceAt: secondsOn(-40),
        title: 'app: us-east-1 is down',
        place: 'us-east-1',
        commands: [
          'quorate why app us-east-1',
          'quorate status app',
          'quorate runbook quorum-down',
        ],
      },
      {
        label: 'out',
        step: 'committed',
        sentence: 'removed: us-east-1 100 → 0, generation 42',
        generation: 42,
        at: T0,
        serves: 'nothing with weight is known here',
      },
    ]);
  });

  it.each<readonly [string, Partial<EndpointDecision>, string | null, string]>([
    ['still has its weight', { from: 100, to: 100 }, 'down', 'verdict'],
    ['is to be removed', { from: 100, to: 0 }, 'down', 'verdict'],
    ['is out', { from: 0, to: 0 }, 'out', 'committed'],
    ['is drained', { from: 0, to: 0, order: orderId('drain001') }, 'down', 'verdict'],
    ['has no record', { from: null, to: null }, 'down', 'verdict'],
  ])('that is down and %s says so', (_, changes, label, step) => {
    expect(findingsOf(seen({ endpoints: [endpointOf({ ...DOWN, ...changes })] }))).toMatchObject([
      { label, step },
    ]);
  });

  it('of an observed service was never removed, and says that it is observed only', () => {
    const round = seen({ endpoints: [endpointOf({ ...DOWN, from: 0, to: 0 })] });
    const observed = { ...round, service: { ...round.service, mode: 'observe' as const } };

    expect(findingsOf(observed)).toMatchObject([
      { label: 'down', step: 'verdict', title: 'app: us-east-1 is down (observed only)' },
    ]);
  });

  it('whose removal is withheld tells the arithmetic', () => {
    const floor = { endpoint: US, code: 'floor' as const, leavesPercent: 40, floorPercent: 50 };
    const held = endpointOf({ ...DOWN, from: 100, to: 100, withheld: [floor] });

    expect(findingsOf(seen({ endpoints: [held] }))).toMatchObject([
      {
        label: 'withheld floor',
        step: 'withheld',
        sentence: 'withheld: removing us-east-1 would leave 40 % in service, floor is 50 %',
      },
    ]);
  });

  it('that was never up, or is not what is served, is told and not moved', () => {
    const unproven = {
      endpoint: US,
      code: 'unproven' as const,
      failure: 'status',
      downs: 5,
      of: 5,
    };
    const other = {
      endpoint: US,
      code: 'not-what-is-served' as const,
      service: SERVICE.id,
      record: 'app.example.com A',
      served: '198.51.100.9',
      configured: '198.51.100.1',
    };

    const labels = [endpointOf({ ...DOWN, reason: unproven }), endpointOf({ reason: other })].map(
      (one) => findingsOf(seen({ endpoints: [one] })).map(({ label }) => label),
    );

    expect(labels).toEqual([['unproven'], ['not-served']]);
  });

  it('goes on while it is up again and not back, or while nobody knows', () => {
    const unknown = { ...UP, value: 'unknown' as const };
    const ramp = { endpoint: US, code: 'ramp' as const, percent: 10, nextAt: T0 };
    const held = { entries: [entry({ kind: 'out' })] };
    const of = (changes: Partial<EndpointDecision>) =>
      findingsOf(seen({ endpoints: [endpointOf(changes)], fence: held })).map(({ label, step }) => [
        label,
        step,
      ]);

    expect(of({})).toEqual([['up again', 'returning']]);
    expect(of({ reason: ramp })).toEqual([['returning', 'returning']]);
    expect(of({ verdict: unknown })).toEqual([[null, 'changed']]);
    // An order has an incident of its own.
    expect(of({ order: orderId('drain001') })).toEqual([]);
    expect(findingsOf(seen({ endpoints: [] }))).toMatchObject([{ label: null }]);
  });

  it('names what DNS serves, at most eight and the number of the others', () => {
    const many = Array.from({ length: 12 }, (_, n) =>
      endpointOf({ endpoint: endpointId(`e${n}`), from: n, to: n }),
    );
    const down = endpointOf({ ...DOWN, from: 0, to: 0 });

    const [found] = findingsOf(seen({ endpoints: [...many, down] }));

    expect(found!.serves).toBe('e1 1, e2 2, e3 3, e4 4, e5 5, e6 6, e7 7, e8 8 and 3 more');
  });

  it('that is no endpoint of the file any more has neither place nor mark', () => {
    const gone = { ...SERVICE, endpoints: [sampleEndpoint('us-east-1')] };

    expect(findingsOf({ ...seen({}), service: gone, fence: null })).toEqual([]);
  });
});

describe('a finding of automation', () => {
  const off = (automation: Decision['automation'], changes: Partial<Decision> = {}) =>
    seen({ decision: { automation, ...changes } });
  const quorate = {
    code: 'not-quorate' as const,
    service: SERVICE.id,
    usable: 2,
    quorum: 3,
    of: 5,
    silent: [],
  };

  it('is none while it is on, observing, or frozen by an order', () => {
    for (const automation of ['on', 'observing', 'frozen'] as const) {
      expect(findingsOf(off(automation))).toEqual([]);
    }
  });

  it('says why, in the words of the decision', () => {
    const given = { code: 'order-started' as const, order: orderId('drain001') };

    expect(findingsOf(off('not-quorate', { reasons: [quorate, given] }))).toMatchObject([
      {
        kind: 'automation',
        label: 'not-quorate',
        title: 'app: automation is off (not-quorate)',
        sentence: expect.stringMatching(/^not quorate: 2 of 5 vantages/),
        commands: ['quorate why app', 'quorate runbook not-quorate'],
      },
    ]);
    expect(findingsOf(off('blocked'))).toMatchObject([{ sentence: 'automation is off: blocked' }]);
  });

  it('names the record that a person edited', () => {
    const drift = {
      endpoint: US,
      code: 'drift' as const,
      service: SERVICE.id,
      record: 'app.example.com A',
      found: 20,
      left: 50,
    };

    expect(
      findingsOf(
        seen({ decision: { automation: 'drift' }, endpoints: [endpointOf({ reason: drift })] }),
      ),
    ).toMatchObject([{ label: 'drift', sentence: expect.stringMatching(/^drift: us-east-1/) }]);
  });

  it('waits a quarter of an hour for reports of a file that was packaged just now', () => {
    const silent = (why: 'missing' | 'stale'): VantageView[] => [
      { vantage: VANTAGES[0]!, state: 'silent', why, detail: '' },
    ];
    const young = { ...off('not-quorate', { reasons: [quorate] }), packagedAt: secondsOn(-60) };
    const with_ = (views: VantageView[], packagedAt = young.packagedAt) =>
      findingsOf({ ...young, packagedAt, votes: { views, asofAt: null } }).length;

    expect([with_(silent('missing')), with_(silent('stale'))]).toEqual([0, 1]);
    expect(with_(silent('missing'), secondsOn(-900))).toBe(1);
  });
});

describe('a finding of an order', () => {
  const of = (changes: Partial<FenceOrder>, reasons: Decision['reasons'] = []) =>
    findingsOf(seen({ fence: { orders: [order(changes)] }, decision: { reasons } }));

  it('tells what it covers and when it ends', () => {
    const mark = markOf(SERVICE.endpoints[1]!, sha256);
    const titles = [
      of({ scope: { kind: 'service' } }),
      of({ scope: { kind: 'endpoint', mark } }),
      of({ scope: { kind: 'endpoint', mark: 'gone00' } }),
      of({ scope: { kind: 'region', mark: regionMark(regionId('us-east-1'), sha256) } }),
      of({ scope: { kind: 'region', mark: 'gone00' } }),
    ].map(([one]) => one!.title);

    expect(titles).toEqual([
      'app: drain of app until 2026-07-01 04:12Z',
      'app: drain of us-east-1 until 2026-07-01 04:12Z',
      'app: drain of an endpoint that left the file until 2026-07-01 04:12Z',
      'app: drain of region us-east-1 until 2026-07-01 04:12Z',
      'app: drain of a region that left the file until 2026-07-01 04:12Z',
    ]);
  });

  it('is given, begins, is withheld, and is called to mind at 80 % of its life', () => {
    const withheld = { code: 'order-withheld' as const, order: orderId('drain001'), why: 'floor' };
    const other = { ...withheld, order: orderId('other001') };
    const states = [
      of({ started: false }),
      of({}),
      of({ fromAt: secondsOn(-0.8 * HOUR), untilAt: secondsOn(0.2 * HOUR) }),
      of({ started: false }, [other, withheld]),
    ].map(([one]) => [one!.label!.replace(/ \d+$/, ''), one!.step, one!.sentence]);

    expect(states).toEqual([
      [
        'given',
        'changed',
        'order drain001: drain of app until 2026-07-01 04:12Z is given and begins 2026-07-01 03:12Z',
      ],
      ['begun', 'changed', 'order drain001: drain of app until 2026-07-01 04:12Z has begun'],
      [
        'ends soon',
        'changed',
        'order drain001: drain of app until 2026-07-01 03:24Z is 80 % over; what it covers returns by its health then',
      ],
      ['withheld', 'withheld', 'withheld: order drain001 does not begin: floor'],
    ]);
  });
});

describe('what is news', () => {
  const at = T0;
  const region = vantageId('eu-west-1');
  const watcher = { service: 'app', region, at, room: 10, digestOf: sha256 };
  const down = (changes: Partial<Finding> = {}): Finding => ({
    ...findingsOf(seen({ endpoints: [endpointOf({ ...DOWN, from: 100, to: 100 })] }))[0]!,
    ...changes,
  });
  const off = (changes: Partial<Finding> = {}): Finding =>
    down({ kind: 'automation', subject: 'automation', label: 'drift', ...changes });

  it('what stands fits one item of the table, whatever length names have', () => {
    const name = 'n'.repeat(63);
    const one: Standing = {
      id: 'i'.repeat(12),
      service: name,
      kind: 'automation',
      subject: name,
      label: 'withheld not-what-is-served 12h',
      title: `${name}: ${name} is down (observed only)`,
      sinceAt: T0,
      openedAt: T0,
      untilAt: T0,
      place: name,
    };

    const body = JSON.stringify(standingBody(Array.from({ length: STANDING_MAX }, () => one)));

    expect(body.length).toBeLessThan(400_000);
  });

  it('is a beginning, another label and an end, and nothing in between', () => {
    const first = watchIncidents([], [down()], watcher);
    const same = watchIncidents(first.standing, [down({ at: secondsOn(60) })], watcher);
    const unknown = watchIncidents(first.standing, [down({ label: null })], watcher);
    const out = watchIncidents(
      first.standing,
      [down({ label: 'out', step: 'committed' })],
      watcher,
    );
    const over = watchIncidents(out.standing, [], { ...watcher, at: secondsOn(900) });

    expect(first.events).toMatchObject([{ label: 'down', step: 'verdict', region, at }]);
    expect([same.events, unknown.events]).toEqual([[], []]);
    expect(out.events).toMatchObject([{ label: 'out', id: first.events[0]!.id }]);
    expect(over).toMatchObject({
      standing: [],
      events: [
        {
          id: first.events[0]!.id,
          step: 'resolved',
          sentence: 'over: us-east-1 of app is up, and has the weight it should have',
        },
      ],
    });
  });

  it('has the same id in every region that saw the same beginning', () => {
    const ids = VANTAGES.map(
      (one) => watchIncidents([], [down()], { ...watcher, region: one }).events[0]!.id,
    );

    expect(new Set(ids).size).toBe(1);
    expect(watchIncidents([], [down({ sinceAt: secondsOn(-1) })], watcher).events[0]!.id).not.toBe(
      ids[0],
    );
  });

  it('never begins with a return, with what nobody knows, or beyond what a region may hold', () => {
    const found = [
      down({ step: 'returning', label: 'up again' }),
      down({ subject: 'x', label: null }),
    ];

    expect(watchIncidents([], found, watcher)).toEqual({ standing: [], events: [] });
    expect(
      watchIncidents([], [down(), down({ subject: 'y' })], { ...watcher, room: 1 }).events,
    ).toHaveLength(1);
  });

  it('is automation that is still off after four hours', () => {
    const first = watchIncidents([], [off()], watcher).standing;
    const later = (ms: number) => off({ at: epochMs(T0 + ms) });

    const labels = [REPEAT_MS - 1, REPEAT_MS, 2 * REPEAT_MS + 5].map((ms) =>
      watchIncidents(first, [later(ms)], watcher).events.map(({ label }) => label),
    );
    const repeated = watchIncidents(first, [later(REPEAT_MS)], watcher).standing;

    expect(labels).toEqual([[], ['drift 4h'], ['drift 8h']]);
    expect(watchIncidents(repeated, [later(REPEAT_MS + 60_000)], watcher).events).toEqual([]);
    expect(watchIncidents(first, [off({ label: null })], watcher).events).toEqual([]);
  });

  it('ends an order by its time, or by somebody’s hand', () => {
    const standing = watchIncidents(
      [],
      [down({ kind: 'order', subject: 'drain001', label: 'begun', untilAt: secondsOn(HOUR) })],
      watcher,
    ).standing;
    const end = (seconds: number, open: readonly Standing[] = standing) =>
      watchIncidents(open, [], { ...watcher, at: secondsOn(seconds) }).events[0]!.sentence;

    expect(end(60)).toBe('over: order drain001 was cancelled or replaced before its end');
    expect(end(HOUR)).toBe('over: order drain001 has ended; what it covered returns by its health');
    expect(end(HOUR, [{ ...standing[0]!, untilAt: null }])).toMatch(/has ended/);
    expect(end(HOUR, [{ ...standing[0]!, kind: 'drill' }])).toBe('over: drill drain001 has ended');
    expect(end(HOUR, [{ ...standing[0]!, kind: 'automation' }])).toBe(
      'over: automation of app is not off any more',
    );
  });

  it('is remembered by a region across its processes; what is no memory of ours is none', () => {
    const { standing } = watchIncidents([], [down(), off()], watcher);

    expect(parseStanding(JSON.parse(JSON.stringify(standingBody(standing))))).toEqual(standing);
    expect(parseStanding({ format: 2, open: [] })).toEqual([]);
    expect(parseStanding(undefined)).toEqual([]);
  });
});

const UP: EndpointDecision['verdict'] = {
  value: 'up',
  degraded: false,
  ups: VANTAGES,
  downs: [],
  failing: [],
  of: 5,
  sinceAt: null,
  failure: '',
};
const DOWN: Partial<EndpointDecision> = {
  verdict: { ...UP, value: 'down', ups: [], downs: VANTAGES.slice(0, 3), sinceAt: secondsOn(-30) },
  reason: {
    endpoint: US,
    code: 'quorum-down',
    vantages: VANTAGES.slice(0, 3),
    failure: 'timeout',
    sinceAt: secondsOn(-30),
    quorum: 3,
    of: 5,
  },
};

function endpointOf(changes: Partial<EndpointDecision>): EndpointDecision {
  return {
    endpoint: US,
    verdict: UP,
    from: 100,
    to: 100,
    configured: 100,
    order: null,
    reason: { endpoint: US, code: 'healthy', ups: 5, of: 5 },
    withheld: [],
    ...changes,
  };
}

const entry = (phase: Fence['entries'][number]['phase']): Fence['entries'][number] =>
  newEntry(markOf(SERVICE.endpoints[1]!, sha256), weight(0), phase);

function order(changes: Partial<FenceOrder>): FenceOrder {
  return {
    id: orderId('drain001'),
    kind: 'drain',
    scope: { kind: 'service' },
    weight: weight(0),
    fromAt: T0,
    untilAt: secondsOn(HOUR),
    afterwards: 'auto',
    force: [],
    started: true,
    ...changes,
  };
}

/** A round that saw us-east-1 only. */
function seen({
  endpoints = [endpointOf({})],
  fence = {},
  decision = {},
  ...changes
}: Partial<Pick<RoundSeen, 'committed' | 'decidedAt'>> & {
  readonly endpoints?: readonly EndpointDecision[];
  readonly fence?: Partial<Fence>;
  readonly decision?: Partial<Decision>;
}): RoundSeen {
  const ballot = (sinceAt: number | null) => ({
    vote: 'down' as const,
    failures: 3,
    sinceAt: sinceAt as ReturnType<typeof epochMs> | null,
    code: null,
    skipped: null,
    detail: '',
    latencyMs: null,
    watch: [],
  });
  const view = (at: number, sinceAt: number | null): VantageView => ({
    vantage: VANTAGES[at]!,
    state: 'reporting',
    observedAt: T0,
    config: 'c',
    settings: null,
    fenceFormats: [1],
    ballots: at === 1 ? new Map() : new Map([[US, ballot(sinceAt)]]),
  });
  return {
    service: { ...SERVICE, endpoints: SERVICE.endpoints.filter(({ id }) => id === US) },
    decision: {
      service: SERVICE.id,
      automation: 'on',
      endpoints,
      reasons: [],
      withheld: [],
      asofAt: T0,
      commit: null,
      ...decision,
    },
    fence: {
      deployment: 'quorate-test',
      generation: 41,
      nonce: nonce('seed0041'),
      parentNonce: null,
      asofAt: T0,
      config: 'c',
      packagedAt: T0,
      record: digest('r'),
      rescuedAt: null,
      entries: [entry({ kind: 'in' })],
      orders: [],
      ...fence,
    },
    votes: {
      views: [
        view(0, secondsOn(-40)),
        view(1, null),
        view(2, null),
        view(3, secondsOn(-90)),
        { vantage: VANTAGES[4]!, state: 'silent', why: 'stale', detail: '' },
      ],
      asofAt: T0,
    },
    committed: null,
    decidedAt: T0,
    at: T0,
    packagedAt: secondsOn(-7_200),
    digestOf: sha256,
    ...changes,
  };
}
