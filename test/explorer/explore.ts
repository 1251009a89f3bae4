/**
 * Every state that a size allows, breadth first, so that a violation is found with the fewest steps. Then
 * faults stop: from every state that was reached, what is on its way arrives, rounds end, and whole rounds
 * follow each other in every order until nothing changes any more. Exhaustive unless a budget ends it
 * early, and then it says so.
 */
import { newCompany } from './company.ts';
import { INVARIANTS, type Invariant, newJudge, type Violation } from './invariants.ts';
import { FULL_WEIGHT, newStage, SEED_GENERATION, type Size } from './stage.ts';
import { stateTable } from './state-table.ts';
import {
  FAULTS,
  firstRow,
  heal,
  isEdited,
  layoutOf,
  MARKERS,
  type Marker,
  newSteps,
  type StepKind,
} from './steps.ts';
import { type Story, storyOf } from './story.ts';
import { newZones } from './zones.ts';

export type Budget = {
  readonly states: number;
  readonly ms: number;
  readonly now: () => number;
  readonly onProgress?: (progress: Progress) => void;
};

export type Progress = {
  readonly phase: 'faults' | 'healing';
  readonly states: number;
  readonly waiting: number;
  readonly transitions: number;
  readonly deepest: number;
  readonly rounds: number;
};

export type Explored = {
  readonly size: Size;
  /** Distinct global states while faults may happen, and after they have stopped. */
  readonly states: number;
  readonly healedStates: number;
  readonly transitions: number;
  readonly deepest: number;
  /** States in which nothing is left to do once faults have stopped. */
  readonly rests: number;
  readonly zones: number;
  readonly batches: number;
  /** Different local states, and runs of the production round. */
  readonly localStates: number;
  readonly rounds: number;
  readonly isComplete: boolean;
  readonly judged: Readonly<Record<Invariant, number>>;
  readonly reached: Readonly<Record<Marker, number>>;
  readonly faults: Readonly<Partial<Record<StepKind, number>>>;
  readonly failure: { readonly violation: Violation; readonly story: Story } | null;
};

const LOOK_EVERY = 4_096;
/** Far more than any chain needs: what is still being written then goes on for ever. */
const GENERATIONS_MAX = 30;

export async function explore(size: Size, budget: Budget): Promise<Explored> {
  const stage = newStage(size);
  const seed = { service: stage.service.id, generation: SEED_GENERATION, nonce: 'seed0041' };
  const zones = newZones(stage.records, seed);
  const company = newCompany(stage, zones, SEED_GENERATION);
  const judge = newJudge(stage, zones);
  const layout = layoutOf(stage);
  const steps = newSteps(stage, layout, zones, company, judge);
  const table = stateTable(layout.width);
  const calm = stateTable(layout.width);
  const endsAt = budget.now() + budget.ms;
  const row = new Int32Array(layout.width);
  let transitions = 0;
  let deepest = 0;
  let isComplete = true;
  let found: {
    readonly violation: Violation;
    readonly parent: number;
    readonly row: Int32Array;
    readonly isCalm: boolean;
  } | null = null;

  const learn = async (): Promise<void> => {
    const wanted = steps.missing.splice(0);
    for (let at = 0; at < wanted.length; at += 2) {
      const [local, reply] = [wanted[at] as number, wanted[at + 1] as number];
      if (company.known(local, reply) === undefined) await company.learn(local, reply);
    }
  };
  const isOver = (phase: Progress['phase'], done: number, states: number): boolean => {
    if (done % LOOK_EVERY !== 0) return false;
    budget.onProgress?.({
      phase,
      states,
      waiting: states - done,
      transitions,
      deepest,
      rounds: company.steps(),
    });
    return budget.now() >= endsAt || table.count() + calm.count() >= budget.states;
  };

  table.add(firstRow(layout, zones, company), -1, 0);
  for (let id = 0; id < table.count() && found === null; id += 1) {
    if (isOver('faults', id, table.count())) {
      isComplete = false;
      break;
    }
    table.load(id, row);
    const depth = table.depth(id) + 1;
    let isWhole = false;
    while (!isWhole) {
      let seen = 0;
      isWhole = steps.each(row, (next, _kind, _writer, _about, violation) => {
        seen += 1;
        if (violation !== null && found === null) {
          found = { violation, parent: id, row: next.slice(), isCalm: false };
        }
        if (table.add(next, id, depth).isNew) deepest = depth;
      });
      if (isWhole) transitions += seen;
      else await learn();
    }
  }

  // Faults have stopped. A state is now its zone, its writers and what is on its way, and nothing else.
  const edges: number[] = [];
  const rests: number[] = [];
  const states = table.count();
  for (let id = 0; id < states && found === null && isComplete; id += 1) {
    table.load(id, row);
    heal(row, layout, company, stage.healed);
    calm.add(row, -1 - id, table.depth(id));
  }
  const after = new Int32Array(layout.width);
  for (let id = 0; id < calm.count() && found === null && isComplete; id += 1) {
    if (isOver('healing', id, calm.count())) {
      isComplete = false;
      break;
    }
    calm.load(id, row);
    const depth = calm.depth(id) + 1;
    let moved = 0;
    const visit = (next: Int32Array, violation: Violation | null): void => {
      heal(next, layout, company, stage.healed);
      moved += 1;
      transitions += 1;
      if (violation !== null && found === null) {
        found = { violation, parent: id, row: next.slice(), isCalm: true };
      }
      const { id: to, isNew } = calm.add(next, id, depth);
      if (isNew) deepest = Math.max(deepest, depth);
      edges.push(id, to);
      judge.count('rest');
      const generation = zones.contentOf(next[0] as number).fence?.generation ?? 0;
      if (generation > SEED_GENERATION + GENERATIONS_MAX && found === null) {
        const what = `rounds still write at generation ${generation}`;
        found = {
          violation: { invariant: 'rest', what },
          parent: id,
          row: next.slice(),
          isCalm: true,
        };
      }
    };
    let isKnown = false;
    while (!isKnown) {
      steps.missing.length = 0;
      isKnown = steps.finish(row, (next, _kind, _writer, _about, violation) =>
        visit(next, violation),
      );
      if (!isKnown) await learn();
    }
    if (moved > 0) continue;
    // All is idle: whole rounds, in every order.
    const generations: (number | null)[] = [];
    for (let writer = 0; writer < layout.writers; writer += 1) {
      const { violation, generation } = await wholeRound(row, writer);
      generations.push(generation);
      heal(after, layout, company, stage.healed);
      if (!isSame(row, after) || violation !== null) visit(after, violation);
    }
    if (moved > 0) continue;
    rests.push(id);
    const violation = restOf(row, generations);
    if (violation !== null) found = { violation, parent: id, row: row.slice(), isCalm: true };
  }
  const restless = found === null && isComplete ? cycleIn(calm.count(), edges) : null;
  if (restless !== null) {
    calm.load(restless, row);
    const what = 'a circle of rounds that never comes to rest';
    found = {
      violation: { invariant: 'rest', what },
      parent: restless,
      row: row.slice(),
      isCalm: true,
    };
  }

  const failure = found as {
    readonly violation: Violation;
    readonly parent: number;
    readonly row: Int32Array;
    readonly isCalm: boolean;
  } | null;
  return {
    size,
    states,
    healedStates: calm.count(),
    transitions,
    deepest,
    rests: rests.length,
    zones: zones.count(),
    batches: zones.batches(),
    localStates: company.count(),
    rounds: company.steps(),
    isComplete,
    judged: countsOf(Object.keys(INVARIANTS) as Invariant[], judge.judged),
    reached: countsOf(MARKERS, steps.reached),
    faults: countsOf(FAULTS, steps.faults),
    failure:
      failure === null
        ? null
        : {
            violation: failure.violation,
            story: storyOf({ stage, layout, zones, company, steps, table, calm }, failure),
          },
  };

  /** Leaves what it leads to in `after`. */
  async function wholeRound(
    from: Int32Array,
    writer: number,
  ): Promise<{ readonly violation: Violation | null; readonly generation: number | null }> {
    const now = new Int32Array(layout.width);
    let violation: Violation | null = null;
    for (;;) {
      steps.missing.length = 0;
      const begun = steps.start(from, writer, stage.healed, now);
      violation = begun.violation;
      if (begun.isKnown) break;
      await learn();
    }
    now[1] = from[1] as number;
    let generation = steps.generation();
    for (let isMoving = true; isMoving && violation === null; ) {
      isMoving = false;
      steps.missing.length = 0;
      const isKnown = steps.finish(now, (next, _kind, _writer, _about, broken) => {
        isMoving = true;
        violation ??= broken;
        after.set(next);
      });
      if (!isKnown) {
        await learn();
        isMoving = true;
      } else if (isMoving) {
        now.set(after);
        generation = steps.generation();
      }
    }
    after.set(now);
    return { violation, generation };
  }

  function restOf(at: Int32Array, generations: readonly (number | null)[]): Violation | null {
    const content = zones.contentOf(at[0] as number);
    judge.count('agreement');
    const stands = content.fence?.generation ?? null;
    for (const [writer, generation] of generations.entries()) {
      const isOpen = company.isOpen(at[layout.local + writer] as number);
      if (generation !== stands || isOpen) {
        const what = `writer ${'ABCD'[writer]} knows generation ${generation}${isOpen ? ' and a batch whose fate is open' : ''}, the zone is at ${stands}`;
        return { invariant: 'agreement', what };
      }
    }
    judge.count('weights');
    const { drained, service } = stage;
    // An order takes over what a person had edited before; elsewhere the edit stands until someone settles it.
    const lines = service.endpoints.map(({ setIdentifier }, endpoint) => {
      const weight = content.weights.get(setIdentifier);
      const isHeld = isEdited(at, endpoint) && (setIdentifier !== drained || weight === 0);
      return { setIdentifier, weight, isHeld };
    });
    const isDrifting = lines.some(({ isHeld }) => isHeld);
    const wrong = lines.find(({ weight, isHeld }) =>
      isHeld ? weight !== 0 : !isDrifting && weight !== FULL_WEIGHT,
    );
    return wrong === undefined
      ? null
      : {
          invariant: 'weights',
          what: `${wrong.setIdentifier} has weight ${wrong.weight} at rest, with every endpoint up`,
        };
  }
}

const isSame = (a: Int32Array, b: Int32Array): boolean => a.every((word, at) => word === b[at]);

const countsOf = <K extends string>(
  keys: readonly K[],
  counts: ReadonlyMap<K, number>,
): Readonly<Record<K, number>> =>
  Object.fromEntries(keys.map((key) => [key, counts.get(key) ?? 0])) as Record<K, number>;

/** A state from which one may go round for ever; null: every way ends. */
function cycleIn(count: number, edges: readonly number[]): number | null {
  const outs = new Int32Array(count);
  const starts = new Int32Array(count + 1);
  for (let at = 0; at < edges.length; at += 2) {
    outs[edges[at] as number] = (outs[edges[at] as number] as number) + 1;
    const to = (edges[at + 1] as number) + 1;
    starts[to] = (starts[to] as number) + 1;
  }
  for (let id = 0; id < count; id += 1) {
    starts[id + 1] = (starts[id + 1] as number) + (starts[id] as number);
  }
  const froms = new Int32Array(edges.length / 2);
  const filled = starts.slice();
  for (let at = 0; at < edges.length; at += 2) {
    const to = edges[at + 1] as number;
    froms[filled[to] as number] = edges[at] as number;
    filled[to] = (filled[to] as number) + 1;
  }
  const ended: number[] = [];
  for (let id = 0; id < count; id += 1) if (outs[id] === 0) ended.push(id);
  for (let at = 0; at < ended.length; at += 1) {
    const id = ended[at] as number;
    for (let i = starts[id] as number; i < (starts[id + 1] as number); i += 1) {
      const from = froms[i] as number;
      outs[from] = (outs[from] as number) - 1;
      if (outs[from] === 0) ended.push(from);
    }
  }
  return ended.length === count ? null : outs.findIndex((out) => out > 0);
}
