/** Every reason as a sentence, word for word; and every code of every closed list provoked somewhere. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../shared/core/errors.ts';
import {
  endpointId,
  epochMs,
  orderId,
  regionId,
  serviceId,
  vantageId,
} from '../../shared/core/model.ts';
import {
  clockTime,
  isWithheld,
  list,
  type Reason,
  type ReasonCode,
  sentence,
  span,
} from '../../shared/core/reason.ts';
import { FAIL_CODES, SKIP_CODES } from '../../shared/core/reason-code.ts';
import { SILENT_WHYS } from '../../shared/core/vote.ts';

const endpoint = endpointId('us-east-1');
const service = serviceId('app');
const order = orderId('order001');
const at = (time: string) => epochMs(Date.parse(`2026-11-20T${time}Z`));
const untilAt = at('14:05:00');
const fence = '_quorate.app.example.com';
const A = 'app.example.com A';

/** A new code has to be given its sentence here. */
const SENTENCES: {
  readonly [C in ReasonCode]: readonly (readonly [
    Omit<Extract<Reason, { code: C }>, 'code'>,
    string,
  ])[];
} = {
  healthy: [[{ endpoint, ups: 4, of: 5 }, 'up: us-east-1 passes in 4 of 5 vantages']],
  'quorum-down': [
    [
      {
        endpoint,
        vantages: ['eu-west-1', 'us-west-2'].map(vantageId),
        failure: 'timeout',
        sinceAt: at('03:12:40'),
        quorum: 2,
        of: 3,
      },
      'down: eu-west-1 and us-west-2 see us-east-1 fail (timeout) since 03:12:40Z, quorum is 2 of 3',
    ],
    [
      {
        endpoint,
        vantages: [vantageId('eu-west-1')],
        failure: 'refused',
        sinceAt: at('03:12:40'),
        quorum: 1,
        of: 1,
      },
      'down: eu-west-1 sees us-east-1 fail (refused) since 03:12:40Z, quorum is 1 of 1',
    ],
    [
      {
        endpoint,
        vantages: [vantageId('eu-west-1')],
        failure: '',
        sinceAt: at('03:12:40'),
        quorum: 1,
        of: 1,
      },
      'down: eu-west-1 sees us-east-1 pass again since 03:12:40Z, not yet often enough in a row, quorum is 1 of 1',
    ],
    [
      {
        endpoint,
        vantages: [vantageId('eu-west-1'), vantageId('us-west-2')],
        failure: '',
        sinceAt: at('03:12:40'),
        quorum: 2,
        of: 3,
      },
      'down: eu-west-1 and us-west-2 see us-east-1 pass again since 03:12:40Z, not yet often enough in a row, quorum is 2 of 3',
    ],
  ],
  'no-quorum': [
    [
      { endpoint, ups: 2, downs: 2, quorum: 3, of: 5 },
      'unknown: us-east-1 has 2 up and 2 down votes, quorum is 3 of 5; DNS unchanged',
    ],
  ],
  unproven: [
    [
      { endpoint, failure: 'status', downs: 5, of: 5 },
      'unproven: us-east-1 fails in 5 of 5 vantages (status), but its check has never passed as configured now; DNS unchanged, check the path and what the firewall lets through',
    ],
  ],
  'not-what-is-served': [
    [
      {
        endpoint,
        service,
        record: 'app.example.com A',
        served: '198.51.100.1',
        configured: '198.51.100.2',
      },
      'not what is served: app.example.com A of us-east-1 answers 198.51.100.1, the file says 198.51.100.2; its votes are not used; run `quorate apply app`',
    ],
  ],
  drained: [
    [{ endpoint, order, untilAt }, 'drained: us-east-1 until 2026-11-20 14:05Z by order order001'],
  ],
  pinned: [
    [
      { endpoint, order, weight: 30, untilAt },
      'pinned: us-east-1 at weight 30 until 2026-11-20 14:05Z by order order001',
    ],
  ],
  frozen: [
    [
      { endpoint, order, untilAt },
      'frozen: us-east-1 stays as it is until 2026-11-20 14:05Z by order order001',
    ],
  ],
  'order-over': [
    [
      { endpoint, order, untilAt },
      'order over: order001 on us-east-1 ended 14:05:00Z; its end is being committed',
    ],
  ],
  'idle-tier': [[{ endpoint, tier: 2, serving: 1 }, 'idle: us-east-1 is in tier 2, tier 1 serves']],
  'tier-entered': [
    [
      { endpoint, tier: 2, down: [endpointId('a')] },
      'tier 2 takes over: us-east-1 serves, since a is down',
    ],
    [
      { endpoint, tier: 2, down: ['a', 'b', 'c'].map(endpointId) },
      'tier 2 takes over: us-east-1 serves, since a, b and c are down',
    ],
    [
      { endpoint, tier: 2, down: [] },
      'tier 2 takes over: us-east-1 serves, since the tier before it has too little weight',
    ],
  ],
  'tier-left': [
    [{ endpoint, tier: 2, serving: 1 }, 'tier 2 leaves: us-east-1 makes way, tier 1 serves'],
  ],
  'tier-kept': [
    [
      { endpoint, tier: 2, returning: 1 },
      'tier 2 stays: us-east-1 keeps its weight until tier 1 is back at 100 %',
    ],
  ],
  'hold-down': [
    [
      holdDown(0, 300_000),
      'waiting until 14:05:00Z: us-east-1 is up again, weight returns then (hold-down 5 min)',
    ],
    [
      holdDown(1, 600_000),
      'waiting until 14:05:00Z: us-east-1 is up again, weight returns then (first relapse, 5 min grew to 10 min)',
    ],
    [
      holdDown(3, 2_400_000),
      'waiting until 14:05:00Z: us-east-1 is up again, weight returns then (third relapse, 5 min grew to 40 min)',
    ],
    [
      holdDown(4, 3_600_000),
      'waiting until 14:05:00Z: us-east-1 is up again, weight returns then (4th relapse, 5 min grew to 1 h)',
    ],
  ],
  'awaiting-approval': [
    [
      { endpoint, service },
      'waiting for approval: us-east-1 is up again; run `quorate approve app us-east-1` to let its weight return',
    ],
  ],
  ramp: [
    [
      { endpoint, percent: 50, nextAt: untilAt },
      'returning: us-east-1 is at 50 %, next step not before 14:05:00Z',
    ],
  ],
  returned: [[{ endpoint }, 'returned: us-east-1 is back at its full weight']],
  drift: [
    [
      { endpoint, service, record: 'app.example.com A', found: 20, left: 50 },
      'drift: us-east-1 app.example.com A has weight 20, the last commit left 50; kept as it is, other endpoints are still protected; run `quorate adopt app` to keep it or `quorate reassert app` to undo it',
    ],
  ],
  'drift-waits': [
    [
      { endpoint, service },
      'waiting: us-east-1 is up, its weight returns once the drift is settled; run `quorate adopt app` or `quorate reassert app`',
    ],
  ],
  pending: [
    [
      { endpoint, service },
      'pending: us-east-1 is in the file and not yet in the zone; run `quorate apply app` to bring it in',
    ],
  ],
  orphan: [
    [
      { endpoint, service },
      'orphan: us-east-1 is in the zone and no longer in the file; left as it is; run `quorate retire app us-east-1` once its weight is 0',
    ],
  ],
  rescued: [
    [
      { endpoint, down: [endpointId('a')], ups: 4, of: 5 },
      'rescue: a (last in service) is down, us-east-1 is up, 4 of 5; it takes over now',
    ],
    [
      { endpoint, down: ['a', 'b'].map(endpointId), ups: 4, of: 5 },
      'rescue: a and b (last in service) are down, us-east-1 is up, 4 of 5; it takes over now',
    ],
  ],
  'rescue-removed': [
    [{ endpoint, takenOverBy: [endpointId('a')] }, 'rescue: us-east-1 is down and a took over'],
  ],
  floor: [
    [
      { endpoint, leavesPercent: 40, floorPercent: 50 },
      'withheld: removing us-east-1 would leave 40 % in service, floor is 50 %',
    ],
  ],
  'all-down': [
    [
      { endpoint, endpoints: 3, failing: 0, failure: 'certificate-expired' },
      'withheld: all 3 endpoints look down (certificate-expired), a common cause is likelier than the loss of everything; DNS unchanged for us-east-1',
    ],
    [
      { endpoint, endpoints: 3, failing: 2, failure: 'timeout' },
      'withheld: all 3 endpoints look down (timeout; 2 of them have only begun to fail), a common cause is likelier than the loss of everything; DNS unchanged for us-east-1',
    ],
    [
      { endpoint, endpoints: 2, failing: 1, failure: 'timeout' },
      'withheld: all 2 endpoints look down (timeout; 1 of them has only begun to fail), a common cause is likelier than the loss of everything; DNS unchanged for us-east-1',
    ],
  ],
  velocity: [
    [
      { endpoint, region: regionId('us'), regions: 1, windowMs: 600_000, untilAt },
      'withheld: removing us-east-1 waits until 14:05:00Z; us would be more than 1 region in 10 min',
    ],
    [
      { endpoint, region: regionId('us'), regions: 2, windowMs: 90_000, untilAt },
      'withheld: removing us-east-1 waits until 14:05:00Z; us would be more than 2 regions in 90 s',
    ],
  ],
  'never-all-zero': [
    [
      { endpoint, record: 'app.example.com A' },
      'withheld: without us-east-1 every weight of app.example.com A would be 0, and Route 53 would answer all of them alike',
    ],
  ],
  'last-healthy': [
    [
      { endpoint },
      'withheld: us-east-1 is the last healthy endpoint in DNS; it keeps its weight until another one is up',
    ],
  ],
  'rescue-held': [
    [
      { endpoint, command: 'quorate undrain app us-east-1' },
      'withheld: us-east-1 is up and could take over, but an operator holds it; run `quorate undrain app us-east-1` to let it',
    ],
  ],
  'rescue-again': [
    [
      { endpoint, untilAt },
      'withheld: us-east-1 could take over, but the last rescue is less than 2 min ago; waiting until 14:05:00Z',
    ],
  ],
  'brought-in': [[{ endpoint, weight: 0 }, 'brought in: us-east-1 with weight 0']],
  retired: [[{ endpoint }, 'retired: the records of us-east-1 are removed']],
  adopted: [[{ endpoint, weight: 20 }, 'adopted: us-east-1 as found, weight 20']],
  reasserted: [
    [
      { endpoint, weight: 100 },
      'reasserted: us-east-1 back to weight 100, as the last commit left it',
    ],
  ],
  approved: [[{ endpoint }, 'approved: us-east-1 may return']],
  unmanaged: [
    [
      { service, fence, isEmpty: false },
      'unmanaged: _quorate.app.example.com does not exist, so nothing is written; run `quorate adopt app`',
    ],
    [
      { service, fence, isEmpty: true },
      'unmanaged: _quorate.app.example.com does not exist, so nothing is written; run `quorate apply app`',
    ],
  ],
  foreign: [
    [
      { service, fence, deployment: 'staging' },
      'blocked: _quorate.app.example.com belongs to deployment staging; nothing is written; run `quorate adopt app` only if that deployment has let go of it',
    ],
  ],
  'malformed-fence': [
    [
      { service, fence, problem: 'it has 2 values instead of one' },
      "blocked: _quorate.app.example.com can't be used: it has 2 values instead of one; nothing is written; run `quorate adopt app`",
    ],
  ],
  records: [
    [
      {
        service,
        problem: 'app.example.com A of a is missing',
        remedy: 'run `quorate apply app` to make it',
      },
      'drift: app.example.com A of a is missing; app is held; run `quorate apply app` to make it',
    ],
  ],
  'superseded-config': [
    [
      { service, packagedAt: at('01:00:00'), newerAt: at('02:00:00') },
      "superseded: this region's configuration of app was packaged 01:00:00Z, the one in force 02:00:00Z; deploy here",
    ],
  ],
  'not-quorate': [
    [
      { service, usable: 2, quorum: 3, of: 5, silent: ['a: stale', 'b: missing', 'c: future'] },
      'not quorate: 2 of 5 vantages of app have a usable report, quorum is 3; DNS unchanged (a: stale, b: missing and c: future)',
    ],
    [
      { service, usable: 2, quorum: 3, of: 2, silent: [] },
      'not quorate: 2 of 2 vantages of app have a usable report, quorum is 3; DNS unchanged',
    ],
  ],
  'stale-evidence': [
    [
      { service, asofAt: at('01:00:00'), fenceAsofAt: at('01:00:20') },
      'waiting: the reports seen here for app (01:00:00Z) are older than what the last commit knew (01:00:20Z); DNS unchanged',
    ],
  ],
  'service-frozen': [
    [
      { service, order, untilAt },
      'frozen: app stays as it is until 2026-11-20 14:05Z by order order001',
    ],
  ],
  'order-started': [[{ order }, 'order order001 begins']],
  'order-ended': [[{ order }, 'order order001 has ended; what it covered returns by its health']],
  'order-given': [[{ order, untilAt }, 'order order001 is given until 2026-11-20 14:05Z']],
  'order-cancelled': [
    [{ order }, 'order order001 is cancelled; what it covered returns by its health'],
  ],
  'order-extended': [[{ order, untilAt }, 'order order001 is extended until 2026-11-20 14:05Z']],
  'order-withheld': [
    [
      { order, why: 'it leaves 100 of 300 (33 %) in service' },
      'withheld: order order001 does not begin: it leaves 100 of 300 (33 %) in service',
    ],
  ],
  'clock-in-doubt': [
    [
      { service, offMs: null },
      'waiting: Route 53 told no time for app, so no order begins or ends here',
    ],
    [
      { service, offMs: 7_000 },
      "waiting: this region's clock is 7000 ms off Route 53's, so no order of app begins or ends here",
    ],
  ],
  blocked: [
    [
      { service, why: 'record is protected', untilAt },
      'blocked: Route 53 refuses changes of app (record is protected); next try 14:05:00Z',
    ],
  ],
  'record-added': [
    [
      { endpoint, record: 'www.example.com A', answers: '203.0.113.9', weight: 50 },
      'added: www.example.com A of us-east-1 answers 203.0.113.9, weight 50',
    ],
  ],
  'target-changed': [
    [
      { endpoint, record: A, from: '203.0.113.1', to: '203.0.113.9', weight: 100 },
      'changed: app.example.com A of us-east-1 answers 203.0.113.9 instead of 203.0.113.1, at its present weight 100',
    ],
  ],
  'target-waits': [
    [
      {
        endpoint,
        record: A,
        configured: '203.0.113.9',
        weight: 100,
        ups: 1,
        of: 5,
        quorum: 3,
        why: 'timeout',
      },
      'withheld: app.example.com A of us-east-1 has weight 100, and 203.0.113.9 is up in 1 of 5 vantages (timeout), quorum is 3; it stays as it is until a quorum finds that up',
    ],
    [
      {
        endpoint,
        record: A,
        configured: '203.0.113.9',
        weight: 100,
        ups: 1,
        of: 5,
        quorum: 3,
        why: '',
      },
      'withheld: app.example.com A of us-east-1 has weight 100, and 203.0.113.9 is up in 1 of 5 vantages, quorum is 3; it stays as it is until a quorum finds that up',
    ],
  ],
  renamed: [
    [
      { endpoint, service, orphan: 'us' },
      'withheld: us-east-1 answers what us answers, which the file no longer names; write set-identifier: us under us-east-1 to go on with its record, or give us weight 0 and run `quorate retire app us` first',
    ],
  ],
  'health-check-set': [
    [
      { endpoint, record: A, from: null, to: 'check-2' },
      'changed: app.example.com A of us-east-1 carries health check check-2 instead of none',
    ],
    [
      { endpoint, record: A, from: 'check-1', to: 'check-2' },
      'changed: app.example.com A of us-east-1 carries health check check-2 instead of check-1',
    ],
  ],
  'health-check-kept': [
    [
      { endpoint, healthCheckId: 'check-1' },
      'kept: us-east-1 carries health check check-1, which the file does not name; write health-check: check-1 to own it, or take it off in Route 53 yourself',
    ],
  ],
  'flag-set': [
    [
      { endpoint, record: A, to: true },
      'changed: app.example.com A of us-east-1 evaluates the health of its target',
    ],
    [
      { endpoint, record: A, to: false },
      'changed: app.example.com A of us-east-1 does not evaluate the health of its target',
    ],
  ],
  converted: [
    [{ endpoint, weight: 100 }, 'converted: us-east-1 has a weighted record of weight 100'],
  ],
  restored: [
    [
      { endpoint, from: 0, weight: 100, isDown: false },
      'restored: us-east-1 goes from weight 0 to 100',
    ],
    [
      { endpoint, from: 0, weight: 100, isDown: true },
      'restored: us-east-1 goes from weight 0 to 100, although it is down',
    ],
  ],
  'ttl-set': [
    [
      { record: A, from: 300, to: 30 },
      'changed: TTL of app.example.com A is 30 s instead of 300 s',
    ],
  ],
  'group-waits': [
    [
      { record: 'app.example.com AAAA', endpoints: [endpoint] },
      'withheld: app.example.com AAAA does not begin until us-east-1 can be in it: else the others would have all of its traffic',
    ],
  ],
  'group-empty': [
    [
      { record: 'app.example.com AAAA' },
      'withheld: every weight of app.example.com AAAA would be 0, and Route 53 would answer all of them alike; leave it out of the file until an endpoint that has it serves',
    ],
  ],
  released: [
    [
      { service, fence, low: [] },
      'released: _quorate.app.example.com goes; nothing is written for app until it is adopted again',
    ],
    [
      { service, fence, low: [endpoint] },
      'released: _quorate.app.example.com goes; nothing is written for app until it is adopted again, and nobody gives us-east-1 more weight',
    ],
  ],
  'fence-replaced': [
    [
      { service, fence, deployment: 'staging' },
      "replaced: _quorate.app.example.com belongs to deployment staging, which can't write app from then on",
    ],
    [
      { service, fence, deployment: null },
      "replaced: _quorate.app.example.com can't be read; whatever it knew of app is forgotten",
    ],
  ],
  'order-dropped': [
    [{ order, untilAt }, 'order order001, in force until 2026-11-20 14:05Z, ends with this'],
  ],
  bug: [
    [
      { service, assertion: 'a decision names every endpoint' },
      'held: app met a state that should not exist (a decision names every endpoint); DNS unchanged, please report this',
    ],
  ],
};
const CODES = Object.keys(SENTENCES) as ReasonCode[];
const EXAMPLES = CODES.flatMap((code) =>
  SENTENCES[code].map(([about, text]) => [code, { ...about, code } as Reason, text] as const),
);

describe('sentences', () => {
  it.each(EXAMPLES)('%s is told in words and numbers', (_, reason, text) => {
    expect(sentence(reason)).toBe(text);
  });

  it('start with a word for what happened, are one line, and say what to run in backquotes', () => {
    for (const [, , text] of EXAMPLES) {
      expect(text).not.toMatch(/undefined|null|NaN|\[object|[\n\r]|\.$/);
      for (const [, command] of text.matchAll(/`([^`]*)`/g))
        expect(command).toMatch(/^quorate [a-z]+/);
    }
  });

  it('what was held back is withheld, and nothing else', () => {
    expect(EXAMPLES.filter(([, reason]) => isWithheld(reason)).map(([code]) => code)).toEqual(
      [...new Set(CODES)].flatMap((code) =>
        [
          'floor',
          'all-down',
          'velocity',
          'never-all-zero',
          'last-healthy',
          'rescue-held',
          'rescue-again',
          'order-withheld',
        ].includes(code)
          ? SENTENCES[code].map(() => code)
          : [],
      ),
    );
  });

  it.each([
    [3_600_000, '1 h'],
    [7_200_000, '2 h'],
    [5_400_000, '90 min'],
    [600_000, '10 min'],
    [90_000, '90 s'],
    [20_000, '20 s'],
    [1_500, '1500 ms'],
    [0, '0 s'],
  ])('a span of %i ms is %s', (ms, text) => {
    expect(span(ms)).toBe(text);
  });

  it('lists words as people do', () => {
    expect([list([]), list(['a']), list(['a', 'b']), list(['a', 'b', 'c'])]).toEqual([
      '',
      'a',
      'a and b',
      'a, b and c',
    ]);
  });

  it('tells times in UTC to the second', () => {
    expect(clockTime(epochMs(Date.UTC(2026, 10, 20, 3, 12, 40, 999)))).toBe('03:12:40Z');
  });
});

describe('every code is provoked by a test', () => {
  const folder = new URL('../', import.meta.url);
  const others = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && !file.endsWith('core/reason.test.ts'))
    .map((file) => readFileSync(new URL(file, folder), 'utf8'))
    .join('\n');
  const names = (code: string): boolean => new RegExp(`[\\s'"/]${code}['"/:,]`).test(others);

  it.each(CODES)('%s', (code) => {
    expect(names(code)).toBe(true);
  });

  it.each(Object.keys(ERROR_CODES))('%s', (code) => {
    expect(names(code)).toBe(true);
  });

  it.each([...Object.keys(FAIL_CODES), ...Object.keys(SKIP_CODES), ...Object.keys(SILENT_WHYS)])(
    '%s',
    (code) => {
      expect(names(code)).toBe(true);
    },
  );
});

function holdDown(relapses: number, holdDownMs: number) {
  return {
    endpoint,
    untilAt,
    relapses,
    holdDownMs,
    baseMs: 300_000,
  };
}
