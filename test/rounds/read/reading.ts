/** What the tests of the read side share: an assessment of a world, and an operator's commit in it. */
import { manifestOf } from '../../../shared/core/config.ts';
import type { FenceOrder } from '../../../shared/core/fence.ts';
import { epochMs, type OrderId, type Service, weight } from '../../../shared/core/model.ts';
import { markOf } from '../../../shared/core/snapshot.ts';
import type { Store } from '../../../shared/ports.ts';
import { type Assessment, assess } from '../../../shared/rounds/assess.ts';
import type { OrderRecords } from '../../../shared/rounds/order-records.ts';
import { orderRound } from '../../../shared/rounds/order-round.ts';
import { AIDS, MINUTE, NEVER, type QuorumWorld } from '../../fakes/quorum-world.ts';

export async function look(
  world: QuorumWorld,
  options: {
    readonly store?: Store;
    readonly services?: readonly Service[];
    readonly orderRecords?: OrderRecords;
    readonly reader?: 'operator' | 'function';
  } = {},
): Promise<Assessment> {
  const { deps, id } = world.region(0);
  const { store = deps.store, services = world.config.services, reader, orderRecords } = options;
  return await world.clock.runUntil(
    assess(
      {
        ...deps,
        aids: AIDS,
        store,
        ...(orderRecords === undefined ? {} : { orderRecords }),
      },
      world.config,
      services,
      {
        region: id,
        manifest: manifestOf(world.config),
        ...(reader === undefined ? {} : { reader }),
      },
      NEVER,
    ),
  );
}

/** An operator drains an endpoint for 30 minutes. */
export async function drain(
  world: QuorumWorld,
  service: Service,
  endpoint: string,
  id: string,
  who = { actor: 'ann', reason: 'bad deploy 4711' },
): Promise<void> {
  const found = service.endpoints.find((one) => one.id === endpoint);
  if (found === undefined) throw new Error(`no endpoint ${endpoint}`);
  const now = world.clock.now();
  const order: FenceOrder = {
    id: id as OrderId,
    kind: 'drain',
    scope: { kind: 'endpoint', mark: markOf(found, AIDS.digestOf) },
    weight: weight(0),
    fromAt: now,
    untilAt: epochMs(now + 30 * MINUTE),
    afterwards: 'auto',
    force: ['floor'],
    started: false,
  };
  const { deps, id: region } = world.region(0);
  const answer = await world.clock.runUntil(
    orderRound(
      { ...deps, aids: AIDS },
      world.config,
      service,
      { region, manifest: manifestOf(world.config) },
      { operation: { kind: 'order', order }, ...who, isDryRun: false, checksum: null },
      NEVER,
    ),
  );
  if (answer.kind !== 'committed') throw new Error(`the drain is ${answer.kind}`);
}
