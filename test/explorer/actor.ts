/**
 * One writer's round, as far as the replies reach that it has had. Running code can't be copied, but what
 * a writer is in the middle of follows from where it began and what it was told since: so the production
 * round is run anew from its beginning with those replies, up to the call that nobody has answered yet.
 * Time stands still between two replies; what the table answers is the same whenever it is asked.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { QuorateError } from '../../shared/core/errors.ts';
import { type EpochMs, epochMs, nonce } from '../../shared/core/model.ts';
import type { DecisionRecord, Mark } from '../../shared/core/record.ts';
import type { Change, ZoneRead, ZoneRecord } from '../../shared/core/zone-record.ts';
import type { Clock, Head, Ids, Store, Zone } from '../../shared/ports.ts';
import { newMemory, type QuorumMemory } from '../../shared/rounds/quorum-memory.ts';
import type { QuorumResult } from '../../shared/rounds/quorum-result.ts';
import { quorumRound } from '../../shared/rounds/quorum-round.ts';
import { tryBudget } from '../../shared/rounds/try-budget.ts';
import { type ZoneWatch, zoneWatch } from '../../shared/rounds/zone-watch.ts';
import type { Stage } from './stage.ts';

export type Reply =
  | { readonly kind: 'start'; readonly epoch: number; readonly view: number; readonly heads: Heads }
  | { readonly kind: 'read'; readonly epoch: number; readonly records: readonly ZoneRecord[] }
  | { readonly kind: 'unread'; readonly epoch: number }
  | { readonly kind: 'recorded'; readonly epoch: number }
  | {
      readonly kind: 'answered';
      readonly epoch: number;
      readonly how: 'accepted' | 'refused' | 'unknown';
    };

/** Per writer the generation that its head tells; 0: none yet. */
export type Heads = readonly number[];

/** What a process knows between two rounds. */
export type Idle = {
  readonly writer: number;
  readonly memory: QuorumMemory;
  readonly watch: WatchState;
  /** Decisions recorded so far by this writer in all its lives: makes nonces that never repeat. */
  readonly intents: number;
};

/** What the zone watch holds: it is brought there again before a round is run anew. */
type WatchState = {
  readonly held: readonly ZoneRecord[] | null;
  readonly heads: Heads | null;
  readonly sweptEpoch: number | null;
  readonly failures: { readonly count: number; readonly epoch: number } | null;
};

export const newProcess = (writer: number, intents: number): Idle => ({
  writer,
  memory: newMemory(),
  watch: { held: null, heads: null, sweptEpoch: null, failures: null },
  intents,
});

export type Claim = Pick<Mark, 'generation' | 'nonce'> & {
  readonly says: 'committed' | 'lost';
};

/** What the writer waits for; `done`: its round has ended. */
export type Waiting =
  | { readonly kind: 'read' }
  | { readonly kind: 'record' }
  | { readonly kind: 'commit'; readonly changes: readonly Change[] }
  | {
      readonly kind: 'done';
      readonly idle: Idle;
      /** Of the fence as the round knows it; null where the round ended with an error. */
      readonly generation: number | null;
    };

export type Played = {
  readonly waiting: Waiting;
  /** What it came to believe with the last reply. */
  readonly claims: readonly Claim[];
  /** The generation that its head tells since the last reply. */
  readonly head: number | null;
  /** The last record that it wrote or is about to write, and the epoch in which it was decided. */
  readonly record: { readonly item: DecisionRecord; readonly epoch: number } | null;
  /** An assertion that fired, or an exception that no round may throw. */
  readonly bug: string | null;
  /** Goes on with this very run, once: what another reply leads to is found by running anew. */
  readonly goOn: ((reply: Reply) => Promise<Played>) | null;
};

const NEVER = new AbortController().signal;

/** Runs a round from `idle` through the replies of its past, whose first reply starts it. `history` gives the records of
 *  the decisions that led to a zone, newest first. */
export async function play(
  stage: Stage,
  idle: Idle,
  past: readonly Reply[],
  history: (records: readonly ZoneRecord[]) => readonly unknown[],
): Promise<Played> {
  const { service, config, manifest, aids } = stage;
  const region = stage.regions[idle.writer];
  const script = [...past];
  const [start] = script;
  if (region === undefined || start?.kind !== 'start') throw new Error('a round begins by a start');
  const memory = copyOf(idle.memory);
  const claims: Claim[] = [];
  let { intents } = idle;
  let head: number | null = null;
  let record: Played['record'] = null;
  let waiting: Waiting | null = null;
  let at = 1;
  let { epoch } = start;
  let lastRead: readonly ZoneRecord[] = [];
  const isLast = (): boolean => at === script.length;

  let later: ((given: Reply) => void) | null = null;
  const hear = (given: Reply): void => {
    at += 1;
    epoch = given.epoch;
    claims.length = 0;
    head = null;
  };
  const reply = async <T>(unanswered: Waiting, take: (given: Reply) => T): Promise<T> => {
    let given = script[at];
    if (given === undefined) {
      waiting = unanswered;
      given = await new Promise<Reply>((resolve) => {
        later = resolve;
      });
    }
    hear(given);
    return take(given);
  };
  const priming = primer();
  const clock: Clock = {
    now: () => epochMs(priming.now() ?? stage.nowAt(epoch, idle.writer)),
    sleep: async () => undefined,
    withDeadline: (_ms, signal, run) => run(signal),
  };
  const ids: Ids = {
    // One decision a round is recorded at most, however often it is drawn up.
    nonce: () =>
      nonce(`${String.fromCharCode(97 + idle.writer)}${String(intents).padStart(7, '0')}`),
    random: () => 0.5,
  };
  const zone: Zone = {
    read: (_zone, _stretch) =>
      priming.read(() =>
        reply({ kind: 'read' }, (given): ZoneRead => {
          if (given.kind === 'unread') throw new QuorateError('ZONE_UNAVAILABLE', 'no answer');
          if (given.kind !== 'read') throw new Error('a read is answered by a read');
          lastRead = given.records;
          return readOf(given.records, clock.now());
        }),
      ),
    commit: (_zone, changes) =>
      reply({ kind: 'commit', changes }, (given) => {
        if (given.kind !== 'answered') throw new Error('a commit is answered by an answer');
        switch (given.how) {
          case 'accepted':
            return { kind: 'accepted', changeId: 'C0000000000001' };
          case 'refused':
            return { kind: 'refused', messages: ['the values do not match the current values'] };
          case 'unknown':
            return { kind: 'unknown', message: 'no answer in time' };
        }
      }),
    changeStatus: async () => 'insync',
  };
  const claim = ({ generation, nonce: own }: Pick<Mark, 'generation' | 'nonce'>, kind: string) => {
    if (!isLast()) return;
    const says = kind === 'lost' ? 'lost' : 'committed';
    claims.push({ generation, nonce: own, says });
  };
  const store: Pick<
    Store,
    | 'readReports'
    | 'readManifests'
    | 'readHeads'
    | 'readRecords'
    | 'recordIntent'
    | 'writeMark'
    | 'writeHead'
  > = {
    readReports: async () => stage.reports(start.view),
    readManifests: async () => new Map(),
    readHeads: async () => headsOf(stage, priming.heads() ?? start.heads),
    readRecords: async (_service, page) =>
      history(lastRead)
        .filter((item) => page.before === undefined || sortKey(item) < page.before)
        .slice(0, page.limit),
    recordIntent: (item) => {
      record = { item, epoch };
      return reply({ kind: 'record' }, (given) => {
        if (given.kind !== 'recorded') throw new Error('a record is answered by being written');
        intents += 1;
      });
    },
    writeMark: async (mark) => claim(mark, mark.kind),
    writeHead: async ({ generations }) => {
      if (isLast()) head = generations[service.id] ?? null;
    },
  };
  const ports = { clock, ids, store: store as Store, zone };
  const watch = await watchOf(stage, ports, idle, {
    priming,
    heads: start.heads,
    epoch: () => epoch,
  });

  let ended: { readonly results: readonly QuorumResult[] } | { readonly error: unknown } | null =
    null;
  quorumRound(
    { ...ports, aids, watch: watch.port, memory },
    config,
    config.services,
    { region, manifest, takesTurns: false },
    NEVER,
  ).then(
    (results) => {
      ended = { results };
    },
    (error: unknown) => {
      ended = { error };
    },
  );
  return untilNextCall();

  async function untilNextCall(): Promise<Played> {
    // Every promise that can settle has settled by the next turn of the event loop.
    await nextTurn();
    return assembled();
  }

  function assembled(): Played {
    const told = ended as
      | { readonly results: readonly QuorumResult[] }
      | { readonly error: unknown }
      | null;
    let bug: string | null = null;
    let generation: number | null = null;
    if (told !== null && 'error' in told && !(told.error instanceof QuorateError)) {
      bug = told.error instanceof Error ? told.error.message : String(told.error);
    }
    if (told !== null && 'results' in told) {
      const [result] = told.results;
      generation = result?.generation ?? null;
      const fault = result?.decision.reasons.find(({ code }) => code === 'bug');
      if (fault?.code === 'bug') bug = fault.assertion;
      if (result?.plan != null) {
        switch (result.outcome.kind) {
          case 'committed':
            claim(result.plan, 'committed');
            break;
          case 'lost':
          case 'drift':
          case 'blocked':
            claim(result.plan, 'lost');
            break;
          default:
        }
      }
    }
    if (told !== null) {
      keepOnlyWhatDecides(memory);
      waiting = {
        kind: 'done',
        generation,
        idle: { writer: idle.writer, memory, watch: watch.state(), intents },
      };
    }
    if (waiting === null) throw new Error('a round waits for something that no reply brings');
    const answer = later as ((given: Reply) => void) | null;
    return {
      waiting,
      claims: [...claims],
      head,
      record,
      bug,
      goOn:
        answer === null
          ? null
          : (given) => {
              script.push(given);
              later = null;
              waiting = null;
              answer(given);
              return untilNextCall();
            },
    };
  }
}

/** What a round remembers to tell others, or to ask once only, is not told apart: INSYNC, whether the
 *  record of a generation is there (it always is), its own head (the table has it). */
function keepOnlyWhatDecides(memory: QuorumMemory): void {
  memory.insyncMs.length = 0;
  memory.served.clear();
  memory.inFlight.clear();
  memory.recorded.clear();
  memory.generations.clear();
}

const readOf = (records: readonly ZoneRecord[], now: EpochMs): ZoneRead => ({
  records,
  serverAt: now,
  readAt: now,
});

const sortKey = (item: unknown): string => {
  const { generation, nonce: own } = item as DecisionRecord;
  return `${String(generation).padStart(10, '0')}#${own}`;
};

const headsOf = ({ regions, service }: Stage, heads: Heads): readonly Head[] =>
  regions.flatMap((region, writer) => {
    const generation = heads[writer] ?? 0;
    return generation === 0 ? [] : [{ region, generations: { [service.id]: generation } }];
  });

/**
 * The budget of tries is whole in each round: one that is used up makes a round end without a send, and
 * a round that does not take place is explored anyway.
 */
const copyOf = ({ budget: _ofLastRound, ...memory }: QuorumMemory): QuorumMemory =>
  ({
    ...Object.fromEntries(
      Object.entries(memory).map(([key, value]: [string, unknown]) => [
        key,
        value instanceof Map ? new Map(value) : [...(value as readonly unknown[])],
      ]),
    ),
    budget: tryBudget(),
  }) as unknown as QuorumMemory;

type Primer = {
  readonly now: () => number | null;
  readonly heads: () => Heads | null;
  readonly read: (otherwise: () => Promise<ZoneRead>) => Promise<ZoneRead>;
  readonly set: (
    scene: {
      readonly now: number;
      readonly heads: Heads;
      /** Null: the read fails. */
      readonly records: readonly ZoneRecord[] | null;
    } | null,
  ) => void;
};

/** The ports as a scene of the past has them, while what a watch holds is brought about again. */
function primer(): Primer {
  let scene: Parameters<Primer['set']>[0] = null;
  return {
    now: () => scene?.now ?? null,
    heads: () => scene?.heads ?? null,
    read: async (otherwise) => {
      if (scene === null) return otherwise();
      if (scene.records === null) throw new QuorateError('ZONE_UNAVAILABLE', 'no answer');
      return readOf(scene.records, epochMs(scene.now));
    },
    set: (next) => {
      scene = next;
    },
  };
}

/** The production watch, holding what it held, and a note of what it comes to hold. */
async function watchOf(
  stage: Stage,
  ports: Parameters<typeof zoneWatch>[0],
  idle: Idle,
  round: { readonly priming: Primer; readonly heads: Heads; readonly epoch: () => number },
): Promise<{ readonly port: ZoneWatch; readonly state: () => WatchState }> {
  const { config, service } = stage;
  const region = stage.regions[idle.writer];
  if (region === undefined) throw new Error('a watch is somebody’s');
  const inner = zoneWatch(ports, config, region);
  let state = idle.watch;
  if (state.heads !== null) {
    const now =
      state.sweptEpoch === null
        ? othersMinute(stage, idle)
        : stage.nowAt(state.sweptEpoch, idle.writer);
    round.priming.set({ now, heads: state.heads, records: state.held ?? stage.records });
    await inner.look([service], NEVER);
  }
  if (state.failures !== null) {
    const { count, epoch } = state.failures;
    round.priming.set({ now: stage.nowAt(epoch, idle.writer), heads: [], records: null });
    for (let failed = 0; failed < count; failed += 1) {
      await inner.fresh([service], NEVER).catch(() => undefined);
    }
  }
  if (state.held === null) inner.forget(service);
  round.priming.set(null);

  const noted = async <T>(run: () => Promise<T>, heldBy: (done: T) => Partial<WatchState>) => {
    try {
      const done = await run();
      state = { ...state, ...heldBy(done) };
      return done;
    } catch (error) {
      const count = Math.min((state.failures?.count ?? 0) + 1, 2);
      state = { ...state, failures: { count, epoch: round.epoch() } };
      throw error;
    }
  };
  return {
    state: () => state,
    port: {
      look: (services, signal) =>
        noted(
          () => inner.look(services, signal),
          ({ read, isFresh, isSweep }) =>
            isFresh
              ? {
                  held: read.records,
                  heads: round.heads,
                  failures: null,
                  ...(isSweep ? { sweptEpoch: round.epoch() } : {}),
                }
              : {},
        ),
      fresh: (services, signal) =>
        noted(
          () => inner.fresh(services, signal),
          (read) => ({ held: read.records, failures: null }),
        ),
      forget: (one) => {
        inner.forget(one);
        // Whatever heads say then, the next look reads.
        state = { ...state, held: null, heads: null };
      },
    },
  };
}

/** A time at which another region sweeps: looking then leaves no trace of a sweep of one's own. */
const othersMinute = (stage: Stage, { writer }: Idle): number => {
  const { length } = stage.config.vantages;
  const minute = Math.floor(stage.nowAt(0, writer) / 60_000);
  return (minute - (minute % length) + writer + 1) * 60_000;
};
