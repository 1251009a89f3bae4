/**
 * One run of `probe`: rounds of every interval of this vantage, until a newer run has written or the
 * time is up. It carries nothing over: rounds take their number from the clock, counters from the
 * stored report. So a late, doubled or killed run leaves no gap and counts nothing twice.
 */
import { QuorateError } from '../core/errors.ts';
import { type Config, type EpochMs, epochMs, type VantageId } from '../core/model.ts';
import { type Report, servicesSeenBy } from '../core/report.ts';
import type { Reporter } from '../core/report-next.ts';
import { intervalsOf, nextStart, type Phase, roundAt, roundStart } from '../core/schedule.ts';
import { countable } from '../core/self-check.ts';
import type { Ids, Store } from '../ports.ts';
import {
  type ProbeRoundDeps,
  type ProbeRoundResult,
  probeRound,
  questionsOf,
} from './probe-round.ts';
import { type Filing, reportDesk } from './report-desk.ts';
import { rollupBook } from './rollup-book.ts';

/** Triggers come 1 to 119 s apart (EventBridge Scheduler is precise to the minute). */
export const RUN_MS_MAX = 130_000;

/** Of the invocation's time, kept for the rollups of the last minute. */
const CLOSE_MS = 2_500;

export type ProbeRunDeps = ProbeRoundDeps & { readonly ids: Ids; readonly store: Store };

export type ProbeRunOptions = {
  readonly release: string;
  /** Report and fence formats that this code reads. */
  readonly reads: Report['reads'];
  /** What the invocation has left, at most `RUN_MS_MAX` of it is used. */
  readonly remainingMs: number;
  readonly onRound?: (facts: ProbeRoundFacts) => void;
};

/** One round as it is logged: the glossary's words, and counts only. */
export type ProbeRoundFacts = {
  readonly vantage: VantageId;
  readonly run: string;
  readonly everyMs: number;
  readonly round: number;
  readonly observedAt: EpochMs;
  readonly durationMs: number;
  readonly filing: Filing['kind'];
  readonly why?: string;
  readonly requests: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly isolated: boolean;
  readonly loopLatenessMs: number;
  /** Of the report as written. */
  readonly listed?: number;
  readonly bytes?: number;
  readonly changed?: boolean;
  /** Endpoints that this vantage votes down. */
  readonly downs?: number;
};

export type ProbeRunResult = {
  readonly run: string;
  readonly rounds: number;
  readonly written: number;
  readonly beaten: number;
  readonly unwritten: number;
  /** Troubles of the store, and own items that could not be read. At most 20 are kept. */
  readonly troubles: readonly string[];
  readonly endedBy: 'newer-run' | 'time' | 'abort' | 'nothing-to-do';
};

const TROUBLES_MAX = 20;

export async function probeRun(
  deps: ProbeRunDeps,
  config: Config,
  vantage: VantageId,
  options: ProbeRunOptions,
  signal: AbortSignal,
): Promise<ProbeRunResult> {
  const { clock, ids, store } = deps;
  const phase = phaseOf(config, vantage);
  const services = servicesSeenBy(config, vantage);
  const run = { startedAt: clock.now(), id: ids.nonce() };
  const reporter: Reporter = {
    vantage,
    run,
    release: options.release,
    reads: options.reads,
    config: config.digest,
    services: config.services,
  };
  const desk = reportDesk({ clock, store }, reporter);
  const book = rollupBook({ clock, store }, vantage, run.id);
  const counts: Record<Filing['kind'], number> = {
    written: 0,
    beaten: 0,
    unwritten: 0,
    'taken-over': 0,
  };
  const stop = new AbortController();
  const failures: unknown[] = [];
  let isTakenOver = false;

  /** Rounds of one interval, one after the other. */
  const lap = async (everyMs: number, inner: AbortSignal): Promise<void> => {
    const targets = services
      .filter((service) => service.everyMs === everyMs)
      .flatMap((service) => service.endpoints.map((endpoint) => ({ service, endpoint })));
    const questions = questionsOf(deps, config, vantage, targets);
    let last = Number.NEGATIVE_INFINITY;
    for (;;) {
      const round = roundAt(clock.now(), everyMs, phase);
      if (round === last || desk.isDone(everyMs, round)) {
        await clock.sleep(nextStart(clock.now(), everyMs, phase) - clock.now(), inner);
        continue;
      }
      last = round;
      const endAt = roundStart(round + 1, everyMs, phase);
      const order = { vantage, everyMs, round, endAt, questions };
      const result = await probeRound(deps, order, inner);
      const filing = await desk.file(result, inner);
      counts[filing.kind] += 1;
      options.onRound?.(factsOf(result, filing, { vantage, run: run.id, now: clock.now() }));
      if (filing.kind === 'taken-over') {
        isTakenOver = true;
        stop.abort(new Error('a newer run has taken over'));
        return;
      }
      if (filing.kind === 'written') {
        book.add(countable(result.observations, result.selfCheck));
        await book.settle(inner);
      }
    }
  };

  /** All laps, to their end: nothing is left running when a run returns. */
  const laps = async (inner: AbortSignal): Promise<void> => {
    const noteFailure = (cause: unknown): void => {
      if (inner.aborted) return; // the end of the run, as it reaches a sleep or a call
      failures.push(cause);
      stop.abort(cause);
    };
    isTakenOver = await desk.open(inner).then(
      (state) => state === 'taken-over',
      (cause: unknown) => {
        noteFailure(cause);
        return false;
      },
    );
    if (isTakenOver || inner.aborted) return;
    await Promise.all(
      intervalsOf(services).map((everyMs) => lap(everyMs, inner).catch(noteFailure)),
    );
  };

  const limitMs = Math.min(RUN_MS_MAX, options.remainingMs - CLOSE_MS);
  const onAbort = (): void => stop.abort(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  await clock
    .withDeadline(limitMs, stop.signal, laps)
    .finally(() => signal.removeEventListener('abort', onAbort));
  if (failures.length > 0) throw failures[0];
  await book.close(signal);
  return {
    run: run.id,
    rounds: counts.written + counts.beaten + counts.unwritten + counts['taken-over'],
    written: counts.written,
    beaten: counts.beaten,
    unwritten: counts.unwritten,
    troubles: [...desk.troubles(), ...book.troubles()].slice(0, TROUBLES_MAX),
    endedBy: isTakenOver
      ? 'newer-run'
      : services.length === 0
        ? 'nothing-to-do'
        : signal.aborted
          ? 'abort'
          : 'time',
  };
}

function phaseOf(config: Config, vantage: VantageId): Phase {
  const index = config.vantages.indexOf(vantage);
  if (index < 0) {
    throw new QuorateError(
      'CONFIG_INVALID',
      `this function runs as vantage ${vantage}, but the packaged configuration lists ` +
        `${config.vantages.join(', ')}; deploy this stack from the file that lists it, or remove it`,
    );
  }
  return { index, count: config.vantages.length };
}

function factsOf(
  result: ProbeRoundResult,
  filing: Filing,
  at: { readonly vantage: VantageId; readonly run: string; readonly now: number },
): ProbeRoundFacts {
  const count = (kind: string): number =>
    result.observations.filter(({ outcome }) => outcome.kind === kind).length;
  return {
    vantage: at.vantage,
    run: at.run,
    everyMs: result.mark.everyMs,
    round: result.mark.round,
    observedAt: epochMs(result.mark.observedAt),
    durationMs: at.now - result.mark.observedAt,
    filing: filing.kind,
    requests: result.requests,
    passed: count('pass'),
    failed: count('fail'),
    skipped: count('skipped'),
    isolated: result.selfCheck.isolated,
    loopLatenessMs: result.loopLatenessMs,
    ...(filing.kind === 'unwritten' ? { why: filing.why } : {}),
    ...(filing.kind === 'written'
      ? {
          listed: filing.report.entries.length,
          bytes: filing.bytes,
          changed: filing.report.changed,
          downs: filing.report.entries.filter(({ vote }) => vote === 'down').length,
        }
      : {}),
  };
}
