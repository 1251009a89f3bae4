/**
 * Operators' wishes, for one service or for many at once → commits through the same fence as
 * automation's, each judged by itself. Zones and table are read once for all of them, plans are made and
 * compared with the one that was reviewed, and only then anything is sent. It works blind: reports and
 * records are best effort and waited for only so long, the compare in the zone is not. 'committed' means
 * that the zone has it.
 */
import { toDecision } from '../core/decision.ts';
import { QuorateError } from '../core/errors.ts';
import type { Aids, Config, OrderId, Service, VantageId } from '../core/model.ts';
import { operationText, type Planned } from '../core/operated.ts';
import { type Operation, observedText, operate } from '../core/operation.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Change } from '../core/override.ts';
import { type Plan, planChanges, type UnsealedPlan } from '../core/plan.ts';
import { sentence as toSentence } from '../core/reason.ts';
import type { RecordOrder } from '../core/record.ts';
import type { ConfigManifest } from '../core/report.ts';
import { snapshotOf } from '../core/snapshot.ts';
import type { Clock, Ids, Store, Zone } from '../ports.ts';
import { type Books, type Intent, tellOthers, writeIntent, writeMarks } from './bookkeeping.ts';
import { type Committed, commitPlans } from './commit-plans.ts';
import { type Evidence, readEvidence, votesOf } from './evidence.ts';
import { readZones, type ZoneReads } from './read-zones.ts';

export type OrderDeps = {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly store: Store;
  readonly zone: Zone;
  readonly aids: Aids;
};

export type OverrideOptions = { readonly region: VantageId; readonly manifest: ConfigManifest };

/** What was reviewed: another generation, or another plan, is refused as changed. */
export type Match =
  | { readonly kind: 'generation'; readonly generation: number }
  | { readonly kind: 'checksum'; readonly checksum: string };

export type OverrideRequest = {
  readonly actor: string;
  /** `api@<region> <address>`, `cli@<host>`; null where nobody is told from where. */
  readonly via: string | null;
  readonly reason: string;
  /** The plans are made and shown, nothing is written. */
  readonly isDryRun: boolean;
  /** Null: whatever stands there now. */
  readonly match: Match | null;
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
  | {
      readonly kind: 'refused';
      readonly sentence: string;
      /** The key gave another order, so the request itself is wrong, whatever stands in the zone. */
      readonly isKeyReused?: true;
    }
  /** Nothing is known yet, or Route 53 would not take it: the outcome says which. */
  | {
      readonly kind: 'failed';
      readonly outcome: Outcome['kind'] | 'throttled' | 'expired';
      readonly sentence: string;
    };

export type ServiceAnswer = {
  readonly service: Service;
  readonly operation: Operation;
  /** `unread`: its zone could not be read, so nothing is known and nothing was done. */
  readonly answer: OrderAnswer | { readonly kind: 'unread'; readonly error: QuorateError };
};

export type OverrideAnswer = {
  /** Of all plans together, as they are now; null where there is nothing to carry out. */
  readonly checksum: string | null;
  readonly results: readonly ServiceAnswer[];
};

const TRIES_MAX = 5;
/** The table only helps: at each of its three uses an operator waits no longer for it. */
const TABLE_MS_MAX = 3_000;

export async function overrideRound(
  deps: OrderDeps,
  config: Config,
  options: OverrideOptions,
  changes: readonly Change[],
  request: OverrideRequest,
  signal: AbortSignal,
): Promise<OverrideAnswer> {
  const round: Round = { deps, config, options, request, signal };
  let drafts = await draft(round, changes);
  let checksum = checksumOf(drafts, deps.aids);
  if (request.isDryRun) return { checksum, results: drafts.map(shown) };
  if (!isMatched(drafts, checksum, request.match)) {
    return { checksum, results: drafts.map(changed) };
  }
  const done = new Map<Change, ServiceAnswer>();
  for (let tries = 1; ; tries += 1) {
    const answers = await carryOut(round, drafts);
    const raced: Change[] = [];
    for (const [i, { change }] of drafts.entries()) {
      const answer = answers[i] as ServiceAnswer;
      done.set(change, answer);
      if (isRaced(answer.answer)) raced.push(change);
    }
    if (raced.length === 0 || tries === TRIES_MAX) break;
    drafts = await draft(round, raced);
    if (request.match !== null) {
      // What was reviewed is not there any more: whatever the new plan is, nobody has seen it.
      for (const one of drafts) done.set(one.change, changed(one));
      checksum = checksumOf(drafts, deps.aids);
      break;
    }
  }
  return { checksum, results: changes.flatMap((change) => done.get(change) ?? []) };
}

type Round = {
  readonly deps: OrderDeps;
  readonly config: Config;
  readonly options: OverrideOptions;
  readonly request: OverrideRequest;
  readonly signal: AbortSignal;
};

type Draft = {
  readonly change: Change;
  readonly result:
    | { readonly kind: 'planned'; readonly operated: Planned; readonly told: Told }
    | Extract<ServiceAnswer['answer'], { readonly kind: 'nothing-to-do' | 'refused' | 'unread' }>;
};

async function draft(round: Round, changes: readonly Change[]): Promise<readonly Draft[]> {
  const { deps, config, options, signal } = round;
  const [evidence, reads] = await Promise.all([
    deps.clock.withDeadline(TABLE_MS_MAX, signal, (deadline) =>
      readEvidence(deps, config, options.manifest, deadline),
    ),
    readZones(
      deps.zone,
      changes.map(({ service }) => service),
      signal,
    ),
  ]);
  return changes.map((change) => draftOne(round, change, evidence, reads));
}

function draftOne(
  { deps, config }: Round,
  change: Change,
  evidence: Evidence,
  reads: ZoneReads,
): Draft {
  const { service, operation, isWide } = change;
  if (isWide && service.mode === 'observe') {
    const sentence = `${service.id} is observed, not enforced: passed over`;
    return { change, result: { kind: 'nothing-to-do', sentence } };
  }
  const read = reads.get(service.zone.id);
  if (read === undefined || read instanceof QuorateError) {
    const error = read ?? new QuorateError('ZONE_UNAVAILABLE', 'the zone was not read');
    return { change, result: { kind: 'unread', error } };
  }
  const now = deps.clock.now();
  const snapshot = snapshotOf(service, read, config.deployment, now);
  const votes = votesOf(evidence, service, now);
  const operated = operate(operation, { config, service, votes, snapshot, now, aids: deps.aids });
  const sentence = operationText(operated);
  if (operated.kind === 'refused') {
    const { isKeyReused } = operated;
    const result = { kind: 'refused' as const, sentence };
    return { change, result: isKeyReused ? { ...result, isKeyReused } : result };
  }
  if (operated.kind === 'nothing-to-do')
    return { change, result: { kind: operated.kind, sentence } };
  const nonce = deps.ids.nonce();
  const plan = planChanges(service, operated.commit, snapshot, nonce, now, deps.aids.digestOf);
  const sentences = operated.reasons.map(toSentence);
  const told: Told = { plan, sentence, sentences, trouble: evidence.trouble };
  return { change, result: { kind: 'planned', operated, told } };
}

/** Sends every plan. Of a service that is not planned the answer is known already. */
async function carryOut(
  { deps, config, options, request, signal }: Round,
  drafts: readonly Draft[],
): Promise<readonly ServiceAnswer[]> {
  const { clock } = deps;
  const books: Books = { ...deps, config, region: options.region };
  const written = await clock.withDeadline(TABLE_MS_MAX, signal, (deadline) =>
    Promise.all(
      drafts.map(async ({ change, result }) =>
        result.kind !== 'planned' || notYetOf(change) !== null
          ? null
          : await writeIntent(
              books,
              result.told.plan,
              intentOf(change, result.operated, request),
              deadline,
            ),
      ),
    ),
  );
  const sealed = written.flatMap((one): readonly Plan[] => (one === null ? [] : [one.plan]));
  const services = drafts.map(({ change }) => change.service);
  const commits = await commitPlans(deps, config, services, sealed, signal);
  await clock.withDeadline(TABLE_MS_MAX, signal, async (deadline) => {
    await writeMarks(books, commits, deadline);
    await tellOthers(books, new Map(), commits, deadline);
  });
  return drafts.map((one, i): ServiceAnswer => {
    const { change, result } = one;
    if (result.kind !== 'planned') return { ...change, answer: result };
    const notYet = notYetOf(change);
    if (notYet !== null) return { ...change, answer: { kind: 'refused', sentence: notYet } };
    const committed = commits.find(({ plan }) => plan.nonce === result.told.plan.nonce);
    return {
      ...change,
      answer: answerOf(committed, result.told, written[i]?.isRecorded === true),
    };
  });
}

function answerOf(committed: Committed | undefined, told: Told, isRecorded: boolean): OrderAnswer {
  if (committed === undefined) {
    return { kind: 'failed', outcome: 'unresolved', sentence: told.sentence };
  }
  if (committed.outcome.kind !== 'committed') return failed(committed);
  const { changeId } = committed;
  const { generation } = told.plan;
  return { ...told, kind: 'committed', generation, changeId, isRecorded };
}

const isRaced = (answer: ServiceAnswer['answer']): boolean =>
  answer.kind === 'failed' && (answer.outcome === 'lost' || answer.outcome === 'drift');

const notYetOf = ({ operation, service }: Change): string | null =>
  observedText(operation, service);

/** As a dry run shows it. */
function shown({ change, result }: Draft): ServiceAnswer {
  if (result.kind !== 'planned') return { ...change, answer: result };
  return { ...change, answer: { ...result.told, kind: 'planned', notYet: notYetOf(change) } };
}

/** Another plan than the one that was reviewed. */
const changed = ({ change, result }: Draft): ServiceAnswer => ({
  ...change,
  answer: result.kind === 'planned' ? { ...result.told, kind: 'plan-changed' } : result,
});

/** Of one plan its own; of several a digest of all, so that none is carried out unseen. */
function checksumOf(drafts: readonly Draft[], { digestOf }: Aids): string | null {
  const own = drafts.flatMap(({ result }) =>
    result.kind === 'planned' ? [result.told.plan.checksum] : [],
  );
  const [only] = own;
  if (only === undefined) return null;
  return own.length === 1 ? only : digestOf(`plans ${own.join(' ')}`).slice(0, 8);
}

/** Where nothing is planned there is nothing that could be another plan. */
function isMatched(
  drafts: readonly Draft[],
  checksum: string | null,
  match: Match | null,
): boolean {
  if (match === null || checksum === null) return true;
  if (match.kind === 'checksum') return match.checksum === checksum;
  const generations = drafts.flatMap(({ result }) =>
    result.kind === 'planned' ? [result.told.plan.parent?.generation ?? null] : [],
  );
  return generations.length === 1 && generations[0] === match.generation;
}

function intentOf(
  { operation }: Change,
  operated: Planned,
  { actor, reason, via }: OverrideRequest,
): Intent {
  const order = recordOrderOf(operation, actor, reason);
  return {
    actor,
    endpoints: operated.lines.map(toDecision),
    sentences: [operationText(operated), reason],
    ...(order === null ? {} : { order }),
    ...(via === null ? {} : { via }),
  };
}

function recordOrderOf(operation: Operation, actor: string, reason: string): RecordOrder | null {
  if (operation.kind !== 'order') return null;
  const { id, kind, scope, fromAt, untilAt, weight, afterwards, force } = operation.order;
  const where = scope.kind === 'service' ? 'service' : `${scope.kind} ${scope.mark}`;
  return { id, kind, scope: where, actor, reason, fromAt, untilAt, weight, afterwards, force };
}

/** The order that an operation gives, extends or cancels. */
export const orderIdIn = (operation: Operation): OrderId | null => {
  switch (operation.kind) {
    case 'order':
      return operation.order.id;
    case 'cancel':
    case 'extend':
      return operation.order;
    default:
      return null;
  }
};

function failed({ outcome, plan }: Committed): OrderAnswer {
  const why = {
    committed: '',
    lost: 'others kept changing the zone meanwhile; try again',
    drift: 'somebody edited a record meanwhile; look at it and try again',
    blocked: `Route 53 refuses the change${'why' in outcome ? `: ${outcome.why}` : ''}`,
    unresolved: `it may have happened: there was no answer from Route 53, or others have changed the zone twice since; look at generation ${plan.generation} before trying again`,
    throttled: 'Route 53 is throttling this account; try again in a few seconds',
    expired: 'it took longer than 30 s, so the plan was dropped; try again',
  }[outcome.kind];
  return { kind: 'failed', outcome: outcome.kind, sentence: why };
}
