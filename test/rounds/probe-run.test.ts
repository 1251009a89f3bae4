/** A run of `probe` over fakes on virtual time: take-over, lost replies, slow stores, late triggers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manifestOf } from '../../shared/core/config.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import {
  type Config,
  digest,
  epochMs,
  serviceId,
  type VantageId,
  vantageId,
} from '../../shared/core/model.ts';
import type { ProbeRequest } from '../../shared/core/probe.ts';
import { type Report, roundKey } from '../../shared/core/report.ts';
import { parseReport } from '../../shared/core/report-parse.ts';
import { parseRollup, type Rollup, rollupOf } from '../../shared/core/rollup.ts';
import { probeGate } from '../../shared/rounds/probe-round.ts';
import {
  type ProbeRoundFacts,
  type ProbeRunOptions,
  type ProbeRunResult,
  probeRun,
} from '../../shared/rounds/probe-run.ts';
import { FAKE_START, type FakeClock, fakeClock, fakeIds } from '../fakes/fake-clock.ts';
import { type FakeStore, fakeStore } from '../fakes/fake-store.ts';
import { sampleObservation, sampleReport } from '../fakes/sample-report.ts';
import { sampleConfig, sampleEndpoint, sampleService, VANTAGES } from '../fakes/sample-service.ts';
import { type Answer, type TimedProber, timedProber, WELL } from '../fakes/timed-prober.ts';

const VANTAGE = vantageId('eu-west-1'); // index 0: its rounds begin at multiples of the interval
const EVERY_MS = 10_000;
const FIRST_ROUND = FAKE_START / EVERY_MS;
const NEVER = new AbortController().signal;

describe('a run', () => {
  it('counts failures round by round until the endpoint is voted down', async () => {
    const world = newWorld({ answer: failing('us-east-1') });

    await world.run({ remainingMs: 40_000 });

    expect(entryOf(world.report(), 'us-east-1')).toMatchObject({
      vote: 'down',
      failures: 4,
      passes: 0,
      sinceAt: FAKE_START,
      code: 'refused',
    });
  });

  it('lists nothing once every endpoint has passed rise times', async () => {
    const world = newWorld();

    await world.run({ remainingMs: 50_000 });

    expect(world.report()).toMatchObject({ entries: [], unlisted: 3, changed: true });
    expect(world.report().rounds).toEqual([
      { everyMs: EVERY_MS, round: FIRST_ROUND + 4, observedAt: FAKE_START + 40_000 },
    ]);
  });

  it('keeps a copy of each report that changed a vote', async () => {
    const world = newWorld();

    await world.run({ remainingMs: 80_000 });

    expect([...world.store.table.history.keys()]).toEqual([`eu-west-1 0${FAKE_START + 44_240}`]);
  });

  it('tells of each round what it did', async () => {
    const world = newWorld({ answer: failing('us-east-1') });

    await world.run({ remainingMs: 10_000 });

    expect(world.facts).toEqual([
      {
        vantage: VANTAGE,
        run: 'n0000001',
        everyMs: EVERY_MS,
        round: FIRST_ROUND,
        observedAt: FAKE_START,
        durationMs: 4_040,
        filing: 'written',
        requests: 5,
        passed: 2,
        failed: 1,
        skipped: 0,
        isolated: false,
        loopLatenessMs: 0,
        listed: 3,
        bytes: expect.any(Number),
        changed: false,
        downs: 0,
      },
    ]);
  });

  it('ends after 130 s, whatever the invocation has left', async () => {
    const world = newWorld();

    const result = await world.run({ remainingMs: 900_000 });

    expect(world.clock.now() - FAKE_START).toBe(130_000);
    expect(result).toMatchObject({ endedBy: 'time', rounds: 13, written: 13, troubles: [] });
    expect(world.clock.waiting()).toBe(0);
  });

  it('ends with its signal, and drops the round it was in', async () => {
    const world = newWorld();
    const enough = new AbortController();
    world.clock.schedule(FAKE_START + 12_000, () => enough.abort(new Error('enough')));

    const result = await world.run({}, enough.signal);

    expect(result).toMatchObject({ endedBy: 'abort', rounds: 1, written: 1 });
    expect(world.report().rounds[0]?.round).toBe(FIRST_ROUND);
  });

  it('has nothing to do where no service is looked at from here', async () => {
    const services = [sampleService({ vantages: VANTAGES.slice(1) })];
    const world = newWorld({ config: sampleConfig({ services }) });

    const result = await world.run();

    expect(result).toMatchObject({ endedBy: 'nothing-to-do', rounds: 0 });
    expect(world.prober.asked).toEqual([]);
  });

  it('says so if it runs where the configuration has no vantage', async () => {
    const world = newWorld({ config: sampleConfig({ vantages: VANTAGES.slice(1) }) });

    await expect(world.run()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/vantage eu-west-1.*us-east-1, ap-southeast-1/),
    });
  });

  it('runs each interval in its own rounds, on one report', async () => {
    const services = [
      sampleService(),
      sampleService({ id: serviceId('fast'), everyMs: 5_000 }),
      sampleService({ id: serviceId('slow'), everyMs: 30_000 }),
    ];
    const world = newWorld({ config: sampleConfig({ services }), answer: failing('us-east-1') });

    const result = await world.run({ remainingMs: 60_000 });

    const failures = (service: string): number | undefined =>
      world
        .report()
        .entries.find((entry) => entry.service === service && entry.endpoint === 'us-east-1')
        ?.failures;
    expect(['fast', 'app', 'slow'].map(failures)).toEqual([12, 6, 2]);
    expect(result).toMatchObject({ written: 20, beaten: 0, unwritten: 0 });
    expect(world.report().rounds.map(({ everyMs }) => everyMs)).toEqual([5_000, 10_000, 30_000]);
  });

  it('begins at its vantage’s own phase', async () => {
    const world = newWorld({ vantage: VANTAGES[2]!, startAt: FAKE_START + 4_000 });

    await world.run({ remainingMs: 30_000 });

    expect(world.facts.map(({ observedAt }) => observedAt - FAKE_START)).toEqual([
      4_000, 14_000, 24_000,
    ]);
  });
});

describe('a late trigger', () => {
  it('starts a round of its own time', async () => {
    const world = newWorld({ startAt: FAKE_START + 7_000 });

    await world.run({ remainingMs: 8_000 });

    expect(world.facts).toMatchObject([
      { round: FIRST_ROUND, observedAt: FAKE_START + 7_000, filing: 'written' },
    ]);
  });

  it('waits for the next round if this one is done', async () => {
    const world = newWorld();
    await world.run({ remainingMs: 8_000 });

    await world.run({ remainingMs: 18_000 });

    expect(world.facts.map(({ round }) => round - FIRST_ROUND)).toEqual([0, 1]);
    expect(world.facts[1]?.observedAt).toBe(FAKE_START + 10_000);
  });

  it('ends at once beside a newer run', async () => {
    const world = newWorld();
    world.store.putReport(VANTAGE, {
      ...sampleReport({ run: { startedAt: epochMs(FAKE_START + 900), id: 'newer' } }),
      roundKey: roundKey(sampleReport()),
    });

    const result = await world.run();

    expect(result).toMatchObject({ endedBy: 'newer-run', rounds: 0 });
    expect(world.prober.asked).toEqual([]);
  });

  it.each([
    ['a newer run that has died', epochMs(FAKE_START + 900), FAKE_START - 30_001],
    ['a run from the future, whose clock was wrong', epochMs(FAKE_START + 600_000), FAKE_START],
  ])('does not end beside %s', async (_, startedAt, observedAt) => {
    const world = newWorld();
    const stored = sampleReport({
      run: { startedAt, id: 'newer' },
      rounds: [
        {
          everyMs: EVERY_MS,
          round: Math.floor(observedAt / EVERY_MS),
          observedAt: epochMs(observedAt),
        },
      ],
    });
    world.store.putReport(VANTAGE, { ...stored, roundKey: roundKey(stored) });

    const result = await world.run({ remainingMs: 30_000 });

    expect(result.written).toBeGreaterThan(1);
    expect(world.report().run.id).toBe('n0000001');
  });

  it('does not wait for a round that a wrong clock has put into the future', async () => {
    const world = newWorld();
    const stored = sampleReport({
      rounds: [
        {
          everyMs: EVERY_MS,
          round: FIRST_ROUND + 60,
          observedAt: epochMs(FAKE_START + 600_000),
        },
      ],
    });
    world.store.putReport(VANTAGE, { ...stored, roundKey: roundKey(stored) });

    await world.run({ remainingMs: 15_000 });

    expect(world.report().rounds[0]).toMatchObject({ round: FIRST_ROUND });
  });
});

describe('two runs of one vantage', () => {
  it('two overlapping runs count each failure once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 25_000 }),
        fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 8 }),
        async (laterMs, delays) => {
          const world = newWorld({ answer: failing('us-east-1') });
          let call = 0;
          for (let i = 0; i < 60; i += 1) {
            world.store.trouble('writeReport', {
              kind: 'slow',
              ms: delays[call++ % delays.length]!,
            });
          }
          const older = world.start({ remainingMs: 70_000 });
          await world.clock.advance(laterMs);
          const newer = world.start({ remainingMs: 70_000 });

          const results = await world.clock.runUntil(Promise.all([older, newer]));

          const entry = entryOf(world.report(), 'us-east-1');
          const rounds = world.facts.filter(({ filing }) => filing === 'written');
          expect(entry?.failures).toBe(rounds.length);
          expect(new Set(rounds.map(({ round }) => round)).size).toBe(rounds.length);
          const ends = results.map(({ endedBy }) => endedBy);
          expect(ends.filter((end) => end === 'newer-run').length).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('leave no round out while one takes over from the other', async () => {
    const world = newWorld();
    const older = world.start();
    await world.clock.advance(60_000);
    const newer = world.start({ remainingMs: 60_000 });

    const [first, second] = await world.clock.runUntil(Promise.all([older, newer]));

    expect(first).toMatchObject({ endedBy: 'newer-run' });
    expect(second).toMatchObject({ endedBy: 'time' });
    const written = world.facts.filter(({ filing }) => filing === 'written');
    expect(written.map(({ round }) => round - FIRST_ROUND)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
    ]);
  });

  it('the older one ends as soon as the newer one has written', async () => {
    const world = newWorld();
    const older = world.start();
    await world.clock.advance(60_000);
    void world.start();

    await world.clock.runUntil(older);

    expect(world.clock.now() - FAKE_START).toBe(64_240);
    await world.clock.advance(200_000);
  });

  it('begun at the same moment, the one with the larger id goes on', async () => {
    const world = newWorld();

    const runs = [world.start({ remainingMs: 60_000 }), world.start({ remainingMs: 60_000 })];
    const results = await world.clock.runUntil(Promise.all(runs));

    expect(results.map(({ endedBy }) => endedBy)).toEqual(['newer-run', 'time']);
    expect(results.reduce((sum, { written }) => sum + written, 0)).toBe(6);
  });

  it('an older round never overwrites a newer report', async () => {
    const world = newWorld();
    world.store.trouble('writeReport', {
      kind: 'before',
      run: () => {
        const newer = sampleReport({
          run: { startedAt: epochMs(FAKE_START), id: 'a' },
          rounds: [{ everyMs: EVERY_MS, round: FIRST_ROUND, observedAt: FAKE_START }],
          entries: [],
          unlisted: 3,
        });
        world.store.putReport(VANTAGE, { ...newer, roundKey: roundKey(newer) });
      },
    });

    const result = await world.run({ remainingMs: 18_000 });

    expect(result).toMatchObject({ beaten: 1, written: 1 });
    expect(world.report()).toMatchObject({ entries: [], unlisted: 3 });
  });
});

describe('a store in trouble', () => {
  it('is asked once more, and the reply may be lost: the round is written once', async () => {
    const world = newWorld({ answer: failing('us-east-1') });
    world.store.trouble('writeReport', { kind: 'reply-lost' });

    const result = await world.run({ remainingMs: 18_000 });

    expect(result).toMatchObject({ written: 2, unwritten: 0, beaten: 0 });
    expect(result.troubles).toEqual(['the store did not answer writeReport']);
    expect(entryOf(world.report(), 'us-east-1')).toMatchObject({ failures: 2 });
  });

  it('that refuses twice costs this round’s report, not the run', async () => {
    const world = newWorld({ answer: failing('us-east-1') });
    world.store.trouble('writeReport', { kind: 'refused' }, 2);

    const result = await world.run({ remainingMs: 28_000 });

    expect(result).toMatchObject({ rounds: 3, written: 2, unwritten: 1 });
    expect(world.facts[0]).toMatchObject({
      filing: 'unwritten',
      why: 'the store did not answer writeReport',
    });
    expect(entryOf(world.report(), 'us-east-1')).toMatchObject({ failures: 2 });
  });

  it('whose reply was lost twice is found out in the next round, which is not lost', async () => {
    const world = newWorld({ answer: failing('us-east-1') });
    world.store.trouble('writeReport', { kind: 'reply-lost' });
    world.store.trouble('writeReport', { kind: 'refused' });

    const result = await world.run({ remainingMs: 28_000 });

    expect(result).toMatchObject({ rounds: 3, written: 2, unwritten: 1, beaten: 0 });
    expect(entryOf(world.report(), 'us-east-1')).toMatchObject({ failures: 3 });
  });

  it('that hangs is given up after 2 s, twice', async () => {
    const world = newWorld();
    world.store.trouble('writeReport', { kind: 'hung' }, 2);

    await world.run({ remainingMs: 28_000 });

    expect(world.facts[0]).toMatchObject({ filing: 'unwritten', durationMs: 8_040 });
    expect(world.facts[1]).toMatchObject({ filing: 'written' });
  });

  it('that can’t be read at first is read again when the round is done', async () => {
    const world = newWorld();
    world.store.trouble('readReports', { kind: 'refused' }, 4);

    const result = await world.run({ remainingMs: 28_000 });

    expect(result).toMatchObject({ rounds: 3, written: 2, unwritten: 1 });
  });

  it('that could not be read at first drops a round that was done meanwhile', async () => {
    const world = newWorld({ answer: failing('us-east-1') });
    const stored = sampleReport({
      run: { startedAt: epochMs(FAKE_START - 5_000), id: 'older' },
      rounds: [{ everyMs: EVERY_MS, round: FIRST_ROUND, observedAt: FAKE_START }],
    });
    world.store.putReport(VANTAGE, { ...stored, roundKey: roundKey(stored) });
    world.store.trouble('readReports', { kind: 'refused' }, 2);

    const result = await world.run({ remainingMs: 8_000 });

    expect(result).toMatchObject({ rounds: 1, beaten: 1, written: 0 });
    expect(entryOf(world.report(), 'us-east-1')).toMatchObject({ failures: 4 });
  });

  it('that is late makes no gap in the rounds', async () => {
    const world = newWorld();
    world.store.trouble('writeReport', { kind: 'slow', ms: 1_500 }, 100);

    await world.run({ remainingMs: 60_000 });

    expect(world.facts.map(({ round }) => round - FIRST_ROUND)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('that denies access fails the run at once, and leaves no lap running', async () => {
    const services = [sampleService(), sampleService({ id: serviceId('b'), everyMs: 5_000 })];
    const world = newWorld({ config: sampleConfig({ services }) });
    world.store.trouble('writeReport', {
      kind: 'before',
      run: () => {
        throw new QuorateError('ACCESS_DENIED', 'no dynamodb:PutItem');
      },
    });

    await expect(world.run()).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    expect(world.clock.waiting()).toBe(0);
  });

  it('that denies reading fails the run before it probes', async () => {
    const world = newWorld();
    world.store.trouble('readReports', {
      kind: 'before',
      run: () => {
        throw new QuorateError('ACCESS_DENIED', 'no dynamodb:GetItem');
      },
    });

    await expect(world.run()).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    expect(world.prober.asked).toEqual([]);
  });

  it('that loses history or rollups loses nothing else', async () => {
    const world = newWorld();
    world.store.trouble('writeHistory', { kind: 'refused' }, 9);
    world.store.trouble('writeRollup', { kind: 'refused' }, 9);

    const result = await world.run({ remainingMs: 80_000 });

    expect(result).toMatchObject({ written: 8, unwritten: 0 });
    expect(result.troubles).toContain('the store did not answer writeHistory');
    expect(result.troubles).toContain('the store did not answer writeRollup');
  });
});

describe('the stored item', () => {
  it.each([
    ['is no report', { unreadable: 'no JSON', roundKey: 'x' }],
    ['is of an unknown format', { ...sampleReport(), format: 99, roundKey: 'x' }],
    ['has no mark', { rubbish: true }],
  ])('that %s is replaced, and every endpoint starts at none', async (_, item) => {
    const world = newWorld();
    world.store.putReport(VANTAGE, item);

    const result = await world.run({ remainingMs: 8_000 });

    expect(result).toMatchObject({ written: 1 });
    expect(result.troubles[0]).toMatch(/^own report is malformed, starting afresh: /);
    expect(world.report().entries.map(({ vote }) => vote)).toEqual(['none', 'none', 'none']);
  });

  it('of another configuration with the same service is gone on from', async () => {
    const world = newWorld({ answer: failing('us-east-1') });
    const before = sampleConfig({ digest: digest('config-digest-000000000') });
    world.store.table.manifests.set(before.digest, manifestOf(before));
    putStored(world, { config: before.digest });

    await world.run({ remainingMs: 8_000 });

    expect(entryOf(world.report(), 'us-east-1')).toMatchObject({ vote: 'down', failures: 5 });
    expect(world.report().config).toBe(world.config.digest);
  });

  it.each([
    ['was never written', undefined, 0],
    ['is malformed', { digest: 1 }, 0],
    ['can’t be read', undefined, 2],
  ])(
    'of another configuration starts at none if its manifest %s',
    async (_, manifest, refusals) => {
      const world = newWorld({ answer: failing('us-east-1') });
      putStored(world, { config: 'config-digest-000000000' });
      if (manifest) world.store.table.manifests.set('config-digest-000000000', manifest);
      if (refusals) world.store.trouble('readManifests', { kind: 'refused' }, refusals);

      await world.run({ remainingMs: 8_000 });

      expect(entryOf(world.report(), 'us-east-1')).toMatchObject({ vote: 'none', failures: 1 });
    },
  );
});

describe('rollups', () => {
  it('hold each minute’s looks once, this run’s part', async () => {
    const world = newWorld({ answer: failing('us-east-1') });

    await world.run({ remainingMs: 100_000 });

    const minutes = [...world.store.table.rollups.values()] as unknown as Rollup[];
    expect(minutes.map(({ startAt, run }) => [startAt - FAKE_START, run])).toEqual([
      [0, 'n0000001'],
      [60_000, 'n0000001'],
    ]);
    expect(
      minutes[0]?.lines.map(({ endpoint, passes, failures }) => [endpoint, passes, failures]),
    ).toEqual([
      ['ap-southeast-1', 6, 0],
      ['eu-west-1', 6, 0],
      ['us-east-1', 0, 6],
    ]);
  });

  it('carry the newest answer of each endpoint as one line of text', async () => {
    const world = newWorld({ answer: failing('us-east-1') });

    await world.run({ remainingMs: 100_000 });

    const [minute] = [...world.store.table.rollups.values()].map(parseRollup);
    expect(minute?.lines.map(({ endpoint, last }) => [endpoint, last?.passed])).toEqual([
      ['ap-southeast-1', true],
      ['eu-west-1', true],
      ['us-east-1', false],
    ]);
    expect(minute?.lines[0]?.last?.at).toBe(FAKE_START + 50_000);
  });

  it('lose no look of a round that crosses the minute beside faster ones', async () => {
    const services = [
      sampleService({ id: serviceId('fast'), everyMs: 5_000 }),
      sampleService({ id: serviceId('slow'), everyMs: 30_000 }),
    ];
    const world = newWorld({ config: sampleConfig({ services }), vantage: VANTAGES[4]! });

    await world.run({ remainingMs: 100_000 });

    const rollups = [...world.store.table.rollups.values()] as unknown as Rollup[];
    const lines = rollups.flatMap((rollup) => rollup.lines);
    const counted = lines.reduce((sum, line) => sum + line.passes, 0);
    const looked = world.facts.reduce((sum, fact) => sum + fact.passed, 0);
    expect(counted).toBe(looked);
    expect(looked).toBeGreaterThan(50);
  });

  it('of the past hour are added up once, some minutes after it is over', async () => {
    const startAt = FAKE_START + 3_600_000;
    const world = newWorld({ startAt: startAt + 100_000 });
    for (const run of ['a', 'b']) {
      world.store.table.rollups.set(`m ${run}`, {
        ...rollupOf(
          { vantage: VANTAGE, span: 'minute', startAt: epochMs(FAKE_START + 60_000), run },
          [sampleObservation('us-east-1', 'pass')],
        ),
      });
    }
    world.store.table.rollups.set('broken', {
      vantage: VANTAGE,
      span: 'minute',
      startAt: FAKE_START,
    });

    await world.run({ remainingMs: 135_000 });

    const hours = [...world.store.table.rollups.values()].filter(({ span }) => span === 'hour');
    expect(hours).toMatchObject([
      {
        startAt: FAKE_START,
        run: 'hour',
        minutes: 1,
        lines: [{ endpoint: 'us-east-1', passes: 2 }],
      },
    ]);
    const hourReads = world.store.callsOf('readRollups').filter(({ args }) => args[1] === 'hour');
    expect(hourReads).toHaveLength(1);
  });

  it('of an hour that another run has added up are left alone', async () => {
    const world = newWorld({ startAt: FAKE_START + 3_600_000 + 200_000 });
    const hour = rollupOf({ vantage: VANTAGE, span: 'hour', startAt: FAKE_START, run: 'hour' }, [
      sampleObservation('us-east-1', 'fail'),
    ]);
    world.store.table.rollups.set('m', { ...hour, span: 'minute' });
    world.store.table.rollups.set('h', { ...hour });

    await world.run({ remainingMs: 20_000 });

    expect(world.store.table.rollups.get('h')).toEqual(hour);
    expect(world.store.callsOf('writeRollup')).toHaveLength(1);
  });

  it('of an hour without looks are not written', async () => {
    const world = newWorld({ startAt: FAKE_START + 3_600_000 + 200_000 });

    await world.run({ remainingMs: 20_000 });

    const spans = [...world.store.table.rollups.values()].map(({ span }) => span);
    expect(spans).toEqual(['minute']);
  });
});

function putStored(world: World, changes: Partial<Report>): void {
  const observedAt = epochMs(FAKE_START - EVERY_MS);
  const stored = sampleReport({
    run: { startedAt: epochMs(FAKE_START - 60_000), id: 'before' },
    rounds: [{ everyMs: EVERY_MS, round: FIRST_ROUND - 1, observedAt }],
    ...changes,
  });
  world.store.putReport(VANTAGE, { ...stored, roundKey: roundKey(stored) });
}

type World = {
  readonly clock: FakeClock;
  readonly store: FakeStore;
  readonly prober: TimedProber;
  readonly config: Config;
  readonly facts: ProbeRoundFacts[];
  readonly start: (
    options?: Partial<ProbeRunOptions>,
    signal?: AbortSignal,
  ) => Promise<ProbeRunResult>;
  readonly run: (
    options?: Partial<ProbeRunOptions>,
    signal?: AbortSignal,
  ) => Promise<ProbeRunResult>;
  readonly report: () => Report;
};

function newWorld({
  config = sampleConfig(),
  answer = (): Answer => WELL,
  startAt = FAKE_START,
  vantage = VANTAGE,
}: {
  config?: Config;
  answer?: (request: ProbeRequest, at: number) => Answer;
  startAt?: number;
  vantage?: VantageId;
} = {}): World {
  const clock = fakeClock(startAt);
  const store = fakeStore(undefined, clock);
  const prober = timedProber(clock, answer);
  const facts: ProbeRoundFacts[] = [];
  const ids = fakeIds();
  const start: World['start'] = (options = {}, signal = NEVER) =>
    probeRun(
      {
        clock,
        store,
        prober,
        ids,
        gate: probeGate(),
        aids: { compilePattern: () => ({ problem: 'no patterns here' }) },
      },
      config,
      vantage,
      {
        release: '0.1.0',
        reads: { report: [1], fence: [1] },
        remainingMs: 150_000,
        onRound: (fact) => facts.push(fact),
        ...options,
      },
      signal,
    );
  return {
    clock,
    store,
    prober,
    config,
    facts,
    start,
    run: (options, signal) => clock.runUntil(start(options, signal)),
    report: () => {
      const parsed = parseReport(store.table.reports.get(VANTAGE), VANTAGE);
      if ('malformed' in parsed) throw new Error(parsed.malformed);
      return parsed;
    },
  };
}

const entryOf = (report: Report, endpoint: string): Report['entries'][number] | undefined =>
  report.entries.find((entry) => entry.endpoint === endpoint);

/** Every request to this endpoint's address is refused; control targets and others answer. */
const failing =
  (...ids: readonly string[]) =>
  (request: ProbeRequest): Answer =>
    ids.some((id) => sampleEndpoint(id).probeTargets.includes(request.target))
      ? { kind: 'fail', code: 'refused' }
      : WELL;
