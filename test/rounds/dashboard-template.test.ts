/** The dashboard in the stack: one per deployment, of metrics that functions really send. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { alarmsOf } from '../../scripts/package/alarms.ts';
import {
  dashboardBody,
  dashboardName,
  dashboardResource,
} from '../../scripts/package/dashboard.ts';
import { CLOUDWATCH_METRICS } from '../../shared/core/metric.ts';
import { vantageId } from '../../shared/core/model.ts';
import { sampleConfig, VANTAGES } from '../fakes/sample-service.ts';

const config = sampleConfig();
const known: Readonly<Record<string, { readonly by: readonly string[] }>> = CLOUDWATCH_METRICS;

describe('the dashboard', () => {
  it('is one, in the home stack: dashboards belong to an account, not to a region', () => {
    expect(Object.keys(dashboardResource(config, config.home))).toEqual(['Dashboard']);
    expect(dashboardResource(config, vantageId('us-east-1'))).toEqual({});
  });

  it('is what CloudWatch takes: a body of text, widgets on a grid of 24, no more than fit', () => {
    const { Dashboard } = dashboardResource(config, config.home);
    const { DashboardName, DashboardBody } = Dashboard!.Properties as Record<string, string>;

    expect(DashboardName).toBe('quorate-test-overview');
    expect(JSON.parse(DashboardBody!)).toEqual(JSON.parse(JSON.stringify(dashboardBody(config))));
    expect(DashboardBody!.length).toBeLessThan(100_000);
    const { widgets } = dashboardBody(config);
    const taken = new Set<string>();
    for (const { type, x, y, width, height } of widgets) {
      expect(['text', 'metric']).toContain(type);
      expect(x + width).toBeLessThanOrEqual(24);
      for (let column = x; column < x + width; column += 1) {
        for (let row = y; row < y + height; row += 1) {
          expect(taken.has(`${column} ${row}`)).toBe(false);
          taken.add(`${column} ${row}`);
        }
      }
    }
  });

  it('names metrics that are sent, under a dimension they are sent with, each in its own region', () => {
    const series = seriesOf();

    expect(series.length).toBeGreaterThan(0);
    for (const [namespace, metric, dimension, value, options] of series) {
      expect(namespace).toBe('Quorate/quorate-test');
      expect(known[metric]?.by).toContain(dimension);
      expect(VANTAGES).toContain(value);
      expect(options).toMatchObject({ region: value });
    }
  });

  it('shows every metric that an alarm looks at, but for the count of rounds that is always 1', () => {
    const shown = new Set(seriesOf().map(([, metric]) => metric));

    expect(
      alarmsOf(config)
        .map(({ metric }) => metric)
        .filter((metric) => !shown.has(metric)),
    ).toEqual(['DecisionRounds']);
  });

  it('has a name that CloudWatch takes, whatever the deployment is called', () => {
    expect(dashboardName('quorate.prod')).toBe('quorate-prod-overview');
  });
});

describe('the list of metrics', () => {
  const sources = ['functions', 'functions/api', 'shared']
    .flatMap((folder) => filesOf(folder))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');

  it('has each one that a function sends, and no other', () => {
    const sent = [
      ...sources.matchAll(/(?:\bcount\(|\bspan\(|\)\(|\bname: |const name = )'([A-Z][A-Za-z]+)'/g),
    ].map(([, name]) => name);

    expect([...new Set(sent)].sort()).toEqual(Object.keys(CLOUDWATCH_METRICS).sort());
  });

  it('has each one that an alarm looks at, by vantage', () => {
    for (const { metric } of alarmsOf(config)) expect(known[metric]?.by).toContain('vantage');
  });
});

type Series = readonly [
  namespace: string,
  metric: string,
  dimension: string,
  value: string,
  options: object,
];

const seriesOf = (): readonly Series[] =>
  dashboardBody(config).widgets.flatMap(({ properties }) => (properties.metrics ?? []) as Series[]);

function filesOf(folder: string): readonly string[] {
  const root = fileURLToPath(new URL(`../../${folder}`, import.meta.url));
  return readdirSync(root)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(root, name));
}
