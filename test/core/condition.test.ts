/**
 * One answer against what is expected of it: which expectation fails, and how the detail says so.
 */
import { describe, expect, it } from 'vitest';
import { compilePattern } from '../../shared/adapters/patterns.ts';
import {
  type HttpAnswer,
  overloadFinding,
  unmetExpectation,
  unmetLatency,
  watchFinding,
} from '../../shared/core/condition.ts';
import { type Expectation, epochMs, type WatchCondition } from '../../shared/core/model.ts';
import {
  certificateUntil,
  failedAttempt,
  httpAttempt,
  skippedAttempt,
  tcpAttempt,
} from '../fakes/fake-prober.ts';

const AT = epochMs(1_782_864_000_000);
const DAY_MS = 86_400_000;
const patterns = { compilePattern };
const daysLeft = (days: number) => certificateUntil(epochMs(AT + days * DAY_MS));

const answer = (changes: Partial<HttpAnswer> = {}): HttpAnswer => ({
  kind: 'http',
  status: 200,
  headers: {},
  body: '',
  redirects: 0,
  certificate: null,
  ...changes,
});

const unmet = (expected: Expectation, changes: Partial<HttpAnswer> = {}, totalMs = 20) =>
  unmetExpectation(expected, answer(changes), totalMs, AT, patterns);

describe('status', () => {
  it.each([200, 204, 299, 301, 304, 399, 429])('F20 %i is alive where nothing is set', (status) => {
    expect(unmet({}, { status })).toBeUndefined();
  });

  it.each([199, 400, 401, 403, 404, 428, 430, 500, 503, 599])(
    'F20 %i fails where nothing is set',
    (status) => {
      expect(unmet({}, { status })).toEqual({
        kind: 'fail',
        code: 'status',
        detail: `status ${status}, expected 200-399 or 429`,
      });
    },
  );

  it.each([
    [[{ from: 200, to: 299 }], 429, 'status 429, expected 200-299'],
    [
      [
        { from: 200, to: 299 },
        { from: 429, to: 429 },
      ],
      404,
      'status 404, expected 200-299 or 429',
    ],
    [
      [
        { from: 200, to: 200 },
        { from: 204, to: 204 },
        { from: 301, to: 302 },
      ],
      500,
      'status 500, expected 200, 204 or 301-302',
    ],
    [[], 200, 'status 200, expected none'],
  ])('F20 a list of ranges %j refuses %i', (status, actual, detail) => {
    expect(unmet({ status }, { status: actual })).toMatchObject({ code: 'status', detail });
  });

  it('F20 a listed redirect is as expected', () => {
    expect(unmet({ status: [{ from: 301, to: 301 }] }, { status: 301 })).toBeUndefined();
  });
});

describe('body', () => {
  const contains: Expectation = { body: { kind: 'contains', text: '"status":"ok"' } };

  it('F18 200 with an error page fails by its body', () => {
    expect(unmet(contains, { body: '<h1>Sorry</h1>' })).toEqual({
      kind: 'fail',
      code: 'body',
      detail: 'the body is "<h1>Sorry</h1>", expected to contain ""status":"ok""',
    });
  });

  it('F19 an empty body fails only if a body is expected', () => {
    expect(unmet(contains)).toMatchObject({
      code: 'body',
      detail: 'the body is empty, expected to contain ""status":"ok""',
    });
    expect(unmet({})).toBeUndefined();
    expect(unmet({}, { headers: { 'content-type': 'image/png' } })).toBeUndefined();
  });

  it('passes where the text is found', () => {
    expect(unmet(contains, { body: '{"status":"ok"}' })).toBeUndefined();
  });

  it('matches a regular expression anywhere in the body', () => {
    const expected: Expectation = { body: { kind: 'matches', pattern: 'ready: (yes|maybe)' } };

    expect(unmet(expected, { body: 'is it ready: maybe.' })).toBeUndefined();
    expect(unmet(expected, { body: 'ready: no' })).toMatchObject({
      code: 'body',
      detail: 'the body is "ready: no", expected to match "ready: (yes|maybe)"',
    });
  });

  it('a pattern that cannot be used says nothing about the endpoint', () => {
    const found = unmet({ body: { kind: 'matches', pattern: '(' } }, { body: 'x' });

    expect(found).toMatchObject({ kind: 'skipped', code: 'aborted' });
    expect(found?.detail).toMatch(/^pattern "\(" can't be used: /);
  });

  it('shows only the beginning of a long body, on one line', () => {
    const found = unmet(contains, { body: `line\u001b[2J\n${'x'.repeat(60_000)}` });

    expect(found?.detail).toBe(
      'the body is "line [2J xxxxxxxxxxxxxxxxxxxxxxxxxx…", expected to contain ""status":"ok""',
    );
  });
});

describe('headers', () => {
  const expected: Expectation = { headers: { 'x-region': 'eu-west-1' } };

  it('F33 an endpoint that answers as another one fails by its header', () => {
    expect(unmet(expected, { headers: { 'x-region': 'us-east-1' } })).toEqual({
      kind: 'fail',
      code: 'header',
      detail: 'header x-region is "us-east-1", expected "eu-west-1"',
    });
  });

  it('F33 a missing header fails', () => {
    expect(unmet(expected)).toMatchObject({
      code: 'header',
      detail: 'header x-region is missing, expected "eu-west-1"',
    });
  });

  it('passes where the header is equal', () => {
    expect(unmet(expected, { headers: { 'x-region': 'eu-west-1' } })).toBeUndefined();
  });

  it('takes no inherited property for a header', () => {
    const constructorOnly: Expectation = { headers: { constructor: 'x' } };

    expect(unmet(constructorOnly)).toMatchObject({
      detail: 'header constructor is missing, expected "x"',
    });
  });
});

describe('latency', () => {
  it('fails above the bound, not at it', () => {
    expect(unmet({ latencyMsMax: 800 }, {}, 800)).toBeUndefined();
    expect(unmet({ latencyMsMax: 800 }, {}, 801)).toEqual({
      kind: 'fail',
      code: 'latency',
      detail: 'took 801 ms, expected at most 800 ms',
    });
    expect(unmetLatency({}, 1_000_000)).toBeUndefined();
  });
});

describe('certificate', () => {
  const expected: Expectation = { certificateDaysMin: 21 };

  it.each([
    [21, undefined],
    [20.99, 'the certificate has 20 days left, expected at least 21'],
    [0.5, 'the certificate has 0 days left, expected at least 21'],
  ])('F27 %d days left', (days, detail) => {
    expect(unmet(expected, { certificate: daysLeft(days) })?.detail).toBe(detail);
  });

  it('an answer without TLS has no certificate to last', () => {
    expect(unmet(expected)).toMatchObject({
      code: 'certificate-days',
      detail: 'no certificate, expected one with 21 days left',
    });
  });
});

it('the status speaks first, then headers, body, latency and certificate', () => {
  const expected: Expectation = {
    status: [{ from: 200, to: 200 }],
    headers: { a: 'b' },
    body: { kind: 'contains', text: 'ok' },
    latencyMsMax: 10,
    certificateDaysMin: 1,
  };
  const good = { headers: { a: 'b' }, body: 'ok', certificate: daysLeft(2) };

  expect(unmet(expected, { status: 500 })?.code).toBe('status');
  expect(unmet(expected, { body: '' })?.code).toBe('header');
  expect(unmet(expected, { ...good, body: '' })?.code).toBe('body');
  expect(unmet(expected, good)?.code).toBe('latency');
  expect(unmet(expected, { ...good, certificate: daysLeft(0) }, 5)?.code).toBe('certificate-days');
  expect(unmet(expected, good, 5)).toBeUndefined();
});

describe('watch', () => {
  const find = (condition: WatchCondition, attempt: ReturnType<typeof httpAttempt>) =>
    watchFinding(condition, attempt, AT, patterns);
  const certificate: WatchCondition = { name: 'cert', kind: 'certificate', daysMin: 21 };
  const latency: WatchCondition = { name: 'slow', kind: 'latency', latencyMsMax: 100 };
  const body: WatchCondition = {
    name: 'queue',
    kind: 'body',
    body: { kind: 'contains', text: 'q' },
  };
  const status: WatchCondition = { name: 'st', kind: 'status', status: [{ from: 200, to: 200 }] };

  it('F27 days left on a certificate are a finding, not a failure', () => {
    expect(find(certificate, httpAttempt({ certificate: daysLeft(7) }))).toEqual({
      name: 'cert',
      detail: 'the certificate has 7 days left, expected at least 21',
    });
    expect(find(certificate, httpAttempt({ certificate: daysLeft(22) }))).toBeUndefined();
  });

  it('finds slowness, a body and a status', () => {
    expect(find(latency, httpAttempt({}, { totalMs: 101 }))?.detail).toBe(
      'took 101 ms, expected at most 100 ms',
    );
    expect(find(body, httpAttempt({ body: 'x' }))?.name).toBe('queue');
    expect(find(status, httpAttempt({ status: 204 }))?.detail).toBe('status 204, expected 200');
  });

  it('of an open port, only the latency can be judged', () => {
    expect(find(latency, tcpAttempt({ totalMs: 101 }))?.name).toBe('slow');
    expect([certificate, body, status].map((one) => find(one, tcpAttempt()))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('finds nothing where there was no answer', () => {
    expect(find(latency, failedAttempt('timeout', '', { totalMs: 3_000 }))).toBeUndefined();
    expect(find(latency, skippedAttempt('starved', '', { totalMs: 3_000 }))).toBeUndefined();
  });

  it('F20 429 is shown as overloaded only where no status is set', () => {
    expect(overloadFinding({}, answer({ status: 429 }))).toEqual({
      name: 'overloaded',
      detail: 'status 429, counted as alive',
    });
    expect(overloadFinding({}, answer())).toBeUndefined();
    expect(
      overloadFinding({ status: [{ from: 429, to: 429 }] }, answer({ status: 429 })),
    ).toBeUndefined();
  });
});
