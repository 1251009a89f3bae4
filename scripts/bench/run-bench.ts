/**
 * The bench itself. In: contenders, how many faults of each kind, a seed. Out: one sample per fault and
 * contender. Faults come one at a time per group of contenders, at all of them at once, at phases that
 * cover the interval; a healed subject is watched on its way back while the next one is broken. Waiting
 * has limits, and running into one is a sample that has not moved, never an exception.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { BREAK_KINDS, type Break, type Contender, type Facts, type Running } from './contender.ts';
import { msUntilPhase, stratifiedPhases } from './phases.ts';
import { benchNow, openPoller, type Poller, type Watch } from './poller.ts';
import { constant, theoryOf } from './theory.ts';
import { instantsOf, isQuiet, longestPauseMs } from './trace.ts';

export type Sample = {
  readonly contender: string;
  readonly fault: Break;
  readonly run: number;
  readonly subject: string;
  /** Share of the interval at which the fault came. */
  readonly phase: number;
  readonly faultAt: number;
  readonly healedAt: number | null;
  /** From the fault to the last answer that names the endpoint; null: it did not leave DNS. */
  readonly goneMs: number | null;
  /** From healing to the first answer that names it; null: it did not come back. */
  readonly backMs: number | null;
  /** From healing to the first answer after which nothing else is named. */
  readonly fullMs: number | null;
  /** Between the two answers that enclose each instant: what it is known by. */
  readonly bracketsMs: {
    readonly gone: number | null;
    readonly back: number | null;
    readonly full: number | null;
  };
  /** Longest time without an answer between fault and healing: how busy the machine was. */
  readonly pauseMs: number;
};

export type BenchOptions = {
  readonly contenders: readonly Contender[];
  /** Faults of each kind. */
  readonly runs: number;
  /** Groups side by side per kind of fault; each shares out the runs. */
  readonly groups: number;
  readonly everyMs: number;
  readonly fall: number;
  readonly insyncDelayMs: number;
  readonly seed: number;
  /** Beyond twice what theory calls the worst: tells a slow machine from what never moves. */
  readonly patienceMs?: number;
  readonly signal: AbortSignal;
  readonly onSample: (sample: Sample) => void;
  readonly onProgress: (line: string) => void;
};

export type BenchResult = {
  readonly samples: readonly Sample[];
  /** Of each contender and kind of fault, with the rests of all its groups. */
  readonly facts: ReadonlyMap<string, ReadonlyMap<Break, Facts>>;
};

/** Worlds of the bench stay away from those of `npm start` and of the drills. */
const FIRST_BLOCK = 96;
const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 20;

type Group = {
  readonly fault: Break;
  readonly phases: readonly { readonly run: number; readonly phase: number }[];
  readonly number: number;
};

export async function runBench(options: BenchOptions): Promise<BenchResult> {
  const samples: Sample[] = [];
  const facts = new Map<string, Map<Break, Facts>>();
  const noteFacts = (contender: string, fault: Break, mine: Facts): void => {
    const ofOne = facts.get(contender) ?? new Map<Break, Facts>();
    const before = ofOne.get(fault);
    const restsMs = [...(before?.restsMs ?? []), ...mine.restsMs];
    facts.set(contender, ofOne.set(fault, { ...mine, restsMs }));
  };
  const onSample = (sample: Sample): void => {
    samples.push(sample);
    options.onSample(sample);
  };
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  // One group's failure ends the others in order, each closing what it opened.
  const ends = await Promise.allSettled(
    groupsOf(options).map((group) =>
      playGroup({ ...options, signal, onSample }, group, noteFacts).catch((error: unknown) => {
        stop.abort(error);
        throw error;
      }),
    ),
  );
  options.signal.throwIfAborted();
  for (const end of ends) if (end.status === 'rejected') throw stop.signal.reason ?? end.reason;
  return { samples, facts };
}

/** The phases of a kind are dealt to its groups in turn. */
export function groupsOf({
  runs,
  groups,
  seed,
}: Pick<BenchOptions, 'runs' | 'groups' | 'seed'>): readonly Group[] {
  const count = Math.min(groups, runs);
  return BREAK_KINDS.flatMap((fault, kind) => {
    const phases = stratifiedPhases(runs, seed + kind).map((phase, index) => ({
      run: index + 1,
      phase,
    }));
    return Array.from({ length: count }, (_, index) => ({
      fault,
      number: kind * count + index,
      phases: phases.filter(({ run }) => (run - 1) % count === index),
    }));
  });
}

type Playing = { readonly contender: string; readonly running: Running; readonly poller: Poller };

async function playGroup(
  options: BenchOptions,
  group: Group,
  noteFacts: (contender: string, fault: Break, facts: Facts) => void,
): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const playing = await startAll(opened, options, group);
  for (const { contender, running } of playing) noteFacts(contender, group.fault, running.facts);
  const label = `group ${group.number + 1} (${group.fault})`;
  options.onProgress(`${label}: ready, ${group.phases.length} faults to come`);

  const returns: Promise<void>[] = [];
  for (const [index, { run, phase }] of group.phases.entries()) {
    const everyMs = Math.max(...playing.map(({ running }) => running.facts.everyMs));
    await pause(msUntilPhase(benchNow(), phase, everyMs), undefined, { signal: options.signal });
    const trials = await Promise.all(
      playing.map((one) => breakOne(one, group.fault, { index, run, phase }, options)),
    );
    for (const trial of trials) {
      const returning = watchReturn(trial, options);
      returning.catch(() => undefined); // Heard of below, where all are awaited.
      returns.push(returning);
    }
  }
  await Promise.all(returns);
  options.onProgress(`${label}: done`);
}

/** All at once: every contender is at rest before the first fault comes. */
async function startAll(
  opened: AsyncDisposableStack,
  options: BenchOptions,
  group: Group,
): Promise<readonly Playing[]> {
  const { contenders, everyMs, fall, insyncDelayMs, signal } = options;
  const ends = await Promise.allSettled(
    contenders.map(async ({ name, start }, index): Promise<Playing> => {
      const block = FIRST_BLOCK + group.number * contenders.length + index;
      const subjects = group.phases.length;
      const running = opened.use(
        await start({ everyMs, fall, insyncDelayMs, subjects, block, signal }),
      );
      return { contender: name, running, poller: opened.use(await openPoller(running.dns)) };
    }),
  );
  return ends.map((end) => {
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  });
}

type Trial = {
  readonly sample: Pick<Sample, 'contender' | 'fault' | 'run' | 'subject' | 'phase' | 'faultAt'>;
  readonly running: Running;
  readonly watch: Watch;
  /** Null: it never left DNS, so there is no way back to watch. */
  readonly healedAt: number | null;
};

/** Breaks one subject and waits until DNS has left it, or for too long; then it is healed. */
async function breakOne(
  { contender, running, poller }: Playing,
  fault: Break,
  { index, run, phase }: { readonly index: number; readonly run: number; readonly phase: number },
  { signal, patienceMs = PATIENCE_MS }: BenchOptions,
): Promise<Trial> {
  const subject = running.subjects[index];
  if (!subject)
    throw new Error(
      `${contender} has ${running.subjects.length} subjects, ${index + 1} are needed`,
    );
  const watch = poller.watch(subject);
  // Before the act: what the breaking itself takes counts against the contender, by a few ms.
  const faultAt = benchNow();
  await (fault === 'kill' ? running.kill(subject) : running.hang(subject));
  const { gone } = theoryOf(running.facts, fault, constant(0));
  const isGone = await until(
    () => isQuiet(watch.answers, ({ names }) => !names),
    2 * gone.worstMs + patienceMs,
    signal,
  );
  const sample = { contender, fault, run, subject: subject.id, phase, faultAt };
  const healedAt = benchNow();
  await running.heal(subject);
  return { sample, running, watch, healedAt: isGone ? healedAt : null };
}

async function watchReturn(
  trial: Trial,
  { signal, onSample, patienceMs = PATIENCE_MS }: BenchOptions,
): Promise<void> {
  using watch = trial.watch;
  const { sample, running, healedAt } = trial;
  if (healedAt !== null) {
    const { full } = theoryOf(running.facts, sample.fault, constant(0));
    const hasLeft = (): boolean =>
      instantsOf(watch.answers, sample.faultAt, healedAt).full !== null;
    await until(
      () => isQuiet(watch.answers, ({ namesOnly }) => namesOnly) && hasLeft(),
      2 * full.worstMs + patienceMs,
      signal,
    );
  }
  const { gone, back, full } = instantsOf(watch.answers, sample.faultAt, healedAt);
  const since = (from: number | null, at: number | undefined): number | null =>
    from === null || at === undefined ? null : round(at - from);
  const bracket = (instant: { readonly bracketMs: number } | null): number | null =>
    instant === null ? null : round(instant.bracketMs);
  onSample({
    ...sample,
    phase: Math.round(sample.phase * 1000) / 1000,
    faultAt: round(sample.faultAt),
    healedAt: healedAt === null ? null : round(healedAt),
    goneMs: since(sample.faultAt, gone?.at),
    backMs: since(healedAt, back?.at),
    fullMs: since(healedAt, full?.at),
    bracketsMs: { gone: bracket(gone), back: bracket(back), full: bracket(full) },
    pauseMs: round(longestPauseMs(watch.answers, sample.faultAt, healedAt ?? benchNow())),
  });
}

const round = (ms: number): number => Math.round(ms);

/** True once the condition held; false if it didn't within the limit. */
async function until(
  condition: () => boolean,
  limitMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const limitAt = benchNow() + limitMs;
  while (!condition()) {
    if (benchNow() > limitAt) return false;
    await pause(LOOK_EVERY_MS, undefined, { signal });
  }
  return true;
}
