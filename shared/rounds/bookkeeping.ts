/**
 * The record before the batch, the marks after it. A record is durable before the batch is sent and
 * never changed; what came of it are items of their own. Automation whose record can't be written is
 * not sent; an order's or operator's commit goes on.
 */
import { QuorateError } from '../core/errors.ts';
import type { Aids, Config, Digest, EpochMs, ServiceId, VantageId } from '../core/model.ts';
import { type Plan, sealPlan, type UnsealedPlan } from '../core/plan.ts';
import { planText } from '../core/plan-text.ts';
import { sentence } from '../core/reason.ts';
import {
  type DecisionRecord,
  type MarkKind,
  type RecordOrder,
  recordDigest,
} from '../core/record.ts';
import type { Clock, Store } from '../ports.ts';
import type { Committed } from './commit-plans.ts';
import { earlierEnd } from './earlier-life.ts';
import type { QuorumResult } from './quorum-result.ts';

export type Books = {
  readonly clock: Clock;
  readonly store: Store;
  readonly aids: Aids;
  readonly config: Config;
  readonly region: VantageId;
};

export type Intent = {
  readonly actor: string;
  readonly endpoints: QuorumResult['decision']['endpoints'];
  readonly sentences: readonly string[];
  readonly order?: RecordOrder;
  readonly via?: string;
};

export async function writeIntents(
  books: Books,
  results: readonly QuorumResult[],
  role: 'quorum' | 'observed',
  signal: AbortSignal,
): Promise<{ readonly sealed: readonly Plan[]; readonly unrecorded: readonly ServiceId[] }> {
  const sealed: Plan[] = [];
  const unrecorded: ServiceId[] = [];
  for (const { decision, plan } of results) {
    if (plan === null) continue;
    const { by, order } = plan.commit;
    const intent = {
      actor: by === 'order' ? `order ${order}@${books.region}` : `${role}@${books.region}`,
      endpoints: decision.endpoints,
      sentences: [...decision.reasons, ...decision.withheld].map(sentence),
    };
    const { plan: own, isRecorded } = await writeIntent(books, plan, intent, signal);
    if (isRecorded || by !== 'automation') sealed.push(own);
    else unrecorded.push(plan.service);
  }
  return { sealed, unrecorded };
}

/** Seals the plan over its record, so that the fence names it, and stores the record. */
export async function writeIntent(
  books: Books,
  plan: UnsealedPlan,
  intent: Intent,
  signal: AbortSignal,
): Promise<{ readonly plan: Plan; readonly isRecorded: boolean }> {
  const { store, aids } = books;
  const isFirst = plan.parent === null && plan.commit.by === 'operator';
  const earlier = isFirst ? await earlierEnd(store, plan.service, aids.digestOf, signal) : null;
  const record = {
    ...recordOf(books, plan, intent),
    ...(earlier === null ? {} : { earlier }),
  };
  const sealed = sealPlan(plan, recordDigest(record, books.aids.digestOf));
  try {
    await books.store.recordIntent(record, signal);
    return { plan: sealed, isRecorded: true };
  } catch (error) {
    if (!(error instanceof QuorateError)) throw error;
    return { plan: sealed, isRecorded: false };
  }
}

function recordOf(books: Books, plan: UnsealedPlan, intent: Intent): DecisionRecord {
  const parent: Digest | null = plan.parent?.record ?? null;
  return {
    format: 1,
    service: plan.service,
    generation: plan.generation,
    nonce: plan.nonce,
    parent,
    region: books.region,
    actor: intent.actor,
    at: books.clock.now(),
    config: plan.commit.fence.config,
    lines: intent.endpoints.map((endpoint) => ({
      endpoint: endpoint.endpoint,
      verdict: endpoint.verdict.value,
      from: endpoint.from ?? 0,
      to: endpoint.to ?? 0,
      code: endpoint.reason.code,
      sentence: sentence(endpoint.reason),
      votes: Object.fromEntries([
        ...endpoint.verdict.ups.map((vantage) => [vantage, 'up'] as const),
        ...endpoint.verdict.downs.map((vantage) => [vantage, 'down'] as const),
      ]),
    })),
    sentences: intent.sentences,
    plan: planText(plan),
    checksum: plan.checksum,
    outbox: [],
    ...(intent.order === undefined ? {} : { order: intent.order }),
    ...(intent.via === undefined ? {} : { via: intent.via }),
  };
}

/** Committed and lost; what is still open gets its mark once it is known. Marks only help readers. */
export async function writeMarks(
  books: Books,
  commits: readonly Committed[],
  signal: AbortSignal,
): Promise<void> {
  for (const { plan, outcome, changeId } of commits) {
    switch (outcome.kind) {
      case 'committed':
        await mark(books, plan, 'committed', changeId ?? '', signal);
        break;
      case 'lost':
      case 'drift':
      case 'blocked':
      case 'expired':
      case 'throttled':
        await mark(books, plan, 'lost', 'why' in outcome ? outcome.why : outcome.kind, signal);
        break;
      case 'unresolved':
        break;
    }
  }
}

export async function mark(
  { clock, store, region }: Books,
  plan: Pick<Plan, 'service' | 'generation' | 'nonce'>,
  kind: MarkKind,
  detail: string,
  signal: AbortSignal,
): Promise<void> {
  const { service, generation, nonce } = plan;
  const at: EpochMs = clock.now();
  await unlessStoreFails(
    store.writeMark(
      { service, generation, nonce, kind, region, at, detail: detail.slice(0, 256) },
      signal,
    ),
  );
}

/** Others need not wait for their sweep to learn of a commit. */
export async function tellOthers(
  { store, region }: Books,
  known: Map<ServiceId, number>,
  commits: readonly Committed[],
  signal: AbortSignal,
): Promise<void> {
  const own = commits.filter(({ outcome }) => outcome.kind === 'committed');
  if (own.length === 0) return;
  for (const { plan } of own) known.set(plan.service, plan.generation);
  await unlessStoreFails(
    store.writeHead({ region, generations: Object.fromEntries(known) }, signal),
  );
}

/** The zone has the truth; a table that is away only delays what people read. */
async function unlessStoreFails(write: Promise<void>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!(error instanceof QuorateError)) throw error;
  }
}
