/**
 * One drill, from its order to restored weights. The order has an end of its own, so the region comes back
 * though this process dies; while it lives it looks every 10 s, and whatever goes wrong elsewhere, or Ctrl-C,
 * takes the order away at once.
 */
import {
  type DrillService,
  type DrillSlot,
  isRestored,
  stopReason,
  weightsOf,
} from '../../shared/core/drill.ts';
import type { DrillEvent, DrillMeasure, DrillStep } from '../../shared/core/drill-report.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import type { Config, EpochMs, Service } from '../../shared/core/model.ts';
import { span } from '../../shared/core/phrase.ts';
import { assess } from '../../shared/rounds/assess.ts';
import {
  answerText,
  drillCancels,
  drillOrders,
  drillServiceOf,
  isUnsure,
  UNSURE_MS,
} from '../../shared/rounds/drill-look.ts';
import {
  type OrderDeps,
  type OverrideOptions,
  overrideRound,
  type ServiceAnswer,
} from '../../shared/rounds/override-round.ts';
import type { DnsWatch } from './drill-watch.ts';

export type Stage = {
  readonly deps: OrderDeps;
  readonly config: Config;
  readonly options: OverrideOptions;
  readonly services: readonly Service[];
  readonly slot: DrillSlot;
  readonly wish: { readonly actor: string; readonly reason: string; readonly asked: string };
  readonly via: string;
  readonly checksum: string;
  readonly goalMs: number;
  readonly dns: DnsWatch;
  readonly signal: AbortSignal;
  readonly tell: (line: DrillLine) => void;
};

/** One line of its story; with `--json` one object. */
export type DrillLine = {
  readonly at: EpochMs;
  /** Since the order. */
  readonly afterMs: number;
  readonly what: string;
  readonly service?: string;
  readonly sharePercent?: number;
};

export type Played = DrillEvent & {
  readonly shares: readonly {
    readonly service: string;
    readonly afterMs: number;
    readonly percent: number;
  }[];
  /** What could not be measured, and why. */
  readonly notes: readonly string[];
};

const TICK_MS = 2_000;
const LOOK_EVERY_MS = 10_000;
/** Regions commit an order's end; after this much silence it is ended from here. */
const END_GRACE_MS = 60_000;

type State = {
  readonly startedAt: EpochMs;
  readonly measures: Map<string, DrillMeasure>;
  readonly changes: Map<string, string>;
  readonly shares: {
    readonly service: string;
    readonly afterMs: number;
    readonly percent: number;
  }[];
  readonly before: ReadonlyMap<string, number>;
};

export async function playDrill(stage: Stage, looks: readonly DrillService[]): Promise<Played> {
  const { deps, config, options, services, slot, wish, via, checksum, signal } = stage;
  const state: State = {
    startedAt: deps.clock.now(),
    measures: new Map(),
    changes: new Map(),
    shares: [],
    before: weightsOf(looks, slot.region),
  };
  const request = { actor: wish.actor, via, reason: wish.reason, isDryRun: false };
  const { results } = await overrideRound(
    deps,
    config,
    options,
    drillOrders(services, slot, wish, deps.aids),
    { ...request, match: { kind: 'checksum', checksum } },
    signal,
  );
  const failed = results.flatMap((result) => note(stage, state, result));
  if (failed.length > 0) {
    // By a signal of its own: Ctrl-C must not leave behind what is on its way.
    if (results.some(isUnsure)) await deps.clock.sleep(UNSURE_MS, new AbortController().signal);
    return await stop(stage, state, failed.join('; '));
  }
  await keep(stage, event(stage, state, 'begun', `${slot.region} is drained`, null));
  const why = await watch(stage, state);
  return why === null ? await comeBack(stage, state) : await stop(stage, state, why);
}

/** What became of one service's order; why it failed. */
function note(stage: Stage, state: State, result: ServiceAnswer): readonly string[] {
  const { service, answer } = result;
  if (answer.kind !== 'committed') return [answerText(result)];
  const commitMs = since(stage, state);
  const { generation, changeId } = answer;
  const base = { insyncMs: null, seenMs: null, restoredMs: null };
  state.measures.set(service.id, { service: service.id, generation, commitMs, ...base });
  if (changeId !== null) state.changes.set(service.id, changeId);
  say(stage, state, `committed, generation ${generation}`, { service: service.id });
  return [];
}

/** Until the end of the order. Null: all went well; else why it must stop. */
async function watch(stage: Stage, state: State): Promise<string | null> {
  const { deps, slot, signal } = stage;
  let lookedAt = 0;
  while (deps.clock.now() < slot.untilAt) {
    const wait = Math.min(TICK_MS, slot.untilAt - deps.clock.now());
    try {
      await deps.clock.sleep(Math.max(1, wait), signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      return 'interrupted';
    }
    await measure(stage, state);
    if (deps.clock.now() - lookedAt < LOOK_EVERY_MS) continue;
    lookedAt = deps.clock.now();
    await measureShares(stage, state);
    const looks = await look(stage);
    const why =
      looks === null ? 'no zone could be read' : stopReason(looks, slot, deps.clock.now());
    if (why !== null) return why;
  }
  return null;
}

async function measure(stage: Stage, state: State): Promise<void> {
  const { deps, services, dns, signal } = stage;
  for (const service of services) {
    const known = state.measures.get(service.id);
    if (known === undefined) continue;
    const changeId = state.changes.get(service.id);
    if (known.insyncMs === null && changeId !== undefined) {
      const status = await deps.zone
        .changeStatus(service.zone, changeId, signal)
        .catch(ignoreTrouble('pending' as const));
      if (status === 'insync') update(stage, state, service, 'insyncMs', 'INSYNC');
    }
    if (known.seenMs === null && known.generation !== null) {
      const isSeen = await dns.isSeen(service, known.generation, deps.clock.now());
      if (isSeen) update(stage, state, service, 'seenMs', 'seen at every name server');
    }
  }
}

function update(
  stage: Stage,
  state: State,
  { id }: Service,
  key: 'insyncMs' | 'seenMs' | 'restoredMs',
  what: string,
): void {
  const known = state.measures.get(id);
  if (known === undefined) return;
  state.measures.set(id, { ...known, [key]: since(stage, state) });
  say(stage, state, what, { service: id });
}

async function measureShares(stage: Stage, state: State): Promise<void> {
  for (const service of stage.services) {
    const percent = await stage.dns.share(service, stage.slot.region);
    if (percent === null) continue;
    state.shares.push({ service: service.id, afterMs: since(stage, state), percent });
    say(stage, state, `${percent} % of answers name ${stage.slot.region}`, {
      service: service.id,
      sharePercent: percent,
    });
  }
}

/** Null where no zone could be read. */
async function look(stage: Stage): Promise<readonly DrillService[] | null> {
  const { deps, config, services, options, signal } = stage;
  const assessment = await assess(deps, config, services, options, signal).catch(
    ignoreTrouble(null),
  );
  return assessment?.services.map((one) => drillServiceOf(one, deps.aids)) ?? null;
}

/** What covered the region goes at once, whoever asked to stop: with a signal that has not aborted. */
async function stop(stage: Stage, state: State, why: string): Promise<Played> {
  say(stage, state, `stopping: ${why}`);
  const left = await cancel(stage, `the drill stops: ${why}`);
  const rest =
    left.length === 0
      ? 'its orders are taken away, weights return by their health'
      : `NOT taken away: ${left.join('; ')}; they end by themselves`;
  say(stage, state, rest);
  const stopped = event(stage, state, 'stopped', `${why}; ${rest}`.slice(0, 2_000), null);
  await keep(stage, stopped);
  return played(stage, state, stopped);
}

async function cancel(
  { deps, config, options, services, slot, wish, via }: Stage,
  reason: string,
): Promise<readonly string[]> {
  const { results } = await overrideRound(
    deps,
    config,
    options,
    drillCancels(services, slot.id),
    { actor: wish.actor, via, reason: reason.slice(0, 400), isDryRun: false, match: null },
    new AbortController().signal,
  );
  return results.flatMap((result) =>
    result.answer.kind === 'committed' || result.answer.kind === 'nothing-to-do'
      ? []
      : [answerText(result)],
  );
}

/** The order's end is committed by whichever region is alive; then hold-down and ramp. */
async function comeBack(stage: Stage, state: State): Promise<Played> {
  const { deps, slot, services, signal } = stage;
  say(stage, state, 'its time is over; weights return by health, hold-down and ramp');
  const takes = Math.max(
    0,
    ...services.map(({ policy }) => policy.holdDownMs + policy.ramp.length * policy.rampStepMs),
  );
  const limitAt = slot.untilAt + takes + 10 * 60_000;
  let isEnded = false;
  let restored = false;
  while (!restored && deps.clock.now() < limitAt && !signal.aborted) {
    await deps.clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined);
    const looks = signal.aborted ? null : await look(stage);
    if (looks === null) continue;
    const stands = looks.some(({ orders }) => orders.some(({ id }) => id === slot.id));
    if (stands && !isEnded && deps.clock.now() > slot.untilAt + END_GRACE_MS) {
      isEnded = true;
      say(stage, state, 'no region has committed the end of its order; it is ended from here');
      await cancel(stage, 'the end of the drill');
    }
    for (const one of looks) {
      const isBack = isRestored([one], slot.region, state.before);
      const service = services.find(({ id }) => id === one.service);
      if (service !== undefined && isBack && state.measures.get(one.service)?.restoredMs === null) {
        update(stage, state, service, 'restoredMs', 'back at its full weight');
      }
    }
    restored = !stands && isRestored(looks, slot.region, state.before);
    await measureShares(stage, state);
  }
  // What was committed last is served a little later.
  await deps.clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined);
  await measureShares(stage, state);
  const sentence = restored
    ? `${slot.region} is back at its full weight`
    : `${slot.region} is not back ${span(Math.round((deps.clock.now() - slot.untilAt) / 1_000) * 1_000)} after its end; run quorate status`;
  const over = event(stage, state, 'over', sentence, restored);
  await keep(stage, over);
  return played(stage, state, over);
}

function event(
  { deps, config, services, slot, wish, goalMs }: Stage,
  state: State,
  step: DrillStep,
  sentence: string,
  restored: boolean | null,
): DrillEvent {
  return {
    format: 1,
    drill: slot.id,
    deployment: config.deployment,
    region: slot.region,
    step,
    fromAt: slot.fromAt,
    untilAt: slot.untilAt,
    at: deps.clock.now(),
    actor: wish.actor,
    sentence,
    services: services.map(({ id }) => id),
    before: Object.fromEntries(state.before),
    goalMs,
    restored,
    measures: [...state.measures.values()],
  };
}

const played = ({ dns }: Stage, { shares }: State, last: DrillEvent): Played => ({
  ...last,
  shares,
  notes:
    dns.servers.length === 0
      ? [
          'no name server of the zone was found, so what DNS serves was not measured: name one with --server',
        ]
      : [],
});

/** The report is worth less than the region: a table that is away ends no drill. */
async function keep({ deps, tell }: Stage, one: DrillEvent): Promise<void> {
  try {
    await deps.store.writeDrillEvent(one, new AbortController().signal);
  } catch (error) {
    if (!(error instanceof QuorateError)) throw error;
    const what = `the table does not take the report: ${error.message}`;
    tell({ at: one.at, afterMs: 0, what });
  }
}

const ignoreTrouble =
  <T>(instead: T) =>
  (error: unknown): T => {
    if (error instanceof QuorateError) return instead;
    throw error;
  };

const since = ({ deps }: Stage, { startedAt }: State): number => deps.clock.now() - startedAt;

const say = (
  stage: Stage,
  state: State,
  what: string,
  more: Pick<DrillLine, 'service' | 'sharePercent'> = {},
): void => stage.tell({ at: stage.deps.clock.now(), afterMs: since(stage, state), what, ...more });
