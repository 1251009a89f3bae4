/**
 * Writers' local states as numbers, and each step of one remembered: a writer in this state that gets this
 * reply is then in that state, having sent this and believing that. The production round runs once per
 * different step; after that a step is a look into a table, which makes millions of states cheap.
 */
import { sha256 } from '../../shared/adapters/digest.ts';
import { type Idle, newProcess, type Played, play, type Reply } from './actor.ts';
import type { Stage } from './stage.ts';
import type { Zones } from './zones.ts';

export const IDLE = 0;
/** Asks for the zone. */
export const READING = 1;
/** The zone has answered, the answer is on its way. */
export const READ = 2;
/** Has decided, and writes its record. */
export const RECORDING = 3;
/** Has sent its batch. */
export const SENT = 4;
export type Doing = typeof IDLE | typeof READING | typeof READ | typeof RECORDING | typeof SENT;

export type Belief = {
  readonly says: 'committed' | 'lost';
  /** Null: no such batch was ever sent. */
  readonly batch: number | null;
};

export type LocalStep = {
  readonly next: number;
  /** The batch that it sends with this step. */
  readonly sends: number | null;
  readonly beliefs: readonly Belief[];
  /** The generation that its head tells from now on. */
  readonly head: number | null;
  /** Of the fence as it knows it, at the end of a round. */
  readonly generation: number | null;
  readonly bug: string | null;
  /** It decided, and the deadline of its plan let it not send. */
  readonly isDropped: boolean;
};

type Local =
  | { readonly doing: typeof IDLE; readonly idle: Idle; readonly sent: Sent }
  | {
      readonly doing: Exclude<Doing, typeof IDLE | typeof READ>;
      readonly from: number;
      readonly idle: Idle;
      readonly script: readonly Reply[];
      readonly view: number;
      readonly read: number;
      readonly sent: Sent;
      /** The epoch of its decision. */
      readonly decided: number | null;
    }
  | { readonly doing: typeof READ; readonly reading: number; readonly content: number };

/** `generation#nonce` → batch. */
type Sent = ReadonlyMap<string, number>;

export type Company = {
  readonly first: readonly number[];
  readonly count: () => number;
  readonly steps: () => number;
  readonly doing: (local: number) => Doing;
  readonly writer: (local: number) => number;
  /** The batch that a writer in `SENT` waits for an answer to. */
  readonly waitsFor: (local: number) => number;
  /** Of a writer in `READ`: the epoch whose reports it saw, and what the zone answered. */
  readonly saw: (local: number) => { readonly view: number; readonly content: number } | null;
  /** The epoch in which it was halted. */
  readonly since: (local: number) => number;
  /** A read that arrives at the zone now. */
  readonly serve: (local: number, content: number, epoch: number) => number;
  readonly restart: (local: number) => number;
  /** An idle writer whose next round will read the zone in any case, whatever it holds. */
  readonly rested: (local: number) => number;
  /** Its last batch left unanswered is still open. */
  readonly isOpen: (local: number) => boolean;
  /** Undefined: not known yet, `learn` finds out. */
  readonly known: (local: number, reply: number) => LocalStep | undefined;
  readonly learn: (local: number, reply: number) => Promise<LocalStep>;
};

/** Replies as numbers: kind, epoch, and for a start the view and the heads. */
export const START = 0;
export const ANSWER_READ = 1;
export const UNREAD = 2;
export const RECORDED = 3;
export const ACCEPTED = 4;
export const REFUSED = 5;
export const UNKNOWN = 6;
export const replyOf = (kind: number, epoch: number): number => kind + 8 * epoch;
export const startOf = (epoch: number, view: number, heads: number): number =>
  START + 8 * (epoch + 8 * (view + 8 * heads));

const HALTED_MAX = 500;
const HEAD_BITS = 5;
const HEAD_MASK = 2 ** HEAD_BITS - 1;
export const headAt = (heads: number, writer: number): number =>
  (heads >>> (HEAD_BITS * writer)) & HEAD_MASK;
export const withHead = (heads: number, writer: number, head: number): number =>
  (heads & ~(HEAD_MASK << (HEAD_BITS * writer))) | (head << (HEAD_BITS * writer));

export function newCompany(stage: Stage, zones: Zones, firstGeneration: number): Company {
  const locals: Local[] = [];
  const doings: Doing[] = [];
  const writers: number[] = [];
  const awaited: number[] = [];
  const sinces: number[] = [];
  const idles = new Map<string, number>();
  const served = new Map<number, number>();
  const restarted = new Map<number, number>();
  /** Runs of the round that wait for their next reply. */
  const halted = new Map<number, (reply: Reply) => Promise<Played>>();
  const restedAs = new Map<number, number>();
  const steps: Map<number, LocalStep>[] = [];
  let stepCount = 0;

  const add = (local: Local, writer: number, since: number, waitsFor = -1): number => {
    doings.push(local.doing);
    writers.push(writer);
    sinces.push(since);
    awaited.push(waitsFor);
    steps.push(new Map());
    return locals.push(local) - 1;
  };
  const internIdle = (idle: Idle, sent: Sent): number => {
    // Of what was sent, only what is still open can be asked about again.
    const open = new Map(
      [...sent].filter(([key]) =>
        [...idle.memory.unresolved.values(), ...idle.memory.inFlight.values()].some((one) => {
          const { generation, nonce } = 'plan' in one ? one.plan : one;
          return key === `${generation}#${nonce}`;
        }),
      ),
    );
    const key = sha256(JSON.stringify([idle, [...open]], mapsAsLists));
    const known = idles.get(key);
    if (known !== undefined) return known;
    const id = add({ doing: IDLE, idle, sent: open }, idle.writer, -1);
    idles.set(key, id);
    return id;
  };

  /** A run that was halted in this state goes on; where it has gone on already, it is run anew. */
  const advance = (
    idle: Idle,
    local: number,
    reply: Reply,
    script: readonly Reply[],
  ): Promise<Played> => {
    const goOn = halted.get(local);
    halted.delete(local);
    return goOn === undefined ? play(stage, idle, script, zones.history) : goOn(reply);
  };

  const learnt = (local: number, reply: Reply, played: Played): LocalStep => {
    const state = locals[local];
    if (state === undefined) throw new Error(`there is no local state ${local}`);
    const run = state.doing === READ ? locals[state.reading] : state;
    if (run === undefined || run.doing === READ) throw new Error('a reading writer had asked');
    const { writer } = run.idle;
    let sent = run.sent;
    const beliefs = (): readonly Belief[] =>
      unique(
        played.claims.map(({ generation, nonce, says }) => ({
          says,
          batch: sent.get(`${generation}#${nonce}`) ?? null,
        })),
      );
    const about = {
      beliefs: beliefs(),
      head: played.head === null ? null : played.head - firstGeneration,
      bug: played.bug,
      sends: null,
      generation: null,
      isDropped: false,
    };
    const { waiting } = played;
    if (waiting.kind === 'done') {
      const isDropped = reply.kind === 'recorded';
      const next = internIdle(waiting.idle, sent);
      return { ...about, next, generation: waiting.generation, isDropped };
    }
    const isStart = run.doing === IDLE;
    const base = {
      from: isStart ? local : run.from,
      idle: run.idle,
      script: isStart ? [reply] : [...run.script, reply],
      view: reply.kind === 'start' ? reply.view : isStart ? 0 : run.view,
      read: state.doing === READ ? state.content : isStart ? -1 : run.read,
      decided: isStart ? null : run.decided,
    };
    // A round that is over has been told of above: what is left waits for something.
    if (waiting.kind === 'read') {
      return { ...about, next: add({ ...base, doing: READING, sent }, writer, reply.epoch) };
    }
    if (waiting.kind === 'record') {
      const decided = reply.epoch;
      const next = add({ ...base, doing: RECORDING, sent, decided }, writer, reply.epoch);
      return { ...about, next };
    }
    const record = played.record?.item;
    const batch = zones.internBatch({
      writer,
      changes: waiting.changes,
      read: base.read,
      view: base.view,
      decided: base.decided ?? reply.epoch,
      isAutomated: record?.actor.startsWith('quorum@') ?? true,
    });
    if (record !== undefined && batch.fence !== null) zones.note(record, batch.fence.record);
    sent = new Map([
      ...sent,
      [`${record?.generation ?? batch.generation}#${record?.nonce ?? batch.nonce}`, batch.id],
    ]);
    return {
      ...about,
      next: add({ ...base, doing: SENT, sent }, writer, reply.epoch, batch.id),
      sends: batch.id,
    };
  };

  return {
    first: stage.regions.map((_, writer) => internIdle(newProcess(writer, 0), new Map())),
    count: () => locals.length,
    steps: () => stepCount,
    doing: (local) => doings[local] ?? IDLE,
    writer: (local) => writers[local] ?? -1,
    waitsFor: (local) => awaited[local] ?? -1,
    saw: (local) => {
      const state = locals[local];
      const run = state?.doing === READ ? locals[state.reading] : undefined;
      return state?.doing === READ && run !== undefined && 'view' in run
        ? { view: run.view, content: state.content }
        : null;
    },
    since: (local) => sinces[local] ?? -1,
    serve: (local, content, epoch) => {
      const key = (local * 2 ** 20 + content) * 8 + epoch;
      const known = served.get(key);
      if (known !== undefined) return known;
      const id = add({ doing: READ, reading: local, content }, writers[local] ?? -1, epoch);
      served.set(key, id);
      return id;
    },
    restart: (local) => {
      const known = restarted.get(local);
      if (known !== undefined) return known;
      const state = locals[local];
      const run = state?.doing === READ ? locals[state.reading] : state;
      if (run === undefined || run.doing === READ) throw new Error(`no local state ${local}`);
      // A decision on its way into the table may be there already: its nonce is used up.
      const intents =
        run.idle.intents +
        (run.doing === IDLE ? 0 : run.script.filter(({ kind }) => kind === 'recorded').length) +
        (run.doing === RECORDING ? 1 : 0);
      const id = internIdle(newProcess(run.idle.writer, intents), new Map());
      restarted.set(local, id);
      return id;
    },
    rested: (local) => {
      const known = restedAs.get(local);
      if (known !== undefined) return known;
      const state = locals[local];
      if (state?.doing !== IDLE) throw new Error(`local state ${local} is not idle`);
      const { watch } = newProcess(state.idle.writer, 0);
      const id = internIdle({ ...state.idle, watch }, state.sent);
      restedAs.set(local, id);
      return id;
    },
    isOpen: (local) => {
      const state = locals[local];
      return state?.doing === IDLE && state.idle.memory.unresolved.size > 0;
    },
    known: (local, reply) => steps[local]?.get(reply),
    learn: async (local, code) => {
      const state = locals[local];
      if (state === undefined) throw new Error(`there is no local state ${local}`);
      const run = state.doing === READ ? locals[state.reading] : state;
      if (run === undefined || run.doing === READ) throw new Error('a reading writer had asked');
      const reply = decoded(code, state.doing === READ ? state.content : -1, zones, stage);
      const script = run.doing === IDLE ? [reply] : [...run.script, reply];
      const played = await advance(
        run.idle,
        state.doing === READ ? state.reading : local,
        reply,
        script,
      );
      const step = learnt(local, reply, played);
      if (played.goOn !== null) halted.set(step.next, played.goOn);
      const [oldest] = halted.keys();
      if (halted.size > HALTED_MAX && oldest !== undefined) halted.delete(oldest);
      steps[local]?.set(code, step);
      stepCount += 1;
      return step;

      function decoded(number: number, content: number, from: Zones, { regions }: Stage): Reply {
        const kind = number % 8;
        const rest = Math.floor(number / 8);
        const epoch = rest % 8;
        switch (kind) {
          case START: {
            const view = Math.floor(rest / 8) % 8;
            const heads = Math.floor(rest / 64);
            return {
              kind: 'start',
              epoch,
              view,
              heads: regions.map((_, writer) => {
                const head = headAt(heads, writer);
                return head === 0 ? 0 : head + firstGeneration;
              }),
            };
          }
          case ANSWER_READ:
            return { kind: 'read', epoch, records: from.content(content).records };
          case UNREAD:
            return { kind: 'unread', epoch };
          case RECORDED:
            return { kind: 'recorded', epoch };
          case ACCEPTED:
            return { kind: 'answered', epoch, how: 'accepted' };
          case REFUSED:
            return { kind: 'answered', epoch, how: 'refused' };
          default:
            return { kind: 'answered', epoch, how: 'unknown' };
        }
      }
    },
  };
}

const mapsAsLists = (_key: string, value: unknown): unknown =>
  value instanceof Map ? [...value] : value;

function unique(beliefs: readonly Belief[]): readonly Belief[] {
  const seen = new Map(beliefs.map((belief) => [`${belief.says} ${belief.batch}`, belief]));
  return [...seen.values()];
}
