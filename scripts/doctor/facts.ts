/**
 * Everything the checks judge, asked at once: `Looks`, the table's reports and the zones in, `Facts`
 * out. Each question has a deadline and a place in a bounded queue; one that fails says why and ends
 * no other. Nothing here judges, and nothing writes.
 */
import { manifestOf } from '../../shared/core/config.ts';
import {
  type Config,
  type EpochMs,
  fenceName,
  type Service,
  type VantageId,
  type ZoneRef,
} from '../../shared/core/model.ts';
import type { ZoneRead } from '../../shared/core/zone-record.ts';
import type { Clock, Store, Zone } from '../../shared/ports.ts';
import { type Evidence, readEvidence } from '../../shared/rounds/evidence.ts';
import { stretchOf } from '../../shared/rounds/zone-watch.ts';
import { type FunctionId, functionName, tableName, vantageStackName } from '../names.ts';
import type { Known } from './line.ts';
import {
  type ConcurrencyFact,
  FUNCTIONS_LOOKED_AT,
  type FunctionFact,
  type HealthCheckFact,
  type HostedZoneFact,
  type Identity,
  type Looks,
  type MappingFact,
  type Permission,
  type Protection,
  type StackFact,
  type TableFact,
} from './looks.ts';
import { type Expected, expectedPermissions } from './permissions.ts';

export type RegionFacts = {
  readonly table: Known<TableFact | undefined>;
  readonly functions: Readonly<Record<FunctionId, Known<FunctionFact | undefined>>>;
  readonly mappings: Known<readonly MappingFact[] | undefined>;
  readonly stack: Known<StackFact | undefined>;
  readonly concurrency: Known<ConcurrencyFact>;
  readonly permissions: readonly {
    readonly expected: Expected;
    readonly allowed: Known<boolean | undefined>;
  }[];
};

export type ZoneFacts = {
  readonly zone: ZoneRef;
  readonly hosted: Known<HostedZoneFact | undefined>;
  readonly delegation: Known<readonly string[]>;
  readonly protections: Known<readonly Protection[]>;
  readonly read: Known<ZoneRead>;
};

export type Facts = {
  readonly config: Config;
  /** The services looked at: all, or the one that was named. */
  readonly services: readonly Service[];
  readonly now: EpochMs;
  readonly release: string;
  readonly identity: Identity;
  readonly regions: ReadonlyMap<VantageId, RegionFacts>;
  readonly evidence: Evidence;
  /** Each region's word that it decides. */
  readonly pulses: Known<ReadonlyMap<VantageId, unknown>>;
  readonly zones: ReadonlyMap<string, ZoneFacts>;
  readonly healthChecks: ReadonlyMap<string, Known<HealthCheckFact | undefined>>;
};

export type Gather = {
  readonly looks: Looks;
  readonly store: Store;
  readonly zone: Zone;
  readonly clock: Clock;
  readonly release: string;
  readonly config: Config;
  readonly services: readonly Service[];
  readonly signal: AbortSignal;
};

/** IAM and Route 53 allow few requests a second; every account of five vantages is done in seconds. */
const QUESTIONS_AT_ONCE = 12;
const DEADLINE_MS = 10_000;
const WHY_CHARACTERS_MAX = 200;

export async function gatherFacts(gather: Gather): Promise<Facts> {
  const { looks, store, zone, clock, config, services, signal } = gather;
  const ask = askerOf(clock, signal);
  // Without credentials nothing else has an answer: this one throws.
  const identity = await clock.withDeadline(DEADLINE_MS, signal, looks.identity);

  const zones = new Map<string, readonly Service[]>();
  for (const service of services) {
    zones.set(service.zone.key, [...(zones.get(service.zone.key) ?? []), service]);
  }
  const [regions, evidence, pulses, zoneFacts] = await Promise.all([
    Promise.all(
      config.vantages.map(
        async (region) => [region, await regionFacts(region, identity, gather, ask)] as const,
      ),
    ),
    readEvidence({ clock, store }, config, manifestOf(config), signal),
    ask((inner) => store.readPulses(config.vantages, inner)),
    Promise.all(
      [...zones].map(
        async ([key, own]) => [key, await factsOfZone(own, { looks, zone }, ask)] as const,
      ),
    ),
  ]);
  return {
    config,
    services,
    now: clock.now(),
    release: gather.release,
    identity,
    regions: new Map(regions),
    evidence,
    pulses,
    zones: new Map(zoneFacts),
    healthChecks: await healthChecksOf(zoneFacts, services, looks, ask),
  };
}

type Ask = <T>(question: (signal: AbortSignal) => Promise<T>) => Promise<Known<T>>;

/** A queue: at most so many questions are out, each under a deadline of its own. */
function askerOf(clock: Clock, parent: AbortSignal): Ask {
  let out = 0;
  const waiting: (() => void)[] = [];
  const enter = async (): Promise<void> => {
    if (out < QUESTIONS_AT_ONCE) out += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) out -= 1;
    else next();
  };
  return async (question) => {
    await enter();
    try {
      return { known: true, value: await clock.withDeadline(DEADLINE_MS, parent, question) };
    } catch (error) {
      if (parent.aborted) throw error;
      return { known: false, why: whyOf(error) };
    } finally {
      leave();
    }
  };
}

/** One sentence without line breaks: AWS's own words, bounded. */
export function whyOf(error: unknown): string {
  const name = error instanceof Error ? error.name : 'Error';
  const message = (error instanceof Error ? error.message : String(error))
    .replaceAll(/\s+/g, ' ')
    // What follows is for programmers of the SDK.
    .replace(/ Deserialization error: .*$/, '')
    .replace(/; the next round tries again$/, '');
  const text = name === 'Error' || name === 'QuorateError' ? message : `${name}: ${message}`;
  return text.length <= WHY_CHARACTERS_MAX ? text : `${text.slice(0, WHY_CHARACTERS_MAX)}…`;
}

async function regionFacts(
  region: VantageId,
  identity: Identity,
  { looks, config }: Gather,
  ask: Ask,
): Promise<RegionFacts> {
  const nameOf = (id: FunctionId): string => functionName(config.deployment, id);
  const functions = FUNCTIONS_LOOKED_AT.map(
    async (id) => [id, await ask((signal) => looks.fn(region, nameOf(id), signal))] as const,
  );
  const permissions = expectedPermissions(config, region, identity).map(async (expected) => ({
    expected,
    allowed: await ask((signal) => looks.isAllowed(expected satisfies Permission, signal)),
  }));
  const [table, mappings, stack, concurrency] = await Promise.all([
    ask((signal) => looks.table(region, tableName(config.deployment), signal)),
    ask((signal) => looks.mappings(region, nameOf('quorum'), signal)),
    ask((signal) => looks.stack(region, vantageStackName(config.deployment), signal)),
    ask((signal) => looks.concurrency(region, signal)),
  ]);
  return {
    table,
    functions: Object.fromEntries(await Promise.all(functions)) as RegionFacts['functions'],
    mappings,
    stack,
    concurrency,
    permissions: await Promise.all(permissions),
  };
}

async function factsOfZone(
  services: readonly Service[],
  { looks, zone }: Pick<Gather, 'looks' | 'zone'>,
  ask: Ask,
): Promise<ZoneFacts> {
  const ref = (services[0] as Service).zone;
  const [hosted, protections, read] = await Promise.all([
    ask((signal) => looks.hostedZone(ref, signal)),
    ask((signal) => looks.protections(ref, signal)),
    ask((signal) => zone.read(ref, stretchOf(services), signal)),
  ]);
  const apex = hosted.known ? hosted.value?.name : undefined;
  const delegation: Known<readonly string[]> =
    apex === undefined
      ? { known: false, why: 'the zone could not be read' }
      : await ask((signal) => looks.delegation(apex, signal));
  return { zone: ref, hosted, protections, read, delegation };
}

/** Of the records that stand there: what the file names and the zone does not use backs up nothing. */
async function healthChecksOf(
  zones: readonly (readonly [string, ZoneFacts])[],
  services: readonly Service[],
  looks: Looks,
  ask: Ask,
): Promise<Facts['healthChecks']> {
  const names = new Set(services.flatMap((service) => [...service.names, fenceName(service)]));
  const owners = new Map<string, ZoneRef>();
  for (const [, { zone, read }] of zones) {
    for (const { name, healthCheckId } of read.known ? read.value.records : []) {
      if (healthCheckId !== undefined && names.has(name)) owners.set(healthCheckId, zone);
    }
  }
  return new Map(
    await Promise.all(
      [...owners].map(
        async ([id, zone]) =>
          [id, await ask((signal) => looks.healthCheck(zone, id, signal))] as const,
      ),
    ),
  );
}
