/** Is it me? Control targets, and what a starved vantage may still claim. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Attempt, ProbeResponse } from '../../shared/core/probe.ts';
import {
  abstainIfStarved,
  countable,
  LOOP_LATE_MS_MAX,
  selfCheckOf,
} from '../../shared/core/self-check.ts';
import { sampleObservation } from '../fakes/sample-report.ts';

type Kind = 'answer' | 'fail' | 'own-dns' | 'no-route' | 'starved' | 'aborted' | 'no-handles';

describe('a self-check', () => {
  it.each<readonly [string, readonly (Kind | undefined)[], boolean, number]>([
    ['there are no control targets', [], false, 0],
    ['all answer', ['answer', 'answer', 'answer'], false, 0],
    ['one of three fails', ['answer', 'fail', 'answer'], false, 1],
    ['two of three fail', ['fail', 'fail', 'answer'], false, 2],
    ['all fail', ['fail', 'fail', 'fail'], true, 3],
    ['all fail for the own resolver or route', ['own-dns', 'no-route', 'fail'], true, 3],
    ['none was really asked', ['starved', 'aborted', 'no-handles'], false, 0],
    ['one was not asked and the others fail', [undefined, 'fail', 'fail'], false, 2],
  ])('if %s', (_, kinds, isolated, failed) => {
    const { controls, responses } = asked(kinds);

    expect(selfCheckOf(controls, responses)).toEqual({
      isolated,
      targets: kinds.length,
      failed,
    });
  });

  it('takes any answer of any address for a working network', () => {
    const { controls, responses } = asked(['fail']);
    const [response] = responses.values();
    const mixed = { ...response!, attempts: [...response!.attempts, attempt('answer')] };

    expect(selfCheckOf(controls, new Map([['0', mixed]])).isolated).toBe(false);
  });

  it('takes a target without any attempt for one that was not asked', () => {
    const none = new Map([['0', { key: '0', attempts: [] }]]);

    expect(selfCheckOf([{ key: '0' }], none)).toEqual({ isolated: false, targets: 1, failed: 0 });
  });
});

describe('a starved vantage', () => {
  const observations = (['pass', 'fail', 'skipped'] as const).map((kind) =>
    sampleObservation('us-east-1', kind),
  );

  it('abstains from failures once its event loop ran late by more than 250 ms', () => {
    const late = abstainIfStarved(observations, LOOP_LATE_MS_MAX + 0.5);

    expect(late.map(({ outcome }) => outcome)).toEqual([
      { kind: 'pass' },
      { kind: 'skipped', code: 'starved', detail: 'event loop 251 ms late' },
      observations[2]!.outcome,
    ]);
  });

  it('keeps everything while its event loop is in time', () => {
    expect(abstainIfStarved(observations, LOOP_LATE_MS_MAX)).toBe(observations);
  });

  it('never turns a look into a failure or into a pass', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('pass' as const, 'fail' as const, 'skipped' as const)),
        fc.double({ min: 0, max: 10_000, noNaN: true }),
        (kinds, latenessMs) => {
          const before = kinds.map((kind) => sampleObservation('e', kind));
          const after = abstainIfStarved(before, latenessMs);

          const count = (kind: string, of: typeof after): number =>
            of.filter(({ outcome }) => outcome.kind === kind).length;
          expect(count('pass', after)).toBe(count('pass', before));
          expect(count('fail', after)).toBe(latenessMs > 250 ? 0 : count('fail', before));
        },
      ),
    );
  });
});

describe('what may be counted', () => {
  const seen = (['pass', 'fail', 'skipped'] as const).map((kind) => sampleObservation('a', kind));

  it('is everything, as long as a vantage is not isolated', () => {
    expect(countable(seen, { isolated: false, targets: 2, failed: 1 })).toEqual(seen);
  });

  it('are no failures of an isolated vantage: they tell of its own way out', () => {
    expect(countable(seen, { isolated: true, targets: 2, failed: 2 })).toEqual([seen[0], seen[2]]);
  });
});

function asked(kinds: readonly (Kind | undefined)[]): {
  readonly controls: readonly { readonly key: string }[];
  readonly responses: Map<string, ProbeResponse>;
} {
  return {
    controls: kinds.map((_, i) => ({ key: String(i) })),
    responses: new Map(
      kinds.flatMap((kind, i) =>
        kind === undefined
          ? []
          : [[String(i), { key: String(i), attempts: [attempt(kind)] }] as const],
      ),
    ),
  };
}

function attempt(kind: Kind): Attempt {
  return {
    address: '203.0.113.1',
    family: 4,
    timings: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null, totalMs: 1 },
    result:
      kind === 'answer'
        ? { kind: 'http', status: 503, headers: {}, body: '', redirects: 0, certificate: null }
        : kind === 'fail'
          ? { kind, code: 'timeout', detail: '' }
          : { kind: 'skipped', code: kind, detail: '' },
  };
}
