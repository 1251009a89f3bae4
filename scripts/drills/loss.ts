/** Drills of loss: an endpoint, a region, its quorum function go; DNS must stop answering what is gone. */
import { commitsOf, removalTimeline, type Scenario, type Timeline } from './scenario.ts';
import type { Stage } from './stage.ts';

/** every × fall + timeout + 3 s (the rest of a round, replication, decision, INSYNC), as drills.yml has it. */
export const GONE_WITHIN_MS = 5000 * 2 + 2000 + 3000;
/** How long a drill waits before it calls a thing missing. */
export const WAIT_MS = 30_000;
/** Long enough for every vantage to have fallen, had it been going to. */
export const CALM_MS = 25_000;

export const isInTime = (timeline: Timeline): boolean =>
  timeline.dns !== null &&
  timeline.faultAt !== null &&
  timeline.dns - timeline.faultAt <= GONE_WITHIN_MS;

/** Waits until the endpoint is no longer answered, then tells the way there. */
export async function watchRemoval(
  stage: Stage,
  service: string,
  endpoint: string,
  faultAt: number,
): Promise<Timeline> {
  await stage.until(
    () => stage.weights(service)[endpoint] === 0 && stage.isGone(service, endpoint),
    WAIT_MS,
  );
  return removalTimeline(stage, service, endpoint, faultAt);
}

export const generationOf = (stage: Stage, service: string): number | null =>
  stage.world.state().services.find((one) => one.service === service)?.generation ?? null;

const regionLoss: Scenario = {
  name: 'region-loss',
  summary: 'a region dies with its endpoint, vantage, functions and replica: traffic leaves it',
  play: async (stage) => {
    const { at } = await stage.inject({ kind: 'region-down', region: 'us-east-1' });
    const timeline = await watchRemoval(stage, 'app', 'us-east-1', at);
    await stage.pass(3000);
    return {
      expected: { answered: 'ap-southeast-1 eu-west-1', inTime: true, removals: 1 },
      observed: {
        answered: stage.answered('app', stage.now() - 2500).join(' '),
        inTime: isInTime(timeline),
        removals: commitsOf(stage, 'app', at).filter((one) => one.weights['us-east-1'] === 0)
          .length,
      },
      timeline,
    };
  },
};

const endpointHang: Scenario = {
  name: 'endpoint-hang',
  summary: 'an endpoint accepts and never answers: the total deadline finds it',
  play: async (stage) => {
    const { at } = await stage.inject({
      kind: 'endpoint-hung',
      service: 'app',
      endpoint: 'us-east-1',
    });
    const timeline = await watchRemoval(stage, 'app', 'us-east-1', at);
    // A connection that was open at that moment may be reset; every later one hangs.
    const failures = stage.events.flatMap((event) =>
      event.event === 'probe' && event.at >= at ? (event.code ?? []) : [],
    );
    return {
      expected: { answered: 'ap-southeast-1 eu-west-1', inTime: true, hangs: true },
      observed: {
        answered: stage.answered('app', stage.now() - 1900).join(' '),
        inTime: isInTime(timeline),
        hangs: failures.includes('timeout'),
      },
      timeline,
    };
  },
};

const regionAndItsQuorum: Scenario = {
  name: 'region-and-its-quorum-lost',
  summary: 'the dead region and another one lose their functions too: the rest still act',
  play: async (stage) => {
    const { at } = await stage.inject({ kind: 'region-down', region: 'us-east-1' });
    await stage.inject({ kind: 'vantage-down', vantage: 'eu-central-1' });
    const timeline = await watchRemoval(stage, 'app', 'us-east-1', at);
    return {
      expected: { answered: 'ap-southeast-1 eu-west-1', removed: true, vantagesLeft: 3 },
      observed: {
        answered: stage.answered('app', stage.now() - 1900).join(' '),
        removed: stage.weights('app')['us-east-1'] === 0,
        vantagesLeft: stage.world.state().vantages.filter(({ state }) => state === 'reporting')
          .length,
      },
      timeline,
    };
  },
};

const lostReply: Scenario = {
  name: 'lost-reply',
  summary: 'Route 53 makes the change and its reply is lost: recognised by nonce, done once',
  play: async (stage) => {
    await stage.inject({ kind: 'route53-reply-lost', count: 1 });
    const before = generationOf(stage, 'app') ?? 0;
    const { at } = await stage.inject({
      kind: 'endpoint-down',
      service: 'app',
      endpoint: 'us-east-1',
    });
    const timeline = await watchRemoval(stage, 'app', 'us-east-1', at);
    await stage.pass(12_000);
    return {
      expected: { answered: 'ap-southeast-1 eu-west-1', generations: 1, repliesLost: 1 },
      observed: {
        answered: stage.answered('app', stage.now() - 5000).join(' '),
        generations: (generationOf(stage, 'app') ?? 0) - before,
        repliesLost: 1 - stage.world.route53.faults.replyLost,
      },
      timeline,
    };
  },
};

const tierChange: Scenario = {
  name: 'tier-change',
  summary:
    'the first tier dies and returns: the second takes over, and leaves when it is back at 100 %',
  edit: (base) => ({
    ...base,
    services: {
      pay: {
        ...base.services.app,
        names: ['pay.example.test'],
        endpoints: {
          'eu-west-1': { address: '192.0.2.20', weight: 100 },
          'us-east-1': { address: '198.51.100.20', weight: 100, tier: 2 },
        },
      },
    },
  }),
  play: async (stage) => {
    const fault = await stage.inject({
      kind: 'endpoint-down',
      service: 'pay',
      endpoint: 'eu-west-1',
    });
    const timeline = await watchRemoval(stage, 'pay', 'eu-west-1', fault.at);
    const whileDown = stage.answered('pay', stage.now() - 1900).join(' ');
    const healedAt = await stage.heal(fault.id);
    await stage.until(() => stage.weights('pay')['us-east-1'] === 0, 70_000);
    await stage.pass(2500);
    const returns = commitsOf(stage, 'pay', healedAt);
    const last = returns.find((one) => one.weights['us-east-1'] === 0);
    return {
      expected: {
        whileDown: 'us-east-1',
        afterwards: 'eu-west-1',
        inTime: true,
        stayedWhileRamping: true,
        leftWithFull: 100,
      },
      observed: {
        whileDown,
        afterwards: stage.answered('pay', stage.now() - 2000).join(' '),
        inTime: isInTime(timeline),
        stayedWhileRamping: returns
          .filter((one) => one !== last && one.at < (last?.at ?? 0))
          .every((one) => one.weights['us-east-1'] === 100),
        leftWithFull: last?.weights['eu-west-1'] ?? null,
      },
      timeline,
    };
  },
};

const seeSaw: Scenario = {
  name: 'see-saw',
  summary:
    'A is back but held down when B, the last in service, dies: one rescue, DNS answers only A',
  edit: (base) => ({
    ...base,
    services: {
      app: {
        ...base.services.app,
        endpoints: {
          'eu-west-1': { address: '192.0.2.10', weight: 100 },
          'us-east-1': { address: '198.51.100.10', weight: 100 },
        },
        policy: { 'hold-down': '60s' },
      },
    },
  }),
  play: async (stage) => {
    const a = await stage.inject({ kind: 'endpoint-down', service: 'app', endpoint: 'eu-west-1' });
    await watchRemoval(stage, 'app', 'eu-west-1', a.at);
    await stage.heal(a.id);
    const isUp = (): boolean =>
      stage.world.state().services[0]?.endpoints.find(({ endpoint }) => endpoint === 'eu-west-1')
        ?.verdict === 'up';
    await stage.until(isUp, WAIT_MS);
    const b = await stage.inject({ kind: 'endpoint-down', service: 'app', endpoint: 'us-east-1' });
    const timeline = await watchRemoval(stage, 'app', 'us-east-1', b.at);
    const rescue = commitsOf(stage, 'app', b.at)[0];
    return {
      expected: { answered: 'eu-west-1', inTime: true, oneBatch: true },
      observed: {
        answered: stage.answered('app', stage.now() - 1900).join(' '),
        inTime: isInTime(timeline),
        oneBatch: rescue?.weights['eu-west-1'] === 100 && rescue.weights['us-east-1'] === 0,
      },
      timeline,
    };
  },
};

export const LOSS: readonly Scenario[] = [
  regionLoss,
  endpointHang,
  regionAndItsQuorum,
  lostReply,
  tierChange,
  seeSaw,
];
