/**
 * Reports and one zone in; per service a committed decision, or the reason DNS was left alone, out. It
 * runs in every region with no leader: several may decide the same at once, and the compare in the zone
 * lets one of them through. What it remembers between rounds only saves calls.
 */
import type { Aids, Config, Service, VantageId } from '../core/model.ts';
import type { ConfigManifest } from '../core/report.ts';
import { snapshotOf } from '../core/snapshot.ts';
import type { ZoneRead } from '../core/zone-record.ts';
import type { Clock, Ids, Store, Zone } from '../ports.ts';
import { type Books, tellOthers, writeIntents, writeMarks } from './bookkeeping.ts';
import { commitPlans } from './commit-plans.ts';
import { evaluate } from './evaluate.ts';
import { type Evidence, readEvidence } from './evidence.ts';
import { keepFound } from './found-records.ts';
import { askInsync } from './insync.ts';
import { type QuorumMemory, remember } from './quorum-memory.ts';
import {
  asObserved,
  asWaiting,
  heldByBug,
  movesWeight,
  type QuorumResult,
  withOutcome,
} from './quorum-result.ts';
import { keepShadows, readShadows, type Shadows } from './shadows.ts';
import { turnDelayMs } from './turn.ts';
import { forgetUnresolved, settleUnresolved } from './unresolved.ts';
import type { ZoneWatch } from './zone-watch.ts';

export type QuorumDeps = {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly store: Store;
  readonly zone: Zone;
  readonly aids: Aids;
  readonly watch: ZoneWatch;
  readonly memory: QuorumMemory;
};

export type QuorumOptions = {
  readonly region: VantageId;
  readonly manifest: ConfigManifest;
  /** Regions take turns, as a courtesy; off where races are wanted. */
  readonly takesTurns: boolean;
};

export async function quorumRound(
  deps: QuorumDeps,
  config: Config,
  all: readonly Service[],
  options: QuorumOptions,
  signal: AbortSignal,
): Promise<readonly QuorumResult[]> {
  const { clock, watch } = deps;
  const books: Books = { ...deps, config, region: options.region };
  const evidence = await readEvidence(deps, config, options.manifest, signal);
  const found = await readShadows(deps, all, options.region, signal);
  const services = found === null ? all.filter(({ mode }) => mode === 'enforce') : all;
  const shadows: Shadows = found ?? new Map();
  await askInsync(deps, books, services, signal);
  forgetUnresolved(deps, services);
  // Always the stretch of all: a shorter one, held, would hide the others' records from the next round.
  const held = await watch.look(all, signal);
  await settleUnresolved(deps, books, config, services, held.read, signal);
  const glance = assess(deps, config, services, { evidence, read: held.read, shadows });
  const due = services.filter((service) => wantsCommit(glance, service));
  if (due.length === 0) {
    await keepFound(books, deps.memory.recorded, services, held, signal);
    return glance;
  }

  // What is held only told that a change may be due. The change itself is decided on a fresh read.
  const delayMs = options.takesTurns
    ? turnDelayMs(config, due, glance, evidence, options.region)
    : 0;
  if (delayMs > 0) await clock.sleep(delayMs, signal);
  const later = delayMs > 0 ? await readEvidence(deps, config, options.manifest, signal) : evidence;
  const read = delayMs > 0 || !held.isFresh ? await watch.fresh(all, signal) : held.read;
  const results = assess(deps, config, services, { evidence: later, read, shadows });

  const { observed, enforced } = parted(services, results);
  await keepShadows(deps, observed, options.region, signal);
  await writeIntents(books, observed.filter(movesWeight), 'observed', signal);
  const { sealed, unrecorded } = await writeIntents(books, enforced, 'quorum', signal);
  const { budget } = deps.memory;
  const commits = await commitPlans({ ...deps, budget }, config, services, sealed, signal);
  for (const service of services) {
    if (sealed.some((plan) => plan.service === service.id)) watch.forget(service);
  }
  remember(deps.memory, commits);
  await writeMarks(books, commits, signal);
  await tellOthers(books, deps.memory.generations, commits, signal);
  return results.map((result) =>
    observed.includes(result) ? asObserved(result) : withOutcome(result, commits, unrecorded),
  );
}

/** A service in `observe` never reaches the zone; one whose next try is not due waits. */
function parted(
  services: readonly Service[],
  results: readonly QuorumResult[],
): { readonly observed: readonly QuorumResult[]; readonly enforced: readonly QuorumResult[] } {
  const isObserved = (result: QuorumResult): boolean =>
    services.some((service) => service.id === result.service && service.mode === 'observe');
  return {
    observed: results.filter(isObserved),
    enforced: results.filter((result) => !isObserved(result) && result.outcome.kind !== 'waiting'),
  };
}

type Seen = { readonly evidence: Evidence; readonly read: ZoneRead; readonly shadows: Shadows };

/** One service's bug is that service's own hold; it never ends another's round. */
function assess(
  deps: QuorumDeps,
  config: Config,
  services: readonly Service[],
  { evidence, read, shadows }: Seen,
): readonly QuorumResult[] {
  const { clock, memory } = deps;
  const now = clock.now();
  return services.map((service) => {
    const snapshot = snapshotOf(service, read, config.deployment, now);
    const at = { now, nonce: deps.ids.nonce };
    try {
      const result = evaluate({ ...deps, config }, service, evidence, snapshot, shadows, at);
      return asWaiting(result, memory.budget.waitsUntil(service.id, now));
    } catch (error) {
      // A failed assertion, or worse: evaluating touches nothing outside, so whatever it throws is a bug.
      return heldByBug(service, snapshot, error, now, evidence.trouble);
    }
  });
}

const wantsCommit = (results: readonly QuorumResult[], service: Service): boolean =>
  results.some(
    ({ service: id, decision, outcome }) =>
      id === service.id && decision.commit !== null && outcome.kind !== 'waiting',
  );
