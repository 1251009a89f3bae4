/**
 * The events of all regions → one thread per incident. Regions see the same thing at different times and,
 * while reports are on their way, from different beginnings; so events of one subject are folded in the
 * order of time, whichever id they carry:
 *
 *     opened (any region) ── changed … ── resolved (first region) ── within 10 min: goes on as one thread
 *                  │ echoes of what was told within 2 min, and what comes late after an end, add nothing
 *
 * Automation is off region by region: such a thread is over when no region holds it any more, and a region
 * that says nothing for longer than it repeats itself holds nothing.
 */
import type { EventStep, IncidentEvent, IncidentKind } from './incident.ts';
import { REPEAT_MS } from './incident-watch.ts';
import { byText } from './model.ts';

/** How far back threads are read: an open one older than this begins where the window does. */
export const THREAD_WINDOW_MS = 14 * 86_400_000;
/** A new fall so soon after an end belongs to the same thread: flapping is one incident. */
export const FLAP_MS = 600_000;
/** Regions are behind one another by a round, a turn and replication. */
const ECHO_MS = 120_000;
const LAPSE_MS = REPEAT_MS + 900_000;
const STEPS_MAX = 200;

export type ThreadStep = {
  readonly step: EventStep;
  readonly at: number;
  readonly sentence: string;
  readonly label: string;
};

export type Thread = {
  /** Of its first event. Those of other regions and of later falls are in `ids`. */
  readonly id: string;
  readonly ids: readonly string[];
  readonly service: string;
  readonly kind: IncidentKind;
  readonly subject: string;
  readonly title: string;
  readonly place: string | null;
  readonly openedAt: number;
  readonly resolvedAt: number | null;
  /** Of the first fall. */
  readonly firstFailedAt: number | null;
  readonly voteAt: number | null;
  readonly verdictAt: number;
  /** Generations that regions committed because of it, in their order. */
  readonly generations: readonly number[];
  readonly label: string;
  /** When it became what it is now. */
  readonly labelAt: number;
  readonly steps: readonly ThreadStep[];
  /** Who holds it open. */
  readonly regions: readonly string[];
  readonly falls: number;
  readonly serves: string;
  readonly commands: readonly string[];
};

const STEP_ORDER: Readonly<Record<EventStep, number>> = {
  verdict: 0,
  withheld: 1,
  committed: 2,
  changed: 3,
  returning: 4,
  resolved: 5,
};

const inOrder = (a: IncidentEvent, b: IncidentEvent): number =>
  a.at - b.at ||
  byText(a.id, b.id) ||
  STEP_ORDER[a.step] - STEP_ORDER[b.step] ||
  byText(a.region, b.region);

/** Of one or of many services; the newest thread last. */
export function foldIncidents(events: readonly IncidentEvent[], now: number): readonly Thread[] {
  const subjects = Map.groupBy(events, ({ service, kind, subject }) =>
    JSON.stringify([service, kind, subject]),
  );
  return [...subjects.values()]
    .flatMap((own) => foldSubject([...own].sort(inOrder), now))
    .sort((a, b) => a.openedAt - b.openedAt || byText(nameOf(a), nameOf(b)));
}

const nameOf = ({ id, service, kind, subject }: Thread): string =>
  [id, service, kind, subject].join(' ');

type Fold = {
  readonly done: readonly Thread[];
  readonly thread: Thread | null;
  /** Holder (region or incident) → its newest event. */
  readonly open: ReadonlyMap<string, number>;
  /** Incidents that are over, and since when. */
  readonly closed: ReadonlyMap<string, number>;
};

function foldSubject(events: readonly IncidentEvent[], now: number): readonly Thread[] {
  const empty: Fold = { done: [], thread: null, open: new Map(), closed: new Map() };
  const { done, thread, open } = events.reduce((fold, event) => step(fold, event), empty);
  if (thread === null) return done;
  const lapsed = lapse(thread, open, now);
  return [...done, lapsed.thread];
}

const holderOf = ({ kind, region, id }: IncidentEvent): string =>
  kind === 'automation' ? region : id;

function step(before: Fold, event: IncidentEvent): Fold {
  const lapsed =
    before.thread === null
      ? { thread: null, open: before.open }
      : lapse(before.thread, before.open, event.at);
  const fold: Fold = { ...before, ...lapsed };
  return event.step === 'resolved' ? resolve(fold, event) : advance(fold, event);
}

/** Only a region that repeats itself can be missed. */
function lapse(
  thread: Thread,
  open: ReadonlyMap<string, number>,
  now: number,
): { readonly thread: Thread; readonly open: ReadonlyMap<string, number> } {
  if (thread.kind !== 'automation' || open.size === 0) return { thread, open };
  const live = new Map([...open].filter(([, at]) => now - at <= LAPSE_MS));
  if (live.size > 0) return { thread: { ...thread, regions: [...live.keys()] }, open: live };
  const at = Math.max(...open.values()) + LAPSE_MS;
  const sentence = 'over: no region has said so for longer than it would repeat it';
  return { thread: ended(thread, at, sentence), open: live };
}

function resolve(fold: Fold, event: IncidentEvent): Fold {
  const { thread, open } = fold;
  const holder = holderOf(event);
  if (thread === null || !open.has(holder)) return fold;
  const isByRegion = event.kind === 'automation';
  const left = new Map(isByRegion ? [...open].filter(([one]) => one !== holder) : []);
  const over = isByRegion ? [event.id] : [...open.keys()];
  const closed = new Map([...fold.closed, ...over.map((id) => [id, event.at] as const)]);
  return {
    ...fold,
    closed,
    open: left,
    thread:
      left.size > 0
        ? { ...thread, regions: [...left.keys()] }
        : ended({ ...thread, commands: event.commands }, event.at, event.sentence),
  };
}

const ended = (thread: Thread, at: number, sentence: string): Thread => ({
  ...thread,
  resolvedAt: at,
  label: 'resolved',
  labelAt: at,
  regions: [],
  steps: [...thread.steps, { step: 'resolved' as const, at, sentence, label: 'resolved' }].slice(
    -STEPS_MAX,
  ),
});

function advance(fold: Fold, event: IncidentEvent): Fold {
  const closedAt = fold.closed.get(event.id);
  if (closedAt !== undefined && event.at - closedAt < ECHO_MS) return fold;
  const { thread } = fold;
  const open = new Map([...fold.open, [holderOf(event), event.at] as const]);
  if (thread === null) return { ...fold, open, thread: begun(event) };
  const { resolvedAt } = thread;
  if (resolvedAt !== null && event.at - resolvedAt > FLAP_MS) {
    return { ...fold, done: [...fold.done, thread], open, thread: begun(event) };
  }
  const isFall = resolvedAt !== null;
  const regions = [...new Set([...thread.regions, event.region])];
  const known: Thread = {
    ...thread,
    ids: thread.ids.includes(event.id) ? thread.ids : [...thread.ids, event.id],
    resolvedAt: null,
    regions,
    falls: thread.falls + (isFall ? 1 : 0),
    ...(thread.falls === 1 && !isFall ? earlier(thread, event) : {}),
    generations:
      event.generation === null || thread.generations.includes(event.generation)
        ? thread.generations
        : [...thread.generations, event.generation],
  };
  return { ...fold, open, thread: !isFall && isEcho(thread, event) ? known : told(known, event) };
}

const begun = (event: IncidentEvent): Thread => ({
  id: event.id,
  ids: [event.id],
  service: event.service,
  kind: event.kind,
  subject: event.subject,
  title: event.title,
  place: event.place,
  openedAt: event.at,
  resolvedAt: null,
  firstFailedAt: event.firstFailedAt,
  voteAt: event.voteAt,
  verdictAt: event.at,
  generations: event.generation === null ? [] : [event.generation],
  label: event.label,
  labelAt: event.at,
  steps: [stepOf(event)],
  regions: [event.region],
  falls: 1,
  serves: event.serves,
  commands: event.commands,
});

const stepOf = ({ step, at, sentence, label }: IncidentEvent): ThreadStep => ({
  step,
  at,
  sentence,
  label,
});

const told = (thread: Thread, event: IncidentEvent): Thread => ({
  ...thread,
  title: event.title,
  label: event.label,
  labelAt: event.at,
  serves: event.serves,
  commands: event.commands,
  steps: [...thread.steps, stepOf(event)].slice(-STEPS_MAX),
});

const isEcho = (thread: Thread, event: IncidentEvent): boolean =>
  thread.label === event.label ||
  thread.steps.some(({ label, at }) => label === event.label && event.at - at < ECHO_MS);

/** A region that was told less saw the same first fall begin later. */
const earlier = (
  thread: Thread,
  event: IncidentEvent,
): Pick<Thread, 'firstFailedAt' | 'voteAt'> => ({
  firstFailedAt: least(thread.firstFailedAt, event.firstFailedAt),
  voteAt: least(thread.voteAt, event.voteAt),
});

const least = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);
