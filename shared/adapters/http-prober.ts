/**
 * The `Prober` port on real sockets: a request in, one attempt per address out, plain facts only. One total
 * deadline covers DNS, connect, TLS, headers and body; every probe has its own connection; every address is
 * checked right before it is connected to, on each redirect anew. Nothing that a probed endpoint sends can
 * make it throw, hang beyond its deadline, or leave a socket open.
 */
import type { SecureContext } from 'node:tls';
import type { HeaderValue } from '../core/model.ts';
import type { Attempt, ProbeRequest, ProbeResponse, Timings } from '../core/probe.ts';
import type { Clock, Prober, Secrets } from '../ports.ts';
import type { AddressPolicy } from './address-policy.ts';
import { exchange, type HttpReply } from './http-exchange.ts';
import { type LoopWatch, loopMonitor } from './loop-monitor.ts';
import { hostName, type OpenRequest, openSocket, probeContext } from './open-socket.ts';
import { type Hop, nextHop, portOf } from './redirect.ts';
import {
  type Address,
  type NameResolver,
  type ResolveTarget,
  targetResolver,
} from './resolve-target.ts';
import { slots } from './slots.ts';
import { type HasRoute, type Missed, machineHasRoute } from './socket-reason.ts';
import { tcpConnect } from './tcp-prober.ts';

export type HttpProberOptions = {
  readonly clock: Clock;
  readonly secrets: Secrets;
  /** `Quorate/<version> (vantage <region>)` */
  readonly userAgent: string;
  readonly isAllowed: AddressPolicy;
  /** A fresh one per lookup, so that one probe's deadline cancels its own questions only. */
  readonly makeResolver?: () => NameResolver;
  /** PEM, trusted beside the machine's own roots: the local world's. */
  readonly ca?: string;
  /** Where an allowed address really is: the local world's, where it could not be bound. */
  readonly route?: (
    address: string,
    port: number,
  ) => { readonly address: string; readonly port: number };
  readonly inFlightMax?: number;
  readonly hasRoute?: HasRoute;
};

type HttpProbe = Extract<ProbeRequest, { readonly kind: 'http' }>;
type Wiring = HttpProberOptions & {
  readonly resolve: ResolveTarget;
  readonly context: SecureContext;
  readonly hasRoute: HasRoute;
};
/** One probe under way. `signal` is its deadline, `parent` the round's. */
type Probe = {
  readonly request: ProbeRequest;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly parent: AbortSignal;
  readonly loop: LoopWatch;
  readonly stopwatch: Stopwatch;
};

const IN_FLIGHT_MAX = 100;
const LOOP_LATE_MS_MAX = 250;
/** Ours, or the connection's: a configured header never replaces them. */
const OWN_HEADERS: readonly string[] = [
  'host',
  'user-agent',
  'accept-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'content-length',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
];

export function httpProber(options: HttpProberOptions): Prober {
  const wiring: Wiring = {
    hasRoute: machineHasRoute,
    ...options,
    resolve: targetResolver(options),
    context: probeContext(options.ca),
  };
  const monitor = loopMonitor();
  const inFlight = slots(options.inFlightMax ?? IN_FLIGHT_MAX);

  return {
    loopLatenessMs: monitor.latenessMs,
    async probe(request, parent) {
      const headers = await readHeaders(request, options.secrets, parent);
      if ('kind' in headers) return unstarted(request, headers);
      const release = await inFlight.take(parent);
      if (release === undefined) return unstarted(request, ABORTED);
      const loop = monitor.watch();
      const stopwatch = startStopwatch(options.clock);
      try {
        const attempts = await options.clock.withDeadline(request.timeoutMs, parent, (signal) =>
          attemptAll({ request, headers: headers.values, signal, parent, loop, stopwatch }, wiring),
        );
        return { key: request.key, attempts };
      } finally {
        loop.end();
        release();
      }
    },
  };
}

const ABORTED: Missed = { kind: 'skipped', code: 'aborted', detail: '' };

async function attemptAll(probe: Probe, wiring: Wiring): Promise<readonly Attempt[]> {
  const { request, stopwatch } = probe;
  const base = stopwatch.lap();
  const problem = problemOf(request);
  if (problem) return [attemptOf(null, base, problem)];
  const resolved = await wiring.resolve(request.target, probe.signal);
  if (resolved.kind !== 'addresses') {
    return [attemptOf(null, base, probe.signal.aborted ? cutShort(probe, resolved) : resolved)];
  }
  return Promise.all(
    resolved.addresses.map(async (address) => {
      const laps = stopwatch.lap();
      laps.dnsMs = address.address === request.target ? null : stopwatch.elapsedMs();
      const result = await attemptOne(probe, address, laps, wiring);
      return attemptOf(address, laps, result);
    }),
  );
}

async function attemptOne(
  probe: Probe,
  address: Address,
  laps: Laps,
  wiring: Wiring,
): Promise<Attempt['result']> {
  const { request } = probe;
  try {
    return request.kind === 'tcp'
      ? await tcpConnect(
          openRequest(address, request.port, undefined, probe, laps, wiring),
          probe.signal,
        )
      : await followHops(probe, request, address, laps, wiring);
  } catch (error) {
    if (probe.signal.aborted) return cutShort(probe, timedOut(request, laps));
    // A fault of ours, not of the endpoint: it must neither vote nor end the round.
    return { kind: 'skipped', code: 'aborted', detail: `the probe broke: ${String(error)}` };
  }
}

async function followHops(
  probe: Probe,
  request: HttpProbe,
  first: Address,
  laps: Laps,
  wiring: Wiring,
): Promise<Attempt['result']> {
  let hop: Hop = { url: new URL(request.url), method: request.method };
  let address = first;
  for (let redirects = 0; ; redirects += 1) {
    const answer = await askOnce(probe, request, hop, address, laps, wiring);
    if (answer.kind !== 'answer') return answer;
    const { reply, certificate } = answer;
    const next =
      request.followsRedirects === false ? undefined : nextHop(hop, request.host, reply, redirects);
    if (next === undefined) {
      const body = request.readsBody ? reply.body.toString('utf8') : '';
      const { status, headers } = reply;
      return { kind: 'http', status, headers, body, redirects, certificate };
    }
    if ('kind' in next) return next;
    const again = await wiring.resolve(request.target, probe.signal);
    probe.signal.throwIfAborted();
    if (again.kind !== 'addresses') return again;
    address = sameOr(again.addresses, address);
    hop = next;
  }
}

type Answer = {
  readonly kind: 'answer';
  readonly reply: HttpReply;
  readonly certificate: Extract<Attempt['result'], { readonly kind: 'http' }>['certificate'];
};

async function askOnce(
  probe: Probe,
  request: HttpProbe,
  { url, method }: Hop,
  address: Address,
  laps: Laps,
  wiring: Wiring,
): Promise<Answer | Missed> {
  const tls =
    url.protocol === 'https:'
      ? { host: hostName(request.host), context: wiring.context }
      : undefined;
  const opened = await openSocket(
    openRequest(address, portOf(url), tls, probe, laps, wiring),
    probe.signal,
  );
  if (opened.kind !== 'opened') return opened;
  const headers = {
    ...probe.headers,
    host: request.host,
    'user-agent': wiring.userAgent,
    'accept-encoding': 'identity',
  };
  const reply = await exchange(
    opened.socket,
    { method, path: `${url.pathname}${url.search}`, headers },
    () => {
      laps.firstByteMs = probe.stopwatch.elapsedMs();
    },
    probe.signal,
  );
  if (reply.kind !== 'reply') return reply;
  return { kind: 'answer', reply, certificate: opened.certificate };
}

function openRequest(
  { address, family }: Address,
  port: number,
  tls: OpenRequest['tls'],
  { stopwatch }: Probe,
  laps: Laps,
  { route, hasRoute }: Wiring,
): OpenRequest {
  const to = route?.(address, port) ?? { address, port };
  return {
    ...to,
    family,
    tls,
    hasRoute,
    onConnected: () => {
      laps.connectMs = stopwatch.elapsedMs();
    },
    onSecured: () => {
      laps.tlsMs = stopwatch.elapsedMs();
    },
  };
}

/** The deadline or the round ended it. A starved vantage takes its own slowness for the endpoint's. */
function cutShort({ parent, loop }: Probe, otherwise: Missed): Missed {
  if (parent.aborted) return ABORTED;
  const lateMs = Math.round(loop.lateMs());
  if (lateMs <= LOOP_LATE_MS_MAX) return otherwise;
  return { kind: 'skipped', code: 'starved', detail: `the event loop ran ${lateMs} ms late` };
}

function timedOut(request: ProbeRequest, laps: Laps): Missed {
  const needsTls = request.kind === 'http' && request.url.startsWith('https:');
  const stage =
    laps.connectMs === null
      ? 'connecting'
      : needsTls && laps.tlsMs === null
        ? 'in the TLS handshake'
        : laps.firstByteMs === null
          ? 'waiting for the first byte'
          : 'reading the answer';
  return {
    kind: 'fail',
    code: 'timeout',
    detail: `no complete answer within ${request.timeoutMs} ms, still ${stage}`,
  };
}

/** The configuration refuses these; should one get here all the same, nothing is connected to. */
function problemOf(request: ProbeRequest): Missed | undefined {
  const refuse = (detail: string): Missed => ({
    kind: 'fail',
    code: 'address-not-allowed',
    detail,
  });
  if (request.kind === 'tcp') {
    const isPort = Number.isInteger(request.port) && request.port >= 1 && request.port <= 65_535;
    return isPort ? undefined : refuse(`${request.port} is no port`);
  }
  if (!URL.canParse(request.url)) return refuse('the check has no usable URL');
  const url = new URL(request.url);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return refuse(`${url.protocol} is neither http nor https`);
  }
  if (url.username !== '' || url.password !== '') return refuse('the URL carries credentials');
  return undefined;
}

async function readHeaders(
  request: ProbeRequest,
  secrets: Secrets,
  signal: AbortSignal,
): Promise<{ readonly values: Readonly<Record<string, string>> } | Missed> {
  const configured = request.kind === 'http' ? Object.entries(request.headers) : [];
  const values: [string, string][] = [];
  for (const [name, value] of configured) {
    if (OWN_HEADERS.includes(name.toLowerCase())) continue;
    const text = await headerText(value, secrets, signal);
    if (text === undefined) {
      if (signal.aborted) return ABORTED;
      return { kind: 'skipped', code: 'no-secret', detail: `header ${name} could not be read` };
    }
    values.push([name.toLowerCase(), text]);
  }
  return { values: Object.fromEntries(values) };
}

/** A secret with a line break in it would smuggle headers: as good as unreadable. */
async function headerText(
  value: HeaderValue,
  secrets: Secrets,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (typeof value === 'string') return value;
  const text = await secrets.read(value.ssm, signal).catch(() => undefined);
  return text !== undefined && /^[\t\x20-\x7e\x80-\xff]*$/.test(text) ? text : undefined;
}

const sameOr = (addresses: readonly Address[], wanted: Address): Address =>
  addresses.find(({ address }) => address === wanted.address) ??
  addresses.find(({ family }) => family === wanted.family) ??
  wanted;

type Laps = { -readonly [Phase in Exclude<keyof Timings, 'totalMs'>]: number | null } & {
  readonly totalMs: () => number;
};
type Stopwatch = { readonly elapsedMs: () => number; readonly lap: () => Laps };

function startStopwatch(clock: Clock): Stopwatch {
  const startedAt = clock.now();
  const elapsedMs = (): number => Math.max(0, clock.now() - startedAt);
  const lap = (): Laps => ({
    dnsMs: null,
    connectMs: null,
    tlsMs: null,
    firstByteMs: null,
    totalMs: elapsedMs,
  });
  return { elapsedMs, lap };
}

const attemptOf = (to: Address | null, laps: Laps, result: Attempt['result']): Attempt => ({
  address: to?.address ?? null,
  family: to?.family ?? null,
  timings: { ...laps, totalMs: laps.totalMs() },
  result,
});

function unstarted(request: ProbeRequest, result: Missed): ProbeResponse {
  const timings = { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null, totalMs: 0 };
  return { key: request.key, attempts: [{ address: null, family: null, timings, result }] };
}
