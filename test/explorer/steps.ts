/**
 * What can happen next in a state: every step of every writer, every batch that may arrive, time going on,
 * and every fault while the budget lasts. A state is a row of integers; a step writes the next row. A local
 * step that nobody has taken yet is asked for and the state is looked at again: so everything here is
 * plain arithmetic.
 *
 *     row   zone · epoch, faults, rounds, edited, restored · heads · one local state per writer · batches
 *           on their way, as `(batch + 1) * 8 + how`, largest first
 */
import {
  ACCEPTED,
  ANSWER_READ,
  type Company,
  IDLE,
  READ,
  READING,
  RECORDED,
  RECORDING,
  REFUSED,
  replyOf,
  SENT,
  startOf,
  UNKNOWN,
  UNREAD,
  withHead,
} from './company.ts';
import type { Judge, Violation } from './invariants.ts';
import type { Stage } from './stage.ts';
import type { Zones } from './zones.ts';

/** Its writer waits for an answer. */
export const UNDER_WAY = 0;
export const ANSWERED_YES = 1;
export const ANSWERED_NO = 2;
/** It may arrive at any time; nobody waits. */
export const LATE = 3;
/** The same, and its writer has told that it is lost. */
export const LATE_AND_LOST = 4;

export type StepKind =
  | 'time'
  | 'start'
  | 'halt before deciding'
  | 'halt before sending'
  | 'answer read'
  | 'record'
  | 'arrive'
  | 'answer'
  | 'lose request'
  | 'give up'
  | 'repeat request'
  | 'lose answer'
  | 'fail read'
  | 'restart'
  | 'edit'
  | 'restore';

export const FAULTS: readonly StepKind[] = [
  'lose request',
  'give up',
  'repeat request',
  'lose answer',
  'fail read',
  'restart',
  'edit',
  'restore',
];

/** Rare states that an exploration must have come upon, else it shows nothing about them. */
export const MARKERS = [
  'a writer lost the compare',
  'all writers raced one decision',
  'a batch landed after its writer had given up',
  'a batch landed after its writer had died',
  'an unanswered batch had taken effect',
  'an unanswered batch had not',
  'what became of it was hidden behind a successor, and found',
  'a repeated batch was refused',
  'a hand edit came between read and send',
  'a hand edit zeroed a record that the batch left unchanged',
  'lagging evidence was held back',
  'a plan past its deadline was dropped',
  'an order began',
  'an order began beside a race',
  'a removal was committed from lagging evidence',
] as const;
export type Marker = (typeof MARKERS)[number];

export type Layout = {
  readonly width: number;
  readonly writers: number;
  readonly local: number;
  readonly flights: number;
  readonly flightsMax: number;
};

/** Evidence may be behind by so many epochs. */
const LAG_MAX = 1;
const EPOCH_BITS = 3;
const FAULT_BITS = 3;
const ROUND_BITS = 3;
const WRITERS_MAX = 4;
const ROUNDS_AT = EPOCH_BITS + FAULT_BITS;
const EDITED_AT = ROUNDS_AT + ROUND_BITS * WRITERS_MAX;
const RESTORED_AT = EDITED_AT + 4;

export const layoutOf = ({ size }: Stage): Layout => {
  const flightsMax = size.writers + size.faults;
  const local = 3;
  return {
    width: local + size.writers + flightsMax,
    writers: size.writers,
    local,
    flights: local + size.writers,
    flightsMax,
  };
};

export const epochOf = (row: Int32Array): number => (row[1] as number) & 7;
export const faultsOf = (row: Int32Array): number => ((row[1] as number) >>> EPOCH_BITS) & 7;
export const roundsOf = (row: Int32Array, writer: number): number =>
  ((row[1] as number) >>> (ROUNDS_AT + ROUND_BITS * writer)) & 7;
export const isEdited = (row: Int32Array, endpoint: number): boolean =>
  (((row[1] as number) >>> (EDITED_AT + endpoint)) & 1) === 1;
export const isRestored = (row: Int32Array): boolean =>
  (((row[1] as number) >>> RESTORED_AT) & 1) === 1;
/** As `row` stands once faults have stopped and the last epoch has come. From then on each round begins in
 *  the minute in which its region sweeps, so it reads: what its watch holds and heads tell is one. */
export function heal(row: Int32Array, layout: Layout, company: Company, healed: number): void {
  row[1] = (((row[1] as number) >>> EDITED_AT) << EDITED_AT) | healed;
  row[2] = 0;
  for (let at = layout.local; at < layout.flights; at += 1) {
    const local = row[at] as number;
    if (company.doing(local) === IDLE) row[at] = company.rested(local);
  }
}

export function firstRow(layout: Layout, zones: Zones, company: Company): Int32Array {
  const row = new Int32Array(layout.width);
  row[0] = zones.first;
  row.set(company.first, layout.local);
  return row;
}

export type Visit = (
  next: Int32Array,
  kind: StepKind,
  writer: number,
  about: number,
  violation: Violation | null,
) => void;

export type Steps = {
  /** Local steps that have to be learnt before the state can be looked at again: pairs of local, reply. */
  readonly missing: number[];
  /** False: some are missing, what was visited is not all. */
  readonly each: (row: Int32Array, visit: Visit) => boolean;
  /** A round of one writer from its start to its end, nobody else doing anything; null while missing. */
  readonly finish: (row: Int32Array, visit: Visit) => boolean;
  readonly start: (row: Int32Array, writer: number, view: number, next: Int32Array) => StepOutcome;
  /** Of the fence, as the writer whose round ended last knows it. */
  readonly generation: () => number | null;
  readonly reached: ReadonlyMap<Marker, number>;
  readonly faults: ReadonlyMap<StepKind, number>;
};

type Tell = (kind: StepKind, writer: number, about: number) => void;
export type StepOutcome = { readonly isKnown: boolean; readonly violation: Violation | null };

export function newSteps(
  stage: Stage,
  layout: Layout,
  zones: Zones,
  company: Company,
  judge: Judge,
): Steps {
  const { size } = stage;
  const { local, flights, flightsMax, writers } = layout;
  const next = new Int32Array(layout.width);
  const missing: number[] = [];
  const reached = new Map<Marker, number>();
  const faults = new Map<StepKind, number>();
  const mark = (marker: Marker): void => void reached.set(marker, (reached.get(marker) ?? 0) + 1);
  let violation: Violation | null = null;
  let generation: number | null = null;
  /** Where a failed read-back is told; null once faults have stopped. */
  let readsFail: Tell | null = null;

  const sortFlights = (): void => {
    for (let i = flights + 1; i < flights + flightsMax; i += 1) {
      const value = next[i] as number;
      let j = i - 1;
      while (j >= flights && (next[j] as number) < value) {
        next[j + 1] = next[j] as number;
        j -= 1;
      }
      next[j + 1] = value;
    }
  };
  const addFlight = (batch: number, how: number): void => {
    const free = next.indexOf(0, flights);
    if (free === -1) throw new Error('more batches on their way than there is room for');
    next[free] = (batch + 1) * 8 + how;
    sortFlights();
  };
  const setFlight = (at: number, how: number | null): void => {
    next[at] = how === null ? 0 : ((next[at] as number) & ~7) | how;
    sortFlights();
  };
  const awaitedFlight = (row: Int32Array, batch: number): number => {
    for (let i = flights; i < flights + flightsMax; i += 1) {
      const flight = row[i] as number;
      if (flight >>> 3 === batch + 1 && (flight & 7) <= ANSWERED_NO) return i;
    }
    return -1;
  };
  const spend = (row: Int32Array, kind: StepKind): void => {
    next.set(row);
    fault(kind);
  };

  /** The writer gets this reply in `next`; false while it is not known what it then does. */
  const step = (writer: number, reply: number): boolean => {
    const before = next[local + writer] as number;
    const taken = company.known(before, reply);
    if (taken === undefined) {
      missing.push(before, reply);
      return false;
    }
    next[local + writer] = taken.next;
    generation = taken.generation;
    if (taken.head !== null) next[2] = withHead(next[2] as number, writer, taken.head);
    if (taken.bug !== null) violation ??= judge.bug(taken.bug);
    else judge.count('assertion');
    if (taken.isDropped) mark('a plan past its deadline was dropped');
    for (const belief of taken.beliefs) {
      const { batch, says } = belief;
      let isUnderWay = false;
      for (let i = flights; batch !== null && i < flights + flightsMax; i += 1) {
        const flight = next[i] as number;
        if (flight >>> 3 !== batch + 1) continue;
        isUnderWay = true;
        if (says === 'lost' && (flight & 7) === LATE) next[i] = (flight & ~7) | LATE_AND_LOST;
      }
      sortFlights();
      violation ??= judge.believed(next[0] as number, belief, { isUnderWay });
      noteBelief(batch, says, reply);
    }
    if (taken.sends !== null) {
      const batch = zones.batch(taken.sends);
      addFlight(taken.sends, UNDER_WAY);
      violation ??= judge.sent(batch, epochOf(next));
    }
    return true;
  };
  const noteBelief = (batch: number | null, says: 'committed' | 'lost', reply: number): void => {
    if (batch === null || reply % 8 === ACCEPTED) return;
    const chain = zones.chainOf(next[0] as number);
    const place = chain.indexOf(batch);
    if (says === 'committed') mark('an unanswered batch had taken effect');
    if (says === 'committed' && place > 1) {
      mark('what became of it was hidden behind a successor, and found');
    }
    if (says === 'lost') mark('an unanswered batch had not');
  };

  const land = (row: Int32Array, at: number): 'yes' | 'no' => {
    const flight = row[at] as number;
    const how = flight & 7;
    const batch = (flight >>> 3) - 1;
    const zone = row[0] as number;
    const after = zones.apply(zone, batch);
    if (after === null) {
      if (how === UNDER_WAY) mark('a writer lost the compare');
      if (how >= LATE && zones.isInChain(zone, batch)) mark('a repeated batch was refused');
      noteRefusal(zone, batch);
      return 'no';
    }
    const about = zones.batch(batch);
    violation ??= judge.landed(zone, after, about, {
      isCalledLost: how === LATE_AND_LOST,
      isRestored: isRestored(row),
    });
    next[0] = after;
    if (how >= LATE) {
      const isAlive = company.doing(row[local + about.writer] as number) !== IDLE;
      mark(
        isAlive || company.isOpen(row[local + about.writer] as number)
          ? 'a batch landed after its writer had given up'
          : 'a batch landed after its writer had died',
      );
    }
    if (!about.isAutomated) {
      mark('an order began');
      if (row.subarray(flights).filter((other) => other !== 0).length > 1) {
        mark('an order began beside a race');
      }
    } else if (about.view < about.decided) mark('a removal was committed from lagging evidence');
    return 'yes';
  };
  const refusals = new Map<number, readonly Marker[]>();
  const noteRefusal = (zone: number, batch: number): void => {
    const key = zone * 2 ** 22 + batch;
    const known = refusals.get(key) ?? whyRefused(zone, batch);
    refusals.set(key, known);
    for (const marker of known) mark(marker);
  };
  const whyRefused = (zone: number, batch: number): readonly Marker[] => {
    const now = zones.contentOf(zone);
    const read = zones.content(zones.batch(batch).read);
    if (now.fenceText !== read.fenceText) return [];
    const markers: Marker[] = ['a hand edit came between read and send'];
    const wanted = new Map(
      zones
        .batch(batch)
        .changes.filter(({ action }) => action === 'CREATE')
        .map(({ record }) => [record.setIdentifier, record.weight]),
    );
    for (const [id, weight] of now.weights) {
      if (weight === 0 && read.weights.get(id) !== 0 && wanted.get(id) === read.weights.get(id)) {
        markers.push('a hand edit zeroed a record that the batch left unchanged');
      }
    }
    return markers;
  };
  const noteHold = (state: number): void => {
    const saw = company.saw(state);
    const asofAt = saw === null ? undefined : zones.content(saw.content).fence?.asofAt;
    if (saw !== null && asofAt !== undefined && stage.observedAt(saw.view) < asofAt) {
      mark('lagging evidence was held back');
    }
  };
  const arrive = (row: Int32Array, at: number): void => {
    next.set(row);
    const how = (row[at] as number) & 7;
    const landed = land(row, at);
    setFlight(at, how !== UNDER_WAY ? null : landed === 'yes' ? ANSWERED_YES : ANSWERED_NO);
  };
  const answer = (row: Int32Array, writer: number, at: number): boolean => {
    next.set(row);
    const how = (row[at] as number) & 7;
    setFlight(at, null);
    return hear(writer, how === ANSWERED_YES ? ACCEPTED : REFUSED);
  };

  /** A batch whose fence is gone can never take effect: its arrival is nobody's business but its writer's. */
  const settleFlights = (): void => {
    if (size.restores) return;
    const zone = next[0] as number;
    const { fenceText } = zones.contentOf(zone);
    let isChanged = false;
    for (let i = flights; i < flights + flightsMax && next[i] !== 0; i += 1) {
      const flight = next[i] as number;
      const how = flight & 7;
      if (how === ANSWERED_YES || how === ANSWERED_NO) continue;
      const batch = (flight >>> 3) - 1;
      if (zones.content(zones.batch(batch).read).fenceText === fenceText) continue;
      if (zones.apply(zone, batch) !== null) continue;
      if (how === UNDER_WAY) mark('a writer lost the compare');
      else if (zones.isInChain(zone, batch)) mark('a repeated batch was refused');
      next[i] = how === UNDER_WAY ? (flight & ~7) | ANSWERED_NO : 0;
      isChanged = true;
    }
    if (isChanged) sortFlights();
  };
  /** One that begins no round any more before faults stop will read the zone in its next. */
  const settleWriters = (): void => {
    let isOver = true;
    for (let writer = 0; writer < writers; writer += 1) {
      const state = next[local + writer] as number;
      if (roundsOf(next, writer) < size.rounds) isOver = false;
      else if (company.doing(state) === IDLE) next[local + writer] = company.rested(state);
    }
    // Heads are looked at when a round begins.
    if (isOver) next[2] = 0;
  };
  /** The writer hears this of its batch, and reads back at once: hearing it later is reading back later. */
  const hear = (writer: number, kind: number): boolean => {
    if (!step(writer, replyOf(kind, epochOf(next)))) return false;
    if (isReading(writer) && faultsOf(next) < size.faults && readsFail !== null) {
      const asked = next.slice();
      const broken = violation;
      fault('fail read');
      if (step(writer, replyOf(UNREAD, epochOf(next)))) readsFail('fail read', writer, -1);
      next.set(asked);
      violation = broken;
    }
    return goOn(writer);
  };
  const fault = (kind: StepKind): void => {
    next[1] = (next[1] as number) + (1 << EPOCH_BITS);
    faults.set(kind, (faults.get(kind) ?? 0) + 1);
  };
  const faultsAt = (row: Int32Array, writer: number, tell: Tell): void => {
    const state = row[local + writer] as number;
    const doing = company.doing(state);
    if (doing === SENT) {
      const at = awaitedFlight(row, company.waitsFor(state));
      if (((row[at] as number) & 7) === UNDER_WAY) {
        spend(row, 'lose request');
        setFlight(at, null);
        if (hear(writer, UNKNOWN)) tell('lose request', writer, 0);
        spend(row, 'give up');
        setFlight(at, LATE);
        if (hear(writer, UNKNOWN)) tell('give up', writer, 0);
        spend(row, 'repeat request');
        addFlight(company.waitsFor(state), LATE);
        tell('repeat request', writer, 0);
      } else {
        spend(row, 'lose answer');
        setFlight(at, null);
        if (hear(writer, UNKNOWN)) tell('lose answer', writer, 0);
      }
    }
    const fresh = company.restart(state);
    if (fresh === state) return;
    spend(row, 'restart');
    next[local + writer] = fresh;
    if (doing === SENT) {
      const at = awaitedFlight(row, company.waitsFor(state));
      setFlight(at, ((row[at] as number) & 7) === UNDER_WAY ? LATE : null);
    }
    tell('restart', writer, 0);
  };
  const faultsOfZone = (row: Int32Array, tell: Tell): void => {
    for (const [endpoint, { setIdentifier }] of stage.service.endpoints.entries()) {
      const after = zones.edit(row[0] as number, setIdentifier, 0);
      if (after === null) continue;
      spend(row, 'edit');
      next[0] = after;
      next[1] = (next[1] as number) | (1 << (EDITED_AT + endpoint));
      tell('edit', -1, endpoint);
    }
    const restored = size.restores ? zones.restore(row[0] as number) : null;
    if (restored === null) return;
    spend(row, 'restore');
    next[0] = restored;
    next[1] = ((next[1] as number) & ~(15 << EDITED_AT)) | (1 << RESTORED_AT);
    tell('restore', -1, 0);
  };
  /** Whether its writer goes on by itself: one that was halted does so once time has passed, since until
   *  then nobody could tell when it did. */
  const own = (row: Int32Array, writer: number): StepKind | null => {
    const state = row[local + writer] as number;
    const doing = company.doing(state);
    next.set(row);
    if (doing === SENT) {
      const at = awaitedFlight(row, company.waitsFor(state));
      return ((row[at] as number) & 7) !== UNDER_WAY && answer(row, writer, at) ? 'answer' : null;
    }
    if ((doing !== READ && doing !== RECORDING) || company.since(state) === epochOf(row))
      return null;
    return goOn(writer) ? (doing === READ ? 'answer read' : 'record') : null;
  };
  /** Takes the writer in `next` as far as it comes without anybody else. */
  const goOn = (writer: number): boolean => {
    for (;;) {
      const state = next[local + writer] as number;
      const epoch = epochOf(next);
      switch (company.doing(state)) {
        case IDLE:
        case SENT:
          return true;
        case READING:
          next[local + writer] = serve(state, epoch);
          break;
        case READ:
          if (!step(writer, replyOf(ANSWER_READ, epoch))) return false;
          if (company.doing(next[local + writer] as number) === IDLE) noteHold(state);
          break;
        case RECORDING:
          if (!step(writer, replyOf(RECORDED, epoch))) return false;
          break;
      }
    }
  };
  const serve = (state: number, epoch: number): number =>
    company.serve(state, zones.contentOf(next[0] as number).id, epoch);
  /** A round begins and goes on to its batch; it may be halted before it decides and before it sends. */
  const begin = (row: Int32Array, writer: number, view: number, tell: Tell): void => {
    if (!start(row, writer, view)) return;
    const canHalt = epochOf(row) < size.decisions - 1;
    if (faultsOf(row) < size.faults && isReading(writer)) {
      const asked = next.slice();
      fault('fail read');
      if (step(writer, replyOf(UNREAD, epochOf(row)))) tell('fail read', writer, view);
      if (!start(row, writer, view)) throw new Error('a step that was known is known');
      next.set(asked);
    }
    if (isReading(writer)) {
      next[local + writer] = serve(next[local + writer] as number, epochOf(row));
      const state = next[local + writer] as number;
      if (canHalt) tell('halt before deciding', writer, view);
      if (!step(writer, replyOf(ANSWER_READ, epochOf(row)))) return;
      if (company.doing(next[local + writer] as number) === IDLE) noteHold(state);
    }
    if (canHalt && company.doing(next[local + writer] as number) === RECORDING) {
      tell('halt before sending', writer, view);
    }
    if (goOn(writer)) tell('start', writer, view);
  };
  const isReading = (writer: number): boolean =>
    company.doing(next[local + writer] as number) === READING;
  const start = (row: Int32Array, writer: number, view: number): boolean => {
    next.set(row);
    next[1] = (next[1] as number) + (1 << (ROUNDS_AT + ROUND_BITS * writer));
    return step(writer, startOf(epochOf(row), view, row[2] as number));
  };

  return {
    missing,
    reached,
    faults,
    generation: () => generation,
    start: (row, writer, view, into) => {
      violation = null;
      const isKnown = start(row, writer, view) && goOn(writer);
      into.set(next);
      return { isKnown, violation };
    },
    finish: (row, visit) => {
      violation = null;
      readsFail = null;
      for (let i = flights; i < flights + flightsMax; i += 1) {
        const flight = row[i] as number;
        if (flight === 0 || ((flight & 7) !== UNDER_WAY && (flight & 7) < LATE)) continue;
        arrive(row, i);
        visit(next, 'arrive', zones.batch((flight >>> 3) - 1).writer, flight, violation);
        return true;
      }
      for (let writer = 0; writer < writers; writer += 1) {
        const had = missing.length;
        const kind = own(row, writer);
        if (missing.length > had) return false;
        if (kind === null) continue;
        visit(next, kind, writer, 0, violation);
        return true;
      }
      return true;
    },
    each: (row, visit) => {
      missing.length = 0;
      const epoch = epochOf(row);
      const tell: Tell = (kind, writer, about) => {
        settleFlights();
        settleWriters();
        visit(next, kind, writer, about, violation);
        violation = null;
      };
      violation = null;
      readsFail = tell;
      if (epoch < size.decisions - 1) {
        next.set(row);
        next[1] = (next[1] as number) + 1;
        tell('time', -1, epoch + 1);
      }
      let sent = 0;
      for (let writer = 0; writer < writers; writer += 1) {
        const state = row[local + writer] as number;
        if (company.doing(state) === SENT) sent += 1;
        if (company.doing(state) !== IDLE) {
          const kind = own(row, writer);
          if (kind !== null) tell(kind, writer, 0);
        } else if (roundsOf(row, writer) < size.rounds) {
          for (let view = Math.max(0, epoch - LAG_MAX); view <= epoch; view += 1) {
            begin(row, writer, view, tell);
          }
        }
        violation = null;
      }
      if (sent === writers && writers > 1) mark('all writers raced one decision');
      for (let i = flights; i < flights + flightsMax; i += 1) {
        const flight = row[i] as number;
        const how = flight & 7;
        if (flight === 0 || how === ANSWERED_YES || how === ANSWERED_NO) continue;
        arrive(row, i);
        tell('arrive', zones.batch((flight >>> 3) - 1).writer, flight);
      }
      if (faultsOf(row) < size.faults) {
        for (let writer = 0; writer < writers; writer += 1) faultsAt(row, writer, tell);
        faultsOfZone(row, tell);
      }
      return missing.length === 0;
    },
  };
}
