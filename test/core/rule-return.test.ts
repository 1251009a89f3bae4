/** Rule 4: hold-down and ramp on the way back, relapses, approval, and returns that wait for drift. */
import { describe, expect, it } from 'vitest';
import { newEntry } from '../../shared/core/fence.ts';
import { epochMs, type Policy, type Weight } from '../../shared/core/model.ts';
import { sentence } from '../../shared/core/reason.ts';
import { holdDownMs, relapsesAfterFall, stepWeight } from '../../shared/core/rule-return.ts';
import {
  codesOf,
  HOUR,
  MINUTE,
  NOW,
  openWorld,
  SECOND,
  type World,
} from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService } from '../fakes/sample-service.ts';

const US = 'us-east-1';
const EU = 'eu-west-1';
const policy = (changes: Partial<Policy> = {}): Policy => ({
  ...sampleService().policy,
  ...changes,
});

/** Down, removed, and up again half a minute later. */
function fallAndRecover(world: World, id = US): void {
  world.see(id, 'down');
  world.round();
  world.pass(30 * SECOND);
  world.see(id, 'up');
}

/** Rounds every 10 s, with the commits' times and weights of one endpoint. */
function run(world: World, ms: number, id = US): [number, number][] {
  const moves: [number, number][] = [];
  let last = world.weights()[id]!;
  for (let at = 0; at < ms; at += 10 * SECOND) {
    world.pass(10 * SECOND);
    world.round();
    const weight = world.weights()[id]!;
    if (weight !== last) moves.push([(world.state.now - NOW) / SECOND, weight]);
    last = weight;
  }
  return moves;
}

describe('rule 4: hold-down and ramp', () => {
  it('F34: brings an endpoint back after the hold-down by 10, 50 and 100 %, one step per ramp-step', () => {
    const world = openWorld();
    fallAndRecover(world);

    const moves = run(world, 12 * MINUTE);

    // asof runs 1 s behind the clock, so each due time is passed by the next round.
    expect(moves).toEqual([
      [310, 10],
      [440, 50],
      [570, 100],
    ]);
    expect(world.entry(US)).toMatchObject({ phase: { kind: 'in' }, relapses: 0, weight: 100 });
    expect(world.entry(US).fullAt).toBe(NOW + 570 * SECOND);
  });

  it('says until when the weight waits: hold-down', () => {
    const world = openWorld();
    fallAndRecover(world);

    const decision = world.decide();

    expect(decision.endpoints[1]).toMatchObject({ from: 0, to: 0, reason: { code: 'hold-down' } });
    expect(sentence(decision.endpoints[1]!.reason)).toBe(
      'waiting until 12:05:00Z: us-east-1 is up again, weight returns then (hold-down 5 min)',
    );
  });

  it('says which step the weight has reached: ramp, then returned', () => {
    const world = openWorld();
    fallAndRecover(world);
    world.pass(5 * MINUTE);

    expect(sentence(world.round().endpoints[1]!.reason)).toBe(
      'returning: us-east-1 is at 10 %, next step not before 12:07:30Z',
    );
    world.pass(MINUTE);
    expect(sentence(world.round().endpoints[1]!.reason)).toBe(
      'returning: us-east-1 is at 10 %, next step not before 12:07:30Z',
    );
    world.pass(2 * MINUTE);
    expect(sentence(world.round().endpoints[1]!.reason)).toBe(
      'returning: us-east-1 is at 50 %, next step not before 12:10:30Z',
    );
    world.pass(3 * MINUTE);
    expect(sentence(world.round().endpoints[1]!.reason)).toBe(
      'returned: us-east-1 is back at its full weight',
    );
    world.pass(MINUTE);
    expect(codesOf(world.round())[US]).toBe('healthy');
  });

  it('never removes later because of a hold-down: a fall on the ramp acts at once', () => {
    const world = openWorld();
    fallAndRecover(world);
    world.pass(5 * MINUTE);
    world.round();
    world.pass(30 * SECOND);
    world.see(US, 'down');

    world.round();

    expect(world.weights()[US]).toBe(0);
    expect(world.entry(US)).toMatchObject({ relapses: 1, outAt: world.state.now, fullAt: null });
  });

  it('counts the hold-down from the decision in the fence, not from the evidence', () => {
    const world = openWorld();
    for (const vantage of world.state.service.vantages) world.state.lagMs.set(vantage, 19 * SECOND);
    world.see(US, 'down', { sinceAt: NOW - HOUR });

    world.round();

    expect(world.entry(US).outAt).toBe(NOW);
  });

  it('R10: waits until the evidence has passed the hold-down too, not the clock alone', () => {
    const world = openWorld();
    fallAndRecover(world);
    for (const vantage of world.state.service.vantages) world.state.lagMs.set(vantage, 15 * SECOND);
    world.pass(4 * MINUTE + 40 * SECOND); // 5:10 after the fall, evidence from 4:55

    expect(codesOf(world.decide())[US]).toBe('hold-down');
    world.pass(5 * SECOND);
    expect(codesOf(world.decide())[US]).toBe('ramp');
  });

  it('R10: takes no ramp step on evidence from before its time', () => {
    const world = openWorld();
    fallAndRecover(world);
    world.pass(5 * MINUTE);
    world.round();
    for (const vantage of world.state.service.vantages) world.state.lagMs.set(vantage, 15 * SECOND);
    world.pass(2 * MINUTE + 10 * SECOND);

    expect(world.decide().endpoints[1]).toMatchObject({ to: 10 });
    world.pass(5 * SECOND);
    expect(world.decide().endpoints[1]).toMatchObject({ to: 50 });
  });

  it('F103: down votes from before a return cannot undo it', () => {
    const world = openWorld();
    fallAndRecover(world);
    world.pass(5 * MINUTE);
    world.round();
    world.see(US, 'down', { sinceAt: NOW });
    world.pass(0);

    const decision = world.decide();

    expect(decision.endpoints[1]).toMatchObject({ to: 10, verdict: { value: 'unknown' } });
    world.pass(2 * SECOND);
    expect(world.decide().endpoints[1]).toMatchObject({ to: 0, verdict: { value: 'down' } });
  });

  it('F103: up votes from before a removal cannot undo it', () => {
    const world = openWorld({
      entries: { [US]: { phase: { kind: 'out' }, changedAt: NOW } },
      weights: { [US]: 0 },
    });

    expect(world.decide().endpoints[1]?.verdict.value).toBe('unknown');
    world.pass(2 * SECOND);
    expect(world.decide().endpoints[1]?.verdict.value).toBe('up');
  });

  it('F10: a flapping endpoint waits twice as long after each relapse, up to 60 min', () => {
    const world = openWorld();
    const waits: number[] = [];
    for (let fall = 0; fall < 7; fall += 1) {
      world.see(US, 'down');
      world.round();
      const outAt = world.state.now;
      world.pass(30 * SECOND);
      world.see(US, 'up');
      while (world.weights()[US] === 0) {
        world.pass(30 * SECOND);
        world.round();
      }
      waits.push(Math.floor((world.state.now - outAt) / MINUTE));
      world.pass(30 * SECOND);
    }

    expect(waits).toEqual([5, 10, 20, 40, 60, 60, 60]);
    expect(world.entry(US).relapses).toBe(6);
  });

  it('names the relapse and what the hold-down grew to', () => {
    const world = openWorld({
      weights: { [US]: 0 },
      entries: { [US]: { phase: { kind: 'out' }, outAt: epochMs(NOW - MINUTE), relapses: 1 } },
    });

    expect(sentence(world.decide().endpoints[1]!.reason)).toBe(
      'waiting until 12:09:00Z: us-east-1 is up again, weight returns then (first relapse, 5 min grew to 10 min)',
    );
  });

  it('keeps a configured hold-down that is longer than the cap', () => {
    expect(holdDownMs(policy({ holdDownMs: 2 * HOUR }), 3)).toBe(2 * HOUR);
    expect(holdDownMs(policy(), 99)).toBe(HOUR);
    expect(holdDownMs(policy(), 0)).toBe(5 * MINUTE);
  });

  it.each([
    ['in, never fell', { phase: { kind: 'in' }, fullAt: null, relapses: 0 }, 0],
    ['in, back for 59 min', { phase: { kind: 'in' }, fullAt: NOW - 59 * MINUTE, relapses: 0 }, 1],
    ['in, back for 1 h sharp', { phase: { kind: 'in' }, fullAt: NOW - HOUR, relapses: 0 }, 1],
    ['in, back for 61 min', { phase: { kind: 'in' }, fullAt: NOW - 61 * MINUTE, relapses: 1 }, 1],
    [
      'in, within twice a 60-min hold-down',
      { phase: { kind: 'in' }, fullAt: NOW - 119 * MINUTE, relapses: 4 },
      5,
    ],
    [
      'in, beyond twice a 60-min hold-down',
      { phase: { kind: 'in' }, fullAt: NOW - 121 * MINUTE, relapses: 4 },
      4,
    ],
    ['in, back for 24 h', { phase: { kind: 'in' }, fullAt: NOW - 24 * HOUR, relapses: 4 }, 0],
    ['on the ramp', { phase: { kind: 'ramp', step: 1 }, fullAt: null, relapses: 2 }, 3],
    ['out, with weight by an order', { phase: { kind: 'out' }, fullAt: null, relapses: 2 }, 2],
  ] as const)('counts relapses after a fall: %s', (_, entry, expected) => {
    const before = {
      ...newEntry('abcdef', 100 as Weight, entry.phase),
      relapses: entry.relapses,
      fullAt: entry.fullAt === null ? null : epochMs(entry.fullAt),
    };

    expect(relapsesAfterFall(before, policy(), NOW)).toBe(expected);
  });

  it.each([
    [100, 10, 10],
    [255, 50, 128],
    [3, 10, 1],
    [1, 10, 1],
    [0, 50, 0],
  ])('a step of weight %i at %i %% is %i', (weight, percent, expected) => {
    expect(stepWeight(weight, percent)).toBe(expected);
  });

  it('returns a weight of 1 in whole steps, and one of 0 without any', () => {
    const endpoints = [EU, US, 'ap-southeast-1'].map((id) =>
      sampleEndpoint(id, { weight: (id === US ? 1 : 100) as Weight }),
    );
    const world = openWorld({ service: sampleService({ endpoints }) });
    fallAndRecover(world);
    run(world, 12 * MINUTE);

    expect(world.weights()[US]).toBe(1);
    expect(world.entry(US).phase).toEqual({ kind: 'in' });
  });

  it('a ramp of one step of 100 % returns at once after the hold-down', () => {
    const world = openWorld({ service: sampleService({ policy: policy({ ramp: [100] }) }) });
    fallAndRecover(world);

    expect(run(world, 6 * MINUTE)).toEqual([[310, 100]]);
  });

  it('goes on from the weight it has: an endpoint pinned at 30 % starts at the step above', () => {
    const world = openWorld({
      weights: { [US]: 30 },
      entries: { [US]: { phase: { kind: 'out' } } },
    });

    world.round();

    expect(world.weights()[US]).toBe(50);
  });

  it('ends a ramp whose configuration lost a step', () => {
    const world = openWorld({
      weights: { [US]: 50 },
      entries: { [US]: { phase: { kind: 'ramp', step: 7 }, changedAt: epochMs(NOW - HOUR) } },
    });

    expect(codesOf(world.round())[US]).toBe('returned');
    expect(world.weights()[US]).toBe(100);
  });

  it('shows a step that the configuration no longer has as the last one, until its time', () => {
    const world = openWorld({
      weights: { [US]: 50 },
      entries: { [US]: { phase: { kind: 'ramp', step: 7 }, changedAt: epochMs(NOW - MINUTE) } },
    });

    expect(world.decide().endpoints[1]?.reason).toMatchObject({ code: 'ramp', percent: 100 });
  });

  it('takes the next step at once when the fence holds no time of the last', () => {
    const world = openWorld({
      weights: { [US]: 10 },
      entries: { [US]: { phase: { kind: 'ramp', step: 0 } } },
    });

    world.round();

    expect(world.weights()[US]).toBe(50);
  });

  it('calls an endpoint back at once that is out at its full weight', () => {
    const world = openWorld({ entries: { [US]: { phase: { kind: 'out' } } } });

    const decision = world.round();

    expect(decision.endpoints[1]?.to).toBe(100);
    expect(world.entry(US).phase).toEqual({ kind: 'in' });
  });

  it('moves the changed weight of the file at once: it is no return', () => {
    const world = openWorld();
    world.state.service = sampleService({
      endpoints: sampleService().endpoints.map((one) => ({ ...one, weight: 120 as Weight })),
    });

    world.round();

    expect(world.weights()[US]).toBe(120);
  });
});

describe('rule 4: approval', () => {
  it('waits for an operator under failback: manual: awaiting-approval', () => {
    const world = openWorld({ service: sampleService({ policy: policy({ failback: 'manual' }) }) });
    fallAndRecover(world);
    world.pass(6 * MINUTE);

    expect(sentence(world.round().endpoints[1]!.reason)).toBe(
      'waiting for approval: us-east-1 is up again; run `quorate approve app us-east-1` to let its weight return',
    );
    world.pass(24 * HOUR);
    expect(world.round().endpoints[1]?.to).toBe(0);
  });

  it('returns by ramp once approved, and needs a new approval after the next fall', () => {
    const world = openWorld({ service: sampleService({ policy: policy({ failback: 'manual' }) }) });
    fallAndRecover(world);
    world.pass(6 * MINUTE);

    expect(world.operate({ kind: 'approve', endpoint: sampleEndpoint(US).id }).kind).toBe(
      'planned',
    );
    world.round();
    expect(world.weights()[US]).toBe(10);
    world.pass(MINUTE);
    fallAndRecover(world);
    world.pass(2 * HOUR);
    expect(codesOf(world.round())[US]).toBe('awaiting-approval');
  });

  it('an approval during the hold-down does not shorten it', () => {
    const world = openWorld({ service: sampleService({ policy: policy({ failback: 'manual' }) }) });
    fallAndRecover(world);
    world.operate({ kind: 'approve', endpoint: sampleEndpoint(US).id });

    expect(codesOf(world.round())[US]).toBe('hold-down');
    world.pass(5 * MINUTE);
    expect(codesOf(world.round())[US]).toBe('ramp');
  });

  it('waits for approval where an order asked for it: waits', () => {
    const world = openWorld({
      weights: { [US]: 0 },
      entries: { [US]: { phase: { kind: 'out' }, waits: true } },
    });

    expect(codesOf(world.decide())[US]).toBe('awaiting-approval');
  });
});

describe('rule 4: drift', () => {
  it('F73: returns and ramps wait until the drift is settled: drift-waits', () => {
    const world = openWorld({
      weights: { [US]: 0 },
      entries: { [US]: { phase: { kind: 'out' } } },
    });
    world.edit(EU, 20);

    const decision = world.round();

    expect(decision.endpoints[1]?.to).toBe(0);
    expect(sentence(decision.endpoints[1]!.reason)).toBe(
      'waiting: us-east-1 is up, its weight returns once the drift is settled; run `quorate adopt app` or `quorate reassert app`',
    );
  });

  it('F73: an endpoint out at its full weight is left as it is beside a drift', () => {
    const world = openWorld({ entries: { [US]: { phase: { kind: 'out' } } } });
    world.edit(EU, 20);

    expect(world.decide().endpoints[1]).toMatchObject({ to: 100, reason: { code: 'healthy' } });
    expect(world.decide().commit).toBeNull();
  });

  it('F73: goes on with the return once the edit is undone', () => {
    const world = openWorld({
      weights: { [US]: 0 },
      entries: { [US]: { phase: { kind: 'out' } } },
    });
    world.edit(EU, 20);
    world.round();
    world.operate({ kind: 'reassert' });

    world.round();

    expect(world.weights()[US]).toBe(10);
  });
});
