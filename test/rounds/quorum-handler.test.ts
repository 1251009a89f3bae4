/** The `quorum` handler over fakes: zones apart, orders first, nothing running when it has answered. */
import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import {
  handler as deployed,
  type QuorumHandler,
  type QuorumHooks,
  quorumHandler,
} from '../../functions/quorum.ts';
import { roundCorrelation } from '../../shared/core/correlation.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import type { FenceOrder } from '../../shared/core/fence.ts';
import {
  epochMs,
  orderId,
  regionId,
  type Service,
  serviceId,
  vantageId,
  weight,
} from '../../shared/core/model.ts';
import { recordDigest } from '../../shared/core/record.ts';
import type { Report } from '../../shared/core/report.ts';
import { markOf } from '../../shared/core/snapshot.ts';
import type { LogEntry, MetricEntry } from '../../shared/middleware.ts';
import type { Store, Zone } from '../../shared/ports.ts';
import type { QuorumResult } from '../../shared/rounds/quorum-result.ts';
import { FAKE_START, fakeIds } from '../fakes/fake-clock.ts';
import {
  AIDS,
  HOUR,
  MINUTE,
  type QuorumWorld,
  quorumWorld,
  SECOND,
  type WorldOptions,
} from '../fakes/quorum-world.ts';
import { sampleConfig, sampleService } from '../fakes/sample-service.ts';

describe('incidents', () => {
  it('are written after the decision, and wake notify where something is due', async () => {
    const config = sampleConfig({ notify: { webhook: 'https://hooks.example.com/x' } });
    const world = quorumWorld({ config });
    const own = handlerOver(world);

    await own.invoke();
    expect(own.wakes()).toBe(0);
    world.sees('us-east-1', 'down');
    await world.clock.advance(10 * SECOND);
    await own.invoke();

    expect([...world.table.incidents.values()]).toMatchObject([
      { label: 'down', region: 'eu-west-1' },
      { label: 'out', generation: 42 },
    ]);
    expect(own.wakes()).toBe(1);
    expect(own.logs).toContainEqual(
      expect.objectContaining({ level: 'warn', service: 'app', step: 'committed', generation: 42 }),
    );
  });

  it('cost no decision when the table is away, and are said to wait', async () => {
    const world = quorumWorld();
    const own = handlerOver(world);
    await own.invoke();
    world.sees('us-east-1', 'down');
    world.region(0).store.trouble('writeIncidentEvent', { kind: 'refused' }, 2);
    await world.clock.advance(10 * SECOND);

    expect(await own.invoke()).toMatchObject({ committed: 1 });
    expect(own.logs).toContainEqual(
      expect.objectContaining({
        message: '2 events of incidents wait for the table; nothing is lost yet',
      }),
    );
  });

  it('and a bug in them end no invocation', async () => {
    const world = quorumWorld();
    const { store } = world.region(0).deps;
    const broken: Store = { ...store, readOutbox: async () => Promise.reject(new Error('a bug')) };
    const own = handlerOver(world, { store: broken });
    world.sees('us-east-1', 'down');

    expect(await own.invoke()).toMatchObject({ committed: 1 });
    expect(own.logs).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'incidents: a bug' }),
    );
    expect(own.metric('Failures')).toEqual([1]);
  });
});

describe('a drill of the file', () => {
  const config = sampleConfig({
    drills: [{ region: regionId('us-east-1'), forMs: 10 * MINUTE, weekday: 3, minuteOfDay: 5 }],
  });

  it('is begun at its time, by the region in turn, and told', async () => {
    const world = quorumWorld({ config });
    const own = handlerOver(world);
    await world.minutes(5);

    await own.invoke();

    expect(world.weights()['us-east-1']).toBe(0);
    expect(own.logs).toContainEqual(
      expect.objectContaining({
        drained: 'us-east-1',
        message: expect.stringMatching(/^drill begun: /),
      }),
    );
  });

  it('and a bug in it end no invocation: what was decided is told', async () => {
    const world = quorumWorld({ config });
    const { store } = world.region(0).deps;
    const broken: Store = {
      ...store,
      readDrillEvents: async () => Promise.reject(new Error('a bug')),
    };
    const own = handlerOver(world, { store: broken });
    await world.minutes(5);
    world.sees('eu-west-1', 'down');

    expect(await own.invoke()).toMatchObject({ committed: 1 });

    expect([...world.table.incidents.values()]).toMatchObject([
      { label: 'down' },
      { label: 'out', generation: 42 },
    ]);
    expect(world.table.pulses.size).toBe(1);
    expect(own.logs).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'drill: a bug' }),
    );
    expect(own.metric('Failures')).toEqual([1]);
  });

  it('keeps what was decided from being told by no slow look', async () => {
    const world = quorumWorld({ config });
    const { store } = world.region(0).deps;
    const slow: Store = {
      ...store,
      readDrillEvents: async (_deployment, _since, signal) => {
        await untilAborted(signal);
        throw signal.reason;
      },
    };
    const own = handlerOver(world, { store: slow });
    await world.minutes(5);
    world.sees('eu-west-1', 'down');

    expect(await own.invoke()).toMatchObject({ committed: 1 });

    expect([...world.table.incidents.values()]).toMatchObject([
      { label: 'down' },
      { label: 'out' },
    ]);
    expect(world.table.pulses.size).toBe(1);
  });
});

describe('the handler', () => {
  it('answers a calm invocation with the counts of its round, and counts that it decided', async () => {
    const own = handlerOver(quorumWorld());

    expect(await own.invoke()).toEqual({
      batchItemFailures: [],
      services: 1,
      committed: 0,
      withheld: 0,
      troubles: [],
    });
    expect(own.metric('DecisionRounds')).toEqual([1]);
    expect(own.metric('AutomationOff', 'service')).toEqual([0]);
    expect(own.logs.map(({ level }) => level)).toEqual(['debug']);
  });

  it('logs a change with its plan and its reasons, in one line per service', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    const own = handlerOver(world);

    expect(await own.invoke()).toMatchObject({ committed: 1 });

    const rounds = own.logs.filter(({ message }) => message === 'quorum round');
    expect(rounds).toMatchObject([
      {
        level: 'info',
        message: 'quorum round',
        vantage: 'eu-west-1',
        service: 'app',
        outcome: 'committed',
        generation: 42,
        plan: { records: [{}, {}, { endpoint: 'us-east-1', from: 100, to: 0 }] },
      },
    ]);
    expect(own.metric('Commits', 'service')).toEqual([1]);
    expect(own.metric('Commits', 'vantage')).toEqual([1]);
    expect(own.metric('Conflicts', 'service')).toEqual([0]);
  });

  it('waits for its turn where regions take turns', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    const own = handlerOver(world, {}, {});

    await own.invoke();

    // Generation 41: place 3 of 5 is eu-west-1's.
    expect(world.zone.commits.map(({ at }) => at - FAKE_START)).toEqual([9 * SECOND]);
  });

  it('F90: warns of what is withheld', async () => {
    const world = quorumWorld();
    for (const id of ['eu-west-1', 'us-east-1', 'ap-southeast-1']) world.sees(id, 'down');
    const own = handlerOver(world);

    expect(await own.invoke()).toMatchObject({ committed: 0, withheld: 3 });

    expect(own.logs[0]).toMatchObject({ level: 'warn' });
    expect(own.metric('Withheld', 'service')).toEqual([3]);
    expect(own.metric('Withheld', 'vantage')).toEqual([3]);
    expect(world.zone.commits).toEqual([]);
  });

  it('after an order’s commit goes on at once with automation, and counts both', async () => {
    const world = quorumWorld({ orders: [drain('ap-southeast-1')], weights: { 'us-east-1': 100 } });
    world.sees('eu-west-1', 'none');
    const rounds: QuorumResult[][] = [];
    const own = handlerOver(
      world,
      {},
      { takesTurns: false, onResults: (results) => rounds.push([...results]) },
    );

    expect(await own.invoke()).toMatchObject({ committed: 1 });

    expect(rounds.map(([one]) => one!.outcome.kind)).toEqual(['committed', 'nothing-to-do']);
    expect(world.records()[0]).toMatchObject({ actor: 'order drain001@eu-west-1' });
  });

  it('after a lost race decides again at once, at most three rounds in one invocation', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    const text = world.snapshot().fenceRecord!.values![0]!;
    for (let race = 0; race < 9; race += 1) {
      world.zone.beforeNextCommit(() =>
        world.editFence([text.replace('seed0041', `seedX0${race}1`)]),
      );
    }
    const own = handlerOver(world);

    expect(await own.invoke()).toMatchObject({ committed: 0 });

    expect(world.zone.commits.length).toBe(3);
    expect(own.metric('Conflicts', 'service')).toEqual([1, 1, 1]);
    expect(own.metric('Conflicts', 'vantage')).toEqual([3]);
  });

  it('F107: answers a stream batch with no failures, so that the shard goes on', async () => {
    const own = handlerOver(quorumWorld());

    expect(
      await own.invoke({ Records: [{ dynamodb: { NewImage: { poison: { N: 'x' } } } }] }),
    ).toMatchObject({
      batchItemFailures: [],
    });
  });

  it('F83: says that a generation went back, once, and decides from the zone as found', async () => {
    const world = quorumWorld({ insyncDelayMs: 10 * 60 * SECOND });
    world.sees('us-east-1', 'down');
    const own = handlerOver(world);
    await own.invoke();
    await own.invoke();
    await world.clock.advance(5 * SECOND);
    world.zone.strandPending();
    world.sees('us-east-1', 'up');

    await own.invoke();
    await own.invoke();

    expect(own.metric('GenerationBack')).toEqual([0, 0, 1, 0]);
    expect(own.logs).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message:
          'the _quorate record of app went back from generation 42 to 41: the zone was restored, or Route 53 lost changes; decided from the zone as found',
      }),
    );
  });

  it('F81: warns of a change that is PENDING for 30 min', async () => {
    const world = quorumWorld({ insyncDelayMs: HOUR });
    world.sees('us-east-1', 'down');
    const own = handlerOver(world);
    await own.invoke();
    await world.clock.advance(29 * 60 * SECOND);
    await own.invoke();
    await world.clock.advance(60 * SECOND);
    await own.invoke();
    await world.clock.advance(HOUR);
    await own.invoke();

    expect(own.metric('ChangesPending')).toEqual([0, 0, 1, 0]);
    expect(own.logs).toContainEqual(
      expect.objectContaining({ level: 'warn', service: 'app', changeId: 'C0000000000001' }),
    );
  });

  it('leads from the probe rounds over the decision record to the incident', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    const own = handlerOver(world);

    await own.invoke();

    const [round] = own.logs.filter(({ message }) => message === 'quorum round');
    const incident = own.logs.find((line) => 'incident' in line && line.generation === 42);
    const { reports } = world.region(0).store.table;
    const record = world.records().find(({ generation }) => generation === 42);
    const [report] = [...reports.values()] as unknown as Report[];
    const probed = roundCorrelation(report!.vantage, report!.rounds[0]!.observedAt);
    expect(round?.evidence).toContain(probed);
    expect(round?.evidence).toHaveLength(world.config.vantages.length);
    expect(round).toMatchObject({ correlation: expect.stringMatching(/^[a-z0-9-]+@2026-/) });
    expect(round?.decision).toBe(recordDigest(record!, AIDS.digestOf));
    expect(incident).toMatchObject({
      vantage: 'eu-west-1',
      service: 'app',
      correlation: round?.correlation,
      decision: round?.decision,
      generation: 42,
    });
  });

  it('names no decision record where nothing was sent', async () => {
    const world = quorumWorld();
    for (const id of ['eu-west-1', 'us-east-1', 'ap-southeast-1']) world.sees(id, 'down');
    const own = handlerOver(world);

    await own.invoke();

    expect(own.logs[0]).toHaveProperty('correlation');
    expect(own.logs[0]).not.toHaveProperty('decision');
  });

  it('counts how long a change took to be served, once', async () => {
    const world = quorumWorld({ insyncDelayMs: 40 * SECOND });
    world.sees('us-east-1', 'down');
    const own = handlerOver(world);
    await own.invoke();
    await world.clock.advance(30 * SECOND);
    await own.invoke();
    await world.clock.advance(30 * SECOND);
    await own.invoke();
    await own.invoke();

    expect(own.metric('InsyncDelay', 'service')).toEqual([60 * SECOND]);
  });

  it('counts the age of a late report, and of the oldest order in force', async () => {
    const world = quorumWorld({ orders: [standing(10 * MINUTE, true), standing(-MINUTE, false)] });
    const own = handlerOver(world);

    await own.invoke();
    expect(own.metric('OrderAge', 'vantage')).toEqual([10 * MINUTE]);
    expect(own.metric('ReportAge', 'vantage')).toEqual([]);

    const observedAt = FAKE_START - 25 * SECOND;
    const rounds = [{ everyMs: 10_000, round: Math.floor(observedAt / 10_000), observedAt }];
    world.distort(vantageId('us-west-2'), { rounds });
    await own.invoke();
    expect(own.metric('ReportAge', 'vantage')).toEqual([25 * SECOND]);
  });

  it('without its environment says what is missing', async () => {
    await expect(deployed({}, context(30_000))).rejects.toThrow('QUORATE_TABLE is not set');
  });
});

describe('several zones', () => {
  it.each([
    ['F82', 'a control plane that is down', 'unavailable', 'ZONE_UNAVAILABLE'],
    ['F84', 'denied credentials', 'access-denied', 'ACCESS_DENIED'],
    ['F67', 'throttling', 'throttled', 'ZONE_THROTTLED'],
  ] as const)('%s: %s is one zone’s trouble, and the other goes on', async (_, __, fault, code) => {
    const world = twoZones();
    world.sees('us-east-1', 'down', undefined, 'shop');
    [...world.zones.values()][0]!.failNextRead(fault);
    const own = handlerOver(world);

    const summary = await own.invoke();

    expect(summary).toMatchObject({ services: 1, committed: 1, troubles: [expect.any(String)] });
    expect(own.logs).toContainEqual(expect.objectContaining({ level: 'warn', code }));
    expect([own.metric('DecisionRounds'), own.metric('ZoneTroubles')]).toEqual([[0], [1]]);
    expect(world.weights(world.config.services[1])['us-east-1']).toBe(0);
  });

  it('F85: a wrong zone id holds its services, and the others go on', async () => {
    const world = twoZones();
    world.sees('us-east-1', 'down', undefined, 'shop');
    const zone: Zone = {
      ...world.zonePort,
      read: async (ref, ...rest) => {
        if (ref.key === 'main')
          throw new QuorateError('NOT_FOUND', 'Route 53 knows no hosted zone ZNOWHERE');
        return await world.zonePort.read(ref, ...rest);
      },
    };
    const own = handlerOver(world, { zone });

    expect(await own.invoke()).toMatchObject({
      committed: 1,
      troubles: ['Route 53 knows no hosted zone ZNOWHERE'],
    });
  });

  it('a bug in one zone fails the invocation only once the other zone’s round has ended', async () => {
    const world = twoZones();
    world.sees('us-east-1', 'down', undefined, 'shop');
    const zone: Zone = {
      ...world.zonePort,
      read: async (ref, stretch, signal) => {
        if (ref.key === 'main') throw new TypeError('a bug');
        await world.clock.sleep(5 * SECOND, signal);
        return await world.zonePort.read(ref, stretch, signal);
      },
    };
    const own = handlerOver(world, { zone });

    await expect(own.invoke()).rejects.toThrow('a bug');

    expect(world.weights(world.config.services[1])['us-east-1']).toBe(0);
    expect(world.clock.now()).toBe(FAKE_START + 5 * SECOND);
    expect(own.metric('Failures')).toEqual([1]);
  });
});

describe('the end of an invocation', () => {
  it.each([
    ['reading reports', 'readReports'],
    ['reading heads', 'readHeads'],
    ['recording the intent', 'recordIntent'],
    ['writing a mark', 'writeMark'],
    ['writing the head', 'writeHead'],
  ] as const)(
    'cuts off a store that hangs while %s, and leaves nothing running',
    async (_, method) => {
      const world = quorumWorld();
      world.sees('us-east-1', 'down');
      world.region(0).store.trouble(method, { kind: 'hung' });
      const own = handlerOver(world);

      expect(await own.invoke({}, 25_000)).toMatchObject({ batchItemFailures: [] });

      expect(world.clock.now()).toBe(FAKE_START + 22 * SECOND);
      expect(world.clock.waiting()).toBe(0);
      const committed = world.accepted();
      expect(world.fence().generation).toBe(41 + committed);
      expect(world.weights()['us-east-1']).toBe(committed === 1 ? 0 : 100);
    },
  );

  it.each(['read', 'commit', 'changeStatus'] as const)(
    'cuts off a zone that hangs in %s: trouble, no exception, no half state',
    async (method) => {
      const world = quorumWorld();
      world.sees('us-east-1', 'down');
      const own = handlerOver(world, { zone: hanging(world, method) });
      if (method === 'changeStatus') {
        await own.invoke();
        await world.clock.advance(5 * SECOND);
      }
      const begun = world.clock.now();

      const summary = await own.invoke({}, 10_000);

      expect(summary).toMatchObject({ batchItemFailures: [] });
      expect(world.clock.now() - begun).toBeLessThanOrEqual(7 * SECOND);
      expect(world.clock.waiting()).toBe(0);
    },
  );

  it('cuts off a wait for its turn: what is due is left to the others', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    const own = handlerOver(world, {}, {});

    const summary = await own.invoke({}, 5_000);

    expect(summary).toMatchObject({ services: 0, troubles: ['no answer within 2000 ms'] });
    expect(own.logs).toContainEqual(expect.objectContaining({ level: 'warn', code: 'ABORTED' }));
    expect(world.zone.commits).toEqual([]);
    expect(world.clock.waiting()).toBe(0);
  });

  it('F47 F48: a batch cut off in flight is found committed by the next invocation', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    let sent = 0;
    const zone: Zone = {
      ...world.zonePort,
      commit: async (ref, changes, comment, signal) => {
        sent += 1;
        await world.zonePort.commit(ref, changes, comment, signal);
        await untilAborted(signal);
        return { kind: 'unknown', message: 'aborted' };
      },
    };
    const own = handlerOver(world, { zone });

    const first = await own.invoke({}, 10_000);
    const second = await own.invoke();

    expect(first).toMatchObject({ committed: 0, troubles: [] });
    expect(second).toMatchObject({ committed: 0, services: 1 });
    expect(sent).toBe(1);
    expect(world.marks().map(({ kind }) => kind)).toEqual(['committed']);
    expect(world.fence().generation).toBe(42);
  });

  it('nothing of an invocation runs on after its answer, in whatever place it was cut off', async () => {
    for (let cutAfterMs = 3_000; cutAfterMs < 16_000; cutAfterMs += 750) {
      const world = quorumWorld();
      world.sees('us-east-1', 'down');
      const calls = { store: 0, zone: 0 };
      const own = handlerOver(
        world,
        { store: slowed(world, world.region(0).deps.store, calls), zone: slowedZone(world, calls) },
        {},
      );

      await own.invoke({}, cutAfterMs);
      const after = { ...calls };
      await world.clock.advance(60 * SECOND);

      expect(calls).toEqual(after);
      expect(world.clock.waiting()).toBe(0);
    }
  });
});

describe('shadows', () => {
  it('of services that are enforced now are discarded once per process', async () => {
    const world = quorumWorld();
    world.table.shadows.set('eu-west-1 app', { weights: {}, fence: '' });
    const own = handlerOver(world);

    await own.invoke();
    await own.invoke();

    expect(world.table.shadows.size).toBe(0);
    expect(world.region(0).store.callsOf('readShadows').length).toBe(1);
  });

  it('are asked for again where the table was away', async () => {
    const world = quorumWorld();
    world.table.shadows.set('eu-west-1 app', { weights: {}, fence: '' });
    world.region(0).store.trouble('readShadows', { kind: 'refused' });
    const own = handlerOver(world);

    expect(await own.invoke()).toMatchObject({ services: 1, troubles: [] });
    expect(world.table.shadows.size).toBe(1);

    await own.invoke();
    expect(world.table.shadows.size).toBe(0);
  });
});

describe('what alarms look at', () => {
  it('counts services whose automation is off, drifted or blocked, over the region', async () => {
    const world = quorumWorld();
    world.editFence(['"not ours"']);
    const own = handlerOver(world);

    await own.invoke();

    expect(totals(own)).toEqual({ AutomationOff: [1], Drift: [0], Blocked: [1], Withheld: [0] });
  });

  it('counts nothing where all is well', async () => {
    const own = handlerOver(quorumWorld());

    await own.invoke();

    expect(totals(own)).toEqual({ AutomationOff: [0], Drift: [0], Blocked: [0], Withheld: [0] });
    expect(own.metric('SilentVantages')).toEqual([0]);
  });

  it('counts a weight edited by hand as drift', async () => {
    const world = quorumWorld();
    world.editWeight('us-east-1', 20);
    const own = handlerOver(world);

    await own.invoke();

    expect(totals(own)).toMatchObject({ AutomationOff: [1], Drift: [1], Blocked: [0] });
  });

  it('counts vantages that are silent, each once, whatever number of services misses them', async () => {
    const world = twoZones();
    world.silence(vantageId('us-west-2'), vantageId('eu-central-1'));
    await world.clock.advance(60 * SECOND);
    const own = handlerOver(world);

    await own.invoke();

    expect(own.metric('SilentVantages')).toEqual([2]);
  });

  it('counts the regions that decide, its own pulse included', async () => {
    const world = quorumWorld();
    const own = handlerOver(world);
    world.table.pulses.set('us-east-1', { region: 'us-east-1', at: FAKE_START - 100 * SECOND });
    world.table.pulses.set('us-west-2', { region: 'us-west-2', at: FAKE_START - 200 * SECOND });

    await own.invoke();

    expect(own.metric('DecidingRegions')).toEqual([2]);
    expect(world.table.pulses.get('eu-west-1')).toEqual({ region: 'eu-west-1', at: FAKE_START });
  });

  it('says that it decided at most every 20 s, however often the stream calls', async () => {
    const world = quorumWorld();
    const own = handlerOver(world);

    await own.invoke();
    await world.clock.advance(19 * SECOND);
    await own.invoke();
    await world.clock.advance(1 * SECOND);
    await own.invoke();

    expect(world.region(0).store.callsOf('writePulse').length).toBe(2);
    expect(own.metric('DecidingRegions')).toEqual([1, 1]);
  });

  it('has no pulse while a zone can’t be judged, and still counts the others', async () => {
    const world = quorumWorld();
    world.table.pulses.set('us-east-1', { region: 'us-east-1', at: FAKE_START });
    [...world.zones.values()][0]!.failNextRead('unavailable');
    const own = handlerOver(world);

    await own.invoke();

    expect(world.table.pulses.has('eu-west-1')).toBe(false);
    expect(own.metric('DecidingRegions')).toEqual([1]);
  });

  it('a table that does not take the pulse is told, and is no trouble of a zone', async () => {
    const world = quorumWorld();
    world.region(0).store.trouble('writePulse', { kind: 'refused' });
    const own = handlerOver(world);

    expect(await own.invoke()).toMatchObject({ troubles: [] });

    expect(own.metric('DecisionRounds')).toEqual([1]);
    expect(own.metric('DecidingRegions')).toEqual([]);
    expect(own.logs).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'the store did not answer writePulse' }),
    );
  });
});

describe('the configuration’s manifest', () => {
  it('is written once per process, so that a plain deployment works', async () => {
    const world = quorumWorld();
    const own = handlerOver(world);

    await own.invoke();
    await own.invoke();

    expect(world.region(0).store.callsOf('writeManifest').length).toBe(1);
  });

  it('is written later where the table was away, and DNS does not wait for it', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    world.region(0).store.trouble('writeManifest', { kind: 'refused' });
    const own = handlerOver(world);

    expect(await own.invoke()).toMatchObject({ committed: 1, troubles: [] });
    await own.invoke();

    expect(world.region(0).store.callsOf('writeManifest').length).toBe(2);
  });
});

const standing = (agoMs: number, started: boolean): FenceOrder => ({
  id: orderId(started ? 'order001' : 'order002'),
  kind: 'drain',
  scope: { kind: 'endpoint', mark: markOf({ setIdentifier: 'eu-west-1' }, AIDS.digestOf) },
  weight: weight(0),
  fromAt: epochMs(FAKE_START - agoMs),
  untilAt: epochMs(FAKE_START + HOUR),
  afterwards: 'auto',
  force: [],
  started,
});

const totals = (own: Own): Record<string, number[]> =>
  Object.fromEntries(
    ['AutomationOff', 'Drift', 'Blocked', 'Withheld'].map((name) => [
      name,
      own.metric(name, 'vantage'),
    ]),
  );

type Own = {
  readonly invoke: (event?: unknown, remainingMs?: number) => ReturnType<QuorumHandler>;
  readonly wakes: () => number;
  readonly logs: readonly LogEntry[];
  /** Of services, or of the region as a whole. */
  readonly metric: (name: string, by?: 'service' | 'vantage') => number[];
};

function handlerOver(
  world: QuorumWorld,
  ports: { readonly store?: Store; readonly zone?: Zone } = {},
  hooks: QuorumHooks = { takesTurns: false },
): Own {
  const logs: LogEntry[] = [];
  const metrics: MetricEntry[] = [];
  let wakes = 0;
  const { deps } = world.region(0);
  const handler = quorumHandler(
    { QUORATE_VANTAGE: 'eu-west-1', QUORATE_TABLE: 'quorate', AWS_REGION: 'eu-west-1' },
    {
      config: world.config,
      clock: world.clock,
      ids: fakeIds('h'),
      store: ports.store ?? deps.store,
      zone: ports.zone ?? deps.zone,
      notify: {
        wake: async () => {
          wakes += 1;
          return { kind: 'failed', why: 'notify was not reached' };
        },
      },
      log: (entry) => logs.push(entry),
      metric: (entry) => metrics.push(entry),
    },
    hooks,
  );
  return {
    invoke: (event = {}, remainingMs = 30_000) =>
      world.clock.runUntil(handler(event, context(remainingMs))),
    wakes: () => wakes,
    logs,
    metric: (name, by) =>
      metrics
        .filter((one) => one.name === name && (by === undefined || by in one.dimensions))
        .map(({ value }) => value),
  };
}

const context = (remainingMs: number): Context =>
  ({ getRemainingTimeInMillis: () => remainingMs }) as Context;

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

function hanging(world: QuorumWorld, method: keyof Zone): Zone {
  const ended = new QuorateError('ZONE_UNAVAILABLE', 'the round ended');
  switch (method) {
    case 'read':
      return {
        ...world.zonePort,
        read: async (_, __, signal) => {
          await untilAborted(signal);
          throw ended;
        },
      };
    case 'commit':
      return {
        ...world.zonePort,
        commit: async (_, __, ___, signal) => {
          await untilAborted(signal);
          return { kind: 'unknown', message: 'aborted' };
        },
      };
    case 'changeStatus':
      return {
        ...world.zonePort,
        changeStatus: async (_, __, signal) => {
          await untilAborted(signal);
          throw ended;
        },
      };
  }
}

/** Every call takes 600 ms, or ends with the signal. */
function slowed(world: QuorumWorld, store: Store, calls: { store: number }): Store {
  const slow =
    <A extends readonly unknown[], R>(run: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      calls.store += 1;
      const signal = args.at(-1) as AbortSignal;
      try {
        await world.clock.sleep(600, signal);
      } catch (cause) {
        throw new QuorateError('STORE_UNAVAILABLE', 'the round ended', { cause });
      }
      return await run(...args);
    };
  return Object.fromEntries(
    Object.entries(store).map(([name, run]) => [
      name,
      typeof run === 'function' ? slow(run as never) : run,
    ]),
  ) as unknown as Store;
}

const slowedZone = (world: QuorumWorld, calls: { zone: number }): Zone => ({
  read: async (...args) => {
    calls.zone += 1;
    try {
      await world.clock.sleep(600, args[2]);
    } catch (cause) {
      throw new QuorateError('ZONE_UNAVAILABLE', 'the round ended', { cause });
    }
    return await world.zonePort.read(...args);
  },
  commit: async (...args) => {
    calls.zone += 1;
    await world.clock.sleep(600, args[3]).catch(() => undefined);
    return await world.zonePort.commit(...args);
  },
  changeStatus: (...args) => {
    calls.zone += 1;
    return world.zonePort.changeStatus(...args);
  },
});

function twoZones(options: WorldOptions = {}): QuorumWorld {
  const zones = {
    main: { key: 'main', id: 'Z0123456789ABCDEFGHIJ' },
    other: { key: 'other', id: 'Z9876543210ABCDEFGHIJ' },
  };
  const shop = sampleService({
    id: serviceId('shop'),
    zone: zones.other,
    names: ['shop.example.net'],
    digest: 'service-digest-shop-001' as Service['digest'],
  });
  return quorumWorld({
    ...options,
    config: sampleConfig({ zones, services: [sampleService(), shop] }),
  });
}

const drain = (endpoint: string) => ({
  id: orderId('drain001'),
  kind: 'drain' as const,
  scope: { kind: 'endpoint' as const, mark: markOf({ setIdentifier: endpoint }, AIDS.digestOf) },
  weight: weight(0),
  fromAt: epochMs(FAKE_START),
  untilAt: epochMs(FAKE_START + HOUR),
  afterwards: 'auto' as const,
  force: [],
  started: false,
});
