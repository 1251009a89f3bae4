/**
 * What AWS asks for, in USD, us-east-1, as read in November 2026: the one place with prices. Other regions
 * ask up to half as much again. None of it is fetched; `verify: true` marks what rests on secondary
 * sources and should be held against AWS's own page before a budget is built on it.
 */

export const PRICES_AS_OF = '2026-11';
/** AWS's own month. */
export const HOURS_PER_MONTH = 730;

export type Price = {
  readonly usd: number;
  readonly per: string;
  readonly source: string;
  readonly verify: boolean;
  /** Free for ever, per account and month, whatever else uses the account; absent: nothing. */
  readonly free?: number;
};

const LAMBDA = 'https://aws.amazon.com/lambda/pricing/';
const DYNAMODB = 'https://aws.amazon.com/dynamodb/pricing/on-demand/';
const CLOUDWATCH = 'https://aws.amazon.com/cloudwatch/pricing/';
const ROUTE53 = 'https://aws.amazon.com/route53/pricing/';
const EVENTBRIDGE = 'https://aws.amazon.com/eventbridge/pricing/';
const EC2 = 'https://aws.amazon.com/ec2/pricing/on-demand/#Data_Transfer';

/** Quantities are in the unit of `per`. */
export const PRICES = {
  lambdaGbSecond: {
    usd: 0.0000133334,
    per: 'GB-second, arm64',
    source: LAMBDA,
    verify: true,
    free: 400_000,
  },
  lambdaRequest: { usd: 0.2 / 1e6, per: 'request', source: LAMBDA, verify: true, free: 1_000_000 },
  scheduler: {
    usd: 1 / 1e6,
    per: 'invocation',
    source: EVENTBRIDGE,
    verify: true,
    free: 14_000_000,
  },
  writeUnit: {
    usd: 0.625 / 1e6,
    per: 'write of 1 KB, in each replica',
    source: DYNAMODB,
    verify: true,
  },
  readUnit: {
    usd: 0.125 / 1e6,
    per: 'strongly consistent read of 4 KB',
    source: DYNAMODB,
    verify: true,
  },
  tableGbMonth: {
    usd: 0.25,
    per: 'GB stored, in each replica',
    source: DYNAMODB,
    verify: true,
    free: 25,
  },
  backupGbMonth: { usd: 0.2, per: 'GB of point-in-time recovery', source: DYNAMODB, verify: true },
  replicationGb: { usd: 0.02, per: 'GB between regions', source: EC2, verify: true },
  metric: { usd: 0.3, per: 'custom metric', source: CLOUDWATCH, verify: true, free: 10 },
  alarm: { usd: 0.1, per: 'alarm', source: CLOUDWATCH, verify: true, free: 10 },
  logGb: { usd: 0.5, per: 'GB of logs taken in', source: CLOUDWATCH, verify: true, free: 5 },
  logGbMonth: { usd: 0.03, per: 'GB of logs kept', source: CLOUDWATCH, verify: true },
  internetGb: { usd: 0.09, per: 'GB out to the internet', source: EC2, verify: true, free: 100 },
  route53Request: { usd: 0, per: 'API request', source: ROUTE53, verify: false },
  healthCheckAws: {
    usd: 0.5,
    per: 'health check of an AWS endpoint',
    source: ROUTE53,
    verify: true,
    free: 50,
  },
  healthCheckOther: {
    usd: 0.75,
    per: 'health check of another endpoint',
    source: ROUTE53,
    verify: true,
  },
  healthCheckOptionAws: {
    usd: 1,
    per: 'option of one (HTTPS, string, 10 s)',
    source: ROUTE53,
    verify: true,
  },
  healthCheckOptionOther: {
    usd: 2,
    per: 'option of one (HTTPS, string, 10 s)',
    source: ROUTE53,
    verify: true,
  },
} as const satisfies Record<string, Price>;

export type PriceId = keyof typeof PRICES;
