/**
 * Every metric that the exporter may tell, with its help: the dashboard and the alert rules may name these and no
 * others. Probes have blackbox_exporter's names, so that what is made for it fits; all else begins with `quorate_`.
 */
import type { Family } from '../../shared/core/openmetrics.ts';

type Described = Omit<Family, 'name' | 'samples'>;

const seconds = (help: string): Described => ({ type: 'gauge', unit: 'seconds', help });
const ratio = (help: string): Described => ({ type: 'gauge', unit: 'ratio', help });
const gauge = (help: string): Described => ({ type: 'gauge', help });
const counter = (help: string): Described => ({ type: 'counter', help });

export const METRICS = {
  quorate_up: gauge('1: the API of a region answered this scrape.'),
  quorate_answering: gauge('1 for the vantage region whose API answered.'),
  quorate_automation_on: gauge('1: automation is on for the service.'),
  quorate_automation_state: gauge('1 for the state that the automation of the service is in.'),
  quorate_enforcing: gauge('1: the service is in mode enforce; 0: it is only observed.'),
  quorate_generation: gauge('Generation of the _quorate record.'),
  quorate_quorum: gauge('Votes that decide.'),
  quorate_vantages_usable: gauge('Vantages with a usable report for the service.'),
  quorate_vote: gauge('1: the vantage votes up, 0: down; no sample: no vote.'),
  quorate_vote_failures: gauge('Consecutive failed probes of the vantage.'),
  quorate_votes_up: gauge('Vantages that vote up.'),
  quorate_votes_down: gauge('Vantages that vote down.'),
  quorate_verdict: gauge('1: up by quorum, 0: down by quorum; no sample: unknown.'),
  quorate_verdict_degraded: gauge('1: up, and somebody disagrees.'),
  quorate_weight_served: gauge('Weight in DNS.'),
  quorate_weight_wanted: gauge('Weight that the decision wants.'),
  quorate_weight_configured: gauge('Weight in the file.'),
  quorate_withheld: gauge('Changes that the policy holds back, by rule.'),
  quorate_waiting_seconds: seconds('Until the next thing that is waited for.'),
  quorate_orders: gauge('Orders in force or to come.'),
  quorate_order_age_seconds: seconds('Since the order began; below 0: it is to come.'),
  quorate_order_remaining_seconds: seconds('Until the order ends.'),
  quorate_vantage_reporting: gauge('1: the vantage reports; 0: it is silent or isolated.'),
  quorate_vantage_isolated: gauge(
    '1: the vantage can not reach the outside, its down votes do not count.',
  ),
  quorate_report_age_seconds: seconds(
    'Age of the newest round, as the answering region sees it: replication is part of it.',
  ),
  quorate_zone_read_age_seconds: seconds('Age of the zone read that the answer rests on.'),
  quorate_service_unread: gauge('1: the zone of the service could not be read.'),
  quorate_commits: counter('Changes committed, as seen since the exporter began.'),
  quorate_conflicts: counter(
    'Races for the _quorate record that were lost, as seen since the exporter began.',
  ),
  quorate_slo_objective_ratio: ratio('What the file promises.'),
  quorate_slo_measured_ratio: ratio('What was measured over the window of the objective.'),
  quorate_slo_error_budget_left_ratio: ratio('Of the error budget; below 0: overspent.'),
  quorate_slo_burn_rate: gauge('How many times too fast the error budget burns, by window.'),
  quorate_slo_measured_seconds: seconds('How much of the window was measured.'),
  quorate_slo_window_seconds: seconds('Window of the objective.'),
  probe_success: gauge('1: the newest probe of the vantage passed.'),
  probe_duration_seconds: seconds('How long the newest probe took.'),
  probe_dns_lookup_time_seconds: seconds('How long its DNS lookup took.'),
  probe_http_duration_seconds: seconds('How long each phase of it took.'),
  probe_http_status_code: gauge('Status it was answered with.'),
  probe_ssl_earliest_cert_expiry: gauge('When the certificate that ends first ends, in Unix time.'),
  probe_ip_protocol: gauge('4 or 6.'),
  quorate_probe_age_seconds: seconds('Since the newest probe; it is written once a minute.'),
} as const satisfies Readonly<Record<string, Described>>;
export type MetricName = keyof typeof METRICS;

/** As a query names it. */
export const exposedNames: readonly string[] = Object.entries(METRICS).map(([name, { type }]) =>
  type === 'counter' ? `${name}_total` : name,
);

/** The label names there are: what is probed can add none, and no value of theirs comes from an answer. */
export const LABELS = [
  'service',
  'endpoint',
  'vantage',
  'phase',
  'state',
  'rule',
  'order',
  'kind',
  'objective',
  'window',
] as const;
