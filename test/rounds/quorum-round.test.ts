/** Stories of the quorum round over fakes: several regions, one zone, no leader, on virtual time. */
import { describe, expect, it } from 'vitest';
import { checkMark } from '../../shared/core/endpoint-mark.ts';
import type { FenceOrder } from '../../shared/core/fence.ts';
import { endpointId, epochMs, orderId, type Service, weight } from '../../shared/core/model.ts';
import { markOf } from '../../shared/core/snapshot.ts';
import { logLine, type QuorumResult, traceOf } from '../../shared/rounds/quorum-result.ts';
import {
  AIDS,
  HOUR,
  MINUTE,
  manyServices,
  type QuorumWorld,
  quorumWorld,
  SECOND,
} from '../fakes/quorum-world.ts';
import { sampleConfig, sampleEndpoint, sampleService, VANTAGES } from '../fakes/sample-service.ts';

describe('a healthy world', () => {
  it('writes nothing in 24 hours with five regions (L4)', async () => {
    const world = quorumWorld();

    await world.minutes(24 * 60, { takesTurns: true });

    expect(world.zone.commits).toEqual([]);
    expect(world.records().length + world.table.marks.size).toBe(0);
  }, 120_000);

  it('first commit sets proven marks, once, and then there is quiet', async () => {
    const world = quorumWorld({ isProven: false });

    await world.minutes(60, { takesTurns: true });

    expect(world.zone.commits.length).toBe(1);
    const { entries, generation } = world.fence();
    expect(generation).toBe(42);
    const [service] = world.config.services;
    for (const endpoint of service!.endpoints) {
      const entry = entries.find(({ mark }) => mark === markOf(endpoint, AIDS.digestOf));
      expect(entry!.provenAs).toBe(checkMark(endpoint, AIDS.digestOf));
    }
    expect(world.records().map(({ actor, lines }) => [actor.split('@')[0], lines.length])).toEqual([
      ['quorum', 3],
    ]);
  });

  it('F114: what was never up is not removed: a typo in a health path drains nothing', async () => {
    const world = quorumWorld({ isProven: false });
    world.sees('us-east-1', { vote: 'down', code: 'status' });

    const [results] = await world.minutes(10);

    expect(world.weights()['us-east-1']).toBe(100);
    expect(reasonOf(results![0]!, 'us-east-1')).toBe('unproven');
  });
});

describe('an endpoint that is down', () => {
  it('is removed once, in exactly one region, and the others find it done', async () => {
    const world = quorumWorld();
    await world.minutes(5, { takesTurns: true });
    world.sees('us-east-1', 'down');
    await world.clock.advance(10 * SECOND);

    const results = await world.allRounds({ takesTurns: true });

    expect(world.weights()).toEqual({ 'ap-southeast-1': 100, 'eu-west-1': 100, 'us-east-1': 0 });
    expect(outcomes(results)).toEqual([
      'committed',
      'nothing-to-do',
      'nothing-to-do',
      'nothing-to-do',
      'nothing-to-do',
    ]);
    expect(world.zone.commits.length).toBe(1);
  });

  it('returns by hold-down and ramp, one commit per step, and then there is quiet', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    await world.minutes(2, { takesTurns: true });
    world.sees('us-east-1', 'up');
    const seen: [number, number][] = [];
    const begun = world.clock.now();
    for (let minute = 0; minute < 30; minute += 1) {
      await world.minutes(1, { takesTurns: true });
      const now = world.weights()['us-east-1']!;
      if (seen.at(-1)?.[1] !== now) seen.push([(world.clock.now() - begun) / MINUTE, now]);
    }

    expect(seen.map(([, w]) => w)).toEqual([0, 10, 50, 100]);
    const [, first, second, third] = seen.map(([at]) => at);
    expect(first).toBeGreaterThanOrEqual(4);
    expect(first).toBeLessThanOrEqual(6);
    expect(second! - first!).toBeGreaterThanOrEqual(2);
    expect(third! - second!).toBeLessThanOrEqual(3);
    expect(world.zone.commits.length).toBe(4);
  });

  it('F87: is removed by the others when its whole region is dead', async () => {
    const world = quorumWorld();
    world.silence(VANTAGES[1]!);
    world.sees('us-east-1', 'down');
    const others = world.regions.filter(({ id }) => id !== 'us-east-1');

    const results = await world.clock.runUntil(
      Promise.all(others.map((region) => region.start({ takesTurns: true }))),
    );

    expect(world.weights()['us-east-1']).toBe(0);
    expect(
      outcomes(results as QuorumResult[][]).filter((kind) => kind === 'committed').length,
    ).toBe(1);
  });

  it('F113: while the other is still in hold-down, that one takes over in one batch', async () => {
    const endpoints = ['eu-west-1', 'us-east-1'].map((id) => sampleEndpoint(id));
    const world = quorumWorld({
      config: sampleConfig({ services: [sampleService({ endpoints })] }),
    });
    world.sees('us-east-1', 'down');
    await world.minutes(1, { takesTurns: true });
    world.sees('us-east-1', 'up');
    await world.minutes(2, { takesTurns: true });
    world.sees('eu-west-1', 'down');

    await world.minutes(1, { takesTurns: true });

    expect(world.weights()).toEqual({ 'eu-west-1': 0, 'us-east-1': 100 });
    expect(world.zone.commits.length).toBe(2);
    expect(world.fence().rescuedAt).not.toBeNull();
  });

  it('F89: two regions lost at once: one goes at once, the other after the velocity window', async () => {
    const endpoints = ['eu-west-1', 'us-east-1', 'ap-southeast-1', 'us-west-2', 'eu-central-1'].map(
      (id) => sampleEndpoint(id),
    );
    const world = quorumWorld({
      config: sampleConfig({ services: [sampleService({ endpoints })] }),
    });
    world.sees('us-east-1', 'down');
    world.sees('us-west-2', 'down');

    await world.minutes(1, { takesTurns: true });
    const first = Object.values(world.weights()).filter((one) => one === 0).length;
    await world.minutes(9, { takesTurns: true });
    const before = Object.values(world.weights()).filter((one) => one === 0).length;
    await world.minutes(3, { takesTurns: true });

    expect([first, before]).toEqual([1, 1]);
    expect(world.weights()).toMatchObject({ 'us-east-1': 0, 'us-west-2': 0, 'eu-west-1': 100 });
  });

  it('seen so by two of five is not removed', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down', VANTAGES.slice(0, 2));

    await world.minutes(5);

    expect(world.zone.commits).toEqual([]);
  });
});

describe('orders', () => {
  it('begin and end by their own commits, and automation follows in the next round', async () => {
    const world = quorumWorld({
      orders: [drainOf('us-east-1', { fromIn: 3 * MINUTE, untilIn: 8 * MINUTE })],
    });
    world.sees('ap-southeast-1', 'down', [], 'app');

    await world.minutes(3, { takesTurns: true });
    expect(world.weights()['us-east-1']).toBe(0);
    expect(world.records().at(-1)).toMatchObject({
      actor: expect.stringMatching(/^order drain001@/),
    });
    expect(world.fence().orders).toMatchObject([{ id: 'drain001', started: true }]);

    await world.minutes(5, { takesTurns: true });
    expect(world.fence().orders).toEqual([]);
    // The region whose turn is next already takes the first step of the ramp.
    expect(world.weights()['us-east-1']).toBe(10);

    await world.minutes(15, { takesTurns: true });
    expect(world.weights()['us-east-1']).toBe(100);
    expect(world.records().map(({ actor }) => actor.split('@')[0])).toEqual([
      'order drain001',
      'order drain001',
      'quorum',
      'quorum',
      'quorum',
    ]);
  });

  it('F105: begin and end while every report is silent and the table is gone, with `asof` carried over', async () => {
    const world = quorumWorld({
      orders: [drainOf('us-east-1', { fromIn: MINUTE, untilIn: 5 * MINUTE })],
    });
    const { asofAt } = world.fence();
    world.silence(...VANTAGES);
    const away = ['readReports', 'readHeads', 'recordIntent', 'writeMark', 'writeHead'] as const;
    for (const { store } of world.regions) {
      for (const method of away) store.trouble(method, { kind: 'refused' }, 1_000);
    }

    await world.minutes(1, { takesTurns: true });
    expect(world.weights()['us-east-1']).toBe(0);
    expect(world.fence()).toMatchObject({ asofAt, orders: [{ started: true }] });

    await world.minutes(4, { takesTurns: true });
    expect(world.fence()).toMatchObject({ asofAt, orders: [] });
    expect(world.zone.commits.filter(({ reply }) => reply.kind === 'accepted').length).toBe(2);
  });

  it('R10: a clock in doubt holds their start and end, and says by how much', async () => {
    const world = quorumWorld({
      orders: [drainOf('us-east-1', { fromIn: MINUTE, untilIn: HOUR })],
      serverAheadMs: 20 * SECOND,
    });

    const [results] = await world.minutes(3);

    expect(world.zone.commits).toEqual([]);
    expect(results![0]!.decision.reasons).toContainEqual(
      expect.objectContaining({ code: 'clock-in-doubt', offMs: 20 * SECOND }),
    );
  });

  it('F40: an evaluator whose own clock is an hour ahead holds everything by itself', async () => {
    const world = quorumWorld({
      orders: [drainOf('eu-west-1', { fromIn: 30 * MINUTE, untilIn: 5 * HOUR })],
      skewMs: { 'eu-west-1': HOUR },
    });
    world.sees('us-east-1', 'down');

    const [result] = await world.region(0).round();

    expect(world.zone.commits).toEqual([]);
    expect(result!.decision.automation).toBe('not-quorate');
    const [other] = await world.region(2).round();
    expect(other!.outcome.kind).toBe('committed');
  });

  it('freeze holds automation until its end, and its end is a commit of its own', async () => {
    const freeze: FenceOrder = {
      ...drainOf('us-east-1', { fromIn: -MINUTE, untilIn: 5 * MINUTE }),
      kind: 'freeze',
      scope: { kind: 'service' },
      weight: null,
      started: true,
    };
    const world = quorumWorld({ orders: [freeze] });
    world.sees('us-east-1', 'down');

    const [held] = await world.minutes(4);
    expect(world.zone.commits).toEqual([]);
    expect(held![0]!.decision.automation).toBe('frozen');

    await world.minutes(1);
    expect(world.fence()).toMatchObject({ generation: 42, orders: [] });
    expect(world.weights()['us-east-1']).toBe(100);

    await world.minutes(1);
    expect(world.weights()['us-east-1']).toBe(0);
  });
});

describe('troubles of the store', () => {
  it('F65: a table that is gone holds everything, and says so', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    world.region(0).store.trouble('readReports', { kind: 'refused' });

    const [result] = await world.region(0).round();

    expect(world.zone.commits).toEqual([]);
    expect(result).toMatchObject({
      decision: { automation: 'not-quorate' },
      trouble: 'the store did not answer readReports',
    });
    expect(logLine(result!)).toMatchObject({ trouble: 'the store did not answer readReports' });
  });

  it('a record that can not be written holds automation, and a later round does it', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    world.region(0).store.trouble('recordIntent', { kind: 'refused' });

    const [held] = await world.region(0).round();
    expect(held!.outcome).toEqual({ kind: 'unrecorded' });
    expect(world.zone.commits).toEqual([]);

    const [done] = await world.region(0).round();
    expect(done!.outcome.kind).toBe('committed');
  });

  it('a record that can not be written does not hold an order', async () => {
    const world = quorumWorld({ orders: [drainOf('us-east-1', { fromIn: 0, untilIn: HOUR })] });
    world.region(0).store.trouble('recordIntent', { kind: 'refused' });

    const [result] = await world.region(0).round();

    expect(result!.outcome.kind).toBe('committed');
    expect(world.weights()['us-east-1']).toBe(0);
  });

  it('the record is durable before the batch is sent', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    let recorded = -1;
    world.zone.beforeNextCommit(() => {
      recorded = world.records().length;
    });

    await world.region(0).round();

    expect(recorded).toBe(1);
    expect(world.fence().record).toBe(AIDS.digestOf(recordText(world)));
  });

  it('F59: a record whose reply was lost is held as unrecorded, and the next intent is another item', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    world.region(0).store.trouble('recordIntent', { kind: 'reply-lost' });

    await world.region(0).round();
    await world.region(0).round();

    expect(world.records().length).toBe(2);
    expect(world.zone.commits.length).toBe(1);
  });

  it('marks and heads that can not be written change nothing about the commit', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    world.region(0).store.trouble('writeMark', { kind: 'refused' });
    world.region(0).store.trouble('writeHead', { kind: 'refused' });

    const [result] = await world.region(0).round();

    expect(result!.outcome.kind).toBe('committed');
    expect([world.marks(), [...world.table.heads]]).toEqual([[], []]);
  });
});

describe('troubles of the zone', () => {
  it('F69: what was unknown and had not happened is decided again by the next round', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    world.zone.failNext('unknown-before-effect');

    const [unknown] = await world.region(0).round();
    const [again] = await world.region(0).round();
    await world.region(0).round();

    expect([unknown!.outcome.kind, again!.outcome.kind]).toEqual(['unresolved', 'committed']);
    expect(world.fence().generation).toBe(42);
    expect(markKinds(world)).toEqual(['committed', 'lost'].sort());
  });

  it('F70: what was unknown and had happened, with the read-back failing too, is found committed next round', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    world.zone.failNext('unknown-after-effect');
    world.zone.beforeNextCommit(() => world.zone.failNextRead('unavailable'));

    const [unknown] = await world.region(0).round();
    expect(unknown!.outcome.kind).toBe('unresolved');
    expect(markKinds(world)).toEqual([]);

    const [next] = await world.region(0).round();
    expect(next!.outcome.kind).toBe('nothing-to-do');
    expect(world.zone.commits.length).toBe(1);
    expect(markKinds(world)).toEqual(['committed']);
    expect(world.table.heads.get('eu-west-1')).toEqual({
      region: 'eu-west-1',
      generations: { app: 42 },
    });
  });

  it.each([
    ['records tell that it committed', 'unknown-after-effect', 'keep', 'committed'],
    ['records tell that it lost', 'unknown-before-effect', 'keep', 'lost'],
    ['records are gone: nobody claims to know', 'unknown-after-effect', 'drop', undefined],
    ['records can not be read: nobody claims to know', 'unknown-after-effect', 'refuse', undefined],
  ] as const)('F98: hidden behind two successors, %s', async (_, fault, records, told) => {
    const unproven = { provenAs: null };
    const world = quorumWorld({
      entryChanges: { 'eu-west-1': unproven, 'ap-southeast-1': unproven },
    });
    world.sees('us-east-1', 'down');
    world.sees('eu-west-1', 'none');
    world.sees('ap-southeast-1', 'none');
    world.zone.failNext(fault);
    world.zone.beforeNextCommit(() => world.zone.failNextRead('unavailable'));
    const [unknown] = await world.region(0).round();
    const { nonce } = unknown!.plan!;
    for (const id of ['eu-west-1', 'ap-southeast-1', 'us-east-1']) {
      world.sees(id, 'up');
      await world.region(1).round();
    }
    if (fault === 'unknown-before-effect') {
      // The first step back after its hold-down is one more commit.
      await world.clock.advance(6 * MINUTE);
      await world.region(1).round();
    }
    expect(world.fence().generation).toBeGreaterThanOrEqual(44);
    if (records === 'drop') world.table.records.clear();
    world.table.records.set('app 0000000043#zzzzzzzz', 'garbage');
    const { store } = world.region(0);
    if (records === 'refuse') store.trouble('readRecords', { kind: 'refused' });

    await world.region(0).round();

    const own = world.marks().find((mark) => mark.nonce === nonce);
    expect(unknown!.outcome.kind).toBe('unresolved');
    expect(own?.kind).toBe(told);
  });

  it('F71: a batch that lands 60 s after its client gave up is found committed, and never called blocked', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    world.zone.failNext({ kind: 'late', afterMs: 65 * SECOND });
    await world.region(0).round();
    world.sees('us-east-1', 'up');
    await world.clock.advance(40 * SECOND);
    const [waiting] = await world.region(0).round();

    expect(waiting!.decision.automation).toBe('on');
    expect(markKinds(world)).toEqual([]);

    await world.clock.advance(30 * SECOND);
    await world.region(0).round();
    expect(world.weights()['us-east-1']).toBe(0);
    expect(markKinds(world)).toEqual(['committed']);
  });

  it('an unanswered batch is not asked for without end: the chain tells what became of it', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    world.zone.failNext('unknown-before-effect');
    await world.region(0).round();
    world.sees('us-east-1', 'up');
    await world.clock.advance(30 * MINUTE);
    for (let round = 0; round < 3; round += 1) await world.region(0).round();
    const before = world.zone.reads();

    await world.region(0).round();

    expect(world.zone.reads()).toBe(before);
  });

  it('F72: a lost race is thrown away, and the next round usually has nothing left to do', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    world.zone.beforeNextCommit(async () => {
      await world.region(1).start();
    });

    const [lost] = await world.region(0).round();
    const [next] = await world.region(0).round();

    expect([lost!.outcome.kind, next!.outcome.kind]).toEqual(['lost', 'nothing-to-do']);
    expect(world.fence().generation).toBe(42);
  });

  it('F77: a refusal for no visible reason is tried once per 10 minutes, and other services go on', async () => {
    const world = quorumWorld({ config: manyServices(2) });
    for (const { id } of world.config.services) world.sees('us-east-1', 'down', undefined, id);
    const commit = world.zone.commit;
    const refused: number[] = [];
    Object.assign(world.zone, {
      commit: (...args: Parameters<typeof commit>) => {
        if (!args[1].some(({ record }) => record.name === 's00.example.com'))
          return commit(...args);
        refused.push(world.clock.now());
        return Promise.resolve({ kind: 'refused', messages: ['record set is protected'] });
      },
    });

    const [first] = [await world.region(0).round()];
    for (let minute = 0; minute < 25; minute += 1) {
      await world.clock.advance(MINUTE);
      await world.region(0).round();
    }

    expect(first!.map(({ outcome }) => outcome.kind)).toEqual(['blocked', 'committed']);
    expect(refused.map((at) => (at - refused[0]!) / MINUTE)).toEqual([0, 10, 20]);
    const [held] = await world.region(0).round();
    expect(held).toMatchObject({
      decision: {
        automation: 'blocked',
        reasons: [{ code: 'blocked', why: 'record set is protected' }],
      },
    });
  });

  it('F67: throttling is waited out: three tries, then one after each wait, and never counted as lost', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    world.zone.failNext(...Array.from({ length: 6 }, () => 'throttled' as const));
    const kinds: string[] = [];
    for (let round = 0; round < 22; round += 1) {
      const [result] = await world.region(0).round();
      kinds.push(result!.outcome.kind);
      await world.clock.advance(5_000);
    }

    expect(kinds.filter((kind) => kind === 'throttled')).toHaveLength(4);
    expect(kinds).toContain('committed');
    expect(kinds).not.toContain('lost');
    const start = world.zone.commits[0]!.at;
    // The fake's random number is 0.5: waits of 12.5 s and 25 s, seen by rounds 5 s apart.
    expect(world.zone.commits.slice(0, 7).map(({ at }) => at - start)).toEqual([
      0, 500, 1_500, 16_500, 41_500, 66_500, 91_500,
    ]);
  });

  it('S16: while Route 53 throttles, a service is tried at most six times within any minute', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    world.zone.failNext(...Array.from({ length: 60 }, () => 'throttled' as const));
    for (let second = 0; second < 300; second += 1) {
      await world.region(0).round();
      await world.clock.advance(1_000);
    }

    const times = world.zone.commits.map(({ at }) => at);
    expect(times.length).toBeGreaterThan(12);
    for (const time of times) {
      expect(times.filter((at) => at > time - MINUTE && at <= time).length).toBeLessThanOrEqual(6);
    }
  });

  it('a round that waits sends nothing, writes no record, and says when the next try is due', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    world.zone.failNext('throttled', 'throttled', 'throttled');
    await world.region(0).round();
    const records = world.records().length;

    const [waiting] = await world.region(0).round();

    expect(waiting!.outcome).toEqual({
      kind: 'waiting',
      why: expect.stringMatching(
        /^Route 53 throttled the last try, or six were made within a minute; the next is due at 20..-..-..T..:..:......Z$/,
      ),
    });
    expect(world.zone.commits.length).toBe(3);
    expect(world.records().length).toBe(records);
    expect(traceOf(waiting!)).not.toHaveProperty('decision');
  });

  it('F83: fence and weights that went back together are decided on as found: no drift', async () => {
    const world = quorumWorld({ insyncDelayMs: 10 * MINUTE });
    world.sees('us-east-1', 'down');
    await world.region(0).round();
    world.zone.strandPending();
    await world.clock.advance(MINUTE);

    const [again] = await world.region(1).round();

    expect(again!.outcome.kind).toBe('committed');
    expect(world.fence().generation).toBe(42);
    expect(world.weights()['us-east-1']).toBe(0);
  });
});

describe('fences and records that are not as the last commit left them', () => {
  it('F73 F117: a weight edited by hand is drift: kept as it is, others that die are still removed', async () => {
    const world = quorumWorld();
    world.editWeight('eu-west-1', 60);
    await world.minutes(5);
    expect(world.zone.commits).toEqual([]);

    world.sees('us-east-1', 'down');
    const [results] = await world.minutes(1);

    expect(world.weights()).toEqual({ 'ap-southeast-1': 100, 'eu-west-1': 60, 'us-east-1': 0 });
    expect(results![0]!.decision.automation).toBe('drift');
  });

  it('F73: a TTL or a health-check id edited by hand is taken over and stops nothing', async () => {
    const world = quorumWorld();
    const record = world.zone.records().find(({ setIdentifier }) => setIdentifier === 'eu-west-1')!;
    world.zone.edit([
      { action: 'DELETE', record },
      {
        action: 'CREATE',
        record: { ...record, healthCheckId: '3f9c2a10-0000-4000-8000-000000000000' },
      },
    ]);
    world.sees('us-east-1', 'down');

    const [[result]] = (await world.minutes(1)) as [[QuorumResult]];

    expect(result!.decision.automation).toBe('on');
    expect(world.weights()['us-east-1']).toBe(0);
    const kept = world.zone.records().find(({ setIdentifier }) => setIdentifier === 'eu-west-1')!;
    expect(kept.healthCheckId).toBe('3f9c2a10-0000-4000-8000-000000000000');
  });

  it.each([
    ['F74', 'a missing fence is unmanaged', null, 'unmanaged', 'unmanaged'],
    ['F75', 'a malformed fence is blocked', ['"hello"'], 'blocked', 'malformed-fence'],
    ['F75', 'a fence of two values is blocked', ['"a"', '"b"'], 'blocked', 'malformed-fence'],
    [
      'F75',
      'a fence of an unknown format is blocked',
      ['"quorate2 d=quorate-test"'],
      'blocked',
      'malformed-fence',
    ],
    ['F121', 'another deployment’s fence is foreign', 'foreign', 'blocked', 'foreign'],
    ['F99', 'a fence with `asof` in the future is blocked', 'future', 'blocked', 'malformed-fence'],
  ] as const)(
    '%s: %s, holds its service, and others go on',
    async (_, __, values, automation, code) => {
      const world = quorumWorld({ config: manyServices(2) });
      const [broken, whole] = world.config.services;
      const text = world.snapshot(broken).fenceRecord!.values![0]!;
      world.editFence(
        values === 'foreign'
          ? [text.replace('d=quorate-test', 'd=quorate-prod')]
          : values === 'future'
            ? [text.replace(/ a=\w+/, ` a=${(world.clock.now() + HOUR).toString(36)}`)]
            : values,
        broken,
      );
      for (const { id } of world.config.services) world.sees('us-east-1', 'down', undefined, id);

      const [results] = await world.minutes(1);

      expect(results![0]!.decision).toMatchObject({
        automation,
        reasons: [{ code }],
        commit: null,
      });
      expect(world.weights(broken)['us-east-1']).toBe(100);
      expect(world.weights(whole)['us-east-1']).toBe(0);
    },
  );

  it('F76: a managed record that is gone holds its service as drift, and others go on', async () => {
    const world = quorumWorld({ config: manyServices(2) });
    const [broken, whole] = world.config.services;
    const record = world.snapshot(broken).records[0]!;
    world.zone.edit([{ action: 'DELETE', record }]);
    for (const { id } of world.config.services) world.sees('us-east-1', 'down', undefined, id);

    const [results] = await world.minutes(1);

    expect(results![0]!.decision).toMatchObject({
      automation: 'drift',
      reasons: [{ code: 'records' }],
    });
    expect(world.weights(whole)['us-east-1']).toBe(0);
    expect(world.weights(broken)['us-east-1']).toBe(100);
  });

  it('F116: endpoints not in the fence are pending, endpoints not in the file are orphans: both asserted or untouched', async () => {
    const world = quorumWorld();
    const service = sampleService({
      endpoints: [...world.config.services[0]!.endpoints.slice(1), sampleEndpoint('us-west-2')],
    });
    world.sees('us-east-1', 'down');

    const [result] = await world.region(0).round({ services: [service] });

    expect(result!.outcome.kind).toBe('committed');
    expect(world.weights()).toEqual({ 'ap-southeast-1': 100, 'eu-west-1': 100, 'us-east-1': 0 });
    expect(reasonOf(result!, 'us-west-2')).toBe('pending');
    expect(reasonOf(result!, 'eu-west-1')).toBe('orphan');
  });

  it('F120: an earlier packaging time never commits over a newer configuration', async () => {
    const world = quorumWorld({
      fenceChanges: {
        config: 'service-digest-newer-1',
        packagedAt: epochMs(1_782_900_000_000 - HOUR),
      },
    });
    world.sees('us-east-1', 'down');

    const [[result]] = (await world.minutes(1)) as [[QuorumResult]];

    expect(result!.decision.reasons).toMatchObject([{ code: 'superseded-config' }]);
    expect(world.zone.commits).toEqual([]);
  });

  it('F120: a new configuration enters the fence from a region that sees Q reports under it', async () => {
    const world = quorumWorld({
      fenceChanges: { config: 'service-digest-older-1', packagedAt: epochMs(1) },
    });

    await world.minutes(2, { takesTurns: true });

    expect(world.zone.commits.length).toBe(1);
    expect(world.fence()).toMatchObject({
      config: world.config.services[0]!.digest,
      packagedAt: world.config.packagedAt,
    });
  });
});

describe('one service’s bug', () => {
  it('is its own hold: an assertion that fails ends nobody else’s round', async () => {
    const world = quorumWorld({ config: manyServices(3) });
    const [first, broken, last] = world.config.services as [Service, Service, Service];
    for (const { id } of world.config.services) world.sees('us-east-1', 'down', undefined, id);
    // A weight of 300: configuration refuses it, so the core may assert that it never comes.
    const endpoints = broken.endpoints.map((endpoint) => ({ ...endpoint, weight: weight(300) }));
    const impossible = { ...broken, endpoints };

    const results = await world.region(0).round({ services: [first, impossible, last] });

    expect(results.map(({ outcome }) => outcome.kind)).toEqual([
      'committed',
      'blocked',
      'committed',
    ]);
    expect(results[1]).toMatchObject({
      decision: {
        automation: 'blocked',
        commit: null,
        reasons: [{ code: 'bug', service: broken.id }],
      },
    });
    expect(world.weights(broken)['us-east-1']).toBe(100);
  });

  it('that is no assertion holds it all the same', async () => {
    const world = quorumWorld({ config: manyServices(2) });
    const [broken, whole] = world.config.services as [Service, Service];
    world.sees('us-east-1', 'down', undefined, whole.id);
    const endpoints = [{ ...broken.endpoints[0]!, targets: null as never }];

    const results = await world.region(0).round({ services: [{ ...broken, endpoints }, whole] });

    expect(results.map(({ outcome }) => outcome.kind)).toEqual(['blocked', 'committed']);
    expect(results[0]!.decision.reasons).toMatchObject([{ code: 'bug' }]);
  });
});

describe('a writer that dies', () => {
  it('F106: between record and batch leaves an intent, and another region commits its own', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    const abort = new AbortController();
    world.region(0).store.trouble('recordIntent', {
      kind: 'before',
      run: () => abort.abort(new Error('killed')),
    });
    const dying = world.region(0).start({ signal: abort.signal });
    await expect(world.clock.runUntil(dying)).resolves.toMatchObject([
      { outcome: { kind: 'expired' } },
    ]);

    const [result] = await world.region(1).round();

    expect(result!.outcome.kind).toBe('committed');
    expect(world.records().length).toBe(2);
    expect(world.fence().generation).toBe(42);
  });

  it('F106: between batch and mark leaves a commit that the others find done', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    world.region(0).store.trouble('writeMark', { kind: 'refused' });
    world.region(0).store.trouble('writeHead', { kind: 'refused' });
    await world.region(0).round();
    world.region(0).restart();

    const results = await world.minutes(6, { takesTurns: true });

    expect(outcomes(results)).toEqual(Array.from({ length: 5 }, () => 'nothing-to-do'));
    expect(world.zone.commits.length).toBe(1);
  });
});

const outcomes = (results: readonly (readonly QuorumResult[])[]): string[] =>
  results
    .flat()
    .map(({ outcome }) => outcome.kind)
    .sort();

const reasonOf = (result: QuorumResult, endpoint: string): string | undefined =>
  result.decision.endpoints.find((one) => one.endpoint === endpointId(endpoint))?.reason.code;

const markKinds = (world: QuorumWorld): string[] =>
  world
    .marks()
    .map(({ kind }) => kind)
    .sort();

function recordText(world: QuorumWorld): string {
  const canonical = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(canonical)
      : value !== null && typeof value === 'object'
        ? Object.fromEntries(
            Object.entries(value)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([key, item]) => [key, canonical(item)]),
          )
        : value;
  return `record ${JSON.stringify(canonical(world.records()[0]))}`;
}

function drainOf(
  endpoint: string,
  times: { readonly fromIn: number; readonly untilIn: number },
): FenceOrder {
  const now = 1_782_864_000_000;
  return {
    id: orderId('drain001'),
    kind: 'drain',
    scope: { kind: 'endpoint', mark: markOf({ setIdentifier: endpoint }, AIDS.digestOf) },
    weight: weight(0),
    fromAt: epochMs(now + times.fromIn),
    untilAt: epochMs(now + times.untilIn),
    afterwards: 'auto',
    force: [],
    started: false,
  };
}
