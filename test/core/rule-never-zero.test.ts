/** Rule 8: no name and type is ever left without weight. */
import { describe, expect, it } from 'vitest';
import type { Policy, Weight } from '../../shared/core/model.ts';
import { sentence } from '../../shared/core/reason.ts';
import { codesOf, MINUTE, onEndpoint, openWorld, orderOf } from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService } from '../fakes/sample-service.ts';

const loose: Partial<Policy> = { floorPercent: 0, velocity: { regions: 5, windowMs: 10 * MINUTE } };
const policy = { ...sampleService().policy, ...loose };
const both = (id: string, n: number) =>
  sampleEndpoint(id, {
    targets: {
      A: { kind: 'value', value: `203.0.113.${n}` },
      AAAA: { kind: 'value', value: `2001:db8::${n}` },
    },
  });

describe('rule 8: never all zero', () => {
  it('keeps the last endpoint that answers a type, though others answer another: never-all-zero', () => {
    const endpoints = [both('a', 1), sampleEndpoint('b'), sampleEndpoint('c')];
    const world = openWorld({
      service: sampleService({ types: ['A', 'AAAA'], endpoints, policy }),
    });
    world.see('a', 'down');

    const decision = world.round();

    expect(world.weights()).toEqual({ a: 100, b: 100, c: 100 });
    expect(codesOf(decision).a).toBe('quorum-down/never-all-zero');
    expect(sentence(decision.withheld[0]!)).toBe(
      'withheld: without a every weight of app.example.com AAAA would be 0, and Route 53 would answer all of them alike',
    );
  });

  it('lets go what does no harm beside it', () => {
    const endpoints = [both('a', 1), sampleEndpoint('b'), sampleEndpoint('c')];
    const world = openWorld({
      service: sampleService({ types: ['A', 'AAAA'], endpoints, policy }),
    });
    world.see('a', 'down');
    world.see('b', 'down');

    world.round();

    expect(world.weights()).toEqual({ a: 100, b: 0, c: 100 });
  });

  it('F111: withholds the removal of the only endpoint left after a person zeroed the other', () => {
    const endpoints = [sampleEndpoint('a'), sampleEndpoint('b')];
    const world = openWorld({ service: sampleService({ endpoints, policy }) });
    world.edit('b', 0);
    world.see('a', 'down');

    const decision = world.round();

    expect(world.weights()).toEqual({ a: 100, b: 0 });
    expect(decision.automation).toBe('drift');
    expect(codesOf(decision).a).toBe('quorum-down/never-all-zero');
  });

  it('counts an orphan that serves', () => {
    const endpoints = [sampleEndpoint('a'), sampleEndpoint('b'), sampleEndpoint('c')];
    const service = sampleService({ endpoints, policy });
    const world = openWorld({ service, weights: { b: 0 } });
    world.state.service = { ...service, endpoints: endpoints.slice(0, 2) };
    world.see('a', 'down');
    world.see('b', 'none');

    world.round();

    expect(world.weights()).toEqual({ a: 0, b: 0, c: 100 });
  });

  it('writes nothing into a zone that a person left all zero', () => {
    const endpoints = [sampleEndpoint('a'), sampleEndpoint('b')];
    const world = openWorld({
      service: sampleService({ endpoints, policy }),
      entries: { a: { provenAs: null } },
    });
    world.edit('a', 0);
    world.edit('b', 0);

    const decision = world.round();

    expect(decision.commit).toBeNull();
    expect(world.weights()).toEqual({ a: 0, b: 0 });
    expect(decision.automation).toBe('drift');
  });

  it('mends nothing by holding back where the emptiness is not its own', () => {
    const endpoints = [both('a', 1), sampleEndpoint('b'), sampleEndpoint('c')];
    const world = openWorld({
      service: sampleService({ types: ['A', 'AAAA'], endpoints, policy }),
    });
    world.edit('a', 0, 'AAAA');
    world.see('b', 'down');

    const decision = world.decide();

    expect(codesOf(decision).b).toBe('quorum-down');
    expect(decision.commit).toBeNull();
  });

  it('holds a rescue to it as well', () => {
    const endpoints = [both('a', 1), sampleEndpoint('b')];
    const world = openWorld({
      service: sampleService({ types: ['A', 'AAAA'], endpoints, policy }),
      weights: { b: 0 },
      entries: { b: { phase: { kind: 'out' }, outAt: sampleNow() } },
    });
    world.pass(MINUTE);
    world.see('a', 'down');

    const decision = world.round();

    expect(codesOf(decision)).toEqual({ a: 'rescue-removed/never-all-zero', b: 'rescued' });
    expect(world.weights()).toEqual({ a: 100, b: 100 });
  });

  it('an order that would leave all zero never got that far: the drain of the last is no decision', () => {
    const endpoints = [sampleEndpoint('a'), sampleEndpoint('b')];
    const service = sampleService({ endpoints, policy });
    const world = openWorld({
      service,
      weights: { a: 0 },
      orders: [
        orderOf('drain1', { kind: 'drain', scope: onEndpoint(service, 'a'), weight: 0 as Weight }),
      ],
    });
    world.see('b', 'down');

    const decision = world.round();

    expect(world.weights()).toEqual({ a: 0, b: 100 });
    expect(codesOf(decision).b).toBe('quorum-down/never-all-zero');
  });
});

const sampleNow = () => openWorld().state.now;
