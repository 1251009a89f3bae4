/**
 * The safety checkers on histories made by hand: nobody is blamed for what the design allows, and each
 * invariant is blamed for what breaks it. A checker that can't fail proves nothing.
 */
import { describe, expect, it } from 'vitest';
import { parseFence } from '../../shared/core/fence.ts';
import type { EpochMs } from '../../shared/core/model.ts';
import type { Report } from '../../shared/core/report.ts';
import type { Change, ZoneRecord } from '../../shared/core/zone-record.ts';
import type { QuorumResult } from '../../shared/rounds/quorum-result.ts';
import { markOf, readFence } from './checkers/fence-text.ts';
import { type Bench, bench, TIERED_FILE } from './checkers/safety-bench.ts';

const THREE = ['eu-west-1', 'ap-southeast-1', 'us-west-2'];
const MINUTE = 60_000;

const orderOn = (id: string, fromMs: number, untilMs: number, started: boolean) => ({
  id: 'order001',
  kind: 'drain' as const,
  scope: `@${markOf(id)}`,
  weight: 0 as number | null,
  fromMs,
  untilMs,
  started,
  waits: false,
  forces: '',
});
const freezeAt = (nowMs: number) => ({
  ...orderOn('x', nowMs, nowMs + 60 * MINUTE, true),
  kind: 'freeze' as const,
  scope: '*',
  weight: null,
});

const remove = (world: Bench, id = 'us-east-1'): void =>
  void world.commit({ weights: { [id]: 0 }, ballots: { down: { [id]: THREE } } });
const firstStep = (world: Bench): void =>
  void world.commit({
    weights: { 'us-east-1': 10 },
    entries: { 'us-east-1': { phase: 'ramp', step: 0 } },
  });
const recordOf = (world: Bench, id: string): ZoneRecord =>
  world.state().get(`app.example.com A ${id}`) as ZoneRecord;
const withoutRecord =
  (id: string) =>
  (changes: readonly Change[]): readonly Change[] =>
    changes.filter(({ record }) => record.setIdentifier !== id);

const TWO = ['eu-west-1', 'ap-southeast-1'];
/** One region is removed; the others look down only by the votes of a fifth vantage, whose report is old. */
const removeBesideOldReport = (world: Bench, ageMs: number): void =>
  void world.commit({
    weights: { 'us-east-1': 0 },
    ballots: {
      down: {
        'us-east-1': [...TWO, 'eu-central-1'],
        'ap-southeast-1': [...TWO, 'us-west-2'],
        'eu-west-1': [...TWO, 'us-west-2'],
      },
      spoil: (report) => {
        const [round] = report.rounds;
        if (report.vantage !== 'us-west-2' || round === undefined) return report;
        const observedAt = (world.nowMs() - ageMs) as typeof round.observedAt;
        return { ...report, rounds: [{ ...round, observedAt }] };
      },
    },
  });

describe('nobody is blamed', () => {
  it('for a removal, a hold-down and a return step by step', () => {
    const world = bench();
    remove(world);
    world.pass(311_000);
    firstStep(world);
    world.pass(2 * MINUTE + 10_000);
    world.commit({
      weights: { 'us-east-1': 50 },
      entries: { 'us-east-1': { phase: 'ramp', step: 1 } },
      region: 'us-west-2',
    });
    world.pass(2 * MINUTE + 10_000);
    world.commit({
      weights: { 'us-east-1': 100 },
      entries: { 'us-east-1': { phase: 'in', step: null, fullMs: world.nowMs() } },
    });

    expect(world.whys).toEqual([]);
    expect(world.blamed()).toEqual([]);
  });

  it('for a second region after the window, if a rescue has brought weight back meanwhile', () => {
    const world = bench();
    remove(world);
    world.pass(MINUTE);
    world.commit({
      isRescue: true,
      weights: { 'us-east-1': 100, 'eu-west-1': 0, 'ap-southeast-1': 0 },
      entries: { 'us-east-1': { phase: 'in', fullMs: world.nowMs() } },
      ballots: { down: { 'eu-west-1': THREE, 'ap-southeast-1': THREE } },
    });

    expect(world.whys).toEqual([]);
  });

  it('where tier 2 takes over in the batch that takes the last of tier 1', () => {
    const world = bench({ file: TIERED_FILE });
    remove(world);
    world.pass(11 * MINUTE);
    world.commit({
      weights: { 'eu-west-1': 0, spare: 50 },
      entries: { 'eu-west-1': { countedMs: null } },
      ballots: { down: { 'us-east-1': THREE, 'eu-west-1': THREE } },
    });

    expect(world.whys).toEqual([]);
  });

  it('for an order that begins, holds and ends', () => {
    const world = bench();
    const fromMs = world.nowMs();
    const order = orderOn('us-east-1', fromMs + 10_000, fromMs + 20 * MINUTE, false);
    world.commit({ by: 'operator', orders: [order] });
    world.pass(12_000);
    world.commit({
      orders: [{ ...order, started: true }],
      weights: { 'us-east-1': 0 },
      entries: { 'us-east-1': { phase: 'in', outMs: null, countedMs: null } },
    });
    world.pass(20 * MINUTE);
    world.commit({ orders: [], entries: { 'us-east-1': { phase: 'out' } } });

    expect(world.whys).toEqual([]);
  });

  it('where all looked down until a report got too old, a moment before the decision', () => {
    const world = bench();
    removeBesideOldReport(world, 31_000);

    expect(world.whys).toEqual([]);
  });

  it('where the manifest of a new file has reached one of two regions only', () => {
    const world = bench();
    decideTwice(world, {
      views: [{ vantage: 'us-west-2', state: 'silent', why: 'unknown-config', detail: '' }],
    });

    expect(world.whys).toEqual([]);
  });

  it('where a round of another interval got too old between reading and deciding', () => {
    const world = bench();
    const observedAt = (world.nowMs() - 19_000) as Report['rounds'][number]['observedAt'];
    decideTwice(world, {
      spoil: (report) => ({
        ...report,
        rounds: [...report.rounds, { everyMs: 5_000, round: 1, observedAt }],
      }),
    });

    expect(world.whys).toEqual([]);
  });

  it('for an endpoint that is out and whose tier leaves with the weight that an order gave it', () => {
    const world = bench({ file: TIERED_FILE });
    const pin = {
      ...orderOn('spare', world.nowMs(), world.nowMs() + 3 * MINUTE, true),
      kind: 'pin' as const,
      weight: 10,
    };
    const out = { phase: 'out', outMs: null, countedMs: null } as const;
    world.commit({
      by: 'operator',
      orders: [pin],
      weights: { spare: 10 },
      entries: { spare: out },
    });
    world.pass(3 * MINUTE + 2_000);
    world.commit({ orders: [] });
    world.pass(1_000);
    world.commit({ weights: { spare: 0 }, entries: { spare: out } });

    expect(world.whys).toEqual([]);
  });

  it('for seven batches within a minute, by two processes that know nothing of each other', () => {
    const world = bench();
    for (let i = 0; i < 7; i += 1) {
      world.commit({ process: 1 + (i % 2) });
      world.pass(8_000);
    }

    expect(world.whys).toEqual([]);
  });

  it('for a commit that Route 53 forgot and that is decided again', () => {
    const world = bench();
    const before = world.state();
    remove(world);
    world.restore(before, 'stranded');
    world.pass(20_000);
    remove(world);

    expect(world.whys).toEqual([]);
  });
});

describe('a fence', () => {
  it('is none if its text is cut right behind a key, for production as for checkers', () => {
    const world = bench();
    const { text } = world.fence();
    const cut = text.replace(/ r=[\w-]+/, ' r=');

    expect(readFence(`"${text}"`)?.generation).toBe(1);
    expect(cut).not.toBe(text);
    expect(readFence(`"${cut}"`)).toBeNull();
    const read = parseFence([`"${cut}"`], 'sim', world.nowMs() as EpochMs);
    expect(read.kind).toBe('malformed');
  });
});

const SPOILED: readonly (readonly [string, string, (world: Bench) => void])[] = [
  [
    'S1',
    'two commits on one parent',
    (world) => {
      const late = world.commit({
        isLost: true,
        weights: { 'us-east-1': 0 },
        ballots: { down: { 'us-east-1': THREE } },
      });
      world.commit({ region: 'us-west-2' });
      world.arrive(late);
    },
  ],
  ['S1', 'a generation that skips one', (world) => world.commit({ fence: { generation: 9 } })],
  [
    'S1',
    'a nonce used twice',
    (world) => {
      world.commit();
      world.pass(MINUTE);
      world.commit({ fence: { nonce: 'nonce001' } });
    },
  ],
  ['S1', 'a parent that was never there', (world) => world.commit({ fence: { parentNonce: 'x' } })],
  [
    'S2',
    'a record that is not asserted',
    (world) => world.commit({ spoilChanges: withoutRecord('ap-southeast-1') }),
  ],
  [
    'S2',
    'an UPSERT',
    (world) =>
      world.commit({
        spoilChanges: (changes) =>
          changes
            .filter(({ action, record }) => action === 'CREATE' || record.type === 'TXT')
            .map((one) =>
              one.record.type === 'TXT' ? one : { ...one, action: 'UPSERT' as 'CREATE' },
            ),
      }),
  ],
  ['S2', 'a batch by a process that read nothing', (world) => world.commit({ noZoneRead: true })],
  ['S2', 'a plan sent 31 s after it was recorded', (world) => world.commit({ idleMs: 31_000 })],
  [
    'S3',
    'evidence older than its parent’s',
    (world) => {
      world.commit();
      world.pass(5_000);
      world.commit({ fence: { asofMs: world.nowMs() - 20_000 } });
    },
  ],
  [
    'S3',
    'the newest report time instead of the Q-th newest',
    (world) => world.commit({ fence: { asofMs: world.nowMs() - 3_000 } }),
  ],
  [
    'S3',
    'evidence from the future',
    (world) => world.commit({ fence: { asofMs: world.nowMs() + 6_000 } }),
  ],
  [
    'S3',
    'an operator who moves it',
    (world) => world.commit({ by: 'operator', fence: { asofMs: world.nowMs() } }),
  ],
  [
    'S4',
    'an operator who leaves every weight 0',
    (world) =>
      world.commit({
        by: 'operator',
        weights: { 'eu-west-1': 0, 'us-east-1': 0, 'ap-southeast-1': 0 },
      }),
  ],
  [
    'S4',
    'a record that goes with its weight',
    (world) =>
      world.commit({
        by: 'operator',
        spoilChanges: (changes) =>
          changes.filter(
            ({ action, record }) => action === 'DELETE' || record.setIdentifier !== 'us-east-1',
          ),
      }),
  ],
  [
    'S5',
    'a removal below the floor',
    (world) =>
      world.commit({
        weights: { 'us-east-1': 0, 'ap-southeast-1': 0 },
        ballots: { down: { 'us-east-1': THREE, 'ap-southeast-1': THREE } },
      }),
  ],
  [
    'S5',
    'a removal while every endpoint looks down',
    (world) =>
      world.commit({
        weights: { 'us-east-1': 0 },
        ballots: {
          down: { 'us-east-1': THREE, 'ap-southeast-1': THREE, 'eu-west-1': THREE },
        },
      }),
  ],
  [
    'S5',
    'a removal while every endpoint looks down, by a report that is just young enough',
    (world) => removeBesideOldReport(world, 29_000),
  ],
  [
    'S5',
    'a rescue while one that serves is up',
    (world) => {
      remove(world);
      world.pass(MINUTE);
      world.commit({
        isRescue: true,
        weights: { 'us-east-1': 100, 'ap-southeast-1': 0 },
        entries: { 'us-east-1': { phase: 'in', fullMs: world.nowMs() } },
        ballots: { down: { 'ap-southeast-1': THREE } },
      });
    },
  ],
  [
    'S5',
    'a rescue without a quorum’s up',
    (world) => {
      remove(world);
      world.pass(MINUTE);
      world.commit({
        isRescue: true,
        weights: { 'us-east-1': 100, 'ap-southeast-1': 0, 'eu-west-1': 0 },
        entries: { 'us-east-1': { phase: 'in', fullMs: world.nowMs() } },
        ballots: {
          down: { 'ap-southeast-1': THREE, 'eu-west-1': THREE, 'us-east-1': THREE },
        },
      });
    },
  ],
  [
    'S5',
    'two rescues within two minutes',
    (world) => {
      remove(world);
      world.pass(MINUTE);
      world.commit({
        isRescue: true,
        weights: { 'us-east-1': 100, 'ap-southeast-1': 0, 'eu-west-1': 0 },
        entries: { 'us-east-1': { phase: 'in', fullMs: world.nowMs() } },
        ballots: { down: { 'ap-southeast-1': THREE, 'eu-west-1': THREE } },
      });
      world.pass(MINUTE);
      world.commit({
        isRescue: true,
        weights: { 'eu-west-1': 100, 'us-east-1': 0 },
        entries: { 'eu-west-1': { phase: 'in', fullMs: world.nowMs() } },
        ballots: { down: { 'us-east-1': THREE } },
      });
    },
  ],
  [
    'S6',
    'a second region within the window',
    (world) => {
      remove(world);
      world.pass(9 * MINUTE);
      remove(world, 'ap-southeast-1');
    },
  ],
  [
    'S7',
    'a removal that two of five voted for',
    (world) =>
      world.commit({
        weights: { 'us-east-1': 0 },
        ballots: { down: { 'us-east-1': THREE.slice(1) } },
      }),
  ],
  [
    'S7',
    'a quorum of those that answered',
    (world) =>
      world.commit({
        weights: { 'us-east-1': 0 },
        ballots: {
          down: { 'us-east-1': ['eu-west-1', 'us-west-2'] },
          missing: ['us-east-1', 'ap-southeast-1'],
        },
      }),
  ],
  [
    'S7',
    'votes of vantages whose control targets all failed',
    (world) =>
      world.commit({
        weights: { 'us-east-1': 0 },
        ballots: {
          down: { 'us-east-1': THREE },
          spoil: (report) => ({
            ...report,
            selfCheck: { isolated: report.vantage === 'us-west-2', targets: 1, failed: 1 },
          }),
        },
      }),
  ],
  [
    'S7',
    'a probe that was not made, taken as failed',
    (world) =>
      world.commit({
        weights: { 'us-east-1': 0 },
        ballots: {
          down: { 'us-east-1': THREE },
          spoil: (report) => ({
            ...report,
            entries: report.entries.map((entry) => ({
              ...entry,
              skipped: report.vantage === 'us-west-2' ? ('own-dns' as never) : null,
            })),
          }),
        },
      }),
  ],
  [
    'S7',
    'a removal of what was never up',
    (world) => {
      world.commit({ by: 'operator', entries: { 'us-east-1': { proven: null } } });
      remove(world);
    },
  ],
  [
    'S7',
    'votes on what is not served',
    (world) => {
      const old = recordOf(world, 'us-east-1');
      world.edit((state) => {
        state.set('app.example.com A us-east-1', { ...old, values: ['192.0.2.99'] });
      });
      remove(world);
    },
  ],
  [
    'S7',
    'a return that nobody voted for',
    (world) => {
      remove(world);
      world.pass(311_000);
      world.commit({
        weights: { 'us-east-1': 10 },
        entries: { 'us-east-1': { phase: 'ramp', step: 0 } },
        ballots: { down: { 'us-east-1': THREE } },
      });
    },
  ],
  [
    'S7',
    'a removal by votes from before the last change',
    (world) => {
      world.commit({ by: 'operator', entries: { 'us-east-1': { changedMs: world.nowMs() } } });
      remove(world);
    },
  ],
  [
    'S8',
    'a report that says its round began when it was written',
    (world) =>
      world.commit({
        weights: { 'us-east-1': 0 },
        ballots: { down: { 'us-east-1': THREE }, ageMs: 0, trueAgeMs: 8_000 },
      }),
  ],
  [
    'S8',
    'evidence that is a minute old by true time',
    (world) => world.commit({ ballots: { ageMs: 3_000, trueAgeMs: MINUTE } }),
  ],
  [
    'S9',
    'a commit on two usable reports',
    (world) => world.commit({ ballots: { missing: THREE } }),
  ],
  ['S9', 'a commit without any report', (world) => world.commit({ noReports: true })],
  ['S9', 'a commit on reports of 40 s', (world) => world.commit({ ballots: { ageMs: 40_000 } })],
  [
    'S9',
    'reports of another file',
    (world) => world.commit({ ballots: { spoil: (report) => ({ ...report, config: 'another' }) } }),
  ],
  [
    'S9',
    'reports that were cut short',
    (world) =>
      world.commit({
        ballots: { spoil: (report) => ({ ...report, unlisted: report.unlisted - 1 }) },
      }),
  ],
  [
    'S9',
    'a file that a newer one has replaced',
    (world) => {
      world.commit({
        by: 'operator',
        fence: { config: 'newer', packagedMs: world.config.packagedAt + 1 },
      });
      world.commit();
    },
  ],
  [
    'S10',
    'a return during the hold-down',
    (world) => {
      remove(world);
      world.pass(200_000);
      firstStep(world);
    },
  ],
  [
    'S10',
    'a return whose evidence is from the hold-down',
    (world) => {
      remove(world);
      world.pass(301_000);
      firstStep(world);
    },
  ],
  [
    'S10',
    'a return in one step',
    (world) => {
      remove(world);
      world.pass(311_000);
      world.commit({
        weights: { 'us-east-1': 100 },
        entries: { 'us-east-1': { phase: 'in', fullMs: world.nowMs() } },
      });
    },
  ],
  [
    'S10',
    'two steps at once',
    (world) => {
      remove(world);
      world.pass(311_000);
      firstStep(world);
      world.pass(MINUTE);
      world.commit({
        weights: { 'us-east-1': 50 },
        entries: { 'us-east-1': { phase: 'ramp', step: 1 } },
      });
    },
  ],
  [
    'S10',
    'a relapse that is not counted',
    (world) => {
      remove(world);
      world.pass(311_000);
      firstStep(world);
      world.pass(11 * MINUTE);
      remove(world);
    },
  ],
  [
    'S10',
    'a hold-down that starts with the evidence',
    (world) =>
      world.commit({
        weights: { 'us-east-1': 0 },
        entries: { 'us-east-1': { outMs: world.nowMs() - 3_003 } },
        ballots: { down: { 'us-east-1': THREE } },
      }),
  ],
  [
    'S11',
    'automation under an order',
    (world) => {
      const order = orderOn('us-east-1', world.nowMs(), world.nowMs() + 60 * MINUTE, true);
      world.commit({
        by: 'operator',
        orders: [{ ...order, kind: 'pin' as never, weight: 100 }],
      });
      world.pass(20_000);
      remove(world);
    },
  ],
  [
    'S11',
    'automation in a frozen service',
    (world) => {
      world.commit({ by: 'operator', orders: [freezeAt(world.nowMs())] });
      world.commit();
    },
  ],
  [
    'S11',
    'an order that begins early',
    (world) => {
      const order = orderOn('us-east-1', world.nowMs() + MINUTE, world.nowMs() + 9 * MINUTE, false);
      world.commit({ by: 'operator', orders: [order] });
      world.commit({ orders: [{ ...order, started: true }], weights: { 'us-east-1': 0 } });
    },
  ],
  [
    'S11',
    'an order begun by a clock that is wrong',
    (world) => {
      const order = orderOn('us-east-1', world.nowMs() + 15_000, world.nowMs() + 9 * MINUTE, false);
      world.commit({ by: 'operator', orders: [order] });
      const place = world.places.get('us-west-2');
      if (place !== undefined) place.skew.offsetMs = 20_000;
      world.commit({
        region: 'us-west-2',
        orders: [{ ...order, started: true }],
        weights: { 'us-east-1': 0 },
      });
    },
  ],
  [
    'S11',
    'an order that moves what it does not cover',
    (world) => {
      const order = orderOn('us-east-1', world.nowMs(), world.nowMs() + 9 * MINUTE, false);
      world.commit({ by: 'operator', orders: [order] });
      world.commit({
        orders: [{ ...order, started: true }],
        weights: { 'us-east-1': 0, 'eu-west-1': 50 },
      });
    },
  ],
  [
    'S11',
    'an order that gives another weight than it says',
    (world) => {
      const order = orderOn('us-east-1', world.nowMs(), world.nowMs() + 9 * MINUTE, true);
      world.commit({ by: 'operator', orders: [order], weights: { 'us-east-1': 5 } });
    },
  ],
  [
    'S12',
    'a batch that touches another name',
    (world) =>
      world.commit({
        spoilChanges: (changes) => [
          ...changes,
          { action: 'DELETE', record: { name: 'example.com', type: 'MX', values: ['10 mx'] } },
        ],
      }),
  ],
  [
    'S12',
    'automation that changes a TTL',
    (world) =>
      world.commit({
        spoilChanges: (changes) =>
          changes.map((one) =>
            one.action === 'CREATE' && one.record.setIdentifier === 'us-east-1'
              ? { ...one, record: { ...one.record, ttlSeconds: 5 } }
              : one,
          ),
      }),
  ],
  ['S12', 'a batch of the function that probes', (world) => world.commit({ by: 'probe' })],
  [
    'S12',
    'weights without their fence',
    (world) =>
      world.commit({
        spoilChanges: (changes) => changes.filter(({ record }) => record.type !== 'TXT'),
      }),
  ],
  ['S13', 'automation without a record', (world) => world.commit({ noRecord: true })],
  [
    'S13',
    'a record that says something else than the batch',
    (world) =>
      world.commit({
        spoilRecord: (record) => ({ ...record, sentences: ['it was somebody else'] }),
      }),
  ],
  ['S13', 'automation in an operator’s name', (world) => world.commit({ actor: 'alice' })],
  [
    'S13',
    'a record that is changed afterwards',
    (world) => {
      let kept: unknown;
      world.commit({
        spoilRecord: (record) => {
          kept = record;
          return record;
        },
      });
      const record = { ...(kept as object), sentences: ['rewritten'] } as never;
      world.tell({
        kind: 'record-written',
        atMs: world.nowMs(),
        by: world.process('us-west-2'),
        record,
      });
    },
  ],
  [
    'S14',
    'a batch that is sent again after no answer',
    (world) => {
      const batch = world.commit({ isLost: true });
      world.tell({ kind: 'batch-answered', atMs: world.nowMs(), batch, reply: 'unknown' });
      const again = { ...batch, number: 99 };
      world.tell({ kind: 'batch-sent', atMs: world.nowMs(), batch: again });
    },
  ],
  ['S14', 'a batch that is applied twice', (world) => world.arrive(world.commit())],
  ['S14', 'a mark of a loss that was none', (world) => believe(world, 'lost', false)],
  ['S14', 'a mark of a commit that was none', (world) => believe(world, 'committed', true)],
  [
    'S14',
    'a batch that lands after it was called lost',
    (world) => world.arrive(believe(world, 'lost', true)),
  ],
  ['S15', 'two regions that decide differently on the same', (world) => decideTwice(world)],
  [
    'S16',
    'a probe run of 140 s',
    (world) =>
      world.tell({
        kind: 'invocation-ended',
        atMs: world.nowMs(),
        by: world.process('eu-west-1', 'probe'),
        startedAtMs: world.nowMs() - 140_000,
        how: 'returned',
        why: '',
        wasFrozen: false,
      }),
  ],
  [
    'S16',
    'seven batches within a minute',
    (world) => {
      for (let i = 0; i < 7; i += 1) {
        world.commit();
        world.pass(8_000);
      }
    },
  ],
  [
    'S16',
    'two zone reads a second at rest',
    (world) => {
      world.tell({ kind: 'phase', atMs: world.nowMs(), phase: 'quiet' });
      world.pass(10 * MINUTE);
      for (let i = 0; i < 100; i += 1) {
        const by = world.process('eu-west-1');
        world.tell({
          kind: 'zone-read',
          atMs: world.nowMs(),
          zone: 'Z',
          by,
          state: world.state(),
        });
        world.pass(500);
      }
    },
  ],
  [
    'S17',
    'a report with an answer in full',
    (world) =>
      world.commit({
        weights: { 'us-east-1': 0 },
        ballots: {
          down: { 'us-east-1': THREE },
          spoil: (report): Report => ({
            ...report,
            entries: report.entries.map((entry) => ({ ...entry, detail: 'x'.repeat(121) })),
          }),
        },
      }),
  ],
  [
    'S17',
    'a fence with an answer in it',
    (world) => world.commit({ fence: { deployment: '<b>sim</b>' } }),
  ],
];

function believe(world: Bench, kind: 'committed' | 'lost', isLost: boolean) {
  const batch = world.commit({ isLost });
  world.tell({
    kind: 'mark-written',
    atMs: world.nowMs(),
    by: world.process('eu-west-1'),
    mark: {
      service: world.service.id,
      generation: 2,
      nonce: 'nonce001' as never,
      kind,
      region: 'eu-west-1' as never,
      at: world.nowMs() as never,
      detail: '',
    },
  });
  return batch;
}

/** Two regions that read the same reports and hold the same zone want different weights. */
function decideTwice(
  world: Bench,
  options: {
    readonly views?: readonly unknown[];
    readonly spoil?: (report: Report) => Report;
  } = {},
): void {
  const [one, another] = [world.process('eu-west-1'), world.process('us-west-2')];
  const { views = [], spoil } = options;
  const reports = world.read(one, spoil === undefined ? {} : { spoil });
  world.tell({ kind: 'reports-read', atMs: world.nowMs(), by: another, reports } as never);
  world.pass(2_000);
  for (const [by, to] of [
    [one, 100],
    [another, 0],
  ] as const) {
    world.tell({ kind: 'zone-held', atMs: world.nowMs(), zone: 'Z', by, state: world.state() });
    const result = resultOf(world, to);
    const looked = { ...result.looked, votes: { ...result.looked.votes, views } };
    const results = [{ ...result, looked } as QuorumResult];
    world.tell({ kind: 'decided', atMs: world.nowMs(), by, results });
  }
}

function resultOf(world: Bench, to: number): QuorumResult {
  return {
    service: world.service.id,
    trouble: null,
    outcome: { kind: 'nothing-to-do' },
    plan: null,
    at: world.nowMs(),
    looked: { fence: { nonce: world.fence().nonce }, votes: { views: [], asofAt: null } },
    decision: {
      automation: 'on',
      asofAt: null,
      reasons: [],
      withheld: [],
      endpoints: world.service.endpoints.map(({ id }) => ({
        endpoint: id,
        from: 100,
        to,
        reason: { code: 'healthy' },
        withheld: [],
      })),
    },
  } as unknown as QuorumResult;
}

describe('an invariant is blamed', () => {
  it.each(SPOILED)('%s: for %s', (invariant, _what, spoil) => {
    const world = bench();
    spoil(world);

    expect(world.blamed()).toContain(invariant);
  });
});
