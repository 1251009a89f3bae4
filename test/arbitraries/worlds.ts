/**
 * Services with 1 to 6 endpoints in 1 to 3 tiers, looked at by 1 to 7 vantages, over a fence in any state
 * that commits can leave; and steps: what happens between two decisions.
 */
import fc from 'fast-check';
import { sha256 } from '../../shared/adapters/digest.ts';
import { checkMark } from '../../shared/core/endpoint-mark.ts';
import type { FenceEntry, FenceOrder } from '../../shared/core/fence.ts';
import {
  digest,
  type Endpoint,
  epochMs,
  orderId,
  type Policy,
  regionId,
  type Service,
  vantageId,
  type Weight,
} from '../../shared/core/model.ts';
import {
  HOUR,
  MINUTE,
  NOW,
  onEndpoint,
  onRegion,
  onService,
  openWorld,
  SECOND,
  type World,
} from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService } from '../fakes/sample-service.ts';

const IDS = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
const REGIONS = ['north', 'south', 'east', 'v0'] as const;

const arbPolicy: fc.Arbitrary<Policy> = fc.record({
  velocity: fc.record({
    regions: fc.integer({ min: 1, max: 3 }),
    windowMs: fc.constantFrom(MINUTE, 10 * MINUTE),
  }),
  holdDownMs: fc.constantFrom(2 * MINUTE, 5 * MINUTE),
  ramp: fc.constantFrom([100], [50, 100], [10, 50, 100]),
  rampStepMs: fc.constantFrom(30 * SECOND, 2 * MINUTE),
  failback: fc.constantFrom('auto' as const, 'auto' as const, 'manual' as const),
  tricklePercent: fc.constantFrom(0, 0, 0, 5, 20),
  settleMs: fc.constant(MINUTE),
});

type Shape = {
  readonly tiersMax: number;
  readonly floors?: boolean;
  /** Several endpoints, a quorum that is mostly there, and nobody who has to approve: much happens. */
  readonly lively?: boolean;
};

export const arbService = ({
  tiersMax,
  floors = true,
  lively = false,
}: Shape): fc.Arbitrary<Service> =>
  fc
    .record({
      endpoints: fc.array(
        fc.record({
          region: fc.constantFrom<string | null>(null, null, ...REGIONS),
          weight: fc.constantFrom(100, 100, 100, 1, 37, 255),
          tier: fc.integer({ min: 1, max: tiersMax }),
          dual: fc.boolean(),
        }),
        { minLength: lively ? 3 : 1, maxLength: IDS.length },
      ),
      isDual: fc.boolean(),
      count: lively ? fc.constantFrom(3, 5) : fc.integer({ min: 1, max: 7 }),
      slack: lively ? fc.constant(0) : fc.integer({ min: 0, max: 2 }),
      policy: lively
        ? arbPolicy.map((policy): Policy => ({ ...policy, failback: 'auto' }))
        : arbPolicy,
      floorPercent: floors
        ? fc.option(fc.constantFrom(0, 20, 50, 80), { nil: undefined })
        : fc.constant(undefined),
      mode: fc.constantFrom('enforce' as const, 'observe' as const),
    })
    .map(({ endpoints, isDual, count, slack, policy, floorPercent, mode }) =>
      sampleService({
        mode,
        types: isDual ? ['A', 'AAAA'] : ['A'],
        vantages: Array.from({ length: count }, (_, i) => vantageId(`v${i}`)),
        quorum: Math.min(count, Math.floor(count / 2) + 1 + slack),
        policy: { ...policy, ...(floorPercent === undefined ? {} : { floorPercent }) },
        endpoints: endpoints.map(({ region, weight, tier, dual }, i): Endpoint => {
          const id = IDS[i]!;
          return sampleEndpoint(id, {
            ...(region === null ? {} : { region: regionId(region) }),
            weight: weight as Weight,
            tier: i === 0 ? 1 : tier,
            targets: {
              A: { kind: 'value', value: `203.0.113.${i + 1}` },
              ...(isDual && (dual || i === 0)
                ? { AAAA: { kind: 'value', value: `2001:db8::${i + 1}` } }
                : {}),
            },
          });
        }),
      }),
    );

const arbAgo = fc.option(
  fc.integer({ min: 0, max: 30 * MINUTE }).map((ms) => epochMs(NOW - ms)),
  { nil: null },
);

/** What a fence may remember of one endpoint, and its weight. */
const arbMemory = (endpoint: Endpoint) =>
  fc
    .record({
      state: fc.constantFrom('full', 'full', 'out', 'ramp', 'odd'),
      step: fc.integer({ min: 0, max: 2 }),
      odd: fc.integer({ min: 0, max: 255 }),
      changedAt: arbAgo,
      outAt: arbAgo,
      countedAt: arbAgo,
      fullAt: arbAgo,
      relapses: fc.integer({ min: 0, max: 5 }),
      waits: fc.boolean(),
      approved: fc.boolean(),
      proven: fc.constantFrom(true, true, true, false),
    })
    .map(({ state, step, odd, proven, ...times }) => {
      const weight =
        state === 'out'
          ? 0
          : state === 'ramp'
            ? Math.max(1, Math.floor(endpoint.weight / 3))
            : state === 'odd'
              ? odd
              : endpoint.weight;
      const entry: Partial<FenceEntry> = {
        ...times,
        phase:
          state === 'out'
            ? { kind: 'out' }
            : state === 'ramp'
              ? { kind: 'ramp', step }
              : { kind: 'in' },
        provenAs: proven ? checkMark(endpoint, sha256) : null,
      };
      return { weight, entry };
    });

const arbOrder = (service: Service): fc.Arbitrary<FenceOrder> =>
  fc
    .record({
      kind: fc.constantFrom('drain' as const, 'pin' as const, 'pin' as const, 'freeze' as const),
      scope: fc.constantFrom(
        onService,
        ...service.endpoints.map(({ id }) => onEndpoint(service, id)),
        ...service.endpoints.map(({ region }) => onRegion(region)),
      ),
      weight: fc.integer({ min: 0, max: 255 }),
      fromMs: fc.integer({ min: -10 * MINUTE, max: 10 * MINUTE }),
      forMs: fc.integer({ min: MINUTE, max: HOUR }),
      afterwards: fc.constantFrom('auto' as const, 'approve' as const),
      id: fc.string({ unit: fc.constantFrom(...'abcdefgh'), minLength: 8, maxLength: 8 }),
      forced: fc.boolean(),
    })
    .map(({ kind, scope, weight, fromMs, forMs, afterwards, id, forced }) => ({
      id: orderId(id),
      kind,
      scope,
      weight: kind === 'freeze' ? null : ((kind === 'drain' ? 0 : weight) as Weight),
      fromAt: epochMs(NOW + fromMs),
      untilAt: epochMs(NOW + fromMs + forMs),
      afterwards,
      force: forced ? (['floor'] as const) : [],
      started: fromMs <= 0,
    }));

/** What happens before a decision. Only `time` happens in every world. */
export type Step =
  | { readonly kind: 'time'; readonly ms: number }
  | {
      readonly kind: 'see';
      readonly endpoint: number;
      readonly vote: 'up' | 'down' | 'none';
      readonly by: number;
      readonly skipped: boolean;
    }
  | { readonly kind: 'report'; readonly vantage: number; readonly change: ReportChange }
  | { readonly kind: 'edit'; readonly endpoint: number; readonly weight: number }
  | { readonly kind: 'order'; readonly order: FenceOrder }
  | { readonly kind: 'reassert' };
const REPORT_CHANGES = [
  'fine',
  'gone',
  'malformed',
  'stale',
  'future',
  'other-config',
  'isolated',
  'lagging',
] as const;
type ReportChange = (typeof REPORT_CHANGES)[number];

const EVERYONE = 0b1111111;
const arbTime: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('time' as const),
  ms: fc.constantFrom(SECOND, 10 * SECOND, 10 * SECOND, MINUTE, 5 * MINUTE, 20 * MINUTE),
});
const arbSee: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('see' as const),
  endpoint: fc.nat(5),
  vote: fc.constantFrom('up' as const, 'down' as const, 'down' as const, 'none' as const),
  by: fc.oneof(fc.constant(EVERYONE), fc.constant(EVERYONE), fc.integer({ min: 1, max: EVERYONE })),
  skipped: fc.constantFrom(false, false, false, true),
});
/** By all, or by all but one. */
const arbPlainSee: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('see' as const),
  endpoint: fc.nat(5),
  vote: fc.constantFrom('up' as const, 'up' as const, 'down' as const),
  by: fc.constantFrom(EVERYONE, EVERYONE, EVERYONE - 1, EVERYONE - 4),
  skipped: fc.constant(false),
});
const arbReport: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('report' as const),
  vantage: fc.nat(6),
  change: fc.constantFrom(...REPORT_CHANGES, 'fine', 'fine', 'fine', 'fine', 'fine'),
});
const arbEdit: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('edit' as const),
  endpoint: fc.nat(5),
  weight: fc.integer({ min: 0, max: 255 }),
});
const arbReassert: fc.Arbitrary<Step> = fc.constant({ kind: 'reassert' as const });

export type Setting = {
  readonly service: Service;
  readonly open: () => World;
  readonly steps: readonly Step[];
};
export type SettingShape = Shape & {
  /** In any state a fence may be in; else all in service at full weight. */
  readonly history?: boolean;
  readonly edits?: boolean;
  readonly orders?: boolean;
  readonly steps?: number;
};

export function arbSetting({
  history = true,
  edits = true,
  orders = true,
  steps = 0,
  ...shape
}: SettingShape): fc.Arbitrary<Setting> {
  return arbService(shape).chain((service) =>
    fc
      .record({
        memory: history
          ? fc.tuple(...service.endpoints.map(arbMemory))
          : fc.constant<readonly { weight: number; entry: Partial<FenceEntry> }[]>([]),
        orders: orders
          ? fc.uniqueArray(arbOrder(service), { maxLength: 2, selector: ({ id }) => id })
          : fc.constant<FenceOrder[]>([]),
        looks: shape.lively
          ? fc.constant<Step[]>([])
          : fc.array(fc.oneof(arbSee, arbSee, arbSee, arbReport, ...(edits ? [arbEdit] : [])), {
              maxLength: 8,
            }),
        rescuedAt: history ? arbAgo : fc.constant(null),
        isSeeSaw: history ? fc.constantFrom(false, false, false, true) : fc.constant(false),
        steps: fc.array(
          fc.oneof(
            { arbitrary: arbTime, weight: 5 },
            { arbitrary: shape.lively ? arbPlainSee : arbSee, weight: 5 },
            ...(shape.lively ? [] : [{ arbitrary: arbReport, weight: 1 }]),
            ...(edits
              ? [
                  { arbitrary: arbEdit, weight: 1 },
                  { arbitrary: arbReassert, weight: 1 },
                ]
              : []),
            ...(orders
              ? [
                  {
                    arbitrary: arbOrder(service).map((order): Step => ({ kind: 'order', order })),
                    weight: 1,
                  },
                ]
              : []),
          ),
          { minLength: steps, maxLength: steps },
        ),
      })
      .map(({ memory, orders: given, looks, rescuedAt, isSeeSaw, steps: taken }) => ({
        service,
        steps: taken,
        open: () => {
          const named = service.endpoints.map(({ id }, i) => [id, memory[i]] as const);
          const known = named.flatMap(([id, one]) =>
            one === undefined ? [] : [[id, one] as const],
          );
          const world = openWorld({
            service,
            weights: Object.fromEntries(known.map(([id, { weight }]) => [id, weight])),
            entries: Object.fromEntries(known.map(([id, { entry }]) => [id, entry])),
            fence: { rescuedAt },
          });
          for (const order of given) world.operate({ kind: 'order', order });
          if (isSeeSaw) tilt(world);
          for (const step of isSeeSaw ? looks.slice(0, 1) : looks) take(world, step);
          return world;
        },
      })),
  );
}

/** Everything at full weight is down, and everything else is up. */
function tilt(world: World): void {
  for (const { id, weight } of world.state.service.endpoints) {
    world.see(id, world.weights()[id]! >= weight ? 'down' : 'up');
  }
}

/** Does what the step says, as far as the world has such a thing. */
export function take(world: World, step: Step): void {
  const { service } = world.state;
  switch (step.kind) {
    case 'time':
      world.pass(step.ms);
      return;
    case 'see': {
      const endpoint = service.endpoints[step.endpoint % service.endpoints.length]!;
      const by = service.vantages.filter((_, i) => (step.by >> i) & 1);
      world.see(endpoint.id, step.vote, { by, ...(step.skipped ? { skipped: 'starved' } : {}) });
      return;
    }
    case 'report': {
      const vantage = service.vantages[step.vantage % service.vantages.length]!;
      world.state.lagMs.delete(vantage);
      world.state.reports.delete(vantage);
      changeReport(world, vantage, step.change);
      return;
    }
    case 'edit': {
      const endpoint = service.endpoints[step.endpoint % service.endpoints.length]!;
      world.edit(endpoint.id, step.weight);
      return;
    }
    case 'order': {
      const { now } = world.state;
      const { order } = step;
      const shifted = {
        ...order,
        fromAt: epochMs(order.fromAt - NOW + now),
        untilAt: epochMs(order.untilAt - NOW + now),
      };
      world.operate({ kind: 'order', order: shifted });
      return;
    }
    case 'reassert':
      world.operate({ kind: 'reassert' });
  }
}

function changeReport(
  world: World,
  vantage: ReturnType<typeof vantageId>,
  change: ReportChange,
): void {
  const { reports, lagMs } = world.state;
  switch (change) {
    case 'fine':
      return;
    case 'gone':
      reports.set(vantage, null);
      return;
    case 'malformed':
      reports.set(vantage, { unlisted: -1 });
      return;
    case 'stale':
      lagMs.set(vantage, HOUR);
      return;
    case 'future':
      lagMs.set(vantage, -10 * MINUTE);
      return;
    case 'other-config':
      reports.set(vantage, { config: digest('another-configuration') });
      return;
    case 'isolated':
      reports.set(vantage, { selfCheck: { isolated: true, targets: 2, failed: 2 } });
      return;
    case 'lagging':
      lagMs.set(vantage, 15 * SECOND);
  }
}
