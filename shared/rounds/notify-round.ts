/**
 * Outboxes and events in, messages out: what is due is told by the region whose turn it is, on every
 * channel by itself, so that one that fails or hangs stops no other. A mark is claimed before a message is
 * sent and written after it: told at least once, and once where nobody dies in between.
 */
import {
  afterSending,
  CLAIM_MS,
  claimed,
  type Failing,
  failingChannels,
  isTold,
  type Message,
  messageDue,
  turnOf,
} from '../core/delivery.ts';
import { isWithin } from '../core/elapsed.ts';
import { QuorateError } from '../core/errors.ts';
import { parseIncidentEvent } from '../core/incident.ts';
import { type Incident, shownIncident } from '../core/incident-shown.ts';
import { foldIncidents, THREAD_WINDOW_MS, type Thread } from '../core/incident-thread.ts';
import {
  byText,
  type Config,
  type EpochMs,
  type ServiceId,
  type VantageId,
} from '../core/model.ts';
import {
  failingNotification,
  failingText,
  type Notification,
  notificationOf,
  type Tale,
} from '../core/notification.ts';
import {
  type ChannelName,
  DUE,
  type DueFound,
  finished,
  parseDue,
  parseTold,
  TOLD,
  type Told,
  toldItem,
} from '../core/outbox.ts';
import { decidingRegions } from '../core/pulse.ts';
import type { Mark } from '../core/record.ts';
import { parseMark, parseRecord } from '../core/record-parse.ts';
import type { Channel, Clock, Delivery, Ids, Store } from '../ports.ts';

export type NotifyDeps = {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly store: Store;
  readonly channels: readonly Channel[];
};

export type Sent = {
  readonly channel: ChannelName;
  readonly event: Notification['event'];
  readonly incidents: readonly string[];
  readonly services: readonly string[];
  readonly outcome: Delivery;
};
export type TellFacts = {
  readonly sent: readonly Sent[];
  /** What the table did not give or take, per channel; the next minute tries again. */
  readonly troubles: readonly string[];
};

const NOTHING: TellFacts = { sent: [], troubles: [] };
const SERVICES_MAX = 200;
const AT_ONCE = 10;
/** From so many on, one trouble of several services is one message. */
const TOGETHER_MIN = 4;
/** A channel that failed so often in a run is left alone until the next. */
const FAILURES_MAX = 2;
/** News whose event is not here after this long will not come. */
const LOST_MS = 900_000;
const RECORDS_READ = 20;

/** What lies in the outboxes: read once, for all that `notify` does. */
export const readDue = async (
  { store }: Pick<NotifyDeps, 'store'>,
  regions: readonly VantageId[],
  signal: AbortSignal,
): Promise<DueFound> => parseDue(await store.readOutbox(regions, DUE, signal));

type Desk = NotifyDeps & {
  readonly config: Config;
  readonly region: VantageId;
  readonly told: readonly Told[];
  readonly alive: readonly VantageId[];
  readonly failing: readonly Failing[];
  readonly signal: AbortSignal;
};

export async function notifyRound(
  deps: NotifyDeps,
  config: Config,
  due: DueFound,
  region: VantageId,
  signal: AbortSignal,
): Promise<TellFacts> {
  const { store, clock, channels } = deps;
  if (due.news.length === 0) return NOTHING;
  const [toldItems, pulses] = await Promise.all([
    store.readOutbox(config.vantages, TOLD, signal),
    store.readPulses(config.vantages, signal),
  ]);
  const told = parseTold(toldItems);
  const now = clock.now();
  const alive = decidingRegions(config.vantages, pulses, now);
  const failing = failingChannels(told, now);
  const desk: Desk = { ...deps, config, region, told, alive, failing, signal };
  const threads = await threadsOf(desk, due);
  const tales = talesBook(desk);
  const ends = await Promise.all(channels.map((channel) => tellOn(desk, channel, threads, tales)));
  const sent = ends.flatMap((end) => end.sent);
  const troubles = ends.flatMap((end) => end.troubles);
  troubles.push(...(await unlessAway(() => tidyUp(desk, due, threads, sent))));
  return { sent, troubles };
}

/** The threads that have news, and what was told of them. */
async function threadsOf(
  { store, clock, signal }: Desk,
  { news }: DueFound,
): Promise<readonly Thread[]> {
  const services = [...new Set(news.map(({ service }) => service))].slice(0, SERVICES_MAX);
  const now = clock.now();
  const since = Math.max(0, now - THREAD_WINDOW_MS) as EpochMs;
  const folded = await inTens(services, async (service) => {
    const events = await store.readIncidentEvents(service, since, signal);
    return foldIncidents(
      events.flatMap((item) => parseIncidentEvent(item) ?? []),
      now,
    );
  });
  const incidents = new Set(news.map(({ incident }) => incident));
  return folded.flat().filter(({ ids }) => ids.some((id) => incidents.has(id)));
}

async function tellOn(
  desk: Desk,
  channel: Channel,
  threads: readonly Thread[],
  tales: TalesBook,
): Promise<TellFacts> {
  const sent: Sent[] = [];
  const troubles = await unlessAway(async () => {
    for (const messages of together(threads.flatMap((thread) => dueOn(desk, channel, thread)))) {
      if (sent.filter(({ outcome }) => outcome.kind === 'failed').length >= FAILURES_MAX) return;
      const one = await tell(desk, channel, messages, tales);
      if (one !== null) sent.push(one);
    }
    for (const failing of desk.failing) {
      if (failing.channel === channel.name) continue;
      const one = await tellFailing(desk, channel, failing);
      if (one !== null) sent.push(one);
    }
  });
  return { sent, troubles };
}

function dueOn(desk: Desk, channel: Channel, thread: Thread): readonly Message[] {
  const { config, alive, region, clock, told } = desk;
  const place = turnOf(thread, config.vantages, alive, region);
  const message = messageDue(thread, channel.name, told, { own: region, place, now: clock.now() });
  return message === null ? [] : [message];
}

/** One trouble of many services is one message; a few are told one by one, so that each is a thread. */
function together(messages: readonly Message[]): readonly (readonly Message[])[] {
  const sorted = messages.toSorted((a, b) => byText(a.thread.service, b.thread.service));
  const groups = Map.groupBy(sorted, ({ kind, thread }) =>
    JSON.stringify([kind, thread.kind, thread.subject, thread.label]),
  );
  return [...groups.values()].flatMap((group) =>
    group.length >= TOGETHER_MIN ? [group] : group.map((message) => [message]),
  );
}

async function tell(
  desk: Desk,
  channel: Channel,
  messages: readonly Message[],
  tales: TalesBook,
): Promise<Sent | null> {
  const { clock, region, config, signal } = desk;
  const claims = (
    await inTens(messages, async (message) => {
      const claim = claimed(message, region, version(desk), clock.now());
      const expected = { version: message.own?.version ?? null };
      const isOurs = await desk.store.writeOutbox(toldItem(claim, clock.now()), expected, signal);
      return isOurs ? [{ message, claim }] : [];
    })
  ).flat();
  const [first, ...others] = await inTens(claims, ({ message }) => tales(message));
  if (first === undefined) return null;
  const notes = desk.failing.filter((failing) => failing.channel !== channel.name).map(failingText);
  const notification = notificationOf([first, ...others], {
    deployment: config.deployment,
    region,
    at: clock.now(),
    notes,
  });
  const outcome = await channel.send(notification, signal);
  await inTens(claims, async ({ message, claim }) => {
    const { label } = message.thread;
    const after = afterSending(claim, label, outcome, version(desk), clock.now());
    await desk.store.writeOutbox(toldItem(after, clock.now()), 'any', signal);
  });
  return {
    channel: channel.name,
    event: notification.event,
    incidents: claims.map(({ message }) => message.thread.id),
    services: notification.services,
    outcome,
  };
}

const FAILING_AGAIN_MS = 14_400_000;

/** The other channels are told of one that fails, once and again after four hours. */
async function tellFailing(desk: Desk, channel: Channel, failing: Failing): Promise<Sent | null> {
  const { clock, config, region, alive, store, signal } = desk;
  const incident = `channel ${failing.channel}`;
  const now = clock.now();
  const its = desk.told.filter((one) => one.incident === incident && one.channel === channel.name);
  const last = deliveredAt(its);
  if (last !== null && isWithin(last, FAILING_AGAIN_MS, now)) return null;
  if (its.some(({ attempt }) => attempt !== null && isWithin(attempt.at, CLAIM_MS, now)))
    return null;
  const about = { kind: 'channel', subject: failing.channel, place: null };
  if (turnOf(about, config.vantages, alive, region) > 0) return null;
  const own = its.find((one) => one.region === region) ?? null;
  const label = 'failing';
  const attempt = { state: 'claimed', label, at: now, tries: 0, failingSinceAt: null } as const;
  const claim: Told = {
    region,
    incident,
    channel: channel.name,
    version: version(desk),
    delivered: own?.delivered ?? null,
    attempt: { ...attempt, why: '' },
  };
  const expected = { version: own?.version ?? null };
  if (!(await store.writeOutbox(toldItem(claim, now), expected, signal))) return null;
  const { deployment } = config;
  const notification = failingNotification(failing, { deployment, region, at: now, notes: [] });
  const outcome = await channel.send(notification, signal);
  const after = afterSending(claim, label, outcome, version(desk), clock.now());
  await store.writeOutbox(toldItem(after, clock.now()), 'any', signal);
  return { channel: channel.name, event: notification.event, incidents: [], services: [], outcome };
}

const deliveredAt = (marks: readonly Told[]): number | null =>
  marks.reduce<number | null>(
    (last, { delivered }) =>
      delivered !== null && (last === null || delivered.at > last) ? delivered.at : last,
    null,
  );

/** Another one for each write, also of two runs in one millisecond. */
const version = ({ clock, ids, region }: Desk): string => `${clock.now()} ${region} ${ids.nonce()}`;

type TalesBook = (message: Message) => Promise<Tale>;

/** Marks and records are read once per service, and only where something is told. */
function talesBook({ store, signal }: Desk): TalesBook {
  const marks = new Map<string, Promise<readonly Mark[]>>();
  const marksOf = (service: ServiceId): Promise<readonly Mark[]> => {
    const known = marks.get(service) ?? readMarks(store, service, signal);
    marks.set(service, known);
    return known;
  };
  return async ({ thread, kind }) => {
    const service = thread.service as ServiceId;
    const served = thread.generations.length === 0 ? [] : await marksOf(service);
    const incident: Incident = shownIncident(thread, served);
    const order = thread.kind === 'order' ? await orderOf(store, thread, signal) : null;
    const { label, serves, commands } = thread;
    return { kind, label, incident, serves, commands, order };
  };
}

const readMarks = async (
  store: Store,
  service: ServiceId,
  signal: AbortSignal,
): Promise<readonly Mark[]> =>
  (await store.readMarks(service, signal)).flatMap((mark) => parseMark(mark) ?? []);

async function orderOf(store: Store, thread: Thread, signal: AbortSignal): Promise<Tale['order']> {
  const page = { limit: RECORDS_READ };
  const records = await store.readRecords(thread.service as ServiceId, page, signal);
  const order = records
    .flatMap((item) => parseRecord(item)?.order ?? [])
    .find(({ id }) => id === thread.subject);
  return order === undefined ? null : { actor: order.actor, reason: order.reason };
}

/** Own items that are told everywhere are done; a commit that was told of gets its mark. */
async function tidyUp(
  { store, clock, config, region, channels, signal }: Desk,
  { news }: DueFound,
  threads: readonly Thread[],
  sent: readonly Sent[],
): Promise<void> {
  const told = parseTold(await store.readOutbox(config.vantages, TOLD, signal));
  const names = channels.map(({ name }) => name);
  const now = clock.now();
  await inTens(
    news.filter(({ item }) => item.region === region),
    async ({ item, incident, at }) => {
      const thread = threads.find(({ ids }) => ids.includes(incident));
      const isDone = thread === undefined ? now - at > LOST_MS : isTold(thread, names, told);
      if (!isDone) return;
      await store.writeOutbox(finished(item, now), { version: item.version }, signal);
    },
  );
  const delivered = new Set(
    sent.flatMap(({ outcome, incidents }) => (outcome.kind === 'delivered' ? incidents : [])),
  );
  await inTens(
    threads.filter(({ id, generations }) => delivered.has(id) && generations.length > 0),
    async (thread) => {
      const service = thread.service as ServiceId;
      const generation = thread.generations.at(-1);
      const marks = await readMarks(store, service, signal);
      const mark = marks.find((one) => one.kind === 'committed' && one.generation === generation);
      if (mark === undefined) return;
      const its = told.filter(({ incident }) => thread.ids.includes(incident));
      const detail = names
        .filter((name) => deliveredAt(its.filter(({ channel }) => channel === name)) !== null)
        .join(' ');
      await store.writeMark({ ...mark, kind: 'delivered', region, at: now, detail }, signal);
    },
  );
}

async function unlessAway(run: () => Promise<void>): Promise<string[]> {
  try {
    await run();
    return [];
  } catch (error) {
    if (!(error instanceof QuorateError)) throw error;
    return [error.message];
  }
}

async function inTens<T, R>(
  items: readonly T[],
  run: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const done: R[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE) {
    done.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(run))));
  }
  return done;
}
