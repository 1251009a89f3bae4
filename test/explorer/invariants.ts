/**
 * What must hold, judged from zones and batches alone: nothing here imports what decides. Each invariant
 * counts how often it was judged, since one that never was shows nothing. A state is judged by the steps
 * that lead to it: a batch that lands, a belief that is told, a batch that is sent, a state of rest.
 */
import type { Belief } from './company.ts';
import type { Stage } from './stage.ts';
import type { Batch, Content, Zones } from './zones.ts';

export const INVARIANTS = {
  chain: 'S1 single chain: built on the fence that stands, generation + 1, one commit per parent',
  compare: 'S2 whole-state compare: applied only where all is as its writer read it',
  evidence: 'S3 evidence monotone: asof never goes back, and is that of the reports used',
  weight: 'S4 never empty: after every commit a record has weight, and none is gone',
  once: 'S14 at most once: a batch sent twice has one effect',
  committed: 'S14 "committed" is told only of what took effect',
  lost: 'S14 "lost" is told only of what has no effect and never will have',
  deadline: 'R9 no plan is sent later than 30 s after it was decided',
  assertion: 'no assertion of the round fires, and it throws nothing but trouble',
  rest: 'L4 whatever happened, once faults stop every order of rounds comes to rest',
  agreement: 'L4 at rest all writers agree: on the generation, with nothing left open',
  weights: 'L4 at rest every healthy endpoint has its weight, but for what a person holds',
} as const;
export type Invariant = keyof typeof INVARIANTS;

export type Violation = { readonly invariant: Invariant; readonly what: string };

const PLAN_MS_MAX = 30_000;

export type Judge = {
  readonly judged: ReadonlyMap<Invariant, number>;
  /** A batch that was accepted: `before` and `after` are zones. */
  readonly landed: (
    before: number,
    after: number,
    batch: Batch,
    about: { readonly isCalledLost: boolean; readonly isRestored: boolean },
  ) => Violation | null;
  readonly believed: (
    zone: number,
    belief: Belief,
    about: { readonly isUnderWay: boolean },
  ) => Violation | null;
  readonly sent: (batch: Batch, epoch: number) => Violation | null;
  readonly bug: (what: string | null) => Violation | null;
  readonly count: (invariant: Invariant) => void;
};

export function newJudge(stage: Stage, zones: Zones): Judge {
  const judged = new Map<Invariant, number>();
  const count = (invariant: Invariant): void => {
    judged.set(invariant, (judged.get(invariant) ?? 0) + 1);
  };
  const check = (invariant: Invariant, holds: boolean, what: () => string): Violation | null => {
    count(invariant);
    return holds ? null : { invariant, what: what() };
  };
  const known = new Map<string, Violation | null>();

  return {
    judged,
    count,
    landed: (zoneBefore, zoneAfter, batch, { isCalledLost, isRestored }) => {
      const key = `${zoneBefore} ${batch.id} ${isCalledLost} ${isRestored}`;
      const seen = known.get(key);
      if (seen !== undefined) return seen;
      const before = zones.contentOf(zoneBefore);
      const after = zones.contentOf(zoneAfter);
      const read = zones.content(batch.read);
      const chain = zones.chainOf(zoneBefore);
      const violation =
        // A zone that was put back may be changed again by what changed it then.
        check('once', isRestored || !chain.includes(batch.id), () => {
          return `batch ${batch.nonce} took effect a second time`;
        }) ??
        check('lost', isRestored || !isCalledLost, () => {
          return `batch ${batch.nonce} was told to be lost, and took effect`;
        }) ??
        check('compare', before.text === read.text, () => {
          return `batch ${batch.nonce} was built on ${weightsText(read)} of generation ${read.fence?.generation}, and took effect on ${weightsText(before)} of generation ${before.fence?.generation}`;
        }) ??
        check('chain', isNext(zones, chain, { before, after, read }, isRestored), () => {
          return `generation ${before.fence?.generation} (${before.fence?.nonce}) → ${after.fence?.generation} (${after.fence?.nonce}, parent ${after.fence?.parentNonce})`;
        }) ??
        check('evidence', isMonotone(stage, batch, before, after), () => {
          return `asof ${timeText(before.fence?.asofAt)} → ${timeText(after.fence?.asofAt)}, by reports of ${timeText(stage.observedAt(batch.view))}`;
        }) ??
        check(
          'weight',
          isServed(before, after),
          () => `${weightsText(before)} → ${weightsText(after)}`,
        );
      known.set(key, violation);
      return violation;
    },
    believed: (zone, { says, batch }, { isUnderWay }) => {
      const nonce = batch === null ? 'of nothing that was sent' : zones.batch(batch).nonce;
      const took = batch !== null && zones.isInChain(zone, batch);
      return says === 'committed'
        ? check('committed', took, () => {
            return `batch ${nonce} is told to be committed, and ${isUnderWay ? 'is still on its way' : 'has no effect'}`;
          })
        : check('lost', !took, () => `batch ${nonce} is told to be lost, and took effect`);
    },
    sent: (batch, epoch) => {
      const ms = stage.nowAt(epoch, batch.writer) - stage.nowAt(batch.decided, batch.writer);
      return check('deadline', ms <= PLAN_MS_MAX, () => {
        return `batch ${batch.nonce} was sent ${ms / 1_000} s after it was decided`;
      });
    },
    bug: (what) => check('assertion', what === null, () => what ?? ''),
  };
}

function isNext(
  zones: Zones,
  chain: readonly number[],
  { before, after, read }: Readonly<Record<'before' | 'after' | 'read', Content>>,
  isRestored: boolean,
): boolean {
  const [was, is] = [before.fence, after.fence];
  if (was === null || is === null || before.fenceText !== read.fenceText) return false;
  // The chain is our own record: who stood on this parent before, whatever fences say.
  const sharesParent = chain.some(
    (id) => zones.content(zones.batch(id).read).fenceText === read.fenceText,
  );
  const repeats = chain.some((id) => zones.batch(id).nonce === is.nonce) || is.nonce === was.nonce;
  return (
    is.generation === was.generation + 1 &&
    is.parentNonce === was.nonce &&
    (isRestored || (!sharesParent && !repeats))
  );
}

function isMonotone(stage: Stage, batch: Batch, before: Content, after: Content): boolean {
  const [was, is] = [before.fence?.asofAt ?? Number.NaN, after.fence?.asofAt ?? Number.NaN];
  return batch.isAutomated ? is >= was && is === stage.observedAt(batch.view) : is === was;
}

/** A zone that a person left without weight is that person's; a commit must not come upon it. */
const isServed = (before: Content, after: Content): boolean =>
  [...after.weights.values()].some((weight) => weight > 0) &&
  [...before.weights.keys()].every((id) => after.weights.has(id));

export const weightsText = ({ weights }: Content): string => [...weights.values()].join('/');

const timeText = (at: number | undefined): string =>
  at === undefined || Number.isNaN(at) ? 'none' : new Date(at).toISOString().slice(11, 19);
