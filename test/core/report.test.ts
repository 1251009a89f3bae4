/** Observations → report: counters, votes, what is listed, what is announced, how large it gets. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digest, type EpochMs, epochMs, type Service, serviceId } from '../../shared/core/model.ts';
import type { Observation } from '../../shared/core/observation.ts';
import {
  type ConfigManifest,
  coversAll,
  isNewerRun,
  REPORT_BYTES_MAX,
  type Report,
  reportBytes,
  roundKey,
  servicesSeenBy,
} from '../../shared/core/report.ts';
import { nextReport, type ReportInput } from '../../shared/core/report-next.ts';
import { parseReport } from '../../shared/core/report-parse.ts';
import { FAKE_START } from '../fakes/fake-clock.ts';
import { sampleEntry, sampleObservation, sampleReport } from '../fakes/sample-report.ts';
import { sampleConfig, sampleEndpoint, sampleService, VANTAGES } from '../fakes/sample-service.ts';

const EVERY_MS = 10_000;
const CONFIG = sampleConfig();
const SERVICE = CONFIG.services[0]!;
const VANTAGE = VANTAGES[0]!;
const IDS = SERVICE.endpoints.map(({ id }) => id);
const ROUND = FAKE_START / EVERY_MS;

describe('votes of one endpoint', () => {
  it.each([
    ['nothing yet', '', 'none', 0, 0],
    ['a failure', 'f', 'none', 1, 0],
    ['one failure less than fall', 'ff', 'none', 2, 0],
    ['fall failures', 'fff', 'down', 3, 0],
    ['failures that are not consecutive', 'ffpf', 'none', 1, 0],
    ['one pass less than rise', 'pppp', 'none', 0, 4],
    ['failures after rise passes, less than fall', 'pppppff', 'up', 2, 0],
    ['fall failures after rise passes', 'pppppfff', 'down', 3, 0],
    ['passes after a fall, less than rise', 'fffpppp', 'down', 0, 4],
    ['a skip between failures', 'ffsf', 'down', 3, 0],
    ['a skip between passes', 'ppps', 'none', 0, 3],
  ] as const)('after %s (%s) the vote is %s', (_, looks, vote, failures, passes) => {
    const report = play(looks);

    const entry = report.entries.find(({ endpoint }) => endpoint === IDS[0]);
    expect(entry).toMatchObject({ vote, failures, passes });
  });

  it('is not listed any more once it has passed rise times', () => {
    expect(play('ppppp').entries).toEqual([]);
    expect(play('fffppppp').entries).toEqual([]);
    expect(play('ppppp').unlisted).toBe(3);
  });

  it('notes when the present run of failures or passes began, and why it fails', () => {
    const failing = entryOf(play('pppppff'));
    const passing = entryOf(play('pppppffp'));

    expect(failing).toMatchObject({
      sinceAt: FAKE_START + 5 * EVERY_MS,
      code: 'timeout',
      detail: 'no complete answer within 3 s',
    });
    expect(passing).toMatchObject({
      sinceAt: FAKE_START + 7 * EVERY_MS,
      code: null,
      detail: '',
      latencyMs: 42,
    });
  });

  it('keeps its counters while skipped, and says why it abstains', () => {
    const skipped = entryOf(play('pppppffs'));

    expect(skipped).toMatchObject({ vote: 'up', failures: 2, passes: 0, skipped: 'no-handles' });
    expect(skipped).toMatchObject({ code: 'timeout', detail: 'out of file handles' });
    expect(entryOf(play('pppppffsf'))).toMatchObject({ vote: 'down', skipped: null });
  });

  it('is listed while a watch condition does not hold, and still votes up', () => {
    const watch = [
      { name: 'slow', detail: '900 ms' },
      { name: 'certificate', detail: '3 days' },
    ];
    const report = next(play('ppppp'), 5, [sampleObservation(IDS[0]!, 'pass', { watch })]);

    expect(entryOf(report)).toMatchObject({ vote: 'up', watch: ['certificate', 'slow'] });
  });
});

describe('what a report covers', () => {
  it('lists a due endpoint that was not looked at as skipped', () => {
    const report = next(play('ppppp'), 5, []);

    expect(report.entries.map(({ skipped }) => skipped)).toEqual(['aborted', 'aborted', 'aborted']);
    expect(report.unlisted).toBe(0);
  });

  it('keeps entries of intervals that were not due', () => {
    const slow = sampleService({ id: serviceId('slow'), everyMs: 30_000 });
    const services = [SERVICE, slow];
    const first = next(undefined, 0, looks('fpp', 'slow'), { services, everyMs: 30_000 });

    const second = next(first, 1, looks('ppp'), { services });

    expect(entryOf(second, 'slow')).toEqual(entryOf(first, 'slow'));
    expect(second.rounds.map(({ everyMs }) => everyMs)).toEqual([10_000, 30_000]);
  });

  it('drops rounds of intervals that no service has any more', () => {
    const before = sampleReport({
      rounds: [
        { everyMs: 5_000, round: 1, observedAt: FAKE_START },
        { everyMs: EVERY_MS, round: ROUND, observedAt: FAKE_START },
      ],
    });

    expect(next(before, 1, looks('ppp')).rounds).toHaveLength(1);
  });

  it('sorts entries by service, then endpoint', () => {
    const other = sampleService({ id: serviceId('aaa') });
    const report = next(undefined, 0, [], { services: [SERVICE, other] });

    expect(report.entries.map((entry) => `${entry.service}/${entry.endpoint}`)).toEqual([
      'aaa/ap-southeast-1',
      'aaa/eu-west-1',
      'aaa/us-east-1',
      'app/ap-southeast-1',
      'app/eu-west-1',
      'app/us-east-1',
    ]);
  });

  it('counts a service that this vantage does not look at, and lists nothing of it', () => {
    const foreign = sampleService({ id: serviceId('foreign'), vantages: VANTAGES.slice(1) });
    const services = [SERVICE, foreign];

    const report = next(undefined, 0, looks('fff'), { services });

    expect(report.entries.every((entry) => entry.service === 'app')).toBe(true);
    expect(report.unlisted).toBe(3);
    expect(servicesSeenBy({ services }, VANTAGE)).toEqual([SERVICE]);
    expect(coversAll(report, manifest(services))).toBe(true);
  });

  it('forgets an endpoint that is not configured any more', () => {
    const before = sampleReport({ entries: [sampleEntry({ endpoint: 'gone' as never })] });

    const after = next(before, 1, looks('ppp'));

    expect(after.entries).toEqual([]);
    expect(coversAll(after, manifest([SERVICE]))).toBe(true);
  });
});

describe('starting over', () => {
  const down = play('fff');

  it('begins every endpoint at none without a previous report', () => {
    const report = next(undefined, 0, []);

    expect(report.entries.map(({ vote, failures, passes }) => [vote, failures, passes])).toEqual([
      ['none', 0, 0],
      ['none', 0, 0],
      ['none', 0, 0],
    ]);
  });

  it('begins at none under another digest of the service', () => {
    const report = next(down, 3, looks('fpp'), {
      config: digest('config-digest-000000002'),
      previousManifest: manifest([sampleService({ digest: digest('service-digest-app-0000') })]),
    });

    expect(entryOf(report)).toMatchObject({ vote: 'none', failures: 1 });
  });

  it('goes on under another configuration that leaves this service as it is', () => {
    const report = next(down, 3, looks('fpp'), {
      config: digest('config-digest-000000002'),
      previousManifest: manifest([SERVICE]),
    });

    expect(entryOf(report)).toMatchObject({ vote: 'down', failures: 4 });
  });

  it.each([
    ['is not known', undefined],
    ['is of a third configuration', { ...manifest([SERVICE]), digest: 'another' }],
    ['does not name this service', manifest([])],
  ] as const)('begins at none if the manifest of the previous one %s', (_, previousManifest) => {
    const report = next(down, 3, looks('fpp'), {
      config: digest('config-digest-000000002'),
      previousManifest,
    });

    expect(entryOf(report)).toMatchObject({ vote: 'none', failures: 1 });
  });

  it('begins at none after more than 10 intervals, and goes on after 10', () => {
    const at = down.rounds[0]!.observedAt;

    expect(entryOf(next(down, 12, looks('fpp'), { now: epochMs(at + 100_000) }))).toMatchObject({
      vote: 'down',
      failures: 4,
    });
    expect(entryOf(next(down, 12, looks('fpp'), { now: epochMs(at + 100_001) }))).toMatchObject({
      vote: 'none',
      failures: 1,
    });
  });

  it('begins at none if the previous report lies far in the future', () => {
    const at = down.rounds[0]!.observedAt;

    const report = next(down, 12, looks('fpp'), { now: epochMs(at - 100_001) });

    expect(entryOf(report)).toMatchObject({ vote: 'none' });
  });
});

describe('changed', () => {
  const steady = play('ppppp' + 'ppp');

  it('stays true for three reports after a vote changed', () => {
    const reports = playAll('pppppfffff' + 'f');

    expect(reports.map(({ changed }) => changed)).toEqual([
      false, // none to none
      false,
      false,
      false,
      true, // up
      true,
      true,
      true, // down
      true,
      true,
      false,
    ]);
  });

  it('is not raised by failures that change no vote', () => {
    expect(steady.changed).toBe(false);
    expect(next(steady, 8, looks('fpp')).changed).toBe(false);
  });

  it('is raised by abstaining and by voting again', () => {
    const abstaining = next(steady, 8, looks('spp'));

    expect(abstaining.changedRoundsLeft).toBe(3);
    expect(next({ ...abstaining, changedRoundsLeft: 0 }, 9, looks('ppp')).changed).toBe(true);
  });

  it('is raised by an isolation that voids a down vote, not by one that voids nothing', () => {
    const isolated = { selfCheck: { isolated: true, targets: 3, failed: 3 } };
    const down = { ...play('fff'), changedRoundsLeft: 0 };

    expect(next(steady, 8, looks('ppp'), isolated).changed).toBe(false);
    expect(next(down, 3, looks('fpp'), isolated).changed).toBe(true);
  });

  it('is raised when another configuration takes a vote back', () => {
    const report = next(steady, 8, looks('ppp'), {
      config: digest('config-digest-000000002'),
      previousManifest: manifest([]),
    });

    expect(report.changed).toBe(true);
  });
});

describe('size', () => {
  it('drops details first, then latencies and watch findings, votes never', () => {
    const endpoints = Array.from({ length: 1_500 }, (_, i) => sampleEndpoint(`endpoint-${i}`));
    const services = [sampleService({ endpoints })];
    const fat = (detail: string, watch: Observation['watch']): Report =>
      next(
        undefined,
        0,
        endpoints.map(({ id }) =>
          sampleObservation(id, { kind: 'fail', code: 'body', detail }, { watch, latencyMs: 123 }),
        ),
        { services },
      );

    const terse = fat('x'.repeat(120), []);
    const bare = fat('', [{ name: 'w'.repeat(60), detail: '' }]);

    expect(terse.entries).toHaveLength(1_500);
    expect(terse.entries.every(({ detail, latencyMs }) => detail === '' && latencyMs === 123)).toBe(
      true,
    );
    expect(bare.entries.every(({ watch, latencyMs }) => watch.length === 0 && !latencyMs)).toBe(
      true,
    );
    expect(bare.entries.every(({ failures, code }) => failures === 1 && code === 'body')).toBe(
      true,
    );
    expect(reportBytes(terse)).toBeLessThanOrEqual(REPORT_BYTES_MAX);
    expect(reportBytes(bare)).toBeLessThanOrEqual(REPORT_BYTES_MAX);
  });

  it('counts bytes, not characters', () => {
    const ascii = sampleReport({ release: 'aa' });
    const wide = sampleReport({ release: 'ää' });

    expect(reportBytes(wide) - reportBytes(ascii)).toBe(2);
  });
});

describe('covers all', () => {
  const whole = sampleReport();

  it('holds if listed plus unlisted is what is configured', () => {
    expect(coversAll(whole, manifest([SERVICE]))).toBe(true);
  });

  it.each([
    ['one endpoint is missing', { ...whole, unlisted: 1 }],
    ['one is too many', { ...whole, unlisted: 3 }],
    [
      'an unknown service makes up for a missing endpoint',
      { ...whole, entries: [sampleEntry({ service: serviceId('ghost') })] },
    ],
    [
      'a service lists more endpoints than it has',
      {
        ...whole,
        unlisted: 0,
        entries: ['a', 'b', 'c', 'd'].map((id) => sampleEntry({ endpoint: id as never })),
      },
    ],
  ])('does not hold if %s', (_, report) => {
    const services =
      report.entries.length === 4
        ? [SERVICE, sampleService({ id: serviceId('one'), endpoints: [sampleEndpoint('x')] })]
        : [SERVICE];

    expect(coversAll(report, manifest(services))).toBe(false);
  });
});

describe('runs', () => {
  it.each([
    [{ startedAt: 2, id: 'a' }, { startedAt: 1, id: 'b' }, true],
    [{ startedAt: 1, id: 'b' }, { startedAt: 2, id: 'a' }, false],
    [{ startedAt: 1, id: 'b' }, { startedAt: 1, id: 'a' }, true],
    [{ startedAt: 1, id: 'a' }, { startedAt: 1, id: 'a' }, false],
  ])('%o is newer than %o: %s', (run, than, newer) => {
    expect(isNewerRun(run as Report['run'], than as Report['run'])).toBe(newer);
  });

  it('names a report by its rounds', () => {
    expect(roundKey(sampleReport())).toBe(`10000:${ROUND}`);
  });
});

describe('properties', () => {
  const outcomes = fc.array(
    fc.array(fc.constantFrom('p', 'f', 's'), { minLength: 3, maxLength: 3 }),
    {
      minLength: 1,
      maxLength: 30,
    },
  );

  it('a steadily healthy endpoint costs no bytes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 5, max: 9 }), (n, rounds) => {
        const ids = Array.from({ length: n }, (_, i) => `e${i}`);
        const services = [sampleService({ endpoints: ids.map((id) => sampleEndpoint(id)) })];
        let report: Report | undefined;
        for (let round = 0; round < rounds; round += 1) {
          const all = ids.map((id) => sampleObservation(id, 'pass'));
          report = next(report, round, all, { services });
        }

        expect(report?.entries).toEqual([]);
        expect(report?.unlisted).toBe(n);
      }),
      { numRuns: 30 },
    );
  });

  it('what is not listed has passed rise times in a row, with nothing but skips between', () => {
    fc.assert(
      fc.property(outcomes, (rounds) => {
        const report = playRounds(rounds.map((kinds) => kinds.join(''))).at(-1)!;
        for (const [position, id] of IDS.entries()) {
          if (report.entries.some(({ endpoint }) => endpoint === id)) continue;
          const own = rounds.map((kinds) => kinds[position]).filter((kind) => kind !== 's');
          expect(own.slice(-5)).toEqual(['p', 'p', 'p', 'p', 'p']);
        }
      }),
    );
  });

  it('a down vote has failed fall times in a row since it last passed rise times in a row', () => {
    fc.assert(
      fc.property(outcomes, (rounds) => {
        const report = playRounds(rounds.map((kinds) => kinds.join(''))).at(-1)!;
        for (const [position, id] of IDS.entries()) {
          const own = rounds
            .map((kinds) => kinds[position])
            .join('')
            .replaceAll('s', '');
          const fell = own.lastIndexOf('fff');
          const rose = own.lastIndexOf('ppppp');
          const isDown = entryOf(report, 'app', id)?.vote === 'down';
          expect(isDown).toBe(fell > rose);
        }
      }),
    );
  });

  it('listed plus unlisted is always what is configured', () => {
    fc.assert(
      fc.property(outcomes, (rounds) => {
        for (const report of playRounds(rounds.map((kinds) => kinds.join('')))) {
          expect(coversAll(report, manifest([SERVICE]))).toBe(true);
        }
      }),
    );
  });

  it('skipped looks never change a counter or a settled vote', () => {
    fc.assert(
      fc.property(outcomes, (rounds) => {
        const texts = rounds.map((kinds) => kinds.join(''));
        const before = playRounds(texts).at(-1)!;
        const after = playRounds([...texts, 'sss']).at(-1)!;
        for (const id of IDS) {
          const known = entryOf(before, 'app', id) ?? { vote: 'up', failures: 0, passes: 5 };
          const { vote, failures, passes } = known;
          expect(entryOf(after, 'app', id)).toMatchObject({ vote, failures, passes });
        }
      }),
    );
  });

  it('parse undoes store: what is written is read back the same', () => {
    fc.assert(
      fc.property(outcomes, (rounds) => {
        for (const report of playRounds(rounds.map((kinds) => kinds.join('')))) {
          expect(parseReport(JSON.parse(JSON.stringify(report)), VANTAGE)).toEqual(report);
        }
      }),
    );
  });

  it('same observations in any order, same bytes', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(looks('pfs'), { minLength: 3 }), (shuffled) => {
        expect(JSON.stringify(next(play('pp'), 2, shuffled))).toBe(
          JSON.stringify(next(play('pp'), 2, looks('pfs'))),
        );
      }),
    );
  });

  it('no input is changed', () => {
    const before = Object.freeze(play('ff'));
    const entries = JSON.stringify(before);

    next(before, 2, looks('fff'));

    expect(JSON.stringify(before)).toBe(entries);
  });
});

/** `f`, `p`, `s` per endpoint, in the order of the service. */
function looks(kinds: string, service = 'app', at: number = FAKE_START): Observation[] {
  const named = { p: 'pass', f: 'fail', s: 'skipped' } as const;
  return [...kinds].map((kind, i) =>
    sampleObservation(IDS[i]!, named[kind as keyof typeof named], {
      service: serviceId(service),
      at: epochMs(at),
    }),
  );
}

type Changes = Partial<Omit<ReportInput, 'reporter'>> & {
  readonly services?: readonly Service[];
  readonly config?: string;
  readonly everyMs?: number;
};

function next(
  previous: Report | undefined,
  round: number,
  observations: readonly Observation[],
  { services = [SERVICE], config = CONFIG.digest, everyMs = EVERY_MS, ...changes }: Changes = {},
): Report {
  const observedAt: EpochMs = epochMs(FAKE_START + round * EVERY_MS);
  return nextReport({
    reporter: {
      vantage: VANTAGE,
      run: { startedAt: epochMs(FAKE_START), id: 'n0000001' },
      release: '0.1.0',
      reads: { report: [1], fence: [1] },
      config,
      services,
    },
    previous,
    previousManifest: undefined,
    rounds: [{ everyMs, round: Math.floor(observedAt / everyMs), observedAt }],
    observations,
    selfCheck: { isolated: false, targets: 3, failed: 0 },
    now: observedAt,
    ...changes,
  });
}

/** One text per round, one letter per endpoint. */
function playRounds(rounds: readonly string[]): Report[] {
  const reports: Report[] = [];
  for (const [round, kinds] of rounds.entries()) {
    const at = FAKE_START + round * EVERY_MS;
    reports.push(next(reports.at(-1), round, looks(kinds, 'app', at)));
  }
  return reports;
}

/** One letter per round for the first endpoint; the others pass. No rounds: a first, empty report. */
const playAll = (kinds: string): Report[] => playRounds([...kinds].map((kind) => `${kind}pp`));

function play(kinds: string): Report {
  return playAll(kinds).at(-1) ?? next(undefined, 0, []);
}

const entryOf = (
  report: Report,
  service = 'app',
  endpoint: string = IDS[0]!,
): Report['entries'][number] | undefined =>
  report.entries.find((entry) => entry.service === service && entry.endpoint === endpoint);

const manifest = (services: readonly Service[]): ConfigManifest => ({
  digest: CONFIG.digest,
  packagedAt: CONFIG.packagedAt,
  services: Object.fromEntries(
    services.map((service) => [
      service.id,
      { digest: service.digest, endpoints: service.endpoints.length },
    ]),
  ),
});
