/** Rule 5: at most so many regions per window lose weight because of `down`, counted from the fence. */
import { describe, expect, it } from 'vitest';
import { type Endpoint, epochMs, regionId } from '../../shared/core/model.ts';
import { sentence } from '../../shared/core/reason.ts';
import { codesOf, MINUTE, NOW, openWorld, SECOND } from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService } from '../fakes/sample-service.ts';

const IDS = ['a', 'b', 'c', 'd', 'e'];
const five = (changes: (id: string) => Partial<Endpoint> = () => ({})) =>
  sampleService({ endpoints: IDS.map((id) => sampleEndpoint(id, changes(id))) });

describe('rule 5: velocity', () => {
  it('F89: of two regions lost at once one goes at once, the other after the window', () => {
    const world = openWorld({ service: five() });
    world.see('d', 'down');
    world.see('b', 'down');

    const decision = world.round();

    expect(world.weights()).toEqual({ a: 100, b: 0, c: 100, d: 100, e: 100 });
    expect(codesOf(decision).d).toBe('quorum-down/velocity');
    expect(sentence(decision.withheld[0]!)).toBe(
      'withheld: removing d waits until 12:10:00Z; d would be more than 1 region in 10 min',
    );
    world.pass(10 * MINUTE - SECOND);
    expect(world.round().endpoints[3]?.to).toBe(100);
    world.pass(SECOND);
    expect(world.round().endpoints[3]?.to).toBe(0);
    expect(world.weights().d).toBe(0);
  });

  it('F89: takes the region that has been down longest first, then by id', () => {
    const world = openWorld({ service: five() });
    world.see('b', 'down', { sinceAt: NOW - 20 * SECOND });
    world.see('d', 'down', { sinceAt: NOW - 40 * SECOND });

    world.round();

    expect(world.weights()).toEqual({ a: 100, b: 100, c: 100, d: 0, e: 100 });
  });

  it('F89: counts all endpoints of a region as one', () => {
    const world = openWorld({
      service: five((id) => (id < 'c' ? { region: regionId('one') } : {})),
    });
    world.see('a', 'down');
    world.see('b', 'down');

    world.round();

    expect(world.weights()).toEqual({ a: 0, b: 0, c: 100, d: 100, e: 100 });
  });

  it('F89: of two regions with two endpoints each one goes whole, the other stays whole', () => {
    const grouped = five((id) => ({ region: regionId(id < 'c' ? 'one' : id < 'e' ? 'two' : 'e') }));
    const world = openWorld({
      service: { ...grouped, policy: { ...grouped.policy, floorPercent: 0 } },
    });
    for (const id of ['a', 'b', 'c', 'd']) world.see(id, 'down');

    world.round();

    expect(world.weights()).toEqual({ a: 0, b: 0, c: 100, d: 100, e: 100 });
  });

  it('lets a second endpoint of a counted region go within the window', () => {
    const grouped = five((id) => (id < 'c' ? { region: regionId('one') } : {}));
    const world = openWorld({
      service: { ...grouped, policy: { ...grouped.policy, floorPercent: 20 } },
    });
    world.see('a', 'down');
    world.round();
    world.pass(MINUTE);
    world.see('b', 'down');
    world.see('e', 'down');

    const decision = world.round();

    expect(world.weights()).toEqual({ a: 0, b: 0, c: 100, d: 100, e: 100 });
    expect(codesOf(decision).e).toBe('quorum-down/velocity');
  });

  it('allows as many regions as the policy says', () => {
    const { policy } = sampleService();
    const service = {
      ...five(),
      policy: { ...policy, velocity: { regions: 2, windowMs: 10 * MINUTE } },
    };
    const world = openWorld({ service });
    world.see('a', 'down');
    world.see('b', 'down');
    world.round();

    expect(world.weights()).toEqual({ a: 0, b: 0, c: 100, d: 100, e: 100 });
    world.pass(MINUTE);
    world.see('c', 'down');
    expect(sentence(world.decide().withheld[0]!)).toBe(
      'withheld: removing c waits until 12:10:00Z; c would be more than 2 regions in 10 min',
    );
  });

  it('counts from the fence, so that another process or a restart counts the same', () => {
    const world = openWorld({
      service: five(),
      weights: { e: 0 },
      entries: { e: { phase: { kind: 'out' }, countedAt: epochMs(NOW - 9 * MINUTE) } },
    });
    world.see('a', 'down');

    expect(codesOf(world.decide()).a).toBe('quorum-down/velocity');
  });

  it('counts a removed endpoint that has left the file since', () => {
    const world = openWorld({
      service: five(),
      weights: { e: 0 },
      entries: { e: { phase: { kind: 'out' }, countedAt: epochMs(NOW - 9 * MINUTE) } },
    });
    world.state.service = { ...five(), endpoints: five().endpoints.slice(0, 4) };
    world.see('a', 'down');

    expect(codesOf(world.decide()).a).toBe('quorum-down/velocity');
  });

  it('forgets what is a whole window old', () => {
    const world = openWorld({
      service: five(),
      weights: { e: 0 },
      entries: { e: { phase: { kind: 'out' }, countedAt: epochMs(NOW - 10 * MINUTE) } },
    });
    world.see('a', 'down');

    expect(codesOf(world.decide()).a).toBe('quorum-down');
  });

  it('orders regions without a known start of failure last', () => {
    const world = openWorld({ service: five() });
    world.see('a', 'down', { sinceAt: 0 });
    world.see('b', 'down');

    world.round();

    expect(world.weights()).toMatchObject({ a: 100, b: 0 });
  });
});
