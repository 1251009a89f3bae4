/**
 * `quorum`: a schedule or a batch of the replica's stream in, one quorum round per zone, a small summary
 * out. Records carry no data that is used: an old or poisoned one only starts a round, so none is ever
 * reported as failed, and the shard goes on.
 */
import type { Context } from 'aws-lambda';
import { manifestOf } from '../shared/core/config.ts';
import { QuorateError } from '../shared/core/errors.ts';
import type { Config, Service, ServiceId } from '../shared/core/model.ts';
import { PLAN_MS_MAX } from '../shared/core/plan.ts';
import { isWithheld } from '../shared/core/reason.ts';
import { type LambdaHandler, lambdaStack, type Telemetry } from '../shared/middleware.ts';
import { newMemory } from '../shared/rounds/quorum-memory.ts';
import { logLine, type QuorumResult } from '../shared/rounds/quorum-result.ts';
import { type QuorumDeps, quorumRound } from '../shared/rounds/quorum-round.ts';
import { discardShadows } from '../shared/rounds/shadows.ts';
import { zoneWatch } from '../shared/rounds/zone-watch.ts';
import { type Env, type WireOverrides, wire } from '../shared/wire.ts';

export type QuorumSummary = {
  /** Partial batch response of an event source mapping: always empty. */
  readonly batchItemFailures: readonly never[];
  readonly services: number;
  readonly committed: number;
  readonly withheld: number;
  /** Zones that could not be judged, each with its sentence. */
  readonly troubles: readonly string[];
};

export type QuorumHandler = LambdaHandler<unknown, QuorumSummary>;

export type QuorumHooks = {
  /** What a round found, for surfaces that run in the same process. */
  readonly onResults?: (results: readonly QuorumResult[]) => void;
  /** Default true. False where all regions shall race. */
  readonly takesTurns?: boolean;
};

type Judged = { readonly results: readonly QuorumResult[]; readonly committed: number };

/** An order's commit, or a lost race, leaves the rest of the work to a next round at once. */
const ROUNDS_MAX = 3;
/** INSYNC takes a minute as a rule. */
const PENDING_MS_MAX = 1_800_000;

/** One handler per region: local worlds make several in one process. */
export function quorumHandler(
  env: Env,
  overrides: WireOverrides = {},
  hooks: QuorumHooks = {},
): QuorumHandler {
  const wired = wire(env, 'quorum', overrides);
  const { config, settings, telemetry, clock } = wired;
  const region = settings.vantage;
  const options = { region, manifest: manifestOf(config), takesTurns: hooks.takesTurns ?? true };
  const ports = { clock, store: wired.store(), zone: wired.zone() };
  const deps: QuorumDeps = {
    ...ports,
    ids: wired.ids,
    aids: wired.aids,
    watch: zoneWatch(ports, config, region),
    memory: newMemory(),
  };
  const dimensions = { vantage: region };

  /** Highest generation seen: below it the zone was restored, or its control plane lost commits. */
  const highest = new Map<ServiceId, number>();
  /** Deploying a service with `mode: enforce` starts new processes: once in each is enough. */
  let shadowsDiscarded = false;

  const judgeZone = async (services: readonly Service[], signal: AbortSignal): Promise<Judged> => {
    let committed = 0;
    for (let round = 1; ; round += 1) {
      const results = await quorumRound(deps, config, services, options, signal);
      hooks.onResults?.(results);
      for (const result of results) tell(telemetry, result, region);
      for (const result of results) tellIfBack(telemetry, result, services, highest);
      committed += results.filter(({ outcome }) => outcome.kind === 'committed').length;
      if (round === ROUNDS_MAX || !results.some(hasMoreToDo)) return { results, committed };
    }
  };

  return lambdaStack({ telemetry, clock }, dimensions, async (_event, { signal }) => {
    const troubles: string[] = [];
    const inTrouble = (error: unknown): Judged => {
      // Time that is up is no bug: what was not done is decided again by the next round.
      if (!(error instanceof QuorateError) && !signal.aborted) throw error;
      const code = error instanceof QuorateError ? error.code : 'ABORTED';
      const message = error instanceof Error ? error.message : String(error);
      troubles.push(message);
      telemetry.log({ level: 'warn', message, code, ...dimensions });
      return { results: [], committed: 0 };
    };
    // One zone's trouble is not the others', and none may run on when this invocation has ended.
    const ends = await Promise.allSettled([
      ...byZone(config).map(async (services) => await judgeZone(services, signal).catch(inTrouble)),
      (async (): Promise<Judged> => {
        if (!shadowsDiscarded) {
          shadowsDiscarded = await discardShadows(deps, config, region, signal);
        }
        return { results: [], committed: 0 };
      })().catch(inTrouble),
    ]);
    const judged = ends.map((end) => {
      if (end.status === 'rejected') throw end.reason;
      return end.value;
    });
    const results = judged.flatMap((one) => one.results);
    const summary: QuorumSummary = {
      batchItemFailures: [],
      services: results.length,
      committed: judged.reduce((total, one) => total + one.committed, 0),
      withheld: results.reduce((total, { decision }) => total + decision.withheld.length, 0),
      troubles,
    };
    const count = (name: string, value: number): void =>
      telemetry.metric({ name, unit: 'count', value, dimensions });
    const stuck = [...deps.memory.inFlight.values()].filter(
      ({ plan }) => clock.now() - (plan.deadlineAt - PLAN_MS_MAX) >= PENDING_MS_MAX,
    );
    for (const { plan, changeId } of stuck) {
      telemetry.log({
        level: 'warn',
        message: `pending: generation ${plan.generation} of ${plan.service} is committed and has not reached all name servers for 30 min; it stands, look at the change in Route 53`,
        service: plan.service,
        changeId,
      });
    }
    count('ChangesPending', stuck.length);
    count('DecisionRounds', troubles.length === 0 ? 1 : 0);
    count('ZoneTroubles', troubles.length);
    count('Withheld', summary.withheld);
    return summary;
  });
}

const hasMoreToDo = ({ outcome, plan }: QuorumResult): boolean =>
  outcome.kind === 'lost' || (outcome.kind === 'committed' && plan?.commit.by === 'order');

/** It is decided from the zone as found; a person should know why it went back. */
function tellIfBack(
  telemetry: Telemetry,
  { service, generation }: QuorumResult,
  services: readonly Service[],
  highest: Map<ServiceId, number>,
): void {
  const isEnforced = services.some(({ id, mode }) => id === service && mode === 'enforce');
  if (generation === null || !isEnforced) return;
  const before = highest.get(service) ?? generation;
  highest.set(service, generation);
  if (generation < before) {
    telemetry.log({
      level: 'warn',
      message: `the _quorate record of ${service} went back from generation ${before} to ${generation}: the zone was restored, or Route 53 lost changes; decided from the zone as found`,
      service,
    });
  }
  telemetry.metric({
    name: 'GenerationBack',
    unit: 'count',
    value: generation < before ? 1 : 0,
    dimensions: { service },
  });
}

function byZone(config: Config): readonly (readonly Service[])[] {
  const zones = new Map<string, Service[]>();
  for (const service of config.services) {
    zones.set(service.zone.key, [...(zones.get(service.zone.key) ?? []), service]);
  }
  return [...zones.values()];
}

/** Logged where something is to be told: a change, a hold, something withheld. */
function tell(telemetry: Telemetry, result: QuorumResult, vantage: string): void {
  const { decision, outcome, service } = result;
  const isCalm = outcome.kind === 'nothing-to-do' && decision.automation === 'on';
  const isAlarming = decision.withheld.some(isWithheld) || outcome.kind === 'blocked';
  telemetry.log({
    level: isAlarming ? 'warn' : isCalm ? 'debug' : 'info',
    message: 'quorum round',
    vantage,
    ...logLine(result),
  });
  const dimensions = { service };
  const count = (name: string, value: number): void =>
    telemetry.metric({ name, unit: 'count', value, dimensions });
  count(
    'AutomationOff',
    decision.automation === 'on' || decision.automation === 'observing' ? 0 : 1,
  );
  count('Drift', decision.automation === 'drift' ? 1 : 0);
  count('Blocked', decision.automation === 'blocked' ? 1 : 0);
  if (outcome.kind !== 'nothing-to-do') {
    count('Commits', outcome.kind === 'committed' ? 1 : 0);
    count('Conflicts', outcome.kind === 'lost' ? 1 : 0);
  }
}

let made: QuorumHandler | undefined;
const own = (): QuorumHandler => {
  made ??= quorumHandler(process.env);
  return made;
};

/** In Lambda everything is made during INIT; elsewhere importing this file makes nothing. */
if (process.env.AWS_LAMBDA_FUNCTION_NAME) own();

export const handler = async (event: unknown, context: Context): ReturnType<QuorumHandler> =>
  await own()(event, context);
