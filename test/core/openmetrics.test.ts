/** The two text formats of Prometheus: what differs, and what no label value can break. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Family, formatFor, metricsText } from '../../shared/core/openmetrics.ts';

const FAMILIES: readonly Family[] = [
  {
    name: 'quorate_report_age_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'Age of the newest round.',
    samples: [
      { labels: { vantage: 'eu-west-1' }, value: 1.5 },
      { labels: { vantage: 'us-east-1' }, value: 12 },
    ],
  },
  {
    name: 'quorate_conflicts',
    type: 'counter',
    help: 'Races lost.',
    samples: [{ labels: {}, value: 3 }],
  },
  { name: 'quorate_silent', type: 'gauge', help: 'No sample, no family.', samples: [] },
];

describe('metrics', () => {
  it('in OpenMetrics have units, a counter without its suffix, and an end', () => {
    expect(metricsText(FAMILIES, 'openmetrics')).toBe(`# TYPE quorate_report_age_seconds gauge
# UNIT quorate_report_age_seconds seconds
# HELP quorate_report_age_seconds Age of the newest round.
quorate_report_age_seconds{vantage="eu-west-1"} 1.5
quorate_report_age_seconds{vantage="us-east-1"} 12
# TYPE quorate_conflicts counter
# HELP quorate_conflicts Races lost.
quorate_conflicts_total 3
# EOF
`);
  });

  it('in the older format name a counter as it is sampled, and just end', () => {
    expect(metricsText(FAMILIES.slice(1), 'text')).toBe(`# TYPE quorate_conflicts_total counter
# HELP quorate_conflicts_total Races lost.
quorate_conflicts_total 3
`);
  });

  it('of nothing are an empty exposition', () => {
    expect(metricsText([], 'openmetrics')).toBe('# EOF\n');
    expect(metricsText([], 'text')).toBe('');
  });

  it('escape quotes in a help only where the format says so', () => {
    const quoted = [{ ...FAMILIES[1]!, help: 'a "quoted" \\ word' }];

    expect(metricsText(quoted, 'openmetrics')).toContain('a \\"quoted\\" \\\\ word');
    expect(metricsText(quoted, 'text')).toContain('a "quoted" \\\\ word');
  });

  it.each([
    ['application/openmetrics-text;version=1.0.0,text/plain;q=0.5', 'openmetrics'],
    ['text/plain', 'text'],
    ['*/*', 'text'],
    [undefined, 'text'],
  ] as const)('are given as a scrape asks for them: %s', (accept, format) => {
    expect(formatFor(accept)).toBe(format);
  });

  it('no label value breaks out of its quotes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const text = metricsText(
          [{ ...FAMILIES[1]!, samples: [{ labels: { service: value }, value: 1 }] }],
          'text',
        );
        const [, , line = '', ...rest] = text.split('\n');

        expect(rest).toEqual(['']);
        expect(line).toMatch(/^quorate_conflicts_total\{service="(?:[^"\\]|\\["\\n])*"\} 1$/s);
      }),
    );
  });
});
