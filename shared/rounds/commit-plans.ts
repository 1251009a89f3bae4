/**
 * Plans → outcomes. The write is sent once; after anything but a clear yes the zone itself is asked what
 * happened. A conflict throws the plan away: nothing of it is ever re-sent against a newer fence.
 *
 *     reply                         then
 *     accepted                      committed
 *     refused, shared batch         each of its services alone, same plan: a refusal had no effect
 *     refused, alone                read back: lost · drift · blocked, and committed where an earlier copy
 *                                   of it took effect (unresolved, if successors have hidden that)
 *     throttled, busy               wait with full jitter, at most 3 tries, then one in a later round
 *     denied, shared batch          each of its services alone: one name may be outside the policy
 *     denied, alone                 blocked
 *     unknown                       read back: committed · lost · unresolved (asked again next round,
 *                                   and of the records where successors have hidden it)
 */
import { QuorateError } from '../core/errors.ts';
import type { Config, EpochMs, Service, ServiceId } from '../core/model.ts';
import { judgeOutcome, type Outcome } from '../core/outcome.ts';
import { batchPlans, type ChangeBatch, type Plan } from '../core/plan.ts';
import { snapshotOf } from '../core/snapshot.ts';
import type { Clock, CommitReply, Ids, Zone } from '../ports.ts';
import type { TryBudget } from './try-budget.ts';
import { hasSuccessors, isHidden } from './walk-back.ts';
import { stretchOf } from './zone-watch.ts';

export type CommitDeps = {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly zone: Zone;
  /** Of automation; a person may try as often as they like. */
  readonly budget?: TryBudget;
};

export type Committed = {
  readonly plan: Plan;
  readonly outcome: Outcome | { readonly kind: 'throttled' | 'expired' };
  /** Of the accepted batch: INSYNC is asked by later rounds. */
  readonly changeId: string | null;
  readonly at: EpochMs;
};

const TRIES_MAX = 3;
const BACKOFF_MS_FIRST = 500;

export async function commitPlans(
  deps: CommitDeps,
  config: Config,
  services: readonly Service[],
  plans: readonly Plan[],
  signal: AbortSignal,
): Promise<readonly Committed[]> {
  const byId = new Map(services.map((service) => [service.id, service]));
  const done: Committed[] = [];
  for (const batch of batchPlans(plans)) {
    done.push(...(await commitBatch(deps, config, byId, batch, signal)));
  }
  return done;
}

async function commitBatch(
  deps: CommitDeps,
  config: Config,
  services: ReadonlyMap<string, Service>,
  batch: ChangeBatch,
  signal: AbortSignal,
): Promise<readonly Committed[]> {
  const { clock } = deps;
  const all = (outcome: Committed['outcome'], changeId: string | null = null): Committed[] =>
    batch.plans.map((plan) => ({ plan, outcome, changeId, at: clock.now() }));
  const reply = await send(deps, batch, signal);
  switch (reply.kind) {
    case 'accepted':
      return all({ kind: 'committed' }, reply.changeId);
    case 'expired':
      return all({ kind: 'expired' });
    case 'throttled':
    case 'busy':
      return all({ kind: 'throttled' });
    case 'denied':
      // One name outside the policy denies the whole batch; without a zone there is nothing to try.
      return batch.plans.length > 1 && reply.code !== 'no-such-zone'
        ? eachAlone(deps, config, services, batch, signal)
        : all({ kind: 'blocked', why: `${reply.code}: ${reply.message}` });
    case 'refused':
      if (batch.plans.length > 1) return eachAlone(deps, config, services, batch, signal);
      return readBack(
        deps,
        config,
        services,
        batch,
        {
          isFinal: true,
          why: reply.messages.join('; '),
        },
        signal,
      );
    case 'unknown':
      return readBack(
        deps,
        config,
        services,
        batch,
        { isFinal: false, why: reply.message },
        signal,
      );
  }
}

/** Only what fails by itself may be called lost, drift or blocked. */
async function eachAlone(
  deps: CommitDeps,
  config: Config,
  services: ReadonlyMap<string, Service>,
  batch: ChangeBatch,
  signal: AbortSignal,
): Promise<readonly Committed[]> {
  const alone: Committed[] = [];
  for (const plan of batch.plans) {
    const single = { ...batch, plans: [plan], changes: plan.changes };
    alone.push(...(await commitBatch(deps, config, services, single, signal)));
  }
  return alone;
}

type Sent = CommitReply | { readonly kind: 'expired' };

/** Throttling and PriorRequestNotComplete had no effect, so the very same batch may be sent again. */
async function send(deps: CommitDeps, batch: ChangeBatch, signal: AbortSignal): Promise<Sent> {
  const { clock, ids, zone, budget } = deps;
  const deadlineAt = Math.min(...batch.plans.map((plan) => plan.deadlineAt));
  const comment = batch.plans.map((plan) => `${plan.service} ${plan.generation}`).join(', ');
  const services = batch.plans.map(({ service }) => service);
  const triesOf = (service: ServiceId): number => budget?.triesPerRound(service) ?? TRIES_MAX;
  const triesMax = Math.min(...services.map(triesOf));
  const isWaiting = (service: ServiceId): boolean =>
    (budget?.waitsUntil(service, clock.now()) ?? null) !== null;
  for (let tries = 1; ; tries += 1) {
    // Right before the send: a process that was frozen since it decided drops its plan here, and so
    // does an invocation whose time is up: what it could not follow to its end it does not begin.
    if (signal.aborted || clock.now() > deadlineAt) return { kind: 'expired' };
    if (services.some(isWaiting)) return { kind: 'throttled' };
    for (const service of services) budget?.noteSent(service, clock.now());
    const reply = await zone.commit(batch.zone, batch.changes, `quorate ${comment}`, signal);
    if (reply.kind !== 'throttled' && reply.kind !== 'busy') {
      for (const service of services) budget?.noteAnswered(service);
      return reply;
    }
    try {
      if (tries === triesMax) return noteThrottled(deps, services, reply);
      await clock.sleep(ids.random() * BACKOFF_MS_FIRST * 2 ** tries, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      return noteThrottled(deps, services, reply);
    }
  }
}

function noteThrottled<R>(
  { budget, clock, ids }: CommitDeps,
  services: readonly ServiceId[],
  reply: R,
): R {
  for (const service of services) budget?.noteThrottled(service, clock.now(), ids.random());
  return reply;
}

async function readBack(
  { clock, zone }: CommitDeps,
  config: Config,
  services: ReadonlyMap<string, Service>,
  batch: ChangeBatch,
  reply: { readonly isFinal: boolean; readonly why: string },
  signal: AbortSignal,
): Promise<readonly Committed[]> {
  const unresolved = (plan: Plan): Committed => ({
    plan,
    outcome: { kind: 'unresolved' },
    changeId: null,
    at: clock.now(),
  });
  const own = batch.plans.flatMap((plan) => services.get(plan.service) ?? []);
  try {
    const read = await zone.read(batch.zone, stretchOf(own), signal);
    return batch.plans.map((plan) => {
      const service = services.get(plan.service);
      if (service === undefined) return unresolved(plan);
      const snapshot = snapshotOf(service, read, config.deployment, clock.now());
      const outcome = judgeOutcome(plan, snapshot, reply);
      // A refusal is no proof either: of a request that arrived twice it answers the second.
      const isOpen = reply.isFinal ? hasSuccessors(plan, snapshot) : isHidden(plan, snapshot);
      const isTold = outcome.kind !== 'lost' || !isOpen;
      return isTold ? { plan, outcome, changeId: null, at: clock.now() } : unresolved(plan);
    });
  } catch (error) {
    if (!(error instanceof QuorateError) && !signal.aborted) throw error;
    return batch.plans.map(unresolved);
  }
}
