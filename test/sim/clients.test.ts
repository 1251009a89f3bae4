import { describe, expect, it } from 'vitest';
import { answerHistory } from './world/answer-history.ts';
import { clientModel, cohortsOf, healthCheckDelayS } from './world/clients.ts';
import { goodEndpoint } from './world/conditions.ts';
import type { Listener, WorldEvent, ZoneState } from './world/events.ts';
import { configOf, STANDARD_FILE } from './world/sim-config.ts';
import type { SimWorld } from './world/world.ts';

describe('what caches hold', () => {
  it('fades from one answer to the other within a lifetime', () => {
    const history = answerHistory(0, new Map([['a', 1]]), 1_000);

    history.change(100, new Map([['b', 1]]));

    expect([100, 115, 130, 200].map((at) => history.held('a', at, 30))).toEqual([1, 0.5, 0, 0]);
    expect(history.held('b', 115, 30)).toBeCloseTo(0.5);
    // Half of a lifetime, as the mean of the fade.
    expect(history.heldSeconds('a', 100, 400, 30)).toBeCloseTo(15);
    expect(history.shareOf('b')).toBe(1);
  });

  it('forgets what is older than any cache, and nothing else', () => {
    const history = answerHistory(0, new Map([['a', 1]]), 60);
    for (let at = 10; at <= 5_000; at += 10) {
      history.change(at, new Map([[at % 20 === 0 ? 'a' : 'b', 1]]));
    }

    expect(history.held('a', 5_010, 20)).toBeCloseTo(0.5);
    expect(history.heldSeconds('a', 5_000, 5_010, 20)).toBeCloseTo(5);
  });
});

describe('clients', () => {
  it('are all of them, and hold an answer as [Flavel 2014] measured', () => {
    const cohorts = cohortsOf(20);
    const stale = (afterS: number): number =>
      cohorts.reduce(
        (sum, { part, lifetimeS }) => sum + part * Math.max(0, 1 - afterS / lifetimeS),
        0,
      );

    expect(cohorts.reduce((sum, { part }) => sum + part, 0)).toBeCloseTo(1);
    expect(stale(60)).toBeLessThan(0.1);
    expect(stale(15 * 60)).toBeGreaterThan(0.018);
    expect(stale(15 * 60)).toBeLessThan(0.02);
  });

  it('of a dead endpoint are counted until they have moved, beside what others would have lost', () => {
    const world = handMade();
    const model = clientModel(world.world, { name: 'hand-made' });

    world.at(100).fails('us-east-1');
    world.at(130).serves({ 'eu-west-1': 100, 'us-east-1': 0, 'ap-southeast-1': 100 });
    world.at(1_100);

    const { blackHoledSeconds, omniscientSeconds, nothingSeconds, healthCheckSeconds } =
      model.report();
    expect(nothingSeconds).toBeCloseTo(1_000 / 3, 1);
    // 30 s until it is served, 26.5 s for one who knows; the same caches after that.
    expect(blackHoledSeconds - omniscientSeconds).toBeCloseTo((30 - 26.5) / 3, 0);
    expect(healthCheckSeconds).toBeGreaterThan(blackHoledSeconds + 15);
    expect(healthCheckSeconds).toBeLessThan(nothingSeconds);
    const [move] = model.moved90();
    expect(move).toMatchObject({ service: 'app', endpoint: 'us-east-1', isOver: true });
    // Served after 30 s; those with a floor of 60 s go by 90 s, those who ignore it drag it out a little.
    expect(move?.moved90Ms).toBeGreaterThan(60_000);
    expect(move?.moved90Ms).toBeLessThan(90_000);
  });

  it('lose nothing to a removal of an endpoint that serves, nor while nothing lives', () => {
    const world = handMade();
    const model = clientModel(world.world, { name: 'hand-made' });

    world.at(100).serves({ 'eu-west-1': 100, 'us-east-1': 0, 'ap-southeast-1': 0 });
    for (const id of ['eu-west-1', 'us-east-1', 'ap-southeast-1']) world.at(200).fails(id);
    world.at(2_000);

    expect(model.report()).toEqual({
      blackHoledSeconds: 0,
      omniscientSeconds: 0,
      nothingSeconds: 0,
      healthCheckSeconds: 0,
    });
  });

  it('are answered every endpoint alike where all weights are 0', () => {
    const world = handMade();
    const model = clientModel(world.world, { name: 'hand-made' });

    world.at(0).serves({ 'eu-west-1': 0, 'us-east-1': 0, 'ap-southeast-1': 0 });
    world.at(20_000).fails('eu-west-1');
    world.at(20_300);

    expect(model.report().blackHoledSeconds).toBeCloseTo(100, 0);
  });

  it('do not count as moved if their endpoint serves again first', () => {
    const world = handMade();
    const model = clientModel(world.world, { name: 'hand-made' });

    world.at(100).fails('us-east-1');
    world.at(120).answers('us-east-1');
    world.at(9_000);

    expect(model.moved90()).toMatchObject([{ moved90Ms: null, isOver: true }]);
    expect(model.report().blackHoledSeconds).toBeCloseTo(20 / 3, 2);
  });

  it('wait for Route 53’s own checks three looks and most of an interval', () => {
    expect(healthCheckDelayS(30, false)).toBeCloseTo(24.6 + 60 + 5);
    expect(healthCheckDelayS(10, false)).toBeCloseTo(8.2 + 20 + 5);
    expect(healthCheckDelayS(30, true)).toBeLessThan(healthCheckDelayS(30, false));
  });
});

/** As much of a world as clients look at, moved by hand. */
function handMade() {
  const config = configOf(STANDARD_FILE, 1);
  const listeners: Listener[] = [];
  const endpoints = new Map<string, ReturnType<typeof goodEndpoint>>(
    config.services.flatMap(({ id, endpoints: own }) =>
      own.map((one) => [`${id}/${one.id}`, goodEndpoint()] as const),
    ),
  );
  let nowMs = 0;
  let state: ZoneState = zoneWith({ 'eu-west-1': 100, 'us-east-1': 100, 'ap-southeast-1': 100 });
  const tell = (event: WorldEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const set = (endpoint: string, how: 'answers' | 'fails'): void => {
    Object.assign(endpoints.get(`app/${endpoint}`) ?? {}, { how });
    const isUp = how === 'answers';
    tell({ kind: 'endpoint-changed', atMs: nowMs, service: 'app', endpoint, isUp, serves: isUp });
  };
  const hand = {
    world: {
      startMs: 0,
      config: () => config,
      sim: { nowMs: () => nowMs },
      conditions: { endpoints, route53: { insyncMs: { from: 3_000, to: 50_000 } } },
      route53: { zones: new Map([['Z0SIMULATED0000000', { served: () => state }]]) },
      on: (listener: Listener) => void listeners.push(listener),
    } as unknown as SimWorld,
    at: (seconds: number) => {
      nowMs = seconds * 1_000;
      return hand;
    },
    fails: (endpoint: string) => set(endpoint, 'fails'),
    answers: (endpoint: string) => set(endpoint, 'answers'),
    serves: (weights: Readonly<Record<string, number>>) => {
      state = zoneWith(weights);
      tell({ kind: 'zone-served', atMs: nowMs, zone: 'Z0SIMULATED0000000', state });
    },
  };
  return hand;
}

function zoneWith(weights: Readonly<Record<string, number>>): ZoneState {
  return new Map(
    Object.entries(weights).map(([setIdentifier, weight]) => [
      `app.example.com A ${setIdentifier}`,
      { name: 'app.example.com', type: 'A', setIdentifier, weight, ttlSeconds: 30, values: [] },
    ]),
  );
}
