/** What Route 53's control plane does to calls (faults.md, section 5), and what people do in the zone. */
import { goodRoute53, type PlaceConditions, type Route53Conditions } from '../world/conditions.ts';
import type { WorldEvent } from '../world/events.ts';
import type { SimWorld } from '../world/world.ts';
import {
  drawn,
  drawPlace,
  HOUR,
  type Kind,
  kind,
  lasting,
  listen,
  MINUTE,
  number,
  pickService,
  placeOf,
  region,
  rounded,
  SECOND,
  word,
} from './kind.ts';

type Arrived = Extract<WorldEvent, { kind: 'batch-arrived' }>;

/** Counted by the batches that met it. */
const whenMet = (
  world: SimWorld,
  isMet: (event: Arrived) => boolean,
  injected: () => void,
): (() => void) =>
  listen(world, (event) => {
    if (event.kind === 'batch-arrived' && isMet(event)) injected();
  });

const control = (
  rows: readonly string[],
  what: string,
  set: (conditions: Route53Conditions, value: number) => void,
  reset: (conditions: Route53Conditions) => void,
  /** Null: it counts at once. */
  isMet: ((event: Arrived) => boolean) | null,
  draw: Kind['draw'],
  share = 1,
): Kind =>
  kind({
    rows,
    what: () => `Route 53 ${what}`,
    begin: (world, fault, injected) => {
      const { route53 } = world.conditions;
      set(route53, typeof fault.params.value === 'number' ? number(fault, 'value') : 0);
      if (isMet === null) injected();
      const off = isMet === null ? null : whenMet(world, isMet, injected);
      return () => {
        off?.();
        reset(route53);
      };
    },
    draw,
    share,
  });

const ways = (
  rows: readonly string[],
  what: string,
  set: (route53: PlaceConditions['route53'], value: number) => void,
  reset: (route53: PlaceConditions['route53']) => void,
  isMet: (event: WorldEvent, at: string) => boolean,
  share = 2,
): Kind =>
  kind({
    rows,
    what: (fault) => `${region(fault)}: ${what}`,
    begin: (world, fault, injected) => {
      const { route53 } = placeOf(world, region(fault));
      set(route53, number(fault, 'value'));
      const off = listen(world, (event) => {
        if (isMet(event, region(fault))) injected();
      });
      return () => {
        off();
        reset(route53);
      };
    },
    draw: drawPlace(20 * MINUTE, 4 * HOUR, ({ random }) => ({
      value: random.chance(0.3) ? 1 : rounded(random.between(0.2, 0.9)),
    })),
    share,
  });

const chanceFor =
  (shortest: number, longest: number, least: number) => (context: Parameters<Kind['draw']>[0]) =>
    drawn(lasting(context, shortest, longest), {
      value: context.random.chance(0.25) ? 1 : rounded(context.random.between(least, 0.95)),
    });

const good = goodRoute53();
const LATE_AFTER_MS = 10_000;

export const ROUTE53_KINDS: Readonly<Record<string, Kind>> = {
  throttled: control(
    ['F67'],
    'throttles',
    (route53, value) => {
      route53.throttled = value;
    },
    (route53) => {
      route53.throttled = 0;
    },
    ({ answer }) => answer === 'throttled',
    // Reads meet it, too: what never gets to a change is no more than silence.
    ({ random, ...context }) =>
      drawn(lasting({ random, ...context }, 3 * MINUTE, HOUR), {
        value: rounded(random.between(0.1, 0.7)),
      }),
    2,
  ),
  'changes-throttled': control(
    ['F67'],
    'throttles changes',
    (route53, value) => {
      route53.throttledChanges = value;
    },
    (route53) => {
      route53.throttledChanges = 0;
    },
    ({ answer }) => answer === 'throttled',
    chanceFor(3 * MINUTE, HOUR, 0.5),
    2,
  ),
  busy: control(
    ['F68'],
    'is still at a prior request',
    (route53, value) => {
      route53.busy = value;
    },
    (route53) => {
      route53.busy = 0;
    },
    ({ answer }) => answer === 'busy',
    chanceFor(5 * MINUTE, HOUR, 0.3),
    3,
  ),
  'fails-before-effect': control(
    ['F69'],
    'answers 5xx and does nothing',
    (route53, value) => {
      route53.failsBefore = value;
    },
    (route53) => {
      route53.failsBefore = 0;
    },
    ({ answer }) => answer === 'unknown',
    chanceFor(5 * MINUTE, HOUR, 0.3),
    2,
  ),
  'fails-after-effect': control(
    ['F70'],
    'answers 5xx and has done it',
    (route53, value) => {
      route53.failsAfter = value;
    },
    (route53) => {
      route53.failsAfter = 0;
    },
    ({ answer }) => answer === 'accepted',
    chanceFor(10 * MINUTE, 2 * HOUR, 0.5),
    2,
  ),
  'list-is-old': control(
    ['F80'],
    'lists what stood there a moment ago',
    (route53, value) => {
      route53.staleReads = value;
    },
    (route53) => {
      route53.staleReads = 0;
    },
    null,
    chanceFor(3 * MINUTE, HOUR, 0.1),
  ),
  'stays-pending': control(
    ['F81'],
    'takes up to 30 min until it serves a change',
    (route53, value) => {
      Object.assign(route53.insyncMs, { from: value / 2, to: value });
    },
    (route53) => void Object.assign(route53.insyncMs, good.insyncMs),
    ({ answer }) => answer === 'accepted',
    (context) => {
      const value = context.random.integer(3, 30) * MINUTE;
      // What was accepted last is served within the time there is.
      const toMs = context.toMs - value;
      return drawn(lasting({ ...context, toMs }, 10 * MINUTE, HOUR), { value });
    },
    2,
  ),
  'control-plane-down': control(
    ['F82', 'F88'],
    'answers nobody',
    (route53) => {
      route53.isDown = true;
    },
    (route53) => {
      route53.isDown = false;
    },
    null,
    (context) => drawn(lasting(context, 2 * MINUTE, 3 * HOUR), {}),
  ),
  'access-denied': control(
    ['F84'],
    'denies changes',
    (route53) => {
      route53.denied = true;
    },
    (route53) => {
      route53.denied = false;
    },
    ({ answer }) => answer === 'denied',
    (context) => drawn(lasting(context, 5 * MINUTE, 40 * MINUTE), {}),
    2,
  ),
  'zone-not-found': kind({
    rows: ['F85'],
    what: (fault) => `nobody finds zone ${word(fault, 'zone')}`,
    begin: (world, fault, injected) => {
      const { missingZones } = world.conditions.route53;
      missingZones.add(word(fault, 'zone'));
      injected();
      return () => void missingZones.delete(word(fault, 'zone'));
    },
    draw: (context) =>
      drawn(lasting(context, 2 * MINUTE, 30 * MINUTE), { zone: 'Z0SIMULATED0000000' }),
  }),
  'commits-forgotten': kind({
    rows: ['F83'],
    what: () => 'the control plane moves and forgets what was not served yet',
    begin: (world, fault, injected) => {
      let left = number(fault, 'times');
      return listen(world, (event) => {
        if (left === 0 || event.kind !== 'batch-arrived' || event.answer !== 'accepted') return;
        left -= 1;
        world.sim.after(number(fault, 'afterMs'), 'strands', () => {
          const zone = world.route53.zones.get(event.batch.zone);
          if (zone !== undefined && zone.strand() > 0) injected();
        });
      });
    },
    draw: (context) =>
      drawn(lasting(context, 10 * MINUTE, 2 * HOUR), {
        times: context.random.integer(1, 2),
        afterMs: context.random.integer(0, 20) * SECOND,
      }),
    share: 3,
  }),
  protected: kind({
    rows: ['F77'],
    what: (fault) => `records of ${word(fault, 'service')} are protected`,
    begin: (world, fault, injected) => {
      const { protectedNames } = world.conditions.route53;
      const own = world.firstConfig.services.find(({ id }) => id === word(fault, 'service'));
      const names = own?.names ?? [];
      for (const name of names) protectedNames.add(name);
      const off = whenMet(world, ({ answer }) => answer === 'refused', injected);
      return () => {
        off();
        for (const name of names) protectedNames.delete(name);
      };
    },
    draw: (context) => {
      const service = pickService(context, ({ mode }) => mode === 'enforce');
      return drawn(lasting(context, 10 * MINUTE, HOUR), service ? { service: service.id } : null);
    },
    share: 2.5,
  }),
  'requests-lost': ways(
    ['F69'],
    'requests to Route 53 are lost',
    (route53, value) => {
      route53.requestLoss = value;
    },
    (route53) => {
      route53.requestLoss = 0;
    },
    (event, at) =>
      event.kind === 'batch-answered' &&
      event.reply === 'unknown' &&
      event.batch.from.region === at,
  ),
  'replies-lost': ways(
    ['F70', 'F47'],
    "Route 53's replies are lost",
    (route53, value) => {
      route53.replyLoss = value;
    },
    (route53) => {
      route53.replyLoss = 0;
    },
    (event, at) =>
      event.kind === 'batch-answered' &&
      event.reply === 'unknown' &&
      event.batch.from.region === at,
  ),
  'applied-late': ways(
    ['F71'],
    'batches land up to 60 s after their writer gave up',
    (route53, value) => {
      route53.late = value;
      route53.lateMs = 60_000;
    },
    (route53) => {
      route53.late = 0;
    },
    (event, at) =>
      event.kind === 'batch-arrived' &&
      event.batch.from.region === at &&
      event.atMs - event.batch.sentAtMs > LATE_AFTER_MS,
    3,
  ),
  'cut-from-route53': kind({
    rows: ['F84', 'F54'],
    what: (fault) => `${region(fault)} can not reach Route 53`,
    begin: (world, fault, injected) => {
      const { route53 } = placeOf(world, region(fault));
      route53.isCut = true;
      injected();
      return () => {
        route53.isCut = false;
      };
    },
    draw: drawPlace(MINUTE, HOUR),
  }),
  'no-turns': kind({
    rows: ['F72', 'F97'],
    what: () => 'no region waits for another',
    begin: (world, _, injected) => {
      for (const [at, place] of world.conditions.places) {
        place.takesTurns = false;
        // Turns are a process's own: new ones know of none.
        world.lambda.kill(at, 'quorum');
      }
      // A race is one where two wrote for the same generation.
      const seen = new Map<string, string>();
      const off = listen(world, (event) => {
        if (event.kind !== 'batch-sent') return;
        const known = seen.get(event.batch.comment);
        seen.set(event.batch.comment, event.batch.from.region);
        if (known !== undefined && known !== event.batch.from.region) injected();
      });
      return () => {
        off();
        for (const [at, place] of world.conditions.places) {
          place.takesTurns = true;
          world.lambda.kill(at, 'quorum');
        }
      };
    },
    draw: (context) => drawn(lasting(context, 20 * MINUTE, 4 * HOUR), {}),
    share: 3,
  }),
};
