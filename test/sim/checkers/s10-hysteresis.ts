/**
 * S10: the way back is slow. A return starts when both clocks, `now` and the evidence, have passed the
 * hold-down since the fall, climbs one step per `ramp-step`, and the hold-down doubles with each relapse.
 * The times that this rests on are written as they were: an entry that automation did not move keeps them.
 */
import type { MakeChecker } from '../scenario.ts';
import { bookOf, type FenceMoved, type Move, type Part } from './safety-book.ts';
import { slackMsOf } from './safety-votes.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const RELAPSES_MAX = 99;

type Policy = Part['service']['policy'];

const holdDownOf = (policy: Policy, relapses: number): number =>
  Math.max(policy.holdDownMs, Math.min(HOUR, policy.holdDownMs * 2 ** Math.min(relapses, 30)));

const stepOf = (full: number, percent: number): number =>
  full === 0 ? 0 : Math.max(1, Math.round((full * percent) / 100));

type Turn = { readonly atMs: number; readonly relapses: number; readonly generation: number };

/** A plan is sent at the latest so long after it was decided (R9): records are written in between. */
const DEADLINE_MS = 30_500;

export const s10Hysteresis: MakeChecker = (world, _scenario, fail) => {
  const book = bookOf(world);
  /** Falls and first steps of an endpoint, by fence time. */
  const turns = new Map<string, Turn[]>();

  book.onSent((part) => {
    const { by, before, after, service, batch } = part;
    if (by !== 'automation' || before === null || after === null) return;
    for (const move of part.moves) {
      const problem = problemOf(part, move);
      if (problem === null) continue;
      fail(
        'S10',
        `generation ${after.generation} of ${service.id} by quorum@${batch.from.region}: ${move.endpoint.id} ${move.from} → ${move.to}: ${problem}`,
      );
    }
  });
  book.onCommit(({ part }) => {
    const { by, before, after, service, key, isRescue } = part;
    if (by !== 'automation' || before === null || after === null || isRescue) return;
    for (const move of part.moves) {
      const isFall = move.to < move.from && move.to === 0 && move.after.phase === 'out';
      const isReturn = move.to > move.from && move.before.phase === 'out';
      if (!isFall && !isReturn) continue;
      const own = turns.get(`${key} ${move.mark}`) ?? [];
      turns.set(`${key} ${move.mark}`, own);
      const atMs = move.after.changedMs ?? 0;
      own.push({ atMs, relapses: move.before.relapses, generation: after.generation });
      // The bound follows from the default hold-down; a shorter one is the operator's choice.
      if (service.policy.holdDownMs < 300_000) continue;
      const within = own.filter((turn) => turn.atMs > atMs - 15 * 60_000 + 1_000).length;
      if (within > 4) {
        fail('S10', `${move.endpoint.id} of ${service.id} was turned ${within} times in 15 min`);
      }
      while (own.length > 8) own.shift();
    }
  });
  book.onFenceMoved(({ key, after }: FenceMoved) => {
    for (const [name, own] of turns) {
      if (!name.startsWith(key)) continue;
      turns.set(
        name,
        own.filter(({ generation }) => after !== null && generation <= after.generation),
      );
    }
  });
  return { id: 'S10' };
};

function problemOf(part: Part, move: Move): string | null {
  const { before: old, after: now, from, to } = move;
  if (from === to && old.phase === now.phase && old.step === now.step) return keptProblem(move);
  const lateMs = part.decidedLocalMs - (now.changedMs ?? 0);
  const isFar = lateMs < -slackMsOf(part.config) || lateMs > DEADLINE_MS;
  if (now.changedMs === null || isFar) {
    return `its time of change is ${lateMs} ms off the clock that decided`;
  }
  // It was out already and had weight by an order: giving that back is no fall, its times stay.
  const isGivenBack = old.phase === 'out' && now.outMs === old.outMs;
  if (to < from && now.phase === 'out' && !isGivenBack) {
    return fallProblem(part, move, now.changedMs);
  }
  if (to < from) return null;
  return part.isRescue && to > from ? null : climbProblem(part, move, now.changedMs);
}

/** Nothing that a later hold-down, ramp, velocity or relapse is counted from may move by itself. */
function keptProblem({ before: old, after: now, isEdited }: Move): string | null {
  const fields = ['changedMs', 'outMs', 'countedMs', 'relapses', 'fullMs', 'approved'] as const;
  const moved = fields.find((field) => old[field] !== now[field]);
  if (moved !== undefined) return `${moved} changed without a change of weight`;
  return old.weight === now.weight || isEdited
    ? null
    : 'the fence says another weight than the record';
}

function fallProblem(
  { service: { policy }, isRescue }: Part,
  move: Move,
  atMs: number,
): string | null {
  const { before: old, after: now } = move;
  if (now.outMs !== atMs) return `its hold-down starts ${atMs - (now.outMs ?? 0)} ms off the fall`;
  if (!isRescue && now.countedMs !== atMs && now.countedMs !== old.countedMs) {
    return 'it counts towards velocity from another time';
  }
  if (now.fullMs !== null || now.approved) return 'what belongs to its return outlived the fall';
  const expected = relapsesAfter(policy, move, atMs);
  return now.relapses === expected ? null : `${now.relapses} relapses, expected ${expected}`;
}

function relapsesAfter(policy: Policy, { before: old }: Move, atMs: number): number {
  const more = Math.min(RELAPSES_MAX, old.relapses + 1);
  if (old.phase === 'ramp') return more;
  if (old.phase === 'out' || old.fullMs === null) return old.relapses;
  const fullForMs = atMs - old.fullMs;
  if (fullForMs >= DAY) return 0;
  const withinMs = Math.max(HOUR, 2 * holdDownOf(policy, old.relapses));
  return fullForMs <= withinMs ? more : old.relapses;
}

function climbProblem(
  part: Part,
  { endpoint, before: old, after: now, from, to }: Move,
  atMs: number,
): string | null {
  const { policy } = part.service;
  const full = endpoint.weight;
  const asofMs = part.after?.asofMs ?? 0;
  const due = (ms: number, what: string): string | null =>
    atMs >= ms && asofMs >= ms
      ? null
      : `${what} ends ${Math.round(ms - Math.min(atMs, asofMs))} ms later (by ${atMs < ms ? 'its clock' : 'its evidence'})`;
  if (
    now.phase === 'in' &&
    old.phase !== 'in' &&
    (now.fullMs !== atMs || now.approved || now.waits)
  ) {
    return 'it is back, and its entry does not say since when';
  }
  if (old.phase === 'out') {
    if (old.outMs !== null) {
      const problem = due(
        old.outMs + holdDownOf(policy, old.relapses),
        `its hold-down after ${old.relapses} relapses`,
      );
      if (problem !== null) return problem;
    }
    if ((policy.failback === 'manual' || old.waits) && !old.approved)
      return 'nobody approved its return';
    // Its tier wants no more than it has: there is nothing to climb.
    if (to === from && now.phase === 'in') return null;
    const first = policy.ramp.find((percent) => stepOf(full, percent) > from) ?? 100;
    const most = Math.max(from, stepOf(full, first));
    return to <= most ? null : `the first step is ${most}`;
  }
  if (old.phase === 'ramp' && (to > from || now.step !== old.step)) {
    const isWhole = now.phase === 'in' && to === from;
    if (isWhole) return null;
    const problem = due((old.changedMs ?? 0) + policy.rampStepMs, 'its ramp step');
    if (problem !== null) return problem;
    const most = Math.max(from, stepOf(full, policy.ramp[(old.step ?? 0) + 1] ?? 100));
    return to <= most ? null : `the next step is ${most}`;
  }
  return null;
}
