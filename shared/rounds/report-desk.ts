/**
 * A run's hold on its vantage's one item. Rounds hand in what they saw; the desk turns it into the next
 * report and writes it on condition that the stored round is the one it read. Whoever is beaten drops
 * what it saw and goes on from the stored item, so no failure is counted twice; a run that finds a newer
 * one's item has been taken over. Troubles of the store cost a round's report, never the run.
 */
import { QuorateError } from '../core/errors.ts';
import { CLOCK_TOLERANCE_MS } from '../core/fence.ts';
import { type EpochMs, epochMs } from '../core/model.ts';
import {
  CHANGED_ROUNDS,
  type ConfigManifest,
  isNewerRun,
  type Report,
  reportBytes,
  roundKey,
} from '../core/report.ts';
import { nextReport, type Reporter } from '../core/report-next.ts';
import { parseManifest, parseReport, storedRoundKey } from '../core/report-parse.ts';
import { freshForMs } from '../core/vote.ts';
import type { Clock, ReportWrite, Store } from '../ports.ts';
import type { ProbeRoundResult } from './probe-round.ts';

/** Twice this, and the retry, still fit into the shortest interval. */
export const STORE_CALL_MS = 2_000;
/** Runs of one vantage finish a round together; the older one gives way, so that it is taken over soon. */
const YIELDS_AFTER_MS = 10_000;
const YIELD_MS = 200;

export type Filing =
  | { readonly kind: 'written'; readonly report: Report; readonly bytes: number }
  /** The other run did this round; what was seen is dropped. */
  | { readonly kind: 'beaten' }
  /** The store did not take it, twice. */
  | { readonly kind: 'unwritten'; readonly why: string }
  | { readonly kind: 'taken-over' };

export type ReportDesk = {
  /** Reads the stored item. `taken-over`: a newer run is at work. */
  readonly open: (signal: AbortSignal) => Promise<'open' | 'taken-over'>;
  /** Has this round been done, by whichever run? */
  readonly isDone: (everyMs: number, round: number) => boolean;
  readonly file: (result: ProbeRoundResult, signal: AbortSignal) => Promise<Filing>;
  /** How often the store failed and what else went wrong on the way. */
  readonly troubles: () => readonly string[];
};

type Base = {
  /** What the next write is conditional on. */
  readonly key: string | null;
  readonly report: Report | undefined;
  readonly manifest: ConfigManifest | undefined;
};

export function reportDesk(
  { clock, store }: { readonly clock: Clock; readonly store: Store },
  reporter: Reporter,
): ReportDesk {
  let base: Base | undefined;
  let isTakenOver = false;
  /** A run that was beaten knows of an older one, which will give way: two must not both wait. */
  let wasBeaten = false;
  let queue: Promise<unknown> = Promise.resolve();
  const troubles: string[] = [];

  /** One retry, then undefined; what no retry can mend is thrown. */
  const ask = async <T>(
    call: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<{ readonly value: T } | { readonly why: string }> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return { value: await clock.withDeadline(STORE_CALL_MS, signal, call) };
      } catch (cause) {
        signal.throwIfAborted();
        const why = troubleOf(cause);
        troubles.push(why);
        if (attempt === 2) return { why };
      }
    }
  };

  const adopt = async (raw: unknown, signal: AbortSignal): Promise<void> => {
    const key = storedRoundKey(raw);
    const parsed = raw === undefined ? undefined : parseReport(raw, reporter.vantage);
    if (parsed === undefined || 'malformed' in parsed) {
      if (parsed) troubles.push(`own report is malformed, starting afresh: ${parsed.malformed}`);
      base = { key, report: undefined, manifest: undefined };
      return;
    }
    base = { key, report: parsed, manifest: await manifestOf(parsed, signal) };
    isTakenOver ||= isOutrunBy(parsed);
  };

  const manifestOf = async (
    report: Report,
    signal: AbortSignal,
  ): Promise<ConfigManifest | undefined> => {
    if (report.config === reporter.config) return undefined;
    const found = await ask((inner) => store.readManifests([report.config], inner), signal);
    if ('why' in found) return undefined;
    const parsed = parseManifest(found.value.get(report.config), report.config);
    return 'malformed' in parsed ? undefined : parsed;
  };

  /** A run from the future is a clock that was wrong: it does not count as newer. */
  const isOutrunBy = (stored: Report): boolean => {
    const now = clock.now();
    return (
      stored.run.startedAt <= now + CLOCK_TOLERANCE_MS &&
      isNewerRun(stored.run, reporter.run) &&
      stored.rounds.some((mark) => now - mark.observedAt <= freshForMs(mark.everyMs))
    );
  };

  const load = async (signal: AbortSignal): Promise<string | undefined> => {
    const read = await ask((inner) => store.readReports([reporter.vantage], inner), signal);
    if ('why' in read) return read.why;
    await adopt(read.value.get(reporter.vantage), signal);
    return undefined;
  };

  const isDone = (everyMs: number, round: number): boolean => {
    const mark = base?.report?.rounds.find((known) => known.everyMs === everyMs);
    if (mark === undefined || mark.round < round) return false;
    // A mark ahead of any clock that may be right was left by a wrong one, and must not silence us.
    return mark.observedAt <= epochMs(clock.now() + CLOCK_TOLERANCE_MS);
  };

  const write = async (
    result: ProbeRoundResult,
    from: Base,
    signal: AbortSignal,
  ): Promise<Filing | { readonly kind: 'again' }> => {
    const report = nextReport({
      reporter,
      previous: from.report,
      previousManifest: from.manifest,
      rounds: [result.mark],
      observations: result.observations,
      selfCheck: result.selfCheck,
      now: clock.now(),
    });
    const reply = await ask<ReportWrite>(
      (inner) => store.writeReport(report, from.key, inner),
      signal,
    );
    if ('why' in reply) return { kind: 'unwritten', why: reply.why };
    if (reply.value.kind === 'written') {
      base = { key: roundKey(report), report, manifest: undefined };
      await keepHistory(report, signal);
      return { kind: 'written', report, bytes: reportBytes(report) };
    }
    await adopt(reply.value.stored, signal);
    if (isTakenOver) return { kind: 'taken-over' };
    // Our own write of an earlier round, whose reply was lost twice: nobody else did this round.
    return base?.report?.run.id === reporter.run.id ? { kind: 'again' } : { kind: 'beaten' };
  };

  const keepHistory = async (report: Report, signal: AbortSignal): Promise<void> => {
    if (report.changedRoundsLeft !== CHANGED_ROUNDS) return;
    const at: EpochMs = clock.now();
    await ask((inner) => store.writeHistory(report, at, inner), signal);
  };

  const fileNow = async (result: ProbeRoundResult, signal: AbortSignal): Promise<Filing> => {
    if (isTakenOver) return { kind: 'taken-over' };
    if (!wasBeaten && clock.now() - reporter.run.startedAt > YIELDS_AFTER_MS) {
      await clock.sleep(YIELD_MS, signal);
    }
    if (base === undefined) {
      const why = await load(signal);
      if (why !== undefined) return { kind: 'unwritten', why };
      if (isTakenOver) return { kind: 'taken-over' };
    }
    for (let attempt = 1; base !== undefined && attempt <= 2; attempt += 1) {
      if (isDone(result.mark.everyMs, result.mark.round)) return { kind: 'beaten' };
      const filing = await write(result, base, signal);
      if (filing.kind !== 'again') return filing;
    }
    return { kind: 'beaten' };
  };

  return {
    open: async (signal) => {
      await load(signal);
      return isTakenOver ? 'taken-over' : 'open';
    },
    isDone,
    // One at a time: rounds of several intervals build on each other's report.
    file: (result, signal) => {
      const filed = queue.then(async () => {
        const filing = await fileNow(result, signal);
        wasBeaten = filing.kind === 'beaten' || (wasBeaten && filing.kind === 'unwritten');
        return filing;
      });
      queue = filed.catch(() => undefined);
      return filed;
    },
    troubles: () => troubles,
  };
}

function troubleOf(cause: unknown): string {
  if (cause instanceof QuorateError && !cause.retryable) throw cause;
  return cause instanceof Error ? cause.message : String(cause);
}
