/** Whole regions lost: vantage, evaluator, replica and endpoints at once (faults.md, section 6). */
import type { VantageId } from '../../../shared/core/model.ts';
import type { SimWorld } from '../world/world.ts';
import { drawn, HOUR, type Kind, kind, lasting, MINUTE, placeOf, region, regions } from './kind.ts';
import { fails, heals } from './kinds-endpoints.ts';

const HOME_OF_ROUTE53 = 'us-east-1' as VantageId;

/** More services than these share batches. */
const SHARED_ABOVE = 8;

export function loseRegion(world: SimWorld, lost: VantageId): () => void {
  const place = placeOf(world, lost);
  place.isDead = true;
  world.lambda.kill(lost);
  const own = world.firstConfig.services.flatMap((service) =>
    service.endpoints.flatMap((endpoint) =>
      String(endpoint.region) === String(lost)
        ? [{ service: service.id, endpoint: endpoint.id }]
        : [],
    ),
  );
  for (const { service, endpoint } of own) fails(world, service, endpoint, { code: 'timeout' });
  return () => {
    place.isDead = false;
    for (const { service, endpoint } of own) heals(world, service, endpoint);
    world.replicas.release();
  };
}

export const REGION_KINDS: Readonly<Record<string, Kind>> = {
  'region-lost': kind({
    rows: ['F87'],
    what: (fault) => `${region(fault)} is lost`,
    begin: (world, fault, injected) => {
      injected();
      return loseRegion(world, region(fault));
    },
    draw: (context) =>
      drawn(lasting(context, 3 * MINUTE, 2 * HOUR), {
        region: context.random.pick(context.file.vantages),
      }),
    share: 3,
  }),
  'region-of-many-lost': kind({
    rows: ['F102'],
    what: (fault) => `${region(fault)} is lost, where many services have an endpoint`,
    begin: (world, fault, injected) => {
      if (world.firstConfig.services.length > SHARED_ABOVE) injected();
      return loseRegion(world, region(fault));
    },
    // Files of a swarm are small: scripted.
    draw: () => null,
    share: 0,
  }),
  'two-regions-lost': kind({
    rows: ['F89'],
    what: (fault) => `${regions(fault).join(' and ')} are lost at once`,
    begin: (world, fault, injected) => {
      injected();
      const undo = regions(fault).map((one) => loseRegion(world, one));
      return () => {
        for (const one of undo) one();
      };
    },
    draw: (context) =>
      context.file.vantages.length < 5
        ? null
        : drawn(lasting(context, 12 * MINUTE, 90 * MINUTE), {
            regions: context.random.shuffled(context.file.vantages).slice(0, 2),
          }),
    share: 2,
  }),
  'us-east-1-lost': kind({
    rows: ['F88', 'F87', 'F82'],
    what: () => "us-east-1 is lost, and Route 53's control plane with it",
    begin: (world, _, injected) => {
      const { route53 } = world.conditions;
      route53.isDown = true;
      injected();
      const undo = world.conditions.places.has(HOME_OF_ROUTE53)
        ? loseRegion(world, HOME_OF_ROUTE53)
        : () => undefined;
      return () => {
        route53.isDown = false;
        undo();
      };
    },
    draw: (context) =>
      context.file.vantages.includes(HOME_OF_ROUTE53)
        ? drawn(lasting(context, 5 * MINUTE, 3 * HOUR), {})
        : null,
    share: 1.5,
  }),
};
