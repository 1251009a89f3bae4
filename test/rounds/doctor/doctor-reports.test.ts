/** What the vantages say for themselves, and what doctor makes of it. */

import { describe, expect, it } from 'vitest';
import type { VantageId } from '../../../shared/core/model.ts';
import { MINUTE, type QuorumWorld, quorumWorld } from '../../fakes/quorum-world.ts';
import { VANTAGES } from '../../fakes/sample-service.ts';
import { doctor, EAST, expectLine, linesOf } from './run-doctor.ts';

describe('reports', () => {
  it('a vantage that never wrote is silent', async () => {
    const world = quorumWorld();
    world.silence(EAST);

    await expectLine({}, 'reports', 'fail', 'no report', [EAST], world);
  });

  it('one that stopped says how old its last report is, and that its schedule may not fire', async () => {
    const world = quorumWorld();
    world.publish();
    world.silence(EAST);
    await world.clock.advance(MINUTE);

    await expectLine(
      {},
      'reports',
      'fail',
      'the last report of its 10 s checks is 60 s old, good for 30 s: the schedule does not fire',
      [EAST],
      world,
    );
  });

  it('one from the future has a wrong clock', async () => {
    const world = quorumWorld();
    const at = world.clock.now() + 20_000;
    world.distort(EAST, { rounds: [{ everyMs: 10_000, round: at / 10_000, observedAt: at }] });

    await expectLine({}, 'reports', 'fail', 'its clock is 20 s ahead', [EAST], world);
  });

  it('a malformed one says what is wrong with it', async () => {
    const world = quorumWorld();
    world.distort(EAST, { rounds: 'none' });

    await expectLine({}, 'reports', 'fail', 'silent: malformed report (', [EAST], world);
  });

  it('an isolated vantage warns', async () => {
    const world = quorumWorld();
    world.distort(EAST, { selfCheck: { isolated: true, targets: 3, failed: 3 } });

    await expectLine({}, 'reports', 'warn', 'isolated', [EAST], world);
  });

  it('another release is normal during an upgrade', async () => {
    const world = quorumWorld();
    world.distort(EAST, { release: '0.0.9' });

    await expectLine({}, 'release', 'warn', 'runs 0.0.9, this command is 0.1.0', [EAST], world);
  });

  it('another configuration than the file’s is named', async () => {
    const world = quorumWorld();
    const other = 'other-config-000000001';
    world.table.manifests.set(other, {
      digest: other,
      packagedAt: 1,
      services: { app: { digest: 'service-digest-app-0001', endpoints: 3 } },
    });
    world.distort(EAST, { config: other });

    await expectLine(
      {},
      'configuration',
      'warn',
      'runs another configuration than this file (other-co',
      [EAST],
      world,
    );
  });

  it('below quorum automation changes nothing, and at quorum one loss is too many', async () => {
    const three = quorumWorld();
    three.silence(...VANTAGES.slice(0, 2));
    const two = quorumWorld();
    two.silence(...VANTAGES.slice(0, 3));

    await expectLine(
      {},
      'quorum',
      'warn',
      '3 of 5 vantages can be counted, quorum is 3: the next loss',
      ['app'],
      three,
    );
    await expectLine(
      {},
      'quorum',
      'fail',
      '2 of 5 vantages can be counted, quorum is 3: automation changes nothing',
      ['app'],
      two,
    );
  });

  it('a clock of this machine that is wrong is told, and accuses no vantage', async () => {
    const world = quorumWorld({ serverAheadMs: -40_000 });
    world.distort(EAST, {});
    const at = Math.floor((world.clock.now() - 40_000) / 10_000) * 10_000;
    for (const vantage of VANTAGES) {
      world.distort(vantage, { rounds: [{ everyMs: 10_000, round: at / 10_000, observedAt: at }] });
    }

    const { document } = await doctor({}, world);

    expect(linesOf(document, 'clock')).toMatchObject([
      { state: 'fail', says: expect.stringContaining('40 s ahead of Route 53') },
    ]);
    expect(linesOf(document, 'reports')).toMatchObject([{ state: 'ok' }]);
  });

  it('a region whose quorum function stands still is named, and below a majority it fails', async () => {
    const one = quorumWorld();
    const many = quorumWorld();
    beat(one, VANTAGES.slice(1));
    beat(many, VANTAGES.slice(3));

    await expectLine({}, 'deciding', 'warn', '4 of 5 regions decide; not eu-west-1', VANTAGES, one);
    await expectLine(
      {},
      'deciding',
      'fail',
      '2 of 5 regions decide: below a majority',
      VANTAGES,
      many,
    );
  });
});

function beat(world: QuorumWorld, regions: readonly VantageId[]): void {
  world.table.pulses.clear();
  for (const region of regions) world.table.pulses.set(region, { region, at: world.clock.now() });
}
