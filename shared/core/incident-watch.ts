/**
 * What stood before and what a round finds now → events, and what stands from here on. Only news makes an
 * event: an incident that begins, another label, its end, and every 4 h while automation is off. What a
 * region remembers is its own; a lost memory costs a repeated event, never one that is missing.
 */
import * as v from 'valibot';
import {
  INCIDENT_KINDS,
  INCIDENT_TEXT_MAX,
  type IncidentEvent,
  type IncidentKind,
  incidentId,
} from './incident.ts';
import type { Finding } from './incident-finding.ts';
import type { DigestOf, EpochMs, VantageId } from './model.ts';
import { safeText } from './safe-text.ts';

/** One open incident, as this region last told it. */
export type Standing = {
  readonly id: string;
  readonly service: string;
  readonly kind: IncidentKind;
  readonly subject: string;
  readonly label: string;
  readonly title: string;
  readonly sinceAt: number;
  readonly openedAt: number;
  /** Of an order: when it ends. */
  readonly untilAt: number | null;
  readonly place: string | null;
};

/** Automation that is off is told again so often. */
export const REPEAT_MS = 14_400_000;
/** A region that holds more open incidents than this tells no new ones: its item must fit. */
export const STANDING_MAX = 700;
/** Clocks and rounds differ by so much: an order that vanishes then has ended, not been cancelled. */
const END_MS = 60_000;

export type Watched = {
  readonly standing: readonly Standing[];
  readonly events: readonly IncidentEvent[];
};

export type Watcher = {
  readonly service: string;
  readonly region: VantageId;
  readonly at: EpochMs;
  /** How many more this region may hold. */
  readonly room: number;
  readonly digestOf: DigestOf;
};

/** `standing` is that of one service, and so are the findings. */
export function watchIncidents(
  standing: readonly Standing[],
  findings: readonly Finding[],
  watcher: Watcher,
): Watched {
  let open = [...standing];
  const events: IncidentEvent[] = [];
  const same = (one: Pick<Standing, 'kind' | 'subject'>) => (other: typeof one) =>
    one.kind === other.kind && one.subject === other.subject;
  for (const finding of findings) {
    const known = open.find(same(finding));
    const label = known === undefined ? finding.label : labelNow(known, finding);
    if (label === null || known?.label === label) continue;
    // A return without a fall that was seen is no incident: a new endpoint ramps up, too.
    const isBeginning = known === undefined;
    const isFull = open.length - standing.length >= watcher.room;
    if (isBeginning && (finding.step === 'returning' || isFull)) continue;
    const { title, untilAt } = finding;
    const next = isBeginning ? begun(finding, label, watcher) : { ...known, label, title, untilAt };
    open = [...open.filter((one) => one !== known), next];
    events.push(eventOf(next, finding, label, watcher));
  }
  const over = open.filter((one) => !findings.some(same(one)));
  return {
    standing: open.filter((one) => !over.includes(one)),
    events: [...events, ...over.map((one) => endOf(one, watcher))],
  };
}

/** `drift 4h`: the same state is news again after four hours. */
function labelNow(known: Standing, { label, kind, at }: Finding): string | null {
  const repeats = Math.floor((at - known.openedAt) / REPEAT_MS);
  return label !== null && kind === 'automation' && repeats > 0
    ? `${label} ${(repeats * REPEAT_MS) / 3_600_000}h`
    : label;
}

const begun = (finding: Finding, label: string, { service, digestOf }: Watcher): Standing => {
  const { kind, subject, sinceAt, title, untilAt, place, at } = finding;
  const id = incidentId({ service, kind, subject, sinceAt }, digestOf);
  return {
    id,
    service,
    kind,
    subject,
    label,
    title,
    sinceAt,
    openedAt: at,
    untilAt,
    place,
  };
};

const bounded = (text: string): string => safeText(text, INCIDENT_TEXT_MAX);

function eventOf(
  standing: Standing,
  finding: Finding,
  label: string,
  { region }: Watcher,
): IncidentEvent {
  const { id, service, kind, subject, title, sinceAt, place } = standing;
  const { step, firstFailedAt, voteAt, generation, at, commands } = finding;
  return {
    format: 1,
    id,
    service,
    kind,
    subject,
    region,
    at,
    step,
    label,
    sentence: bounded(finding.sentence),
    sinceAt,
    firstFailedAt,
    voteAt,
    generation,
    serves: bounded(finding.serves),
    commands: commands.map(bounded),
    title: bounded(title),
    place,
  };
}

function endOf(standing: Standing, { region, at }: Watcher): IncidentEvent {
  const { id, service, kind, subject, title, sinceAt, place } = standing;
  return {
    format: 1,
    id,
    service,
    kind,
    subject,
    region,
    at,
    step: 'resolved',
    label: 'resolved',
    sentence: endText(standing, at),
    sinceAt,
    firstFailedAt: null,
    voteAt: null,
    generation: null,
    serves: '',
    commands: [`quorate status ${service}`],
    title,
    place,
  };
}

function endText({ kind, subject, service, untilAt }: Standing, at: number): string {
  switch (kind) {
    case 'endpoint':
      return `over: ${subject} of ${service} is up, and has the weight it should have`;
    case 'automation':
      return `over: automation of ${service} is not off any more`;
    case 'order':
      return untilAt !== null && at < untilAt - END_MS
        ? `over: order ${subject} was cancelled or replaced before its end`
        : `over: order ${subject} has ended; what it covered returns by its health`;
    case 'drill':
      return `over: drill ${subject} has ended`;
  }
}

const storedStanding = v.object({
  format: v.literal(1),
  open: v.array(
    v.object({
      id: v.string(),
      service: v.string(),
      kind: v.picklist(INCIDENT_KINDS),
      subject: v.string(),
      label: v.string(),
      title: v.string(),
      sinceAt: v.number(),
      openedAt: v.number(),
      untilAt: v.nullable(v.number()),
      place: v.nullable(v.string()),
    }),
  ),
});

export const standingBody = (open: readonly Standing[]): unknown => ({ format: 1, open });

/** What no release of us wrote counts as nothing: what is still so is found, and told, again. */
export function parseStanding(body: unknown): readonly Standing[] {
  const parsed = v.safeParse(storedStanding, body);
  return parsed.success ? parsed.output.open : [];
}
