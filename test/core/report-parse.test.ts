/** A stored item → a report: strict about what it knows, deaf to what it doesn't, never an exception. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochMs, vantageId } from '../../shared/core/model.ts';
import { roundKey } from '../../shared/core/report.ts';
import { parseManifest, parseReport, storedRoundKey } from '../../shared/core/report-parse.ts';
import { sampleEntry, sampleReport } from '../fakes/sample-report.ts';
import { VANTAGES } from '../fakes/sample-service.ts';

const VANTAGE = VANTAGES[0]!;

/** As JSON gives it, with one thing changed. */
const raw = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  ...JSON.parse(JSON.stringify(sampleReport())),
  ...changes,
});
const withEntry = (changes: Record<string, unknown>): Record<string, unknown> =>
  raw({ entries: [{ ...sampleEntry(), ...changes }] });
const without = (key: string): Record<string, unknown> => {
  const { [key]: _, ...rest } = raw();
  return rest;
};
const mark = (everyMs: unknown, round: unknown = 1, observedAt: unknown = 1): unknown => ({
  everyMs,
  round,
  observedAt,
});

describe('a malformed report', () => {
  it.each<readonly [string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a number', 42],
    ['a text', 'report'],
    ['a list', []],
    ['a list of reports', [raw()]],
    ['an empty object', {}],
    ['a function', () => raw()],
    ['an item that is no JSON', { unreadable: 'the attribute `body` is not JSON' }],
    ['one whose fields are inherited', Object.create(raw())],
    ['one whose fields came in by __proto__', JSON.parse(`{"__proto__":${JSON.stringify(raw())}}`)],
    ['a throwing getter', Object.defineProperty({}, 'format', { enumerable: true, get: boom })],
    ['a throwing proxy', new Proxy({}, { ownKeys: () => boom() })],
    ['a proxy that throws no error', new Proxy({}, { ownKeys: () => boom('text') })],
    ['an unknown format', raw({ format: 2 })],
    ['format 0', raw({ format: 0 })],
    ['a format in words', raw({ format: '1' })],
    ['no format', without('format')],
    ['no reads', without('reads')],
    ['reads of format 0', raw({ reads: { report: [0], fence: [1] } })],
    ['an empty release', raw({ release: '' })],
    ['an endless release', raw({ release: 'x'.repeat(257) })],
    ['another vantage', raw({ vantage: 'us-east-1' })],
    ['a run without an id', raw({ run: { startedAt: 1 } })],
    ['a run that started never', raw({ run: { startedAt: null, id: 'a' } })],
    ['a run before 1970', raw({ run: { startedAt: -1, id: 'a' } })],
    ['no rounds', raw({ rounds: [] })],
    ['rounds out of order', raw({ rounds: [mark(10_000), mark(5_000)] })],
    ['two rounds of one interval', raw({ rounds: [mark(5_000), mark(5_000)] })],
    ['an interval of 0', raw({ rounds: [mark(0)] })],
    ['an interval of a day', raw({ rounds: [mark(86_400_000)] })],
    ['half a round', raw({ rounds: [mark(5_000, 1.5)] })],
    ['a time of NaN', raw({ rounds: [mark(5_000, 1, Number.NaN)] })],
    ['a time of 1e400', raw({ rounds: [mark(5_000, 1, JSON.parse('1e400'))] })],
    ['a time no Date can hold', raw({ rounds: [mark(5_000, 1, 8_640_000_000_000_001)] })],
    ['a time in words', raw({ rounds: [mark(5_000, 1, '2026-01-01T00:00:00Z')] })],
    ['51 rounds', raw({ rounds: Array.from({ length: 51 }, (_, i) => mark(i + 1)) })],
    ['a self-check in words', raw({ selfCheck: 'well' })],
    ['more failed than asked', raw({ selfCheck: { isolated: true, targets: 1, failed: 2 } })],
    ['isolated: 1', raw({ selfCheck: { isolated: 1, targets: 1, failed: 1 } })],
    ['a negative unlisted', raw({ unlisted: -1 })],
    ['unlisted NaN', raw({ unlisted: Number.NaN })],
    ['unlisted beyond whole numbers', raw({ unlisted: 2 ** 53 })],
    ['unlisted as a bigint', raw({ unlisted: 2n })],
    ['no entries', without('entries')],
    ['entries by name', raw({ entries: { a: sampleEntry() } })],
    ['an endpoint listed twice', raw({ entries: [sampleEntry(), sampleEntry()] })],
    [
      'too many entries',
      raw({
        entries: Array.from({ length: 20_001 }, (_, i) =>
          sampleEntry({ endpoint: `e${i}` as never }),
        ),
      }),
    ],
    ['a hole in the entries', raw({ entries: [null] })],
    ['an unknown vote', withEntry({ vote: 'maybe' })],
    ['a vote of constructor', withEntry({ vote: 'constructor' })],
    ['a nameless endpoint', withEntry({ endpoint: '' })],
    ['negative failures', withEntry({ failures: -1 })],
    ['failures and passes at once', withEntry({ failures: 1, passes: 1 })],
    ['a code that is a number', withEntry({ code: 7 })],
    ['a code left out', withEntry({ code: undefined })],
    ['skipped: true', withEntry({ skipped: true })],
    ['a detail of a megabyte', withEntry({ detail: 'x'.repeat(1_000_000) })],
    ['a negative latency', withEntry({ latencyMs: -1 })],
    ['an infinite latency', withEntry({ latencyMs: Number.POSITIVE_INFINITY })],
    ['watch as a text', withEntry({ watch: 'slow' })],
    ['changed: "true"', raw({ changed: 'true' })],
    ['more than 3 rounds left', raw({ changedRoundsLeft: 4 })],
    ['a report nested without end', raw({ reads: nested(200) })],
  ])('%s: says so and never throws', (_, item) => {
    const parsed = parseReport(item, VANTAGE);

    expect(parsed).toEqual({ malformed: expect.stringMatching(/./) });
  });

  it('names the field and what is wrong with it', () => {
    const malformed = (item: unknown): string =>
      (parseReport(item, VANTAGE) as { malformed: string }).malformed;

    expect(malformed(withEntry({ failures: -1 }))).toMatch(/^entries\.0\.failures: /);
    expect(malformed(raw({ format: 2 }))).toBe('format: a format this release can not read');
    expect(malformed(null)).toMatch(/^Invalid type/);
  });
});

describe('a report of another release', () => {
  it('may have fields that this one does not know', () => {
    const parsed = parseReport(
      { ...withEntry({ colour: 'red' }), roundKey: '10000:1', news: [1] },
      VANTAGE,
    );

    expect(parsed).toEqual(sampleReport());
  });

  it('keeps an unknown failure a failure and an unknown skip a skip', () => {
    const failed = parseReport(withEntry({ code: 'quantum-noise' }), VANTAGE);
    const skipped = parseReport(withEntry({ skipped: 'constructor' }), VANTAGE);

    expect(failed).toMatchObject({ entries: [{ failures: 4, vote: 'down', code: null }] });
    expect(skipped).toMatchObject({ entries: [{ skipped: 'aborted' }] });
  });

  it('keeps the codes it knows', () => {
    expect(parseReport(withEntry({ skipped: 'starved' }), VANTAGE)).toMatchObject({
      entries: [{ code: 'timeout', skipped: 'starved' }],
    });
  });
});

describe('a manifest', () => {
  const manifest = {
    digest: 'config-1',
    packagedAt: epochMs(1),
    services: { app: { digest: 'service-1', endpoints: 3 } },
  };

  it('is read as it was written', () => {
    expect(parseManifest({ ...manifest, more: 1 }, 'config-1')).toEqual(manifest);
  });

  it.each([
    ['it is missing', undefined],
    ['it is of another configuration', { ...manifest, digest: 'config-2' }],
    ['a count is negative', { ...manifest, services: { app: { digest: 'a', endpoints: -1 } } }],
    ['its services are a list', { ...manifest, services: null }],
  ])('is malformed if %s', (_, item) => {
    expect(parseManifest(item, 'config-1')).toHaveProperty('malformed');
  });
});

describe('the mark a write depends on', () => {
  it('is that of a report, malformed otherwise or not', () => {
    expect(storedRoundKey(raw())).toBe(roundKey(sampleReport()));
    expect(storedRoundKey(raw({ format: 99, entries: null }))).toBe(roundKey(sampleReport()));
  });

  it('is what the store says it is, where it does', () => {
    expect(storedRoundKey({ unreadable: 'no JSON', roundKey: '10000:7' })).toBe('10000:7');
  });

  it.each([[undefined], [null], [{}], [{ rounds: 'none' }], [{ roundKey: 7 }]])(
    'is none for %o',
    (item) => {
      expect(storedRoundKey(item)).toBeNull();
    },
  );
});

describe('properties', () => {
  it('a malformed report is never an exception', () => {
    fc.assert(
      fc.property(anything, (item) => {
        expect(parseReport(item, VANTAGE)).toHaveProperty('malformed');
        expect(parseManifest(item, 'config-1')).toHaveProperty('malformed');
        expect([null, 'string']).toContain(
          storedRoundKey(item) === null ? null : typeof storedRoundKey(item),
        );
      }),
    );
  });

  it('any one field replaced by anything gives a report or a reason, never an exception', () => {
    const keys = Object.keys(raw());
    fc.assert(
      fc.property(fc.constantFrom(...keys), anything, (key, value) => {
        const parsed = parseReport(raw({ [key]: value }), VANTAGE);
        expect('malformed' in parsed || parsed.vantage === VANTAGE).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('any one field of an entry replaced by anything lists one endpoint or gives a reason', () => {
    const keys = Object.keys(sampleEntry());
    fc.assert(
      fc.property(fc.constantFrom(...keys), anything, (key, value) => {
        const parsed = parseReport(withEntry({ [key]: value }), VANTAGE);
        expect('malformed' in parsed || parsed.entries.length === 1).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('nobody reports for another vantage', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (vantage) => {
        const parsed = parseReport(raw(), vantageId(vantage));
        expect('malformed' in parsed).toBe(vantage !== VANTAGE);
      }),
    );
  });
});

describe('an item that is handed over again', () => {
  it('says the same, and still nothing for another vantage', () => {
    const item = raw();

    const first = parseReport(item, VANTAGE);

    expect(parseReport(item, VANTAGE)).toBe(first);
    expect(parseReport(item, VANTAGES[1]!)).toHaveProperty('malformed');
    expect(parseReport(raw(), VANTAGE)).toEqual(first);
  });

  it('is as malformed as before', () => {
    const item = raw({ unlisted: -1 });

    expect(parseReport(item, VANTAGE)).toHaveProperty('malformed');
    expect(parseReport(item, VANTAGE)).toEqual(parseReport(raw({ unlisted: -1 }), VANTAGE));
  });
});

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSparseArray: true,
  withTypedArray: true,
});

function boom(cause: unknown = new Error('boom')): never {
  throw cause;
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i += 1) value = { report: value, fence: value };
  return value;
}
