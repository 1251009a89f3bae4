/**
 * Counts of a calm stretch → a month's bill; pure. Every line is quantity times price; a write is paid
 * for once in each replica, everything else once. What the free tier takes off is told apart: it is the
 * account's, and may be used up by others.
 */
import { type Counts, REFUSED } from './counts.ts';
import type { Shape } from './deployed-shape.ts';
import { HOURS_PER_MONTH, PRICES, type Price, type PriceId } from './prices.ts';

/** What the made-up latencies leave out: a small function's own work, and the platform's log lines. */
export const OVERHEAD_MS = { probe: 0, quorum: 200, notify: 100, api: 0 } as const;
/** START, END and REPORT. */
export const PLATFORM_LOG_BYTES = 350;
/** Out of the region per probe: DNS, TCP, a TLS handshake and one request. */
export const PROBE_BYTES_OUT = 2_000;
const GB = 1e9;

export type BillLine = {
  readonly item: string;
  readonly price: PriceId;
  /** A month. */
  readonly quantity: number;
  readonly usd: number;
  /** After the free tier of an account that nothing else uses. */
  readonly usdAfterFree: number;
};

export type Bill = {
  readonly lines: readonly BillLine[];
  readonly usd: number;
  readonly usdAfterFree: number;
  readonly usdPerVantage: number;
};

export function billOf(counts: Counts, shape: Shape): Bill {
  const { vantages: replicas, minutes } = counts;
  const month = (quantity: number): number => (quantity * HOURS_PER_MONTH * 60) / minutes;
  const items = Object.entries(counts.items);
  const replicated = items.filter(([kind]) => kind !== REFUSED).map(([, item]) => item);
  const total = (of: (item: (typeof replicated)[number]) => number): number =>
    replicated.reduce((sum, item) => sum + of(item), 0);
  const refused = counts.items[REFUSED]?.writeUnits ?? 0;
  const storedGb = (total((item) => item.byteSeconds) / (minutes * 60) / GB) * replicas;
  const functions = Object.values(counts.functions);
  const invocations = functions.reduce((sum, one) => sum + one.invocations, 0);
  const logBytes =
    functions.reduce((sum, one) => sum + one.logBytes, 0) + invocations * PLATFORM_LOG_BYTES;
  const gbSeconds = (id: 'probe' | 'quorum' | 'notify'): number => {
    const { runningMs, invocations: runs } = counts.functions[id];
    return ((runningMs + runs * OVERHEAD_MS[id]) / 1000) * (shape.memoryMb[id] / 1024);
  };

  const quantities: readonly (readonly [item: string, price: PriceId, quantity: number])[] = [
    ['Lambda: probe running', 'lambdaGbSecond', month(gbSeconds('probe'))],
    ['Lambda: quorum running', 'lambdaGbSecond', month(gbSeconds('quorum'))],
    ['Lambda: notify running', 'lambdaGbSecond', month(gbSeconds('notify'))],
    ['Lambda: invocations', 'lambdaRequest', month(invocations)],
    ['Scheduler: invocations', 'scheduler', month(invocations)],
    ['DynamoDB: writes', 'writeUnit', month(total((item) => item.writeUnits) * replicas + refused)],
    [
      'DynamoDB: expired items, deleted in the other replicas',
      'writeUnit',
      month(total((item) => item.expiringUnits) * (replicas - 1)),
    ],
    ['DynamoDB: reads', 'readUnit', month(counts.readUnits)],
    ['DynamoDB: stored', 'tableGbMonth', storedGb],
    ['DynamoDB: backup', 'backupGbMonth', storedGb],
    [
      'Replication between regions',
      'replicationGb',
      (month(total((item) => item.bytes)) * (replicas - 1)) / GB,
    ],
    ['CloudWatch: metrics', 'metric', counts.metrics],
    ['CloudWatch: alarms', 'alarm', shape.alarms * replicas],
    ['CloudWatch: logs taken in', 'logGb', month(logBytes) / GB],
    [
      'CloudWatch: logs kept',
      'logGbMonth',
      (month(logBytes) / GB) * ((shape.logRetentionDays * 24) / HOURS_PER_MONTH),
    ],
    ['Probes out to the internet', 'internetGb', month(counts.probes * PROBE_BYTES_OUT) / GB],
    [
      'Route 53: API requests',
      'route53Request',
      month(Object.values(counts.route53).reduce((sum, count) => sum + count, 0)),
    ],
  ];
  const lines = priced(quantities);
  const usd = lines.reduce((sum, line) => sum + line.usd, 0);
  const usdAfterFree = lines.reduce((sum, line) => sum + line.usdAfterFree, 0);
  return { lines, usd, usdAfterFree, usdPerVantage: usd / replicas };
}

/** A free quantity is used up line by line, in their order. */
function priced(
  quantities: readonly (readonly [item: string, price: PriceId, quantity: number])[],
): readonly BillLine[] {
  const left = new Map<PriceId, number>();
  return quantities.map(([item, price, quantity]) => {
    const { usd, free = 0 }: Price = PRICES[price];
    const before = left.get(price) ?? free;
    const taken = Math.min(before, quantity);
    left.set(price, before - taken);
    return { item, price, quantity, usd: quantity * usd, usdAfterFree: (quantity - taken) * usd };
  });
}
