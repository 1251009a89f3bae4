/**
 * One probe round: some or all endpoints of one interval in, one observation each and the vantage's
 * self-check out. Starts are spread, at most `IN_FLIGHT_MAX` requests are out at once, equal requests
 * are made once, and nothing outlives the round. It writes nothing, so it may also run on an event for
 * a few endpoints.
 */
import type { Aids, Config, Endpoint, EpochMs, Service, VantageId } from '../core/model.ts';
import { type Observation, observe } from '../core/observation.ts';
import type { ProbeRequest, ProbeResponse } from '../core/probe.ts';
import { controlProbesOf, probesOf } from '../core/probe-request.ts';
import type { RoundMark, SelfCheck } from '../core/report.ts';
import { safeText } from '../core/safe-text.ts';
import { startOffset } from '../core/schedule.ts';
import { abstainIfStarved, selfCheckOf } from '../core/self-check.ts';
import type { Clock, Prober } from '../ports.ts';

export const IN_FLIGHT_MAX = 100;
/** A probe that began last must reach its own timeout, a failure, before the cut makes it a skip. */
const CUT_SLACK_MS = 500;

export type LookTarget = { readonly service: Service; readonly endpoint: Endpoint };

export type ProbeRoundDeps = {
  readonly clock: Clock;
  readonly prober: Prober;
  readonly aids: Pick<Aids, 'compilePattern'>;
  /** What a vantage asks to test itself; local worlds have no AWS to ask. */
  readonly controls?: (config: Config, vantage: VantageId) => readonly ProbeRequest[];
  /** One for all rounds of a process: the bound is the vantage's, not the interval's. */
  readonly gate: Gate;
};

/** What the rounds of one interval ask: the same in every one of them. */
export type Questions = {
  readonly targets: readonly LookTarget[];
  readonly controls: readonly ProbeRequest[];
  /** Of both, equal ones once. */
  readonly requests: readonly ProbeRequest[];
};

export function questionsOf(
  { controls: own = controlProbesOf }: Pick<ProbeRoundDeps, 'controls'>,
  config: Config,
  vantage: VantageId,
  targets: readonly LookTarget[],
): Questions {
  const controls = own(config, vantage);
  const looks = targets.flatMap(({ service, endpoint }) => probesOf(service, endpoint));
  return { targets, controls, requests: uniqueRequests([...controls, ...looks]) };
}

export type ProbeRoundOrder = {
  readonly vantage: VantageId;
  readonly everyMs: number;
  readonly round: number;
  /** When the next round of this interval begins. */
  readonly endAt: EpochMs;
  readonly questions: Questions;
};

export type ProbeRoundResult = {
  readonly mark: RoundMark;
  readonly observations: readonly Observation[];
  readonly selfCheck: SelfCheck;
  readonly requests: number;
  readonly loopLatenessMs: number;
};

/** Rejects with the signal's reason if the round was ended from outside: then it has not happened. */
export async function probeRound(
  deps: ProbeRoundDeps,
  order: ProbeRoundOrder,
  signal: AbortSignal,
): Promise<ProbeRoundResult> {
  const { clock, prober, aids, gate } = deps;
  const { vantage, everyMs, round } = order;
  const { targets, controls } = order.questions;
  const mark: RoundMark = { everyMs, round, observedAt: clock.now() };
  const requests = inTurn(order.questions.requests, round);

  const lateness = gate.watchLateness(prober);
  const responses = await probeAll(deps, requests, order, mark, signal).finally(lateness.stop);
  signal.throwIfAborted();

  const loopLatenessMs = lateness.worstMs();
  const answers = new Map(responses.map((response) => [response.key, response]));
  const look = { vantage, round, at: mark.observedAt };
  const observations = targets.map(({ service, endpoint }) =>
    observe(service, endpoint, answers, look, aids),
  );
  return {
    mark,
    observations: abstainIfStarved(observations, loopLatenessMs),
    selfCheck: selfCheckOf(controls, answers),
    requests: requests.length,
    loopLatenessMs,
  };
}

/** Every probe gets its whole timeout: the round is cut at its end, or when the last one could be done. */
function probeAll(
  { clock, prober, gate }: ProbeRoundDeps,
  requests: readonly ProbeRequest[],
  { everyMs, endAt }: ProbeRoundOrder,
  { observedAt }: RoundMark,
  signal: AbortSignal,
): Promise<readonly ProbeResponse[]> {
  const leftMs = endAt - observedAt;
  const cutMs = Math.max(leftMs, ...requests.map((request) => request.timeoutMs));
  const startOf = (position: number, timeoutMs: number): number =>
    observedAt + startOffset(position, requests.length, { everyMs, leftMs, timeoutMs });
  return clock.withDeadline(cutMs + CUT_SLACK_MS, signal, (cut) =>
    Promise.all(
      requests.map((request, position) =>
        probeInTurn(
          { clock, prober, gate },
          request,
          {
            startAt: startOf(position, request.timeoutMs),
            lastStartAt: observedAt + cutMs - request.timeoutMs,
          },
          cut,
        ),
      ),
    ),
  );
}

/** First come, first kept: services that ask the same question share the answer. */
function uniqueRequests(requests: readonly ProbeRequest[]): readonly ProbeRequest[] {
  const byKey = new Map<string, ProbeRequest>();
  for (const request of requests) if (!byKey.has(request.key)) byKey.set(request.key, request);
  return [...byKey.values()];
}

/**
 * The same order in every round, so that looks at one endpoint are an interval apart; but if there are
 * more than can be out at once, each round begins further on, lest a hung crowd starves the last ones.
 */
function inTurn(requests: readonly ProbeRequest[], round: number): readonly ProbeRequest[] {
  if (requests.length <= IN_FLIGHT_MAX) return requests;
  const first = (round * IN_FLIGHT_MAX) % requests.length;
  return [...requests.slice(first), ...requests.slice(0, first)];
}

async function probeInTurn(
  { clock, prober, gate }: Pick<ProbeRoundDeps, 'clock' | 'prober' | 'gate'>,
  request: ProbeRequest,
  when: { readonly startAt: number; readonly lastStartAt: number },
  cut: AbortSignal,
): Promise<ProbeResponse> {
  try {
    await clock.sleep(Math.max(0, when.startAt - clock.now()), cut);
    return await gate.pass(cut, () =>
      clock.now() > when.lastStartAt
        ? notDone(request, 'no room left in the round')
        : orAborted(prober.probe(request, cut), cut),
    );
  } catch (cause) {
    // The round ended, or the prober broke its promise never to throw. Neither is the endpoint's fault.
    return notDone(request, safeText(cause instanceof Error ? cause.message : String(cause)));
  }
}

const notDone = (request: ProbeRequest, detail: string): ProbeResponse => ({
  key: request.key,
  attempts: [
    {
      address: null,
      family: null,
      timings: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null, totalMs: 0 },
      result: { kind: 'skipped', code: 'aborted', detail },
    },
  ],
});

/** A prober that ignores its signal must not hold up the round. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const done = (): void => signal.removeEventListener('abort', onAbort);
    work.then(resolve, reject).then(done, done);
  });
}

/** Lets `IN_FLIGHT_MAX` requests through at once, and tells each round how late the event loop ran. */
export type Gate = {
  readonly pass: <T>(signal: AbortSignal, run: () => T | Promise<T>) => Promise<T>;
  readonly watchLateness: (prober: Prober) => LatenessWatch;
};
export type LatenessWatch = { readonly stop: () => void; readonly worstMs: () => number };

export function probeGate(inFlightMax = IN_FLIGHT_MAX): Gate {
  let inFlight = 0;
  const waiting: (() => void)[] = [];
  const watches = new Set<{ latenessMs: number }>();

  /** Undefined: there was room. */
  const enter = (): Promise<void> | undefined => {
    if (inFlight < inFlightMax) {
      inFlight += 1;
      return undefined;
    }
    return new Promise((resolve) => waiting.push(resolve)); // the place is handed over, not freed
  };
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) inFlight -= 1;
    else next();
  };

  return {
    pass: async (signal, run) => {
      const turn = enter();
      if (turn !== undefined) await turn;
      try {
        signal.throwIfAborted();
        return await run();
      } finally {
        leave();
      }
    },
    // The port tells the worst since it was last asked; rounds of several intervals overlap and each
    // must hear of all that happened while it ran.
    watchLateness: (prober) => {
      const ask = (): void => {
        const latenessMs = prober.loopLatenessMs();
        for (const other of watches) other.latenessMs = Math.max(other.latenessMs, latenessMs);
      };
      ask();
      const watch = { latenessMs: 0 };
      watches.add(watch);
      const stop = (): void => {
        ask();
        watches.delete(watch);
      };
      return { stop, worstMs: () => watch.latenessMs };
    },
  };
}
