/** A bill → what a terminal shows, with what it assumes. */
import type { Config } from '../../shared/core/model.ts';
import { type Bill, OVERHEAD_MS, PLATFORM_LOG_BYTES, PROBE_BYTES_OUT } from './bill.ts';
import { LATENCY_MS } from './counted-latency.ts';
import type { Counts } from './counts.ts';
import type { HealthChecks } from './health-checks.ts';
import { PRICES, PRICES_AS_OF, type Price } from './prices.ts';

export type CostAnswer = {
  readonly config: Pick<Config, 'deployment'>;
  readonly counts: Counts;
  readonly bill: Bill;
  readonly healthChecks: HealthChecks;
};

/** Read beside every number: what was made up, left out, or is the reader's own. */
export const assumptions = (minutes: number): readonly string[] => [
  `prices of us-east-1 as of ${PRICES_AS_OF}, from secondary sources: verify them before you budget; other regions ask up to half as much again`,
  `a calm month: every endpoint is up, no change is made; an outage of hours adds cents`,
  `a DynamoDB call takes ${LATENCY_MS.dynamodb} ms, one to Route 53 ${LATENCY_MS.route53} ms, a probe ${LATENCY_MS.probe} ms; quorum works ${OVERHEAD_MS.quorum} ms and notify ${OVERHEAD_MS.notify} ms besides`,
  `a probe sends ${PROBE_BYTES_OUT} bytes; the platform logs ${PLATFORM_LOG_BYTES} bytes per invocation`,
  'not counted: the hosted zone (0.50) and DNS queries (0.40 per million, none for aliases to AWS), which you pay anyway; requests to the API; NAT gateways and KMS keys where the file names them',
  ...(minutes < 60 ? ['not counted below --minutes 60: the hourly rollup, about a cent'] : []),
];

export function costText({ config, counts, bill, healthChecks }: CostAnswer): string {
  const { vantages, services, endpoints, minutes, probes } = counts;
  const width = Math.max(...bill.lines.map(({ item }) => item.length));
  const rows = bill.lines.map(({ item, price, quantity, usd, usdAfterFree }) => {
    const { per }: Price = PRICES[price];
    return `${item.padEnd(width)}  ${amount(quantity).padStart(11)}  ${money(usd).padStart(8)}  ${money(usdAfterFree).padStart(10)}   per ${per}`;
  });
  const head = `${'USD a month'.padEnd(width)}  ${'quantity'.padStart(11)}  ${'USD'.padStart(8)}  ${'after free'.padStart(10)}`;
  const sum = `${'total'.padEnd(width)}  ${''.padStart(11)}  ${money(bill.usd).padStart(8)}  ${money(bill.usdAfterFree).padStart(10)}`;
  return [
    `${config.deployment}: ${count(vantages, 'vantage')}, ${count(services, 'service')}, ${count(endpoints, 'endpoint')}; counted over ${minutes} min of virtual time, ${probes} probes`,
    '',
    head,
    ...rows,
    sum,
    '',
    `${money(bill.usdPerVantage)} per vantage: it grows with vantages, hardly with endpoints.`,
    `Route 53 health checks of the same endpoints: ${money(healthChecks.usd)} (${count(healthChecks.checks, 'check')}, ${healthChecks.onAws} on AWS, ${count(healthChecks.options, 'option')}); ${money(healthChecks.usdAfterFree)} after free.`,
    '',
    ...assumptions(minutes).map((one) => `- ${one}`),
  ].join('\n');
}

const count = (number: number, noun: string): string =>
  `${number} ${noun}${number === 1 ? '' : 's'}`;
const money = (usd: number): string => usd.toFixed(2);

/** 1234567 → 1,234,567; small ones with what is left of them. No locale: the same on every machine. */
function amount(quantity: number): string {
  if (quantity < 100) return String(Number(quantity.toPrecision(3)));
  return String(Math.round(quantity)).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
