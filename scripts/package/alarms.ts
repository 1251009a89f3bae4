/**
 * The alarms of one region, as CloudFormation resources. An alarm sees metrics of its own region only, so
 * every vantage alarms for itself and about the others as seen from there. What must not go unnoticed if
 * this region dies as a whole is the heartbeat's business (functions/notify.ts), not an alarm's.
 *
 * Each metric has the one dimension `vantage`: per-region totals, so that their number, and the bill,
 * does not grow with services.
 */

import { metricNamespace } from '../../shared/core/metric.ts';
import type { Config, VantageId } from '../../shared/core/model.ts';
import { alarmName } from '../names.ts';
import type { Resources } from './resource.ts';

type Alarm = {
  /** Last part of its name. */
  readonly id: string;
  readonly metric: string;
  readonly statistic: 'Sum' | 'Maximum' | 'Minimum';
  readonly is: 'at-least' | 'below';
  readonly threshold: number;
  readonly periodSeconds: 60 | 300;
  /** Of `of` periods in a row, so many must be bad. */
  readonly bad: number;
  readonly of: number;
  /** What no data means: that nothing happened, or that nobody lives to tell. */
  readonly silence: 'notBreaching' | 'breaching';
  /** What it means, and what to do. */
  readonly says: string;
};

const majority = (count: number): number => Math.floor(count / 2) + 1;

export const alarmsOf = ({ vantages }: Pick<Config, 'vantages'>): readonly Alarm[] => [
  {
    id: 'no-decision-round',
    metric: 'DecisionRounds',
    statistic: 'Sum',
    is: 'below',
    threshold: 1,
    periodSeconds: 60,
    bad: 3,
    of: 3,
    silence: 'breaching',
    says: 'No decision round ended well in this region for 3 minutes: the zone or the function fails here. The other regions decide without it. Look at the log of quorum, then run quorate doctor.',
  },
  {
    id: 'below-majority',
    metric: 'DecidingRegions',
    statistic: 'Maximum',
    is: 'below',
    threshold: majority(vantages.length),
    periodSeconds: 60,
    bad: 3,
    of: 3,
    silence: 'breaching',
    says: `PAGE. Fewer than ${majority(vantages.length)} of ${vantages.length} regions decide, as seen from here for 3 minutes: protection is failing. DNS stays as it is. Run quorate status from another region, then quorate doctor.`,
  },
  {
    id: 'vantages-silent',
    metric: 'SilentVantages',
    statistic: 'Minimum',
    is: 'at-least',
    threshold: 1,
    periodSeconds: 60,
    bad: 5,
    of: 5,
    silence: 'notBreaching',
    says: 'At least one vantage has sent no usable report for 5 minutes, as seen from here. Its votes are missing from the quorum. quorate status names it and says why.',
  },
  {
    id: 'automation-off',
    metric: 'AutomationOff',
    statistic: 'Minimum',
    is: 'at-least',
    threshold: 1,
    periodSeconds: 60,
    bad: 3,
    of: 3,
    silence: 'notBreaching',
    says: 'Automation has been off for at least one service for 3 minutes: frozen, not quorate, drift, blocked or unmanaged. quorate status names the service and the command that resolves it.',
  },
  {
    id: 'withheld',
    metric: 'Withheld',
    statistic: 'Maximum',
    is: 'at-least',
    threshold: 1,
    periodSeconds: 60,
    bad: 1,
    of: 1,
    silence: 'notBreaching',
    says: 'A change that the votes ask for is held back by the policy: floor, velocity, an unproven check or an order. quorate status shows the rule and the arithmetic.',
  },
  {
    id: 'drift',
    metric: 'Drift',
    statistic: 'Maximum',
    is: 'at-least',
    threshold: 1,
    periodSeconds: 60,
    bad: 2,
    of: 2,
    silence: 'notBreaching',
    says: 'Records of a service differ from what the last commit left, and Quorate did not write that. Other endpoints stay protected. Run quorate adopt to keep it, or quorate reassert to undo it.',
  },
  {
    id: 'blocked',
    metric: 'Blocked',
    statistic: 'Maximum',
    is: 'at-least',
    threshold: 1,
    periodSeconds: 60,
    bad: 2,
    of: 2,
    silence: 'notBreaching',
    says: 'Route 53, permissions, or a foreign or broken _quorate record keep a service from being changed. quorate status says what stands in the way.',
  },
  {
    id: 'conflicts',
    metric: 'Conflicts',
    statistic: 'Sum',
    is: 'at-least',
    // Regions lose a race against each other now and then; one that goes on losing has a rival.
    threshold: 5,
    periodSeconds: 300,
    bad: 1,
    of: 1,
    silence: 'notBreaching',
    says: 'This region lost 5 races for the _quorate record within 5 minutes: something else goes on writing it. Look at the history of the service and at who else may change the zone.',
  },
  {
    id: 'delivery-failures',
    metric: 'DeliveryFailures',
    statistic: 'Sum',
    is: 'at-least',
    threshold: 1,
    periodSeconds: 60,
    // One lost ping is the network's; a target that stays away is somebody's.
    bad: 3,
    of: 5,
    silence: 'notBreaching',
    says: 'What this region tells the outside (heartbeat, notifications) does not arrive. Decisions are not affected. Look at the log of notify.',
  },
];

/** `actions`: who is told, in this region. */
export function alarmResources(
  config: Config,
  region: VantageId,
  actions: readonly unknown[],
): Resources {
  const resources = alarmsOf(config).map((alarm) => [
    `${logicalPart(alarm.id)}Alarm`,
    {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: alarmName(config.deployment, alarm.id),
        AlarmDescription: `${alarm.says} Step by step: docs/runbooks.md#${alarm.id}`,
        Namespace: metricNamespace(config.deployment),
        MetricName: alarm.metric,
        Dimensions: [{ Name: 'vantage', Value: region }],
        Statistic: alarm.statistic,
        ComparisonOperator:
          alarm.is === 'below' ? 'LessThanThreshold' : 'GreaterThanOrEqualToThreshold',
        Threshold: alarm.threshold,
        Period: alarm.periodSeconds,
        DatapointsToAlarm: alarm.bad,
        EvaluationPeriods: alarm.of,
        TreatMissingData: alarm.silence,
        ...(actions.length === 0 ? {} : { AlarmActions: actions, OKActions: actions }),
      },
    },
  ]);
  return Object.fromEntries(resources);
}

const logicalPart = (id: string): string =>
  id.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());

/**
 * CloudWatch takes a topic of the alarm's own region only. Elsewhere the alarm calls `notify`, which
 * passes it on to the topic; that needs a function that works, so it is not the way where both are near.
 */
export function alarmActions(config: Config, region: VantageId): readonly unknown[] {
  const topic = config.notify.sns;
  if (topic === undefined) return [];
  if (topic.split(':')[3] === region) return [topic];
  return [{ 'Fn::GetAtt': ['NotifyLambdaFunction', 'Arn'] }];
}
