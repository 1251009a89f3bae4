/**
 * `probe`: a scheduled trigger in, one run of probe rounds, a small summary out. Triggers carry no data:
 * whatever the event holds, the run takes its rounds from the clock.
 */
import type { Context } from 'aws-lambda';
import { roundCorrelation } from '../shared/core/correlation.ts';
import { controlProbesOf } from '../shared/core/probe-request.ts';
import type { LambdaHandler, Telemetry } from '../shared/middleware.ts';
import { lambdaStack } from '../shared/middleware.ts';
import { probeGate } from '../shared/rounds/probe-round.ts';
import {
  type ProbeRoundFacts,
  type ProbeRunDeps,
  type ProbeRunResult,
  probeRun,
} from '../shared/rounds/probe-run.ts';
import { type Env, once, type WireOverrides } from '../shared/wire.ts';
import { wireProbe } from '../shared/wire-probe.ts';

export type ProbeSummary = Pick<
  ProbeRunResult,
  'rounds' | 'written' | 'beaten' | 'unwritten' | 'endedBy'
>;

export type ProbeHandler = LambdaHandler<unknown, ProbeSummary>;

/** One handler per region: local worlds make several in one process. */
export function probeHandler(env: Env, overrides: WireOverrides = {}): ProbeHandler {
  const wired = wireProbe(env, 'probe', overrides);
  const { config, settings, telemetry, clock } = wired;
  const dimensions = { vantage: settings.vantage };
  /** The same in every run of this process. */
  const controls = once(() => (wired.controls ?? controlProbesOf)(config, settings.vantage));
  const deps: ProbeRunDeps = {
    clock,
    ids: wired.ids,
    store: wired.store(),
    prober: wired.prober(),
    aids: wired.aids,
    gate: probeGate(),
    controls,
  };

  return lambdaStack({ telemetry, clock }, dimensions, async (_event, invocation) => {
    const result = await probeRun(
      deps,
      config,
      settings.vantage,
      {
        release: wired.release,
        reads: wired.reads,
        remainingMs: invocation.remainingMs,
        onRound: (facts) => tellRound(telemetry, facts),
      },
      invocation.signal,
    );
    tellRun(telemetry, result, dimensions);
    const { rounds, written, beaten, unwritten, endedBy } = result;
    return { rounds, written, beaten, unwritten, endedBy };
  });
}

function tellRound(telemetry: Telemetry, facts: ProbeRoundFacts): void {
  const dimensions = { vantage: facts.vantage };
  const count = (name: string, value: number): void =>
    telemetry.metric({ name, unit: 'count', value, dimensions });
  const level = facts.filing === 'unwritten' ? 'warn' : 'info';
  if (telemetry.keeps(level)) {
    const correlation = roundCorrelation(facts.vantage, facts.observedAt);
    telemetry.log({ level, message: 'probe round', correlation, ...facts });
  }
  count('RoundsWritten', facts.filing === 'written' ? 1 : 0);
  count('RoundsUnwritten', facts.filing === 'unwritten' ? 1 : 0);
  count('ProbesFailed', facts.failed);
  count('VotesDown', facts.downs ?? 0);
  count('ProbesSkipped', facts.skipped);
  count('Isolated', facts.isolated ? 1 : 0);
  telemetry.metric({
    name: 'LoopLateness',
    unit: 'milliseconds',
    value: facts.loopLatenessMs,
    dimensions,
  });
  if (facts.bytes !== undefined) {
    telemetry.metric({ name: 'ReportSize', unit: 'bytes', value: facts.bytes, dimensions });
  }
  telemetry.flush();
}

function tellRun(
  telemetry: Telemetry,
  { troubles, ...result }: ProbeRunResult,
  dimensions: Readonly<Record<string, string>>,
): void {
  telemetry.log({
    level: troubles.length > 0 ? 'warn' : 'info',
    message: 'probe run',
    ...dimensions,
    ...result,
    troubles,
  });
  telemetry.metric({
    name: 'StoreTroubles',
    unit: 'count',
    value: troubles.length,
    dimensions,
  });
}

let made: ProbeHandler | undefined;
const own = (): ProbeHandler => {
  made ??= probeHandler(process.env);
  return made;
};

/** In Lambda everything is made during INIT; elsewhere importing this file makes nothing. */
if (process.env.AWS_LAMBDA_FUNCTION_NAME) own();

export const handler = async (event: unknown, context: Context): ReturnType<ProbeHandler> =>
  await own()(event, context);
