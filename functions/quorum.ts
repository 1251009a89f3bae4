/**
 * `quorum`: a schedule or a batch of the replica's stream in, one quorum round per zone, a small summary
 * out. Records carry no data that is used: an old or poisoned one only starts a round, so none is ever
 * reported as failed, and the shard goes on.
 */
import type { Context } from 'aws-lambda';
import { manifestOf } from '../shared/core/config.ts';
import { QuorateError } from '../shared/core/errors.ts';
import type { Config, Service, ServiceId } from '../shared/core/model.ts';
import { type LambdaHandler, lambdaStack } from '../shared/middleware.ts';
import { incidentBook } from '../shared/rounds/incident-book.ts';
import { pulseKeeper } from '../shared/rounds/pulse-keeper.ts';
import { newMemory } from '../shared/rounds/quorum-memory.ts';
import type { QuorumResult } from '../shared/rounds/quorum-result.ts';
import { type QuorumDeps, quorumRound } from '../shared/rounds/quorum-round.ts';
import { discardShadows } from '../shared/rounds/shadows.ts';
import { zoneWatch } from '../shared/rounds/zone-watch.ts';
import { type Env, type WireOverrides, wire } from '../shared/wire.ts';
import { type Waker, wireWaker } from '../shared/wire-waker.ts';
import { drillKeeper } from './quorum-drills.ts';
import {
  tellIfBack,
  tellIncidents,
  tellInsync,
  tellPending,
  tellRegion,
  tellService,
} from './quorum-news.ts';

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

type Judged = {
  /** The last of each service, and those of every round. */
  readonly results: readonly QuorumResult[];
  readonly rounds: readonly QuorumResult[];
  readonly committed: number;
  readonly conflicts: number;
};
const NOTHING_JUDGED: Judged = { results: [], rounds: [], committed: 0, conflicts: 0 };

/** An order's commit, or a lost race, leaves the rest of the work to a next round at once. */
const ROUNDS_MAX = 3;
/** Of an invocation, for incidents and the outbox. */
const TELL_MS_MAX = 5_000;

/** One handler per region: local worlds make several in one process. */
export function quorumHandler(
  env: Env,
  overrides: WireOverrides & { readonly notify?: Waker } = {},
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
  const incidents = incidentBook(deps, config, region);
  const waker = wireWaker(env, wired, overrides.notify);
  const pulse = pulseKeeper(ports, region, config.vantages);
  const drills = drillKeeper(deps, config, options, ({ step, region: drained, sentence, drill }) =>
    telemetry.log({
      level: step === 'stopped' ? 'warn' : 'info',
      message: `drill ${step}: ${sentence}`,
      drill,
      drained,
      ...dimensions,
    }),
  );
  /** Deploying starts new processes: what follows a new configuration is done once in each. */
  const done = { shadows: false, manifest: false };

  /** What keeps a chore from being done is no trouble of a zone: it is told, and tried again. */
  const later = (error: unknown, signal: AbortSignal): void => {
    if (!(error instanceof QuorateError) && !signal.aborted) throw error;
    const message = error instanceof Error ? error.message : String(error);
    telemetry.log({ level: 'warn', message, ...dimensions });
  };
  const followConfiguration = async (signal: AbortSignal): Promise<void> => {
    if (!done.shadows) done.shadows = await discardShadows(deps, config, region, signal);
    if (done.manifest) return;
    // A plain `serverless deploy` writes none, and other regions can't read our reports without it.
    await deps.store.writeManifest(options.manifest, signal);
    done.manifest = true;
  };

  /** Everything is decided by now: what goes wrong here is told and costs no decision. */
  const tell = async (results: readonly QuorumResult[], signal: AbortSignal): Promise<void> => {
    try {
      const facts = await clock.withDeadline(TELL_MS_MAX, signal, (inner) =>
        incidents.keep(results, inner),
      );
      const woken = facts.isDue ? await waker.wake(signal) : null;
      tellIncidents(telemetry, facts, woken, region, results);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      telemetry.log({ level: 'error', message: `incidents: ${message}`, ...dimensions });
      telemetry.metric({ name: 'Failures', unit: 'count', value: 1, dimensions });
    }
  };

  /** Last of all: a drill is a guest, and whatever it meets keeps nothing else of this invocation waiting. */
  const rehearse = async (signal: AbortSignal): Promise<void> => {
    try {
      await drills.turn(signal);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const isOperating = error instanceof QuorateError || signal.aborted;
      const level = isOperating ? 'warn' : 'error';
      telemetry.log({ level, message: `drill: ${message}`, ...dimensions });
      if (isOperating) return;
      telemetry.metric({ name: 'Failures', unit: 'count', value: 1, dimensions });
    }
  };

  const judgeZone = async (services: readonly Service[], signal: AbortSignal): Promise<Judged> => {
    let committed = 0;
    let conflicts = 0;
    const rounds: QuorumResult[] = [];
    for (let round = 1; ; round += 1) {
      const results = await quorumRound(deps, config, services, options, signal);
      hooks.onResults?.(results);
      rounds.push(...results);
      for (const result of results) tellService(telemetry, result, region);
      for (const result of results) tellIfBack(telemetry, result, services, highest);
      committed += results.filter(({ outcome }) => outcome.kind === 'committed').length;
      conflicts += results.filter(({ outcome }) => outcome.kind === 'lost').length;
      if (round === ROUNDS_MAX || !results.some(hasMoreToDo)) {
        return { results, rounds, committed, conflicts };
      }
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
      return NOTHING_JUDGED;
    };
    // One zone's trouble is not the others', and none may run on when this invocation has ended.
    const ends = await Promise.allSettled([
      ...byZone(config).map(async (services) => await judgeZone(services, signal).catch(inTrouble)),
      (async (): Promise<Judged> => {
        await followConfiguration(signal).catch((error: unknown) => later(error, signal));
        return NOTHING_JUDGED;
      })(),
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
    const conflicts = judged.reduce((total, one) => total + one.conflicts, 0);
    const { committed: commits } = summary;
    const tally = { results, commits, conflicts, troubles: troubles.length };
    tellRegion(telemetry, tally, region);
    tellInsync(telemetry, deps.memory);
    tellPending(telemetry, deps.memory, clock, region);
    try {
      const deciding = await pulse.beat(troubles.length === 0, signal);
      if (deciding !== null) {
        const unit = 'count';
        telemetry.metric({ name: 'DecidingRegions', unit, value: deciding, dimensions });
      }
    } catch (error) {
      later(error, signal);
    }
    await tell(
      judged.flatMap((one) => one.rounds),
      signal,
    );
    await rehearse(signal);
    return summary;
  });
}

const hasMoreToDo = ({ outcome, plan }: QuorumResult): boolean =>
  outcome.kind === 'lost' || (outcome.kind === 'committed' && plan?.commit.by === 'order');

function byZone(config: Config): readonly (readonly Service[])[] {
  const zones = new Map<string, Service[]>();
  for (const service of config.services) {
    zones.set(service.zone.key, [...(zones.get(service.zone.key) ?? []), service]);
  }
  return [...zones.values()];
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
