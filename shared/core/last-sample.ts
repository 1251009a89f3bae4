/**
 * The newest answer of one endpoint to one vantage: what blackbox_exporter would tell of it, for endpoints
 * too that a report does not list because they are steadily up. It rides on the rollup of its minute as one
 * short line of text, because a table is paid for by the kilobyte. Only shown: no decision rests on it, so
 * text that can't be read is no sample, and nothing else.
 */
import { type EpochMs, epochMs } from './model.ts';
import type { Observation } from './observation.ts';
import { FAIL_CODES, type FailCode } from './reason-code.ts';

export type LastSample = {
  /** Start of its round. */
  readonly at: EpochMs;
  readonly passed: boolean;
  /** Null where it passed. */
  readonly code: FailCode | null;
  readonly status: number | null;
  readonly totalMs: number | null;
  /** What each phase took by itself; null where it was not reached. */
  readonly resolveMs: number | null;
  readonly connectMs: number | null;
  readonly tlsMs: number | null;
  /** From the request to the first byte of the answer. */
  readonly firstByteMs: number | null;
  readonly transferMs: number | null;
  /** Of the certificate that ends first, among all addresses that were asked. */
  readonly certificateEndsAt: EpochMs | null;
  readonly family: 4 | 6 | null;
};

/** Of its text; an item holds one per endpoint. */
export const LAST_CHARACTERS_MAX = 160;

/** Nothing for a probe that was skipped: that is the vantage's own fault, and no answer. */
export function lastOf(observation: Observation): LastSample | undefined {
  const { outcome, at, timings, answer } = observation;
  if (outcome.kind === 'skipped') return undefined;
  return {
    at,
    passed: outcome.kind === 'pass',
    code: outcome.kind === 'fail' ? outcome.code : null,
    status: answer?.status ?? null,
    ...phasesOf(timings),
    certificateEndsAt: answer?.certificateEndsAt ?? null,
    family: answer?.family ?? null,
  };
}

type Phases = Pick<
  LastSample,
  'totalMs' | 'resolveMs' | 'connectMs' | 'tlsMs' | 'firstByteMs' | 'transferMs'
>;

/** A probe's clock runs on through its phases: each took what lies between its end and the one before. */
function phasesOf(timings: Observation['timings']): Phases {
  if (timings === null) return NO_PHASES;
  const { dnsMs, connectMs, tlsMs, firstByteMs, totalMs } = timings;
  return {
    totalMs: tenths(totalMs),
    resolveMs: lap([], dnsMs),
    connectMs: lap([dnsMs], connectMs),
    tlsMs: lap([dnsMs, connectMs], tlsMs),
    firstByteMs: lap([dnsMs, connectMs, tlsMs], firstByteMs),
    transferMs: firstByteMs === null ? null : lap([firstByteMs], totalMs),
  };
}

const NO_PHASES: Phases = {
  totalMs: null,
  resolveMs: null,
  connectMs: null,
  tlsMs: null,
  firstByteMs: null,
  transferMs: null,
};

const lap = (before: readonly (number | null)[], end: number | null): number | null =>
  end === null ? null : tenths(end - Math.max(0, ...before.map((earlier) => earlier ?? 0)));

const tenths = (ms: number): number => Math.max(0, Math.round(ms * 10) / 10);

/** Of two, the one that was made later; of two equally old ones always the same. */
export function newerLast(
  a: LastSample | undefined,
  b: LastSample | undefined,
): LastSample | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.at !== b.at) return a.at > b.at ? a : b;
  return printLast(a) >= printLast(b) ? a : b;
}

const NONE = '-';

/** `printLast` and `parseLast` undo each other, but for the fractions of a second of a certificate's end. */
export function printLast(sample: LastSample): string {
  const { certificateEndsAt } = sample;
  return [
    sample.at.toString(36),
    sample.code ?? (sample.passed ? 'pass' : 'fail'),
    sample.status,
    sample.totalMs,
    sample.resolveMs,
    sample.connectMs,
    sample.tlsMs,
    sample.firstByteMs,
    sample.transferMs,
    certificateEndsAt === null ? null : Math.floor(certificateEndsAt / 1000).toString(36),
    sample.family,
  ]
    .map((field) => field ?? NONE)
    .join(' ');
}

const TIME = '([0-9a-z]{1,8})';
const DURATION = String.raw`(-|\d{1,7}(?:\.\d)?)`;
/** One expression and no schema: an hour's minutes hold hundreds of them. */
const FIELDS = new RegExp(
  `^${TIME} ([a-z][a-z-]*) (-|[0-9]{3}) ${Array(6).fill(DURATION).join(' ')} (-|[0-9a-z]{1,8}) ([-46])$`,
);

/** The whole text and its 11 fields: where it matches, all of them are there. */
type Fields = readonly [...Four, ...Four, ...Four];
type Four = readonly [string, string, string, string];

/** Undefined for whatever is none. A code that a newer release added is a failure without a name. */
export function parseLast(text: string): LastSample | undefined {
  if (text.length > LAST_CHARACTERS_MAX) return undefined;
  const found = FIELDS.exec(text);
  if (found === null) return undefined;
  const [, at, code, status, ...rest] = found as unknown as Fields;
  const [totalMs, resolveMs, connectMs, tlsMs, firstByteMs, transferMs, ends, family] = rest;
  return {
    at: timeOf(at, 1),
    passed: code === 'pass',
    code: Object.hasOwn(FAIL_CODES, code) ? (code as FailCode) : null,
    status: numberOf(status),
    totalMs: numberOf(totalMs),
    resolveMs: numberOf(resolveMs),
    connectMs: numberOf(connectMs),
    tlsMs: numberOf(tlsMs),
    firstByteMs: numberOf(firstByteMs),
    transferMs: numberOf(transferMs),
    certificateEndsAt: ends === NONE ? null : timeOf(ends, 1000),
    family: numberOf(family) as LastSample['family'],
  };
}

const timeOf = (text: string, unitMs: number): EpochMs =>
  epochMs(Number.parseInt(text, 36) * unitMs);
const numberOf = (text: string): number | null => (text === NONE ? null : Number(text));
