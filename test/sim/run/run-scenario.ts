/**
 * One scenario from its first event to its last, or to its first violation: production handlers in a
 * simulated world, with faults begun and ended at their times, and every checker watching. The same
 * scenario gives the same trace hash. What production code throws past its handlers, or writes to the
 * console, is a violation of its own: `bug`.
 */

import { timingsOf } from '../checkers/liveness.ts';
import type { Line } from '../kernel/trace.ts';
import type { Checker, Scenario, SeedOutcome, Violation } from '../scenario.ts';
import type { WorldEvent } from '../world/events.ts';
import { configOf } from '../world/sim-config.ts';
import { SIM_START_MS, type SimWorld, simWorld } from '../world/world.ts';
import { captured } from './captured.ts';
import { CHECKERS, clientModel, FAULT_KINDS, markerWatch } from './parts.ts';
import { tellStory } from './story.ts';

export type RunOptions = {
  readonly keepsLines?: boolean;
  /** Of real time; a scenario that hangs ends as a `bug`. Default: by events alone. */
  readonly onWorld?: (world: SimWorld) => void;
};
export type RunOutcome = SeedOutcome & {
  readonly lines: readonly Line[];
  readonly events: number;
  readonly configDigest: string;
  readonly startMs: number;
};

/** The first file was packaged a while before the start; those that are deployed later are newer. */
export const PACKAGED_AT_MS = SIM_START_MS - 864_000_000;
/** Of an hour of three vantages or ten, with any storm that faults make: beyond it, something spins. */
const EVENTS_PER_HOUR_MAX = 2_000_000;
const EVENTS_AT_START_MAX = 500_000;
const WATCH_EVERY_MS = 500;

export async function runScenario(
  scenario: Scenario,
  options: RunOptions = {},
): Promise<RunOutcome> {
  const violations: Violation[] = [];
  const cpuFrom = cpuMs();
  let world: SimWorld | undefined;
  const fail = (invariant: string, why: string): void => {
    const atMs = world === undefined ? 0 : world.sim.nowMs() - world.startMs;
    // One broken rule is often seen twice; what follows from the first is no news.
    if (violations.some((known) => known.invariant === invariant)) return;
    violations.push({ invariant, atMs, why });
    world?.trace.line({
      atMs: world.sim.nowMs(),
      place: '',
      stage: 'VIOLATION',
      subject: invariant,
      what: '',
      why,
    });
    world?.sim.stop(new Stopped());
  };
  using _capture = captured((what) => fail('bug', what));

  const config = configOf(scenario.file, PACKAGED_AT_MS);
  const checkers: Checker[] = [];
  const faults: Record<string, number> = {};
  let clients: ReturnType<typeof clientModel> | undefined;
  let markers: ReturnType<typeof markerWatch> | undefined;
  try {
    world = await simWorld({
      seed: scenario.seed,
      config,
      keepsLines: options.keepsLines ?? false,
      // From the first event on: what was read before the zone is adopted is used after it.
      onMade: (made) => {
        world = made;
        options.onWorld?.(made);
        tellStory(made);
        made.on((event) => {
          if (event.kind !== 'fault-injected') return;
          for (const row of event.rows) faults[row] = (faults[row] ?? 0) + 1;
        });
        made.on((event) => judgeBug(event, fail));
        for (const make of CHECKERS) checkers.push(make(made, scenario, fail));
        clients = clientModel(made, scenario);
        markers = markerWatch(made, scenario);
      },
    });
    using _watchdog = watchdog(world, fail);
    schedule(world, scenario);
    const { sim, startMs } = world;
    await sim.runUntil(Math.max(sim.nowMs(), startMs + scenario.endAtMs));
    if (violations.length === 0) for (const { atEnd } of checkers) atEnd?.();
  } catch (error) {
    if (!(error instanceof Stopped)) fail('bug', textOf(error));
  }
  return {
    seed: scenario.seed,
    scenario: scenario.name,
    violations,
    faults,
    markers: markers?.counts() ?? {},
    simulatedMs: world === undefined ? 0 : world.sim.nowMs() - world.startMs,
    cpuMs: cpuMs() - cpuFrom,
    traceHash: world?.trace.hash() ?? '',
    clients: clients?.report() ?? NO_CLIENTS,
    timings: timingsOf(checkers),
    lines: world?.trace.lines() ?? [],
    events: world?.sim.eventsFired() ?? 0,
    configDigest: config.digest,
    startMs: world?.startMs ?? 0,
  };
}

const NO_CLIENTS = {
  blackHoledSeconds: 0,
  omniscientSeconds: 0,
  nothingSeconds: 0,
  healthCheckSeconds: 0,
};

class Stopped extends Error {}

/** Phases, and faults at their times; one without an end of its own is left to itself. */
function schedule(world: SimWorld, scenario: Scenario): void {
  const { sim, tell, startMs } = world;
  const at = (ms: number, kind: string, fire: () => void): void => {
    sim.after(Math.max(0, startMs + ms - sim.nowMs()), kind, fire);
  };
  const phase = (name: 'faults' | 'healed' | 'quiet') => (): void =>
    tell({ kind: 'phase', atMs: sim.nowMs(), phase: name });
  let quietAtMs = scenario.healAtMs;

  phase('faults')();
  for (const [index, fault] of scenario.faults.entries()) {
    const kind = FAULT_KINDS[fault.kind];
    if (kind === undefined) {
      const known = Object.keys(FAULT_KINDS).join(', ');
      throw new Error(`there is no fault ${fault.kind}; known: ${known}`);
    }
    const id = `${fault.kind} ${index + 1}`;
    const what = kind.describe(fault);
    const isAtOnce = fault.untilMs <= fault.fromMs;
    if (!isAtOnce) quietAtMs = Math.max(quietAtMs, fault.untilMs);
    at(fault.fromMs, 'fault begins', () => {
      tell({ kind: 'fault-began', atMs: sim.nowMs(), id, what });
      const end = kind.begin(world, fault);
      if (isAtOnce) return;
      sim.after(fault.untilMs - fault.fromMs, 'fault ends', () => {
        end();
        tell({ kind: 'fault-ended', atMs: sim.nowMs(), id, what });
      });
    });
  }
  at(scenario.healAtMs, 'healed', phase('healed'));
  if (quietAtMs < scenario.endAtMs) at(quietAtMs + 1, 'quiet', phase('quiet'));
}

/** Assertions stay on in production and turn into hold: here they are what we look for. */
function judgeBug(event: WorldEvent, fail: (invariant: string, why: string) => void): void {
  if (event.kind === 'decided') {
    for (const { service, decision } of event.results) {
      for (const reason of decision.reasons) {
        if (reason.code === 'bug')
          fail('bug', `${service} at ${event.by.region}: ${reason.assertion}`);
      }
    }
    return;
  }
  if (event.kind === 'logged' && event.level === 'error') {
    fail('bug', `${event.by.name} at ${event.by.region} logs an error: ${event.message}`);
  }
}

/** Virtual time that does not move looks like any other busy moment from inside: it is counted from outside. */
function watchdog(world: SimWorld, fail: (invariant: string, why: string) => void): Disposable {
  const { sim, startMs } = world;
  const timer = setInterval(() => {
    const fired = sim.eventsFired();
    const hours = (sim.nowMs() - startMs) / 3_600_000;
    if (fired <= EVENTS_AT_START_MAX + hours * EVENTS_PER_HOUR_MAX) return;
    fail('bug', `${fired} events in ${hours.toFixed(2)} simulated hours: something spins`);
  }, WATCH_EVERY_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Of this thread alone. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

const textOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
