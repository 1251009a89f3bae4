/**
 * A vantage's prober in the local world: the real one, with the vantage's own troubles put before it.
 * In: requests of the production round. Out: real answers from loopback sockets, or what an isolated,
 * starved or misled vantage would see. Control targets outside this machine are asked of a server on
 * it instead, so that nothing ever leaves loopback.
 */
import type { Attempt, ProbeRequest, ProbeResponse } from '../../shared/core/probe.ts';
import type { Clock, Prober } from '../../shared/ports.ts';
import type { Effects } from './faults.ts';

export type WorldProberOptions = {
  readonly inner: Prober;
  readonly clock: Clock;
  readonly vantage: string;
  readonly effects: () => Effects;
  /** `service/endpoint` that lives at this probe target, undefined for control targets. */
  readonly endpointAt: (target: string) => string | undefined;
  /** What stands in for control targets. */
  readonly controlUrl: string;
  /** Each answer about an endpoint, as it came. */
  readonly onAnswer?: (endpoint: string, response: ProbeResponse) => void;
};

/** A loop this late (real ms) makes every probe of a round void. */
const STARVED_MS = 2_000;

export function worldProber(options: WorldProberOptions): Prober {
  const { inner, clock, vantage, effects, endpointAt } = options;

  /** Nothing comes back within the timeout. */
  const unanswered = async (
    request: ProbeRequest,
    cause: Attempt['result'],
    signal: AbortSignal,
  ): Promise<ProbeResponse> => {
    const startedAt = clock.now();
    const result = await clock.sleep(request.timeoutMs, signal).then(
      () => cause,
      (): Attempt['result'] => ({ kind: 'skipped', code: 'aborted', detail: 'the round ended' }),
    );
    const timings = {
      dnsMs: null,
      connectMs: null,
      tlsMs: null,
      firstByteMs: null,
      totalMs: clock.now() - startedAt,
    };
    return {
      key: request.key,
      attempts: [{ address: request.target, family: 4, timings, result }],
    };
  };

  const answer = async (request: ProbeRequest, signal: AbortSignal): Promise<ProbeResponse> => {
    const { isolated, seesDown, starved } = effects();
    const endpoint = endpointAt(request.target);
    if (starved.has(vantage)) return unanswered(request, STARVED, signal);
    if (isolated.has(vantage)) return unanswered(request, timeout('no network'), signal);
    if (endpoint === undefined) {
      const asked = await inner.probe(toControlServer(request, options.controlUrl), signal);
      return { ...asked, key: request.key };
    }
    if (seesDown.get(vantage)?.has(endpoint))
      return unanswered(request, timeout('no path'), signal);
    return inner.probe(request, signal);
  };

  return {
    async probe(request, signal) {
      const response = await answer(request, signal);
      const endpoint = endpointAt(request.target);
      if (endpoint !== undefined) options.onAnswer?.(endpoint, response);
      return response;
    },
    loopLatenessMs: () => (effects().starved.has(vantage) ? STARVED_MS : inner.loopLatenessMs()),
  };
}

/** As the real prober finds out by its own timer. */
const STARVED: Attempt['result'] = {
  kind: 'skipped',
  code: 'starved',
  detail: `event loop ${STARVED_MS} ms late`,
};
const timeout = (detail: string): Attempt['result'] => ({ kind: 'fail', code: 'timeout', detail });

function toControlServer(request: ProbeRequest, controlUrl: string): ProbeRequest {
  const { hostname } = new URL(controlUrl);
  return {
    key: request.key,
    timeoutMs: request.timeoutMs,
    target: hostname,
    kind: 'http',
    url: controlUrl,
    method: 'GET',
    host: hostname,
    headers: {},
    readsBody: false,
  };
}
