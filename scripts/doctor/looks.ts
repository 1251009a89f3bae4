/**
 * What `doctor` may ask of AWS: reads only, one per noun. `undefined` is "there is no such thing", an
 * exception is "could not be asked": the gatherer turns it into words, and nothing that could not be
 * asked is ever called well. `aws-looks.ts` implements these with the SDK, tests with plain values.
 */
import type { VantageId, ZoneRef } from '../../shared/core/model.ts';
import type { FunctionId } from '../names.ts';

export type Identity = { readonly account: string; readonly arn: string };

/** One region's replica. */
export type TableFact = {
  readonly status: string;
  /** The other regions' replicas, as this region sees them. */
  readonly replicas: readonly { readonly region: string; readonly status: string }[];
  readonly streamArn: string | null;
  readonly streamView: string | null;
  readonly deletionProtection: boolean;
  /** The attribute; null while TTL is off. */
  readonly ttlAttribute: string | null;
  readonly pointInTimeRecovery: boolean;
};

export type FunctionFact = {
  readonly state: string;
  readonly lastUpdate: string;
  readonly runtime: string;
  readonly codeSha256: string;
  /** Reserved for this function; null: shares the account's. */
  readonly reserved: number | null;
};

/** An event source mapping of `quorum`. */
export type MappingFact = {
  readonly id: string;
  readonly state: string;
  readonly source: string;
  readonly lastResult: string;
};

export type StackFact = {
  readonly status: string;
  readonly reason: string;
  readonly schedules: readonly { readonly id: string; readonly status: string }[];
};

export type ConcurrencyFact = { readonly limit: number; readonly unreserved: number };

export type HostedZoneFact = {
  /** Lower case, no final dot. */
  readonly name: string;
  readonly isPrivate: boolean;
  readonly nameServers: readonly string[];
  /** As Route 53 says it; null where it says nothing. */
  readonly acceleratedRecovery: string | null;
};

export type Protection = { readonly name: string; readonly type: string; readonly comment: string };

export type HealthCheckFact = { readonly inverted: boolean; readonly disabled: boolean };

/** What a role is asked to be allowed, and whether it should be. */
export type Permission = {
  readonly role: string;
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, readonly string[]>>;
};

export type Looks = {
  readonly identity: (signal: AbortSignal) => Promise<Identity>;
  readonly table: (
    region: VantageId,
    name: string,
    signal: AbortSignal,
  ) => Promise<TableFact | undefined>;
  readonly fn: (
    region: VantageId,
    name: string,
    signal: AbortSignal,
  ) => Promise<FunctionFact | undefined>;
  readonly mappings: (
    region: VantageId,
    functionName: string,
    signal: AbortSignal,
  ) => Promise<readonly MappingFact[] | undefined>;
  readonly stack: (
    region: VantageId,
    name: string,
    signal: AbortSignal,
  ) => Promise<StackFact | undefined>;
  readonly concurrency: (region: VantageId, signal: AbortSignal) => Promise<ConcurrencyFact>;
  readonly hostedZone: (zone: ZoneRef, signal: AbortSignal) => Promise<HostedZoneFact | undefined>;
  readonly protections: (zone: ZoneRef, signal: AbortSignal) => Promise<readonly Protection[]>;
  readonly healthCheck: (
    zone: ZoneRef,
    id: string,
    signal: AbortSignal,
  ) => Promise<HealthCheckFact | undefined>;
  /** Of the zone's apex, as this machine's resolver finds them; empty: not delegated. */
  readonly delegation: (apex: string, signal: AbortSignal) => Promise<readonly string[]>;
  /** undefined: no such role. */
  readonly isAllowed: (asked: Permission, signal: AbortSignal) => Promise<boolean | undefined>;
  readonly close: () => void;
};

export const FUNCTIONS_LOOKED_AT = [
  'probe',
  'quorum',
  'notify',
  'api',
] as const satisfies readonly FunctionId[];
