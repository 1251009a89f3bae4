/** Votes → verdicts: who counts, over whom, since when, and what failed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type EndpointId,
  epochMs,
  regionId,
  type Service,
  vantageId,
} from '../../shared/core/model.ts';
import { sentence } from '../../shared/core/reason.ts';
import { FAIL_CODES } from '../../shared/core/reason-code.ts';
import { judge, type LastChange, type Verdict } from '../../shared/core/verdict.ts';
import { HOUR, NOW, openWorld, SECOND } from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService, VANTAGES } from '../fakes/sample-service.ts';

type Cast = 'up' | 'down' | 'none' | 'silent' | 'isolated';
const FAR = 'far-away';
const serviceOf = (count: number, quorum: number, region = FAR): Service =>
  sampleService({
    vantages: Array.from({ length: count }, (_, i) => vantageId(`v${i}`)),
    quorum,
    endpoints: [sampleEndpoint('it', { region: regionId(region) }), sampleEndpoint('other')],
  });

function verdictOf(
  service: Service,
  casts: readonly Cast[],
  lastChange?: LastChange,
  order: readonly number[] = casts.map((_, i) => i),
): Verdict {
  const world = openWorld({ service });
  for (const i of order) {
    const vantage = service.vantages[i]!;
    const cast = casts[i]!;
    if (cast === 'silent') world.state.reports.set(vantage, null);
    if (cast === 'isolated') {
      world.state.reports.set(vantage, { selfCheck: { isolated: true, targets: 1, failed: 1 } });
    }
    if (cast !== 'silent') world.see('it', cast === 'isolated' ? 'down' : cast, { by: [vantage] });
  }
  const changes = new Map<EndpointId, LastChange>(
    lastChange === undefined ? [] : [[service.endpoints[0]!.id, lastChange]],
  );
  return judge(service, world.votes(), changes).get(service.endpoints[0]!.id)!;
}

describe('verdicts', () => {
  it.each([
    [5, 3, 'up up up up up', 'up', false],
    [5, 3, 'up up up down down', 'up', true],
    [5, 3, 'up up up silent silent', 'up', false],
    [5, 3, 'down down down up up', 'down', false],
    [5, 3, 'down down down silent silent', 'down', false],
    [5, 3, 'down down up up none', 'unknown', false],
    [5, 3, 'down down silent silent silent', 'unknown', false],
    [5, 3, 'down down isolated isolated isolated', 'unknown', false],
    [5, 3, 'silent silent silent silent silent', 'unknown', false],
    [5, 3, 'none none none none none', 'unknown', false],
    [5, 4, 'down down down up up', 'unknown', false],
    [5, 4, 'up up up up down', 'up', true],
    [3, 2, 'down down up', 'down', false],
    [3, 2, 'down silent silent', 'unknown', false],
    [1, 1, 'down', 'down', false],
    [7, 4, 'down down down down up up up', 'down', false],
    [7, 4, 'down down down up up up none', 'unknown', false],
  ] as const)('of %i vantages and quorum %i: %s is %s', (count, quorum, casts, value, degraded) => {
    const verdict = verdictOf(serviceOf(count, quorum), casts.split(' ') as Cast[]);

    expect(verdict).toMatchObject({ value, degraded, of: count });
  });

  it('F55: of two sides of a split at most one has the quorum', () => {
    const service = serviceOf(5, 3);

    expect(verdictOf(service, ['down', 'down', 'down', 'silent', 'silent']).value).toBe('down');
    expect(verdictOf(service, ['silent', 'silent', 'silent', 'up', 'up']).value).toBe('unknown');
  });

  it('F64: two liars of five can neither remove nor keep', () => {
    const service = serviceOf(5, 3);

    expect(verdictOf(service, ['down', 'down', 'up', 'up', 'up']).value).toBe('up');
    expect(verdictOf(service, ['up', 'up', 'down', 'down', 'down']).value).toBe('down');
  });

  it('needs one down vote from outside the own region of the endpoint', () => {
    const single = (region: string) => verdictOf(serviceOf(1, 1, region), ['down']).value;

    expect(single('v0')).toBe('unknown');
    expect(single(FAR)).toBe('down');
  });

  it('does not count the vantage in its own region double', () => {
    expect(verdictOf(serviceOf(5, 3, 'v0'), ['down', 'down', 'up', 'none', 'none']).value).toBe(
      'unknown',
    );
  });

  it('F103: a vote from before the last change does not count towards reversing it', () => {
    const service = serviceOf(5, 3);
    const all = (cast: Cast): Cast[] => Array.from({ length: 5 }, () => cast);
    const seenAt = NOW - SECOND;

    const change = (ms: number, direction: 'in' | 'out') => ({ at: epochMs(ms), direction });
    expect(verdictOf(service, all('down'), change(seenAt, 'in')).value).toBe('unknown');
    expect(verdictOf(service, all('down'), change(seenAt - 1, 'in')).value).toBe('down');
    expect(verdictOf(service, all('down'), change(NOW, 'out')).value).toBe('down');
    expect(verdictOf(service, all('up'), change(seenAt, 'out')).value).toBe('unknown');
    expect(verdictOf(service, all('up'), change(seenAt - 1, 'out')).value).toBe('up');
    expect(verdictOf(service, all('up'), change(NOW, 'in')).value).toBe('up');
  });

  it('tells since when the quorum was complete: the Q-th earliest start', () => {
    const world = openWorld();
    for (const [i, ago] of [HOUR, 50_000, 30_000, 10_000].entries()) {
      world.see('us-east-1', 'down', { by: [VANTAGES[i]!], sinceAt: NOW - ago });
    }

    expect(world.decide().endpoints[1]?.verdict.sinceAt).toBe(NOW - 30_000);
    expect(world.decide().endpoints[0]?.verdict.sinceAt).toBeNull();
  });

  it('tells since when an endpoint is up again, once a quorum of those votes is listed', () => {
    const world = openWorld();
    for (const [i, ago] of [HOUR, 50_000, 30_000, 10_000, 5_000].entries()) {
      world.see('us-east-1', 'up', { by: [VANTAGES[i]!], sinceAt: NOW - ago });
    }

    expect(world.decide().endpoints[1]?.verdict.sinceAt).toBe(NOW - 30_000);
  });

  it.each(Object.keys(FAIL_CODES))('names what fails most often: %s', (code) => {
    const world = openWorld();
    world.see('us-east-1', 'down', { code });
    world.see('us-east-1', 'down', { code: 'zzz-unheard-of', by: ['us-west-2'] });

    const { verdict, reason } = world.decide().endpoints[1]!;

    expect(verdict.failure).toBe(code);
    expect(reason).toMatchObject({ code: 'quorum-down', failure: code });
  });

  it('breaks a tie between failures by name, so that every region says the same', () => {
    const world = openWorld();
    world.see('us-east-1', 'down', { code: 'timeout', by: VANTAGES.slice(0, 2) });
    world.see('us-east-1', 'down', { code: 'refused', by: VANTAGES.slice(2, 4) });

    expect(world.decide().endpoints[1]?.verdict.failure).toBe('refused');
  });

  it('names no failure once every vantage that votes down sees it pass again', () => {
    const world = openWorld();
    world.see('us-east-1', 'down', { isRecovering: true });

    const { verdict, reason } = world.decide().endpoints[1]!;

    expect(verdict).toMatchObject({ value: 'down', failure: '' });
    expect(sentence(reason)).toContain('pass again since');
  });

  it('says unknown where a newer release reports a failure this one has no word for', () => {
    const world = openWorld();
    world.see('us-east-1', 'down', { code: 'quantum-decoherence' });

    expect(world.decide().endpoints[1]?.verdict.failure).toBe('unknown');
  });
});

describe('verdict properties', () => {
  const arbCast = fc.constantFrom<Cast>('up', 'down', 'none', 'silent', 'isolated');
  const arbPoll = fc.integer({ min: 1, max: 7 }).chain((count) =>
    fc.record({
      casts: fc.array(arbCast, { minLength: count, maxLength: count }),
      quorum: fc.integer({ min: Math.floor(count / 2) + 1, max: count }),
      own: fc.constantFrom(FAR, 'v0'),
    }),
  );
  const RANK = { up: 2, unknown: 1, down: 0 } as const;
  const serviceFor = ({
    casts,
    quorum,
    own,
  }: {
    casts: readonly Cast[];
    quorum: number;
    own: string;
  }) => serviceOf(casts.length, quorum, own);

  it('reports in any order, or delivered twice, give the same verdict', () => {
    fc.assert(
      fc.property(
        arbPoll.chain((poll) =>
          fc.tuple(
            fc.constant(poll),
            fc.shuffledSubarray(
              poll.casts.map((_, i) => i),
              { minLength: poll.casts.length },
            ),
          ),
        ),
        ([poll, order]) => {
          const service = serviceFor(poll);
          const once = verdictOf(service, poll.casts);

          expect(verdictOf(service, poll.casts, undefined, [...order, ...order])).toEqual(once);
        },
      ),
    );
  });

  it('silence, none and skipped never bring a quorum closer', () => {
    fc.assert(
      fc.property(arbPoll, fc.nat(6), fc.constantFrom<Cast>('silent', 'none'), (poll, at, mute) => {
        const service = serviceFor(poll);
        const before = verdictOf(service, poll.casts);
        const after = verdictOf(
          service,
          poll.casts.map((cast, i) => (i === at % poll.casts.length ? mute : cast)),
        );

        expect(after.ups.length).toBeLessThanOrEqual(before.ups.length);
        expect(after.downs.length).toBeLessThanOrEqual(before.downs.length);
        expect(after.value === 'unknown' || after.value === before.value).toBe(true);
      }),
    );
  });

  it('isolation voids down votes only', () => {
    fc.assert(
      fc.property(arbPoll, (poll) => {
        const service = serviceFor(poll);
        const { ups, downs } = verdictOf(service, poll.casts);
        const count = (wanted: Cast) => poll.casts.filter((cast) => cast === wanted).length;

        expect(ups).toHaveLength(count('up'));
        expect(downs).toHaveLength(count('down'));
      }),
    );
  });

  it('more down votes never make a verdict better', () => {
    fc.assert(
      fc.property(arbPoll, fc.nat(6), (poll, at) => {
        const service = serviceFor(poll);
        const worse = poll.casts.map(
          (cast, i): Cast => (i === at % poll.casts.length ? 'down' : cast),
        );

        expect(RANK[verdictOf(service, worse).value]).toBeLessThanOrEqual(
          RANK[verdictOf(service, poll.casts).value],
        );
      }),
    );
  });

  it('nothing is down without a vote from outside its own region', () => {
    fc.assert(
      fc.property(arbPoll, (poll) => {
        const verdict = verdictOf(serviceOf(poll.casts.length, poll.quorum, 'v0'), poll.casts);

        if (verdict.value === 'down') expect(verdict.downs.some((one) => one !== 'v0')).toBe(true);
        expect(
          verdict.value === 'down' && poll.casts.slice(1).every((cast) => cast !== 'down'),
        ).toBe(false);
      }),
    );
  });

  it('a verdict is what the tally over all configured vantages says, never over those that answered', () => {
    fc.assert(
      fc.property(arbPoll, ({ casts, quorum }) => {
        const verdict = verdictOf(serviceOf(casts.length, quorum), casts);
        const count = (wanted: Cast) => casts.filter((cast) => cast === wanted).length;
        const expected =
          count('down') >= quorum ? 'down' : count('up') >= quorum ? 'up' : 'unknown';

        expect(verdict.value).toBe(expected);
        expect(verdict.of).toBe(casts.length);
        expect(verdict.degraded).toBe(expected === 'up' && count('down') > 0);
      }),
    );
  });
});
