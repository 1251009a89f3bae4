/** What a counted run found: plain numbers of a stretch of time, summed over all vantages. */
import type { FunctionId } from '../names.ts';

/** One kind of item in the table: `report`, `rollup minute` … */
export type ItemCounts = {
  /** As DynamoDB counts them, once; each replica pays for them again. */
  readonly writeUnits: number;
  readonly writes: number;
  readonly bytes: number;
  /** Of those that TTL will delete: bytes times the seconds they stay. */
  readonly byteSeconds: number;
  /** Write units that deleting them costs in each *other* replica. */
  readonly expiringUnits: number;
};

/** Kind of a write whose condition failed: it costs its own region, and is not replicated. */
export const REFUSED = 'refused';

export type FunctionCounts = {
  readonly invocations: number;
  readonly runningMs: number;
  readonly logBytes: number;
  readonly logLines: number;
};

export type Counts = {
  readonly minutes: number;
  readonly vantages: number;
  readonly services: number;
  readonly endpoints: number;
  readonly probes: number;
  readonly functions: Readonly<Record<FunctionId, FunctionCounts>>;
  readonly items: Readonly<Record<string, ItemCounts>>;
  readonly requests: Readonly<Record<string, number>>;
  readonly readUnits: number;
  readonly route53: Readonly<Record<string, number>>;
  /** Names times dimensions, in each region: what CloudWatch sells. */
  readonly metrics: number;
  /** Runs that failed, and what they said: a bill for a broken run would be a wrong one. */
  readonly troubles: readonly string[];
};
