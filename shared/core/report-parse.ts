/**
 * A stored item → a report, or why it is none. Strict about every field it knows, deaf to fields it
 * doesn't (a newer release may add some), own properties only, no exception whatever comes in: a
 * report that can't be read makes its vantage silent, and ends nobody's round.
 */
import * as v from 'valibot';
import {
  type EpochMs,
  endpointId,
  epochMs,
  serviceId,
  type VantageId,
  vantageId,
} from './model.ts';
import { FAIL_CODES, type FailCode, SKIP_CODES, type SkipCode } from './reason-code.ts';
import {
  CHANGED_ROUNDS,
  type ConfigManifest,
  REPORT_FORMATS_READ,
  type Report,
  type RoundMark,
  roundKey,
} from './report.ts';
import { DETAIL_LENGTH_MAX } from './safe-text.ts';

export type Malformed = { readonly malformed: string };

const ENTRIES_MAX = 20_000;
const ROUNDS_MAX = 50;
const NAME_CHARACTERS_MAX = 256;
const EVERY_MS_MAX = 3_600_000;
/** The last millisecond that a Date can hold. */
const TIME_MAX = 8_640_000_000_000_000;
const DEPTH_MAX = 8;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const time = v.pipe(
  count,
  v.maxValue(TIME_MAX),
  v.transform((ms): EpochMs => epochMs(ms)),
);
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(NAME_CHARACTERS_MAX));
const code = v.pipe(v.string(), v.maxLength(NAME_CHARACTERS_MAX));
const formats = v.pipe(v.array(v.pipe(count, v.minValue(1))), v.maxLength(ROUNDS_MAX));

/** A code that a newer release added is bad news all the same: only its name is lost. */
const failCode = v.nullable(
  v.pipe(
    code,
    v.transform((text): FailCode | null =>
      Object.hasOwn(FAIL_CODES, text) ? (text as FailCode) : null,
    ),
  ),
);
const skipCode = v.nullable(
  v.pipe(
    code,
    v.transform(
      (text): SkipCode => (Object.hasOwn(SKIP_CODES, text) ? (text as SkipCode) : 'aborted'),
    ),
  ),
);

const entrySchema = v.pipe(
  v.object({
    service: v.pipe(name, v.transform(serviceId)),
    endpoint: v.pipe(name, v.transform(endpointId)),
    vote: v.picklist(['up', 'down', 'none']),
    failures: count,
    passes: count,
    sinceAt: time,
    code: failCode,
    skipped: skipCode,
    detail: v.pipe(v.string(), v.maxLength(DETAIL_LENGTH_MAX * 2)),
    latencyMs: v.nullable(v.pipe(v.number(), v.finite(), v.minValue(0))),
    watch: v.pipe(v.array(name), v.maxLength(ROUNDS_MAX)),
  }),
  v.check(
    (entry) => entry.failures === 0 || entry.passes === 0,
    'failures and passes can not both be above 0',
  ),
);

const markSchema = v.object({
  everyMs: v.pipe(count, v.minValue(1), v.maxValue(EVERY_MS_MAX)),
  round: count,
  observedAt: time,
});

const roundsSchema = v.pipe(
  v.array(markSchema),
  v.minLength(1),
  v.maxLength(ROUNDS_MAX),
  v.check((rounds) => isAscending(rounds), 'intervals are not ascending'),
);

const reportSchema = v.object({
  format: v.pipe(
    count,
    v.check((format) => REPORT_FORMATS_READ.includes(format), 'a format this release can not read'),
  ),
  reads: v.object({ report: formats, fence: formats }),
  release: name,
  vantage: v.pipe(name, v.transform(vantageId)),
  run: v.object({ startedAt: time, id: name }),
  config: name,
  rounds: roundsSchema,
  selfCheck: v.pipe(
    v.object({ isolated: v.boolean(), targets: count, failed: count }),
    v.check((self) => self.failed <= self.targets, 'more control targets failed than there are'),
  ),
  unlisted: count,
  entries: v.pipe(
    v.array(entrySchema),
    v.maxLength(ENTRIES_MAX),
    v.check(
      (entries) =>
        new Set(entries.map(({ service, endpoint }) => `${service}\u0000${endpoint}`)).size ===
        entries.length,
      'an endpoint is listed twice',
    ),
  ),
  changed: v.boolean(),
  changedRoundsLeft: v.pipe(count, v.maxValue(CHANGED_ROUNDS)),
});

const manifestSchema = v.object({
  digest: name,
  packagedAt: time,
  services: v.record(
    name,
    v.object({
      digest: name,
      settings: v.exactOptional(name),
      endpoints: count,
      vantages: v.exactOptional(v.array(name)),
    }),
  ),
});

/**
 * What became of an item before. A table's items are new each time and are read once; but where readers are
 * handed the very same object (a local world, a simulation), it says the same to all of them.
 */
const readBefore = new WeakMap<object, Parsed<Report>>();

function readReport(raw: unknown): Parsed<Report> {
  if (typeof raw !== 'object' || raw === null) return parse(reportSchema, raw);
  const parsed = readBefore.get(raw) ?? parse(reportSchema, raw);
  readBefore.set(raw, parsed);
  return parsed;
}

/** `vantage` is whose item was asked for: nobody reports for another. */
export function parseReport(raw: unknown, vantage: VantageId): Report | Malformed {
  const parsed = readReport(raw);
  if ('malformed' in parsed) return parsed;
  if (parsed.value.vantage !== vantage) return { malformed: 'vantage: it is another vantage’s' };
  return parsed.value;
}

export function parseManifest(raw: unknown, configDigest: string): ConfigManifest | Malformed {
  const parsed = parse(manifestSchema, raw);
  if ('malformed' in parsed) return parsed;
  if (parsed.value.digest !== configDigest) {
    return { malformed: 'digest: it is another configuration’s' };
  }
  return parsed.value;
}

/**
 * The mark that the next write is conditional on, of an item that may be malformed otherwise: what
 * can't be read must still be replaceable by its own vantage. Null where there is no item or no mark.
 */
export function storedRoundKey(raw: unknown): string | null {
  const stored = parse(
    v.object({ roundKey: v.exactOptional(name), rounds: v.exactOptional(v.unknown()) }),
    raw,
  );
  if ('malformed' in stored) return null;
  if (stored.value.roundKey !== undefined) return stored.value.roundKey;
  const rounds = parse(v.array(markSchema), stored.value.rounds);
  return 'malformed' in rounds ? null : roundKey({ rounds: rounds.value });
}

function isAscending(rounds: readonly RoundMark[]): boolean {
  return rounds.every((mark, i) => mark.everyMs > (rounds[i - 1]?.everyMs ?? 0));
}

type Parsed<T> = { readonly value: T } | Malformed;

function parse<T>(schema: v.GenericSchema<unknown, T>, raw: unknown): Parsed<T> {
  try {
    const result = v.safeParse(schema, ownOnly(raw, 0), { abortEarly: true });
    if (result.success) return { value: result.output };
    const [issue] = result.issues;
    const path = v.getDotPath(issue);
    return { malformed: path === null ? issue.message : `${path}: ${issue.message}` };
  } catch (cause) {
    // A getter or a proxy that throws: no store returns one, but nothing that comes in may end a round.
    return { malformed: `unreadable (${cause instanceof Error ? cause.name : typeof cause})` };
  }
}

/** A copy with own properties only, so that nothing inherited can pass for a field. */
function ownOnly(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > DEPTH_MAX) return value;
  if (Array.isArray(value)) return value.map((item) => ownOnly(item, depth + 1));
  const own: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    // Set on a plain object it would be inherited from: no field has this name.
    if (key !== '__proto__') own[key] = ownOnly(item, depth + 1);
  }
  return own;
}
