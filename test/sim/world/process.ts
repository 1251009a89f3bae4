/**
 * One simulated process, and its remote calls: each has two schedule points, arrival and reply, between
 * which the server acts. So a lost request, a lost reply after the effect, a late effect after the client
 * gave up and a repeated request can all happen.
 */
import type { Clock } from '../../../shared/ports.ts';
import { processClock } from '../kernel/process-clock.ts';
import type { Random } from '../kernel/random.ts';
import type { Owner, Simulation } from '../kernel/simulation.ts';
import type { PlaceConditions } from './conditions.ts';
import type { ProcessName } from './events.ts';

export type Process = {
  readonly name: ProcessName;
  readonly owner: Owner;
  readonly place: PlaceConditions;
  readonly clock: Clock;
  /** Of its network. */
  readonly random: Random;
  /** True time of the first probe of its newest round; null once it was reported. */
  firstProbeMs: number | null;
  /** How far ahead its clock was then: one that was moved since tells nothing. */
  firstProbeAheadMs: number;
  /** Of that round. */
  readonly probed: Set<string>;
};

export function newProcess(
  sim: Simulation,
  name: Omit<ProcessName, 'number'>,
  place: PlaceConditions,
): Process {
  const owner = sim.owner();
  return {
    name: { ...name, number: owner.number },
    owner,
    place,
    clock: processClock(sim, owner, place.skew),
    random: sim.random.fork(`process ${owner.number}`),
    firstProbeMs: null,
    firstProbeAheadMs: 0,
    probed: new Set(),
  };
}

export type CallPlan = {
  /** False: the request is lost. */
  readonly arrives: boolean;
  /** Beside the network's own time. */
  readonly lateMs: number;
  /** False: the reply is lost after the effect. */
  readonly replies: boolean;
  /** How often it arrives; a repeat's answer goes nowhere. */
  readonly times: number;
};

export const PLAIN_CALL: CallPlan = { arrives: true, lateMs: 0, replies: true, times: 1 };

export type RemoteCall<T> = {
  readonly kind: string;
  readonly plan: CallPlan;
  readonly timeoutMs: number;
  /** What the server does and answers; a thrown error is an answer, too. */
  readonly serve: () => T;
  /** Without an answer. `by-caller`: its signal aborted. */
  readonly unanswered: (ended: 'by-deadline' | 'by-caller') => unknown;
};

/** Made once per kind: a text that is put together anew is looked up slowly by the trace. */
const replies = new Map<string, string>();
function replyOf(kind: string): string {
  const known = replies.get(kind);
  if (known !== undefined) return known;
  replies.set(kind, `${kind} reply`);
  return replyOf(kind);
}

/** Rejects with what the server threw, or with `unanswered`. */
export function remoteCall<T>(
  sim: Simulation,
  process: Process,
  signal: AbortSignal,
  call: RemoteCall<T>,
): Promise<T> {
  const { kind, plan, serve } = call;
  const { random, owner, place } = process;
  const oneWay = (): number => random.between(place.oneWayMs.from, place.oneWayMs.to);
  return new Promise<T>((resolve, reject) => {
    if (signal.aborted) return reject(call.unanswered('by-caller'));
    let isOver = false;
    const end = (settle: () => void): void => {
      if (isOver) return;
      isOver = true;
      deadline.fire = null;
      signal.removeEventListener('abort', onAbort);
      settle();
    };
    const onAbort = (): void => end(() => reject(call.unanswered('by-caller')));
    const deadline = sim.after(
      call.timeoutMs,
      'deadline',
      () => end(() => reject(call.unanswered('by-deadline'))),
      owner,
    );
    signal.addEventListener('abort', onAbort, { once: true });
    if (!plan.arrives) return;
    const arrive = (isFirst: boolean): void => {
      let answer: () => void;
      try {
        const value = serve();
        answer = () => resolve(value);
      } catch (error) {
        answer = () => reject(error);
      }
      if (isFirst && plan.replies) sim.after(oneWay(), replyOf(kind), () => end(answer), owner);
    };
    sim.after(oneWay() + plan.lateMs, kind, () => arrive(true));
    for (let time = 1; time < plan.times; time += 1) {
      sim.after(oneWay() * (2 + 20 * random.next()), `${kind} again`, () => arrive(false));
    }
  });
}
