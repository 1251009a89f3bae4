/**
 * Tries to change a service in, when the next one is due out: at most six within any minute (S16), however
 * Route 53 answers them. While it throttles, three tries in the first round, one after a first wait, and
 * then one after each longer one: an account's bucket refills in 5 to 15 seconds, so the first wait is the
 * one that mostly helps, and the longer ones leave the bucket to those who drain it. One process keeps
 * it: without a leader no region knows what another one sends.
 */
import type { EpochMs, ServiceId } from '../core/model.ts';

export type TryBudget = {
  /** When the next try is due; null: nothing stands in its way. */
  readonly waitsUntil: (service: ServiceId, now: EpochMs) => EpochMs | null;
  /** How often a round may try, throttled each time. */
  readonly triesPerRound: (service: ServiceId) => number;
  readonly noteSent: (service: ServiceId, now: EpochMs) => void;
  /** `random`: from 0 up to 1, so that regions do not keep step. */
  readonly noteThrottled: (service: ServiceId, now: EpochMs, random: number) => void;
  readonly noteAnswered: (service: ServiceId) => void;
};

const WINDOW_MS = 60_000;
const SENT_MAX = 6;
const TRIES_AT_FIRST = 3;
const WAIT_MS = { first: 10_000, later: 20_000 } as const;
/** Up to half as much again is added by chance. */
const JITTER = 0.5;

export function tryBudget(): TryBudget {
  const sent = new Map<ServiceId, readonly EpochMs[]>();
  const waits = new Map<ServiceId, { readonly fromAt: EpochMs; readonly untilAt: EpochMs }>();

  /** What lies ahead was noted before the clock was set back: it tells nothing any more. */
  const recent = (service: ServiceId, now: EpochMs): readonly EpochMs[] =>
    (sent.get(service) ?? []).filter((at) => at > now - WINDOW_MS && at <= now);

  return {
    waitsUntil: (service, now) => {
      const wait = waits.get(service);
      const times = recent(service, now);
      const [oldest] = times.slice(-SENT_MAX);
      const untilAt = Math.max(
        wait === undefined || wait.fromAt > now ? now : wait.untilAt,
        oldest === undefined || times.length < SENT_MAX ? now : oldest + WINDOW_MS,
      );
      return untilAt > now ? (untilAt as EpochMs) : null;
    },
    triesPerRound: (service) => (waits.has(service) ? 1 : TRIES_AT_FIRST),
    noteSent: (service, now) => {
      sent.set(service, [...recent(service, now), now]);
    },
    noteThrottled: (service, now, random) => {
      const ms = WAIT_MS[waits.has(service) ? 'later' : 'first'] * (1 + JITTER * random);
      waits.set(service, { fromAt: now, untilAt: (now + Math.ceil(ms)) as EpochMs });
    },
    noteAnswered: (service) => {
      waits.delete(service);
    },
  };
}
