/**
 * Threads + what was told → what this region has to tell now. Told is what a thread *is*, once per change
 * and channel: changes that come faster than their slot are told as one, and an end is told at once the
 * first time.
 *
 *     opened ─▶ at once          changed ─▶ 2 min after the last message, later up to 1 h
 *     resolved ─▶ at once, again after a relapse: in the slot of a change
 *
 * Regions take turns: of those alive, the first is drawn by the subject (so one region tells a trouble of
 * 200 services as one), an endpoint's own region comes last, and the k-th takes over after k minutes.
 */
import { isWithin } from './elapsed.ts';
import type { Thread } from './incident-thread.ts';
import type { VantageId } from './model.ts';
import type { Attempt, ChannelName, Delivered, Told } from './outbox.ts';

const MINUTE_MS = 60_000;
/** One change per thread in this time. */
export const SLOT_MS_MIN = 120_000;
const SLOT_MS_MAX = 3_600_000;
/** A thread with a handful of messages is an incident; with more it flaps, and its slots double. */
const STEADY_MESSAGES = 5;
/** A run that claimed and never came back: the message may be out, or not. It is sent again. */
export const CLAIM_MS = 60_000;
const RETRY_MS_MAX = 1_800_000;
/** From so many failures in a row on a channel counts as failing. */
export const FAILING_TRIES = 3;
/** A little longer than the longest wait between two tries. */
const FAILING_FOR_MS = 2_100_000;

export type MessageKind = 'opened' | 'changed' | 'withheld' | 'reminder' | 'resolved';

export type Message = {
  readonly thread: Thread;
  readonly channel: ChannelName;
  readonly kind: MessageKind;
  /** What this region's mark says now; null where it has none. */
  readonly own: Told | null;
  readonly delivered: Delivered | null;
};

export const slotMs = (count: number): number =>
  Math.min(SLOT_MS_MIN * 2 ** Math.max(0, count - STEADY_MESSAGES), SLOT_MS_MAX);

export const retryMs = (tries: number): number =>
  Math.min(MINUTE_MS * 2 ** Math.max(0, tries - 1), RETRY_MS_MAX);

/** Place of `own` in the turn; 0 tells at once. */
export function turnOf(
  subject: { readonly kind: string; readonly subject: string; readonly place: string | null },
  vantages: readonly VantageId[],
  alive: readonly VantageId[],
  own: VantageId,
): number {
  const start = hashOf(`${subject.kind} ${subject.subject}`) % Math.max(1, vantages.length);
  const turns = [...vantages.slice(start), ...vantages.slice(0, start)].filter(
    (region) => region === own || alive.includes(region),
  );
  const isAiling = (region: VantageId): boolean => String(region) === subject.place;
  return [
    ...turns.filter((region) => !isAiling(region)),
    ...turns.filter((region) => isAiling(region)),
  ].indexOf(own);
}

/** FNV-1a, 32 bits: only spreads the load. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  }
  return hash;
}

/** Null: it is told, it is too early, or it is another's turn. */
export function messageDue(
  thread: Thread,
  channel: ChannelName,
  marks: readonly Told[],
  at: { readonly own: VantageId; readonly place: number; readonly now: number },
): Message | null {
  const its = marks.filter((one) => one.channel === channel && thread.ids.includes(one.incident));
  const delivered = deliveredLast(its);
  if (delivered?.label === thread.label) return null;
  if (its.some(({ attempt }) => isClaimed(attempt, at.now))) return null;
  const own =
    its.find(({ region, incident }) => region === at.own && incident === markOf(thread)) ?? null;
  const turnAt = readyAt(thread, delivered) + at.place * MINUTE_MS;
  const tries = own?.attempt;
  const rests = tries?.state === 'failed' && isWithin(tries.at, retryMs(tries.tries), at.now);
  if (at.now < turnAt || rests) return null;
  return { thread, channel, kind: messageKind(thread, delivered), own, delivered };
}

/** The newest fall carries the mark: the oldest leaves the window first. */
const markOf = ({ ids }: Thread): string => ids.at(-1) as string;

export const deliveredLast = (marks: readonly Told[]): Delivered | null =>
  marks.reduce<Delivered | null>(
    (last, { delivered }) =>
      delivered !== null && (last === null || delivered.at > last.at) ? delivered : last,
    null,
  );

const isClaimed = (attempt: Attempt | null, now: number): boolean =>
  attempt?.state === 'claimed' && isWithin(attempt.at, CLAIM_MS, now);

function readyAt(thread: Thread, delivered: Delivered | null): number {
  if (delivered === null) return thread.openedAt;
  const isFirstEnd = thread.label === 'resolved' && delivered.ends === 0;
  return isFirstEnd
    ? thread.labelAt
    : Math.max(thread.labelAt, delivered.at + slotMs(delivered.count));
}

function messageKind(thread: Thread, delivered: Delivered | null): MessageKind {
  if (thread.label === 'resolved') return 'resolved';
  if (delivered === null) return 'opened';
  if (/^ends soon | \d+h$/.test(thread.label)) return 'reminder';
  return thread.steps.at(-1)?.step === 'withheld' ? 'withheld' : 'changed';
}

/** Told everywhere, as it is now. */
export const isTold = (
  thread: Thread,
  channels: readonly ChannelName[],
  marks: readonly Told[],
): boolean =>
  channels.every(
    (channel) =>
      deliveredLast(
        marks.filter((one) => one.channel === channel && thread.ids.includes(one.incident)),
      )?.label === thread.label,
  );

export const claimed = (
  message: Message,
  region: VantageId,
  version: string,
  now: number,
): Told => ({
  region,
  incident: markOf(message.thread),
  channel: message.channel,
  version,
  delivered: message.delivered,
  attempt: {
    state: 'claimed',
    label: message.thread.label,
    at: now,
    tries: message.own?.attempt?.tries ?? 0,
    failingSinceAt: message.own?.attempt?.failingSinceAt ?? null,
    why: '',
  },
});

export function afterSending(
  claim: Told,
  label: string,
  outcome: { readonly kind: 'delivered' } | { readonly kind: 'failed'; readonly why: string },
  version: string,
  now: number,
): Told {
  const { delivered, attempt } = claim;
  if (outcome.kind === 'failed') {
    const failingSinceAt = attempt?.failingSinceAt ?? now;
    const tries = (attempt?.tries ?? 0) + 1;
    return {
      ...claim,
      version,
      attempt: { state: 'failed', label, at: now, tries, failingSinceAt, why: outcome.why },
    };
  }
  return {
    ...claim,
    version,
    attempt: null,
    delivered: {
      label,
      at: now,
      count: (delivered?.count ?? 0) + 1,
      ends: (delivered?.ends ?? 0) + (label === 'resolved' ? 1 : 0),
    },
  };
}

export type Failing = {
  readonly channel: ChannelName;
  readonly region: VantageId;
  readonly sinceAt: number;
  readonly why: string;
};

/**
 * Ways by which a region has told nothing for a while, one per channel; the one that fails longest first.
 * What another region told meanwhile ends a region's attempts, so those of all incidents count together.
 */
export function failingChannels(marks: readonly Told[], now: number): readonly Failing[] {
  const failing = [...Map.groupBy(marks, ({ channel, region }) => `${channel} ${region}`).values()]
    .flatMap((own) => failingOf(own, now))
    .sort((a, b) => a.sinceAt - b.sinceAt);
  return failing.filter(
    ({ channel }, at) => failing.findIndex((one) => one.channel === channel) === at,
  );
}

/** Of one channel in one region. */
function failingOf(marks: readonly Told[], now: number): readonly Failing[] {
  const last = deliveredLast(marks)?.at ?? 0;
  const failures = marks
    .flatMap(({ channel, region, attempt }) =>
      attempt?.state === 'failed' && attempt.at > last && now - attempt.at <= FAILING_FOR_MS
        ? [{ ...attempt, channel, region, sinceAt: attempt.failingSinceAt ?? attempt.at }]
        : [],
    )
    .sort((a, b) => a.at - b.at);
  const newest = failures.at(-1);
  const tries = failures.reduce((total, one) => total + one.tries, 0);
  if (newest === undefined || tries < FAILING_TRIES) return [];
  const { channel, region, why } = newest;
  return [{ channel, region, why, sinceAt: Math.min(...failures.map(({ sinceAt }) => sinceAt)) }];
}
