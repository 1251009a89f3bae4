/**
 * What a simulation is made of, as plain data: a seed, files, faults with their times. The same scenario
 * gives the same events, so it can be written down, repeated, and made smaller.
 */
import type { Config } from '../../shared/core/model.ts';
import type { FileData } from './world/sim-config.ts';
import type { SimWorld } from './world/world.ts';

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

export type PlannedFault = {
  /** A key of `FAULT_KINDS`. */
  readonly kind: string;
  /** After the start, in true time. */
  readonly fromMs: number;
  /** Equal to `fromMs`: it happens at once and has no end of its own. */
  readonly untilMs: number;
  readonly params: { readonly [key: string]: Json };
};

export type Scenario = {
  readonly name: string;
  readonly seed: string;
  /** As an operator would write it. */
  readonly file: FileData;
  /** Files that are deployed later are params of faults (`deploy`). */
  readonly faults: readonly PlannedFault[];
  /** Faults end by then, but for those that outlive the healing (a random core is whole again). */
  readonly healAtMs: number;
  /** From the healing until then everything converges: liveness is judged. */
  readonly endAtMs: number;
};

/** One way in which the world may go wrong. */
export type FaultKind = {
  /** Rows of faults.md that it injects. */
  readonly rows: readonly string[];
  /** Applies it and returns what ends it. */
  readonly begin: (world: SimWorld, fault: PlannedFault) => () => void;
  /** For the trace, in a few words. */
  readonly describe: (fault: PlannedFault) => string;
};

export type Violation = {
  /** S1 … S18, L1 … L11. */
  readonly invariant: string;
  readonly atMs: number;
  /** With the numbers. */
  readonly why: string;
};

/** Looks at events (`world.on`) and at the world's truth; imports nothing of `shared/core` but types. */
export type Checker = {
  readonly id: string;
  /** After the last event. */
  readonly atEnd?: () => void;
  /** Milliseconds by name, for percentiles over many seeds. */
  readonly timings?: () => Readonly<Record<string, readonly number[]>>;
};
export type MakeChecker = (
  world: SimWorld,
  scenario: Scenario,
  fail: (invariant: string, why: string) => void,
) => Checker;

/** Which clients a scenario had, and what they met. */
export type ClientReport = {
  /** Seconds × share of clients that were answered a dead endpoint while a live one was configured. */
  readonly blackHoledSeconds: number;
  readonly omniscientSeconds: number;
  readonly nothingSeconds: number;
  readonly healthCheckSeconds: number;
};

export type SeedOutcome = {
  readonly seed: string;
  readonly scenario: string;
  readonly violations: readonly Violation[];
  /** Row of faults.md → how often it was injected. */
  readonly faults: Readonly<Record<string, number>>;
  readonly markers: Readonly<Record<string, number>>;
  readonly simulatedMs: number;
  readonly cpuMs: number;
  readonly traceHash: string;
  readonly clients: ClientReport;
  /** What checkers timed, in milliseconds by name. */
  readonly timings: Readonly<Record<string, readonly number[]>>;
};

export type { Config };
