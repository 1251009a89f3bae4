/**
 * The `Prober` port without sockets: answers by a function of the request, remembers what was asked, and
 * tells the event loop's lateness as set. Also makes attempts and answers for tests of the judgement.
 */
import type { EpochMs } from '../../shared/core/model.ts';
import type { Attempt, ProbeRequest, ProbeResponse } from '../../shared/core/probe.ts';
import type { FailCode, SkipCode } from '../../shared/core/reason-code.ts';
import type { Prober } from '../../shared/ports.ts';

export type FakeProber = Prober & {
  readonly asked: readonly ProbeRequest[];
  /** What the next call of `loopLatenessMs` tells; 0 after it. */
  readonly runLate: (ms: number) => void;
};

export function fakeProber(
  answer: (
    request: ProbeRequest,
    signal: AbortSignal,
  ) => readonly Attempt[] | Promise<readonly Attempt[]> = () => [httpAttempt()],
): FakeProber {
  const asked: ProbeRequest[] = [];
  let lateMs = 0;
  return {
    asked,
    runLate(ms) {
      lateMs = ms;
    },
    async probe(request, signal) {
      asked.push(request);
      const attempts = signal.aborted ? [skippedAttempt('aborted')] : await answer(request, signal);
      return { key: request.key, attempts };
    },
    loopLatenessMs() {
      const reading = lateMs;
      lateMs = 0;
      return reading;
    },
  };
}

type HttpResult = Extract<Attempt['result'], { readonly kind: 'http' }>;
type Place = {
  readonly address?: string | null;
  readonly family?: 4 | 6 | null;
  readonly totalMs?: number;
};

export function attempt(result: Attempt['result'], place: Place = {}): Attempt {
  const { address = '203.0.113.1', family = 4, totalMs = 20 } = place;
  const timings = { dnsMs: null, connectMs: 5, tlsMs: 10, firstByteMs: 15, totalMs };
  return { address, family, timings, result };
}

export const httpAttempt = (changes: Partial<HttpResult> = {}, place?: Place): Attempt =>
  attempt(
    {
      kind: 'http',
      status: 200,
      headers: {},
      body: '',
      redirects: 0,
      certificate: null,
      ...changes,
    },
    place,
  );

export const tcpAttempt = (place?: Place): Attempt => attempt({ kind: 'tcp' }, place);

export const failedAttempt = (code: FailCode, detail = '', place?: Place): Attempt =>
  attempt({ kind: 'fail', code, detail }, place);

export const skippedAttempt = (code: SkipCode, detail = '', place?: Place): Attempt =>
  attempt({ kind: 'skipped', code, detail }, place);

export const certificateUntil = (notAfterAt: EpochMs): HttpResult['certificate'] => ({
  notBeforeAt: (notAfterAt - 86_400_000) as EpochMs,
  notAfterAt,
});

export const responsesOf = (
  responses: readonly ProbeResponse[],
): ReadonlyMap<string, ProbeResponse> =>
  new Map(responses.map((response) => [response.key, response]));
