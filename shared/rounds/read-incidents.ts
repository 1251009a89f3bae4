/**
 * The events and marks of services → incidents as people read them: open ones first, then the newest
 * first. From one region's replica, so one that has just begun elsewhere comes with the next read.
 */
import { failingChannels } from '../core/delivery.ts';
import { parseIncidentEvent } from '../core/incident.ts';
import { type Incident, shownIncident } from '../core/incident-shown.ts';
import { foldIncidents, THREAD_WINDOW_MS } from '../core/incident-thread.ts';
import type { Config, EpochMs, ServiceId } from '../core/model.ts';
import { failingText } from '../core/notification.ts';
import { parseTold, TOLD } from '../core/outbox.ts';
import { parseMark } from '../core/record-parse.ts';
import type { Store } from '../ports.ts';

export type IncidentsAsked = {
  /** Absent: all of the file. */
  readonly service?: ServiceId;
  readonly sinceAt: EpochMs;
  readonly now: EpochMs;
};

const AT_ONCE = 10;
const INCIDENTS_MAX = 500;

export async function readIncidents(
  store: Store,
  config: Pick<Config, 'services'>,
  { service, sinceAt, now }: IncidentsAsked,
  signal: AbortSignal,
): Promise<readonly Incident[]> {
  const ids = service === undefined ? config.services.map(({ id }) => id) : [service];
  const found: Incident[] = [];
  for (let start = 0; start < ids.length; start += AT_ONCE) {
    const batch = ids.slice(start, start + AT_ONCE);
    const read = await Promise.all(
      batch.map((id) => incidentsOf(store, id, { sinceAt, now }, signal)),
    );
    found.push(...read.flat());
  }
  const isOpen = ({ state }: Incident): number => (state === 'open' ? 0 : 1);
  return found
    .sort((a, b) => isOpen(a) - isOpen(b) || b.openedAt - a.openedAt)
    .slice(0, INCIDENTS_MAX);
}

async function incidentsOf(
  store: Store,
  service: ServiceId,
  { sinceAt, now }: Omit<IncidentsAsked, 'service'>,
  signal: AbortSignal,
): Promise<readonly Incident[]> {
  // What is open now, or ended lately, may have begun before.
  const since = Math.max(0, sinceAt - THREAD_WINDOW_MS) as EpochMs;
  const events = await store.readIncidentEvents(service, since, signal);
  const threads = foldIncidents(
    events.flatMap((item) => parseIncidentEvent(item) ?? []),
    now,
  ).filter(({ resolvedAt }) => resolvedAt === null || resolvedAt >= sinceAt);
  if (threads.every(({ generations }) => generations.length === 0)) {
    return threads.map((thread) => shownIncident(thread, []));
  }
  const marks = await store.readMarks(service, signal);
  const served = marks.flatMap((mark) => parseMark(mark) ?? []);
  return threads.map((thread) => shownIncident(thread, served));
}

/** For the notes of `status`: channels that take nothing. */
export async function readChannelNotes(
  store: Store,
  { vantages }: Pick<Config, 'vantages'>,
  now: EpochMs,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const told = parseTold(await store.readOutbox(vantages, TOLD, signal));
  return failingChannels(told, now).map(
    (failing) => `${failingText(failing)}; run \`quorate notify test\``,
  );
}
