/** F16: a request that arrives twice is answered once, and the answer may be that of the second. */
import { expect, it } from 'vitest';
import type { FenceOrder } from '../../shared/core/fence.ts';
import { epochMs, orderId } from '../../shared/core/model.ts';
import { commitPlans } from '../../shared/rounds/commit-plans.ts';
import { orderRound } from '../../shared/rounds/order-round.ts';
import { HOUR, NEVER, planOf, type QuorumWorld, quorumWorld } from '../fakes/quorum-world.ts';

it('a repeated batch that is refused behind two successors of its first copy is not told to be lost', async () => {
  const world = quorumWorld();
  world.sees('us-east-1', 'down');
  const plan = await planOf(world, 0);
  world.zone.edit(plan.changes);
  await order(world, 'freeze');
  await order(world, 'unfreeze');
  const { deps } = world.region(0);

  const [told] = await commitPlans(deps, world.config, world.config.services, [plan], NEVER);

  expect(world.fence().generation).toBe(44);
  expect(told!.outcome).toEqual({ kind: 'unresolved' });
});

it('a repeated batch that is refused behind its own first copy is told to be committed', async () => {
  const world = quorumWorld();
  world.sees('us-east-1', 'down');
  const plan = await planOf(world, 0);
  world.zone.edit(plan.changes);
  await order(world, 'freeze');
  const { deps } = world.region(0);

  const [told] = await commitPlans(deps, world.config, world.config.services, [plan], NEVER);

  expect(told!.outcome).toEqual({ kind: 'committed' });
});

/** Somebody else's commit, whatever it is about: the fence moves on. */
async function order(world: QuorumWorld, kind: 'freeze' | 'unfreeze'): Promise<void> {
  const id = orderId('order001');
  const fromAt = world.clock.now();
  const freeze: FenceOrder = {
    id,
    kind: 'freeze',
    scope: { kind: 'service' },
    weight: null,
    fromAt,
    untilAt: epochMs(fromAt + HOUR),
    afterwards: 'auto',
    force: [],
    started: true,
  };
  const operation =
    kind === 'freeze'
      ? { kind: 'order' as const, order: freeze }
      : { kind: 'cancel' as const, order: id };
  const region = world.region(1);
  const answer = await orderRound(
    region.deps,
    world.config,
    world.config.services[0]!,
    world.options(region.id),
    { operation, actor: 'alice', reason: 'a test', isDryRun: false, checksum: null },
    NEVER,
  );
  expect(answer.kind).toBe('committed');
}
