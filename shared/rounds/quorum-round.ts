/**
 * Reports and one zone in; per service a committed decision, or the reason DNS was left alone, out. It
 * runs in every region with no leader: several may decide the same at once, and the compare in the zone
 * lets one of them through. What it remembers between rounds only saves calls.
 */
import type { Decision } from '../core/decision.ts';
import type { Aids, Config, EpochMs, Nonce, Service, ServiceId, VantageId } from '../core/model.ts';
import { judgeOutcome, type Outcome } from '../core/outcome.ts';
import type { Plan } from '../core/plan.ts';
import { planJson } from '../core/plan-text.ts';
import { sentence } from '../core/reason.ts';
import type { ConfigManifest } from '../core/report.ts';
import { type Snapshot, snapshotOf } from '../core/snapshot.ts';
import type { ZoneRead } from '../core/zone-record.ts';
import type { Clock, Ids, Store, Zone } from '../ports.ts';
import { type Books, tellOthers, writeIntents, writeMarks } from './bookkeeping.ts';
import { type Committed, commitPlans } from './commit-plans.ts';
import { evaluate } from './evaluate.ts';
import { type Evidence, readEvidence } from './evidence.ts';
import { keepFound, type Recorded } from './found-records.ts';
import { askInsync } from './insync.ts';
import { keepShadows, readShadows, type Shadows } from './shadows.ts';
import { turnDelayMs } from './turn.ts';
import { isHidden, walkBack } from './walk-back.ts';
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

/** Per process; safety never depends on it. */
export type QuorumMemory = {
  /** Accepted changes whose INSYNC is still to be asked. */
  readonly inFlight: Map<ServiceId, Committed>;
  /** Sent, and nothing known yet: a service may have several, of which one at most can have landed. */
  readonly unresolved: Map<Nonce, Plan>;
  /** What this region has committed itself: the head it shows to others. */
  readonly generations: Map<ServiceId, number>;
  /** Whether the generation last seen has its record. */
  readonly recorded: Map<ServiceId, Recorded>;
  readonly blockedUntil: Map<ServiceId, { readonly at: EpochMs; readonly why: string }>;
};

export const newMemory = (): QuorumMemory => ({
  inFlight: new Map(),
  unresolved: new Map(),
  generations: new Map(),
  recorded: new Map(),
  blockedUntil: new Map(),
});

export type QuorumOptions = {
  readonly region: VantageId;
  readonly manifest: ConfigManifest;
  /** Regions take turns, as a courtesy; off where races are wanted. */
  readonly takesTurns: boolean;
};

export type QuorumResult = {
  readonly service: ServiceId;
  readonly decision: Decision;
  /** Generation of the fence as last read; null without a managed fence. */
  readonly generation: number | null;
  readonly outcome:
    | Outcome
    | { readonly kind: 'nothing-to-do' | 'observed' | 'throttled' | 'expired' | 'unrecorded' };
  readonly plan: Plan | null;
  readonly changeId: string | null;
  readonly at: EpochMs;
  /** Why the table could not be read; null if it could. */
  readonly trouble: string | null;
};

/** A refused change is tried again after this long at the earliest. */
export const BLOCKED_FOR_MS = 600_000;
/** After this long the zone is not asked any more: records and chain tell what became of a batch. */
const UNRESOLVED_FOR_MS = 600_000;

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
  const commits = await commitPlans(deps, config, services, sealed, signal);
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

const movesWeight = ({ decision }: QuorumResult): boolean =>
  decision.endpoints.some((endpoint) => endpoint.from !== endpoint.to);

const asObserved = (result: QuorumResult): QuorumResult =>
  result.plan === null ? result : { ...result, outcome: { kind: 'observed' } };

/** A service in `observe` never reaches the zone. */
function parted(
  services: readonly Service[],
  results: readonly QuorumResult[],
): { readonly observed: readonly QuorumResult[]; readonly enforced: readonly QuorumResult[] } {
  const isObserved = (result: QuorumResult): boolean =>
    services.some((service) => service.id === result.service && service.mode === 'observe');
  return {
    observed: results.filter(isObserved),
    enforced: results.filter((result) => !isObserved(result)),
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
  const now = deps.clock.now();
  return services.map((service) => {
    const snapshot = snapshotOf(service, read, config.deployment, now);
    const at = { now, nonce: deps.ids.nonce };
    try {
      return evaluate({ ...deps, config }, service, evidence, snapshot, shadows, at);
    } catch (error) {
      // A failed assertion, or worse: evaluating touches nothing outside, so whatever it throws is a bug.
      return heldByBug(service, snapshot, error, now, evidence.trouble);
    }
  });
}

function heldByBug(
  service: Service,
  snapshot: Snapshot,
  error: unknown,
  now: EpochMs,
  trouble: string | null,
): QuorumResult {
  const assertion = error instanceof Error ? error.message : String(error);
  const reason = { code: 'bug' as const, service: service.id, assertion };
  return {
    service: service.id,
    decision: {
      service: service.id,
      automation: 'blocked',
      endpoints: [],
      reasons: [reason],
      withheld: [],
      asofAt: null,
      commit: null,
    },
    generation: snapshot.fence.kind === 'managed' ? snapshot.fence.fence.generation : null,
    outcome: { kind: 'blocked', why: sentence(reason) },
    plan: null,
    changeId: null,
    at: now,
    trouble,
  };
}

const wantsCommit = (results: readonly QuorumResult[], service: Service): boolean =>
  results.some((result) => result.service === service.id && result.decision.commit !== null);

/** What was read before an unanswered batch can't tell what became of it: the next look reads. */
function forgetUnresolved(
  { memory, watch, clock }: QuorumDeps,
  services: readonly Service[],
): void {
  for (const plan of memory.unresolved.values()) {
    if (clock.now() > plan.deadlineAt + UNRESOLVED_FOR_MS) memory.unresolved.delete(plan.nonce);
    for (const service of services) if (service.id === plan.service) watch.forget(service);
  }
}

/**
 * A batch whose fate was unknown is asked for once more, by what the zone says now. While the fence
 * stands at its parent it may still land, however long ago it was sent.
 */
async function settleUnresolved(
  { memory, clock, store, aids }: QuorumDeps,
  books: Books,
  config: Config,
  services: readonly Service[],
  read: ZoneRead,
  signal: AbortSignal,
): Promise<void> {
  const settled: Committed[] = [];
  for (const plan of [...memory.unresolved.values()]) {
    const service = services.find(({ id }) => id === plan.service);
    if (service === undefined) continue;
    const snapshot = snapshotOf(service, read, config.deployment, clock.now());
    const outcome = await unhidden(store, aids, plan, snapshot, signal);
    if (outcome.kind === 'unresolved') continue;
    memory.unresolved.delete(plan.nonce);
    settled.push({ plan, outcome, changeId: null, at: clock.now() });
  }
  await writeMarks(books, settled, signal);
  await tellOthers(books, memory.generations, settled, signal);
}

async function unhidden(
  store: Store,
  { digestOf }: Aids,
  plan: Plan,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<Outcome> {
  const outcome = judgeOutcome(plan, snapshot, { isFinal: false, why: 'no answer in time' });
  const { fence } = snapshot;
  if (outcome.kind !== 'lost' || fence.kind !== 'managed' || !isHidden(plan, snapshot)) {
    return outcome;
  }
  return { kind: (await walkBack(store, digestOf, plan, fence.fence, signal)) ?? 'unresolved' };
}

function remember(memory: QuorumMemory, commits: readonly Committed[]): void {
  for (const committed of commits) {
    const { plan, outcome, changeId, at } = committed;
    if (outcome.kind === 'committed' && changeId !== null)
      memory.inFlight.set(plan.service, committed);
    if (outcome.kind === 'unresolved') memory.unresolved.set(plan.nonce, plan);
    if (outcome.kind === 'blocked') {
      memory.blockedUntil.set(plan.service, {
        at: (at + BLOCKED_FOR_MS) as EpochMs,
        why: outcome.why,
      });
    }
  }
}

function withOutcome(
  result: QuorumResult,
  commits: readonly Committed[],
  unrecorded: readonly ServiceId[],
): QuorumResult {
  const committed = commits.find(({ plan }) => plan.service === result.service);
  if (committed !== undefined) {
    const { plan, outcome, changeId, at } = committed;
    const generation = outcome.kind === 'committed' ? plan.generation : result.generation;
    return { ...result, plan, outcome, changeId, at, generation };
  }
  return unrecorded.includes(result.service)
    ? { ...result, outcome: { kind: 'unrecorded' } }
    : result;
}

/** One line per round and service for the log, in the glossary's words. */
export const logLine = (result: QuorumResult): Readonly<Record<string, unknown>> => ({
  service: result.service,
  automation: result.decision.automation,
  generation: result.generation,
  outcome: result.outcome.kind,
  ...('why' in result.outcome ? { why: result.outcome.why } : {}),
  ...(result.trouble === null ? {} : { trouble: result.trouble }),
  reasons: result.decision.reasons.map(sentence),
  withheld: result.decision.withheld.map(sentence),
  ...(result.plan === null ? {} : { plan: planJson(result.plan) }),
});
