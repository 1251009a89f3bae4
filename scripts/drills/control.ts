/** Drills of the control path: replication, Route 53's API, other writers, people's hands and orders. */
import { generationOf, isInTime, WAIT_MS, watchRemoval } from './loss.ts';
import { commitsOf, NO_TIMELINE, removalTimeline, type Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

const replicationPartition: Scenario = {
  name: 'replication-partition',
  summary:
    'one replica is cut off while an endpoint dies: the others act, it catches up, one chain',
  play: async (stage) => {
    const cut = await stage.inject({ kind: 'replication-partition', vantage: 'ap-southeast-1' });
    const before = generationOf(stage, 'app') ?? 0;
    const { at } = await stage.inject({
      kind: 'endpoint-down',
      service: 'app',
      endpoint: 'us-east-1',
    });
    const timeline = await watchRemoval(stage, 'app', 'us-east-1', at);
    await stage.heal(cut.id);
    await stage.pass(8000);
    return {
      expected: { answered: 'ap-southeast-1 eu-west-1', removed: true, generations: 1 },
      observed: {
        answered: stage.answered('app', stage.now() - 5000).join(' '),
        removed: timeline.dns !== null,
        generations: (generationOf(stage, 'app') ?? 0) - before,
      },
      timeline,
    };
  },
};

const controlPlaneOutage: Scenario = {
  name: 'control-plane-outage',
  summary: "Route 53's API is away while an endpoint dies: DNS answers as before, one commit after",
  play: async (stage) => {
    const outage = await stage.inject({ kind: 'route53-down' });
    const { at } = await stage.inject({
      kind: 'endpoint-down',
      service: 'app',
      endpoint: 'us-east-1',
    });
    await stage.pass(20_000);
    const during = stage.answered('app', stage.now() - 5000).join(' ');
    const commitsDuring = commitsOf(stage, 'app', at).length;
    const backAt = await stage.heal(outage.id);
    const timeline = await watchRemoval(stage, 'app', 'us-east-1', at);
    await stage.pass(5000);
    return {
      expected: {
        during: 'ap-southeast-1 eu-west-1 us-east-1',
        commitsDuring: 0,
        commitsAfter: 1,
        answered: 'ap-southeast-1 eu-west-1',
      },
      observed: {
        during,
        commitsDuring,
        commitsAfter: commitsOf(stage, 'app', backAt).length,
        answered: stage.answered('app', stage.now() - 4000).join(' '),
      },
      timeline,
    };
  },
};

const handEdit: Scenario = {
  name: 'hand-edit',
  summary:
    'a person edits a weight in the console: seen, kept, and the other endpoints stay protected',
  play: async (stage) => {
    await stage.inject({ kind: 'hand-edit', service: 'app', endpoint: 'eu-west-1', weight: 60 });
    const { at } = await stage.inject({
      kind: 'endpoint-down',
      service: 'app',
      endpoint: 'us-east-1',
    });
    const timeline = await watchRemoval(stage, 'app', 'us-east-1', at);
    const service = stage.world.state().services[0];
    return {
      expected: {
        automation: 'drift',
        edited: 60,
        answered: 'ap-southeast-1 eu-west-1',
        inTime: true,
      },
      observed: {
        automation: service?.automation ?? null,
        edited: stage.weights('app')['eu-west-1'] ?? null,
        answered: stage.answered('app', stage.now() - 1900).join(' '),
        inTime: isInTime(timeline),
      },
      timeline,
    };
  },
};

/** Orders come due by the clock, and every region finds them due at the same moment. */
const RACED_COMMITS = 200;
/** 200 decisions take about 70 s on two quiet cores, and every region tells its incidents of each. */
const RACE_MS_MAX = 200_000;
const ENDPOINTS = ['eu-west-1', 'us-east-1', 'ap-southeast-1'];

/** Three orders that begin together and end together, raced for by every region. */
async function race(stage: Stage, round: number): Promise<void> {
  const { world } = stage;
  const fromAt = stage.now() + 400;
  const untilAt = fromAt + 600;
  for (const endpoint of ENDPOINTS) {
    await world.order({
      kind: 'pin',
      service: 'app',
      endpoint,
      weight: 80 + (round % 20),
      fromAt,
      untilAt,
      reason: `race ${round}`,
      actor: 'drill',
    });
  }
  for (const dueAt of [fromAt, untilAt]) {
    await stage.until(() => stage.now() > dueAt, 2000);
    await world.invokeQuorum();
  }
}

const racingWriters: Scenario = {
  name: 'racing-writers',
  summary:
    'all quorum functions decide at once, 200 decisions and an operator among them: one chain',
  world: { takesTurns: false, buckets: false, schedulePeriodMs: 60_000 },
  play: async (stage) => {
    const at = stage.now();
    const before = generationOf(stage, 'app') ?? 0;
    for (let round = 0; commitsOf(stage, 'app', at).length < RACED_COMMITS; round += 1) {
      if (stage.now() - at > RACE_MS_MAX) break;
      // An order that came too late on a busy machine is refused, and changes nothing.
      await race(stage, round).catch(() => undefined);
    }
    const commits = commitsOf(stage, 'app', at);
    const generations = commits.map((commit) => commit.generation);
    const refused = stage.events.filter(
      (event) => event.event === 'refused' && event.at >= at,
    ).length;
    const errors = stage.events.filter((event) => event.event === 'error' && event.at >= at).length;
    return {
      expected: { oneChain: true, enoughDecisions: true, racesLost: true, errors: 0 },
      observed: {
        // Each generation once, each one more than the one before.
        oneChain: generations.every((generation, index) => generation === before + index + 1),
        enoughDecisions: commits.length >= RACED_COMMITS,
        racesLost: refused > 0,
        errors,
      },
      timeline: { ...NO_TIMELINE, faultAt: at },
    };
  },
};

const drainAndReturn: Scenario = {
  name: 'drain-and-return',
  summary:
    'an operator drains a healthy endpoint for a while: gone at once, back by ramp at the end',
  play: async (stage) => {
    const at = stage.now();
    const untilAt = at + 10_000;
    await stage.world.order({
      kind: 'drain',
      service: 'app',
      endpoint: 'us-east-1',
      untilAt,
      reason: 'game day',
      actor: 'drill',
    });
    await stage.until(() => stage.isGone('app', 'us-east-1'), WAIT_MS);
    const whileDrained = stage.answered('app', stage.now() - 1900).join(' ');
    // Null: of the few answers until it was gone, chance gave none with it.
    const goneAt = stage.lastAnswerOf('app', 'us-east-1', at);
    await stage.until(() => stage.weights('app')['us-east-1'] === 100, 60_000);
    const steps = commitsOf(stage, 'app', untilAt)
      .map(({ weights }) => weights['us-east-1'])
      .filter((weight, index, all) => weight !== all[index - 1]);
    return {
      expected: {
        whileDrained: 'ap-southeast-1 eu-west-1',
        goneWithin3s: true,
        heldUntilTheEnd: true,
        steps: '0 10 50 100',
      },
      observed: {
        whileDrained,
        goneWithin3s: goneAt === null || goneAt - at < 3000,
        heldUntilTheEnd: !stage.answered('app', at + 3000, untilAt).includes('us-east-1'),
        steps: steps.join(' '),
      },
      timeline: { ...removalTimeline(stage, 'app', 'us-east-1', at), dns: goneAt },
    };
  },
};

export const CONTROL: readonly Scenario[] = [
  racingWriters,
  replicationPartition,
  controlPlaneOutage,
  handEdit,
  drainAndReturn,
];
