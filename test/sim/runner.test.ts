/** What runs scenarios: it stops at what is broken, tells bugs apart from silence, and shrinks what fails. */
import { describe, expect, it } from 'vitest';
import { lengthsOf, minutesOf } from './run/lengths.ts';
import { minimise } from './run/minimise.ts';
import { runScenario } from './run/run-scenario.ts';
import { newTally } from './run/tally.ts';
import { lastMinutes, sinceStart, traceText } from './run/trace-text.ts';
import type { PlannedFault, Scenario } from './scenario.ts';
import { STANDARD_FILE } from './world/sim-config.ts';

const MINUTE = 60_000;

describe('one scenario', () => {
  it('tells what happened in lines that a person can read, and ends when it is over', async () => {
    const outcome = await runScenario(
      scenario({ endAtMs: 4 * MINUTE, faults: [refuses('us-east-1', 1 * MINUTE, 3 * MINUTE)] }),
      { keepsLines: true },
    );

    expect(outcome.violations).toEqual([]);
    expect(outcome.simulatedMs).toBe(4 * MINUTE);
    expect(outcome.faults.F15).toBe(1);
    const text = traceText(outcome.lines, outcome.startMs);
    expect(text).toMatch(/^\+00:01:00\.000 +fault +endpoint-refuses 1 +begins/m);
    expect(text).toMatch(/commit +batch \d+ of quorum +app\.example\.com A us-east-1 100 → 0/);
    expect(text).toMatch(/^ {2}verdict +verdicts of a region that changed/m);
  });

  it('has the same trace hash whether its lines are kept or not', async () => {
    const short = scenario({ endAtMs: 1 * MINUTE, faults: [] });

    const [kept, plain] = [
      await runScenario(short, { keepsLines: true }),
      await runScenario(short),
    ];

    expect(kept.lines.length).toBeGreaterThan(0);
    expect(plain.lines).toEqual([]);
    expect(plain.traceHash).toBe(kept.traceHash);
  });

  it('ends with a bug where code rejects unheard, writes to the console, or logs an error', async () => {
    const short = scenario({ endAtMs: 2 * MINUTE, faults: [] });
    const breaking = async (breaks: () => void) => {
      const { violations, simulatedMs } = await runScenario(short, {
        onWorld: ({ sim }) => void sim.after(20_000, 'test', breaks),
      });
      return { ...violations[0], isOver: simulatedMs === 2 * MINUTE };
    };

    expect(await breaking(() => void Promise.reject(new Error('unheard')))).toMatchObject({
      invariant: 'bug',
      why: expect.stringContaining('unheard'),
      isOver: false,
    });
    expect(await breaking(() => console.log('left over'))).toMatchObject({
      invariant: 'bug',
      why: 'console.log: left over',
      isOver: false,
    });
    expect(
      await breaking(() => {
        throw new Error('thrown');
      }),
    ).toMatchObject({ invariant: 'bug', why: expect.stringContaining('thrown') });
  });

  it('refuses a fault that nobody knows, by name', async () => {
    const outcome = await runScenario(
      scenario({
        endAtMs: 1 * MINUTE,
        faults: [{ kind: 'gremlins', fromMs: 0, untilMs: 1, params: {} }],
      }),
    );

    expect(outcome.violations[0]?.why).toContain('there is no fault gremlins');
  });
});

describe('minimise', () => {
  it('leaves out every fault but those that the violation needs, and what comes after it', async () => {
    const faults = Array.from({ length: 40 }, (_, n) => refuses(`e${n}`, n * MINUTE, 90 * MINUTE));
    const needed = ['e7', 'e31'];
    const breaks = async ({ faults: left, endAtMs }: Scenario) => {
      const names = left.map(({ params }) => params.endpoint);
      return needed.every((name) => names.includes(name)) && endAtMs >= 40 * MINUTE
        ? { invariant: 'S4', why: 'all zero', atMs: 40 * MINUTE }
        : names.length > 20
          ? { invariant: 'S5', why: 'another', atMs: 1 }
          : null;
    };

    const small = await minimise(scenario({ endAtMs: 100 * MINUTE, faults }), {
      nowMs: () => 0,
      budgetMs: 1,
      breaks,
    });

    expect(small?.scenario.faults.map(({ params }) => params.endpoint)).toEqual(needed);
    expect(small?.scenario.endAtMs).toBeLessThan(42 * MINUTE);
    expect(small?.faults).toEqual([40, 2]);
    expect(small).toMatchObject({ invariant: 'S4', isDone: true });
  });

  it('says so when nothing breaks, and when time is up', async () => {
    const given = scenario({ endAtMs: MINUTE, faults: [] });
    let now = 0;

    expect(
      await minimise(given, { nowMs: () => 0, budgetMs: 1, breaks: async () => null }),
    ).toBeNull();
    const late = await minimise(given, {
      nowMs: () => now++ * 1_000,
      budgetMs: 500,
      breaks: async () => ({ invariant: 'S1', why: '', atMs: 0 }),
    });
    expect(late?.isDone).toBe(false);
  });
});

describe('many seeds', () => {
  it('take a length from the seed alone, or add up to the days that are asked for', () => {
    const seeds = Array.from({ length: 2_000 }, (_, index) => index + 1);
    const sum = (all: ReadonlyMap<number, number>) => [...all.values()].reduce((a, b) => a + b, 0);

    expect(lengthsOf([8831], null).get(8831)).toBe(minutesOf(8831));
    expect(sum(lengthsOf(seeds, null)) / 1_440).toBeGreaterThanOrEqual(180);
    expect(sum(lengthsOf(seeds, 365)) / 1_440).toBeGreaterThanOrEqual(365);
  });

  it('are summed up with what was never reached, and the first violation of each seed', () => {
    const tally = newTally({ faults: ['F2', 'F10'], markers: ['quorum met exactly', 'rescue'] });
    const job = { kind: 'swarm', seed: 7, minutes: 125 } as const;
    const outcome = {
      seed: '7',
      scenario: 'swarm',
      faults: { F10: 3 },
      markers: { rescue: 1 },
      simulatedMs: 86_400_000,
      cpuMs: 4_320,
      traceHash: 'a',
      clients: {
        blackHoledSeconds: 1,
        omniscientSeconds: 1,
        nothingSeconds: 1,
        healthCheckSeconds: 1,
      },
      timings: { removed: [9, 1, 5] },
      configDigest: '',
      events: 1,
      trace: null,
    };
    const broken = [
      { invariant: 'S4', atMs: 5, why: 'first' },
      { invariant: 'S5', atMs: 5, why: 'second' },
    ];

    tally.add(job, { ...outcome, violations: broken });
    tally.verify(job, { ...outcome, violations: broken, traceHash: 'b' });
    const summary = tally.summary({ commit: 'abc', seconds: 9 });

    expect(summary).toMatchObject({
      event: 'summary',
      seeds: 1,
      simulatedDays: 1,
      violations: 1,
      speedPerCore: 20_000,
      faults: { F2: 0, F10: 3 },
      timings: { removed: { count: 3, p50Ms: 5, p99Ms: 9, maxMs: 9 } },
      missing: { faults: ['F2'], markers: ['quorum met exactly'] },
      hashes: { verified: 1, differ: ['npm run sim -- --seed 7'] },
      failures: [{ seed: '7', invariant: 'S4', why: 'first', replay: 'npm run sim -- --seed 7' }],
    });
  });
});

describe('trace text', () => {
  it('counts from the start, in days where it is long', () => {
    expect(sinceStart(2 * 3_600_000 + 10 * MINUTE + 38_474)).toBe('+02:10:38.474');
    expect(sinceStart(86_400_000 + 1)).toBe('+1d 00:00:00.001');
  });

  it('shows the last minutes, and of what was before only what still matters', () => {
    const line = (minute: number, stage: string) => ({
      atMs: minute * MINUTE,
      place: '',
      stage,
      subject: '',
      what: '',
      why: '',
    });
    const lines = [line(1, 'fault'), line(2, 'report'), line(30, 'report'), line(31, 'VIOLATION')];

    expect(lastMinutes(lines, 10, 100).map(({ atMs }) => atMs / MINUTE)).toEqual([1, 30, 31]);
  });
});

const refuses = (endpoint: string, fromMs: number, untilMs: number): PlannedFault => ({
  kind: 'endpoint-refuses',
  fromMs,
  untilMs,
  params: { service: 'app', endpoint, code: 'refused' },
});

const scenario = (own: Pick<Scenario, 'faults' | 'endAtMs'>): Scenario => ({
  name: 'test',
  seed: 'runner',
  file: STANDARD_FILE,
  healAtMs: own.endAtMs,
  ...own,
});
