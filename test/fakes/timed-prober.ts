/**
 * The `Prober` port on virtual time: each request is answered as the test says, after as long as the
 * test says, and never before its own timeout if it hangs. Notes what was asked and how many at once.
 */
import type { Attempt, ProbeRequest, ProbeResponse } from '../../shared/core/probe.ts';
import type { FailCode, SkipCode } from '../../shared/core/reason-code.ts';
import type { Clock, Prober } from '../../shared/ports.ts';

export type Answer =
  | { readonly kind: 'status'; readonly status: number; readonly afterMs?: number }
  | { readonly kind: 'fail'; readonly code: FailCode; readonly afterMs?: number }
  | { readonly kind: 'skipped'; readonly code: SkipCode; readonly afterMs?: number }
  /** Accepts and never answers: fails by its own timeout. */
  | { readonly kind: 'hung' }
  /** Never settles, whatever its signal says. */
  | { readonly kind: 'deaf' }
  | { readonly kind: 'throws' };

export type TimedProber = Prober & {
  readonly asked: readonly { readonly request: ProbeRequest; readonly at: number }[];
  readonly inFlightMax: () => number;
  /** The event loop ran late by this, told once. */
  readonly runLate: (ms: number) => void;
};

export const WELL: Answer = { kind: 'status', status: 200, afterMs: 40 };

export function timedProber(
  clock: Clock,
  answerOf: (request: ProbeRequest, at: number) => Answer = () => WELL,
): TimedProber {
  const asked: { request: ProbeRequest; at: number }[] = [];
  let inFlight = 0;
  let inFlightMax = 0;
  let latenessMs = 0;

  const settle = async (request: ProbeRequest, signal: AbortSignal): Promise<Attempt['result']> => {
    const answer = answerOf(request, clock.now());
    const failed = (code: FailCode): Attempt['result'] => ({ kind: 'fail', code, detail: code });
    if (answer.kind === 'throws') throw new Error('a prober with a bug');
    if (answer.kind === 'deaf') return new Promise(() => undefined);
    try {
      await clock.sleep(
        answer.kind === 'hung' ? request.timeoutMs : (answer.afterMs ?? 40),
        signal,
      );
    } catch {
      return { kind: 'skipped', code: 'aborted', detail: 'the round ended first' };
    }
    if (answer.kind === 'hung') return failed('timeout');
    if (answer.kind === 'fail') return failed(answer.code);
    if (answer.kind === 'skipped') return { kind: 'skipped', code: answer.code, detail: '' };
    if (request.kind === 'tcp') return { kind: 'tcp' };
    const { status } = answer;
    return { kind: 'http', status, headers: {}, body: '', redirects: 0, certificate: null };
  };

  return {
    asked,
    inFlightMax: () => inFlightMax,
    runLate: (ms) => {
      latenessMs = Math.max(latenessMs, ms);
    },
    loopLatenessMs: () => {
      const worst = latenessMs;
      latenessMs = 0;
      return worst;
    },
    probe: async (request, signal): Promise<ProbeResponse> => {
      const at = clock.now();
      asked.push({ request, at });
      inFlight += 1;
      inFlightMax = Math.max(inFlightMax, inFlight);
      try {
        const result = await settle(request, signal);
        const totalMs = clock.now() - at;
        const timings = {
          dnsMs: null,
          connectMs: 1,
          tlsMs: null,
          firstByteMs: totalMs,
          totalMs,
        };
        return {
          key: request.key,
          attempts: [{ address: request.target, family: 4, timings, result }],
        };
      } finally {
        inFlight -= 1;
      }
    },
  };
}
