/** One service's denial, and a control plane that answers nothing, must not hold up the others. */
import { describe, expect, it } from 'vitest';
import { QuorateError } from '../../shared/core/errors.ts';
import type { Service } from '../../shared/core/model.ts';
import { commitPlans } from '../../shared/rounds/commit-plans.ts';
import { MINUTE, manyServices, NEVER, planOf, quorumWorld, SECOND } from '../fakes/quorum-world.ts';

describe('a shared batch that is denied', () => {
  it.each(['access-denied', 'invalid-input'] as const)(
    'F77: %s: each service is tried alone, and only the one at fault is blocked',
    async (code) => {
      const world = quorumWorld({ config: manyServices(9) });
      for (const { id } of world.config.services) world.sees('us-east-1', 'down', undefined, id);
      const plans = [];
      for (const service of world.config.services) plans.push(await planOf(world, 0, service));
      const commit = world.zonePort.commit;
      const zone = {
        ...world.zonePort,
        commit: (async (ref, changes, comment, signal) =>
          changes.some(({ record }) => record.name === world.config.services[4]!.names[0])
            ? { kind: 'denied', code, message: 'not this name' }
            : commit(ref, changes, comment, signal)) satisfies typeof commit,
      };
      const { clock, ids } = world.region(0).deps;

      const results = await commitPlans(
        { clock, ids, zone },
        world.config,
        world.config.services,
        plans,
        NEVER,
      );

      expect(results.map(({ outcome }) => outcome.kind)).toEqual([
        ...Array.from({ length: 4 }, () => 'committed'),
        'blocked',
        ...Array.from({ length: 4 }, () => 'committed'),
      ]);
    },
  );
});

describe('INSYNC of many services', () => {
  const committedWorld = async () => {
    const world = quorumWorld({ config: manyServices(12), insyncDelayMs: 5 * MINUTE });
    for (const { id } of world.config.services) world.sees('us-east-1', 'down', undefined, id);
    await world.region(0).round({ services: world.config.services });
    await world.clock.advance(10 * SECOND);
    return world;
  };

  it('is asked once for a change that they share: each call takes a token that is everybody’s', async () => {
    const world = await committedWorld();
    const asked: string[] = [];
    const status = world.zone.changeStatus;
    Object.assign(world.zone, {
      changeStatus: async (...call: Parameters<typeof status>) => {
        asked.push(call[1]);
        return await status(...call);
      },
    });

    await world.region(0).round({ services: world.config.services });
    expect(asked).toHaveLength(1);

    await world.clock.advance(10 * MINUTE);
    await world.region(0).round({ services: world.config.services });
    const marks = world.config.services.flatMap((service) => world.marks(service));
    expect(marks.filter(({ kind }) => kind === 'insync')).toHaveLength(12);
  });

  it('is left to the next round once one question fails: decisions wait for no answer', async () => {
    const world = await committedWorld();
    let asked = 0;
    Object.assign(world.zone, {
      changeStatus: async () => {
        asked += 1;
        throw new QuorateError('ZONE_UNAVAILABLE', 'no answer');
      },
    });
    for (const service of world.config.services) {
      const committed = world.region(0).deps.memory.inFlight.get(service.id)!;
      world.region(0).deps.memory.inFlight.set(service.id, { ...committed, changeId: service.id });
    }

    await world.region(0).round({ services: world.config.services });

    expect(asked).toBe(1);
  });
});

describe('a round that can not read its shadows', () => {
  it('holds the whole stretch all the same: the next one knows the records of what is observed', async () => {
    const config = manyServices(2);
    const [enforced, observed] = config.services as [Service, Service];
    const services = [enforced, { ...observed, mode: 'observe' as const }];
    let isAway = true;
    const world = quorumWorld({
      config: { ...config, services },
      wrapStore: (store) => ({
        ...store,
        readShadows: async (...call) => {
          if (isAway) throw new QuorateError('STORE_UNAVAILABLE', 'no answer');
          return await store.readShadows(...call);
        },
      }),
    });
    await world.region(0).round({ services });

    isAway = false;
    await world.clock.advance(SECOND);
    const results = await world.region(0).round({ services });

    const weights = results[1]!.decision.endpoints.map(({ from }) => from);
    expect(weights).toEqual([100, 100, 100]);
  });
});
