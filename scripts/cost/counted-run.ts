/**
 * A calm stretch of the whole deployment, counted: the production handlers of every vantage, with the
 * real SDK, schedules and telemetry, on virtual time over the local world's engines. Every endpoint is
 * up; only the sockets, and the wait for them, are made up. The same file gives the same counts.
 */
import type { AsyncLocalStorage } from 'node:async_hooks';
import { notifyHandler } from '../../functions/notify.ts';
import { probeHandler } from '../../functions/probe.ts';
import { quorumHandler } from '../../functions/quorum.ts';
import type { CheckNode, Config, VantageId } from '../../shared/core/model.ts';
import { nonce } from '../../shared/core/model.ts';
import type { ProbeRequest, ProbeResponse } from '../../shared/core/probe.ts';
import type { Heartbeat, Prober } from '../../shared/ports.ts';
import type { WireOverrides } from '../../shared/wire.ts';
import { lambdaContext, scheduledEvent } from '../local/scheduler.ts';
import { FUNCTIONS, type FunctionId, tableName } from '../names.ts';
import { LATENCY_MS } from './counted-latency.ts';
import { countedTable } from './counted-table.ts';
import { countedZones } from './counted-zones.ts';
import type { Counts } from './counts.ts';
import { functionLedger } from './function-ledger.ts';
import { type VirtualClock, virtualClock } from './virtual-clock.ts';

/** 2026-07-01T00:00:00Z: an hour's window crosses one full hour, as every hour of a month does. */
const STARTS_AT = 1_782_864_000_000;
const MINUTE_MS = 60_000;
/** A round's reports, the first votes and the first sweep of every region. */
const WARM_UP_MINUTES_MIN = 4;

export type Handler = (event: unknown, context: never) => Promise<unknown>;
type Scheduled = Exclude<FunctionId, 'api'>;

/** Whose work prints what stdout is given. */
export type Printing = AsyncLocalStorage<{ readonly region: string; readonly id: FunctionId }>;

export type CountRequest = {
  readonly config: Config;
  readonly minutes: number;
  readonly printing: Printing;
  /** Hands over every text that is printed, until the returned function is called. */
  readonly listen: (take: (text: string) => void) => () => void;
};

export async function countRun(request: CountRequest): Promise<Counts> {
  const { minutes, printing } = request;
  const config = withoutExpectations(request.config);
  const clock = virtualClock(STARTS_AT);
  const table = await countedTable(tableName(config.deployment), clock, LATENCY_MS.dynamodb);
  const zones = countedZones(config, clock, LATENCY_MS.route53);
  const ledger = functionLedger(clock, printing);
  const unlisten = request.listen(ledger.takeText);
  const stop = new AbortController();
  let probes = 0;
  const prober = answeringProber(clock, () => {
    probes += 1;
  });
  const troubles = new Map<string, string>();

  for (const [index, vantage] of config.vantages.entries()) {
    const handlers = handlersOf(config, vantage, {
      overrides: {
        config,
        clock,
        ids: countingIds(vantage, index),
        store: table.storeIn(vantage),
        zone: zones.zone,
        prober,
        secrets: { read: async () => 'https://heartbeat.example' },
      },
      onTrouble: (service, what) => troubles.set(service, what),
    });
    for (const [position, id] of (['probe', 'quorum', 'notify'] as const).entries()) {
      // Scheduler keeps to the minute, not to the second: each region and function has its own.
      const offsetMs = ((index * 17 + position * 23) % 60) * 1000;
      const place = { deployment: config.deployment, vantage };
      const invoke = (): void =>
        ledger.run({ region: vantage, id }, () =>
          handlers[id](
            scheduledEvent(place, 'quorum', clock.now()),
            lambdaContext(place, id === 'probe' ? 'probe' : 'quorum', clock, MINUTE_MS) as never,
          ),
        );
      everyMinute(clock, offsetMs, stop.signal, invoke);
    }
  }

  const warmUp = warmUpMinutes(config);
  await clock.runUntil(STARTS_AT + warmUp * MINUTE_MS);
  table.reset();
  zones.reset();
  ledger.reset();
  probes = 0;
  troubles.clear();
  await clock.runUntil(STARTS_AT + (warmUp + minutes) * MINUTE_MS);

  const counted: Counts = {
    minutes,
    vantages: config.vantages.length,
    services: config.services.length,
    endpoints: config.services.reduce((sum, { endpoints }) => sum + endpoints.length, 0),
    probes,
    functions: Object.fromEntries(
      FUNCTIONS.map((id) => [id, ledger.of(id)]),
    ) as Counts['functions'],
    items: structuredClone(table.items()),
    requests: { ...table.requests() },
    readUnits: table.readUnits(),
    route53: zones.requests(),
    metrics: ledger.metrics(),
    troubles: [
      ...ledger.failures(),
      ...[...troubles].map(([service, what]) => `${service}: ${what}`),
    ],
  };
  unlisten();
  stop.abort();
  await clock.runUntil(clock.now() + 5 * MINUTE_MS);
  zones.close();
  await table.close();
  return counted;
}

type Made = {
  readonly overrides: WireOverrides;
  readonly onTrouble: (service: string, what: string) => void;
};

function handlersOf(
  config: Config,
  vantage: VantageId,
  { overrides, onTrouble }: Made,
): Readonly<Record<Scheduled, Handler>> {
  const env = {
    AWS_REGION: vantage,
    QUORATE_VANTAGE: vantage,
    QUORATE_TABLE: tableName(config.deployment),
  };
  return {
    probe: probeHandler(env, overrides) as Handler,
    quorum: quorumHandler(env, overrides, {
      onResults: (results) => {
        for (const { service, decision } of results) {
          if (decision.automation === 'on' || decision.automation === 'observing') continue;
          onTrouble(service, `automation is ${decision.automation}`);
        }
      },
    }) as Handler,
    notify: notifyHandler(env, { ...overrides, heartbeat: answeringHeartbeat }) as Handler,
  };
}

function everyMinute(
  clock: VirtualClock,
  offsetMs: number,
  signal: AbortSignal,
  invoke: () => void,
): void {
  const next = async (waitMs: number): Promise<void> => {
    await clock.sleep(waitMs, signal);
    invoke();
    return await next(MINUTE_MS);
  };
  next(offsetMs).catch(() => undefined); // It ends with the signal.
}

/** Until every endpoint is steadily up, and no report says that a vote changed. */
const warmUpMinutes = ({ services }: Config): number =>
  Math.max(
    WARM_UP_MINUTES_MIN,
    ...services.flatMap(({ everyMs, endpoints }) =>
      endpoints.map(({ check }) => Math.ceil(((check.rise + 5) * everyMs) / MINUTE_MS) + 1),
    ),
  );

/** What the answer holds is made up, so nothing is expected of it. Digests stay those of the file. */
function withoutExpectations(config: Config): Config {
  const bare = (node: CheckNode): CheckNode =>
    node.kind === 'all' || node.kind === 'any'
      ? { ...node, checks: node.checks.map(bare) }
      : { ...node, expect: {} };
  return {
    ...config,
    services: config.services.map((service) => ({
      ...service,
      endpoints: service.endpoints.map((endpoint) => ({
        ...endpoint,
        check: { ...endpoint.check, node: bare(endpoint.check.node), watch: [] },
      })),
    })),
  };
}

/** The outside is not called. */
const answeringHeartbeat: Heartbeat = { ping: async () => ({ kind: 'delivered' }) };

const TIMINGS = {
  dnsMs: 5,
  connectMs: 30,
  tlsMs: 60,
  firstByteMs: 95,
  totalMs: LATENCY_MS.probe,
} as const;

function answeringProber(clock: VirtualClock, onProbe: () => void): Prober {
  const responseTo = ({ key, kind }: ProbeRequest): ProbeResponse => ({
    key,
    attempts: [
      {
        address: '203.0.113.1',
        family: 4,
        timings: TIMINGS,
        result:
          kind === 'tcp'
            ? { kind }
            : { kind, status: 200, headers: {}, body: '', redirects: 0, certificate: null },
      },
    ],
  });
  return {
    probe: async (request, signal) => {
      onProbe();
      await clock.sleep(LATENCY_MS.probe, signal).catch(() => undefined);
      return responseTo(request);
    },
    loopLatenessMs: () => 0,
  };
}

/** Of the length of real ones, and no chance in them. */
function countingIds(vantage: VantageId, index: number): NonNullable<WireOverrides['ids']> {
  let count = index * 1_000_000;
  return {
    nonce: () => {
      count += 1;
      return nonce(`c${String(count).padStart(7, '0')}`);
    },
    random: () => (vantage.length % 10) / 10,
  };
}
