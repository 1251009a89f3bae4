/**
 * Quorate as a contender: a local world with the production functions of five vantages, and one
 * active–passive service per subject, so that its one answer tells which endpoint serves. Everything
 * between a probe and a DNS answer is the real thing, except that Route 53 is the local one: its INSYNC
 * delay is a setting, not a measurement.
 */

import { parseConfig, problemText } from '../../shared/core/config.ts';
import { type Config, epochMs, type Service } from '../../shared/core/model.ts';
import { controlProbesOf, probesOf } from '../../shared/core/probe-request.ts';
import { startOffset } from '../../shared/core/schedule.ts';
import { SECOND_MS } from '../../shared/core/units.ts';
import { AIDS } from '../../shared/wire.ts';
import type { Fault } from '../local/faults.ts';
import { startWorld, type World } from '../local/world.ts';
import type { BenchContext, Contender, Facts, Subject } from './contender.ts';

const VANTAGES = ['eu-west-1', 'us-east-1', 'ap-southeast-1', 'eu-central-1', 'us-west-2'] as const;
const QUORUM = 3;
const TIMEOUT_MS = 2 * SECOND_MS;
const RISE = 2;
const RAMP = [50, 100] as const;
const RAMP_STEP_MS = 3 * SECOND_MS;
const SETTLE_MS = 1 * SECOND_MS;
const REPLICATION_LAG_MS = 200;
/** The local table collects stream records for so long, Lambda on AWS for 250 ms. */
const STREAM_POLL_MS = 100;

const READY_WITHIN_MS = 90 * SECOND_MS;
/** The commit that notes every endpoint as proven comes with, or right after, the last `up`. */
const QUIET_MS = 2 * SECOND_MS;
const LOOK_EVERY_MS = 50;

export const QUORATE: Contender = {
  name: 'quorate',
  summary: 'this checkout: production functions of five vantages, local DynamoDB, Route 53 and DNS',
  start,
};

async function start(context: BenchContext): Promise<Awaited<ReturnType<Contender['start']>>> {
  const config = configOf(context);
  await using opened = new AsyncDisposableStack();
  const world = opened.use(
    await startWorld({
      config,
      block: context.block,
      schedulePeriodMs: context.everyMs,
      insyncDelayMs: context.insyncDelayMs,
      replicationLagMs: REPLICATION_LAG_MS,
    }),
  );
  await settled(world, context.signal);

  const subjects = subjectsOf(world);
  const faults = new Map<string, string>();
  const hurt = async (kind: 'endpoint-down' | 'endpoint-hung', subject: Subject): Promise<void> => {
    const endpoint = PRIMARY;
    const fault: Fault = { kind, service: subject.id, endpoint };
    const { id } = await world.addFault(fault);
    faults.set(subject.id, id);
  };
  const running = opened.move();
  return {
    dns: world.dns,
    subjects,
    facts: factsOf(world.config, context),
    kill: (subject) => hurt('endpoint-down', subject),
    hang: (subject) => hurt('endpoint-hung', subject),
    heal: async (subject) => void (await world.removeFault(faults.get(subject.id) ?? '')),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

const PRIMARY = 'primary';

function configOf({ everyMs, fall, subjects }: BenchContext): Config {
  const least = Math.max(3 * everyMs, 20 * SECOND_MS) + SETTLE_MS;
  const data = {
    deployment: 'quorate-bench',
    home: VANTAGES[0],
    vantages: VANTAGES,
    quorum: QUORUM,
    zones: { main: { id: 'Z0BENCH000000000000' } },
    'control-targets': ['https://example.com/'],
    'allow-addresses': ['192.0.2.0/24'],
    defaults: {
      check: { every: ms(everyMs), timeout: ms(TIMEOUT_MS), fall, rise: RISE },
      policy: {
        velocity: '1 per 30s',
        // The shortest that the configuration may ask for at this interval.
        'hold-down': ms(least + SECOND_MS),
        ramp: RAMP.map((percent) => `${percent}%`),
        'ramp-step': ms(RAMP_STEP_MS),
        settle: ms(SETTLE_MS),
      },
    },
    services: Object.fromEntries(
      Array.from({ length: subjects }, (_, index) => [`s${index + 1}`, serviceOf(index)]),
    ),
  };
  const parsed = parseConfig(data, () => undefined, AIDS, {
    allowLoopback: true,
    packagedAt: epochMs(Date.now()),
  });
  if ('config' in parsed) return parsed.config;
  throw new Error(parsed.problems.map(problemText).join('\n'));
}

const ms = (value: number): string => `${value}ms`;

/** Failure domains go round, so that no region's turn is the first in every sample. */
const serviceOf = (index: number): object => ({
  mode: 'enforce',
  zone: 'main',
  names: [`s${index + 1}.example.test`],
  type: 'A',
  ttl: '5s',
  check: {
    url: 'http://{target}:8080/health',
    host: `s${index + 1}.example.test`,
    expect: { status: 200, body: '"status":"ok"' },
  },
  endpoints: {
    [PRIMARY]: {
      region: VANTAGES[index % VANTAGES.length],
      address: `192.0.2.${2 * index + 10}`,
      weight: 100,
    },
    secondary: {
      region: VANTAGES[(index + 1) % VANTAGES.length],
      address: `192.0.2.${2 * index + 11}`,
      weight: 100,
      tier: 2,
    },
  },
});

async function settled(world: World, signal: AbortSignal): Promise<void> {
  let movedAt = world.clock.now() as number;
  let isReady = false;
  world.ready.then(
    () => {
      isReady = true;
      movedAt = world.clock.now();
    },
    () => undefined,
  );
  const unsubscribe = world.onEvent((event) => {
    if (event.event === 'commit') movedAt = event.at;
  });
  const limitAt = world.clock.now() + READY_WITHIN_MS;
  while (!isReady || world.clock.now() - movedAt < QUIET_MS) {
    if (world.clock.now() > limitAt) {
      throw new Error('the local world did not come to rest within 90 s; is this machine busy?');
    }
    await world.clock.sleep(LOOK_EVERY_MS, signal);
  }
  unsubscribe();
}

const subjectsOf = (world: World): readonly Subject[] =>
  world.state().services.map(({ service, names, endpoints }) => ({
    id: service,
    name: names[0] ?? '',
    address: endpoints.find(({ endpoint }) => endpoint === PRIMARY)?.address ?? '',
  }));

function factsOf(config: Config, { everyMs, fall, insyncDelayMs }: BenchContext): Facts {
  const [service] = config.services;
  const offsets = offsetsOf(config, everyMs);
  const roundMs = Math.max(...offsets.values());
  return {
    everyMs,
    timeoutMs: TIMEOUT_MS,
    fall,
    rise: RISE,
    vantages: VANTAGES.length,
    quorum: QUORUM,
    restsMs: config.services.map((one) => roundMs - (offsets.get(primaryKey(one)) ?? 0)),
    roundMs,
    replicationLagMs: REPLICATION_LAG_MS,
    pollMs: STREAM_POLL_MS,
    insyncDelayMs,
    schedulePeriodMs: everyMs,
    holdDownMs: service?.policy.holdDownMs ?? 0,
    ramp: RAMP,
    rampStepMs: RAMP_STEP_MS,
  };
}

const primaryKey = (service: Service): string =>
  service.endpoints.flatMap((endpoint) => probesOf(service, endpoint))[0]?.key ?? '';

/** Request → ms after its round began, as production spreads them: the self-check's come first. */
function offsetsOf(config: Config, everyMs: number): ReadonlyMap<string, number> {
  const requests = [
    ...controlProbesOf(config, config.home),
    ...config.services.flatMap((service) =>
      service.endpoints.flatMap((endpoint) => probesOf(service, endpoint)),
    ),
  ];
  return new Map(
    requests.map(({ key, timeoutMs }, position) => [
      key,
      startOffset(position, requests.length, { everyMs, leftMs: everyMs, timeoutMs }),
    ]),
  );
}
