/**
 * Incidents: what a region's rounds saw of one trouble or one order, as append-only events. Every region
 * writes its own and waits for nobody; `incident-thread.ts` folds those of all into one thread. What is
 * read back was written by some release of us, or by a foreign hand: what doesn't parse is left out.
 */
import * as v from 'valibot';
import type { DigestOf } from './model.ts';

export const INCIDENT_KINDS = ['endpoint', 'automation', 'order', 'drill'] as const;
export type IncidentKind = (typeof INCIDENT_KINDS)[number];

/** What a round adds to an incident. What becomes of its commits is told by their marks. */
export const EVENT_STEPS = [
  'verdict',
  'withheld',
  'committed',
  'changed',
  'returning',
  'resolved',
] as const;
export type EventStep = (typeof EVENT_STEPS)[number];

const time = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const word = v.pipe(v.string(), v.minLength(1), v.maxLength(128));
export const INCIDENT_TEXT_MAX = 1_000;
const text = v.pipe(v.string(), v.maxLength(INCIDENT_TEXT_MAX));

const incidentEvent = v.object({
  format: v.literal(1),
  /** The same in every region that saw the same beginning; the fold brings others together. */
  id: word,
  service: word,
  kind: v.picklist(INCIDENT_KINDS),
  /** The endpoint, the order's id, the drill's id, or `automation`. */
  subject: word,
  region: word,
  /** When this region's round saw it. */
  at: time,
  step: v.picklist(EVENT_STEPS),
  /** What it is now, in a word or two: two events with one label tell nothing new. */
  label: word,
  sentence: text,
  /** When it began, by the evidence. */
  sinceAt: time,
  /** Start of the earliest failing run of probes, and when a quorum of vantages was failing. */
  firstFailedAt: v.nullable(time),
  voteAt: v.nullable(time),
  /** Of the commit that this region made: its marks tell INSYNC and seen. */
  generation: v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
  /** What DNS serves now, for people. */
  serves: text,
  /** What an operator can do, as command lines. */
  commands: v.pipe(v.array(text), v.maxLength(8), v.readonly()),
  /** The thread's headline. */
  title: text,
  /** Its failure domain: its own region tells of it last. */
  place: v.nullable(word),
});
export type IncidentEvent = Readonly<v.InferOutput<typeof incidentEvent>>;

export function parseIncidentEvent(item: unknown): IncidentEvent | undefined {
  const parsed = v.safeParse(incidentEvent, item);
  return parsed.success ? parsed.output : undefined;
}

const ID_CHARACTERS = 12;

export const incidentId = (
  {
    service,
    kind,
    subject,
    sinceAt,
  }: Pick<IncidentEvent, 'service' | 'kind' | 'subject' | 'sinceAt'>,
  digestOf: DigestOf,
): string => digestOf(`incident ${service} ${kind} ${subject} ${sinceAt}`).slice(0, ID_CHARACTERS);
