/**
 * What is kept of drills: events, each written once by whoever saw it, and the report that they add up to.
 * Detection is not in it: a drain is an order, nothing fails, so nothing is detected. The report says what
 * the checks' figures promise instead.
 */
import * as v from 'valibot';
import type { EpochMs, OrderId, RegionId, Service, ServiceId } from './model.ts';
import { momentText, span } from './phrase.ts';

export const DRILL_GOAL_MS = 45_000;

const time = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const text = v.pipe(v.string(), v.maxLength(2_000));
const duration = v.nullable(v.pipe(v.number(), v.minValue(0)));

/** Of one service: from the order, as far as it was seen. */
const measureSchema = v.object({
  service: v.string(),
  generation: v.nullable(v.number()),
  commitMs: duration,
  insyncMs: duration,
  seenMs: duration,
  restoredMs: duration,
});
export type DrillMeasure = v.InferOutput<typeof measureSchema>;

export const DRILL_STEPS = ['skipped', 'begun', 'stopped', 'over'] as const;
export type DrillStep = (typeof DRILL_STEPS)[number];

const eventSchema = v.object({
  format: v.literal(1),
  drill: v.string(),
  deployment: v.string(),
  /** What is drained. */
  region: v.string(),
  step: v.picklist(DRILL_STEPS),
  fromAt: time,
  untilAt: time,
  at: time,
  /** `drill@region`, or the operator. */
  actor: v.string(),
  sentence: text,
  services: v.array(v.string()),
  /** `service endpoint` → weight before. */
  before: v.record(v.string(), v.number()),
  goalMs: v.number(),
  restored: v.nullable(v.boolean()),
  measures: v.array(measureSchema),
});
export type DrillEvent = Omit<
  v.InferOutput<typeof eventSchema>,
  'drill' | 'region' | 'fromAt' | 'untilAt' | 'at'
> & {
  readonly drill: OrderId;
  readonly region: RegionId;
  readonly fromAt: EpochMs;
  readonly untilAt: EpochMs;
  readonly at: EpochMs;
};

export const parseDrillEvent = (item: unknown): DrillEvent | undefined =>
  v.is(eventSchema, item) ? (item as unknown as DrillEvent) : undefined;

/** One drill, of all that was written about it. */
export type DrillShown = {
  readonly drill: string;
  readonly region: string;
  readonly fromAt: EpochMs;
  readonly untilAt: EpochMs;
  readonly actor: string;
  /** `running` until one of the others is known. */
  readonly state: 'skipped' | 'running' | 'stopped' | 'over';
  readonly sentence: string;
  readonly restored: boolean | null;
  readonly goalMs: number;
  /** Order given → seen at every name server, the slowest service; null: not measured. */
  readonly seenMs: number | null;
  readonly isInGoal: boolean | null;
  readonly measures: readonly DrillMeasure[];
};

/** Newest first. Items that no version of us wrote are passed over. */
export function drillsShown(items: readonly unknown[]): readonly DrillShown[] {
  const events = items.flatMap((item) => parseDrillEvent(item) ?? []);
  return [...Map.groupBy(events, ({ drill }) => drill).values()]
    .map(shownOf)
    .sort((a, b) => b.fromAt - a.fromAt);
}

const RANKS: Readonly<Record<DrillStep, number>> = { begun: 1, skipped: 2, over: 3, stopped: 4 };

function shownOf(events: readonly DrillEvent[]): DrillShown {
  // One region may have skipped what another had begun.
  const isBegun = events.some(({ step }) => step === 'begun');
  const ranked = events
    .filter(({ step }) => !isBegun || step !== 'skipped')
    .sort((a, b) => RANKS[b.step] - RANKS[a.step] || a.at - b.at);
  const shown = ranked[0] as DrillEvent;
  const measures = ranked.find((event) => event.measures.length > 0)?.measures ?? [];
  const seenMs = slowest(measures);
  const { drill, region, fromAt, untilAt, actor, step, sentence, goalMs } = shown;
  return {
    drill,
    region,
    fromAt,
    untilAt,
    actor,
    state: step === 'begun' ? 'running' : step,
    sentence,
    restored: ranked.find((event) => event.restored !== null)?.restored ?? null,
    goalMs,
    seenMs,
    isInGoal: seenMs === null ? null : seenMs <= goalMs,
    measures,
  };
}

/** Null unless every service was measured: a part of them would look better than it was. */
export function slowest(measures: readonly DrillMeasure[]): number | null {
  const seen = measures.flatMap(({ seenMs }) => (seenMs === null ? [] : [seenMs]));
  return seen.length === 0 || seen.length < measures.length ? null : Math.max(...seen);
}

/** What a real failure would take until it is known, by the checks of a service. */
export type DetectionPromise = {
  readonly service: ServiceId;
  readonly fromMs: number;
  readonly toMs: number;
};

export const detectionOf = ({ id, everyMs, endpoints }: Service): DetectionPromise => ({
  service: id,
  fromMs: Math.min(...endpoints.map(({ check }) => (check.fall - 1) * everyMs)),
  toMs: Math.max(...endpoints.map(({ check }) => check.fall * everyMs + check.timeoutMs)),
});

export const detectionText = ({ service, fromMs, toMs }: DetectionPromise): string =>
  `${service}: detection is not exercised by a drain; by its check (every × fall, and one timeout) a dead endpoint is voted down after ${span(fromMs)} to ${span(toMs)}`;

/** What came of a drill, for a line of `drill --list` and of the log. */
export function drillText(shown: DrillShown): string {
  const when = `${momentText(shown.fromAt)}  ${shown.region}  by ${shown.actor}`;
  const goal =
    shown.seenMs === null
      ? ''
      : `; seen in DNS after ${seconds(shown.seenMs)}, goal ${seconds(shown.goalMs)}: ${shown.isInGoal === true ? 'met' : 'missed'}`;
  const back =
    shown.restored === null ? '' : shown.restored ? '; weights are back' : '; weights are NOT back';
  return `${when}  ${shown.state}: ${shown.sentence}${goal}${back}`;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
