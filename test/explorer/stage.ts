/**
 * The world that is explored, before anything happens: one service, its zone with a fence, and the epochs
 * of evidence. An epoch is a minute in which reports say something else, so that each asks for another
 * decision; the last one brings an order that is due. A further epoch, minutes later, has all well: the
 * world in which faults have stopped. Nothing here decides or judges.
 */
import { classifyAddress, isInside } from '../../shared/adapters/addresses.ts';
import { sha256 } from '../../shared/adapters/digest.ts';
import { compilePattern } from '../../shared/adapters/patterns.ts';
import { manifestOf } from '../../shared/core/config.ts';
import { checkMark } from '../../shared/core/endpoint-mark.ts';
import { type Fence, fenceValue, newEntry } from '../../shared/core/fence.ts';
import { recordsOf } from '../../shared/core/membership.ts';
import {
  type Aids,
  type Config,
  type Digest,
  type DigestOf,
  digest,
  type Endpoint,
  epochMs,
  fenceName,
  nonce,
  orderId,
  type Service,
  type VantageId,
  weight,
} from '../../shared/core/model.ts';
import type { ConfigManifest } from '../../shared/core/report.ts';
import { markOf } from '../../shared/core/snapshot.ts';
import type { ZoneRecord } from '../../shared/core/zone-record.ts';
import { reportOf } from '../fakes/quorum-world.ts';
import { sampleConfig, sampleEndpoint, sampleService, VANTAGES } from '../fakes/sample-service.ts';

export type Size = {
  readonly writers: number;
  readonly endpoints: number;
  /** Epochs of evidence, each of which asks for another decision. */
  readonly decisions: number;
  /** Rounds that each writer may begin before faults stop. */
  readonly rounds: number;
  /** Of any kind, together. */
  readonly faults: number;
  /** A fault may put the whole zone back as it was at first, byte for byte. */
  readonly restores: boolean;
};

export type Stage = {
  readonly size: Size;
  readonly config: Config;
  readonly service: Service;
  readonly manifest: ConfigManifest;
  readonly aids: Aids;
  readonly regions: readonly VantageId[];
  readonly records: readonly ZoneRecord[];
  /** Whom the order that falls due drains; null where none does. */
  readonly drained: string | null;
  /** Index of the epoch in which faults have stopped. */
  readonly healed: number;
  /** A writer's clock. Once faults have stopped each has come to the minute in which it sweeps. */
  readonly nowAt: (epoch: number, writer: number) => number;
  /** When the reports of an epoch were observed. */
  readonly observedAt: (epoch: number) => number;
  /** Stored reports, as a writer finds them that sees this epoch. */
  readonly reports: (epoch: number) => ReadonlyMap<VantageId, unknown>;
};

/** Divisible by a minute and by the number of writers' sweeps. */
const START = 1_782_864_000_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
/** Less than the 10 minutes for which an unanswered batch is asked about. */
const REST_AFTER_MS = 5 * MINUTE;
const ORDER_FOR_MS = 2 * MINUTE;
const DIGESTS_MAX = 50_000;
/** The writers' clock, behind the reports. */
const READ_AFTER_MS = 5_000;
export const SEED_GENERATION = 41;
export const FULL_WEIGHT = 100;

const REGIONS = ['eu-west-1', 'us-east-1', 'ap-southeast-1', 'eu-central-1'] as const;

export function newStage(size: Size): Stage {
  const endpoints = REGIONS.slice(0, size.endpoints).map((id) => sampleEndpoint(id));
  const vantages = VANTAGES.slice(0, Math.max(3, size.writers));
  const service = sampleService({
    endpoints,
    vantages,
    quorum: Math.floor(vantages.length / 2) + 1,
    // Reports are fresh for three intervals: a writer may act on evidence that lags by two epochs.
    everyMs: MINUTE,
    policy: {
      velocity: { regions: size.endpoints, windowMs: MINUTE },
      holdDownMs: 30_000,
      ramp: [100],
      rampStepMs: 10_000,
      failback: 'auto',
      // A floor would hide what old evidence can do: what remains is that never all weights are 0.
      floorPercent: 0,
      tricklePercent: 0,
      settleMs: 0,
    },
  });
  const config = sampleConfig({ services: [service], vantages });
  const manifest = manifestOf(config);
  const healed = size.decisions;
  const drained = size.decisions < 2 ? null : (endpoints[1] ?? null);
  // A minute in which the first region sweeps: the others' follow while these reports are fresh.
  const turns = vantages.length * MINUTE;
  const restAt = Math.ceil((START + healed * MINUTE + REST_AFTER_MS) / turns) * turns;
  const observedAt = (epoch: number): number =>
    epoch === healed ? restAt : START + epoch * MINUTE;

  /** Each minute another endpoint is down; in the last one an order begins instead. */
  const downIn = (epoch: number): string | null => {
    if (epoch === healed || (epoch > 0 && epoch === healed - 1)) return null;
    return endpoints[(epoch + 1) % endpoints.length]?.id ?? null;
  };
  const stored = Array.from({ length: healed + 1 }, (_, epoch) => {
    const at = observedAt(epoch);
    const down = downIn(epoch);
    const sights = new Map(
      vantages.map((vantage) => [
        `${vantage} ${service.id} ${down}`,
        { vote: 'down' as const, sinceAt: at },
      ]),
    );
    return new Map(
      vantages.map((vantage) => [
        vantage,
        reportOf(config, manifest.digest, vantage, at, down === null ? new Map() : sights),
      ]),
    );
  });

  return {
    size,
    config,
    service,
    manifest,
    aids: { digestOf: remembered(sha256), classifyAddress, isInside, compilePattern },
    regions: vantages.slice(0, size.writers),
    records: [
      ...endpoints.flatMap((one) => recordsOf(service, one, one.weight, service.ttlSeconds)),
      {
        name: fenceName(service),
        type: 'TXT',
        ttlSeconds: 60,
        values: [fenceValue(firstFence(config, service, drained, observedAt(size.decisions - 1)))],
      },
    ],
    drained: drained?.id ?? null,
    healed,
    nowAt: (epoch, writer) =>
      observedAt(epoch) + (epoch === healed ? writer * MINUTE : READ_AFTER_MS),
    observedAt,
    reports: (epoch) => stored[epoch] ?? new Map(),
  };
}

/** Rounds are run again and again, over the same texts. */
function remembered(digestOf: DigestOf): DigestOf {
  const known = new Map<string, Digest>();
  return (text) => {
    const digested = known.get(text) ?? digestOf(text);
    if (known.size < DIGESTS_MAX) known.set(text, digested);
    return digested;
  };
}

function firstFence(
  config: Config,
  service: Service,
  drained: Endpoint | null,
  dueAt: number,
): Fence {
  const entries = service.endpoints.map((endpoint) => ({
    ...newEntry(markOf(endpoint, sha256), weight(FULL_WEIGHT), { kind: 'in' }),
    provenAs: checkMark(endpoint, sha256),
  }));
  return {
    deployment: config.deployment,
    generation: SEED_GENERATION,
    nonce: nonce('seed0041'),
    parentNonce: nonce('seed0040'),
    asofAt: epochMs(START - HOUR),
    config: service.digest,
    packagedAt: config.packagedAt,
    record: digest('record-of-generation-41'),
    rescuedAt: null,
    entries: entries.sort((a, b) => (a.mark < b.mark ? -1 : 1)),
    orders:
      drained === null
        ? []
        : [
            {
              id: orderId('order001'),
              kind: 'drain',
              scope: { kind: 'endpoint', mark: markOf(drained, sha256) },
              weight: weight(0),
              fromAt: epochMs(dueAt),
              untilAt: epochMs(dueAt + ORDER_FOR_MS),
              afterwards: 'auto',
              force: [],
              started: false,
            },
          ],
  };
}
