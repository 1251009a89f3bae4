/**
 * The CloudWatch dashboard of a deployment, as a CloudFormation resource. Dashboards belong to an account, not to a
 * region, and the first three are free: so there is one, in the home stack, and each of its widgets names the region
 * that its metric lies in. It shows what the alarms rest on; nothing depends on it.
 */
import { type CloudWatchMetric, metricNamespace } from '../../shared/core/metric.ts';
import type { Config, VantageId } from '../../shared/core/model.ts';
import { alarmsOf } from './alarms.ts';
import type { Resources } from './resource.ts';

/** Of a grid of 24 columns. */
const COLUMNS = 24;
const THIRD = COLUMNS / 3;
const HEIGHT = 6;
const HEAD_HEIGHT = 2;

type Statistic = 'Sum' | 'Maximum' | 'Minimum' | 'Average';
type Graph = {
  readonly title: string;
  readonly metric: CloudWatchMetric;
  readonly statistic: Statistic;
  /** Drawn as a line across: from here on an alarm looks. */
  readonly limit?: number;
};

const GRAPHS: readonly Graph[] = [
  {
    title: 'Regions that decide, as each sees it',
    metric: 'DecidingRegions',
    statistic: 'Minimum',
  },
  {
    title: 'Services with automation off',
    metric: 'AutomationOff',
    statistic: 'Maximum',
    limit: 1,
  },
  { title: 'Changes withheld', metric: 'Withheld', statistic: 'Maximum', limit: 1 },
  {
    title: 'Vantages silent, as each sees it',
    metric: 'SilentVantages',
    statistic: 'Maximum',
    limit: 1,
  },
  { title: 'Endpoints voted down', metric: 'VotesDown', statistic: 'Maximum' },
  { title: 'Probes failed', metric: 'ProbesFailed', statistic: 'Sum' },
  { title: 'Commits', metric: 'Commits', statistic: 'Sum' },
  { title: 'Races lost', metric: 'Conflicts', statistic: 'Sum', limit: 5 },
  { title: 'Services in drift', metric: 'Drift', statistic: 'Maximum', limit: 1 },
  { title: 'Services blocked', metric: 'Blocked', statistic: 'Maximum', limit: 1 },
  { title: 'Oldest order in force', metric: 'OrderAge', statistic: 'Maximum' },
  { title: 'Oldest report, where one is late', metric: 'ReportAge', statistic: 'Maximum' },
  { title: 'Deliveries failed', metric: 'DeliveryFailures', statistic: 'Sum', limit: 1 },
  { title: 'Functions failed', metric: 'Failures', statistic: 'Sum' },
  { title: 'Event loop late', metric: 'LoopLateness', statistic: 'Maximum', limit: 250 },
];

/** Empty for a region that is not home. */
export function dashboardResource(config: Config, region: VantageId): Resources {
  if (region !== config.home) return {};
  return {
    Dashboard: {
      Type: 'AWS::CloudWatch::Dashboard',
      Properties: {
        DashboardName: dashboardName(config.deployment),
        DashboardBody: JSON.stringify(dashboardBody(config)),
      },
    },
  };
}

/** Names of dashboards take letters, digits, dashes and underscores; the deployer may write `<deployment>-…`. */
export const dashboardName = (deployment: string): string =>
  `${deployment.replaceAll(/[^A-Za-z0-9_-]/g, '-')}-overview`;

export type DashboardBody = {
  readonly start: string;
  readonly periodOverride: 'inherit';
  readonly widgets: readonly Widget[];
};
type Widget = {
  readonly type: 'text' | 'metric';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: Readonly<Record<string, unknown>>;
};

export function dashboardBody(config: Config): DashboardBody {
  const head: Widget = {
    type: 'text',
    x: 0,
    y: 0,
    width: COLUMNS,
    height: HEAD_HEIGHT,
    properties: { markdown: headText(config) },
  };
  const graphs = GRAPHS.map((graph, place): Widget => {
    const row = Math.floor((place * THIRD) / COLUMNS);
    return {
      type: 'metric',
      x: (place * THIRD) % COLUMNS,
      y: HEAD_HEIGHT + row * HEIGHT,
      width: THIRD,
      height: HEIGHT,
      properties: graphProperties(config, graph),
    };
  });
  return { start: '-PT6H', periodOverride: 'inherit', widgets: [head, ...graphs] };
}

function graphProperties(
  { deployment, vantages, home }: Config,
  { title, metric, statistic, limit }: Graph,
): Widget['properties'] {
  const namespace = metricNamespace(deployment);
  return {
    title,
    view: 'timeSeries',
    region: home,
    stat: statistic,
    period: 60,
    metrics: vantages.map((vantage) => [
      namespace,
      metric,
      'vantage',
      vantage,
      { region: vantage, label: vantage },
    ]),
    yAxis: { left: { min: 0 } },
    ...(limit === undefined
      ? {}
      : { annotations: { horizontal: [{ value: limit, label: limitLabel(metric) }] } }),
  };
}

/** An alarm's own name where one looks at it. */
function limitLabel(metric: CloudWatchMetric): string {
  const alarm = alarmsOf({ vantages: [] }).find((one) => one.metric === metric);
  return alarm === undefined ? 'limit' : `alarm ${alarm.id}`;
}

const headText = ({ deployment, home, vantages }: Config): string =>
  [
    `**${deployment}**: ${vantages.length} vantages, home is ${home}. Each line is one region, from its own metrics.`,
    'What is not counted did not happen. `quorate status` shows services, votes and weights.',
  ].join(' ');
