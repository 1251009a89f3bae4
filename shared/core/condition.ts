/**
 * One answer × what is expected of it → the first expectation that does not hold, or none. Conditions under
 * `watch` are judged here too, and only ever become findings. Every detail prints the actual value beside
 * the expected one.
 */
import type {
  Aids,
  BodyMatch,
  EpochMs,
  Expectation,
  StatusRange,
  TcpCheck,
  WatchCondition,
} from './model.ts';
import type { Attempt, CertificateFacts } from './probe.ts';
import type { FailCode, SkipCode } from './reason-code.ts';
import { safeText } from './safe-text.ts';

/** One condition under `watch` that does not hold now. Never a vote. */
export type WatchFinding = { readonly name: string; readonly detail: string };

export type Outcome =
  | { readonly kind: 'pass' }
  | { readonly kind: 'fail'; readonly code: FailCode; readonly detail: string }
  | { readonly kind: 'skipped'; readonly code: SkipCode; readonly detail: string };

export type HttpAnswer = Extract<Attempt['result'], { readonly kind: 'http' }>;
type Unmet = Exclude<Outcome, { readonly kind: 'pass' }>;
type Patterns = Pick<Aids, 'compilePattern'>;

const DAY_MS = 86_400_000;
const QUOTE_LENGTH_MAX = 36;
const OVERLOADED = 429;
/** 429 counts as alive: removing an overloaded endpoint would move its load on to the others. */
const STATUS_DEFAULT: readonly StatusRange[] = [
  { from: 200, to: 399 },
  { from: OVERLOADED, to: OVERLOADED },
];

/** Status first: with a wrong one, nothing else that was said about the answer matters. */
export function unmetExpectation(
  expect: Expectation,
  answer: HttpAnswer,
  totalMs: number,
  at: EpochMs,
  patterns: Patterns,
): Unmet | undefined {
  return (
    unmetStatus(expect.status ?? STATUS_DEFAULT, answer) ??
    unmetHeaders(expect.headers ?? {}, answer) ??
    unmetBody(expect.body, answer, patterns) ??
    unmetLatency(expect, totalMs) ??
    unmetCertificate(expect.certificateDaysMin, answer.certificate, at)
  );
}

export function unmetLatency(expect: TcpCheck['expect'], totalMs: number): Unmet | undefined {
  const { latencyMsMax } = expect;
  if (latencyMsMax === undefined || totalMs <= latencyMsMax) return undefined;
  return fail('latency', `took ${totalMs} ms, expected at most ${latencyMsMax} ms`);
}

/** What a condition under `watch` finds in one attempt; nothing where it can't be judged. */
export function watchFinding(
  condition: WatchCondition,
  attempt: Attempt,
  at: EpochMs,
  patterns: Patterns,
): WatchFinding | undefined {
  const unmet = unmetCondition(condition, attempt, at, patterns);
  return unmet && { name: condition.name, detail: unmet.detail };
}

/** The default status list lets 429 pass; it is shown, so that somebody adds capacity. */
export function overloadFinding(expect: Expectation, answer: HttpAnswer): WatchFinding | undefined {
  if (expect.status !== undefined || answer.status !== OVERLOADED) return undefined;
  return { name: 'overloaded', detail: `status ${OVERLOADED}, counted as alive` };
}

function unmetCondition(
  condition: WatchCondition,
  { result, timings }: Attempt,
  at: EpochMs,
  patterns: Patterns,
): Unmet | undefined {
  if (result.kind === 'fail' || result.kind === 'skipped') return undefined;
  const http = result.kind === 'http' ? result : undefined;
  switch (condition.kind) {
    case 'latency':
      return unmetLatency(condition, timings.totalMs);
    case 'certificate':
      return http && unmetCertificate(condition.daysMin, http.certificate, at);
    case 'body':
      return http && unmetBody(condition.body, http, patterns);
    case 'status':
      return http && unmetStatus(condition.status, http);
  }
}

function unmetStatus(ranges: readonly StatusRange[], answer: HttpAnswer): Unmet | undefined {
  const { status } = answer;
  if (ranges.some(({ from, to }) => from <= status && status <= to)) return undefined;
  return fail('status', `status ${status}, expected ${printRanges(ranges)}`);
}

function unmetHeaders(
  headers: Readonly<Record<string, string>>,
  answer: HttpAnswer,
): Unmet | undefined {
  for (const [name, expected] of Object.entries(headers)) {
    const actual = Object.hasOwn(answer.headers, name) ? answer.headers[name] : undefined;
    if (actual === expected) continue;
    const found = actual === undefined ? 'is missing' : `is ${quote(actual)}`;
    return fail('header', `header ${name} ${found}, expected ${quote(expected)}`);
  }
  return undefined;
}

function unmetBody(
  match: BodyMatch | undefined,
  answer: HttpAnswer,
  { compilePattern }: Patterns,
): Unmet | undefined {
  if (match === undefined) return undefined;
  const found = answer.body === '' ? 'the body is empty' : `the body is ${quote(answer.body)}`;
  if (match.kind === 'contains') {
    if (answer.body.includes(match.text)) return undefined;
    return fail('body', `${found}, expected to contain ${quote(match.text)}`);
  }
  const compiled = compilePattern(match.pattern);
  // Refused when the file is read. Should one get here all the same, it says nothing about the endpoint.
  if ('problem' in compiled) return unusablePattern(match.pattern, compiled.problem);
  if (compiled.matches(answer.body)) return undefined;
  return fail('body', `${found}, expected to match ${quote(match.pattern)}`);
}

function unmetCertificate(
  daysMin: number | undefined,
  certificate: CertificateFacts | null,
  at: EpochMs,
): Unmet | undefined {
  if (daysMin === undefined) return undefined;
  if (certificate === null) {
    return fail('certificate-days', `no certificate, expected one with ${daysMin} days left`);
  }
  const daysLeft = Math.floor((certificate.notAfterAt - at) / DAY_MS);
  if (daysLeft >= daysMin) return undefined;
  return fail(
    'certificate-days',
    `the certificate has ${daysLeft} days left, expected at least ${daysMin}`,
  );
}

const fail = (code: Extract<Unmet, { kind: 'fail' }>['code'], detail: string): Unmet => ({
  kind: 'fail',
  code,
  detail: safeText(detail),
});

const unusablePattern = (pattern: string, problem: string): Unmet => ({
  kind: 'skipped',
  code: 'aborted',
  detail: safeText(`pattern ${quote(pattern)} can't be used: ${problem}`),
});

const quote = (text: string): string => `"${safeText(text, QUOTE_LENGTH_MAX)}"`;

/** `200-299 or 429`, `200, 204 or 301-302`. */
function printRanges(ranges: readonly StatusRange[]): string {
  const printed = ranges.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`));
  const last = printed.at(-1) ?? 'none';
  const before = printed.slice(0, -1);
  return before.length === 0 ? last : `${before.join(', ')} or ${last}`;
}
