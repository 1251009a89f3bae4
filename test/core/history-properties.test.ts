/** What holds over hours of decisions: time passes, endpoints fall and recover, people interfere. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../shared/adapters/digest.ts';
import type { Service } from '../../shared/core/model.ts';
import { regionMark } from '../../shared/core/rule-order.ts';
import { carries, type Event, floorPercentOf, playOut } from '../arbitraries/histories.ts';
import { arbService, arbSetting, type Setting } from '../arbitraries/worlds.ts';
import { HOUR, MINUTE, openWorld, SECOND } from '../fakes/decision-world.ts';

const STEPS = 60;
const RELAPSE_MS = HOUR;
const HOLD_DOWN_MS_MAX = HOUR;

const played = (
  arbitrary: fc.Arbitrary<Setting>,
  property: (events: readonly Event[], setting: Setting) => void,
  numRuns: number,
) =>
  fc.assert(
    fc.property(arbitrary, (setting) => property(playOut(setting).events, setting)),
    { numRuns },
  );

const arbUndisturbed = arbSetting({
  lively: true,
  tiersMax: 1,
  history: false,
  edits: false,
  orders: false,
  steps: STEPS,
});
const arbTiered = arbSetting({
  lively: true,
  tiersMax: 3,
  history: false,
  edits: false,
  orders: false,
  steps: STEPS,
});
const arbDisturbed = fc.oneof(
  arbSetting({ tiersMax: 3, history: false, steps: STEPS }),
  arbSetting({ lively: true, tiersMax: 3, history: false, steps: STEPS }),
);

const isDownIn = (event: Event) => {
  const downs = new Set(
    event.decision?.endpoints
      .filter(({ verdict }) => verdict.value === 'down')
      .map(({ endpoint }) => endpoint as string),
  );
  return (endpoint: { readonly id: string }): boolean => downs.has(endpoint.id);
};
const lessened = (event: Event): string[] =>
  Object.keys(event.after).filter((id) => event.after[id]! < event.before[id]!);
const raised = (event: Event): string[] =>
  Object.keys(event.after).filter((id) => event.after[id]! > event.before[id]!);

describe('properties of a history', () => {
  it('except in a rescue, automation never leaves less than the floor, nor removes more regions than the velocity in any window, nor returns weight before the hold-down ends', () => {
    let removals = 0;
    let returns = 0;
    played(
      arbUndisturbed,
      (events, { service }) => {
        const lost: Loss[] = [];
        const memory = new Map<string, Memory>();
        for (const event of events) {
          if (!event.isRescue) {
            removals += lessened(event).length;
            returns += raised(event).length;
            lost.push(...lossesOf(event, service));
            if (lessened(event).length > 0) {
              expectFloor(event, service);
              expectVelocity(event, service, lost);
            }
            for (const id of raised(event)) expectReturn(event, service, id, memory.get(id)!);
          }
          remember(memory, event, service);
        }
      },
      40,
    );

    expect(removals).toBeGreaterThan(100);
    expect(returns).toBeGreaterThan(100);
  }, 60_000);

  it('with tiers too: some tier carries enough whenever automation takes weight from what is down', () => {
    let tierChanges = 0;
    played(
      arbTiered,
      (events, { service }) => {
        const lost: { at: number; region: string }[] = [];
        const tiers = [...new Set(service.endpoints.map(({ tier }) => tier))];
        for (const event of events) {
          const isDown = isDownIn(event);
          const removed = service.endpoints.filter(
            (one) => lessened(event).includes(one.id) && isDown(one),
          );
          if (event.isRescue || removed.length === 0) continue;
          expect(
            tiers.some(
              (tier) =>
                carries(service, tier, event.after, isDown) || floorPercentOf(service, tier) === 0,
            ),
          ).toBe(true);
          for (const one of removed) {
            // Where a later tier carries the load, taking weight from this one is no removal.
            const hasLeft = tiers.some(
              (tier) => tier > one.tier && carries(service, tier, event.after, isDown),
            );
            if (hasLeft) tierChanges += 1;
            else lost.push({ at: event.at, region: one.region });
          }
          const recent = lost.filter(({ at }) => at > event.at - service.policy.velocity.windowMs);
          expect(new Set(recent.map(({ region }) => region)).size).toBeLessThanOrEqual(
            service.policy.velocity.regions,
          );
        }
      },
      30,
    );

    expect(tierChanges).toBeGreaterThan(20);
  }, 60_000);

  it('at most one rescue in 2 minutes, each with an up quorum for what takes over and a down quorum for what leaves', () => {
    let rescues = 0;
    played(
      arbTiered,
      (events, { service }) => {
        const own = events.filter(({ isRescue }) => isRescue);
        rescues += own.length;
        for (const [i, event] of own.entries()) {
          if (i > 0) expect(event.at - own[i - 1]!.at).toBeGreaterThanOrEqual(2 * MINUTE);
          const verdicts = new Map(
            event.decision!.endpoints.map(({ endpoint, verdict }) => [endpoint as string, verdict]),
          );
          const gained = raised(event);
          expect(gained.length).toBeGreaterThan(0);
          for (const id of gained)
            expect(verdicts.get(id)!.ups.length).toBeGreaterThanOrEqual(service.quorum);
          const full = service.endpoints.filter(
            ({ id, weight }) => event.before[id]! >= weight && event.before[id]! > 0,
          );
          for (const { id } of full) expect(verdicts.get(id)!.value).toBe('down');
        }
      },
      40,
    );

    expect(rescues).toBeGreaterThan(5);
  }, 60_000);

  it('one chain: every commit is built on the fence that the last one left', () => {
    played(
      arbDisturbed,
      (events) => {
        for (const [i, { fenceBefore, fenceAfter }] of events.entries()) {
          expect(fenceAfter.generation).toBe(fenceBefore.generation + 1);
          expect(fenceAfter.parentNonce).toBe(fenceBefore.nonce);
          if (i > 0) expect(fenceBefore).toEqual(events[i - 1]!.fenceAfter);
        }
      },
      15,
    );
  }, 60_000);

  it('evidence never goes back, orders and operators carry it over', () => {
    played(
      arbDisturbed,
      (events) => {
        for (const { by, at, fenceBefore, fenceAfter } of events) {
          if (by === 'automation') {
            expect(fenceAfter.asofAt).toBeGreaterThanOrEqual(fenceBefore.asofAt);
            expect(fenceAfter.asofAt).toBeLessThanOrEqual(at + 5 * SECOND);
          } else {
            expect(fenceAfter.asofAt).toBe(fenceBefore.asofAt);
          }
        }
      },
      15,
    );
  }, 60_000);

  it('whatever people do, no commit leaves a name and type without weight', () => {
    played(
      arbDisturbed,
      (events) => {
        for (const { records } of events) {
          const totals = new Map<string, number>();
          for (const { name, type, weight } of records) {
            totals.set(`${name} ${type}`, (totals.get(`${name} ${type}`) ?? 0) + weight!);
          }
          for (const total of totals.values()) expect(total).toBeGreaterThan(0);
        }
      },
      30,
    );
  }, 60_000);

  it('automation leaves alone what an order or a hand holds', () => {
    let held = 0;
    played(
      arbDisturbed,
      (events, { service }) => {
        for (const event of events) {
          if (event.by !== 'automation') continue;
          const { orders, entries } = event.fenceBefore;
          expect(
            orders.some((one) => one.kind === 'freeze' && one.started && one.untilAt > event.at),
          ).toBe(false);
          for (const endpoint of service.endpoints) {
            const entry = event.decision!.endpoints.find((one) => one.endpoint === endpoint.id)!;
            const isOrdered = orders.some(
              ({ kind, started, scope }) =>
                kind !== 'freeze' &&
                started &&
                (scope.kind === 'service' ||
                  (scope.kind === 'region' && scope.mark === regionMark(endpoint.region, sha256)) ||
                  (scope.kind === 'endpoint' && scope.mark === markIn(event, endpoint.id))),
            );
            const isEdited = entries.every(
              (one) =>
                one.mark !== markIn(event, endpoint.id) || one.weight !== event.before[endpoint.id],
            );
            if (isOrdered || isEdited) {
              held += 1;
              expect(event.after[endpoint.id]).toBe(event.before[endpoint.id]);
            }
            expect(entry).toBeDefined();
          }
        }
      },
      30,
    );

    expect(held).toBeGreaterThan(10);
  }, 60_000);

  it('an order’s own commit moves only what it covers, or a tier that takes over', () => {
    played(
      arbDisturbed,
      (events, { service }) => {
        for (const event of events) {
          if (event.by !== 'order') continue;
          const ids = new Set(event.fenceBefore.orders.map(({ id }) => id));
          expect(event.fenceAfter.orders.every(({ id }) => ids.has(id))).toBe(true);
          for (const endpoint of service.endpoints) {
            if (event.after[endpoint.id] === event.before[endpoint.id]) continue;
            const isCovered = event.fenceAfter.orders.some(
              ({ scope }) =>
                scope.kind === 'service' ||
                scope.mark === regionMark(endpoint.region, sha256) ||
                scope.mark === markIn(event, endpoint.id),
            );
            expect(
              isCovered || (endpoint.tier > 1 && event.after[endpoint.id] === endpoint.weight),
            ).toBe(true);
          }
        }
      },
      30,
    );
  }, 60_000);

  it('calm returns: once everything is up for long, all is at its weight and nothing more is written', () => {
    fc.assert(
      fc.property(
        arbSetting({ tiersMax: 3, history: false, edits: false, orders: false, steps: 20 }).filter(
          ({ service }) => service.policy.failback === 'auto',
        ),
        (setting) => {
          const { world } = playOut(setting);
          const { service } = setting;
          world.state.reports.clear();
          world.state.lagMs.clear();
          world.state.sights.clear();
          for (let i = 0; i < 80; i += 1) {
            world.pass(MINUTE);
            world.round();
          }
          const settled = world.state.commits;
          const first = Math.min(...service.endpoints.map(({ tier }) => tier));
          for (const { id, tier, weight } of service.endpoints) {
            if (tier === first) expect(world.weights()[id]).toBe(weight);
            else if (service.policy.tricklePercent === 0) expect(world.weights()[id]).toBe(0);
          }
          for (let hour = 0; hour < 25; hour += 1) {
            world.pass(HOUR);
            world.round();
          }
          expect(world.state.commits).toBe(settled);
        },
      ),
      { numRuns: 20 },
    );
  }, 60_000);

  it('a region that dies is out of DNS with the first decision that sees it, where floor and velocity allow', () => {
    fc.assert(
      fc.property(arbService({ tiersMax: 1, floors: false }), fc.nat(5), (service, at) => {
        const victim = service.endpoints[at % service.endpoints.length]!;
        const isOutside = service.vantages.filter((one) => (one as string) !== victim.region);
        fc.pre(isOutside.length > 0 && service.types.length === 1);
        const others = service.endpoints.filter(({ region }) => region !== victim.region);
        fc.pre(others.length > 0);
        const world = openWorld({ service });
        world.see(victim.id, 'down');
        world.round();

        // The default floor is what the loss of the heaviest region leaves: losing one always fits.
        const rest = others.reduce((sum, { weight }) => sum + weight, 0);
        const total = service.endpoints.reduce((sum, { weight }) => sum + weight, 0);
        if (rest * 2 >= total || floorPercentOf(service, 1) * total <= rest * 100) {
          expect(world.weights()[victim.id]).toBe(0);
        }
      }),
    );
  });
});

type Loss = { readonly at: number; readonly region: string };
/** Removed at, relapses so far, back at full weight at, last raised at. */
type Memory = {
  readonly outAt: number;
  readonly relapses: number;
  readonly fullAt: number | null;
  readonly raisedAt: number | null;
};

const lossesOf = (event: Event, service: Service): Loss[] =>
  service.endpoints
    .filter(({ id }) => lessened(event).includes(id))
    .map(({ region }) => ({ at: event.at, region }));

/** Judged on what the batch leaves; dead endpoints carry nothing. */
function expectFloor(event: Event, service: Service): void {
  const isDown = isDownIn(event);
  expect(service.endpoints.every(isDown)).toBe(false);
  expect(carries(service, 1, event.after, isDown) || floorPercentOf(service, 1) === 0).toBe(true);
}

/** The window that ends with this event. */
function expectVelocity(event: Event, service: Service, lost: readonly Loss[]): void {
  const { regions, windowMs } = service.policy.velocity;
  const recent = lost.filter(({ at }) => at > event.at - windowMs);
  expect(new Set(recent.map(({ region }) => region)).size).toBeLessThanOrEqual(regions);
}

/** The first step waits for the hold-down, the next for the step; each is one step of the ramp. */
function expectReturn(event: Event, service: Service, id: string, known: Memory): void {
  const { holdDownMs, ramp, rampStepMs } = service.policy;
  const dueMs = Math.min(Math.max(HOLD_DOWN_MS_MAX, holdDownMs), holdDownMs * 2 ** known.relapses);
  if (event.before[id] === 0) {
    expect(event.at - known.outAt).toBeGreaterThanOrEqual(dueMs);
    expect(event.fenceAfter.asofAt - known.outAt).toBeGreaterThanOrEqual(dueMs);
  } else {
    expect(event.at - known.raisedAt!).toBeGreaterThanOrEqual(rampStepMs);
  }
  const full = service.endpoints.find((one) => one.id === id)!.weight;
  const steps = ramp.map((percent) => Math.max(1, Math.round((full * percent) / 100)));
  expect(event.after[id]).toBe(steps.find((weight) => weight > event.before[id]!));
}

function remember(memory: Map<string, Memory>, event: Event, service: Service): void {
  for (const id of raised(event)) {
    const isFull = service.endpoints.some((one) => one.id === id && event.after[id] === one.weight);
    memory.set(id, { ...memory.get(id)!, raisedAt: event.at, fullAt: isFull ? event.at : null });
  }
  for (const id of lessened(event)) {
    expect(event.after[id]).toBe(0);
    memory.set(id, {
      outAt: event.at,
      relapses: relapsesAfter(memory.get(id), event.at),
      fullAt: null,
      raisedAt: null,
    });
  }
}

/** On the way back, or full for an hour at most: a relapse. Full for a day: forgotten. */
function relapsesAfter(known: Memory | undefined, at: number): number {
  if (known === undefined || known.raisedAt === null) return known?.relapses ?? 0;
  if (known.fullAt !== null && at - known.fullAt >= 24 * HOUR) return 0;
  return known.fullAt === null || at - known.fullAt <= RELAPSE_MS
    ? known.relapses + 1
    : known.relapses;
}

/** The mark under which the fence lists an endpoint, found by its place in the decision. */
function markIn(event: Event, id: string): string {
  return MARKS.get(id) ?? `unknown ${id} at ${event.at}`;
}
const MARKS = new Map(
  ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => [id, sha256(`endpoint ${id}`).slice(0, 6)]),
);
