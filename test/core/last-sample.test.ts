/** The newest answer, phase by phase: printing loses nothing, and no text makes reading throw. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  LAST_CHARACTERS_MAX,
  type LastSample,
  lastOf,
  newerLast,
  parseLast,
  printLast,
} from '../../shared/core/last-sample.ts';
import { epochMs } from '../../shared/core/model.ts';
import { FAIL_CODES, type FailCode } from '../../shared/core/reason-code.ts';
import { FAKE_START } from '../fakes/fake-clock.ts';
import { sampleObservation } from '../fakes/sample-report.ts';

const SAMPLE: LastSample = {
  at: epochMs(FAKE_START),
  passed: true,
  code: null,
  status: 200,
  totalMs: 61.5,
  resolveMs: 2,
  connectMs: 10,
  tlsMs: 18,
  firstByteMs: 30.1,
  transferMs: 1.4,
  certificateEndsAt: epochMs(FAKE_START + 86_400_000),
  family: 4,
};

describe('the last sample', () => {
  it('has what each phase took by itself, to a tenth of a millisecond', () => {
    const timings = { dnsMs: 2, connectMs: 12, tlsMs: 30, firstByteMs: 60.06, totalMs: 61.46 };
    const answer = { status: 200, family: 4, certificateEndsAt: SAMPLE.certificateEndsAt } as const;

    const last = lastOf(sampleObservation('a', 'pass', { timings, answer }));

    expect(last).toEqual({ ...SAMPLE, totalMs: 61.5, firstByteMs: 30.1, transferMs: 1.4 });
  });

  it('leaves out phases that were not reached, and counts the next one from the last that was', () => {
    const timings = { dnsMs: null, connectMs: 12, tlsMs: null, firstByteMs: 60, totalMs: 61 };

    expect(lastOf(sampleObservation('a', 'pass', { timings }))).toMatchObject({
      resolveMs: null,
      connectMs: 12,
      tlsMs: null,
      firstByteMs: 48,
      transferMs: 1,
    });
  });

  it('of a failure it has the code, and ends where the probe ended', () => {
    const timings = { dnsMs: 2, connectMs: 12, tlsMs: null, firstByteMs: null, totalMs: 3_000 };

    expect(lastOf(sampleObservation('a', 'fail', { timings }))).toMatchObject({
      passed: false,
      code: 'timeout',
      status: null,
      firstByteMs: null,
      transferMs: null,
      totalMs: 3_000,
    });
  });

  it('a skipped probe is no answer', () => {
    expect(lastOf(sampleObservation('a', 'skipped'))).toBeUndefined();
  });

  it('a clock that went back between phases gives no negative time', () => {
    const timings = { dnsMs: 30, connectMs: 12, tlsMs: null, firstByteMs: null, totalMs: 40 };

    expect(lastOf(sampleObservation('a', 'fail', { timings }))?.connectMs).toBe(0);
  });

  it('is one short line', () => {
    expect(printLast(SAMPLE)).toBe('mr1b6yo0 pass 200 61.5 2 10 18 30.1 1.4 thitc0 4');
    expect(printLast({ ...SAMPLE, passed: false, certificateEndsAt: null, family: 6 })).toMatch(
      /^mr1b6yo0 fail 200 .* - 6$/,
    );
  });

  it('the newer of two is kept', () => {
    const newer = { ...SAMPLE, at: epochMs(FAKE_START + 1) };

    expect(newerLast(SAMPLE, newer)).toBe(newer);
    expect(newerLast(newer, SAMPLE)).toBe(newer);
    expect(newerLast(undefined, SAMPLE)).toBe(SAMPLE);
    expect(newerLast(SAMPLE, undefined)).toBe(SAMPLE);
    expect(newerLast(undefined, undefined)).toBeUndefined();
  });

  it('of two equally old ones it is always the same', () => {
    const other = { ...SAMPLE, totalMs: 99 };

    expect(newerLast(SAMPLE, other)).toBe(newerLast(other, SAMPLE));
  });

  it.each([
    ['nothing', ''],
    ['a field too few', 'mr1b6yo0 pass 200 61.5 2 10 18 30.1 1.4 4'],
    ['a field too many', `${printLast(SAMPLE)} 4`],
    ['a duration that is none', printLast(SAMPLE).replace('61.5', '1e9')],
    ['a status that is none', printLast(SAMPLE).replace('200', '20')],
    ['another family', printLast(SAMPLE).replace(/4$/, '5')],
    ['too long a text', `${'m'.repeat(LAST_CHARACTERS_MAX)} pass`],
  ])('%s is no sample', (_, text) => {
    expect(parseLast(text)).toBeUndefined();
  });

  it('a code that a newer release added is a failure without a name', () => {
    expect(parseLast(printLast(SAMPLE).replace('pass', 'on-fire'))).toEqual({
      ...SAMPLE,
      passed: false,
    });
  });
});

describe('properties', () => {
  const duration = fc.option(fc.nat(1_000_000).map((ms) => ms / 10));
  const samples: fc.Arbitrary<LastSample> = fc
    .record({
      at: fc.nat(4_000_000_000).map((s) => epochMs(s * 500)),
      passed: fc.boolean(),
      code: fc.constantFrom(...(Object.keys(FAIL_CODES) as FailCode[])),
      status: fc.option(fc.integer({ min: 100, max: 599 })),
      totalMs: duration,
      resolveMs: duration,
      connectMs: duration,
      tlsMs: duration,
      firstByteMs: duration,
      transferMs: duration,
      certificateEndsAt: fc.option(fc.nat(4_000_000_000).map((s) => epochMs(s * 1000))),
      family: fc.option(fc.constantFrom(4, 6)),
    })
    .map((sample) => (sample.passed ? { ...sample, code: null } : sample));

  it('what is printed is read again, within its bound', () => {
    fc.assert(
      fc.property(samples, (sample) => {
        const text = printLast(sample);

        expect(text.length).toBeLessThanOrEqual(LAST_CHARACTERS_MAX);
        expect(parseLast(text)).toEqual(sample);
      }),
    );
  });

  it('no text makes reading throw', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseLast(text)).toBeUndefined();
      }),
    );
  });
});
