/**
 * Documents of the API → metrics. What is not known has no sample: a silent vantage casts no vote, an old probe is
 * no probe. Label values are ids of the file and this project's own words; nothing that an endpoint answered
 * reaches one.
 */
import type { LatencyDocument } from '../../shared/api/latency.ts';
import { AUTOMATION_SHOWN } from '../../shared/api/parts.ts';
import type { SloDocument } from '../../shared/api/slo.ts';
import type { ServiceShown, StatusDocument } from '../../shared/api/status.ts';
import {
  type Family,
  type MetricsFormat,
  metricsText,
  type Sample,
} from '../../shared/core/openmetrics.ts';
import { printDuration } from '../../shared/core/units.ts';
import { METRICS, type MetricName } from './metric-names.ts';

export type MetricDocuments = {
  /** Null: no region's API answered. */
  readonly status: StatusDocument | null;
  /** With the newest probes. */
  readonly latency: readonly LatencyDocument[];
  readonly slo: SloDocument | null;
  /** By service, counted by the exporter. */
  readonly seen?: ReadonlyMap<string, { readonly commits: number; readonly conflicts: number }>;
};

/** A minute's rollup comes up to two minutes late; what is older than this is silence. */
export const PROBE_MS_MAX = 5 * 60_000;

export const openMetricsText = (
  documents: MetricDocuments,
  format: MetricsFormat = 'openmetrics',
): string => metricsText(familiesOf(documents), format);

type Labels = Sample['labels'];
type Tell = (name: MetricName, labels: Labels, value: number | boolean | null) => void;

export function familiesOf({ status, latency, slo, seen }: MetricDocuments): readonly Family[] {
  const samples = new Map<MetricName, Sample[]>();
  const tell: Tell = (name, labels, value) => {
    if (value === null) return;
    const known = samples.get(name) ?? [];
    known.push({ labels, value: Number(value) });
    samples.set(name, known);
  };
  tell('quorate_up', {}, status !== null);
  if (status !== null) tellStatus(tell, status);
  for (const [service, { commits, conflicts }] of seen ?? []) {
    tell('quorate_commits', { service }, commits);
    tell('quorate_conflicts', { service }, conflicts);
  }
  if (slo !== null) tellSlo(tell, slo);
  for (const document of latency) tellProbes(tell, document);
  return Object.entries(METRICS).map(([name, described]) => ({
    name,
    ...described,
    samples: samples.get(name as MetricName) ?? [],
  }));
}

function tellStatus(tell: Tell, status: StatusDocument): void {
  const { at, region, zoneReadAt } = status;
  tell('quorate_answering', { vantage: region }, 1);
  tell(
    'quorate_zone_read_age_seconds',
    {},
    zoneReadAt === null ? null : inSeconds(at - zoneReadAt),
  );
  for (const { vantage, state, ageMs } of status.vantages) {
    tell('quorate_vantage_reporting', { vantage }, state === 'reporting');
    tell('quorate_vantage_isolated', { vantage }, state === 'isolated');
    tell('quorate_report_age_seconds', { vantage }, ageMs === null ? null : inSeconds(ageMs));
  }
  for (const service of status.services) tellService(tell, service, at);
}

function tellService(tell: Tell, shown: ServiceShown, at: number): void {
  const { service, automation, waitingUntilAt } = shown;
  const own = { service };
  tell('quorate_automation_on', own, automation === 'on');
  for (const state of AUTOMATION_SHOWN) {
    tell('quorate_automation_state', { service, state }, automation === state);
  }
  tell('quorate_enforcing', own, shown.mode === 'enforce');
  tell('quorate_service_unread', own, shown.trouble !== null);
  tell('quorate_generation', own, shown.generation);
  tell('quorate_quorum', own, shown.quorum);
  tell('quorate_vantages_usable', own, shown.usable);
  tell('quorate_orders', own, shown.orders.length);
  for (const order of shown.orders) {
    const labels = { service, order: order.id, kind: order.kind };
    tell('quorate_order_age_seconds', labels, inSeconds(at - order.fromAt));
    tell('quorate_order_remaining_seconds', labels, inSeconds(order.untilAt - at));
  }
  const waitingMs = waitingUntilAt === null ? null : Math.max(0, waitingUntilAt - at);
  tell('quorate_waiting_seconds', own, waitingMs === null ? null : inSeconds(waitingMs));
  for (const endpoint of shown.endpoints) tellEndpoint(tell, service, endpoint);
}

function tellEndpoint(tell: Tell, service: string, shown: ServiceShown['endpoints'][number]): void {
  const own = { service, endpoint: shown.endpoint };
  const { health } = shown;
  tell('quorate_verdict', own, health === 'unknown' ? null : health === 'up');
  tell('quorate_verdict_degraded', own, shown.degraded);
  tell('quorate_votes_up', own, shown.ups);
  tell('quorate_votes_down', own, shown.downs);
  tell('quorate_weight_served', own, shown.inDns);
  tell('quorate_weight_wanted', own, shown.wanted);
  tell('quorate_weight_configured', own, shown.configured);
  const rules = Map.groupBy(shown.withheld, ({ code }) => code);
  for (const [rule, held] of rules) tell('quorate_withheld', { ...own, rule }, held.length);
  for (const { vantage, vote, failures } of shown.votes) {
    const labels = { ...own, vantage };
    const isCast = vote === 'up' || vote === 'down';
    tell('quorate_vote', labels, isCast ? vote === 'up' : null);
    tell('quorate_vote_failures', labels, vote === 'silent' ? null : failures);
  }
}

function tellSlo(tell: Tell, document: SloDocument): void {
  for (const { service, objectives } of document.services) {
    for (const shown of objectives) {
      const own = { service, objective: shown.kind };
      tell('quorate_slo_objective_ratio', own, inRatio(shown.objectivePercent));
      tell('quorate_slo_measured_ratio', own, inRatio(shown.measuredPercent));
      tell('quorate_slo_error_budget_left_ratio', own, inRatio(shown.budgetLeftPercent));
      tell('quorate_slo_measured_seconds', own, shown.measured.minutes * 60);
      tell('quorate_slo_window_seconds', own, inSeconds(shown.windowMs));
      // The 6 h window is part of two pairs, and is the same in both.
      const rates = new Map(
        shown.burns.flatMap(({ longMs, longRate, shortMs, shortRate }) => [
          [longMs, longRate] as const,
          [shortMs, shortRate] as const,
        ]),
      );
      for (const [ms, rate] of rates) {
        tell('quorate_slo_burn_rate', { ...own, window: printDuration(ms) }, rate);
      }
    }
  }
}

function tellProbes(tell: Tell, { service, at, series }: LatencyDocument): void {
  for (const { endpoint, vantage, last } of series) {
    if (last === null || at - last.at > PROBE_MS_MAX) continue;
    const own = { service, endpoint, vantage };
    tell('probe_success', own, last.passed);
    tell('probe_duration_seconds', own, inSeconds(last.totalMs));
    tell('probe_dns_lookup_time_seconds', own, inSeconds(last.resolveMs));
    const phases = {
      resolve: last.resolveMs,
      connect: last.connectMs,
      tls: last.tlsMs,
      processing: last.firstByteMs,
      transfer: last.transferMs,
    };
    for (const [phase, ms] of Object.entries(phases)) {
      tell('probe_http_duration_seconds', { ...own, phase }, inSeconds(ms));
    }
    tell('probe_http_status_code', own, last.status);
    tell('probe_ssl_earliest_cert_expiry', own, inSeconds(last.certificateEndsAt));
    tell('probe_ip_protocol', own, last.family);
    tell('quorate_probe_age_seconds', own, inSeconds(at - last.at));
  }
}

const inSeconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);
const inRatio = (percent: number | null): number | null =>
  percent === null ? null : Number((percent / 100).toFixed(8));
