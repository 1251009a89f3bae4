/**
 * A tree of checks and what was answered → one outcome. Examples for each rule, then properties over
 * random trees and answers.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern } from '../../shared/adapters/patterns.ts';
import type { Outcome } from '../../shared/core/condition.ts';
import {
  type Check,
  type CheckNode,
  epochMs,
  type HttpCheck,
  type TcpCheck,
  vantageId,
} from '../../shared/core/model.ts';
import { observe } from '../../shared/core/observation.ts';
import type { Attempt } from '../../shared/core/probe.ts';
import { leafRequest, probesOf } from '../../shared/core/probe-request.ts';
import {
  FAIL_CODES,
  type FailCode,
  SKIP_CODES,
  type SkipCode,
} from '../../shared/core/reason-code.ts';
import {
  certificateUntil,
  failedAttempt,
  httpAttempt,
  responsesOf,
  skippedAttempt,
  tcpAttempt,
} from '../fakes/fake-prober.ts';
import { sampleEndpoint, sampleService } from '../fakes/sample-service.ts';

const look = { vantage: vantageId('eu-west-1'), round: 7, at: epochMs(1_782_864_000_000) };
const V6 = { address: '2001:db8::20', family: 6 } as const;
const PASS: Outcome = { kind: 'pass' };

const http = (path: string, changes: Partial<HttpCheck> = {}): HttpCheck => ({
  kind: 'http',
  url: `https://{target}/${path}`,
  method: 'GET',
  host: 'app.example.com',
  headers: {},
  expect: {},
  ...changes,
});
const tcp = (port: number, changes: Partial<TcpCheck> = {}): TcpCheck => ({
  kind: 'tcp',
  address: `{target}:${port}`,
  expect: {},
  ...changes,
});

type Answers = (path: string, target: string) => readonly Attempt[] | undefined;

/** Answers every leaf of the tree by its path or port. */
function observed(
  node: CheckNode,
  answers: Answers,
  options: { watch?: Check['watch']; targets?: readonly string[]; reverse?: boolean } = {},
) {
  const check: Check = { node, timeoutMs: 3_000, fall: 3, rise: 5, watch: options.watch ?? [] };
  const endpoint = sampleEndpoint('us-east-1', {
    check,
    probeTargets: options.targets ?? ['203.0.113.1'],
  });
  const service = sampleService({ endpoints: [endpoint] });
  const responses = probesOf(service, endpoint).flatMap((request) => {
    const path = request.kind === 'tcp' ? `:${request.port}` : new URL(request.url).pathname;
    const attempts = answers(path.replace(/^\//, ''), request.target);
    return attempts === undefined ? [] : [{ key: request.key, attempts }];
  });
  const ordered = options.reverse ? responses.toReversed() : responses;
  return observe(service, endpoint, responsesOf(ordered), look, { compilePattern });
}

const byPath =
  (answers: Readonly<Record<string, Attempt>>): Answers =>
  (path) => {
    const found = answers[path];
    return found && [found];
  };

describe('one leaf', () => {
  it('a good answer passes, with its timings', () => {
    const seen = observed(http('health'), () => [httpAttempt({}, { totalMs: 42 })]);

    expect(seen).toEqual({
      service: 'app',
      endpoint: 'us-east-1',
      vantage: 'eu-west-1',
      round: 7,
      at: look.at,
      outcome: PASS,
      latencyMs: 42,
      timings: { dnsMs: null, connectMs: 5, tlsMs: 10, firstByteMs: 15, totalMs: 42 },
      watch: [],
      answer: { status: 200, family: 4, certificateEndsAt: null },
    });
  });

  it('tells the certificate that ends first among all addresses, and what decided', () => {
    const late = certificateUntil(epochMs(look.at + 90 * 86_400_000));
    const soon = certificateUntil(epochMs(look.at + 3 * 86_400_000));

    const seen = observed(http('health'), () => [
      httpAttempt({ certificate: late, status: 503 }, { address: '2001:db8::1', family: 6 }),
      httpAttempt({ certificate: soon }),
    ]);

    expect(seen.answer).toEqual({ status: 503, family: 6, certificateEndsAt: soon?.notAfterAt });
  });

  it('what answered nothing tells nothing', () => {
    expect(observed(http('health'), () => [])).not.toHaveProperty('answer');
  });

  it('an unexpected answer fails and says what was expected', () => {
    const seen = observed(http('health'), () => [httpAttempt({ status: 503 }, { totalMs: 9 })]);

    expect(seen.outcome).toEqual({
      kind: 'fail',
      code: 'status',
      detail: 'status 503, expected 200-399 or 429',
    });
    expect(seen.latencyMs).toBeNull();
    expect(seen.timings?.totalMs).toBe(9);
  });

  it.each(Object.keys(FAIL_CODES) as FailCode[])('the fact %s is passed on as a fail', (code) => {
    const bare = observed(http('health'), () => [failedAttempt(code)]);
    const detailed = observed(http('health'), () => [failedAttempt(code, 'so\nit was')]);

    expect(bare.outcome).toEqual({ kind: 'fail', code, detail: FAIL_CODES[code] });
    expect(detailed.outcome).toEqual({ kind: 'fail', code, detail: 'so it was' });
  });

  it.each(Object.keys(SKIP_CODES) as SkipCode[])('the fact %s is passed on as skipped', (code) => {
    const bare = observed(tcp(5432), () => [skippedAttempt(code)]);
    const detailed = observed(tcp(5432), () => [skippedAttempt(code, 'so it was')]);

    expect(bare.outcome).toEqual({ kind: 'skipped', code, detail: SKIP_CODES[code] });
    expect(detailed.outcome).toMatchObject({ kind: 'skipped', code, detail: 'so it was' });
  });

  it('no answer at all is skipped: the round ended first', () => {
    const missing = observed(http('health'), () => undefined);
    const empty = observed(http('health'), () => []);

    expect(missing.outcome).toEqual({
      kind: 'skipped',
      code: 'aborted',
      detail: 'the round ended first',
    });
    expect(missing.timings).toBeNull();
    expect(empty.outcome).toEqual(missing.outcome);
  });

  it('an open port passes, unless it opened too slowly', () => {
    const check = tcp(5432, { expect: { latencyMsMax: 50 } });

    expect(observed(check, () => [tcpAttempt({ totalMs: 50 })]).outcome).toEqual(PASS);
    expect(observed(check, () => [tcpAttempt({ totalMs: 51 })]).outcome).toMatchObject({
      kind: 'fail',
      code: 'latency',
    });
  });

  it('an open port never stands for an HTTP answer', () => {
    expect(observed(http('health'), () => [tcpAttempt()]).outcome).toMatchObject({
      kind: 'skipped',
      code: 'aborted',
    });
  });
});

describe('addresses and families', () => {
  it('F11 either family failing is a fail that names the family', () => {
    const both = { targets: ['203.0.113.1', '2001:db8::20'] };
    const seen = observed(
      http('health'),
      (_, target) =>
        target.includes(':')
          ? [failedAttempt('timeout', 'no complete answer within 3000 ms', V6)]
          : [httpAttempt({}, { totalMs: 30 })],
      both,
    );

    expect(seen.outcome).toEqual({
      kind: 'fail',
      code: 'timeout',
      detail: 'IPv6 2001:db8::20: no complete answer within 3000 ms',
    });
    expect(seen.latencyMs).toBe(30);
  });

  it('F12 a family without a route is left out while the other is looked at', () => {
    const attempts = [httpAttempt(), skippedAttempt('no-route', 'connect ENETUNREACH', V6)];

    expect(observed(http('health'), () => attempts).outcome).toEqual(PASS);
    expect(
      observed(http('health'), () => [failedAttempt('refused'), attempts[1]!]).outcome.kind,
    ).toBe('fail');
    expect(observed(http('health'), () => [attempts[1]!]).outcome).toMatchObject({
      kind: 'skipped',
      code: 'no-route',
    });
  });

  it('F37 all addresses of a name must pass', () => {
    const fine = [1, 2, 3].map((n) => httpAttempt({}, { address: `203.0.113.${n}`, totalMs: n }));
    const bad = httpAttempt({ status: 500 }, { address: '203.0.113.4' });

    expect(observed(http('health'), () => fine)).toMatchObject({ outcome: PASS, latencyMs: 3 });
    expect(observed(http('health'), () => [...fine, bad]).outcome).toMatchObject({
      kind: 'fail',
      detail: 'IPv4 203.0.113.4: status 500, expected 200-399 or 429',
    });
  });

  it('an attempt without an address is not labelled', () => {
    const nowhere = failedAttempt('dns-empty', 'no address', { address: null, family: null });

    expect(observed(http('health'), () => [nowhere, httpAttempt()]).outcome).toMatchObject({
      detail: 'no address',
    });
  });
});

describe('trees', () => {
  const process = http('process');
  const ready = http('ready');
  const good = httpAttempt({}, { totalMs: 10 });
  const slow = httpAttempt({}, { totalMs: 90 });
  const bad = failedAttempt('refused');
  const unknown = skippedAttempt('own-dns');

  /*  all: any fail → fail, else any skipped → skipped, else pass
   *  any: any pass → pass, else any skipped → skipped, else fail  */
  it.each([
    ['all', good, good, 'pass'],
    ['all', good, bad, 'fail'],
    ['all', unknown, bad, 'fail'],
    ['all', unknown, good, 'skipped'],
    ['any', bad, good, 'pass'],
    ['any', unknown, good, 'pass'],
    ['any', unknown, bad, 'skipped'],
    ['any', bad, bad, 'fail'],
  ] as const)('%s of %o and %o is %s', (kind, first, second, expected) => {
    const seen = observed(
      { kind, checks: [process, ready] },
      byPath({ process: first, ready: second }),
    );

    expect(seen.outcome.kind).toBe(expected);
  });

  it('the first failure in file order speaks', () => {
    const answers = byPath({
      process: httpAttempt({ status: 500 }),
      ready: failedAttempt('timeout'),
    });

    expect(observed({ kind: 'all', checks: [ready, process] }, answers).outcome).toMatchObject({
      code: 'timeout',
    });
    expect(observed({ kind: 'all', checks: [process, ready] }, answers).outcome).toMatchObject({
      code: 'status',
    });
  });

  it('all takes the slowest, any the one that passed first in file order', () => {
    const answers = byPath({ process: slow, ready: good });

    expect(observed({ kind: 'all', checks: [process, ready] }, answers).latencyMs).toBe(90);
    expect(observed({ kind: 'any', checks: [ready, process] }, answers).latencyMs).toBe(10);
  });

  it('layers nest: network, then process or readiness', () => {
    const node: CheckNode = {
      kind: 'all',
      checks: [tcp(443), { kind: 'any', checks: [process, ready] }],
    };

    expect(
      observed(node, byPath({ ':443': tcpAttempt(), process: bad, ready: good })).outcome,
    ).toEqual(PASS);
    expect(
      observed(node, byPath({ ':443': failedAttempt('timeout'), process: good, ready: good }))
        .outcome,
    ).toMatchObject({ kind: 'fail', code: 'timeout' });
  });

  it('a tree without leaves is skipped, never a pass', () => {
    expect(observed({ kind: 'all', checks: [] }, () => undefined).outcome.kind).toBe('skipped');
    expect(observed({ kind: 'any', checks: [] }, () => undefined).outcome.kind).toBe('skipped');
  });
});

describe('watch', () => {
  const watch: Check['watch'] = [
    { name: 'certificate', kind: 'certificate', daysMin: 21 },
    { name: 'slow', kind: 'latency', latencyMsMax: 800 },
  ];
  const soon = certificateUntil(epochMs(look.at + 3 * 86_400_000));

  it('findings come in file order, each name once, and never vote', () => {
    const seen = observed(
      http('health'),
      () => [
        httpAttempt({ certificate: soon, status: 429 }, { totalMs: 900 }),
        httpAttempt({ certificate: soon }, { address: '203.0.113.2', totalMs: 950 }),
      ],
      { watch },
    );

    expect(seen.outcome).toEqual(PASS);
    expect(seen.watch).toEqual([
      {
        name: 'certificate',
        detail: 'IPv4 203.0.113.1: the certificate has 3 days left, expected at least 21',
      },
      { name: 'slow', detail: 'IPv4 203.0.113.1: took 900 ms, expected at most 800 ms' },
      { name: 'overloaded', detail: 'IPv4 203.0.113.1: status 429, counted as alive' },
    ]);
  });

  it('a port is never overloaded', () => {
    expect(observed(tcp(443), () => [tcpAttempt()], { watch }).watch).toEqual([]);
  });
});

describe('properties', () => {
  const leaves = ['a', 'b', 'c', 'd', 'e'];
  const { tree } = fc.letrec<{ tree: CheckNode }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(...leaves).map((path): CheckNode => http(path)),
      fc
        .record({
          kind: fc.constantFrom('all' as const, 'any' as const),
          checks: fc.array(tie('tree'), { minLength: 1, maxLength: 4 }),
        })
        .map((node): CheckNode => node),
    ),
  }));
  const anAttempt = fc.oneof(
    fc.nat(2_000).map((totalMs) => httpAttempt({}, { totalMs })),
    fc.constantFrom(200, 302, 429, 500).map((status) => httpAttempt({ status })),
    fc.constantFrom(...(Object.keys(FAIL_CODES) as FailCode[])).map((code) => failedAttempt(code)),
    fc
      .constantFrom(...(Object.keys(SKIP_CODES) as SkipCode[]))
      .map((code) => skippedAttempt(code, '', code === 'no-route' ? V6 : {})),
  );
  const answered = fc.dictionary(
    fc.constantFrom(...leaves),
    fc.array(anAttempt, { maxLength: 4 }),
    { maxKeys: leaves.length },
  );
  const answering =
    (answers: Readonly<Record<string, readonly Attempt[]>>): Answers =>
    (path) =>
      answers[path];
  const rank = { pass: 0, skipped: 1, fail: 2 } as const;

  it('more failures never turn a fail into a pass, nor make an outcome better', () => {
    fc.assert(
      fc.property(tree, answered, fc.subarray(leaves), (node, answers, failing) => {
        const before = observed(node, answering(answers)).outcome;
        const worse = { ...answers };
        for (const path of failing) {
          worse[path] = [...(answers[path] ?? []), failedAttempt('refused')];
        }

        const after = observed(node, answering(worse)).outcome;

        expect(rank[after.kind]).toBeGreaterThanOrEqual(rank[before.kind]);
      }),
    );
  });

  it('a tree in which nothing was answered, or all was skipped, is never a vote', () => {
    fc.assert(
      fc.property(
        tree,
        fc.constantFrom(...(Object.keys(SKIP_CODES) as SkipCode[])),
        (node, code) => {
          expect(observed(node, () => undefined).outcome.kind).toBe('skipped');
          expect(observed(node, () => [skippedAttempt(code)]).outcome.kind).toBe('skipped');
        },
      ),
    );
  });

  it('skipping a leaf never turns a pass into a fail, nor a fail into a pass', () => {
    fc.assert(
      fc.property(tree, answered, fc.subarray(leaves), (node, answers, unseen) => {
        const before = observed(node, answering(answers)).outcome;
        const blurred = { ...answers };
        for (const path of unseen) blurred[path] = [skippedAttempt('starved')];

        const after = observed(node, answering(blurred)).outcome;

        expect([before.kind, 'skipped']).toContain(after.kind);
      }),
    );
  });

  it('the order in which answers came changes nothing', () => {
    fc.assert(
      fc.property(tree, answered, (node, answers) => {
        const targets = ['203.0.113.1', '2001:db8::20'];

        expect(observed(node, answering(answers), { targets, reverse: true })).toEqual(
          observed(node, answering(answers), { targets }),
        );
      }),
    );
  });

  it('a detail is at most 120 safe characters, whatever the other side said', () => {
    const text = fc
      .array(fc.nat(0x10_ff_ff), { maxLength: 160 })
      .map((points) => String.fromCodePoint(...points));
    fc.assert(
      fc.property(text, text, text, (said, body, header) => {
        const check = http('a', {
          expect: { headers: { 'x-a': said }, body: { kind: 'contains', text: said } },
        });
        const watch: Check['watch'] = [
          { name: 'w', kind: 'body', body: { kind: 'contains', text: `${said}!` } },
        ];
        const attempts = [
          httpAttempt({ body, headers: { 'x-a': header } }, V6),
          failedAttempt('http-malformed', said),
          skippedAttempt('own-dns', said),
        ];
        for (const one of attempts) {
          const seen = observed(check, () => [one, httpAttempt()], { watch });
          const details = [
            ...(seen.outcome.kind === 'pass' ? [] : [seen.outcome.detail]),
            ...seen.watch.map(({ detail }) => detail),
          ];
          const unsafe = details.filter(
            (detail) =>
              detail.length > 120 || /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u.test(detail),
          );
          expect(unsafe).toEqual([]);
        }
      }),
    );
  });
});

it('every leaf and target is asked under the key it is judged by', () => {
  const node: CheckNode = { kind: 'all', checks: [http('a'), tcp(443)] };
  const endpoint = sampleEndpoint('eu-west-1', {
    check: { node, timeoutMs: 3_000, fall: 3, rise: 5, watch: [] },
    probeTargets: ['203.0.113.1', '2001:db8::20'],
  });
  const service = sampleService({ endpoints: [endpoint] });

  const keys = [http('a'), tcp(443)].flatMap((leaf) =>
    endpoint.probeTargets.map((target) => leafRequest(service, endpoint, leaf, target).key),
  );

  expect(probesOf(service, endpoint).map(({ key }) => key)).toEqual(keys);
});

it('F20 a check that names a 3xx judges the redirect itself, any other one follows it', () => {
  const endpoint = sampleEndpoint('eu-west-1');
  const service = sampleService({ endpoints: [endpoint] });
  const follows = (expected: HttpCheck['expect']): unknown => {
    const request = leafRequest(service, endpoint, http('a', { expect: expected }), '203.0.113.1');
    return request.kind === 'http' && request.followsRedirects;
  };

  expect(follows({})).toBeUndefined();
  expect(follows({ status: [{ from: 200, to: 299 }] })).toBeUndefined();
  expect(follows({ status: [{ from: 400, to: 499 }] })).toBeUndefined();
  expect(
    follows({
      status: [
        { from: 200, to: 299 },
        { from: 301, to: 302 },
      ],
    }),
  ).toBe(false);
  expect(follows({ status: [{ from: 200, to: 399 }] })).toBe(false);
});
