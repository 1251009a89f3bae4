/** Drills in which DNS must stay as it is: one liar, a cut-off vantage, a common cause, a typo. */
import { CALM_MS, isInTime, WAIT_MS, watchRemoval } from './loss.ts';
import { commitsOf, NO_TIMELINE, removalTimeline, type Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

const ALL_THREE = 'ap-southeast-1 eu-west-1 us-east-1';

const sentencesOf = (stage: Stage, from: number): readonly string[] =>
  stage.events.flatMap((event) =>
    event.event === 'decision' && event.at >= from ? event.sentences : [],
  );

const grayFailure: Scenario = {
  name: 'gray-failure',
  summary: 'one vantage sees an endpoint down, four see it up: shown as degraded, nothing moves',
  play: async (stage) => {
    const { at } = await stage.inject({
      kind: 'vantage-sees-down',
      vantage: 'eu-central-1',
      service: 'app',
      endpoint: 'us-east-1',
    });
    const isDegraded = (): boolean =>
      stage.world.state().services[0]?.endpoints.find(({ endpoint }) => endpoint === 'us-east-1')
        ?.degraded === true;
    const degraded = await stage.until(isDegraded, WAIT_MS);
    await stage.pass(CALM_MS / 2);
    return {
      expected: { degraded: true, commits: 0, answered: ALL_THREE },
      observed: {
        degraded,
        commits: commitsOf(stage, 'app', at).length,
        answered: stage.answered('app', stage.now() - 5000).join(' '),
      },
      timeline: removalTimeline(stage, 'app', 'us-east-1', at),
    };
  },
};

const vantageIsolated: Scenario = {
  name: 'vantage-isolated',
  summary:
    'a vantage loses its own network and sees everything down: it is isolated, nothing moves',
  play: async (stage) => {
    const { at } = await stage.inject({ kind: 'vantage-isolated', vantage: 'eu-central-1' });
    const isIsolated = (): boolean =>
      stage.world.state().vantages.find(({ vantage }) => vantage === 'eu-central-1')?.state ===
      'isolated';
    const isolated = await stage.until(isIsolated, WAIT_MS);
    await stage.pass(CALM_MS / 2);
    return {
      expected: { isolated: true, commits: 0, answered: ALL_THREE },
      observed: {
        isolated,
        commits: commitsOf(stage, 'app', at).length,
        answered: stage.answered('app', stage.now() - 5000).join(' '),
      },
      timeline: { ...NO_TIMELINE, faultAt: at },
    };
  },
};

const allDown: Scenario = {
  name: 'all-down',
  summary: 'every endpoint fails at once: a common cause is likelier, all removals are withheld',
  play: async (stage) => {
    const faults = ['eu-west-1', 'us-east-1', 'ap-southeast-1'].map((endpoint) =>
      stage.inject({ kind: 'endpoint-5xx', service: 'app', endpoint }),
    );
    const [first] = await Promise.all(faults);
    const at = first?.at ?? stage.now();
    const isAlarmed = (): boolean =>
      sentencesOf(stage, at).some((sentence) => sentence.includes('all 3 endpoints look down'));
    const alarmed = await stage.until(isAlarmed, WAIT_MS);
    await stage.pass(10_000);
    return {
      expected: { alarmed: true, commits: 0, answered: ALL_THREE },
      observed: {
        alarmed,
        commits: commitsOf(stage, 'app', at).length,
        answered: stage.answered('app', stage.now() - 5000).join(' '),
      },
      timeline: removalTimeline(stage, 'app', 'us-east-1', at),
    };
  },
};

const badHealthPath: Scenario = {
  name: 'bad-health-path',
  summary: 'a check that has never passed fails everywhere: unproven, so it drains nothing',
  waitsForReady: false,
  play: async (stage) => {
    const { at } = await stage.inject({
      kind: 'endpoint-5xx',
      service: 'app',
      endpoint: 'us-east-1',
    });
    const isUnproven = (): boolean =>
      sentencesOf(stage, at).some((sentence) => sentence.startsWith('unproven: us-east-1'));
    const unproven = await stage.until(isUnproven, WAIT_MS);
    await stage.pass(10_000);
    const removals = commitsOf(stage, 'app', at).filter((one) => one.weights['us-east-1'] === 0);
    return {
      expected: { unproven: true, removals: 0, answered: ALL_THREE },
      observed: {
        unproven,
        removals: removals.length,
        answered: stage.answered('app', stage.now() - 5000).join(' '),
      },
      timeline: removalTimeline(stage, 'app', 'us-east-1', at),
    };
  },
};

const flapping: Scenario = {
  name: 'flapping',
  summary:
    'an endpoint goes down and up in turn: each relapse doubles its hold-down, DNS stays calm',
  play: async (stage) => {
    const { at } = await stage.inject({
      kind: 'endpoint-flapping',
      service: 'app',
      endpoint: 'us-east-1',
      periodMs: 50_000,
    });
    const timeline = await watchRemoval(stage, 'app', 'us-east-1', at);
    const moves = (): readonly number[] =>
      commitsOf(stage, 'app', at).flatMap(({ weights }) => weights['us-east-1'] ?? []);
    // Removed, back on the ramp, removed again: the second fall is a relapse.
    await stage.until(() => moves().filter((weight) => weight === 0).length >= 2, 90_000);
    const relapsedAt = stage.now();
    // Twice the first hold-down: the endpoint is up in between and must stay out.
    await stage.pass(30_000);
    const held = stage.answered('app', relapsedAt + 3000).includes('us-east-1');
    return {
      expected: { inTime: true, removals: 2, answeredWhileHeld: false },
      observed: {
        inTime: isInTime(timeline),
        removals: moves().filter((weight) => weight === 0).length,
        answeredWhileHeld: held,
      },
      timeline,
    };
  },
};

export const CALM: readonly Scenario[] = [
  flapping,
  grayFailure,
  vantageIsolated,
  allDown,
  badHealthPath,
];
