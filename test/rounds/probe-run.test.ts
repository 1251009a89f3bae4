/** A run of `probe` over fakes on virtual time: take-over, lost replies, slow stores, late triggers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QuorateError } from '../../shared/core/errors.ts';
import { type Config, endpointId, epochMs, serviceId, vantageId } from '../../shared/core/model.ts';
import type { ProbeRequest } from '../../shared/core/observation.ts';
import { manifestOf, type Report, roundKey } from '../../shared/core/report.ts';
import { parseReport } from '../../shared/core/report-parse.ts';
import { roundAt } from '../../shared/core/schedule.ts';
import { probeGate } from '../../shared/rounds/probe-round.ts';
import {
  type ProbeRoundFacts,
  type ProbeRunOptions,
  type ProbeRunResult,
  probeRun,
} from '../../shared/rounds/probe-run.ts';
import { FAKE_START, type FakeClock, fakeClock, fakeIds } from '../fakes/fake-clock.ts';
import { type Answer, type FakeProber, fakeProber, WELL } from '../fakes/fake-prober.ts';
import { type FakeStore, fakeStore } from '../fakes/fake-store.ts';
import { sampleConfig, sampleEndpoint, sampleService, VANTAGES } from '../fakes/sample-service.ts';

const VANTAGE = vantageId('eu-west-1'); // index 0: its rounds begin at multiples of the interval
const EVERY_MS = 10_000;
const NEVER = new AbortController().signal;

describe('a run', () => {
  it('counts failures round by round until the endpoint is voted down', async () => {
    const world = newWorld({ answer: failing('us-east-1') });

    await world.run({ remainingMs: 35_000 });

    expect(entryOf(world.report(), 'us-east-1')).toMatchObject({
      vote: 'down',
      failures: 4,
      passes: 0,
      sinceAt: FAKE_START,
      code: 'refused',
    });
  });

  it('lists nothing once every endpoint has passed rise times', async () => {
    const world = newWorld();

    await world.run({ remainingMs: 45_000 });

    expect(world.report()).toMatchObject({ entries: [], unlisted: 3, changed: true });
    expect(world.report().rounds).toEqual([
      { everyMs: EVERY_MS, round: roundNow(world.clock) - 0, observedAt: FAKE_START + 40_000 },
    ]);
  });
});

type World = {
  readonly clock: FakeClock;
  readonly store: FakeStore;
  readonly prober: FakeProber;
  readonly config: Config;
  readonly facts: ProbeRoundFacts[];
  readonly start: (
    options?: Partial<ProbeRunOptions>,
    signal?: AbortSignal,
  ) => Promise<ProbeRunResult>;
  readonly run: (
    options?: Partial<ProbeRunOptions>,
    signal?: AbortSignal,
  ) => Promise<ProbeRunResult>;
  readonly report: () => Report;
};

function newWorld({
  config = sampleConfig(),
  answer = (): Answer => WELL,
  startAt = FAKE_START,
}: {
  config?: Config;
  answer?: (request: ProbeRequest, at: number) => Answer;
  startAt?: number;
} = {}): World {
  const clock = fakeClock(startAt);
  const store = fakeStore(undefined, clock);
  const prober = fakeProber(clock, answer);
  const facts: ProbeRoundFacts[] = [];
  const ids = fakeIds();
  const start: World['start'] = (options = {}, signal = NEVER) =>
    probeRun(
      {
        clock,
        store,
        prober,
        ids,
        gate: probeGate(),
        aids: { compilePattern: () => ({ problem: 'no patterns here' }) },
      },
      config,
      VANTAGE,
      {
        release: '0.1.0',
        reads: { report: [1], fence: [1] },
        remainingMs: 150_000,
        onRound: (fact) => facts.push(fact),
        ...options,
      },
      signal,
    );
  return {
    clock,
    store,
    prober,
    config,
    facts,
    start,
    run: (options, signal) => clock.runUntil(start(options, signal)),
    report: () => {
      const parsed = parseReport(store.table.reports.get(VANTAGE), VANTAGE);
      if ('malformed' in parsed) throw new Error(parsed.malformed);
      return parsed;
    },
  };
}

const roundNow = (clock: FakeClock): number =>
  roundAt(clock.now(), EVERY_MS, { index: 0, count: VANTAGES.length });

const entryOf = (report: Report, endpoint: string): Report['entries'][number] | undefined =>
  report.entries.find((entry) => entry.endpoint === endpoint);

/** Every request to this endpoint's address is refused; control targets and others answer. */
const failing =
  (...ids: readonly string[]) =>
  (request: ProbeRequest): Answer =>
    ids.some((id) => sampleEndpoint(id).probeTargets.includes(request.target))
      ? { kind: 'fail', code: 'refused' }
      : WELL;
