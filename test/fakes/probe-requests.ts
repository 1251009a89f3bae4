/**
 * Requests and a prober for tests on real sockets: 127.0.0.1 may be probed here, by wiring, and short
 * deadlines keep the tests short.
 */
import { addressPolicy } from '../../shared/adapters/address-policy.ts';
import { classifyAddress, isInside } from '../../shared/adapters/addresses.ts';
import { type HttpProberOptions, httpProber } from '../../shared/adapters/http-prober.ts';
import { systemClock } from '../../shared/adapters/system-clock.ts';
import type { Attempt, ProbeRequest } from '../../shared/core/probe.ts';
import type { Prober } from '../../shared/ports.ts';

export type HttpProbe = Extract<ProbeRequest, { readonly kind: 'http' }>;

export const USER_AGENT = 'Quorate/0.1.0 (vantage eu-west-1)';
export const neverAborted = (): AbortSignal => new AbortController().signal;

export const loopbackPolicy = addressPolicy(
  { classifyAddress, isInside },
  { allowAddresses: [], allowLoopback: true },
);

export const testProber = (options: Partial<HttpProberOptions> = {}): Prober =>
  httpProber({
    clock: systemClock(),
    secrets: { read: async () => undefined },
    userAgent: USER_AGENT,
    isAllowed: loopbackPolicy,
    ...options,
  });

export function httpProbe(port: number, changes: Partial<HttpProbe> = {}): HttpProbe {
  return {
    kind: 'http',
    key: 'a probe',
    url: `http://127.0.0.1:${port}/health`,
    target: '127.0.0.1',
    method: 'GET',
    host: 'app.example.test',
    headers: {},
    readsBody: true,
    timeoutMs: 5_000,
    ...changes,
  };
}

export const tcpProbe = (target: string, port: number, timeoutMs = 5_000): ProbeRequest => ({
  kind: 'tcp',
  key: 'a probe',
  target,
  port,
  timeoutMs,
});

/** The only attempt, where there is one. */
export async function probed(prober: Prober, request: ProbeRequest): Promise<Attempt> {
  const { attempts } = await prober.probe(request, neverAborted());
  const [only, ...others] = attempts;
  if (only === undefined || others.length > 0) throw new Error(`${attempts.length} attempts`);
  return only;
}

export const resultOf = async (prober: Prober, request: ProbeRequest): Promise<Attempt['result']> =>
  (await probed(prober, request)).result;
