/**
 * Commit + snapshot → plan: exact DELETE + CREATE pairs for the fence and for *every* managed record of
 * the service, changed or not, in one batch that Route 53 applies whole or not at all. A DELETE must
 * equal the record in every field, so the batch itself is the compare-and-set; UPSERT compares nothing
 * and is never used. A plan is bound to the fence it read and dies with it, or after 30 s.
 */
import { canonicalText } from './canonical.ts';
import type { Commit, RecordPair } from './commit.ts';
import { assert } from './errors.ts';
import {
  FENCE_CHARACTERS_MAX,
  type Fence,
  type FenceOrder,
  fenceValue,
  parseFence,
} from './fence.ts';
import { emptyRecordGroup } from './membership.ts';
import {
  byText,
  type Digest,
  type DigestOf,
  type EpochMs,
  fenceName,
  type Nonce,
  type Service,
  type ServiceId,
  type ZoneRef,
} from './model.ts';
import type { Snapshot } from './snapshot.ts';
import { type Change, recordKey, recordText, type ZoneRecord } from './zone-record.ts';

/** Checked right before the send: a thawed process drops its plan. */
export const PLAN_MS_MAX = 30_000;
/** One batch: 1,000 ResourceRecord elements, 32,000 characters of Value [R53DG DNSLimitations]. */
export const BATCH_LIMITS: BatchLimits = { elements: 1000, characters: 32_000 };
/** Up to this many services of a group move in batches of their own. */
const ALONE_MAX = 8;
const FENCE_TTL_SECONDS = 60;

export type BatchLimits = { readonly elements: number; readonly characters: number };

/** All of a plan but the decision record's digest, which the record in turn needs the plan for. */
export type UnsealedPlan = {
  readonly service: ServiceId;
  readonly zone: ZoneRef;
  readonly group: number;
  readonly commit: Commit;
  readonly generation: number;
  readonly nonce: Nonce;
  readonly parent: Fence | null;
  readonly fenceName: string;
  readonly fenceBefore: ZoneRecord | null;
  /** Sorted by name, type and set identifier, so that equal decisions give equal bytes. */
  readonly pairs: readonly RecordPair[];
  /** Covers the records read and the records wanted, not the clock and not the nonce. */
  readonly checksum: string;
  readonly deadlineAt: EpochMs;
};

export type Plan = UnsealedPlan & {
  readonly fence: Fence;
  readonly changes: readonly Change[];
  readonly size: BatchLimits;
};

export function planChanges(
  service: Service,
  commit: Commit,
  snapshot: Snapshot,
  nonce: Nonce,
  now: EpochMs,
  digestOf: DigestOf,
): UnsealedPlan {
  const parent = snapshot.fence.kind === 'managed' ? snapshot.fence.fence : null;
  const pairs = [...commit.records].sort((a, b) => byText(pairKey(a), pairKey(b)));
  assert(emptyRecordGroup(pairs) === null, 'a plan leaves weight at every name and type');
  assert(
    pairs.every((pair) => isOwn(service, pair.before) && isOwn(service, pair.after)),
    'a plan touches only records at names and types of its service',
  );
  assert(
    new Set(pairs.map(pairKey)).size === pairs.length,
    'a plan names each record once: deleting one twice is refused',
  );
  const wanted = canonicalText([
    snapshot.fenceRecord === null ? null : recordText(snapshot.fenceRecord),
    pairs.map(({ before, after }) => [before && recordText(before), after && recordText(after)]),
    commit.fence.orders.map((order) => orderWanted(order, commit)),
    commit.fence.entries.map(({ mark, approved, phase }) => [mark, approved, phase.kind]),
    ...(commit.isRelease === true ? ['release'] : []),
  ]);
  return {
    service: service.id,
    zone: service.zone,
    group: service.group,
    commit,
    generation: (parent?.generation ?? 0) + 1,
    nonce,
    parent,
    fenceName: fenceName(service),
    fenceBefore: snapshot.fenceRecord,
    pairs,
    checksum: digestOf(`plan ${wanted}`).slice(0, 8),
    deadlineAt: (now + PLAN_MS_MAX) as EpochMs,
  };
}

const orderWanted = (
  { id, untilAt, started }: FenceOrder,
  { asked }: Commit,
): readonly unknown[] =>
  asked?.order === id ? ['asked', asked.text, started] : [id, untilAt, started];

/** The record's digest goes into the fence: public DNS anchors the audit chain. */
export function sealPlan(plan: UnsealedPlan, record: Digest): Plan {
  const fence: Fence = {
    ...plan.commit.fence,
    generation: plan.generation,
    nonce: plan.nonce,
    parentNonce: plan.parent?.nonce ?? null,
    record,
  };
  const value = fenceValue(fence);
  assert(value.length <= FENCE_CHARACTERS_MAX, 'a fence fits one TXT value');
  // One that the next reader refuses would hold the service until a person adopts it.
  assert(
    parseFence([value], fence.deployment, plan.deadlineAt).kind === 'managed',
    'a fence can be read back',
  );
  assert(
    plan.parent === null || plan.commit.by !== 'automation' || fence.asofAt >= plan.parent.asofAt,
    'an automated commit never has older evidence than its parent',
  );
  const after: ZoneRecord = {
    name: plan.fenceName,
    type: 'TXT',
    ...(plan.fenceBefore ?? { ttlSeconds: FENCE_TTL_SECONDS }),
    values: [value],
  };
  const isRelease = plan.commit.isRelease === true;
  assert(!isRelease || plan.fenceBefore !== null, 'only a fence that stands can be released');
  const pairs = [{ before: plan.fenceBefore, after: isRelease ? null : after }, ...plan.pairs];
  const inPairs = pairs.flatMap(({ before, after: created }): Change[] => [
    ...(before === null ? [] : [{ action: 'DELETE' as const, record: before }]),
    ...(created === null ? [] : [{ action: 'CREATE' as const, record: created }]),
  ]);
  const changes = plan.pairs.some(changesTtl) ? deletesFirst(inPairs) : inPairs;
  const size = {
    elements: changes.reduce((total, { record: one }) => total + (one.values?.length ?? 1), 0),
    characters: changes.reduce(
      (total, { record: one }) => total + (one.values ?? []).join('').length,
      0,
    ),
  };
  assert(
    size.elements <= BATCH_LIMITS.elements && size.characters <= BATCH_LIMITS.characters,
    'one service always fits one batch',
  );
  return { ...plan, fence, changes, size };
}

/** One weighted group has one TTL: were the changes judged one by one, a new one beside the old would be
 *  refused, so all of the old go first. Whether Route 53 judges so is not documented. */
const changesTtl = ({ before, after }: RecordPair): boolean =>
  before !== null && after !== null && before.ttlSeconds !== after.ttlSeconds;

const deletesFirst = (changes: readonly Change[]): readonly Change[] => [
  ...changes.filter(({ action }) => action === 'DELETE'),
  ...changes.filter(({ action }) => action === 'CREATE'),
];

const pairKey = ({ before, after }: RecordPair): string => {
  const record = before ?? after;
  assert(record !== null, 'a pair has at least one side');
  return recordKey(record);
};

const isOwn = (service: Service, record: ZoneRecord | null): boolean =>
  record === null ||
  (service.names.includes(record.name) && ['A', 'AAAA', 'CNAME'].includes(record.type));

export type ChangeBatch = {
  readonly zone: ZoneRef;
  readonly plans: readonly Plan[];
  readonly changes: readonly Change[];
};

/** One service, one batch; they share only when more than 8 of a group move. Never across groups. */
export function batchPlans(
  plans: readonly Plan[],
  limits: BatchLimits = BATCH_LIMITS,
): readonly ChangeBatch[] {
  const groups = new Map<string, Plan[]>();
  for (const plan of plans) {
    const key = `${plan.zone.key} ${plan.group}`;
    groups.set(key, [...(groups.get(key) ?? []), plan]);
  }
  return [...groups.values()].flatMap((group) =>
    group.length <= ALONE_MAX ? group.map((plan) => batchOf([plan])) : packed(group, limits),
  );
}

function packed(plans: readonly Plan[], limits: BatchLimits): readonly ChangeBatch[] {
  const batches: Plan[][] = [];
  let room: BatchLimits = { elements: 0, characters: 0 };
  for (const plan of plans) {
    const { elements, characters } = plan.size;
    const open = batches.at(-1);
    if (open !== undefined && elements <= room.elements && characters <= room.characters) {
      open.push(plan);
    } else {
      batches.push([plan]);
      room = limits;
    }
    room = { elements: room.elements - elements, characters: room.characters - characters };
  }
  return batches.map(batchOf);
}

const batchOf = (plans: readonly Plan[]): ChangeBatch => ({
  // Plans of one batch are of one zone: groups are made per zone.
  zone: (plans[0] as Plan).zone,
  plans,
  changes: plans.flatMap((plan) => plan.changes),
});
