/** Operators' wishes through the fence: blind if need be, refused with arithmetic, never twice. */
import { describe, expect, it } from 'vitest';
import { QuorateError } from '../../shared/core/errors.ts';
import { endpointId, epochMs, regionId } from '../../shared/core/model.ts';
import type { Operation } from '../../shared/core/operation.ts';
import { type OrderWish, orderOf } from '../../shared/core/order-wish.ts';
import { type OrderRequest, orderRound } from '../../shared/rounds/order-round.ts';
import type { OrderAnswer } from '../../shared/rounds/override-round.ts';
import {
  AIDS,
  HOUR,
  MINUTE,
  NEVER,
  type QuorumWorld,
  quorumWorld,
  SECOND,
} from '../fakes/quorum-world.ts';
import { sampleConfig, sampleService, VANTAGES } from '../fakes/sample-service.ts';

describe('an order', () => {
  it('is committed before it is answered, with its record, its marks and a head for the others', async () => {
    const world = quorumWorld();

    const answer = await give(world, drain('us-east-1'));

    expect(answer).toMatchObject({ kind: 'committed', generation: 42, changeId: 'C0000000000001' });
    expect(world.weights()['us-east-1']).toBe(0);
    expect(world.records()).toMatchObject([
      {
        generation: 42,
        actor: 'alice',
        order: { kind: 'drain', actor: 'alice', reason: 'bad deploy 4711' },
        sentences: [expect.any(String), 'bad deploy 4711'],
      },
    ]);
    expect(world.marks().map(({ kind }) => kind)).toEqual(['committed']);
    expect(world.table.heads.get('eu-west-1')).toEqual({
      region: 'eu-west-1',
      generations: { app: 42 },
    });
  });

  it('F105: given while every report is silent or the table is gone commits, with `asof` carried over', async () => {
    const world = quorumWorld();
    const { asofAt } = world.fence();
    world.silence(...VANTAGES);
    for (const method of ['readReports', 'recordIntent', 'writeMark', 'writeHead'] as const) {
      world.region(0).store.trouble(method, { kind: 'refused' }, 10);
    }

    const answer = await give(world, drain('us-east-1'));

    expect(answer.kind).toBe('committed');
    expect(world.fence()).toMatchObject({ asofAt, orders: [{ kind: 'drain', started: true }] });
    expect(world.records()).toEqual([]);
  });

  it('F110: that would leave no weight is refused with its reason', async () => {
    const world = quorumWorld();
    const wish: OrderWish = { ...drain('x'), scope: { kind: 'service' }, force: ['floor'] };

    const answer = await give(world, wish);

    expect(answer).toMatchObject({
      kind: 'refused',
      sentence: expect.stringContaining('every weight'),
    });
    expect(world.zone.commits).toEqual([]);
  });

  it('F109: that loses its race reads again and is judged again', async () => {
    const world = quorumWorld();
    world.sees('eu-west-1', 'down');
    world.zone.beforeNextCommit(async () => {
      await world.region(1).start();
    });

    const answer = await give(world, { ...drain('us-east-1'), force: ['floor'] });

    expect(answer).toMatchObject({ kind: 'committed', generation: 43 });
    expect(world.weights()).toEqual({ 'ap-southeast-1': 100, 'eu-west-1': 0, 'us-east-1': 0 });
  });

  it('F109: `freeze` that races an evaluator: the first commit wins, and after the freeze none is automated', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    world.zone.beforeNextCommit(async () => {
      await start(world, {
        ...drain('x'),
        kind: 'freeze',
        scope: { kind: 'service' },
        weight: null,
      });
    });

    const [lost] = await world.region(1).round();
    const [after] = await world.region(1).round();

    expect(lost!.outcome).toEqual({ kind: 'lost' });
    expect(after).toMatchObject({ decision: { automation: 'frozen', commit: null } });
    expect(world.weights()['us-east-1']).toBe(100);
    expect(world.fence().generation).toBe(42);
  });

  it('gives up after five lost races, says so, and leaves nothing half done', async () => {
    const world = quorumWorld();
    for (let race = 0; race < 5; race += 1) {
      world.zone.beforeNextCommit(() => world.editWeight('eu-west-1', 10 + race));
    }

    const answer = await give(world, { ...drain('us-east-1'), force: ['floor'] });

    expect(answer).toMatchObject({
      kind: 'failed',
      outcome: 'drift',
      sentence: 'somebody edited a record meanwhile; look at it and try again',
    });
    expect(world.zone.commits.length).toBe(5);
    expect(world.fence().generation).toBe(41);
  });

  it.each([
    ['throttled', ['throttled', 'throttled', 'throttled'], 'throttled', 'throttling this account'],
    ['denied', ['access-denied'], 'blocked', 'Route 53 refuses the change: access-denied'],
    ['unanswered', ['unknown-before-effect'], 'unresolved', 'look at generation 42'],
  ] as const)('that is %s fails with what to do next', async (_, faults, outcome, text) => {
    const world = quorumWorld();
    world.zone.failNext(...faults);

    const answer = await give(world, drain('us-east-1'));

    expect(answer).toMatchObject({
      kind: 'failed',
      outcome,
      sentence: expect.stringContaining(text),
    });
  });

  it('F70: whose reply is lost is answered committed, since the zone has it', async () => {
    const world = quorumWorld();
    world.zone.failNext('unknown-after-effect');

    expect(await give(world, drain('us-east-1'))).toMatchObject({
      kind: 'committed',
      generation: 42,
    });
  });

  it('in a zone that can not be read is an operating error for the API to answer', async () => {
    const world = quorumWorld();
    world.zone.failNextRead('unavailable');

    await expect(give(world, drain('us-east-1'))).rejects.toThrow(QuorateError);
  });

  it('in a process that was frozen for longer than its plan may live: it is dropped and says so', async () => {
    const world = quorumWorld();
    const { deps, id } = world.region(0);
    let frozenMs = 0;
    const thawed: typeof deps = {
      ...deps,
      clock: { ...deps.clock, now: () => epochMs(deps.clock.now() + frozenMs) },
      store: {
        ...deps.store,
        recordIntent: async (...args) => {
          frozenMs = 31 * SECOND;
          await deps.store.recordIntent(...args);
        },
      },
    };

    const answer = await world.clock.runUntil(
      orderRound(
        thawed,
        world.config,
        world.config.services[0]!,
        world.options(id),
        requestOf({
          kind: 'order',
          order: orderOf(drain('us-east-1'), world.config.services[0]!, AIDS),
        }),
        NEVER,
      ),
    );

    expect(answer).toMatchObject({
      kind: 'failed',
      outcome: 'expired',
      sentence: 'it took longer than 30 s, so the plan was dropped; try again',
    });
    expect(world.zone.commits).toEqual([]);
  });

  it('F105: waits 3 s for a table that hangs, at each of its three uses, and commits without it', async () => {
    const world = quorumWorld();
    for (const method of ['readReports', 'recordIntent', 'writeMark'] as const) {
      world.region(0).store.trouble(method, { kind: 'hung' });
    }
    const began = world.clock.now();

    const answer = await give(world, drain('us-east-1'));

    expect(answer).toMatchObject({ kind: 'committed', isRecorded: false });
    expect(answer).toMatchObject({ trouble: 'aborted' });
    expect(world.clock.now() - began).toBe(9 * SECOND);
    expect(world.weights()['us-east-1']).toBe(0);
  });

  it('on an observed service is refused', async () => {
    const world = quorumWorld({
      config: sampleConfig({ services: [sampleService({ mode: 'observe' })] }),
    });

    expect(await give(world, drain('us-east-1'))).toMatchObject({ kind: 'refused' });
  });
});

describe('a dry run', () => {
  it('shows the plan, writes nothing, and its checksum applies exactly that', async () => {
    const world = quorumWorld();

    const planned = await give(world, drain('us-east-1'), { isDryRun: true });

    expect(planned).toMatchObject({ kind: 'planned', plan: { generation: 42 } });
    expect(world.zone.commits.length + world.records().length).toBe(0);
    const { checksum } = (planned as { plan: { checksum: string } }).plan;
    await world.clock.advance(5 * SECOND);
    expect(await give(world, drain('us-east-1'), { checksum })).toMatchObject({
      kind: 'committed',
    });
  });

  it('whose records moved since is refused as changed, with the new plan', async () => {
    const world = quorumWorld();
    const planned = await give(world, drain('us-east-1'), { isDryRun: true });
    const { checksum } = (planned as { plan: { checksum: string } }).plan;
    world.editWeight('eu-west-1', 50);

    const answer = await give(world, drain('us-east-1'), { checksum });

    expect(answer.kind).toBe('plan-changed');
    expect(world.zone.commits).toEqual([]);
  });

  it('whose race was lost in between is refused as changed, not applied to another state', async () => {
    const world = quorumWorld();
    world.sees('ap-southeast-1', 'down');
    const planned = await give(
      world,
      { ...drain('us-east-1'), force: ['floor'] },
      { isDryRun: true },
    );
    const { checksum } = (planned as { plan: { checksum: string } }).plan;
    world.zone.beforeNextCommit(async () => {
      await world.region(1).start();
    });

    const answer = await give(world, { ...drain('us-east-1'), force: ['floor'] }, { checksum });

    expect(answer.kind).toBe('plan-changed');
    expect(world.fence().generation).toBe(42);
  });
});

describe('operations of the zone', () => {
  it('F74: adopt creates the missing fence in a batch that asserts every record', async () => {
    const world = quorumWorld({ fence: 'none' });

    const answer = await run(world, { kind: 'adopt' });

    expect(answer).toMatchObject({ kind: 'committed', generation: 1 });
    expect(world.zone.commits[0]!.changes.length).toBe(1 + 3 * 2);
    expect(world.records()[0]).toMatchObject({ parent: null, generation: 1 });
    const [result] = await world.region(1).round();
    expect(result!.decision.automation).toBe('on');
  });

  it('F117: reassert undoes a hand edit, and automation goes on', async () => {
    const world = quorumWorld();
    world.editWeight('eu-west-1', 20);

    expect(await run(world, { kind: 'reassert' })).toMatchObject({ kind: 'committed' });

    expect(world.weights()['eu-west-1']).toBe(100);
    expect(await run(world, { kind: 'reassert' })).toMatchObject({ kind: 'nothing-to-do' });
  });

  it('F116: apply that races an automated removal is judged again on what that left', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    const { name, type, ttlSeconds } = world.snapshot().records[0]!;
    world.zone.edit(
      world.snapshot().records.flatMap((record) => [
        { action: 'DELETE' as const, record },
        { action: 'CREATE' as const, record: { ...record, ttlSeconds: 300 } },
      ]),
    );
    world.zone.beforeNextCommit(async () => {
      await world.region(1).start();
    });

    const answer = await run(world, { kind: 'apply' });

    expect(answer).toMatchObject({
      kind: 'committed',
      generation: 43,
      sentences: [`changed: TTL of ${name} ${type} is ${ttlSeconds} s instead of 300 s`],
    });
    expect(world.weights()['us-east-1']).toBe(0);
    expect(world.snapshot().records.map((record) => record.ttlSeconds)).toEqual([30, 30, 30]);
  });

  it('F115: a changed target and a removal decided on the old one can not both happen', async () => {
    const world = quorumWorld();
    const { records } = world.snapshot();
    const record = records.find(({ setIdentifier }) => setIdentifier === 'eu-west-1')!;
    world.zone.edit([
      { action: 'DELETE', record },
      { action: 'CREATE', record: { ...record, values: ['198.51.100.7'] } },
    ]);
    world.sees('us-east-1', 'down');
    world.zone.beforeNextCommit(async () => {
      expect(await startOperation(world, { kind: 'apply' })).toMatchObject({ kind: 'committed' });
    });

    const [lost] = await world.region(1).round();
    const [after] = await world.region(1).round();

    expect(lost!.outcome).toEqual({ kind: 'lost' });
    expect(after!.outcome).toEqual({ kind: 'committed' });
    expect(world.weights()).toEqual({ 'ap-southeast-1': 100, 'eu-west-1': 100, 'us-east-1': 0 });
    expect(world.snapshot().records.find((one) => one.setIdentifier === 'eu-west-1')).toEqual(
      record,
    );
  });

  it('a release is final: what was decided before it finds no fence to compare', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    world.zone.beforeNextCommit(async () => {
      expect(await startOperation(world, { kind: 'release', restores: false })).toMatchObject({
        kind: 'committed',
      });
    });

    const [lost] = await world.region(1).round();
    const [after] = await world.region(1).round();

    expect(lost!.outcome).toEqual({ kind: 'lost' });
    expect(after!.decision).toMatchObject({ automation: 'unmanaged', commit: null });
    expect(world.weights()['us-east-1']).toBe(100);
    expect(await run(world, { kind: 'adopt' })).toMatchObject({ kind: 'committed', generation: 1 });
  });

  it('restore ends the orders and gives weights back; a dead endpoint is then removed again', async () => {
    const world = quorumWorld();
    await give(world, drain('us-east-1'));
    await world.clock.advance(MINUTE);

    const answer = await run(world, { kind: 'restore' });

    expect(answer).toMatchObject({
      kind: 'committed',
      sentences: [
        'restored: us-east-1 goes from weight 0 to 100',
        expect.stringMatching(/^order \S+, in force until 2026-07-01 02:00Z, ends with this$/),
      ],
    });
    expect(world.fence().orders).toEqual([]);
    world.sees('us-east-1', 'down');
    await world.minutes(1);
    expect(world.weights()['us-east-1']).toBe(0);
  });

  it('on an observed service are planned and not carried out', async () => {
    const world = quorumWorld({
      config: sampleConfig({ services: [sampleService({ mode: 'observe' })] }),
      fence: 'none',
    });
    const notYet =
      'app is observed, and nothing of an observed service is written; set mode: enforce, deploy, then give this command again';

    expect(await run(world, { kind: 'adopt' }, { isDryRun: true })).toMatchObject({
      kind: 'planned',
      notYet,
    });
    expect(await run(world, { kind: 'adopt' })).toEqual({ kind: 'refused', sentence: notYet });
    expect(world.zone.commits).toEqual([]);
  });

  it('cancel and extend name an order that is not there', async () => {
    const world = quorumWorld();

    expect(await run(world, { kind: 'cancel', order: 'nothere1' as never })).toMatchObject({
      kind: 'nothing-to-do',
    });
    expect(
      await run(world, { kind: 'extend', order: 'nothere1' as never, untilAt: epochMs(0) }),
    ).toMatchObject({ kind: 'nothing-to-do' });
  });
});

describe('a wish', () => {
  const service = sampleService();

  it('said twice is one order: its id is its digest', () => {
    const first = orderOf(drain('us-east-1'), service, AIDS);
    const again = orderOf({ ...drain('us-east-1') }, service, AIDS);
    const other = orderOf({ ...drain('us-east-1'), reason: 'another' }, service, AIDS);

    expect(again).toEqual(first);
    expect(other.id).not.toBe(first.id);
    expect(first).toMatchObject({
      kind: 'drain',
      weight: 0,
      started: false,
      scope: { kind: 'endpoint' },
    });
  });

  it('for a region, for the service and for a freeze takes its scope and weight', () => {
    expect(
      orderOf(
        { ...drain('x'), scope: { kind: 'region', region: regionId('eu-west-1') } },
        service,
        AIDS,
      ).scope.kind,
    ).toBe('region');
    expect(orderOf({ ...drain('x'), scope: { kind: 'service' } }, service, AIDS).scope).toEqual({
      kind: 'service',
    });
    expect(orderOf({ ...drain('us-east-1'), kind: 'freeze' }, service, AIDS).weight).toBeNull();
    expect(orderOf({ ...drain('us-east-1'), kind: 'pin', weight: 255 }, service, AIDS).weight).toBe(
      255,
    );
  });

  it('for an endpoint that is not there names those that are', () => {
    expect(() => orderOf(drain('us-west-9'), service, AIDS)).toThrow(
      'app has no endpoint us-west-9; it has eu-west-1, us-east-1, ap-southeast-1',
    );
  });

  it.each([
    [null, 'a pin needs a weight from 0 to 255'],
    [256, 'a pin needs a weight from 0 to 255, not 256'],
    [-1, 'a pin needs a weight from 0 to 255, not -1'],
    [1.5, 'a pin needs a weight from 0 to 255, not 1.5'],
    [Number.NaN, 'a pin needs a weight from 0 to 255, not NaN'],
  ])('to pin %s is refused before it can print a fence nobody could read', (weight, message) => {
    expect(() => orderOf({ ...drain('us-east-1'), kind: 'pin', weight }, service, AIDS)).toThrow(
      message,
    );
  });
});

const drain = (endpoint: string): OrderWish => ({
  kind: 'drain',
  scope: { kind: 'endpoint', endpoint: endpointId(endpoint) },
  weight: null,
  fromAt: epochMs(1_782_864_000_000 - MINUTE),
  untilAt: epochMs(1_782_864_000_000 + 2 * HOUR),
  afterwards: 'auto',
  force: [],
  actor: 'alice',
  reason: 'bad deploy 4711',
});

const give = (
  world: QuorumWorld,
  wish: OrderWish,
  changes: Partial<OrderRequest> = {},
): Promise<OrderAnswer> =>
  run(world, { kind: 'order', order: orderOf(wish, world.config.services[0]!, AIDS) }, changes);

const run = (
  world: QuorumWorld,
  operation: Operation,
  changes: Partial<OrderRequest> = {},
): Promise<OrderAnswer> => world.clock.runUntil(startOperation(world, operation, changes));

/** Not awaited by virtual time: for use inside another call. */
const start = (world: QuorumWorld, wish: OrderWish): Promise<OrderAnswer> =>
  startOperation(world, { kind: 'order', order: orderOf(wish, world.config.services[0]!, AIDS) });

function startOperation(
  world: QuorumWorld,
  operation: Operation,
  changes: Partial<OrderRequest> = {},
): Promise<OrderAnswer> {
  const { deps, id } = world.region(0);
  const [service] = world.config.services;
  const request = requestOf(operation, changes);
  return orderRound(deps, world.config, service!, world.options(id), request, NEVER);
}

const requestOf = (operation: Operation, changes: Partial<OrderRequest> = {}): OrderRequest => ({
  operation,
  actor: 'alice',
  reason: 'bad deploy 4711',
  isDryRun: false,
  checksum: null,
  ...changes,
});
