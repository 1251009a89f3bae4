/**
 * The same endpoints under Route 53's own health checks, for comparison; pure. One check per address or
 * name that is probed; HTTPS, a string to find and a 10-s interval are options that cost extra.
 */
import type { CheckNode, Config, Endpoint, Service } from '../../shared/core/model.ts';
import { PRICES } from './prices.ts';

export type HealthChecks = {
  readonly checks: number;
  /** Of endpoints on AWS: cheaper, and 50 of them are free. */
  readonly onAws: number;
  readonly options: number;
  readonly usd: number;
  readonly usdAfterFree: number;
};

/** Route 53 checks every 30 s, or every 10 s at a price. */
const FAST_MS = 30_000;

export function healthChecksOf({ services }: Pick<Config, 'services'>): HealthChecks {
  const checks = services.flatMap((service) =>
    service.endpoints.flatMap((endpoint) =>
      endpoint.probeTargets.flatMap((target) =>
        leavesOf(endpoint.check.node).map((leaf) => ({
          isAws: isAws(target, endpoint),
          options: optionsOf(leaf, service),
        })),
      ),
    ),
  );
  const aws = checks.filter(({ isAws: own }) => own);
  const other = checks.filter(({ isAws: own }) => !own);
  const optionsIn = (list: typeof checks): number =>
    list.reduce((sum, { options }) => sum + options, 0);
  const optionsUsd =
    optionsIn(aws) * PRICES.healthCheckOptionAws.usd +
    optionsIn(other) * PRICES.healthCheckOptionOther.usd;
  const otherUsd = other.length * PRICES.healthCheckOther.usd;
  const paidAws = Math.max(0, aws.length - PRICES.healthCheckAws.free);
  return {
    checks: checks.length,
    onAws: aws.length,
    options: optionsIn(checks),
    usd: optionsUsd + otherUsd + aws.length * PRICES.healthCheckAws.usd,
    usdAfterFree: optionsUsd + otherUsd + paidAws * PRICES.healthCheckAws.usd,
  };
}

type Leaf = Exclude<CheckNode, { readonly kind: 'all' | 'any' }>;

const leavesOf = (node: CheckNode): readonly Leaf[] =>
  node.kind === 'all' || node.kind === 'any' ? node.checks.flatMap(leavesOf) : [node];

function optionsOf(leaf: Leaf, { everyMs }: Service): number {
  const isHttps = leaf.kind === 'http' && leaf.url.startsWith('https:');
  const findsText = leaf.kind === 'http' && leaf.expect.body !== undefined;
  return [isHttps, findsText, everyMs < FAST_MS].filter(Boolean).length;
}

/** An address says nothing: an elastic IP is on AWS too, and cheaper than shown here. */
const isAws = (target: string, { targets }: Endpoint): boolean =>
  /\.(amazonaws\.com|cloudfront\.net)\.?$/.test(target) ||
  Object.values(targets).some(({ kind }) => kind === 'alias');
