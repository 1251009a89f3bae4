/**
 * Drills of the file, by their time: every region asks once a minute, the one in turn begins, all of them
 * watch. What counts is in the zone: the order, its end, and when weights last changed, so two regions
 * give one order, none gives it twice, and it ends though every region that knew of it is dead. The table
 * only keeps what happened. Null: nothing was due, or nothing is new.
 */
import {
  carriesOrder,
  DRILL_RETURN_SPARE_MS,
  type DrillService,
  type DrillSlot,
  isRestored,
  isTurnOf,
  mayStillBegin,
  obstacles,
  slotOf,
  stopReason,
  wasUsed,
  weightsOf,
} from '../core/drill.ts';
import {
  DRILL_GOAL_MS,
  type DrillEvent,
  type DrillMeasure,
  type DrillStep,
  parseDrillEvent,
} from '../core/drill-report.ts';
import { QuorateError } from '../core/errors.ts';
import type { Config, EpochMs, Service } from '../core/model.ts';
import { span } from '../core/phrase.ts';
import type { Mark } from '../core/record.ts';
import { parseMark } from '../core/record-parse.ts';
import { assess } from './assess.ts';
import {
  drillCancels,
  drilled,
  drillOrders,
  drillServiceOf,
  isUnsure,
  UNSURE_MS,
} from './drill-look.ts';
import {
  type OrderDeps,
  type OverrideOptions,
  overrideRound,
  type ServiceAnswer,
} from './override-round.ts';

export async function drillRound(
  deps: OrderDeps,
  config: Config,
  options: OverrideOptions,
  signal: AbortSignal,
): Promise<DrillEvent | null> {
  const { digestOf } = deps.aids;
  const asked = deps.clock.now();
  const slot = config.drills
    .map((drill) => slotOf(drill, config.deployment, asked, digestOf))
    .sort((a, b) => b.fromAt - a.fromAt)[0];
  const services = slot === undefined ? [] : drilled(config.services, slot.region);
  if (slot === undefined || asked > slot.untilAt + returnMsMax(services)) return null;
  const round: Round = { deps, config, options, slot, services, signal };
  const events = await readEvents(round);
  if (events !== null && isOver(events)) return null;

  const all = config.services.filter(({ mode }) => mode === 'enforce');
  const assessment = await assess(deps, config, all, { ...options, reader: 'function' }, signal);
  const looks = assessment.services.map((one) => drillServiceOf(one, deps.aids));
  const own = looks.filter((look) => services.some(({ id }) => id === look.service));
  const now = deps.clock.now();
  const begun = events?.find(({ step }) => step === 'begun');
  if (own.some((look) => carriesOrder(look, slot.id))) {
    const why = now < slot.untilAt ? stopReason(own, slot, now) : null;
    return why === null ? null : await stop(round, why, begun);
  }
  if (begun !== undefined || wasUsed(own, slot)) {
    if (now < slot.untilAt) {
      // Nobody wrote that it began: what changed those weights may have been no drill.
      return begun === undefined
        ? await note(round, 'skipped', `weights in ${slot.region} changed since its time`, begun)
        : await note(round, 'stopped', "the drill's order was taken away", begun);
    }
    return await end(round, own, now, begun);
  }
  const isMine = isTurnOf(options.region, config.vantages, now);
  if (!isMine || events === null || !mayStillBegin(slot, now)) return null;
  return await begin(round, looks, own);
}

type Round = {
  readonly deps: OrderDeps;
  readonly config: Config;
  readonly options: OverrideOptions;
  readonly slot: DrillSlot;
  /** Those that are drained. */
  readonly services: readonly Service[];
  readonly signal: AbortSignal;
};

/** What the policies take for a return, and a spare. */
const returnMsMax = (services: readonly Service[]): number =>
  Math.max(
    0,
    ...services.map(({ policy }) => policy.holdDownMs + policy.ramp.length * policy.rampStepMs),
  ) + DRILL_RETURN_SPARE_MS;

/** What one region skipped another may have begun in the same minute. */
const isOver = (events: readonly DrillEvent[]): boolean =>
  events.some(({ step }) => step === 'stopped' || step === 'over') ||
  (events.some(({ step }) => step === 'skipped') && !events.some(({ step }) => step === 'begun'));

/** Null: the table is away, so nobody knows what others did. Nothing begins then. */
async function readEvents({
  deps,
  config,
  slot,
  signal,
}: Round): Promise<readonly DrillEvent[] | null> {
  try {
    const items = await deps.store.readDrillEvents(config.deployment, slot.fromAt, signal);
    return items
      .flatMap((item) => parseDrillEvent(item) ?? [])
      .filter(({ drill }) => drill === slot.id);
  } catch (error) {
    if (!(error instanceof QuorateError)) throw error;
    return null;
  }
}

async function begin(
  round: Round,
  looks: readonly DrillService[],
  own: readonly DrillService[],
): Promise<DrillEvent | null> {
  const { deps, config, options, slot, services, signal } = round;
  const actor = actorOf(round);
  const forMs = slot.untilAt - slot.fromAt;
  const reason = `drill of ${slot.region}, as the file has it`;
  const asked = `drill ${slot.id} ${span(forMs)}`;
  const changes = drillOrders(services, slot, { actor, reason, asked }, deps.aids);
  const request = { actor, via: null, reason, isDryRun: true, match: null };
  // A service elsewhere that is in trouble is reason enough: a drill is a guest.
  const standing = [...obstacles(own, slot.region), ...obstaclesElsewhere(looks, own)];
  const dry =
    standing.length > 0
      ? { checksum: null, results: [] }
      : await overrideRound(deps, config, options, changes, request, signal);
  const whys = [...standing, ...dry.results.flatMap(refusal)];
  if (dry.checksum === null || whys.length > 0) {
    return await note(round, 'skipped', whys.join('; ') || 'there is nothing to drain', undefined);
  }
  const before = Object.fromEntries(weightsOf(own, slot.region));
  const given = await overrideRound(
    deps,
    config,
    options,
    changes,
    { ...request, isDryRun: false, match: { kind: 'checksum', checksum: dry.checksum } },
    signal,
  );
  const measures = given.results.flatMap((result): DrillMeasure[] =>
    result.answer.kind === 'committed'
      ? [{ ...NOT_MEASURED, service: result.service.id, generation: result.answer.generation }]
      : [],
  );
  const failed = given.results.flatMap(failure);
  if (failed.length === 0) {
    const sentence = `${slot.region} is drained for ${span(forMs)} in ${measures.map((one) => one.service).join(', ')}`;
    return await write(round, { ...eventOf(round, 'begun', sentence), before, measures });
  }
  // Whoever was first is watched like our own, and found in the zone in a minute; so is an order of which
  // Route 53 has not said whether it took it. Called skipped, it would be watched by nobody.
  if (given.results.some(mayStand) && measures.length === 0) return null;
  if (measures.length === 0) return await note(round, 'skipped', failed.join('; '), undefined);
  if (given.results.some(isUnsure)) await deps.clock.sleep(UNSURE_MS, signal);
  return await stop(round, failed.join('; '), undefined);
}

const NOT_MEASURED = {
  generation: null,
  commitMs: null,
  insyncMs: null,
  seenMs: null,
  restoredMs: null,
};

const obstaclesElsewhere = (
  looks: readonly DrillService[],
  own: readonly DrillService[],
): readonly string[] =>
  looks
    .filter((look) => !own.includes(look) && look.automation !== 'on')
    .map(({ service, automation }) => `${service}: automation is ${automation}`);

const refusal = ({ service, answer }: ServiceAnswer): readonly string[] => {
  switch (answer.kind) {
    case 'refused':
    case 'nothing-to-do':
    case 'failed':
      return [`${service.id}: ${answer.sentence}`];
    case 'unread':
      return [`${service.id}: ${answer.error.message}`];
    case 'planned':
    case 'plan-changed':
    case 'committed':
      return [];
  }
};

const mayStand = (result: ServiceAnswer): boolean =>
  result.answer.kind === 'plan-changed' || isUnsure(result);

const failure = (result: ServiceAnswer): readonly string[] =>
  result.answer.kind === 'plan-changed'
    ? [`${result.service.id}: the zone changed while the drill began`]
    : refusal(result);

/** Its orders go at once; what they covered returns by its health. */
async function stop(round: Round, why: string, begun: DrillEvent | undefined): Promise<DrillEvent> {
  const { deps, config, options, slot, services, signal } = round;
  const reason = `the drill stops: ${why}`.slice(0, 400);
  const { results } = await overrideRound(
    deps,
    config,
    options,
    drillCancels(services, slot.id),
    { actor: actorOf(round), via: null, reason, isDryRun: false, match: null },
    signal,
  );
  const left = results.flatMap((result) =>
    result.answer.kind === 'nothing-to-do' ? [] : refusal(result),
  );
  const rest =
    left.length === 0 ? '' : `; not cancelled: ${left.join('; ')}; the order ends by itself`;
  return left.length === 0
    ? await note(round, 'stopped', why, begun)
    : // Not over: the next region in turn, or this one in a minute, tries again.
      { ...eventOf(round, 'begun', `${why}${rest}`), ...carried(begun) };
}

async function end(
  round: Round,
  own: readonly DrillService[],
  now: EpochMs,
  begun: DrillEvent | undefined,
): Promise<DrillEvent | null> {
  const { options, config, slot, services } = round;
  const restored = isRestored(own, slot.region, new Map(Object.entries(begun?.before ?? {})));
  const isLate = now > slot.untilAt + returnMsMax(services) - 120_000;
  if (!isTurnOf(options.region, config.vantages, now) || !(restored || isLate)) return null;
  const sentence = restored
    ? `${slot.region} is back at its full weight`
    : `${slot.region} is not back ${span(Math.floor((now - slot.untilAt) / 60_000) * 60_000)} after its end; run quorate status`;
  const measures = await measured(round, begun, restored ? now - slot.untilAt : null);
  return await write(round, {
    ...eventOf(round, 'over', sentence),
    ...carried(begun),
    restored,
    measures,
  });
}

/** From the marks of its commits: when the change was made, in sync, and seen at the name servers. */
async function measured(
  { deps, slot, signal }: Round,
  begun: DrillEvent | undefined,
  restoredMs: number | null,
): Promise<DrillMeasure[]> {
  const measures: DrillMeasure[] = [];
  for (const measure of begun?.measures ?? []) {
    let marks: readonly Mark[] = [];
    try {
      const items = await deps.store.readMarks(measure.service as Service['id'], signal);
      marks = items.flatMap((item) => parseMark(item) ?? []);
    } catch (error) {
      if (!(error instanceof QuorateError)) throw error;
    }
    const own = marks.filter(
      ({ generation, at }) => generation === measure.generation && at >= slot.fromAt,
    );
    const commitAt = firstOf(own, 'committed');
    const since = (at: number | null): number | null =>
      at === null || commitAt === null ? null : at - commitAt;
    measures.push({
      ...measure,
      // A function decides and gives the order in one go: what it takes is in the commit.
      commitMs: commitAt === null ? null : 0,
      insyncMs: since(firstOf(own, 'insync')),
      seenMs: since(firstOf(own, 'seen')),
      restoredMs,
    });
  }
  return measures;
}

const firstOf = (marks: readonly Mark[], kind: Mark['kind']): number | null => {
  const times = marks.filter((mark) => mark.kind === kind).map(({ at }) => at);
  return times.length === 0 ? null : Math.min(...times);
};

const actorOf = ({ options }: Round): string => `drill@${options.region}`;

const carried = (begun: DrillEvent | undefined): Pick<DrillEvent, 'before' | 'measures'> => ({
  before: begun?.before ?? {},
  measures: begun?.measures ?? [],
});

function eventOf(round: Round, step: DrillStep, sentence: string): DrillEvent {
  const { deps, config, slot, services } = round;
  return {
    format: 1,
    drill: slot.id,
    deployment: config.deployment,
    region: slot.region,
    step,
    fromAt: slot.fromAt,
    untilAt: slot.untilAt,
    at: deps.clock.now(),
    actor: actorOf(round),
    sentence: sentence.slice(0, 2_000),
    services: services.map(({ id }) => id),
    before: {},
    goalMs: DRILL_GOAL_MS,
    restored: null,
    measures: [],
  };
}

const note = (
  round: Round,
  step: DrillStep,
  sentence: string,
  begun: DrillEvent | undefined,
): Promise<DrillEvent> => write(round, { ...eventOf(round, step, sentence), ...carried(begun) });

/** What happened, happened: a table that is away costs the report, nothing else. */
async function write({ deps, signal }: Round, event: DrillEvent): Promise<DrillEvent> {
  try {
    await deps.store.writeDrillEvent(event, signal);
  } catch (error) {
    if (!(error instanceof QuorateError)) throw error;
  }
  return event;
}
