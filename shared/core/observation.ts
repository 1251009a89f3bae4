/**
 * Probe → observation. A check is a tree of requests; `probesOf` lists its leaves, the prober answers
 * each with plain facts, and `observe` judges those facts: pass, fail with a reason code, or skipped
 * (the vantage's own fault). The prober decides nothing, so that every judgement is pure and testable.
 */
import type { EndpointId, EpochMs, HeaderValue, ServiceId, VantageId } from './model.ts';
import type { FailCode, SkipCode } from './reason-code.ts';

/** One leaf request, placeholders filled in. Equal `key`s are probed once. */
export type ProbeRequest = {
  readonly key: string;
  readonly timeoutMs: number;
  /** Host name or address to resolve and connect to, instead of what the URL says. */
  readonly target: string;
} & (
  | {
      readonly kind: 'http';
      readonly url: string;
      readonly method: 'GET' | 'HEAD' | 'POST' | 'OPTIONS';
      readonly host: string;
      readonly headers: Readonly<Record<string, HeaderValue>>;
      readonly readsBody: boolean;
    }
  | { readonly kind: 'tcp'; readonly port: number }
);

/** Milliseconds since the probe began, null where the phase was not reached. */
export type Timings = {
  readonly dnsMs: number | null;
  readonly connectMs: number | null;
  readonly tlsMs: number | null;
  readonly firstByteMs: number | null;
  readonly totalMs: number;
};

export type CertificateFacts = { readonly notBeforeAt: EpochMs; readonly notAfterAt: EpochMs };

/** What one address answered. A name with several addresses gives one attempt each, at most 4. */
export type Attempt = {
  readonly address: string | null;
  readonly family: 4 | 6 | null;
  readonly timings: Timings;
  readonly result:
    | {
        readonly kind: 'http';
        readonly status: number;
        /** Names lower case. At most 64 KiB in all. */
        readonly headers: Readonly<Record<string, string>>;
        /** At most 64 KiB, bytes that are no UTF-8 replaced. */
        readonly body: string;
        readonly redirects: number;
        readonly certificate: CertificateFacts | null;
      }
    | { readonly kind: 'tcp' }
    | { readonly kind: 'fail'; readonly code: FailCode; readonly detail: string }
    | { readonly kind: 'skipped'; readonly code: SkipCode; readonly detail: string };
};
export type ProbeResponse = { readonly key: string; readonly attempts: readonly Attempt[] };

/** One condition under `watch` that does not hold now. Never a vote. */
export type WatchFinding = { readonly name: string; readonly detail: string };

export type Outcome =
  | { readonly kind: 'pass' }
  | { readonly kind: 'fail'; readonly code: FailCode; readonly detail: string }
  | { readonly kind: 'skipped'; readonly code: SkipCode; readonly detail: string };

/** The immutable outcome of one look of one vantage at one endpoint. */
export type Observation = {
  readonly service: ServiceId;
  readonly endpoint: EndpointId;
  readonly vantage: VantageId;
  readonly round: number;
  /** Start of the round. */
  readonly at: EpochMs;
  readonly outcome: Outcome;
  /** Of the slowest passing attempt, null where none passed. */
  readonly latencyMs: number | null;
  readonly timings: Timings | null;
  readonly watch: readonly WatchFinding[];
};

export type Look = { readonly vantage: VantageId; readonly round: number; readonly at: EpochMs };
