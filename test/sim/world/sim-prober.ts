/**
 * The `Prober` port of one vantage: what a look at an endpoint, or at a control target, would find at the
 * moment of the answer. A probe changes nothing in the world, so one schedule point is enough for it.
 */
import type { Attempt, ProbeRequest } from '../../../shared/core/probe.ts';
import type { FailCode, SkipCode } from '../../../shared/core/reason-code.ts';
import type { Prober } from '../../../shared/ports.ts';
import type { Simulation } from '../kernel/simulation.ts';
import type { EndpointConditions } from './conditions.ts';
import type { Process } from './process.ts';

export type Looked = {
  readonly conditions: EndpointConditions;
  /** A healthy answer to this very check. */
  readonly body: string;
};

export type SimProberDeps = {
  readonly sim: Simulation;
  readonly process: Process;
  /** undefined: it is no endpoint, so it is a control target. */
  readonly lookAt: (target: string) => Looked | undefined;
};

export function simProber({ sim, process, lookAt }: SimProberDeps): Prober {
  const { place, owner, random, name } = process;
  const outcome = (
    request: ProbeRequest,
  ): { readonly ms: number; readonly result: Attempt['result'] } => {
    const networkMs = 2 * random.between(place.oneWayMs.from, place.oneWayMs.to);
    const looked = lookAt(request.target);
    if (place.cannotProbe !== null) return { ms: networkMs, result: skipped(place.cannotProbe) };
    const loss =
      looked === undefined
        ? Math.max(place.controlLoss, place.probeLoss === 1 ? 1 : 0)
        : place.probeLoss;
    if (loss > 0 && random.chance(loss))
      return { ms: request.timeoutMs, result: failed('timeout') };
    if (looked === undefined) return { ms: networkMs, result: answered(request, 200, '') };
    const { conditions, body } = looked;
    const family = request.target.includes(':') ? 6 : 4;
    if (family === 6 && place.hasNoIpv6) return { ms: networkMs, result: skipped('no-route') };
    // A path that never existed there: what a typo in the file asks for.
    if (request.kind === 'http' && request.url.includes('typo')) {
      return { ms: networkMs, result: answered(request, 404, 'not found') };
    }
    const fromHere = conditions.failsFrom.get(name.region) ?? 0;
    const isFailing =
      (conditions.how === 'fails' &&
        (conditions.family === null || conditions.family === family) &&
        (conditions.fails === 1 || random.chance(conditions.fails))) ||
      (fromHere > 0 && random.chance(fromHere));
    const ms = networkMs + conditions.latencyMs;
    if (!isFailing) {
      if (ms >= request.timeoutMs) return { ms: request.timeoutMs, result: failed('timeout') };
      return { ms, result: answered(request, conditions.answerStatus, body) };
    }
    switch (conditions.code) {
      case 'timeout':
        return { ms: request.timeoutMs, result: failed('timeout') };
      case 'status':
        return request.kind === 'tcp'
          ? { ms, result: failed('refused') }
          : { ms, result: answered(request, conditions.status, 'error') };
      case 'body':
        return request.kind === 'tcp'
          ? { ms, result: failed('refused') }
          : { ms, result: answered(request, 200, 'an error page') };
      default:
        return { ms: networkMs, result: failed(conditions.code) };
    }
  };
  return {
    loopLatenessMs: () => place.loopLateMs,
    probe: (request) =>
      new Promise((resolve) => {
        noteProbe(process, request.key, sim.nowMs());
        const { ms, result } = outcome(request);
        const attempt: Attempt = {
          address: request.target,
          family: request.target.includes(':') ? 6 : 4,
          timings: {
            dnsMs: null,
            connectMs: null,
            tlsMs: null,
            firstByteMs: null,
            totalMs: Math.round(ms),
          },
          result,
        };
        sim.after(ms, 'probe', () => resolve({ key: request.key, attempts: [attempt] }), owner);
      }),
  };
}

/** A round asks each target once: one that is asked again begins another round. */
function noteProbe(process: Process, key: string, nowMs: number): void {
  const { probed } = process;
  if (probed.has(key)) {
    probed.clear();
    process.firstProbeMs = null;
  }
  probed.add(key);
  if (process.firstProbeMs !== null) return;
  process.firstProbeMs = nowMs;
  process.firstProbeAheadMs = process.clock.now() - nowMs;
}

const failed = (code: FailCode): Attempt['result'] => ({ kind: 'fail', code, detail: '' });
const skipped = (code: SkipCode): Attempt['result'] => ({ kind: 'skipped', code, detail: '' });
const NO_HEADERS = {};
const answered = (request: ProbeRequest, status: number, body: string): Attempt['result'] =>
  request.kind === 'tcp'
    ? { kind: 'tcp' }
    : { kind: 'http', status, headers: NO_HEADERS, body, redirects: 0, certificate: null };
