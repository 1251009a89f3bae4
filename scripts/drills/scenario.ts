/**
 * A drill: a fault or two, an operator's hand perhaps, and what must be seen from outside. `expected` and
 * `observed` have equal keys, so that a table or a machine can hold them side by side.
 */
import type { WorldEvent } from '../local/world-events.ts';
import { openStage, type Stage, type StageOptions } from './stage.ts';

export type Facts = Readonly<Record<string, string | number | boolean | null>>;

/** Epoch ms, null where a stage does not occur. */
export type Timeline = {
  readonly faultAt: number | null;
  readonly firstFailedProbe: number | null;
  readonly verdict: number | null;
  readonly commit: number | null;
  readonly insync: number | null;
  readonly dns: number | null;
};

export type Played = {
  readonly expected: Facts;
  readonly observed: Facts;
  readonly timeline: Timeline;
};

export type Scenario = {
  readonly name: string;
  /** What it rehearses and what must come of it, in one line. */
  readonly summary: string;
  readonly edit?: NonNullable<StageOptions['edit']>;
  readonly world?: NonNullable<StageOptions['world']>;
  /** False: plays from the first moment, before everything is up. */
  readonly waitsForReady?: boolean;
  readonly play: (stage: Stage) => Promise<Played>;
};

export type DrillResult = {
  readonly scenario: string;
  readonly ok: boolean;
  readonly expected: Facts;
  readonly observed: Facts;
  readonly timeline: Timeline;
  readonly msToVerdict: number | null;
  readonly msToDns: number | null;
  readonly error?: string;
};

export const NO_TIMELINE: Timeline = {
  faultAt: null,
  firstFailedProbe: null,
  verdict: null,
  commit: null,
  insync: null,
  dns: null,
};

const READY_WITHIN_MS = 60_000;

export async function play(
  scenario: Scenario,
  block: number,
  signal: AbortSignal,
): Promise<DrillResult> {
  try {
    await using stage = await openStage({
      block,
      signal,
      ...(scenario.edit === undefined ? {} : { edit: scenario.edit }),
      ...(scenario.world === undefined ? {} : { world: scenario.world }),
    });
    if (scenario.waitsForReady !== false) {
      const isReady = await stage.until(() => stage.world.state().ready, READY_WITHIN_MS);
      if (!isReady) throw new Error('the world was not ready within 60 s');
      // The commit that notes every endpoint as proven comes with, or right after, the last `up`.
      await stage.until(() => isQuiet(stage), READY_WITHIN_MS);
    }
    return resultOf(scenario, await scenario.play(stage));
  } catch (error) {
    const empty = { expected: {}, observed: {}, timeline: NO_TIMELINE };
    const message = error instanceof Error ? error.message : String(error);
    return { ...resultOf(scenario, empty), ok: false, error: message };
  }
}

const QUIET_MS = 2000;

const isQuiet = (stage: Stage): boolean => {
  const last = stage.events.findLast(
    (event) => event.event === 'commit' || event.event === 'ready',
  );
  return last !== undefined && stage.now() - last.at > QUIET_MS;
};

function resultOf(scenario: Scenario, { expected, observed, timeline }: Played): DrillResult {
  const since = (at: number | null): number | null =>
    at === null || timeline.faultAt === null ? null : at - timeline.faultAt;
  return {
    scenario: scenario.name,
    ok: Object.keys(expected).every((key) => expected[key] === observed[key]),
    expected,
    observed,
    timeline,
    msToVerdict: since(timeline.verdict),
    msToDns: since(timeline.dns),
  };
}

/** The way of one removal: first failed probe → verdict → commit → INSYNC → last answer. */
export function removalTimeline(
  stage: Stage,
  service: string,
  endpoint: string,
  faultAt: number,
): Timeline {
  const first = <K extends WorldEvent['event']>(
    kind: K,
    holds: (event: Extract<WorldEvent, { event: K }>) => boolean,
  ): Extract<WorldEvent, { event: K }> | undefined =>
    stage.events.find(
      (event): event is Extract<WorldEvent, { event: K }> =>
        event.event === kind &&
        event.at >= faultAt &&
        holds(event as Extract<WorldEvent, { event: K }>),
    );
  const concerns = (event: { readonly service: string; readonly endpoint: string }): boolean =>
    event.service === service && event.endpoint === endpoint;
  const commit = first(
    'commit',
    (event) => event.service === service && event.weights[endpoint] === 0,
  );
  const insync = first(
    'insync',
    (event) => event.service === service && event.generation === commit?.generation,
  );
  return {
    faultAt,
    firstFailedProbe:
      first('probe', (event) => concerns(event) && event.outcome === 'fail')?.at ?? null,
    verdict: first('verdict', (event) => concerns(event) && event.verdict === 'down')?.at ?? null,
    commit: commit?.at ?? null,
    insync: insync?.at ?? null,
    dns: insync === undefined ? null : stage.lastAnswerOf(service, endpoint, faultAt),
  };
}

export const commitsOf = (
  stage: Stage,
  service: string,
  from: number,
): readonly Extract<WorldEvent, { event: 'commit' }>[] =>
  stage.events.filter(
    (event): event is Extract<WorldEvent, { event: 'commit' }> =>
      event.event === 'commit' && event.service === service && event.at >= from,
  );
