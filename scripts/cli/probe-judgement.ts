/**
 * Answers to one endpoint's requests → what `probe` shows: each request with each address that answered, its
 * phases, and every condition on its own, held or not. The judgement is the core's, asked one condition at
 * a time; the outcome is the very observation that a vantage would have made.
 */
import { unmetExpectation, unmetLatency, watchFinding } from '../../shared/core/condition.ts';
import type {
  Aids,
  Check,
  Endpoint,
  EpochMs,
  Expectation,
  HeaderValue,
  HttpCheck,
  Service,
  TcpCheck,
} from '../../shared/core/model.ts';
import { type Look, type Observation, observe } from '../../shared/core/observation.ts';
import type { Attempt, ProbeResponse, Timings } from '../../shared/core/probe.ts';
import { leafRequest, leavesOf } from '../../shared/core/probe-request.ts';
import { FAIL_CODES, SKIP_CODES } from '../../shared/core/reason-code.ts';
import { safeText } from '../../shared/core/safe-text.ts';

export type ConditionShown = {
  readonly name: string;
  readonly holds: boolean;
  /** What was found, beside what was expected where it does not hold. */
  readonly detail: string;
};

export type AttemptShown = {
  readonly address: string | null;
  readonly result: 'answer' | 'fail' | 'skipped';
  /** Of a failure or a skip. */
  readonly code: string | null;
  readonly detail: string;
  readonly status: number | null;
  readonly timings: Timings;
  readonly redirects: number;
  readonly certificateUntilAt: EpochMs | null;
  readonly expect: readonly ConditionShown[];
  readonly watch: readonly ConditionShown[];
};

export type RequestShown = {
  /** `GET https://198.51.100.20/health`, `TCP 198.51.100.20:5432` */
  readonly asks: string;
  readonly target: string;
  readonly host: string | null;
  /** Configured headers; a secret is shown as the parameter that holds it. */
  readonly headers: Readonly<Record<string, string>>;
  readonly attempts: readonly AttemptShown[];
};

export type LookShown = {
  readonly outcome: Observation['outcome'];
  readonly latencyMs: number | null;
  readonly watch: Observation['watch'];
  readonly requests: readonly RequestShown[];
};

type Patterns = Pick<Aids, 'compilePattern'>;
const DAY_MS = 86_400_000;
/** A terminal is looked at, recorded and pasted into tickets. */
const CONFIDENTIAL = /auth|cookie|token|key|secret|password/i;
/** Lets any status pass, so that the one condition that is asked about decides. */
const ANY_STATUS = [{ from: 100, to: 599 }] as const;

export function judgeLook(
  service: Service,
  endpoint: Endpoint,
  responses: ReadonlyMap<string, ProbeResponse>,
  look: Look,
  patterns: Patterns,
): LookShown {
  const { outcome, latencyMs, watch } = observe(service, endpoint, responses, look, patterns);
  const requests = leavesOf(endpoint.check.node).flatMap((leaf) =>
    endpoint.probeTargets.map((target): RequestShown => {
      const request = leafRequest(service, endpoint, leaf, target);
      const attempts = responses.get(request.key)?.attempts ?? [];
      return {
        asks:
          request.kind === 'http'
            ? `${request.method} ${request.url}`
            : `TCP ${request.target} port ${request.port}`,
        target: request.target,
        host: request.kind === 'http' ? request.host : null,
        headers: request.kind === 'http' ? shownHeaders(request.headers) : {},
        attempts: attempts.map((attempt) =>
          attemptShown(attempt, leaf, endpoint.check, look.at, patterns),
        ),
      };
    }),
  );
  return { outcome, latencyMs, watch, requests };
}

const shownHeaders = (
  headers: Readonly<Record<string, HeaderValue>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value !== 'string'
        ? `(secret, from ssm ${value.ssm})`
        : CONFIDENTIAL.test(name)
          ? '(as in the file)'
          : value,
    ]),
  );

function attemptShown(
  attempt: Attempt,
  leaf: HttpCheck | TcpCheck,
  check: Check,
  at: EpochMs,
  patterns: Patterns,
): AttemptShown {
  const { result, timings, address } = attempt;
  const common = { address, timings, status: null, redirects: 0, certificateUntilAt: null };
  switch (result.kind) {
    case 'fail':
    case 'skipped': {
      const meaning = result.kind === 'fail' ? FAIL_CODES[result.code] : SKIP_CODES[result.code];
      const detail = safeText(result.detail || meaning);
      return { ...common, result: result.kind, code: result.code, detail, expect: [], watch: [] };
    }
    case 'tcp':
    case 'http':
      return {
        ...common,
        ...(result.kind === 'http'
          ? {
              status: result.status,
              redirects: result.redirects,
              certificateUntilAt: result.certificate?.notAfterAt ?? null,
            }
          : {}),
        result: 'answer',
        code: null,
        detail: '',
        expect: expectations(attempt, leaf, at, patterns),
        watch: check.watch.map((condition): ConditionShown => {
          const finding = watchFinding(condition, attempt, at, patterns);
          return {
            name: condition.name,
            holds: finding === undefined,
            detail: finding?.detail ?? foundText(condition.kind, attempt, at),
          };
        }),
      };
  }
}

/** One condition at a time, in the order in which the core asks them. */
function expectations(
  attempt: Attempt,
  leaf: HttpCheck | TcpCheck,
  at: EpochMs,
  patterns: Patterns,
): readonly ConditionShown[] {
  const { result, timings } = attempt;
  if (leaf.kind === 'tcp' || result.kind !== 'http') {
    const { latencyMsMax } = leaf.expect;
    const slow = unmetLatency(leaf.expect, timings.totalMs);
    return [
      { name: 'connects', holds: true, detail: `in ${timings.connectMs ?? timings.totalMs} ms` },
      ...(latencyMsMax === undefined
        ? []
        : [held('latency', slow, `${timings.totalMs} ms, at most ${latencyMsMax} ms`)]),
    ];
  }
  const { status, headers, body, latencyMsMax, certificateDaysMin } = leaf.expect;
  const unmet = (expect: Expectation): { readonly detail: string } | undefined =>
    unmetExpectation(expect, result, timings.totalMs, at, patterns);
  const only = (expect: Expectation): Expectation => ({ ...expect, status: ANY_STATUS });
  return [
    held('status', unmet(status === undefined ? {} : { status }), `status ${result.status}`),
    ...Object.entries(headers ?? {}).map(([name, value]) =>
      held(
        `header ${name}`,
        unmet(only({ headers: { [name]: value } })),
        `is ${safeText(value, 60)}`,
      ),
    ),
    ...(body === undefined
      ? []
      : [
          held(
            'body',
            unmet(only({ body })),
            body.kind === 'contains'
              ? `contains ${safeText(body.text, 60)}`
              : `matches ${safeText(body.pattern, 60)}`,
          ),
        ]),
    ...(latencyMsMax === undefined
      ? []
      : [
          held(
            'latency',
            unmet(only({ latencyMsMax })),
            `${timings.totalMs} ms, at most ${latencyMsMax} ms`,
          ),
        ]),
    ...(certificateDaysMin === undefined
      ? []
      : [
          held(
            'certificate',
            unmet(only({ certificateDaysMin })),
            foundText('certificate', attempt, at),
          ),
        ]),
  ];
}

const held = (
  name: string,
  unmet: { readonly detail: string } | undefined,
  found: string,
): ConditionShown => ({ name, holds: unmet === undefined, detail: unmet?.detail ?? found });

function foundText(
  kind: Check['watch'][number]['kind'],
  { result, timings }: Attempt,
  at: EpochMs,
): string {
  const http = result.kind === 'http' ? result : undefined;
  switch (kind) {
    case 'latency':
      return `${timings.totalMs} ms`;
    case 'certificate': {
      const until = http?.certificate?.notAfterAt;
      return until === undefined
        ? 'no certificate'
        : `${Math.floor((until - at) / DAY_MS)} days left`;
    }
    case 'status':
      return http === undefined ? '' : `status ${http.status}`;
    case 'body':
      return 'the body matches';
  }
}
