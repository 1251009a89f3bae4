/** The commit protocol over the zone engine: one send, and after anything but a clear yes the zone's word. */
import { describe, expect, it } from 'vitest';
import type { Config } from '../../shared/core/model.ts';
import { epochMs } from '../../shared/core/model.ts';
import { PLAN_MS_MAX, type Plan } from '../../shared/core/plan.ts';
import { commitPlans } from '../../shared/rounds/commit-plans.ts';
import {
  MINUTE,
  manyServices,
  NEVER,
  planOf,
  type QuorumWorld,
  quorumWorld,
  SECOND,
} from '../fakes/quorum-world.ts';

describe('one plan', () => {
  it('is committed by an accepted batch, with the change id that INSYNC is asked by', async () => {
    const world = brokenWorld();

    const [committed] = await commit(world, [await planOf(world)]);

    expect(committed).toMatchObject({
      outcome: { kind: 'committed' },
      changeId: 'C0000000000001',
    });
    expect(world.weights()['us-east-1']).toBe(0);
  });

  it('is sent as exact pairs for the fence and every record, changed or not, and never as an UPSERT', async () => {
    const world = brokenWorld();

    await commit(world, [await planOf(world)]);

    const [sent] = world.zone.commits;
    expect(
      sent!.changes.map(
        ({ action, record }) => `${action} ${record.type} ${record.setIdentifier ?? 'fence'}`,
      ),
    ).toEqual([
      'DELETE TXT fence',
      'CREATE TXT fence',
      'DELETE A ap-southeast-1',
      'CREATE A ap-southeast-1',
      'DELETE A eu-west-1',
      'CREATE A eu-west-1',
      'DELETE A us-east-1',
      'CREATE A us-east-1',
    ]);
  });

  it('F46: is dropped past its deadline, when a frozen process thaws between decide and send', async () => {
    const world = brokenWorld();
    const plan = await planOf(world);
    await world.clock.advance(20 * MINUTE);

    const [dropped] = await commit(world, [plan]);

    expect(dropped).toMatchObject({ outcome: { kind: 'expired' }, changeId: null });
    expect(world.zone.commits).toEqual([]);
  });

  it('is still sent at its very deadline, and not a millisecond later', async () => {
    const world = brokenWorld();
    const plan = await planOf(world);
    await world.clock.advance(PLAN_MS_MAX);

    expect((await commit(world, [plan]))[0]!.outcome.kind).toBe('committed');

    const late = { ...plan, deadlineAt: epochMs(world.clock.now() - 1) };
    expect((await commit(world, [late]))[0]!.outcome.kind).toBe('expired');
  });

  it('F72: loses to a fence that moved, and nothing of it is sent again', async () => {
    const world = brokenWorld();
    const mine = await planOf(world, 0);
    const theirs = await planOf(world, 1);
    await commit(world, [theirs]);

    const [lost] = await commit(world, [mine]);

    expect(lost).toMatchObject({ outcome: { kind: 'lost' } });
    expect(world.zone.commits.length).toBe(2);
    expect(world.fence().nonce).toBe(theirs.nonce);
  });

  it('F86: loses to a fence that was restored with another nonce at the same generation', async () => {
    const world = brokenWorld();
    const plan = await planOf(world);
    const value = world.snapshot().fenceRecord!.values![0]!;
    world.editFence([value.replace('n=seed0041', 'n=seedXXXX')]);

    const [lost] = await commit(world, [plan]);

    expect(lost!.outcome).toEqual({ kind: 'lost' });
    expect(world.weights()['us-east-1']).toBe(100);
  });

  it('F73: is refused as drift, naming the record, when somebody edits any record meanwhile', async () => {
    const world = brokenWorld();
    const plan = await planOf(world);
    world.editWeight('eu-west-1', 20);

    const [refused] = await commit(world, [plan]);

    expect(refused!.outcome).toEqual({ kind: 'drift', record: 'app.example.com A eu-west-1' });
    expect(world.weights()).toEqual({ 'ap-southeast-1': 100, 'eu-west-1': 20, 'us-east-1': 100 });
  });

  it('F77: is blocked when neither fence nor record moved and Route 53 refuses all the same', async () => {
    const world = brokenWorld();
    const plan = await planOf(world);
    const refusing = {
      ...world.zonePort,
      commit: async () => ({ kind: 'refused' as const, messages: ['record set is protected'] }),
    };

    const [blocked] = await commit(world, [plan], refusing);

    expect(blocked!.outcome).toEqual({ kind: 'blocked', why: 'record set is protected' });
  });

  it.each([
    ['access-denied', 'access-denied: User is not authorized'],
    ['no-such-zone', 'no-such-zone: No hosted zone found with ID: Z0123456789ABCDEFGHIJ'],
    ['invalid-input', 'invalid-input: Invalid request'],
  ] as const)('F84: %s blocks at once and is not retried like throttling', async (fault, why) => {
    const world = brokenWorld();
    world.zone.failNext(fault);

    const [denied] = await commit(world, [await planOf(world)]);

    expect(denied!.outcome).toEqual({ kind: 'blocked', why });
    expect(world.zone.commits.length).toBe(1);
  });
});

describe('throttled and busy', () => {
  it.each([
    ['F67', 'throttled'],
    ['F68', 'busy'],
  ] as const)('%s: %s waits with jitter and the very same batch goes through', async (_, fault) => {
    const world = brokenWorld();
    world.zone.failNext(fault, fault);
    const before = world.clock.now();

    const [committed] = await commit(world, [await planOf(world)]);

    expect(committed!.outcome.kind).toBe('committed');
    expect(world.zone.commits.length).toBe(3);
    expect(world.zone.commits.map(({ changes }) => changes)).toEqual([
      world.zone.commits[0]!.changes,
      world.zone.commits[0]!.changes,
      world.zone.commits[0]!.changes,
    ]);
    // Half of 1 s and half of 2 s: the fake's jitter is 0.5.
    expect(world.zone.commits.map(({ at }) => at - before)).toEqual([0, 500, 1500]);
  });

  it.each(['throttled', 'busy'] as const)(
    'three times %s ends the round as throttled, never as a lost race',
    async (fault) => {
      const world = brokenWorld();
      world.zone.failNext(fault, fault, fault);

      const [result] = await commit(world, [await planOf(world)]);

      expect(result!.outcome).toEqual({ kind: 'throttled' });
      expect(world.zone.commits.length).toBe(3);
      expect(world.zone.reads()).toBe(0);
    },
  );

  it('jitter is full: a random number of 0 waits not at all', async () => {
    const world = brokenWorld();
    world.zone.failNext('throttled');
    const before = world.clock.now();

    await commit(world, [await planOf(world)], world.zonePort, NEVER, () => 0);

    expect(world.clock.now()).toBe(before);
    expect(world.zone.commits.length).toBe(2);
  });

  it('a plan that passes its deadline between tries is dropped', async () => {
    const world = brokenWorld();
    const plan = { ...(await planOf(world)), deadlineAt: epochMs(world.clock.now() + 400) };
    world.zone.failNext('throttled');

    const [dropped] = await commit(world, [plan]);

    expect(dropped!.outcome).toEqual({ kind: 'expired' });
    expect(world.zone.commits.length).toBe(1);
  });
});

describe('an unknown outcome', () => {
  it('F70: a lost reply is told apart from a lost race', async () => {
    const world = brokenWorld();
    const mine = await planOf(world, 0);
    world.zone.failNext('unknown-after-effect');

    const [committed] = await commit(world, [mine]);

    expect(committed).toMatchObject({ outcome: { kind: 'committed' }, changeId: null });

    const again = brokenWorld();
    const loser = await planOf(again, 0);
    await commit(again, [await planOf(again, 1)]);
    again.zone.failNext('unknown-after-effect');

    expect((await commit(again, [loser]))[0]!.outcome).toEqual({ kind: 'lost' });
  });

  it('F98: success already hidden behind a successor is recognised through the parent nonce', async () => {
    const world = quorumWorld({ entryChanges: { 'eu-west-1': { provenAs: null } } });
    world.sees('us-east-1', 'down');
    world.sees('eu-west-1', 'none');
    const mine = await planOf(world, 0);
    const zone: typeof world.zonePort = {
      ...world.zonePort,
      commit: async (ref, changes, comment, signal) => {
        await world.zonePort.commit(ref, changes, comment, signal);
        // Another region commits on top before the read-back: it marks an endpoint as proven.
        world.sees('eu-west-1', 'up');
        const next = await planOf(world, 1);
        await world.zonePort.commit(next.zone, next.changes, '', signal);
        return { kind: 'unknown', message: 'socket hang up' };
      },
    };

    const [committed] = await commit(world, [mine], zone);

    expect(world.fence()).toMatchObject({ generation: 43, parentNonce: mine.nonce });
    expect(committed!.outcome).toEqual({ kind: 'committed' });
  });

  it('is lost for good behind one successor that names another parent', async () => {
    const world = brokenWorld();
    const mine = await planOf(world, 0);
    const zone: typeof world.zonePort = {
      ...world.zonePort,
      commit: async () => {
        const text = world.snapshot().fenceRecord!.values![0]!;
        const moved = text.replace('g=41', 'g=43').replace('n=seed0041', 'n=seed0043');
        world.editFence([moved.replace('p=seed0040', 'p=seed0042')]);
        return { kind: 'unknown', message: 'socket hang up' };
      },
    };

    const [lost] = await commit(world, [mine], zone);

    expect(lost!.outcome).toEqual({ kind: 'lost' });
  });

  it('F98: hidden behind two successors it stays unresolved, since the fence can not tell any more', async () => {
    const world = brokenWorld();
    const mine = await planOf(world, 0);
    const zone: typeof world.zonePort = {
      ...world.zonePort,
      commit: async () => {
        const text = world.snapshot().fenceRecord!.values![0]!;
        world.editFence([text.replace('g=41', 'g=44').replace('n=seed0041', 'n=seed0044')]);
        return { kind: 'unknown', message: 'socket hang up' };
      },
    };

    const [hidden] = await commit(world, [mine], zone);

    expect(hidden!.outcome).toEqual({ kind: 'unresolved' });
  });

  it('F69: stays unresolved while the fence stands at its parent, since it may still land', async () => {
    const world = brokenWorld();
    world.zone.failNext('unknown-before-effect');

    const [unresolved] = await commit(world, [await planOf(world)]);

    expect(unresolved!.outcome).toEqual({ kind: 'unresolved' });
    expect(world.zone.commits.length).toBe(1);
  });

  it('stays unresolved when the zone can not be read back either', async () => {
    const world = brokenWorld();
    world.zone.failNext('unknown-after-effect');
    world.zone.failNextRead('unavailable');

    const [unresolved] = await commit(world, [await planOf(world)]);

    expect(unresolved!.outcome).toEqual({ kind: 'unresolved' });
  });

  it('F71: a batch that lands after a successor has no effect', async () => {
    const world = brokenWorld();
    const late = await planOf(world, 0);
    world.zone.failNext({ kind: 'late', afterMs: MINUTE });
    const [unresolved] = await commit(world, [late]);
    const successor = await planOf(world, 1);
    await commit(world, [successor]);

    await world.clock.advance(2 * MINUTE);

    expect(unresolved!.outcome.kind).toBe('unresolved');
    expect(world.fence().nonce).toBe(successor.nonce);
    expect(world.fence().generation).toBe(42);
  });

  it('F48: a call cut off by the deadline of the invocation is unresolved, not an exception', async () => {
    const world = brokenWorld();
    const abort = new AbortController();
    const zone: typeof world.zonePort = {
      ...world.zonePort,
      commit: async () => {
        abort.abort(new Error('no answer within 22000 ms'));
        return { kind: 'unknown', message: 'aborted' };
      },
    };

    const [result] = await commit(world, [await planOf(world)], zone, abort.signal);

    expect(result!.outcome).toEqual({ kind: 'unresolved' });
  });

  it('a wait that is cut off ends as throttled, and what was not sent yet is not sent', async () => {
    const world = brokenWorld(manyServices(2));
    const abort = new AbortController();
    world.zone.failNext('throttled');
    world.clock.schedule(world.clock.now() + 100, () => abort.abort(new Error('time is up')));
    const [first, second] = world.config.services;
    const plans = [await planOf(world, 0, first), await planOf(world, 0, second)];

    const results = await commit(world, plans, world.zonePort, abort.signal);

    expect(results.map(({ outcome }) => outcome.kind)).toEqual(['throttled', 'expired']);
    expect(world.zone.commits.length).toBe(1);
    expect(world.clock.waiting()).toBe(0);
  });
});

describe('shared batches', () => {
  it('eight services of a group go alone, nine share', async () => {
    for (const [count, batches] of [
      [8, 8],
      [9, 1],
    ] as const) {
      const world = brokenWorld(manyServices(count));

      const results = await commit(world, await allPlans(world));

      expect(results.every(({ outcome }) => outcome.kind === 'committed')).toBe(true);
      expect(world.zone.commits.length).toBe(batches);
    }
  });

  it('never spans groups of names', async () => {
    const world = brokenWorld(manyServices(18, (index) => index % 2));

    await commit(world, await allPlans(world));

    expect(world.zone.commits.length).toBe(2);
    const groupsOf = world.zone.commits.map(
      ({ changes }) =>
        new Set(changes.map(({ record }) => Number(/s(\d\d)/.exec(record.name)![1]) % 2)),
    );
    expect(groupsOf).toEqual([new Set([0]), new Set([1])]);
  });

  it('F101: when one service drifts, each is tried alone and only that one is called drift', async () => {
    const world = brokenWorld(manyServices(9));
    const plans = await allPlans(world);
    world.editWeight('eu-west-1', 7, world.config.services[4]);

    const results = await commit(world, plans);

    expect(results.map(({ outcome }) => outcome.kind)).toEqual([
      ...Array.from({ length: 4 }, () => 'committed'),
      'drift',
      ...Array.from({ length: 4 }, () => 'committed'),
    ]);
    expect(results.map(({ plan }) => plan.service)).toEqual(plans.map(({ service }) => service));
    expect(world.zone.commits.length).toBe(10);
  });

  it('F101: when one service lost its race, only that one is called lost', async () => {
    const world = brokenWorld(manyServices(9));
    const plans = await allPlans(world);
    await commit(world, [await planOf(world, 1, world.config.services[0])]);

    const results = await commit(world, plans);

    expect(results.map(({ outcome }) => outcome.kind)).toEqual([
      'lost',
      ...Array.from({ length: 8 }, () => 'committed'),
    ]);
  });

  it('F70: the lost reply of a shared batch is resolved for each of its services', async () => {
    const world = brokenWorld(manyServices(9));
    const plans = await allPlans(world);
    world.zone.failNext('unknown-after-effect');

    const results = await commit(world, plans);

    expect(new Set(results.map(({ outcome }) => outcome.kind))).toEqual(new Set(['committed']));
  });

  it('a shared batch past the deadline of its oldest plan is dropped whole', async () => {
    const world = brokenWorld(manyServices(9));
    const plans = await allPlans(world);
    const aged = [{ ...plans[0]!, deadlineAt: epochMs(world.clock.now() - 1) }, ...plans.slice(1)];

    const results = await commit(world, aged);

    expect(new Set(results.map(({ outcome }) => outcome.kind))).toEqual(new Set(['expired']));
    expect(world.zone.commits).toEqual([]);
  });
});

function brokenWorld(config?: Config): QuorumWorld {
  const world = quorumWorld(config === undefined ? {} : { config });
  for (const service of world.config.services) {
    world.sees(
      'us-east-1',
      { vote: 'down', sinceAt: world.clock.now() - 30 * SECOND },
      undefined,
      service.id,
    );
  }
  return world;
}

const allPlans = (world: QuorumWorld): Promise<Plan[]> =>
  Promise.all(world.config.services.map((service) => planOf(world, 0, service)));

const commit = (
  world: QuorumWorld,
  plans: readonly Plan[],
  zone = world.zonePort,
  signal = NEVER,
  random?: () => number,
): ReturnType<typeof commitPlans> => {
  const { deps } = world.region(0);
  const ids = random === undefined ? deps.ids : { ...deps.ids, random };
  return world.clock.runUntil(
    commitPlans({ ...deps, ids, zone }, world.config, world.config.services, plans, signal),
  );
};
