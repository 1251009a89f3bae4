/** Reports → votes: the reader's rules, silence, isolation, and the evidence mark. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  digest,
  endpointId,
  epochMs,
  serviceId,
  type VantageId,
  vantageId,
} from '../../shared/core/model.ts';
import { SKIP_CODES } from '../../shared/core/reason-code.ts';
import {
  castVotes,
  freshForMs,
  isolatedVantages,
  type ReportReading,
  SILENT_WHYS,
  type VantageView,
} from '../../shared/core/vote.ts';
import {
  CONFIG_DIGEST,
  manifestOf,
  NOW,
  openWorld,
  rawReport,
  readingOf,
  SECOND,
  type Sight,
} from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService, VANTAGES } from '../fakes/sample-service.ts';

const US = endpointId('us-east-1');
const NOBODY: ReadonlySet<VantageId> = new Set();
const service = sampleService();
const own = vantageId('eu-west-1');
const manifests = new Map([[CONFIG_DIGEST, manifestOf([service])]]);

const viewOf = (raw: unknown, on = service): VantageView =>
  castVotes(on, new Map([[own, readingOf(raw, own, manifests)]]), NOBODY, NOW).views[0]!;
const why = (view: VantageView): string => (view.state === 'silent' ? view.why : view.state);
const report = (changes: Record<string, unknown> = {}, sights: Record<string, Sight> = {}) =>
  rawReport(service, own, NOW - SECOND, new Map(Object.entries(sights)), changes);
const rounds = (observedAt: number, everyMs = 10_000) => ({
  rounds: [{ everyMs, round: 1, observedAt }],
});

describe('votes', () => {
  it('takes an endpoint that is not listed as up', () => {
    const view = viewOf(report());

    expect(view).toMatchObject({ state: 'reporting', observedAt: NOW - SECOND });
    expect(view.state !== 'silent' && view.ballots.get(US)?.vote).toBe('up');
  });

  it('takes a listed endpoint at its vote', () => {
    const view = viewOf(report({}, { [US]: { vote: 'down', code: 'refused', sinceAt: NOW - 9 } }));

    expect(view.state !== 'silent' && view.ballots.get(US)).toMatchObject({
      vote: 'down',
      code: 'refused',
      failures: 3,
      sinceAt: NOW - 9,
    });
  });

  it('lists the vantages in the order of the file, the absent ones silent: missing', () => {
    const votes = castVotes(service, new Map(), NOBODY, NOW);

    expect(votes.views.map((view) => [view.vantage, why(view)])).toEqual(
      VANTAGES.map((vantage) => [vantage, 'missing']),
    );
    expect(votes.asofAt).toBeNull();
  });

  it.each(Object.keys(SKIP_CODES))(
    'a probe skipped as %s is an abstention, whatever was voted before',
    (code) => {
      const view = viewOf(report({}, { [US]: { vote: 'down', skipped: code } }));

      expect(view.state !== 'silent' && view.ballots.get(US)).toMatchObject({
        vote: 'none',
        skipped: code,
      });
    },
  );

  it('a vantage that skips what it had up or down votes neither', () => {
    for (const vote of ['up', 'down', 'none'] as const) {
      const view = viewOf(report({}, { [US]: { vote, skipped: 'starved' } }));

      expect(view.state !== 'silent' && view.ballots.get(US)?.vote).toBe('none');
    }
  });

  it('ignores what a report says about other services', () => {
    const other = sampleService({ id: serviceId('other'), endpoints: [sampleEndpoint('x')] });
    const raw = rawReport(other, own, NOW, new Map([['x', { vote: 'down' as const }]]), {
      unlisted: 3,
    });
    const both = new Map([[CONFIG_DIGEST, manifestOf([service, other])]]);
    const { views } = castVotes(service, new Map([[own, readingOf(raw, own, both)]]), NOBODY, NOW);

    expect(
      views[0]?.state !== 'silent' && [...views[0]!.ballots.values()].map((b) => b.vote),
    ).toEqual(['up', 'up', 'up']);
  });

  it.each([
    ['fresh', rounds(NOW), 'reporting'],
    ['30 s old at an interval of 10 s', rounds(NOW - 30_000), 'reporting'],
    ['F39: 30.001 s old', rounds(NOW - 30_001), 'stale'],
    ['F53: two hours late by replication', rounds(NOW - 7_200_000), 'stale'],
    ['5 s ahead', rounds(NOW + 5_000), 'reporting'],
    ['F38: 5.001 s ahead', rounds(NOW + 5_001), 'future'],
    ['F38: ten minutes ahead', rounds(NOW + 600_000), 'future'],
    ['without a round of this interval yet', rounds(NOW, 5_000), 'missing'],
    [
      'F51: under a configuration nobody knows',
      { config: 'never-heard-of-it-0001' },
      'unknown-config',
    ],
    ['F62: of another format', { format: 9 }, 'malformed'],
    ['F62: with one endpoint too few', { unlisted: 2 }, 'malformed'],
    ['F62: with one endpoint too many', { unlisted: 4 }, 'malformed'],
    ['F63: of another vantage', { vantage: 'us-west-2' }, 'malformed'],
    ['F62: without rounds', { rounds: [] }, 'malformed'],
    [
      'F62: with a time that is no number',
      { rounds: [{ everyMs: 10_000, round: 1, observedAt: 'now' }] },
      'malformed',
    ],
  ])('a report %s is read as %s', (_, changes, expected) => {
    expect(why(viewOf(report(changes)))).toBe(expected);
  });

  it('F51: a report under another digest of this service is silent: other-config', () => {
    expect(why(viewOf(report(), { ...service, digest: digest('another-digest-app-0002') }))).toBe(
      'other-config',
    );
  });

  it('a manifest that does not know the service, or only as a property of all objects, is other-config', () => {
    for (const id of ['unheard-of', 'constructor', 'toString']) {
      expect(why(viewOf(report(), { ...service, id: serviceId(id) }))).toBe('other-config');
    }
  });

  it('F62: __proto__ in an item brings nothing in', () => {
    const raw = JSON.parse(
      JSON.stringify(report()).replace('"format":1', '"format":1,"__proto__":{"entries":[]}'),
    );

    expect(why(viewOf(raw))).toBe('reporting');
    expect(why(viewOf({ ['__proto__']: report() }))).toBe('malformed');
  });

  it('F62: a report that lists a stranger among the endpoints is malformed', () => {
    const renamed = {
      ...service,
      endpoints: service.endpoints.map((one, i) => (i === 0 ? sampleEndpoint('renamed') : one)),
    };

    expect(viewOf(report({}, { 'eu-west-1': { vote: 'down' } }), renamed)).toMatchObject({
      state: 'silent',
      why: 'malformed',
      detail: 'it lists eu-west-1, which is no endpoint of app',
    });
  });

  it.each(Object.entries(SILENT_WHYS))('has words for a vantage that is silent: %s', (_, text) => {
    expect(text).toMatch(/^(no|unknown|another|malformed|report) ?/);
  });

  it('never waits less than 20 s for a report, and three intervals where that is more', () => {
    expect(freshForMs(5_000)).toBe(20_000);
    expect(freshForMs(10_000)).toBe(30_000);
  });

  it('S3: asof is the Q-th newest report time, so one fast clock locks nobody out', () => {
    const world = openWorld();
    const lags = [-5_000, 1_000, 2_000, 9_000, 12_000];
    for (const [i, lag] of lags.entries()) world.state.lagMs.set(VANTAGES[i]!, lag);

    expect(world.votes().asofAt).toBe(NOW - 2_000);
    world.state.reports.set(VANTAGES[0]!, null);
    expect(world.votes().asofAt).toBe(NOW - 9_000);
    world.state.reports.set(VANTAGES[1]!, null);
    world.state.reports.set(VANTAGES[2]!, null);
    expect(world.votes().asofAt).toBeNull();
  });
});

describe('isolation', () => {
  const one = sampleService({ id: serviceId('one') });
  const two = sampleService({
    id: serviceId('two'),
    endpoints: ['x', 'y'].map((id) => sampleEndpoint(id)),
  });
  const both = new Map([[CONFIG_DIGEST, manifestOf([one, two])]]);

  /** Which endpoints of which service each vantage has down. */
  const look = (
    downs: Record<string, { one?: string[]; two?: string[] }>,
  ): ReadonlyMap<VantageId, ReportReading> =>
    new Map(
      VANTAGES.map((vantage) => {
        const { one: first = [], two: second = [] } = downs[vantage] ?? {};
        const sightsOf = (ids: string[]) =>
          new Map(ids.map((id) => [id, { vote: 'down' as const }] as const));
        const a = rawReport(one, vantage, NOW, sightsOf(first)) as { entries: unknown[] };
        const b = rawReport(two, vantage, NOW, sightsOf(second)) as { entries: unknown[] };
        const entries = [...a.entries, ...b.entries];
        const raw = { ...a, entries, unlisted: 5 - entries.length };
        return [vantage, readingOf(raw, vantage, both)];
      }),
    );
  const ALL = { one: one.endpoints.map(({ id }) => id as string), two: ['x', 'y'] };

  it('F2: a vantage that alone sees everything of two services down is isolated', () => {
    const readings = look({ 'us-west-2': ALL });

    expect([...isolatedVantages([one, two], readings, NOW)]).toEqual(['us-west-2']);
  });

  it('F2: isolation needs 80 % of all endpoints, exactly 80 % is enough', () => {
    const four = look({ 'us-west-2': { one: ALL.one, two: ['x'] } });
    const three = look({ 'us-west-2': { one: ALL.one.slice(0, 2), two: ['x'] } });

    expect(isolatedVantages([one, two], four, NOW).size).toBe(1);
    expect(isolatedVantages([one, two], three, NOW).size).toBe(0);
  });

  it('F2: isolation needs two services: one that is wholly down may be really down', () => {
    const readings = look({ 'us-west-2': { one: ALL.one } });

    expect(isolatedVantages([one, two], readings, NOW).size).toBe(0);
    expect(isolatedVantages([one], readings, NOW).size).toBe(0);
  });

  it('F2: nobody is isolated where the others do not have it up', () => {
    const readings = look({ 'us-west-2': ALL, 'eu-west-1': ALL, 'us-east-1': ALL });

    expect(isolatedVantages([one, two], readings, NOW).size).toBe(0);
  });

  it('F2: control targets that all failed isolate a vantage by themselves', () => {
    const world = openWorld();
    world.state.reports.set(own, { selfCheck: { isolated: true, targets: 3, failed: 3 } });

    const [view] = world.votes().views;

    expect(view?.state).toBe('isolated');
  });

  it('F2: isolation takes the down votes, keeps the up votes and still counts over V', () => {
    const world = openWorld();
    for (const vantage of VANTAGES.slice(0, 3)) {
      world.state.reports.set(vantage, { selfCheck: { isolated: true, targets: 3, failed: 3 } });
    }
    world.see('us-east-1', 'down');

    const decision = world.decide();

    expect(decision.endpoints[0]?.verdict).toMatchObject({ value: 'up', of: 5 });
    expect(decision.endpoints[1]?.verdict).toMatchObject({ value: 'unknown', of: 5 });
    expect(decision.endpoints[1]?.verdict.downs).toHaveLength(2);
  });

  it('a silent vantage is not isolated, and is no company for the others', () => {
    const readings = new Map(look({ 'us-west-2': ALL }));
    for (const vantage of VANTAGES.slice(0, 3)) {
      readings.set(vantage, { kind: 'silent', why: 'malformed', detail: '' });
    }

    expect(isolatedVantages([one, two], readings, NOW).size).toBe(0);
    expect(
      isolatedVantages([sampleService({ id: serviceId('one'), vantages: [] })], readings, NOW).size,
    ).toBe(0);
  });
});

describe('vote properties', () => {
  const arbRaw = fc.oneof(
    fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withMap: true }),
    fc.json().map((text) => JSON.parse(text) as unknown),
    fc
      .tuple(
        fc.constantFrom(
          'format',
          'reads',
          'release',
          'vantage',
          'run',
          'config',
          'rounds',
          'selfCheck',
          'unlisted',
          'entries',
          'changed',
          'changedRoundsLeft',
        ),
        fc.anything(),
      )
      .map(([key, value]) => ({ ...(report() as object), [key]: value })),
    fc
      .integer({ min: -7_200_000, max: 7_200_000 })
      .map((ms) => report(rounds(Math.max(0, NOW + ms)))),
  );

  it('a malformed, stale or future report is silence, never an exception', () => {
    fc.assert(
      fc.property(arbRaw, (raw) => {
        const view = viewOf(raw);
        if (view.state === 'silent') {
          expect(Object.keys(SILENT_WHYS)).toContain(view.why);
        } else {
          expect(view.observedAt).toBeLessThanOrEqual(NOW + 5_000);
          expect(view.observedAt).toBeGreaterThanOrEqual(NOW - 30_000);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('an endpoint neither listed nor probed is never up', () => {
    // A report that lists fewer than the service has, and does not own up to the rest.
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 12 }),
        fc.subarray(service.endpoints.map(({ id }) => id as string)),
        (unlisted, listed) => {
          fc.pre(unlisted + listed.length !== service.endpoints.length);
          const sights = Object.fromEntries(listed.map((id) => [id, { vote: 'up' as const }]));

          expect(why(viewOf(report({ unlisted }, sights)))).toBe('malformed');
        },
      ),
    );
  });
});

it('times are read from the round, not from the clock of the reader', () => {
  expect(viewOf(report(rounds(epochMs(NOW - 12_345))))).toMatchObject({ observedAt: NOW - 12_345 });
});
