/**
 * An operator's wish → a commit through the same fence as automation's, or a refusal that says why. It
 * works blind: reports and the record are best effort and waited for only so long, the compare in the
 * zone is not. A lost race is read and judged again; the answer 'committed' means that the zone has it.
 */
import { canonicalText } from '../core/canonical.ts';
import { toDecision } from '../core/decision.ts';
import { QuorateError } from '../core/errors.ts';
import type { FenceOrder, ForceableRule, OrderKind, OrderScope } from '../core/fence.ts';
import {
  type Aids,
  type Config,
  type EndpointId,
  type EpochMs,
  type OrderId,
  type RegionId,
  type Service,
  weight as toWeight,
  type VantageId,
  type Weight,
} from '../core/model.ts';
import { operationText } from '../core/operated.ts';
import { type Operation, observedText, operate } from '../core/operation.ts';
import type { Outcome } from '../core/outcome.ts';
import { planChanges, type UnsealedPlan } from '../core/plan.ts';
import { sentence as toSentence } from '../core/reason.ts';
import type { RecordOrder } from '../core/record.ts';
import type { ConfigManifest } from '../core/report.ts';
import { regionMark } from '../core/rule-order.ts';
import { markOf, snapshotOf } from '../core/snapshot.ts';
import type { Clock, Ids, Store, Zone } from '../ports.ts';
import { type Books, tellOthers, writeIntent, writeMarks } from './bookkeeping.ts';
import { type Committed, commitPlans } from './commit-plans.ts';
import { readEvidence, votesOf } from './evidence.ts';
import { stretchOf } from './zone-watch.ts';

export type OrderDeps = {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly store: Store;
  readonly zone: Zone;
  readonly aids: Aids;
};

export type OrderRequest = {
  readonly operation: Operation;
  readonly actor: string;
  readonly reason: string;
  /** The plan is made and shown, nothing is written. */
  readonly isDryRun: boolean;
  /** Of the plan that was reviewed: another plan is refused as changed. */
  readonly checksum: string | null;
};

/** What is planned, in sentences, joined and one by one. */
type Told = {
  readonly plan: UnsealedPlan;
  readonly sentence: string;
  readonly sentences: readonly string[];
  /** Why the table could not be read: then no vote was known. */
  readonly trouble: string | null;
};

export type OrderAnswer =
  | (Told & {
      readonly kind: 'committed';
      readonly generation: number;
      readonly changeId: string | null;
      /** False: the zone has it, the table does not say by whom and why. */
      readonly isRecorded: boolean;
    })
  /** `notYet`: why this plan could not be carried out now, whatever it says. */
  | (Told & { readonly kind: 'planned'; readonly notYet: string | null })
  | (Told & { readonly kind: 'plan-changed' })
  | { readonly kind: 'nothing-to-do'; readonly sentence: string }
  | { readonly kind: 'refused'; readonly sentence: string }
  /** Nothing is known yet, or Route 53 would not take it: the outcome says which. */
  | {
      readonly kind: 'failed';
      readonly outcome: Outcome['kind'] | 'throttled' | 'expired';
      readonly sentence: string;
    };

const TRIES_MAX = 5;
/** The table only helps: at each of its three uses an operator waits no longer for it. */
const TABLE_MS_MAX = 3_000;

export async function orderRound(
  deps: OrderDeps,
  config: Config,
  service: Service,
  options: { readonly region: VantageId; readonly manifest: ConfigManifest },
  request: OrderRequest,
  signal: AbortSignal,
): Promise<OrderAnswer> {
  const { clock } = deps;
  const books: Books = { ...deps, config, region: options.region };
  for (let tries = 1; ; tries += 1) {
    const evidence = await clock.withDeadline(TABLE_MS_MAX, signal, (deadline) =>
      readEvidence(deps, config, options.manifest, deadline),
    );
    const read = await deps.zone.read(service.zone, stretchOf([service]), signal);
    const now = clock.now();
    const snapshot = snapshotOf(service, read, config.deployment, now);
    const votes = votesOf(evidence, service, now);
    const input = { config, service, votes, snapshot, now, aids: deps.aids };
    const operated = operate(request.operation, input);
    const sentence = operationText(operated);
    if (operated.kind !== 'planned') return { kind: operated.kind, sentence };
    const nonce = deps.ids.nonce();
    const plan = planChanges(service, operated.commit, snapshot, nonce, now, deps.aids.digestOf);
    const sentences = operated.reasons.map(toSentence);
    const told: Told = { plan, sentence, sentences, trouble: evidence.trouble };
    if (request.checksum !== null && request.checksum !== plan.checksum) {
      return { ...told, kind: 'plan-changed' };
    }
    const notYet = observedText(request.operation, service);
    if (request.isDryRun) return { ...told, kind: 'planned', notYet };
    if (notYet !== null) return { kind: 'refused', sentence: notYet };
    const order = recordOrderOf(request);
    const intent = {
      actor: request.actor,
      endpoints: operated.lines.map(toDecision),
      sentences: [sentence, request.reason],
      ...(order === null ? {} : { order }),
    };
    const { plan: sealed, isRecorded } = await clock.withDeadline(
      TABLE_MS_MAX,
      signal,
      (deadline) => writeIntent(books, plan, intent, deadline),
    );
    const [committed] = await commitPlans(deps, config, [service], [sealed], signal);
    if (committed === undefined) return { kind: 'failed', outcome: 'unresolved', sentence };
    await clock.withDeadline(TABLE_MS_MAX, signal, async (deadline) => {
      await writeMarks(books, [committed], deadline);
      await tellOthers(books, new Map(), [committed], deadline);
    });
    if (committed.outcome.kind === 'committed') {
      const { changeId } = committed;
      return { ...told, kind: 'committed', generation: plan.generation, changeId, isRecorded };
    }
    const isRaced = committed.outcome.kind === 'lost' || committed.outcome.kind === 'drift';
    if (!isRaced || tries === TRIES_MAX) return failed(committed);
  }
}

function failed({ outcome, plan }: Committed): OrderAnswer {
  const why = {
    committed: '',
    lost: 'others kept changing the zone meanwhile; try again',
    drift: 'somebody edited a record meanwhile; look at it and try again',
    blocked: `Route 53 refuses the change${'why' in outcome ? `: ${outcome.why}` : ''}`,
    unresolved: `no answer from Route 53: it may have happened; look at generation ${plan.generation} before trying again`,
    throttled: 'Route 53 is throttling this account; try again in a few seconds',
    expired: 'it took longer than 30 s, so the plan was dropped; try again',
  }[outcome.kind];
  return { kind: 'failed', outcome: outcome.kind, sentence: why };
}

function recordOrderOf({ operation, actor, reason }: OrderRequest): RecordOrder | null {
  if (operation.kind !== 'order') return null;
  const { id, kind, scope, fromAt, untilAt } = operation.order;
  const where = scope.kind === 'service' ? 'service' : `${scope.kind} ${scope.mark}`;
  return { id, kind, scope: where, actor, reason, fromAt, untilAt };
}

export type OrderWish = {
  readonly kind: OrderKind;
  readonly scope:
    | { readonly kind: 'service' }
    | { readonly kind: 'endpoint'; readonly endpoint: EndpointId }
    | { readonly kind: 'region'; readonly region: RegionId };
  readonly weight: number | null;
  readonly fromAt: EpochMs;
  readonly untilAt: EpochMs;
  readonly afterwards: 'auto' | 'approve';
  readonly force: readonly ForceableRule[];
  readonly actor: string;
  readonly reason: string;
};

/** The order as the fence holds it; its id is its digest, so the same wish twice is one order. */
export function orderOf(
  wish: OrderWish,
  service: Service,
  aids: Pick<Aids, 'digestOf'>,
): FenceOrder {
  const id = aids.digestOf(`order ${service.id} ${canonicalText(wish)}`).slice(0, 8) as OrderId;
  return {
    id,
    kind: wish.kind,
    scope: scopeOf(wish.scope, service, aids),
    weight: weightOf(wish),
    fromAt: wish.fromAt,
    untilAt: wish.untilAt,
    afterwards: wish.afterwards,
    force: wish.force,
    started: false,
  };
}

const weightOf = ({ kind, weight }: OrderWish): Weight | null => {
  switch (kind) {
    case 'freeze':
      return null;
    case 'drain':
      return toWeight(0);
    case 'pin':
      if (weight === null || !Number.isInteger(weight) || weight < 0 || weight > 255)
        throw new QuorateError(
          'BAD_REQUEST',
          `a pin needs a weight from 0 to 255${weight === null ? '' : `, not ${weight}`}`,
        );
      return toWeight(weight);
  }
};

function scopeOf(
  scope: OrderWish['scope'],
  service: Service,
  { digestOf }: Pick<Aids, 'digestOf'>,
): OrderScope {
  switch (scope.kind) {
    case 'service':
      return scope;
    case 'region':
      return { kind: 'region', mark: regionMark(scope.region, digestOf) };
    case 'endpoint': {
      const endpoint = service.endpoints.find((one) => one.id === scope.endpoint);
      if (endpoint === undefined) {
        throw new QuorateError(
          'NOT_FOUND',
          `${service.id} has no endpoint ${scope.endpoint}; it has ${service.endpoints.map((one) => one.id).join(', ')}`,
        );
      }
      return { kind: 'endpoint', mark: markOf(endpoint, digestOf) };
    }
  }
}
