/**
 * One probe as plain facts: what is asked, and what each address answered. The prober fills these in and
 * judges nothing.
 */
import type { EpochMs, HeaderValue } from './model.ts';
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
      /** Absent: up to 3 are followed. `false` where the check names a 3xx: then that is the answer. */
      readonly followsRedirects?: false;
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
