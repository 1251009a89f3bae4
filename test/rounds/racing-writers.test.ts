/** All regions at once, without turns, in orders drawn by fast-check: the compare lets one through. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../shared/adapters/digest.ts';
import { verifyChain } from '../../shared/core/chain.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import type { Mark } from '../../shared/core/record.ts';
import { commitPlans } from '../../shared/rounds/commit-plans.ts';
import { orderRound } from '../../shared/rounds/order-round.ts';
import { fakeClock } from '../fakes/fake-clock.ts';
import type { StoreMethod } from '../fakes/fake-store.ts';
import type { CommitFault, ReadFault } from '../fakes/fake-zone.ts';
import {
  MINUTE,
  NEVER,
  planOf,
  type QuorumWorld,
  quorumWorld,
  SECOND,
} from '../fakes/quorum-world.ts';

import { sampleConfig, sampleEndpoint, sampleService, VANTAGES } from '../fakes/sample-service.ts';

describe('racing writers', () => {
  it('of N concurrent writers on one generation exactly one commits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 5 }), async (s, writers) => {
        const world = quorumWorld({ pause: (what) => s.schedule(Promise.resolve(), what) });
        world.sees('us-east-1', 'down');
        const rounds = world.regions.slice(0, writers).map((region) => region.start());

        await s.waitFor(Promise.all(rounds));
        const outcomes = (await Promise.all(rounds)).flat().map(({ outcome }) => outcome.kind);

        expect(world.accepted()).toBe(1);
        expect(outcomes.filter((kind) => kind === 'committed')).toEqual(['committed']);
        expect(
          outcomes.every((kind) => ['committed', 'lost', 'nothing-to-do'].includes(kind)),
        ).toBe(true);
        expect(world.fence().generation).toBe(42);
        expect(world.weights()['us-east-1']).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('a single chain: whatever replies are lost, late or refused, generations rise by one and nobody is told wrongly', async () => {
    const fault = fc.constantFrom<CommitFault | 'none'>(
      'none',
      'unknown-after-effect',
      'unknown-before-effect',
      'throttled',
      'busy',
      { kind: 'late', afterMs: 5 * SECOND },
      { kind: 'late', afterMs: 2 * MINUTE },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { maxLength: 12 }), fc.scheduler(), async (faults, s) => {
        const world = quorumWorld({
          isProven: false,
          pause: (what) => s.schedule(Promise.resolve(), what),
        });
        world.zone.failNext(...faults.map((one) => (one === 'none' ? undefined! : one)));
        for (let minute = 0; minute < 7; minute += 1) {
          if (minute === 4) world.sees('us-east-1', 'down');
          const rounds = Promise.all(world.regions.map((region) => region.start()));
          await drain(s, world, rounds);
          await world.clock.advance(MINUTE);
        }
        world.zone.land();

        const told = world.marks().filter(({ kind }) => kind === 'committed');
        const generations = told.map(({ generation }) => generation).sort((a, b) => a - b);
        expect(new Set(generations).size).toBe(generations.length);
        // Two commits are due: what was proven, and the removal.
        expect(world.fence().generation).toBe(43);
        const history = world.zone.commits.filter(({ reply }) => reply.kind === 'accepted');
        expect(history.length).toBeLessThanOrEqual(2);
        expect(world.weights()['us-east-1']).toBe(0);
        const lost = new Set(
          world
            .marks()
            .filter(({ kind }) => kind === 'lost')
            .map(({ nonce }) => nonce),
        );
        for (const { nonce } of told) expect(lost.has(nonce)).toBe(false);
        expect(lost.has(world.fence().nonce)).toBe(false);
        expect(lost.has(world.fence().parentNonce!)).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  it('a zone with weight everywhere never has none, whatever a person edits between read and send', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.constantFrom('eu-west-1', 'ap-southeast-1'),
        async (s, edited) => {
          const world = quorumWorld({
            pause: (what) => s.schedule(Promise.resolve(), what),
            weights: { 'eu-west-1': 100, 'ap-southeast-1': 0 },
          });
          world.sees('us-east-1', 'down');
          const rounds = Promise.all(world.regions.map((region) => region.start()));
          const edit = s
            .schedule(Promise.resolve(), 'a person')
            .then(() => world.editWeight(edited, 0));

          await s.waitFor(Promise.all([rounds, edit]));

          const total = Object.values(world.weights()).reduce((sum, weight) => sum + weight, 0);
          // The person's own edit may empty the zone after our commit; before it, our commit must not.
          const isOwnDoing = world.zone.commits.some(({ reply }) => reply.kind === 'accepted');
          expect(total > 0 || (isOwnDoing && world.weights()[edited] === 0)).toBe(true);
          expect(world.accepted()).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('F111: console sets the only other endpoint to 0 between our read and our removal: refused, then withheld', async () => {
    const endpoints = ['eu-west-1', 'us-east-1'].map((id) => sampleEndpoint(id));
    const services = [sampleService({ endpoints })];
    const world = quorumWorld({ config: sampleConfig({ services }) });
    world.sees('us-east-1', 'down');
    world.zone.beforeNextCommit(() => world.editWeight('eu-west-1', 0));

    const [refused] = await world.region(0).round();
    const [held] = await world.region(1).round();

    expect(refused!.outcome).toEqual({ kind: 'drift', record: 'app.example.com A eu-west-1' });
    expect(world.weights()).toEqual({ 'eu-west-1': 0, 'us-east-1': 100 });
    expect(held!.decision.automation).toBe('drift');
    expect(held!.decision.commit).toBeNull();
    expect(held!.decision.withheld.length).toBeGreaterThan(0);
  });
});

describe('everything fails at once', () => {
  it('whatever fails, one chain, weight everywhere, marks that tell the truth, and quiet after healing', async () => {
    const commitFault = fc.constantFrom<CommitFault>(
      'unknown-after-effect',
      'unknown-before-effect',
      'throttled',
      'busy',
      'access-denied',
      { kind: 'late', afterMs: 20 * SECOND },
      { kind: 'late', afterMs: 90 * SECOND },
    );
    const trouble = fc.record({
      region: fc.nat(4),
      method: fc.constantFrom<StoreMethod>(
        'readReports',
        'readHeads',
        'readRecords',
        'recordIntent',
        'writeMark',
        'writeHead',
      ),
      kind: fc.constantFrom('refused', 'reply-lost', 'hung'),
    });
    const minute = fc.record({
      down: fc.subarray(['us-east-1', 'eu-west-1', 'ap-southeast-1']),
      faults: fc.array(commitFault, { maxLength: 3 }),
      reads: fc.array(fc.constantFrom<ReadFault>('throttled', 'unavailable'), { maxLength: 3 }),
      troubles: fc.array(trouble, { maxLength: 4 }),
      silent: fc.array(fc.nat(4), { maxLength: 3 }),
      restart: fc.nat(9),
      abortAfterMs: fc.constantFrom(200, 1_500, 9_000, 22_000),
      takesTurns: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(minute, { minLength: 5, maxLength: 15 }), async (minutes) => {
        const world = quorumWorld();
        const history = witness(world);
        for (const one of minutes) {
          await playMinute(world, one);
          history.look();
          expect(Object.values(world.weights()).some((weight) => weight > 0)).toBe(true);
        }

        world.wake();
        for (const { store } of world.regions) store.heal();
        for (const id of ['us-east-1', 'eu-west-1', 'ap-southeast-1']) world.sees(id, 'up');
        // `access-denied` blocks for 10 minutes; a hold-down doubles with each relapse, up to 60.
        for (let more = 0; more < 75; more += 1) await everyMinute(world, history);
        const calm = world.zone.commits.length;
        for (let more = 0; more < 10; more += 1) await everyMinute(world, history);

        expect(world.zone.commits.length).toBe(calm);
        expect(world.weights()).toEqual({
          'ap-southeast-1': 100,
          'eu-west-1': 100,
          'us-east-1': 100,
        });
        expect(liesOf(world.marks(), history.nonces())).toEqual([]);
        expect(history.isOneChain()).toBe(true);
      }),
      { numRuns: 12 },
    );
  }, 120_000);
});

describe('evidence in the compare', () => {
  it('`asof` refuses an otherwise valid plan: an automated commit never has an older asof', async () => {
    const world = quorumWorld({ fenceChanges: { asofAt: fakeClock().now() } });
    world.sees('us-east-1', 'down');
    // Reports are fresh, but older than what the fence was last decided on.
    world.table.reports.clear();
    world.silence(...world.config.vantages);
    const { regions } = world;
    world.wake();
    world.publish();
    await world.clock.advance(1);
    for (const [vantage, report] of world.table.reports) {
      const rounds = [{ everyMs: 10_000, round: 1, observedAt: world.clock.now() - 10 * SECOND }];
      world.table.reports.set(vantage, { ...report, rounds });
    }
    world.silence(...world.config.vantages);

    const [held] = await regions[0]!.round();

    expect(held!.decision.reasons).toContainEqual(
      expect.objectContaining({ code: 'stale-evidence' }),
    );
    expect(world.zone.commits).toEqual([]);
  });

  it('F54: a region cut off from fresh reports holds; its plan could not win against a newer asof', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    const stale = await planOf(world, 0);
    await world.region(1).round();
    const { deps } = world.region(0);

    const [lost] = await commitPlans(deps, world.config, world.config.services, [stale], NEVER);

    expect(lost!.outcome).toEqual({ kind: 'lost' });
  });
});

describe('records of racing regions', () => {
  it('F97: two regions write intents for one generation: two items, and the loser’s marks never touch the winner’s', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    // Both read before either sends.
    const rounds = [world.region(0).start(), world.region(1).start()];
    const results = (await world.clock.runUntil(Promise.all(rounds))).flat();

    const [first, second] = world.records();
    expect([first!.generation, second!.generation]).toEqual([42, 42]);
    expect(first!.nonce).not.toBe(second!.nonce);
    expect(results.map(({ outcome }) => outcome.kind).sort()).toEqual(['committed', 'lost']);
    const winner = world.fence().nonce;
    const marks = world.marks();
    expect(marks.filter(({ nonce }) => nonce === winner).map(({ kind }) => kind)).toEqual([
      'committed',
    ]);
    expect(marks.filter(({ nonce }) => nonce !== winner).map(({ kind }) => kind)).toEqual(['lost']);
  });

  it('the chain of records verifies against the fence after 200 racing decisions', async () => {
    const world = quorumWorld({ fence: 'none' });
    const adopted = await orderRound(
      world.region(0).deps,
      world.config,
      world.config.services[0]!,
      world.options(world.region(0).id),
      {
        operation: { kind: 'adopt' },
        actor: 'alice',
        reason: 'first',
        isDryRun: false,
        checksum: null,
      },
      NEVER,
    );
    expect(adopted.kind).toBe('committed');

    // Each flap is a commit: down, then back by hold-down and ramp, in all five regions at once.
    let decided = 0;
    for (let minute = 0; decided < 200 && minute < 4_000; minute += 1) {
      const phase = Math.floor(minute / 45) % 2;
      if (minute % 45 === 0) {
        for (const [index, id] of ['us-east-1', 'eu-west-1', 'ap-southeast-1'].entries()) {
          const isTurn = Math.floor(minute / 90) % 3 === index;
          world.sees(id, phase === 0 && isTurn ? 'down' : 'up');
        }
      }
      await world.minutes(1);
      decided = world.records().length;
    }

    const { generation, record } = world.fence();
    const chain = verifyChain(world.records(), { generation, record }, sha256);
    expect(decided).toBeGreaterThanOrEqual(200);
    expect(chain.kind).toBe('whole');
    expect(chain.kind === 'whole' && chain.committed.length).toBe(generation);
    expect(chain.kind === 'whole' && chain.sideBranches.length).toBeGreaterThan(50);
    const committed = world.marks().filter(({ kind }) => kind === 'committed');
    expect(committed.length).toBe(generation);
  }, 60_000);
});

type FaultyMinute = {
  readonly down: readonly string[];
  readonly faults: readonly CommitFault[];
  readonly reads: readonly ReadFault[];
  readonly troubles: readonly {
    readonly region: number;
    readonly method: StoreMethod;
    readonly kind: 'refused' | 'reply-lost' | 'hung';
  }[];
  readonly silent: readonly number[];
  readonly restart: number;
  readonly abortAfterMs: number;
  readonly takesTurns: boolean;
};

async function playMinute(world: QuorumWorld, one: FaultyMinute): Promise<void> {
  for (const id of ['us-east-1', 'eu-west-1', 'ap-southeast-1']) {
    world.sees(id, one.down.includes(id) ? 'down' : 'up');
  }
  world.wake();
  world.silence(...one.silent.map((index) => VANTAGES[index]!));
  world.zone.failNext(...one.faults);
  world.zone.failNextRead(...one.reads);
  for (const { region, method, kind } of one.troubles) {
    world.region(region).store.trouble(method, { kind });
  }
  world.regions[one.restart]?.restart();
  await world.clock.advance(MINUTE - (world.clock.now() % MINUTE));
  await everyRegion(world, one.abortAfterMs, one.takesTurns);
}

/** Marks that say what did not happen. */
const liesOf = (marks: readonly Mark[], nonces: readonly string[]): readonly Mark[] =>
  marks.filter(({ kind, nonce }) => {
    const stood = nonces.includes(nonce);
    return kind === 'lost' ? stood : (kind === 'committed' || kind === 'insync') && !stood;
  });

/** What stood in the zone, generation by generation, as somebody who only looks would note it. */
function witness(world: QuorumWorld): {
  readonly look: () => void;
  readonly nonces: () => readonly string[];
  readonly isOneChain: () => boolean;
} {
  const seen = new Map<string, { readonly generation: number; readonly parent: string | null }>();
  let isOneChain = true;
  const look = (): void => {
    const { nonce, parentNonce, generation } = world.fence();
    if (seen.has(nonce)) return;
    if (parentNonce !== null && !seen.has(parentNonce)) {
      // Two commits between two looks: the parent is known by its child.
      seen.set(parentNonce, { generation: generation - 1, parent: null });
    }
    for (const other of seen.values()) if (other.generation === generation) isOneChain = false;
    seen.set(nonce, { generation, parent: parentNonce });
  };
  const { commit } = world.zone;
  Object.assign(world.zone, {
    commit: async (...args: Parameters<typeof commit>) => {
      look();
      const reply = await commit(...args);
      look();
      return reply;
    },
  });
  look();
  return {
    look,
    nonces: () => [...seen.keys()],
    isOneChain: () => isOneChain,
  };
}

/** Each region's round with a deadline of its own, as an invocation has; cut off it may throw nothing
 *  but what the handler takes for trouble. */
const everyRegion = (
  world: QuorumWorld,
  abortAfterMs: number,
  takesTurns: boolean,
): Promise<unknown> =>
  world.clock.runUntil(
    Promise.all(
      world.regions.map((region) =>
        world.clock.withDeadline(abortAfterMs, NEVER, async (signal) => {
          try {
            await region.start({ takesTurns, signal });
          } catch (error) {
            expect(signal.aborted || error instanceof QuorateError).toBe(true);
          }
        }),
      ),
    ),
  );

async function everyMinute(
  world: QuorumWorld,
  history: { readonly look: () => void },
): Promise<void> {
  await world.clock.advance(MINUTE - (world.clock.now() % MINUTE));
  await everyRegion(world, 22_000, true);
  history.look();
}

/** Interleavings are drawn while time goes on, too: back-offs wait for the clock. */
async function drain(s: fc.Scheduler, world: QuorumWorld, work: Promise<unknown>): Promise<void> {
  let isDone = false;
  const done = work.then(() => {
    isDone = true;
  });
  while (!isDone) {
    while (s.count() > 0) await s.waitOne();
    await world.clock.advance(100);
  }
  await done;
}
