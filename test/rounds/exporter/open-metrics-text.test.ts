/** Documents → metrics: what is known has a sample, what is not has none, and every name keeps the rules. */
import { describe, expect, it } from 'vitest';
import { exposedNames, LABELS, METRICS } from '../../../scripts/exporter/metric-names.ts';
import { openMetricsText } from '../../../scripts/exporter/open-metrics-text.ts';
import { AT, sampleDocuments, sampleStatus } from '../../fakes/metric-documents.ts';

const text = openMetricsText(sampleDocuments());
const lines = text.split('\n');
const samplesOf = (name: string): readonly string[] =>
  lines.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));

describe('metrics', () => {
  it.each([
    ['quorate_up', ['quorate_up 1']],
    ['quorate_answering', ['quorate_answering{vantage="eu-west-1"} 1']],
    ['quorate_generation', ['quorate_generation{service="app"} 41']],
    ['quorate_zone_read_age_seconds', ['quorate_zone_read_age_seconds 4']],
    ['quorate_waiting_seconds', ['quorate_waiting_seconds{service="app"} 30']],
    [
      'quorate_order_age_seconds',
      ['quorate_order_age_seconds{service="app",order="order001",kind="drain"} 600'],
    ],
    [
      'quorate_order_remaining_seconds',
      ['quorate_order_remaining_seconds{service="app",order="order001",kind="drain"} 1200'],
    ],
    [
      'quorate_withheld',
      [
        'quorate_withheld{service="app",endpoint="us-east-1",rule="floor"} 2',
        'quorate_withheld{service="app",endpoint="us-east-1",rule="velocity"} 1',
      ],
    ],
    ['quorate_conflicts_total', ['quorate_conflicts_total{service="app"} 1']],
    ['quorate_commits_total', ['quorate_commits_total{service="app"} 3']],
    [
      'probe_ssl_earliest_cert_expiry',
      [
        `probe_ssl_earliest_cert_expiry{service="app",endpoint="eu-west-1",vantage="eu-west-1"} ${(AT + 86_400_000) / 1000}`,
      ],
    ],
    [
      'probe_duration_seconds',
      ['probe_duration_seconds{service="app",endpoint="eu-west-1",vantage="eu-west-1"} 0.0615'],
    ],
  ])('%s', (name, expected) => {
    expect(samplesOf(name)).toEqual(expected);
  });

  it('a vantage that casts no vote, or is silent, has no sample', () => {
    expect(samplesOf('quorate_vote')).toEqual([
      'quorate_vote{service="app",endpoint="eu-west-1",vantage="eu-west-1"} 1',
      'quorate_vote{service="app",endpoint="eu-west-1",vantage="us-east-1"} 0',
    ]);
    expect(samplesOf('quorate_vote_failures')).toHaveLength(3);
    expect(samplesOf('quorate_report_age_seconds')).toHaveLength(2);
  });

  it('an unknown verdict, and an endpoint that is not in DNS, have no sample', () => {
    expect(samplesOf('quorate_verdict')).toEqual([
      'quorate_verdict{service="app",endpoint="eu-west-1"} 1',
    ]);
    expect(samplesOf('quorate_weight_served')).toEqual([
      'quorate_weight_served{service="app",endpoint="eu-west-1"} 100',
    ]);
    expect(samplesOf('quorate_weight_wanted')).toHaveLength(2);
  });

  it('an old probe is no probe, and a phase that was not reached has no time', () => {
    expect(samplesOf('probe_success')).toEqual([
      'probe_success{service="app",endpoint="eu-west-1",vantage="eu-west-1"} 1',
    ]);
    expect(samplesOf('probe_dns_lookup_time_seconds')).toEqual([]);
    expect(
      samplesOf('probe_http_duration_seconds').map((line) => /phase="(\w+)"/.exec(line)?.[1]),
    ).toEqual(['connect', 'tls', 'processing', 'transfer']);
  });

  it('exactly one automation state of a service is set', () => {
    const states = samplesOf('quorate_automation_state');

    expect(states).toHaveLength(8);
    expect(states.filter((line) => line.endsWith(' 1'))).toEqual([
      'quorate_automation_state{service="app",state="on"} 1',
    ]);
  });

  it('a burn rate is told once per window, and not where nothing was measured', () => {
    expect(
      samplesOf('quorate_slo_burn_rate').map((line) =>
        /window="(\w+)"\} (.*)$/.exec(line)?.slice(1),
      ),
    ).toEqual([
      ['1h', '2'],
      ['5m', '0.5'],
      ['6h', '0.5'],
      ['30m', '0.5'],
    ]);
    expect(samplesOf('quorate_slo_objective_ratio')).toEqual([
      'quorate_slo_objective_ratio{service="app",objective="availability"} 0.9995',
    ]);
  });

  it('where no region answers say that, and what the exporter itself has counted', () => {
    const away = openMetricsText({ ...sampleDocuments(), status: null, latency: [], slo: null });

    expect(away.split('\n').filter((line) => !line.startsWith('#'))).toEqual([
      'quorate_up 0',
      'quorate_commits_total{service="app"} 3',
      'quorate_conflicts_total{service="app"} 1',
      '',
    ]);
  });

  it('of a zone that could not be read or was never read tell no age', () => {
    const status = {
      ...sampleStatus({ waitingUntilAt: null, trouble: 'throttled' }),
      zoneReadAt: null,
    };

    const out = openMetricsText({ status, latency: [], slo: null });

    expect(out).toContain('quorate_service_unread{service="app"} 1');
    expect(out).not.toContain('quorate_zone_read_age_seconds');
    expect(out).not.toContain('quorate_waiting_seconds');
  });

  it('nothing that an endpoint answered reaches a metric', () => {
    expect(text).not.toContain('forged');
    expect(text).not.toContain('bytes of the endpoint');
  });
});

describe('lint', () => {
  const sampled = lines.filter((line) => line !== '' && !line.startsWith('#'));

  it('every line is a comment of the format or a sample', () => {
    for (const line of lines.slice(0, -1)) {
      expect(line).toMatch(
        /^(?:# (?:TYPE|UNIT|HELP) [a-z_]+ .+|# EOF|[a-z_]+(?:\{(?:[a-z]+="[^"\\]*",?)+\})? -?[\d.e+-]+)$/,
      );
    }
    expect(lines.slice(-2)).toEqual(['# EOF', '']);
  });

  it('no series is told twice', () => {
    const series = sampled.map((line) => line.slice(0, line.lastIndexOf(' ')));

    expect(new Set(series).size).toBe(series.length);
  });

  it('every sample is of a described family, and the samples here show every family', () => {
    const names = new Set(sampled.map((line) => /^[a-z_]+/.exec(line)?.[0]));

    expect([...names].filter((name) => !exposedNames.includes(String(name)))).toEqual([]);
    expect(exposedNames.filter((name) => !names.has(name))).toEqual([
      'probe_dns_lookup_time_seconds',
    ]);
  });

  it.each(Object.entries(METRICS))('%s has a help and its unit in its name', (name, family) => {
    const unit = 'unit' in family ? family.unit : undefined;

    expect(family.help).toMatch(/^[A-Z0-9].*[.]$/);
    expect(name).toMatch(/^(?:quorate|probe)_[a-z]+(?:_[a-z]+)*$/);
    expect(name).not.toMatch(/_(?:total|count|sum|bucket|info|created|ms|milliseconds|percent)$/);
    if (unit === undefined) expect(name).not.toMatch(/_(?:seconds|ratio)$/);
    else expect(name.endsWith(`_${unit}`)).toBe(true);
  });

  it('there are no other labels than those listed', () => {
    const used = new Set(
      sampled.flatMap((line) => [...line.matchAll(/([a-z]+)="/g)].map(([, label]) => label)),
    );

    expect([...used].sort()).toEqual([...LABELS].sort());
  });
});
