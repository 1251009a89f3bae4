/**
 * What is measured: a DNS server that moves answers away from an endpoint by itself. A contender brings
 * names to ask for, each with one primary address that can be broken and one that takes over, and says
 * at which settings it plays. It says nothing about how it decides: only its answers are measured.
 */

export const BREAKS = {
  kill: 'connections are refused',
  hang: 'connections are accepted, nothing is ever answered',
} as const;
/** How the primary of a subject is broken. */
export type Break = keyof typeof BREAKS;
export const BREAK_KINDS = Object.keys(BREAKS) as readonly Break[];

/** A name that answers its primary's address while that is up, and another one while it is not. */
export type Subject = {
  readonly id: string;
  readonly name: string;
  /** Of the primary, as an A answer holds it. */
  readonly address: string;
};

/** The settings that theory needs. What a contender does not have is 0, or empty, or 1 of 1. */
export type Facts = {
  readonly everyMs: number;
  readonly timeoutMs: number;
  readonly fall: number;
  readonly rise: number;
  /** Who looks; their looks are spread evenly over the interval. */
  readonly vantages: number;
  readonly quorum: number;
  /** From a subject's look to the end of its round, when the round is reported; one per subject. */
  readonly restsMs: readonly number[];
  /** From the start of a round to its end. */
  readonly roundMs: number;
  /** A report travels at most so long to whoever decides. */
  readonly replicationLagMs: number;
  /** Changes are noticed by a poll, or published by a timer, of this period. */
  readonly pollMs: number;
  /** From a change until the name servers answer it. */
  readonly insyncDelayMs: number;
  /** What time alone makes due (a hold-down, a step) is looked at so often. */
  readonly schedulePeriodMs: number;
  readonly holdDownMs: number;
  /** Percentages of the way back, the last is 100. */
  readonly ramp: readonly number[];
  readonly rampStepMs: number;
};

export type BenchContext = {
  /** Wanted; a contender that can't says so in its facts. */
  readonly everyMs: number;
  readonly fall: number;
  readonly insyncDelayMs: number;
  /** How many names with a primary of their own. */
  readonly subjects: number;
  /** Addresses 127.x.y.*, x·256 + y; never another's of the same run. */
  readonly block: number;
  readonly signal: AbortSignal;
};

export type Running = AsyncDisposable & {
  readonly dns: { readonly host: string; readonly port: number };
  readonly subjects: readonly Subject[];
  readonly facts: Facts;
  /** Each resolves when the subject's primary behaves so. */
  readonly kill: (subject: Subject) => Promise<void>;
  readonly hang: (subject: Subject) => Promise<void>;
  readonly heal: (subject: Subject) => Promise<void>;
};

export type Contender = {
  readonly name: string;
  /** What it is, in one line. */
  readonly summary: string;
  /** Resolves when every name answers its primary and nothing is about to change by itself. */
  readonly start: (context: BenchContext) => Promise<Running>;
};
