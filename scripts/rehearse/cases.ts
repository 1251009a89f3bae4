/** A configuration → what is rehearsed: per scenario, the regions that something happens to, and what. */
import type { Config, VantageId } from '../../shared/core/model.ts';
import type { SimWorld } from '../../test/sim/world/world.ts';

export const REHEARSALS = {
  'region-loss': 'a region dies: its endpoints, and its vantage if it has one',
  'two-regions': 'the two heaviest regions of a service die at once',
  'vantage-loss': 'a vantage dies, then an endpoint elsewhere',
  gray: 'a region answers every second request',
  partition:
    'as many vantages as may be missing lose their way to a region that serves everybody else',
  'control-plane': 'a region dies while the control plane of Route 53 is down for five minutes',
} as const;
export type RehearsalName = keyof typeof REHEARSALS;

export type Case = {
  readonly scenario: RehearsalName;
  readonly region: string;
  /** `service/endpoint` that clients lose, fully. */
  readonly lost: readonly string[];
  readonly begin: (world: SimWorld) => void;
};

const CONTROL_PLANE_MS = 5 * 60_000;

type Owned = { readonly service: string; readonly endpoint: string; readonly weight: number };
const keyOf = ({ service, endpoint }: Owned): string => `${service}/${endpoint}`;

export function casesOf(config: Config, names: readonly RehearsalName[]): readonly Case[] {
  const byRegion = new Map<string, Owned[]>();
  for (const service of config.services) {
    for (const { id, region, weight, tier } of service.endpoints) {
      if (tier !== 1 || weight === 0) continue;
      const list = byRegion.get(region) ?? [];
      list.push({ service: service.id, endpoint: id, weight });
      byRegion.set(region, list);
    }
  }
  const regions = [...byRegion];
  const die = (world: SimWorld, owned: readonly Owned[]): void => {
    for (const { service, endpoint } of owned) {
      world.setEndpoint(service, endpoint, { how: 'fails', fails: 1, code: 'timeout' });
    }
  };
  const loseVantage = (world: SimWorld, region: string): void => {
    const place = world.conditions.places.get(region as VantageId);
    if (place === undefined) return;
    place.isDead = true;
    world.lambda.kill(region as VantageId);
  };
  const makers: Record<RehearsalName, () => readonly Case[]> = {
    'region-loss': () =>
      regions.map(([region, owned]) => ({
        scenario: 'region-loss',
        region,
        lost: owned.map(keyOf),
        begin: (world) => {
          loseVantage(world, region);
          die(world, owned);
        },
      })),
    'two-regions': () => {
      const total = ([, owned]: (typeof regions)[number]): number =>
        owned.reduce((sum, { weight }) => sum + weight, 0);
      const pair = regions.toSorted((a, b) => total(b) - total(a)).slice(0, 2);
      if (pair.length < 2) return [];
      return [
        {
          scenario: 'two-regions',
          region: pair.map(([region]) => region).join(' + '),
          lost: pair.flatMap(([, owned]) => owned.map(keyOf)),
          begin: (world) => {
            for (const [region, owned] of pair) {
              loseVantage(world, region);
              die(world, owned);
            }
          },
        },
      ];
    },
    'vantage-loss': () =>
      config.vantages.flatMap((vantage) => {
        const other = regions.find(([region]) => region !== (vantage as string));
        if (other === undefined) return [];
        return [
          {
            scenario: 'vantage-loss' as const,
            region: vantage,
            lost: other[1].map(keyOf),
            begin: (world: SimWorld) => {
              loseVantage(world, vantage);
              world.sim.after(60_000, 'rehearsed', () => die(world, other[1]));
            },
          },
        ];
      }),
    gray: () =>
      regions.map(([region, owned]) => ({
        scenario: 'gray',
        region,
        lost: owned.map(keyOf),
        begin: (world) => {
          for (const { service, endpoint } of owned) {
            world.setEndpoint(service, endpoint, { how: 'fails', fails: 0.5, code: 'timeout' });
          }
        },
      })),
    partition: () =>
      regions.map(([region, owned]) => ({
        scenario: 'partition',
        region,
        lost: owned.map(keyOf),
        begin: (world) => {
          for (const { service, endpoint } of owned) {
            const own = config.services.find(({ id }) => id === service);
            const blind = own?.vantages.slice(own.quorum) ?? [];
            const conditions = world.conditions.endpoints.get(`${service}/${endpoint}`);
            for (const vantage of blind) conditions?.failsFrom.set(vantage, 1);
          }
        },
      })),
    'control-plane': () =>
      regions.slice(0, 1).map(([region, owned]) => ({
        scenario: 'control-plane',
        region,
        lost: owned.map(keyOf),
        begin: (world) => {
          world.conditions.route53.isDown = true;
          world.sim.after(CONTROL_PLANE_MS, 'rehearsed', () => {
            world.conditions.route53.isDown = false;
          });
          loseVantage(world, region);
          die(world, owned);
        },
      })),
  };
  return names.flatMap((name) => makers[name]());
}
