/** Alert rules and the Grafana dashboard name metrics that the exporter tells, and nothing else. */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { exposedNames, LABELS } from '../../../scripts/exporter/metric-names.ts';
import { BURN_PAIRS } from '../../../shared/core/slo.ts';
import { printDuration } from '../../../shared/core/units.ts';
import { labelsIn, metricsIn } from './promql.ts';

const file = (path: string): string =>
  readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

const ruleSchema = v.strictObject({
  alert: v.pipe(v.string(), v.regex(/^Quorate[A-Z][A-Za-z]+$/)),
  expr: v.string(),
  for: v.exactOptional(v.string()),
  labels: v.strictObject({ severity: v.picklist(['page', 'ticket', 'info', 'none']) }),
  annotations: v.strictObject({
    summary: v.string(),
    description: v.string(),
    runbook_url: v.pipe(v.string(), v.regex(/^docs\/runbooks\.md#[a-z]+(?:-[a-z]+)*$/)),
  }),
});
const rulesSchema = v.strictObject({
  groups: v.array(v.strictObject({ name: v.string(), rules: v.array(ruleSchema) })),
});
const rules = v
  .parse(rulesSchema, parse(file('docs/prometheus/quorate.rules.yml')))
  .groups.flatMap((group) => group.rules);

describe('alert rules', () => {
  it.each(rules.map(({ alert, expr }) => [alert, expr]))('%s names what is told', (_, expr) => {
    const metrics = metricsIn(expr);

    expect(metrics.length).toBeGreaterThan(0);
    expect(metrics.filter((name) => !exposedNames.includes(name))).toEqual([]);
    expect(labelsIn(expr).filter((label) => !isOurs(label))).toEqual([]);
  });

  it('burn as quorate slo does', () => {
    const burns = rules.filter(({ expr }) => expr.includes('quorate_slo_burn_rate'));

    expect(burns.map(({ expr }) => expr.replaceAll(/\s+/g, ' ').trim())).toEqual(
      BURN_PAIRS.map(
        ({ longMs, shortMs, threshold }) =>
          `quorate_slo_burn_rate{window="${printDuration(longMs)}"} > ${threshold} and ignoring (window) quorate_slo_burn_rate{window="${printDuration(shortMs)}"} > ${threshold}`,
      ),
    );
  });

  it('have names of their own, and each a case under promtool', () => {
    const names = rules.map(({ alert }) => alert);
    const tested = file('test/fixtures/alert-cases.yml');

    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !tested.includes(`alertname: ${name}`))).toEqual([]);
  });

  it('lead to a runbook that is there', () => {
    const headings = new Set(
      [...file('docs/runbooks.md').matchAll(/^### ([a-z-]+)$/gm)].map(([, heading]) => heading),
    );
    const anchors = rules.map(({ annotations }) => annotations.runbook_url.split('#')[1]);

    expect(anchors.filter((anchor) => !headings.has(anchor))).toEqual([]);
  });

  it('name commands as they are typed', () => {
    const verbs = rules.flatMap(({ annotations }) =>
      [...annotations.description.matchAll(/quorate ([a-z]+) (?:\{\{|--)/g)].map(
        ([, verb]) => verb,
      ),
    );

    expect(new Set(verbs)).toEqual(
      new Set(['slo', 'status', 'adopt', 'reassert', 'why', 'extend', 'history']),
    );
  });
});

const targetSchema = v.object({ expr: v.string(), refId: v.string(), legendFormat: v.string() });
const gridSchema = v.object({ x: v.number(), y: v.number(), w: v.number(), h: v.number() });
const panelSchema = v.object({
  id: v.number(),
  type: v.string(),
  title: v.string(),
  description: v.exactOptional(v.string()),
  gridPos: gridSchema,
  targets: v.exactOptional(v.array(targetSchema), []),
});
const dashboardSchema = v.object({
  uid: v.literal('quorate'),
  title: v.string(),
  schemaVersion: v.number(),
  __inputs: v.array(v.object({ name: v.literal('DS_PROMETHEUS'), type: v.literal('datasource') })),
  templating: v.object({
    list: v.array(v.object({ name: v.string(), definition: v.string() })),
  }),
  annotations: v.object({ list: v.array(v.object({ expr: v.string() })) }),
  panels: v.array(panelSchema),
});
const dashboard = v.parse(dashboardSchema, JSON.parse(file('docs/grafana/quorate.json')));
const panels = dashboard.panels.filter(({ type }) => type !== 'row');

describe('the Grafana dashboard', () => {
  it.each(panels.map((panel) => [panel.title, panel]))('%s shows what is told', (_, panel) => {
    expect(panel.targets.length).toBeGreaterThan(0);
    expect(panel.description).toMatch(/\.$/);
    for (const { expr } of panel.targets) {
      const metrics = metricsIn(expr.replaceAll('vector(0)', '0'));
      expect(metrics.length).toBeGreaterThan(0);
      expect(metrics.filter((name) => !exposedNames.includes(name))).toEqual([]);
      expect(labelsIn(expr).filter((label) => !isOurs(label))).toEqual([]);
    }
  });

  it('chooses by labels of metrics that are told', () => {
    for (const { name, definition } of dashboard.templating.list) {
      const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(definition) ?? [];
      expect(exposedNames).toContain(metric);
      expect(label).toBe(name);
      expect(isOurs(name)).toBe(true);
    }
    for (const { expr } of dashboard.annotations.list) {
      expect(metricsIn(expr).filter((name) => !exposedNames.includes(name))).toEqual([]);
    }
  });

  it('is written for any data source, and its panels do not overlap', () => {
    const text = file('docs/grafana/quorate.json');
    const uids = new Set([...text.matchAll(/"uid": "([^"]+)"/g)].map(([, uid]) => uid));
    const taken = new Set<string>();

    expect(uids).toEqual(new Set([`$${'{DS_PROMETHEUS}'}`, 'quorate']));
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    for (const { gridPos, title } of dashboard.panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken.has(`${x} ${y}`), title).toBe(false);
          taken.add(`${x} ${y}`);
        }
      }
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    }
  });
});

describe('what reads expressions', () => {
  it('finds metrics among functions, groupings, durations and texts', () => {
    expect(
      metricsIn('sum by (service) (rate(a_total{b="c_d"}[5m])) / on (x) d:e > 1 or absent(f)'),
    ).toEqual(['a_total', 'd:e', 'f']);
    expect(labelsIn('sum by (service, x) (a{b="c", d=~"e"})')).toEqual(['b', 'd', 'service', 'x']);
  });
});

function isOurs(label: string): boolean {
  return (LABELS as readonly string[]).includes(label);
}
