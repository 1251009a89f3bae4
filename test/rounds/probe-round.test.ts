/** One probe round over a fake prober on virtual time: spread, bounded, cut, and judged. */
import { describe, expect, it } from 'vitest';
import { type Config, type Endpoint, epochMs, serviceId } from '../../shared/core/model.ts';
import type { ProbeRequest } from '../../shared/core/probe.ts';
import {
  IN_FLIGHT_MAX,
  type LookTarget,
  type ProbeRoundOrder,
  type ProbeRoundResult,
  probeGate,
  probeRound,
  questionsOf,
} from '../../shared/rounds/probe-round.ts';
import { FAKE_START, type FakeClock, fakeClock } from '../fakes/fake-clock.ts';
import { sampleConfig, sampleEndpoint, sampleService, VANTAGES } from '../fakes/sample-service.ts';
import { type Answer, type TimedProber, timedProber, WELL } from '../fakes/timed-prober.ts';

const NEVER = new AbortController().signal;
const EVERY_MS = 10_000;
const CONFIG = sampleConfig();
const SERVICE = CONFIG.services[0]!;

describe('one round', () => {
  it('looks at every endpoint once and asks the control targets', async () => {
    const { result, prober } = await round();

    expect(result.observations.map(({ endpoint, outcome }) => [endpoint, outcome.kind])).toEqual([
      ['eu-west-1', 'pass'],
      ['us-east-1', 'pass'],
      ['ap-southeast-1', 'pass'],
    ]);
    expect(result.selfCheck).toEqual({ isolated: false, targets: 2, failed: 0 });
    expect(prober.asked).toHaveLength(5);
  });

  it('takes its time from the clock when it begins, not from its number', async () => {
    const { result } = await round({ startAt: FAKE_START + 4_321 });

    expect(result.mark).toEqual({
      everyMs: EVERY_MS,
      round: FAKE_START / EVERY_MS,
      observedAt: FAKE_START + 4_321,
    });
    expect(result.observations[0]?.at).toBe(FAKE_START + 4_321);
  });

  it('looks at a few endpoints only, if told so', async () => {
    const endpoint = SERVICE.endpoints[1]!;

    const { result, prober } = await round({ targets: [{ service: SERVICE, endpoint }] });

    expect(result.observations.map((seen) => seen.endpoint)).toEqual([endpoint.id]);
    expect(prober.asked.map(({ request }) => request.target)).toContain(endpoint.probeTargets[0]);
    expect(prober.asked).toHaveLength(3);
  });

  it('spreads the starts over the first half of the interval', async () => {
    const { prober } = await round();

    expect(prober.asked.map(({ at }) => at - FAKE_START)).toEqual([0, 1_000, 2_000, 3_000, 4_000]);
  });

  it('asks the same question of two services once', async () => {
    const twin = sampleService({ id: serviceId('twin') });
    const config = sampleConfig({ services: [SERVICE, twin] });

    const { result, prober } = await round({ targets: targetsOf(config) });

    expect(result.observations).toHaveLength(6);
    expect(prober.asked).toHaveLength(5);
  });
});

describe('a round whose endpoints hang', () => {
  it('gives each probe its whole timeout, however late in the round it started', async () => {
    const slow = checked({ timeoutMs: 9_900 });

    const { result, clock } = await round({
      targets: slow,
      answer: () => ({ kind: 'hung' }),
    });

    expect(result.observations.map(({ outcome }) => outcome)).toMatchObject(
      slow.map(() => ({ kind: 'fail', code: 'timeout' })),
    );
    expect(clock.now() - FAKE_START).toBeLessThanOrEqual(EVERY_MS);
  });

  it('gives each probe its whole timeout even if the round began late', async () => {
    const { result, clock } = await round({
      startAt: FAKE_START + 9_000,
      answer: () => ({ kind: 'hung' }),
    });

    expect(result.observations.every(({ outcome }) => outcome.kind === 'fail')).toBe(true);
    expect(clock.now() - FAKE_START).toBe(12_000);
  });

  it('cuts off a prober that never settles, and blames itself', async () => {
    const { result, clock } = await round({ answer: () => ({ kind: 'deaf' }) });

    expect(result.observations.map(({ outcome }) => outcome)).toMatchObject([
      { kind: 'skipped', code: 'aborted' },
      { kind: 'skipped', code: 'aborted' },
      { kind: 'skipped', code: 'aborted' },
    ]);
    expect(clock.now() - FAKE_START).toBe(EVERY_MS + 500);
    expect(clock.waiting()).toBe(0);
  });
});

describe('a round of 500 endpoints', () => {
  const endpoints = Array.from({ length: 500 }, (_, i) =>
    sampleEndpoint(`endpoint-${i}`, { probeTargets: [`198.51.${Math.floor(i / 250)}.${i % 250}`] }),
  );
  const config = sampleConfig({ services: [sampleService({ endpoints })] });
  const targets = targetsOf(config);

  it('has at most 100 requests in flight and finishes in time', async () => {
    const answer = (): Answer => ({ kind: 'status', status: 200, afterMs: 1_200 });

    const { result, prober, clock } = await round({ targets, answer });

    expect(result.observations.filter(({ outcome }) => outcome.kind === 'pass')).toHaveLength(500);
    expect(prober.inFlightMax()).toBe(IN_FLIGHT_MAX);
    expect(clock.now() - FAKE_START).toBeLessThan(EVERY_MS);
  });

  it('skips what it could not reach while all hang, and reaches the others in the next rounds', async () => {
    const failed = new Set<string>();
    for (const later of [0, 1, 2, 3]) {
      const { result, prober } = await round({
        targets,
        startAt: FAKE_START + later * EVERY_MS,
        answer: () => ({ kind: 'hung' }),
      });
      const hung = result.observations.filter(({ outcome }) => outcome.kind === 'fail');
      for (const { endpoint } of hung) failed.add(endpoint);
      expect(hung.length).toBeGreaterThanOrEqual(200);
      const endAt = FAKE_START + (later + 1) * EVERY_MS;
      expect(prober.asked.every(({ at, request }) => at + request.timeoutMs <= endAt)).toBe(true);
      expect(result.observations.filter(({ outcome }) => outcome.kind === 'pass')).toEqual([]);
    }

    expect(failed.size).toBe(500);
  });
});

describe('the vantage’s own troubles', () => {
  it('a late event loop makes failures skipped and leaves passes alone', async () => {
    const failing = SERVICE.endpoints[0]!.probeTargets[0];

    const { result } = await round({
      answer: ({ target }, _at, prober) => {
        prober.runLate(251);
        return target === failing ? { kind: 'fail', code: 'timeout' } : WELL;
      },
    });

    expect(result.loopLatenessMs).toBe(251);
    expect(result.observations.map(({ outcome }) => outcome)).toMatchObject([
      { kind: 'skipped', code: 'starved' },
      { kind: 'pass' },
      { kind: 'pass' },
    ]);
  });

  it('a loop that ran late before the round says nothing about it', async () => {
    const clock = fakeClock();
    const prober = timedProber(clock, () => ({ kind: 'fail', code: 'refused' }));
    prober.runLate(5_000);

    const result = await clock.runUntil(start(clock, prober));

    expect(result.loopLatenessMs).toBe(0);
    expect(result.observations.every(({ outcome }) => outcome.kind === 'fail')).toBe(true);
  });

  it('two rounds at once both hear of the same lateness', async () => {
    const clock = fakeClock();
    const prober = timedProber(clock);
    const gate = probeGate();
    const first = start(clock, prober, {}, gate);
    const second = start(
      clock,
      prober,
      { everyMs: 5_000, endAt: epochMs(FAKE_START + 5_000) },
      gate,
    );
    clock.schedule(FAKE_START + 1_500, () => prober.runLate(300));

    const results = await clock.runUntil(Promise.all([first, second]));

    expect(results.map(({ loopLatenessMs }) => loopLatenessMs)).toEqual([300, 300]);
  });

  it('a prober that throws is the vantage’s fault', async () => {
    const { result } = await round({ answer: () => ({ kind: 'throws' }) });

    expect(result.observations[0]?.outcome).toMatchObject({
      kind: 'skipped',
      code: 'aborted',
      detail: expect.stringContaining('a prober with a bug'),
    });
  });

  it('all control targets failing is an isolation', async () => {
    const { result } = await round({ answer: () => ({ kind: 'fail', code: 'timeout' }) });

    expect(result.selfCheck).toEqual({ isolated: true, targets: 2, failed: 2 });
  });

  it('asks the control targets it is given', async () => {
    const clock = fakeClock();
    const prober = timedProber(clock);

    const result = await clock.runUntil(start(clock, prober, {}, probeGate(), () => []));

    expect(result.selfCheck).toEqual({ isolated: false, targets: 0, failed: 0 });
    expect(prober.asked).toHaveLength(3);
  });
});

describe('a round that is ended from outside', () => {
  it('has not happened, and leaves nothing behind', async () => {
    const clock = fakeClock();
    const prober = timedProber(clock, () => ({ kind: 'hung' }));
    const ended = new AbortController();
    clock.schedule(FAKE_START + 2_500, () => ended.abort(new Error('enough')));

    const running = start(clock, prober, {}, probeGate(), undefined, ended.signal);

    await expect(clock.runUntil(running)).rejects.toThrow('enough');
    expect(clock.waiting()).toBe(0);
  });

  it('does not begin under a signal that is aborted', async () => {
    const clock = fakeClock();
    const prober = timedProber(clock);
    const ended = AbortSignal.abort(new Error('too late'));

    const running = start(clock, prober, {}, probeGate(), undefined, ended);

    await expect(clock.runUntil(running)).rejects.toThrow('too late');
    expect(prober.asked).toEqual([]);
  });
});

type Target = LookTarget;
type Order = Partial<ProbeRoundOrder> & { readonly targets?: readonly Target[] };

function targetsOf(config: Config): Target[] {
  return config.services.flatMap((service) =>
    service.endpoints.map((endpoint) => ({ service, endpoint })),
  );
}

const checked = (check: Partial<Endpoint['check']>): Target[] =>
  SERVICE.endpoints.map((endpoint) => ({
    service: SERVICE,
    endpoint: { ...endpoint, check: { ...endpoint.check, ...check } },
  }));

function start(
  clock: FakeClock,
  prober: TimedProber,
  { targets = targetsOf(CONFIG), ...order }: Order = {},
  gate = probeGate(),
  controls?: () => readonly ProbeRequest[],
  signal: AbortSignal = NEVER,
): Promise<ProbeRoundResult> {
  const number = Math.floor(clock.now() / EVERY_MS);
  return probeRound(
    {
      clock,
      prober,
      gate,
      aids: { compilePattern: () => ({ problem: 'no patterns here' }) },
    },
    {
      vantage: VANTAGES[0]!,
      everyMs: EVERY_MS,
      round: number,
      endAt: epochMs((number + 1) * EVERY_MS),
      questions: questionsOf(controls ? { controls } : {}, CONFIG, VANTAGES[0]!, targets),
      ...order,
    },
    signal,
  );
}

async function round({
  startAt = FAKE_START,
  answer = () => WELL,
  ...order
}: {
  startAt?: number;
  answer?: (request: ProbeRequest, at: number, prober: TimedProber) => Answer;
} & Order = {}): Promise<{
  readonly result: ProbeRoundResult;
  readonly clock: FakeClock;
  readonly prober: TimedProber;
}> {
  const clock = fakeClock(startAt);
  const prober: TimedProber = timedProber(clock, (request, at) => answer(request, at, prober));
  const result = await clock.runUntil(start(clock, prober, order));
  return { result, clock, prober };
}
