/**
 * Where a deployment's metrics lie in CloudWatch, and which there are. Two deployments in one account have the same
 * vantages and may have services of the same name: what tells them apart is the namespace. Functions write there,
 * alarms and the dashboard read there, and may name what stands here only.
 */
export const metricNamespace = (deployment: string): string => `Quorate/${deployment}`;

type Emitted = {
  readonly unit: 'count' | 'milliseconds' | 'bytes';
  /** One dimension each, never both, never an endpoint: each value of a dimension is paid for. */
  readonly by: readonly ('service' | 'vantage')[];
};

const perVantage: Emitted = { unit: 'count', by: ['vantage'] };
const perBoth: Emitted = { unit: 'count', by: ['service', 'vantage'] };

export const CLOUDWATCH_METRICS = {
  RoundsWritten: perVantage,
  RoundsUnwritten: perVantage,
  ProbesFailed: perVantage,
  ProbesSkipped: perVantage,
  VotesDown: perVantage,
  Isolated: perVantage,
  LoopLateness: { unit: 'milliseconds', by: ['vantage'] },
  ReportSize: { unit: 'bytes', by: ['vantage'] },
  StoreTroubles: perVantage,
  DecisionRounds: perVantage,
  DecidingRegions: perVantage,
  SilentVantages: perVantage,
  ZoneTroubles: perVantage,
  ChangesPending: perVantage,
  AutomationOff: perBoth,
  Drift: perBoth,
  Blocked: perBoth,
  Withheld: perBoth,
  Commits: perBoth,
  Conflicts: perBoth,
  GenerationBack: { unit: 'count', by: ['service'] },
  InsyncDelay: { unit: 'milliseconds', by: ['service'] },
  OrderAge: { unit: 'milliseconds', by: ['vantage'] },
  ReportAge: { unit: 'milliseconds', by: ['vantage'] },
  DeliveryFailures: perVantage,
  OperatingErrors: perVantage,
  Failures: perVantage,
} as const satisfies Readonly<Record<string, Emitted>>;
export type CloudWatchMetric = keyof typeof CLOUDWATCH_METRICS;
