/** The last healthy endpoint in DNS keeps its weight while everything else that has weight is down. */
import { describe, expect, it } from 'vitest';
import type { Weight } from '../../shared/core/model.ts';
import { codesOf, openWorld } from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService } from '../fakes/sample-service.ts';

const standby = () =>
  sampleService({
    endpoints: [
      sampleEndpoint('a'),
      sampleEndpoint('b'),
      sampleEndpoint('c', { weight: 0 as Weight }),
    ],
  });

describe('never only dead', () => {
  it('keeps the weight of a standby that an order left serving, while the others are down: last-healthy', () => {
    const world = openWorld({ service: standby(), weights: { c: 100 } });
    world.see('a', 'down');
    world.see('b', 'down');

    const decision = world.round();

    expect(world.weights()).toEqual({ a: 100, b: 100, c: 100 });
    expect(codesOf(decision).c).toBe('healthy/last-healthy');
    expect(decision.commit).toBeNull();
  });

  it('lets it go back to its configured weight once another one is up', () => {
    const world = openWorld({ service: standby(), weights: { c: 100 } });
    world.see('a', 'down');

    world.round();

    expect(world.weights().c).toBe(0);
  });

  it('holds nothing where an endpoint that may be alive has weight', () => {
    const world = openWorld({ service: standby(), weights: { c: 100 } });
    world.see('a', 'down');
    world.see('b', 'none');

    world.round();

    expect(world.weights().c).toBe(0);
  });

  it('holds nothing while an orphan serves: nobody knows that it is dead', () => {
    const service = standby();
    const endpoints = [...service.endpoints, sampleEndpoint('d')];
    const world = openWorld({ service: { ...service, endpoints }, weights: { c: 100 } });
    world.state.service = service;
    world.see('a', 'down');
    world.see('b', 'down');

    world.round();

    expect(world.weights()).toMatchObject({ c: 0, d: 100 });
  });

  it('leaves alone what an operator holds', () => {
    const world = openWorld({ service: standby(), weights: { c: 100 } });
    world.edit('c', 50);
    world.see('a', 'down');
    world.see('b', 'down');

    const decision = world.round();

    expect(codesOf(decision).c).toBe('drift');
    expect(world.weights().c).toBe(50);
  });
});
