/**
 * What deploying and removing may ask of AWS: one small port, in words of our own, so that the story of
 * a deployment is told and tested without an account. The adapter translates; every trouble arrives as a
 * `QuorateError`: `UNAUTHENTICATED` (no usable credentials), `ACCESS_DENIED` (a permission is missing),
 * `DEPLOY_FAILED` (anything else, with the service's own words).
 */
import type { EpochMs, VantageId, ZoneRef } from '../../shared/core/model.ts';

export type Identity = { readonly account: string; readonly arn: string };

export type StackState = {
  readonly status: string;
  readonly reason: string;
};

export type ReplicaState = { readonly region: VantageId; readonly status: string };

export type TableState = {
  readonly status: string;
  readonly createdAt: EpochMs | null;
  /** Names of the keys, `pk, sk`: another table by our name has others. */
  readonly keys: string;
  readonly hasStream: boolean;
  readonly isProtected: boolean;
  /** Of a global table, this region's own included; empty for a plain table. */
  readonly replicas: readonly ReplicaState[];
};

export type Concurrency = { readonly limit: number; readonly unreserved: number };

export type DeployedFunction = {
  /** The configuration in its archive; null where there is none to read. */
  readonly packaged: string | null;
  readonly reserved: number;
};

/** One thing a deployer does, on what it is done. */
export type Ask = { readonly action: string; readonly resource: string };

export type StackChange = {
  readonly region: VantageId;
  readonly name: string;
  readonly template: string;
  readonly tags: Readonly<Record<string, string>>;
};

export type Import = {
  readonly type: string;
  readonly logicalId: string;
  readonly identifier: Readonly<Record<string, string>>;
};

export type Cloud = {
  /** False where an endpoint is set: an engine that keeps one table per region and replicates nothing. */
  readonly isAws: boolean;
  readonly identity: (region: VantageId, signal: AbortSignal) => Promise<Identity>;
  /** Those that IAM's simulator denies; null where it may not be asked or does not know this caller. */
  readonly denied: (
    identity: Identity,
    asks: readonly Ask[],
    signal: AbortSignal,
  ) => Promise<readonly Ask[] | null>;
  readonly concurrency: (region: VantageId, signal: AbortSignal) => Promise<Concurrency>;
  readonly stack: (
    region: VantageId,
    name: string,
    signal: AbortSignal,
  ) => Promise<StackState | null>;
  /** Why the last change of a stack failed, in CloudFormation's words; empty if it tells nothing. */
  readonly stackTrouble: (region: VantageId, name: string, signal: AbortSignal) => Promise<string>;
  readonly createStack: (change: StackChange, signal: AbortSignal) => Promise<void>;
  readonly updateStack: (
    change: StackChange,
    signal: AbortSignal,
  ) => Promise<'started' | 'unchanged'>;
  /** A new stack around what exists. */
  readonly importStack: (
    change: StackChange,
    imports: readonly Import[],
    signal: AbortSignal,
  ) => Promise<void>;
  /** Empties the buckets that the stack made, as a full one can't be deleted, then starts the deletion. */
  readonly deleteStack: (region: VantageId, name: string, signal: AbortSignal) => Promise<void>;
  readonly table: (
    region: VantageId,
    name: string,
    signal: AbortSignal,
  ) => Promise<TableState | null>;
  readonly unprotectTable: (region: VantageId, name: string, signal: AbortSignal) => Promise<void>;
  readonly removeReplica: (
    home: VantageId,
    name: string,
    region: VantageId,
    signal: AbortSignal,
  ) => Promise<void>;
  readonly deleteTable: (region: VantageId, name: string, signal: AbortSignal) => Promise<void>;
  readonly parameter: (
    region: VantageId,
    name: string,
    signal: AbortSignal,
  ) => Promise<'present' | 'missing' | 'unknown'>;
  /** A function as deployed; null where there is none. */
  readonly deployedFunction: (
    region: VantageId,
    functionName: string,
    signal: AbortSignal,
  ) => Promise<DeployedFunction | null>;
  /** Asks for one run now, without waiting for it; where that is not permitted, the schedule will. */
  readonly start: (region: VantageId, functionName: string, signal: AbortSignal) => Promise<void>;
  /** Of the function itself, or of one of its aliases. */
  readonly functionUrl: (
    region: VantageId,
    functionName: string,
    alias: string | null,
    signal: AbortSignal,
  ) => Promise<string | null>;
  readonly zone: (
    zone: ZoneRef,
    signal: AbortSignal,
  ) => Promise<{ readonly name: string; readonly isPrivate: boolean } | 'no-such-zone'>;
};
