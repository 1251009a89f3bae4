/**
 * What `quorum` logs and counts. Metrics of a service have the dimension `service`; for alarms, which can
 * name one set of dimensions only, the same is counted over all services under `vantage`.
 *
 * A metric costs 0.30 USD a month per value of its dimension and region, for the hours that hold a value of it. So:
 *
 *     always                 DecisionRounds, DecidingRegions, SilentVantages, AutomationOff (vantage): alarms wait for them
 *     while it is so         Withheld, Drift, Blocked, AutomationOff (service), ChangesPending, ZoneTroubles, OrderAge,
 *                            ReportAge (only of a report older than it should be)
 *     when it happens        Commits, Conflicts, GenerationBack, InsyncDelay
 */
import type { Service, ServiceId, VantageId } from '../shared/core/model.ts';
import { PLAN_MS_MAX } from '../shared/core/plan.ts';
import { isWithheld } from '../shared/core/reason.ts';
import type { MetricEntry, Telemetry } from '../shared/middleware.ts';
import type { Clock, Delivery } from '../shared/ports.ts';
import type { BookFacts } from '../shared/rounds/incident-book.ts';
import type { QuorumMemory } from '../shared/rounds/quorum-memory.ts';
import { logLine, type QuorumResult, type Trace, traceOf } from '../shared/rounds/quorum-result.ts';

/** INSYNC takes a minute as a rule. */
const PENDING_MS_MAX = 1_800_000;

export type Tally = {
  /** The last result of each service. */
  readonly results: readonly QuorumResult[];
  readonly commits: number;
  readonly conflicts: number;
  readonly troubles: number;
};

const counter =
  (telemetry: Telemetry, dimensions: MetricEntry['dimensions']) =>
  (name: string, value: number): void =>
    telemetry.metric({ name, unit: 'count', value, dimensions });

const isOff = ({ decision: { automation } }: QuorumResult): boolean =>
  automation !== 'on' && automation !== 'observing';
const isIn =
  (state: 'drift' | 'blocked') =>
  ({ decision }: QuorumResult): boolean =>
    decision.automation === state;

/** Logged where something is to be told: a change, a hold, something withheld. */
export function tellService(telemetry: Telemetry, result: QuorumResult, vantage: VantageId): void {
  const { decision, outcome, service } = result;
  const isCalm = outcome.kind === 'nothing-to-do' && decision.automation === 'on';
  const isAlarming = decision.withheld.some(isWithheld) || outcome.kind === 'blocked';
  const level = isAlarming ? 'warn' : isCalm ? 'debug' : 'info';
  // A calm round, the common one, is dropped at the usual level.
  if (telemetry.keeps(level)) {
    telemetry.log({ level, message: 'quorum round', vantage, ...logLine(result) });
  }
  const count = counter(telemetry, { service });
  count('AutomationOff', isOff(result) ? 1 : 0);
  count('Drift', isIn('drift')(result) ? 1 : 0);
  count('Blocked', isIn('blocked')(result) ? 1 : 0);
  count('Withheld', decision.withheld.filter(isWithheld).length);
  if (outcome.kind !== 'nothing-to-do') {
    count('Commits', outcome.kind === 'committed' ? 1 : 0);
    count('Conflicts', outcome.kind === 'lost' ? 1 : 0);
  }
}

/** It is decided from the zone as found; a person should know why it went back. */
export function tellIfBack(
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
  counter(telemetry, { service })('GenerationBack', generation < before ? 1 : 0);
}

/** What alarms look at: totals of one invocation in one region. */
export function tellRegion(
  telemetry: Telemetry,
  { results, commits, conflicts, troubles }: Tally,
  vantage: VantageId,
): void {
  const count = counter(telemetry, { vantage });
  count('DecisionRounds', troubles === 0 ? 1 : 0);
  count('ZoneTroubles', troubles);
  count('Withheld', results.flatMap(({ decision }) => decision.withheld.filter(isWithheld)).length);
  count('AutomationOff', results.filter(isOff).length);
  count('Drift', results.filter(isIn('drift')).length);
  count('Blocked', results.filter(isIn('blocked')).length);
  count('Commits', commits);
  count('Conflicts', conflicts);
  // Without a judged service nothing is known of the others.
  if (results.length > 0) {
    count('SilentVantages', new Set(results.flatMap(({ silent }) => silent)).size);
  }
  const span = (name: string, ms: number | undefined): void => {
    if (ms === undefined) return;
    telemetry.metric({ name, unit: 'milliseconds', value: ms, dimensions: { vantage } });
  };
  span('OrderAge', oldestOrderMs(results));
  span('ReportAge', oldestReportMs(results));
}

/** A report that is older than this is late, at the intervals that are recommended. */
const REPORT_MS_MAX = 20_000;

const oldestReportMs = (results: readonly QuorumResult[]): number | undefined =>
  results
    .flatMap(({ at, looked }) =>
      looked.votes.views.flatMap((view) => (view.state === 'silent' ? [] : [at - view.observedAt])),
    )
    .filter((ms) => ms > REPORT_MS_MAX)
    .sort((a, b) => b - a)[0];

const oldestOrderMs = (results: readonly QuorumResult[]): number | undefined =>
  results
    .flatMap(({ at, looked }) =>
      (looked.fence?.orders ?? []).flatMap(({ started, fromAt }) => (started ? [at - fromAt] : [])),
    )
    .sort((a, b) => b - a)[0];

/** From the commit until Route 53 says that every name server has it. */
export function tellInsync(telemetry: Telemetry, memory: Pick<QuorumMemory, 'insyncMs'>): void {
  for (const { service, ms } of memory.insyncMs.splice(0)) {
    const dimensions = { service };
    telemetry.metric({ name: 'InsyncDelay', unit: 'milliseconds', value: ms, dimensions });
  }
}

/** An incident's line names what its messages name, so that a log leads from one to the other. */
export function tellIncidents(
  telemetry: Telemetry,
  { events, waiting }: BookFacts,
  woken: Delivery | null,
  vantage: VantageId,
  results: readonly QuorumResult[],
): void {
  const traceOfService = (service: string): Partial<Trace> => {
    const result = results.findLast((one) => one.service === service);
    return result === undefined ? {} : traceOf(result);
  };
  for (const { id, service, step, label, sentence, generation } of events) {
    const level = step === 'resolved' || step === 'returning' ? 'info' : 'warn';
    const fields = { incident: id, step, label, generation, ...traceOfService(service) };
    telemetry.log({ level, message: sentence, vantage, service, ...fields });
  }
  const warn = (message: string): void => telemetry.log({ level: 'warn', message, vantage });
  if (waiting > 0) warn(`${waiting} events of incidents wait for the table; nothing is lost yet`);
  if (woken?.kind === 'failed') warn(`${woken.why}; the next minute's sweep tells what is due`);
}

export function tellPending(
  telemetry: Telemetry,
  memory: QuorumMemory,
  clock: Clock,
  vantage: VantageId,
): void {
  const stuck = [...memory.inFlight.values()].filter(
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
  counter(telemetry, { vantage })('ChangesPending', stuck.length);
}
