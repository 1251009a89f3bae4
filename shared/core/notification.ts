/**
 * What is told → one message for every channel: a subject for a pager, lines for people, and the event for
 * programs, of which `docs/events.schema.json` is made. The sentences are those that status, log and audit
 * show. Whatever came from outside was cut and cleaned before it got here; channels escape for their own
 * format.
 */
import * as v from 'valibot';
import type { Failing, MessageKind } from './delivery.ts';
import { INCIDENT_KINDS } from './incident.ts';
import type { Incident } from './incident-shown.ts';
import type { EpochMs } from './model.ts';
import { CHANNELS } from './outbox.ts';
import { list } from './phrase.ts';
import { safeText } from './safe-text.ts';

export const EVENT_KINDS = [
  'opened',
  'changed',
  'withheld',
  'reminder',
  'resolved',
  'channel-failing',
  'test',
] as const;

const time = v.pipe(v.number(), v.safeInteger(), v.description('epoch ms'));
const duration = v.pipe(v.number(), v.minValue(0), v.description('milliseconds'));
const SERVICES_MAX = 200;
const listOf = <T extends v.GenericSchema>(item: T) => v.pipe(v.array(item), v.readonly());

/** The `detail` of an event on the bus. A field without a value is null, never absent. */
export const notificationSchema = v.object({
  format: v.literal(1),
  id: v.pipe(
    v.string(),
    v.description('the same for a message that is sent twice: what a receiver de-duplicates by'),
  ),
  event: v.picklist(EVENT_KINDS),
  deployment: v.string(),
  region: v.pipe(v.string(), v.description('which region tells it')),
  at: time,
  subject: v.pipe(v.string(), v.maxLength(100), v.description('ASCII, for pagers')),
  sentence: v.string(),
  services: v.pipe(
    listOf(v.string()),
    v.maxLength(SERVICES_MAX),
    v.description('several where one trouble befell them together'),
  ),
  serves: v.pipe(v.string(), v.description('what DNS serves now, endpoint and weight')),
  commands: v.pipe(listOf(v.string()), v.description('what to look at, or to do')),
  notes: listOf(v.string()),
  order: v.nullable(v.object({ actor: v.string(), reason: v.string() })),
  channel: v.nullable(v.picklist(CHANNELS)),
  incident: v.nullable(
    v.object({
      id: v.pipe(v.string(), v.description('one incident is one thread')),
      kind: v.picklist(INCIDENT_KINDS),
      state: v.picklist(['open', 'resolved']),
      title: v.string(),
      endpoints: listOf(v.string()),
      openedAt: time,
      resolvedAt: v.nullable(time),
      detectMs: v.nullable(duration),
      recoverMs: v.nullable(duration),
      recoverBasis: v.nullable(v.picklist(['seen', 'insync'])),
    }),
  ),
});
export type Notification = Readonly<v.InferOutput<typeof notificationSchema>>;

export const EVENT_SOURCE = 'quorate';
/** `Quorate incident opened`, `Quorate channel failing`, `Quorate test`. */
export const detailTypeOf = ({ event, incident }: Notification): string =>
  `Quorate ${incident === null ? event.replace('-', ' ') : `incident ${event}`}`;

const SUBJECT_CHARACTERS_MAX = 100;
const NOT_ASCII = /[^\x20-\x7e]/g;
const SENTENCE_CHARACTERS_MAX = 1_000;
const NOTES_MAX = 5;
const SERVICES_SHOWN_MAX = 10;

/** SNS takes ASCII of at most 100 characters there; `…` is none. */
const subjectOf = (text: string): string =>
  safeText(text.replace(NOT_ASCII, '?'), SUBJECT_CHARACTERS_MAX).replace('…', '~');

export type Told = {
  readonly deployment: string;
  readonly region: string;
  readonly at: EpochMs;
  readonly notes: readonly string[];
};

export type Tale = {
  readonly kind: MessageKind;
  readonly label: string;
  readonly incident: Incident;
  readonly serves: string;
  readonly commands: readonly string[];
  /** An order: who gave it and why, where its record is known. */
  readonly order: Notification['order'];
};

/** One incident, or one trouble that befell several services: then the first one's words stand for all. */
export function notificationOf(tales: readonly [Tale, ...Tale[]], told: Told): Notification {
  const [first] = tales;
  const { incident, kind, label } = first;
  const services = [...new Set(tales.map((tale) => tale.incident.service))];
  const others = services.length - 1;
  const title = others === 0 ? incident.title : `${incident.title}, and ${others} more services`;
  const sentence = incident.steps.findLast(({ step }) => !isMilestone(step))?.sentence ?? '';
  return {
    format: 1,
    id: `${incident.id} ${label}`,
    event: kind,
    ...about(told),
    subject: subjectOf(`${kind}: ${title}`),
    sentence: safeText(sentence, SENTENCE_CHARACTERS_MAX),
    services: services.slice(0, SERVICES_MAX),
    serves: others === 0 ? safeText(first.serves, SENTENCE_CHARACTERS_MAX) : '',
    commands: [...(others === 0 ? [] : ['quorate status']), ...first.commands].map((command) =>
      safeText(command, SENTENCE_CHARACTERS_MAX),
    ),
    order:
      first.order === null
        ? null
        : { actor: safeText(first.order.actor, 256), reason: safeText(first.order.reason, 400) },
    channel: null,
    incident: {
      id: incident.id,
      kind: incident.kind,
      state: incident.state,
      title: safeText(title, SENTENCE_CHARACTERS_MAX),
      endpoints: incident.endpoints,
      openedAt: incident.openedAt,
      resolvedAt: incident.resolvedAt,
      detectMs: incident.detectMs,
      recoverMs: incident.recoverMs,
      recoverBasis: incident.recoverBasis,
    },
  };
}

const isMilestone = (step: string): boolean =>
  ['first-failed', 'vote', 'insync', 'seen'].includes(step);

const about = ({ deployment, region, at, notes }: Told) => ({
  deployment,
  region,
  at,
  notes: notes.slice(0, NOTES_MAX).map((note) => safeText(note, SENTENCE_CHARACTERS_MAX)),
});

export const failingText = ({ channel, region, sinceAt, why }: Failing): string =>
  `the channel ${channel} takes nothing from ${region} since ${day(sinceAt)}: ${why}`;

export const failingNotification = (failing: Failing, told: Told): Notification => ({
  ...plain(told),
  id: `channel ${failing.channel} ${failing.sinceAt}`,
  event: 'channel-failing',
  subject: subjectOf(`notifications by ${failing.channel} fail in ${failing.region}`),
  sentence: safeText(failingText(failing), SENTENCE_CHARACTERS_MAX),
  commands: ['quorate notify test'],
  channel: failing.channel,
});

export const testNotification = (told: Told): Notification => ({
  ...plain(told),
  id: `test ${told.region} ${told.at}`,
  event: 'test',
  subject: subjectOf(`test: ${told.deployment} reaches this channel from ${told.region}`),
  sentence: 'a test that somebody asked for: nothing is wrong',
  commands: ['quorate status'],
  channel: null,
});

const plain = (told: Told) => ({
  format: 1 as const,
  ...about(told),
  services: [],
  serves: '',
  order: null,
  incident: null,
});

/** For people, line by line; the subject is not repeated. */
export function linesOf(notification: Notification): readonly string[] {
  const { sentence, services, serves, order, incident, notes } = notification;
  const shown = services.slice(0, SERVICES_SHOWN_MAX);
  const more = services.length - shown.length;
  return [
    sentence,
    services.length > 1
      ? `services: ${list([...shown, ...(more > 0 ? [`${more} more`] : [])])}`
      : '',
    serves === '' ? '' : `in DNS now: ${serves}`,
    order === null ? '' : `by ${order.actor}: ${order.reason}`,
    incident === null ? '' : durationsText(incident),
    ...notes.map((note) => `note: ${note}`),
  ].filter((line) => line !== '');
}

/** Where the rest is to be found: what makes one thread of several messages. */
export const threadLine = ({ incident, deployment, region, services }: Notification): string =>
  incident === null
    ? `${deployment}, told by ${region}`
    : `incident ${incident.id} (quorate incidents ${services[0]}), ${deployment}, told by ${region}`;

export const textOf = (notification: Notification): string =>
  [
    ...linesOf(notification),
    '',
    ...notification.commands.map((command) => `  ${command}`),
    threadLine(notification),
  ].join('\n');

function durationsText(incident: NonNullable<Notification['incident']>): string {
  const { openedAt, resolvedAt, detectMs, recoverMs, recoverBasis } = incident;
  const measuredBy = recoverBasis === 'seen' ? 'seen at every name server' : 'by INSYNC';
  return [
    resolvedAt === null
      ? `open since ${day(openedAt)}`
      : `lasted ${lasting(resolvedAt - openedAt)}, from ${day(openedAt)} to ${day(resolvedAt)}`,
    ...(detectMs === null ? [] : [`detected in ${lasting(detectMs)}`]),
    ...(recoverMs === null ? [] : [`traffic away after ${lasting(recoverMs)} (${measuredBy})`]),
  ].join('; ');
}

const day = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`;

/** `34 s`, `1 min 20 s`, `5 h 3 min`: whole units, two at most. */
export function lasting(ms: number): string {
  const seconds = Math.round(Math.max(0, ms) / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const parts =
    hours > 0
      ? [`${hours} h`, minutes > 0 ? `${minutes} min` : '']
      : [minutes > 0 ? `${minutes} min` : '', seconds % 60 > 0 ? `${seconds % 60} s` : ''];
  return parts.filter((part) => part !== '').join(' ') || '0 s';
}
