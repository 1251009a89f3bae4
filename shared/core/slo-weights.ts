/**
 * Committed decisions → what DNS served at any time, as each endpoint's share of the traffic. An endpoint that
 * fails after its weight has left costs no user anything, so budgets are weighted by this. Where no change is on
 * record, the weights of the file stand in, and `source` says so.
 */
import { byText, type EpochMs, type Service } from './model.ts';
import type { DecisionRecord, Mark } from './record.ts';

/** 0 to 1 by endpoint; adds up to 1. Clients that keep an old answer for its TTL are not seen. */
export type Shares = ReadonlyMap<string, number>;

export type Served = {
  readonly source: 'decisions' | 'configured';
  readonly at: (at: number) => Shares;
  /** Did they change after `from` and before `to`? */
  readonly changesWithin: (from: number, to: number) => boolean;
};

type Step = { readonly at: EpochMs; readonly before: Shares | null; readonly after: Shares };

/** In any order. A record counts once a mark says that Route 53 took it. */
export function servedBy(
  service: Pick<Service, 'endpoints'>,
  records: readonly DecisionRecord[],
  marks: readonly Mark[],
): Served {
  const took = new Map(
    marks.filter(({ kind }) => TAKEN.has(kind)).map((mark) => [keyOf(mark), mark.at]),
  );
  const committedAt = new Map(
    marks.filter(({ kind }) => kind === 'committed').map((mark) => [keyOf(mark), mark.at]),
  );
  const steps = records
    .flatMap((record): readonly Step[] => {
      const at = committedAt.get(keyOf(record)) ?? (took.has(keyOf(record)) ? record.at : null);
      const after = sharesOf(record.lines.map(({ endpoint, to }) => [endpoint, to]));
      if (at === null || after === null) return [];
      return [
        { at, before: sharesOf(record.lines.map(({ endpoint, from }) => [endpoint, from])), after },
      ];
    })
    .sort((a, b) => a.at - b.at);
  const configured = configuredShares(service);
  const [first] = steps;
  return {
    source: first === undefined ? 'configured' : 'decisions',
    at: (at) => steps.findLast((step) => step.at <= at)?.after ?? first?.before ?? configured,
    changesWithin: (from, to) => steps.some(({ at }) => at > from && at < to),
  };
}

/** A mark of a later stage stands for those before it, which may not have been written. */
const TAKEN: ReadonlySet<Mark['kind']> = new Set<Mark['kind']>([
  'committed',
  'insync',
  'seen',
  'found',
]);

const keyOf = ({ generation, nonce }: Pick<Mark, 'generation' | 'nonce'>): string =>
  `${generation} ${nonce}`;

/** Null where nothing has weight: before the first records there is nothing to serve. */
function sharesOf(
  weights: readonly (readonly [endpoint: string, weight: number])[],
): Shares | null {
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  return total === 0
    ? null
    : new Map(weights.map(([endpoint, weight]) => [endpoint, weight / total]));
}

/** The first tier serves. */
function configuredShares({ endpoints }: Pick<Service, 'endpoints'>): Shares {
  const tier = Math.min(...endpoints.filter(({ weight }) => weight > 0).map((one) => one.tier));
  const weights = endpoints
    .map((one) => [String(one.id), one.tier === tier ? Number(one.weight) : 0] as const)
    .sort(([a], [b]) => byText(a, b));
  return sharesOf(weights) ?? new Map();
}
